#include "ridge/iterative/precondition.h"

#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "gram/cholesky.h"
#include "kernel/own_network.h"
#include "ridge/iterative/pivots.h"

#include <math.h>
#include <string.h>

/* Rows in a task. */
enum { ROWS = 128 };

static const double rank_factor = 6, roundoff = 0x1p-53;

/* Columns of F, and 0 for none; and whose features they are. */
static ntk_status rank_of(int64_t *rank, ntk_own_network *network, const ntk_iterative_options *settings,
                          const ntk_kernel *kernel, int64_t n, int64_t d)
{
    int64_t usual = ntk_smaller(n / 2, (int64_t)ceil(rank_factor * sqrt((double)n)));
    *rank = settings->rank ? ntk_smaller(settings->rank, n) : ntk_larger(1, usual);
    if (settings->preconditioner == NTK_PRECONDITIONER_NONE) *rank = 0;
    if (settings->preconditioner != NTK_PRECONDITIONER_FEATURES) return NTK_OK;
    NTK_TRY(ntk_own_network_of(network, kernel, d, *rank, settings->seed));
    *rank = network->features;
    return NTK_OK;
}

typedef struct division {
    ntk_preconditioner *P;
    const ntk_symmetric *L;
} division;

/* Rows of F become rows of Q. */
static ntk_status divide_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const division *job = argument;
    int64_t first = index * ROWS, rows = ntk_smaller(ROWS, job->P->n - first);
    ntk_tall Q = job->P->Q;
    NTK_TRY(ntk_cholesky_rows(job->L, lane, Q.data + first * Q.ld, Q.ld, rows, 0, false));
    return ntk_advance(lane, rows);
}

/* L of F^T F + mu I; a mu that roundings leave no factor is too small. */
static ntk_status factor_inner(ntk_preconditioner *P, ntk_symmetric *L, double mu, const ntk_lane *lane)
{
    double smallest, squares = 0;
    const double more = 64;
    ntk_status status;
    do {
        ntk_work_stage(lane->work, "preconditioner", 1, 0.4, 0.4);
        NTK_TRY(ntk_tall_inner(lane, P->n, L->data, L->ld, P->Q, P->Q, true));
        squares = 0;
        for (int64_t k = 0; k < L->n; k++) squares += ntk_symmetric_diagonal(L, k);
        mu = fmax(mu, 4 * ((double)L->n + sqrt((double)P->n)) * roundoff * squares);
        for (int64_t k = 0; k < L->n; k++) ntk_symmetric_add(L, k, mu);
        status = ntk_cholesky_factor(L, lane, 0.4, 0.6, &smallest, "F^T F + mu I");
        mu *= more;
    } while (status == NTK_ERR_SINGULAR && mu < squares);
    return status;
}

static ntk_status orthogonalise(ntk_preconditioner *P, double mu, const ntk_lane *lane)
{
    ntk_context *context = lane->work->context;
    ntk_symmetric L;
    division job = {.P = P, .L = &L};
    NTK_TRY(ntk_symmetric_create(context, &L, NTK_STORAGE_FULL, NTK_F64, P->Q.cols));
    ntk_status status = factor_inner(P, &L, mu, lane);
    if (status >= 0) {
        ntk_work_stage(lane->work, "preconditioner", P->n, 0.6, 1);
        status = ntk_run_blas(lane, (P->n - 1) / ROWS + 1, divide_rows, &job);
    }
    ntk_free(context, L.data);
    return status;
}

/* F by pivots, and the mean of what it lacks of the diagonal. */
static ntk_status find_pivots(ntk_preconditioner *P, ntk_pivots *pivots, const ntk_lane *lane, double *left)
{
    NTK_TRY(ntk_allocate(lane->work->context, &pivots->rest, P->n, sizeof(double), "a matrix's diagonal"));
    pivots->F = P->Q.data;
    ntk_status status = ntk_pivots_factor(pivots, lane);
    for (int64_t i = 0; status >= 0 && i < P->n; i++) *left += pivots->rest[i] / (double)P->n;
    ntk_free(lane->work->context, pivots->rest);
    P->Q = ntk_tall_of(pivots->F, pivots->rank);
    return status;
}

