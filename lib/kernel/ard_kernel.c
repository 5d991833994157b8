/* Kernels whose inputs have scales of their own. */
#include "core/memory.h"
#include "core/status.h"
#include "kernel/composite.h"
#include "kernel/exchange.h"
#include "kernel/rescale.h"
#include "kernel/scales.h"

#include <string.h>

enum { ELEMENTS_PER_TASK = 65536 };

typedef struct scaling {
    const ntk_samples *samples;
    ntk_samples *term;
    int64_t per_task;
    const char *function;
} scaling;

#define DEFINE_SCALE(NAME, REAL)                                                                         \
    static void scale_##NAME(void *out, const void *x, const double *scales, int64_t count)              \
    {                                                                                                    \
        REAL *to = out;                                                                                  \
        const REAL *from = x;                                                                            \
        for (int64_t k = 0; k < count; k++) to[k] = (REAL)((double)from[k] * scales[k]);                 \
    }                                                                                                    \
    static void add_scaled_##NAME(void *out, const void *x, const double *scales, int64_t count)         \
    {                                                                                                    \
        REAL *to = out;                                                                                  \
        const REAL *from = x;                                                                            \
        for (int64_t k = 0; k < count; k++) to[k] = (REAL)((double)to[k] + (double)from[k] * scales[k]); \
    }

DEFINE_SCALE(f64, double)
DEFINE_SCALE(f32, float)

static ntk_status scale_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const scaling *job = argument;
    const ntk_samples *samples = job->samples;
    int32_t dtype = samples->dtype;
    int64_t first = index * job->per_task, last = first + job->per_task;
    for (int64_t i = first; i < last && i < samples->rows; i++) {
        void *to = ntk_at(job->term->x.copy, dtype, i * samples->inputs);
        (dtype == NTK_F64 ? scale_f64 : scale_f32)(to, ntk_samples_at(samples, i), ntk_composite_of(samples)->numbers,
                                                   samples->inputs);
        if (!ntk_is_finite(to, dtype, samples->inputs))
            return ntk_fail(NTK_ERR_OVERFLOW,
                            "%s: row %lld of the samples, times the kernel's scales, is too large to be represented",
                            job->function, (long long)i);
    }
    return ntk_advance(lane, 0);
}

static ntk_status transform(const ntk_samples *samples, ntk_samples *term, const ntk_lane *lane, const char *function)
{
    scaling job = {.samples = samples, .term = term, .function = function};
    uint64_t elements;
    NTK_TRY(ntk_size_multiply(&elements, samples->rows, samples->inputs));
    NTK_TRY(ntk_allocate(samples->context, &term->x.copy, (int64_t)elements, ntk_dtype_size(samples->dtype), "scaled samples"));
    term->x.data = term->x.copy;
    term->x.stride = samples->inputs;
    job.per_task = samples->inputs < ELEMENTS_PER_TASK ? ELEMENTS_PER_TASK / samples->inputs : 1;
    return ntk_run(lane, (samples->rows - 1) / job.per_task + 1, scale_rows, &job);
}

static ntk_status prepare(ntk_samples *samples, const ntk_lane *lane, int64_t pass)
{
    (void)lane, (void)pass;
    samples->largest = samples->terms[0].largest;
    memcpy(samples->diagonal, samples->terms[0].diagonal, (size_t)samples->rows * sizeof(double));
    return NTK_OK;
}

static ntk_status tile(const ntk_kernel_tile *tile, const ntk_lane *lane)
{
    return ntk_term_tile(tile, lane, 0, tile->out, tile->ld, tile->scratch);
}

/* The gradient in x is that in s x, times s. */
static ntk_status gradient(const ntk_tile_gradient *job, const ntk_lane *lane)
{
    const ntk_samples *rows = job->tile.rows;
    const double *scales = ntk_composite_of(rows)->numbers;
    int32_t dtype = rows->dtype;
    int64_t numbers = job->targets * rows->inputs, count = job->tile.row_count * numbers;
    ntk_tile_gradient part = ntk_term_gradient(job, 0, 0, job->targets, job->tile.scratch);
    part.g = job->sums;
    part.ldg = numbers;
    part.sums = ntk_at(job->sums, dtype, count);
    memset(part.g, 0, (size_t)(count * ntk_dtype_size(dtype)));
    NTK_TRY(ntk_term_add_gradient(&part, lane));
    for (int64_t i = 0; i < job->tile.row_count; i++)
        for (int64_t c = 0; c < job->targets; c++)
            (dtype == NTK_F64 ? add_scaled_f64 : add_scaled_f32)(ntk_at(job->g, dtype, i * job->ldg + c * rows->inputs),
                                                                 ntk_at(part.g, dtype, i * numbers + c * rows->inputs), scales,
                                                                 rows->inputs);
    return NTK_OK;
}

/* s */
static int64_t own_scales(const ntk_kernel *kernel)
{
    return kernel->inputs;
}

static ntk_status remake(ntk_context *context, ntk_kernel **made, const ntk_kernel *const *terms, int64_t count,
                         const double *numbers, int64_t number_count)
{
    ntk_matrix scales = ntk_matrix_const_f64(numbers, 1, number_count);
    (void)count;
    return ntk_kernel_create_ard(context, made, terms[0], &scales);
}

static const ntk_kernel_operations operations = {
    .transform = transform,
    .prepare = prepare,
    .tile = tile,
    .gradient = gradient,
    .scales = ntk_composite_scales,
    .own_scales = own_scales,
    .scale_gradient = ntk_ard_scale_gradient,
    .scale_memory = ntk_ard_scale_memory,
    .scale_values = ntk_composite_scale_values,
    .rescale = ntk_composite_rescale,
    .remake = remake,
    .signed_scales = true,
    .write = ntk_ard_write,
};

ntk_status ntk_kernel_create_ard(ntk_context *context, ntk_kernel **kernel, const ntk_kernel *base, const ntk_matrix *scales)
{
    ntk_composite *made;
    NTK_REQUIRE(kernel);
    *kernel = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(base);
    NTK_TRY(ntk_input_check(scales, __func__, "scales"));
    NTK_TRY(ntk_shape_check(scales, 1, ntk_kernel_inputs(base), __func__, "scales"));
    NTK_TRY(ntk_finite_check(scales, __func__, "scales"));
    NTK_TRY(ntk_composite_create(context, &made, &operations, &base, 1, scales->cols, __func__, "base"));
    ntk_convert(made->numbers, NTK_F64, scales->data, scales->dtype, scales->cols);
    made->base.inputs = scales->cols;
    if (!made->operations.gradient) made->operations.scales = NULL, made->operations.scale_memory = NULL;
    made->operations.scratch = ntk_terms_scratch(&made->base);
    made->operations.gradient_scratch = ntk_terms_gradient_scratch(&made->base);
    made->operations.gradient_sums = 1 + ntk_terms_gradient_sums(&made->base);
    *kernel = &made->base;
    return NTK_OK;
}
