#include "ridge/primal/normal.h"

#include "core/blas.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "gram/cholesky.h"
#include "ridge/batch.h"
#include "ridge/primal/triangle.h"

#include <math.h>
#include <string.h>

/* Whether the means are the first batch's so far. */
static bool is_moving(const ntk_normal *normal)
{
    return normal->kind == NTK_NORMAL_MOVING && normal->ridge->solution.report.intercept;
}

/* --- memory --- */

ntk_status ntk_normal_open(ntk_normal *normal, ntk_ridge *ridge, const ntk_lane *lane, int64_t p, int32_t storage,
                           int64_t batch_rows, ntk_normal_kind kind, const char *function)
{
    ntk_context *context = ridge->base.context;
    const ntk_ridge_report *report = &ridge->solution.report;
    int64_t size = ntk_dtype_size(report->dtype), t = report->targets, wide = t * size;
    *normal = (ntk_normal){.ridge = ridge, .lane = lane, .function = function, .dtype = report->dtype, .kind = kind};
    normal->p = p;
    normal->targets = t;
    normal->batch_rows = batch_rows;
    NTK_TRY(ntk_symmetric_create(context, &ridge->system.L, storage, normal->dtype, p));
    NTK_TRY(ntk_allocate(context, &normal->rhs, p, wide, "the right sides"));
    NTK_TRY(ntk_allocate(context, &normal->Phi, batch_rows, p * size, "a batch of features"));
    NTK_TRY(ntk_allocate(context, &normal->Y, batch_rows, wide, "a batch of targets"));
    NTK_TRY(ntk_allocate(context, &normal->means, t, 3 * (int64_t)sizeof(double), "the targets' sums"));
    memset(normal->means, 0, (size_t)t * 3 * sizeof(double));
    normal->squares = normal->means + t;
    normal->target_sums = normal->means + 2 * t;
    if (kind != NTK_NORMAL_CENTRED && report->intercept)
        NTK_TRY(ntk_allocate(context, &ridge->system.mu, p, size, "the mean feature"));
    if (is_moving(normal)) NTK_TRY(ntk_allocate(context, &normal->sums, p, sizeof(double), "the features' sums"));
    return kind == NTK_NORMAL_TRIANGLE ? ntk_triangle_open(normal) : NTK_OK;
}

void ntk_normal_close(ntk_normal *normal)
{
    void *const owned[] = {normal->rhs, normal->solved, normal->Phi, normal->Y, normal->means, normal->sums};
    if (!normal->ridge) return;
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) ntk_free(normal->ridge->base.context, owned[i]);
    ntk_triangle_close(normal);
    normal->ridge = NULL;
}

ntk_status ntk_normal_memory(uint64_t *bytes, int32_t storage, int32_t dtype, int64_t p, int64_t targets, int64_t batch_rows,
                             bool intercept)
{
    uint64_t row, features;
    NTK_TRY(ntk_size_multiply(&row, targets, ntk_dtype_size(dtype)));
    NTK_TRY(ntk_size_multiply(&features, p, ntk_dtype_size(dtype)));
    NTK_TRY(ntk_symmetric_memory(bytes, storage, dtype, p));
    for (int i = 0; i < 2; i++) NTK_TRY(ntk_need(bytes, p, (int64_t)row));
    NTK_TRY(ntk_need(bytes, batch_rows, (int64_t)features));
    NTK_TRY(ntk_need(bytes, batch_rows, (int64_t)row));
    NTK_TRY(ntk_need(bytes, targets, 3 * (int64_t)sizeof(double)));
    if (intercept) {
        NTK_TRY(ntk_need(bytes, 1, (int64_t)features));
        NTK_TRY(ntk_need(bytes, p, sizeof(double)));
    }
    return ntk_cholesky_memory(bytes, p);
}

/* --- a batch --- */

/* Columns of the right side in one product, and elements of Y between two chances to stop. */
enum { TARGETS = 512, ELEMENTS_PER_ADVANCE = 1 << 18 };

