/* The loops over gates of every instruction set that this machine runs, and both counters of each, against plain loops: which of them
 * a context takes depends on the machine. */
#include "core/cpu.h"
#include "kernel/simd/gates.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { ROWS = 11, WORDS = 5 * NTK_GATE_WORDS, STRIDE = WORDS + NTK_GATE_WORDS, NUMBERS = 64 * WORDS };

static uint64_t word(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static int bits_of(uint64_t w)
{
    int count = 0;
    for (; w; w &= w - 1) count++;
    return count;
}

static void compare_counts(ntk_gate_counter counter, const char *name)
{
    uint64_t state = test_seed(91), x[WORDS], rows[ROWS * STRIDE];
    for (int k = 0; k < WORDS; k++) x[k] = k % 5 == 0 ? ~UINT64_C(0) : word(&state);
    for (int k = 0; k < ROWS * STRIDE; k++) rows[k] = k % 7 == 0 ? ~UINT64_C(0) : word(&state);
    for (int64_t count = 1; count <= ROWS; count++)
        for (int64_t words = NTK_GATE_WORDS; words <= WORDS; words += NTK_GATE_WORDS) {
            int32_t counts[ROWS];
            for (int64_t j = 0; j < ROWS; j++) counts[j] = (int32_t)j;
            counter(counts, x, rows, STRIDE, count, words);
            for (int64_t j = 0; j < ROWS; j++) {
                int want = (int)j;
                for (int64_t k = 0; k < words && j < count; k++) want += bits_of(x[k] & rows[j * STRIDE + k]);
                ck_assert_msg(counts[j] == want, "%s: row %d of %d, %d words: %d, not %d", name, (int)j, (int)count, (int)words,
                              counts[j], want);
            }
        }
}

static void compare_packs(const ntk_gate_loops *loops, const char *name)
{
    static double wide[NUMBERS];
    static float narrow[NUMBERS];
    static const double special[] = {0.0, -0.0, HUGE_VAL, -HUGE_VAL, 0x1p-149, -0x1p-149};
    uint64_t state = test_seed(92);
    for (int i = 0; i < NUMBERS; i++) {
        uint64_t w = word(&state);
        wide[i] = w % 8 == 0 ? special[w / 8 % 6] : (double)(int64_t)w;
        narrow[i] = (float)wide[i];
    }
    for (int dtype = 0; dtype < 2; dtype++)
        for (int64_t count = NUMBERS - 130; count <= NUMBERS; count += 13) {
            uint64_t positive[WORDS] = {0}, negative[WORDS] = {0};
            int32_t totals[2] = {3, 5}, want[2] = {3, 5};
            loops->pack[dtype](positive, negative, totals, dtype ? (const void *)narrow : (const void *)wide, count);
            for (int64_t i = 0; i < count; i++) {
                int above = wide[i] > 0, below = wide[i] < 0;
                want[0] += above;
                want[1] += below;
                ck_assert_int_eq((int)(positive[i / 64] >> (i % 64) & 1), above);
                ck_assert_int_eq((int)(negative[i / 64] >> (i % 64) & 1), below);
            }
            ck_assert_msg(totals[0] == want[0] && totals[1] == want[1], "%s: totals", name);
        }
}

START_TEST(every_set)
{
    ntk_isa best = ntk_cpu_best(0);
    for (int isa = 0; isa <= (int)best; isa++) {
        const ntk_gate_loops *loops = NTK_OF_ISA(isa, ntk_gate_loops, 0);
        compare_packs(loops, ntk_isa_name((ntk_isa)isa));
        compare_counts(loops->count, ntk_isa_name((ntk_isa)isa));
        if (loops->counted && ntk_cpu_counts_bits()) compare_counts(loops->counted, "counted");
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gate loops");
    TCase *loops = test_case(suite, "loops");
    tcase_add_test(loops, every_set);
    return test_run(suite);
}
