#include "gram/storage.h"

#include "core/memory.h"
#include "core/status.h"

#include <string.h>

enum { EDGE = NTK_SYMMETRIC_EDGE };

/* Rows begin on cache lines, and not a power of two apart, which would map a column to few cache sets. */
static int64_t row_distance(int64_t n)
{
    int64_t ld = (n + 7) / 8 * 8;
    return ld % 256 == 0 ? ld + 8 : ld;
}

/* Elements of the storage; all tiles of a packed one are whole but for those of the last row, which are shorter. */
static ntk_status element_count(int64_t *count, int32_t storage, int64_t n)
{
    const int64_t largest = INT64_C(1) << 31;
    if (n > largest)
        return ntk_fail(NTK_ERR_OVERFLOW, "a symmetric matrix of %lld rows is more than can be addressed", (long long)n);
    *count = 0;
    if (storage == NTK_STORAGE_IMPLICIT) return NTK_OK;
    if (storage == NTK_STORAGE_FULL) {
        *count = n * (n < EDGE ? n : row_distance(n));
        return NTK_OK;
    }
    int64_t whole = (n - 1) / EDGE, rest = n - whole * EDGE;
    *count = whole * (whole + 1) / 2 * EDGE * EDGE + rest * (whole * EDGE + rest);
    return NTK_OK;
}

ntk_status ntk_symmetric_memory(uint64_t *bytes, int32_t storage, int32_t dtype, int64_t n)
{
    int64_t count = 0;
    NTK_TRY(element_count(&count, storage, n));
    return count ? ntk_need(bytes, count, ntk_dtype_size(dtype)) : NTK_OK;
}

ntk_status ntk_symmetric_create(ntk_context *context, ntk_symmetric *matrix, int32_t storage, int32_t dtype, int64_t n)
{
    int64_t count = 0;
    *matrix = (ntk_symmetric){.dtype = dtype, .n = n};
    NTK_TRY(element_count(&count, storage, n));
    if (!count) return NTK_OK;
    if (storage == NTK_STORAGE_FULL) matrix->ld = n < EDGE ? n : row_distance(n);
    return ntk_allocate(context, &matrix->data, count, ntk_dtype_size(dtype), "a symmetric matrix");
}

void *ntk_symmetric_tile(const ntk_symmetric *matrix, int64_t i, int64_t j, int64_t *ld)
{
    if (matrix->ld) {
        *ld = matrix->ld;
        return ntk_at(matrix->data, matrix->dtype, i * EDGE * matrix->ld + j * EDGE);
    }
    int64_t rows = ntk_symmetric_rows(matrix, i);
    *ld = ntk_symmetric_rows(matrix, j);
    return ntk_at(matrix->data, matrix->dtype, i * (i + 1) / 2 * EDGE * EDGE + j * EDGE * rows);
}

void *ntk_symmetric_place(const void *self, int64_t row, int64_t col, int64_t *ld)
{
    const ntk_symmetric *matrix = self;
    void *tile = ntk_symmetric_tile(matrix, row / EDGE, col / EDGE, ld);
    return ntk_at(tile, matrix->dtype, row % EDGE * *ld + col % EDGE);
}

double ntk_symmetric_diagonal(const ntk_symmetric *matrix, int64_t i)
{
    int64_t ld;
    return ntk_get(ntk_symmetric_place(matrix, i, i, &ld), matrix->dtype, 0);
}

void ntk_symmetric_add(const ntk_symmetric *matrix, int64_t i, double value)
{
    int64_t ld;
    void *element = ntk_symmetric_place(matrix, i, i, &ld);
    double sum = ntk_get(element, matrix->dtype, 0) + value;
    ntk_convert(element, matrix->dtype, &sum, NTK_F64, 1);
}

typedef struct copying {
    const ntk_symmetric *to, *from;
} copying;

static ntk_status copy_tile_row(void *argument, int64_t index, const ntk_lane *lane)
{
    const copying *job = argument;
    const ntk_symmetric *from = job->from;
    int64_t rows = ntk_symmetric_rows(from, index);
    for (int64_t j = 0; j <= index; j++) {
        int64_t from_ld, to_ld, count = ntk_symmetric_rows(from, j);
        const void *source = ntk_symmetric_tile(from, index, j, &from_ld);
        void *target = ntk_symmetric_tile(job->to, index, j, &to_ld);
        for (int64_t r = 0; r < rows; r++)
            memcpy(ntk_at(target, from->dtype, r * to_ld), ntk_at(source, from->dtype, r * from_ld),
                   (size_t)((j < index ? count : r + 1) * ntk_dtype_size(from->dtype)));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return ntk_advance(lane, 1);
}

ntk_status ntk_symmetric_copy(const ntk_symmetric *to, const ntk_symmetric *from, const ntk_lane *lane)
{
    copying job = {.to = to, .from = from};
    return ntk_run(lane, ntk_symmetric_tiles(from), copy_tile_row, &job);
}
