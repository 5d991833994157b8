/* The ReLU neuron's population loss and gradient, of d inputs, against integrals over directions of the plane of w and w*. */
#include "tally.h"

#include <math.h>
#include <stdlib.h>

enum { D = 16, PAIRS = 40, NODES = 24, KINKS = 4 };
static const long double PI = 3.14159265358979323846264338327950288L;

/* w and w* in an orthonormal basis e, f of their plane, e along w: (a, 0) and (b, c); difference: of w - w*. */
typedef struct plane {
    long double e[D], f[D], a, b, c, difference[2];
} plane;

static long double inner(const long double *u, const long double *v)
{
    long double sum = 0;
    for (int k = 0; k < D; k++) sum += u[k] * v[k];
    return sum;
}

static plane plane_of(const double *w, const double *truth)
{
    plane p;
    long double v[D], gap[D], along;
    for (int k = 0; k < D; k++) {
        p.e[k] = (long double)w[k];
        gap[k] = (long double)w[k] - (long double)truth[k];
    }
    p.a = sqrtl(inner(p.e, p.e));
    for (int k = 0; k < D; k++) p.e[k] /= p.a;
    along = inner(gap, p.e);
    for (int k = 0; k < D; k++) v[k] = along * p.e[k] - gap[k];
    p.c = sqrtl(inner(v, v));
    for (int k = 0; k < D; k++) p.f[k] = v[k] / p.c;
    p.b = p.a - along;
    p.difference[0] = along;
    p.difference[1] = -p.c;
    return p;
}

static int compare(const void *a, const void *b)
{
    long double x = *(const long double *)a, y = *(const long double *)b;
    return (x > y) - (x < y);
}

/* The loss, and the gradient's parts along e and f. */
static void integrate(const plane *p, long double *loss, long double gradient[2])
{
    long double nodes[NODES], weights[NODES], theta = atan2l(p->c, p->b);
    long double ends[KINKS + 1] = {-PI / 2, PI / 2, theta - PI / 2, theta + PI / 2 > PI ? theta - 3 * PI / 2 : theta + PI / 2};
    oracle_legendre(nodes, weights, NODES);
    qsort(ends, KINKS, sizeof ends[0], compare);
    ends[KINKS] = ends[0] + 2 * PI;
    *loss = gradient[0] = gradient[1] = 0;
    for (int i = 0; i < KINKS * NODES; i++) {
        long double half = (ends[i / NODES + 1] - ends[i / NODES]) / 2, angle = ends[i / NODES] + half * (1 + nodes[i % NODES]);
        long double e = cosl(angle), f = sinl(angle), weight = half * weights[i % NODES] / PI;
        long double mine = fmaxl(0, p->a * e), other = fmaxl(0, p->b * e + p->c * f), r = mine - other;
        if (mine > 0 && other > 0) r = p->difference[0] * e + p->difference[1] * f;
        *loss += weight * r * r;
        gradient[0] += mine > 0 ? 2 * weight * r * e : 0;
        gradient[1] += mine > 0 ? 2 * weight * r * f : 0;
    }
}

/* Sums of d squares, and some sixteen roundings, of which the closed form's terms are at most four times the loss; the gradient's are
 * at most |w - w*|, or beyond a right angle |w| and |w*| times what the angle lacks of pi. */
static void count(tally *losses, tally *slopes, const double *w, const double *truth)
{
    double loss, got[D];
    plane p = plane_of(w, truth);
    long double expected, parts[2], unit = oracle_roundoff(slopes->dtype),
                                    narrow = (6 * 4 + 32) * (long double)oracle_roundoff(NTK_F64);
    ntk_matrix W = ntk_matrix_const_f64(w, D, 1), Truth = ntk_matrix_const_f64(truth, D, 1);
    test_array gradient = test_array_make(D, 1, 0, slopes->dtype);
    integrate(&p, &expected, parts);
    CHECK_OK(ntk_neuron_population(&loss, &gradient.view, &W, &Truth));
    if (losses) tally_count(losses, loss, (oracle_value){expected, 2 * narrow * expected}, expected);
    long double size = p.b >= 0 ? hypotl(p.difference[0], p.difference[1]) : p.a + hypotl(p.b, p.c) * atan2l(p.c, -p.b);
    for (int k = 0; k < D; k++) {
        got[k] = test_get(&gradient.view, k, 0);
        long double slope = parts[0] * p.e[k] + parts[1] * p.f[k];
        tally_count(slopes, got[k], (oracle_value){slope, 2 * narrow * size + unit * fabsl(slope)}, size);
    }
    test_array_free(&gradient);
}

void measure_neuron(void)
{
    tallies losses = tally_begin(), slopes = tally_begin();
    uint64_t state = 91;
    for (int i = 0; i < PAIRS; i++) { /* from far apart to 1e-12, beside each other and opposite */
        double *w = oracle_samples(D, 1, NTK_F64, &state), *truth = oracle_samples(D, 1, NTK_F64, &state);
        double share = pow(10, -12.0 * i / PAIRS);
        for (int k = 0; k < D; k++) truth[k] = (i % 2 ? 1 : -1) * w[k] + share * truth[k];
        for (int t = 0; t < PRECISIONS; t++) count(t ? NULL : &losses.of[0], &slopes.of[t], w, truth);
        free(w);
        free(truth);
    }
    tally_print("ntk_neuron_population: loss (f64)", "loss", &losses);
    tally_print("ntk_neuron_population: gradient", "norm(w - w*), or above", &slopes);
}
