#include "kernel/samples.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"

#include <float.h>
#include <string.h>

static ntk_status prepare(ntk_samples *samples, const ntk_lane *lane, const ntk_matrix *x, bool copy, const char *function,
                          const char *name)
{
    const ntk_kernel *kernel = samples->kernel;
    NTK_TRY((copy ? ntk_operand_copy : ntk_operand_open)(lane, &samples->x, x, samples->dtype, function, name));
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
    ntk_status status = prepare(samples, lane, x, copy, function, name);
    if (status < 0) ntk_samples_close(samples);
    return status;
}

void ntk_samples_close(ntk_samples *samples)
{
    if (!samples->kernel) return;
    samples->kernel->operations->close(samples);
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
    NTK_TRY(ntk_need(bytes, rows, sizeof(double)));
    return kernel->operations->memory(kernel, bytes, dtype, rows, all);
}

ntk_status ntk_samples_check(const ntk_samples *rows, const ntk_samples *cols, const char *function)
{
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
                                 int32_t dtype, bool borrow, const char *function)
{
    ntk_sample_set *made;
    *set = NULL;
    NTK_TRY(ntk_object_create(lane->work->context, &made, sizeof *made, dispose, "a set of samples"));
    ntk_status status = ntk_samples_open(&made->samples, kernel, lane, x, dtype, x->rows, !borrow, function, "x");
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

ntk_status ntk_sample_set_memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t inputs)
{
    NTK_TRY(ntk_need(bytes, 1, sizeof(ntk_sample_set)));
    return ntk_samples_memory(kernel, bytes, dtype, rows, inputs, rows);
}
