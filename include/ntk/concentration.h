/* Theorem 2 as an instrument: how far the kernel matrix of finitely many neurons is from its limit. */
#ifndef NTK_CONCENTRATION_H
#define NTK_CONCENTRATION_H

#include <ntk/gram.h>

NTK_BEGIN

/* *deviation = |K^-1/2 K_N K^-1/2 - I|, the largest size of an eigenvalue, of K_N, gram, and K, limit, two kernel matrices of the same n
 * samples: the least e with (1 - e) K <= K_N <= (1 + e) K.  At least 1 where K_N has a smaller rank than K.
 * By Lanczos' method (Golub and Kahan 1965) on L^-1 K_N L^-T - I, K = L L^T, which has these eigenvalues.  An eigenvalue is as near to
 * what is found as 1e-8 of it, or some 1e-15 of K's condition if that is more: then elements are not known better.  Of a matrix in single
 * precision the elements are taken as they are.
 * gram   of any storage.  One that is not held is never formed: each of some 80 products with it goes through the features of a finite
 *        kernel, work of order n p, or evaluates it anew, whichever is less
 * limit  a matrix that is held
 * Holds a factor of K in double precision, as a packed matrix has it, and up to 300 vectors.  Bits do not depend on the number of threads.
 * NTK_NOTE_NOT_CONVERGED  300 steps did not suffice: the deviation is at least *deviation, and the message says how near to
 *                      that an eigenvalue certainly lies
 * NTK_ERR_SHAPE        the matrices are of different sizes
 * NTK_ERR_UNSUPPORTED  limit is not held
 * NTK_ERR_SINGULAR     K has not full rank to working precision: the message says how many samples are independent and which is the
 *                      first that depends on those before it
 * NTK_ERR_OVERFLOW     K_N is too large beside K
 * NTK_ERR_MEMORY       the budget or the allocator forbids it; the message names the bytes needed */
NTK_API ntk_status ntk_gram_deviation(const ntk_gram *gram, double *deviation, const ntk_gram *limit) NTK_MUST_CHECK;

/* Bytes that ntk_gram_deviation would hold at its peak, beside the matrices.  Errors as there. */
NTK_API ntk_status ntk_gram_deviation_memory(const ntk_gram *gram, uint64_t *bytes, const ntk_gram *limit) NTK_MUST_CHECK;

/* Columns of the table, a row for each width.
 * DEVIATION        mean over networks of ntk_gram_deviation;  DEVIATION_ERROR  its standard error, which of a single network is NaN
 * CONSTANT         DEVIATION over the theorem's rate: sqrt((n + d) / (N d)) of NT, whose network has N d parameters.  Of RF, which has N,
 *                  and of BOTH, which its output weights keep from being better by much more: sqrt(n / N)
 * SMALLEST         mean over networks of K_N's smallest eigenvalue, 0 where K_N has not full rank to working precision;
 *                  SMALLEST_ERROR  its standard error.  Both are NaN where K_N is not held
 * SMALLEST_LIMIT   K's, to which it tends: the same in every row */
enum {
    NTK_CONCENTRATION_WIDTH = 0,
    NTK_CONCENTRATION_DEVIATION = 1,
    NTK_CONCENTRATION_DEVIATION_ERROR = 2,
    NTK_CONCENTRATION_CONSTANT = 3,
    NTK_CONCENTRATION_SMALLEST = 4,
    NTK_CONCENTRATION_SMALLEST_ERROR = 5,
    NTK_CONCENTRATION_SMALLEST_LIMIT = 6,
    NTK_CONCENTRATION_COLUMNS = 7
};

