/* Infinite-width kernels from the samples themselves: norms and the angle of the scaled, bias-extended vectors. */
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static const long double pi = 3.141592653589793238462643383279502884L;

/* Two samples as the hidden layer sees them: lengths, angle theta and pi - theta, and how well theta can be known. */
typedef struct geometry {
    long double norm1, norm2, theta, phi, sine, theta_error, error;
} geometry;

typedef struct moments {
    oracle_value kappa, kdot;
} moments;

static long double dot(const long double *x, const long double *y, int64_t d)
{
    long double sum = 0;
    for (int64_t k = 0; k < d; k++) sum += x[k] * y[k];
    return sum;
}

/* a in two halves, whose products are exact (Veltkamp). */
static long double upper_half(long double a)
{
    static const long double factor = (1ULL << (LDBL_MANT_DIG + 1) / 2) + 1.0L;
    long double product = factor * a;
    return product - (product - a);
}

/* c - a b, whose rounding is relative to the result where that is small (Dekker); fmal would do, and be ten times slower. */
static long double minus_product(long double c, long double a, long double b)
{
    long double product = a * b, a1 = upper_half(a), a2 = a - a1, b1 = upper_half(b), b2 = b - b1;
    long double error = a1 * b1 - product + a1 * b2 + a2 * b1 + a2 * b2;
    return c - product - error;
}

/* Far from parallel the inner product tells.  Near it, Gram-Schmidt, each step with one rounding an element, until it changes
 * nothing: what is left of y is relatively exact, and 0 for a y that is parallel to x, of which each step takes all but 2^-64.
 */
long double oracle_angle(const long double *x, const long double *y, int64_t d)
{
    long double xx = dot(x, x, d), xy = dot(x, y, d), left = dot(y, y, d), before;
    const long double parallel = left * 0x1p-800L, cosine = xy / sqrtl(xx) / sqrtl(left);
    if (fabsl(cosine) < 0.99L) return atan2l(sqrtl((1 - cosine) * (1 + cosine)), cosine);
    long double *rest = oracle_memory(d, sizeof *rest);
    for (int64_t k = 0; k < d; k++) rest[k] = y[k];
    do {
        long double along = dot(x, rest, d) / xx;
        for (int64_t k = 0; k < d; k++) rest[k] = minus_product(rest[k], along, x[k]);
        before = left;
        left = dot(rest, rest, d);
    } while (left < before / 2 && left > parallel);
    free(rest);
    return atan2l(left > parallel ? sqrtl(left) : 0, xy / sqrtl(xx));
}

/* With x~ = (weight_scale x / sqrt d, bias_scale), S(x, y) = <x~, y~>.
 *
 * error is the relative error of a sum of d products against the product of the norms: Higham and Mary's probabilistic bound
 * lambda sqrt(d) roundoff with lambda = 6, and 32 roundings for everything that is not the sum.
 *
 * The angle: from an inner product it has the error error / sin(theta); nearer than 1 - |rho| = 1e-4 the library promises the
 * difference of the samples instead, whose error is relative to that difference: to the longer sample where lengths differ.
 */
static geometry geometry_of(const oracle_kernel *kernel, const double *x, const double *y, int64_t d, double roundoff)
{
    const ntk_kernel_options *o = &kernel->options;
    geometry g;
    long double scale = (o->weight_scale > 0 ? (long double)o->weight_scale : 1.0L) / sqrtl((long double)d);
    long double *a = oracle_memory(3 * (d + 1), sizeof *a), *b = a + d + 1, *c = b + d + 1;
    long double rho;
    /* x~ and y~ over the scale, so that what tells them apart is not rounded */
    for (int64_t k = 0; k < d; k++) a[k] = (long double)x[k], b[k] = (long double)y[k];
    a[d] = b[d] = (long double)o->bias_scale / scale;
    g.norm1 = scale * sqrtl(dot(a, a, d + 1));
    g.norm2 = scale * sqrtl(dot(b, b, d + 1));
    g.error = (6 * sqrtl((long double)d) + 32) * (long double)roundoff;
    if (g.norm1 == 0 || g.norm2 == 0) {
        g.theta = g.phi = pi / 2;
        g.sine = 1;
        g.theta_error = 0;
        free(a);
        return g;
    }
    g.theta = oracle_angle(a, b, d + 1);
    for (int64_t k = 0; k <= d; k++) c[k] = -b[k];
    g.phi = g.theta < 3 ? pi - g.theta : oracle_angle(a, c, d + 1);
    rho = cosl(g.theta);
    g.sine = sinl(fminl(g.theta, g.phi));
    for (int64_t k = 0; k <= d; k++) c[k] = rho > 0 ? b[k] - a[k] : b[k] + a[k];
    if (1 - fabsl(rho) < 1e-4L)
        g.theta_error = g.error * (fminl(g.theta, g.phi) + scale * sqrtl(dot(c, c, d + 1)) / fmaxl(g.norm1, g.norm2));
    else
        g.theta_error = g.error / g.sine;
    free(a);
    return g;
}

