/* More of everything than one round takes inside: targets, inputs, neurons, rows. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ntk_context *context;

static void setup(void)
{
    context = test_context(2, NULL);
}
static void teardown(void)
{
    ntk_context_destroy(context);
}

static ntk_features *features_of(int32_t kind, int32_t part, int64_t d, int64_t N)
{
    ntk_activation *activation = oracle_activation_create(context, kind, 0);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_network *network = NULL;
    ntk_features *features = NULL;
    options.inputs = d;
    options.hidden = N;
    options.seed = 4;
    options.output_weights = NTK_OUTPUT_GAUSSIAN;
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    CHECK_OK(ntk_features_create(context, &features, network, part));
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
    return features;
}

static ntk_kernel *finite_of(const ntk_features *features)
{
    ntk_kernel *kernel = NULL;
    CHECK_OK(ntk_kernel_create_finite(context, &kernel, features));
    return kernel;
}

static ntk_kernel *infinite_of(int32_t kind)
{
    oracle_kernel oracle = {kind, 0, NTK_INIT(ntk_kernel_options)};
    return oracle_kernel_create(context, &oracle);
}

/* product (n1 x t) is K v, from the block's entries: n2 roundings of the sizes summed, in each type */
static void check_product(const ntk_matrix *product, const ntk_matrix *K, const ntk_matrix *v, double slack, const char *what)
{
    double unit = oracle_roundoff(product->dtype);
    for (int64_t i = 0; i < product->rows; i += 1 + product->rows / 9)
        for (int64_t c = 0; c < product->cols; c++) {
            long double sum = 0, size = 0;
            for (int64_t j = 0; j < K->cols; j++) {
                long double term = (long double)test_get(K, i, j) * (long double)test_get(v, j, c);
                sum += term;
                size += fabsl(term);
            }
            long double bound = ((long double)K->cols + (long double)slack) * (long double)unit * size;
            ck_assert_msg(fabsl((long double)test_get(product, i, c) - sum) <= bound, "%s: (%d, %d) is %.9g, not %.9Lg (%.1Lg)",
                          what, (int)i, (int)c, test_get(product, i, c), sum, bound);
        }
}

/* 600 targets: of a kernel's product, of a kernel matrix's, and a few of a finite kernel's more than it takes at a time */
START_TEST(targets_of_products)
{
    uint64_t state = test_seed(151);
    const int64_t n1 = 30, n2 = 50, d = 6, t = 600;
    const int32_t dtype = _i ? NTK_F32 : NTK_F64;
    double *xs = oracle_samples(n1 + n2, d, dtype, &state), *vs = oracle_samples(n2, t, dtype, &state);
    test_array x1 = oracle_array(xs, n1, d, 1, dtype), x2 = oracle_array(xs + n1 * d, n2, d, 0, dtype),
               v = oracle_array(vs, n2, t, 3, dtype);
    ntk_features *features = features_of(NTK_ERF, NTK_PART_BOTH, d, 33);
    ntk_kernel *kernels[] = {infinite_of(NTK_RELU), finite_of(features)};
    for (int k = 0; k < 2; k++) {
        test_array K = test_array_make(n1, n2, 0, dtype), y = test_array_make(n1, t, 2, dtype);
        CHECK_OK(ntk_kernel_block(kernels[k], &K.view, &x1.view, &x2.view));
        CHECK_OK(ntk_kernel_multiply(kernels[k], &y.view, &x1.view, &x2.view, &v.view));
        ck_assert(test_array_is_written(&y));
        /* a finite kernel's product sums over features, p of them and no more exactly than its entries */
        check_product(&y.view, &K.view, &v.view, k ? 4000 : 64, k ? "finite" : "infinite");
        test_array_free(&K);
        test_array_free(&y);
    }
    for (int32_t storage = NTK_STORAGE_FULL; storage <= NTK_STORAGE_PACKED; storage++) {
        ntk_gram_options options = NTK_INIT(ntk_gram_options);
        ntk_gram *gram = NULL;
        test_array K = test_array_make(n2, n2, 0, dtype), y = test_array_make(n2, t, 0, dtype);
        options.storage = storage;
        CHECK_OK(ntk_gram_create(context, &gram, kernels[0], &x2.view, &options));
        CHECK_OK(ntk_gram_copy(gram, &K.view));
        CHECK_OK(ntk_gram_multiply(gram, &y.view, &v.view));
        ck_assert(test_array_is_written(&y));
        check_product(&y.view, &K.view, &v.view, 2, "kernel matrix");
        ntk_gram_destroy(gram);
        test_array_free(&K);
        test_array_free(&y);
    }
    ntk_kernel_destroy(kernels[0]);
    ntk_kernel_destroy(kernels[1]);
    ntk_features_destroy(features);
    test_array_free(&x1);
    test_array_free(&x2);
    test_array_free(&v);
    free(xs);
    free(vs);
}
END_TEST

