#include "ridge/primal/triangle.h"

#include "core/blas.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "gram/cholesky.h"

#include <math.h>
#include <string.h>

/* Reflectors that are applied at once, and targets in one task. */
enum { BLOCK = 32, TARGETS = 512 };

/* Panel j of a batch: its reflectors are found, and others' columns reflected. */
typedef struct panel {
    const ntk_normal *normal;
    int64_t j;
} panel;

static int64_t chunks_of(const ntk_normal *normal)
{
    return (normal->targets - 1) / TARGETS + 1;
}

/* Columns from this one on of the batch, which lie batch_rows apart. */
static void *columns_at(const ntk_normal *normal, int64_t column)
{
    return ntk_at(normal->triangle.columns, normal->dtype, column * normal->batch_rows);
}

static void *targets_at(const ntk_normal *normal, int64_t target)
{
    return ntk_at(normal->triangle.targets, normal->dtype, target * normal->batch_rows);
}

static void *work_of(const ntk_normal *normal, const ntk_lane *lane)
{
    return ntk_at(normal->triangle.work, normal->dtype, lane->index * (int64_t)BLOCK * NTK_SYMMETRIC_EDGE);
}

/* --- memory --- */

/* R = sqrt(lambda) I. */
static void begin_triangle(const ntk_normal *normal)
{
    const ntk_symmetric *L = &normal->ridge->system.L;
    int64_t tiles = ntk_symmetric_tiles(L), size = ntk_dtype_size(normal->dtype), ld;
    double root = sqrt(normal->ridge->solution.report.lambda);
    for (int64_t i = 0; i < tiles; i++)
        for (int64_t j = 0; j <= i; j++) {
            int64_t rows = ntk_symmetric_rows(L, i), cols = ntk_symmetric_rows(L, j);
            void *tile = ntk_symmetric_tile(L, i, j, &ld);
            for (int64_t r = 0; r < rows; r++) {
                memset(ntk_at(tile, normal->dtype, r * ld), 0, (size_t)(cols * size));
                if (i == j) ntk_put(tile, normal->dtype, r * ld + r, root);
            }
        }
}

ntk_status ntk_triangle_open(ntk_normal *normal)
{
    ntk_context *context = normal->ridge->base.context;
    ntk_triangle *triangle = &normal->triangle;
    int64_t size = ntk_dtype_size(normal->dtype), p = normal->p, t = normal->targets, rows = normal->batch_rows;
    int64_t square = (int64_t)BLOCK * NTK_SYMMETRIC_EDGE * size, width = t + 1;
    NTK_TRY(ntk_allocate(context, &triangle->columns, rows, p * size, "columns of a batch"));
    NTK_TRY(ntk_allocate(context, &triangle->targets, rows, width * size, "columns of a batch"));
    NTK_TRY(ntk_allocate(context, &triangle->top, p + width, size, "the row of an intercept"));
    NTK_TRY(ntk_allocate(context, &triangle->T, square, 1, "reflectors"));
    NTK_TRY(ntk_allocate(context, &triangle->work, ntk_lanes(context), square, "work of reflectors"));
    triangle->ones = targets_at(normal, t);
    memset(triangle->top, 0, (size_t)((p + width) * size));
    memset(normal->rhs, 0, (size_t)(p * t * size));
    begin_triangle(normal);
    return NTK_OK;
}

void ntk_triangle_close(ntk_normal *normal)
{
    const ntk_triangle *triangle = &normal->triangle;
    void *const owned[] = {triangle->columns, triangle->targets, triangle->top, triangle->T, triangle->work};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) ntk_free(normal->ridge->base.context, owned[i]);
}

