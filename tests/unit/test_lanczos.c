/* Lanczos' bidiagonalization of diagonal matrices, whose singular values are known: both ends, and where it has to begin anew. */
#include "gram/lanczos.h"
#include "support.h"

#include <math.h>

TEST_CONTEXT_FIXTURE(1)

enum { MOST = 60 };

/* The matrix of these singular values, beside columns of nothing. */
typedef struct diagonal {
    int64_t rows, cols;
    double values[MOST];
} diagonal;

static ntk_status multiply(void *argument, const double *v, double *y)
{
    const diagonal *A = argument;
    for (int64_t i = 0; i < A->rows; i++) y[i] = A->values[i] * v[i];
    return NTK_OK;
}

static ntk_status transposed(void *argument, const double *u, double *g)
{
    const diagonal *A = argument;
    for (int64_t i = 0; i < A->cols; i++) g[i] = i < A->rows ? A->values[i] * u[i] : 0;
    return NTK_OK;
}

static ntk_lanczos find(diagonal *A, int64_t most, double tolerance, bool largest_alone)
{
    ntk_lanczos found;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    const ntk_lanczos_matrix matrix = {
        .multiply = multiply, .transposed = transposed, .argument = A, .rows = A->rows, .cols = A->cols};
    const ntk_lanczos_settings settings = {
        .most = most, .tolerance = tolerance, .seed = 3, .largest_alone = largest_alone, .function = "test"};
    CHECK_OK(ntk_lanczos_run(&found, &lane, &matrix, &settings));
    return found;
}

/* Of as many steps as there are rows, rounding of the largest: some ten of them. */
static const double within = 1e-14;

START_TEST(both_ends)
{
    static const int64_t rows[] = {1, 2, 7, 8, 33, MOST};
    diagonal A = {.rows = rows[_i], .cols = rows[_i] + _i};
    for (int64_t i = 0; i < A.rows; i++) A.values[i] = 3 - 2.9 * (double)i / MOST;
    ntk_lanczos found = find(&A, A.rows, 0, false);
    ck_assert(found.converged);
    ck_assert_int_eq(found.steps, A.rows);
    ck_assert_double_eq(found.largest_residual, 0);
    ck_assert_double_eq_tol(found.largest, 3, 3 * within);
    ck_assert_double_eq_tol(found.smallest, A.values[A.rows - 1], 3 * within);
}
END_TEST

/* A singular value lies as near as a residual says, and not before the last row is it 0. */
START_TEST(residuals)
{
    diagonal A = {.rows = MOST, .cols = MOST};
    for (int64_t i = 0; i < MOST; i++) A.values[i] = cos(1.5 * (double)i / MOST);
    ntk_lanczos found = find(&A, 24, 1e-13, true);
    ck_assert(!found.converged);
    ck_assert_int_eq(found.steps, 24);
    ck_assert_double_gt(found.largest_residual, 1e-13);
    ck_assert_double_le(found.largest, 1 + within);
    double gap = 1;
    for (int64_t i = 0; i < MOST; i++) gap = fmin(gap, fabs(A.values[i] - found.largest));
    ck_assert_double_le(gap, found.largest_residual);
}
END_TEST

/* Two singular values, so that each second step begins anew, at the steps where the extremes are asked for, too.  Of the largest alone the
 * first vector told enough; what others lead to is not known before all rows have had their turn. */
START_TEST(invariant_subspaces)
{
    diagonal A = {.rows = 20, .cols = 20};
    for (int64_t i = 0; i < A.rows; i++) A.values[i] = i % 3 ? 2 : 1;
    ntk_lanczos found = find(&A, A.rows, 1e-8, true);
    ck_assert(found.converged);
    ck_assert_int_eq(found.steps, 8);
    ck_assert_double_eq_tol(found.largest, 2, 2 * within);
    found = find(&A, A.rows, 1e-8, false);
    ck_assert(found.converged);
    ck_assert_int_eq(found.steps, A.rows);
    ck_assert_double_eq_tol(found.largest, 2, 2 * within);
    ck_assert_double_eq_tol(found.smallest, 1, 2 * within);
}
END_TEST

START_TEST(nothing)
{
    diagonal A = {.rows = 20, .cols = 20};
    ntk_lanczos found = find(&A, A.rows, 1e-8, true);
    ck_assert(found.converged);
    ck_assert_double_eq(found.largest, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lanczos");
    TCase *tests = test_case(suite, "lanczos");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, both_ends, 0, 6);
    tcase_add_test(tests, residuals);
    tcase_add_test(tests, invariant_subspaces);
    tcase_add_test(tests, nothing);
    return test_run(suite);
}