/* Predictions are K(x, X) alpha + b, or Phi(x) beta + b, few rows and many, in each type of model and data. */
static void check_predictions(const ntk_ridge *ridge, const ntk_matrix *left, const ntk_matrix *x, const char *what)
{
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    CHECK_OK(ntk_ridge_summary(ridge, &report));
    test_array alpha = test_array_make(report.order, report.targets, 0, NTK_F64),
               b = test_array_make(1, report.targets, 0, NTK_F64);
    test_array y = test_array_make(x->rows, report.targets, 1, NTK_F64);
    CHECK_OK(ntk_ridge_coefficients(ridge, &alpha.view));
    CHECK_OK(ntk_ridge_intercept(ridge, &b.view));
    double unit = oracle_roundoff(report.dtype);
    for (int few = 0; few < 2; few++) {
        ntk_matrix part = *x, out = y.view;
        test_array_poison(&y);
        for (int64_t i = 0; i < x->rows; i += part.rows) {
            part.rows = few ? (x->rows - i < 3 ? x->rows - i : 3) : x->rows;
            part.data = (char *)x->data + i * x->stride * (x->dtype == NTK_F64 ? 8 : 4);
            out.rows = part.rows;
            out.data = (double *)y.view.data + i * y.view.stride;
            CHECK_OK(ntk_ridge_predict(ridge, &out, &part));
        }
        ck_assert(test_array_is_written(&y));
        for (int64_t i = 0; i < x->rows; i += 4)
            for (int64_t c = 0; c < report.targets; c++) {
                long double sum = (long double)test_get(&b.view, 0, c), size = fabsl(sum);
                for (int64_t j = 0; j < report.order; j++) {
                    long double term = (long double)test_get(left, i, j) * (long double)test_get(&alpha.view, j, c);
                    sum += term;
                    size += fabsl(term);
                }
                /* as many roundings as terms, and those of an entry: 64 and 2 sqrt(d) of each */
                long double bound =
                    (long double)(report.order + 64 + 2 * (int64_t)sqrt((double)report.inputs)) * (long double)unit * size;
                ck_assert_msg(fabsl((long double)test_get(&y.view, i, c) - sum) <= bound,
                              "%s, few %d: (%d, %d) is %.9g, not %.9Lg (%.1Lg)", what, few, (int)i, (int)c,
                              test_get(&y.view, i, c), sum, bound);
            }
    }
    test_array_free(&alpha);
    test_array_free(&b);
    test_array_free(&y);
}

static void predict_many(int64_t d, int64_t t, int32_t dtype, int32_t data, uint64_t *state)
{
    const int64_t n = 40, m = 13, N = 9;
    double *xs = oracle_samples(n + m, d, NTK_F32, state), *ys = oracle_samples(n, t, NTK_F32, state);
    test_array x = oracle_array(xs, n, d, 0, data), at = oracle_array(xs + n * d, m, d, 2, data),
               y = oracle_array(ys, n, t, 0, data);
    ntk_features *features = features_of(NTK_ERF, NTK_PART_RF, d, N);
    ntk_kernel *infinite = infinite_of(NTK_ERF), *finite = finite_of(features);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    options.dtype = dtype;
    options.intercept = 1;
    test_array K = test_array_make(m, n, 0, dtype), KN = test_array_make(m, n, 0, dtype), Phi = test_array_make(m, N, 0, dtype);
    CHECK_OK(ntk_kernel_block(infinite, &K.view, &at.view, &x.view));
    CHECK_OK(ntk_kernel_block(finite, &KN.view, &at.view, &x.view));
    CHECK_OK(ntk_features_map(features, &Phi.view, &at.view));
    for (int way = 0; way < 3; way++) {
        ntk_ridge *ridge = NULL;
        options.method = way == 2 ? NTK_RIDGE_PRIMAL : NTK_RIDGE_DUAL;
        CHECK_OK(ntk_ridge_create(context, &ridge, way ? finite : infinite, &x.view, &y.view, 0.5, &options));
        check_predictions(ridge,
                          way == 0   ? &K.view
                          : way == 1 ? &KN.view
                                     : &Phi.view,
                          &at.view,
                          way == 0   ? "infinite"
                          : way == 1 ? "finite, dual"
                                     : "finite, primal");
        ntk_ridge_destroy(ridge);
    }
    ntk_features_destroy(features);
    ntk_kernel_destroy(infinite);
    ntk_kernel_destroy(finite);
    test_array *const arrays[] = {&x, &at, &y, &K, &KN, &Phi};
    for (int i = 0; i < 6; i++) test_array_free(arrays[i]);
    free(xs);
    free(ys);
}

