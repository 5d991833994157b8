#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"
#include "kernel/infinite.h"
#include "kernel/near.h"

#include <math.h>

/* Whether v^2, and the square of what it is multiplied with, keeps its digits in this precision. */
static bool is_moderate(double v, int32_t dtype)
{
    double far = dtype == NTK_F64 ? 0x1p200 : 0x1p30;
    return v < far && v > 1 / far;
}

double ntk_infinite_moderate(int32_t *exponent, double length, int32_t dtype)
{
    double whole = ldexp(length, *exponent);
    int own = 0;
    if (!*exponent || is_moderate(whole, dtype)) {
        *exponent = 0;
        return whole;
    }
    length = frexp(length, &own);
    *exponent += own;
    return length;
}

static void set_factors(ntk_infinite_row *row, const ntk_infinite *kernel, const ntk_infinite_constants *k, int32_t dtype,
                        const ntk_infinite_measure *measure)
{
    ntk_infinite_factors *f = &row->factors;
    double length = measure->length;
    *row = (ntk_infinite_row){{measure->w, measure->z, 0, 0}, measure->shift, measure->exponent};
    ntk_family family = kernel->activation->family;
    double whole = ldexp(length, row->exponent);
    if (family == NTK_FAMILY_ERF || family == NTK_FAMILY_GELU) {
        ntk_arc_length arc = ntk_arc_length_of(family, whole);
        f->p = arc.h;
        f->q = arc.g;
    } else if (family == NTK_FAMILY_LEVELS) {
        f->p = length > 0 ? k->root : 0;
    } else if (family == NTK_FAMILY_SLOPES) {
        f->p = ntk_infinite_moderate(&row->exponent, k->root * length, dtype);
    } else {
        f->p = whole;
    }
}

static bool is_zero(int32_t dtype, const void *x, int64_t count)
{
    for (int64_t j = 0; j < count; j++)
        if (ntk_get(x, dtype, j) != 0) return false;
    return true;
}

static ntk_infinite_measure measure_of(double m, double b, double length)
{
    return (ntk_infinite_measure){.w = length > 0 ? m / length : 0, .z = length > 0 ? b / length : 0, .length = length};
}

bool ntk_infinite_measure_of(ntk_infinite_measure *measure, const ntk_infinite_constants *k, int32_t dtype, const void *x,
                             int64_t inputs)
{
    double norm = sqrt(ntk_dot(dtype, x, x, inputs));
    bool plain = is_moderate(norm, dtype) || (norm == 0 && is_zero(dtype, x, inputs));
    if (!plain || !is_moderate(k->c, dtype) || (k->b != 0 && !is_moderate(k->b, dtype))) return false;
    *measure = measure_of(k->c, k->b, hypot(k->c * norm, k->b));
    return true;
}

static int exponent_of(double v)
{
    int exponent = -4096;
    if (v != 0) (void)frexp(v, &exponent);
    return exponent;
}

/* (c x, b) = 2^exponent (m x 2^shift, b 2^-exponent) with m in [1/2, 1) and the longest element about 1. */
void ntk_infinite_measure_scaled(ntk_infinite_measure *measure, void *scaled, const ntk_infinite_constants *k, int32_t dtype,
                                 const void *x, int64_t inputs)
{
    double most = 0;
    for (int64_t j = 0; j < inputs; j++) most = fmax(most, fabs(ntk_get(x, dtype, j)));
    int of_c = exponent_of(k->c), longest = most > 0 ? exponent_of(most) + of_c : -4096, of_b = exponent_of(k->b);
    int exponent = longest > of_b ? longest : of_b;
    if (exponent <= -4096) exponent = of_c;
    int shift = of_c - exponent;
    for (int64_t j = 0; j < inputs; j++) {
        double element = ldexp(ntk_get(x, dtype, j), shift);
        ntk_convert(ntk_at(scaled, dtype, j), dtype, &element, NTK_F64, 1);
    }
    double m = ldexp(k->c, -of_c), b = ldexp(k->b, -exponent), norm = sqrt(ntk_dot(dtype, scaled, scaled, inputs));
    *measure = measure_of(m, b, hypot(m * norm, b));
    measure->shift = shift;
    measure->exponent = exponent;
}

