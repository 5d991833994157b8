/* Lengths of columns of numbers, without overflow or underflow on the way. */
#ifndef NTK_DYNAMICS_LENGTH_H
#define NTK_DYNAMICS_LENGTH_H

#include <ntk/matrix.h>

/* Number i of a column of any dtype. */
double ntk_column_at(const ntk_matrix *column, int64_t i);

/* |a| of a column of finite numbers; infinite where it is not representable. */
double ntk_column_length(const ntk_matrix *column);
double ntk_length(const double *a, int64_t count);

#endif
