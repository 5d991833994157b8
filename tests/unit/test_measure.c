/* Measured curves: what can be had by hand, that numbers depend on nothing but the draws, and what is refused. */
#include "measure.h"

#include <string.h>

TEST_CONTEXT_FIXTURE(2)

static ntk_kernel *linear(void)
{
    ntk_kernel_options rf = NTK_INIT(ntk_kernel_options);
    rf.part = NTK_PART_RF;
    return theory_kernel(context, NTK_IDENTITY, &rf);
}

static void check_within(double value, double error, double expected, double errors)
{
    ck_assert_double_gt(error, 0);
    ck_assert_double_eq_tol(value, expected, errors * error);
}

/* K = <x, x'> / d without a ridge is least squares: of Gaussian inputs its variance is tau^2 d / (n - d - 1), by the mean of an inverse
 * Wishart matrix, and its residuals hold (n - d) / n of the noise.  Within 4 standard errors. */
START_TEST(least_squares)
{
    enum { D = 5, N = 20 };
    const double size = N;
    measure_curve curve, spectral;
    ntk_kernel *kernel = linear();
    ntk_target *target = measure_neuron(context, NTK_IDENTITY, D);
    ntk_measure_options options = NTK_INIT(ntk_measure_options);
    options.draws = 400;
    options.test = 200;
    options.lambda = 1e-10;
    options.noise_variance = 0.5;
    options.law = NTK_INPUTS_GAUSSIAN;
    options.seed = test_seed(1);
    CHECK_OK(measure_fresh(&curve, kernel, target, &size, 1, &options));
    const double *row = curve.rows[0];
    ck_assert_double_eq(row[NTK_MEASURE_SIZE], N);
    check_within(row[NTK_MEASURE_TEST], row[NTK_MEASURE_TEST_ERROR], 0.5 * D / (N - D - 1), 4);
    check_within(row[NTK_MEASURE_VARIANCE], row[NTK_MEASURE_VARIANCE_ERROR], 0.5 * D / (N - D - 1), 4);
    check_within(row[NTK_MEASURE_BIAS], row[NTK_MEASURE_BIAS_ERROR], 0, 4);
    check_within(row[NTK_MEASURE_TRAIN], row[NTK_MEASURE_TRAIN_ERROR], 0.5 * (N - D) / N, 4);
    /* chi-squared of n - d degrees of freedom: 400 draws tell its deviation to 4 % */
    ck_assert_double_eq_tol(row[NTK_MEASURE_TRAIN_ERROR] * sqrt(400), 0.5 * sqrt(2 * (N - D)) / N, 0.2 * 0.14);
    options.lambda = 0;
    options.method = NTK_RIDGE_SPECTRAL;
    CHECK_OK(measure_fresh(&spectral, kernel, target, &size, 1, &options));
    for (int k = 1; k < NTK_MEASURE_COLUMNS; k++) ck_assert_double_eq_tol(spectral.rows[0][k], row[k], 1e-6);
    ntk_target_destroy(target);
    ntk_kernel_destroy(kernel);
}
END_TEST

