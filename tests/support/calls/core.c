/* Rows of contexts and activations. */
#include "rows.h"

#include <float.h>
#include <math.h>

CALL(context_create, P(0), P(1))
CALL(context_describe, P(0), P(1), (size_t)I(2))
CALL(activation_create, P(0), P(1), I32(2), P(3))
CALL(activation_create_user, P(0), P(1), P(2))
CALL(activation_hermite, P(0), P(1), X(2))
CALL(activation_value, P(0), P(1), P(2))
CALL(activation_derivative, P(0), P(1), P(2))
CALL(activation_moments, P(0), P(1), X(2), X(3), X(4))

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

/* --- the rows --- */

static const test_row rows[] = {
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
};
const test_part test_core_rows = PART(rows);
