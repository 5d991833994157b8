/* phi and its products against their definitions, and phi as the gradient of f. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int32_t parts[] = {NTK_PART_BOTH, NTK_PART_RF, NTK_PART_NT};
enum { PARTS = 3 };

TEST_CONTEXT_FIXTURE(2)

static ntk_network_options sizes(int64_t hidden, int64_t inputs)
{
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.hidden = hidden;
    options.inputs = inputs;
    options.seed = 8;
    options.output_weights = NTK_OUTPUT_GAUSSIAN;
    return options;
}

static int64_t part_size(int32_t part, int64_t N, int64_t d)
{
    return part == NTK_PART_RF ? N : part == NTK_PART_NT ? N * d : N * (d + 1);
}

/* phi(x), p numbers, each with the error that arithmetic of this unit roundoff may make: that of u, through sigma or sigma',
 * and a few roundings. */
static oracle_value *expected(const oracle_network *net, int32_t part, const double *x, double roundoff)
{
    int64_t N = net->hidden, d = net->inputs;
    long double unit = (long double)roundoff, xx = 0;
    oracle_value *phi = oracle_memory(part_size(part, N, d), sizeof *phi);
    oracle_value *rf = part == NTK_PART_NT ? NULL : phi + (part == NTK_PART_BOTH ? N * d : 0);
    for (int64_t k = 0; k < d; k++) xx += (long double)x[k] * (long double)x[k];
    for (int64_t i = 0; i < N; i++) {
        long double u = 0, ww = 0;
        for (int64_t k = 0; k < d; k++) {
            long double w = (long double)net->weights[i * d + k];
            u += w * (long double)x[k];
            ww += w * w;
        }
        long double du = (6 * sqrtl((long double)d) + 32) * unit * net->hidden_scale * sqrtl(ww * xx);
        oracle_value sigma = oracle_activated(net, 0, net->hidden_scale * u, du, unit);
        oracle_value slope = oracle_activated(net, 1, net->hidden_scale * u, du, unit);
        if (rf) {
            rf[i].value = net->gamma * sigma.value;
            rf[i].bound = fabsl(net->gamma) * (sigma.bound + 4 * unit * fabsl(sigma.value));
        }
        for (int64_t k = 0; part != NTK_PART_RF && k < d; k++) {
            long double factor =
                net->gamma * (long double)net->scale / sqrtl((long double)d) * (long double)net->output[i] * (long double)x[k];
            phi[i * d + k].value = factor * slope.value;
            phi[i * d + k].bound = fabsl(factor) * (slope.bound + 6 * unit * fabsl(slope.value));
        }
    }
    return phi;
}

/* adds one term to a sum of products; at the end the sum's own roundings are added */
static void add(oracle_value *sum, long double *magnitude, oracle_value term, long double factor)
{
    sum->value += term.value * factor;
    sum->bound += term.bound * fabsl(factor);
    *magnitude += fabsl(term.value * factor);
}

/* Only a failure reaches Check, which notes every assertion that it is asked. */
static void check(double got, oracle_value e, long double rounding, const char *what, int64_t row, int64_t col)
{
    long double off = fabsl((long double)got - e.value), bound = e.bound + rounding;
    if (!(off <= bound))
        ck_abort_msg("%s[%lld][%lld] is %.17g, not %.17Lg: off by %.2Lg, bound %.2Lg", what, (long long)row, (long long)col,
                     got, e.value, off, bound);
}

/* One set of data: a network, its samples and coefficients, with gaps between rows. */
typedef struct problem {
    ntk_network *network;
    oracle_network net;
    ntk_features *features;
    int64_t n, p, targets;
    double *samples;
    test_array x, Phi, b, y, r, back;
} problem;

static problem posed(ntk_context *owner, int32_t kind, const ntk_network_options *options, int32_t part, int64_t n,
                     int64_t targets, int64_t gap, int32_t out, int32_t in)
{
    problem q = {.n = n, .targets = targets};
    uint64_t state = test_seed(41);
    q.network = oracle_network_create(owner, kind, oracle_slope(kind), options);
    q.net = oracle_network_of(q.network, options, oracle_slope(kind), kind);
    CHECK_OK(ntk_features_create(owner, &q.features, q.network, part));
    q.p = ntk_features_size(q.features);
    ck_assert_int_eq(q.p, part_size(part, options->hidden, options->inputs));
    /* data of single precision, so that converting them is exact */
    q.samples = oracle_samples(n, options->inputs, NTK_F32, &state);
    double *b = oracle_samples(q.p, targets, NTK_F32, &state), *r = oracle_samples(n, targets, NTK_F32, &state);
    q.x = oracle_array(q.samples, n, options->inputs, gap, in);
    q.b = oracle_array(b, q.p, targets, gap, in);
    q.r = oracle_array(r, n, targets, gap, in);
    q.Phi = test_array_make(n, q.p, gap, out);
    q.y = test_array_make(n, targets, gap, out);
    q.back = test_array_make(q.p, targets, gap, out);
    free(b);
    free(r);
    return q;
}

