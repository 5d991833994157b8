/* Rows of kernels and their matrices. */
#include "rows.h"

CALL(kernel_create_infinite, P(0), P(1), P(2), P(3))
CALL(kernel_create_finite, P(0), P(1), P(2))
CALL(kernel_create_monte_carlo, P(0), P(1), P(2), I(3), I32(4), P(5))
CALL(kernel_create_sum, P(0), P(1), (const ntk_kernel *[]){P(2), P(3)}, (double[]){0.5, 2}, I(4))
CALL(kernel_create_product, P(0), P(1), (const ntk_kernel *[]){P(2), P(3)}, I(4))
CALL(kernel_create_constant, P(0), P(1), X(2))
CALL(kernel_create_normalised, P(0), P(1), P(2))
CALL(kernel_create_zonal, P(0), P(1), P(2), I(3))
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

/* --- what arguments refuse --- */

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
static const test_bad bad_type[] = {BAD_INTEGER(0, NTK_ERR_DTYPE), BAD_INTEGER(3, NTK_ERR_DTYPE),
                                    BAD_INTEGER(-1, NTK_ERR_DTYPE), END};
static const test_bad bad_gram[] = {BAD_KIND(ntk_gram_options, storage, 3), BAD_DTYPE(ntk_gram_options), END};
static const test_bad bad_stream[] = {BAD_I64(ntk_stream_options, rows, -1, NTK_ERR_OPTION),
                                      BAD_I64(ntk_stream_options, rows, INT64_MIN, NTK_ERR_OPTION),
                                      BAD_KIND(ntk_stream_options, shape, 2), BAD_DTYPE(ntk_stream_options), END};
static const test_bad bad_length[] = {BAD_INTEGER(0, NTK_ERR_SHAPE), BAD_INTEGER(-1, NTK_ERR_SHAPE),
                                      BAD_INTEGER(INT64_MAX, NTK_ERR_OVERFLOW), END};

/* --- what valid calls have in their options --- */

static const ntk_kernel_options lecture_kernel = {
    .struct_size = sizeof lecture_kernel, .part = NTK_PART_NT, .parameterization = NTK_PARAM_LECTURE, .weight_scale = 2};
static const double layer_scales[] = {1.5, 0.5}, layer_rates[] = {1, 0, 2};
static const ntk_kernel_options deep_kernel = {.struct_size = sizeof deep_kernel,
                                               .layers = 2,
                                               .weight_scales = layer_scales,
                                               .bias_scales = layer_scales,
                                               .layer_rates = layer_rates};
static const ntk_source kernel_source = TEST_SOURCE_OF("kernel");
static const ntk_gram_options packed_gram = {
    .struct_size = sizeof packed_gram, .storage = NTK_STORAGE_PACKED, .dtype = NTK_F64};
static const ntk_gram_options implicit_gram = {
    .struct_size = sizeof implicit_gram, .storage = NTK_STORAGE_IMPLICIT, .dtype = NTK_F64};
static const ntk_stream_options whole_panels = {
    .struct_size = sizeof whole_panels, .rows = 7, .shape = NTK_PANEL_WHOLE, .dtype = NTK_F32};

/* --- the rows --- */

