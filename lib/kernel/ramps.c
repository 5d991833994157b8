/* The part of a caller's function that its kinks make, in closed form. */
#include "activation/series.h"
#include "core/status.h"
#include "kernel/kinked.h"

#include <float.h>
#include <math.h>

static const ntk_activation ramp = {.family = NTK_FAMILY_SLOPES, .above = 1, .scale = 1, .frequency = 1};

/* Beside a kink that is off by a rounding or two, and what a derivative's own roundings make of no jump. */
static const double BESIDE = 8 * DBL_EPSILON, NO_JUMP = 64 * DBL_EPSILON;

ntk_status ntk_ramps_of(ntk_ramps *ramps, const ntk_activation *plain)
{
    *ramps = (ntk_ramps){.count = 0};
    for (int64_t a = 0; a < plain->user.kink_count; a++) {
        double kink = plain->kinks[a], step = BESIDE * fmax(1, fabs(kink)), u[] = {kink - step, kink + step}, slope[2];
        ntk_activation_order(plain, 1, slope, u, 2);
        double jump = slope[1] - slope[0];
        if (!isfinite(jump))
            return ntk_fail(NTK_ERR_CALLBACK, "an activation's derivative is not finite beside its kink at %g", kink);
        if (fabs(jump) <= NO_JUMP * fmax(fabs(slope[0]), fabs(slope[1]))) continue;
        ramps->jump[ramps->count] = jump;
        ramps->kink[ramps->count++] = kink;
    }
    return NTK_OK;
}

/* With z = -h: E[step h_m] = h_(m - 1)(z) phi(z) / sqrt(m), and for m = 0 P(u > t). */
static void add_step(double jump, const ntk_shifted *step, int64_t degrees, double *e)
{
    double z = -step->h, root = ntk_step_root(step), now = root, last = 0, scale = jump * ntk_step_scale(root);
    e[0] += jump * step->below;
    for (int64_t m = 1; m < degrees && scale != 0; m++) {
        double above = sqrt((double)m), next = (z * now - sqrt((double)m - 1) * last) / above;
        e[m] += scale * now / above;
        last = now;
        now = next;
    }
}

void ntk_ramps_expand(const ntk_ramps *ramps, double length, int64_t degrees, double *e)
{
    for (int64_t m = 0; m < degrees; m++) e[m] = 0;
    for (int64_t a = 0; a < ramps->count; a++) {
        ntk_shifted step = ntk_shifted_by(-ramps->kink[a], length);
        add_step(ramps->jump[a], &step, degrees, e);
    }
}

/* Both steps are 1 beyond the larger kink. */
double ntk_ramps_power(const ntk_ramps *ramps, double length)
{
    double sum = 0;
    for (int64_t a = 0; a < ramps->count; a++)
        for (int64_t b = 0; b < ramps->count; b++) {
            ntk_shifted last = ntk_shifted_by(-fmax(ramps->kink[a], ramps->kink[b]), length);
            sum += ramps->jump[a] * ramps->jump[b] * last.below;
        }
    return sum;
}

void ntk_ramps_shift(const ntk_ramps *ramps, double length, ntk_shifted *shifted)
{
    for (int64_t a = 0; a < ramps->count; a++) shifted[a] = ntk_shifted_by(-ramps->kink[a], length);
}

double ntk_ramps_mean(const ntk_ramps *ramps, const ntk_shifted *shifted)
{
    double sum = 0;
    for (int64_t a = 0; a < ramps->count; a++) sum += ramps->jump[a] * (shifted[a].shift * shifted[a].below + shifted[a].bell);
    return sum;
}

ntk_shifted_moments ntk_ramps_moments(const ntk_ramps *ramps, const ntk_shifted *u, const ntk_shifted *v,
                                      const ntk_angle *angle)
{
    ntk_shifted_moments sum = {0, 0};
    for (int64_t a = 0; a < ramps->count; a++)
        for (int64_t b = 0; b < ramps->count; b++) {
            ntk_shifted_moments m = ntk_shifted_moments_of(&ramp, &u[a], &v[b], angle);
            double jumps = ramps->jump[a] * ramps->jump[b];
            sum.kappa += jumps * m.kappa;
            sum.kdot += jumps * m.kdot;
        }
    return sum;
}

ntk_shifted_slopes ntk_ramps_slopes(const ntk_ramps *ramps, const ntk_shifted *u, const ntk_shifted *v, const ntk_angle *angle)
{
    ntk_shifted_slopes sum = {0};
    for (int64_t a = 0; a < ramps->count; a++)
        for (int64_t b = 0; b < ramps->count; b++) {
            ntk_shifted_slopes m = ntk_shifted_slopes_of(&ramp, &u[a], &v[b], angle);
            double jumps = ramps->jump[a] * ramps->jump[b];
            sum.kappa += jumps * m.kappa;
            sum.kdot += jumps * m.kdot;
            sum.along += jumps * m.along;
            sum.own += jumps * m.own;
            sum.own_kdot += jumps * m.own_kdot;
            sum.touch += jumps * m.touch;
        }
    return sum;
}
