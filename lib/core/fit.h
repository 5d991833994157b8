/* Means over replicates, and the power of what they measure, with the errors that their scatter gives them. */
#ifndef NTK_CORE_FIT_H
#define NTK_CORE_FIT_H

#include <stdbool.h>
#include <stdint.h>

/* The mean of count numbers, stride apart, or of their logarithms, and its standard error: NaN of one. */
void ntk_fit_mean(const double *numbers, int64_t count, int64_t stride, bool logarithms, double *mean, double *error);

/* The slope of count means by x, weighted as <ntk/lazy.h> says, and its standard error; NaN where all x are the same. */
void ntk_fit_slope(const double *x, const double *means, const double *errors, int64_t count, double *slope, double *error);

#endif
