#include "ridge/iterative/conjugate.h"

#include "core/memory.h"
#include "core/status.h"

#include <math.h>
#include <string.h>

/* Directions whose squared sines to others are no more are left out: of a Gram matrix of n terms, and of P^T A P, whose columns P are
 * orthonormal. */
static const double least_sine = 0x1p-44, least_curvature = 0x1p-48;

/* A column whose residual is so much below the tolerance brings no more directions. */
static const double at_rest = 0.25;

/* --- progress --- */

/* How much of the way to the tolerance, in logarithms, a residual is; what products take is guessed by the last one's gain. */
static void note_progress(ntk_conjugate *s, double residual)
{
    const ntk_conjugate_call *call = s->call;
    double part = residual < 1 ? log(residual) / log(call->settings->tolerance) : 0;
    double at = call->begin + (call->end - call->begin) * fmin(1, part);
    if (!(at > s->reached)) return;
    s->pace = fmin(0.25, fmax(0.01, (at - s->reached) / (call->end - s->reached)));
    s->reached = fmin(at, call->end);
}

/* Q = A P. */
static ntk_status multiply(ntk_conjugate *s, ntk_tall Q, ntk_tall P)
{
    const ntk_conjugate_call *call = s->call;
    int64_t count = call->n * P.cols;
    ntk_share share = {s->reached, s->reached + s->pace * (call->end - s->reached)};
    NTK_TRY(ntk_operator_multiply(call->K, call->lane, Q, P, share));
    for (int64_t i = 0; i < count; i++) Q.data[i] += call->lambda * P.data[i];
    s->reached = share.end;
    s->products++;
    /* what follows is short */
    ntk_work_stage(call->lane->work, "conjugate gradients", 1, s->reached, s->reached);
    return ntk_advance(call->lane, 0);
}

/* --- residuals --- */

static double largest(const ntk_conjugate *s)
{
    double worst = 0;
    for (int64_t c = 0; c < s->call->columns; c++) /* NaN must not pass for convergence */
        worst = s->residuals[c] <= worst ? worst : isnan(s->residuals[c]) ? INFINITY : s->residuals[c];
    return worst;
}

static void find_residuals(ntk_conjugate *s)
{
    ntk_tall_norms(s->residuals, s->call->n, s->R);
    s->history[s->iterations] = largest(s);
    note_progress(s, s->history[s->iterations]);
}

/* R = B - A X, in place of what the recurrence has made of it. */
static ntk_status replace_residual(ntk_conjugate *s)
{
    int64_t count = s->call->n * s->call->columns;
    s->Q.ld = s->Q.cols = s->call->columns;
    NTK_TRY(multiply(s, s->Q, s->X));
    for (int64_t i = 0; i < count; i++) s->R.data[i] = s->B[i] - s->Q.data[i];
    find_residuals(s);
    return NTK_OK;
}

/* --- directions --- */

/* P = an orthonormal basis of Z's columns, with resting but for those of columns at rest.  One turn leaves it orthonormal to the
 * roundings of Z's condition, the second to single ones.  Z is lost. */
static ntk_status find_directions(ntk_conjugate *s, bool resting)
{
    const ntk_conjugate_call *call = s->call;
    ntk_dependent *G = &s->W;
    double rest = at_rest * call->settings->tolerance;
    for (int turn = 0; turn < 2; turn++) {
        ntk_tall held;
        G->size = G->ld = s->Z.cols;
        NTK_TRY(ntk_tall_inner(call->lane, call->n, G->G, G->ld, s->Z, s->Z, true));
        for (int64_t c = 0; resting && turn == 0 && c < call->columns; c++)
            if (!(s->residuals[c] > rest)) G->G[c * G->ld + c] = 0;
        NTK_TRY(ntk_dependent_factor(G, least_sine, call->lane));
        NTK_TRY(ntk_dependent_basis(G, s->C, call->lane));
        s->P.cols = s->P.ld = G->rank;
        if (!G->rank) return NTK_OK;
        NTK_TRY(ntk_tall_multiply(call->lane, call->n, s->P, 0, 1, s->Z, s->C, G->rank));
        held = s->P, s->P = s->Z, s->Z = held;
    }
    ntk_tall held = s->P;
    s->P = s->Z, s->Z = held;
    return NTK_OK;
}

/* Z = what the preconditioner makes of R. */
static ntk_status precondition(ntk_conjugate *s)
{
    s->Z.cols = s->Z.ld = s->call->columns;
    return ntk_preconditioner_solve(s->call->P, s->call->lane, s->Z, s->R);
}

