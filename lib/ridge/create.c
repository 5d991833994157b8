#include "core/memory.h"
#include "core/options.h"
#include "core/status.h"
#include "ridge/iterative/iterative.h"
#include "ridge/primal/primal.h"
#include "ridge/rooms.h"

#include <math.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_ridge_options, method) == 8 && offsetof(ntk_ridge_options, storage) == 12 &&
                   offsetof(ntk_ridge_options, dtype) == 16 && offsetof(ntk_ridge_options, intercept) == 20 &&
                   offsetof(ntk_ridge_options, borrow) == 24 && offsetof(ntk_ridge_options, callers) == 28 &&
                   offsetof(ntk_ridge_options, lambdas) == 32 && offsetof(ntk_ridge_options, light) == 40 &&
                   offsetof(ntk_ridge_options, precision) == 44 && offsetof(ntk_ridge_options, capacity) == 48 &&
                   offsetof(ntk_ridge_options, iterative) == 56 && offsetof(ntk_ridge_options, solver) == 64 &&
                   offsetof(ntk_ridge_options, reserved) == 68 && offsetof(ntk_ridge_options, tolerance) == 72 &&
                   sizeof(ntk_ridge_options) == 80,
               "the layout of ntk_ridge_options is frozen");

/* --- options, and the choice of a method --- */

enum { MOST_CALLERS = 4096 };

ntk_status ntk_ridge_options_read(ntk_ridge_options *own, const ntk_ridge_options *options, const char *function)
{
    NTK_TRY(ntk_options_read(own, sizeof *own, sizeof *own, options, "ntk_ridge_options"));
    if (own->method == NTK_RIDGE_NYSTROEM)
        return ntk_fail(NTK_ERR_OPTION, "%s: method is NTK_RIDGE_NYSTROEM, whose models ntk_ridge_create_nystroem makes",
                        function);
    if (own->method < NTK_RIDGE_AUTO || own->method > NTK_RIDGE_ITERATIVE)
        return ntk_fail(NTK_ERR_OPTION, "%s: method is %d, expected NTK_RIDGE_AUTO, _DUAL, _PRIMAL, _SPECTRAL or _ITERATIVE",
                        function, own->method);
    if (own->callers < 0 || own->callers > MOST_CALLERS)
        return ntk_fail(NTK_ERR_OPTION, "%s: callers is %d, expected 0 to %d", function, own->callers, MOST_CALLERS);
    if (own->capacity < 0 || own->capacity > INT32_MAX)
        return ntk_fail(NTK_ERR_OPTION, "%s: capacity is %lld, expected 0 to %lld", function, (long long)own->capacity,
                        (long long)INT32_MAX);
    if (own->precision < NTK_PRECISION_AUTO || own->precision > NTK_PRECISION_MIXED)
        return ntk_fail(NTK_ERR_OPTION, "%s: precision is %d, expected NTK_PRECISION_AUTO, _PLAIN or _MIXED", function,
                        own->precision);
    if (own->solver < NTK_SOLVER_AUTO || own->solver > NTK_SOLVER_QR)
        return ntk_fail(NTK_ERR_OPTION, "%s: solver is %d, expected NTK_SOLVER_AUTO, _NORMAL or _QR", function, own->solver);
    if (own->solver != NTK_SOLVER_AUTO && own->method != NTK_RIDGE_AUTO && own->method != NTK_RIDGE_PRIMAL)
        return ntk_fail(NTK_ERR_OPTION, "%s: solver is %d, which the method NTK_RIDGE_PRIMAL takes, but method is %d", function,
                        own->solver, own->method);
    if (!(own->tolerance >= 0 && own->tolerance < 1))
        return ntk_fail(NTK_ERR_OPTION, "%s: tolerance is %g, expected a number from 0 to 1, and not 1", function,
                        own->tolerance);
    if (own->tolerance != 0 && own->precision == NTK_PRECISION_PLAIN)
        return ntk_fail(NTK_ERR_OPTION, "%s: tolerance is %g, which NTK_PRECISION_MIXED takes, but precision is _PLAIN",
                        function, own->tolerance);
    if (own->reserved != 0) return ntk_fail(NTK_ERR_OPTION, "%s: reserved is %d, expected 0", function, own->reserved);
    NTK_TRY(ntk_storage_check(own->storage, own->dtype, function));
    bool spectral = own->method == NTK_RIDGE_SPECTRAL;
    if ((spectral || own->method == NTK_RIDGE_ITERATIVE) && own->storage != NTK_STORAGE_FULL)
        return ntk_fail(NTK_ERR_OPTION, "%s: storage is %d, expected NTK_STORAGE_FULL, which the method NTK_RIDGE_%s takes",
                        function, own->storage, spectral ? "SPECTRAL" : "ITERATIVE");
    if (own->iterative && own->method != NTK_RIDGE_AUTO && own->method != NTK_RIDGE_ITERATIVE)
        return ntk_fail(NTK_ERR_OPTION, "%s: iterative is given, which the method NTK_RIDGE_ITERATIVE takes, but method is %d",
                        function, own->method);
    if (own->lambdas && own->method != NTK_RIDGE_AUTO && own->method != NTK_RIDGE_SPECTRAL)
        return ntk_fail(NTK_ERR_OPTION, "%s: lambdas are given, which the method NTK_RIDGE_SPECTRAL takes, but method is %d",
                        function, own->method);
    return NTK_OK;
}

