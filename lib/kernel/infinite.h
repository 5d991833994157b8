/* Infinite-width kernels: constants of a kernel, factors of a sample. */
#ifndef NTK_KERNEL_INFINITE_H
#define NTK_KERNEL_INFINITE_H

#include "activation/closed_forms.h"
#include "kernel/samples.h"

/* rf, nt  rates of the parts E[sigma sigma] and S E[sigma' sigma']: 1, or 0 for one that is not meant, or a layer's own
 * lecture  nt is to be multiplied by d / weight_scale^2 */
typedef struct ntk_infinite {
    ntk_kernel base;
    const ntk_activation *activation; /* retained */
    double weight_scale, bias_scale, output_scale;
    double rf, nt, constant;
    bool lecture;
} ntk_infinite;

/* What the kernel is, without the object, whose references another thread may be counting. */
static inline ntk_infinite ntk_infinite_apart(const ntk_infinite *kernel)
{
    const size_t first = offsetof(ntk_infinite, activation);
    ntk_infinite apart = {.activation = kernel->activation};
    memcpy((char *)&apart + first, (const char *)kernel + first, sizeof apart - first);
    return apart;
}

/* Of a kernel for d inputs.  The hidden layer sees (c x, b).  With rho, s = sqrt(1 - rho^2) and phi = acos(-rho) of two samples
 * and p, q their factors,
 *   SLOPES  K = p p' (k0 s + rho (k1 phi + k2)) + constant
 *   LEVELS  K = p p' (k1 phi + k2) + constant
 *   ERF     K = k0 atan(t / w) + k1 t / w + constant   (closed_forms.h)
 *   GELU    K = k0 kappa + k1 q12 kdot + constant
 *   WAVE    K = (k0 + k3 q12) X + (k1 + k2 q12) Y + constant
 *   EXP     K = (k0 + k1 q12) exp(|u + v|^2 / 2) + constant
 *   without closed form  K = k0 kappa + k1 q12 kdot + constant
 * rf, nt  shares of the two parts in the sum of their weights
 * half    (a^2 + b^2) / 2 of SLOPES and LEVELS: their kappa at rho = 1, over the lengths' product, and kdot
 * root    sqrt K(x, x) over the sample's length (SLOPES) or itself (LEVELS), the constant not counted; 0: the kernel is
 *         constant */
typedef struct ntk_infinite_constants {
    double c, b;
    double rf, nt;
    double half, root;
    double k[4];
    double constant;
} ntk_infinite_constants;

/* Whether entries have a closed form; otherwise they are had by Mehler's formula (mehler.h). */
bool ntk_infinite_is_closed(const ntk_activation *activation);

/* The kernel, if it is one of these, or NULL. */
const ntk_infinite *ntk_infinite_of(const ntk_kernel *kernel);

/* A kernel of these values; it retains the activation. */
ntk_status ntk_infinite_create(ntk_context *context, ntk_kernel **kernel, const ntk_infinite *values);

/* The same for memory needs: no object, which retains nothing. */
void ntk_infinite_shape(ntk_infinite *kernel, const ntk_infinite *values);

ntk_infinite_constants ntk_infinite_constants_of(const ntk_infinite *kernel, int64_t inputs);

/* Of a sample x of length l = |(c x, b)|: rho = w w' <x, x'> + z z';
 * p, q  SLOPES: root l (over 2^exponent) and 0;  LEVELS: root, or 0 for a zero vector, and 0;  ERF, GELU: h and g;
 *       WAVE, EXP: l and 0 */
typedef struct ntk_infinite_factors {
    double w, z, p, q;
} ntk_infinite_factors;

/* Where |x|^2 could over- or underflow, the sample is taken as x 2^shift, and p, where it could itself, without 2^exponent. */
typedef struct ntk_infinite_row {
    ntk_infinite_factors factors;
    int32_t shift, exponent;
} ntk_infinite_row;

/* What the hidden layer sees of a sample, (c x, b) = length 2^exponent (w x 2^shift, z). */
typedef struct ntk_infinite_measure {
    double w, z, length;
    int32_t shift, exponent;
} ntk_infinite_measure;

/* Whether x's length can be computed as it stands; if so, its measure. */
bool ntk_infinite_measure_of(ntk_infinite_measure *measure, const ntk_infinite_constants *k, int32_t dtype, const void *x,
                             int64_t inputs);

