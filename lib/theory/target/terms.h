/* Polynomials as sums of monomials. */
#ifndef NTK_THEORY_TARGET_TERMS_H
#define NTK_THEORY_TARGET_TERMS_H

#include "core/parallel.h"

/* sum over terms of coefficients[m] prod_j x_j^exponents[m width + j], j < width; a settled one has its monomials in order, each once,
 * and no coefficient of 0. */
typedef struct ntk_terms {
    ntk_context *context;
    int64_t width, count, room;
    double *coefficients;
    uint8_t *exponents;
} ntk_terms;

/* An empty one with room for so many terms; closed by ntk_terms_free, which leaves it empty. */
ntk_status ntk_terms_create(ntk_terms *terms, ntk_context *context, int64_t width, int64_t room);
void ntk_terms_free(ntk_terms *terms);

/* Room for so many more. */
ntk_status ntk_terms_grow(ntk_terms *terms, int64_t more);

/* Adds a monomial, of which there is room for one. */
void ntk_terms_put(ntk_terms *terms, double coefficient, const uint8_t *exponents);

/* Adds factor times other, or its terms of one degree: the sum is yet to be settled. */
ntk_status ntk_terms_add(ntk_terms *terms, const ntk_terms *other, double factor);
ntk_status ntk_terms_add_degree(ntk_terms *terms, const ntk_terms *other, int64_t degree);

/* These two can be stopped; after a failure the terms are as they were. */
ntk_status ntk_terms_settle(ntk_terms *terms, const ntk_lane *lane);

/* terms becomes factor times its Laplacian, settled. */
ntk_status ntk_terms_differentiate(ntk_terms *terms, double factor, const ntk_lane *lane);

int64_t ntk_terms_degree(const ntk_terms *terms, int64_t term);

/* sum of e! c_e^2 over its monomials. */
double ntk_terms_norm(const ntk_terms *terms);

/* Its value at x, whose variable j is x[variables[j]]. */
double ntk_terms_value(const ntk_terms *terms, const double *x, const int64_t *variables);

#endif