/* Whether a factor in single precision can serve a model in double: its corrections take products with K. */
static bool may_be_mixed(const ntk_ridge_options *own, const ntk_kernel *kernel)
{
    return own->method == NTK_RIDGE_DUAL && own->dtype == NTK_F64 && kernel && !kernel->features;
}

static ntk_status check_precision(const ntk_ridge_options *own, const ntk_kernel *kernel, const char *function)
{
    if (own->precision != NTK_PRECISION_MIXED || may_be_mixed(own, kernel)) return NTK_OK;
    return ntk_fail(
        NTK_ERR_OPTION,
        "%s: precision is NTK_PRECISION_MIXED, which takes the dual method in double precision, from a kernel without "
        "features and its data",
        function);
}

/* Fewer equations are solved in no time. */
enum { LEAST_MIXED = 512 };

/* Whether an accuracy is asked for that is had sooner by a factor in single precision, whose precision the options leave open. */
static bool prefers_mixed(const ntk_ridge_options *own, const ntk_kernel *kernel, int64_t n)
{
    return own->precision == NTK_PRECISION_AUTO && own->tolerance > 0 && n >= LEAST_MIXED && may_be_mixed(own, kernel);
}

/* Turns AUTO into a method; *reason receives why. */
static ntk_status choose(ntk_ridge_options *own, const ntk_kernel *kernel, int64_t n, const char **reason, const char *function)
{
    const ntk_features *features = kernel->features;
    *reason = "the options ask for this method";
    if (own->method == NTK_RIDGE_PRIMAL && !features)
        return ntk_fail(NTK_ERR_OPTION, "%s: method is NTK_RIDGE_PRIMAL, which needs a finite kernel; this one has no features",
                        function);
    if (own->method != NTK_RIDGE_AUTO) return NTK_OK;
    if (own->lambdas) {
        own->method = NTK_RIDGE_SPECTRAL;
        *reason = "spectral: the targets have lambdas of their own";
        return ntk_storage_check(own->storage, own->dtype, function);
    }
    own->method = features && features->size < n ? NTK_RIDGE_PRIMAL : NTK_RIDGE_DUAL;
    if (!features)
        *reason = "dual: the kernel has no finite features";
    else if (own->method == NTK_RIDGE_PRIMAL)
        *reason = "primal: there are fewer features than samples, so its system is the smaller one";
    else
        *reason = "dual: there are at least as many features as samples, so its system is not the larger one";
    return NTK_OK;
}