/* Directions that know nothing of those before. */
static ntk_status begin_anew(ntk_conjugate *s)
{
    NTK_TRY(precondition(s));
    return find_directions(s, true);
}

/* X and R moved to where the error in A's norm is least among X + span P. */
static ntk_status move(ntk_conjugate *s)
{
    const ntk_conjugate_call *call = s->call;
    int64_t n = call->n, columns = call->columns;
    ntk_dependent *W = &s->W;
    s->Q.cols = s->Q.ld = s->P.cols;
    NTK_TRY(multiply(s, s->Q, s->P));
    W->size = W->ld = s->P.cols;
    NTK_TRY(ntk_tall_inner(call->lane, n, W->G, W->ld, s->P, s->Q, false));
    NTK_TRY(ntk_dependent_factor(W, least_curvature, call->lane));
    NTK_TRY(ntk_tall_inner(call->lane, n, s->V, columns, s->P, s->R, false));
    NTK_TRY(ntk_dependent_solve(W, s->V, columns, columns, s->room, call->lane));
    NTK_TRY(ntk_tall_multiply(call->lane, n, s->X, 1, 1, s->P, s->V, columns));
    return ntk_tall_multiply(call->lane, n, s->R, 1, -1, s->Q, s->V, columns);
}

/* The next directions: of the preconditioned residuals, conjugate to those before. */
static ntk_status turn(ntk_conjugate *s)
{
    const ntk_conjugate_call *call = s->call;
    int64_t n = call->n, columns = call->columns;
    NTK_TRY(precondition(s));
    NTK_TRY(ntk_tall_inner(call->lane, n, s->V, columns, s->Q, s->Z, false));
    NTK_TRY(ntk_dependent_solve(&s->W, s->V, columns, columns, s->room, call->lane));
    NTK_TRY(ntk_tall_multiply(call->lane, n, s->Z, 1, -1, s->P, s->V, columns));
    return find_directions(s, true);
}

/* --- the iteration --- */

/* Whether the recurrence's residual, or what it has to go on with, asks for the true one. */
static bool is_at_end(const ntk_conjugate *s)
{
    return s->history[s->iterations] <= s->call->settings->tolerance || s->iterations >= s->call->settings->max_iterations ||
           s->P.cols == 0;
}

/* *done unless the true residual is too large and going on from there may help: it was halved since the last such look. */
static ntk_status look(ntk_conjugate *s, bool *done)
{
    const ntk_iterative_options *settings = s->call->settings;
    NTK_TRY(replace_residual(s));
    double residual = s->history[s->iterations];
    *done = residual <= settings->tolerance || s->iterations >= settings->max_iterations || !(residual <= s->checked / 2);
    s->checked = residual;
    if (*done) return NTK_OK;
    NTK_TRY(begin_anew(s));
    *done = s->P.cols == 0;
    return NTK_OK;
}

static ntk_status iterate(ntk_conjugate *s)
{
    const ntk_iterative_options *settings = s->call->settings;
    bool done = false;
    for (;;) {
        if (is_at_end(s)) NTK_TRY(look(s, &done));
        if (done) return NTK_OK;
        NTK_TRY(move(s));
        s->iterations++;
        find_residuals(s);
        if (is_at_end(s)) continue;
        NTK_TRY(turn(s));
        if (settings->checkpoint && s->iterations % settings->checkpoint_every == 0) NTK_TRY(ntk_checkpoint_write(s));
    }
}

/* --- beginning and end --- */

static void divide(double *B, const double *scales, int64_t count, int64_t columns)
{
    for (int64_t i = 0; i < count; i++)
        if (scales[i % columns] > 0) B[i] /= scales[i % columns];
}

/* By the largest number first, whose square might not be representable. */
static void scale(ntk_conjugate *s)
{
    int64_t count = s->call->n * s->call->columns, columns = s->call->columns;
    for (int64_t c = 0; c < columns; c++) s->scales[c] = 0;
    for (int64_t i = 0; i < count; i++) s->scales[i % columns] = fmax(s->scales[i % columns], fabs(s->B[i]));
    divide(s->B, s->scales, count, columns);
    ntk_tall_norms(s->residuals, s->call->n, ntk_tall_of(s->B, columns));
    divide(s->B, s->residuals, count, columns);
    for (int64_t c = 0; c < columns; c++) s->scales[c] *= s->residuals[c];
    memset(s->X.data, 0, (size_t)count * sizeof(double));
    memcpy(s->R.data, s->B, (size_t)count * sizeof(double));
}

