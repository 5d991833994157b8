#include "dynamics/flow/modes.h"

#include <math.h>

static ntk_mode mode_of(double left, double done)
{
    if (isfinite(left) && isfinite(done)) return (ntk_mode){left, done, true};
    return (ntk_mode){INFINITY, INFINITY, false};
}

static bool is_odd(double n)
{
    return fmod(n, 2) != 0;
}

/* --- of first order --- */

/* (1 - x)^n for x >= 0 and whole n >= 1. */
static double power(double x, double n)
{
    if (x == 1) return 0;
    double size = exp(n * (x < 1 ? log1p(-x) : log(x - 1)));
    return x > 1 && is_odd(n) ? -size : size;
}

/* (1 - (1 - x)^n) / x */
static double progress(double x, double n)
{
    if (x == 0) return n;
    return (x < 1 ? -expm1(n * log1p(-x)) : 1 - power(x, n)) / x;
}

static ntk_mode flow_at(double A, double t)
{
    return mode_of(exp(-A * t), A > 0 ? -expm1(-A * t) / A : t);
}

static ntk_mode descent_at(double step, double A, double t)
{
    return mode_of(power(step * A, t), step * progress(step * A, t));
}

/* --- of second order --- */

/* x^2 - b x + z = 0 has the roots x_1, x_2.  A discrete mode is p_k = r_1^n + x_1 S_n with n = k + 1, r = 1 - x and
 * S_n = (r_1^n - r_2^n) / (r_1 - r_2); a continuous one the same at n = t with e^(-x n) in place of r^n.  Then 1 - p = z W.
 * So written in x, nothing cancels where modes are slow, which takes z far below 1.
 * half    b / 2
 * mean, D  of discrete ones, half the sum of r_1 and r_2, and their product
 * log_size  log |r| where they are complex, log D / 2 without the rounding of D
 * gap     x_2 - x_1, or where they are complex, of x_2's imaginary part twice */
typedef struct oscillator {
    double b, z, half, mean, D, log_size, gap;
    bool discrete, complex;
} oscillator;

/* The discriminant b^2 - 4 z = 4 (mean^2 - D), by what is the smaller. */
static void find_roots(oscillator *o)
{
    bool by_x = !o->discrete || o->z <= fabs(o->D);
    double quarter = by_x ? o->half * o->half - o->z : o->mean * o->mean - o->D;
    o->complex = quarter < 0;
    o->gap = 2 * sqrt(fabs(quarter));
}

/* theta'' + friction theta' + A theta = A */
static oscillator inertia_of(double friction, double A)
{
    oscillator o = {.b = friction, .z = A, .half = friction / 2};
    find_roots(&o);
    return o;
}

/* r^2 - (1 + m - z) r + m = 0 of the heavy ball, and r^2 - (1 - z) (1 + m) r + (1 - z) m = 0 of Nesterov's. */
static oscillator momentum_of(int32_t method, double m, double z)
{
    bool ball = method == NTK_FLOW_MOMENTUM;
    oscillator o = {.discrete = true, .z = z, .b = 1 - m + z + (ball ? 0 : m * z)};
    o.half = o.b / 2;
    o.D = ball ? m : m * (1 - z);
    o.mean = ball ? (1 - z + m) / 2 : (1 - z) * (1 + m) / 2;
    find_roots(&o);
    if (o.complex) o.log_size = (log(m) + (ball ? 0 : log1p(-z))) / 2;
    return o;
}

/* W where n |x| is small: sum over j >= 2 of (-1)^j (n over j) h_(j-2)(x_1, x_2), or with n^j / j!; h are the complete homogeneous
 * polynomials, h_j = b h_(j-1) - z h_(j-2), here with n x in place of x. */
enum { TERMS = 18 };

static double early(const oscillator *o, double n)
{
    double b = n * o->b, z = n * n * o->z, coefficient = o->discrete ? (1 - 1 / n) / 2 : 0.5;
    double h = 1, before = 0, sum = 0;
    for (int j = 2; j < 2 + TERMS; j++) {
        sum += coefficient * h;
        coefficient *= -(o->discrete ? 1 - (double)j / n : 1) / (j + 1);
        double next = b * h - z * before;
        before = h;
        h = next;
    }
    return n * n * sum;
}