START_TEST(numbers_depend_on_the_draws_alone)
{
    enum { D = 6 };
    static const double sizes[] = {12, 5, 40};
    measure_curve all, alone, other;
    ntk_measure_options options = NTK_INIT(ntk_measure_options);
    options.draws = 6;
    options.test = 30;
    options.lambda = 1e-3;
    options.noise_variance = 0.1;
    options.seed = test_seed(2);
    ntk_target *target = measure_neuron(context, NTK_RELU, D);
    ntk_kernel *kernel = theory_relu(context, NTK_PART_BOTH);
    CHECK_OK(measure_fresh(&all, kernel, target, sizes, 3, &options));
    for (int row = 0; row < 3; row++) {
        const double *line = all.rows[row];
        CHECK_OK(measure_fresh(&alone, kernel, target, &sizes[row], 1, &options));
        ck_assert_mem_eq(alone.rows[0], line, sizeof alone.rows[0]);
        ck_assert_double_eq_tol(line[NTK_MEASURE_BIAS] + line[NTK_MEASURE_VARIANCE], line[NTK_MEASURE_TEST], 1e-14);
    }
    for (int32_t threads = 1; threads <= 5; threads += 2) {
        ntk_context *apart = test_context(threads, NULL);
        ntk_kernel *same = theory_relu(apart, NTK_PART_BOTH);
        CHECK_OK(measure_fresh(&other, same, target, sizes, 3, &options));
        ck_assert_mem_eq(other.rows, all.rows, sizeof other.rows[0] * 3);
        ntk_kernel_destroy(same);
        ntk_context_destroy(apart);
    }
    options.seed++;
    CHECK_OK(measure_fresh(&other, kernel, target, sizes, 3, &options));
    ck_assert_double_ne(other.rows[0][NTK_MEASURE_TEST], all.rows[0][NTK_MEASURE_TEST]);
    ntk_kernel_destroy(kernel);
    ntk_target_destroy(target);
}
END_TEST

/* --- data sets --- */

enum { ROWS = 12, INPUTS = 3, TARGETS = 2 };

static void data_make(double *x, double *y)
{
    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < INPUTS; j++) x[i * INPUTS + j] = test_uniform(7, i * INPUTS + j);
        for (int c = 0; c < TARGETS; c++) y[i * TARGETS + c] = x[i * INPUTS + c] + 0.3 * test_uniform(8, i * TARGETS + c);
    }
}

static ntk_status measure_rows(measure_curve *curve, const ntk_kernel *kernel, const ntk_matrix *x, const ntk_matrix *y,
                               double size, const ntk_measure_options *options)
{
    ntk_matrix table = ntk_matrix_f64(curve->rows[0], 1, NTK_MEASURE_COLUMNS), n = ntk_matrix_const_f64(&size, 1, 1);
    return ntk_theory_measure_data(kernel, &table, x, y, &n, options);
}

/* Tested on one row and fitted to all others, it is leave-one-out: both draws of a pair fit the same rows. */
START_TEST(all_rows_but_one)
{
    double x[ROWS * INPUTS], y[ROWS * TARGETS], out[ROWS * TARGETS], expected = 0;
    measure_curve curve;
    ntk_matrix X = ntk_matrix_f64(x, ROWS, INPUTS), Y = ntk_matrix_f64(y, ROWS, TARGETS),
               Out = ntk_matrix_f64(out, ROWS, TARGETS);
    ntk_kernel *kernel = theory_relu(context, NTK_PART_BOTH);
    ntk_ridge_options intercept = NTK_INIT(ntk_ridge_options);
    ntk_measure_options options = NTK_INIT(ntk_measure_options);
    ntk_ridge *ridge;
    data_make(x, y);
    intercept.intercept = 1;
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &X, &Y, 0.2, &intercept));
    CHECK_OK(ntk_ridge_leave_one_out(ridge, &Out));
    ntk_ridge_destroy(ridge);
    for (int i = 0; i < ROWS * TARGETS; i++) expected += out[i] * out[i] / ROWS;
    options.draws = 1000;
    options.test = 1;
    options.lambda = 0.2;
    options.intercept = 1;
    options.seed = test_seed(3);
    CHECK_OK(measure_rows(&curve, kernel, &X, &Y, ROWS - 1, &options));
    const double *row = curve.rows[0];
    check_within(row[NTK_MEASURE_TEST], row[NTK_MEASURE_TEST_ERROR], expected, 4);
    /* but for the order of the rows, which rounding depends on */
    ck_assert_double_eq_tol(row[NTK_MEASURE_VARIANCE], 0, 1e-20);
    ck_assert_double_eq_tol(row[NTK_MEASURE_BIAS], row[NTK_MEASURE_TEST], 1e-12);
    ntk_kernel_destroy(kernel);
}
END_TEST

