#include "features/coefficients.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"

#include <string.h>

/* Rows of the NT block, which may be 0. */
static int64_t nt_rows(const ntk_features *features)
{
    return ntk_features_has(features, NTK_PART_NT) ? ntk_weights_size(features->weights, NTK_PART_NT) : 0;
}

ntk_status ntk_coefficients_create(ntk_context *context, ntk_coefficients *b, const ntk_features *features, int32_t dtype,
                                   int64_t targets)
{
    int64_t rows = nt_rows(features);
    uint64_t row;
    *b = (ntk_coefficients){.dtype = dtype, .targets = targets};
    NTK_TRY(ntk_size_multiply(&row, targets, ntk_dtype_size(dtype)));
    if (rows) NTK_TRY(ntk_allocate(context, &b->nt, rows, (int64_t)row, "a copy of the coefficients"));
    if (rows < features->size)
        NTK_TRY(ntk_allocate(context, &b->rf, features->size - rows, (int64_t)row, "a copy of the coefficients"));
    return NTK_OK;
}

ntk_status ntk_coefficients_open(ntk_context *context, ntk_coefficients *b, const ntk_features *features, int32_t dtype,
                                 const ntk_matrix *matrix)
{
    int64_t rows = nt_rows(features);
    if (matrix->cols > 1 || matrix->stride > 1 || matrix->dtype != dtype)
        return ntk_coefficients_create(context, b, features, dtype, matrix->cols);
    *b = (ntk_coefficients){.dtype = dtype, .targets = 1, .borrowed = true};
    b->nt = rows ? matrix->data : NULL;
    b->rf = rows < features->size ? ntk_at(matrix->data, dtype, rows) : NULL;
    return NTK_OK;
}

ntk_status ntk_coefficients_copy(ntk_context *context, ntk_coefficients *b, const ntk_features *features,
                                 const ntk_coefficients *from)
{
    int64_t rows = nt_rows(features), size = from->targets * ntk_dtype_size(from->dtype);
    NTK_TRY(ntk_coefficients_create(context, b, features, from->dtype, from->targets));
    if (b->nt) memcpy(b->nt, from->nt, (size_t)(rows * size));
    if (b->rf) memcpy(b->rf, from->rf, (size_t)((features->size - rows) * size));
    return NTK_OK;
}

void ntk_coefficients_close(ntk_context *context, ntk_coefficients *b)
{
    if (b->borrowed) return;
    ntk_free(context, b->nt);
    ntk_free(context, b->rf);
}

/* to[i * to_stride] = from[i * from_stride], converted */
#define DEFINE_COPY(NAME, TO, FROM)                                                                   \
    static void NAME(TO *to, int64_t to_stride, const FROM *from, int64_t from_stride, int64_t count) \
    {                                                                                                 \
        for (int64_t i = 0; i < count; i++) to[i * to_stride] = (TO)from[i * from_stride];            \
    }

DEFINE_COPY(copy_64_64, double, double)
DEFINE_COPY(copy_64_32, double, float)
DEFINE_COPY(copy_32_64, float, double)
DEFINE_COPY(copy_32_32, float, float)

static void copy(void *to, int64_t to_stride, int32_t to_dtype, const void *from, int64_t from_stride, int32_t from_dtype,
                 int64_t count)
{
    if (to_dtype == NTK_F64 && from_dtype == NTK_F64)
        copy_64_64(to, to_stride, from, from_stride, count);
    else if (to_dtype == NTK_F64)
        copy_64_32(to, to_stride, from, from_stride, count);
    else if (from_dtype == NTK_F64)
        copy_32_64(to, to_stride, from, from_stride, count);
    else
        copy_32_32(to, to_stride, from, from_stride, count);
}

/* Rows that are copied at a time, so that rows of the matrix stay in cache for all targets. */
enum { ROWS_PER_TASK = 2048, ROWS_AT_ONCE = 64 };

typedef struct reordering {
    const ntk_coefficients *b;
    const ntk_matrix *matrix;
    int64_t nt_rows, rows;
    bool gather;
} reordering;

/* Rows row, ..., row + count - 1 of the matrix, which lie all in one of the two blocks, for every target. */
static void reorder_rows(const reordering *job, int64_t row, int64_t count)
{
    const ntk_coefficients *b = job->b;
    const ntk_matrix *m = job->matrix;
    bool nt = row < job->nt_rows;
    for (int64_t t = 0; t < b->targets; t++) {
        void *theirs = ntk_at(ntk_row(m, row), m->dtype, t);
        void *ours = nt ? ntk_at(b->nt, b->dtype, t * job->nt_rows + row)
                        : ntk_at(b->rf, b->dtype, (row - job->nt_rows) * b->targets + t);
        int64_t stride = nt ? 1 : b->targets;
        if (job->gather)
            copy(ours, stride, b->dtype, theirs, m->stride, m->dtype, count);
        else
            copy(theirs, m->stride, m->dtype, ours, stride, b->dtype, count);
    }
}

static ntk_status reorder_task(void *argument, int64_t index, const ntk_lane *lane)
{
    const reordering *job = argument;
    int64_t row = index * ROWS_PER_TASK, left = job->rows - row, end = row + (left < ROWS_PER_TASK ? left : ROWS_PER_TASK);
    while (row < end) {
        int64_t block = row < job->nt_rows && job->nt_rows < end ? job->nt_rows : end;
        int64_t count = block - row < ROWS_AT_ONCE ? block - row : ROWS_AT_ONCE;
        reorder_rows(job, row, count);
        row += count;
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static ntk_status reorder(const ntk_coefficients *b, const ntk_features *features, const ntk_lane *lane,
                          const ntk_matrix *matrix, bool gather)
{
    reordering job = {.b = b, .matrix = matrix, .nt_rows = nt_rows(features), .rows = features->size, .gather = gather};
    if (b->borrowed) return NTK_OK;
    return ntk_run(lane, (job.rows - 1) / ROWS_PER_TASK + 1, reorder_task, &job);
}

ntk_status ntk_coefficients_gather(const ntk_coefficients *b, const ntk_features *features, const ntk_lane *lane,
                                   const ntk_matrix *from, const char *function)
{
    NTK_TRY(reorder(b, features, lane, from, true));
    if (b->borrowed || b->dtype == from->dtype || ntk_coefficients_finite(b, features)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: b holds a number too large for single precision", function);
}

ntk_status ntk_coefficients_scatter(const ntk_coefficients *b, const ntk_features *features, const ntk_lane *lane,
                                    const ntk_matrix *to)
{
    return reorder(b, features, lane, to, false);
}

bool ntk_coefficients_finite(const ntk_coefficients *b, const ntk_features *features)
{
    int64_t rows = nt_rows(features);
    return ntk_is_finite(b->nt, b->dtype, rows * b->targets) &&
           ntk_is_finite(b->rf, b->dtype, (features->size - rows) * b->targets);
}