/* S_n of real x_1 <= x_2. */
static double real_difference(const oscillator *o, double x1, double x2, double n)
{
    double gap = o->gap;
    if (!o->discrete) return gap > 0 ? exp(-x1 * n) * -expm1(-gap * n) / gap : n * exp(-x1 * n);
    if (x1 < 1) {
        if (!(gap > 0)) return n * power(x1, n - 1);
        if (x2 >= 1) return (power(x1, n) - power(x2, n)) / gap;
        return power(x1, n) * -expm1(n * log1p(-fmin(gap / (1 - x1), 1))) / gap;
    }
    if (!(gap > 0)) return n * power(x2, n - 1);
    return power(x2, n) * expm1(n * log1p(-fmin(gap / (x2 - 1), 1))) / gap;
}

static ntk_mode real_at(const oscillator *o, double n)
{
    double x2 = o->half + o->gap / 2, x1 = x2 > 0 ? o->z / x2 : 0;
    if (n * x2 < 0.5) {
        double W = early(o, n);
        return mode_of(1 - o->z * W, W);
    }
    double S = real_difference(o, x1, x2, n);
    if (o->discrete) return mode_of(power(x1, n) + x1 * S, (progress(x1, n) - S) / x2);
    double first = x1 > 0 ? -expm1(-x1 * n) / x1 : n;
    return mode_of(exp(-x1 * n) + x1 * S, (first - S) / x2);
}

static ntk_mode complex_at(const oscillator *o, double n)
{
    if (n * sqrt(o->z) < 0.5) {
        double W = early(o, n);
        return mode_of(1 - o->z * W, W);
    }
    double y = o->gap / 2, size, angle, cosine, S;
    if (o->discrete) {
        size = exp(n * o->log_size);
        angle = n * atan2(y, fabs(o->mean));
        double sign = o->mean < 0 && is_odd(n) ? -1 : 1;
        cosine = sign * size * cos(angle);
        S = (o->mean < 0 ? -sign : sign) * size * sin(angle) / y;
    } else {
        size = exp(-o->half * n);
        cosine = size * cos(y * n);
        S = size * sin(y * n) / y;
    }
    double left = cosine + o->half * S;
    return mode_of(left, (1 - left) / o->z);
}

static ntk_mode oscillator_at(const oscillator *o, double n)
{
    return o->complex ? complex_at(o, n) : real_at(o, n);
}

/* --- any --- */

double ntk_law_largest_step(int32_t method, double momentum, double A)
{
    double most = 2;
    if (method == NTK_FLOW_MOMENTUM) most = 2 * (1 + momentum);
    if (method == NTK_FLOW_NESTEROV) most = (2 + 2 * momentum) / (1 + 2 * momentum);
    return most / A;
}

bool ntk_mode_converges(const ntk_law *law, double A)
{
    if (!(A > 0)) return false;
    if (ntk_law_is_discrete(law)) return law->step < ntk_law_largest_step(law->method, law->momentum, A);
    return law->method == NTK_FLOW_FLOW || law->friction > 0;
}

/* Without momentum either is gradient descent. */
static bool is_descent(const ntk_law *law)
{
    return law->method == NTK_FLOW_GD || law->momentum == 0;
}

double ntk_mode_rate(const ntk_law *law, double A)
{
    if (law->method == NTK_FLOW_FLOW) return exp(-A);
    double z = law->step * A;
    if (ntk_law_is_discrete(law) && is_descent(law)) return fabs(1 - z);
    oscillator o = ntk_law_is_discrete(law) ? momentum_of(law->method, law->momentum, z) : inertia_of(law->friction, A);
    double x2 = o.half + o.gap / 2, x1 = x2 > 0 ? o.z / x2 : 0;
    if (!o.discrete) return exp(-(o.complex ? o.half : x1));
    return o.complex ? sqrt(o.D) : fmax(fabs(1 - x1), fabs(1 - x2));
}

ntk_mode ntk_mode_at(const ntk_law *law, double A, double t)
{
    if (t == 0) return mode_of(1, 0);
    if (isinf(t)) return ntk_mode_converges(law, A) ? mode_of(0, 1 / A) : mode_of(INFINITY, INFINITY);
    if (law->method == NTK_FLOW_FLOW) return flow_at(A, t);
    if (!ntk_law_is_discrete(law)) {
        oscillator o = inertia_of(law->friction, A);
        return oscillator_at(&o, t);
    }
    if (is_descent(law)) return descent_at(law->step, A, t);
    oscillator o = momentum_of(law->method, law->momentum, law->step * A);
    ntk_mode mode = oscillator_at(&o, t + 1);
    mode.done *= law->step;
    return mode.finite ? mode_of(mode.left, mode.done) : mode;
}
