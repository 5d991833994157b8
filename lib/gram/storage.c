#include "gram/storage.h"

#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"

enum { EDGE = NTK_SYMMETRIC_EDGE };

/* Rows begin on cache lines, and not a power of two apart, which would map a column to few cache sets. */
enum { PADDING = 16 };

static int64_t row_distance(int64_t n)
{
    if (n < EDGE) return n;
    int64_t ld = (n + 7) / 8 * 8;
    return ld % 256 == 0 ? ld + 8 : ld;
}

enum { MOST_HEIGHT = 4 * EDGE, LEAST_PANELS = 12 };

int64_t ntk_symmetric_height(int32_t storage, int64_t n)
{
    if (storage != NTK_STORAGE_PACKED) return 0;
    int64_t height = EDGE;
    while (2 * height <= MOST_HEIGHT && 2 * height * LEAST_PANELS <= n) height *= 2;
    return height;
}

/* Elements between the rows of panel p of a packed matrix, and before its first. */
static int64_t panel_distance(int64_t n, int64_t height, int64_t p)
{
    return n <= height ? n : ntk_smaller((p + 1) * height, n) + PADDING;
}

static int64_t panel_begin(int64_t height, int64_t p)
{
    return height * (height * (p * (p + 1) / 2) + p * PADDING);
}

static ntk_status size_check(int64_t n)
{
    const int64_t largest = INT64_C(1) << 31;
    if (n <= largest) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "a symmetric matrix of %lld rows is more than can be addressed", (long long)n);
}

static int64_t packed_count(int64_t n, int64_t height)
{
    int64_t last = (n - 1) / height;
    return panel_begin(height, last) + (n - last * height) * panel_distance(n, height, last);
}

/* Elements of the storage of n rows. */
static ntk_status element_count(int64_t *count, int32_t storage, int64_t n, int64_t height)
{
    NTK_TRY(size_check(n));
    *count = storage == NTK_STORAGE_IMPLICIT ? 0 : storage == NTK_STORAGE_FULL ? n * row_distance(n) : packed_count(n, height);
    return NTK_OK;
}

/* Adds the bytes of an arrangement for room rows to a need. */
static ntk_status add_bytes(uint64_t *bytes, int32_t storage, int32_t dtype, int64_t room, int64_t height)
{
    int64_t count = 0;
    NTK_TRY(element_count(&count, storage, room, height));
    return count ? ntk_need(bytes, count, ntk_dtype_size(dtype)) : NTK_OK;
}

ntk_status ntk_symmetric_memory(uint64_t *bytes, int32_t storage, int32_t dtype, int64_t n)
{
    return ntk_symmetric_memory_room(bytes, storage, dtype, n, n);
}

ntk_status ntk_symmetric_memory_room(uint64_t *bytes, int32_t storage, int32_t dtype, int64_t n, int64_t room)
{
    return add_bytes(bytes, storage, dtype, room, ntk_symmetric_height(storage, n));
}

ntk_status ntk_symmetric_held(const ntk_symmetric *matrix, uint64_t *bytes)
{
    if (!matrix->data) return NTK_OK;
    return add_bytes(bytes, matrix->ld ? NTK_STORAGE_FULL : NTK_STORAGE_PACKED, matrix->dtype, matrix->room, matrix->height);
}

static ntk_status create(ntk_context *context, ntk_symmetric *matrix, int32_t storage, int32_t dtype, int64_t n, int64_t room,
                         int64_t height)
{
    int64_t count = 0;
    *matrix = (ntk_symmetric){.dtype = dtype, .n = n, .room = room, .height = height};
    NTK_TRY(element_count(&count, storage, room, height));
    if (!count) return NTK_OK;
    if (storage == NTK_STORAGE_FULL) matrix->ld = row_distance(room);
    return ntk_allocate(context, &matrix->data, count, ntk_dtype_size(dtype), "a symmetric matrix");
}

ntk_status ntk_symmetric_create_packed(ntk_context *context, ntk_symmetric *matrix, int32_t dtype, int64_t n, int64_t height)
{
    return create(context, matrix, NTK_STORAGE_PACKED, dtype, n, n, height);
}

ntk_status ntk_symmetric_create_room(ntk_context *context, ntk_symmetric *matrix, int32_t storage, int32_t dtype, int64_t n,
                                     int64_t room)
{
    return create(context, matrix, storage, dtype, n, room, ntk_symmetric_height(storage, n));
}

ntk_status ntk_symmetric_create(ntk_context *context, ntk_symmetric *matrix, int32_t storage, int32_t dtype, int64_t n)
{
    return ntk_symmetric_create_room(context, matrix, storage, dtype, n, n);
}

void *ntk_symmetric_place(const void *self, int64_t row, int64_t col, int64_t *ld)
{
    const ntk_symmetric *matrix = self;
    int64_t first = 0, begin = 0;
    *ld = matrix->ld;
    if (!matrix->ld) {
        int64_t p = row / matrix->height;
        *ld = panel_distance(matrix->room, matrix->height, p);
        begin = panel_begin(matrix->height, p);
        first = p * matrix->height;
    }
    return ntk_at(matrix->data, matrix->dtype, begin + (row - first) * *ld + col);
}

void *ntk_symmetric_tile(const ntk_symmetric *matrix, int64_t i, int64_t j, int64_t *ld)
{
    return ntk_symmetric_place(matrix, i * EDGE, j * EDGE, ld);
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
            ntk_convert(ntk_at(target, job->to->dtype, r * to_ld), job->to->dtype, ntk_at(source, from->dtype, r * from_ld),
                        from->dtype, j < index ? count : r + 1);
        NTK_TRY(ntk_advance(lane, 0));
    }
    return ntk_advance(lane, 1);
}

ntk_status ntk_symmetric_copy(const ntk_symmetric *to, const ntk_symmetric *from, const ntk_lane *lane)
{
    copying job = {.to = to, .from = from};
    return ntk_run(lane, ntk_symmetric_tiles(from), copy_tile_row, &job);
}
