#include "core/blas.h"
#include "core/matrix.h"
#include "core/status.h"
#include "features/hidden.h"
#include "kernel/combine.h"
#include "kernel/finite.h"
#include "kernel/gradient.h"
#include "kernel/tile.h"

/* With S_ij = <x_i, x_j>, T_ij = sum_k nt_ik nt_jk, and u = f W x,
 *   sum_j W_ij grad K(x_i, x_j) = sum_j W_ij T_ij x_j + f sum_k (slope_ik (W rf)_ik + bend_ik ((W o S) nt)_ik) w_k
 * (features/hidden.h).  Neurons go by in groups of as many as a rectangle of the tile holds of each sample. */
typedef struct tile_gradient {
    const ntk_tile_gradient *job;
    const ntk_weights *weights;
    const void *w; /* in the samples' dtype */
    bool rf, nt;
    int64_t first, count;    /* neurons of the group */
    void *inner, *tangent;   /* S, T */
    void *weighted;          /* the target's W, times one of them */
    void *factors, *product; /* rows x group: what multiplies w_k, and a part of it; before, u */
    void *slope, *row_nt, *bend;
    void *col_rf, *col_nt; /* columns x group */
} tile_gradient;

static tile_gradient begin(const ntk_tile_gradient *job)
{
    const ntk_kernel_tile *tile = &job->tile;
    const ntk_samples *rows = tile->rows;
    const ntk_features *features = rows->kernel->features;
    tile_gradient at = {.job = job, .weights = features->weights};
    at.w = rows->w ? rows->w : features->weights->w;
    at.rf = ntk_features_has(features, NTK_PART_RF);
    at.nt = ntk_features_has(features, NTK_PART_NT);
    void **rectangles[NTK_FINITE_GRADIENT_SCRATCH] = {&at.inner, &at.tangent, &at.weighted, &at.factors, &at.product,
                                                      &at.slope, &at.row_nt,  &at.bend,     &at.col_rf,  &at.col_nt};
    for (int r = 0; r < NTK_FINITE_GRADIENT_SCRATCH; r++)
        *rectangles[r] = ntk_at(tile->scratch, rows->dtype, r * tile->row_count * tile->col_count);
    return at;
}

static int32_t dtype_of(const tile_gradient *at)
{
    return at->job->tile.rows->dtype;
}

/* out (how) from, of rows of so many elements, contiguous in out. */
static ntk_status combine(const tile_gradient *at, const ntk_lane *lane, void *out, int64_t cols, ntk_combination how,
                          const void *from, int64_t by_row)
{
    ntk_kernel_tile view = at->job->tile;
    view.col_count = view.ld = cols;
    view.out = out;
    return ntk_tile_combine(&view, lane, how, from, by_row, 1);
}

/* weighted = W of the target, times factor where it is not NULL */
static ntk_status weigh(const tile_gradient *at, const ntk_lane *lane, int64_t target, const void *factor)
{
    const ntk_tile_gradient *job = at->job;
    int64_t ld = job->tile.col_count;
    NTK_TRY(combine(at, lane, at->weighted, ld, NTK_COMBINE_SET, ntk_at(job->weights, dtype_of(at), target * job->by_target),
                    job->by_row));
    return factor ? combine(at, lane, at->weighted, ld, NTK_COMBINE_MULTIPLY, factor, ld) : NTK_OK;
}

/* out = weighted b, of b with a row for each column of the tile, and then times scale, element by element */
static ntk_status sum_columns(const tile_gradient *at, const ntk_lane *lane, void *out, const void *b, const void *scale)
{
    const ntk_kernel_tile *tile = &at->job->tile;
    NTK_TRY(ntk_blas_gemm(dtype_of(at), NTK_PLAIN, NTK_PLAIN, tile->row_count, at->count, tile->col_count, 1, at->weighted,
                          tile->col_count, b, at->count, 0, out, at->count));
    NTK_TRY(ntk_advance(lane, 0));
    return combine(at, lane, out, at->count, NTK_COMBINE_MULTIPLY, scale, at->count);
}

