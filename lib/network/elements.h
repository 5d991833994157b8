/* Sums and products element by element, in either precision: dtype is that of all arrays.  Products of many rows with one vector, which
 * take most of a pass, have loops for each instruction set (network/simd/rows.h). */
#ifndef NTK_NETWORK_ELEMENTS_H
#define NTK_NETWORK_ELEMENTS_H

#include <stdint.h>

/* out = factor from; out = out + factor from; out = out by.  The factor is rounded to dtype first. */
void ntk_scale(int32_t dtype, void *out, double factor, const void *from, int64_t count);
void ntk_add_scaled(int32_t dtype, void *out, double factor, const void *from, int64_t count);
void ntk_multiply(int32_t dtype, void *out, const void *by, int64_t count);

/* <a, b>, summed in double precision, in an order that depends on count alone. */
double ntk_dot(int32_t dtype, const void *a, const void *b, int64_t count);

/* --- vectors in double precision --- */

double ntk_vector_norm(const double *v, int64_t count);

/* y = y + factor x */
void ntk_vector_add(double *y, double factor, const double *x, int64_t count);

/* v = v / norm; what norm was, 0 (and v as it is) unless it is a positive number. */
double ntk_vector_normalise(double *v, int64_t count);

/* Elements of a vector, up to the end of a cache line: so that equal vectors are summed in the same order by any BLAS. */
int64_t ntk_vector_room(int64_t count);

#endif
