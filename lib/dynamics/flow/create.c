#include "core/memory.h"
#include "core/options.h"
#include "core/pool.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/flow/flow.h"
#include "ridge/spectral.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_flow_options, loss) == 8 && offsetof(ntk_flow_options, method) == 12 &&
                   offsetof(ntk_flow_options, step) == 16 && offsetof(ntk_flow_options, momentum) == 24 &&
                   offsetof(ntk_flow_options, friction) == 32 && offsetof(ntk_flow_options, weight_decay) == 40 &&
                   offsetof(ntk_flow_options, cut) == 48 && offsetof(ntk_flow_options, dtype) == 56 &&
                   offsetof(ntk_flow_options, borrow) == 60 && sizeof(ntk_flow_options) == 64,
               "the layout of ntk_flow_options is frozen");

/* --- options --- */

static ntk_status check_number(double value, double end, const char *name, const char *function)
{
    if (value >= 0 && value < end) return NTK_OK;
    if (isinf(end)) return ntk_fail(NTK_ERR_OPTION, "%s: %s is %g, expected a finite number >= 0", function, name, value);
    return ntk_fail(NTK_ERR_OPTION, "%s: %s is %g, expected 0 <= %s < %g", function, name, value, name, end);
}

static ntk_status read_options(ntk_flow_options *own, const ntk_flow_options *options, const char *function)
{
    NTK_TRY(ntk_options_read(own, sizeof *own, sizeof *own, options, "ntk_flow_options"));
    if (own->loss < NTK_LOSS_MEAN || own->loss > NTK_LOSS_HALF_MEAN)
        return ntk_fail(NTK_ERR_OPTION, "%s: loss is %d, expected NTK_LOSS_MEAN, _HALF_SUM or _HALF_MEAN", function, own->loss);
    if (own->method < NTK_FLOW_FLOW || own->method > NTK_FLOW_INERTIA)
        return ntk_fail(NTK_ERR_OPTION, "%s: method is %d, expected NTK_FLOW_FLOW, _GD, _MOMENTUM, _NESTEROV or _INERTIA",
                        function, own->method);
    NTK_TRY(check_number(own->step, INFINITY, "step", function));
    NTK_TRY(check_number(own->momentum, 1, "momentum", function));
    NTK_TRY(check_number(own->friction, INFINITY, "friction", function));
    NTK_TRY(check_number(own->weight_decay, INFINITY, "weight_decay", function));
    NTK_TRY(check_number(own->cut, 1, "cut", function));
    NTK_TRY(ntk_dtype_check(own->dtype, 1, function, "dtype"));
    ntk_law law = {.method = own->method};
    if (ntk_law_is_discrete(&law) && !(own->step > 0))
        return ntk_fail(NTK_ERR_OPTION, "%s: step is 0, expected the step of the method", function);
    return NTK_OK;
}

static double scale_of(int32_t loss, int64_t n, int64_t targets)
{
    if (loss == NTK_LOSS_MEAN) return 2 / (double)n;
    return loss == NTK_LOSS_HALF_SUM ? 1 : 1 / ((double)n * (double)targets);
}

static ntk_law law_of(const ntk_flow_options *own, int64_t n, int64_t targets)
{
    return (ntk_law){.method = own->method,
                     .step = own->step,
                     .momentum = own->momentum,
                     .friction = own->friction,
                     .scale = scale_of(own->loss, n, targets),
                     .decay = own->weight_decay};
}

double ntk_flow_loss_factor(const ntk_flow *flow, int64_t samples)
{
    return scale_of(flow->loss, samples, flow->targets) / 2;
}

/* --- memory --- */

static ntk_status add_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                             int64_t t, int32_t dtype)
{
    uint64_t making = 0, later = 0, wide;
    NTK_TRY(ntk_size_multiply(&wide, t, sizeof(double)));
    NTK_TRY(ntk_need(bytes, 1, sizeof(ntk_flow)));
    NTK_TRY(ntk_spectral_system_memory(context, bytes, &making, kernel, n, d, dtype));
    /* f0, the projections and the residuals */
    for (int i = 0; i < 3; i++) NTK_TRY(ntk_need(&later, n, (int64_t)wide));
    NTK_TRY(ntk_size_add(bytes, 1, (int64_t)ntk_most_bytes(making, later)));
    return ntk_pool_memory(context, bytes);
}