/* Several targets are fitted and tested on the same rows, and summed; types are converted. */
START_TEST(targets_and_types)
{
    double x[ROWS * INPUTS], y[ROWS * TARGETS];
    float x32[ROWS * INPUTS];
    measure_curve all, one, single;
    ntk_matrix X = ntk_matrix_f64(x, ROWS, INPUTS), X32 = ntk_matrix_f32(x32, ROWS, INPUTS),
               Y = ntk_matrix_f64(y, ROWS, TARGETS);
    ntk_kernel *kernel = theory_relu(context, NTK_PART_RF);
    ntk_measure_options options = NTK_INIT(ntk_measure_options);
    data_make(x, y);
    for (int i = 0; i < ROWS * INPUTS; i++) {
        x32[i] = (float)x[i];
        x[i] = x32[i];
    }
    options.draws = 4;
    options.lambda = 0.1;
    options.seed = test_seed(4);
    CHECK_OK(measure_rows(&all, kernel, &X, &Y, 7, &options)); /* tested on the other 5 */
    double test = 0, bias = 0, train = 0;
    for (int c = 0; c < TARGETS; c++) {
        ntk_matrix column = Y;
        column.data = y + c;
        column.cols = 1;
        CHECK_OK(measure_rows(&one, kernel, &X, &column, 7, &options));
        test += one.rows[0][NTK_MEASURE_TEST];
        bias += one.rows[0][NTK_MEASURE_BIAS];
        train += one.rows[0][NTK_MEASURE_TRAIN];
    }
    ck_assert_double_eq_tol(all.rows[0][NTK_MEASURE_TEST], test, 1e-13);
    ck_assert_double_eq_tol(all.rows[0][NTK_MEASURE_BIAS], bias, 1e-13);
    ck_assert_double_eq_tol(all.rows[0][NTK_MEASURE_TRAIN], train, 1e-13);
    CHECK_OK(measure_rows(&single, kernel, &X32, &Y, 7, &options));
    ck_assert_double_ne(single.rows[0][NTK_MEASURE_TEST], test);
    ck_assert_double_eq_tol(single.rows[0][NTK_MEASURE_TEST], test, 1e-4);
    options.dtype = NTK_F64;
    CHECK_OK(measure_rows(&single, kernel, &X32, &Y, 7, &options));
    ck_assert_double_eq_tol(single.rows[0][NTK_MEASURE_TEST], test, 1e-13);
    ntk_kernel_destroy(kernel);
}
END_TEST

/* --- other things --- */

START_TEST(one_pair_and_narrow_tables)
{
    const double size = 4;
    measure_curve curve;
    ntk_kernel *kernel = linear();
    ntk_target *target = measure_neuron(context, NTK_RELU, 3);
    ntk_measure_options options = NTK_INIT(ntk_measure_options);
    options.draws = 2;
    options.test = 2;
    options.lambda = 1;
    CHECK_OK(measure_fresh(&curve, kernel, target, &size, 1, &options));
    static const int pairs[] = {NTK_MEASURE_TEST_ERROR, NTK_MEASURE_BIAS_ERROR, NTK_MEASURE_VARIANCE_ERROR};
    for (int k = 0; k < 3; k++) ck_assert(isnan(curve.rows[0][pairs[k]]));
    ck_assert_double_gt(curve.rows[0][NTK_MEASURE_TRAIN_ERROR], 0);
    float narrow[NTK_MEASURE_COLUMNS];
    ntk_matrix table = ntk_matrix_f32(narrow, 1, NTK_MEASURE_COLUMNS), n = ntk_matrix_const_f64(&size, 1, 1);
    CHECK_OK(ntk_theory_measure_curve(kernel, &table, target, &n, &options));
    for (int k = 0; k < NTK_MEASURE_COLUMNS; k++)
        if (!isnan(curve.rows[0][k])) ck_assert_float_eq(narrow[k], (float)curve.rows[0][k]);
    options.noise_variance = 1e44;
    CHECK_STATUS(ntk_theory_measure_curve(kernel, &table, target, &n, &options), NTK_ERR_OVERFLOW);
    CHECK_MESSAGE("row 0");
    ntk_target_destroy(target);
    ntk_kernel_destroy(kernel);
}
END_TEST

