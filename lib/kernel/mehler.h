/* Infinite-width kernels of activations without closed form, by Mehler's formula.  Of a sample of length l = |(c x, b)|, with the
 * orthonormal Hermite polynomials h_m, let
 *   d_m = E[s'(l z) h_m(z)],   E[s(l z) h_(m + 1)(z)] = l d_m / sqrt(m + 1)   (by parts)
 *   E_m = sqrt(k0 / (m + 1) + k1) d_m,   B = sqrt(k0) (E[s(l z)] + offset / scale)
 * with k0 and k1 the weights of E[sigma sigma] and q12 E[sigma' sigma'] (infinite.h).  Then
 *   K = l l' rho sum_m E_m E_m' rho^m + B B' + constant,
 * and each term is a product of positive semidefinite matrices, so that K is positive semidefinite wherever it is cut.  What is
 * cut is at most sqrt(T T'), with T the part of K(x, x) that is left out, and that is known: E[s'(l z)^2] = sum_m d_m^2. */
#ifndef NTK_KERNEL_MEHLER_H
#define NTK_KERNEL_MEHLER_H

#include "kernel/infinite.h"

/* Degrees that are kept: with the activation's parity, 0, first, first + step, first + 2 step ... */
typedef struct ntk_mehler_degrees {
    int64_t first, step;
} ntk_mehler_degrees;

ntk_mehler_degrees ntk_mehler_degrees_of(const ntk_activation *activation);

/* So many of them are below a degree; and the degree of term t. */
int64_t ntk_mehler_terms(const ntk_mehler_degrees *degrees, int64_t below);
int64_t ntk_mehler_degree(const ntk_mehler_degrees *degrees, int64_t term);

/* The largest degree that quadrature resolves, and so the most terms; and the nodes that are not negative. */
enum { NTK_MEHLER_MOST_DEGREES = 2048, NTK_MEHLER_MOST_HALF = 513 };

/* Terms at most of a kernel with this activation. */
int64_t ntk_mehler_most_terms(const ntk_activation *activation);

/* What a sample may leave out of K(x, x), relative to it. */
double ntk_mehler_accuracy(const ntk_activation *activation, int32_t dtype);

/* A rule for d_m, m < degrees: nodes +-z, of which half are not negative.
 * weight  holds exp(-z^2 / 4) / sqrt(2 pi), the root of the density, half of it at 0; root is exp(-z^2 / 4)
 * psi     half x columns of Hermite functions h_m(z) exp(-z^2 / 4): even degrees, then odd ones, of those that are kept */
typedef struct ntk_mehler_rule {
    int64_t half, degrees, even, odd;
    double *z, *weight, *root, *psi[2];
} ntk_mehler_rule;

/* Weights k0 and k1. */
typedef struct ntk_mehler_weights {
    double value, slope;
} ntk_mehler_weights;

/* What a table is made of.  lengths  of the samples, in length_dtype;  means  receives their B in dtype
 * table  the weights of E and B;  tail  those of the part of K(x, x) in which what is left out is counted */
typedef struct ntk_mehler_source {
    const ntk_activation *activation;
    ntk_context *context;
    int32_t dtype, length_dtype;
    int64_t rows;
    const void *lengths;
    void *means;
    ntk_mehler_weights table, tail;
} ntk_mehler_source;

/* Chooses half and degrees for samples up to this length, so that the root of what is left out is within the accuracy, or so that
 * degrees are NTK_MEHLER_MOST_DEGREES.
 * NTK_ERR_CALLBACK     the caller's function gave NaN or infinity
 * NTK_ERR_UNSUPPORTED  the function grows, or varies, too fast */
ntk_status ntk_mehler_choose(ntk_mehler_rule *rule, const ntk_mehler_source *source, double length);

/* Nodes and Hermite functions, in one block of memory: free(z). */
ntk_status ntk_mehler_rule_create(ntk_mehler_rule *rule, ntk_context *context, const ntk_mehler_degrees *degrees);

/* --- a caller's function with kinks (mehler_kinks.c) --- */

bool ntk_mehler_is_kinked(const ntk_activation *activation);

/* E[s(l z)], E[s'(l z)^2] and d_m, m < degrees, of a sample. */
typedef struct ntk_mehler_expansion {
    double mean, power, *d;
} ntk_mehler_expansion;

