/* The coefficients of all samples: their quadratures are products of matrices, values at the nodes times Hermite functions. */
#include "activation/series.h"
#include "core/blas.h"
#include "core/context.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"
#include "kernel/mehler.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { BLOCK = NTK_MEHLER_BLOCK };

/* Blocks of samples that are in work at the same time, so that the memory does not depend on the threads. */
enum { SLOTS = 8 };

/* Lengths that differ by so many roundings count as equal, as those of samples on a sphere. */
static const double SAME_LENGTH = 8;

/* What a sum of squares knows of its own rest. */
static const double REST_NOISE = 64 * DBL_EPSILON;

/* gain  sqrt(k0 / (m + 1) + k1) of each term;  share  of E^2 in what may be left out
 * A slot holds 2 half values at the nodes of each sample, its coefficients in the rule's order, and E, terms x BLOCK; and the
 * tails. */
typedef struct filling {
    const ntk_mehler_source *source;
    ntk_mehler *mehler;
    ntk_activation plain;
    ntk_mehler_degrees degrees;
    ntk_mehler_rule rule;
    bool polynomial, kinked;
    double *gain, *share, *slots, offset;
    int64_t terms, rows, first, slot_size; /* rows: 1 where the table is shared */
    atomic_bool overflow;
} filling;

typedef struct slot {
    double *values, *coefficients, *E, *tails;
    double length[BLOCK], mean[BLOCK], rest[BLOCK];
    int64_t first, rows;
} slot;

static int64_t slot_size(int64_t half, int64_t terms)
{
    return 2 * BLOCK * (half + terms) + terms + 1;
}

static slot slot_of(const filling *f, int64_t index)
{
    slot s = {.values = f->slots + index * f->slot_size};
    s.coefficients = s.values + 2 * BLOCK * f->rule.half;
    s.E = s.coefficients + BLOCK * f->terms;
    s.tails = s.E + BLOCK * f->terms;
    return s;
}

static double length_at(const ntk_mehler_source *source, int64_t i)
{
    return ntk_get(source->lengths, source->length_dtype, i);
}

/* --- one block's coefficients --- */

/* s (order 0) or s' at the nodes: of each sample those at z, then those at -z. */
static ntk_status evaluate(const filling *f, slot *s, int order)
{
    int64_t half = f->rule.half, count = 2 * half * s->rows;
    for (int64_t j = 0; j < s->rows; j++) {
        double *u = s->values + j * 2 * half;
        for (int64_t i = 0; i < half; i++) {
            u[i] = s->length[j] * f->rule.z[i];
            u[half + i] = -u[i];
        }
    }
    ntk_activation_evaluate(&f->plain, f->source->context->isa, NTK_F64, order, s->values, s->values, count);
    if (ntk_is_finite(s->values, NTK_F64, count)) return NTK_OK;
    return ntk_fail(NTK_ERR_CALLBACK, "an activation's function gave a number that is not finite");
}

static void take_means(const filling *f, slot *s)
{
    int64_t half = f->rule.half;
    for (int64_t j = 0; j < s->rows; j++) {
        const double *value = s->values + j * 2 * half;
        for (int64_t i = 0; i < half; i++) s->mean[j] += (value[i] + value[half + i]) * f->rule.weight[i] * f->rule.root[i];
    }
}

/* Values at +-z become the even and the odd part, weighted; rest receives E[s'^2]. */
static void fold(const filling *f, slot *s)
{
    int64_t half = f->rule.half;
    const double *w = f->rule.weight, *root = f->rule.root;
    for (int64_t j = 0; j < s->rows; j++) {
        double *even = s->values + j * 2 * half, *odd = even + half;
        for (int64_t i = 0; i < half; i++) {
            double plus = even[i], minus = odd[i];
            s->rest[j] += (plus * plus + minus * minus) * w[i] * root[i];
            even[i] = (plus + minus) * w[i];
            odd[i] = (plus - minus) * w[i];
        }
    }
}

/* Where a rule's coefficient of term t lies: even degrees come first. */
static int64_t column_of(const filling *f, int64_t t)
{
    int64_t m = ntk_mehler_degree(&f->degrees, t);
    if (f->degrees.step == 1) return m % 2 ? f->rule.even + m / 2 : m / 2;
    return t;
}

