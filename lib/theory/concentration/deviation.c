#include "core/blas.h"
#include "core/memory.h"
#include "core/pool.h"
#include "core/size.h"
#include "core/status.h"
#include "gram/cholesky.h"
#include "gram/implicit.h"
#include "gram/product.h"
#include "kernel/multiply.h"
#include "network/elements.h"
#include "ridge/operator.h"
#include "theory/concentration/concentration.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const double TOLERANCE = 1e-8;

/* Products are some eighty: each takes so much of what is left of the work. */
static const double PACE = 0.03;

/* How many roundings a product of L^-1 K_N L^-T may be off by, in the size of its parts. */
static const double ROUNDINGS = 16;

/* Whether products of a matrix that is not held evaluate pairs of samples: of a kernel without features, and where that takes fewer
 * operations than its features, of which a product takes all weights and features forth and back. */
static bool sweeps(const ntk_kernel *kernel, int32_t dtype, int64_t rows, int64_t inputs)
{
    const ntk_features *features = kernel->features;
    if (!features) return true;
    double n = (double)rows, weights = (double)ntk_weights_size(features->weights, NTK_PART_BOTH);
    double passes = (double)kernel->operations->passes(kernel, dtype, rows);
    double pairs = n * n / 2 * passes * kernel->operations->cost(kernel, inputs, dtype, rows);
    if (passes > 1) pairs += 2 * n * weights;
    return pairs < 4 * n * (weights + (double)features->size);
}

static bool is_swept(const ntk_gram *gram)
{
    const ntk_samples *samples = &gram->set->samples;
    return !gram->K.data && sweeps(samples->kernel, samples->dtype, samples->rows, samples->inputs);
}

/* The matrix L^-1 K_N L^-T - I.
 * swept  K_N's products are, of its samples
 * v  room for n numbers
 * longest, largest  of L^-T z and K_N L^-T z for vectors z of length 1, so far */
typedef struct whitened {
    ntk_operator K;
    bool swept;
    const ntk_symmetric *L;
    const ntk_lane *lane;
    const char *function;
    double *v;
    double reached, longest, largest, noise;
} whitened;

/* Beyond K_N's product a sum of so many roundings, each of which L^-1 makes larger as it did L^-T's. */
static void note_rounding(whitened *w, const double *y)
{
    int64_t n = w->L->n;
    w->longest = fmax(w->longest, ntk_vector_norm(w->v, n));
    w->largest = fmax(w->largest, ntk_vector_norm(y, n));
    w->noise = ROUNDINGS * DBL_EPSILON * w->longest * w->largest;
}

/* y = K_N v */
static ntk_status multiply_gram(const whitened *w, double *y, ntk_share share)
{
    int64_t n = w->L->n;
    const ntk_matrix v = ntk_matrix_const_f64(w->v, n, 1), product = ntk_matrix_f64(y, n, 1);
    if (w->swept) return ntk_implicit_product(w->K.samples, w->lane, &product, &v, share);
    return ntk_operator_multiply(&w->K, w->lane, ntk_tall_of(y, 1), ntk_tall_of(w->v, 1), share);
}

static ntk_status whiten(whitened *w, double *y)
{
    const ntk_lane *lane = w->lane;
    const ntk_share middle = {0.25, 0.75};
    NTK_TRY(ntk_cholesky_solve_half(w->L, lane, 0, middle.begin, NTK_TRANSPOSED, w->v, 1, 1));
    NTK_TRY(multiply_gram(w, y, middle));
    note_rounding(w, y);
    return ntk_cholesky_solve_half(w->L, lane, middle.end, 1, NTK_PLAIN, y, 1, 1);
}

/* The share of the work that the next product has, and what follows it is short. */
static ntk_share next_share(double *reached)
{
    ntk_share share = {*reached, *reached + PACE * (1 - *reached)};
    *reached = share.end;
    return share;
}

static void begin_short(const ntk_lane *lane, double reached)
{
    ntk_work_stage(lane->work, "Lanczos' iteration", 1, reached, reached);
}

/* It is its own transpose. */
static ntk_status multiply(void *argument, const double *z, double *y)
{
    whitened *w = argument;
    int64_t n = w->L->n;
    ntk_share share = next_share(&w->reached), room = ntk_work_narrow(w->lane->work, share.begin, share.end);
    memcpy(w->v, z, (size_t)n * sizeof(double));
    ntk_status status = whiten(w, y);
    ntk_work_widen(w->lane->work, room);
    NTK_TRY(status);
    begin_short(w->lane, w->reached);
    ntk_vector_add(y, -1, z, n);
    if (isfinite(ntk_vector_norm(y, n))) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: the kernel matrix is too large beside its limit to be compared", w->function);
}