static ntk_status make(ntk_preconditioner *P, const ntk_samples *samples, const ntk_iterative_options *settings,
                       const ntk_own_network *network, const ntk_lane *lane, double *left, const char *function)
{
    ntk_pivots pivots = {.samples = samples, .rank = P->Q.cols, .seed = settings->seed, .function = function};
    ntk_matrix x = ntk_samples_view(samples);
    pivots.uniform = settings->preconditioner == NTK_PRECONDITIONER_NYSTROEM;
    if (settings->preconditioner != NTK_PRECONDITIONER_FEATURES) return find_pivots(P, &pivots, lane, left);
    return ntk_own_network_features(network, lane, P->Q.data, &x, function);
}

ntk_status ntk_preconditioner_open(ntk_preconditioner *P, const ntk_samples *samples, const ntk_iterative_options *settings,
                                   double lambda, int64_t columns, const ntk_lane *lane, const char *function)
{
    ntk_context *context = lane->work->context;
    ntk_own_network network;
    int64_t n = samples->rows, rank;
    double left = 0;
    *P = (ntk_preconditioner){.n = n};
    NTK_TRY(rank_of(&rank, &network, settings, samples->kernel, n, samples->inputs));
    if (!rank) return NTK_OK;
    NTK_TRY(ntk_allocate(context, &P->Q.data, n, rank * (int64_t)sizeof(double), "a preconditioner"));
    NTK_TRY(ntk_allocate(context, &P->inner, rank, columns * (int64_t)sizeof(double), "products of a preconditioner"));
    P->Q.cols = P->Q.ld = rank;
    ntk_share room = ntk_work_narrow(lane->work, 0, 0.4);
    ntk_status status = make(P, samples, settings, &network, lane, &left, function);
    ntk_work_widen(lane->work, room);
    NTK_TRY(status);
    /* a kernel that is 0 has no pivots */
    return P->Q.cols ? orthogonalise(P, lambda + left, lane) : NTK_OK;
}

void ntk_preconditioner_close(ntk_preconditioner *P, ntk_context *context)
{
    ntk_free(context, P->Q.data);
    ntk_free(context, P->inner);
    *P = (ntk_preconditioner){0};
}

ntk_status ntk_preconditioner_solve(const ntk_preconditioner *P, const ntk_lane *lane, ntk_tall Z, ntk_tall R)
{
    memcpy(Z.data, R.data, (size_t)(P->n * R.cols) * sizeof(double));
    if (!P->Q.cols) return NTK_OK;
    NTK_TRY(ntk_tall_inner(lane, P->n, P->inner, R.cols, P->Q, R, false));
    return ntk_tall_multiply(lane, P->n, Z, 1, -1, P->Q, P->inner, R.cols);
}

ntk_status ntk_preconditioner_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *held, uint64_t *making,
                                     int64_t n, int64_t d, int64_t columns, int32_t dtype,
                                     const ntk_iterative_options *settings)
{
    ntk_own_network network;
    int64_t rank, size = sizeof(double);
    uint64_t row, columns_of_F = 0, inner = 0;
    NTK_TRY(rank_of(&rank, &network, settings, kernel, n, d));
    if (!rank) return NTK_OK;
    NTK_TRY(ntk_size_multiply(&row, columns, size));
    NTK_TRY(ntk_need(held, n, rank * size));
    NTK_TRY(ntk_need(held, rank, (int64_t)row));
    if (settings->preconditioner == NTK_PRECONDITIONER_FEATURES) {
        NTK_TRY(ntk_own_network_memory(&network, context, &columns_of_F, n, dtype));
    } else {
        NTK_TRY(ntk_need(&columns_of_F, n, size));
        NTK_TRY(ntk_pivots_memory(kernel, context, &columns_of_F, n, d, rank, dtype));
    }
    NTK_TRY(ntk_symmetric_memory(&inner, NTK_STORAGE_FULL, NTK_F64, rank));
    NTK_TRY(ntk_cholesky_memory(&inner, rank));
    return ntk_size_add(making, 1, (int64_t)ntk_most_bytes(columns_of_F, inner));
}
