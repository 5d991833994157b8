/* Handles as arrays: what comes back has the same bits, and what is not what it should be is refused. */
#include "archive.h"
#include "attempt.h"
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { D = 3, N = 6 };

TEST_COUNTED_FIXTURE(1)

/* --- handles --- */

static ntk_activation *activation_of(int32_t kind, double scale, double shift)
{
    ntk_activation *activation;
    ntk_activation_options options = NTK_INIT(ntk_activation_options);
    options.slope = kind == NTK_LEAKY_RELU ? 0.3 : 0;
    options.phase = kind == NTK_SIN || kind == NTK_COS ? 0.7 : 0;
    options.degree = kind == NTK_MONOMIAL || kind == NTK_HERMITE ? 3 : 0;
    options.scale = scale;
    options.frequency = 0.9;
    options.shift = shift;
    CHECK_OK(ntk_activation_create(context, &activation, kind, &options));
    return activation;
}

static ntk_network *network_of(const ntk_activation *activation, int64_t layers, double bias)
{
    ntk_network *network;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    const int64_t widths[] = {5, 4, 3};
    options.inputs = D;
    options.widths = widths;
    options.layers = layers;
    options.bias_scale = bias;
    options.output_bias_scale = bias;
    options.weight_scale = 1.25;
    options.seed = 3;
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    return network;
}

static ntk_kernel *infinite(int32_t kind, int64_t layers, double shift)
{
    ntk_kernel *kernel;
    const double rates[] = {1, 0.5, 0.25, 2};
    ntk_activation *activation = activation_of(kind, 1.1, shift);
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.layers = layers;
    options.weight_scale = 0.8;
    options.bias_scale = 0.3;
    options.output_weight_scale = 1.3;
    options.output_bias_scale = 0.2;
    options.layer_rates = rates;
    CHECK_OK(ntk_kernel_create_infinite(context, &kernel, activation, &options));
    ntk_activation_destroy(activation);
    return kernel;
}

static ntk_kernel *finite_kernel(int64_t networks, int64_t layers)
{
    ntk_kernel *kernel;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_activation *activation = activation_of(NTK_ERF, 1, 0);
    options.inputs = D;
    options.hidden = 5;
    options.layers = layers;
    CHECK_OK(ntk_kernel_create_monte_carlo(context, &kernel, activation, networks, NTK_PART_BOTH, &options));
    ntk_activation_destroy(activation);
    return kernel;
}

static ntk_kernel *lecture(void)
{
    ntk_kernel *kernel;
    ntk_activation *activation = activation_of(NTK_RELU, -2, 0);
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.parameterization = NTK_PARAM_LECTURE;
    options.part = NTK_PART_NT;
    CHECK_OK(ntk_kernel_create_infinite(context, &kernel, activation, &options));
    ntk_activation_destroy(activation);
    return kernel;
}

/* Every way to make a kernel of kernels. */
static ntk_kernel *composite(void)
{
    const double scales[D] = {0.5, -1, 0}, weights[] = {0.25, 2, 0.5};
    ntk_matrix s = ntk_matrix_const_f64(scales, 1, D);
    const double shares[] = {0.5, 1, 0.25};
    ntk_matrix levels = ntk_matrix_const_f64(shares, 3, 1);
    ntk_kernel *made[8];
    made[0] = infinite(NTK_GELU, 1, 0);
    made[1] = finite_kernel(1, 1);
    CHECK_OK(ntk_kernel_create_ard(context, &made[2], made[0], &s));
    CHECK_OK(ntk_kernel_create_normalised(context, &made[3], made[1]));
    CHECK_OK(ntk_kernel_create_constant(context, &made[4], 0.75));
    const ntk_kernel *factors[] = {made[2], made[3], made[4]};
    CHECK_OK(ntk_kernel_create_product(context, &made[5], factors, 3));
    CHECK_OK(ntk_kernel_create_zonal(context, &made[6], &levels, D));
    const ntk_kernel *terms[] = {made[5], made[1], made[6]};
    CHECK_OK(ntk_kernel_create_sum(context, &made[7], terms, weights, 3));
    for (int i = 0; i < 7; i++) ntk_kernel_destroy(made[i]);
    return made[7];
}

enum { KERNELS = NTK_SILU + 8 };

