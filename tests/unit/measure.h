/* What tests of measured curves share: targets, and rows of a curve. */
#ifndef NTK_TESTS_MEASURE_H
#define NTK_TESTS_MEASURE_H

#include "theory.h"

#include <math.h>

enum { MEASURE_MOST_INPUTS = 64 };

/* sqrt(2) sigma(<w, x>) of a unit vector w that lies along no axis, d <= 64: of norm 1 on the sphere if sigma is the ReLU. */
static inline ntk_target *measure_neuron(ntk_context *context, int32_t kind, int64_t d)
{
    ntk_activation *activation = theory_activation(context, kind);
    const double root = sqrt(2);
    double w[MEASURE_MOST_INPUTS];
    ntk_target *made;
    for (int64_t i = 0; i < d; i++) w[i] = (i % 2 ? -1 : 1) / sqrt((double)d);
    ntk_matrix W = ntk_matrix_const_f64(w, 1, d), coefficient = ntk_matrix_const_f64(&root, 1, 1);
    CHECK_OK(ntk_target_create_sum(context, &made, (const ntk_activation *const[]){activation}, &W, &coefficient));
    ntk_activation_destroy(activation);
    return made;
}

/* Rows of a measured curve, one for each of count sizes. */
typedef struct measure_curve {
    double rows[8][NTK_MEASURE_COLUMNS];
} measure_curve;

static inline ntk_status measure_fresh(measure_curve *curve, const ntk_kernel *kernel, const ntk_target *target,
                                       const double *sizes, int64_t count, const ntk_measure_options *options)
{
    ntk_matrix table = ntk_matrix_f64(curve->rows[0], count, NTK_MEASURE_COLUMNS), n = ntk_matrix_const_f64(sizes, count, 1);
    return ntk_theory_measure_curve(kernel, &table, target, &n, options);
}

#endif
