/* Theorem 4: the single ReLU neuron, y = max(<w*, x>, 0) with x ~ N(0, I_d), which gradient descent learns from O(d) samples, and
 * exponentially fast, where kernels need many more.  All losses are means of r^2, r = max(<w, x>, 0) - y (NTK_LOSS_MEAN); the
 * arithmetic is in double precision, and data of any dtype are converted to it. */
#ifndef NTK_NEURON_H
#define NTK_NEURON_H

#include <ntk/context.h>
#include <ntk/matrix.h>

NTK_BEGIN

/* loss = E r^2 over x ~ N(0, I_d), and its gradient by w, in closed form: with theta the angle between w and w*,
 *   loss = (|w|^2 + |w*|^2) / 2 - |w| |w*| (sin theta + (pi - theta) cos theta) / pi
 *   gradient = w - ((pi - theta) w* + sin theta |w*| w / |w|) / pi
 * (Soltanolkotabi 2017, Brutzkus and Globerson 2017, with twice their loss).  The loss is right to a few roundings of itself,
 * also near w*, where it vanishes; the gradient to a few of |w - w*|, or beyond a right angle of |w| and of |w*| times what the angle
 * lacks of pi.  At w = 0, where the gradient depends on the way there, it is
 * -w* / 2, which relu'(0) = 1/2 gives.
 * gradient  NULL, or d x 1, any dtype   w, truth  d x 1, any dtypes; truth is w*
 * Thread-safe.
 * NTK_ERR_VALUE     a number is NaN or infinite; the message names row and column
 * NTK_ERR_OVERFLOW  a length's square is not representable, or the gradient too large for its dtype, where it is unspecified */
NTK_API ntk_status ntk_neuron_population(double *loss, const ntk_matrix *gradient, const ntk_matrix *w,
                                         const ntk_matrix *truth) NTK_MUST_CHECK;

/* loss = (1/n) sum r_i^2 of samples, and its gradient (2/n) sum r_i relu'(<w, x_i>) x_i.
 * gradient  NULL, or d x 1   w  d x 1   x  n x d   y  n x 1
 * kink  relu'(0), in [0, 1]: matters where <w, x_i> is exactly 0, as for all samples at w = 0
 * NTK_ERR_VALUE      also: kink is outside its domain
 * NTK_ERR_OVERFLOW   loss or gradient is not representable; the gradient is unspecified
 * NTK_ERR_CANCELLED  outputs are untouched */
NTK_API ntk_status ntk_neuron_loss(ntk_context *context, double *loss, const ntk_matrix *gradient, const ntk_matrix *w,
                                   const ntk_matrix *x, const ntk_matrix *y, double kink) NTK_MUST_CHECK;

/* What random matrices say of gradient descent near w*: half of the samples are active there, so that the Hessian of the loss is a
 * sample covariance of n/2 samples, with eigenvalues between (1 - s)^2 and (1 + s)^2, s = sqrt(2 d / n), for large d (Marchenko and
 * Pastur 1967), and each step multiplies the distance to w* by at most rate.
 * smallest, largest  eigenvalues; smallest is 0 if n <= 2 d
 * rate               max |1 - step times eigenvalue|
 * best_step          of least rate: 1 / (1 + 2 d / n) if n > 2 d;  best_rate: what it gives, 2 s / (1 + s^2)
 * largest_step       2 / largest: rate < 1 below it
 * converges          1 if rate < 1, else 0: n <= 2 d, or step is too large
 * reserved           0 */
typedef struct ntk_neuron_rates {
    size_t struct_size;
    double smallest;
    double largest;
    double rate;
    double best_step;
    double best_rate;
    double largest_step;
    int32_t converges;
    int32_t reserved;
} ntk_neuron_rates;

/* n samples of d inputs, each at least 1;  step > 0.  Thread-safe.
 * NTK_ERR_SHAPE  n or d is less than 1
 * NTK_ERR_VALUE  step is not positive, or not finite */
NTK_API ntk_status ntk_neuron_predict_rates(ntk_neuron_rates *rates, int64_t n, int64_t d, double step) NTK_MUST_CHECK;

/* Where gradient descent starts.
 * RANDOM  N(0, I / d) from the seed, as the hidden weights of a network of one neuron start, and relu'(0) = 0
 * ZERO    w = 0, relu'(0) = 1/2, and the first step doubled: Soltanolkotabi's recipe (2017)
 * GIVEN   options.initial, and relu'(0) = 0: w = 0 would never move */
