/* Dormand and Prince's pair of orders 5 and 4 (1980), its steps by Hairer, Norsett and Wanner's controller (1993, section II.4). */
#include "dynamics/model/gap.h"

#include "core/memory.h"
#include "core/status.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { STAGES = NTK_GAP_STAGES };

static const double NODES[STAGES] = {0, 0.2, 0.3, 0.8, 8.0 / 9, 1, 1};
static const double STAGE[STAGES][STAGES - 1] = {
    {0},
    {0.2},
    {3.0 / 40, 9.0 / 40},
    {44.0 / 45, -56.0 / 15, 32.0 / 9},
    {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
    {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
    {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84},
};
static const double ERROR[STAGES] = {71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40};

/* How far products of J are right, relative to ||r||: errors below it are not asked for. */
static const double ROUNDING = 16 * DBL_EPSILON;

/* The first step, and the longest that is stable, over the largest eigenvalue of J J^T. */
static const double FIRST_STEP = 0.1, STABLE_STEP = 3.3;

static ntk_status count_numbers(int64_t *count, int64_t m, int64_t p, int64_t all)
{
    int64_t outputs = ntk_vector_room(m), parameters = ntk_vector_room(p), wide, rest;
    *count = 0;
    if (__builtin_add_overflow(outputs, parameters, &wide) || __builtin_mul_overflow(wide, STAGES + 3, &rest) ||
        __builtin_add_overflow(rest, ntk_vector_room(all) + outputs, count))
        return ntk_fail(NTK_ERR_OVERFLOW, "a flow of %lld parameters is more than can be addressed", (long long)all);
    return NTK_OK;
}

ntk_status ntk_gap_memory(const ntk_model *model, uint64_t *bytes, int64_t m)
{
    int64_t count;
    NTK_TRY(count_numbers(&count, m, model->parameters, model->all));
    return ntk_need(bytes, count, sizeof(double));
}

static ntk_status open_block(ntk_gap *gap)
{
    const ntk_model_problem *problem = gap->here->problem;
    int64_t count, all = problem->model->all;
    NTK_TRY(count_numbers(&count, gap->m, gap->p, all));
    NTK_TRY(ntk_allocate(problem->lane->work->context, &gap->block, count, sizeof(double), "a gradient flow"));
    double *at = gap->block;
    for (int i = 0; i < STAGES; i++, at += gap->width) gap->slopes[i] = at;
    gap->state = at;
    gap->trial = at + gap->width;
    gap->gradient = gap->trial + gap->width;
    gap->decay = gap->gradient + ntk_vector_room(gap->p);
    gap->residual = gap->decay + ntk_vector_room(gap->m);
    gap->theta = gap->residual + ntk_vector_room(gap->m);
    memcpy(gap->theta, problem->theta0, (size_t)all * sizeof(double));
    /* the gaps between vectors, too, for they are added */
    memset(gap->state, 0, (size_t)gap->width * sizeof(double));
    memset(gap->trial, 0, (size_t)gap->width * sizeof(double));
    for (int i = 0; i < STAGES; i++) memset(gap->slopes[i], 0, (size_t)gap->width * sizeof(double));
    return NTK_OK;
}

/* theta and residual of a state at the time where the linearized flow is. */
static void place(ntk_gap *gap, const double *state)
{
    const ntk_model_problem *problem = gap->here->problem;
    const double *theta0 = problem->theta0 + problem->model->first, *outputs = state + ntk_vector_room(gap->p);
    double *theta = gap->theta + problem->model->first;
    for (int64_t k = 0; k < gap->p; k++) theta[k] = theta0[k] + (gap->linear->path[k] + state[k]) / gap->alpha;
    for (int64_t k = 0; k < gap->m; k++) gap->residual[k] = gap->linear->residual[k] + outputs[k];
    gap->here->theta = gap->theta;
    ntk_point_move(gap->here);
}

static ntk_status slope(ntk_gap *gap, double s, const double *state, double *out)
{
    double *outputs = out + ntk_vector_room(gap->p);
    NTK_TRY(ntk_linear_move(gap->linear, s));
    place(gap, state);
    NTK_TRY(ntk_point_transposed(gap->here, gap->residual, gap->gradient));
    NTK_TRY(ntk_point_multiply(gap->here, gap->gradient, gap->decay));
    gap->evaluations++;
    for (int64_t k = 0; k < gap->p; k++) out[k] = gap->linear->gradient[k] - gap->gradient[k];
    for (int64_t k = 0; k < gap->m; k++) outputs[k] = gap->linear->decay[k] - gap->decay[k];
    return NTK_OK;
}

ntk_status ntk_gap_open(ntk_gap *gap, ntk_point *here, ntk_linear *linear, const double *r0, double alpha)
{
    *gap = (ntk_gap){.here = here, .linear = linear, .m = linear->m, .p = linear->p, .alpha = alpha, .last_error = 1e-4};
    double largest = linear->values[linear->m - 1], length = ntk_vector_norm(r0, linear->m);
    gap->width = ntk_vector_room(gap->p) + ntk_vector_room(gap->m);
    gap->step = largest > 0 ? FIRST_STEP / largest : 1;
    gap->floor_gap = fmax(ROUNDING * length, DBL_MIN);
    gap->floor_shift = fmax(largest > 0 ? gap->floor_gap / sqrt(largest) : 0, DBL_MIN);
    NTK_TRY(open_block(gap));
    return slope(gap, 0, gap->state, gap->slopes[0]);
}

void ntk_gap_close(ntk_gap *gap)
{
    if (gap->here) ntk_free(gap->here->problem->lane->work->context, gap->block);
}

/* The stages of a step of length h; trial is its end.  With the error of the pair relative to what is allowed, or NaN. */
static ntk_status try_step(ntk_gap *gap, double h, double end, double *error)
{
    double tolerance = gap->here->problem->model->options.tolerance;
    int64_t behind = ntk_vector_room(gap->p);
    for (int i = 1; i < STAGES; i++) {
        memcpy(gap->trial, gap->state, (size_t)gap->width * sizeof(double));
        for (int j = 0; j < i; j++)
            if (STAGE[i][j] != 0) ntk_vector_add(gap->trial, h * STAGE[i][j], gap->slopes[j], gap->width);
        NTK_TRY(slope(gap, NODES[i] < 1 ? gap->s + NODES[i] * h : end, gap->trial, gap->slopes[i]));
    }
    double shift = ntk_vector_norm(gap->trial, gap->p), outputs = ntk_vector_norm(gap->trial + behind, gap->m);
    double shift_error = 0, outputs_error = 0;
    for (int64_t k = 0; k < gap->width; k++) {
        double sum = 0;
        for (int i = 0; i < STAGES; i++) sum += ERROR[i] * gap->slopes[i][k];
        *(k < behind ? &shift_error : &outputs_error) += sum * sum;
    }
    shift_error = h * sqrt(shift_error) / (tolerance * fmax(shift, gap->largest_shift) + gap->floor_shift);
    outputs_error = h * sqrt(outputs_error) / (tolerance * fmax(outputs, gap->largest_gap) + gap->floor_gap);
    *error = isfinite(shift_error + outputs_error) ? fmax(shift_error, outputs_error) : (double)NAN;
    return NTK_OK;
}

/* The step becomes the state. */
static void accept(ntk_gap *gap, double end)
{
    double *state = gap->state, *first = gap->slopes[0];
    gap->state = gap->trial;
    gap->trial = state;
    gap->slopes[0] = gap->slopes[STAGES - 1];
    gap->slopes[STAGES - 1] = first;
    gap->s = end;
    gap->steps++;
    gap->largest_shift = fmax(gap->largest_shift, ntk_vector_norm(ntk_gap_shift(gap), gap->p));
    gap->largest_gap = fmax(gap->largest_gap, ntk_vector_norm(ntk_gap_outputs(gap), gap->m));
}

static ntk_status stuck(const ntk_gap *gap, double last, const char *why)
{
    double square = gap->alpha * gap->alpha, largest = gap->linear->values[gap->m - 1];
    return ntk_fail(NTK_ERR_UNSUPPORTED,
                    "%s: %s: after %lld steps, %lld of them rejected, the flow is at the time %.6g of %.6g; the eigenvalues of "
                    "J_0 J_0^T go from %.3g to %.3g, and steps of an explicit method are at most %.3g long",
                    gap->here->problem->function, why, (long long)(gap->steps + gap->rejected), (long long)gap->rejected,
                    gap->s / square, last / square, gap->linear->values[0], largest, STABLE_STEP / (largest * square));
}

ntk_status ntk_gap_step(ntk_gap *gap, double until, double last)
{
    const ntk_model_options *options = &gap->here->problem->model->options;
    double factor = 1;
    /* no step is so short, and nothing changes */
    if (until - gap->s <= 4 * DBL_EPSILON * until) {
        gap->s = until;
        return NTK_OK;
    }
    for (;;) {
        bool lands = gap->s + 1.01 * gap->step >= until;
        double h = lands ? until - gap->s : gap->step, end = lands ? until : gap->s + h, error, next;
        if (gap->steps + gap->rejected >= options->max_steps) return stuck(gap, last, "max_steps are taken");
        if (!(h > 4 * DBL_EPSILON * gap->s)) return stuck(gap, last, "steps have become too small, or the model gives NaN");
        NTK_TRY(try_step(gap, h, end, &error));
        if (error <= 1) {
            factor = pow(error, 0.17) / pow(gap->last_error, 0.04) / 0.9;
            next = h / fmin(fmax(factor, 0.1), 5);
            gap->last_error = fmax(error, 1e-4);
            gap->step = lands ? fmax(next, gap->step) : next;
            accept(gap, end);
            return NTK_OK;
        }
        gap->rejected++;
        gap->step = error > 1 ? h / fmin(pow(error, 0.17) / 0.9, 5) : h / 10;
    }
}