static void solve(problem *q)
{
    CHECK_OK(ntk_features_map(q->features, &q->Phi.view, &q->x.view));
    CHECK_OK(ntk_features_multiply(q->features, &q->y.view, &q->x.view, &q->b.view));
    CHECK_OK(ntk_features_multiply_transposed(q->features, &q->back.view, &q->x.view, &q->r.view));
    ck_assert(test_array_is_written(&q->Phi) && test_array_is_written(&q->y) && test_array_is_written(&q->back));
}

static void put_away(problem *q)
{
    test_array *arrays[] = {&q->x, &q->Phi, &q->b, &q->y, &q->r, &q->back};
    for (int i = 0; i < 6; i++) test_array_free(arrays[i]);
    free(q->samples);
    oracle_network_free(&q->net);
    ntk_features_destroy(q->features);
    ntk_network_destroy(q->network);
}

/* Every number of Phi, Phi b and Phi^T r; and <Phi b, r> = <b, Phi^T r> within what these allow. */
static void compare(problem *q, int32_t part)
{
    double roundoff = oracle_roundoff(q->y.view.dtype);
    long double unit = (long double)roundoff, over_p = (6 * sqrtl((long double)q->p) + 32) * unit;
    long double over_n = (6 * sqrtl((long double)q->n) + 32) * unit, gap = 0, allowed = 0;
    int64_t count = q->p * q->targets;
    oracle_value *back = oracle_memory(count, sizeof *back);
    long double *back_sizes = oracle_memory(count, sizeof *back_sizes);
    solve(q);
    for (int64_t i = 0; i < q->n; i++) {
        oracle_value *phi = expected(&q->net, part, q->samples + i * q->net.inputs, roundoff);
        for (int64_t j = 0; j < q->p; j++) check(test_get(&q->Phi.view, i, j), phi[j], 0, "Phi", i, j);
        for (int64_t t = 0; t < q->targets; t++) {
            oracle_value y = {0, 0};
            long double size = 0, r = (long double)test_get(&q->r.view, i, t);
            for (int64_t j = 0; j < q->p; j++) {
                add(&y, &size, phi[j], (long double)test_get(&q->b.view, j, t));
                add(&back[j * q->targets + t], &back_sizes[j * q->targets + t], phi[j], r);
            }
            check(test_get(&q->y.view, i, t), y, over_p * size, "Phi b", i, t);
            gap += (long double)test_get(&q->y.view, i, t) * r;
            allowed += fabsl(r) * (y.bound + over_p * size);
        }
        free(phi);
    }
    for (int64_t j = 0; j < q->p; j++)
        for (int64_t t = 0; t < q->targets; t++) {
            int64_t k = j * q->targets + t;
            long double b = (long double)test_get(&q->b.view, j, t);
            check(test_get(&q->back.view, j, t), back[k], over_n * back_sizes[k], "Phi^T r", j, t);
            gap -= (long double)test_get(&q->back.view, j, t) * b;
            allowed += fabsl(b) * (back[k].bound + over_n * back_sizes[k]);
        }
    ck_assert_msg(fabsl(gap) <= allowed, "<Phi b, r> - <b, Phi^T r> is %.2Lg, bound %.2Lg", gap, allowed);
    free(back);
    free(back_sizes);
}

static void pose_and_compare(int32_t kind, const ntk_network_options *options, int32_t part, int64_t n, int64_t targets,
                             int64_t gap, int32_t out, int32_t in)
{
    problem q = posed(context, kind, options, part, n, targets, gap, out, in);
    compare(&q, part);
    put_away(&q);
}

START_TEST(every_activation)
{
    ntk_network_options options = sizes(13, 5);
    for (int32_t kind = NTK_RELU; kind <= NTK_EXP; kind++)
        for (int32_t out = NTK_F64; out <= NTK_F32; out++)
            for (int32_t in = NTK_F64; in <= NTK_F32; in++) pose_and_compare(kind, &options, parts[_i], 7, 3, 2, out, in);
}
END_TEST

