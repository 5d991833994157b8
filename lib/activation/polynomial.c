/* Monomials and Hermite polynomials: finite Hermite series, of which no term cancels another but by the signs of shift and
 * a^2 - 1. */
#include "activation/series.h"

#include <math.h>
#include <string.h>

/* Adds factor times the coefficients of the j'th power or polynomial at a z:
 *   (a z)^j     = sum_m j! / (2^m m! sqrt((j - 2 m)!)) a^j h_(j - 2 m)
 *   He_j(a z)   = sum_m j! / (2^m m! sqrt((j - 2 m)!)) (a^2 - 1)^m a^(j - 2 m) h_(j - 2 m) */
static void add_term(double *c, bool hermite, int j, double a, double factor)
{
    double size = factor, root = 1;
    for (int i = 1; i <= j; i++) {
        size *= a;
        root *= sqrt(i); /* sqrt(j!) */
    }
    if (!hermite) {
        for (int m = 0; 2 * m <= j; m++) {
            int k = j - 2 * m;
            c[k] += size * root;
            root *= sqrt(k) * sqrt(k > 0 ? k - 1 : 0) / (2.0 * (m + 1));
        }
        return;
    }
    double power = 1, excess = (a - 1) * (a + 1);
    for (int m = 0; 2 * m <= j; m++) {
        int k = j - 2 * m;
        double below = factor;
        for (int i = 0; i < k; i++) below *= a;
        c[k] += below * power * root;
        power *= excess;
        root *= sqrt(k) * sqrt(k > 0 ? k - 1 : 0) / (2.0 * (m + 1));
    }
}

/* The order'th derivative is p! / (p - order)! u^(p - order), or the same of He_p; with a shift it is a sum of binomials. */
int ntk_polynomial_coefficients(const ntk_activation *activation, int order, double a, double *c)
{
    bool hermite = activation->family == NTK_FAMILY_HERMITE;
    int degree = activation->degree - order;
    memset(c, 0, (NTK_MOST_DEGREE + 1) * sizeof *c);
    if (degree < 0) return -1;
    double factor = 1;
    for (int i = 0; i < order; i++) factor *= activation->degree - i;
    if (hermite)
        for (int i = 1; i <= activation->degree; i++) factor /= sqrt(i);
    for (int j = degree; j >= 0; j--) {
        add_term(c, hermite, j, a, factor);
        if (activation->shift == 0) break;
        factor *= activation->shift * j / (degree - j + 1);
    }
    return degree;
}

static double product(const double *c, const double *d, int degree, double rho)
{
    double sum = 0;
    for (int k = degree; k >= 0; k--) sum = sum * rho + c[k] * d[k];
    return sum;
}

void ntk_polynomial_moments(ntk_moments *moments, ntk_mean means[2], const ntk_activation *activation, const ntk_directions *at)
{
    double c[4][NTK_MOST_DEGREE + 1], d[4][NTK_MOST_DEGREE + 1];
    int degree = activation->degree;
    for (int order = 0; order < 4; order++) {
        (void)ntk_polynomial_coefficients(activation, order, at->s1, c[order]);
        (void)ntk_polynomial_coefficients(activation, order, at->s2, d[order]);
    }
    moments->kappa = product(c[0], d[0], degree, at->cosine);
    moments->kdot = moments->dkappa_dq12 = product(c[1], d[1], degree, at->cosine);
    moments->dkappa_dq11 = product(c[2], d[0], degree, at->cosine) / 2;
    moments->dkdot_dq12 = product(c[2], d[2], degree, at->cosine);
    moments->dkdot_dq11 = product(c[3], d[1], degree, at->cosine) / 2;
    moments->error_bound = (16 + 8.0 * degree) * 0x1p-52;
    means[0] = (ntk_mean){c[0][0], c[2][0] / 2};
    means[1] = (ntk_mean){d[0][0], d[2][0] / 2};
}
