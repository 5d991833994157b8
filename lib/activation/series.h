/* Hermite coefficients by quadrature, and what is known of the rest of their series: for smooth activations by the trapezoidal
 * rule, which converges exponentially (Trefethen and Weideman 2014), for kinked ones by Gauss-Legendre panels. */
#ifndef NTK_ACTIVATION_SERIES_H
#define NTK_ACTIVATION_SERIES_H

#include "activation/activation.h"

/* How many functions are expanded at once. */
enum { NTK_SERIES_COLUMNS = 8 };

/* s^(order)(length z + shift) as a function of z */
typedef struct ntk_series_column {
    double length;
    int order;
} ntk_series_column;

/* Nodes z of a rule for integrals over the line, and weights that hold exp(-z^2 / 4) / sqrt(2 pi), the root of the density. */
typedef struct ntk_rule {
    double *z, *w;
    int64_t count;
} ntk_rule;

/* The trapezoidal rule of count nodes.  z and w have room for them. */
void ntk_rule_trapezoid(ntk_rule *rule, int64_t count);

/* Coefficients of h_k at c[NTK_SERIES_COLUMNS k + column], k < terms; of each column its power E[f^2], and the tail, the power
 * that its terms do not hold. */
typedef struct ntk_series {
    double *c;
    int64_t terms;
    double power[NTK_SERIES_COLUMNS], tail[NTK_SERIES_COLUMNS];
} ntk_series;

/* Doubles that ntk_series_expand needs as scratch. */
int64_t ntk_series_scratch(int64_t nodes);

/* Stops after most terms, or where every tail is at most enough times its power.
 * NTK_ERR_CALLBACK     a value is not finite
 * NTK_ERR_UNSUPPORTED  the function grows too fast for the rule's interval */
ntk_status ntk_series_expand(ntk_series *series, const ntk_activation *activation, const ntk_series_column *columns, int count,
                             const ntk_rule *rule, int64_t most, double enough, double *scratch);

/* Orders 0, 1, ... of derivatives that ntk_activation_orders gives. */
int ntk_activation_order_count(const ntk_activation *activation);

/* out[i] = s^(order)(u[i] + shift) in f64. */
void ntk_activation_order(const ntk_activation *activation, int order, double *out, const double *u, int64_t count);

/* Coefficients c[k] = E[s(a z + shift) h_k(z)], k <= degree, of the order'th derivative of a polynomial; c has room for
 * NTK_MOST_DEGREE + 1. */
enum { NTK_MOST_DEGREE = 64 };
int ntk_polynomial_coefficients(const ntk_activation *activation, int order, double a, double *c);

/* E[s(a z)] and its derivative in a^2, of closed forms. */
typedef struct ntk_mean {
    double value, slope;
} ntk_mean;

ntk_mean ntk_closed_mean(const ntk_activation *activation, double a);

/* Gaussian moments of s at lengths s1, s2 and the angle's cosine and sine, and the means, by a route that is not closed.
 * NTK_ERR_UNSUPPORTED where the accuracy cannot be had. */
typedef struct ntk_directions {
    double s1, s2, cosine, sine;
} ntk_directions;

ntk_status ntk_series_moments(ntk_moments *moments, ntk_mean means[2], const ntk_activation *activation,
                              const ntk_directions *at);
ntk_status ntk_panels_moments(ntk_moments *moments, ntk_mean means[2], const ntk_activation *activation,
                              const ntk_directions *at);
void ntk_polynomial_moments(ntk_moments *moments, ntk_mean means[2], const ntk_activation *activation,
                            const ntk_directions *at);

/* Gauss-Legendre panels between -limit and limit, split at the breaks inside, each part of length at most width and then divided
 * into pieces.  Writes at most room nodes and plain weights; returns how many there are. */
enum { NTK_PANEL_NODES = 20 };
int64_t ntk_panel_nodes(double *z, double *w, int64_t room, double limit, double *breaks, int64_t break_count, double width,
                        int64_t pieces);

/* The positive nodes of that rule on [-1, 1], and their weights. */
extern const double ntk_legendre_nodes[NTK_PANEL_NODES / 2], ntk_legendre_weights[NTK_PANEL_NODES / 2];

#endif
