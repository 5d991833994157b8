#include "ridge/rooms.h"

#include "core/arena.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/product.h"

#include <stdatomic.h>
#include <string.h>

/* Stands before a room, as long as the alignment. */
typedef union door {
    atomic_bool taken;
    char padding[64];
} door;

/* A kernel that takes more for a few rows, as one of networks with millions of weights, takes the rest from the allocator. */
enum { MOST_BYTES = 1 << 24 };

/* Rows may be so many times as long as the longest sample: what a Hermite series takes depends on that. */
static const double longest = 2;

bool ntk_predicts_points(const ntk_kernel *kernel, const ntk_features *features, int64_t inputs)
{
    return inputs <= NTK_POINT_INPUTS && (features ? features->weights->plain : kernel->operations->points);
}

/* --- how large a room is --- */

/* Beside what a need counts: an arena has a header for each block. */
static ntk_status add_headers(uint64_t *bytes, const ntk_kernel *kernel)
{
    int64_t nodes = kernel && kernel->nodes ? kernel->nodes : 1;
    NTK_TRY(ntk_size_add(bytes, 1, (int64_t)(*bytes / 8)));
    NTK_TRY(ntk_size_add(bytes, nodes + 16, 1024));
    *bytes = *bytes / 64 * 64;
    return NTK_OK;
}

/* Of the tiles of any number of samples. */
static ntk_status product_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t d,
                                 int32_t dtype)
{
    return ntk_product_memory(kernel, context, bytes, NTK_FEW_ROWS, INT32_MAX, d, dtype);
}

/* At most so much is needed, whatever the data. */
static ntk_status most_bytes(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel,
                             const ntk_features *features, int64_t d, int64_t t, int32_t dtype)
{
    *bytes = 0;
    if (features) {
        NTK_TRY(ntk_need(bytes, d, NTK_FEW_ROWS * ntk_dtype_size(dtype)));
        NTK_TRY(ntk_features_product_memory(features, context, bytes, dtype, NTK_FEW_ROWS, t));
    } else {
        NTK_TRY(ntk_samples_memory(kernel, bytes, dtype, NTK_FEW_ROWS, d, NTK_FEW_ROWS));
        NTK_TRY(product_memory(kernel, context, bytes, d, dtype));
    }
    NTK_TRY(add_headers(bytes, kernel));
    if (*bytes > MOST_BYTES) *bytes = MOST_BYTES;
    return NTK_OK;
}

static double square_of(const ntk_samples *samples, int64_t i)
{
    const void *x = ntk_samples_at(samples, i);
    return ntk_dot(samples->dtype, x, x, samples->inputs);
}

/* The first sample, the longest, and the longest and that of the largest K(x, x) times factor. */
static void choose_rows(const ntk_samples *samples, void *rows, double factor)
{
    int64_t chosen[NTK_FEW_ROWS] = {0}, d = samples->inputs;
    double square = -1;
    for (int64_t i = 0; i < samples->rows; i++) {
        double own = square_of(samples, i);
        if (own > square) square = own, chosen[1] = chosen[2] = i;
        if (samples->diagonal[i] > samples->diagonal[chosen[3]]) chosen[3] = i;
    }
    for (int64_t r = 0; r < NTK_FEW_ROWS; r++)
        for (int64_t k = 0; k < d; k++)
            ntk_put(rows, samples->dtype, r * d + k,
                    (r < 2 ? 1 : factor) * ntk_get(ntk_samples_at(samples, chosen[r]), samples->dtype, k));
}

/* How much of a block rows of samples take, and the product with them. */
static ntk_status probe(const ntk_ridge *ridge, void *block, int64_t size, const ntk_matrix *rows, int64_t *peak,
                        const char *function)
{
    const ntk_kernel *kernel = ridge->system.set->samples.kernel;
    ntk_arena arena;
    ntk_work work;
    ntk_samples samples;
    uint64_t bytes = 0;
    void *product;
    NTK_TRY(product_memory(kernel, ridge->base.context, &bytes, rows->cols, rows->dtype));
    ntk_arena_open(&arena, ridge->base.context, block, size);
    ntk_lane lane = ntk_work_begin(&work, &arena.context);
    lane.quiet = true;
    NTK_TRY(ntk_samples_open(&samples, kernel, &lane, rows, rows->dtype, rows->rows, true, function, "x"));
    ntk_status status = ntk_allocate(&arena.context, &product, (int64_t)bytes, 1, "tiles of a kernel's product");
    if (status >= 0) ntk_free(&arena.context, product);
    ntk_samples_close(&samples);
    *peak = arena.peak;
    return status;
}

