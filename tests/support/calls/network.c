/* Rows of networks and feature maps. */
#include "rows.h"

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

/* --- what arguments refuse --- */

#define BAD_LAYERS                                                                                                        \
    BAD_I64(ntk_network_options, layers, -1, NTK_ERR_OPTION), BAD_I64(ntk_network_options, layers, 1001, NTK_ERR_OPTION), \
        BAD_SCALE(ntk_network_options, bias_scale), BAD_SCALE(ntk_network_options, output_weight_scale),                  \
        BAD_SCALE(ntk_network_options, output_bias_scale), BAD_I64(ntk_network_options, outputs, -1, NTK_ERR_OPTION)
const test_bad test_bad_network[] = {BAD_I64(ntk_network_options, inputs, 0, NTK_ERR_OPTION),
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
const test_bad test_bad_deep_network[] = {
    BAD_LAYERS,
    BAD_I32(ntk_network_options, parameterization, NTK_PARAM_LECTURE),
    BAD_I64(ntk_network_options, inputs, INT64_MAX, NTK_ERR_OVERFLOW),
    {"antisymmetric", offsetof(ntk_network_options, antisymmetric), TEST_I32, 0, 1, NTK_ERR_UNSUPPORTED},
    END};
static const test_bad bad_custom_network[] = {
    BAD_F64(ntk_network_options, gamma, 0), BAD_F64(ntk_network_options, gamma, NOT_A_NUMBER),
    BAD_F64(ntk_network_options, gamma, INFINITE), BAD_I64(ntk_network_options, hidden, 7, NTK_ERR_OPTION), END};

/* --- what valid calls have in their options --- */

const ntk_network_options test_plain_network = {.struct_size = sizeof test_plain_network, .inputs = 4, .hidden = 8, .seed = 3};
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
const ntk_network_options test_deep_network = {.struct_size = sizeof test_deep_network,
                                               .inputs = 4,
                                               .seed = 3,
                                               .layers = 2,
                                               .widths = layer_widths,
                                               .weight_scales = network_scales,
                                               .bias_scales = network_scales,
                                               .output_weight_scale = 2,
                                               .output_bias_scale = 0.5};
static const ntk_source network_source = TEST_SOURCE_OF("network"), features_source = TEST_SOURCE_OF("features");

/* --- the rows --- */

static const test_row rows[] = {
    {ROW(network_create, "plain"), .arguments = {CONTEXT, CREATED("network", TEST_NETWORK), HANDLE("activation", activation),
                                                 NETWORK(&test_plain_network, test_bad_network)}},
    {ROW(network_create, "custom"), .arguments = {CONTEXT, CREATED("network", TEST_NETWORK), HANDLE("activation", activation),
                                                  NETWORK(&custom_network, bad_custom_network)}},
    {ROW(network_create, "deep"), .arguments = {CONTEXT, CREATED("network", TEST_NETWORK), HANDLE("activation", activation),
                                                NETWORK(&test_deep_network, test_bad_deep_network)}},
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
                                              INPUT("x", DIM_m, DIM_d, RCF), INTEGER("part", NTK_PART_BOTH, test_bad_part)}},
    {ROW(network_jvp, "deep"),
     .arguments = {HANDLE("network", deep_network), OUTPUT("y", DIM_m, DIM_1, 0), INPUT("x", DIM_m, DIM_d, RCF),
                   INPUT("v", DIM_pp, DIM_1, RCF), INTEGER("part", NTK_PART_BOTH, test_bad_part)}},
    {ROW(network_vjp, "deep"),
     .arguments = {HANDLE("network", deep_network), OUTPUT("v", DIM_pp, DIM_1, 0), INPUT("x", DIM_m, DIM_d, RCF),
                   INPUT("u", DIM_m, DIM_1, RCF), INTEGER("part", NTK_PART_BOTH, test_bad_part)}},
    {ROW(network_gauss_newton, ""),
     .arguments = {HANDLE("network", network), OUTPUT("g", DIM_p, DIM_1, 0), INPUT("x", DIM_m, DIM_d, TEST_COLS | TEST_FINITE),
                   INPUT("v", DIM_p, DIM_1, RCF), INTEGER("part", NTK_PART_BOTH, test_bad_part)}},
    {ROW(network_hessian, "deep"),
     .arguments = {HANDLE("network", deep_network), OUTPUT("g", DIM_pp, DIM_1, 0), INPUT("x", DIM_m, DIM_d, RCF),
                   INPUT("u", DIM_m, DIM_1, RCF), INPUT("v", DIM_pp, DIM_1, RCF),
                   INTEGER("part", NTK_PART_BOTH, test_bad_part)}},

    {ROW(features_create, ""), .arguments = {CONTEXT, CREATED("features", TEST_FEATURES), HANDLE("network", network),
                                             INTEGER("part", NTK_PART_BOTH, test_bad_part)}},
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
};
const test_part test_network_rows = PART(rows);