/* The measure of a sample whose length cannot; x 2^shift is written to scaled. */
void ntk_infinite_measure_scaled(ntk_infinite_measure *measure, void *scaled, const ntk_infinite_constants *k, int32_t dtype,
                                 const void *x, int64_t inputs);

/* Stores what depends on sample i; called for many at once, and again for all where shifts and exponents are needed. */
typedef void (*ntk_infinite_store)(ntk_samples *samples, const ntk_infinite_constants *k, int64_t i,
                                   const ntk_infinite_measure *measure);

/* Measures and stores all samples; those that need it are scaled in samples' copy, and only then has it shifts and exponents. */
ntk_status ntk_infinite_measure_samples(ntk_samples *samples, const ntk_lane *lane, const ntk_infinite_constants *k,
                                        ntk_infinite_store store);

/* The factors w, z and length, and 0, of kernels that are made of a sample's length. */
void ntk_infinite_store_length(ntk_samples *samples, const ntk_infinite_constants *k, int64_t i,
                               const ntk_infinite_measure *measure);

/* length 2^exponent as a number times 2^exponent, where the exponent becomes 0 unless the number would be far from 1. */
double ntk_infinite_moderate(int32_t *exponent, double length, int32_t dtype);

/* Whether x's length can be computed as it stands; if so, its row. */
bool ntk_infinite_row_of(ntk_infinite_row *row, const ntk_infinite *kernel, const ntk_infinite_constants *k, int32_t dtype,
                         const void *x, int64_t inputs);

/* The row of a sample whose length cannot; x 2^shift is written to scaled. */
void ntk_infinite_row_scaled(ntk_infinite_row *row, void *scaled, const ntk_infinite *kernel, const ntk_infinite_constants *k,
                             int32_t dtype, const void *x, int64_t inputs);

/* A sample and what it is compared with. */
typedef struct ntk_infinite_line {
    const ntk_infinite *kernel;
    const ntk_infinite_constants *k;
    const ntk_lane *lane;
    ntk_infinite_row row;
    const void *x; /* in the columns' dtype, times 2^shift */
    const ntk_samples *cols;
} ntk_infinite_line;

/* entries[j] (in the columns' dtype) = <x, x_(first + j)>. */
void ntk_infinite_dots(const ntk_infinite_line *line, void *entries, int64_t first, int64_t count);

/* Turns these inner products into K(x, x_(first + j)).  Fails only with NTK_ERR_CANCELLED. */
ntk_status ntk_infinite_entries(const ntk_infinite_line *line, void *entries, int64_t first, int64_t count);

/* sqrt K(x, x) of a row, even where K(x, x) is too large to be represented. */
double ntk_infinite_length(const ntk_infinite *kernel, const ntk_infinite_constants *k, const ntk_infinite_row *row);

/* out[j] = <x, row j>, j < count, of rows stride apart. */
void ntk_dots(ntk_isa isa, int32_t dtype, void *out, int64_t count, const void *x, const void *rows, int64_t stride, int64_t d);

/* What the kernel keeps of its samples: the arrays w, z, p and q of factors, one after the other. */
enum { NTK_INFINITE_FACTORS = 4 };

static inline const void *ntk_infinite_array(const ntk_samples *samples, int factor)
{
    return ntk_at(samples->factors, samples->dtype, factor * samples->rows);
}

ntk_infinite_row ntk_infinite_row_at(const ntk_samples *samples, int64_t i);

/* Points a strip at the factors of columns from first on. */
static inline void ntk_infinite_take_columns(ntk_strip *strip, const ntk_samples *cols, int64_t first)
{
    const void **arrays[NTK_INFINITE_FACTORS] = {&strip->ws, &strip->zs, &strip->ps, &strip->qs};
    for (int a = 0; a < NTK_INFINITE_FACTORS; a++) *arrays[a] = ntk_at(ntk_infinite_array(cols, a), cols->dtype, first);
}

/* ntk_kernel_operations of infinite kernels. */
int64_t ntk_infinite_passes(const ntk_kernel *kernel, int32_t dtype, int64_t all);
ntk_status ntk_infinite_memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t all);
ntk_status ntk_infinite_prepare(ntk_samples *samples, const ntk_lane *lane, int64_t pass);
void ntk_infinite_close(ntk_samples *samples);
ntk_status ntk_infinite_tile(const ntk_kernel_tile *tile, const ntk_lane *lane);

#endif
