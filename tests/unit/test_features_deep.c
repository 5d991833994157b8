/* Features of networks of several layers and with biases: against backpropagation neuron by neuron, and as the gradient of f. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int32_t dtypes[] = {NTK_F64, NTK_F32};

TEST_CONTEXT_FIXTURE(2)

static const int64_t narrow[] = {7, 3, 5};

static void check(double got, long double want, long double bound, const char *what, int64_t row, int64_t col)
{
    if (!(fabsl((long double)got - want) <= bound))
        ck_abort_msg("%s[%lld][%lld] is %.17g, not %.17Lg: off by %.2Lg, bound %.2Lg", what, (long long)row, (long long)col,
                     got, want, fabsl((long double)got - want), bound);
}

/* What a sum of so many terms may lose of the sum of their sizes. */
static long double loss(int64_t terms, double roundoff)
{
    return (6 * sqrtl((long double)terms) + 32) * (long double)roundoff;
}

/* One set of data, with gaps between rows. */
typedef struct problem {
    ntk_features *features;
    oracle_deep net;
    int64_t n, p, first, targets;
    int32_t dtype;
    double roundoff, *samples;
    test_array x, Phi, b, y, r, back;
    oracle_value **phi; /* of the first rows */
} problem;

static problem posed(int32_t kind, const ntk_network_options *options, int32_t part, int64_t n, int32_t dtype)
{
    problem q = {.n = n, .targets = 3, .dtype = dtype, .roundoff = oracle_roundoff(dtype)};
    uint64_t state = test_seed(51);
    ntk_network *network = oracle_network_create(context, kind, oracle_slope(kind), options);
    q.net = oracle_deep_of(network, options, oracle_slope(kind), kind);
    CHECK_OK(ntk_features_create(context, &q.features, network, part));
    ntk_network_destroy(network);
    q.first = part == NTK_PART_RF ? q.net.hidden_size : 0;
    q.p = (part == NTK_PART_NT ? q.net.hidden_size : q.net.size) - q.first;
    ck_assert_int_eq(ntk_features_size(q.features), q.p);
    q.samples = oracle_samples(n, options->inputs, NTK_F32, &state);
    double *b = oracle_samples(q.p, q.targets, NTK_F32, &state), *r = oracle_samples(n, q.targets, NTK_F32, &state);
    q.x = oracle_array(q.samples, n, options->inputs, 2, dtype);
    q.b = oracle_array(b, q.p, q.targets, 1, dtype);
    q.r = oracle_array(r, n, q.targets, 3, dtype);
    q.Phi = test_array_make(n, q.p, 2, dtype);
    q.y = test_array_make(n, q.targets, 1, dtype);
    q.back = test_array_make(q.p, q.targets, 1, dtype);
    q.phi = oracle_memory(n, sizeof *q.phi);
    for (int64_t i = 0; i < n; i++)
        q.phi[i] = oracle_deep_features(&q.net, q.samples + i * options->inputs, q.roundoff) + q.first;
    free(b);
    free(r);
    CHECK_OK(ntk_features_map(q.features, &q.Phi.view, &q.x.view));
    CHECK_OK(ntk_features_multiply(q.features, &q.y.view, &q.x.view, &q.b.view));
    CHECK_OK(ntk_features_multiply_transposed(q.features, &q.back.view, &q.x.view, &q.r.view));
    ck_assert(test_array_is_written(&q.Phi) && test_array_is_written(&q.y) && test_array_is_written(&q.back));
    return q;
}

static void put_away(problem *q)
{
    test_array *arrays[] = {&q->x, &q->Phi, &q->b, &q->y, &q->r, &q->back};
    for (int i = 0; i < 6; i++) test_array_free(arrays[i]);
    for (int64_t i = 0; i < q->n; i++) free(q->phi[i] - q->first);
    free((void *)q->phi);
    free(q->samples);
    oracle_deep_free(&q->net);
    ntk_features_destroy(q->features);
}

static void check_product(const problem *q, int64_t i, int64_t c)
{
    long double sum = 0, bound = 0, sizes = 0;
    for (int64_t k = 0; k < q->p; k++) {
        long double b = (long double)test_get(&q->b.view, k, c);
        sum += q->phi[i][k].value * b;
        bound += q->phi[i][k].bound * fabsl(b);
        sizes += fabsl(q->phi[i][k].value * b);
    }
    check(test_get(&q->y.view, i, c), sum, bound + sizes * loss(q->p, q->roundoff), "y", i, c);
}

static void check_transposed(const problem *q, int64_t k, int64_t c)
{
    long double sum = 0, bound = 0, sizes = 0;
    for (int64_t i = 0; i < q->n; i++) {
        long double r = (long double)test_get(&q->r.view, i, c);
        sum += q->phi[i][k].value * r;
        bound += q->phi[i][k].bound * fabsl(r);
        sizes += fabsl(q->phi[i][k].value * r);
    }
    check(test_get(&q->back.view, k, c), sum, bound + sizes * loss(q->n, q->roundoff), "b", k, c);
}

