/* The coefficients of a caller's kinked function: by panels those of what its ramps leave, and in closed form the ramps'. */
#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/kinked.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { BLOCK = NTK_MEHLER_BLOCK, MOST = NTK_MEHLER_MOST_DEGREES };

/* Degrees come in steps, of which the last tells what comes after it, and are tried up to FIRST, and four times as many, up to MOST.
 * PROBES  lengths; beyond them a sample is as one of length 0 */
enum { STEP = 16, FIRST = MOST / 64, PROBES = 12 };

/* Blocks of samples that are in work at the same time, so that the memory does not depend on the threads. */
enum { SLOTS = 8 };

/* samples  whose table is being made, from block first on
 * slots    of each block in work: the largest roots of what is held from each term on, both parts; f and e, and what an expansion
 *          takes */
typedef struct filling {
    ntk_samples *samples;
    ntk_activation plain;
    ntk_ramps ramps;
    const ntk_infinite_constants *k;
    int64_t terms, rows, first; /* rows: 1 where all lengths are the same */
    double *slots;
    atomic_bool overflow;
} filling;

static double weight_of(const ntk_infinite_constants *k, int64_t m)
{
    return ntk_kinked_gain(k, m) * ntk_kinked_gain(k, m);
}

/* --- one length --- */

/* mean  E[g(l z)] */
typedef struct expansion {
    double *f, *e, *scratch, length, mean;
} expansion;

static expansion expansion_in(double *memory, int64_t degrees)
{
    return (expansion){.f = memory, .e = memory + degrees, .scratch = memory + 2 * degrees};
}

static int64_t expansion_numbers(int64_t degrees)
{
    return 2 * degrees + ntk_mehler_kinked_scratch();
}

static ntk_status expand(expansion *of, const filling *f, double length, int64_t degrees)
{
    ntk_mehler_expansion smooth = {.d = of->f};
    NTK_TRY(ntk_mehler_expand_kinked(&smooth, &f->plain, &f->ramps, length, degrees, of->scratch));
    ntk_ramps_expand(&f->ramps, length, degrees, of->e);
    of->length = length;
    of->mean = smooth.mean;
    return NTK_OK;
}

/* K(x, x) but for the constant. */
static double own_value(const filling *f, const expansion *of)
{
    ntk_shifted ramps[NTK_MOST_RAMPS];
    ntk_angle none = ntk_angle_of(of->length > 0 ? 1 : 0, 0);
    const double *k = f->k->k, l = of->length;
    ntk_ramps_shift(&f->ramps, l, ramps);
    ntk_shifted_moments m = ntk_ramps_moments(&f->ramps, ramps, ramps, &none);
    double mean = ntk_ramps_mean(&f->ramps, ramps), sum = 0;
    for (int64_t t = f->terms - 1; t >= 0; t--) sum += weight_of(f->k, t) * of->f[t] * (of->f[t] + 2 * of->e[t]);
    return k[0] * (m.kappa + of->mean * (of->mean + 2 * mean)) + k[1] * l * l * m.kdot + l * l * sum;
}

/* What the coefficients of degree terms and more add to sum_m weight_m f_m^2, as if they fell like m^(-5/2) from the last ones on, or
 * faster; and to that of e, which is known. */
static void rests_after(double rest[2], const filling *f, const expansion *of, int64_t terms, double power)
{
    double window = 0, weight = weight_of(f->k, terms);
    for (int64_t m = terms - STEP; m < terms; m++) window += of->f[m] * of->f[m];
    rest[0] = window * (1 + (double)terms / STEP) * weight;
    rest[1] = fmax(0, power) * weight;
}

/* Relative to K(x, x): of one sample with itself. */
static double error_of(const double rest[2], double square, double total)
{
    return total > 0 ? square * (rest[0] + 2 * sqrt(rest[0] * rest[1])) / total : 0;
}

/* --- how many degrees --- */

/* Of most: how many are enough for one sample, or more than that. */
static int64_t count_degrees(const filling *f, const expansion *of, double accuracy, int64_t most)
{
    double total = own_value(f, of), power = ntk_ramps_power(&f->ramps, of->length), rest[2];
    for (int64_t m = 0; m < most; m++) {
        power -= of->e[m] * of->e[m];
        if ((m + 1) % STEP) continue;
        rests_after(rest, f, of, m + 1, power);
        if (error_of(rest, of->length * of->length, total) <= accuracy / 4) return m + 1;
    }
    return most + 1;
}

