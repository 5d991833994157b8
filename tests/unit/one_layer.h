/* Kernels of one layer of activations without closed form, and of kinked ones with a shift or an offset, by the activations' moments,
 * which other tests hold to quadrature and golden values. */
#ifndef TEST_ONE_LAYER_H
#define TEST_ONE_LAYER_H

#include "subjects.h"

enum { LAYER_INPUTS = 6, LAYER_SUBJECTS = 23, LAYER_KINKED = 15 /* the first kinked one */ };

extern const subject layer_subjects[LAYER_SUBJECTS];

double layer_covariance(const ntk_kernel_options *options, const double *x, const double *y);

/* K(x, y) of the three parts, which are had together, one entry at a time. */
void layer_parts(double K[3], const ntk_activation *activation, const ntk_kernel_options *options, const double *x,
                 const double *y);

/* The accuracy asked; then in f64 what roundings make of it, and in f32 those of some hundred terms, and of rho and the lengths,
 * which the terms' degrees multiply. */
double layer_tolerance(double accuracy, int32_t dtype);

/* Entries K(x1_i, x2_j) that are compared, with their parts by the moments, which take a millisecond each: those above the diagonal at
 * the corner, where samples are parallel, opposite, near or zero, and a few of all. */
typedef struct layer_entry {
    int64_t i, j;
    double K[3];
} layer_entry;

typedef struct layer_sample {
    const double *x1, *x2;
    int64_t n1, n2, count;
    layer_entry entries[64];
} layer_sample;

layer_sample layer_entries(const ntk_activation *activation, const ntk_kernel_options *options, const double *x1, int64_t n1,
                           const double *x2, int64_t n2);

/* The largest error of the matrix in them over sqrt(K_ii K_jj); fails the test if it is more than bound. */
double layer_compare(const ntk_kernel *kernel, int32_t part, const layer_sample *sample, const ntk_matrix *K, double bound,
                     const char *what);

#endif