ntk_status ntk_flow_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                           int64_t t, const ntk_flow_options *options)
{
    ntk_flow_options own;
    uint64_t need = 0;
    NTK_REQUIRE(context);
    NTK_REQUIRE(bytes);
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_model_sizes_check(kernel, n, d, t, __func__));
    NTK_TRY(read_options(&own, options, __func__));
    ntk_status status = add_memory(context, &need, kernel, n, d, t, own.dtype ? own.dtype : NTK_F64);
    NTK_TRY(ntk_sizes_representable(status, n, d, t, __func__));
    *bytes = need;
    return NTK_OK;
}

/* --- creation --- */

static void dispose(void *self)
{
    ntk_flow *flow = self;
    ntk_context *context = flow->base.context;
    ntk_ridge_system_close(context, &flow->system);
    ntk_free(context, flow->projected);
    ntk_free(context, flow->f0);
}

/* y - f_0, which may be too large where both are not. */
static ntk_status subtract(const ntk_flow *flow, double *residuals, const ntk_matrix *y, const ntk_lane *lane,
                           const char *function)
{
    int64_t t = flow->targets;
    for (int64_t i = 0; i < y->rows; i++) {
        ntk_convert(residuals + i * t, NTK_F64, ntk_row(y, i), y->dtype, t);
        for (int64_t c = 0; flow->f0 && c < t; c++) residuals[i * t + c] -= flow->f0[i * t + c];
        if (!ntk_is_finite(residuals + i * t, NTK_F64, t))
            return ntk_fail(NTK_ERR_OVERFLOW, "%s: y - f0 overflows in row %lld (counted from 0)", function, (long long)i);
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static ntk_status project(ntk_flow *flow, const ntk_matrix *y, const ntk_matrix *f0, const ntk_lane *lane, const char *function)
{
    ntk_context *context = flow->base.context;
    int64_t n = y->rows, wide = flow->targets * (int64_t)sizeof(double);
    double *residuals;
    if (f0) {
        NTK_TRY(ntk_allocate(context, &flow->f0, n, wide, "a copy of f0"));
        ntk_convert_matrix(flow->f0, flow->targets, NTK_F64, f0);
    }
    NTK_TRY(ntk_allocate(context, &flow->projected, n, wide, "the residuals by eigenvectors"));
    NTK_TRY(ntk_allocate(context, &residuals, n, wide, "the residuals"));
    ntk_status status = subtract(flow, residuals, y, lane, function);
    if (status >= 0)
        status = ntk_eigen_multiply(&flow->system.spectrum, n, lane, NTK_PLAIN, flow->projected, residuals, flow->targets);
    ntk_free(context, residuals);
    if (status < 0) return status;
    if (ntk_is_finite(flow->projected, NTK_F64, n * flow->targets)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: y - f0 is too large", function);
}

/* Modes whose eigenvalues drown in the roundings of K count as 0. */
static int64_t first_moving(const ntk_flow *flow, double cut, int32_t dtype)
{
    int64_t n = ntk_flow_samples(flow), k = 0;
    const double *values = flow->system.spectrum.values;
    if (cut == 0) cut = (double)n * (dtype == NTK_F64 ? DBL_EPSILON : (double)FLT_EPSILON);
    while (k < n && !(values[k] > cut * values[n - 1])) k++;
    return k;
}

static ntk_status fill(ntk_flow *flow, const ntk_ridge_problem *problem, const ntk_matrix *f0, const ntk_flow_options *own)
{
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, flow->base.context);
    flow->law = law_of(own, problem->x->rows, problem->y->cols);
    flow->loss = own->loss;
    flow->targets = problem->y->cols;
    NTK_TRY(ntk_spectral_decompose(&flow->system, problem, &lane, 0.97));
    flow->first = first_moving(flow, own->cut, problem->options.dtype);
    ntk_work_stage(&work, "residuals by eigenvectors", 1, 0.97, 1);
    NTK_TRY(project(flow, problem->y, f0, &lane, problem->function));
    return ntk_advance(&lane, 1);
}

static ntk_status make(ntk_context *context, ntk_flow **flow, const ntk_ridge_problem *problem, const ntk_matrix *f0,
                       const ntk_flow_options *own)
{
    ntk_flow *made;
    uint64_t bytes = 0;
    NTK_TRY(add_memory(context, &bytes, problem->kernel, problem->x->rows, problem->x->cols, problem->y->cols,
                       problem->options.dtype));
    NTK_TRY(ntk_budget_check(context, bytes, "a flow"));
    NTK_TRY(ntk_object_create(context, &made, sizeof *made, dispose, "a flow"));
    ntk_status status = fill(made, problem, f0, own);
    if (status < 0)
        ntk_release(made);
    else
        *flow = made;
    return status;
}

/* The shapes of x, y and f0, and then their values. */
static ntk_status check_data(const ntk_matrix *x, const ntk_matrix *y, const ntk_matrix *f0, const char *function)
{
    NTK_TRY(ntk_input_check(y, function, "y"));
    NTK_TRY(ntk_shape_check(y, x->rows, -1, function, "y"));
    if (f0) NTK_TRY(ntk_input_check(f0, function, "f0"));
    if (f0) NTK_TRY(ntk_shape_check(f0, x->rows, y->cols, function, "f0"));
    NTK_TRY(ntk_finite_check(x, function, "x"));
    NTK_TRY(ntk_finite_check(y, function, "y"));
    return f0 ? ntk_finite_check(f0, function, "f0") : NTK_OK;
}

ntk_status ntk_flow_create(ntk_context *context, ntk_flow **flow, const ntk_kernel *kernel, const ntk_matrix *x,
                           const ntk_matrix *y, const ntk_matrix *f0, const ntk_flow_options *options)
{
    ntk_flow_options own;
    NTK_REQUIRE(flow);
    *flow = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_input_check(x, __func__, "x"));
    NTK_TRY(ntk_shape_check(x, -1, ntk_kernel_inputs(kernel), __func__, "x"));
    NTK_TRY(check_data(x, y, f0, __func__));
    NTK_TRY(read_options(&own, options, __func__));
    ntk_ridge_problem problem = {.kernel = kernel, .x = x, .y = y, .function = __func__};
    problem.options.dtype = own.dtype ? own.dtype : x->dtype;
    problem.options.borrow = own.borrow;
    return make(context, flow, &problem, f0, &own);
}

static ntk_status check_gram(const ntk_gram *gram, int32_t dtype, const char *function)
{
    if (gram->storage == NTK_STORAGE_IMPLICIT)
        return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: gram is implicit, and eigenvectors take a matrix that is held", function);
    if (gram->storage != NTK_STORAGE_FULL)
        return ntk_fail(NTK_ERR_OPTION, "%s: storage of gram is %d, expected NTK_STORAGE_FULL", function, gram->storage);
    if (dtype && dtype != gram->K.dtype)
        return ntk_fail(NTK_ERR_OPTION, "%s: dtype is %d, expected the kernel matrix's %d", function, dtype, gram->K.dtype);
    return NTK_OK;
}

ntk_status ntk_flow_create_gram(ntk_context *context, ntk_flow **flow, const ntk_gram *gram, const ntk_matrix *y,
                                const ntk_matrix *f0, const ntk_flow_options *options)
{
    ntk_flow_options own;
    NTK_REQUIRE(flow);
    *flow = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(gram);
    const ntk_samples *samples = &gram->set->samples;
    ntk_matrix x = ntk_samples_view(samples);
    NTK_TRY(check_data(&x, y, f0, __func__));
    NTK_TRY(read_options(&own, options, __func__));
    NTK_TRY(check_gram(gram, own.dtype, __func__));
    ntk_ridge_problem problem = {.kernel = samples->kernel, .gram = gram, .x = &x, .y = y, .function = __func__};
    problem.options.dtype = gram->K.dtype;
    return make(context, flow, &problem, f0, &own);
}

void ntk_flow_destroy(ntk_flow *flow)
{
    ntk_release(flow);
}