bool ntk_infinite_row_of(ntk_infinite_row *row, const ntk_infinite *kernel, const ntk_infinite_constants *k, int32_t dtype,
                         const void *x, int64_t inputs)
{
    ntk_infinite_measure measure;
    if (!ntk_infinite_measure_of(&measure, k, dtype, x, inputs)) return false;
    set_factors(row, kernel, k, dtype, &measure);
    return true;
}

void ntk_infinite_row_scaled(ntk_infinite_row *row, void *scaled, const ntk_infinite *kernel, const ntk_infinite_constants *k,
                             int32_t dtype, const void *x, int64_t inputs)
{
    ntk_infinite_measure measure;
    ntk_infinite_measure_scaled(&measure, scaled, k, dtype, x, inputs);
    set_factors(row, kernel, k, dtype, &measure);
}

enum { FACTORS = NTK_INFINITE_FACTORS, ELEMENTS_PER_TASK = 65536 };

typedef struct preparation {
    ntk_samples *samples;
    const ntk_infinite_constants *k;
    ntk_infinite_store store;
    int64_t per_task;
    atomic_bool extreme; /* some sample must be scaled */
} preparation;

static void store_row(ntk_samples *samples, const ntk_infinite_constants *k, int64_t i, const ntk_infinite_measure *measure)
{
    ntk_infinite_row row;
    set_factors(&row, (const ntk_infinite *)samples->kernel, k, samples->dtype, measure);
    const double values[FACTORS] = {row.factors.w, row.factors.z, row.factors.p, row.factors.q};
    for (int f = 0; f < FACTORS; f++)
        ntk_convert(ntk_at(ntk_infinite_array(samples, f), samples->dtype, i), samples->dtype, &values[f], NTK_F64, 1);
    if (!samples->shifts) return;
    samples->shifts[i] = row.shift;
    samples->exponents[i] = row.exponent;
}

ntk_infinite_row ntk_infinite_row_at(const ntk_samples *samples, int64_t i)
{
    double values[FACTORS];
    for (int f = 0; f < FACTORS; f++) values[f] = ntk_get(ntk_infinite_array(samples, f), samples->dtype, i);
    return (ntk_infinite_row){{values[0], values[1], values[2], values[3]},
                              samples->shifts ? samples->shifts[i] : 0,
                              samples->exponents ? samples->exponents[i] : 0};
}

double ntk_infinite_length(const ntk_infinite *kernel, const ntk_infinite_constants *k, const ntk_infinite_row *row)
{
    const ntk_infinite_factors *f = &row->factors;
    ntk_angle none = ntk_angle_of(1, 0);
    ntk_family family = kernel->activation->family;
    if (family == NTK_FAMILY_SLOPES) return hypot(ldexp(f->p, row->exponent), sqrt(k->constant));
    if (family == NTK_FAMILY_LEVELS) return hypot(f->p, sqrt(k->constant));
    return sqrt(ntk_near_entry(kernel, k, f, f, &none) + k->constant);
}

static ntk_status prepare_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    preparation *job = argument;
    ntk_samples *samples = job->samples;
    int64_t first = index * job->per_task, last = first + job->per_task;
    for (int64_t i = first; i < last && i < samples->rows; i++) {
        ntk_infinite_measure measure;
        if (ntk_infinite_measure_of(&measure, job->k, samples->dtype, ntk_samples_at(samples, i), samples->inputs))
            job->store(samples, job->k, i, &measure);
        else
            atomic_store(&job->extreme, true);
    }
    return ntk_advance(lane, 0);
}

