/* The errors of what the library computes, against sums in long double from the definitions, beside what an analysis allows
 * them: the table of docs/numerics.md, printed as comments.  Fails if anything is further from the truth than it may be. */
#include "tally.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int broken;

tallies tally_begin(void)
{
    return (tallies){{{NTK_F64, true, 0, 0}, {NTK_F32, true, 0, 0}}};
}

void tally_count(tally *t, double got, oracle_value want, long double size)
{
    long double error = fabsl((long double)got - want.value), unit = (long double)oracle_roundoff(t->dtype) * size;
    if (!(error <= want.bound)) t->held = false;
    if (!(size > 0)) return;
    t->error = fmaxl(t->error, error / unit);
    t->bound = fmaxl(t->bound, want.bound / unit);
}

void tally_print(const char *quantity, const char *relative_to, const tallies *t)
{
    bool held = t->of[0].held && t->of[1].held;
    printf("# | %-47s | %-23s | %8.2Lf | %8.2Lf | %8.0Lf |%s\n", quantity, relative_to, t->of[0].error, t->of[1].error,
           fmaxl(t->of[0].bound, t->of[1].bound), held ? "" : " BROKEN");
    broken += !held;
}

data data_draw(int64_t n, int64_t d, int32_t dtype, uint64_t seed)
{
    data made = {.n = n, .d = d, .x = oracle_samples(n, d, NTK_F32, &seed)};
    made.in = oracle_array(made.x, n, d, 0, dtype);
    return made;
}

void data_free(data *d)
{
    free(d->x);
    test_array_free(&d->in);
}

START_TEST(errors_are_within_their_bounds)
{
    ntk_context *context = test_context(2, NULL);
    printf("# | %-47s | %-23s | %8s | %8s | %8s |\n# |---|---|---|---|---|\n", "quantity", "relative to", "f64", "f32",
           "bound");
    measure_activations(context);
    measure_kernels(context);
    measure_composites(context);
    measure_matrices(context);
    measure_networks(context);
    measure_deep_networks(context);
    measure_monte_carlo(context);
    measure_ridge(context);
    measure_flow(context);
    measure_model(context);
    measure_neuron();
    measure_theory(context);
    measure_spectrum(context);
    ntk_context_destroy(context);
    ck_assert_int_eq(broken, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("numerics");
    TCase *tests = test_case(suite, "numerics");
    tcase_add_test(tests, errors_are_within_their_bounds);
    return test_run(suite);
}
