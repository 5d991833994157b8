#include "gram/lanczos.h"

#include "core/blas.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/size.h"
#include "core/status.h"
#include "network/elements.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* How often the bidiagonal matrix is asked for its singular values. */
enum { STEPS_PER_CHECK = 8 };

/* Numbers of U that one product takes, some milliseconds. */
enum { PRODUCT_NUMBERS = 1 << 22 };

/* A^T U = V B^T with B lower bidiagonal: alpha_k on its diagonal, beta_k before it.  U's k-th row is the k-th vector of rows numbers; they are
 * orthogonalised against each other twice, and V's, of which the last alone is kept, are not: that suffices for singular values as
 * right as those of a dense method (Barlow 2013). */
typedef struct bidiagonal {
    const ntk_lane *lane;
    const ntk_lanczos_matrix *A;
    const ntk_lanczos_settings *settings;
    int64_t m, p, most;
    double scale; /* the largest of alpha and beta so far */
    double *block;
    double *U, *v, *g, *alpha, *beta, *diagonal, *beside, *last, *work, *products;
} bidiagonal;

/* Numbers of the block, in the order in which open cuts it. */
static ntk_status count_numbers(int64_t *count, int64_t m, int64_t p, int64_t most)
{
    int64_t vectors = 0, rest = 0;
    *count = 0;
    if (__builtin_mul_overflow(m, most, &vectors) || __builtin_mul_overflow(p, 2, &rest) ||
        __builtin_add_overflow(vectors, rest, count) || __builtin_add_overflow(*count, 10 * most + m + 2, count))
        return ntk_fail(NTK_ERR_OVERFLOW, "%lld Lanczos vectors of %lld numbers are more than can be addressed",
                        (long long)most, (long long)m);
    return NTK_OK;
}

ntk_status ntk_lanczos_memory(uint64_t *bytes, int64_t rows, int64_t cols, int64_t most)
{
    int64_t count;
    NTK_TRY(count_numbers(&count, rows, cols, most));
    return ntk_need(bytes, count, sizeof(double));
}

static ntk_status open_block(bidiagonal *b)
{
    int64_t count;
    NTK_TRY(count_numbers(&count, b->m, b->p, b->most));
    NTK_TRY(ntk_allocate(b->lane->work->context, &b->block, count, sizeof(double), "Lanczos vectors"));
    b->U = b->block;
    b->v = b->U + b->m * b->most;
    b->g = b->v + b->p;
    b->alpha = b->g + b->p;
    b->beta = b->alpha + b->most;
    b->diagonal = b->beta + b->most + 1;
    b->beside = b->diagonal + b->most;
    b->last = b->beside + b->most;
    b->work = b->last + b->most;
    b->products = b->work + 4 * b->most;
    return NTK_OK;
}

/* products = U u, or u = u - U^T products, of U's first count rows. */
static ntk_status project(const bidiagonal *b, int64_t count, double *u, bool back)
{
    int64_t most = ntk_larger(1, PRODUCT_NUMBERS / b->m), rows;
    for (int64_t first = 0; first < count; first += rows) {
        const double *U = b->U + first * b->m;
        rows = ntk_smaller(most, count - first);
        if (back)
            NTK_TRY(
                ntk_blas_gemm(NTK_F64, NTK_TRANSPOSED, NTK_PLAIN, b->m, 1, rows, -1, U, b->m, b->products + first, 1, 1, u, 1));
        else
            NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_PLAIN, rows, 1, b->m, 1, U, b->m, u, 1, 0, b->products + first, 1));
        NTK_TRY(ntk_advance(b->lane, 0));
    }
    return NTK_OK;
}

/* u without its parts along the first count vectors. */
static ntk_status orthogonalise(const bidiagonal *b, int64_t count, double *u)
{
    for (int pass = 0; pass < 2; pass++) {
        NTK_TRY(project(b, count, u, false));
        NTK_TRY(project(b, count, u, true));
    }
    return NTK_OK;
}

/* A new direction, where the old ones lead no further. */
static ntk_status start(const bidiagonal *b, int64_t k)
{
    ntk_random random = {.seed = b->settings->seed, .purpose = NTK_RANDOM_START, .layer = (uint32_t)k};
    double *u = b->U + k * b->m;
    ntk_random_normals(&random, u, 0, b->m);
    NTK_TRY(orthogonalise(b, k, u));
    if (ntk_vector_normalise(u, b->m) > 0) return NTK_OK;
    return ntk_fail(NTK_ERR_INTERNAL, "%s: a random vector has length 0", b->settings->function);
}

