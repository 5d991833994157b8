/* Theorem 3 as an instrument: how far trained networks are from their linearizations, by width and by scaling. */
#ifndef NTK_LAZY_H
#define NTK_LAZY_H

#include <ntk/network.h>

NTK_BEGIN

/* What is measured of a network f of width N and its linearization f_lin at the same start, after as many steps of the same size.
 * GAP              |f - f_lin| / |y|, root mean squares on the test inputs and on y
 * LINEARIZATION    of the outputs' change on the samples the part that the linearization at f's own parameters misses:
 *                  |f - f_0 - J_0 (theta - theta_0)| / |f - f_0|, on the first 64
 * HIDDEN_MOVEMENT  |W - W_0| / |W_0|;  OUTPUT_MOVEMENT  |a - a_0| / |a_0|
 * DRIFT            |K - K_0| / |K_0|, Frobenius norms of the tangent kernel of the trained part on the first 64 samples
 * LOSS, LOSS_LINEAR  the mean of r^2 over that of y^2, of f and f_lin
 * Those over 0 are NaN. */
enum {
    NTK_LAZY_GAP = 0,
    NTK_LAZY_LINEARIZATION = 1,
    NTK_LAZY_HIDDEN_MOVEMENT = 2,
    NTK_LAZY_OUTPUT_MOVEMENT = 3,
    NTK_LAZY_DRIFT = 4,
    NTK_LAZY_LOSS = 5,
    NTK_LAZY_LOSS_LINEAR = 6,
    NTK_LAZY_QUANTITIES = 7
};

/* Columns of the table, a row for each exponent and width: these two, and then of each quantity q its mean over replicates, in column
 * NTK_LAZY_MEANS + 2 q, and behind it the mean's standard error. */
enum { NTK_LAZY_EXPONENT = 0, NTK_LAZY_WIDTH = 1, NTK_LAZY_MEANS = 2, NTK_LAZY_COLUMNS = 16 };

/* Columns of the slopes, a row for each exponent: of quantity q its power of N in column 2 q, and behind it the standard error. */
enum { NTK_LAZY_SLOPE_COLUMNS = 14 };

/* widths      width_count of them, each at least 1, even if antisymmetric
 * exponents   exponent_count finite numbers e: gamma = N^-e; NULL, with the count 0: 1/2 (the kernel regime), 3/4 and 1 (mean field)
 * test        NULL, or the inputs that GAP is about, m x d; NULL: x
 * replicates  networks of each width; 0: 4.  All networks have seeds of their own, from seed on, but the same for each exponent
 * steps       of gradient descent; 0: 20
 * rate        c of a step c n / lambda_max(K_0), K_0 the tangent kernel of x at the start, in (0, 1); 0: 1/2
 * weight_scale, antisymmetric, output_weights, parameterization   of the networks (ntk_network_options)
 * part        which parameters are trained
 * The arrays are read by the call only. */
typedef struct ntk_lazy_options {
    size_t struct_size;
    const int64_t *widths;
    const double *exponents;
    const ntk_matrix *test;
    int64_t width_count;
    int64_t exponent_count;
    int64_t replicates;
    int64_t steps;
    double rate;
    double weight_scale;
    uint64_t seed;
    int32_t antisymmetric;
    int32_t output_weights;
    int32_t parameterization;
    int32_t part;
} ntk_lazy_options;

/* Trains networks f(x) = N^-e sum_i a_i sigma(<w_i, x>), i = 1..N, and their linearizations, by gradient descent on the mean of r^2,
 * side by side, for each exponent e, width N and replicate.
 * A slope is the least-squares fit of m_i, the mean over replicates of the quantity's logarithm at width N_i, to log N_i, with weights
 * w_i = 1 / (s_i^2 + s^2), s_i the standard error of m_i, and s^2 the mean of s_i^2, which keeps widths of few replicates from
 * counting for all:  slope = sum_i w_i (L_i - L) m_i / sum_i w_i (L_i - L)^2,  L_i = log N_i,  L = sum w_i L_i / sum w_i, and its
 * standard error is the root of sum_i w_i^2 (L_i - L)^2 s_i^2, over the same sum: that of the replicates' scatter alone.  Slopes of
 * one width or of numbers that are not positive are NaN, and so are standard errors of one replicate.
 * Theorem 3 bounds the gap at N^-1/2 by a number over N^1/2.  That is its size for ReLU, some of whose neurons change sign.  Of smooth
 * activations it is nearer to a number over N where the output weights' signs are random, from an antisymmetric start or not; and at
 * N^-1, the mean field, it stays.
 * table   (exponents widths) x NTK_LAZY_COLUMNS, width by width of exponent by exponent
 * slopes  NULL, or exponents x NTK_LAZY_SLOPE_COLUMNS
 * x  n x d   y  n x 1, not 0      any dtypes; the arithmetic is in double precision.   options is required
 * Results do not depend on the number of threads; each has a network and its training in work.
 * NTK_NOTE_DIVERGED   a training diverged: its numbers are NaN, and what is made of them
 * NTK_ERR_OPTION      an option is outside its domain; the message names it
 * NTK_ERR_VALUE       x, y or test holds NaN or infinity, or y is 0
 * NTK_ERR_MEMORY      the budget or the allocator forbids it; the message names the bytes needed
 * NTK_ERR_CANCELLED   table and slopes are untouched
 * other errors as of ntk_network_create and ntk_training_create */
NTK_API ntk_status ntk_lazy_sweep(ntk_context *context, const ntk_matrix *table, const ntk_matrix *slopes,
                                  const ntk_activation *activation, const ntk_matrix *x, const ntk_matrix *y,
                                  const ntk_lazy_options *options) NTK_MUST_CHECK;

/* Bytes that this may hold at its peak, for n samples of d inputs.   dtype  of x and y, 0: NTK_F64   options is required
 * NTK_ERR_OPTION    an option is outside its domain; the message names it
 * NTK_ERR_SHAPE     n or d is less than 1, or options->test has another number of columns
 * NTK_ERR_OVERFLOW  not representable */
NTK_API ntk_status ntk_lazy_memory(const ntk_context *context, uint64_t *bytes, const ntk_activation *activation, int64_t n,
                                   int64_t d, int32_t dtype, const ntk_lazy_options *options) NTK_MUST_CHECK;

NTK_END

#endif