/* features: of a primal */
static ntk_status add_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel,
                             const ntk_features *features, int64_t n, int64_t d, int64_t t, const ntk_ridge_options *options,
                             const ntk_iterative_options *iterative)
{
    NTK_TRY(
        ntk_rooms_memory(context, bytes, kernel, kernel ? kernel->features : features, d, t, options->dtype, options->callers));
    if (options->method == NTK_RIDGE_ITERATIVE)
        return ntk_ridge_iterative_memory(context, bytes, kernel, n, d, t, options, iterative);
    if (options->method == NTK_RIDGE_PRIMAL) return ntk_ridge_primal_memory(context, bytes, features, n, d, t, options);
    return (options->method == NTK_RIDGE_DUAL ? ntk_ridge_dual_memory : ntk_ridge_spectral_memory)(context, bytes, kernel, n, d,
                                                                                                   t, options);
}

ntk_status ntk_model_sizes_check(const ntk_kernel *kernel, int64_t n, int64_t d, int64_t t, const char *function)
{
    NTK_TRY(ntk_kernel_sizes_check(kernel, n, d, function));
    if (t < 1) return ntk_fail(NTK_ERR_SHAPE, "%s: t is %lld, expected at least 1", function, (long long)t);
    return NTK_OK;
}

ntk_status ntk_ridge_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                            int64_t t, const ntk_ridge_options *options)
{
    ntk_ridge_options own;
    ntk_iterative_options iterative;
    const char *reason;
    uint64_t need = 0;
    NTK_REQUIRE(context);
    NTK_REQUIRE(bytes);
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_model_sizes_check(kernel, n, d, t, __func__));
    NTK_TRY(ntk_ridge_options_read(&own, options, __func__));
    NTK_TRY(ntk_iterative_read(&iterative, own.iterative, __func__));
    NTK_TRY(choose(&own, kernel, n, &reason, __func__));
    if (!own.dtype) own.dtype = NTK_F64;
    NTK_TRY(check_precision(&own, kernel, __func__));
    if (prefers_mixed(&own, kernel, n)) own.precision = NTK_PRECISION_MIXED;
    ntk_status status = add_memory(context, &need, kernel, kernel->features, n, d, t, &own, &iterative);
    NTK_TRY(ntk_sizes_representable(status, n, d, t, __func__));
    *bytes = need;
    return NTK_OK;
}

/* --- creation --- */

ntk_status ntk_lambda_check(double lambda, const char *function)
{
    if (isfinite(lambda) && lambda >= 0) return NTK_OK;
    return ntk_fail(NTK_ERR_VALUE, "%s: lambda is %g, expected a finite number that is not negative", function, lambda);
}

ntk_status ntk_lambdas_check(const ntk_matrix *lambdas, const char *function, const char *name)
{
    NTK_TRY(ntk_finite_check(lambdas, function, name));
    for (int64_t r = 0; r < lambdas->rows; r++)
        for (int64_t c = 0; c < lambdas->cols; c++)
            if (!(ntk_get(ntk_row(lambdas, r), lambdas->dtype, c) >= 0))
                return ntk_fail(NTK_ERR_VALUE,
                                "%s: %s holds %g at row %lld, column %lld, expected numbers that are not negative", function,
                                name, ntk_get(ntk_row(lambdas, r), lambdas->dtype, c), (long long)r, (long long)c);
    return NTK_OK;
}

/* Of each target, to be freed. */
static ntk_status make_lambdas(ntk_context *context, double **lambdas, const ntk_ridge_problem *problem)
{
    const ntk_matrix *given = problem->options.lambdas;
    int64_t t = problem->y->cols;
    if (given) {
        NTK_TRY(ntk_input_check(given, problem->function, "lambdas"));
        NTK_TRY(ntk_shape_check(given, 1, t, problem->function, "lambdas"));
        NTK_TRY(ntk_lambdas_check(given, problem->function, "lambdas"));
    }
    NTK_TRY(ntk_allocate(context, lambdas, t, sizeof(double), "the targets' lambdas"));
    for (int64_t c = 0; c < t; c++) (*lambdas)[c] = given ? ntk_get(given->data, given->dtype, c) : problem->lambda;
    return NTK_OK;
}

