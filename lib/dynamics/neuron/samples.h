/* The loss (1/n) sum r^2 of one ReLU neuron on samples, and its gradient. */
#ifndef NTK_DYNAMICS_NEURON_SAMPLES_H
#define NTK_DYNAMICS_NEURON_SAMPLES_H

#include "core/operand.h"

/* Samples in double precision, and the room of an evaluation.  Blocks and tasks depend on the sizes alone.
 * kink                 relu'(0)
 * per_block, per_task  rows
 * outputs, gradients   per_block and d numbers a task */
typedef struct ntk_neuron_samples {
    int64_t n, d;
    ntk_operand x, y;
    double kink;
    int64_t per_block, per_task, tasks;
    double *outputs, *gradients, *losses;
    int64_t *active;
} ntk_neuron_samples;

/* Views of x and y that fit each other; and then, once all views fit, that their numbers are finite. */
ntk_status ntk_neuron_samples_check(const ntk_matrix *x, const ntk_matrix *y, const char *function);
ntk_status ntk_neuron_samples_finite(const ntk_matrix *x, const ntk_matrix *y, const char *function);

/* After a failure, too, the caller closes. */
ntk_status ntk_neuron_samples_open(ntk_neuron_samples *samples, const ntk_lane *lane, const ntk_matrix *x, const ntk_matrix *y,
                                   double kink, const char *function);
void ntk_neuron_samples_close(ntk_neuron_samples *samples, ntk_context *context);

/* At w: *loss, how many samples have <w, x> > 0, and, unless it is NULL, the gradient; either may be infinite or NaN where it
 * overflows.  Counts one unit of work a task, and allocates nothing. */
ntk_status ntk_neuron_evaluate(const ntk_neuron_samples *samples, const ntk_lane *lane, const double *w, double *loss,
                               int64_t *active, double *gradient);

#endif