START_TEST(every_option)
{
    ntk_network_options options = sizes(12, 4);
    options.weight_scale = 1.75;
    for (options.scaling = NTK_SCALING_NTK; options.scaling <= NTK_SCALING_CUSTOM; options.scaling++)
        for (options.parameterization = 0; options.parameterization <= NTK_PARAM_STANDARDISED; options.parameterization++)
            for (options.antisymmetric = 0; options.antisymmetric < 2; options.antisymmetric++) {
                options.gamma = options.scaling == NTK_SCALING_CUSTOM ? -0.3 : 0;
                pose_and_compare(NTK_ERF, &options, parts[_i], 5, 2, 0, NTK_F64, NTK_F64);
            }
}
END_TEST

/* One of each; several tiles of rows; several tiles and blocks of neurons; more targets than neurons; more features than
 * samples and the reverse. */
START_TEST(every_shape)
{
    static const int64_t shapes[][4] = {{1, 1, 1, 1},      {1, 3, 4, 1},    {4, 1, 6, 2},   {300, 2, 1801, 1},
                                        {2101, 2, 258, 1}, {3, 2, 301, 70}, {5, 601, 9, 2}, {1100, 3, 1, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        ntk_network_options options = sizes(shapes[i][0], shapes[i][1]);
        pose_and_compare(NTK_ERF, &options, parts[_i], shapes[i][2], shapes[i][3], 0, NTK_F64, NTK_F64);
        pose_and_compare(NTK_ERF, &options, parts[_i], shapes[i][2], shapes[i][3], 1, NTK_F32, NTK_F32);
    }
}
END_TEST

START_TEST(bits_do_not_depend_on_threads)
{
    static const int64_t shapes[][4] = {{300, 2, 1801, 1}, {2101, 2, 258, 1}, {65, 40, 500, 3}};
    static const int32_t threads[] = {1, 2, 7};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
            ntk_network_options options = sizes(shapes[i][0], shapes[i][1]);
            problem q[3];
            for (int t = 0; t < 3; t++) {
                ntk_context *other = test_context(threads[t], NULL);
                q[t] = posed(other, NTK_ERF, &options, parts[_i], shapes[i][2], shapes[i][3], 0, dtype, dtype);
                solve(&q[t]);
                ck_assert(test_same_bits(&q[0].Phi.view, &q[t].Phi.view));
                ck_assert(test_same_bits(&q[0].y.view, &q[t].y.view));
                ck_assert(test_same_bits(&q[0].back.view, &q[t].back.view));
                ntk_context_destroy(other);
            }
            for (int t = 0; t < 3; t++) put_away(&q[t]);
        }
}
END_TEST

/* f at theta + step along, for every sample, in double precision */
static void forward_at(ntk_network *network, const double *theta, const double *along, double step, int64_t p,
                       const ntk_matrix *x, double *f)
{
    double *moved = oracle_memory(p, sizeof *moved);
    for (int64_t k = 0; k < p; k++) moved[k] = theta[k] + step * along[k];
    ntk_matrix view = ntk_matrix_const_f64(moved, p, 1), y = ntk_matrix_f64(f, x->rows, 1);
    CHECK_OK(ntk_network_set_parameters(network, &view));
    CHECK_OK(ntk_network_forward(network, &y, x));
    free(moved);
}

/* Central differences of f = gamma sum a erf(u) with step h.  Truncation: h^2 / 6 times the third derivative, at most
 * |gamma a scale^3 x_k^3| 2.26 in w_k and 0 in a.  Rounding: f's error, here 200 units of the sum of its terms' sizes, over h.
 */
START_TEST(features_are_the_gradient)
{
    static const double h = 1e-5;
    ntk_network_options options = sizes(6, 4);
    options.weight_scale = 1.5;
    options.parameterization = _i;
    problem q = posed(context, NTK_ERF, &options, NTK_PART_BOTH, 5, 1, 0, NTK_F64, NTK_F64);
    solve(&q);
    double chain = _i == NTK_PARAM_STANDARDISED ? 1 : sqrt(4.0) / 1.5, gamma = (double)q.net.gamma;
    double plus[5], minus[5], size = 0, scale = (double)q.net.hidden_scale;
    for (int64_t i = 0; i < 6; i++) size += fabs(gamma * q.net.output[i]);
    for (int64_t k = 0; k < q.p; k++) {
        double along[30] = {0};
        along[k] = 1;
        forward_at(q.network, q.net.weights, along, h, q.p, &q.x.view, plus);
        forward_at(q.network, q.net.weights, along, -h, q.p, &q.x.view, minus);
        for (int64_t i = 0; i < 5; i++) {
            double phi = test_get(&q.Phi.view, i, k) * (k < 24 ? chain : 1), slope = (plus[i] - minus[i]) / (2 * h), bound = 0;
            if (k < 24) bound = h * h / 6 * 2.26 * fabs(gamma * q.net.output[k / 4] * pow(scale * q.samples[i * 4 + k % 4], 3));
            bound += 200 * 0x1p-53 * (size + gamma) / h;
            ck_assert_msg(fabs(slope - phi) <= bound, "df/dtheta_%lld at x_%lld is %.12g, phi says %.12g, bound %.2g",
                          (long long)k, (long long)i, slope, phi, bound);
        }
    }
    put_away(&q);
}
END_TEST