START_TEST(targets_and_inputs_of_predictions)
{
    uint64_t state = test_seed(152) + (uint64_t)_i;
    int32_t dtype = _i & 1 ? NTK_F32 : NTK_F64, data = _i & 2 ? NTK_F32 : NTK_F64;
    predict_many(5, 150, dtype, data, &state);
    predict_many(5, 300, dtype, data, &state);
    predict_many(4096, 2, dtype, data, &state);
    predict_many(4100, 2, dtype, data, &state);
}
END_TEST

/* So many neurons that their factors do not fit one pass, for a block and for a matrix of both storages. */
START_TEST(neurons_in_several_passes)
{
    uint64_t state = test_seed(153);
    const int64_t n = 300, d = 3, N = 60000, few = 250;
    const int32_t dtype = _i ? NTK_F32 : NTK_F64;
    ntk_activation *activation = oracle_activation_create(context, NTK_ERF, 0);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_network *network = NULL;
    options.inputs = d;
    options.hidden = N;
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    oracle_network net = oracle_network_of(network, &options, 0, NTK_ERF);
    double *xs = oracle_samples(n, d, dtype, &state);
    test_array x = oracle_array(xs, n, d, 0, dtype), x1 = oracle_array(xs, few, d, 0, dtype);
    for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++) {
        ntk_features *features = NULL;
        CHECK_OK(ntk_features_create(context, &features, network, part));
        ntk_kernel *kernel = finite_of(features);
        for (int way = 0; way < 3; way++) {
            int64_t rows = way == 2 ? few : n;
            test_array K = test_array_make(rows, n, 0, dtype);
            ntk_gram_options stored = NTK_INIT(ntk_gram_options);
            ntk_gram *gram = NULL;
            stored.storage = way;
            if (way == 2) {
                CHECK_OK(ntk_kernel_block(kernel, &K.view, &x1.view, &x.view));
            } else {
                CHECK_OK(ntk_gram_create(context, &gram, kernel, &x.view, &stored));
                CHECK_OK(ntk_gram_copy(gram, &K.view));
            }
            for (int e = 0; e < 12; e++) {
                int64_t i = oracle_integer(&state, rows), j = oracle_integer(&state, n);
                oracle_value want = oracle_finite(&net, part, xs + i * d, xs + j * d, oracle_roundoff(dtype));
                ck_assert_msg(fabsl((long double)test_get(&K.view, i, j) - want.value) <= want.bound,
                              "part %d, way %d: K[%d][%d] is %.9g, not %.9Lg", (int)part, way, (int)i, (int)j,
                              test_get(&K.view, i, j), want.value);
            }
            ntk_gram_destroy(gram);
            test_array_free(&K);
        }
        ntk_kernel_destroy(kernel);
        ntk_features_destroy(features);
    }
    oracle_network_free(&net);
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
    test_array_free(&x);
    test_array_free(&x1);
    free(xs);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("many");
    TCase *many = test_case(suite, "many");
    tcase_add_checked_fixture(many, setup, teardown);
    tcase_add_loop_test(many, targets_of_products, 0, 2);
    tcase_add_loop_test(many, targets_and_inputs_of_predictions, 0, 4);
    tcase_add_loop_test(many, neurons_in_several_passes, 0, 2);
    return test_run(suite);
}