/* Whether so many are enough for all lengths, from the longest down by halves; f->terms receives how many are. */
static ntk_status try_degrees(filling *f, double length, double accuracy, int64_t most, double *memory, bool *enough)
{
    expansion of = expansion_in(memory, most);
    int64_t terms = STEP;
    for (int p = 0; p < PROBES && terms <= most; p++, length /= 2) {
        f->terms = most;
        NTK_TRY(expand(&of, f, length, most));
        terms = ntk_larger(terms, count_degrees(f, &of, accuracy, most));
    }
    *enough = terms <= most;
    f->terms = ntk_smaller(terms, most);
    return NTK_OK;
}

static ntk_status choose_with(filling *f, double length, double *memory)
{
    const ntk_activation *activation = ((const ntk_infinite *)f->samples->kernel)->activation;
    double accuracy = ntk_mehler_accuracy(activation, f->samples->dtype);
    bool enough = false;
    NTK_TRY(ntk_mehler_check_kinked(&f->plain, length, accuracy, memory));
    for (int64_t most = FIRST; !enough && most <= MOST; most *= 4)
        NTK_TRY(try_degrees(f, length, accuracy, most, memory, &enough));
    return NTK_OK;
}

static ntk_status choose(filling *f, double length)
{
    double *memory;
    ntk_context *context = f->samples->context;
    NTK_TRY(ntk_allocate(context, &memory, expansion_numbers(MOST), sizeof *memory, "a Hermite series"));
    ntk_status status = choose_with(f, length, memory);
    ntk_free(context, memory);
    return status;
}

/* --- the table --- */

static void store(const filling *f, const expansion *of, int64_t first, int64_t count)
{
    ntk_samples *samples = f->samples;
    const ntk_mehler *mehler = &samples->mehler;
    double mean = sqrt(f->k->k[0]) * of->mean;
    for (int64_t i = first; i < first + count; i++) {
        for (int64_t m = 0; m < f->terms; m++)
            ntk_put(mehler->table, samples->dtype, ntk_mehler_at(mehler, i, m), ntk_kinked_gain(f->k, m) * of->f[m]);
        ntk_put(samples->factors, samples->dtype, NTK_MEHLER_MEAN * samples->rows + i, mean);
    }
}

/* rests of a block, and the diagonal */
static void measure(filling *f, const expansion *of, double *rests, int64_t first, int64_t count)
{
    double total = own_value(f, of), square = of->length * of->length, rest[2];
    double power = ntk_ramps_power(&f->ramps, of->length);
    for (int64_t m = 0; m < f->terms; m++) power -= of->e[m] * of->e[m];
    rests_after(rest, f, of, f->terms, power);
    for (int64_t t = f->terms; t >= 0; t--)
        for (int part = 0; part < 2; part++) {
            double c = t < f->terms ? (part ? of->e[t] : of->f[t]) : 0, *most = &rests[part * (f->terms + 1) + t];
            rest[part] += c * c * weight_of(f->k, t);
            if (total > 0) *most = fmax(*most, sqrt(square * rest[part] / total));
        }
    if (!isfinite(total)) atomic_store(&f->overflow, true);
    for (int64_t i = first; i < first + count; i++) f->samples->diagonal[i] = total + f->k->constant;
}

static int64_t slot_numbers(int64_t terms)
{
    return 2 * (terms + 1) + expansion_numbers(terms);
}