/* f_{theta + Delta} - f_theta - <phi_RF, da> - sqrt(d) <phi_NT, dw>, over all samples */
static double remainder_norm(problem *q, const double *theta, const double *along, double step)
{
    double at[20], moved[20], square = 0;
    forward_at(q->network, theta, along, 0, q->p, &q->x.view, at);
    forward_at(q->network, theta, along, step, q->p, &q->x.view, moved);
    int64_t nt = q->net.hidden * q->net.inputs;
    for (int64_t i = 0; i < 20; i++) {
        double linear = 0;
        for (int64_t k = 0; k < q->p; k++)
            linear += test_get(&q->Phi.view, i, k) * step * along[k] * (k < nt ? sqrt((double)q->net.inputs) : 1);
        square += pow(moved[i] - at[i] - linear, 2);
    }
    return sqrt(square);
}

/* The remainder is quadratic: half the step leaves a quarter.  Here it is 1e-4 and less, far above f's rounding. */
START_TEST(linearization_has_a_quadratic_remainder)
{
    ntk_network_options options = sizes(50, 6);
    problem q = posed(context, NTK_ERF, &options, NTK_PART_BOTH, 20, 1, 0, NTK_F64, NTK_F64);
    CHECK_OK(ntk_features_map(q.features, &q.Phi.view, &q.x.view));
    uint64_t state = test_seed(42);
    double *along = oracle_samples(q.p, 1, NTK_F64, &state), before = remainder_norm(&q, q.net.weights, along, 0x1p-8);
    for (double step = 0x1p-9; step > 1e-4; step /= 2) {
        double after = remainder_norm(&q, q.net.weights, along, step);
        ck_assert_msg(fabs(before / after - 4) <= 0.4, "step %g: the remainder shrank by %g", step, before / after);
        before = after;
    }
    free(along);
    put_away(&q);
}
END_TEST

START_TEST(features_keep_their_parameters)
{
    ntk_network_options options = sizes(6, 4);
    problem q = posed(context, NTK_ERF, &options, NTK_PART_BOTH, 5, 1, 0, NTK_F64, NTK_F64);
    test_array again = test_array_make(5, q.p, 0, NTK_F64);
    double zero[30] = {0};
    ntk_matrix nothing = ntk_matrix_const_f64(zero, 30, 1);
    CHECK_OK(ntk_features_map(q.features, &q.Phi.view, &q.x.view));
    CHECK_OK(ntk_network_set_parameters(q.network, &nothing));
    CHECK_OK(ntk_features_map(q.features, &again.view, &q.x.view));
    ck_assert(test_same_bits(&again.view, &q.Phi.view));
    ntk_network_destroy(q.network);
    q.network = NULL;
    CHECK_OK(ntk_features_map(q.features, &again.view, &q.x.view));
    ck_assert(test_same_bits(&again.view, &q.Phi.view));
    test_array_free(&again);
    put_away(&q);
}
END_TEST

/* 2000 samples of 3264 features would be 52 MB. */
START_TEST(products_do_not_store_phi)
{
    test_memory memory;
    memset(&memory, 0, sizeof memory);
    ntk_context *counted = test_context(2, &memory);
    ntk_network_options options = sizes(64, 50);
    problem q = posed(counted, NTK_ERF, &options, NTK_PART_BOTH, 2000, 2, 1, NTK_F64, NTK_F64);
    test_memory_reset(&memory, 0);
    CHECK_OK(ntk_features_multiply(q.features, &q.y.view, &q.x.view, &q.b.view));
    CHECK_OK(ntk_features_multiply_transposed(q.features, &q.back.view, &q.x.view, &q.r.view));
    ck_assert_int_lt(atomic_load(&memory.peak), q.n * q.p * 8 / 4);
    put_away(&q);
    ntk_context_destroy(counted);
    ck_assert_int_eq(atomic_load(&memory.live), 0);
}
END_TEST

