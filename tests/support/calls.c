/* The rows: every public function that returns a status. */
#include "archive.h"
#include "rows.h"

#include <float.h>
#include <math.h>

#define CALL(function, ...)                                \
    static ntk_status call_##function(const test_value *v) \
    {                                                      \
        return ntk_##function(__VA_ARGS__);                \
    }

CALL(context_create, P(0), P(1))
CALL(context_describe, P(0), P(1), (size_t)I(2))
CALL(activation_create, P(0), P(1), I32(2), P(3))
CALL(activation_create_user, P(0), P(1), P(2))
CALL(activation_hermite, P(0), P(1), X(2))
CALL(activation_value, P(0), P(1), P(2))
CALL(activation_derivative, P(0), P(1), P(2))
CALL(activation_moments, P(0), P(1), X(2), X(3), X(4))
CALL(network_create, P(0), P(1), P(2), P(3))
CALL(network_copy, P(0), P(1), P(2))
CALL(network_export, P(0), P(1))
CALL(network_import, P(0), P(1), P(2))
CALL(network_forward, P(0), P(1), P(2))
CALL(network_jacobian, P(0), P(1), P(2), I32(3))
CALL(network_jvp, P(0), P(1), P(2), P(3), I32(4))
CALL(network_vjp, P(0), P(1), P(2), P(3), I32(4))
CALL(network_gauss_newton, P(0), P(1), P(2), P(3), I32(4))
CALL(network_hessian, P(0), P(1), P(2), P(3), P(4), I32(5))
CALL(network_parameters, P(0), P(1))
CALL(network_set_parameters, P(0), P(1))
CALL(features_create, P(0), P(1), P(2), I32(3))
CALL(features_export, P(0), P(1))
CALL(features_import, P(0), P(1), P(2))
CALL(features_map, P(0), P(1), P(2))
CALL(features_multiply, P(0), P(1), P(2), P(3))
CALL(features_multiply_transposed, P(0), P(1), P(2), P(3))
CALL(kernel_create_infinite, P(0), P(1), P(2), P(3))
CALL(kernel_create_finite, P(0), P(1), P(2))
CALL(kernel_create_monte_carlo, P(0), P(1), P(2), I(3), I32(4), P(5))
CALL(kernel_create_sum, P(0), P(1), (const ntk_kernel *[]){P(2), P(3)}, (double[]){0.5, 2}, I(4))
CALL(kernel_create_product, P(0), P(1), (const ntk_kernel *[]){P(2), P(3)}, I(4))
CALL(kernel_create_constant, P(0), P(1), X(2))
CALL(kernel_create_normalised, P(0), P(1), P(2))
CALL(kernel_create_ard, P(0), P(1), P(2), P(3))
CALL(kernel_create_user, P(0), P(1), P(2))
CALL(kernel_export, P(0), P(1))
CALL(kernel_import, P(0), P(1), P(2))
CALL(kernel_memory, P(0), P(1), I(2), I(3), I(4), I32(5))
CALL(kernel_block, P(0), P(1), P(2), P(3))
CALL(kernel_block_error, P(0), P(1), P(2), P(3))
CALL(kernel_diagonal, P(0), P(1), P(2))
CALL(kernel_multiply, P(0), P(1), P(2), P(3), P(4))
CALL(kernel_gradient, P(0), P(1), P(2), P(3), P(4))
CALL(kernel_scales, P(0), P(1))
CALL(kernel_scale_values, P(0), P(1))
CALL(kernel_create_scaled, P(0), P(1), P(2), P(3))
CALL(kernel_scale_gradient, P(0), P(1), P(2), P(3), P(4))
CALL(gram_memory, P(0), P(1), P(2), I(3), I(4), P(5))
CALL(gram_create, P(0), P(1), P(2), P(3), P(4))
CALL(gram_copy, P(0), P(1))
CALL(gram_multiply, P(0), P(1), P(2))
CALL(gram_trace, P(0), P(1))
CALL(gram_stream_memory, P(0), P(1), P(2), I(3), I(4), P(5))
CALL(gram_stream, P(0), P(1), P(2), v[3].receiver, P(4), P(5))
CALL(ridge_memory, P(0), P(1), P(2), I(3), I(4), I(5), P(6))
CALL(ridge_create, P(0), P(1), P(2), P(3), P(4), X(5), P(6))
CALL(ridge_create_gram, P(0), P(1), P(2), P(3), X(4), P(5))
CALL(ridge_create_primal, P(0), P(1), P(2), P(3), P(4), X(5), P(6))
CALL(ridge_create_stream, P(0), P(1), P(2), P(3), X(4), P(5))
CALL(ridge_nystroem_memory, P(0), P(1), P(2), I(3), I(4), I(5), P(6))
CALL(ridge_create_nystroem, P(0), P(1), P(2), P(3), P(4), X(5), P(6))
CALL(ridge_create_nystroem_stream, P(0), P(1), P(2), P(3), X(4), P(5))
CALL(ridge_nystroem_summary, P(0), P(1))
CALL(ridge_centres, P(0), P(1))
CALL(ridge_export, P(0), P(1))
CALL(ridge_import, P(0), P(1), P(2))
CALL(ridge_predict, P(0), P(1), P(2))
CALL(ridge_coefficients, P(0), P(1))
CALL(ridge_intercept, P(0), P(1))
CALL(ridge_lambdas, P(0), P(1))
CALL(ridge_summary, P(0), P(1))
CALL(ridge_leave_one_out, P(0), P(1))
CALL(ridge_variance, P(0), P(1), P(2))
CALL(ridge_covariance, P(0), P(1), P(2))
CALL(ridge_sample, P(0), P(1), P(2), (uint64_t)I(3))
CALL(ridge_gradient, P(0), P(1), P(2))
CALL(ridge_variance_gradient, P(0), P(1), P(2))
CALL(one_hot, P(0), P(1))
CALL(ridge_classes, P(0), P(1), P(2))
CALL(ridge_leave_one_out_classes, P(0), P(1), P(2))
CALL(ridge_copy, P(0), P(1), P(2))
CALL(ridge_append, P(0), P(1), P(2))
CALL(ridge_remove, P(0), I(1), I(2))
CALL(ridge_slide, P(0), P(1), P(2))
CALL(ridge_set_targets, P(0), P(1))
CALL(ridge_history, P(0), P(1))
CALL(ridge_intervals, P(0), P(1), P(2), X(3))
CALL(ridge_path, P(0), P(1), P(2))
CALL(ridge_path_derivatives, P(0), P(1), P(2))
CALL(ridge_select, P(0), P(1), I32(2))
CALL(ridge_select_between, P(0), P(1), I32(2), X(3), X(4))
CALL(ridge_set_lambda, P(0), P(1))
CALL(optimise_memory, P(0), P(1), P(2), I(3), I(4), I(5), P(6))
CALL(model_create, P(0), P(1), P(2))
CALL(model_from_network, P(0), P(1), P(2), I32(3))
CALL(model_set_options, P(0), P(1))
CALL(model_memory, P(0), P(1), I(2))
CALL(model_spectrum, P(0), P(1), P(2), P(3))
CALL(model_certify, P(0), P(1), P(2), P(3), P(4), X(5))
CALL(model_compare, P(0), P(1), P(2), P(3), P(4), P(5), X(6))
CALL(model_trajectory, P(0), P(1), P(2), P(3), P(4), P(5), P(6), X(7))
CALL(ridge_optimise, P(0), P(1), P(2), P(3), P(4), P(5), P(6), X(7), I32(8), P(9))
CALL(lazy_sweep, P(0), P(1), P(2), P(3), P(4), P(5), P(6))
CALL(neuron_population, P(0), P(1), P(2), P(3))
CALL(neuron_loss, P(0), P(1), P(2), P(3), P(4), P(5), X(6))
CALL(neuron_predict_rates, P(0), I(1), I(2), X(3))
CALL(neuron_train, P(0), P(1), P(2), P(3), P(4), P(5))
CALL(flow_memory, P(0), P(1), P(2), I(3), I(4), I(5), P(6))
CALL(flow_create, P(0), P(1), P(2), P(3), P(4), P(5), P(6))
CALL(flow_create_gram, P(0), P(1), P(2), P(3), P(4), P(5))
CALL(flow_limits, P(0), P(1))
CALL(flow_predict, P(0), P(1), P(2), P(3), X(4))
CALL(flow_trajectory, P(0), P(1), P(2), P(3), P(4))
CALL(flow_train, P(0), P(1), X(2))
CALL(flow_coefficients, P(0), P(1), X(2))
CALL(flow_weights, P(0), P(1), P(2), X(3))
CALL(flow_losses, P(0), P(1), P(2))
CALL(flow_test_losses, P(0), P(1), P(2), P(3), P(4), P(5))
CALL(flow_moments, P(0), P(1), P(2), P(3), P(4), P(5), X(6))
CALL(training_memory, P(0), P(1), P(2), I(3), P(4))
CALL(training_create, P(0), P(1), P(2), P(3), P(4), P(5))
CALL(training_create_stream, P(0), P(1), P(2), P(3), P(4))
CALL(training_run, P(0), P(1), I(2))
CALL(training_predict, P(0), P(1), P(2))
CALL(training_parameters, P(0), P(1))
CALL(training_network, P(0), P(1), P(2))
CALL(training_history, P(0), P(1))
CALL(training_export, P(0), P(1))
CALL(training_import, P(0), P(1), P(2), P(3), P(4), I32(5))
CALL(training_import_stream, P(0), P(1), P(2), P(3))

CALL(theory_gegenbauer, P(0), P(1), I(2))
CALL(theory_multiplicities, P(0), I(1))
CALL(theory_target_energies, P(0), P(1), P(2), I(3))
CALL(theory_kernel_levels, P(0), P(1), I(2))
CALL(theory_learning_curve, P(0), P(1), P(2), P(3), P(4))
CALL(theory_sample_cost, P(0), P(1), P(2), X(3), P(4))

/* --- what arguments refuse --- */

static const test_bad bad_context[] = {BAD_I32(ntk_context_options, threads, -1),
                                       BAD_I32(ntk_context_options, threads, 4097),
                                       BAD_I32(ntk_context_options, threads, INT32_MIN),
                                       BAD_I32(ntk_context_options, cpu_disable, 4),
                                       BAD_I32(ntk_context_options, cpu_disable, -1),
                                       BAD_I64(ntk_context_options, allocate, 1, NTK_ERR_OPTION),
                                       BAD_I64(ntk_context_options, release, 1, NTK_ERR_OPTION),
                                       END};
static const test_bad bad_description_size[] = {BAD_INTEGER(0, NTK_ERR_SHAPE), END};
static const test_bad bad_activation[] = {BAD_INTEGER(0, NTK_ERR_OPTION), BAD_INTEGER(18, NTK_ERR_OPTION),
                                          BAD_INTEGER(-1, NTK_ERR_OPTION), BAD_INTEGER(INT32_MAX, NTK_ERR_OPTION), END};
#define BAD_ANY(name)                                                                                     \
    BAD_F64(ntk_activation_options, name, NOT_A_NUMBER), BAD_F64(ntk_activation_options, name, INFINITE), \
        BAD_F64(ntk_activation_options, name, -INFINITE)
static const test_bad bad_slope[] = {BAD_ANY(scale),
                                     BAD_ANY(shift),
                                     BAD_ANY(offset),
                                     BAD_ANY(accuracy),
                                     BAD_F64(ntk_activation_options, accuracy, -1e-9),
                                     BAD_F64(ntk_activation_options, accuracy, 1),
                                     BAD_I32(ntk_activation_options, degree, 3),
                                     BAD_I32(ntk_activation_options, reserved, 1),
                                     BAD_ANY(frequency),
                                     BAD_F64(ntk_activation_options, phase, 1),
                                     BAD_F64(ntk_activation_options, slope, NOT_A_NUMBER),
                                     BAD_F64(ntk_activation_options, slope, INFINITE),
                                     BAD_F64(ntk_activation_options, slope, -INFINITE),
                                     END};
static const test_bad any_slope[] = {BAD_F64(ntk_activation_options, slope, 0.5),
                                     BAD_F64(ntk_activation_options, slope, -INFINITE),
                                     BAD_F64(ntk_activation_options, slope, NOT_A_NUMBER), END};
static const test_bad bad_degree[] = {BAD_F64(ntk_activation_options, slope, 0.5), BAD_I32(ntk_activation_options, degree, -1),
                                      BAD_I32(ntk_activation_options, degree, 65),
                                      BAD_I32(ntk_activation_options, degree, INT32_MAX), END};
static const test_bad bad_functions[] = {BAD_I64(ntk_activation_functions, value, 0, NTK_ERR_OPTION),
                                         BAD_I64(ntk_activation_functions, derivative, 0, NTK_ERR_OPTION),
                                         BAD_I64(ntk_activation_functions, kinks, 0, NTK_ERR_OPTION),
                                         BAD_I64(ntk_activation_functions, kink_count, -1, NTK_ERR_OPTION),
                                         BAD_I64(ntk_activation_functions, kink_count, INT64_MAX, NTK_ERR_OPTION),
                                         BAD_F64(ntk_activation_functions, accuracy, -1),
                                         BAD_F64(ntk_activation_functions, accuracy, NOT_A_NUMBER),
                                         END};
static const test_bad bad_scale_number[] = {BAD_NUMBER(NOT_A_NUMBER), BAD_NUMBER(INFINITE), BAD_NUMBER(-INFINITE), END};
static const test_bad bad_variance[] = {BAD_NUMBER(-1), BAD_NUMBER(-DBL_MIN), BAD_NUMBER(NOT_A_NUMBER), BAD_NUMBER(INFINITE),
                                        END};
