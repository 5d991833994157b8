/* Deep infinite-width kernels against golden values of 20 digits (../shared/golden, where it exists) and the oracle's recursion,
 * and what they owe to each other. */
#include "subjects.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef GOLDEN_DEEP_CSV
#define GOLDEN_DEEP_CSV "../shared/golden/deep.csv"
#endif

enum { SAMPLES = 12, INPUTS = 5 };

static double evaluate(ntk_context *context, const oracle_golden *row, int32_t part, int32_t dtype)
{
    oracle_kernel oracle = {.kind = row->kind, .slope = row->slope, .options = row->options};
    oracle.options.part = part;
    ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
    double x[4], y[4];
    oracle_golden_samples(row, x, y);
    test_array X = oracle_array(x, 1, 4, 0, dtype), Y = oracle_array(y, 1, 4, 0, dtype);
    float narrow = 0;
    double value = 0;
    ntk_matrix out = dtype == NTK_F64 ? ntk_matrix_f64(&value, 1, 1) : ntk_matrix_f32(&narrow, 1, 1);
    CHECK_OK(ntk_kernel_block(kernel, &out, &X.view, &Y.view));
    test_array_free(&X);
    test_array_free(&Y);
    ntk_kernel_destroy(kernel);
    return dtype == NTK_F64 ? value : (double)narrow;
}

/* every line to 1e-13 in double precision on every instruction set; _i is the number of those that are disabled */
START_TEST(golden_lines)
{
    FILE *file = fopen(GOLDEN_DEEP_CSV, "r");
    char line[1024];
    int compared = 0;
    double worst = 0;
    if (!file) {
        printf("# skipped: %s is absent\n", GOLDEN_DEEP_CSV);
        return;
    }
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_context *context = NULL;
    options.cpu_disable = (uint32_t)_i;
    CHECK_OK(ntk_context_create(&context, &options));
    while (fgets(line, sizeof line, file)) {
        oracle_golden row;
        if (!oracle_golden_line(&row, line)) continue;
        double nngp = evaluate(context, &row, NTK_PART_RF, NTK_F64), ntk = evaluate(context, &row, NTK_PART_BOTH, NTK_F64);
        double away = fmax(fabs(nngp / row.nngp - 1), fabs(ntk / row.ntk - 1));
        if (!(away <= worst)) worst = away;
        ck_assert_msg(away <= 1e-13, "%.60s: %.17g and %.17g, not %.17g and %.17g: %.2g away", line, nngp, ntk, row.nngp,
                      row.ntk, away);
        compared++;
    }
    (void)fclose(file);
    ntk_context_destroy(context);
    printf("# %d lines of %s, at most %.2g away\n", compared, GOLDEN_DEEP_CSV, worst);
    ck_assert_int_ge(compared, 90);
}
END_TEST

/* --- the recursion, from the activation's moments --- */

enum { LAYERS = 4 };
static const double weights[LAYERS] = {1.25, 0.75, 1.5, 1}, biases[LAYERS] = {0.25, 0, 0.5, 0.125};
static const double rates[LAYERS + 1] = {1, 0, 0.5, 2, 0.25};

static const struct {
    int32_t kind;
    double slope;
} all[] = {{NTK_RELU, 0}, {NTK_LEAKY_RELU, 0.1}, {NTK_LEAKY_RELU, -0.5}, {NTK_ABS, 0}, {NTK_IDENTITY, 0}, {NTK_STEP, 0},
           {NTK_SIGN, 0}, {NTK_ERF, 0},          {NTK_GELU, 0},          {NTK_SIN, 0}, {NTK_COS, 0},      {NTK_EXP, 0}};

static oracle_kernel deep_oracle(int i, int32_t part)
{
    oracle_kernel oracle = {.kind = all[i].kind, .slope = all[i].slope};
    oracle.options.struct_size = sizeof oracle.options;
    oracle.options.part = part;
    oracle.options.layers = all[i].kind == NTK_EXP ? 2 : LAYERS; /* more are too much for exp */
    oracle.options.weight_scales = weights;
    oracle.options.bias_scales = biases;
    oracle.options.output_weight_scale = 1.5;
    oracle.options.output_bias_scale = 0.5;
    oracle.options.layer_rates = rates;
    return oracle;
}

