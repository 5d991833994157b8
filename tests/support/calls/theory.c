/* Rows of learning curves. */
#include "rows.h"

CALL(theory_gegenbauer, P(0), P(1), I(2))
CALL(theory_multiplicities, P(0), I(1))
CALL(theory_target_energies, P(0), P(1), P(2), I(3))
CALL(theory_kernel_levels, P(0), P(1), I(2))
CALL(theory_learning_curve, P(0), P(1), P(2), P(3), P(4))
CALL(theory_sample_cost, P(0), P(1), P(2), X(3), P(4))

/* --- what arguments refuse --- */

static const test_bad bad_error[] = {BAD_NUMBER(0), BAD_NUMBER(-1), BAD_NUMBER(NOT_A_NUMBER), BAD_NUMBER(INFINITE), END};
static const test_bad bad_curve[] = {BAD_I64(ntk_curve_options, d, 0, NTK_ERR_OPTION),
                                     BAD_I64(ntk_curve_options, d, -1, NTK_ERR_OPTION),
                                     BAD_SCALE(ntk_curve_options, total),
                                     BAD_SCALE(ntk_curve_options, lambda),
                                     BAD_SCALE(ntk_curve_options, noise_variance),
                                     END};

/* --- what valid calls have in their options --- */

/* The kernel takes any number of inputs. */
static const ntk_curve_options small_curve = {.struct_size = sizeof small_curve, .d = 3, .lambda = 0.5, .noise_variance = 0.25};

/* --- the rows --- */

#define CURVE                                                                                                            \
    {                                                                                                                    \
        .name = "options", .kind = TEST_OPTIONS, .type = "ntk_curve_options", .initial = &small_curve, .bad = bad_curve, \
        .size = sizeof(ntk_curve_options), .traits = TEST_REQUIRED                                                       \
    }
#define ENERGIES INPUT("energies", DIM_t, DIM_1, TEST_COLS | TEST_FINITE | TEST_NOT_NEGATIVE)

static const test_row rows[] = {
    {ROW(theory_gegenbauer, ""), .arguments = {OUTPUT_SOME("values", DIM_m, DIM_t, TEST_ROWS), INPUT("t", DIM_m, DIM_1, RCF),
                                               SIZE("d", DIM_d, test_bad_size)}},
    {ROW(theory_multiplicities, ""),
     .arguments = {OUTPUT_SOME("logs", DIM_t, DIM_1, TEST_COLS), SIZE("d", DIM_d, test_bad_size)}},
    {ROW(theory_target_energies, ""), .arguments = {CONTEXT, OUTPUT_SOME("energies", DIM_t, DIM_1, TEST_COLS),
                                                    HANDLE("activation", activation), SIZE("d", DIM_d, test_bad_size)}},
    {ROW(theory_kernel_levels, ""), .arguments = {HANDLE("kernel", infinite), OUTPUT_SOME("levels", DIM_t, DIM_2, TEST_COLS),
                                                  SIZE("d", DIM_d, test_bad_size)}},
    {ROW(theory_kernel_levels, "deep"),
     .arguments = {HANDLE("kernel", deep), OUTPUT_SOME("levels", DIM_t, DIM_2, TEST_COLS), SIZE("d", DIM_d, test_bad_size)}},
    {ROW(theory_learning_curve, ""), .arguments = {HANDLE("kernel", infinite), OUTPUT("curve", DIM_m, DIM_6, 0), ENERGIES,
                                                   INPUT("sizes", DIM_m, DIM_1, RCF | TEST_NOT_NEGATIVE), CURVE}},
    {ROW(theory_sample_cost, ""),
     .arguments = {HANDLE("kernel", infinite), RESULT("n", 8), ENERGIES, NUMBER("error", 0.5, bad_error), CURVE}},
};
const test_part test_theory_rows = PART(rows);
