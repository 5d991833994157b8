#include "kernel/combine.h"

#include "kernel/samples.h"

/* The factor is a double in both precisions: it may be too large or too small for f32 where its product is not. */
#define DEFINE_COMBINE(NAME, REAL)                                                                       \
    static void NAME(ntk_combination how, void *out, const void *from, double factor, int64_t count)     \
    {                                                                                                    \
        REAL *to = out;                                                                                  \
        const REAL *a = from;                                                                            \
        switch (how) {                                                                                   \
        case NTK_COMBINE_FILL:                                                                           \
            for (int64_t j = 0; j < count; j++) to[j] = (REAL)factor;                                    \
            break;                                                                                       \
        case NTK_COMBINE_SET:                                                                            \
            for (int64_t j = 0; j < count; j++) to[j] = (REAL)(factor * (double)a[j]);                   \
            break;                                                                                       \
        case NTK_COMBINE_ADD:                                                                            \
            for (int64_t j = 0; j < count; j++) to[j] = (REAL)((double)to[j] + factor * (double)a[j]);   \
            break;                                                                                       \
        case NTK_COMBINE_MULTIPLY:                                                                       \
            for (int64_t j = 0; j < count; j++) to[j] = (REAL)(factor * ((double)to[j] * (double)a[j])); \
            break;                                                                                       \
        case NTK_COMBINE_SHIFT:                                                                          \
            for (int64_t j = 0; j < count; j++) to[j] = (REAL)((double)to[j] + factor);                  \
            break;                                                                                       \
        }                                                                                                \
    }

DEFINE_COMBINE(combine_f64, double)
DEFINE_COMBINE(combine_f32, float)

typedef struct combine_job {
    const ntk_kernel_tile *tile;
    ntk_combination how;
    const void *from;
    int64_t by_row, per_task;
    double factor;
} combine_job;

static ntk_status combine_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    (void)lane;
    const combine_job *job = argument;
    const ntk_kernel_tile *tile = job->tile;
    int32_t dtype = tile->rows->dtype;
    int64_t first = index * job->per_task, last = first + job->per_task;
    for (int64_t i = first; i < last && i < tile->row_count; i++) {
        const void *from = job->from ? ntk_at(job->from, dtype, i * job->by_row) : NULL;
        (dtype == NTK_F64 ? combine_f64 : combine_f32)(job->how, ntk_at(tile->out, dtype, i * tile->ld), from, job->factor,
                                                       tile->lower ? i + 1 : tile->col_count);
    }
    return NTK_OK;
}

ntk_status ntk_tile_combine(const ntk_kernel_tile *tile, const ntk_lane *lane, ntk_combination how, const void *from,
                            int64_t by_row, double factor)
{
    combine_job job = {.tile = tile, .how = how, .from = from, .by_row = by_row, .factor = factor};
    job.per_task = ntk_rows_per_task(tile->col_count);
    return ntk_run(lane, (tile->row_count - 1) / job.per_task + 1, combine_rows, &job);
}

typedef struct product_job {
    const ntk_kernel_tile *tile;
    const void *a, *b;
    double constant;
    int64_t per_task;
} product_job;

#define DEFINE_ADD_PRODUCT(NAME, REAL)                                                                   \
    static void NAME(void *out, const void *a, double constant, const void *b, int64_t count, bool add)  \
    {                                                                                                    \
        REAL *to = out, c = (REAL)constant;                                                              \
        const REAL *x = a, *y = b;                                                                       \
        for (int64_t j = 0; j < count; j++) to[j] = add ? to[j] + (x[j] + c) * y[j] : (x[j] + c) * y[j]; \
    }

DEFINE_ADD_PRODUCT(add_product_f64, double)
DEFINE_ADD_PRODUCT(add_product_f32, float)

static ntk_status add_product_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    (void)lane;
    const product_job *job = argument;
    const ntk_kernel_tile *tile = job->tile;
    int32_t dtype = tile->rows->dtype;
    int64_t first = index * job->per_task, last = first + job->per_task;
    for (int64_t i = first; i < last && i < tile->row_count; i++) {
        int64_t count = tile->lower ? i + 1 : tile->col_count, at = i * tile->col_count;
        (dtype == NTK_F64 ? add_product_f64 : add_product_f32)(ntk_at(tile->out, dtype, i * tile->ld),
                                                               ntk_at(job->a, dtype, at), job->constant,
                                                               ntk_at(job->b, dtype, at), count, tile->add);
    }
    return NTK_OK;
}

ntk_status ntk_tile_add_product(const ntk_kernel_tile *tile, const ntk_lane *lane, const void *a, double constant,
                                const void *b)
{
    product_job job = {.tile = tile, .a = a, .b = b, .constant = constant, .per_task = ntk_rows_per_task(tile->col_count)};
    return ntk_run(lane, (tile->row_count - 1) / job.per_task + 1, add_product_rows, &job);
}
