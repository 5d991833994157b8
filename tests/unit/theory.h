/* What tests of the theory share: kernels, and energies, of one activation. */
#ifndef NTK_TESTS_THEORY_H
#define NTK_TESTS_THEORY_H

#include "oracle.h"

static inline ntk_activation *theory_activation(ntk_context *context, int32_t kind)
{
    ntk_activation *made;
    CHECK_OK(ntk_activation_create(context, &made, kind, NULL));
    return made;
}

static inline ntk_kernel *theory_kernel(ntk_context *context, int32_t kind, const ntk_kernel_options *options)
{
    ntk_activation *activation = theory_activation(context, kind);
    ntk_kernel *made;
    CHECK_OK(ntk_kernel_create_infinite(context, &made, activation, options));
    ntk_activation_destroy(activation);
    return made;
}

static inline ntk_kernel *theory_relu(ntk_context *context, int32_t part)
{
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.part = part;
    return theory_kernel(context, NTK_RELU, &options);
}

static inline void theory_energies(ntk_context *context, double *energies, int64_t degrees, int32_t kind, int64_t d)
{
    ntk_activation *activation = theory_activation(context, kind);
    ntk_matrix view = ntk_matrix_f64(energies, degrees, 1);
    CHECK_OK(ntk_theory_target_energies(context, &view, activation, d));
    ntk_activation_destroy(activation);
}

#endif