static const test_row rows[] = {
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
                   INTEGER("networks", 3, bad_networks), INTEGER("part", NTK_PART_BOTH, test_bad_part),
                   NETWORK(&test_plain_network, test_bad_network)}},
    {ROW(kernel_create_monte_carlo, "deep"),
     .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), HANDLE("activation", activation),
                   INTEGER("networks", 3, bad_networks), INTEGER("part", NTK_PART_BOTH, test_bad_part),
                   NETWORK(&test_deep_network, test_bad_deep_network)}},
    {ROW(kernel_create_sum, ""), .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), HANDLE("terms[0]", infinite),
                                               HANDLE("terms[1]", finite), INTEGER("count", 2, bad_count)}},
    {ROW(kernel_create_product, ""), .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), HANDLE("factors[0]", infinite),
                                                   HANDLE("factors[1]", finite), INTEGER("count", 2, bad_count)}},
    {ROW(kernel_create_constant, ""),
     .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), NUMBER("value", 0.25, test_bad_lambda)}},
    {ROW(kernel_create_normalised, ""), .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), HANDLE("base", infinite)}},
    {ROW(kernel_create_ard, ""),
     .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL), HANDLE("base", finite), INPUT("scales", DIM_1, DIM_d, RCF)}},
    {ROW(kernel_create_zonal, ""), .arguments = {CONTEXT, CREATED("kernel", TEST_KERNEL),
                                                 INPUT("shares", DIM_m, DIM_1, TEST_COLS | TEST_FINITE | TEST_NOT_NEGATIVE),
                                                 SIZE("d", DIM_d, test_bad_size)}},
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
     .arguments = {HANDLE("kernel", composite), RESULT("bytes", 8), SIZE("n1", DIM_m, test_bad_size),
                   SIZE("n2", DIM_n, test_bad_size), SIZE("d", DIM_d, test_bad_size), INTEGER("dtype", NTK_F64, bad_type)}},
    {ROW(kernel_memory, "deep"),
     .arguments = {HANDLE("kernel", deep), RESULT("bytes", 8), SIZE("n1", DIM_m, test_bad_size),
                   SIZE("n2", DIM_n, test_bad_size), SIZE("d", DIM_d, test_bad_size), INTEGER("dtype", NTK_F64, bad_type)}},
    {ROW(kernel_memory, "series"),
     .arguments = {HANDLE("kernel", series), RESULT("bytes", 8), SIZE("n1", DIM_m, test_bad_size),
                   SIZE("n2", DIM_n, test_bad_size), SIZE("d", DIM_d, test_bad_size), INTEGER("dtype", NTK_F64, bad_type)}},
    {ROW(kernel_memory, "deep series"),
     .arguments = {HANDLE("kernel", deep_series), RESULT("bytes", 8), SIZE("n1", DIM_m, test_bad_size),
                   SIZE("n2", DIM_n, test_bad_size), SIZE("d", DIM_d, test_bad_size), INTEGER("dtype", NTK_F64, bad_type)}},
    {ROW(kernel_memory, "infinite"),
     .arguments = {HANDLE("kernel", infinite), RESULT("bytes", 8), SIZE("n1", DIM_m, test_bad_size),
                   SIZE("n2", DIM_n, test_bad_size), SIZE("d", DIM_d, test_bad_size), INTEGER("dtype", NTK_F64, bad_type)}},
    {ROW(kernel_memory, "finite"),
     .arguments = {HANDLE("kernel", finite), RESULT("bytes", 8), SIZE("n1", DIM_m, test_bad_size),
                   SIZE("n2", DIM_n, test_bad_size), SIZE("d", DIM_d, test_bad_size), INTEGER("dtype", NTK_F32, bad_type)}},
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

    {ROW(gram_memory, ""),
     .arguments = {CONTEXT, RESULT("bytes", 8), HANDLE("kernel", infinite), SIZE("n", DIM_n, test_bad_order),
                   SIZE("d", DIM_d, test_bad_size), OPTIONS(ntk_gram_options, NULL, bad_gram)}},
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
                   SIZE("d", DIM_d, test_bad_size), OPTIONS(ntk_stream_options, NULL, bad_stream)}},
    {ROW(gram_stream, "lower"),
     .arguments = {CONTEXT, HANDLE("kernel", infinite), INPUT("x", DIM_n, DIM_d, TEST_FINITE), PANELS("receive"),
                   USER("user", 8), OPTIONS(ntk_stream_options, NULL, bad_stream)}},
    {ROW(gram_stream, "whole, finite"),
     .arguments = {CONTEXT, HANDLE("kernel", finite), INPUT("x", DIM_n, DIM_d, TEST_COLS | TEST_FINITE), PANELS("receive"),
                   USER("user", 8), OPTIONS(ntk_stream_options, &whole_panels, bad_stream)}},
};
const test_part test_kernel_rows = PART(rows);
