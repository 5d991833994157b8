/* Activations of whole arrays, one table for each instruction set. */
#ifndef NTK_ACTIVATION_SIMD_LOOPS_H
#define NTK_ACTIVATION_SIMD_LOOPS_H

#include <stdint.h>

/* out may be u.  below, above and at_zero as in struct ntk_activation. */
typedef struct ntk_activation_loops {
    void (*slopes)(void *out, const void *u, int64_t count, double below, double above);
    void (*levels)(void *out, const void *u, int64_t count, double below, double above, double at_zero);
    void (*erf)(void *out, const void *u, int64_t count);
    void (*erf_derivative)(void *out, const void *u, int64_t count);
    void (*gelu)(void *out, const void *u, int64_t count);
    void (*gelu_derivative)(void *out, const void *u, int64_t count);
    void (*sin)(void *out, const void *u, int64_t count);
    void (*cos)(void *out, const void *u, int64_t count);
    void (*exp)(void *out, const void *u, int64_t count);
    void (*tanh)(void *out, const void *u, int64_t count);
    void (*tanh_derivative)(void *out, const void *u, int64_t count);
    void (*sigmoid)(void *out, const void *u, int64_t count);
    void (*sigmoid_derivative)(void *out, const void *u, int64_t count);
    void (*softplus)(void *out, const void *u, int64_t count);
    void (*silu)(void *out, const void *u, int64_t count);
    void (*silu_derivative)(void *out, const void *u, int64_t count);
    void (*erf_second)(void *out, const void *u, int64_t count);
    void (*gelu_second)(void *out, const void *u, int64_t count);
    void (*tanh_second)(void *out, const void *u, int64_t count);
    void (*sigmoid_second)(void *out, const void *u, int64_t count);
    void (*silu_second)(void *out, const void *u, int64_t count);
    void (*monomial)(void *out, const void *u, int64_t count, int32_t degree, double factor);
    void (*hermite)(void *out, const void *u, int64_t count, int32_t degree, double factor);
} ntk_activation_loops;

/* By dtype - 1. */
extern const ntk_activation_loops ntk_activation_loops_portable[2], ntk_activation_loops_avx2[2],
    ntk_activation_loops_avx512[2];

#endif