/* sin t - t cos t, relatively exact at 0 */
static long double sine_excess(long double t)
{
    long double term = t * t * t / 3;
    long double sum = 0;
    if (t > 0.5L) return sinl(t) - t * cosl(t);
    for (int k = 1; k < 20; k++) {
        sum += term;
        term *= -t * t * (long double)(k + 1) / ((long double)k * (long double)(2 * k + 2) * (long double)(2 * k + 3));
    }
    return sum;
}

/* sigma(u) = b u for u > 0 and a u for u < 0; the error is that of r, of theta, and eight roundings of each term */
static moments piecewise_linear(const geometry *g, long double a, long double b, long double roundoff)
{
    moments m;
    long double r = g->norm1 * g->norm2 / (2 * pi);
    long double even = a * a + b * b, odd = 2 * a * b, dt = g->theta_error;
    m.kappa.value = r * (even * sine_excess(g->phi) - odd * sine_excess(g->theta));
    m.kappa.bound = r * (even * sine_excess(g->phi) + fabsl(odd) * sine_excess(g->theta)) * (g->error + 8 * roundoff) +
                    r * (even * (g->phi + dt) + fabsl(odd) * (g->theta + dt)) * (g->sine + dt) * dt;
    m.kdot.value = (even * g->phi + odd * g->theta) / (2 * pi);
    m.kdot.bound =
        8 * roundoff * (even * g->phi + fabsl(odd) * g->theta) / (2 * pi) + (a - b) * (a - b) / (2 * pi) * g->theta_error;
    return m;
}

static moments step_or_sign(const geometry *g, int32_t kind, long double roundoff)
{
    moments m = {{0, 0}, {0, 0}};
    if (g->norm1 == 0 || g->norm2 == 0) return m; /* sigma(0) = 0 */
    long double scale = kind == NTK_STEP ? 1 / (2 * pi) : 2 / pi;
    m.kappa.value = kind == NTK_STEP ? g->phi * scale : (pi / 2 - g->theta) * scale;
    m.kappa.bound = scale * (g->theta_error + 8 * roundoff * (kind == NTK_STEP ? g->phi : pi));
    return m;
}

/* kappa = (2/pi) atan2(2 q12, sqrt D) and kdot = (4/pi) / sqrt D, with their extremes over the errors of q12 and of D, which is
 * never below 1 + 2 q11 + 2 q22 */
static moments error_function(const geometry *g, long double roundoff)
{
    moments m;
    long double r = g->norm1 * g->norm2, s = g->sine, dt = g->theta_error;
    long double rho = g->norm1 > 0 && g->norm2 > 0 ? cosl(g->theta) : 0;
    long double least = 1 + 2 * g->norm1 * g->norm1 + 2 * g->norm2 * g->norm2, D = least + 4 * r * r * s * s;
    long double dD = 2 * g->error * D + 8 * r * r * (fabsl(rho) * s + dt) * dt;
    long double y = 2 * r * rho, dy = 2 * r * (g->error * fabsl(rho) + (s + dt) * dt);
    long double low = sqrtl(fmaxl(D - dD, least * (1 - 2 * g->error))), x = sqrtl(D), high = sqrtl(D + dD);
    m.kappa.value = 2 / pi * atan2l(y, x);
    m.kappa.bound = 8 * roundoff * fabsl(m.kappa.value);
    for (int corner = 0; corner < 4; corner++) {
        long double kappa = 2 / pi * atan2l(corner & 1 ? y + dy : y - dy, corner & 2 ? low : high);
        m.kappa.bound = fmaxl(m.kappa.bound, 8 * roundoff * fabsl(kappa) + fabsl(kappa - m.kappa.value));
    }
    m.kdot.value = 4 / pi / x;
    m.kdot.bound = 4 / pi * (1 / low - 1 / x) + 4 / pi * (1 / x - 1 / high) + 8 * roundoff / low;
    return m;
}