static const test_bad bad_covariance[] = {BAD_NUMBER(1.01),
                                          BAD_NUMBER(-1.01),
                                          BAD_NUMBER(1 + 1e-9),
                                          BAD_NUMBER(NOT_A_NUMBER),
                                          BAD_NUMBER(INFINITE),
                                          BAD_NUMBER(-INFINITE),
                                          END};
static const test_bad bad_lambda[] = {BAD_NUMBER(-1),       BAD_NUMBER(-DBL_TRUE_MIN), BAD_NUMBER(NOT_A_NUMBER),
                                      BAD_NUMBER(INFINITE), BAD_NUMBER(-INFINITE),     END};

#define BAD_LAYERS                                                                                                        \
    BAD_I64(ntk_network_options, layers, -1, NTK_ERR_OPTION), BAD_I64(ntk_network_options, layers, 1001, NTK_ERR_OPTION), \
        BAD_SCALE(ntk_network_options, bias_scale), BAD_SCALE(ntk_network_options, output_weight_scale),                  \
        BAD_SCALE(ntk_network_options, output_bias_scale), BAD_I64(ntk_network_options, outputs, -1, NTK_ERR_OPTION)
static const test_bad bad_network[] = {BAD_I64(ntk_network_options, inputs, 0, NTK_ERR_OPTION),
                                       BAD_I64(ntk_network_options, inputs, -1, NTK_ERR_OPTION),
                                       BAD_I64(ntk_network_options, inputs, INT64_MAX, NTK_ERR_OVERFLOW),
                                       BAD_I64(ntk_network_options, inputs, INT64_MAX / 8, NTK_ERR_OVERFLOW),
                                       BAD_I64(ntk_network_options, hidden, 0, NTK_ERR_OPTION),
                                       BAD_I64(ntk_network_options, hidden, -1, NTK_ERR_OPTION),
                                       BAD_I64(ntk_network_options, hidden, INT64_MAX, NTK_ERR_OVERFLOW),
                                       BAD_I64(ntk_network_options, hidden, INT64_MAX / 5, NTK_ERR_OVERFLOW),
                                       BAD_F64(ntk_network_options, gamma, 1),
                                       BAD_SCALE(ntk_network_options, weight_scale),
                                       BAD_KIND(ntk_network_options, scaling, 3),
                                       BAD_KIND(ntk_network_options, output_weights, 3),
                                       BAD_KIND(ntk_network_options, hidden_law, 2),
                                       BAD_KIND(ntk_network_options, parameterization, 3),
                                       BAD_I32(ntk_network_options, reserved, 1),
                                       BAD_LAYERS,
                                       END};
static const test_bad bad_deep_network[] = {
    BAD_LAYERS,
    BAD_I32(ntk_network_options, parameterization, NTK_PARAM_LECTURE),
    BAD_I64(ntk_network_options, inputs, INT64_MAX, NTK_ERR_OVERFLOW),
    {"antisymmetric", offsetof(ntk_network_options, antisymmetric), TEST_I32, 0, 1, NTK_ERR_UNSUPPORTED},
    END};
static const test_bad bad_custom_network[] = {
    BAD_F64(ntk_network_options, gamma, 0), BAD_F64(ntk_network_options, gamma, NOT_A_NUMBER),
    BAD_F64(ntk_network_options, gamma, INFINITE), BAD_I64(ntk_network_options, hidden, 7, NTK_ERR_OPTION), END};
static const test_bad bad_part[] = {BAD_INTEGER(-1, NTK_ERR_OPTION), BAD_INTEGER(3, NTK_ERR_OPTION), END};

static const test_bad bad_networks[] = {BAD_INTEGER(0, NTK_ERR_OPTION), BAD_INTEGER(-1, NTK_ERR_OPTION),
                                        BAD_INTEGER(INT64_MAX, NTK_ERR_OVERFLOW), BAD_INTEGER(INT64_MAX / 16, NTK_ERR_OVERFLOW),
                                        END};

static const test_bad bad_kernel[] = {BAD_KIND(ntk_kernel_options, part, 3),
                                      BAD_KIND(ntk_kernel_options, parameterization, 3),
                                      BAD_SCALE(ntk_kernel_options, weight_scale),
                                      BAD_SCALE(ntk_kernel_options, bias_scale),
                                      BAD_SCALE(ntk_kernel_options, output_weight_scale),
                                      BAD_SCALE(ntk_kernel_options, output_bias_scale),
                                      END};
static const test_bad bad_lecture_kernel[] = {BAD_F64(ntk_kernel_options, bias_scale, 1), END};

static const test_bad bad_deep_kernel[] = {BAD_I64(ntk_kernel_options, layers, -1, NTK_ERR_OPTION),
                                           BAD_I64(ntk_kernel_options, layers, INT64_MAX, NTK_ERR_OPTION), END};

static const test_bad bad_user_kernel[] = {BAD_I64(ntk_kernel_functions, block, 0, NTK_ERR_OPTION),
                                           BAD_I64(ntk_kernel_functions, inputs, -1, NTK_ERR_OPTION),
                                           BAD_SCALE(ntk_kernel_functions, cost), END};
static const test_bad bad_count[] = {BAD_INTEGER(0, NTK_ERR_SHAPE), BAD_INTEGER(-1, NTK_ERR_SHAPE),
                                     BAD_INTEGER(1000, NTK_ERR_UNSUPPORTED), BAD_INTEGER(INT64_MAX, NTK_ERR_UNSUPPORTED), END};
static const test_bad bad_size[] = {BAD_INTEGER(0, NTK_ERR_SHAPE), BAD_INTEGER(-1, NTK_ERR_SHAPE),
                                    BAD_INTEGER(INT64_MIN, NTK_ERR_SHAPE), END};
static const test_bad bad_order[] = {BAD_INTEGER(0, NTK_ERR_SHAPE), BAD_INTEGER(-1, NTK_ERR_SHAPE),
                                     BAD_INTEGER(INT64_C(1) << 40, NTK_ERR_OVERFLOW), BAD_INTEGER(INT64_MAX, NTK_ERR_OVERFLOW),
                                     END};
static const test_bad bad_type[] = {BAD_INTEGER(0, NTK_ERR_DTYPE), BAD_INTEGER(3, NTK_ERR_DTYPE),
                                    BAD_INTEGER(-1, NTK_ERR_DTYPE), END};

static const test_bad bad_gram[] = {BAD_KIND(ntk_gram_options, storage, 3), BAD_DTYPE(ntk_gram_options), END};

static const test_bad bad_stream[] = {BAD_I64(ntk_stream_options, rows, -1, NTK_ERR_OPTION),
                                      BAD_I64(ntk_stream_options, rows, INT64_MIN, NTK_ERR_OPTION),
                                      BAD_KIND(ntk_stream_options, shape, 2), BAD_DTYPE(ntk_stream_options), END};
static const test_bad bad_length[] = {BAD_INTEGER(0, NTK_ERR_SHAPE), BAD_INTEGER(-1, NTK_ERR_SHAPE),
                                      BAD_INTEGER(INT64_MAX, NTK_ERR_OVERFLOW), END};

#define BAD_RIDGE                                                                                                  \
    BAD_KIND(ntk_ridge_options, method, 5), BAD_KIND(ntk_ridge_options, storage, 2), BAD_DTYPE(ntk_ridge_options), \
        BAD_I32(ntk_ridge_options, callers, -1), BAD_I32(ntk_ridge_options, callers, 4097),                        \
        BAD_I64(ntk_ridge_options, capacity, -1, NTK_ERR_OPTION), BAD_KIND(ntk_ridge_options, precision, 3),       \
        BAD_KIND(ntk_ridge_options, solver, 3), BAD_I32(ntk_ridge_options, reserved, 1),                           \
        BAD_F64(ntk_ridge_options, tolerance, -1), BAD_F64(ntk_ridge_options, tolerance, 1),                       \
        BAD_F64(ntk_ridge_options, tolerance, NOT_A_NUMBER)
static const test_bad bad_ridge[] = {BAD_RIDGE, END};
static const test_bad bad_dual_ridge[] = {BAD_RIDGE, BAD_I32(ntk_ridge_options, method, NTK_RIDGE_PRIMAL), END};
static const test_bad bad_gram_ridge[] = {BAD_RIDGE,
                                          BAD_I32(ntk_ridge_options, method, NTK_RIDGE_PRIMAL),
                                          BAD_I32(ntk_ridge_options, method, NTK_RIDGE_ITERATIVE),
                                          BAD_I32(ntk_ridge_options, storage, NTK_STORAGE_PACKED),
                                          BAD_I32(ntk_ridge_options, dtype, NTK_F32),
                                          END};
static const test_bad bad_spectral_ridge[] = {BAD_RIDGE, BAD_I32(ntk_ridge_options, storage, NTK_STORAGE_PACKED), END};
static const test_bad bad_first[] = {BAD_INTEGER(-1, NTK_ERR_SHAPE), BAD_INTEGER(INT64_MIN, NTK_ERR_SHAPE),
                                     BAD_INTEGER(INT64_MAX, NTK_ERR_SHAPE), END};
static const test_bad bad_removed[] = {BAD_INTEGER(0, NTK_ERR_SHAPE), BAD_INTEGER(-1, NTK_ERR_SHAPE),
                                       BAD_INTEGER(INT64_MAX, NTK_ERR_SHAPE), END};
static const test_bad bad_low[] = {BAD_NUMBER(0), BAD_NUMBER(-1), BAD_NUMBER(NOT_A_NUMBER), BAD_NUMBER(INFINITE), END};
static const test_bad bad_high[] = {BAD_NUMBER(0), BAD_NUMBER(0.001), BAD_NUMBER(NOT_A_NUMBER), BAD_NUMBER(INFINITE), END};
static const test_bad bad_level[] = {
    BAD_NUMBER(0), BAD_NUMBER(1), BAD_NUMBER(-0.5), BAD_NUMBER(NOT_A_NUMBER), BAD_NUMBER(INFINITE), END};
static const test_bad bad_criterion[] = {BAD_INTEGER(-1, NTK_ERR_OPTION), BAD_INTEGER(3, NTK_ERR_OPTION), END};
static const test_bad bad_nystroem[] = {BAD_I64(ntk_nystroem_options, count, -1, NTK_ERR_OPTION),
                                        BAD_I64(ntk_nystroem_options, count, INT64_MIN, NTK_ERR_OPTION),
                                        BAD_KIND(ntk_nystroem_options, storage, 2),
                                        BAD_DTYPE(ntk_nystroem_options),
                                        BAD_I32(ntk_nystroem_options, reserved, 1),
                                        END};
static const test_bad bad_samples[] = {BAD_INTEGER(-1, NTK_ERR_SHAPE), BAD_INTEGER(INT64_MIN, NTK_ERR_SHAPE), END};
static const test_bad bad_searched[] = {BAD_INTEGER(-1, NTK_ERR_OPTION), BAD_INTEGER(NTK_CRITERION_GCV, NTK_ERR_OPTION),
                                        BAD_INTEGER(3, NTK_ERR_OPTION), END};
static const test_bad bad_optimise[] = {BAD_I64(ntk_optimise_options, restarts, -1, NTK_ERR_OPTION),
                                        BAD_I64(ntk_optimise_options, restarts, INT64_MAX, NTK_ERR_OPTION),
                                        BAD_I64(ntk_optimise_options, max_evaluations, -1, NTK_ERR_OPTION),
                                        BAD_I64(ntk_optimise_options, subset, -1, NTK_ERR_OPTION),
                                        BAD_F64(ntk_optimise_options, tolerance, -1),
                                        BAD_F64(ntk_optimise_options, tolerance, NOT_A_NUMBER),
                                        BAD_F64(ntk_optimise_options, spread, INFINITE),
                                        BAD_KIND(ntk_optimise_options, subset_kind, 2),
                                        BAD_I32(ntk_optimise_options, reserved, 1),
                                        END};
#define BAD_MODEL_COUNT(name) \
    BAD_I64(ntk_model_options, name, -1, NTK_ERR_OPTION), BAD_I64(ntk_model_options, name, INT64_MIN, NTK_ERR_OPTION)
#define BAD_MODEL_TOLERANCE(name) \
    BAD_F64(ntk_model_options, name, -1e-9), BAD_F64(ntk_model_options, name, 1), BAD_F64(ntk_model_options, name, NOT_A_NUMBER)
static const test_bad bad_model[] = {BAD_MODEL_TOLERANCE(tolerance),
                                     BAD_MODEL_TOLERANCE(lanczos_tolerance),
                                     BAD_MODEL_COUNT(max_steps),
                                     BAD_MODEL_COUNT(lambda_every),
                                     BAD_MODEL_COUNT(max_iterations),
                                     BAD_MODEL_COUNT(restarts),
                                     BAD_I64(ntk_model_options, restarts, INT64_MAX, NTK_ERR_OPTION),
                                     BAD_KIND(ntk_model_options, spectrum, 3),
                                     BAD_I32(ntk_model_options, reserved, 1),
                                     END};
static const test_bad bad_model_functions[] = {
    BAD_I64(ntk_model_functions, forward, 0, NTK_ERR_OPTION),     BAD_I64(ntk_model_functions, jacobian, 0, NTK_ERR_OPTION),
    BAD_I64(ntk_model_functions, inputs, 0, NTK_ERR_OPTION),      BAD_I64(ntk_model_functions, outputs, 0, NTK_ERR_OPTION),
    BAD_I64(ntk_model_functions, parameters, -1, NTK_ERR_OPTION), END};
static const test_bad bad_alpha[] = {BAD_NUMBER(0), BAD_NUMBER(-1), BAD_NUMBER(NOT_A_NUMBER), BAD_NUMBER(INFINITE), END};
static const test_bad bad_primal_ridge[] = {BAD_RIDGE, BAD_I32(ntk_ridge_options, method, NTK_RIDGE_DUAL),
                                            BAD_I32(ntk_ridge_options, method, NTK_RIDGE_ITERATIVE), END};
