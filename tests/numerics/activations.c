/* Activations and their moments. */
#include "tally.h"

#include <math.h>
#include <stdlib.h>

static const int32_t kinds[] = {NTK_RELU, NTK_LEAKY_RELU, NTK_ABS, NTK_STEP, NTK_SIGN, NTK_IDENTITY,
                                NTK_ERF,  NTK_GELU,       NTK_SIN, NTK_COS,  NTK_EXP};
enum { KINDS = sizeof kinds / sizeof *kinds, POINTS = 4000 };

static double slope_of(int32_t kind)
{
    return kind == NTK_LEAKY_RELU ? 0.25 : 0;
}

/* Points in (-8, 8): 4 roundings of the value, or of GELU's terms; that of u^2 in exp(-u^2) is multiplied by u^2. */
static void measure_points(ntk_context *context, int32_t kind, int derivative, tally *t)
{
    uint64_t state = 1;
    double *u = oracle_memory(POINTS, sizeof *u);
    for (int i = 0; i < POINTS; i++) u[i] = (double)(float)(16 * oracle_uniform(&state) - 8);
    ntk_activation *activation = oracle_activation_create(context, kind, slope_of(kind));
    test_array in = oracle_array(u, 1, POINTS, 0, t->dtype), out = test_array_make(1, POINTS, 0, t->dtype);
    CHECK_OK((derivative ? ntk_activation_derivative : ntk_activation_value)(activation, &out.view, &in.view));
    for (int i = 0; i < POINTS; i++) {
        long double x = (long double)u[i];
        oracle_value want = {(derivative ? oracle_derivative : oracle_activation)(kind, slope_of(kind), x), 0};
        long double size = fabsl(want.value);
        if (kind == NTK_GELU) size += derivative ? 1 : fabsl(x);
        long double roundings = derivative && kind == NTK_ERF ? 4 + 2 * x * x : 4;
        want.bound = roundings * (long double)oracle_roundoff(t->dtype) * size;
        tally_count(t, test_get(&out.view, 0, i), want, size);
    }
    ntk_activation_destroy(activation);
    test_array_free(&in);
    test_array_free(&out);
    free(u);
}

/* kappa and kdot of x = (a, 0) and y = (b, c), numbers of few digits, so that q11, q22 and q12 are exact; the oracle has them as
 * K^RF and K^NT = q12 kdot of two inputs.  Sizes are the terms' own: their roots at q12 = q11 = q22. */
static void measure_moments(ntk_context *context, int32_t kind, tally *kappa, tally *kdot)
{
    uint64_t state = 2;
    ntk_activation *activation = oracle_activation_create(context, kind, slope_of(kind));
    for (int i = 0; i < 200; i++) {
        double p[6];
        for (int k = 0; k < 6; k++) p[k] = ldexp((double)oracle_integer(&state, 4095) - 2047, -10);
        double x[2] = {p[0] == 0 ? 1 : p[0], 0}, y[2] = {p[1] == 0 ? 1 : p[1], p[2] == 0 ? 1 : p[2]};
        double q11 = x[0] * x[0] / 2, q22 = (y[0] * y[0] + y[1] * y[1]) / 2, q12 = x[0] * y[0] / 2;
        oracle_kernel oracle = {kind, slope_of(kind), NTK_INIT(ntk_kernel_options)};
        ntk_moments moments = NTK_INIT(ntk_moments);
        CHECK_OK(ntk_activation_moments(activation, &moments, q11, q22, q12));
        for (int part = NTK_PART_RF; part <= NTK_PART_NT; part++) {
            oracle.options.part = part;
            oracle_value want = oracle_infinite(&oracle, x, y, 2, 0x1p-64);
            long double own = oracle_infinite(&oracle, x, x, 2, 0x1p-64).value,
                        other = oracle_infinite(&oracle, y, y, 2, 0x1p-64).value;
            long double factor = part == NTK_PART_RF ? 1 : (long double)q12;
            long double size = sqrtl(own * other) / (part == NTK_PART_RF ? 1 : sqrtl((long double)q11 * (long double)q22));
            want.value /= factor;
            want.bound = (long double)moments.error_bound * (fabsl(want.value) + size);
            tally_count(part == NTK_PART_RF ? kappa : kdot, part == NTK_PART_RF ? moments.kappa : moments.kdot, want, size);
        }
    }
    ntk_activation_destroy(activation);
}

void measure_activations(ntk_context *context)
{
    tallies value = tally_begin(), derivative = tally_begin(), kappa = tally_begin(), kdot = tally_begin();
    for (int k = 0; k < KINDS; k++) {
        for (int p = 0; p < PRECISIONS; p++) {
            measure_points(context, kinds[k], 0, &value.of[p]);
            measure_points(context, kinds[k], 1, &derivative.of[p]);
        }
        measure_moments(context, kinds[k], &kappa.of[0], &kdot.of[0]);
    }
    tally_print("ntk_activation_value", "value; GELU: its terms", &value);
    tally_print("ntk_activation_derivative", "value; GELU: its terms", &derivative);
    tally_print("ntk_activation_moments: kappa (f64)", "sqrt(kappa_11 kappa_22)", &kappa);
    tally_print("ntk_activation_moments: kdot (f64)", "sqrt(kdot_11 kdot_22)", &kdot);
}