/* Longer rows than the samples may be beyond what the kernel can take: then those must do. */
static ntk_status probe_rows(const ntk_ridge *ridge, void *block, int64_t size, void *data, int64_t *peak, const char *function)
{
    const ntk_samples *samples = &ridge->system.set->samples;
    const ntk_matrix rows = ntk_matrix_view(data, NTK_FEW_ROWS, samples->inputs, samples->dtype, NTK_READONLY);
    char message[NTK_MESSAGE_SIZE] = "";
    strncpy(message, ntk_error_message(), sizeof message - 1);
    choose_rows(samples, data, longest);
    ntk_status status = probe(ridge, block, size, &rows, peak, function);
    if (status >= 0 || status == NTK_ERR_MEMORY) return status;
    ntk_set_message(message);
    choose_rows(samples, data, 1);
    return probe(ridge, block, size, &rows, peak, function);
}

static ntk_status measure(const ntk_ridge *ridge, int64_t *size, const char *function)
{
    const ntk_ridge_report *report = &ridge->solution.report;
    const ntk_kernel *kernel = ridge->system.set ? ridge->system.set->samples.kernel : NULL;
    ntk_context *context = ridge->base.context;
    uint64_t most;
    void *block, *rows;
    NTK_TRY(most_bytes(context, &most, kernel, ridge->features, report->inputs, report->targets, report->dtype));
    *size = (int64_t)most;
    if (ridge->features) return NTK_OK;
    NTK_TRY(ntk_allocate(context, &block, (int64_t)most, 1, "memory for predictions"));
    ntk_status status =
        ntk_allocate(context, &rows, NTK_FEW_ROWS, report->inputs * ntk_dtype_size(report->dtype), "rows like the samples");
    if (status >= 0) status = probe_rows(ridge, block, (int64_t)most, rows, size, function);
    ntk_free(context, rows);
    ntk_free(context, block);
    return status;
}

/* --- rooms --- */

static int32_t count_of(const ntk_context *context, int32_t callers)
{
    return callers ? callers : ntk_lanes(context);
}

ntk_status ntk_rooms_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, const ntk_features *features,
                            int64_t d, int64_t t, int32_t dtype, int32_t callers)
{
    uint64_t most;
    if (ntk_predicts_points(kernel, features, d)) return NTK_OK;
    NTK_TRY(most_bytes(context, &most, kernel, features, d, t, dtype));
    /* while it is found out how large one must be, there is one that is as large as it may be, and the rows */
    int64_t count = count_of(context, callers);
    NTK_TRY(ntk_size_add(bytes, d, NTK_FEW_ROWS * ntk_dtype_size(dtype)));
    NTK_TRY(ntk_size_add(bytes, 1, 2 * (int64_t)sizeof(door)));
    return ntk_need(bytes, count, (int64_t)most + (int64_t)sizeof(door));
}

ntk_status ntk_rooms_open(ntk_ridge *ridge, int32_t callers, const char *function)
{
    ntk_context *context = ridge->base.context;
    ntk_rooms *rooms = &ridge->rooms;
    const ntk_kernel *kernel = ridge->system.set ? ridge->system.set->samples.kernel : NULL;
    int64_t size;
    rooms->callers = callers;
    if (ntk_predicts_points(kernel, ridge->features, ridge->solution.report.inputs)) return NTK_OK;
    NTK_TRY(measure(ridge, &size, function));
    rooms->size = size + (int64_t)sizeof(door);
    NTK_TRY(ntk_allocate(context, &rooms->memory, count_of(context, callers), rooms->size, "memory for predictions"));
    rooms->count = count_of(context, callers);
    for (int32_t i = 0; i < rooms->count; i++) atomic_init(&((door *)(void *)(rooms->memory + i * rooms->size))->taken, false);
    return NTK_OK;
}

void ntk_rooms_close(ntk_context *context, ntk_rooms *rooms)
{
    ntk_free(context, rooms->memory);
    *rooms = (ntk_rooms){0};
}

void *ntk_rooms_enter(const ntk_rooms *rooms, int64_t *size)
{
    for (int32_t i = 0; i < rooms->count; i++) {
        door *own = (door *)(void *)(rooms->memory + i * rooms->size);
        if (atomic_load_explicit(&own->taken, memory_order_relaxed)) continue;
        if (atomic_exchange_explicit(&own->taken, true, memory_order_acquire)) continue;
        *size = rooms->size - (int64_t)sizeof(door);
        return own + 1;
    }
    return NULL;
}

void ntk_rooms_leave(void *room)
{
    atomic_store_explicit(&((door *)room - 1)->taken, false, memory_order_release);
}