/* Without closed form: the trapezoidal rule in rotated coordinates.  The functions' poles are at 1.57 or more, so that at lengths up
 * to 1.5 and h = 0.17 its error is exp(-2 pi 1.57 / 1.5 / 0.17) = 1e-17. */
static void by_rule(int32_t kind, long double s1, long double s2, long double theta, long double *kappa, long double *kdot)
{
    enum { NODES = 120 };
    long double p = cosl(theta / 2), m = sinl(theta / 2), h = 20.0L / NODES;
    *kappa = *kdot = 0;
    for (int i = 0; i <= NODES; i++)
        for (int j = 0; j <= NODES; j++) {
            long double a = h * (i - NODES / 2), b = h * (j - NODES / 2), w = h * h * expl(-(a * a + b * b) / 2) / (2 * pi);
            if (w < 1e-22L) continue;
            long double u = s1 * (p * a + m * b), v = s2 * (p * a - m * b);
            *kappa += w * oracle_activation(kind, 0, u) * oracle_activation(kind, 0, v);
            *kdot += w * oracle_derivative(kind, 0, u) * oracle_derivative(kind, 0, v);
        }
}

/* kappa and kdot of the smooth kinds from the variances and the angle; x - y and x + y by the angle, so that nothing cancels */
static void smooth_values(int32_t kind, long double s1, long double s2, long double theta, long double *kappa,
                          long double *kdot)
{
    long double q1 = s1 * s1, q2 = s2 * s2, q12 = s1 * s2 * cosl(theta), apart = (s1 - s2) * (s1 - s2) / 2;
    long double m = apart + 2 * s1 * s2 * sinl(theta / 2) * sinl(theta / 2);
    long double p = apart + 2 * s1 * s2 * cosl(theta / 2) * cosl(theta / 2);
    if (kind >= NTK_TANH) {
        by_rule(kind, s1, s2, theta, kappa, kdot);
    } else if (kind == NTK_EXP) {
        *kappa = *kdot = expl(p);
    } else if (kind == NTK_GELU) {
        long double A = 1 + q1, B = 1 + q2, s = sinl(theta), D = 1 + q1 + q2 + q1 * q2 * s * s, e = sqrtl(D);
        long double angle = atan2l(q12, e);
        *kappa = q12 / 4 + (q12 * angle + (q12 / A * q12 + q1 / A * q2 * D) / B / e) / (2 * pi);
        *kdot = 0.25L + (angle + q12 / e * (1 / D + 1 / A + 1 / B)) / (2 * pi);
    } else {
        long double sine = q12 < 0 ? expl(-p) * expm1l(2 * q12) / 2 : -expl(-m) * expm1l(-2 * q12) / 2;
        long double cosine = (expl(-m) + expl(-p)) / 2;
        *kappa = kind == NTK_SIN ? sine : cosine;
        *kdot = kind == NTK_SIN ? cosine : sine;
    }
}

/* The errors of both lengths and of the angle one by one, and 16 roundings of the terms. */
static moments smooth(const geometry *g, int32_t kind, long double roundoff)
{
    moments m = {{0, 0}, {0, 0}};
    long double r = g->norm1 * g->norm2, terms = kind == NTK_GELU ? 1 + r : 0;
    smooth_values(kind, g->norm1, g->norm2, g->theta, &m.kappa.value, &m.kdot.value);
    for (int i = 0; i < 6; i++) {
        long double sign = i & 1 ? -1 : 1, kappa, kdot;
        long double s1 = g->norm1 * (i / 2 == 0 ? 1 + sign * g->error : 1),
                    s2 = g->norm2 * (i / 2 == 1 ? 1 + sign * g->error : 1);
        smooth_values(kind, s1, s2, i / 2 == 2 ? g->theta + sign * g->theta_error : g->theta, &kappa, &kdot);
        m.kappa.bound += fabsl(kappa - m.kappa.value);
        m.kdot.bound += fabsl(kdot - m.kdot.value);
    }
    m.kappa.bound += 16 * roundoff * (fabsl(m.kappa.value) + terms);
    m.kdot.bound += 16 * roundoff * (fabsl(m.kdot.value) + (kind == NTK_GELU ? 1 : 0));
    return m;
}

