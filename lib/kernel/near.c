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

/* With delta = x' - x, exact where the samples are near, and delta_perp its part across x,
 *   theta = atan2(|delta_perp|, <x, x'> / |x|);
 * for an angle near pi the same of -x'.  A power of two brings x' to the length of x, so that parallels of different length
 * have a small delta too. */
ntk_angle ntk_near_angle(const ntk_infinite_constants *k, int32_t dtype, const void *x_i, int32_t shift_i, const void *x_j,
                         int32_t shift_j, int64_t d)
{
    pair p = {.dtype = dtype, .x = x_i, .y = x_j, .d = d, .factor = 1};
    p.x_extra = extra_element(k, shift_i);
    p.y_extra = extra_element(k, shift_j);
    products sum = multiply(&p, 0, 0);
    if (!(sum.xx > 0 && sum.yy > 0)) return ntk_angle_of(0, 0);
    double sign = sum.xy < 0 ? -1 : 1;
    p.factor = sign * exp2(rint(log2(sum.xx / sum.yy) / 2));
    products delta = multiply(&p, 1, 0);
    double along = delta.xy / sum.xx;
    /* what rounding has left along x is taken out of the square */
    products rest = multiply(&p, 2, along);
    double across = rest.yy - rest.xy * (rest.xy / rest.xx);
    /* what the subtraction of two parallels leaves is rounding */
    if (across <= 16 * DBL_EPSILON * DBL_EPSILON * delta.yy) across = 0;
    return ntk_angle_of(sign * (1 + along) * sqrt(sum.xx), sqrt(across));
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
