/* Activations, samples and kernels for tests of activations without closed form, and what their kernels are by their moments. */
#ifndef TEST_SUBJECTS_H
#define TEST_SUBJECTS_H

#include "oracle.h"

/* An activation; 0 stands for the default.
 * longest  of the samples, |x| / sqrt(inputs): as far as its series reaches;  layers  of its kernel */
typedef struct subject {
    int32_t kind, degree;
    double shift, offset, scale, frequency, longest;
    int64_t layers;
} subject;

ntk_activation *subject_activation(ntk_context *context, const subject *s, double accuracy);
ntk_kernel *subject_kernel(ntk_context *context, const ntk_activation *activation, const ntk_kernel_options *options);

/* Of one layer, with scales that are not 1, so that each shows. */
ntk_kernel_options subject_scales(int32_t part);

/* n x inputs, of one length, or varied: with a zero vector, duplicates, parallels, opposites and a near-duplicate.  Free them. */
double *subject_samples(int64_t n, int64_t inputs, double longest, bool varied, int32_t dtype, uint64_t *state);

/* <x, y> / inputs. */
double subject_product(const double *x, const double *y, int64_t inputs);

/* K(x, y) layer by layer, by the library's moments.  options  has arrays of scales and rates */
double subject_recursion(const ntk_activation *activation, const ntk_kernel_options *options, int64_t inputs, const double *x,
                         const double *y);

/* Fails the test if a block of a kernel holds more than its size query said, of these pairs of sizes. */
void subject_check_memory(const subject *s, const ntk_kernel_options *options, int64_t inputs, const int64_t (*sizes)[2],
                          size_t count, uint64_t seed);

#endif