/* The query holds, and is not far beyond, for fresh draws and for a data set. */
START_TEST(memory)
{
    enum { N = 400, D = 20, MANY = 700 };
    static const double sizes[] = {50, N};
    static double x[MANY * D], y[MANY];
    test_memory counted = {0};
    ntk_matrix n = ntk_matrix_const_f64(sizes, 2, 1), X = ntk_matrix_const_f64(x, MANY, D),
               Y = ntk_matrix_const_f64(y, MANY, 1);
    ntk_target *target = measure_neuron(context, NTK_RELU, D);
    measure_curve curve;
    ntk_matrix table = ntk_matrix_f64(curve.rows[0], 2, NTK_MEASURE_COLUMNS);
    ntk_measure_options options = NTK_INIT(ntk_measure_options);
    options.draws = 8;
    options.test = 200;
    options.lambda = 1;
    for (int i = 0; i < MANY * D; i++) x[i] = test_uniform(1, i);
    for (int i = 0; i < MANY; i++) y[i] = x[i * D];
    for (int32_t threads = 1; threads <= 3; threads += 2)
        for (int data = 0; data < 2; data++) {
            uint64_t bytes;
            ntk_context *apart = test_context(threads, &counted);
            ntk_kernel *kernel = theory_relu(apart, NTK_PART_NT);
            CHECK_OK(ntk_theory_measure_memory(kernel, &bytes, data ? NULL : target, &n, MANY, D, 1, &options));
            int64_t before = counted.bytes;
            test_memory_reset(&counted, 0);
            if (data)
                CHECK_OK(ntk_theory_measure_data(kernel, &table, &X, &Y, &n, &options));
            else
                CHECK_OK(ntk_theory_measure_curve(kernel, &table, target, &n, &options));
            int64_t peak = counted.peak - before;
            ck_assert_msg((uint64_t)peak <= bytes && bytes < 2 * (uint64_t)peak, "%d threads, %s: %" PRIu64 " for %" PRId64,
                          threads, data ? "data" : "fresh", bytes, peak);
            ntk_kernel_destroy(kernel);
            ntk_context_destroy(apart);
        }
    ntk_target_destroy(target);
}
END_TEST

static ntk_context *limited(uint64_t budget, test_memory *counted)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_context *made;
    test_memory_inject(&options, counted);
    options.threads = 1;
    options.memory_budget = budget;
    CHECK_OK(ntk_context_create(&made, &options));
    return made;
}

/* What the query says is enough; of a byte less nothing is begun. */
START_TEST(budgets)
{
    const double size = 300;
    test_memory counted = {0};
    measure_curve curve;
    ntk_matrix n = ntk_matrix_const_f64(&size, 1, 1);
    ntk_target *target = measure_neuron(context, NTK_RELU, 5);
    ntk_measure_options options = NTK_INIT(ntk_measure_options);
    uint64_t bytes = 0, own = 0;
    options.draws = 2;
    options.test = 100;
    options.lambda = 1;
    for (uint64_t call = 0; call < 3; call++) {
        ntk_context *apart = limited(call ? own + bytes + 1 - call : 0, &counted);
        ntk_kernel *kernel = theory_relu(apart, NTK_PART_BOTH);
        if (call == 0) {
            own = (uint64_t)counted.bytes;
            CHECK_OK(ntk_theory_measure_memory(kernel, &bytes, target, &n, 0, 0, 0, &options));
        }
        test_memory_reset(&counted, 0);
        ntk_status status = measure_fresh(&curve, kernel, target, &size, 1, &options);
        if (call < 2) {
            CHECK_OK(status);
        } else {
            CHECK_STATUS(status, NTK_ERR_MEMORY);
            CHECK_MESSAGE("a measured curve needs");
            ck_assert_int_eq(counted.calls, 0);
        }
        ntk_kernel_destroy(kernel);
        ntk_context_destroy(apart);
    }
    ntk_target_destroy(target);
}
END_TEST