/* Scales the samples that need it, in a copy. */
static ntk_status scale_rows(preparation *job, const ntk_lane *lane)
{
    ntk_samples *samples = job->samples;
    int32_t dtype = samples->dtype;
    if (!samples->x.copy) {
        ntk_matrix x = ntk_samples_view(samples);
        NTK_TRY(ntk_operand_copy(lane, &samples->x, &x, dtype, "a kernel", "x"));
    }
    NTK_TRY(ntk_allocate(samples->context, &samples->shifts, 2 * samples->rows, sizeof(int32_t), "the samples' scales"));
    samples->exponents = samples->shifts + samples->rows;
    for (int64_t i = 0; i < samples->rows; i++) {
        ntk_infinite_measure measure;
        void *x = ntk_at(samples->x.copy, dtype, i * samples->x.stride);
        if (!ntk_infinite_measure_of(&measure, job->k, dtype, x, samples->inputs))
            ntk_infinite_measure_scaled(&measure, x, job->k, dtype, x, samples->inputs);
        job->store(samples, job->k, i, &measure);
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

ntk_status ntk_infinite_measure_samples(ntk_samples *samples, const ntk_lane *lane, const ntk_infinite_constants *k,
                                        ntk_infinite_store store)
{
    preparation job = {.samples = samples, .k = k, .store = store};
    job.per_task = samples->inputs < ELEMENTS_PER_TASK ? ELEMENTS_PER_TASK / samples->inputs : 1;
    NTK_TRY(ntk_run(lane, (samples->rows - 1) / job.per_task + 1, prepare_rows, &job));
    return atomic_load(&job.extreme) ? scale_rows(&job, lane) : NTK_OK;
}

void ntk_infinite_store_length(ntk_samples *samples, const ntk_infinite_constants *k, int64_t i,
                               const ntk_infinite_measure *measure)
{
    const double values[FACTORS] = {measure->w, measure->z, ldexp(measure->length, measure->exponent), 0};
    (void)k;
    for (int f = 0; f < FACTORS; f++) ntk_put(samples->factors, samples->dtype, f * samples->rows + i, values[f]);
    if (!samples->shifts) return;
    samples->shifts[i] = measure->shift;
    samples->exponents[i] = 0;
}

static bool is_representable(const ntk_samples *samples, const ntk_infinite_constants *k)
{
    const double constants[] = {k->k[0], k->k[1], k->k[2], k->k[3], k->constant, k->root};
    double narrow[6];
    ntk_convert(narrow, samples->dtype, constants, NTK_F64, 6);
    return ntk_is_finite(narrow, samples->dtype, 6) && ntk_is_finite(samples->factors, samples->dtype, FACTORS * samples->rows);
}

ntk_status ntk_infinite_prepare(ntk_samples *samples, const ntk_lane *lane, int64_t pass)
{
    (void)pass;
    if (samples->factors) return NTK_OK;
    const ntk_infinite *kernel = (const ntk_infinite *)samples->kernel;
    const ntk_infinite_constants k = ntk_infinite_constants_of(kernel, samples->inputs);
    NTK_TRY(ntk_allocate(samples->context, &samples->factors, FACTORS * samples->rows, ntk_dtype_size(samples->dtype),
                         "the samples' lengths"));
    NTK_TRY(ntk_infinite_measure_samples(samples, lane, &k, store_row));
    if (!is_representable(samples, &k)) samples->largest = HUGE_VAL;
    for (int64_t i = 0; i < samples->rows; i++) {
        ntk_infinite_row row = ntk_infinite_row_at(samples, i);
        double length = ntk_infinite_length(kernel, &k, &row);
        samples->diagonal[i] = length * length;
        if (!(length <= samples->largest)) samples->largest = length;
    }
    return NTK_OK;
}

void ntk_infinite_close(ntk_samples *samples)
{
    ntk_free(samples->context, samples->shifts);
    ntk_free(samples->context, samples->factors);
}

ntk_status ntk_infinite_memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t all)
{
    (void)kernel, (void)all;
    NTK_TRY(ntk_need(bytes, rows, FACTORS * ntk_dtype_size(dtype)));
    return ntk_need(bytes, rows, 2 * sizeof(int32_t));
}