/* Rows of tile row i of the right side += Phi_i^T Y. */
static ntk_status add_right_side(const ntk_normal *normal, const ntk_lane *lane, int64_t i)
{
    int32_t dtype = normal->dtype;
    int64_t rows = ntk_symmetric_rows(&normal->ridge->system.L, i), first = i * NTK_SYMMETRIC_EDGE, count;
    for (int64_t c = 0; c < normal->targets; c += count) {
        count = ntk_smaller(normal->targets - c, TARGETS);
        NTK_TRY(ntk_blas_gemm(dtype, NTK_TRANSPOSED, NTK_PLAIN, rows, count, normal->rows, 1, ntk_at(normal->Phi, dtype, first),
                              normal->p, ntk_at(normal->Y, dtype, c), normal->targets, normal->n ? 1 : 0,
                              ntk_at(normal->rhs, dtype, first * normal->targets + c), normal->targets));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* Tile (i, j) of A += Phi_i^T Phi_j. */
static ntk_status add_tile(const ntk_normal *normal, int64_t i, int64_t j)
{
    const ntk_symmetric *A = &normal->ridge->system.L;
    int32_t dtype = normal->dtype;
    int64_t ld, rows = ntk_symmetric_rows(A, i), cols = ntk_symmetric_rows(A, j);
    void *out = ntk_symmetric_tile(A, i, j, &ld);
    const void *left = ntk_at(normal->Phi, dtype, i * NTK_SYMMETRIC_EDGE);
    const void *right = ntk_at(normal->Phi, dtype, j * NTK_SYMMETRIC_EDGE);
    double beta = normal->n ? 1 : 0;
    if (i == j) return ntk_blas_syrk(dtype, NTK_TRANSPOSED, rows, normal->rows, 1, left, normal->p, beta, out, ld);
    return ntk_blas_gemm(dtype, NTK_TRANSPOSED, NTK_PLAIN, rows, cols, normal->rows, 1, left, normal->p, right, normal->p, beta,
                         out, ld);
}

static void add_sums(const ntk_normal *normal, int64_t first, int64_t count)
{
    for (int64_t r = 0; r < normal->rows; r++)
        for (int64_t k = first; k < first + count; k++)
            normal->sums[k] += ntk_get(normal->Phi, normal->dtype, r * normal->p + k);
}

/* The tiles of A, row by row, and then the tile rows of the right side and of the sums. */
static ntk_status accumulate(void *argument, int64_t index, const ntk_lane *lane)
{
    const ntk_normal *normal = argument;
    const ntk_symmetric *A = &normal->ridge->system.L;
    int64_t tiles = ntk_symmetric_tiles(A), below = index - tiles * (tiles + 1) / 2, i = 0, j = index;
    if (below >= 0) {
        NTK_TRY(add_right_side(normal, lane, below));
        if (is_moving(normal)) add_sums(normal, below * NTK_SYMMETRIC_EDGE, ntk_symmetric_rows(A, below));
    } else {
        for (; j > i; i++) j -= i + 1;
        NTK_TRY(add_tile(normal, i, j));
    }
    return ntk_advance(lane, normal->rows);
}

static ntk_status add_targets(ntk_normal *normal, const ntk_matrix *y)
{
    int64_t t = normal->targets, every = ELEMENTS_PER_ADVANCE / t + 1;
    for (int64_t i = 0; i < y->rows; i++) {
        for (int64_t c = 0; c < t; c++) {
            double value = ntk_get(ntk_row(y, i), y->dtype, c) - normal->means[c];
            normal->squares[c] += value * value;
            normal->target_sums[c] += value;
            ntk_convert(ntk_at(normal->Y, normal->dtype, i * t + c), normal->dtype, &value, NTK_F64, 1);
        }
        if ((i + 1) % every == 0) NTK_TRY(ntk_advance(normal->lane, 0));
    }
    return NTK_OK;
}

/* The means of the first batch. */
static ntk_status find_origin(ntk_normal *normal, const ntk_matrix *y)
{
    memset(normal->sums, 0, (size_t)normal->p * sizeof *normal->sums);
    add_sums(normal, 0, normal->p);
    for (int64_t k = 0; k < normal->p; k++) {
        double mean = normal->sums[k] / (double)normal->rows;
        ntk_convert(ntk_at(normal->ridge->system.mu, normal->dtype, k), normal->dtype, &mean, NTK_F64, 1);
        normal->sums[k] = 0;
    }
    return ntk_column_means(normal->means, y, true, normal->lane);
}

int64_t ntk_normal_units(const ntk_normal *normal)
{
    int64_t tiles = ntk_symmetric_tiles(&normal->ridge->system.L);
    return normal->kind == NTK_NORMAL_TRIANGLE ? ntk_triangle_units(normal) : tiles * (tiles + 1) / 2 + tiles;
}

ntk_status ntk_normal_add(ntk_normal *normal, int64_t rows, const ntk_matrix *y)
{
    if (normal->kind == NTK_NORMAL_TRIANGLE) return ntk_triangle_add(normal, rows, y);
    normal->rows = rows;
    if (is_moving(normal) && normal->n == 0) NTK_TRY(find_origin(normal, y));
    NTK_TRY(ntk_centre_rows(normal->lane, normal->dtype, normal->ridge->system.mu, normal->Phi, rows, normal->p));
    NTK_TRY(add_targets(normal, y));
    NTK_TRY(ntk_run_blas(normal->lane, ntk_normal_units(normal), accumulate, normal));
    normal->n += rows;
    return NTK_OK;
}

/* --- the means of all samples in the place of the first batch's --- */

/* Tile row i of A -= s s^T / n, s being the sums in the equations' type, which Phi holds now. */
static ntk_status correct_tiles(void *argument, int64_t i, const ntk_lane *lane)
{
    const ntk_normal *normal = argument;
    const ntk_symmetric *A = &normal->ridge->system.L;
    int32_t dtype = normal->dtype;
    int64_t rows = ntk_symmetric_rows(A, i), ld;
    const void *left = ntk_at(normal->Phi, dtype, i * NTK_SYMMETRIC_EDGE);
    double share = -1 / (double)normal->n;
    for (int64_t j = 0; j < i; j++) {
        int64_t cols = ntk_symmetric_rows(A, j);
        void *out = ntk_symmetric_tile(A, i, j, &ld);
        NTK_TRY(ntk_blas_gemm(dtype, NTK_PLAIN, NTK_PLAIN, rows, cols, 1, share, left, 1,
                              ntk_at(normal->Phi, dtype, j * NTK_SYMMETRIC_EDGE), cols, 1, out, ld));
        NTK_TRY(ntk_advance(lane, 0));
    }
    void *out = ntk_symmetric_tile(A, i, i, &ld);
    NTK_TRY(ntk_blas_syrk(dtype, NTK_PLAIN, rows, 1, share, left, 1, 1, out, ld));
    return ntk_advance(lane, 0);
}

static ntk_status correct_means(ntk_normal *normal)
{
    int32_t dtype = normal->dtype;
    int64_t t = normal->targets;
    double n = (double)normal->n;
    void *mu = normal->ridge->system.mu;
    ntk_convert(normal->Phi, dtype, normal->sums, NTK_F64, normal->p);
    NTK_TRY(ntk_run_blas(normal->lane, ntk_symmetric_tiles(&normal->ridge->system.L), correct_tiles, normal));
    for (int64_t k = 0; k < normal->p; k++) {
        ntk_put(mu, dtype, k, ntk_get(mu, dtype, k) + normal->sums[k] / n);
        for (int64_t c = 0; c < t; c++) {
            double value = ntk_get(normal->rhs, dtype, k * t + c) - normal->sums[k] * normal->target_sums[c] / n;
            ntk_put(normal->rhs, dtype, k * t + c, value);
        }
    }
    for (int64_t c = 0; c < t; c++) {
        normal->means[c] += normal->target_sums[c] / n;
        normal->squares[c] = fmax(normal->squares[c] - normal->target_sums[c] * normal->target_sums[c] / n, 0);
    }
    return ntk_advance(normal->lane, 0);
}

/* --- the solution --- */

/* y^T (y - Phi beta) = |y - Phi beta|^2 + lambda |beta|^2 = lambda y^T alpha over all targets, and |beta|^2: what the report's numbers are
 * made of, by Phi^T (y - Phi beta) = lambda beta. */
static void report_fit(const ntk_normal *normal)
{
    bool triangle = normal->kind == NTK_NORMAL_TRIANGLE;
    ntk_ridge_report *report = &normal->ridge->solution.report;
    double lambda = report->lambda, rest = 0, squares = 0, t = (double)normal->targets;
    double contrasts = (double)(normal->n - report->intercept);
    for (int64_t c = 0; c < normal->targets; c++) rest += normal->squares[c];
    for (int64_t k = 0; k < normal->p * normal->targets; k++) {
        double beta = ntk_get(normal->solved, normal->dtype, k);
        if (!triangle) rest -= beta * ntk_get(normal->rhs, normal->dtype, k);
        squares += beta * beta;
    }
    double determinant = ntk_log_determinant(&normal->ridge->system.L, &report->condition);
    determinant += (contrasts - (double)normal->p) * log(lambda);
    if (report->intercept) determinant += log((double)normal->n);
    report->rss = fmax(rest - lambda * squares, 0);
    report->log_evidence = -0.5 * rest / lambda - t * (0.5 * determinant + contrasts * NTK_HALF_LOG_TWO_PI);
    report->degrees = NAN;
    report->kernel_scale = rest / lambda / (t * contrasts);
    if (lambda == 0) report->log_evidence = report->kernel_scale = NAN;
}

/* b = mean y - mu^T beta. */
static ntk_status find_intercepts(const ntk_normal *normal)
{
    const void *mu = normal->ridge->system.mu;
    double *b = normal->ridge->solution.intercept;
    for (int64_t c = 0; c < normal->targets; c++) {
        b[c] = normal->means[c];
        for (int64_t k = 0; mu && k < normal->p; k++)
            b[c] -= ntk_get(mu, normal->dtype, k) * ntk_get(normal->solved, normal->dtype, k * normal->targets + c);
        NTK_TRY(ntk_advance(normal->lane, 0));
    }
    return NTK_OK;
}

static ntk_status solve_equations(ntk_normal *normal, double begin, const char *what)
{
    const ntk_symmetric *A = &normal->ridge->system.L;
    ntk_ridge_report *report = &normal->ridge->solution.report;
    int64_t t = normal->targets;
    if (is_moving(normal)) NTK_TRY(correct_means(normal));
    NTK_TRY(ntk_ridge_shift(A, report->lambda, normal->function));
    NTK_TRY(ntk_cholesky_factor(A, normal->lane, begin, 0.98, &report->smallest_pivot, what));
    memcpy(normal->solved, normal->rhs, (size_t)(normal->p * t * ntk_dtype_size(normal->dtype)));
    return ntk_cholesky_solve(A, normal->lane, 0.98, 1, normal->solved, t, t);
}

ntk_status ntk_normal_finish(ntk_normal *normal, double begin, const char *what)
{
    ntk_ridge *ridge = normal->ridge;
    ntk_context *context = ridge->base.context;
    ntk_ridge_report *report = &ridge->solution.report;
    int64_t size = ntk_dtype_size(normal->dtype), count = normal->p * normal->targets;
    report->samples = normal->n;
    NTK_TRY(ntk_allocate(context, &normal->solved, normal->p, normal->targets * size, "the coefficients"));
    NTK_TRY(normal->kind == NTK_NORMAL_TRIANGLE ? ntk_triangle_finish(normal) : solve_equations(normal, begin, what));
    NTK_TRY(find_intercepts(normal));
    if (!ntk_is_finite(normal->solved, normal->dtype, count))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: a coefficient is too large to be represented", normal->function);
    report_fit(normal);
    return NTK_OK;
}
