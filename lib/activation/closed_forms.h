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

/* ERF, for a length s = sqrt(q): g = 1 / sqrt(1 + 2 q) and h = sqrt(2 q) g, so that h^2 + g^2 = 1 and nothing overflows. */
typedef struct ntk_erf_length {
    double h, g;
} ntk_erf_length;

ntk_erf_length ntk_erf_length_of(double length);

/* With D = 1 + 2 q11 + 2 q22 + 4 (q11 q22 - q12^2):
 * t = 2 q12 g1 g2 and w = sqrt(D) g1 g2, so that t^2 + w^2 = 1, kappa = (2 / pi) atan2(t, w) and q12 kdot = (2 / pi) t / w. */
typedef struct ntk_erf_pair {
    double t, w;
} ntk_erf_pair;

ntk_erf_pair ntk_erf_pair_of(ntk_erf_length first, ntk_erf_length second, const ntk_angle *angle);

#endif