/* g of the target += alpha a b, of a with so many columns */
static ntk_status add(const tile_gradient *at, const ntk_lane *lane, int64_t target, double alpha, const void *a, int64_t cols,
                      const void *b, int64_t ldb)
{
    const ntk_tile_gradient *job = at->job;
    int64_t inputs = at->weights->inputs;
    NTK_TRY(ntk_blas_gemm(dtype_of(at), NTK_PLAIN, NTK_PLAIN, job->tile.row_count, inputs, cols, alpha, a, cols, b, ldb, 1,
                          ntk_at(job->g, dtype_of(at), target * inputs), job->ldg));
    return ntk_advance(lane, 0);
}

static ntk_status evaluate_group(const tile_gradient *at, const ntk_lane *lane)
{
    const ntk_kernel_tile *tile = &at->job->tile;
    const ntk_samples *rows = tile->rows, *cols = tile->cols;
    int32_t dtype = rows->dtype;
    NTK_TRY(ntk_hidden_slopes(at->weights, lane, dtype, at->w, at->first, at->count, ntk_samples_at(rows, tile->row),
                              rows->x.stride, tile->row_count, at->factors, at->rf ? at->slope : NULL,
                              at->nt ? at->row_nt : NULL, at->nt ? at->bend : NULL, at->count));
    NTK_TRY(ntk_advance(lane, 0));
    NTK_TRY(ntk_hidden_tile(at->weights, lane, dtype, at->w, at->first, at->count, ntk_samples_at(cols, tile->col),
                            cols->x.stride, tile->col_count, at->rf ? at->col_rf : NULL, at->nt ? at->col_nt : NULL,
                            at->count));
    NTK_TRY(ntk_advance(lane, 0));
    if (!at->nt) return NTK_OK;
    return ntk_blas_gemm(dtype, NTK_PLAIN, NTK_TRANSPOSED, tile->row_count, tile->col_count, at->count, 1, at->row_nt,
                         at->count, at->col_nt, at->count, at->first ? 1 : 0, at->tangent, tile->col_count);
}

static ntk_status add_group(const tile_gradient *at, const ntk_lane *lane, int64_t target)
{
    if (at->rf) {
        NTK_TRY(weigh(at, lane, target, NULL));
        NTK_TRY(sum_columns(at, lane, at->factors, at->col_rf, at->slope));
    }
    if (at->nt) {
        NTK_TRY(weigh(at, lane, target, at->inner));
        NTK_TRY(sum_columns(at, lane, at->rf ? at->product : at->factors, at->col_nt, at->bend));
    }
    if (at->rf && at->nt) NTK_TRY(combine(at, lane, at->factors, at->count, NTK_COMBINE_ADD, at->product, at->count));
    return add(at, lane, target, at->weights->input_factor, at->factors, at->count,
               ntk_at(at->w, dtype_of(at), at->first * at->weights->inputs), at->weights->inputs);
}

ntk_status ntk_finite_tile_gradient(const ntk_tile_gradient *job, const ntk_lane *lane)
{
    const ntk_kernel_tile *tile = &job->tile;
    const ntk_samples *cols = tile->cols;
    tile_gradient at = begin(job);
    int64_t hidden = at.weights->hidden, most = tile->row_count < tile->col_count ? tile->row_count : tile->col_count;
    if (at.nt) NTK_TRY(ntk_tile_inner_products(tile, lane, at.inner, tile->col_count));
    for (; at.first < hidden; at.first += at.count) {
        at.count = hidden - at.first < most ? hidden - at.first : most;
        NTK_TRY(evaluate_group(&at, lane));
        for (int64_t c = 0; c < job->targets; c++) NTK_TRY(add_group(&at, lane, c));
    }
    for (int64_t c = 0; at.nt && c < job->targets; c++) {
        NTK_TRY(weigh(&at, lane, c, at.tangent));
        NTK_TRY(add(&at, lane, c, 1, at.weighted, tile->col_count, ntk_samples_at(cols, tile->col), cols->x.stride));
    }
    return NTK_OK;
}
