/* Rows of ridge regression. */
#include "rows.h"

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
CALL(ridge_optimise, P(0), P(1), P(2), P(3), P(4), P(5), P(6), X(7), I32(8), P(9))

/* --- what arguments refuse --- */

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
static const test_bad bad_primal_ridge[] = {BAD_RIDGE, BAD_I32(ntk_ridge_options, method, NTK_RIDGE_DUAL),
                                            BAD_I32(ntk_ridge_options, method, NTK_RIDGE_ITERATIVE), END};
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

/* --- what valid calls have in their options --- */

static const ntk_ridge_options spectral_ridge = {.struct_size = sizeof spectral_ridge, .method = NTK_RIDGE_SPECTRAL};
static const ntk_ridge_options mixed_ridge = {
    .struct_size = sizeof mixed_ridge, .intercept = 1, .precision = NTK_PRECISION_MIXED};
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
static const ntk_ridge_options stream_ridge = {.struct_size = sizeof stream_ridge, .intercept = 1};
static const ntk_ridge_options qr_ridge = {
    .struct_size = sizeof qr_ridge, .intercept = 1, .storage = NTK_STORAGE_PACKED, .solver = NTK_SOLVER_QR, .dtype = NTK_F64};
static const ntk_nystroem_options few_centres = {
    .struct_size = sizeof few_centres, .count = 6, .intercept = 1, .leave_one_out = 1};
static const ntk_nystroem_options packed_centres = {
    .struct_size = sizeof packed_centres, .count = 6, .storage = NTK_STORAGE_PACKED, .dtype = NTK_F64, .light = 1};
static const ntk_source ridge_source = TEST_SOURCE_OF("ridge");
/* So few samples, of a long call's: a step is quick.  What is free stays between its bounds. */
static double all_but_lambda[] = {1, 1, 1, 1, 0}, every_number[] = {1, 1, 1, 1, 1};
static const ntk_matrix held_scales = {all_but_lambda, 5, 1, 1, NTK_F64, NTK_READONLY},
                        held_numbers = {every_number, 5, 1, 1, NTK_F64, NTK_READONLY};
static const ntk_optimise_options short_search = {
    .struct_size = sizeof short_search, .held = &held_scales, .restarts = 1, .subset = 40, .tolerance = 0.01, .seed = 3};
static const ntk_optimise_options fixed_search = {.struct_size = sizeof fixed_search, .held = &held_numbers, .subset = 60};

/* --- the rows --- */

#define RIDGE_DATA                                                                                        \
    INPUT("x", DIM_n, DIM_d, TEST_ROWS | TEST_FINITE), INPUT("y", DIM_n, DIM_t, TEST_ROWS | TEST_FINITE), \
        NUMBER("lambda", 0.125, test_bad_lambda)
#define FEATURE_DATA                                                                                                  \
    INPUT("x", DIM_n, DIM_d, TEST_ROWS | TEST_COLS | TEST_FINITE), INPUT("y", DIM_n, DIM_t, TEST_ROWS | TEST_FINITE), \
        NUMBER("lambda", 0.125, test_bad_lambda)
#define STREAM                                                                                            \
    {                                                                                                     \
        .name = "stream", .kind = TEST_OPTIONS, .type = "ntk_sample_stream", .initial = &test_stream,     \
        .size = sizeof(ntk_sample_stream), .bad = bad_sample_stream, .traits = TEST_REQUIRED | TEST_SIZED \
    }