static void arrange(const filling *f, slot *s)
{
    for (int64_t j = 0; j < s->rows; j++) {
        double power = s->rest[j];
        for (int64_t t = 0; t < f->terms; t++) {
            double d = s->coefficients[j * f->terms + column_of(f, t)];
            s->rest[j] -= d * d;
            s->E[t * BLOCK + j] = f->gain[t] * d;
        }
        if (s->rest[j] < REST_NOISE * power) s->rest[j] = 0;
    }
}

static ntk_status integrate(const filling *f, slot *s)
{
    const ntk_mehler_rule *rule = &f->rule;
    if (f->source->table.value > 0) {
        NTK_TRY(evaluate(f, s, 0));
        take_means(f, s);
    }
    NTK_TRY(evaluate(f, s, 1));
    fold(f, s);
    for (int odd = 0; odd < 2; odd++) {
        int64_t columns = odd ? rule->odd : rule->even;
        if (columns == 0) continue;
        NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_PLAIN, s->rows, columns, rule->half, 1, s->values + odd * rule->half,
                              2 * rule->half, rule->psi[odd], columns, 0, s->coefficients + (odd ? rule->even : 0), f->terms));
    }
    arrange(f, s);
    return NTK_OK;
}

static void expand_polynomial(const filling *f, slot *s)
{
    double c[NTK_MOST_DEGREE + 1];
    for (int64_t j = 0; j < s->rows; j++) {
        (void)ntk_polynomial_coefficients(&f->plain, 0, s->length[j], c);
        s->mean[j] = c[0];
        (void)ntk_polynomial_coefficients(&f->plain, 1, s->length[j], c);
        for (int64_t t = 0; t < f->terms; t++) s->E[t * BLOCK + j] = f->gain[t] * c[ntk_mehler_degree(&f->degrees, t)];
    }
}

