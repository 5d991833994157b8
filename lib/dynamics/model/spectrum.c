#include "dynamics/model/spectrum.h"

#include "core/memory.h"
#include "core/options.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/model/tangent.h"
#include "gram/lanczos.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_jacobian_spectrum, sigma_min) == 8 && offsetof(ntk_jacobian_spectrum, sigma_max) == 16 &&
                   offsetof(ntk_jacobian_spectrum, min_error) == 24 && offsetof(ntk_jacobian_spectrum, max_error) == 32 &&
                   offsetof(ntk_jacobian_spectrum, rows) == 40 && offsetof(ntk_jacobian_spectrum, iterations) == 48 &&
                   offsetof(ntk_jacobian_spectrum, method) == 56 && offsetof(ntk_jacobian_spectrum, reserved) == 60 &&
                   sizeof(ntk_jacobian_spectrum) == 64,
               "the layout of ntk_jacobian_spectrum is frozen");

/* Eigenvalues of J J^T are right to rounding of the largest: sigma_min, its root, loses digits as it falls behind sigma_max, and from here
 * on it is had without the product. */
static const double LEAST_RATIO = 1e-4;

static bool takes_lanczos(const ntk_model *model, bool dense)
{
    if (model->options.spectrum == NTK_SPECTRUM_AUTO) return !dense;
    return model->options.spectrum == NTK_SPECTRUM_LANCZOS;
}

/* Rounding of a matrix of m rows and p columns, and of its decomposition, relative to its norm. */
static double rounding(int64_t m, int64_t p)
{
    return DBL_EPSILON * ((double)m + sqrt((double)p));
}

static void take_lanczos(ntk_jacobian_spectrum *spectrum, const ntk_model_problem *problem, const ntk_lanczos *found)
{
    double error = rounding(problem->m, problem->p) * found->largest;
    spectrum->sigma_max = found->largest;
    spectrum->max_error = fmax(error, found->largest_residual);
    spectrum->sigma_min = found->smallest;
    spectrum->min_error = fmax(error, found->smallest_residual);
    spectrum->iterations = found->steps;
    spectrum->method = NTK_SPECTRUM_LANCZOS;
}

/* J  the point's Jacobian, or NULL: products of the point serve */
typedef struct products {
    ntk_point *point;
    const double *J;
} products;

static ntk_status multiply(void *argument, const double *v, double *y)
{
    const products *by = argument;
    const ntk_model_problem *problem = by->point->problem;
    if (by->J) return ntk_dense_multiply(problem->lane, by->J, problem->m, problem->p, v, y);
    return ntk_point_multiply(by->point, v, y);
}

static ntk_status transposed(void *argument, const double *u, double *g)
{
    const products *by = argument;
    const ntk_model_problem *problem = by->point->problem;
    if (by->J) return ntk_dense_transposed(problem->lane, by->J, problem->m, problem->p, u, g);
    return ntk_point_transposed(by->point, u, g);
}

static ntk_status find_extremes(ntk_lanczos *found, ntk_point *point, const double *J, int64_t most, double tolerance)
{
    const ntk_model_problem *problem = point->problem;
    products by = {point, J};
    const ntk_lanczos_matrix A = {
        .multiply = multiply, .transposed = transposed, .argument = &by, .rows = problem->m, .cols = problem->p};
    const ntk_lanczos_settings settings = {
        .most = most, .tolerance = tolerance, .seed = problem->model->options.seed, .function = problem->function};
    return ntk_lanczos_run(found, problem->lane, &A, &settings);
}

static ntk_status by_lanczos(ntk_point *point, ntk_jacobian_spectrum *spectrum)
{
    const ntk_model_problem *problem = point->problem;
    const ntk_model_options *options = &problem->model->options;
    ntk_lanczos found;
    int64_t most = ntk_smaller(options->max_iterations, problem->m);
    ntk_work_stage(problem->lane->work, "singular values", most, 0, 1);
    NTK_TRY(find_extremes(&found, point, NULL, most, options->lanczos_tolerance));
    take_lanczos(spectrum, problem, &found);
    if (found.converged) return NTK_OK;
    return ntk_fail(NTK_NOTE_NOT_CONVERGED,
                    "%s: after %lld iterations the residuals of the singular values %g and %g are %g and %g, expected %g; "
                    "%lld iterations suffice for certain",
                    problem->function, (long long)found.steps, found.smallest, found.largest, found.smallest_residual,
                    found.largest_residual, options->lanczos_tolerance * found.largest, (long long)problem->m);
}