/* widths      width_count of them, each at least 1
 * limit       NULL: the limit of the same activation, part, scale and law.  Or K, such as ntk_kernel_create_monte_carlo
 *             makes, which should be what K_N is in the mean
 * replicates  networks of each width; 0: 8.  All have seeds of their own, from seed on
 * weight_scale, hidden_law   of the networks (ntk_network_options); 0: 1, Gaussian.  The theorem's law is NTK_HIDDEN_SPHERE
 * fit_below   the slope is that of the widths whose DEVIATION is less; 0: 1/2
 * part        whose kernel; the theorem's is NTK_PART_NT
 * storage     of K_N (gram.h)
 * output_weights   a_i, whose squares weight the neurons of the NT kernel: NTK_OUTPUT_SIGNS or _GAUSSIAN
 * The array is read by the call only. */
typedef struct ntk_concentration_options {
    size_t struct_size;
    const int64_t *widths;
    const ntk_kernel *limit;
    int64_t width_count;
    int64_t replicates;
    double weight_scale;
    double fit_below;
    uint64_t seed;
    int32_t hidden_law;
    int32_t part;
    int32_t storage;
    int32_t output_weights;
} ntk_concentration_options;

/* Draws networks of one hidden layer, and measures their kernel matrices of x against their limit.  Theorem 2
 * (Montanari and Zhong 2022): for x and the hidden weights uniform on spheres the deviation of the NT kernel is of order
 * sqrt((n + d) / (N d)) up to logarithms, where that is small.
 * table   widths x NTK_CONCENTRATION_COLUMNS
 * slope   NULL, or 1 x 2: the deviation's power of N, which should be -1/2, fitted as ntk_lazy_sweep fits its slopes, and the standard
 *         error that the scatter of networks gives it.  NaN where fewer than two widths have a DEVIATION below fit_below
 * x       n x d, any dtype; the arithmetic is in double precision.   options is required
 * Weights on the sphere have the infinite kernel as their limit, which is that of Gaussian ones, where the activation is of ReLU's
 * family (RELU, LEAKY_RELU, ABS, STEP, SIGN, IDENTITY) without a shift, nor, but for NT, an offset.  Of others it is zonal, for samples
 * of one length, to 1e-6 of it: to rounding where sigma' has no kinks or jumps; otherwise what degrees from 2047 on have is counted
 * in one, which tells samples from each other as they do but for some 1e-4 at d = 3 and less at more.
 * The bits do not depend on the number of threads; up to 2048 samples each thread has a network and its matrix in work.
 * NTK_NOTE_NOT_CONVERGED  of some network or the limit: the means hold what was found, as of ntk_gram_deviation
 * NTK_ERR_OPTION       an option is outside its domain; the message names it
 * NTK_ERR_UNSUPPORTED  limit is NULL, and the limit would be zonal, but samples differ in length
 * NTK_ERR_SINGULAR     K has not full rank, as above
 * NTK_ERR_MEMORY       the budget or the allocator forbids it; the message names the bytes needed
 * NTK_ERR_CANCELLED    table and slope are untouched, as after all errors
 * other errors as of ntk_network_create and ntk_gram_deviation */
NTK_API ntk_status ntk_concentration_sweep(ntk_context *context, const ntk_matrix *table, const ntk_matrix *slope,
                                           const ntk_activation *activation, const ntk_matrix *x,
                                           const ntk_concentration_options *options) NTK_MUST_CHECK;

/* Bytes that ntk_concentration_sweep may hold at its peak, of n samples of d inputs.   options is required
 * NTK_ERR_OPTION    an option is outside its domain; the message names it
 * NTK_ERR_SHAPE     n or d is less than 1, or options.limit takes another number of inputs
 * NTK_ERR_OVERFLOW  the bytes are too many to be represented
 * NTK_ERR_MEMORY    a zonal limit is made for the answer, of one degree, and its few kilobytes cannot be had */
NTK_API ntk_status ntk_concentration_memory(const ntk_context *context, uint64_t *bytes, const ntk_activation *activation,
                                            int64_t n, int64_t d, const ntk_concentration_options *options) NTK_MUST_CHECK;

NTK_END

#endif
