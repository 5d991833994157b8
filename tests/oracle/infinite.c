/* Infinite-width kernels from the samples themselves: norms and the angle of the scaled, bias-extended vectors. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>

static const long double pi = 3.141592653589793238462643383279502884L;

/* Two samples as the hidden layer sees them: lengths, angle theta and pi - theta, and how well theta can be known. */
typedef struct geometry {
    long double norm1, norm2, theta, phi, theta_error, error;
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

/* Gram-Schmidt twice, each step with one rounding an element: what is left is relatively exact. */
long double oracle_angle(const long double *x, const long double *y, int64_t d)
{
    long double *rest = oracle_memory(d, sizeof *rest);
    long double xx = dot(x, x, d);
    long double xy = dot(x, y, d);
    for (int64_t k = 0; k < d; k++) rest[k] = fmal(-xy / xx, x[k], y[k]);
    long double along = dot(x, rest, d) / xx;
    for (int64_t k = 0; k < d; k++) rest[k] = fmal(-along, x[k], rest[k]);
    long double theta = atan2l(sqrtl(dot(rest, rest, d)), xy / sqrtl(xx));
    free(rest);
    return theta;
}

/* With x~ = (weight_scale x / sqrt d, bias_scale), S(x, y) = <x~, y~>.
 *
 * error is the relative error of a sum of d products against the product of the norms: Higham and Mary's probabilistic bound
 * lambda sqrt(d) roundoff with lambda = 6, and 32 roundings for everything that is not the sum.
 *
 * The angle: from an inner product it has the error error / sin(theta); nearer than 1 - |rho| = 1e-4 the library promises the
 * difference of the samples instead, whose error is relative to that difference, or to the samples where they differ in length.
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
        g.theta_error = 0;
        free(a);
        return g;
    }
    g.theta = oracle_angle(a, b, d + 1);
    for (int64_t k = 0; k <= d; k++) c[k] = -b[k];
    g.phi = g.theta < 3 ? pi - g.theta : oracle_angle(a, c, d + 1);
    rho = cosl(g.theta);
    for (int64_t k = 0; k <= d; k++) c[k] = rho > 0 ? b[k] - a[k] : b[k] + a[k];
    if (1 - fabsl(rho) < 1e-4L)
        g.theta_error = g.error * (fminl(g.theta, g.phi) + fminl(1, scale * sqrtl(dot(c, c, d + 1)) / g.norm1));
    else
        g.theta_error = g.error / sinl(g.theta);
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
    long double even = a * a + b * b, odd = 2 * a * b;
    m.kappa.value = r * (even * sine_excess(g->phi) - odd * sine_excess(g->theta));
    m.kappa.bound = r * (even * sine_excess(g->phi) + fabsl(odd) * sine_excess(g->theta)) * (g->error + 8 * roundoff) +
                    r * (even * g->phi + fabsl(odd) * g->theta) * sinl(g->theta) * g->theta_error;
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

/* kappa = (2/pi) atan2(y, x), y = 2 q12, x = sqrt D, x^2 + y^2 = (1 + 2 q11)(1 + 2 q22); kdot = (4/pi) / x */
static moments error_function(const geometry *g, long double roundoff)
{
    moments m;
    long double r = g->norm1 * g->norm2;
    long double q11 = g->norm1 * g->norm1, q22 = g->norm2 * g->norm2;
    long double rho = g->norm1 > 0 && g->norm2 > 0 ? cosl(g->theta) : 0, s = sinl(g->theta);
    long double D = 1 + 2 * q11 + 2 * q22 + 4 * r * r * s * s;
    long double dD = 2 * g->error * D + 8 * r * r * fabsl(rho) * s * g->theta_error;
    long double x = sqrtl(D), y = 2 * r * rho;
    long double dx = dD / (2 * x), dy = 2 * r * (g->error * fabsl(rho) + s * g->theta_error);
    long double square = (1 + 2 * q11) * (1 + 2 * q22);
    m.kappa.value = 2 / pi * atan2l(y, x);
    m.kappa.bound = 2 / pi * (x * dy + fabsl(y) * dx) / square + 8 * roundoff * fabsl(m.kappa.value);
    m.kdot.value = 4 / pi / x;
    m.kdot.bound = m.kdot.value * (dx / x + 8 * roundoff);
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
    default:
        return step_or_sign(g, kernel->kind, roundoff);
    }
}

oracle_value oracle_infinite(const oracle_kernel *kernel, const double *x, const double *y, int64_t d, double roundoff)
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

ntk_kernel *oracle_kernel_create(ntk_context *context, const oracle_kernel *oracle)
{
    ntk_activation *activation = oracle_activation_create(context, oracle->kind, oracle->slope);
    ntk_kernel *kernel = NULL;
    CHECK_OK(ntk_kernel_create_infinite(context, &kernel, activation, &oracle->options));
    ntk_activation_destroy(activation);
    return kernel;
}
