/* Rows of targets and their degrees. */
#include "rows.h"

/* Of two monomials, of any number of inputs up to half of it. */
static const int64_t exponents[4096] = {1, 2, 0, 1};

CALL(inputs_draw, P(0), P(1), I32(2), (uint64_t)v[3].integer)
CALL(target_create_sum, P(0), P(1), (const ntk_activation *[]){P(2), P(3)}, P(4), P(5))
CALL(target_create_network, P(0), P(1), P(2))
CALL(target_create_polynomial, P(0), P(1), exponents, P(2), I(3))
CALL(target_create_user, P(0), P(1), P(2))
CALL(target_evaluate, P(0), P(1), P(2))
CALL(target_energies, P(0), P(1), P(2), P(3))
CALL(target_project, P(0), P(1), P(2), P(3), I(4), P(5))
CALL(sample_energies, P(0), P(1), P(2), P(3), P(4), P(5))
CALL(sample_projection, P(0), P(1), P(2), P(3), P(4), P(5), I(6), P(7))

/* --- what arguments refuse --- */

static const test_bad bad_law[] = {BAD_INTEGER(-1, NTK_ERR_OPTION), BAD_INTEGER(2, NTK_ERR_OPTION), END};
static const test_bad bad_degree[] = {BAD_INTEGER(-1, NTK_ERR_VALUE), BAD_INTEGER(2048, NTK_ERR_VALUE),
                                      BAD_INTEGER(INT64_MAX, NTK_ERR_VALUE), END};
static const test_bad bad_degrees[] = {BAD_I64(ntk_degree_options, samples, -1, NTK_ERR_OPTION),
                                       BAD_I64(ntk_degree_options, samples, 3, NTK_ERR_OPTION),
                                       BAD_KIND(ntk_degree_options, law, 2), BAD_I32(ntk_degree_options, reserved, 1), END};
static const test_bad bad_functions[] = {
    BAD_I64(ntk_target_functions, evaluate, 0, NTK_ERR_OPTION), BAD_I64(ntk_target_functions, inputs, 0, NTK_ERR_OPTION),
    BAD_I64(ntk_target_functions, inputs, -1, NTK_ERR_OPTION), BAD_SCALE(ntk_target_functions, cost), END};

/* --- what valid calls have in their options --- */

/* Samples that the tests make are anywhere, which Gaussian ones may be. */
static const ntk_degree_options few_samples = {
    .struct_size = sizeof few_samples, .samples = 9, .seed = 1, .law = NTK_INPUTS_GAUSSIAN};

/* x_0 */
static int evaluate(void *user, const ntk_matrix *y, const ntk_matrix *x)
{
    (void)user;
    for (int64_t i = 0; i < x->rows; i++) test_set(y, i, 0, test_get(x, i, 0));
    return 0;
}

static const ntk_target_functions own_target = {.struct_size = sizeof own_target, .evaluate = evaluate, .inputs = 4};

/* --- the rows --- */

#define ENERGIES OUTPUT_SOME("energies", DIM_t, DIM_2, TEST_COLS), OUTPUT("total", DIM_1, DIM_2, TEST_OPTIONAL)
#define PROJECTION OUTPUT("values", DIM_m, DIM_1, 0), OUTPUT("errors", DIM_m, DIM_1, TEST_OPTIONAL)
#define DEGREES OPTIONS(ntk_degree_options, &few_samples, bad_degrees)
/* By default samples must lie on the sphere. */
#define DEGREES_ANYWHERE                                                                                           \
    {                                                                                                              \
        .name = "options", .kind = TEST_OPTIONS, .type = "ntk_degree_options", .size = sizeof(ntk_degree_options), \
        .initial = &few_samples, .bad = bad_degrees, .traits = TEST_OPTIONAL                                       \
    }

static const test_row rows[] = {
    {ROW(inputs_draw, ""), .arguments = {CONTEXT, OUTPUT_SOME("x", DIM_n, DIM_d, 0), INTEGER("law", NTK_INPUTS_SPHERE, bad_law),
                                         INTEGER("seed", 5, NULL)}},
    {ROW(target_create_sum, ""),
     .arguments = {CONTEXT, CREATED("target", TEST_TARGET), HANDLE("activations[0]", activation),
                   HANDLE("activations[1]", tanh), INPUT("weights", DIM_2, DIM_d, TEST_ROWS | TEST_FINITE),
                   INPUT("coefficients", DIM_2, DIM_1, RCF)}},
    {ROW(target_create_network, ""), .arguments = {CONTEXT, CREATED("target", TEST_TARGET), HANDLE("network", network)}},
    {ROW(target_create_network, "deep"),
     .arguments = {CONTEXT, CREATED("target", TEST_TARGET), HANDLE("network", deep_network)}},
    {ROW(target_create_polynomial, ""),
     .arguments = {CONTEXT, CREATED("target", TEST_TARGET), INPUT("coefficients", DIM_2, DIM_1, TEST_COLS | TEST_FINITE),
                   SIZE("d", DIM_d, test_bad_size)}},
    {ROW(target_create_user, ""), .arguments = {CONTEXT,
                                                CREATED("target", TEST_TARGET),
                                                {.name = "functions",
                                                 .kind = TEST_OPTIONS,
                                                 .type = "ntk_target_functions",
                                                 .size = sizeof(ntk_target_functions),
                                                 .initial = &own_target,
                                                 .bad = bad_functions,
                                                 .traits = TEST_REQUIRED}}},
    {ROW(target_evaluate, ""),
     .arguments = {HANDLE("target", target), OUTPUT("y", DIM_m, DIM_1, 0), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(target_evaluate, "deep"),
     .arguments = {HANDLE("target", deep_target), OUTPUT("y", DIM_m, DIM_1, 0), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(target_energies, ""), .arguments = {HANDLE("target", target), ENERGIES, DEGREES}},
    {ROW(target_energies, "deep"), .arguments = {HANDLE("target", deep_target), ENERGIES, DEGREES}},
    {ROW(target_project, ""), .arguments = {HANDLE("target", target), PROJECTION, INPUT("x", DIM_m, DIM_d, RCF),
                                            INTEGER("degree", 2, bad_degree), DEGREES_ANYWHERE}},
    {ROW(target_project, "deep"), .arguments = {HANDLE("target", deep_target), PROJECTION, INPUT("x", DIM_m, DIM_d, RCF),
                                                INTEGER("degree", 2, bad_degree), DEGREES_ANYWHERE}},
    {ROW(sample_energies, ""), .arguments = {CONTEXT, ENERGIES, INPUT("x", DIM_n, DIM_d, TEST_ROWS | TEST_FINITE),
                                             INPUT("y", DIM_n, DIM_1, RCF), DEGREES_ANYWHERE}},
    {ROW(sample_projection, ""),
     .arguments = {CONTEXT, PROJECTION, INPUT("at", DIM_m, DIM_d, RCF), INPUT("x", DIM_n, DIM_d, RCF),
                   INPUT("y", DIM_n, DIM_1, RCF), INTEGER("degree", 2, bad_degree), DEGREES_ANYWHERE}},
};
const test_part test_target_rows = PART(rows);
