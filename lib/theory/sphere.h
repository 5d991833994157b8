/* The sphere of radius sqrt(d): the law of t = <x, x'> / d, its orthonormal polynomials, and integrals by it. */
#ifndef NTK_THEORY_SPHERE_H
#define NTK_THEORY_SPHERE_H

#include "core/parallel.h"

#include <ntk/matrix.h>

enum { NTK_THEORY_MOST_DEGREES = 2048 };

/* NTK_ERR_SHAPE unless d >= 1. */
ntk_status ntk_sphere_check(int64_t d, const char *function);

/* NTK_ERR_SHAPE unless m has this many columns, and at most NTK_THEORY_MOST_DEGREES rows. */
ntk_status ntk_sphere_degrees_check(const ntk_matrix *m, int64_t cols, const char *function, const char *name);

/* B(d, 0), B(d, 1), ...: B(d, degree) = fraction 2^exponent, which ntk_sphere_next takes to the next degree. */
typedef struct ntk_multiplicity {
    int64_t d, degree, exponent;
    double fraction;
} ntk_multiplicity;

ntk_multiplicity ntk_sphere_first(int64_t d);
void ntk_sphere_next(ntk_multiplicity *b);

/* Infinity where it is too large. */
double ntk_sphere_multiplicity(const ntk_multiplicity *b);
double ntk_sphere_log_multiplicity(const ntk_multiplicity *b);

/* Orthonormal polynomials p_k = sqrt(B) Q_k: t p_k = a_(k + 1) p_(k + 1) + a_k p_(k - 1).  a_k; 0 where there is no p_k. */
double ntk_sphere_step(int64_t d, int64_t k);

/* The sphere by latitudes: nodes t = sine, sqrt(1 - t^2) = cosine, and roots of weights, whose squares sum to 1.  Panels of
 * Gauss-Legendre's rule that get ever shorter to both poles, where kernels have branch points, and split at the breaks; nodes whose
 * weight is nothing are left out.  Of d = 1 the two poles. */
typedef struct ntk_sphere_rule {
    int64_t count;
    double *sine, *cosine, *root, *last, *now;
} ntk_sphere_rule;

/* f at the nodes. */
typedef ntk_status (*ntk_sphere_function)(void *argument, const ntk_lane *lane, double *values, const ntk_sphere_rule *rule);

enum { NTK_SPHERE_BREAKS = 64 };

/* A function f of t by degrees.
 * breaks    t of its kinks, break_count, at most NTK_SPHERE_BREAKS
 * accuracy  that is enough, relative to size
 * parts     E[f(t) sqrt(B) Q_k(t)], k < degrees
 * size      sqrt E[f^2];  error: what the parts of rules with more and less nodes differ by at most */
typedef struct ntk_sphere_expansion {
    ntk_sphere_function function;
    void *argument;
    int64_t d, degrees, break_count;
    double breaks[NTK_SPHERE_BREAKS], accuracy;
    double *parts, size, error;
} ntk_sphere_expansion;

/* Rules with twice the nodes until two agree, or the last one; parts is allocated, for ntk_free.  A nested lane's
 * stage stays as it is. */
ntk_status ntk_sphere_expand(ntk_sphere_expansion *expansion, const ntk_lane *lane);

/* Adds the bytes that this may hold, parts included, to a need. */
ntk_status ntk_sphere_expand_memory(uint64_t *bytes, int64_t d, int64_t degrees);

#endif
