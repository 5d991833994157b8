/* Derivatives of kernels by their scales against differences of the kernels with other scales. */
#ifndef TEST_SCALES_H
#define TEST_SCALES_H

#include "oracle.h"

enum { SCALES_MOST = 20 };

/* A kernel by its scales, in the order of the derivatives.  make  makes one with these scales */
typedef struct scales_kernel {
    const char *name;
    ntk_kernel *(*make)(const void *self, const double *scales);
    const void *self;
    int64_t count;
    double scales[SCALES_MOST];
} scales_kernel;

/* Samples and weights: free with scales_data_free. */
typedef struct scales_data {
    int64_t rows, cols, inputs;
    double *x, *y, *w;
} scales_data;

/* All normal, of f32, but that w is f64. */
scales_data scales_data_make(int64_t rows, int64_t cols, int64_t inputs, uint64_t seed);
void scales_data_free(scales_data *data);

/* Multiplies x and y by 2 to these powers. */
void scales_data_stretch(scales_data *data, int x, int y);

/* Derivatives with so many rows from first on, of samples in this dtype. */
void scales_gradient(double *g, const scales_kernel *kernel, const scales_data *data, int64_t first, int64_t rows,
                     int32_t dtype);

/* Fails the test unless all derivatives are those of nine points h apart, in both precisions.
 * noise  of the kernel's entries, relative to the sum of |w_ij K_ij|;  units  of the derivatives, by dtype - 1, to that and themselves */
void scales_compare(const scales_kernel *kernel, const scales_data *data, double h, double noise, const double units[2]);

/* Fails the test unless the kernel has its scales as values, to roundoff, is the same to the bit with these again, and with other scales
 * to the bit the one that is made of them. */
void scales_check_values(const scales_kernel *kernel, const scales_data *data);

/* Fails the test unless derivatives of the rows, in two halves, add up to right, within unit of the largest. */
void scales_compare_halves(const scales_kernel *kernel, const scales_data *data, int32_t dtype, const double *right,
                           double unit);

#endif
