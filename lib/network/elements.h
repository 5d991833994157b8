/* Sums and products element by element, in either precision: dtype is that of all arrays. */
#ifndef NTK_NETWORK_ELEMENTS_H
#define NTK_NETWORK_ELEMENTS_H

#include <stdint.h>

/* out = factor from; out = out + factor from; out = out by.  The factor is rounded to dtype first. */
void ntk_scale(int32_t dtype, void *out, double factor, const void *from, int64_t count);
void ntk_add_scaled(int32_t dtype, void *out, double factor, const void *from, int64_t count);
void ntk_multiply(int32_t dtype, void *out, const void *by, int64_t count);

/* <a, b>, summed in an order that depends on count alone. */
double ntk_dot(int32_t dtype, const void *a, const void *b, int64_t count);

#endif
