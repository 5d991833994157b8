/* Rows of spectra of kernel matrices. */
#include "rows.h"

CALL(spectrum_memory, P(0), P(1), I(2), I(3), P(4))
CALL(spectrum_create, P(0), P(1), P(2), P(3), P(4))
CALL(spectrum_values, P(0), P(1))
CALL(spectrum_coefficients, P(0), P(1))
CALL(spectrum_tails, P(0), P(1))
CALL(spectrum_cumulative, P(0), P(1))
CALL(spectrum_dimensions, P(0), P(1), P(2))
CALL(spectrum_alignment, P(0), P(1))
CALL(spectrum_exponents, P(0), P(1), P(2))
CALL(spectrum_curve, P(0), P(1), P(2), P(3))

/* --- what arguments refuse --- */

static const test_bad bad_exponents[] = {BAD_I64(ntk_exponents_options, first, -1, NTK_ERR_OPTION),
                                         BAD_I64(ntk_exponents_options, first, INT64_MAX, NTK_ERR_OPTION),
                                         BAD_I64(ntk_exponents_options, first, 8, NTK_ERR_OPTION),
                                         BAD_I64(ntk_exponents_options, last, -1, NTK_ERR_OPTION),
                                         BAD_I64(ntk_exponents_options, last, INT64_MAX, NTK_ERR_OPTION),
                                         BAD_I64(ntk_exponents_options, target, -1, NTK_ERR_OPTION),
                                         BAD_I64(ntk_exponents_options, target, 3, NTK_ERR_OPTION),
                                         BAD_SCALE(ntk_exponents_options, noise_variance),
                                         END};
static const test_bad bad_curve[] = {
    BAD_KIND(ntk_spectrum_curve_options, method, 3), BAD_I32(ntk_spectrum_curve_options, reserved, 1),
    BAD_SCALE(ntk_spectrum_curve_options, lambda), BAD_SCALE(ntk_spectrum_curve_options, noise_variance), END};

/* --- what valid calls have in their options --- */

static const ntk_spectrum_options centred = {.struct_size = sizeof centred, .intercept = 1, .light = 1};
static const ntk_exponents_options all_modes = {.struct_size = sizeof all_modes, .first = 1, .last = 8, .target = 1};
static const ntk_spectrum_curve_options from_all = {.struct_size = sizeof from_all, .lambda = 0.5};
static const ntk_spectrum_curve_options population = {
    .struct_size = sizeof population, .noise_variance = 0.01, .method = NTK_PREDICT_POPULATION};

/* --- the rows --- */

#define SPECTRUM HANDLE("spectrum", spectrum)

/* The default range has too few of so few modes. */
#define RANGE                                                                                                                  \
    {                                                                                                                          \
        .name = "options", .kind = TEST_OPTIONS, .type = "ntk_exponents_options", .initial = &all_modes, .bad = bad_exponents, \
        .size = sizeof(ntk_exponents_options), .traits = TEST_OPTIONAL                                                         \
    }

static const test_row rows[] = {
    {ROW(spectrum_memory, ""),
     .arguments = {CONTEXT, RESULT("bytes", 8), SIZE("n", DIM_n, test_bad_order), SIZE("t", DIM_t, test_bad_samples),
                   OPTIONS(ntk_spectrum_options, &centred, NULL)}},
    {ROW(spectrum_create, ""), .arguments = {CONTEXT, CREATED("spectrum", TEST_SPECTRUM), HANDLE("gram", few_gram),
                                             INPUT("y", DIM_N, DIM_t, TEST_ROWS | TEST_FINITE | TEST_OPTIONAL),
                                             OPTIONS(ntk_spectrum_options, NULL, NULL)}},
    {ROW(spectrum_create, "intercept"), .arguments = {CONTEXT, CREATED("spectrum", TEST_SPECTRUM), HANDLE("gram", gram),
                                                      INPUT("y", DIM_n, DIM_t, TEST_ROWS | TEST_FINITE | TEST_OPTIONAL),
                                                      OPTIONS(ntk_spectrum_options, &centred, NULL)}},
    {ROW(spectrum_values, ""), .arguments = {SPECTRUM, OUTPUT("values", DIM_N, DIM_1, 0)}},
    {ROW(spectrum_coefficients, ""), .arguments = {SPECTRUM, OUTPUT("coefficients", DIM_N, DIM_t, 0)}},
    {ROW(spectrum_tails, ""), .arguments = {SPECTRUM, OUTPUT("tails", DIM_N, DIM_1, 0)}},
    {ROW(spectrum_cumulative, ""), .arguments = {SPECTRUM, OUTPUT_SOME("shares", DIM_N, DIM_t, TEST_ROWS)}},
    {ROW(spectrum_dimensions, ""),
     .arguments = {SPECTRUM, OUTPUT("table", DIM_m, DIM_6, 0), INPUT("lambdas", DIM_m, DIM_1, RCF | TEST_NOT_NEGATIVE)}},
    {ROW(spectrum_alignment, ""), .arguments = {SPECTRUM, OUTPUT_SOME("table", DIM_t, DIM_2, TEST_COLS)}},
    {ROW(spectrum_exponents, ""), .arguments = {SPECTRUM, REPORT("exponents", ntk_exponents), RANGE}},
    {ROW(spectrum_curve, ""), .arguments = {SPECTRUM, OUTPUT_SOME("curve", DIM_m, DIM_6, TEST_ROWS),
                                            INPUT("sizes", DIM_m, DIM_1, RCF | TEST_NOT_NEGATIVE),
                                            OPTIONS(ntk_spectrum_curve_options, &from_all, bad_curve)}},
    {ROW(spectrum_curve, "population"), .arguments = {SPECTRUM, OUTPUT_SOME("curve", DIM_m, DIM_6, TEST_ROWS),
                                                      INPUT("sizes", DIM_m, DIM_1, RCF | TEST_NOT_NEGATIVE),
                                                      OPTIONS(ntk_spectrum_curve_options, &population, NULL)}},
};
const test_part test_spectrum_rows = PART(rows);
