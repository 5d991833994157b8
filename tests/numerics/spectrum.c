/* The spectrum of samples that divide a circle evenly: their matrix is circulant, and its eigenvalues its rows' cosine sums. */
#include "tally.h"

#include <math.h>
#include <stdlib.h>

enum { ROUND = 48 };

static int descending(const void *a, const void *b)
{
    long double x = *(const long double *)a, y = *(const long double *)b;
    return (x < y) - (x > y);
}

static void circle_eigenvalues(const oracle_kernel *kernel, long double *w)
{
    const long double turn = 2 * acosl(-1) / ROUND;
    const double first[2] = {1, 0};
    for (int j = 0; j < ROUND; j++) {
        w[j] = 0;
        for (int i = 0; i < ROUND; i++) {
            const double at[2] = {(double)cosl(turn * i), (double)sinl(turn * i)};
            w[j] += oracle_infinite(kernel, first, at, 2, oracle_roundoff(NTK_F64)).value * cosl(turn * (i * j % ROUND));
        }
    }
    qsort(w, ROUND, sizeof *w, descending);
}

/* What is less than 2 n roundings of the largest counts as 0; elements and LAPACK may add as much. */
static void count_spectrum(ntk_context *context, tally *t)
{
    long double w[ROUND];
    double values[ROUND];
    oracle_kernel erf = {NTK_ERF, 0, NTK_INIT(ntk_kernel_options)};
    ntk_kernel *kernel = oracle_kernel_create(context, &erf);
    ntk_gram *gram;
    ntk_spectrum *spectrum;
    test_array x = test_array_make(ROUND, 2, 0, t->dtype);
    ntk_matrix Values = ntk_matrix_f64(values, ROUND, 1);
    circle_eigenvalues(&erf, w);
    for (int i = 0; i < ROUND; i++) {
        test_set(&x.view, i, 0, (double)cosl(2 * acosl(-1) * i / ROUND));
        test_set(&x.view, i, 1, (double)sinl(2 * acosl(-1) * i / ROUND));
    }
    CHECK_OK(ntk_gram_create(context, &gram, kernel, &x.view, NULL));
    CHECK_OK(ntk_spectrum_create(context, &spectrum, gram, NULL, NULL));
    CHECK_OK(ntk_spectrum_values(spectrum, &Values));
    for (int k = 0; k < ROUND; k++)
        tally_count(t, values[k], (oracle_value){w[k], 4 * ROUND * (long double)oracle_roundoff(t->dtype) * w[0]}, w[0]);
    ntk_spectrum_destroy(spectrum);
    ntk_gram_destroy(gram);
    ntk_kernel_destroy(kernel);
    test_array_free(&x);
}

void measure_spectrum(ntk_context *context)
{
    tallies values = tally_begin();
    for (int t = 0; t < PRECISIONS; t++) count_spectrum(context, &values.of[t]);
    tally_print("ntk_spectrum_values, erf on a circle", "largest", &values);
}