static const test_bad bad_lazy[] = {BAD_I64(ntk_lazy_options, widths, 0, NTK_ERR_OPTION),
                                    BAD_I64(ntk_lazy_options, exponents, 0, NTK_ERR_OPTION),
                                    BAD_I64(ntk_lazy_options, width_count, 0, NTK_ERR_OPTION),
                                    BAD_I64(ntk_lazy_options, width_count, -1, NTK_ERR_OPTION),
                                    BAD_I64(ntk_lazy_options, exponent_count, 0, NTK_ERR_OPTION),
                                    BAD_I64(ntk_lazy_options, exponent_count, INT64_MAX, NTK_ERR_OPTION),
                                    BAD_I64(ntk_lazy_options, replicates, -1, NTK_ERR_OPTION),
                                    BAD_I64(ntk_lazy_options, steps, -1, NTK_ERR_OPTION),
                                    BAD_F64(ntk_lazy_options, rate, -1),
                                    BAD_F64(ntk_lazy_options, rate, 1),
                                    BAD_F64(ntk_lazy_options, rate, NOT_A_NUMBER),
                                    BAD_SCALE(ntk_lazy_options, weight_scale),
                                    BAD_KIND(ntk_lazy_options, output_weights, 3),
                                    BAD_KIND(ntk_lazy_options, parameterization, 3),
                                    BAD_KIND(ntk_lazy_options, part, 3),
                                    END};
static const test_bad bad_kink[] = {BAD_NUMBER(-0.5), BAD_NUMBER(1.5), BAD_NUMBER(NOT_A_NUMBER), END};
static const test_bad bad_step[] = {BAD_NUMBER(0), BAD_NUMBER(-1), BAD_NUMBER(NOT_A_NUMBER), BAD_NUMBER(INFINITE), END};
static const test_bad bad_neuron[] = {BAD_I64(ntk_neuron_options, steps, -1, NTK_ERR_OPTION),
                                      BAD_I64(ntk_neuron_options, steps, INT64_MAX, NTK_ERR_OPTION),
                                      BAD_I64(ntk_neuron_options, record_every, -1, NTK_ERR_OPTION),
                                      BAD_SCALE(ntk_neuron_options, step),
                                      BAD_F64(ntk_neuron_options, tolerance, -1),
                                      BAD_F64(ntk_neuron_options, tolerance, 1),
                                      BAD_F64(ntk_neuron_options, tolerance, NOT_A_NUMBER),
                                      BAD_KIND(ntk_neuron_options, start, 3),
                                      BAD_I32(ntk_neuron_options, reserved, 1),
                                      END};
#define BAD_FLOW                                                                                                            \
    BAD_KIND(ntk_flow_options, loss, NTK_LOSS_LOGISTIC), BAD_KIND(ntk_flow_options, method, 5),                             \
        BAD_SCALE(ntk_flow_options, step), BAD_SCALE(ntk_flow_options, momentum), BAD_F64(ntk_flow_options, momentum, 1),   \
        BAD_SCALE(ntk_flow_options, friction), BAD_SCALE(ntk_flow_options, weight_decay), BAD_SCALE(ntk_flow_options, cut), \
        BAD_F64(ntk_flow_options, cut, 1), BAD_DTYPE(ntk_flow_options)
static const test_bad bad_flow[] = {BAD_FLOW, END};
static const test_bad bad_stepped_flow[] = {BAD_FLOW, BAD_F64(ntk_flow_options, step, 0), END};
static const test_bad bad_gram_flow[] = {BAD_FLOW, BAD_I32(ntk_flow_options, dtype, NTK_F32), END};
static const test_bad bad_time[] = {BAD_NUMBER(-1), BAD_NUMBER(-DBL_TRUE_MIN), BAD_NUMBER(NOT_A_NUMBER), BAD_NUMBER(-INFINITE),
                                    END};

#define BAD_COUNT(type, name) BAD_I64(type, name, -1, NTK_ERR_OPTION), BAD_I64(type, name, INT64_MIN, NTK_ERR_OPTION)
#define BAD_TRAINING                                                                                                       \
    BAD_KIND(ntk_training_options, method, 8), BAD_KIND(ntk_training_options, schedule, 7),                                \
        BAD_KIND(ntk_training_options, loss, 5), BAD_KIND(ntk_training_options, part, 3), BAD_DTYPE(ntk_training_options), \
        BAD_KIND(ntk_training_options, decay_to, 2), BAD_KIND(ntk_training_options, record, 8),                            \
        BAD_SCALE(ntk_training_options, step), BAD_SCALE(ntk_training_options, momentum),                                  \
        BAD_F64(ntk_training_options, momentum, 1), BAD_SCALE(ntk_training_options, square_rate),                          \
        BAD_F64(ntk_training_options, square_rate, 1), BAD_SCALE(ntk_training_options, epsilon),                           \
        BAD_SCALE(ntk_training_options, weight_decay), BAD_F64(ntk_training_options, optimum, NOT_A_NUMBER),               \
        BAD_SCALE(ntk_training_options, final_step), BAD_SCALE(ntk_training_options, loss_threshold),                      \
        BAD_COUNT(ntk_training_options, batch), BAD_COUNT(ntk_training_options, horizon),                                  \
        BAD_COUNT(ntk_training_options, record_every), BAD_COUNT(ntk_training_options, validate_every),                    \
        BAD_COUNT(ntk_training_options, patience), BAD_I64(ntk_training_options, patience, 1, NTK_ERR_OPTION)
static const test_bad bad_training[] = {BAD_TRAINING, BAD_I64(ntk_training_options, batch, INT64_MAX, NTK_ERR_OPTION), END};
static const test_bad bad_streamed_training[] = {BAD_TRAINING, BAD_I32(ntk_training_options, schedule, NTK_SCHEDULE_SPECTRAL),
                                                 BAD_I32(ntk_training_options, record, 1), END};
static const test_bad bad_steps[] = {BAD_INTEGER(-1, NTK_ERR_VALUE), BAD_INTEGER(INT64_MIN, NTK_ERR_VALUE), END};

static const test_bad bad_error[] = {BAD_NUMBER(0), BAD_NUMBER(-1), BAD_NUMBER(NOT_A_NUMBER), BAD_NUMBER(INFINITE), END};
static const test_bad bad_curve[] = {BAD_I64(ntk_curve_options, d, 0, NTK_ERR_OPTION),
                                     BAD_I64(ntk_curve_options, d, -1, NTK_ERR_OPTION),
                                     BAD_SCALE(ntk_curve_options, total),
                                     BAD_SCALE(ntk_curve_options, lambda),
                                     BAD_SCALE(ntk_curve_options, noise_variance),
                                     END};

/* --- what valid calls have in their options --- */

test_memory test_counted;
static const ntk_context_options own_allocator = {.struct_size = sizeof own_allocator,
                                                  .allocate = test_allocate,
                                                  .release = test_release,
                                                  .allocate_user = &test_counted,
                                                  .threads = 2};
static void bent(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = fabs(u[i] - 1) + u[i] / 2;
}
static void bent_slope(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = u[i] < 1 ? -0.5 : 1.5;
}
static const double one_kink[] = {1};
static const ntk_activation_options third_degree = {.struct_size = sizeof third_degree, .degree = 3};
static const ntk_activation_functions user_functions = {
    .struct_size = sizeof user_functions, .value = bent, .derivative = bent_slope, .kinks = one_kink, .kink_count = 1};
static const ntk_activation_options some_slope = {.struct_size = sizeof some_slope, .slope = 0.25};
static const ntk_network_options plain_network = {.struct_size = sizeof plain_network, .inputs = 4, .hidden = 8, .seed = 3};
static const ntk_network_options custom_network = {.struct_size = sizeof custom_network,
                                                   .inputs = 4,
                                                   .hidden = 8,
                                                   .gamma = -0.5,
                                                   .weight_scale = 2,
                                                   .scaling = NTK_SCALING_CUSTOM,
                                                   .output_weights = NTK_OUTPUT_GAUSSIAN,
                                                   .hidden_law = NTK_HIDDEN_SPHERE,
                                                   .antisymmetric = 1,
                                                   .parameterization = NTK_PARAM_STANDARDISED};
static const int64_t layer_widths[] = {5, 3};
static const double network_scales[] = {1.5, 0.5};
static const ntk_network_options deep_network = {.struct_size = sizeof deep_network,
                                                 .inputs = 4,
                                                 .seed = 3,
                                                 .layers = 2,
                                                 .widths = layer_widths,
                                                 .weight_scales = network_scales,
                                                 .bias_scales = network_scales,
                                                 .output_weight_scale = 2,
                                                 .output_bias_scale = 0.5};
static const ntk_kernel_options lecture_kernel = {
    .struct_size = sizeof lecture_kernel, .part = NTK_PART_NT, .parameterization = NTK_PARAM_LECTURE, .weight_scale = 2};
/* A model of the caller's: y = theta_0 x_0. */
static int model_forward(void *user, const ntk_matrix *y, const ntk_matrix *theta, const ntk_matrix *x)
{
    (void)user;
    for (int64_t i = 0; i < x->rows; i++) test_set(y, i, 0, test_get(theta, 0, 0) * test_get(x, i, 0));
    return 0;
}

static int model_jacobian(void *user, const ntk_matrix *J, const ntk_matrix *theta, const ntk_matrix *x)
{
    (void)user, (void)theta;
    for (int64_t i = 0; i < x->rows; i++)
        for (int64_t k = 0; k < J->cols; k++) test_set(J, i, k, k ? 0 : test_get(x, i, 0));
    return 0;
}

static const ntk_model_functions own_model = {.struct_size = sizeof own_model,
                                              .forward = model_forward,
                                              .jacobian = model_jacobian,
                                              .inputs = 4,
                                              .outputs = 1,
                                              .parameters = 40};

/* --- sinks and sources --- */

static int write_nothing(void *user, const ntk_array *array)
{
    (void)user;
    return array->data ? 0 : 1;
}

static const ntk_sink test_sink = {.struct_size = sizeof test_sink, .write = write_nothing};
static const test_bad bad_sink[] = {BAD_I64(ntk_sink, write, 0, NTK_ERR_OPTION), END};
static const test_bad bad_source[] = {BAD_I64(ntk_source, describe, 0, NTK_ERR_OPTION),
                                      BAD_I64(ntk_source, read, 0, NTK_ERR_OPTION), END};

#define TEST_SOURCE_OF(object)                                                                                    \
    {                                                                                                             \
        .struct_size = sizeof(ntk_source), .user = (void *)(uintptr_t)object, .describe = test_exported_describe, \
        .read = test_exported_read                                                                                \
    }
static const ntk_source network_source = TEST_SOURCE_OF("network"), features_source = TEST_SOURCE_OF("features"),
                        kernel_source = TEST_SOURCE_OF("kernel"), ridge_source = TEST_SOURCE_OF("ridge"),
                        training_source = TEST_SOURCE_OF("training"), streamed_source = TEST_SOURCE_OF("streamed");

/* --- streams --- */

/* A third of the rows at a time, so that batches are made of several. */
static int64_t read_samples(void *user, int64_t first, const ntk_matrix *x, const ntk_matrix *y)
{
    const test_sizes *sizes = user;
    int64_t rows = x->rows / 3 + 1;
    if (rows > sizes->n - first) rows = sizes->n - first;
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < x->cols; j++) test_set(x, i, j, test_uniform(301, (first + i) * x->cols + j));
        for (int64_t c = 0; c < y->cols; c++) test_set(y, i, c, test_uniform(302, (first + i) * y->cols + c));
    }
    return rows;
}

static const ntk_sample_stream test_stream = {.struct_size = sizeof test_stream, .read = read_samples};
static const test_bad bad_sample_stream[] = {BAD_I64(ntk_sample_stream, inputs, 0, NTK_ERR_OPTION),
                                             BAD_I64(ntk_sample_stream, inputs, -1, NTK_ERR_OPTION),
                                             BAD_I64(ntk_sample_stream, targets, 0, NTK_ERR_OPTION),
                                             BAD_I64(ntk_sample_stream, targets, INT64_MIN, NTK_ERR_OPTION),
                                             BAD_I64(ntk_sample_stream, targets, INT64_MAX, NTK_ERR_OVERFLOW),
                                             BAD_I64(ntk_sample_stream, samples, -1, NTK_ERR_OPTION),
                                             BAD_I64(ntk_sample_stream, samples, 2000, NTK_ERR_SHAPE),
                                             BAD_I64(ntk_sample_stream, read, 0, NTK_ERR_OPTION),
                                             BAD_DTYPE(ntk_sample_stream),
                                             END};

/* of trainings, which read later */
static const test_bad bad_training_stream[] = {BAD_I64(ntk_sample_stream, inputs, 0, NTK_ERR_OPTION),
                                               BAD_I64(ntk_sample_stream, inputs, 1000, NTK_ERR_OPTION),
                                               BAD_I64(ntk_sample_stream, targets, 0, NTK_ERR_OPTION),
                                               BAD_I64(ntk_sample_stream, targets, INT64_MAX, NTK_ERR_OVERFLOW),
                                               BAD_I64(ntk_sample_stream, samples, -1, NTK_ERR_OPTION),
                                               BAD_I64(ntk_sample_stream, read, 0, NTK_ERR_OPTION),
                                               BAD_DTYPE(ntk_sample_stream),
                                               END};
#define TRAINING_STREAM                                                                                     \
    {                                                                                                       \
        .name = "stream", .kind = TEST_OPTIONS, .type = "ntk_sample_stream", .initial = &test_stream,       \
        .size = sizeof(ntk_sample_stream), .bad = bad_training_stream, .traits = TEST_REQUIRED | TEST_SIZED \
    }