ntk_status ntk_data_check(const ntk_matrix *x, const ntk_matrix *y, int64_t inputs, double lambda, const char *function)
{
    NTK_TRY(ntk_input_check(x, function, "x"));
    NTK_TRY(ntk_input_check(y, function, "y"));
    NTK_TRY(ntk_shape_check(x, -1, inputs, function, "x"));
    NTK_TRY(ntk_shape_check(y, x->rows, -1, function, "y"));
    NTK_TRY(ntk_lambda_check(lambda, function));
    NTK_TRY(ntk_finite_check(x, function, "x"));
    return ntk_finite_check(y, function, "y");
}

void ntk_ridge_begin(ntk_ridge *ridge, const ntk_ridge_options *options, int64_t inputs, int64_t targets, double lambda,
                     const char *reason)
{
    ntk_ridge_report *report = &ridge->solution.report;
    ridge->light = options->light != 0;
    ridge->capacity = options->capacity;
    *report = (ntk_ridge_report){.struct_size = sizeof *report, .inputs = inputs, .targets = targets, .lambda = lambda};
    report->reason = reason;
    report->method = options->method;
    report->dtype = options->dtype;
    report->precision = options->precision;
    if (report->precision == NTK_PRECISION_MIXED) report->tolerance = options->tolerance;
    report->intercept = options->intercept != 0;
    ridge->solver = options->solver;
}

ntk_status ntk_ridge_fit(ntk_ridge *ridge, const ntk_ridge_problem *problem, const ntk_lane *lane, const ntk_features *features,
                         const char *reason)
{
    const ntk_ridge_options *options = &problem->options;
    if (options->method == NTK_RIDGE_PRIMAL) ridge->features = ntk_retain(features);
    ntk_ridge_begin(ridge, options, problem->x->cols, problem->y->cols, problem->lambdas[0], reason);
    ridge->solution.report.samples = problem->x->rows;
    if (options->method == NTK_RIDGE_PRIMAL) return ntk_ridge_fit_primal(ridge, problem, lane);
    if (options->method == NTK_RIDGE_ITERATIVE) return ntk_ridge_fit_iterative(ridge, problem, lane);
    return (options->method == NTK_RIDGE_DUAL ? ntk_ridge_fit_dual : ntk_ridge_fit_spectral)(ridge, problem, lane);
}

static ntk_status budget_of(const ntk_context *context, const ntk_ridge_problem *problem, const ntk_features *features)
{
    uint64_t bytes = 0;
    if (!problem->gram)
        NTK_TRY(add_memory(context, &bytes, problem->kernel, features, problem->x->rows, problem->x->cols, problem->y->cols,
                           &problem->options, &problem->iterative));
    return ntk_budget_check(context, bytes, "the ridge regression");
}

/* Where the budget has no room for a factor, there may be for an iteration.  status: the refusal */
static ntk_status try_iterative(const ntk_context *context, ntk_ridge_problem *problem, const char **reason, ntk_status status)
{
    ntk_ridge_options *options = &problem->options;
    ntk_ridge_options held = *options;
    if (status != NTK_ERR_MEMORY || !problem->automatic || options->storage != NTK_STORAGE_FULL) return status;
    options->method = NTK_RIDGE_ITERATIVE;
    if (budget_of(context, problem, NULL) >= 0) {
        *reason = "iterative: the budget has no room for a factor";
        return NTK_OK;
    }
    *options = held;
    return budget_of(context, problem, problem->kernel->features);
}

/* Where the budget has no room for a factor in double precision, there may be for one in single. */
ntk_status ntk_ridge_budget(const ntk_context *context, ntk_ridge_problem *problem, const ntk_features *features,
                            const char **reason)
{
    ntk_ridge_options *options = &problem->options;
    /* the factor of another method has nothing to grow by */
    if (options->method != NTK_RIDGE_DUAL) options->capacity = 0;
    bool choice = options->precision == NTK_PRECISION_AUTO;
    bool preferred = problem->kernel && prefers_mixed(options, problem->kernel, problem->x->rows);
    if (choice) options->precision = preferred ? NTK_PRECISION_MIXED : NTK_PRECISION_PLAIN;
    if (preferred) *reason = "dual, in mixed precision: a factor in single precision reaches the tolerance sooner";
    ntk_status status = budget_of(context, problem, features);
    if (status != NTK_ERR_MEMORY || problem->gram) return status;
    if (choice && !preferred && may_be_mixed(options, problem->kernel)) {
        options->precision = NTK_PRECISION_MIXED;
        *reason = "dual, in mixed precision: the budget has no room for a factor in double precision";
        if (budget_of(context, problem, features) >= 0) return NTK_OK;
    }
    if (choice) options->precision = NTK_PRECISION_PLAIN;
    return try_iterative(context, problem, reason, budget_of(context, problem, features));
}