static ntk_status fill_block(void *argument, int64_t index, const ntk_lane *lane)
{
    filling *f = argument;
    ntk_samples *samples = f->samples;
    int64_t first = (f->first + index) * BLOCK, last = ntk_smaller(first + BLOCK, f->rows);
    double *rests = f->slots + index * slot_numbers(f->terms);
    expansion of = expansion_in(rests + 2 * (f->terms + 1), f->terms);
    memset(rests, 0, (size_t)(2 * (f->terms + 1)) * sizeof *rests);
    for (int64_t i = first; i < last; i++) {
        int64_t count = f->rows == 1 ? samples->rows : 1;
        NTK_TRY(expand(&of, f, ntk_get(ntk_infinite_array(samples, NTK_MEHLER_LENGTH), samples->dtype, i), f->terms));
        store(f, &of, i, count);
        measure(f, &of, rests, i, count);
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static ntk_status fill_blocks(filling *f, const ntk_lane *lane)
{
    int64_t blocks = (f->rows - 1) / BLOCK + 1, numbers = 2 * (f->terms + 1);
    double *tails = f->samples->mehler.tails;
    memset(tails, 0, (size_t)numbers * sizeof *tails);
    for (; f->first < blocks; f->first += SLOTS) {
        int64_t count = ntk_smaller(SLOTS, blocks - f->first);
        NTK_TRY(ntk_run(lane, count, fill_block, f));
        for (int64_t i = 0; i < count; i++)
            for (int64_t r = 0; r < numbers; r++) tails[r] = fmax(tails[r], f->slots[i * slot_numbers(f->terms) + r]);
    }
    return NTK_OK;
}

static int64_t slots_for(int64_t rows)
{
    return ntk_smaller(SLOTS, (rows - 1) / BLOCK + 1);
}

static ntk_status fill(filling *f, const ntk_lane *lane)
{
    ntk_context *context = f->samples->context;
    NTK_TRY(ntk_allocate(context, &f->slots, slots_for(f->rows) * slot_numbers(f->terms), sizeof(double),
                         "Hermite coefficients in work"));
    ntk_status status = fill_blocks(f, lane);
    ntk_free(context, f->slots);
    return status;
}

/* --- the samples --- */

/* Where a set's terms end its rests stay as they are. */
static double rest_at(const ntk_mehler *mehler, int part, int64_t t)
{
    return ntk_kinked_rests(mehler, part)[ntk_smaller(t, mehler->terms)];
}

static double error_between(const ntk_mehler *a, const ntk_mehler *b, int64_t t)
{
    double f = rest_at(a, 0, t), other = rest_at(b, 0, t);
    return f * (other + rest_at(b, 1, t)) + rest_at(a, 1, t) * other;
}

static ntk_status too_slow(double error, double accuracy)
{
    return ntk_fail(
        NTK_ERR_UNSUPPORTED,
        "the activation has no closed form, and with its kinks taken apart the Hermite series of what is left, whose "
        "second derivative may jump, gives the kernel of these samples to %.1e, not the %.1e asked",
        error, accuracy);
}

ntk_status ntk_kinked_enough(int64_t *terms, const ntk_mehler *a, const ntk_mehler *b, const ntk_activation *activation,
                             int32_t dtype, bool slopes)
{
    int64_t most = ntk_larger(a->terms, b->terms);
    double accuracy = ntk_mehler_accuracy(activation, dtype), error = error_between(a, b, most);
    if (error > accuracy) return too_slow(error, accuracy);
    for (*terms = 1; *terms < most && error_between(a, b, *terms) * (double)(slopes ? *terms : 1) > accuracy;) ++*terms;
    return NTK_OK;
}

static double longest(const ntk_samples *samples, double *least)
{
    double most = 0;
    *least = HUGE_VAL;
    for (int64_t i = 0; i < samples->rows; i++) {
        double length = ntk_get(ntk_infinite_array(samples, NTK_MEHLER_LENGTH), samples->dtype, i);
        if (!(length <= most)) most = length;
        *least = fmin(*least, length);
    }
    return most;
}

ntk_status ntk_kinked_fill(ntk_samples *samples, bool *overflow, const ntk_infinite_constants *k, const ntk_lane *lane)
{
    const ntk_activation *activation = ((const ntk_infinite *)samples->kernel)->activation;
    ntk_mehler *mehler = &samples->mehler;
    filling f = {.samples = samples, .plain = ntk_mehler_plain(activation), .k = k};
    double least, most = longest(samples, &least);
    *overflow = !isfinite(most) || !isfinite(k->k[0] + k->k[1]);
    if (*overflow) return NTK_OK;
    f.rows = most == least ? 1 : samples->rows;
    NTK_TRY(ntk_ramps_of(&f.ramps, &f.plain));
    NTK_TRY(choose(&f, most));
    mehler->terms = f.terms;
    int64_t whole = (samples->rows - 1) / BLOCK * BLOCK + BLOCK, ramps = (int64_t)(sizeof(ntk_ramps) / sizeof(double));
    NTK_TRY(ntk_allocate(samples->context, &mehler->tails, 2 * (f.terms + 1) + ramps, sizeof(double), "the samples' tails"));
    NTK_TRY(ntk_allocate(samples->context, &mehler->table, whole, f.terms * ntk_dtype_size(samples->dtype),
                         "the samples' Hermite coefficients"));
    memset(mehler->table, 0, (size_t)(whole * f.terms * ntk_dtype_size(samples->dtype)));
    *ntk_kinked_ramps(mehler) = f.ramps;
    NTK_TRY(fill(&f, lane));
    *overflow = atomic_load(&f.overflow);
    if (*overflow) return NTK_OK;
    return ntk_kinked_enough(&mehler->own, mehler, mehler, activation, samples->dtype, false);
}

ntk_status ntk_kinked_memory(uint64_t *bytes, int32_t dtype, int64_t rows)
{
    int64_t whole;
    if (__builtin_add_overflow(rows, BLOCK, &whole)) return NTK_ERR_OVERFLOW;
    NTK_TRY(ntk_need(bytes, whole, MOST * ntk_dtype_size(dtype)));
    NTK_TRY(ntk_need(bytes, 2 * (MOST + 1), sizeof(double)));
    NTK_TRY(ntk_need(bytes, 1, sizeof(ntk_ramps)));
    return ntk_need(bytes, slots_for(rows) * slot_numbers(MOST), sizeof(double));
}