ntk_status ntk_triangle_memory(const ntk_context *context, uint64_t *bytes, int32_t dtype, int64_t p, int64_t targets,
                               int64_t batch_rows)
{
    int64_t size = ntk_dtype_size(dtype), square = (int64_t)BLOCK * NTK_SYMMETRIC_EDGE * size, width;
    uint64_t row;
    if (__builtin_add_overflow(targets, 1, &width))
        return ntk_fail(NTK_ERR_OVERFLOW, "%lld targets are too many", (long long)targets);
    NTK_TRY(ntk_size_multiply(&row, p, size));
    NTK_TRY(ntk_need(bytes, batch_rows, (int64_t)row));
    NTK_TRY(ntk_need(bytes, 1, (int64_t)row));
    NTK_TRY(ntk_size_multiply(&row, width, size));
    NTK_TRY(ntk_need(bytes, batch_rows, (int64_t)row));
    NTK_TRY(ntk_size_add(bytes, 1, (int64_t)row));
    NTK_TRY(ntk_need(bytes, square, 1));
    return ntk_need(bytes, ntk_lanes(context), square);
}

/* --- a batch --- */

/* Columns of tile column j. */
static ntk_status turn_columns(void *argument, int64_t j, const ntk_lane *lane)
{
    const ntk_normal *normal = argument;
    int32_t dtype = normal->dtype;
    int64_t first = j * NTK_SYMMETRIC_EDGE, count = ntk_symmetric_rows(&normal->ridge->system.L, j);
    for (int64_t r = 0; r < normal->rows; r++)
        for (int64_t k = first; k < first + count; k++)
            ntk_put(columns_at(normal, k), dtype, r, ntk_get(normal->Phi, dtype, r * normal->p + k));
    return ntk_advance(lane, 0);
}

/* About the means of the first batch, which an intercept takes up again: what is large in common must not cost digits. */
static ntk_status turn_targets(const ntk_normal *normal, const ntk_matrix *y)
{
    for (int64_t c = 0; c < normal->targets; c++) {
        for (int64_t r = 0; r < y->rows; r++)
            ntk_put(targets_at(normal, c), normal->dtype, r, ntk_get(ntk_row(y, r), y->dtype, c) - normal->means[c]);
        NTK_TRY(ntk_advance(normal->lane, 0));
    }
    return NTK_OK;
}

/* Reflects what lies beside the column of ones: tile columns, then chunks of targets. */
static ntk_status reflect_ones(void *argument, int64_t index, const ntk_lane *lane)
{
    const ntk_normal *normal = argument;
    const ntk_symmetric *L = &normal->ridge->system.L;
    int32_t dtype = normal->dtype;
    int64_t tiles = ntk_symmetric_tiles(L), chunk = index - tiles;
    int64_t first = chunk < 0 ? index * NTK_SYMMETRIC_EDGE : chunk * TARGETS;
    int64_t count = chunk < 0 ? ntk_symmetric_rows(L, index) : ntk_smaller(TARGETS, normal->targets - first);
    void *top = ntk_at(normal->triangle.top, dtype, 1 + first + (chunk < 0 ? 0 : normal->p));
    NTK_TRY(ntk_blas_tpmqrt(dtype, normal->rows, count, 1, 1, normal->triangle.ones, normal->batch_rows, normal->triangle.T, 1,
                            top, 1, chunk < 0 ? columns_at(normal, first) : targets_at(normal, first), normal->batch_rows,
                            work_of(normal, lane)));
    return ntk_advance(lane, 0);
}

static ntk_status take_ones(ntk_normal *normal)
{
    const ntk_triangle *triangle = &normal->triangle;
    for (int64_t r = 0; r < normal->rows; r++) ntk_put(triangle->ones, normal->dtype, r, 1);
    NTK_TRY(ntk_blas_tpqrt(normal->dtype, normal->rows, 1, 1, triangle->top, 1, triangle->ones, normal->batch_rows, triangle->T,
                           1, work_of(normal, normal->lane)));
    return ntk_run_blas(normal->lane, ntk_symmetric_tiles(&normal->ridge->system.L) + chunks_of(normal), reflect_ones, normal);
}