static moments moments_of(const oracle_kernel *kernel, const geometry *g, double roundoff)
{
    long double slope = (long double)(kernel->slope == 0 ? 0.01 : kernel->slope);
    switch (kernel->kind) {
    case NTK_RELU:
        return piecewise_linear(g, 0, 1, roundoff);
    case NTK_LEAKY_RELU:
        return piecewise_linear(g, slope, 1, roundoff);
    case NTK_ABS:
        return piecewise_linear(g, -1, 1, roundoff);
    case NTK_IDENTITY:
        return piecewise_linear(g, 1, 1, roundoff);
    case NTK_ERF:
        return error_function(g, roundoff);
    case NTK_STEP:
    case NTK_SIGN:
        return step_or_sign(g, kernel->kind, roundoff);
    default:
        return smooth(g, kernel->kind, roundoff);
    }
}

static oracle_value one_layer(const oracle_kernel *kernel, const double *x, const double *y, int64_t d, double roundoff)
{
    const ntk_kernel_options *o = &kernel->options;
    geometry g = geometry_of(kernel, x, y, d, roundoff);
    moments m = moments_of(kernel, &g, roundoff);
    long double output = o->output_weight_scale > 0 ? (long double)o->output_weight_scale : 1;
    long double weight = o->weight_scale > 0 ? (long double)o->weight_scale : 1;
    long double r = g.norm1 * g.norm2, S = r * (r > 0 ? cosl(g.theta) : 0);
    long double tangent = output * output * (o->parameterization == NTK_PARAM_LECTURE ? (long double)d / (weight * weight) : 1);
    oracle_value K = {0, 0};
    if (o->part != NTK_PART_NT) {
        K.value += output * output * m.kappa.value + (long double)o->output_bias_scale * (long double)o->output_bias_scale;
        K.bound += output * output * m.kappa.bound;
    }
    if (o->part != NTK_PART_RF) {
        K.value += tangent * S * m.kdot.value;
        K.bound += tangent * (fabsl(S) * m.kdot.bound + r * g.error * fabsl(m.kdot.value));
    }
    K.bound += 8 * (long double)roundoff * fabsl(K.value);
    return K;
}

/* --- several layers --- */

static long double scale_at(const double *scales, double scale, int64_t l, long double unset)
{
    double own = scales ? scales[l] : scale;
    return own > 0 ? (long double)own : unset;
}

/* A vector of this length with itself. */
static geometry alone(long double norm, long double error)
{
    return (geometry){.norm1 = norm,
                      .norm2 = norm,
                      .theta = norm > 0 ? 0 : pi / 2,
                      .phi = norm > 0 ? pi : pi / 2,
                      .sine = norm > 0 ? 0 : 1,
                      .error = error};
}

/* What the next layer sees: (w sigma(u), b).  The errors of the lengths and of the angle are those of its moments; an angle that is
 * exactly 0 stays so. */
static geometry next_geometry(const geometry *g, const moments *both, const moments own[2], long double w, long double b,
                              long double roundoff)
{
    geometry next = {.theta = 0, .phi = pi};
    long double square1 = w * w * own[0].kappa.value + b * b, square2 = w * w * own[1].kappa.value + b * b;
    next.norm1 = sqrtl(square1);
    next.norm2 = sqrtl(square2);
    next.error = 8 * roundoff;
    if (square1 == 0 || square2 == 0)
        return (geometry){.norm1 = next.norm1, .norm2 = next.norm2, .theta = pi / 2, .phi = pi / 2, .sine = 1};
    next.error += w * w * fmaxl(own[0].kappa.bound / square1, own[1].kappa.bound / square2) / 2;
    if (g->theta == 0 && g->norm1 == g->norm2) return next;
    long double cosine = (w * w * both->kappa.value + b * b) / (next.norm1 * next.norm2);
    next.theta = acosl(fminl(1, fmaxl(-1, cosine)));
    next.phi = pi - next.theta;
    next.sine = sinl(next.theta);
    next.theta_error = (w * w * both->kappa.bound / (next.norm1 * next.norm2) + 2 * next.error) / next.sine;
    return next;
}