static double *block_of(ntk_context *context, const oracle_kernel *oracle, const double *samples, int64_t n, int32_t dtype)
{
    ntk_kernel *kernel = oracle_kernel_create(context, oracle);
    test_array x = oracle_array(samples, n, INPUTS, 3, dtype), out = test_array_make(n, n, 2, dtype);
    double *values = oracle_memory(n * n, sizeof *values);
    CHECK_OK(ntk_kernel_block(kernel, &out.view, &x.view, &x.view));
    for (int64_t i = 0; i < n * n; i++) values[i] = test_get(&out.view, i / n, i % n);
    ck_assert(test_array_is_written(&out));
    test_array_free(&x);
    test_array_free(&out);
    ntk_kernel_destroy(kernel);
    return values;
}

/* kinds x parts, f64 and f32: entries lie within 64 roundings of the recursion in double precision, the diagonal's root taken for
 * the size; measured: 21, of absolute values, whose kinks multiply an error of rho by 1 / sin theta */
START_TEST(the_recursion)
{
    ntk_context *context = test_context(1, NULL);
    uint64_t state = test_seed(71);
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        double *x = oracle_samples(SAMPLES, INPUTS, dtype, &state), worst = 0;
        oracle_kernel oracle = deep_oracle(_i % (int)(sizeof all / sizeof *all), _i / (int)(sizeof all / sizeof *all));
        ntk_activation *activation = oracle_activation_create(context, oracle.kind, oracle.slope);
        for (int64_t k = 0; k < SAMPLES * INPUTS; k++) x[k] /= 2;
        double *K = block_of(context, &oracle, x, SAMPLES, dtype);
        for (int64_t i = 0; i < SAMPLES; i++) {
            for (int64_t j = 0; j < SAMPLES; j++) {
                double want = i == j ? K[i * SAMPLES + i]
                                     : subject_recursion(activation, &oracle.options, INPUTS, x + i * INPUTS, x + j * INPUTS);
                double size = sqrt(K[i * SAMPLES + i]) * sqrt(K[j * SAMPLES + j]);
                double away = fabs(K[i * SAMPLES + j] - want) / size / oracle_roundoff(dtype);
                if (!(away <= worst) && size > 0) worst = away;
                ck_assert(size > 0 || K[i * SAMPLES + j] == 0);
            }
        }
        ck_assert_msg(worst <= 64, "%s, part %d, dtype %d: %g roundings", oracle_kind_name(oracle.kind), oracle.options.part,
                      dtype, worst);
        printf("# %s part %d dtype %d: at most %.3g roundings of the recursion\n", oracle_kind_name(oracle.kind),
               oracle.options.part, dtype, worst);
        ntk_activation_destroy(activation);
        free(K);
        free(x);
    }
    ntk_context_destroy(context);
}
END_TEST

/* --- laws --- */

enum { MANY = 150 };

/* duplicates, parallels, opposites, a zero vector and samples apart by 1e-13 among random ones */
static double *crowd(uint64_t *state)
{
    double *x = oracle_samples(MANY, INPUTS, NTK_F64, state);
    for (int64_t k = 0; k < INPUTS; k++) {
        x[70 * INPUTS + k] = x[140 * INPUTS + k] = x[3 * INPUTS + k];
        x[71 * INPUTS + k] = -x[3 * INPUTS + k];
        x[72 * INPUTS + k] = 2 * x[3 * INPUTS + k];
        x[73 * INPUTS + k] = 0;
        x[74 * INPUTS + k] = x[4 * INPUTS + k] * (1 + 1e-13 * (double)(k - 2));
    }
    return x;
}

/* Entries of full and packed matrices, of blocks and of products agree; the diagonal is that of the call; K(x, x) of copies is
 * K(x, x); the instruction sets agree to rounding, the threads to the bit. */