enum { NTK_NEURON_RANDOM = 0, NTK_NEURON_ZERO = 1, NTK_NEURON_GIVEN = 2 };

/* Columns of a history, a row for each state.
 * STEP      steps taken before
 * LOSS      (1/n) sum r^2;  GRADIENT: its gradient's length
 * DISTANCE  |w - truth| / |truth|; NaN without truth
 * RATE      GRADIENT over that of one step before; NaN before the first step */
enum {
    NTK_NEURON_STEP = 0,
    NTK_NEURON_LOSS = 1,
    NTK_NEURON_GRADIENT = 2,
    NTK_NEURON_DISTANCE = 3,
    NTK_NEURON_RATE = 4,
    NTK_NEURON_COLUMNS = 5
};

/* Zero is the default of every member.
 * initial       d x 1, for NTK_NEURON_GIVEN alone
 * truth         NULL, or w*, d x 1, not 0: distances are measured to it
 * history       NULL, or R x NTK_NEURON_COLUMNS, any dtype: row k receives the state after k record_every steps; rows that there is
 *               no state for are NaN, and states that there is no row for are left out
 * steps         at most so many; 0: 10000
 * record_every  0: 1
 * step          eta of w <- w - eta gradient, with the gradient of (1/n) sum r^2; 0: 1/2, from ZERO 1
 * tolerance     in [0, 1): it ends when a step is at most so long, relative to the largest |w| so far; 0: 1e-10
 * seed          of RANDOM
 * start         NTK_NEURON_RANDOM, ...
 * reserved      0 */
typedef struct ntk_neuron_options {
    size_t struct_size;
    const ntk_matrix *initial;
    const ntk_matrix *truth;
    const ntk_matrix *history;
    int64_t steps;
    int64_t record_every;
    double step;
    double tolerance;
    uint64_t seed;
    int32_t start;
    int32_t reserved;
} ntk_neuron_options;

/* How it went.
 * steps     taken;  recorded: rows of the history that hold a state
 * loss, gradient, distance  at the end, as in a history
 * rate      by which a step multiplied the gradient's length, the geometric mean of the last 64 steps or of half of them, whichever are
 *           fewer; NaN if there were fewer than two.  Near the end it is that by which the distance shrinks
 * step      eta
 * active    how many samples have <w, x> > 0 at the end */
typedef struct ntk_neuron_report {
    size_t struct_size;
    int64_t steps;
    int64_t recorded;
    double loss;
    double gradient;
    double distance;
    double rate;
    double step;
    int64_t active;
} ntk_neuron_report;

/* Gradient descent on (1/n) sum r^2.  From a random start with step 1/2, n = 4 d samples of a Gaussian suffice to find w* (n = 3 d
 * nearly always, n = 2 d never); from 0 with step 1 it takes 12 d to converge at all, and 64 d for |w_t - w*| <= 2^-t |w*|.
 * Each step reads the samples once.  Nothing is allocated while it runs; results do not depend on the number of threads.
 * w       d x 1, any dtype
 * report  NULL, or with its struct_size set (NTK_INIT)
 * x  n x d   y  n x 1, any dtypes; f64 is not copied but for y
 * NTK_NOTE_NOT_CONVERGED  after options.steps; or no sample is active while the loss is not 0, so that the gradient is 0
 * NTK_NOTE_DIVERGED       the loss exceeds a million times that at the start and the mean of y^2; w is the last state
 * NTK_ERR_OPTION          an option is outside its domain; the message names it
 * NTK_ERR_VALUE           x, y, initial or truth holds NaN or infinity; or truth is 0
 * NTK_ERR_OVERFLOW        the loss or gradient at the start is not representable, or w is too large for its dtype, in which it and the history are
 *                         unspecified then
 * NTK_ERR_CANCELLED       w and report are untouched; the rows of the history are unspecified */
NTK_API ntk_status ntk_neuron_train(ntk_context *context, const ntk_matrix *w, ntk_neuron_report *report, const ntk_matrix *x,
                                    const ntk_matrix *y, const ntk_neuron_options *options) NTK_MUST_CHECK;

NTK_END

#endif