ntk_status ntk_ridge_make(const ntk_lane *lane, ntk_ridge **ridge, ntk_ridge_problem *problem, const ntk_features *features,
                          const char *reason)
{
    ntk_context *context = lane->work->context;
    ntk_ridge *made;
    double *lambdas;
    NTK_TRY(ntk_ridge_budget(context, problem, features, &reason));
    NTK_TRY(make_lambdas(context, &lambdas, problem));
    problem->lambdas = lambdas;
    ntk_status status = ntk_object_create(context, &made, sizeof *made, ntk_ridge_dispose, "a ridge regression");
    if (status >= 0) {
        status = ntk_ridge_fit(made, problem, lane, features, reason);
        ntk_status opened = status < 0 ? status : ntk_rooms_open(made, problem->options.callers, problem->function);
        if (opened < 0) status = opened;
        if (status < 0)
            ntk_release(made);
        else
            *ridge = made;
    }
    ntk_free(context, lambdas);
    return status;
}

/* A call of its own. */
static ntk_status make_ridge(ntk_context *context, ntk_ridge **ridge, ntk_ridge_problem *problem, const ntk_features *features,
                             const char *reason)
{
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    return ntk_ridge_make(&lane, ridge, problem, features, reason);
}

ntk_status ntk_ridge_problem_open(ntk_ridge_problem *problem, const ntk_ridge_options *options, const char **reason)
{
    ntk_ridge_options *own = &problem->options;
    NTK_TRY(ntk_ridge_options_read(own, options, problem->function));
    NTK_TRY(ntk_iterative_read(&problem->iterative, own->iterative, problem->function));
    problem->automatic = own->method == NTK_RIDGE_AUTO && !own->lambdas;
    NTK_TRY(choose(own, problem->kernel, problem->x->rows, reason, problem->function));
    if (!own->dtype) own->dtype = own->precision == NTK_PRECISION_MIXED ? NTK_F64 : problem->x->dtype;
    return check_precision(own, problem->kernel, problem->function);
}

ntk_status ntk_ridge_create(ntk_context *context, ntk_ridge **ridge, const ntk_kernel *kernel, const ntk_matrix *x,
                            const ntk_matrix *y, double lambda, const ntk_ridge_options *options)
{
    const char *reason;
    NTK_REQUIRE(ridge);
    *ridge = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_data_check(x, y, ntk_kernel_inputs(kernel), lambda, __func__));
    ntk_ridge_problem problem = {.kernel = kernel, .x = x, .y = y, .lambda = lambda, .function = __func__};
    NTK_TRY(ntk_ridge_problem_open(&problem, options, &reason));
    return make_ridge(context, ridge, &problem, kernel->features, reason);
}

/* What the gram has decided. */
static ntk_status check_gram_options(const ntk_ridge_options *own, const ntk_gram *gram, bool given, const char *function)
{
    if (gram->storage == NTK_STORAGE_IMPLICIT)
        return ntk_fail(NTK_ERR_UNSUPPORTED,
                        "%s: gram is implicit, and its factorization needs a matrix that is held: make it with "
                        "NTK_STORAGE_FULL or NTK_STORAGE_PACKED, or fit with ntk_ridge_create",
                        function);
    if (own->method == NTK_RIDGE_PRIMAL)
        return ntk_fail(NTK_ERR_OPTION, "%s: method is NTK_RIDGE_PRIMAL, but a kernel matrix has no features", function);
    if (own->method == NTK_RIDGE_ITERATIVE || own->iterative)
        return ntk_fail(
            NTK_ERR_OPTION,
            "%s: method is NTK_RIDGE_ITERATIVE, or iterative is given, but a kernel matrix that is held takes a factor: "
            "fit with ntk_ridge_create",
            function);
    if (given && own->storage != gram->storage)
        return ntk_fail(NTK_ERR_OPTION, "%s: storage is %d, expected the kernel matrix's %d", function, own->storage,
                        gram->storage);
    if (own->dtype && own->dtype != gram->K.dtype)
        return ntk_fail(NTK_ERR_OPTION, "%s: dtype is %d, expected the kernel matrix's %d", function, own->dtype,
                        gram->K.dtype);
    return NTK_OK;
}