START_TEST(refused)
{
    double x[ROWS * INPUTS], y[ROWS * TARGETS], size = 4;
    uint64_t bytes;
    measure_curve curve;
    ntk_matrix X = ntk_matrix_f64(x, ROWS, INPUTS), Y = ntk_matrix_f64(y, ROWS, TARGETS), n = ntk_matrix_f64(&size, 1, 1);
    ntk_kernel *kernel = linear(), *finite;
    ntk_target *target = measure_neuron(context, NTK_RELU, INPUTS), *wide = measure_neuron(context, NTK_RELU, INPUTS + 1);
    ntk_measure_options options = NTK_INIT(ntk_measure_options);
    const double shares[] = {1, 1};
    ntk_matrix two = ntk_matrix_const_f64(shares, 2, 1);
    CHECK_OK(ntk_kernel_create_zonal(context, &finite, &two, INPUTS));
    data_make(x, y);
    options.draws = 3;
    CHECK_STATUS(measure_fresh(&curve, kernel, target, &size, 1, &options), NTK_ERR_OPTION);
    CHECK_MESSAGE("draws is 3");
    options.draws = 2;
    options.lambda = 1;
    size = 2.5;
    CHECK_STATUS(measure_fresh(&curve, kernel, target, &size, 1, &options), NTK_ERR_VALUE);
    CHECK_MESSAGE("sizes[0] is 2.5");
    size = 4;
    CHECK_STATUS(measure_fresh(&curve, finite, wide, &size, 1, &options), NTK_ERR_SHAPE);
    CHECK_MESSAGE("target has 4 inputs, but the kernel takes 3");
    /* of rank 3 */
    options.lambda = 0;
    CHECK_STATUS(measure_fresh(&curve, kernel, target, &size, 1, &options), NTK_ERR_SINGULAR);
    options.lambda = 1;
    options.method = NTK_RIDGE_PRIMAL;
    CHECK_STATUS(measure_fresh(&curve, kernel, target, &size, 1, &options), NTK_ERR_OPTION);
    CHECK_MESSAGE("method");
    options.method = NTK_RIDGE_AUTO;
    options.test = 9;
    CHECK_STATUS(measure_rows(&curve, kernel, &X, &Y, size, &options), NTK_ERR_VALUE);
    CHECK_MESSAGE("x has 12 rows, of which 9 are tested on");
    options.test = 0;
    CHECK_STATUS(measure_rows(&curve, kernel, &X, &Y, ROWS, &options), NTK_ERR_VALUE);
    CHECK_STATUS(ntk_theory_measure_memory(kernel, &bytes, NULL, &n, 0, INPUTS, 1, &options), NTK_ERR_SHAPE);
    CHECK_MESSAGE("rows is 0");
    ntk_target_destroy(target);
    ntk_target_destroy(wide);
    ntk_kernel_destroy(finite);
    ntk_kernel_destroy(kernel);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("measure");
    TCase *tests = test_case(suite, "measure");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, least_squares);
    tcase_add_test(tests, numbers_depend_on_the_draws_alone);
    tcase_add_test(tests, all_rows_but_one);
    tcase_add_test(tests, targets_and_types);
    tcase_add_test(tests, one_pair_and_narrow_tables);
    tcase_add_test(tests, memory);
    tcase_add_test(tests, budgets);
    tcase_add_test(tests, refused);
    return test_run(suite);
}