/* The span of old solutions is as good as the directions of a first step. */
static ntk_status use_start(ntk_conjugate *s)
{
    const ntk_conjugate_call *call = s->call;
    s->Z.cols = s->Z.ld = call->starts;
    memcpy(s->Z.data, call->start, (size_t)(call->n * call->starts) * sizeof(double));
    NTK_TRY(find_directions(s, false));
    if (!s->P.cols) return NTK_OK;
    NTK_TRY(move(s));
    find_residuals(s);
    return NTK_OK;
}

static ntk_status begin(ntk_conjugate *s)
{
    scale(s);
    if (s->call->settings->resume) {
        NTK_TRY(ntk_checkpoint_read(s));
        ntk_tall_norms(s->residuals, s->call->n, s->R);
        note_progress(s, s->history[s->iterations]);
        return NTK_OK;
    }
    find_residuals(s);
    if (s->call->start) NTK_TRY(use_start(s));
    return begin_anew(s);
}

static void finish(ntk_conjugate *s, ntk_conjugate_report *report)
{
    int64_t count = s->call->n * s->call->columns, columns = s->call->columns;
    double *left = s->call->left;
    for (int64_t i = 0; i < count; i++) s->B[i] = s->X.data[i] * s->scales[i % columns];
    for (int64_t i = 0; left && i < count; i++) left[i] = s->R.data[i] * s->scales[i % columns];
    report->iterations = s->iterations;
    report->products = s->products;
    report->residual = s->history[s->iterations];
}

static ntk_status allocate(ntk_conjugate *s, ntk_context *context)
{
    int64_t columns = s->call->columns, row = columns * (int64_t)sizeof(double);
    ntk_tall *const talls[] = {&s->X, &s->R, &s->P, &s->Q, &s->Z};
    double **const squares[] = {&s->W.G, &s->V, &s->C};
    double **const vectors[] = {&s->scales, &s->residuals, &s->W.scales, &s->room};
    for (size_t i = 0; i < sizeof talls / sizeof talls[0]; i++) {
        talls[i]->cols = talls[i]->ld = columns;
        NTK_TRY(ntk_allocate(context, &talls[i]->data, s->call->n, row, "vectors of conjugate gradients"));
    }
    for (size_t i = 0; i < sizeof squares / sizeof squares[0]; i++)
        NTK_TRY(ntk_allocate(context, squares[i], columns, row, "inner products"));
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
        NTK_TRY(ntk_allocate(context, vectors[i], columns, sizeof(double), "norms"));
    NTK_TRY(ntk_allocate(context, &s->W.order, columns, sizeof(int64_t), "pivots"));
    return ntk_allocate(context, &s->history, s->call->settings->max_iterations + 1, sizeof(double), "a history");
}

ntk_status ntk_conjugate_solve(const ntk_conjugate_call *call, double *B, ntk_conjugate_report *report)
{
    ntk_context *context = call->lane->work->context;
    ntk_conjugate state = {.call = call, .B = B, .reached = call->begin, .pace = 0.05, .checked = INFINITY};
    *report = (ntk_conjugate_report){0};
    ntk_work_stage(call->lane->work, "conjugate gradients", 1, call->begin, call->begin);
    ntk_status status = allocate(&state, context);
    if (status >= 0) status = begin(&state);
    if (status >= 0) status = iterate(&state);
    if (status >= 0) finish(&state, report);
    report->history = state.history;
    void *const held[] = {state.X.data, state.R.data, state.P.data,    state.Q.data,   state.Z.data,  state.W.G, state.V,
                          state.C,      state.scales, state.residuals, state.W.scales, state.W.order, state.room};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) ntk_free(context, held[i]);
    return status;
}

ntk_status ntk_conjugate_memory(uint64_t *bytes, int64_t n, int64_t columns, int64_t max_iterations)
{
    uint64_t row;
    NTK_TRY(ntk_size_multiply(&row, columns, sizeof(double)));
    for (int i = 0; i < 5; i++) NTK_TRY(ntk_need(bytes, n, (int64_t)row));
    for (int i = 0; i < 3; i++) NTK_TRY(ntk_need(bytes, columns, (int64_t)row));
    for (int i = 0; i < 5; i++) NTK_TRY(ntk_need(bytes, columns, sizeof(double)));
    return ntk_need(bytes, max_iterations + 1, sizeof(double));
}
