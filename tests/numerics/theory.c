/* Degrees of ReLU on spheres of few and many inputs. */
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

void measure_theory(ntk_context *context)
{
    tallies energies = tally_begin(), levels = tally_begin();
    for (int t = 0; t < PRECISIONS; t++)
        for (size_t i = 0; i < sizeof dimensions / sizeof dimensions[0]; i++) {
            count_energies(context, &energies.of[t], dimensions[i]);
            for (int32_t part = NTK_PART_RF; part <= NTK_PART_NT; part++)
                count_levels(context, &levels.of[t], dimensions[i], part);
        }
    tally_print("ntk_theory_target_energies, ReLU: their roots", "norm(f)", &energies);
    tally_print("ntk_theory_kernel_levels, ReLU: eigenvalues", "K(x, x) / sqrt(B)", &levels);
}