START_TEST(storages_threads_and_sets_agree)
{
    uint64_t state = test_seed(72);
    oracle_kernel oracle = deep_oracle(_i, NTK_PART_BOTH);
    double *x = crowd(&state), *K[5], worst = 0, apart = 0;
    for (int64_t k = 0; all[_i].kind == NTK_EXP && k < MANY * INPUTS; k++) x[k] /= 4;
    const int32_t threads[5] = {1, 2, 7, 1, 1};
    for (int c = 0; c < 5; c++) {
        ntk_context_options options = NTK_INIT(ntk_context_options);
        ntk_context *context = NULL;
        options.threads = threads[c];
        options.cpu_disable = c < 3 ? 0 : c == 3 ? NTK_CPU_AVX512 : NTK_CPU_AVX512 | NTK_CPU_AVX2;
        CHECK_OK(ntk_context_create(&context, &options));
        K[c] = block_of(context, &oracle, x, MANY, NTK_F64);
        ntk_context_destroy(context);
    }
    ck_assert(memcmp(K[0], K[1], sizeof(double) * MANY * MANY) == 0 && memcmp(K[0], K[2], sizeof(double) * MANY * MANY) == 0);
    ntk_context *context = test_context(2, NULL);
    ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
    ntk_gram *gram = NULL;
    test_array X = oracle_array(x, MANY, INPUTS, 0, NTK_F64), full = test_array_make(MANY, MANY, 0, NTK_F64);
    test_array v = test_array_make(MANY, 1, 0, NTK_F64), y = test_array_make(MANY, 1, 0, NTK_F64);
    test_array d = test_array_make(MANY, 1, 0, NTK_F64);
    test_array_fill(&v, 5);
    CHECK_OK(ntk_gram_create(context, &gram, kernel, &X.view, NULL));
    CHECK_OK(ntk_gram_copy(gram, &full.view));
    CHECK_OK(ntk_kernel_multiply(kernel, &y.view, &X.view, &X.view, &v.view));
    CHECK_OK(ntk_kernel_diagonal(kernel, &d.view, &X.view));
    for (int64_t i = 0; i < MANY; i++) {
        double sum = 0, size = 0;
        for (int64_t j = 0; j < MANY; j++) {
            double both = sqrt(test_get(&d.view, i, 0)) * sqrt(test_get(&d.view, j, 0)), k = K[0][i * MANY + j];
            worst = fmax(worst, fabs(k - test_get(&full.view, i, j)) / both);
            for (int c = 3; c < 5; c++) apart = fmax(apart, fabs(k - K[c][i * MANY + j]) / both);
            sum += k * test_get(&v.view, j, 0);
            size += both;
        }
        ck_assert_msg(fabs(sum - test_get(&y.view, i, 0)) <= 1e-13 * size, "product of row %d", (int)i);
        ck_assert_msg(fabs(K[0][i * MANY + i] - test_get(&d.view, i, 0)) <= 2e-14 * test_get(&d.view, i, 0),
                      "%s: diagonal %d: %.17g and %.17g", oracle_kind_name(oracle.kind), (int)i, K[0][i * MANY + i],
                      test_get(&d.view, i, 0));
    }
    /* sums are rounded by shape, and a kink multiplies that by up to 1 / sin 1.4e-2 = 71; measured: 1e-15 and 1.3e-15 */
    ck_assert_msg(worst <= 2e-14 && apart <= 2e-14, "%s: matrix and block %g, instruction sets %g apart",
                  oracle_kind_name(oracle.kind), worst, apart);
    for (int i = 0; i < 2; i++) {
        double own = K[0][3 * MANY + 3], copy = K[0][3 * MANY + (i ? 140 : 70)];
        ck_assert_msg(fabs(own - copy) <= 4e-16 * own, "%s: a copy has %.17g, the sample %.17g", oracle_kind_name(oracle.kind),
                      copy, own);
    }
    printf("# %s: matrix and block %.2g, instruction sets %.2g apart\n", oracle_kind_name(oracle.kind), worst, apart);
    test_array *const arrays[] = {&X, &full, &v, &y, &d};
    for (int i = 0; i < 5; i++) test_array_free(arrays[i]);
    for (int c = 0; c < 5; c++) free(K[c]);
    free(x);
    ntk_gram_destroy(gram);
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(context);
}
END_TEST