/* What moments may lack, by their own (Cauchy and Schwarz). */
static void leave_out(moments *m, const moments own[2], long double accuracy)
{
    m->kappa.bound += accuracy * sqrtl(own[0].kappa.value * own[1].kappa.value);
    m->kdot.bound += accuracy * sqrtl(own[0].kdot.value * own[1].kdot.value);
}

/* S and T of Jacot et al. (2018), with the errors of what they are made of.  For samples that are the same, or whose angles stay
 * well above a long double's root. */
static oracle_value several_layers(const oracle_kernel *kernel, const double *x, const double *y, int64_t d, double roundoff,
                                   double accuracy)
{
    const ntk_kernel_options *o = &kernel->options;
    oracle_kernel first = *kernel;
    first.options.weight_scale = (double)scale_at(o->weight_scales, o->weight_scale, 0, 1);
    first.options.bias_scale = (double)scale_at(o->bias_scales, o->bias_scale, 0, 0);
    geometry g = geometry_of(&first, x, y, d, roundoff);
    long double r = g.norm1 * g.norm2, rate = o->layer_rates ? (long double)o->layer_rates[0] : 1, u = (long double)roundoff;
    oracle_value S = {r > 0 ? r * cosl(g.theta) : 0, r * g.error}, T = {0, 0};
    if (o->part != NTK_PART_RF) T = (oracle_value){rate * S.value, rate * S.bound};
    for (int64_t l = 1; l <= o->layers; l++) {
        bool last = l == o->layers;
        const geometry single[2] = {alone(g.norm1, g.error), alone(g.norm2, g.error)};
        moments m = moments_of(kernel, &g, roundoff),
                own[2] = {moments_of(kernel, &single[0], roundoff), moments_of(kernel, &single[1], roundoff)};
        leave_out(&m, own, (long double)accuracy);
        for (int i = 0; i < 2; i++) own[i].kappa.bound += (long double)accuracy * own[i].kappa.value;
        long double w = last ? scale_at(NULL, o->output_weight_scale, 0, 1) : scale_at(o->weight_scales, o->weight_scale, l, 1);
        long double b = last ? (long double)o->output_bias_scale : scale_at(o->bias_scales, o->bias_scale, l, 0);
        S = (oracle_value){w * w * m.kappa.value + b * b, w * w * m.kappa.bound};
        T.bound = w * w * (T.bound * fabsl(m.kdot.value) + fabsl(T.value) * m.kdot.bound);
        T.value = w * w * T.value * m.kdot.value;
        rate = o->layer_rates ? (long double)o->layer_rates[l] : 1;
        if (o->part == NTK_PART_BOTH || (o->part == NTK_PART_RF) == last) {
            T.value += rate * S.value;
            T.bound += rate * S.bound;
        }
        T.bound += 8 * u * fabsl(T.value);
        if (!last) g = next_geometry(&g, &m, own, w, b, u);
    }
    return T;
}

oracle_value oracle_infinite(const oracle_kernel *kernel, const double *x, const double *y, int64_t d, double roundoff)
{
    if (kernel->options.layers > 1) return several_layers(kernel, x, y, d, roundoff, 0);
    return one_layer(kernel, x, y, d, roundoff);
}

oracle_value oracle_infinite_cut(const oracle_kernel *kernel, const double *x, const double *y, int64_t d, double roundoff,
                                 double accuracy)
{
    return several_layers(kernel, x, y, d, roundoff, accuracy);
}

ntk_kernel *oracle_kernel_create(ntk_context *context, const oracle_kernel *oracle)
{
    ntk_activation *activation = oracle_activation_create(context, oracle->kind, oracle->slope);
    ntk_kernel *kernel = NULL;
    CHECK_OK(ntk_kernel_create_infinite(context, &kernel, activation, &oracle->options));
    ntk_activation_destroy(activation);
    return kernel;
}
