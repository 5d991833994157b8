/* The criteria that hyperparameters are chosen by: their values against those of a model, and their derivatives against differences
 * of values. */
#include "core/memory.h"
#include "oracle.h"
#include "ridge/optimise/criterion.h"

#include <math.h>
#include <stdlib.h>

TEST_CONTEXT_FIXTURE(2)

enum { D = 3, MOST_SCALES = 16 };

/* A sum of K^RF of erf and of K^NT of GELU, the latter with scales of its inputs. */
static ntk_kernel *make_kernel(void)
{
    static const int32_t kinds[] = {NTK_ERF, NTK_GELU}, parts[] = {NTK_PART_RF, NTK_PART_NT};
    static const double weights[] = {1.5, 0.75}, inputs[] = {1.25, -0.5, 0.75};
    ntk_kernel *terms[2], *scaled, *sum;
    ntk_matrix s = ntk_matrix_const_f64(inputs, 1, D);
    for (int k = 0; k < 2; k++) {
        ntk_activation *activation;
        ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
        options.part = parts[k];
        options.bias_scale = 0.5;
        options.output_bias_scale = 0.25;
        CHECK_OK(ntk_activation_create(context, &activation, kinds[k], NULL));
        CHECK_OK(ntk_kernel_create_infinite(context, &terms[k], activation, &options));
        ntk_activation_destroy(activation);
    }
    CHECK_OK(ntk_kernel_create_ard(context, &scaled, terms[1], &s));
    const ntk_kernel *const both[] = {terms[0], scaled};
    CHECK_OK(ntk_kernel_create_sum(context, &sum, both, weights, 2));
    ntk_kernel_destroy(scaled);
    for (int k = 0; k < 2; k++) ntk_kernel_destroy(terms[k]);
    return sum;
}

/* What is evaluated. */
typedef struct scene {
    int64_t n, targets;
    double *xs, *ys;
    int32_t kind;
    bool intercept;
} scene;

static scene scene_make(int64_t n, int64_t targets, uint64_t seed)
{
    scene s = {.n = n, .targets = targets};
    s.xs = oracle_samples(n, D, NTK_F64, &seed);
    s.ys = oracle_samples(n, targets, NTK_F64, &seed);
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < targets; c++) s.ys[i * targets + c] = 3 + s.xs[i * D] + 0.5 * s.ys[i * targets + c];
    return s;
}

static void scene_free(scene *s)
{
    free(s->xs);
    free(s->ys);
}

static void criterion_at(const scene *s, const ntk_kernel *kernel, double lambda, double *value, double *gradient)
{
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_criterion criterion = {.lane = &lane, .kind = s->kind, .intercept = s->intercept, .function = "test"};
    criterion.x = ntk_matrix_const_f64(s->xs, s->n, D);
    criterion.y = ntk_matrix_const_f64(s->ys, s->n, s->targets);
    CHECK_OK(ntk_symmetric_create(context, &criterion.square, NTK_STORAGE_FULL, NTK_F64, s->n));
    CHECK_OK(ntk_criterion_value(&criterion, kernel, lambda, value, gradient));
    ntk_free(context, criterion.square.data);
}

/* By the public calls. */
static double value_of_model(const scene *s, const ntk_kernel *kernel, double lambda)
{
    ntk_ridge *ridge;
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    ntk_matrix x = ntk_matrix_const_f64(s->xs, s->n, D), y = ntk_matrix_const_f64(s->ys, s->n, s->targets);
    double *residuals = oracle_memory(s->n * s->targets, sizeof *residuals), sum = 0;
    ntk_matrix r = ntk_matrix_f64(residuals, s->n, s->targets);
    options.intercept = s->intercept;
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &x, &y, lambda, &options));
    CHECK_OK(ntk_ridge_leave_one_out(ridge, &r));
    CHECK_OK(ntk_ridge_summary(ridge, &report));
    for (int64_t i = 0; i < s->n * s->targets; i++) sum += residuals[i] * residuals[i] / (double)(s->n * s->targets);
    ntk_ridge_destroy(ridge);
    free(residuals);
    return s->kind == NTK_CRITERION_LOO ? sum : report.log_evidence;
}