static ntk_status by_eigenvalues(ntk_tangent *tangent, ntk_point *point, ntk_jacobian_spectrum *spectrum)
{
    const ntk_model_problem *problem = point->problem;
    ntk_lanczos found;
    NTK_TRY(ntk_tangent_decompose(tangent, point));
    double largest = tangent->values[tangent->m - 1], error = rounding(problem->m, problem->p) * largest;
    spectrum->sigma_max = sqrt(largest);
    spectrum->sigma_min = sqrt(tangent->values[0]);
    spectrum->max_error = largest > 0 ? error / (2 * spectrum->sigma_max) : 0;
    spectrum->method = NTK_SPECTRUM_DENSE;
    if (largest == 0 || problem->p < problem->m) return NTK_OK;
    spectrum->min_error = error / (2 * spectrum->sigma_min);
    if (spectrum->sigma_min >= LEAST_RATIO * spectrum->sigma_max) return NTK_OK;
    NTK_TRY(find_extremes(&found, point, tangent->J, problem->m, 0));
    take_lanczos(spectrum, problem, &found);
    spectrum->method = NTK_SPECTRUM_DENSE;
    spectrum->iterations = 0;
    return NTK_OK;
}

static ntk_status by_tangent(ntk_point *point, ntk_jacobian_spectrum *spectrum)
{
    ntk_tangent tangent;
    ntk_work_stage(point->problem->lane->work, "singular values", 2 * point->problem->m, 0, 1);
    ntk_status status = ntk_tangent_open(&tangent, point->problem);
    if (status >= 0) status = by_eigenvalues(&tangent, point, spectrum);
    ntk_tangent_close(&tangent, point->problem);
    return status;
}

ntk_status ntk_point_spectrum(ntk_point *point, ntk_jacobian_spectrum *spectrum, double begin, double end)
{
    const ntk_model_problem *problem = point->problem;
    *spectrum = (ntk_jacobian_spectrum){.struct_size = sizeof *spectrum, .rows = problem->m};
    ntk_share room = ntk_work_narrow(problem->lane->work, begin, end);
    ntk_status status =
        takes_lanczos(problem->model, problem->dense) ? by_lanczos(point, spectrum) : by_tangent(point, spectrum);
    ntk_work_widen(problem->lane->work, room);
    /* fewer parameters than outputs: there are not so many singular values */
    if (problem->p < problem->m) spectrum->sigma_min = spectrum->min_error = 0;
    if (spectrum->sigma_min <= spectrum->min_error) spectrum->sigma_min = 0;
    return status;
}

ntk_status ntk_jacobian_spectrum_memory(const ntk_model *model, uint64_t *bytes, int64_t n, bool dense)
{
    bool lanczos = takes_lanczos(model, dense);
    int64_t m;
    if (__builtin_mul_overflow(n, model->outputs, &m))
        return ntk_fail(NTK_ERR_OVERFLOW, "%lld samples of %lld outputs are too many", (long long)n, (long long)model->outputs);
    if (!lanczos) NTK_TRY(ntk_tangent_memory(model, bytes, n, dense));
    return ntk_lanczos_memory(bytes, m, model->parameters, lanczos ? ntk_smaller(model->options.max_iterations, m) : m);
}

ntk_status ntk_model_spectrum(const ntk_model *model, ntk_jacobian_spectrum *spectrum, const ntk_matrix *theta,
                              const ntk_matrix *x)
{
    ntk_jacobian_spectrum own;
    ntk_model_problem problem;
    ntk_point point = {0};
    ntk_work work;
    bool dense;
    NTK_REQUIRE(model);
    NTK_REQUIRE(spectrum);
    NTK_TRY(ntk_options_check(spectrum, sizeof own, sizeof own, "ntk_jacobian_spectrum"));
    NTK_TRY(ntk_model_problem_check(model, theta, "theta", x, NULL, false, __func__));
    NTK_TRY(ntk_model_budget_check(model, NTK_CALL_SPECTRUM, x->rows, &dense));
    ntk_lane lane = ntk_work_begin(&work, model->base.context);
    ntk_status status = ntk_model_problem_open(&problem, model, &lane, theta, x, NULL, __func__);
    problem.dense = dense;
    if (status >= 0) status = ntk_point_open(&point, &problem, problem.theta0);
    if (status >= 0) status = ntk_point_spectrum(&point, &own, 0, 1);
    ntk_point_close(&point);
    ntk_model_problem_close(&problem);
    if (status < 0) return status;
    NTK_TRY(ntk_options_write(spectrum, sizeof own, &own, sizeof own, "ntk_jacobian_spectrum"));
    return status;
}
