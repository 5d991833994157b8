/* The certificate of lazy training, by the formulas of <ntk/model.h>. */
#include "core/memory.h"
#include "core/options.h"
#include "core/status.h"
#include "dynamics/model/lipschitz.h"
#include "dynamics/model/spectrum.h"

#include <math.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_certificate, sigma_min) == 8 && offsetof(ntk_certificate, sigma_max) == 16 &&
                   offsetof(ntk_certificate, beta) == 24 && offsetof(ntk_certificate, beta_observed) == 32 &&
                   offsetof(ntk_certificate, initial_loss) == 40 && offsetof(ntk_certificate, alpha_required) == 48 &&
                   offsetof(ntk_certificate, alpha_sharp) == 56 && offsetof(ntk_certificate, alpha_observed) == 64 &&
                   offsetof(ntk_certificate, alpha_chizat) == 72 && offsetof(ntk_certificate, rate) == 80 &&
                   offsetof(ntk_certificate, radius) == 88 && offsetof(ntk_certificate, ball) == 96 &&
                   offsetof(ntk_certificate, output_gap) == 104 && offsetof(ntk_certificate, parameter_gap) == 112 &&
                   offsetof(ntk_certificate, step) == 120 && offsetof(ntk_certificate, step_rate) == 128 &&
                   offsetof(ntk_certificate, certified) == 136 && offsetof(ntk_certificate, certified_chizat) == 140 &&
                   offsetof(ntk_certificate, proven) == 144 && offsetof(ntk_certificate, reserved) == 148 &&
                   sizeof(ntk_certificate) == 152,
               "the layout of ntk_certificate is frozen");

/* Shares of the work. */
static const double SPECTRUM_SHARE = 0.5;

/* Lengths of f_theta0, of y and of alpha f - y. */
typedef struct start {
    double output, target, residual;
} start;

/* beta times a factor, where beta is 0 exactly 0. */
static double scaled(double beta, double factor)
{
    return beta > 0 ? beta * factor : 0;
}

static void conclude(ntk_certificate *c, const start *at, double alpha, bool known)
{
    double s = c->sigma_min, S = c->sigma_max, L0 = c->initial_loss, inverse = 1 / s;
    double wander = S * sqrt(L0) * inverse * inverse / alpha; /* what movements have in common */
    double threshold = s > 0 ? sqrt(1152.0) * S * sqrt(L0) / (s * s * s) : INFINITY;
    bool proven = c->proven && s > 0;
    c->alpha_required = proven ? scaled(c->beta, threshold) : INFINITY;
    c->alpha_sharp = c->alpha_required / 2;
    c->alpha_observed = s > 0 ? scaled(c->beta_observed, threshold) : INFINITY;
    c->alpha_chizat = proven ? scaled(c->beta, 32 * S * at->target / (s * s * s)) : INFINITY;
    c->rate = alpha * alpha * s * s / 2;
    c->radius = s > 0 ? 3 * sqrt(8) * wander : INFINITY;
    c->ball = c->beta > 0 ? s / (2 * c->beta) : INFINITY;
    c->output_gap = proven ? scaled(c->beta, 40 * S * S * L0 / (alpha * s * s * s * s)) : INFINITY;
    double speed = 6 * sqrt(2) * wander; /* rho, the length of either path */
    c->parameter_gap = proven ? 4 / (alpha * s * s) * (scaled(c->beta, speed * sqrt(2 * L0)) + S * c->output_gap) : INFINITY;
    c->step = S > 0 ? 4 / (9 * alpha * alpha * S * S) : INFINITY;
    c->step_rate = S > 0 ? 1 - s * s / (18 * S * S) : 1;
    c->certified = proven && known && alpha >= c->alpha_required;
    bool small = c->beta == 0 || at->output <= s * s * s / (32 * c->beta * S);
    c->certified_chizat = proven && known && small && alpha > c->alpha_chizat;
}

/* y becomes the residual. */
static ntk_status begin(ntk_point *point, start *at, double alpha, double *f)
{
    const ntk_model_problem *problem = point->problem;
    double *y = problem->y;
    NTK_TRY(ntk_point_forward(point, f));
    at->output = ntk_vector_norm(f, problem->m);
    at->target = ntk_vector_norm(y, problem->m);
    for (int64_t k = 0; k < problem->m; k++) y[k] = alpha * f[k] - y[k];
    at->residual = ntk_vector_norm(y, problem->m);
    if (isfinite(at->residual * at->residual)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: the loss of alpha = %g overflows", problem->function, alpha);
}

static ntk_status certify(ntk_point *point, ntk_certificate *c, double alpha)
{
    const ntk_model_problem *problem = point->problem;
    ntk_context *context = problem->lane->work->context;
    ntk_jacobian_spectrum spectrum;
    start at;
    double *f;
    bool proven;
    NTK_TRY(ntk_allocate(context, &f, problem->m, sizeof(double), "outputs"));
    ntk_status status = begin(point, &at, alpha, f);
    ntk_free(context, f);
    if (status < 0) return status;
    status = ntk_point_spectrum(point, &spectrum, 0, SPECTRUM_SHARE);
    if (status < 0) return status;
    c->sigma_min = fmax(spectrum.sigma_min - spectrum.min_error, 0);
    c->sigma_max = spectrum.sigma_max + spectrum.max_error;
    c->initial_loss = at.residual * at.residual / 2;
    ntk_work_stage(problem->lane->work, "bound of beta", 1, SPECTRUM_SHARE, SPECTRUM_SHARE);
    NTK_TRY(ntk_lipschitz_bound(&c->beta, &proven, problem, c->sigma_min));
    NTK_TRY(ntk_lipschitz_search(&c->beta_observed, point, SPECTRUM_SHARE, 1));
    c->proven = proven;
    conclude(c, &at, alpha, status == NTK_OK);
    return status;
}

ntk_status ntk_model_certify(const ntk_model *model, ntk_certificate *certificate, const ntk_matrix *theta0,
                             const ntk_matrix *x, const ntk_matrix *y, double alpha)
{
    ntk_certificate own = {.struct_size = sizeof own};
    ntk_model_problem problem;
    ntk_point point = {0};
    ntk_work work;
    bool dense;
    NTK_REQUIRE(model);
    NTK_REQUIRE(certificate);
    NTK_TRY(ntk_options_check(certificate, sizeof own, sizeof own, "ntk_certificate"));
    NTK_TRY(ntk_model_problem_check(model, theta0, "theta0", x, y, true, __func__));
    NTK_TRY(ntk_model_alpha_check(alpha, __func__));
    NTK_TRY(ntk_model_budget_check(model, NTK_CALL_CERTIFY, x->rows, &dense));
    ntk_lane lane = ntk_work_begin(&work, model->base.context);
    ntk_status status = ntk_model_problem_open(&problem, model, &lane, theta0, x, y, __func__);
    problem.dense = dense;
    if (status >= 0) status = ntk_point_open(&point, &problem, problem.theta0);
    if (status >= 0) status = certify(&point, &own, alpha);
    ntk_point_close(&point);
    ntk_model_problem_close(&problem);
    if (status < 0) return status;
    NTK_TRY(ntk_options_write(certificate, sizeof own, &own, sizeof own, "ntk_certificate"));
    return status;
}