/* Tile columns behind panel j, then chunks of targets. */
static ntk_status reflect(void *argument, int64_t index, const ntk_lane *lane)
{
    const panel *at = argument;
    const ntk_normal *normal = at->normal;
    const ntk_symmetric *L = &normal->ridge->system.L;
    int32_t dtype = normal->dtype;
    int64_t k = at->j + 1 + index, chunk = k - ntk_symmetric_tiles(L), depth = ntk_symmetric_rows(L, at->j), ld, count;
    void *top, *below;
    if (chunk < 0) {
        count = ntk_symmetric_rows(L, k);
        top = ntk_symmetric_tile(L, k, at->j, &ld);
        below = columns_at(normal, k * NTK_SYMMETRIC_EDGE);
    } else {
        count = ntk_smaller(TARGETS, normal->targets - chunk * TARGETS);
        ld = normal->p;
        top = ntk_at(normal->rhs, dtype, chunk * TARGETS * ld + at->j * NTK_SYMMETRIC_EDGE);
        below = targets_at(normal, chunk * TARGETS);
    }
    NTK_TRY(ntk_blas_tpmqrt(dtype, normal->rows, count, depth, ntk_smaller(BLOCK, depth),
                            columns_at(normal, at->j * NTK_SYMMETRIC_EDGE), normal->batch_rows, normal->triangle.T, BLOCK, top,
                            ld, below, normal->batch_rows, work_of(normal, lane)));
    return ntk_advance(lane, normal->rows);
}

static ntk_status take_panel(ntk_normal *normal, int64_t j)
{
    const ntk_symmetric *L = &normal->ridge->system.L;
    panel at = {.normal = normal, .j = j};
    int64_t ld, count = ntk_symmetric_rows(L, j);
    void *corner = ntk_symmetric_tile(L, j, j, &ld);
    NTK_TRY(ntk_blas_tpqrt(normal->dtype, normal->rows, count, ntk_smaller(BLOCK, count), corner, ld,
                           columns_at(normal, j * NTK_SYMMETRIC_EDGE), normal->batch_rows, normal->triangle.T, BLOCK,
                           work_of(normal, normal->lane)));
    NTK_TRY(ntk_advance(normal->lane, normal->rows));
    return ntk_run_blas(normal->lane, ntk_symmetric_tiles(L) - j - 1 + chunks_of(normal), reflect, &at);
}

int64_t ntk_triangle_units(const ntk_normal *normal)
{
    int64_t tiles = ntk_symmetric_tiles(&normal->ridge->system.L);
    return tiles * (tiles + 1) / 2 + tiles * chunks_of(normal);
}

ntk_status ntk_triangle_add(ntk_normal *normal, int64_t rows, const ntk_matrix *y)
{
    bool intercept = normal->ridge->solution.report.intercept;
    normal->rows = rows;
    if (intercept && normal->n == 0) NTK_TRY(ntk_column_means(normal->means, y, true, normal->lane));
    NTK_TRY(ntk_run(normal->lane, ntk_symmetric_tiles(&normal->ridge->system.L), turn_columns, normal));
    NTK_TRY(turn_targets(normal, y));
    if (intercept) NTK_TRY(take_ones(normal));
    for (int64_t j = 0; j < ntk_symmetric_tiles(&normal->ridge->system.L); j++) NTK_TRY(take_panel(normal, j));
    /* what is left of the targets once all features have had their part */
    for (int64_t c = 0; c < normal->targets; c++)
        for (int64_t r = 0; r < rows; r++) {
            double rest = ntk_get(targets_at(normal, c), normal->dtype, r);
            normal->squares[c] += rest * rest;
        }
    normal->n += rows;
    return NTK_OK;
}

/* --- the solution --- */

