/* Rows of models beside their linearizations. */
#include "rows.h"

CALL(model_create, P(0), P(1), P(2))
CALL(model_from_network, P(0), P(1), P(2), I32(3))
CALL(model_set_options, P(0), P(1))
CALL(model_memory, P(0), P(1), I(2))
CALL(model_spectrum, P(0), P(1), P(2), P(3))
CALL(model_certify, P(0), P(1), P(2), P(3), P(4), X(5))
CALL(model_compare, P(0), P(1), P(2), P(3), P(4), P(5), X(6))
CALL(model_trajectory, P(0), P(1), P(2), P(3), P(4), P(5), P(6), X(7))

/* --- what arguments refuse --- */

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

/* --- what valid calls have in their options --- */

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

/* --- the rows --- */

static const test_row rows[] = {
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
                                                INTEGER("part", NTK_PART_BOTH, test_bad_part)}},
    {ROW(model_set_options, ""), .arguments = {HANDLE("model", model), OPTIONS(ntk_model_options, NULL, bad_model)},
     .mutated = offsetof(test_world, model), .mutated_kind = TEST_MODEL},
    {ROW(model_memory, ""), .arguments = {HANDLE("model", model), RESULT("bytes", 8), SIZE("n", DIM_n, test_bad_order)}},
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
};
const test_part test_model_rows = PART(rows);
