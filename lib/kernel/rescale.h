/* Kernels by the values of their scales. */
#ifndef NTK_KERNEL_RESCALE_H
#define NTK_KERNEL_RESCALE_H

#include "kernel/kernel.h"
#include "kernel/scales.h"

/* Values in the order of ntk_kernel_scale_gradient, of which next have been taken. */
typedef struct ntk_rescaling {
    ntk_context *context;
    const double *values;
    int64_t next;
    const char *function;
} ntk_rescaling;

/* What a scale may be. */
typedef enum ntk_scale_domain { NTK_SCALE_ANY, NTK_SCALE_NOT_NEGATIVE, NTK_SCALE_POSITIVE, NTK_SCALE_ZERO } ntk_scale_domain;

/* The next count values.  NTK_ERR_VALUE  one is outside the domain: the sentence names its row */
ntk_status ntk_rescaling_take(ntk_rescaling *from, const double **values, int64_t count, ntk_scale_domain domain);

/* *made receives a reference to the kernel with the next values; to the kernel itself if it has no scales. */
ntk_status ntk_rescale(ntk_rescaling *from, ntk_kernel **made, const ntk_kernel *kernel);

/* The same of all values, finite ones; and the values that the kernel has.  It must have operations->scales. */
ntk_status ntk_kernel_with_scales(ntk_context *context, ntk_kernel **made, const ntk_kernel *kernel, const double *values,
                                  const char *function);
void ntk_kernel_read_scales(const ntk_kernel *kernel, double *values);

/* ntk_kernel_operations: of infinite kernels with one layer, with any, and of kernels made of others. */
void ntk_infinite_scale_values(const ntk_kernel *kernel, double *values);
ntk_status ntk_infinite_rescale(ntk_rescaling *from, ntk_kernel **made, const ntk_kernel *kernel);
void ntk_deep_scale_values(const ntk_kernel *kernel, double *values);
ntk_status ntk_deep_rescale(ntk_rescaling *from, ntk_kernel **made, const ntk_kernel *kernel);
void ntk_composite_scale_values(const ntk_kernel *kernel, double *values);
ntk_status ntk_composite_rescale(ntk_rescaling *from, ntk_kernel **made, const ntk_kernel *kernel);

/* What the operations of all infinite kernels with scales have alike, with one layer and with any. */
#define NTK_INFINITE_SCALE_OPERATIONS                                                                                        \
    .scales = ntk_infinite_scales, .scale_gradient = ntk_infinite_scale_gradient, .scale_memory = ntk_infinite_scale_memory, \
    .scale_values = ntk_infinite_scale_values, .rescale = ntk_infinite_rescale
#define NTK_DEEP_SCALE_OPERATIONS                                                                                   \
    .scales = ntk_deep_scales_of, .scale_gradient = ntk_deep_scale_gradient, .scale_memory = ntk_deep_scale_memory, \
    .scale_values = ntk_deep_scale_values, .rescale = ntk_deep_rescale

#endif
