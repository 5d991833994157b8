#include "kernel/near.h"

#include "core/matrix.h"

#include <float.h>
#include <math.h>

/* elements in double precision at a time */
enum { CHUNK = 128 };

/* Two vectors in double precision, the second scaled by factor; their last elements are the extra ones. */
typedef struct pair {
    int32_t dtype;
    const void *x, *y;
    int64_t d;
    double factor, x_extra, y_extra;
} pair;

typedef struct products {
    double xx, yy, xy;
} products;

static void add_products(products *sum, const double *x, const double *y, int64_t count)
{
    double xx[4] = {0}, yy[4] = {0}, xy[4] = {0};
    int64_t k = 0;
    for (; k + 4 <= count; k += 4)
        for (int l = 0; l < 4; l++) {
            xx[l] += x[k + l] * x[k + l];
            yy[l] += y[k + l] * y[k + l];
            xy[l] += x[k + l] * y[k + l];
        }
    for (; k < count; k++) {
        xx[0] += x[k] * x[k];
        yy[0] += y[k] * y[k];
        xy[0] += x[k] * y[k];
    }
    sum->xx += (xx[0] + xx[1]) + (xx[2] + xx[3]);
    sum->yy += (yy[0] + yy[1]) + (yy[2] + yy[3]);
    sum->xy += (xy[0] + xy[1]) + (xy[2] + xy[3]);
}

/* The products of the vectors x and factor y (mode 0), x and delta = factor y - x (1), or x and delta - along x (2). */
static products multiply(const pair *p, int mode, double along)
{
    double x[CHUNK + 1], y[CHUNK + 1];
    products sum = {0, 0, 0};
    for (int64_t first = 0; first <= p->d; first += CHUNK) {
        int64_t count = p->d - first < CHUNK ? p->d - first : CHUNK;
        ntk_convert(x, NTK_F64, ntk_at(p->x, p->dtype, first), p->dtype, count);
        ntk_convert(y, NTK_F64, ntk_at(p->y, p->dtype, first), p->dtype, count);
        if (count < CHUNK) {
            x[count] = p->x_extra;
            y[count++] = p->y_extra;
        }
        for (int64_t k = 0; k < count; k++) y[k] *= p->factor;
        for (int64_t k = 0; mode > 0 && k < count; k++) y[k] -= x[k];
        for (int64_t k = 0; mode > 1 && k < count; k++) y[k] = fma(-along, x[k], y[k]);
        add_products(&sum, x, y, count);
    }
    return sum;
}

/* b / c 2^shift, where b / c alone may overflow */
static double extra_element(const ntk_infinite_constants *k, int32_t shift)
{
    int exponent;
    double c = frexp(k->c, &exponent);
    return ldexp(k->b, shift - exponent) / c;
}

/* How y lies to x, with delta = factor y - x exact where the samples are near, factor a signed power of two: factor y is
 * (1 + along) x and, across x, what is left of delta - along x without its own rest along x. */
typedef struct direction {
    pair p;
    double length, along, rest, across; /* |x|; and across squared */
} direction;

/* A zero length for a zero vector.  A power of two brings y to the length of x, so that parallels of different length have a small
 * delta too. */
static direction direction_of(const ntk_infinite_constants *k, int32_t dtype, const void *x_i, int32_t shift_i, const void *x_j,
                              int32_t shift_j, int64_t d)
{
    direction to = {.p = {.dtype = dtype, .x = x_i, .y = x_j, .d = d, .factor = 1}};
    to.p.x_extra = extra_element(k, shift_i);
    to.p.y_extra = extra_element(k, shift_j);
    products sum = multiply(&to.p, 0, 0);
    if (!(sum.xx > 0 && sum.yy > 0)) return to;
    to.p.factor = copysign(exp2(rint(log2(sum.xx / sum.yy) / 2)), sum.xy);
    products delta = multiply(&to.p, 1, 0);
    to.length = sqrt(sum.xx);
    to.along = delta.xy / sum.xx;
    /* what rounding has left along x is taken out of the square */
    products left = multiply(&to.p, 2, to.along);
    to.rest = left.xy / left.xx;
    to.across = left.yy - left.xy * to.rest;
    /* what the subtraction of two parallels leaves is rounding */
    if (to.across <= 16 * DBL_EPSILON * DBL_EPSILON * delta.yy) to.across = 0;
    return to;
}

/* theta = atan2(|delta across x|, <x, x'> / |x|); for an angle near pi the same of -x'. */
ntk_angle ntk_near_angle(const ntk_infinite_constants *k, int32_t dtype, const void *x_i, int32_t shift_i, const void *x_j,
                         int32_t shift_j, int64_t d)
{
    direction to = direction_of(k, dtype, x_i, shift_i, x_j, shift_j, d);
    if (to.length == 0) return ntk_angle_of(0, 0);
    return ntk_angle_of(copysign((1 + to.along) * to.length, to.p.factor), sqrt(to.across));
}