static const test_row rows[] = {
    {ROW(ridge_memory, ""), .arguments = {CONTEXT, RESULT("bytes", 8), HANDLE("kernel", infinite),
                                          SIZE("n", DIM_n, test_bad_order), SIZE("d", DIM_d, test_bad_size),
                                          SIZE("t", DIM_t, test_bad_size), OPTIONS(ntk_ridge_options, NULL, bad_dual_ridge)}},
    {ROW(ridge_create, "dual"), .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("kernel", infinite), RIDGE_DATA,
                                              OPTIONS(ntk_ridge_options, NULL, bad_dual_ridge)}},
    {ROW(ridge_create, "packed"), .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("kernel", infinite), RIDGE_DATA,
                                                OPTIONS(ntk_ridge_options, &packed_ridge, NULL)}},
    {ROW(ridge_create, "spectral"),
     .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("kernel", infinite),
                   INPUT("x", DIM_N, DIM_d, TEST_ROWS | TEST_FINITE), INPUT("y", DIM_N, DIM_t, TEST_ROWS | TEST_FINITE),
                   NUMBER("lambda", 0.125, test_bad_lambda), OPTIONS(ntk_ridge_options, &spectral_ridge, bad_spectral_ridge)}},
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
                   INPUT("y", DIM_n, DIM_t, TEST_ROWS | TEST_FINITE), NUMBER("lambda", 0.125, test_bad_lambda),
                   OPTIONS(ntk_ridge_options, NULL, bad_gram_ridge)}},
    {ROW(ridge_create_primal, ""), .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("features", features),
                                                 FEATURE_DATA, OPTIONS(ntk_ridge_options, NULL, bad_primal_ridge)}},
    {ROW(ridge_create_stream, ""),
     .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("features", features), STREAM,
                   NUMBER("lambda", 0.125, test_bad_lambda), OPTIONS(ntk_ridge_options, NULL, bad_primal_ridge)}},
    {ROW(ridge_create_stream, "intercept"),
     .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("features", deep_features), STREAM,
                   NUMBER("lambda", 0.125, test_bad_lambda), OPTIONS(ntk_ridge_options, &stream_ridge, bad_primal_ridge)}},
    {ROW(ridge_create_stream, "QR"),
     .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("features", features), STREAM,
                   NUMBER("lambda", 0.125, test_bad_lambda), OPTIONS(ntk_ridge_options, &qr_ridge, NULL)}},
    {ROW(ridge_nystroem_memory, ""),
     .arguments = {CONTEXT, RESULT("bytes", 8), HANDLE("kernel", infinite), SIZE("n", DIM_n, test_bad_samples),
                   SIZE("d", DIM_d, test_bad_size), SIZE("t", DIM_t, test_bad_size),
                   OPTIONS(ntk_nystroem_options, NULL, bad_nystroem)}},
    {ROW(ridge_create_nystroem, ""), .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("kernel", infinite),
                                                   RIDGE_DATA, OPTIONS(ntk_nystroem_options, &few_centres, bad_nystroem)}},
    {ROW(ridge_create_nystroem, "finite, packed, light"),
     .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("kernel", finite), FEATURE_DATA,
                   OPTIONS(ntk_nystroem_options, &packed_centres, bad_nystroem)}},
    {ROW(ridge_create_nystroem_stream, ""),
     .arguments = {CONTEXT, CREATED("ridge", TEST_RIDGE), HANDLE("kernel", series), STREAM,
                   NUMBER("lambda", 0.125, test_bad_lambda), OPTIONS(ntk_nystroem_options, &few_centres, bad_nystroem)}},
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
    {ROW(ridge_variance, "iterative"),
     .arguments = {HANDLE("ridge", iterative), OUTPUT_SOME("variance", DIM_2, DIM_1, TEST_ROWS),
                   INPUT("x", DIM_2, DIM_d, RCF)}},
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
     .arguments = {CONTEXT, RESULT("bytes", 8), HANDLE("kernel", composite), SIZE("n", DIM_n, test_bad_order),
                   SIZE("d", DIM_d, test_bad_size), SIZE("t", DIM_t, test_bad_size),
                   OPTIONS(ntk_optimise_options, NULL, bad_optimise)}},
    {ROW(ridge_optimise, "evidence"),
     .arguments = {CONTEXT, CREATED_OR_NULL("ridge", TEST_RIDGE), CREATED_OR_NULL("scaled", TEST_KERNEL),
                   REPORT_OR_NULL("report", ntk_optimise_report), HANDLE("kernel", infinite), RIDGE_DATA,
                   INTEGER("criterion", NTK_CRITERION_EVIDENCE, bad_searched),
                   OPTIONS(ntk_optimise_options, &short_search, bad_optimise)}},
    {ROW(ridge_optimise, "leave-one-out"),
     .arguments = {CONTEXT, CREATED_OR_NULL("ridge", TEST_RIDGE), CREATED_OR_NULL("scaled", TEST_KERNEL),
                   REPORT_OR_NULL("report", ntk_optimise_report), HANDLE("kernel", infinite), RIDGE_DATA,
                   INTEGER("criterion", NTK_CRITERION_LOO, NULL), OPTIONS(ntk_optimise_options, &fixed_search, NULL)}},
};
const test_part test_ridge_rows = PART(rows);

static const test_row report[] = {
    {ROW(ridge_summary, ""), .arguments = {HANDLE("ridge", ridge), REPORT("report", ntk_ridge_report)}},
};
const test_part test_ridge_report_rows = PART(report);
