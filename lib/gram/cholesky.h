/* Cholesky factorization in tiles: with progress, and stopped at any of them. */
#ifndef NTK_GRAM_CHOLESKY_H
#define NTK_GRAM_CHOLESKY_H

#include "core/blas.h"
#include "gram/storage.h"

/* A squared pivot that is at most 4 sqrt(n) unit roundoffs of its diagonal entry; row is -1: there is none. */
typedef struct ntk_pivot {
    int64_t row;
    double square, entry;
} ntk_pivot;

/* A = L L^T in place, as one stage of the lane's work from begin to end.
 * smallest  receives the smallest squared pivot over its diagonal entry
 * what      names A for the sentence of NTK_ERR_SINGULAR, which names the first such pivot's row and a remedy */
ntk_status ntk_cholesky_factor(const ntk_symmetric *A, const ntk_lane *lane, double begin, double end, double *smallest,
                               const char *what);

/* The same of a matrix that may be singular: then it ends at the first such pivot, which *failed tells, and A is no factor. */
ntk_status ntk_cholesky_attempt(const ntk_symmetric *A, const ntk_lane *lane, double begin, double end, double *smallest,
                                ntk_pivot *failed);

/* b = A^-1 b from the factor.   b  n x targets, in L's dtype, rows ldb apart. */
ntk_status ntk_cholesky_solve(const ntk_symmetric *L, const ntk_lane *lane, double begin, double end, void *b, int64_t ldb,
                              int64_t targets);

/* b = L^-1 b (NTK_PLAIN), or L^-T b: the halves of that. */
ntk_status ntk_cholesky_solve_half(const ntk_symmetric *L, const ntk_lane *lane, double begin, double end,
                                   ntk_transpose transpose, void *b, int64_t ldb, int64_t targets);

/* B = B L^-T, or with whole B A^-1, of so many rows of n elements, in L's dtype, ldb apart, on the lane alone.  Their elements before
 * tile first are 0, and stay so in B L^-T. */
ntk_status ntk_cholesky_rows(const ntk_symmetric *L, const ntk_lane *lane, void *b, int64_t ldb, int64_t rows, int64_t first,
                             bool whole);

/* B = B L^-1, of the same. */
ntk_status ntk_cholesky_rows_back(const ntk_symmetric *L, const ntk_lane *lane, void *b, int64_t ldb, int64_t rows);

/* U = L^-T, n x n upper triangular in L's dtype, rows ld apart: what lies below the tiles of its diagonal is not written.  A^-1 = U U^T. */
ntk_status ntk_cholesky_inverse(const ntk_symmetric *L, const ntk_lane *lane, double begin, double end, void *U, int64_t ld);

/* Adds the bytes that the factorization may hold to a need. */
ntk_status ntk_cholesky_memory(uint64_t *bytes, int64_t n);

#endif