/* Nearer to 1, |rho| from an inner product no longer gives the angle to full precision. */
static const double NEAR_F64 = 0.99989, NEAR_F32 = 0.9998;

ntk_angle ntk_angle_between(const ntk_infinite_constants *k, const ntk_samples *rows, int64_t i, const ntk_samples *cols,
                            int64_t j, double rho)
{
    const void *x = ntk_samples_at(rows, i), *y = ntk_samples_at(cols, j);
    if (fabs(rho) <= (cols->dtype == NTK_F64 ? NEAR_F64 : NEAR_F32)) return ntk_angle_of(rho, sqrt((1 - rho) * (1 + rho)));
    if (x == y) return ntk_angle_of(1, 0);
    return ntk_near_angle(k, cols->dtype, x, rows->shifts ? rows->shifts[i] : 0, y, cols->shifts ? cols->shifts[j] : 0,
                          cols->inputs);
}

ntk_angle ntk_angle_by_product(const ntk_infinite_constants *k, const ntk_samples *rows, int64_t i, const ntk_samples *cols,
                               int64_t j, double product)
{
    ntk_infinite_factors u = ntk_infinite_row_at(rows, i).factors, v = ntk_infinite_row_at(cols, j).factors;
    return ntk_angle_between(k, rows, i, cols, j, product * (u.w * v.w) + u.z * v.z);
}

void ntk_near_add_across(const ntk_infinite_constants *k, int32_t dtype, const void *x_i, int32_t shift_i, const void *x_j,
                         int32_t shift_j, int64_t d, void *g, const double *amounts, int64_t targets)
{
    direction to = direction_of(k, dtype, x_i, shift_i, x_j, shift_j, d);
    if (!(to.across > 0)) return;
    double x[CHUNK], y[CHUNK], sum[CHUNK], scale = copysign(1 / sqrt(to.across), to.p.factor);
    for (int64_t first = 0; first < d; first += CHUNK) {
        int64_t count = d - first < CHUNK ? d - first : CHUNK;
        ntk_convert(x, NTK_F64, ntk_at(x_i, dtype, first), dtype, count);
        ntk_convert(y, NTK_F64, ntk_at(x_j, dtype, first), dtype, count);
        for (int64_t i = 0; i < count; i++) y[i] = scale * (fma(-to.along, x[i], y[i] * to.p.factor - x[i]) - to.rest * x[i]);
        for (int64_t c = 0; c < targets; c++) {
            void *part = ntk_at(g, dtype, c * d + first);
            ntk_convert(sum, NTK_F64, part, dtype, count);
            for (int64_t i = 0; i < count; i++) sum[i] += amounts[c] * y[i];
            ntk_convert(part, dtype, sum, NTK_F64, count);
        }
    }
}

ntk_pair ntk_smooth_pair(const ntk_activation *activation, const ntk_infinite_factors *i, const ntk_infinite_factors *j,
                         const ntk_angle *angle)
{
    ntk_arc_length one = {.h = i->p, .g = i->q}, two = {.h = j->p, .g = j->q};
    if (activation->family == NTK_FAMILY_WAVE) return ntk_wave_pair(activation, i->p, j->p, angle);
    if (activation->family == NTK_FAMILY_EXP) return ntk_exp_pair(i->p, j->p, angle);
    ntk_arc arc = ntk_arc_of(one, two, angle);
    return activation->family == NTK_FAMILY_ERF ? ntk_erf_pair(&arc) : ntk_gelu_pair(one, two, &arc);
}

double ntk_smooth_length(const ntk_activation *activation, const ntk_infinite_factors *factors)
{
    switch (activation->family) {
    case NTK_FAMILY_ERF:
        return factors->p / factors->q / sqrt(2.0);
    case NTK_FAMILY_GELU:
        return factors->p / factors->q;
    default:
        return factors->p;
    }
}

double ntk_near_entry(const ntk_infinite *kernel, const ntk_infinite_constants *k, const ntk_infinite_factors *i,
                      const ntk_infinite_factors *j, const ntk_angle *angle)
{
    const ntk_activation *activation = kernel->activation;
    if (k->root == 0) return 0;
    if (activation->family != NTK_FAMILY_SLOPES && activation->family != NTK_FAMILY_LEVELS) {
        /* a part that is not meant may be infinite */
        ntk_pair smooth = ntk_smooth_pair(activation, i, j, angle);
        double rf = k->rf > 0 ? k->rf * smooth.kappa : 0, nt = k->nt > 0 ? k->nt * smooth.tangent : 0;
        return k->root * (k->root * (rf + nt));
    }
    double levels = ntk_levels_kappa(activation, angle);
    if (activation->family == NTK_FAMILY_LEVELS) return i->p * j->p * (levels / k->half);
    double slopes = ntk_slopes_kappa(activation, angle);
    return i->p * j->p * ((k->rf * slopes + k->nt * angle->cosine * levels) / k->half);
}