START_TEST(parts_are_checked)
{
    ntk_network_options options = sizes(6, 4);
    ntk_network *network = oracle_network_create(context, NTK_ERF, oracle_slope(NTK_ERF), &options);
    static const int32_t bad[] = {-1, 3, INT32_MAX};
    for (int i = 0; i < 3; i++) {
        ntk_features *features = (ntk_features *)(void *)&network;
        CHECK_STATUS(ntk_features_create(context, &features, network, bad[i]), NTK_ERR_OPTION);
        CHECK_MESSAGE("part");
        ck_assert_ptr_null(features);
    }
    ck_assert_int_eq(ntk_features_size(NULL), -1);
    ntk_network_destroy(network);
}
END_TEST

/* Each of x, b and r in turn is too large for single precision; in double precision nothing overflows. */
START_TEST(overflow_is_reported)
{
    ntk_network_options options = sizes(6, 4);
    problem q = posed(context, NTK_ERF, &options, NTK_PART_BOTH, 5, 2, 0, NTK_F32, NTK_F64);
    test_array wide = test_array_make(5, 2, 0, NTK_F64);
    test_array *inputs[] = {&q.x, &q.b, &q.r};
    for (int i = 0; i < 3; i++) {
        double kept = test_get(&inputs[i]->view, 2, 1);
        test_set(&inputs[i]->view, 2, 1, -1e300);
        if (i == 0) CHECK_STATUS(ntk_features_map(q.features, &q.Phi.view, &q.x.view), NTK_ERR_OVERFLOW);
        if (i < 2) CHECK_STATUS(ntk_features_multiply(q.features, &q.y.view, &q.x.view, &q.b.view), NTK_ERR_OVERFLOW);
        if (i < 2) CHECK_OK(ntk_features_multiply(q.features, &wide.view, &q.x.view, &q.b.view));
        if (i != 1)
            CHECK_STATUS(ntk_features_multiply_transposed(q.features, &q.back.view, &q.x.view, &q.r.view), NTK_ERR_OVERFLOW);
        test_set(&inputs[i]->view, 2, 1, kept);
    }
    solve(&q);
    for (int64_t j = 0; j < q.p; j++) test_set(&q.b.view, j, 0, 3e38);
    CHECK_STATUS(ntk_features_multiply(q.features, &q.y.view, &q.x.view, &q.b.view), NTK_ERR_OVERFLOW);
    /* every number is one of single precision, and their sums are not */
    for (int64_t i = 0; i < 5; i++) {
        test_set(&q.r.view, i, 0, 3e38);
        for (int64_t j = 0; j < 4; j++) test_set(&q.x.view, i, j, 2);
    }
    CHECK_STATUS(ntk_features_multiply_transposed(q.features, &q.back.view, &q.x.view, &q.r.view), NTK_ERR_OVERFLOW);
    CHECK_MESSAGE("a product of features and residuals overflows");
    /* the sentence is of the argument, not of what became of it */
    test_set(&q.x.view, 2, 1, 1e39);
    CHECK_STATUS(ntk_features_map(q.features, &q.Phi.view, &q.x.view), NTK_ERR_OVERFLOW);
    CHECK_MESSAGE("x holds a number too large for single precision");
    test_array_free(&wide);
    put_away(&q);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("features");
    TCase *values = test_case(suite, "values");
    tcase_add_checked_fixture(values, setup, teardown);
    tcase_add_loop_test(values, every_activation, 0, PARTS);
    tcase_add_loop_test(values, every_option, 0, PARTS);
    tcase_add_loop_test(values, every_shape, 0, PARTS);
    tcase_add_loop_test(values, bits_do_not_depend_on_threads, 0, PARTS);
    TCase *laws = test_case(suite, "laws");
    tcase_add_checked_fixture(laws, setup, teardown);
    tcase_add_loop_test(laws, features_are_the_gradient, NTK_PARAM_LECTURE, NTK_PARAM_STANDARDISED + 1);
    tcase_add_test(laws, linearization_has_a_quadratic_remainder);
    tcase_add_test(laws, features_keep_their_parameters);
    tcase_add_test(laws, products_do_not_store_phi);
    tcase_add_test(laws, parts_are_checked);
    tcase_add_test(laws, overflow_is_reported);
    return test_run(suite);
}
