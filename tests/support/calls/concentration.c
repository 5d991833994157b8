/* Rows of deviations of kernel matrices from their limits. */
#include "rows.h"

CALL(gram_deviation, P(0), P(1), P(2))
CALL(gram_deviation_memory, P(0), P(1), P(2))
CALL(concentration_sweep, P(0), P(1), P(2), P(3), P(4), P(5))
CALL(concentration_memory, P(0), P(1), P(2), I(3), I(4), P(5))

static const test_bad bad_sweep[] = {BAD_I64(ntk_concentration_options, widths, 0, NTK_ERR_OPTION),
                                     BAD_I64(ntk_concentration_options, width_count, 0, NTK_ERR_OPTION),
                                     BAD_I64(ntk_concentration_options, width_count, -1, NTK_ERR_OPTION),
                                     BAD_I64(ntk_concentration_options, width_count, INT64_MAX, NTK_ERR_OPTION),
                                     BAD_I64(ntk_concentration_options, replicates, -1, NTK_ERR_OPTION),
                                     BAD_I64(ntk_concentration_options, replicates, INT64_MAX, NTK_ERR_OPTION),
                                     BAD_SCALE(ntk_concentration_options, weight_scale),
                                     BAD_SCALE(ntk_concentration_options, fit_below),
                                     BAD_KIND(ntk_concentration_options, hidden_law, 2),
                                     BAD_KIND(ntk_concentration_options, part, 3),
                                     BAD_KIND(ntk_concentration_options, storage, 3),
                                     BAD_KIND(ntk_concentration_options, output_weights, 2),
                                     END};

static const int64_t two_widths[] = {3, 5};
static const ntk_concentration_options short_sweep = {
    .struct_size = sizeof short_sweep, .widths = two_widths, .width_count = 2, .replicates = 1};

#define SWEEP                                                                                                  \
    {                                                                                                          \
        .name = "options", .kind = TEST_OPTIONS, .type = "ntk_concentration_options", .initial = &short_sweep, \
        .size = sizeof(ntk_concentration_options), .bad = bad_sweep, .traits = TEST_REQUIRED                   \
    }

/* The infinite kernel of the world's is that of both parts, and positive definite. */
static const test_row rows[] = {
    {ROW(gram_deviation, ""), .arguments = {HANDLE("gram", gram), RESULT("deviation", 8), HANDLE("limit", gram)}},
    {ROW(gram_deviation, "implicit, finite"),
     .arguments = {HANDLE("gram", implicit_finite), RESULT("deviation", 8), HANDLE("limit", gram)}},
    {ROW(gram_deviation_memory, ""), .arguments = {HANDLE("gram", implicit_finite), RESULT("bytes", 8), HANDLE("limit", gram)}},
    {ROW(concentration_sweep, ""),
     .arguments = {CONTEXT, OUTPUT("table", DIM_2, DIM_concentration, 0), OUTPUT("slope", DIM_1, DIM_2, TEST_OPTIONAL),
                   HANDLE("activation", activation), INPUT("x", DIM_n, DIM_d, TEST_FINITE), SWEEP}},
    {ROW(concentration_memory, ""), .arguments = {CONTEXT, RESULT("bytes", 8), HANDLE("activation", activation),
                                                  SIZE("n", DIM_n, test_bad_size), SIZE("d", DIM_d, test_bad_size), SWEEP}},
};
const test_part test_concentration_rows = PART(rows);