static ntk_kernel *kernel_of(int which)
{
    if (which < NTK_SILU) return infinite(which + 1, 1 + which % 2, which % 3 ? 0 : 0.1);
    switch (which - NTK_SILU) {
    case 0:
        return infinite(NTK_TANH, 3, 0);
    case 1:
        return infinite(NTK_RELU, 3, 0.2);
    case 2:
        return lecture();
    case 3:
        return finite_kernel(1, 1);
    case 4:
        return finite_kernel(3, 1);
    case 5:
        return finite_kernel(2, 3);
    case 6:
        return infinite(NTK_STEP, 2, 0);
    default:
        return composite();
    }
}

static test_archive kernel_archive(const ntk_kernel *kernel)
{
    test_archive archive = {0};
    ntk_sink sink = test_archive_sink(&archive);
    CHECK_OK(ntk_kernel_export(kernel, &sink));
    ck_assert_int_gt(archive.count, 3);
    return archive;
}

static void block_of(test_array *K, const ntk_kernel *kernel, const test_array *x)
{
    *K = test_array_make(N, N, 0, x->view.dtype);
    CHECK_OK(ntk_kernel_block(kernel, &K->view, &x->view, &x->view));
}

/* --- there and back --- */

START_TEST(kernels_come_back)
{
    ntk_kernel *kernel = kernel_of(_i), *back = NULL;
    test_archive archive = kernel_archive(kernel), again;
    ntk_source source = test_archive_source(&archive);
    CHECK_OK(ntk_kernel_import(context, &back, &source));
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        test_array x = test_array_make(N, D, 0, dtype), K, L;
        test_array_fill(&x, 5);
        block_of(&K, kernel, &x);
        block_of(&L, back, &x);
        ck_assert_msg(test_same_bits(&K.view, &L.view), "kernel %d, dtype %d", _i, (int)dtype);
        test_array_free(&x);
        test_array_free(&K);
        test_array_free(&L);
    }
    again = kernel_archive(back);
    test_archive_compare(&archive, &again);
    test_archive_free(&archive);
    test_archive_free(&again);
    ntk_kernel_destroy(kernel);
    ntk_kernel_destroy(back);
}
END_TEST

/* The network's outputs, and the features of it. */
START_TEST(networks_and_features_come_back)
{
    ntk_activation *activation = activation_of(NTK_LEAKY_RELU, 1.5, 0);
    for (int64_t layers = 1; layers <= 3; layers++)
        for (int bias = 0; bias < 2; bias++) {
            ntk_network *network = network_of(activation, layers, 0.5 * bias), *back = NULL;
            ntk_features *features, *returned = NULL;
            test_archive archive = {0}, of_features = {0};
            ntk_sink sink = test_archive_sink(&archive);
            ntk_source source = test_archive_source(&archive);
            test_array x = test_array_make(N, D, 0, NTK_F64), y = test_array_make(N, 1, 0, NTK_F64),
                       z = test_array_make(N, 1, 0, NTK_F64);
            test_array_fill(&x, 5);
            CHECK_OK(ntk_network_export(network, &sink));
            CHECK_OK(ntk_network_import(context, &back, &source));
            CHECK_OK(ntk_network_forward(network, &y.view, &x.view));
            CHECK_OK(ntk_network_forward(back, &z.view, &x.view));
            ck_assert(test_same_bits(&y.view, &z.view));
            CHECK_OK(ntk_features_create(context, &features, network, NTK_PART_NT));
            sink = test_archive_sink(&of_features);
            source = test_archive_source(&of_features);
            CHECK_OK(ntk_features_export(features, &sink));
            CHECK_OK(ntk_features_import(context, &returned, &source));
            ck_assert_int_eq(ntk_features_size(returned), ntk_features_size(features));
            ntk_features_destroy(returned);
            source = test_archive_source(&archive);
            CHECK_STATUS(ntk_features_import(context, &returned, &source), NTK_ERR_FORMAT);
            CHECK_MESSAGE("object");
            ck_assert_ptr_null(returned);
            ntk_features_destroy(features);
            test_archive_free(&archive);
            test_archive_free(&of_features);
            test_array_free(&x);
            test_array_free(&y);
            test_array_free(&z);
            ntk_network_destroy(network);
            ntk_network_destroy(back);
        }
    ntk_activation_destroy(activation);
}
END_TEST

/* --- what is not what it should be --- */

