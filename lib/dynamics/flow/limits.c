#include "core/options.h"
#include "core/status.h"
#include "dynamics/flow/flow.h"

#include <math.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_flow_report, samples) == 8 && offsetof(ntk_flow_report, targets) == 16 &&
                   offsetof(ntk_flow_report, zero_modes) == 24 && offsetof(ntk_flow_report, lambda_max) == 32 &&
                   offsetof(ntk_flow_report, lambda_min) == 40 && offsetof(ntk_flow_report, curvature_max) == 48 &&
                   offsetof(ntk_flow_report, curvature_min) == 56 && offsetof(ntk_flow_report, step_gd) == 64 &&
                   offsetof(ntk_flow_report, step_momentum) == 72 && offsetof(ntk_flow_report, step_nesterov) == 80 &&
                   offsetof(ntk_flow_report, best_step_gd) == 88 && offsetof(ntk_flow_report, best_step_momentum) == 96 &&
                   offsetof(ntk_flow_report, best_momentum) == 104 && offsetof(ntk_flow_report, best_step_nesterov) == 112 &&
                   offsetof(ntk_flow_report, best_momentum_nesterov) == 120 && offsetof(ntk_flow_report, best_rate_gd) == 128 &&
                   offsetof(ntk_flow_report, best_rate_momentum) == 136 &&
                   offsetof(ntk_flow_report, best_rate_nesterov) == 144 && offsetof(ntk_flow_report, slowest_time) == 152 &&
                   offsetof(ntk_flow_report, fastest_time) == 160 && offsetof(ntk_flow_report, rate) == 168 &&
                   sizeof(ntk_flow_report) == 176,
               "the layout of ntk_flow_report is frozen");

/* The best steps for curvatures between least and most, both above 0. */
static void best_steps(ntk_flow_report *report, double least, double most)
{
    double ratio = least / most, root = sqrt(ratio), sum = sqrt(most) + sqrt(least), three = sqrt(3 + ratio);
    report->best_rate_gd = (most - least) / (most + least);
    report->best_step_gd = 2 / (most + least);
    report->best_rate_momentum = (1 - root) / (1 + root);
    report->best_momentum = report->best_rate_momentum * report->best_rate_momentum;
    report->best_step_momentum = 4 / (sum * sum);
    /* sqrt(3 kappa + 1) times the root of the ratio */
    report->best_rate_nesterov = 1 - 2 * root / three;
    report->best_momentum_nesterov = (three - 2 * root) / (three + 2 * root);
    report->best_step_nesterov = 4 / (3 * most + least);
}

ntk_status ntk_flow_limits(const ntk_flow *flow, ntk_flow_report *limits)
{
    NTK_REQUIRE(flow);
    NTK_REQUIRE(limits);
    const double *values = flow->system.spectrum.values;
    int64_t n = ntk_flow_samples(flow);
    const ntk_law *law = &flow->law;
    ntk_flow_report full = {.struct_size = sizeof full, .samples = n, .targets = flow->targets, .zero_modes = flow->first};
    full.lambda_max = values[n - 1];
    full.lambda_min = flow->first < n ? values[flow->first] : 0;
    full.curvature_max = ntk_flow_curvature(flow, n - 1);
    full.curvature_min = flow->first < n ? ntk_flow_curvature(flow, flow->first) : law->decay;
    full.step_gd = ntk_law_largest_step(NTK_FLOW_GD, 0, full.curvature_max);
    full.step_momentum = ntk_law_largest_step(NTK_FLOW_MOMENTUM, law->momentum, full.curvature_max);
    full.step_nesterov = ntk_law_largest_step(NTK_FLOW_NESTEROV, law->momentum, full.curvature_max);
    full.best_step_gd = full.best_step_momentum = full.best_step_nesterov = INFINITY;
    if (full.curvature_max > 0) best_steps(&full, full.curvature_min, full.curvature_max);
    full.slowest_time = 1 / full.curvature_min;
    full.fastest_time = 1 / full.curvature_max;
    for (int64_t k = flow->first; k < n; k++) full.rate = fmax(full.rate, ntk_mode_rate(law, ntk_flow_curvature(flow, k)));
    return ntk_options_write(limits, sizeof full, &full, sizeof full, "ntk_flow_report");
}