static void compare(int32_t kind, const ntk_network_options *options, int32_t part, int64_t n, int32_t dtype)
{
    problem q = posed(kind, options, part, n, dtype);
    for (int64_t i = 0; i < n; i += 1 + n / 50)
        for (int64_t k = 0; k < q.p; k++) check(test_get(&q.Phi.view, i, k), q.phi[i][k].value, q.phi[i][k].bound, "Phi", i, k);
    for (int64_t c = 0; c < q.targets; c++) {
        for (int64_t i = 0; i < n; i += 1 + n / 50) check_product(&q, i, c);
        for (int64_t k = 0; k < q.p; k += 1 + q.p / 200) check_transposed(&q, k, c);
    }
    put_away(&q);
}

START_TEST(every_activation_and_part)
{
    ntk_network_options options = oracle_deep_options(4, 3, narrow);
    for (int32_t kind = NTK_RELU; kind <= NTK_EXP; kind++) {
        /* more layers are too much for exp */
        options.layers = kind == NTK_EXP ? 1 : 3;
        for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++)
            for (int k = 0; k < 2; k++) compare(kind, &options, part, 6, dtypes[k]);
    }
}
END_TEST

/* One layer, without biases, other scalings and parameterizations. */
START_TEST(every_option)
{
    ntk_network_options options = oracle_deep_options(4, 2, narrow);
    options.bias_scales = NULL;
    options.scaling = NTK_SCALING_MEAN_FIELD;
    options.hidden_law = NTK_HIDDEN_SPHERE;
    compare(NTK_ERF, &options, NTK_PART_BOTH, 6, NTK_F64);
    options.output_bias_scale = 0;
    compare(NTK_ERF, &options, NTK_PART_BOTH, 6, NTK_F64);
    options.layers = 1;
    options.bias_scale = 0.5;
    compare(NTK_ERF, &options, NTK_PART_BOTH, 6, NTK_F64);
    options.bias_scale = 0;
    options.output_bias_scale = 3;
    for (options.parameterization = 0; options.parameterization <= NTK_PARAM_STANDARDISED; options.parameterization++)
        compare(NTK_ERF, &options, NTK_PART_BOTH, 6, NTK_F64);
}
END_TEST

/* Several chunks of samples; wide layers. */
START_TEST(every_shape)
{
    static const int64_t wide[] = {300, 2, 401};
    ntk_network_options options = oracle_deep_options(2, 3, narrow);
    compare(NTK_ERF, &options, NTK_PART_BOTH, 2500, NTK_F64);
    options.widths = wide;
    compare(NTK_GELU, &options, NTK_PART_BOTH, 40, NTK_F32);
}
END_TEST

/* (f(theta + h e_k) - f(theta - h e_k)) / 2 h in standardised parameters: h^2 f''' / 6 and rounding, u f / h. */
START_TEST(features_are_the_gradient)
{
    enum { n = 5 };
    const double h = 0x1p-16;
    uint64_t state = test_seed(52);
    ntk_network_options options = oracle_deep_options(4, 3, narrow);
    ntk_network *network = oracle_network_create(context, NTK_ERF, oracle_slope(NTK_ERF), &options);
    ntk_features *features;
    CHECK_OK(ntk_features_create(context, &features, network, NTK_PART_BOTH));
    int64_t p = ntk_features_size(features);
    double *x = oracle_samples(n, 4, NTK_F64, &state), *theta = oracle_memory(p, sizeof *theta);
    ntk_matrix view = ntk_matrix_f64(theta, p, 1);
    test_array X = oracle_array(x, n, 4, 0, NTK_F64), Phi = test_array_make(n, p, 0, NTK_F64);
    test_array f[] = {test_array_make(n, 1, 0, NTK_F64), test_array_make(n, 1, 0, NTK_F64)};
    CHECK_OK(ntk_network_parameters(network, &view));
    CHECK_OK(ntk_features_map(features, &Phi.view, &X.view));
    for (int64_t k = 0; k < p; k++) {
        double kept = theta[k];
        for (int side = 0; side < 2; side++) {
            theta[k] = side ? kept - h : kept + h;
            CHECK_OK(ntk_network_set_parameters(network, &view));
            CHECK_OK(ntk_network_forward(network, &f[side].view, &X.view));
        }
        theta[k] = kept;
        for (int64_t i = 0; i < n; i++) {
            double difference = (test_get(&f[0].view, i, 0) - test_get(&f[1].view, i, 0)) / (2 * h);
            check(test_get(&Phi.view, i, k), (long double)difference, 1e-8L, "Phi", i, k);
        }
    }
    test_array *arrays[] = {&X, &Phi, &f[0], &f[1]};
    for (int i = 0; i < 4; i++) test_array_free(arrays[i]);
    ntk_features_destroy(features);
    ntk_network_destroy(network);
    free(x);
    free(theta);
}
END_TEST

/* Ridge regression by the features and by their kernel are the same predictor.  The systems' condition is at most 1e3, and its
 * effect on 1e-16 stays below 1e-11. */