static ntk_status import_kernel(void **handle, const ntk_source *source)
{
    ntk_kernel *kernel = NULL;
    ntk_status status = ntk_kernel_import(context, &kernel, source);
    *handle = kernel;
    return status;
}

/* It gives what it can. */
static void evaluate(void *kernel)
{
    test_array x = test_array_make(N, D, 0, NTK_F64), K = test_array_make(N, N, 0, NTK_F64);
    test_array_fill(&x, 5);
    (void)!ntk_kernel_block(kernel, &K.view, &x.view, &x.view);
    test_array_free(&x);
    test_array_free(&K);
}

static const test_importer importer = {.import = import_kernel, .use = evaluate, .kind = TEST_KERNEL};

START_TEST(altered_archives)
{
    ntk_kernel *kernel = kernel_of(_i);
    test_archive archive = kernel_archive(kernel);
    test_archive_alter_arrays(&archive, &importer, &test_counted);
    test_archive_alter_numbers(&archive, &importer, &test_counted);
    test_archive_free(&archive);
    ntk_kernel_destroy(kernel);
}
END_TEST

/* Each callback may fail, and each allocation. */
START_TEST(failures_end_the_call)
{
    ntk_kernel *kernel = composite(), *back = NULL;
    test_archive archive = kernel_archive(kernel), other = {0};
    ntk_sink sink = test_archive_sink(&other);
    for (int64_t k = 1; k <= archive.count; k++) {
        other.fail_at = k;
        other.calls = 0;
        CHECK_STATUS(ntk_kernel_export(kernel, &sink), NTK_ERR_CALLBACK);
        CHECK_MESSAGE("failure 7");
        ck_assert_int_eq(other.count, k - 1);
        test_archive_free(&other);
    }
    int64_t live = test_counted.live;
    ntk_source source = test_archive_source(&archive);
    for (int refusals = 0; refusals < 2; refusals++)
        for (int64_t k = 1;; k++) {
            archive.calls = 0;
            archive.fail_at = refusals ? 0 : k;
            test_memory_reset(&test_counted, refusals ? k : 0);
            ntk_status status = ntk_kernel_import(context, &back, &source);
            test_memory_reset(&test_counted, 0);
            if (status == NTK_OK) {
                ntk_kernel_destroy(back);
                break;
            }
            ck_assert_int_eq(status, refusals ? NTK_ERR_MEMORY : NTK_ERR_CALLBACK);
            ck_assert_ptr_null(back);
            ck_assert_int_eq(test_counted.live, live);
            if (k > 1000) ck_abort_msg("no end");
        }
    ntk_kernel_destroy(kernel);
    test_archive_free(&archive);
}
END_TEST

/* --- the caller's functions --- */

static void square(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = u[i] * u[i];
}

static void twice(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = 2 * u[i];
}

START_TEST(functions_of_the_caller_are_asked_for)
{
    ntk_activation_functions functions = NTK_INIT(ntk_activation_functions);
    ntk_activation *own;
    ntk_kernel *kernel, *back = NULL;
    functions.value = square;
    functions.derivative = twice;
    CHECK_OK(ntk_activation_create_user(context, &own, &functions));
    CHECK_OK(ntk_kernel_create_infinite(context, &kernel, own, NULL));
    test_archive archive = kernel_archive(kernel);
    ntk_source source = test_archive_source(&archive);
    CHECK_STATUS(ntk_kernel_import(context, &back, &source), NTK_ERR_UNSUPPORTED);
    CHECK_MESSAGE("activation is an activation of the caller's functions");
    ck_assert_ptr_null(back);
    source.handle = NULL;
    CHECK_STATUS(ntk_kernel_import(context, &back, &source), NTK_ERR_UNSUPPORTED);
    source = test_archive_source(&archive);
    archive.handle = own;
    CHECK_OK(ntk_kernel_import(context, &back, &source));
    ntk_kernel_destroy(back);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(own);
    test_archive_free(&archive);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exchange");
    TCase *exchange = test_case(suite, "exchange");
    tcase_add_checked_fixture(exchange, setup, teardown);
    tcase_add_loop_test(exchange, kernels_come_back, 0, KERNELS);
    tcase_add_test(exchange, networks_and_features_come_back);
    tcase_add_loop_test(exchange, altered_archives, NTK_SILU, KERNELS);
    tcase_add_test(exchange, failures_end_the_call);
    tcase_add_test(exchange, functions_of_the_caller_are_asked_for);
    return test_run(suite);
}