/* sum_a jump_a max(0, u - kink_a) */
enum { NTK_MOST_RAMPS = 64 };

typedef struct ntk_ramps {
    int64_t count;
    double jump[NTK_MOST_RAMPS], kink[NTK_MOST_RAMPS];
} ntk_ramps;

/* ramps    NULL, or what is taken from s
 * scratch  has room for ntk_mehler_kinked_scratch doubles */
ntk_status ntk_mehler_expand_kinked(ntk_mehler_expansion *out, const ntk_activation *plain, const ntk_ramps *ramps,
                                    double length, int64_t degrees, double *scratch);
int64_t ntk_mehler_kinked_scratch(void);

/* NTK_ERR_UNSUPPORTED: panels do not resolve s' for samples of this length. */
ntk_status ntk_mehler_check_kinked(const ntk_activation *plain, double length, double accuracy, double *scratch);

/* Chooses the degrees for samples up to this length, as ntk_mehler_choose. */
ntk_status ntk_mehler_choose_kinked(ntk_mehler_rule *rule, const ntk_mehler_source *source, double length);

/* NTK_ERR_UNSUPPORTED: there are no derivatives for the public function to give. */
ntk_status ntk_mehler_kinked_gradient(const ntk_activation *activation, const char *function);

/* s without scale, frequency and offset. */
ntk_activation ntk_mehler_plain(const ntk_activation *activation);

/* Adds the bytes of choosing a rule, and of one for so many terms, to a need. */
ntk_status ntk_mehler_rule_memory(uint64_t *bytes, int64_t terms);

/* The samples' factors: w and z of ntk_infinite_factors, their lengths and B. */
enum { NTK_MEHLER_W, NTK_MEHLER_Z, NTK_MEHLER_LENGTH, NTK_MEHLER_MEAN };

/* Makes the samples' table, and B; *overflow where an entry is too large to be represented.
 * NTK_ERR_UNSUPPORTED  the samples are so long that the accuracy takes more degrees than there may be */
ntk_status ntk_mehler_fill(ntk_mehler *mehler, bool *overflow, const ntk_mehler_source *source, const ntk_lane *lane);

void ntk_mehler_close(ntk_mehler *mehler, ntk_context *context);

/* Where term t of sample i lies in the table. */
static inline int64_t ntk_mehler_at(const ntk_mehler *mehler, int64_t i, int64_t t)
{
    return mehler->shared ? t : (i / NTK_MEHLER_BLOCK * mehler->terms + t) * NTK_MEHLER_BLOCK + i % NTK_MEHLER_BLOCK;
}

/* The least number of terms that is enough for samples of one set with those of the other, or for slopes, whose terms carry their
 * degrees, for gradients where that can be had.
 * NTK_ERR_UNSUPPORTED  the sets' lengths differ so much that none is */
ntk_status ntk_mehler_enough(int64_t *terms, const ntk_mehler *rows, const ntk_mehler *cols, const ntk_activation *activation,
                             int32_t dtype, bool slopes);

/* Coefficients of a row. */
typedef union ntk_mehler_row {
    double f64[NTK_MEHLER_MOST_DEGREES];
    float f32[NTK_MEHLER_MOST_DEGREES];
} ntk_mehler_row;

/* The terms of sample i. */
void ntk_mehler_copy(ntk_mehler_row *row, const ntk_mehler *mehler, int32_t dtype, int64_t i, int64_t terms);

/* Row's coefficients as the loops take them: where the columns have common terms, times these. */
void ntk_mehler_take_shared(ntk_mehler_row *row, const ntk_mehler *cols, int32_t dtype, int64_t terms);

/* Columns from first on, for the loops, but for the row's coefficients. */
ntk_mehler_strip ntk_mehler_strip_of(const ntk_mehler *cols, const ntk_activation *activation, int32_t dtype, int64_t first,
                                     int64_t terms);

ntk_status ntk_mehler_gradient(const struct ntk_tile_gradient *job, const ntk_lane *lane);

/* Adds the bytes of tables for so many layers, and of making them, to a need. */
ntk_status ntk_mehler_memory(const ntk_activation *activation, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t layers);

extern const ntk_kernel_operations ntk_mehler_operations;

#endif