/* Homogeneous kernels without bias follow the samples' length beyond the range of its square, exactly for powers of two. */
START_TEST(extreme_lengths)
{
    ntk_context *context = test_context(1, NULL);
    oracle_kernel oracle = {.kind = _i ? NTK_ABS : NTK_RELU};
    oracle.options.struct_size = sizeof oracle.options;
    oracle.options.layers = 3;
    ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
    const double x[INPUTS] = {1, -2, 0.5, 3, 0.25}, y[INPUTS] = {0.5, 2, 1, -1, 4};
    double long_x[INPUTS], short_y[INPUTS], plain = 0, far = 0;
    for (int k = 0; k < INPUTS; k++) {
        long_x[k] = ldexp(x[k], 900);
        short_y[k] = ldexp(y[k], -950);
    }
    ntk_matrix out = ntk_matrix_f64(&plain, 1, 1), far_out = ntk_matrix_f64(&far, 1, 1);
    ntk_matrix X = ntk_matrix_const_f64(x, 1, INPUTS), Y = ntk_matrix_const_f64(y, 1, INPUTS);
    ntk_matrix long_X = ntk_matrix_const_f64(long_x, 1, INPUTS), short_Y = ntk_matrix_const_f64(short_y, 1, INPUTS);
    CHECK_OK(ntk_kernel_block(kernel, &out, &X, &Y));
    CHECK_OK(ntk_kernel_block(kernel, &far_out, &long_X, &short_Y));
    ck_assert_msg(fabs(ldexp(far, 50) - plain) <= 1e-15 * plain, "%.17g and %.17g", ldexp(far, 50), plain);
    CHECK_STATUS(ntk_kernel_block(kernel, &out, &long_X, &long_X), NTK_ERR_OVERFLOW);
    ntk_kernel_destroy(kernel);
    oracle.kind = NTK_EXP;
    kernel = oracle_kernel_create(context, &oracle);
    CHECK_STATUS(ntk_kernel_block(kernel, &out, &X, &Y), NTK_ERR_OVERFLOW); /* exp(exp(..)) of 2.8 is too large */
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(context);
}
END_TEST

/* --- options --- */

static void refuse(ntk_context *context, const ntk_kernel_options *options, const char *text)
{
    ntk_activation *activation = oracle_activation_create(context, NTK_RELU, 0);
    ntk_kernel *kernel = (ntk_kernel *)context;
    CHECK_STATUS(ntk_kernel_create_infinite(context, &kernel, activation, options), NTK_ERR_OPTION);
    CHECK_MESSAGE(text);
    ck_assert_ptr_null(kernel);
    ntk_activation_destroy(activation);
}

START_TEST(bad_options)
{
    ntk_context *context = test_context(1, NULL);
    const double bad[3] = {1, -1, 1}, endless[3] = {1, 1, (double)INFINITY};
    ntk_kernel_options o = NTK_INIT(ntk_kernel_options);
    o.layers = -1;
    refuse(context, &o, "layers is -1");
    o.layers = 1001;
    refuse(context, &o, "layers is 1001");
    o.layers = 2;
    o.weight_scales = bad;
    refuse(context, &o, "weight_scales[1] is -1");
    o.weight_scales = NULL;
    o.bias_scales = bad;
    refuse(context, &o, "bias_scales[1] is -1");
    o.bias_scales = NULL;
    o.layer_rates = endless;
    refuse(context, &o, "layer_rates[2] is inf");
    o.layer_rates = NULL;
    o.parameterization = NTK_PARAM_LECTURE;
    refuse(context, &o, "layers is 2");
    ntk_context_destroy(context);
}
END_TEST

int main(void)
{
    enum { KINDS = sizeof all / sizeof *all };
    Suite *suite = suite_create("kernel_deep");
    tcase_add_loop_test(test_case(suite, "golden"), golden_lines, 0, 4);
    tcase_add_loop_test(test_case(suite, "recursion"), the_recursion, 0, 3 * KINDS);
    TCase *laws = test_case(suite, "laws");
    tcase_add_loop_test(laws, storages_threads_and_sets_agree, 0, KINDS);
    tcase_add_loop_test(laws, extreme_lengths, 0, 2);
    tcase_add_test(laws, bad_options);
    return test_run(suite);
}
