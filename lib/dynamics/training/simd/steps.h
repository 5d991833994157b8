/* A step's arithmetic on a stretch of the parameters, one table for each instruction set. */
#ifndef NTK_DYNAMICS_TRAINING_SIMD_STEPS_H
#define NTK_DYNAMICS_TRAINING_SIMD_STEPS_H

#include <stdint.h>

/* The arrays of a method, all of one dtype: the parameters q, the gradient g, and what the method keeps of each parameter (of NESTEROV
 * the point ahead; of backtracking, where q is not changed, the point on trial).
 * eta, mu, rho, epsilon  as in <ntk/training.h>
 * velocity_scale, square_scale  of ADAM: eta / (1 - mu^(k+1)) and 1 / sqrt(1 - rho^(k+1)) */
typedef struct ntk_step {
    void *q, *velocity, *squares, *ahead;
    const void *g;
    double eta, mu, rho, epsilon, velocity_scale, square_scale;
} ntk_step;

/* What is known of a gradient before the step: |g|^2, <p, p - g> with the gradient p before it, and |q - centre|^2. */
enum { NTK_SUM_NORM, NTK_SUM_CHANGE, NTK_SUM_SPREAD, NTK_SUMS };

/* On count parameters from first on.
 * gather    g += decay (q + sign base), where decay is not 0, base NULL for 0; and the sums, in an order that depends on count alone.
 *           previous may be NULL
 * exchange  the same, with no gradient before it, and then g = q - eta g: the next q */
typedef struct ntk_step_loops {
    void (*descend)(const ntk_step *step, int64_t first, int64_t count);
    void (*momentum)(const ntk_step *step, int64_t first, int64_t count);
    void (*nesterov)(const ntk_step *step, int64_t first, int64_t count);
    void (*adagrad)(const ntk_step *step, int64_t first, int64_t count);
    void (*rmsprop)(const ntk_step *step, int64_t first, int64_t count);
    void (*adam)(const ntk_step *step, int64_t first, int64_t count);
    void (*trial)(const ntk_step *step, int64_t first, int64_t count);
    void (*gather)(void *g, const void *q, const void *base, double sign, double decay, const void *previous, int64_t first,
                   int64_t count, double sums[NTK_SUMS]);
    void (*exchange)(void *g, const void *q, const void *base, double sign, double decay, double eta, int64_t first,
                     int64_t count, double sums[NTK_SUMS]);
} ntk_step_loops;

/* By dtype - 1. */
extern const ntk_step_loops ntk_step_loops_portable[2], ntk_step_loops_avx2[2], ntk_step_loops_avx512[2];

#endif
