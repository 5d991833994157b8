/* Rows of measured learning curves. */
#include "rows.h"

CALL(theory_measure_curve, P(0), P(1), P(2), P(3), P(4))
CALL(theory_measure_data, P(0), P(1), P(2), P(3), P(4), P(5))
CALL(theory_measure_memory, P(0), P(1), P(2), P(3), 0, 0, 0, P(4))

/* Of a data set, which has no target. */
static ntk_status call_theory_measure_memory_of_data(const test_value *v)
{
    return ntk_theory_measure_memory(P(0), P(1), NULL, P(2), I(3), I(4), I(5), P(6));
}

/* --- what arguments refuse --- */

static const test_bad bad_measure[] = {BAD_I64(ntk_measure_options, draws, -2, NTK_ERR_OPTION),
                                       BAD_I64(ntk_measure_options, draws, 3, NTK_ERR_OPTION),
                                       BAD_I64(ntk_measure_options, draws, INT64_MAX - 1, NTK_ERR_OPTION),
                                       BAD_I64(ntk_measure_options, test, -1, NTK_ERR_OPTION),
                                       BAD_SCALE(ntk_measure_options, lambda),
                                       BAD_SCALE(ntk_measure_options, noise_variance),
                                       BAD_KIND(ntk_measure_options, law, 2),
                                       BAD_KIND(ntk_measure_options, method, 5),
                                       BAD_DTYPE(ntk_measure_options),
                                       END};

/* --- what valid calls have in their options --- */

/* Standard errors need two pairs. */
static const ntk_measure_options small_measure = {
    .struct_size = sizeof small_measure, .draws = 4, .test = 1, .lambda = 0.5, .noise_variance = 0.25, .intercept = 1};

/* --- the rows --- */

#define SIZES INPUT("sizes", DIM_1, DIM_1, RCF | TEST_COUNTS)
#define SOME_SIZES INPUT("sizes", DIM_1, DIM_1, TEST_COLS | TEST_FINITE | TEST_COUNTS)
#define TARGET_OR_NULL                                                                                         \
    {                                                                                                          \
        .name = "target", .kind = TEST_HANDLE, .handle = offsetof(test_world, target), .traits = TEST_OPTIONAL \
    }
#define TABLE OUTPUT("table", DIM_1, DIM_measure, 0)
#define MEASURE OPTIONS(ntk_measure_options, &small_measure, bad_measure)

static const test_row rows[] = {
    {ROW(theory_measure_curve, ""), .arguments = {HANDLE("kernel", infinite), TABLE, HANDLE("target", target), SIZES, MEASURE}},
    {ROW(theory_measure_data, ""),
     .arguments = {HANDLE("kernel", infinite), TABLE, INPUT("x", DIM_n, DIM_d, TEST_ROWS | TEST_FINITE),
                   INPUT("y", DIM_n, DIM_t, TEST_ROWS | TEST_FINITE), SIZES, MEASURE}},
    {ROW(theory_measure_memory, ""),
     .arguments = {HANDLE("kernel", infinite), RESULT("bytes", 8), TARGET_OR_NULL, SOME_SIZES, MEASURE}},
    {.function = "ntk_theory_measure_memory",
     .variant = "data",
     .invoke = call_theory_measure_memory_of_data,
     .arguments = {HANDLE("kernel", infinite), RESULT("bytes", 8), SOME_SIZES, SIZE("rows", DIM_n, test_bad_size),
                   SIZE("d", DIM_d, test_bad_size), SIZE("t", DIM_t, test_bad_size), MEASURE}},
};
const test_part test_measure_rows = PART(rows);
