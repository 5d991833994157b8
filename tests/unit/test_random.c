/* The random sequences: their bits against Philox written out again, their law, and their first values, frozen. */
#include "core/random.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Philox4x32-10 from Salmon et al. 2011, section 3.3. */
static void philox(uint32_t counter[4], uint32_t k0, uint32_t k1)
{
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
        uint64_t a = UINT64_C(0xD2511F53) * counter[0], b = UINT64_C(0xCD9E8D57) * counter[2];
        uint32_t next[4] = {(uint32_t)(b >> 32) ^ counter[1] ^ k0, (uint32_t)b, (uint32_t)(a >> 32) ^ counter[3] ^ k1,
                            (uint32_t)a};
        memcpy(counter, next, sizeof next);
    }
}

/* Random123's kat_vectors, philox4x32 10. */
START_TEST(reference_has_the_known_answers)
{
    static const struct {
        uint32_t counter[4], key[2], answer[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < 3; i++) {
        uint32_t counter[4];
        memcpy(counter, known[i].counter, sizeof counter);
        philox(counter, known[i].key[0], known[i].key[1]);
        for (int j = 0; j < 4; j++) ck_assert_uint_eq(counter[j], known[i].answer[j]);
    }
}
END_TEST

static const ntk_random streams[] = {
    {0, 0, 0},
    {0, NTK_RANDOM_HIDDEN, 0},
    {1, NTK_RANDOM_OUTPUT, 0},
    {UINT64_MAX, NTK_RANDOM_HIDDEN, 7},
    {UINT64_C(0x299f31d0a4093822), NTK_RANDOM_OUTPUT, 0xffffffff},
};
enum { STREAMS = sizeof streams / sizeof streams[0] };

static void reference_block(uint32_t bits[4], const ntk_random *random, uint64_t index)
{
    bits[0] = (uint32_t)index;
    bits[1] = (uint32_t)(index >> 32);
    bits[2] = random->layer;
    bits[3] = random->purpose;
    philox(bits, (uint32_t)random->seed, (uint32_t)(random->seed >> 32));
}

/* Indices around every carry of the counter that an int64_t reaches. */
static const int64_t places[] = {0, 1, 127, 128, INT64_C(128) * 0xffffffff, INT64_C(128) << 32, INT64_MAX - 300};

START_TEST(signs_are_the_bits)
{
    for (size_t s = 0; s < STREAMS; s++)
        for (size_t p = 0; p < sizeof places / sizeof places[0]; p++) {
            double signs[260];
            ntk_random_signs(&streams[s], signs, places[p], 260);
            for (int64_t i = 0; i < 260; i++) {
                uint32_t bits[4];
                int64_t index = places[p] + i;
                reference_block(bits, &streams[s], (uint64_t)index / 128);
                double expected = bits[index % 128 / 32] >> (index % 32) & 1 ? -1.0 : 1.0;
                ck_assert_double_eq(signs[i], expected);
            }
        }
}
END_TEST

/* Uniform of 64 bits in (0, 1): Random123's u01fixedpt, the middle of the interval of 53 bits. */
static double uniform(const uint32_t bits[2])
{
    uint64_t wide = (uint64_t)bits[1] << 32 | bits[0];
    return (double)(wide >> 12) * 0x1p-52 + 0x1p-53;
}

/* Box-Muller by the C library: log, sqrt, sin and cos are each good to an ulp or two, and sin and cos of pi times a double in
 * (0, 2) carry the rounding of 2 pi u as well: 8 units of 2^-53 relative to the radius bound them all. */
START_TEST(normals_are_box_and_mullers)
{
    for (size_t s = 0; s < STREAMS; s++)
        for (int64_t i = 0; i < 1000; i++) {
            uint32_t bits[4];
            double pair[2];
            reference_block(bits, &streams[s], (uint64_t)i);
            ntk_random_normals(&streams[s], pair, 2 * i, 2);
            double radius = sqrt(-2 * log(uniform(bits))), angle = 6.283185307179586 * uniform(bits + 2);
            ck_assert_double_eq_tol(pair[0], radius * cos(angle), radius * 0x1p-50);
            ck_assert_double_eq_tol(pair[1], radius * sin(angle), radius * 0x1p-50);
        }
}
END_TEST

START_TEST(first_values_are_frozen)
{
    static const double normals[] = {0x1.c8fb819a57435p-3, -0x1.fe0cf0a0e9096p-1, -0x1.4a2caf53d5526p+0, -0x1.49a62a1347ad8p-1,
                                     0x1.fe6a06285e6cp-1,  0x1.d736a7f26ecedp-3,  -0x1.4394f994df785p-2, -0x1.ac9d3322c7362p-1};
    const ntk_random random = {42, NTK_RANDOM_HIDDEN, 0};
    double drawn[8];
    ntk_random_normals(&random, drawn, 0, 8);
    for (int i = 0; i < 8; i++)
        ck_assert_msg(memcmp(&drawn[i], &normals[i], sizeof drawn[i]) == 0, "number %d is %a", i, drawn[i]);
}
END_TEST

START_TEST(any_part_is_part_of_the_whole)
{
    enum { COUNT = 700 };
    double normals[COUNT], signs[COUNT], part[COUNT];
    const ntk_random *random = &streams[3];
    ntk_random_normals(random, normals, 0, COUNT);
    ntk_random_signs(random, signs, 0, COUNT);
    for (int64_t first = 0; first < COUNT; first += 13)
        for (int64_t count = 0; count <= COUNT - first; count += 1 + count / 3) {
            ntk_random_normals(random, part, first, count);
            ck_assert(memcmp(part, normals + first, (size_t)count * sizeof *part) == 0);
            ntk_random_signs(random, part, first, count);
            ck_assert(memcmp(part, signs + first, (size_t)count * sizeof *part) == 0);
        }
}
END_TEST

enum { SAMPLE = 1 << 20 };
static double sample[SAMPLE], other[SAMPLE];

static double mean_product(const double *a, const double *b, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += a[i] * b[i];
    return sum / (double)count;
}

/* Six standard deviations of each estimate: a right generator fails one seed in 10^9; the seed is fixed. */
START_TEST(normals_have_their_moments)
{
    const double root = sqrt((double)SAMPLE);
    for (size_t s = 1; s < STREAMS; s++) {
        double sum = 0, fourth = 0;
        ntk_random_normals(&streams[s], sample, 0, SAMPLE);
        for (int64_t i = 0; i < SAMPLE; i++) {
            sum += sample[i];
            fourth += sample[i] * sample[i] * sample[i] * sample[i];
        }
        ck_assert_double_lt(fabs(sum / SAMPLE), 6 / root);
        ck_assert_double_lt(fabs(mean_product(sample, sample, SAMPLE) - 1), 6 * sqrt(2.0) / root);
        ck_assert_double_lt(fabs(fourth / SAMPLE - 3), 6 * sqrt(96.0) / root);
        for (int64_t lag = 1; lag <= 4; lag++)
            ck_assert_double_lt(fabs(mean_product(sample, sample + lag, SAMPLE - lag)), 6 / root);
    }
}
END_TEST

/* Streams that differ in one of seed, purpose and layer. */
START_TEST(streams_are_uncorrelated)
{
    const ntk_random base = {5, NTK_RANDOM_HIDDEN, 0}, changed[] = {{6, NTK_RANDOM_HIDDEN, 0},
                                                                    {5 + (UINT64_C(1) << 32), NTK_RANDOM_HIDDEN, 0},
                                                                    {5, NTK_RANDOM_OUTPUT, 0},
                                                                    {5, NTK_RANDOM_HIDDEN, 1}};
    const double bound = 6 / sqrt((double)SAMPLE);
    ntk_random_normals(&base, sample, 0, SAMPLE);
    for (size_t i = 0; i < 4; i++) {
        ntk_random_normals(&changed[i], other, 0, SAMPLE);
        ck_assert_double_lt(fabs(mean_product(sample, other, SAMPLE)), bound);
    }
    ntk_random_signs(&base, sample, 0, SAMPLE);
    for (size_t i = 0; i < 4; i++) {
        ntk_random_signs(&changed[i], other, 0, SAMPLE);
        ck_assert_double_lt(fabs(mean_product(sample, other, SAMPLE)), bound);
    }
}
END_TEST

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Dvoretzky, Kiefer and Wolfowitz with Massart's constant: the empirical distribution is off by more than
 * sqrt(log(2 / delta) / (2 n)) with a chance of at most delta, here 10^-9. */
START_TEST(normals_have_their_distribution)
{
    ntk_random_normals(&streams[1], sample, 0, SAMPLE);
    qsort(sample, SAMPLE, sizeof *sample, ascending);
    double worst = 0;
    for (int64_t i = 0; i < SAMPLE; i++) {
        double law = 0.5 * erfc(-sample[i] * 0.7071067811865476);
        worst = fmax(worst, fmax(law - (double)i / SAMPLE, (double)(i + 1) / SAMPLE - law));
    }
    ck_assert_double_lt(worst, sqrt(log(2e9) / (2.0 * SAMPLE)));
}
END_TEST

START_TEST(signs_are_fair)
{
    for (size_t s = 0; s < STREAMS; s++) {
        double sum = 0;
        ntk_random_signs(&streams[s], sample, 0, SAMPLE);
        for (int64_t i = 0; i < SAMPLE; i++) sum += sample[i];
        ck_assert_double_lt(fabs(sum), 6 * sqrt((double)SAMPLE));
        ck_assert_double_lt(fabs(mean_product(sample, sample + 1, SAMPLE - 1)), 6 / sqrt((double)SAMPLE));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random");
    TCase *tests = test_case(suite, "random");
    tcase_add_test(tests, reference_has_the_known_answers);
    tcase_add_test(tests, signs_are_the_bits);
    tcase_add_test(tests, normals_are_box_and_mullers);
    tcase_add_test(tests, first_values_are_frozen);
    tcase_add_test(tests, any_part_is_part_of_the_whole);
    tcase_add_test(tests, normals_have_their_moments);
    tcase_add_test(tests, streams_are_uncorrelated);
    tcase_add_test(tests, normals_have_their_distribution);
    tcase_add_test(tests, signs_are_fair);
    return test_run(suite);
}