static ntk_lanczos_settings settings_of(int64_t n, const char *function)
{
    return (ntk_lanczos_settings){
        .most = ntk_smaller(n, NTK_DEVIATION_STEPS), .tolerance = TOLERANCE, .largest_alone = true, .function = function};
}

/* samples  of this call, or the gram's */
static ntk_status find(ntk_lanczos *found, const ntk_gram *gram, ntk_samples *samples, const ntk_symmetric *L,
                       const ntk_lane *lane, const char *function)
{
    whitened w = {.K = {.samples = samples, .K = gram->K, .function = function}, .L = L, .lane = lane, .function = function};
    w.swept = is_swept(gram);
    const ntk_lanczos_matrix A = {
        .multiply = multiply, .transposed = multiply, .argument = &w, .rows = L->n, .cols = L->n, .noise = &w.noise};
    const ntk_lanczos_settings settings = settings_of(L->n, function);
    NTK_TRY(ntk_allocate(lane->work->context, &w.v, L->n, sizeof *w.v, "a vector"));
    begin_short(lane, 0);
    ntk_status status = ntk_lanczos_run(found, lane, &A, &settings);
    ntk_free(lane->work->context, w.v);
    return status;
}

ntk_status ntk_deviation_find(ntk_lanczos *found, const ntk_gram *gram, const ntk_symmetric *L, const ntk_lane *lane,
                              ntk_share share, const char *function)
{
    ntk_samples own = {.kernel = NULL}, *samples = &gram->set->samples;
    ntk_share room = ntk_work_narrow(lane->work, share.begin, share.end);
    ntk_status status = is_swept(gram) ? ntk_implicit_open(&own, &samples, gram, lane, function) : NTK_OK;
    if (status >= 0) status = find(found, gram, samples, L, lane, function);
    ntk_samples_close(&own);
    ntk_work_widen(lane->work, room);
    return status;
}

static ntk_status product_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, bool held,
                                 int32_t dtype, int64_t n, int64_t d)
{
    if (held) return ntk_held_product_memory(context, bytes, dtype, n);
    if (!sweeps(kernel, dtype, n, d)) return ntk_multiply_memory(kernel, context, bytes, n, n, d, NTK_F64);
    NTK_TRY(ntk_implicit_open_memory(kernel, bytes, dtype, n, d));
    return ntk_implicit_product_memory(kernel, context, bytes, dtype, n, d);
}

ntk_status ntk_deviation_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, bool held, int32_t dtype,
                                int64_t n, int64_t d)
{
    NTK_TRY(ntk_need(bytes, n, sizeof(double)));
    NTK_TRY(ntk_lanczos_memory(bytes, n, n, ntk_smaller(n, NTK_DEVIATION_STEPS)));
    return product_memory(kernel, context, bytes, held, dtype, n, d);
}

/* --- the inverse --- */

/* L^-1 */
typedef struct inverse {
    const ntk_symmetric *L;
    const ntk_lane *lane;
    double reached;
} inverse;

static ntk_status solve(inverse *of, ntk_transpose transpose, const double *from, double *to)
{
    ntk_share share = next_share(&of->reached);
    memcpy(to, from, (size_t)of->L->n * sizeof(double));
    NTK_TRY(ntk_cholesky_solve_half(of->L, of->lane, share.begin, share.end, transpose, to, 1, 1));
    begin_short(of->lane, of->reached);
    return NTK_OK;
}

static ntk_status solve_plain(void *argument, const double *v, double *y)
{
    return solve(argument, NTK_PLAIN, v, y);
}

static ntk_status solve_transposed(void *argument, const double *u, double *g)
{
    return solve(argument, NTK_TRANSPOSED, u, g);
}

ntk_status ntk_inverse_norm_find(ntk_lanczos *found, const ntk_symmetric *L, const ntk_lane *lane, ntk_share share,
                                 const char *function)
{
    inverse of = {.L = L, .lane = lane};
    const ntk_lanczos_matrix A = {
        .multiply = solve_plain, .transposed = solve_transposed, .argument = &of, .rows = L->n, .cols = L->n};
    const ntk_lanczos_settings settings = settings_of(L->n, function);
    ntk_share room = ntk_work_narrow(lane->work, share.begin, share.end);
    begin_short(lane, 0);
    ntk_status status = ntk_lanczos_run(found, lane, &A, &settings);
    ntk_work_widen(lane->work, room);
    return status;
}