/* Row k of L, with positive pivots: the signs of its columns, those of R's rows, are in signs up to k. */
static ntk_status finish_row(const ntk_normal *normal, int64_t k, double *signs)
{
    const ntk_symmetric *L = &normal->ridge->system.L;
    ntk_ridge_report *report = &normal->ridge->solution.report;
    double roundoff = L->dtype == NTK_F64 ? 0x1p-53 : 0x1p-24, least = 32 * sqrt((double)L->n) * roundoff, squares = 0;
    double pivot = ntk_symmetric_diagonal(L, k);
    signs[k] = pivot < 0 ? -1 : 1;
    for (int64_t j = 0; j <= k; j++) {
        int64_t ld;
        void *place = ntk_symmetric_place(L, k, j, &ld);
        double value = ntk_get(place, L->dtype, 0);
        squares += value * value;
        ntk_put(place, L->dtype, 0, signs[j] * value);
    }
    double ratio = fabs(pivot) / sqrt(squares);
    if (!(ratio > least))
        return ntk_fail(NTK_ERR_SINGULAR,
                        "%s: features depend on each other to working precision: of feature %lld (counted from 0) %.3g of its "
                        "length %.3g is left across those before it; increase lambda, or take fewer features or more samples",
                        normal->function, (long long)k, fabs(pivot), sqrt(squares));
    report->smallest_pivot = fmin(report->smallest_pivot, ratio * ratio);
    return ntk_advance(normal->lane, 0);
}

/* R beta = Q^T y of the targets, whose rows of rhs are such. */
static ntk_status solve(ntk_normal *normal, const double *signs)
{
    int32_t dtype = normal->dtype;
    int64_t p = normal->p, t = normal->targets;
    for (int64_t c = 0; c < t; c++)
        for (int64_t k = 0; k < p; k++)
            ntk_put(normal->rhs, dtype, c * p + k, signs[k] * ntk_get(normal->rhs, dtype, c * p + k));
    NTK_TRY(ntk_cholesky_rows_back(&normal->ridge->system.L, normal->lane, normal->rhs, p, t));
    for (int64_t c = 0; c < t; c++)
        for (int64_t k = 0; k < p; k++) ntk_put(normal->solved, dtype, k * t + c, ntk_get(normal->rhs, dtype, c * p + k));
    return ntk_advance(normal->lane, 0);
}

/* Of too few samples, rounding may leave a pivot that says nothing. */
static ntk_status check_count(const ntk_normal *normal)
{
    int64_t unknowns = normal->p + (normal->ridge->system.mu ? 1 : 0);
    if (normal->ridge->solution.report.lambda > 0 || normal->n >= unknowns) return NTK_OK;
    return ntk_fail(
        NTK_ERR_SINGULAR,
        "%s: %lld samples do not determine %lld coefficients; increase lambda, or take fewer features or more samples",
        normal->function, (long long)normal->n, (long long)unknowns);
}

ntk_status ntk_triangle_finish(ntk_normal *normal)
{
    ntk_ridge *ridge = normal->ridge;
    NTK_TRY(check_count(normal));
    int32_t dtype = normal->dtype;
    const void *top = normal->triangle.top;
    double *signs, length = ntk_get(top, dtype, 0);
    ridge->solution.report.smallest_pivot = 1;
    for (int64_t k = 0; ridge->system.mu && k < normal->p; k++)
        ntk_put(ridge->system.mu, dtype, k, ntk_get(top, dtype, 1 + k) / length);
    for (int64_t c = 0; ridge->system.mu && c < normal->targets; c++)
        normal->means[c] += ntk_get(top, dtype, 1 + normal->p + c) / length;
    NTK_TRY(ntk_allocate(ridge->base.context, &signs, normal->p, sizeof *signs, "signs of a triangle"));
    ntk_status status = NTK_OK;
    for (int64_t k = 0; status >= 0 && k < normal->p; k++) status = finish_row(normal, k, signs);
    if (status >= 0) status = solve(normal, signs);
    ntk_free(ridge->base.context, signs);
    return status;
}
