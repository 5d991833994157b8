/* Degrees of ReLUs on spheres of few and many inputs, and kernels of given levels. */
#include "tally.h"

#include <math.h>

enum { DEGREES = 13 };
static const int64_t dimensions[] = {2, 3, 10, 30, 200};

/* Sums over some thousand nodes, of terms of both signs that are as large as the function: in practice some ten roundings of it. */
static const long double SUMS = 32;

static void count_energies(ntk_context *context, tally *t, int64_t d)
{
    ntk_activation *relu;
    test_array energies = test_array_make(DEGREES, 1, 0, t->dtype);
    CHECK_OK(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    CHECK_OK(ntk_theory_target_energies(context, &energies.view, relu, d));
    for (int k = 0; k < DEGREES; k++) {
        long double size = sqrtl(0.5L),
                    want = fabsl(oracle_ramp_degree(d, k, 0)) * sqrtl((long double)d * oracle_multiplicity(d, k));
        long double bound = SUMS * (long double)oracle_roundoff(NTK_F64) * size + (long double)oracle_roundoff(t->dtype) * want;
        tally_count(t, sqrt(test_get(&energies.view, k, 0)), (oracle_value){want, bound}, size);
    }
    ntk_activation_destroy(relu);
    test_array_free(&energies);
}

static void count_levels(ntk_context *context, tally *t, int64_t d, int32_t part)
{
    oracle_kernel relu = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
    relu.options.part = part;
    ntk_kernel *kernel = oracle_kernel_create(context, &relu);
    test_array levels = test_array_make(DEGREES, NTK_LEVEL_COLUMNS, 0, t->dtype);
    CHECK_OK(ntk_theory_kernel_levels(kernel, &levels.view, d));
    for (int k = 0; k < DEGREES; k++) {
        long double want = oracle_relu_level(d, k, part), size = 0.5L / sqrtl(oracle_multiplicity(d, k));
        long double bound = SUMS * (long double)oracle_roundoff(NTK_F64) * size + (long double)oracle_roundoff(t->dtype) * want;
        tally_count(t, test_get(&levels.view, k, NTK_LEVEL_EIGENVALUE), (oracle_value){want, bound}, size);
    }
    ntk_kernel_destroy(kernel);
    test_array_free(&levels);
}

/* --- kernels of given levels, and sums of ReLUs --- */

enum { TERMS = 3, SHARES = 8 };

static long double gegenbauer(int64_t d, int64_t degree, long double t)
{
    long double last = 0, now = 1, n = (long double)d;
    for (int64_t k = 0; k < degree; k++) {
        long double j = (long double)k, next = k == 0 ? t : ((2 * j + n - 2) * t * now - j * last) / (j + n - 2);
        last = now;
        now = next;
    }
    return now;
}

static long double cosine(const ntk_matrix *x, int64_t i, const ntk_matrix *y, int64_t j)
{
    long double xx = 0, yy = 0, xy = 0;
    for (int64_t c = 0; c < x->cols; c++) {
        long double a = test_get(x, i, c), b = test_get(y, j, c);
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    return xy / sqrtl(xx * yy);
}

/* A cosine's error, three times that of an inner product, by |Q_k'| <= k^2, and eight roundings a step that grow by k. */
static void count_zonal(ntk_context *context, tally *t, int64_t d)
{
    enum { N = 12 };
    double shares[SHARES];
    long double unit = oracle_roundoff(t->dtype), bound = 0, size = 0;
    ntk_kernel *kernel;
    ntk_matrix view = ntk_matrix_f64(shares, SHARES, 1);
    data x = data_draw(N, d, t->dtype, 71), y = data_draw(N, d, t->dtype, 72);
    test_array K = test_array_make(N, N, 0, t->dtype);
    for (int k = 0; k < SHARES; k++) {
        shares[k] = 1 / (1 + 0.5 * k);
        size += shares[k];
        bound += shares[k] * (k + 1) * (k + 1) * (3 * (6 * sqrtl((long double)d) + 32) + 8) * unit;
    }
    CHECK_OK(ntk_kernel_create_zonal(context, &kernel, &view, d));
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x.in.view, &y.in.view));
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < N; j++) {
            long double want = 0, rho = cosine(&x.in.view, i, &y.in.view, j);
            for (int k = 0; k < SHARES; k++) want += shares[k] * gegenbauer(d, k, rho);
            tally_count(t, test_get(&K.view, i, j), (oracle_value){want, bound}, size);
        }
    ntk_kernel_destroy(kernel);
    test_array_free(&K);
    data_free(&x);
    data_free(&y);
}

