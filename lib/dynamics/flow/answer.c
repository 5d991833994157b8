#include "core/memory.h"
#include "core/status.h"
#include "dynamics/flow/flow.h"

#include <math.h>

/* --- times --- */

/* Whole numbers up to here are doubles. */
static const double most_steps = 0x1p53;

ntk_status ntk_flow_time_check(const ntk_flow *flow, double t, const char *function, const char *name)
{
    if (!(t >= 0)) return ntk_fail(NTK_ERR_VALUE, "%s: %s is %g, expected a time of 0 or later", function, name, t);
    if (isinf(t) || !ntk_law_is_discrete(&flow->law) || (t <= most_steps && t == floor(t))) return NTK_OK;
    return ntk_fail(NTK_ERR_VALUE, "%s: %s is %.17g, expected a whole number of steps up to 2^53, or infinity", function, name,
                    t);
}

ntk_status ntk_flow_times_check(const ntk_flow *flow, const ntk_matrix *times, const char *function)
{
    for (int64_t i = 0; i < times->rows; i++)
        NTK_TRY(ntk_flow_time_check(flow, ntk_get(ntk_row(times, i), times->dtype, 0), function, "a number of times"));
    return NTK_OK;
}

ntk_status ntk_flow_start_check(const ntk_matrix *start, const char *name, int64_t rows, int64_t targets, const ntk_matrix *out,
                                const char *out_name, const char *function)
{
    if (!start) return NTK_OK;
    NTK_TRY(ntk_input_check(start, function, name));
    NTK_TRY(ntk_shape_check(start, rows, targets, function, name));
    if (out) NTK_TRY(ntk_disjoint_check(out, out_name, start, name, function));
    return ntk_finite_check(start, function, name);
}

/* --- modes --- */

static ntk_status no_answer(const ntk_flow *flow, int64_t k, double t, const char *function)
{
    const ntk_law *law = &flow->law;
    double A = ntk_flow_curvature(flow, k);
    if (!ntk_law_is_discrete(law))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: at t = %g a mode of curvature %g has no limit, or is too large", function, t, A);
    double most = ntk_law_largest_step(law->method, law->momentum, ntk_flow_curvature(flow, ntk_flow_samples(flow) - 1));
    return ntk_fail(NTK_ERR_OVERFLOW,
                    "%s: after %g steps of %g the model is too large, or has no limit: it converges for steps "
                    "below %g (ntk_flow_limits)",
                    function, t, law->step, most);
}

ntk_status ntk_flow_answer(const ntk_flow *flow, double t, double *dual, double *moved, double *left, const char *function)
{
    const ntk_law *law = &flow->law;
    for (int64_t k = 0; k < ntk_flow_samples(flow); k++) {
        double l = flow->system.spectrum.values[k], A = ntk_flow_curvature(flow, k);
        ntk_mode mode = {.left = 1, .finite = true};
        if (k >= flow->first) mode = ntk_mode_at(law, A, t);
        double q = law->scale * mode.done;
        if (!mode.finite || !isfinite(q)) return no_answer(flow, k, t, function);
        if (dual) dual[k] = q;
        if (moved) moved[k] = l * q;
        /* 1 - l q without its cancellation */
        if (left) left[k] = k >= flow->first && A > 0 ? (law->decay + law->scale * l * mode.left) / A : 1;
    }
    return NTK_OK;
}

/* --- sums over the modes --- */

/* scaled = weight_k c_k, n x (T targets), time by time. */
static ntk_status scale(const ntk_flow *flow, const ntk_lane *lane, double *scaled, double *weights, const ntk_matrix *times,
                        bool outputs, const char *function)
{
    int64_t n = ntk_flow_samples(flow), t = flow->targets, wide = times->rows * t;
    for (int64_t i = 0; i < times->rows; i++) {
        double time = ntk_get(ntk_row(times, i), times->dtype, 0);
        NTK_TRY(ntk_flow_answer(flow, time, outputs ? NULL : weights, outputs ? weights : NULL, NULL, function));
        for (int64_t k = 0; k < n; k++)
            for (int64_t c = 0; c < t; c++) scaled[k * wide + i * t + c] = weights[k] * flow->projected[k * t + c];
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

ntk_status ntk_flow_sums(const ntk_flow *flow, const ntk_lane *lane, double *out, const ntk_matrix *times, bool outputs,
                         const char *function)
{
    ntk_context *context = lane->work->context;
    int64_t n = ntk_flow_samples(flow), wide = times->rows * flow->targets;
    double *scaled = NULL, *weights = NULL;
    ntk_status status = ntk_allocate(context, &scaled, n, wide * (int64_t)sizeof *scaled, "sums by eigenvectors");
    if (status >= 0) status = ntk_allocate(context, &weights, n, sizeof *weights, "answers of the modes");
    if (status >= 0) status = scale(flow, lane, scaled, weights, times, outputs, function);
    if (status >= 0) status = ntk_eigen_multiply(&flow->system.spectrum, n, lane, NTK_TRANSPOSED, out, scaled, wide);
    ntk_free(context, weights);
    ntk_free(context, scaled);
    if (status < 0) return status;
    if (ntk_is_finite(out, NTK_F64, n * wide)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: a coefficient is too large to be represented", function);
}
