/* Gaussian moments of two directions, by the angle between them.  Math: Cho and Saul 2009 (kinked), Williams 1997 (erf). */
#ifndef NTK_ACTIVATION_CLOSED_FORMS_H
#define NTK_ACTIVATION_CLOSED_FORMS_H

#include "activation/activation.h"

/* The angle theta between two directions, and phi = pi - theta; each is relatively exact where it is small. */
typedef struct ntk_angle {
    double cosine, sine, theta, phi;
} ntk_angle;

/* Of a vector with these components along another one and across it (across >= 0).  0, 0 counts as a right angle, which is the
 * convention for a zero vector. */
ntk_angle ntk_angle_of(double along, double across);

/* SLOPES: kappa over the product of the two lengths. */
double ntk_slopes_kappa(const ntk_activation *activation, const ntk_angle *angle);

/* LEVELS: kappa of two vectors that are not zero.  SLOPES: kdot, since their derivatives are LEVELS. */
double ntk_levels_kappa(const ntk_activation *activation, const ntk_angle *angle);

/* ERF and GELU see a vector of length s = sqrt(q) with a unit coordinate appended: with r = sqrt(2) s (ERF) or s (GELU),
 * g = 1 / sqrt(1 + r^2) and h = r g, so that h^2 + g^2 = 1 and nothing overflows. */
typedef struct ntk_arc_length {
    double h, g;
} ntk_arc_length;

ntk_arc_length ntk_arc_length_of(ntk_family family, double length);

/* The cosine t and sine w of the angle between two such vectors: t = h1 h2 cos theta, t^2 + w^2 = 1. */
typedef struct ntk_arc {
    double t, w;
} ntk_arc;

ntk_arc ntk_arc_of(ntk_arc_length first, ntk_arc_length second, const ntk_angle *angle);

/* kappa and q12 kdot. */
typedef struct ntk_pair {
    double kappa, tangent;
} ntk_pair;

/* ERF: (2 / pi) atan2(t, w) and (2 / pi) t / w. */
ntk_pair ntk_erf_pair(const ntk_arc *arc);

/* GELU: with D = 1 + q11 + q22 + q11 q22 - q12^2, which is (w / (g1 g2))^2,
 *   kappa = q12 / 4 + (q12 atan2(t, w) + (q12^2 + q11 q22 D) / ((1 + q11) (1 + q22) sqrt D)) / (2 pi)
 *   kdot  = 1 / 4 + (atan2(t, w) + t / w (1 / D + 1 / (1 + q11) + 1 / (1 + q22))) / (2 pi) */
ntk_pair ntk_gelu_pair(ntk_arc_length first, ntk_arc_length second, const ntk_arc *arc);

/* WAVE and EXP take the lengths s1, s2 of the two vectors.  With m = |u - v|^2 / 2 and p = |u + v|^2 / 2,
 *   WAVE  kappa = X cos^2 phase + Y sin^2 phase, kdot = X sin^2 phase + Y cos^2 phase,
 *         X = (exp(-m) - exp(-p)) / 2, Y = (exp(-m) + exp(-p)) / 2
 *   EXP   kappa = kdot = exp(p) */
ntk_pair ntk_wave_pair(const ntk_activation *activation, double s1, double s2, const ntk_angle *angle);
ntk_pair ntk_exp_pair(double s1, double s2, const ntk_angle *angle);

/* SLOPES and LEVELS with a shift c and an offset: of u ~ N(0, length^2), h = c / length, P(u > -c) and length times the density of
 * u / length at h. */
typedef struct ntk_shifted {
    double length, shift, h, below, bell;
} ntk_shifted;

ntk_shifted ntk_shifted_of(const ntk_activation *activation, double length);
ntk_shifted ntk_shifted_by(double shift, double length);

/* In what follows the shifts are those of u and of v, which may differ. */

/* kappa and kdot. */
typedef struct ntk_shifted_moments {
    double kappa, kdot;
} ntk_shifted_moments;

ntk_shifted_moments ntk_shifted_moments_of(const ntk_activation *activation, const ntk_shifted *u, const ntk_shifted *v,
                                           const ntk_angle *angle);

/* The moments and their derivatives in u, where v = beta u + l' sin theta e with e a unit vector across u: kappa's is
 * along v + own u, with touch e for LEVELS, and kdot's own_kdot u + touch e for SLOPES, whose derivative in q12 times l' sin theta touch
 * is, however small the sine. */
typedef struct ntk_shifted_slopes {
    double kappa, kdot, along, own, own_kdot, touch;
} ntk_shifted_slopes;

ntk_shifted_slopes ntk_shifted_slopes_of(const ntk_activation *activation, const ntk_shifted *u, const ntk_shifted *v,
                                         const ntk_angle *angle);

/* d E[s(u)^2] / d q11 */
double ntk_shifted_own_slope(const ntk_activation *activation, const ntk_shifted *u);

/* E[(s(u) - s(v))^2] with its own relative precision where u and v are nearly the same: 0 < sine < 0.1 or so. */
double ntk_shifted_distance(const ntk_activation *activation, const ntk_shifted *u, const ntk_shifted *v,
                            const ntk_angle *angle);

/* kappa and q12 kdot. */
ntk_pair ntk_shifted_pair(const ntk_activation *activation, const ntk_shifted *u, const ntk_shifted *v, const ntk_angle *angle);

/* cos^2 and sin^2 of a WAVE's phase, counted from the sine's. */
void ntk_wave_weights(const ntk_activation *activation, double *cosine, double *sine);

/* The moments of an activation with a closed form, without its scale, offset and frequency, of two vectors of these lengths. */
void ntk_closed_moments(ntk_moments *moments, const ntk_activation *activation, double s1, double s2, const ntk_angle *angle);

#endif