/* --- the limit --- */

ntk_status ntk_limit_factor(const ntk_symmetric *K, const ntk_lane *lane, ntk_share share, const char *function)
{
    double smallest;
    ntk_pivot failed;
    NTK_TRY(ntk_cholesky_attempt(K, lane, share.begin, share.end, &smallest, &failed));
    if (failed.row < 0) return NTK_OK;
    return ntk_fail(
        NTK_ERR_SINGULAR,
        "%s: the limit, %lld x %lld, has not full rank to working precision: the first %lld samples are independent, "
        "but the pivot of sample %lld (counted from 0) is %.3g, its diagonal entry %.3g; remove samples that repeat or "
        "depend on others",
        function, (long long)K->n, (long long)K->n, (long long)failed.row, (long long)failed.row, failed.square, failed.entry);
}

static ntk_status factor_copy(const ntk_symmetric *L, const ntk_symmetric *K, const ntk_lane *lane, const char *function)
{
    ntk_work_stage(lane->work, "copy of a kernel matrix", ntk_symmetric_tiles(K), 0, 0.05);
    NTK_TRY(ntk_symmetric_copy(L, K, lane));
    return ntk_limit_factor(L, lane, (ntk_share){0.05, 0.3}, function);
}

/* --- the calls --- */

static ntk_status check(const ntk_gram *gram, const ntk_gram *limit, const char *function)
{
    if (gram->K.n != limit->K.n)
        return ntk_fail(NTK_ERR_SHAPE, "%s: limit is of %lld samples, expected %lld as of gram", function,
                        (long long)limit->K.n, (long long)gram->K.n);
    if (limit->K.data) return NTK_OK;
    return ntk_fail(NTK_ERR_UNSUPPORTED,
                    "%s: limit's storage is NTK_STORAGE_IMPLICIT, expected NTK_STORAGE_FULL or NTK_STORAGE_PACKED", function);
}

static ntk_status memory(const ntk_gram *gram, uint64_t *bytes)
{
    const ntk_samples *samples = &gram->set->samples;
    int64_t n = gram->K.n;
    *bytes = 0;
    NTK_TRY(ntk_symmetric_memory(bytes, NTK_STORAGE_PACKED, NTK_F64, n));
    NTK_TRY(ntk_deviation_memory(samples->kernel, gram->base.context, bytes, gram->K.data != NULL, gram->K.dtype, n,
                                 samples->inputs));
    return ntk_pool_memory(gram->base.context, bytes);
}

ntk_status ntk_gram_deviation_memory(const ntk_gram *gram, uint64_t *bytes, const ntk_gram *limit)
{
    uint64_t need;
    NTK_REQUIRE(gram);
    NTK_REQUIRE(bytes);
    NTK_REQUIRE(limit);
    NTK_TRY(check(gram, limit, __func__));
    NTK_TRY(memory(gram, &need));
    *bytes = need;
    return NTK_OK;
}

ntk_status ntk_gram_deviation(const ntk_gram *gram, double *deviation, const ntk_gram *limit)
{
    ntk_symmetric L = {.data = NULL};
    ntk_lanczos found = {.steps = 0};
    uint64_t bytes;
    NTK_REQUIRE(gram);
    NTK_REQUIRE(deviation);
    NTK_REQUIRE(limit);
    NTK_TRY(check(gram, limit, __func__));
    NTK_TRY(memory(gram, &bytes));
    NTK_TRY(ntk_budget_check(gram->base.context, bytes, "a deviation from the limit"));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, gram->base.context);
    NTK_TRY(ntk_symmetric_create(work.context, &L, NTK_STORAGE_PACKED, NTK_F64, gram->K.n));
    ntk_status status = factor_copy(&L, &limit->K, &lane, __func__);
    if (status >= 0) status = ntk_deviation_find(&found, gram, &L, &lane, (ntk_share){0.3, 1}, __func__);
    ntk_free(work.context, L.data);
    NTK_TRY(status);
    *deviation = found.largest;
    if (found.converged) return NTK_OK;
    return ntk_fail(NTK_NOTE_NOT_CONVERGED, "%s: after %lld steps an eigenvalue is certain to be within %.3g of the size %g",
                    __func__, (long long)found.steps, found.largest_residual, found.largest);
}