/* Of f = sum_m c_m |w_m| ..., whose terms' roots of energies have the error of a single one, and whose inner products of directions
 * that of sums of d products. */
static void count_sums(ntk_context *context, tally *t, int64_t d)
{
    const double c[TERMS] = {1, -0.5, 0.75};
    long double lengths[TERMS], size = 0;
    data w = data_draw(TERMS, d, NTK_F64, 73);
    ntk_activation *relu;
    ntk_target *target;
    ntk_matrix coefficients = ntk_matrix_const_f64(c, TERMS, 1);
    test_array energies = test_array_make(DEGREES, NTK_ENERGY_COLUMNS, 0, t->dtype);
    CHECK_OK(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    const ntk_activation *const all[TERMS] = {relu, relu, relu};
    CHECK_OK(ntk_target_create_sum(context, &target, all, &w.in.view, &coefficients));
    CHECK_OK(ntk_target_energies(target, &energies.view, NULL, NULL));
    for (int m = 0; m < TERMS; m++) {
        long double square = 0;
        for (int64_t j = 0; j < d; j++) square += (long double)w.x[m * d + j] * w.x[m * d + j];
        lengths[m] = sqrtl(square);
        size += fabsl(c[m] * lengths[m]) * sqrtl(0.5L);
    }
    for (int k = 0; k < DEGREES; k++) {
        long double want = 0, l = oracle_ramp_degree(d, k, 0);
        for (int a = 0; a < TERMS; a++)
            for (int b = 0; b < TERMS; b++)
                want += c[a] * c[b] * lengths[a] * lengths[b] * gegenbauer(d, k, cosine(&w.in.view, a, &w.in.view, b));
        want *= oracle_multiplicity(d, k) * l * l * (long double)d;
        long double bound = (2 * SUMS + 6 * sqrtl((long double)d)) * (long double)oracle_roundoff(NTK_F64) * size * size;
        bound += (long double)oracle_roundoff(t->dtype) * fabsl(want);
        tally_count(t, test_get(&energies.view, k, NTK_ENERGY_VALUE), (oracle_value){want, bound}, size * size);
    }
    ntk_target_destroy(target);
    ntk_activation_destroy(relu);
    test_array_free(&energies);
    data_free(&w);
}

void measure_theory(ntk_context *context)
{
    tallies energies = tally_begin(), levels = tally_begin(), zonal = tally_begin(), sums = tally_begin();
    for (int t = 0; t < PRECISIONS; t++)
        for (size_t i = 0; i < sizeof dimensions / sizeof dimensions[0]; i++) {
            count_energies(context, &energies.of[t], dimensions[i]);
            count_zonal(context, &zonal.of[t], dimensions[i]);
            count_sums(context, &sums.of[t], dimensions[i]);
            for (int32_t part = NTK_PART_RF; part <= NTK_PART_NT; part++)
                count_levels(context, &levels.of[t], dimensions[i], part);
        }
    tally_print("ntk_theory_target_energies, ReLU: their roots", "norm(f)", &energies);
    tally_print("ntk_theory_kernel_levels, ReLU: eigenvalues", "K(x, x) / sqrt(B)", &levels);
    tally_print("ntk_kernel_create_zonal: block, 8 degrees", "K(x, x)", &zonal);
    tally_print("ntk_target_energies, three ReLUs", "(sum of norms)^2", &sums);
}