ntk_status ntk_ridge_create_gram(ntk_context *context, ntk_ridge **ridge, const ntk_gram *gram, const ntk_matrix *y,
                                 double lambda, const ntk_ridge_options *options)
{
    NTK_REQUIRE(ridge);
    *ridge = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(gram);
    const ntk_samples *samples = &gram->set->samples;
    ntk_matrix x = ntk_samples_view(samples);
    NTK_TRY(ntk_input_check(y, __func__, "y"));
    NTK_TRY(ntk_shape_check(y, samples->rows, -1, __func__, "y"));
    NTK_TRY(ntk_lambda_check(lambda, __func__));
    NTK_TRY(ntk_finite_check(y, __func__, "y"));
    ntk_ridge_problem problem = {
        .kernel = samples->kernel, .gram = gram, .x = &x, .y = y, .lambda = lambda, .function = __func__};
    NTK_TRY(ntk_ridge_options_read(&problem.options, options, __func__));
    NTK_TRY(check_gram_options(&problem.options, gram, options != NULL, __func__));
    bool spectral = problem.options.method == NTK_RIDGE_SPECTRAL || problem.options.lambdas;
    problem.options.method = spectral ? NTK_RIDGE_SPECTRAL : NTK_RIDGE_DUAL;
    problem.options.storage = gram->storage;
    problem.options.dtype = gram->K.dtype;
    NTK_TRY(check_precision(&problem.options, NULL, __func__));
    if (spectral && gram->storage != NTK_STORAGE_FULL)
        return ntk_fail(NTK_ERR_OPTION,
                        "%s: storage of the kernel matrix is %d, expected NTK_STORAGE_FULL, which the method "
                        "NTK_RIDGE_SPECTRAL takes",
                        __func__, gram->storage);
    return make_ridge(context, ridge, &problem, NULL,
                      spectral ? "spectral: the options ask for it" : "dual: a kernel matrix was given");
}

ntk_status ntk_primal_options_check(ntk_ridge_options *own, const char *function)
{
    bool primal = own->method == NTK_RIDGE_AUTO || own->method == NTK_RIDGE_PRIMAL;
    if (!primal || own->lambdas || own->iterative)
        return ntk_fail(
            NTK_ERR_OPTION,
            "%s: method is %d, or lambdas or iterative are given, but features take the method NTK_RIDGE_PRIMAL and "
            "one lambda",
            function, own->method);
    own->method = NTK_RIDGE_PRIMAL;
    return check_precision(own, NULL, function);
}

ntk_status ntk_ridge_create_primal(ntk_context *context, ntk_ridge **ridge, const ntk_features *features, const ntk_matrix *x,
                                   const ntk_matrix *y, double lambda, const ntk_ridge_options *options)
{
    NTK_REQUIRE(ridge);
    *ridge = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(features);
    NTK_TRY(ntk_data_check(x, y, features->weights->inputs, lambda, __func__));
    ntk_ridge_problem problem = {.x = x, .y = y, .lambda = lambda, .function = __func__};
    NTK_TRY(ntk_ridge_options_read(&problem.options, options, __func__));
    NTK_TRY(ntk_primal_options_check(&problem.options, __func__));
    if (!problem.options.dtype) problem.options.dtype = x->dtype;
    return make_ridge(context, ridge, &problem, features, "primal: features were given");
}
