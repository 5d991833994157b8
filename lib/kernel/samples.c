#include "kernel/samples.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"

#include <float.h>
#include <string.h>

static ntk_status prepare(ntk_samples *samples, const ntk_lane *lane, const char *function);

static ntk_status open_terms(ntk_samples *samples, const ntk_lane *lane, const char *function)
{
    const ntk_kernel *kernel = samples->kernel;
    if (!kernel->term_count) return NTK_OK;
    NTK_TRY(ntk_allocate(samples->context, &samples->terms, kernel->term_count, sizeof *samples->terms,
                         "samples of a kernel's terms"));
    memset(samples->terms, 0, (size_t)kernel->term_count * sizeof *samples->terms);
    for (int64_t t = 0; t < kernel->term_count; t++) {
        ntk_samples *term = &samples->terms[t];
        *term = (ntk_samples){.kernel = kernel->terms[t], .context = samples->context, .dtype = samples->dtype};
        term->rows = samples->rows;
        term->inputs = samples->inputs;
        term->x = (ntk_operand){.data = samples->x.data, .stride = samples->x.stride};
        if (kernel->operations->transform) NTK_TRY(kernel->operations->transform(samples, term, lane, function));
        NTK_TRY(prepare(term, lane, function));
    }
    return NTK_OK;
}

static ntk_status prepare(ntk_samples *samples, const ntk_lane *lane, const char *function)
{
    const ntk_kernel *kernel = samples->kernel;
    NTK_TRY(open_terms(samples, lane, function));
    NTK_TRY(ntk_allocate(samples->context, &samples->diagonal, samples->rows, sizeof(double), "the kernel's diagonal"));
    memset(samples->diagonal, 0, (size_t)samples->rows * sizeof(double));
    int64_t passes = kernel->operations->passes(kernel, samples->dtype, samples->all);
    for (int64_t pass = 0; pass < passes; pass++) NTK_TRY(kernel->operations->prepare(samples, lane, pass));
    return NTK_OK;
}

ntk_status ntk_samples_open(ntk_samples *samples, const ntk_kernel *kernel, const ntk_lane *lane, const ntk_matrix *x,
                            int32_t dtype, int64_t all, bool copy, const char *function, const char *name)
{
    *samples = (ntk_samples){.kernel = kernel, .context = lane->work->context, .dtype = dtype, .rows = x->rows};
    samples->inputs = x->cols;
    samples->all = all;
    ntk_status status = (copy ? ntk_operand_copy : ntk_operand_open)(lane, &samples->x, x, dtype, function, name);
    if (status >= 0) status = prepare(samples, lane, function);
    if (status < 0) ntk_samples_close(samples);
    return status;
}

void ntk_samples_close(ntk_samples *samples)
{
    if (!samples->kernel) return;
    samples->kernel->operations->close(samples);
    for (int64_t t = 0; samples->terms && t < samples->kernel->term_count; t++) ntk_samples_close(&samples->terms[t]);
    ntk_free(samples->context, samples->terms);
    ntk_free(samples->context, samples->diagonal);
    ntk_operand_close(samples->context, &samples->x);
    samples->kernel = NULL;
}

ntk_status ntk_samples_memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t inputs,
                              int64_t all)
{
    uint64_t elements = 0;
    NTK_TRY(ntk_size_multiply(&elements, rows, inputs));
    NTK_TRY(ntk_need(bytes, (int64_t)elements, ntk_dtype_size(dtype)));
    return ntk_prepared_memory(kernel, bytes, dtype, rows, inputs, all);
}

ntk_status ntk_prepared_memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t inputs,
                               int64_t all)
{
    NTK_TRY(ntk_need(bytes, rows, sizeof(double)));
    NTK_TRY(kernel->operations->memory(kernel, bytes, dtype, rows, all));
    if (kernel->term_count) NTK_TRY(ntk_need(bytes, kernel->term_count, sizeof(ntk_samples)));
    for (int64_t t = 0; t < kernel->term_count; t++)
        NTK_TRY(ntk_samples_memory(kernel->terms[t], bytes, dtype, rows, inputs, 0));
    return NTK_OK;
}

ntk_status ntk_samples_check(const ntk_samples *rows, const ntk_samples *cols, const char *function)
{
    for (int64_t t = 0; t < rows->kernel->term_count; t++)
        NTK_TRY(ntk_samples_check(&rows->terms[t], &cols->terms[t], function));
    if (rows->largest * cols->largest <= (rows->dtype == NTK_F64 ? DBL_MAX : (double)FLT_MAX)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW,
                    "%s: the samples are so long that an entry of the kernel may be too large to be represented", function);
}

ntk_status ntk_sample_pair_open(ntk_sample_pair *pair, const ntk_kernel *kernel, const ntk_lane *lane, const ntk_matrix *x1,
                                const ntk_matrix *x2, int32_t dtype, const char *function)
{
    int64_t all = x1->rows + x2->rows;
    ntk_work_stage(lane->work, "samples of a kernel", 1, 0, 0);
    NTK_TRY(ntk_samples_open(&pair->rows, kernel, lane, x1, dtype, all, false, function, "x1"));
    ntk_status status = ntk_samples_open(&pair->cols, kernel, lane, x2, dtype, all, false, function, "x2");
    if (status < 0) {
        ntk_samples_close(&pair->rows);
        return status;
    }
    status = ntk_samples_check(&pair->rows, &pair->cols, function);
    if (status < 0) ntk_sample_pair_close(pair);
    return status;
}

void ntk_sample_pair_close(ntk_sample_pair *pair)
{
    ntk_samples_close(&pair->cols);
    ntk_samples_close(&pair->rows);
}

ntk_matrix ntk_samples_view(const ntk_samples *samples)
{
    ntk_matrix view = ntk_matrix_view(samples->x.data, samples->rows, samples->inputs, samples->dtype, NTK_READONLY);
    view.stride = samples->x.stride;
    return view;
}

static void dispose(void *self)
{
    ntk_sample_set *set = self;
    const ntk_kernel *kernel = set->samples.kernel;
    ntk_samples_close(&set->samples);
    ntk_release((void *)(uintptr_t)kernel);
}

ntk_status ntk_sample_set_create(ntk_sample_set **set, const ntk_kernel *kernel, const ntk_lane *lane, const ntk_matrix *x,
                                 int32_t dtype, int64_t all, bool borrow, const char *function)
{
    ntk_sample_set *made;
    *set = NULL;
    NTK_TRY(ntk_object_create(lane->work->context, &made, sizeof *made, dispose, "a set of samples"));
    ntk_status status = ntk_samples_open(&made->samples, kernel, lane, x, dtype, all, !borrow, function, "x");
    if (status >= 0) status = ntk_samples_check(&made->samples, &made->samples, function);
    if (status < 0) {
        ntk_samples_close(&made->samples);
        ntk_release(made);
        return status;
    }
    ntk_retain(kernel);
    *set = made;
    return NTK_OK;
}

ntk_status ntk_sample_set_memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t inputs,
                                 int64_t all)
{
    NTK_TRY(ntk_need(bytes, 1, sizeof(ntk_sample_set)));
    return ntk_samples_memory(kernel, bytes, dtype, rows, inputs, all);
}
