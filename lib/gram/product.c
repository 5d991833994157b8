#include "gram/product.h"

#include "core/blas.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "gram/implicit.h"

#include <string.h>

/* Targets in one product of a tile. */
enum { TARGETS = 512 };

/* wide  per lane a tile, where K has less precision than y and v */
typedef struct multiplication {
    const ntk_symmetric *K;
    const ntk_matrix *y, *v;
    double *wide;
    int64_t wide_size;
} multiplication;

static int64_t wide_size_of(int64_t n, int64_t edge)
{
    return ntk_smaller(n, edge) * ntk_smaller(n, edge);
}

/* A tile in the vectors' precision; of one on the diagonal its lower triangle. */
static const void *widen(const multiplication *job, const void *tile, int64_t *ld, int64_t rows, int64_t cols, bool lower,
                         const ntk_lane *lane)
{
    if (!job->wide) return tile;
    double *wide = job->wide + lane->index * job->wide_size;
    for (int64_t r = 0; r < rows; r++)
        ntk_convert(wide + r * cols, NTK_F64, (const float *)tile + r * *ld, NTK_F32, lower ? r + 1 : cols);
    *ld = cols;
    return wide;
}

/* Columns target, ... of rows row, ... of y or v. */
static void *part_of(const ntk_matrix *m, int64_t row, int64_t target)
{
    return ntk_at(ntk_row(m, row), m->dtype, target);
}

/* y_i (beta) += K_ij v_j, or K_ji^T v_j above the diagonal */
static ntk_status add_tile(const multiplication *job, int64_t i, int64_t j, int64_t target, int64_t targets,
                           const ntk_lane *lane)
{
    const ntk_symmetric *K = job->K;
    int64_t ld, above = i > j ? i : j, left = i > j ? j : i, rows = ntk_symmetric_rows(K, i), cols = ntk_symmetric_rows(K, j);
    int32_t dtype = job->y->dtype;
    const void *tile = ntk_symmetric_tile(K, above, left, &ld);
    tile = widen(job, tile, &ld, ntk_symmetric_rows(K, above), ntk_symmetric_rows(K, left), i == j, lane);
    const void *v = part_of(job->v, j * NTK_SYMMETRIC_EDGE, target);
    void *y = part_of(job->y, i * NTK_SYMMETRIC_EDGE, target);
    double beta = j ? 1 : 0;
    if (i == j) return ntk_blas_symm(dtype, rows, targets, 1, tile, ld, v, job->v->stride, beta, y, job->y->stride);
    return ntk_blas_gemm(dtype, i > j ? NTK_PLAIN : NTK_TRANSPOSED, NTK_PLAIN, rows, targets, cols, 1, tile, ld, v,
                         job->v->stride, beta, y, job->y->stride);
}

static ntk_status multiply_tile_row(void *argument, int64_t index, const ntk_lane *lane)
{
    const multiplication *job = argument;
    int64_t tiles = ntk_symmetric_tiles(job->K);
    for (int64_t target = 0; target < job->v->cols; target += TARGETS) {
        int64_t left = job->v->cols - target, targets = left < TARGETS ? left : TARGETS;
        for (int64_t j = 0; j < tiles; j++) {
            NTK_TRY(add_tile(job, index, j, target, targets, lane));
            NTK_TRY(ntk_advance(lane, left <= TARGETS ? 1 : 0));
        }
    }
    return NTK_OK;
}

static void clear(void *argument)
{
    const multiplication *job = argument;
    for (int64_t i = 0; i < job->y->rows; i++)
        memset(ntk_row(job->y, i), 0, (size_t)(job->y->cols * ntk_dtype_size(job->y->dtype)));
}