#define TRAINING(start, list)                                                                                   \
    {                                                                                                           \
        .name = "options", .kind = TEST_OPTIONS, .type = "ntk_training_options", .initial = start, .bad = list, \
        .size = sizeof(ntk_training_options), .traits = TEST_REQUIRED                                           \
    }
static const ntk_training_options batch_training = {
    .struct_size = sizeof batch_training, .step = 0.1, .batch = 5, .method = NTK_TRAINING_ADAM, .dtype = NTK_F64};
static const ntk_training_options spectral_training = {.struct_size = sizeof spectral_training,
                                                       .schedule = NTK_SCHEDULE_SPECTRAL,
                                                       .method = NTK_TRAINING_NESTEROV,
                                                       .linearized = 1,
                                                       .part = NTK_PART_RF,
                                                       .decay_to = NTK_DECAY_START,
                                                       .weight_decay = 0.5};
static const ntk_training_options stream_training = {
    .struct_size = sizeof stream_training, .step = 0.1, .batch = 3, .dtype = NTK_F32};

static const ntk_nystroem_options few_centres = {
    .struct_size = sizeof few_centres, .count = 6, .intercept = 1, .leave_one_out = 1};
static const ntk_nystroem_options packed_centres = {
    .struct_size = sizeof packed_centres, .count = 6, .storage = NTK_STORAGE_PACKED, .dtype = NTK_F64, .light = 1};
static const ntk_ridge_options stream_ridge = {.struct_size = sizeof stream_ridge, .intercept = 1};
static const ntk_ridge_options qr_ridge = {
    .struct_size = sizeof qr_ridge, .intercept = 1, .storage = NTK_STORAGE_PACKED, .solver = NTK_SOLVER_QR, .dtype = NTK_F64};

static const double layer_scales[] = {1.5, 0.5}, layer_rates[] = {1, 0, 2};
static const ntk_kernel_options deep_kernel = {.struct_size = sizeof deep_kernel,
                                               .layers = 2,
                                               .weight_scales = layer_scales,
                                               .bias_scales = layer_scales,
                                               .layer_rates = layer_rates};
static const ntk_gram_options packed_gram = {
    .struct_size = sizeof packed_gram, .storage = NTK_STORAGE_PACKED, .dtype = NTK_F64};
static const ntk_gram_options implicit_gram = {
    .struct_size = sizeof implicit_gram, .storage = NTK_STORAGE_IMPLICIT, .dtype = NTK_F64};
static const ntk_stream_options whole_panels = {
    .struct_size = sizeof whole_panels, .rows = 7, .shape = NTK_PANEL_WHOLE, .dtype = NTK_F32};
static const ntk_ridge_options spectral_ridge = {.struct_size = sizeof spectral_ridge, .method = NTK_RIDGE_SPECTRAL};
static const ntk_ridge_options mixed_ridge = {
    .struct_size = sizeof mixed_ridge, .intercept = 1, .precision = NTK_PRECISION_MIXED};
/* So few samples, of a long call's: a step is quick.  What is free stays between its bounds. */
static double all_but_lambda[] = {1, 1, 1, 1, 0}, every_number[] = {1, 1, 1, 1, 1};
static const ntk_matrix held_scales = {all_but_lambda, 5, 1, 1, NTK_F64, NTK_READONLY},
                        held_numbers = {every_number, 5, 1, 1, NTK_F64, NTK_READONLY};
static const ntk_optimise_options short_search = {
    .struct_size = sizeof short_search, .held = &held_scales, .restarts = 1, .subset = 40, .tolerance = 0.01, .seed = 3};
static const ntk_optimise_options fixed_search = {.struct_size = sizeof fixed_search, .held = &held_numbers, .subset = 60};
static const ntk_flow_options stepped_flow = {
    .struct_size = sizeof stepped_flow, .method = NTK_FLOW_NESTEROV, .step = 0.01, .momentum = 0.9, .weight_decay = 0.1};
static const ntk_ridge_options light_ridge = {.struct_size = sizeof light_ridge, .light = 1};
static const ntk_ridge_options packed_ridge = {.struct_size = sizeof packed_ridge,
                                               .method = NTK_RIDGE_DUAL,
                                               .storage = NTK_STORAGE_PACKED,
                                               .dtype = NTK_F64,
                                               .intercept = 1};
static const ntk_iterative_options few_pivots = {.struct_size = sizeof few_pivots,
                                                 .tolerance = 1e-3,
                                                 .rank = 20,
                                                 .hold = 1,
                                                 .checkpoint = &test_sink,
                                                 .checkpoint_every = 1};
static const ntk_ridge_options iterative_ridge = {
    .struct_size = sizeof iterative_ridge, .method = NTK_RIDGE_ITERATIVE, .intercept = 1, .iterative = &few_pivots};
static const ntk_iterative_options few_features = {
    .struct_size = sizeof few_features, .tolerance = 1e-3, .rank = 20, .preconditioner = NTK_PRECONDITIONER_FEATURES};
static const ntk_ridge_options iterative_features = {
    .struct_size = sizeof iterative_features, .method = NTK_RIDGE_ITERATIVE, .iterative = &few_features};
static const ntk_ridge_options iterative_products = {.struct_size = sizeof iterative_products, .method = NTK_RIDGE_ITERATIVE};
static const ntk_ridge_options finite_primal = {
    .struct_size = sizeof finite_primal, .method = NTK_RIDGE_PRIMAL, .intercept = 1};

static const int64_t two_widths[] = {2, 4};
static const double one_exponent[] = {0.5};
static const ntk_lazy_options short_sweep = {.struct_size = sizeof short_sweep,
                                             .widths = two_widths,
                                             .exponents = one_exponent,
                                             .width_count = 2,
                                             .exponent_count = 1,
                                             .replicates = 1,
                                             .steps = 1,
                                             .antisymmetric = 1};

/* The kernel takes any number of inputs. */
static const ntk_curve_options small_curve = {.struct_size = sizeof small_curve, .d = 3, .lambda = 0.5, .noise_variance = 0.25};

/* The targets are no neuron's: it ends early, where a step is half as long as w. */
static const ntk_neuron_options rough_neuron = {.struct_size = sizeof rough_neuron, .tolerance = 0.5, .seed = 3};

#define FLOW_DATA                                                                                         \
    INPUT("x", DIM_N, DIM_d, TEST_ROWS | TEST_FINITE), INPUT("y", DIM_N, DIM_t, TEST_ROWS | TEST_FINITE), \
        INPUT("f0", DIM_N, DIM_t, RCF | TEST_OPTIONAL)
#define FLOW_SAMPLES INPUT("x", DIM_m, DIM_d, RCF), INPUT("f0x", DIM_m, DIM_t, RCF | TEST_OPTIONAL)
#define RIDGE_DATA                                                                                        \
    INPUT("x", DIM_n, DIM_d, TEST_ROWS | TEST_FINITE), INPUT("y", DIM_n, DIM_t, TEST_ROWS | TEST_FINITE), \
        NUMBER("lambda", 0.125, bad_lambda)
#define FEATURE_DATA                                                                                                  \
    INPUT("x", DIM_n, DIM_d, TEST_ROWS | TEST_COLS | TEST_FINITE), INPUT("y", DIM_n, DIM_t, TEST_ROWS | TEST_FINITE), \
        NUMBER("lambda", 0.125, bad_lambda)
#define NETWORK(start, list)                                                                                   \
    {                                                                                                          \
        .name = "options", .kind = TEST_OPTIONS, .type = "ntk_network_options", .initial = start, .bad = list, \
        .size = sizeof(ntk_network_options), .traits = TEST_REQUIRED                                           \
    }
#define CURVE                                                                                                            \
    {                                                                                                                    \
        .name = "options", .kind = TEST_OPTIONS, .type = "ntk_curve_options", .initial = &small_curve, .bad = bad_curve, \
        .size = sizeof(ntk_curve_options), .traits = TEST_REQUIRED                                                       \
    }
#define ENERGIES INPUT("energies", DIM_t, DIM_1, TEST_COLS | TEST_FINITE | TEST_NOT_NEGATIVE)
#define RC (TEST_ROWS | TEST_COLS)
#define RCF (TEST_ROWS | TEST_COLS | TEST_FINITE)