/* With number s of the scales, or lambda behind them, times this factor. */
static double value_beside(const scene *s, const ntk_kernel *kernel, double lambda, int64_t number, double factor)
{
    int64_t count;
    double numbers[MOST_SCALES];
    ntk_kernel *other;
    CHECK_OK(ntk_kernel_scales(kernel, &count));
    ck_assert_int_lt(count, MOST_SCALES);
    ntk_matrix values = ntk_matrix_f64(numbers, count, 1);
    CHECK_OK(ntk_kernel_scale_values(kernel, &values));
    numbers[count] = lambda;
    numbers[number] *= factor;
    CHECK_OK(ntk_kernel_create_scaled(context, &other, kernel, &values));
    double value = value_of_model(s, other, numbers[count]);
    ntk_kernel_destroy(other);
    return value;
}

/* The derivative in the number's log: of seven points h apart, and *away what that of five differs by. */
static double difference(const scene *s, const ntk_kernel *kernel, double lambda, int64_t number, double h, double *away)
{
    static const double seven[] = {3.0 / 4, -3.0 / 20, 1.0 / 60}, five[] = {2.0 / 3, -1.0 / 12, 0};
    double sum = 0, other = 0;
    for (int k = 1; k <= 3; k++) {
        double up = value_beside(s, kernel, lambda, number, exp(k * h));
        double slope = up - value_beside(s, kernel, lambda, number, exp(-k * h));
        sum += seven[k - 1] * slope / h;
        other += five[k - 1] * slope / h;
    }
    *away = fabs(sum - other);
    return sum;
}

static const double LAMBDA = 0.0625, STEP = 0x1p-6;

/* The values are sums of terms as large as n log cond, each to the roundoff times cond(A), at most n K_ii / lambda; the noise of a
 * difference is that over the step.  away, what a point fewer makes, bounds the rest. */
static void compare(const scene *s, int64_t first, int64_t step)
{
    int64_t count;
    double value, gradient[MOST_SCALES], away;
    ntk_kernel *kernel = make_kernel();
    CHECK_OK(ntk_kernel_scales(kernel, &count));
    criterion_at(s, kernel, LAMBDA, &value, gradient);
    double want = value_of_model(s, kernel, LAMBDA), condition = 8 * (double)s->n / LAMBDA;
    double size = fabs(want) + (double)s->n * (double)s->targets, noise = condition * 0x1p-52 * size;
    ck_assert_msg(fabs(value - want) <= noise, "%.15g, of a model %.15g", value, want);
    double numbers[MOST_SCALES];
    ntk_matrix values = ntk_matrix_f64(numbers, count, 1);
    CHECK_OK(ntk_kernel_scale_values(kernel, &values));
    numbers[count] = LAMBDA;
    for (int64_t k = first; k <= count; k += step) {
        double slope = difference(s, kernel, LAMBDA, k, STEP, &away), got = gradient[k] * numbers[k];
        ck_assert_msg(fabs(got - slope) <= away + 2 * noise / STEP,
                      "kind %d, intercept %d, number %d: %.12g, by differences %.12g (> %.2g)", s->kind, s->intercept, (int)k,
                      got, slope, away + 2 * noise / STEP);
    }
    ntk_kernel_destroy(kernel);
}

static const int32_t criteria[] = {NTK_CRITERION_LOO, NTK_CRITERION_EVIDENCE};

START_TEST(small)
{
    scene s = scene_make(30, _i / 4 ? 3 : 1, test_seed(531));
    s.kind = criteria[_i % 2];
    s.intercept = _i / 2 % 2;
    compare(&s, 0, 1);
    scene_free(&s);
}
END_TEST

/* Several tiles and tasks: some of the numbers. */
START_TEST(several_tiles)
{
    scene s = scene_make(531, 2, test_seed(532));
    s.kind = criteria[_i];
    s.intercept = _i;
    compare(&s, 2, 5);
    scene_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("criteria of hyperparameters");
    TCase *tests = test_case(suite, "criteria");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, small, 0, 8);
    tcase_add_loop_test(tests, several_tiles, 0, 2);
    return test_run(suite);
}