START_TEST(ridge_primal_and_dual)
{
    enum { n = 60, m = 9, d = 4 };
    uint64_t state = test_seed(53);
    ntk_network_options options = oracle_deep_options(d, 3, narrow);
    ntk_network *network = oracle_network_create(context, NTK_GELU, oracle_slope(NTK_GELU), &options);
    ntk_features *features;
    ntk_kernel *kernel;
    ntk_ridge *ridge[2];
    double *x = oracle_samples(n, d, NTK_F64, &state), *y = oracle_samples(n, 2, NTK_F64, &state),
           *z = oracle_samples(m, d, NTK_F64, &state);
    test_array X = oracle_array(x, n, d, 0, NTK_F64), Y = oracle_array(y, n, 2, 0, NTK_F64),
               Z = oracle_array(z, m, d, 0, NTK_F64);
    test_array f[2], one = test_array_make(1, 2, 0, NTK_F64);
    ntk_ridge_options dual = NTK_INIT(ntk_ridge_options);
    dual.method = NTK_RIDGE_DUAL;
    CHECK_OK(ntk_features_create(context, &features, network, NTK_PART_BOTH));
    CHECK_OK(ntk_kernel_create_finite(context, &kernel, features));
    CHECK_OK(ntk_ridge_create_primal(context, &ridge[0], features, &X.view, &Y.view, 0.5, NULL));
    CHECK_OK(ntk_ridge_create(context, &ridge[1], kernel, &X.view, &Y.view, 0.5, &dual));
    for (int k = 0; k < 2; k++) {
        f[k] = test_array_make(m, 2, 0, NTK_F64);
        CHECK_OK(ntk_ridge_predict(ridge[k], &f[k].view, &Z.view));
    }
    for (int64_t i = 0; i < 2 * m; i++)
        check(test_get(&f[0].view, i / 2, i % 2), (long double)test_get(&f[1].view, i / 2, i % 2), 1e-11L, "f", i / 2, i % 2);
    test_array slopes[] = {test_array_make(m, 2 * d, 0, NTK_F64), test_array_make(m, 2 * d, 0, NTK_F64)};
    for (int k = 0; k < 2; k++) CHECK_OK(ntk_ridge_gradient(ridge[k], &slopes[k].view, &Z.view));
    for (int64_t i = 0; i < 2 * d * m; i++)
        check(test_get(&slopes[0].view, i / (2 * d), i % (2 * d)),
              (long double)test_get(&slopes[1].view, i / (2 * d), i % (2 * d)), 1e-11L, "gradient", i / (2 * d), i % (2 * d));
    for (int k = 0; k < 2; k++) test_array_free(&slopes[k]);
    /* a single row goes another way */
    Z.view.rows = 1;
    CHECK_OK(ntk_ridge_predict(ridge[1], &one.view, &Z.view));
    for (int64_t c = 0; c < 2; c++)
        check(test_get(&one.view, 0, c), (long double)test_get(&f[1].view, 0, c), 1e-13L, "f", 0, c);
    test_array *arrays[] = {&X, &Y, &Z, &f[0], &f[1], &one};
    for (int i = 0; i < 6; i++) test_array_free(arrays[i]);
    for (int k = 0; k < 2; k++) ntk_ridge_destroy(ridge[k]);
    ntk_kernel_destroy(kernel);
    ntk_features_destroy(features);
    ntk_network_destroy(network);
    free(x);
    free(y);
    free(z);
}
END_TEST

START_TEST(overflow)
{
    ntk_network_options options = oracle_deep_options(4, 3, narrow);
    options.weight_scales = NULL;
    options.weight_scale = 1e120;
    ntk_network *network = oracle_network_create(context, NTK_IDENTITY, oracle_slope(NTK_IDENTITY), &options);
    ntk_features *features;
    CHECK_OK(ntk_features_create(context, &features, network, NTK_PART_NT));
    test_array x = test_array_make(2, 4, 0, NTK_F64), Phi = test_array_make(2, ntk_features_size(features), 0, NTK_F64);
    test_array r = test_array_make(2, 1, 0, NTK_F64), b = test_array_make(Phi.view.cols, 1, 0, NTK_F64);
    test_array_fill(&x, 3);
    test_array_fill(&r, 4);
    CHECK_STATUS(ntk_features_map(features, &Phi.view, &x.view), NTK_ERR_OVERFLOW);
    CHECK_STATUS(ntk_features_multiply_transposed(features, &b.view, &x.view, &r.view), NTK_ERR_OVERFLOW);
    test_array *arrays[] = {&x, &Phi, &r, &b};
    for (int i = 0; i < 4; i++) test_array_free(arrays[i]);
    ntk_features_destroy(features);
    ntk_network_destroy(network);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("deep features");
    TCase *tests = test_case(suite, "features");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, every_activation_and_part);
    tcase_add_test(tests, every_option);
    tcase_add_test(tests, every_shape);
    tcase_add_test(tests, features_are_the_gradient);
    tcase_add_test(tests, ridge_primal_and_dual);
    tcase_add_test(tests, overflow);
    return test_run(suite);
}