const test_row test_rows[] = {
    {ROW(context_create, "defaults"),
     .arguments = {CREATED("context", TEST_CONTEXT), OPTIONS(ntk_context_options, NULL, bad_context)}},
    {ROW(context_create, "allocator"),
     .arguments = {CREATED("context", TEST_CONTEXT), OPTIONS(ntk_context_options, &own_allocator, NULL)}},
    {ROW(context_describe, ""), .arguments = {CONTEXT, RESULT("buffer", 900), INTEGER("size", 900, bad_description_size)}},

    {ROW(activation_create, "erf"),
     .arguments = {CONTEXT, CREATED("activation", TEST_ACTIVATION), INTEGER("kind", NTK_ERF, bad_activation),
                   OPTIONS(ntk_activation_options, NULL, any_slope)}},
    {ROW(activation_create, "leaky"),
     .arguments = {CONTEXT, CREATED("activation", TEST_ACTIVATION), INTEGER("kind", NTK_LEAKY_RELU, NULL),
                   OPTIONS(ntk_activation_options, &some_slope, bad_slope)}},
    {ROW(activation_create, "hermite"),
     .arguments = {CONTEXT, CREATED("activation", TEST_ACTIVATION), INTEGER("kind", NTK_HERMITE, NULL),
                   OPTIONS(ntk_activation_options, &third_degree, bad_degree)}},
    {ROW(activation_create_user, ""), .arguments = {CONTEXT,
                                                    CREATED("activation", TEST_ACTIVATION),
                                                    {.name = "functions",
                                                     .kind = TEST_OPTIONS,
                                                     .type = "ntk_activation_functions",
                                                     .size = sizeof(ntk_activation_functions),
                                                     .initial = &user_functions,
                                                     .bad = bad_functions,
                                                     .traits = TEST_REQUIRED}}},
    {ROW(activation_hermite, ""),
     .arguments = {HANDLE("activation", activation),
                   {.name = "coefficients", .kind = TEST_OUTPUT, .rows = DIM_n, .cols = DIM_1, .traits = TEST_COLS},
                   NUMBER("scale", 1.5, bad_scale_number)}},
    {ROW(activation_value, ""), .arguments = {HANDLE("activation", activation), OUTPUT("out", DIM_m, DIM_d, TEST_SAME),
                                              INPUT("u", DIM_m, DIM_d, RC | TEST_SAME)}},
    {ROW(activation_derivative, ""), .arguments = {HANDLE("activation", activation), OUTPUT("out", DIM_m, DIM_d, TEST_SAME),
                                                   INPUT("u", DIM_m, DIM_d, RC | TEST_SAME)}},
    {ROW(activation_moments, ""),
     .arguments = {HANDLE("activation", activation), REPORT("moments", ntk_moments), NUMBER("q11", 1, bad_variance),
                   NUMBER("q22", 1, bad_variance), NUMBER("q12", 0.25, bad_covariance)}},

    {ROW(network_create, "plain"), .arguments = {CONTEXT, CREATED("network", TEST_NETWORK), HANDLE("activation", activation),
                                                 NETWORK(&plain_network, bad_network)}},
    {ROW(network_create, "custom"), .arguments = {CONTEXT, CREATED("network", TEST_NETWORK), HANDLE("activation", activation),
                                                  NETWORK(&custom_network, bad_custom_network)}},
    {ROW(network_create, "deep"), .arguments = {CONTEXT, CREATED("network", TEST_NETWORK), HANDLE("activation", activation),
                                                NETWORK(&deep_network, bad_deep_network)}},
    {ROW(network_copy, ""), .arguments = {CONTEXT, CREATED("copy", TEST_NETWORK), HANDLE("network", network)}},
    {ROW(network_forward, ""),
     .arguments = {HANDLE("network", network), OUTPUT("y", DIM_m, DIM_1, 0), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(network_forward, "deep"),
     .arguments = {HANDLE("network", deep_network), OUTPUT("y", DIM_m, DIM_1, 0), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(network_export, ""), .arguments = {HANDLE("network", network), SINK}},
    {ROW(network_import, ""), .arguments = {CONTEXT, CREATED("network", TEST_NETWORK), SOURCE(&network_source)}},
    {ROW(network_parameters, ""), .arguments = {HANDLE("network", network), OUTPUT("theta", DIM_p, DIM_1, TEST_F64)}},
    {ROW(network_set_parameters, ""), .arguments = {HANDLE("network", network), INPUT("theta", DIM_p, DIM_1, RCF | TEST_F64)},
     .mutated = offsetof(test_world, network), .mutated_kind = TEST_NETWORK},

    {ROW(network_jacobian, ""), .arguments = {HANDLE("network", network), OUTPUT("jacobian", DIM_m, DIM_p, 0),
                                              INPUT("x", DIM_m, DIM_d, RCF), INTEGER("part", NTK_PART_BOTH, bad_part)}},
    {ROW(network_jvp, "deep"),
     .arguments = {HANDLE("network", deep_network), OUTPUT("y", DIM_m, DIM_1, 0), INPUT("x", DIM_m, DIM_d, RCF),
                   INPUT("v", DIM_pp, DIM_1, RCF), INTEGER("part", NTK_PART_BOTH, bad_part)}},
    {ROW(network_vjp, "deep"),
     .arguments = {HANDLE("network", deep_network), OUTPUT("v", DIM_pp, DIM_1, 0), INPUT("x", DIM_m, DIM_d, RCF),
                   INPUT("u", DIM_m, DIM_1, RCF), INTEGER("part", NTK_PART_BOTH, bad_part)}},
    {ROW(network_gauss_newton, ""),
     .arguments = {HANDLE("network", network), OUTPUT("g", DIM_p, DIM_1, 0), INPUT("x", DIM_m, DIM_d, TEST_COLS | TEST_FINITE),
                   INPUT("v", DIM_p, DIM_1, RCF), INTEGER("part", NTK_PART_BOTH, bad_part)}},
    {ROW(network_hessian, "deep"),
     .arguments = {HANDLE("network", deep_network), OUTPUT("g", DIM_pp, DIM_1, 0), INPUT("x", DIM_m, DIM_d, RCF),
                   INPUT("u", DIM_m, DIM_1, RCF), INPUT("v", DIM_pp, DIM_1, RCF), INTEGER("part", NTK_PART_BOTH, bad_part)}},

    {ROW(features_create, ""), .arguments = {CONTEXT, CREATED("features", TEST_FEATURES), HANDLE("network", network),
                                             INTEGER("part", NTK_PART_BOTH, bad_part)}},
    {ROW(features_export, ""), .arguments = {HANDLE("features", features), SINK}},
    {ROW(features_import, ""), .arguments = {CONTEXT, CREATED("features", TEST_FEATURES), SOURCE(&features_source)}},
    {ROW(features_map, ""),
     .arguments = {HANDLE("features", features), OUTPUT("Phi", DIM_m, DIM_p, 0), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(features_map, "deep"),
     .arguments = {HANDLE("features", deep_features), OUTPUT("Phi", DIM_m, DIM_pp, 0), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(features_multiply, ""), .arguments = {HANDLE("features", features), OUTPUT("y", DIM_m, DIM_t, 0),
                                               INPUT("x", DIM_m, DIM_d, RCF), INPUT("b", DIM_p, DIM_t, RCF)}},
    {ROW(features_multiply, "deep"), .arguments = {HANDLE("features", deep_features), OUTPUT("y", DIM_m, DIM_t, 0),
                                                   INPUT("x", DIM_m, DIM_d, RCF), INPUT("b", DIM_pp, DIM_t, RCF)}},
    {ROW(features_multiply_transposed, "deep"), .arguments = {HANDLE("features", deep_features), OUTPUT("b", DIM_pp, DIM_t, 0),
                                                              INPUT("x", DIM_m, DIM_d, RCF), INPUT("r", DIM_m, DIM_t, RCF)}},
    {ROW(features_multiply_transposed, ""), .arguments = {HANDLE("features", features), OUTPUT("b", DIM_p, DIM_t, 0),
                                                          INPUT("x", DIM_m, DIM_d, RCF), INPUT("r", DIM_m, DIM_t, RCF)}},

    {ROW(kernel_create_infinite, "standardised"),
     .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), HANDLE("activation", activation),
                   OPTIONS(ntk_kernel_options, NULL, bad_kernel)}},
    {ROW(kernel_create_infinite, "lecture"),
     .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), HANDLE("activation", activation),
                   OPTIONS(ntk_kernel_options, &lecture_kernel, bad_lecture_kernel)}},
    {ROW(kernel_create_infinite, "deep"),
     .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), HANDLE("activation", activation),
                   OPTIONS(ntk_kernel_options, &deep_kernel, bad_deep_kernel)}},
    {ROW(kernel_create_infinite, "series"), .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), HANDLE("activation", tanh),
                                                          OPTIONS(ntk_kernel_options, NULL, bad_kernel)}},
    {ROW(kernel_create_finite, ""), .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), HANDLE("features", features)}},
    {ROW(kernel_create_monte_carlo, ""),
     .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), HANDLE("activation", activation),
                   INTEGER("networks", 3, bad_networks), INTEGER("part", NTK_PART_BOTH, bad_part),
                   NETWORK(&plain_network, bad_network)}},
    {ROW(kernel_create_monte_carlo, "deep"),
     .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), HANDLE("activation", activation),
                   INTEGER("networks", 3, bad_networks), INTEGER("part", NTK_PART_BOTH, bad_part),
                   NETWORK(&deep_network, bad_deep_network)}},
    {ROW(kernel_create_sum, ""), .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), HANDLE("terms[0]", infinite),
                                               HANDLE("terms[1]", finite), INTEGER("count", 2, bad_count)}},
    {ROW(kernel_create_product, ""), .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), HANDLE("factors[0]", infinite),
                                                   HANDLE("factors[1]", finite), INTEGER("count", 2, bad_count)}},
    {ROW(kernel_create_constant, ""),
     .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), NUMBER("value", 0.25, bad_lambda)}},
    {ROW(kernel_create_normalised, ""), .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), HANDLE("base", infinite)}},
    {ROW(kernel_create_ard, ""),
     .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), HANDLE("base", finite), INPUT("scales", DIM_1, DIM_d, RCF)}},
    {ROW(kernel_create_user, ""), .arguments = {CONTEXT,
                                                CREATED("kernel", TEST_KERNEL),
                                                {.name = "functions",
                                                 .kind = TEST_OPTIONS,
                                                 .type = "ntk_kernel_functions",
                                                 .size = sizeof(ntk_kernel_functions),
                                                 .initial = &test_user_kernel,
                                                 .bad = bad_user_kernel,
                                                 .traits = TEST_REQUIRED}}},
    {ROW(kernel_export, ""), .arguments = {HANDLE("kernel", composite), SINK}},
    {ROW(kernel_import, ""), .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), SOURCE(&kernel_source)}},
    {ROW(kernel_memory, "composite"),
     .arguments = {HANDLE("kernel", composite), RESULT("bytes", 8), SIZE("n1", DIM_m, bad_size), SIZE("n2", DIM_n, bad_size),
                   SIZE("d", DIM_d, bad_size), INTEGER("dtype", NTK_F64, bad_type)}},
    {ROW(kernel_memory, "deep"),
     .arguments = {HANDLE("kernel", deep), RESULT("bytes", 8), SIZE("n1", DIM_m, bad_size), SIZE("n2", DIM_n, bad_size),
                   SIZE("d", DIM_d, bad_size), INTEGER("dtype", NTK_F64, bad_type)}},
    {ROW(kernel_memory, "series"),
     .arguments = {HANDLE("kernel", series), RESULT("bytes", 8), SIZE("n1", DIM_m, bad_size), SIZE("n2", DIM_n, bad_size),
                   SIZE("d", DIM_d, bad_size), INTEGER("dtype", NTK_F64, bad_type)}},
    {ROW(kernel_memory, "deep series"),
     .arguments = {HANDLE("kernel", deep_series), RESULT("bytes", 8), SIZE("n1", DIM_m, bad_size), SIZE("n2", DIM_n, bad_size),
                   SIZE("d", DIM_d, bad_size), INTEGER("dtype", NTK_F64, bad_type)}},
    {ROW(kernel_memory, "infinite"),
     .arguments = {HANDLE("kernel", infinite), RESULT("bytes", 8), SIZE("n1", DIM_m, bad_size), SIZE("n2", DIM_n, bad_size),
                   SIZE("d", DIM_d, bad_size), INTEGER("dtype", NTK_F64, bad_type)}},
    {ROW(kernel_memory, "finite"),
     .arguments = {HANDLE("kernel", finite), RESULT("bytes", 8), SIZE("n1", DIM_m, bad_size), SIZE("n2", DIM_n, bad_size),
                   SIZE("d", DIM_d, bad_size), INTEGER("dtype", NTK_F32, bad_type)}},
    {ROW(kernel_block, "composite"), .arguments = {HANDLE("kernel", composite), OUTPUT("out", DIM_m, DIM_n, 0),
                                                   INPUT("x1", DIM_m, DIM_d, RCF), INPUT("x2", DIM_n, DIM_d, RCF)}},
    {ROW(kernel_block, "deep finite"), .arguments = {HANDLE("kernel", deep_finite), OUTPUT("out", DIM_m, DIM_n, 0),
                                                     INPUT("x1", DIM_m, DIM_d, RCF), INPUT("x2", DIM_n, DIM_d, RCF)}},
    {ROW(kernel_block, "deep Monte Carlo"), .arguments = {HANDLE("kernel", deep_monte_carlo), OUTPUT("out", DIM_m, DIM_n, 0),
                                                          INPUT("x1", DIM_m, DIM_d, RCF), INPUT("x2", DIM_n, DIM_d, RCF)}},
    {ROW(kernel_block, "deep"), .arguments = {HANDLE("kernel", deep), OUTPUT("out", DIM_m, DIM_n, 0),
                                              INPUT("x1", DIM_m, DIM_d, RCF), INPUT("x2", DIM_n, DIM_d, RCF)}},
    {ROW(kernel_block, "series"), .arguments = {HANDLE("kernel", series), OUTPUT("out", DIM_m, DIM_n, 0),
                                                INPUT("x1", DIM_m, DIM_d, RCF), INPUT("x2", DIM_n, DIM_d, RCF)}},
    {ROW(kernel_block, "deep series"), .arguments = {HANDLE("kernel", deep_series), OUTPUT("out", DIM_m, DIM_n, 0),
                                                     INPUT("x1", DIM_m, DIM_d, RCF), INPUT("x2", DIM_n, DIM_d, RCF)}},
    {ROW(kernel_block, "infinite"), .arguments = {HANDLE("kernel", infinite), OUTPUT("out", DIM_m, DIM_n, 0),
                                                  INPUT("x1", DIM_m, DIM_d, RCF), INPUT("x2", DIM_n, DIM_d, RCF)}},
    {ROW(kernel_block, "finite"), .arguments = {HANDLE("kernel", finite), OUTPUT("out", DIM_m, DIM_n, 0),
                                                INPUT("x1", DIM_m, DIM_d, RCF), INPUT("x2", DIM_n, DIM_d, RCF)}},
    {ROW(kernel_block_error, "deep"), .arguments = {HANDLE("kernel", deep_monte_carlo), OUTPUT("out", DIM_m, DIM_n, 0),
                                                    INPUT("x1", DIM_m, DIM_d, RCF), INPUT("x2", DIM_n, DIM_d, RCF)}},
    {ROW(kernel_block_error, ""), .arguments = {HANDLE("kernel", monte_carlo), OUTPUT("out", DIM_m, DIM_n, 0),
                                                INPUT("x1", DIM_m, DIM_d, RCF), INPUT("x2", DIM_n, DIM_d, RCF)}},
    {ROW(kernel_diagonal, "infinite"), .arguments = {HANDLE("kernel", infinite), OUTPUT("out", DIM_m, DIM_1, 0),
                                                     INPUT("x", DIM_m, DIM_d, TEST_ROWS | TEST_FINITE)}},
    {ROW(kernel_diagonal, "series"), .arguments = {HANDLE("kernel", series), OUTPUT("out", DIM_m, DIM_1, 0),
                                                   INPUT("x", DIM_m, DIM_d, TEST_ROWS | TEST_FINITE)}},
    {ROW(kernel_diagonal, "finite"),
     .arguments = {HANDLE("kernel", finite), OUTPUT("out", DIM_m, DIM_1, 0), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(kernel_multiply, "composite"),
     .arguments = {HANDLE("kernel", composite), OUTPUT("y", DIM_m, DIM_t, 0), INPUT("x1", DIM_m, DIM_d, RCF),
                   INPUT("x2", DIM_n, DIM_d, RCF), INPUT("v", DIM_n, DIM_t, RCF)}},
    {ROW(kernel_multiply, "deep finite"),
     .arguments = {HANDLE("kernel", deep_finite), OUTPUT("y", DIM_m, DIM_t, 0), INPUT("x1", DIM_m, DIM_d, RCF),
                   INPUT("x2", DIM_n, DIM_d, RCF), INPUT("v", DIM_n, DIM_t, RCF)}},
    {ROW(kernel_multiply, "deep"),
     .arguments = {HANDLE("kernel", deep), OUTPUT("y", DIM_m, DIM_t, 0), INPUT("x1", DIM_m, DIM_d, RCF),
                   INPUT("x2", DIM_n, DIM_d, RCF), INPUT("v", DIM_n, DIM_t, RCF)}},
    {ROW(kernel_multiply, "series"),
     .arguments = {HANDLE("kernel", series), OUTPUT("y", DIM_m, DIM_t, 0), INPUT("x1", DIM_m, DIM_d, RCF),
                   INPUT("x2", DIM_n, DIM_d, RCF), INPUT("v", DIM_n, DIM_t, RCF)}},
    {ROW(kernel_multiply, "infinite"),
     .arguments = {HANDLE("kernel", infinite), OUTPUT("y", DIM_m, DIM_t, 0), INPUT("x1", DIM_m, DIM_d, RCF),
                   INPUT("x2", DIM_n, DIM_d, RCF), INPUT("v", DIM_n, DIM_t, RCF)}},
    {ROW(kernel_multiply, "finite"),
     .arguments = {HANDLE("kernel", finite), OUTPUT("y", DIM_m, DIM_t, 0), INPUT("x1", DIM_m, DIM_d, RCF),
                   INPUT("x2", DIM_n, DIM_d, RCF), INPUT("v", DIM_n, DIM_t, RCF)}},

    {ROW(kernel_gradient, "deep finite"),
     .arguments = {HANDLE("kernel", deep_finite), OUTPUT("g", DIM_m, DIM_td, 0), INPUT("x1", DIM_m, DIM_d, RCF),
                   INPUT("x2", DIM_n, DIM_d, RCF), INPUT("v", DIM_n, DIM_t, RCF)}},
    {ROW(kernel_gradient, "deep Monte Carlo"),
     .arguments = {HANDLE("kernel", deep_monte_carlo), OUTPUT("g", DIM_m, DIM_td, 0), INPUT("x1", DIM_m, DIM_d, RCF),
                   INPUT("x2", DIM_n, DIM_d, RCF), INPUT("v", DIM_n, DIM_t, RCF)}},
    {ROW(kernel_gradient, "deep cosine"),
     .arguments = {HANDLE("kernel", deep_cosine), OUTPUT("g", DIM_m, DIM_td, 0), INPUT("x1", DIM_m, DIM_d, RCF),
                   INPUT("x2", DIM_n, DIM_d, RCF), INPUT("v", DIM_n, DIM_t, RCF)}},
    {ROW(kernel_gradient, "composite"),
     .arguments = {HANDLE("kernel", composite), OUTPUT("g", DIM_m, DIM_td, 0), INPUT("x1", DIM_m, DIM_d, RCF),
                   INPUT("x2", DIM_n, DIM_d, RCF), INPUT("v", DIM_n, DIM_t, RCF)}},
    {ROW(kernel_gradient, "deep"),
     .arguments = {HANDLE("kernel", deep), OUTPUT("g", DIM_m, DIM_td, 0), INPUT("x1", DIM_m, DIM_d, RCF),
                   INPUT("x2", DIM_n, DIM_d, RCF), INPUT("v", DIM_n, DIM_t, RCF)}},
    {ROW(kernel_gradient, "series"),
     .arguments = {HANDLE("kernel", series), OUTPUT("g", DIM_m, DIM_td, 0), INPUT("x1", DIM_m, DIM_d, RCF),
                   INPUT("x2", DIM_n, DIM_d, RCF), INPUT("v", DIM_n, DIM_t, RCF)}},
    {ROW(kernel_gradient, "deep series"),
     .arguments = {HANDLE("kernel", deep_series), OUTPUT("g", DIM_m, DIM_td, 0), INPUT("x1", DIM_m, DIM_d, RCF),
                   INPUT("x2", DIM_n, DIM_d, RCF), INPUT("v", DIM_n, DIM_t, RCF)}},
    {ROW(kernel_gradient, "infinite"),
     .arguments = {HANDLE("kernel", infinite), OUTPUT("g", DIM_m, DIM_td, 0), INPUT("x1", DIM_m, DIM_d, RCF),
                   INPUT("x2", DIM_n, DIM_d, RCF), INPUT("v", DIM_n, DIM_t, RCF)}},
    {ROW(kernel_gradient, "finite"),
     .arguments = {HANDLE("kernel", finite), OUTPUT("g", DIM_m, DIM_td, 0), INPUT("x1", DIM_m, DIM_d, RCF),
                   INPUT("x2", DIM_n, DIM_d, RCF), INPUT("v", DIM_n, DIM_t, RCF)}},

    {ROW(kernel_scales, ""), .arguments = {HANDLE("kernel", deep), RESULT("count", 8)}},
    {ROW(kernel_scale_values, "deep"),
     .arguments = {HANDLE("kernel", deep), OUTPUT("values", DIM_sss, DIM_1, TEST_ROWS | TEST_COLS)}},
    {ROW(kernel_scale_values, "composite"),
     .arguments = {HANDLE("kernel", composite), OUTPUT("values", DIM_made, DIM_1, TEST_ROWS | TEST_COLS)}},
    {ROW(kernel_create_scaled, "deep"), .arguments = {CONTEXT, CREATED("scaled", TEST_KERNEL), HANDLE("kernel", deep),
                                                      INPUT("values", DIM_sss, DIM_1, RCF | TEST_NOT_NEGATIVE)}},
    {ROW(kernel_create_scaled, "composite"), .arguments = {CONTEXT, CREATED("scaled", TEST_KERNEL), HANDLE("kernel", composite),
                                                           INPUT("values", DIM_made, DIM_1, RCF | TEST_NOT_NEGATIVE)}},
    {ROW(kernel_scale_gradient, "deep"),
     .arguments = {HANDLE("kernel", deep), OUTPUT("g", DIM_sss, DIM_1, TEST_ROWS | TEST_COLS), INPUT("x1", DIM_m, DIM_d, RCF),
                   INPUT("x2", DIM_n, DIM_d, RCF), INPUT("w", DIM_m, DIM_n, RCF)}},
    {ROW(kernel_scale_gradient, "series"),
     .arguments = {HANDLE("kernel", series), OUTPUT("g", DIM_s, DIM_1, TEST_ROWS | TEST_COLS), INPUT("x1", DIM_m, DIM_d, RCF),
                   INPUT("x2", DIM_n, DIM_d, RCF), INPUT("w", DIM_m, DIM_n, RCF)}},
    {ROW(kernel_scale_gradient, "composite"),
     .arguments = {HANDLE("kernel", composite), OUTPUT("g", DIM_made, DIM_1, TEST_ROWS | TEST_COLS),
                   INPUT("x1", DIM_m, DIM_d, RCF), INPUT("x2", DIM_n, DIM_d, RCF), INPUT("w", DIM_m, DIM_n, RCF)}},
    {ROW(kernel_scale_gradient, "infinite"),
     .arguments = {HANDLE("kernel", infinite), OUTPUT("g", DIM_s, DIM_1, TEST_ROWS | TEST_COLS), INPUT("x1", DIM_m, DIM_d, RCF),
                   INPUT("x2", DIM_n, DIM_d, RCF), INPUT("w", DIM_m, DIM_n, RCF)}},

    {ROW(gram_memory, ""), .arguments = {CONTEXT, RESULT("bytes", 8), HANDLE("kernel", infinite), SIZE("n", DIM_n, bad_order),
                                         SIZE("d", DIM_d, bad_size), OPTIONS(ntk_gram_options, NULL, bad_gram)}},
    {ROW(gram_create, "full"), .arguments = {CONTEXT, CREATED("gram", TEST_GRAM), HANDLE("kernel", infinite),
                                             INPUT("x", DIM_n, DIM_d, TEST_FINITE), OPTIONS(ntk_gram_options, NULL, bad_gram)}},
    {ROW(gram_create, "packed, finite"),
     .arguments = {CONTEXT, CREATED("gram", TEST_GRAM), HANDLE("kernel", finite),
                   INPUT("x", DIM_n, DIM_d, TEST_COLS | TEST_FINITE), OPTIONS(ntk_gram_options, &packed_gram, bad_gram)}},
    {ROW(gram_create, "packed, composite"),
     .arguments = {CONTEXT, CREATED("gram", TEST_GRAM), HANDLE("kernel", composite),
                   INPUT("x", DIM_n, DIM_d, TEST_COLS | TEST_FINITE), OPTIONS(ntk_gram_options, &packed_gram, bad_gram)}},
    {ROW(gram_create, "implicit"),
     .arguments = {CONTEXT, CREATED("gram", TEST_GRAM), HANDLE("kernel", infinite), INPUT("x", DIM_n, DIM_d, TEST_FINITE),
                   OPTIONS(ntk_gram_options, &implicit_gram, bad_gram)}},
    {ROW(gram_create, "implicit, finite"),
     .arguments = {CONTEXT, CREATED("gram", TEST_GRAM), HANDLE("kernel", finite),
                   INPUT("x", DIM_n, DIM_d, TEST_COLS | TEST_FINITE), OPTIONS(ntk_gram_options, &implicit_gram, bad_gram)}},
    {ROW(gram_copy, ""), .arguments = {HANDLE("gram", gram), OUTPUT("K", DIM_n, DIM_n, 0)}},
    {ROW(gram_copy, "implicit"), .arguments = {HANDLE("gram", implicit), OUTPUT("K", DIM_n, DIM_n, 0)}},
    {ROW(gram_copy, "implicit, finite"), .arguments = {HANDLE("gram", implicit_finite), OUTPUT("K", DIM_n, DIM_n, 0)}},
    {ROW(gram_multiply, ""),
     .arguments = {HANDLE("gram", gram), OUTPUT("y", DIM_n, DIM_t, TEST_F64), INPUT("v", DIM_n, DIM_t, RC | TEST_F64)}},
    {ROW(gram_multiply, "implicit"),
     .arguments = {HANDLE("gram", implicit), OUTPUT("y", DIM_n, DIM_t, TEST_F64), INPUT("v", DIM_n, DIM_t, RC | TEST_F64)}},
    {ROW(gram_multiply, "implicit, finite"), .arguments = {HANDLE("gram", implicit_finite), OUTPUT("y", DIM_n, DIM_t, TEST_F64),
                                                           INPUT("v", DIM_n, DIM_t, RC | TEST_F64)}},
    {ROW(gram_trace, ""), .arguments = {HANDLE("gram", gram), RESULT("trace", 8)}},
    {ROW(gram_trace, "implicit"), .arguments = {HANDLE("gram", implicit_finite), RESULT("trace", 8)}},
    {ROW(gram_stream_memory, ""),
     .arguments = {CONTEXT, RESULT("bytes", 8), HANDLE("kernel", infinite), SIZE("n", DIM_n, bad_length),
                   SIZE("d", DIM_d, bad_size), OPTIONS(ntk_stream_options, NULL, bad_stream)}},
    {ROW(gram_stream, "lower"),
     .arguments = {CONTEXT, HANDLE("kernel", infinite), INPUT("x", DIM_n, DIM_d, TEST_FINITE), PANELS("receive"),
                   USER("user", 8), OPTIONS(ntk_stream_options, NULL, bad_stream)}},
    {ROW(gram_stream, "whole, finite"),
     .arguments = {CONTEXT, HANDLE("kernel", finite), INPUT("x", DIM_n, DIM_d, TEST_COLS | TEST_FINITE), PANELS("receive"),
                   USER("user", 8), OPTIONS(ntk_stream_options, &whole_panels, bad_stream)}},

    {ROW(ridge_memory, ""),
     .arguments = {CONTEXT, RESULT("bytes", 8), HANDLE("kernel", infinite), SIZE("n", DIM_n, bad_order),
                   SIZE("d", DIM_d, bad_size), SIZE("t", DIM_t, bad_size), OPTIONS(ntk_ridge_options, NULL, bad_dual_ridge)}},
    {ROW(ridge_create, "dual"), .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("kernel", infinite), RIDGE_DATA,
                                              OPTIONS(ntk_ridge_options, NULL, bad_dual_ridge)}},
    {ROW(ridge_create, "packed"), .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("kernel", infinite), RIDGE_DATA,
                                                OPTIONS(ntk_ridge_options, &packed_ridge, NULL)}},
    {ROW(ridge_create, "spectral"),
     .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("kernel", infinite),
                   INPUT("x", DIM_N, DIM_d, TEST_ROWS | TEST_FINITE), INPUT("y", DIM_N, DIM_t, TEST_ROWS | TEST_FINITE),
                   NUMBER("lambda", 0.125, bad_lambda), OPTIONS(ntk_ridge_options, &spectral_ridge, bad_spectral_ridge)}},
    {ROW(ridge_create, "mixed"), .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("kernel", infinite), RIDGE_DATA,
                                               OPTIONS(ntk_ridge_options, &mixed_ridge, NULL)}},
    {ROW(ridge_create, "light"), .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("kernel", finite), FEATURE_DATA,
                                               OPTIONS(ntk_ridge_options, &light_ridge, bad_ridge)}},
    {ROW(ridge_create, "iterative"),
     .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("kernel", infinite), RIDGE_DATA,
                   OPTIONS(ntk_ridge_options, &iterative_ridge, bad_spectral_ridge)}},
    {ROW(ridge_create, "iterative, features"),
     .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("kernel", infinite), RIDGE_DATA,
                   OPTIONS(ntk_ridge_options, &iterative_features, NULL)}},
    {ROW(ridge_create, "iterative, finite"),
     .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("kernel", finite), FEATURE_DATA,
                   OPTIONS(ntk_ridge_options, &iterative_products, NULL)}},
    {ROW(ridge_create, "primal"), .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("kernel", finite), FEATURE_DATA,
                                                OPTIONS(ntk_ridge_options, &finite_primal, bad_ridge)}},
    {ROW(ridge_create_gram, ""),
     .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("gram", gram),
                   INPUT("y", DIM_n, DIM_t, TEST_ROWS | TEST_FINITE), NUMBER("lambda", 0.125, bad_lambda),
                   OPTIONS(ntk_ridge_options, NULL, bad_gram_ridge)}},
    {ROW(ridge_create_primal, ""), .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("features", features),
                                                 FEATURE_DATA, OPTIONS(ntk_ridge_options, NULL, bad_primal_ridge)}},
    {ROW(ridge_create_stream, ""),
     .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("features", features), STREAM,
                   NUMBER("lambda", 0.125, bad_lambda), OPTIONS(ntk_ridge_options, NULL, bad_primal_ridge)}},
    {ROW(ridge_create_stream, "intercept"),
     .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("features", deep_features), STREAM,
                   NUMBER("lambda", 0.125, bad_lambda), OPTIONS(ntk_ridge_options, &stream_ridge, bad_primal_ridge)}},
    {ROW(ridge_create_stream, "QR"),
     .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("features", features), STREAM,
                   NUMBER("lambda", 0.125, bad_lambda), OPTIONS(ntk_ridge_options, &qr_ridge, NULL)}},
    {ROW(ridge_nystroem_memory, ""),
     .arguments = {CONTEXT, RESULT("bytes", 8), HANDLE("kernel", infinite), SIZE("n", DIM_n, bad_samples),
                   SIZE("d", DIM_d, bad_size), SIZE("t", DIM_t, bad_size), OPTIONS(ntk_nystroem_options, NULL, bad_nystroem)}},
    {ROW(ridge_create_nystroem, ""), .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("kernel", infinite),
                                                   RIDGE_DATA, OPTIONS(ntk_nystroem_options, &few_centres, bad_nystroem)}},
    {ROW(ridge_create_nystroem, "finite, packed, light"),
     .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("kernel", finite), FEATURE_DATA,
                   OPTIONS(ntk_nystroem_options, &packed_centres, bad_nystroem)}},
    {ROW(ridge_create_nystroem_stream, ""),
     .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("kernel", series), STREAM, NUMBER("lambda", 0.125, bad_lambda),
                   OPTIONS(ntk_nystroem_options, &few_centres, bad_nystroem)}},
    {ROW(ridge_nystroem_summary, ""), .arguments = {HANDLE("ridge", nystroem), REPORT("report", ntk_nystroem_report)}},
    {ROW(ridge_centres, ""), .arguments = {HANDLE("ridge", nystroem), OUTPUT("centres", DIM_N, DIM_d, 0)}},
    {ROW(ridge_export, "dual"), .arguments = {HANDLE("ridge", ridge), SINK}},
    {ROW(ridge_export, "nystroem"), .arguments = {HANDLE("ridge", nystroem), SINK}},
    {ROW(ridge_export, "spectral"), .arguments = {HANDLE("ridge", spectral), SINK}},
    {ROW(ridge_export, "iterative"), .arguments = {HANDLE("ridge", iterative), SINK}},
    {ROW(ridge_import, ""), .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), SOURCE(&ridge_source)}},
    {ROW(ridge_predict, "dual"),
     .arguments = {HANDLE("ridge", ridge), OUTPUT("y", DIM_m, DIM_t, 0), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(ridge_predict, "primal"),
     .arguments = {HANDLE("ridge", primal), OUTPUT("y", DIM_m, DIM_t, 0), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(ridge_predict, "nystroem"),
     .arguments = {HANDLE("ridge", nystroem), OUTPUT("y", DIM_m, DIM_t, 0), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(ridge_coefficients, "dual"), .arguments = {HANDLE("ridge", ridge), OUTPUT("coefficients", DIM_n, DIM_t, 0)}},
    {ROW(ridge_coefficients, "primal"), .arguments = {HANDLE("ridge", primal), OUTPUT("coefficients", DIM_p, DIM_t, 0)}},
    {ROW(ridge_intercept, ""), .arguments = {HANDLE("ridge", ridge), OUTPUT("intercept", DIM_1, DIM_t, 0)}},
    {ROW(ridge_lambdas, ""), .arguments = {HANDLE("ridge", spectral), OUTPUT("lambdas", DIM_1, DIM_t, 0)}},
    {ROW(ridge_leave_one_out, "dual"), .arguments = {HANDLE("ridge", ridge), OUTPUT("residuals", DIM_n, DIM_t, 0)}},
    {ROW(ridge_leave_one_out, "primal"), .arguments = {HANDLE("ridge", primal), OUTPUT("residuals", DIM_n, DIM_t, 0)}},
    {ROW(ridge_leave_one_out, "spectral"), .arguments = {HANDLE("ridge", spectral), OUTPUT("residuals", DIM_N, DIM_t, 0)}},
    {ROW(ridge_variance, "dual"),
     .arguments = {HANDLE("ridge", ridge), OUTPUT_SOME("variance", DIM_m, DIM_1, TEST_ROWS), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(ridge_variance, "primal"),
     .arguments = {HANDLE("ridge", primal), OUTPUT_SOME("variance", DIM_m, DIM_1, TEST_ROWS), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(ridge_variance, "nystroem"),
     .arguments = {HANDLE("ridge", nystroem), OUTPUT_SOME("variance", DIM_m, DIM_1, TEST_ROWS), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(ridge_variance, "spectral"),
     .arguments = {HANDLE("ridge", spectral), OUTPUT("variance", DIM_m, DIM_t, 0), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(ridge_covariance, "dual"),
     .arguments = {HANDLE("ridge", ridge), OUTPUT_SOME("covariance", DIM_m, DIM_m, TEST_ROWS), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(ridge_covariance, "primal"),
     .arguments = {HANDLE("ridge", primal), OUTPUT_SOME("covariance", DIM_m, DIM_m, TEST_ROWS), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(ridge_covariance, "nystroem"),
     .arguments = {HANDLE("ridge", nystroem), OUTPUT_SOME("covariance", DIM_m, DIM_m, TEST_ROWS),
                   INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(ridge_sample, "dual"), .arguments = {HANDLE("ridge", ridge), OUTPUT_SOME("samples", DIM_m, DIM_6, TEST_ROWS),
                                              INPUT("x", DIM_m, DIM_d, RCF), INTEGER("seed", 3, NULL)}},
    {ROW(ridge_sample, "primal"), .arguments = {HANDLE("ridge", primal), OUTPUT_SOME("samples", DIM_m, DIM_6, TEST_ROWS),
                                                INPUT("x", DIM_m, DIM_d, RCF), INTEGER("seed", 3, NULL)}},
    {ROW(ridge_gradient, "dual"),
     .arguments = {HANDLE("ridge", ridge), OUTPUT("gradient", DIM_m, DIM_td, 0), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(ridge_gradient, "primal"),
     .arguments = {HANDLE("ridge", primal), OUTPUT("gradient", DIM_m, DIM_td, 0), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(ridge_gradient, "nystroem"),
     .arguments = {HANDLE("ridge", nystroem), OUTPUT("gradient", DIM_m, DIM_td, 0), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(ridge_variance_gradient, "dual"),
     .arguments = {HANDLE("ridge", ridge), OUTPUT_SOME("gradient", DIM_m, DIM_d, TEST_ROWS), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(ridge_variance_gradient, "primal"),
     .arguments = {HANDLE("ridge", primal), OUTPUT_SOME("gradient", DIM_m, DIM_d, TEST_ROWS), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(ridge_variance_gradient, "nystroem"),
     .arguments = {HANDLE("ridge", nystroem), OUTPUT_SOME("gradient", DIM_m, DIM_d, TEST_ROWS), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(ridge_variance_gradient, "spectral"),
     .arguments = {HANDLE("ridge", spectral), OUTPUT("gradient", DIM_m, DIM_td, 0), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(one_hot, ""), .arguments = {OUTPUT_SOME("y", DIM_m, DIM_6, TEST_ROWS),
                                     INPUT("labels", DIM_m, DIM_1, RCF | TEST_NOT_NEGATIVE | TEST_LABELS)}},
    {ROW(ridge_classes, "dual"),
     .arguments = {HANDLE("ridge", ridge), OUTPUT("labels", DIM_m, DIM_1, 0), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(ridge_leave_one_out_classes, "dual"),
     .arguments = {HANDLE("ridge", ridge), OUTPUT("labels", DIM_n, DIM_1, 0), RESULT("error", sizeof(double))}},
    {ROW(ridge_leave_one_out_classes, "primal"),
     .arguments = {HANDLE("ridge", primal), OUTPUT("labels", DIM_n, DIM_1, 0), RESULT("error", sizeof(double))}},
    {ROW(ridge_copy, "dual"), .arguments = {CONTEXT, CREATED("copy", TEST_RIDGE), HANDLE("ridge", ridge)}},
    {ROW(ridge_copy, "primal"), .arguments = {CONTEXT, CREATED("copy", TEST_RIDGE), HANDLE("ridge", primal)}},
    {ROW(ridge_copy, "nystroem"), .arguments = {CONTEXT, CREATED("copy", TEST_RIDGE), HANDLE("ridge", nystroem)}},
    {ROW(ridge_copy, "spectral"), .arguments = {CONTEXT, CREATED("copy", TEST_RIDGE), HANDLE("ridge", spectral)}},
    {ROW(ridge_copy, "iterative"), .arguments = {CONTEXT, CREATED("copy", TEST_RIDGE), HANDLE("ridge", iterative)}},
    {ROW(ridge_append, "dual"),
     .arguments = {COPIED("ridge", ridge), INPUT("x", DIM_m, DIM_d, RCF), INPUT("y", DIM_m, DIM_t, RCF)}},
    {ROW(ridge_append, "primal"),
     .arguments = {COPIED("ridge", primal), INPUT("x", DIM_m, DIM_d, RCF), INPUT("y", DIM_m, DIM_t, RCF)}},
    {ROW(ridge_append, "spectral"),
     .arguments = {COPIED("ridge", spectral), INPUT("x", DIM_m, DIM_d, RCF), INPUT("y", DIM_m, DIM_t, RCF)}},
    {ROW(ridge_append, "iterative"),
     .arguments = {COPIED("ridge", iterative), INPUT("x", DIM_m, DIM_d, RCF), INPUT("y", DIM_m, DIM_t, RCF)}},
    {ROW(ridge_remove, "dual"),
     .arguments = {COPIED("ridge", ridge), INTEGER("first", 3, bad_first), INTEGER("count", 1, bad_removed)}},
    {ROW(ridge_remove, "primal"),
     .arguments = {COPIED("ridge", primal), INTEGER("first", 3, bad_first), INTEGER("count", 4, bad_removed)}},
    {ROW(ridge_remove, "spectral"),
     .arguments = {COPIED("ridge", spectral), INTEGER("first", 3, bad_first), INTEGER("count", 2, bad_removed)}},
    {ROW(ridge_slide, "dual"),
     .arguments = {COPIED("ridge", ridge), INPUT("x", DIM_1, DIM_d, RCF), INPUT("y", DIM_1, DIM_t, RCF)}},
    {ROW(ridge_slide, "a fit"),
     .arguments = {COPIED("ridge", ridge), INPUT("x", DIM_m, DIM_d, RCF), INPUT("y", DIM_m, DIM_t, RCF)}},
    {ROW(ridge_slide, "spectral"),
     .arguments = {COPIED("ridge", spectral), INPUT("x", DIM_1, DIM_d, RCF), INPUT("y", DIM_1, DIM_t, RCF)}},
    {ROW(ridge_set_targets, "dual"), .arguments = {COPIED("ridge", ridge), INPUT("y", DIM_n, DIM_t, RCF)}},
    {ROW(ridge_set_targets, "primal"), .arguments = {COPIED("ridge", primal), INPUT("y", DIM_n, DIM_t, RCF)}},
    {ROW(ridge_set_targets, "spectral"), .arguments = {COPIED("ridge", spectral), INPUT("y", DIM_N, DIM_t, RCF)}},
    {ROW(ridge_set_targets, "iterative"), .arguments = {COPIED("ridge", iterative), INPUT("y", DIM_n, DIM_t, RCF)}},
    {ROW(ridge_history, ""), .arguments = {HANDLE("ridge", iterative), OUTPUT("table", DIM_history, DIM_2, 0)}},
    {ROW(ridge_intervals, "dual"), .arguments = {HANDLE("ridge", ridge), OUTPUT("intervals", DIM_m, DIM_2t, 0),
                                                 INPUT("x", DIM_m, DIM_d, RCF), NUMBER("level", 0.75, bad_level)}},
    {ROW(ridge_intervals, "primal"), .arguments = {HANDLE("ridge", primal), OUTPUT("intervals", DIM_m, DIM_2t, 0),
                                                   INPUT("x", DIM_m, DIM_d, RCF), NUMBER("level", 0.75, bad_level)}},
    {ROW(ridge_intervals, "spectral"), .arguments = {HANDLE("ridge", spectral), OUTPUT("intervals", DIM_m, DIM_2t, 0),
                                                     INPUT("x", DIM_m, DIM_d, RCF), NUMBER("level", 0.75, bad_level)}},
    {ROW(ridge_path, ""), .arguments = {HANDLE("ridge", spectral), OUTPUT("table", DIM_m, DIM_path, 0),
                                        INPUT("lambdas", DIM_m, DIM_1, RCF | TEST_NOT_NEGATIVE)}},
    {ROW(ridge_path_derivatives, ""), .arguments = {HANDLE("ridge", spectral), OUTPUT("table", DIM_m, DIM_path, 0),
                                                    INPUT("lambdas", DIM_m, DIM_1, RCF | TEST_NOT_NEGATIVE)}},
    {ROW(ridge_select, ""), .arguments = {HANDLE("ridge", spectral), OUTPUT_SOME("lambda", DIM_1, DIM_t, TEST_ROWS),
                                          INTEGER("criterion", NTK_CRITERION_GCV, bad_criterion)}},
    {ROW(ridge_select_between, ""), .arguments = {HANDLE("ridge", spectral), OUTPUT_SOME("lambda", DIM_1, DIM_t, TEST_ROWS),
                                                  INTEGER("criterion", NTK_CRITERION_EVIDENCE, bad_criterion),
                                                  NUMBER("low", 0.001, bad_low), NUMBER("high", 1000, bad_high)}},
    {ROW(ridge_set_lambda, ""),
     .arguments = {HANDLE("ridge", spectral), INPUT("lambda", DIM_1, DIM_t, TEST_ROWS | TEST_FINITE | TEST_NOT_NEGATIVE)},
     .mutated = offsetof(test_world, spectral), .mutated_kind = TEST_RIDGE},
    {ROW(optimise_memory, ""),
     .arguments = {CONTEXT, RESULT("bytes", 8), HANDLE("kernel", composite), SIZE("n", DIM_n, bad_order),
                   SIZE("d", DIM_d, bad_size), SIZE("t", DIM_t, bad_size), OPTIONS(ntk_optimise_options, NULL, bad_optimise)}},
    {ROW(ridge_optimise, "evidence"),
     .arguments = {CONTEXT, CREATED_OR_NULL("ridge", TEST_RIDGE), CREATED_OR_NULL("scaled", TEST_KERNEL),
                   REPORT_OR_NULL("report", ntk_optimise_report), HANDLE("kernel", infinite), RIDGE_DATA,
                   INTEGER("criterion", NTK_CRITERION_EVIDENCE, bad_searched),
                   OPTIONS(ntk_optimise_options, &short_search, bad_optimise)}},
    {ROW(ridge_optimise, "leave-one-out"),
     .arguments = {CONTEXT, CREATED_OR_NULL("ridge", TEST_RIDGE), CREATED_OR_NULL("scaled", TEST_KERNEL),
                   REPORT_OR_NULL("report", ntk_optimise_report), HANDLE("kernel", infinite), RIDGE_DATA,
                   INTEGER("criterion", NTK_CRITERION_LOO, NULL), OPTIONS(ntk_optimise_options, &fixed_search, NULL)}},
    {ROW(model_create, ""), .arguments = {CONTEXT,
                                          CREATED("model", TEST_MODEL),
                                          {.name = "functions",
                                           .kind = TEST_OPTIONS,
                                           .type = "ntk_model_functions",
                                           .size = sizeof(ntk_model_functions),
                                           .initial = &own_model,
                                           .bad = bad_model_functions,
                                           .traits = TEST_REQUIRED}}},
    {ROW(model_from_network, ""), .arguments = {CONTEXT, CREATED("model", TEST_MODEL), HANDLE("network", network),
                                                INTEGER("part", NTK_PART_BOTH, bad_part)}},
    {ROW(model_set_options, ""), .arguments = {HANDLE("model", model), OPTIONS(ntk_model_options, NULL, bad_model)},
     .mutated = offsetof(test_world, model), .mutated_kind = TEST_MODEL},
    {ROW(model_memory, ""), .arguments = {HANDLE("model", model), RESULT("bytes", 8), SIZE("n", DIM_n, bad_order)}},
    {ROW(model_spectrum, ""),
     .arguments = {HANDLE("model", model), REPORT("spectrum", ntk_jacobian_spectrum), INPUT("theta", DIM_p, DIM_1, RCF),
                   INPUT("x", DIM_t, DIM_d, TEST_COLS | TEST_FINITE)}},
    {ROW(model_certify, ""),
     .arguments = {HANDLE("model", model), REPORT("certificate", ntk_certificate), INPUT("theta0", DIM_p, DIM_1, RCF),
                   INPUT("x", DIM_t, DIM_d, RCF), INPUT("y", DIM_t, DIM_1, RCF), NUMBER("alpha", 2, bad_alpha)}},
    {ROW(model_compare, ""),
     .arguments = {HANDLE("model", model), OUTPUT("table", DIM_1, DIM_compare, 0), INPUT("theta0", DIM_p, DIM_1, RCF),
                   INPUT("x", DIM_t, DIM_d, RCF), INPUT("y", DIM_t, DIM_1, RCF),
                   INPUT("times", DIM_1, DIM_1, RCF | TEST_NOT_NEGATIVE), NUMBER("alpha", 2, bad_alpha)}},
    {ROW(model_trajectory, ""), .arguments = {HANDLE("model", model),
                                              REPORT_OR_NULL("report", ntk_trajectory_report),
                                              {.name = "trajectory",
                                               .kind = TEST_OPTIONS,
                                               .type = "ntk_trajectory",
                                               .size = sizeof(ntk_trajectory),
                                               .traits = TEST_REQUIRED},
                                              INPUT("theta0", DIM_p, DIM_1, RCF),
                                              INPUT("x", DIM_t, DIM_d, RCF),
                                              INPUT("y", DIM_t, DIM_1, RCF),
                                              INPUT("times", DIM_1, DIM_1, TEST_COLS | TEST_FINITE | TEST_NOT_NEGATIVE),
                                              NUMBER("alpha", 2, bad_alpha)}},
    {ROW(ridge_summary, ""), .arguments = {HANDLE("ridge", ridge), REPORT("report", ntk_ridge_report)}},

    {ROW(lazy_sweep, ""), .arguments = {CONTEXT,
                                        OUTPUT("table", DIM_2, DIM_lazy, 0),
                                        OUTPUT("slopes", DIM_1, DIM_lazy_slopes, TEST_OPTIONAL),
                                        HANDLE("activation", tanh),
                                        INPUT("x", DIM_n, DIM_d, TEST_ROWS | TEST_FINITE),
                                        INPUT("y", DIM_n, DIM_1, RCF),
                                        {.name = "options",
                                         .kind = TEST_OPTIONS,
                                         .type = "ntk_lazy_options",
                                         .size = sizeof(ntk_lazy_options),
                                         .initial = &short_sweep,
                                         .bad = bad_lazy,
                                         .traits = TEST_REQUIRED}}},
    {ROW(neuron_population, ""), .arguments = {RESULT("loss", 8), OUTPUT("gradient", DIM_d, DIM_1, TEST_OPTIONAL),
                                               INPUT("w", DIM_d, DIM_1, RCF), INPUT("truth", DIM_d, DIM_1, RCF)}},
    {ROW(neuron_loss, ""),
     .arguments = {CONTEXT, RESULT("loss", 8), OUTPUT("gradient", DIM_d, DIM_1, TEST_OPTIONAL), INPUT("w", DIM_d, DIM_1, RCF),
                   INPUT("x", DIM_n, DIM_d, RCF), INPUT("y", DIM_n, DIM_1, RCF), NUMBER("kink", 0.5, bad_kink)}},
    {ROW(neuron_predict_rates, ""), .arguments = {REPORT("rates", ntk_neuron_rates), SIZE("n", DIM_n, bad_size),
                                                  SIZE("d", DIM_d, bad_size), NUMBER("step", 0.5, bad_step)}},
    {ROW(neuron_train, ""),
     .arguments = {CONTEXT, OUTPUT("w", DIM_d, DIM_1, 0), REPORT_OR_NULL("report", ntk_neuron_report),
                   INPUT("x", DIM_n, DIM_d, TEST_ROWS | TEST_COLS | TEST_FINITE), INPUT("y", DIM_n, DIM_1, RCF),
                   OPTIONS(ntk_neuron_options, &rough_neuron, bad_neuron)}},
    {ROW(flow_memory, ""),
     .arguments = {CONTEXT, RESULT("bytes", 8), HANDLE("kernel", composite), SIZE("n", DIM_n, bad_order),
                   SIZE("d", DIM_d, bad_size), SIZE("t", DIM_t, bad_size), OPTIONS(ntk_flow_options, NULL, bad_flow)}},
    {ROW(flow_create, ""), .arguments = {CONTEXT, CREATED("flow", TEST_FLOW), HANDLE("kernel", infinite), FLOW_DATA,
                                         OPTIONS(ntk_flow_options, NULL, bad_flow)}},
    {ROW(flow_create, "finite, Nesterov"),
     .arguments = {CONTEXT, CREATED("flow", TEST_FLOW), HANDLE("kernel", finite), FLOW_DATA,
                   OPTIONS(ntk_flow_options, &stepped_flow, bad_stepped_flow)}},
    {ROW(flow_create_gram, ""),
     .arguments = {CONTEXT, CREATED("flow", TEST_FLOW), HANDLE("gram", few_gram),
                   INPUT("y", DIM_N, DIM_t, TEST_ROWS | TEST_FINITE), INPUT("f0", DIM_N, DIM_t, RCF | TEST_OPTIONAL),
                   OPTIONS(ntk_flow_options, NULL, bad_gram_flow)}},
    {ROW(flow_limits, ""), .arguments = {HANDLE("flow", flow), REPORT("limits", ntk_flow_report)}},
    {ROW(flow_predict, ""),
     .arguments = {HANDLE("flow", flow), OUTPUT("f", DIM_m, DIM_t, 0), FLOW_SAMPLES, NUMBER("t", 2, bad_time)}},
    {ROW(flow_trajectory, ""), .arguments = {HANDLE("flow", flow), OUTPUT("f", DIM_m, DIM_2t, 0), FLOW_SAMPLES,
                                             INPUT("times", DIM_2, DIM_1, TEST_ROWS | TEST_COLS | TEST_NOT_NEGATIVE)}},
    {ROW(flow_train, ""), .arguments = {HANDLE("flow", flow), OUTPUT("f", DIM_N, DIM_t, 0), NUMBER("t", 2, bad_time)}},
    {ROW(flow_coefficients, ""),
     .arguments = {HANDLE("flow", flow), OUTPUT("alpha", DIM_N, DIM_t, 0), NUMBER("t", 2, bad_time)}},
    {ROW(flow_weights, ""), .arguments = {HANDLE("flow", flow), OUTPUT("dtheta", DIM_p, DIM_t, 0), HANDLE("features", features),
                                          NUMBER("t", 2, bad_time)}},
    {ROW(flow_losses, ""), .arguments = {HANDLE("flow", flow), OUTPUT_SOME("losses", DIM_m, DIM_t, TEST_ROWS),
                                         INPUT("times", DIM_m, DIM_1, TEST_ROWS | TEST_COLS | TEST_NOT_NEGATIVE)}},
    {ROW(flow_test_losses, ""),
     .arguments = {HANDLE("flow", flow), OUTPUT_SOME("losses", DIM_2, DIM_1, TEST_ROWS), INPUT("x", DIM_m, DIM_d, RCF),
                   INPUT("y", DIM_m, DIM_t, RCF), INPUT("f0x", DIM_m, DIM_t, RCF | TEST_OPTIONAL),
                   INPUT("times", DIM_2, DIM_1, TEST_ROWS | TEST_COLS | TEST_NOT_NEGATIVE)}},
    {ROW(flow_moments, ""), .arguments = {HANDLE("flow", flow), OUTPUT("mean", DIM_m, DIM_t, TEST_OPTIONAL),
                                          OUTPUT("covariance", DIM_m, DIM_m, TEST_OPTIONAL), HANDLE("prior", finite),
                                          FLOW_SAMPLES, NUMBER("t", 2, bad_time)}},
    {ROW(flow_moments, "variances"), .arguments = {HANDLE("flow", flow), OUTPUT("mean", DIM_m, DIM_t, TEST_OPTIONAL),
                                                   OUTPUT_SOME("covariance", DIM_m, DIM_1, TEST_ROWS | TEST_OPTIONAL),
                                                   HANDLE("prior", infinite), FLOW_SAMPLES, NUMBER("t", 2, bad_time)}},
    {ROW(training_memory, ""), .arguments = {CONTEXT, RESULT("bytes", 8), HANDLE("network", wide_network),
                                             SIZE("n", DIM_n, bad_samples), TRAINING(&batch_training, bad_training)}},
    {ROW(training_create, "batches"),
     .arguments = {CONTEXT, CREATED("training", TEST_TRAINING), HANDLE("network", wide_network), INPUT("x", DIM_n, DIM_d, RCF),
                   INPUT("y", DIM_n, DIM_t, RCF), TRAINING(&batch_training, bad_training)}},
    {ROW(training_create, "spectral"),
     .arguments = {CONTEXT, CREATED("training", TEST_TRAINING), HANDLE("network", wide_network), INPUT("x", DIM_n, DIM_d, RCF),
                   INPUT("y", DIM_n, DIM_t, RCF), TRAINING(&spectral_training, NULL)}},
    {ROW(training_create_stream, ""),
     .arguments = {CONTEXT, CREATED("training", TEST_TRAINING), HANDLE("network", wide_network), TRAINING_STREAM,
                   TRAINING(&stream_training, bad_streamed_training)}},
    {ROW(training_run, ""),
     .arguments = {HANDLE("training", training), REPORT_OR_NULL("report", ntk_training_report), INTEGER("steps", 0, bad_steps)},
     .mutated = offsetof(test_world, training), .mutated_kind = TEST_TRAINING},
    {ROW(training_predict, ""),
     .arguments = {HANDLE("training", training), OUTPUT("y", DIM_m, DIM_t, 0), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(training_parameters, ""), .arguments = {HANDLE("training", training), OUTPUT("theta", DIM_wide, DIM_1, TEST_F64)}},
    {ROW(training_network, ""), .arguments = {CONTEXT, CREATED("network", TEST_NETWORK), HANDLE("training", training)}},
    {ROW(training_history, ""), .arguments = {HANDLE("training", training), OUTPUT("table", DIM_2, DIM_record, 0)}},
    {ROW(training_export, ""), .arguments = {HANDLE("training", training), SINK}},
    {ROW(training_import, ""),
     .arguments = {CONTEXT, CREATED("training", TEST_TRAINING), INPUT("x", DIM_n, DIM_d, RCF), INPUT("y", DIM_n, DIM_t, RCF),
                   SOURCE(&training_source), INTEGER("borrow", 0, NULL)}},
    {ROW(training_import_stream, ""),
     .arguments = {CONTEXT, CREATED("training", TEST_TRAINING), TRAINING_STREAM, SOURCE(&streamed_source)}},
    {ROW(theory_gegenbauer, ""),
     .arguments = {OUTPUT_SOME("values", DIM_m, DIM_t, TEST_ROWS), INPUT("t", DIM_m, DIM_1, RCF), SIZE("d", DIM_d, bad_size)}},
    {ROW(theory_multiplicities, ""), .arguments = {OUTPUT_SOME("logs", DIM_t, DIM_1, TEST_COLS), SIZE("d", DIM_d, bad_size)}},
    {ROW(theory_target_energies, ""), .arguments = {CONTEXT, OUTPUT_SOME("energies", DIM_t, DIM_1, TEST_COLS),
                                                    HANDLE("activation", activation), SIZE("d", DIM_d, bad_size)}},
    {ROW(theory_kernel_levels, ""),
     .arguments = {HANDLE("kernel", infinite), OUTPUT_SOME("levels", DIM_t, DIM_2, TEST_COLS), SIZE("d", DIM_d, bad_size)}},
    {ROW(theory_kernel_levels, "deep"),
     .arguments = {HANDLE("kernel", deep), OUTPUT_SOME("levels", DIM_t, DIM_2, TEST_COLS), SIZE("d", DIM_d, bad_size)}},
    {ROW(theory_learning_curve, ""), .arguments = {HANDLE("kernel", infinite), OUTPUT("curve", DIM_m, DIM_6, 0), ENERGIES,
                                                   INPUT("sizes", DIM_m, DIM_1, RCF | TEST_NOT_NEGATIVE), CURVE}},
    {ROW(theory_sample_cost, ""),
     .arguments = {HANDLE("kernel", infinite), RESULT("n", 8), ENERGIES, NUMBER("error", 0.5, bad_error), CURVE}},
};
const size_t test_row_count = sizeof test_rows / sizeof test_rows[0];