static bool is_nothing(const bidiagonal *b, double norm)
{
    return !(norm > 10 * DBL_EPSILON * b->scale);
}

/* v_k and alpha_k, from u_k, beta_k and v_(k-1). */
static ntk_status extend_right(bidiagonal *b, int64_t k)
{
    NTK_TRY(b->A->transposed(b->A->argument, b->U + k * b->m, b->g));
    if (k) ntk_vector_add(b->g, -b->beta[k], b->v, b->p);
    double norm = ntk_vector_norm(b->g, b->p);
    b->alpha[k] = is_nothing(b, norm) ? 0 : norm;
    b->scale = fmax(b->scale, norm);
    for (int64_t i = 0; i < b->p; i++) b->v[i] = b->alpha[k] > 0 ? b->g[i] / norm : 0;
    return NTK_OK;
}

/* u_(k+1) and beta_(k+1), from v_k, alpha_k and all u; where there is no room for u_(k+1), beta alone. */
static ntk_status extend_left(bidiagonal *b, int64_t k)
{
    double *u = k + 1 < b->most ? b->U + (k + 1) * b->m : b->products + b->most;
    NTK_TRY(b->A->multiply(b->A->argument, b->v, u));
    ntk_vector_add(u, -b->alpha[k], b->U + k * b->m, b->m);
    NTK_TRY(orthogonalise(b, k + 1, u));
    double norm = ntk_vector_norm(u, b->m);
    b->beta[k + 1] = is_nothing(b, norm) ? 0 : norm;
    b->scale = fmax(b->scale, norm);
    if (k + 1 == b->most) return NTK_OK;
    if (b->beta[k + 1] == 0) return start(b, k + 1);
    ntk_vector_normalise(u, b->m);
    return NTK_OK;
}

/* Whether what is asked for is as near as the tolerance, or rounding, asks. */
static bool is_near(const bidiagonal *b, const ntk_lanczos *found)
{
    const ntk_lanczos_settings *settings = b->settings;
    double residual = found->largest_residual, enough = settings->tolerance * found->largest;
    if (!settings->largest_alone) residual = fmax(residual, found->smallest_residual);
    return residual <= (b->A->noise ? fmax(enough, *b->A->noise) : enough);
}

/* The singular values of B of steps rows, and the residuals ||A v - sigma u|| of the extreme ones. */
static ntk_status ask(bidiagonal *b, ntk_lanczos *found, int64_t steps)
{
    memcpy(b->diagonal, b->alpha, (size_t)steps * sizeof(double));
    memcpy(b->beside, b->beta + 1, (size_t)(steps - 1) * sizeof(double));
    NTK_TRY(ntk_blas_bdsqr(steps, b->diagonal, b->beside, b->last, b->work));
    double rest = steps < b->m ? b->beta[steps] : 0;
    found->steps = steps;
    found->largest = b->diagonal[0];
    found->smallest = b->diagonal[steps - 1];
    found->largest_residual = rest * fabs(b->last[0]);
    found->smallest_residual = rest * fabs(b->last[steps - 1]);
    found->converged = steps == b->m || is_near(b, found);
    return NTK_OK;
}

static ntk_status run(bidiagonal *b, ntk_lanczos *found)
{
    NTK_TRY(start(b, 0));
    for (int64_t k = 0; k < b->most; k++) {
        NTK_TRY(extend_right(b, k));
        NTK_TRY(extend_left(b, k));
        NTK_TRY(ntk_advance(b->lane, 1));
        if (k + 1 < b->most && (k + 1) % STEPS_PER_CHECK > 0) continue;
        NTK_TRY(ask(b, found, k + 1));
        /* that all residuals vanish is where u was begun anew: what is in other directions is not known then, but a random vector's part
         * along the largest was in those before */
        if (found->converged && (b->settings->largest_alone || b->beta[k + 1] > 0)) break;
    }
    return NTK_OK;
}

ntk_status ntk_lanczos_run(ntk_lanczos *found, const ntk_lane *lane, const ntk_lanczos_matrix *A,
                           const ntk_lanczos_settings *settings)
{
    bidiagonal b = {.lane = lane, .A = A, .settings = settings, .m = A->rows, .p = A->cols, .most = settings->most};
    *found = (ntk_lanczos){.steps = 0};
    ntk_status status = open_block(&b);
    if (status >= 0) status = run(&b, found);
    ntk_free(lane->work->context, b.block);
    return status;
}