static ntk_status expand_kinked(const filling *f, slot *s, const ntk_lane *lane)
{
    double *scratch = s->values;
    for (int64_t j = 0; j < s->rows; j++) {
        ntk_mehler_expansion of = {.d = s->coefficients + j * f->terms};
        NTK_TRY(ntk_mehler_expand_kinked(&of, &f->plain, NULL, s->length[j], f->rule.degrees, scratch));
        s->mean[j] = of.mean;
        s->rest[j] = of.power;
        for (int64_t t = 0; t < f->terms; t++) {
            s->rest[j] -= of.d[t] * of.d[t];
            s->E[t * BLOCK + j] = f->gain[t] * of.d[t];
        }
        if (s->rest[j] < REST_NOISE * of.power) s->rest[j] = 0;
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* --- the table --- */

static void write_table(const filling *f, const slot *s)
{
    const ntk_mehler *mehler = f->mehler;
    int32_t dtype = f->source->dtype;
    for (int64_t t = 0; t < f->terms; t++)
        ntk_convert(ntk_at(mehler->table, dtype, ntk_mehler_at(mehler, s->first, t)), dtype, s->E + t * BLOCK, NTK_F64,
                    mehler->shared ? 1 : BLOCK);
    /* with a shared table all samples have the mean of the first */
    int64_t last = mehler->shared ? f->source->rows : s->first + s->rows;
    for (int64_t i = s->first; i < last; i++) ntk_put(f->source->means, dtype, i, s->mean[mehler->shared ? 0 : i - s->first]);
}

/* What term t adds to the part of K(x, x) that may be left out. */
static double part_of(const filling *f, const slot *s, int64_t t, int64_t j)
{
    double b = s->length[j] * s->E[t * BLOCK + j];
    return f->share[t] * b * b;
}

/* The samples' largest tails, from the last term down. */
static void find_tails(filling *f, slot *s)
{
    const ntk_mehler_weights *tail = &f->source->tail;
    double total[BLOCK], gain = f->polynomial ? 0 : tail->value / (double)(f->rule.degrees + 1) + tail->slope;
    for (int64_t j = 0; j < s->rows; j++) {
        s->rest[j] *= s->length[j] * s->length[j] * gain;
        total[j] = (tail->value > 0 ? s->mean[j] * s->mean[j] : 0) + s->rest[j];
        for (int64_t t = 0; t < f->terms; t++) total[j] += part_of(f, s, t, j);
        if (!isfinite(total[j])) atomic_store(&f->overflow, true);
    }
    for (int64_t t = f->terms; t >= 0; t--)
        for (int64_t j = 0; j < s->rows; j++) {
            s->rest[j] += t < f->terms ? part_of(f, s, t, j) : 0;
            if (s->rest[j] > s->tails[t] * total[j]) s->tails[t] = s->rest[j] / total[j];
        }
}

static ntk_status fill_block(void *argument, int64_t index, const ntk_lane *lane)
{
    filling *f = argument;
    slot s = slot_of(f, index);
    s.first = (f->first + index) * BLOCK;
    s.rows = f->rows - s.first < BLOCK ? f->rows - s.first : BLOCK;
    for (int64_t j = 0; j < s.rows; j++) s.length[j] = length_at(f->source, s.first + j);
    memset(s.E, 0, (size_t)(BLOCK * f->terms) * sizeof *s.E);
    if (f->polynomial)
        expand_polynomial(f, &s);
    else if (f->kinked)
        NTK_TRY(expand_kinked(f, &s, lane));
    else
        NTK_TRY(integrate(f, &s));
    double root = sqrt(f->source->table.value);
    for (int64_t j = 0; j < s.rows; j++) s.mean[j] = root > 0 ? root * (s.mean[j] + f->offset) : 0;
    write_table(f, &s);
    find_tails(f, &s);
    return ntk_advance(lane, 0);
}

static ntk_status fill_all(filling *f, const ntk_lane *lane)
{
    int64_t blocks = (f->rows - 1) / BLOCK + 1;
    double *tails = f->mehler->tails;
    memset(tails, 0, (size_t)(f->terms + 1) * sizeof *tails);
    for (; f->first < blocks; f->first += SLOTS) {
        int64_t count = blocks - f->first < SLOTS ? blocks - f->first : SLOTS;
        for (int64_t i = 0; i < count; i++) memset(slot_of(f, i).tails, 0, (size_t)(f->terms + 1) * sizeof *tails);
        NTK_TRY(ntk_run_blas(lane, count, fill_block, f));
        for (int64_t i = 0; i < count; i++) {
            const double *own = slot_of(f, i).tails;
            for (int64_t t = 0; t <= f->terms; t++) tails[t] = fmax(tails[t], own[t]);
        }
    }
    return NTK_OK;
}

static int64_t slots_for(int64_t rows)
{
    int64_t blocks = (rows - 1) / BLOCK + 1;
    return blocks < SLOTS ? blocks : SLOTS;
}

static double weight_of(const ntk_mehler_weights *weights, int64_t degree)
{
    return weights->value / (double)(degree + 1) + weights->slope;
}

static ntk_status fill_in_memory(filling *f, const ntk_lane *lane)
{
    ntk_mehler *mehler = f->mehler;
    ntk_context *context = f->source->context;
    int64_t size = ntk_dtype_size(f->source->dtype), columns = mehler->shared ? 1 : (f->rows - 1) / BLOCK * BLOCK + BLOCK;
    f->slot_size = slot_size(f->rule.half, f->terms);
    NTK_TRY(ntk_allocate(context, &mehler->tails, f->terms + 1, sizeof(double), "the samples' tails"));
    NTK_TRY(ntk_allocate(context, &mehler->table, columns, f->terms * size, "the samples' Hermite coefficients"));
    NTK_TRY(ntk_allocate(context, &f->gain, 2 * f->terms + slots_for(f->rows) * f->slot_size, sizeof(double),
                         "Hermite coefficients in work"));
    f->share = f->gain + f->terms;
    f->slots = f->share + f->terms;
    for (int64_t t = 0; t < f->terms; t++) {
        int64_t degree = ntk_mehler_degree(&f->degrees, t);
        double weight = weight_of(&f->source->table, degree);
        f->gain[t] = sqrt(weight);
        f->share[t] = weight > 0 ? weight_of(&f->source->tail, degree) / weight : 0;
    }
    ntk_status status = fill_all(f, lane);
    ntk_free(context, f->gain);
    return status;
}

/* --- the samples --- */

static double longest(const ntk_mehler_source *source, bool *shared)
{
    double most = 0, least = HUGE_VAL, roundoff = source->dtype == NTK_F64 ? DBL_EPSILON : (double)FLT_EPSILON;
    for (int64_t i = 0; i < source->rows; i++) {
        double length = length_at(source, i);
        if (!(length <= most)) most = length;
        least = fmin(least, length);
    }
    *shared = most - least <= SAME_LENGTH * roundoff * most;
    return most;
}

/* The least number of terms that is enough among the samples. */
static ntk_status set_own(const filling *f, double length)
{
    ntk_mehler *mehler = f->mehler;
    double accuracy = ntk_mehler_accuracy(f->source->activation, f->source->dtype);
    for (mehler->own = 1; mehler->own < f->terms && mehler->tails[mehler->own] > accuracy;) mehler->own++;
    if (mehler->tails[mehler->own] <= accuracy) return NTK_OK;
    return ntk_fail(
        NTK_ERR_UNSUPPORTED,
        "the activation has no closed form, and with preactivations of a deviation up to %g the first %lld degrees of "
        "its Hermite series give the kernel to %.1e, not the %.1e asked",
        length, (long long)f->rule.degrees, mehler->tails[mehler->own], accuracy);
}

ntk_status ntk_mehler_fill(ntk_mehler *mehler, bool *overflow, const ntk_mehler_source *source, const ntk_lane *lane)
{
    const ntk_activation *activation = source->activation;
    filling f = {.source = source, .mehler = mehler, .plain = ntk_mehler_plain(activation)};
    double length = longest(source, &mehler->shared);
    f.offset = activation->offset / activation->scale;
    *overflow = !isfinite(length) || !isfinite(source->table.value + source->table.slope) || !isfinite(f.offset);
    if (*overflow) return NTK_OK;
    f.degrees = ntk_mehler_degrees_of(activation);
    f.polynomial = ntk_activation_route(activation) == NTK_ROUTE_POLYNOMIAL;
    f.rows = mehler->shared ? 1 : source->rows;
    f.rule.degrees = activation->degree;
    f.kinked = ntk_mehler_is_kinked(activation);
    if (f.kinked) {
        NTK_TRY(ntk_mehler_choose_kinked(&f.rule, source, length));
        f.rule.half = ntk_mehler_kinked_scratch() / (2 * BLOCK) + 1;
    } else if (!f.polynomial) {
        NTK_TRY(ntk_mehler_choose(&f.rule, source, length));
        NTK_TRY(ntk_mehler_rule_create(&f.rule, source->context, &f.degrees));
    }
    f.terms = mehler->terms = ntk_mehler_terms(&f.degrees, f.rule.degrees);
    ntk_status status = fill_in_memory(&f, lane);
    ntk_free(source->context, f.rule.z);
    NTK_TRY(status);
    *overflow = atomic_load(&f.overflow);
    return *overflow ? NTK_OK : set_own(&f, length);
}

ntk_status ntk_mehler_memory(const ntk_activation *activation, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t layers)
{
    int64_t terms = ntk_mehler_most_terms(activation), whole;
    if (__builtin_add_overflow(rows, BLOCK, &whole)) return NTK_ERR_OVERFLOW;
    for (int64_t l = 0; l < layers; l++) {
        NTK_TRY(ntk_need(bytes, whole, terms * ntk_dtype_size(dtype)));
        NTK_TRY(ntk_need(bytes, terms + 1, sizeof(double)));
    }
    int64_t half = ntk_activation_route(activation) == NTK_ROUTE_POLYNOMIAL ? 0 : NTK_MEHLER_MOST_HALF;
    NTK_TRY(ntk_need(bytes, 2 * terms + slots_for(rows) * slot_size(half, terms), sizeof(double)));
    return half ? ntk_mehler_rule_memory(bytes, terms) : NTK_OK;
}