/* y_i += K_ij v_j and y_j += K_ij^T v_i, for i >= j */
static ntk_status multiply_evaluated(void *argument, const ntk_kernel_tile *tile, bool first, const ntk_lane *lane)
{
    (void)first;
    const multiplication *job = argument;
    const ntk_matrix *y = job->y, *v = job->v;
    int64_t i = tile->row, j = tile->col, rows = tile->row_count, cols = tile->col_count, ld = tile->ld;
    const void *K = widen(job, tile->out, &ld, rows, cols, i == j, lane);
    for (int64_t at = 0; at < v->cols; at += TARGETS) {
        int64_t t = v->cols - at < TARGETS ? v->cols - at : TARGETS;
        if (i == j) {
            NTK_TRY(ntk_blas_symm(y->dtype, rows, t, 1, K, ld, part_of(v, i, at), v->stride, 1, part_of(y, i, at), y->stride));
        } else {
            NTK_TRY(ntk_blas_gemm(y->dtype, NTK_PLAIN, NTK_PLAIN, rows, t, cols, 1, K, ld, part_of(v, j, at), v->stride, 1,
                                  part_of(y, i, at), y->stride));
            NTK_TRY(ntk_blas_gemm(y->dtype, NTK_TRANSPOSED, NTK_PLAIN, cols, t, rows, 1, K, ld, part_of(v, i, at), v->stride, 1,
                                  part_of(y, j, at), y->stride));
        }
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static const char *const stage = "kernel matrix product";

static ntk_status multiply_held(multiplication *job, const ntk_lane *lane, ntk_share share)
{
    int64_t tiles = ntk_symmetric_tiles(job->K);
    ntk_work_stage(lane->work, stage, tiles * tiles, share.begin, share.end);
    return ntk_run_blas(lane, tiles, multiply_tile_row, job);
}

/* All lanes may have a tile at a time. */
static ntk_status open_wide(multiplication *job, const ntk_lane *lane, int32_t dtype, int64_t n, int64_t edge)
{
    if (dtype == job->y->dtype) return NTK_OK;
    job->wide_size = wide_size_of(n, edge);
    return ntk_allocate(lane->work->context, &job->wide, ntk_lanes_for(lane, INT64_MAX),
                        job->wide_size * (int64_t)sizeof(double), "tiles in double precision");
}

ntk_status ntk_held_product(const ntk_symmetric *K, const ntk_lane *lane, const ntk_matrix *y, const ntk_matrix *v,
                            ntk_share share)
{
    multiplication job = {.K = K, .y = y, .v = v};
    NTK_TRY(open_wide(&job, lane, K->dtype, K->n, NTK_SYMMETRIC_EDGE));
    ntk_status status = multiply_held(&job, lane, share);
    ntk_free(lane->work->context, job.wide);
    return status;
}

ntk_status ntk_implicit_product(ntk_samples *samples, const ntk_lane *lane, const ntk_matrix *y, const ntk_matrix *v,
                                ntk_share share)
{
    multiplication job = {.y = y, .v = v};
    int64_t edge = ntk_sweep_edge(samples->kernel, samples->dtype, samples->rows, samples->inputs);
    NTK_TRY(open_wide(&job, lane, samples->dtype, samples->rows, edge));
    clear(&job);
    ntk_status status = ntk_implicit_sweep(samples, lane, stage, share, multiply_evaluated, &job);
    ntk_free(lane->work->context, job.wide);
    return status;
}

static ntk_status wide_memory(const ntk_context *context, uint64_t *bytes, int32_t dtype, int64_t n, int64_t edge)
{
    if (dtype == NTK_F64) return NTK_OK;
    return ntk_need(bytes, ntk_lanes_expected(context, INT64_MAX), wide_size_of(n, edge) * (int64_t)sizeof(double));
}

ntk_status ntk_held_product_memory(const ntk_context *context, uint64_t *bytes, int32_t dtype, int64_t n)
{
    return wide_memory(context, bytes, dtype, n, NTK_SYMMETRIC_EDGE);
}

ntk_status ntk_implicit_product_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int32_t dtype,
                                       int64_t n, int64_t d)
{
    NTK_TRY(wide_memory(context, bytes, dtype, n, ntk_sweep_edge(kernel, dtype, n, d)));
    return ntk_sweep_memory(kernel, context, bytes, dtype, n, d);
}

static ntk_status multiply_gram(const ntk_gram *gram, multiplication *job)
{
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, gram->base.context);
    return multiply_held(job, &lane, (ntk_share){0, 1});
}

ntk_status ntk_gram_multiply(const ntk_gram *gram, const ntk_matrix *y, const ntk_matrix *v)
{
    NTK_REQUIRE(gram);
    NTK_TRY(ntk_output_check(y, __func__, "y"));
    NTK_TRY(ntk_input_check(v, __func__, "v"));
    NTK_TRY(ntk_shape_check(v, gram->K.n, -1, __func__, "v"));
    NTK_TRY(ntk_shape_check(y, gram->K.n, v->cols, __func__, "y"));
    const ntk_matrix *const views[] = {y, v};
    for (int i = 0; i < 2; i++)
        if (views[i]->dtype != gram->K.dtype)
            return ntk_fail(NTK_ERR_DTYPE, "%s: %s.dtype is %d, expected %d, the kernel matrix's", __func__, i ? "v" : "y",
                            views[i]->dtype, gram->K.dtype);
    NTK_TRY(ntk_disjoint_check(y, "y", v, "v", __func__));
    multiplication job = {.K = &gram->K, .y = y, .v = v};
    if (gram->K.data) return multiply_gram(gram, &job);
    return ntk_implicit_visit(gram, stage, clear, multiply_evaluated, &job, __func__);
}
