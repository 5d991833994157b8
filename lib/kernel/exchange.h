/* Kernels as arrays. */
#ifndef NTK_KERNEL_EXCHANGE_H
#define NTK_KERNEL_EXCHANGE_H

#include "core/exchange.h"
#include "kernel/kernel.h"

/* In the group in work. */
ntk_status ntk_kernel_write(ntk_writer *writer, const ntk_kernel *kernel);

/* *kernel receives a reference. */
ntk_status ntk_kernel_read(ntk_reader *reader, ntk_kernel **kernel);

/* ntk_kernel_operations: what a kernel is, but for its terms. */
ntk_status ntk_infinite_write(ntk_writer *writer, const ntk_kernel *kernel);
ntk_status ntk_deep_write(ntk_writer *writer, const ntk_kernel *kernel);
ntk_status ntk_finite_write(ntk_writer *writer, const ntk_kernel *kernel);
ntk_status ntk_sum_write(ntk_writer *writer, const ntk_kernel *kernel);
ntk_status ntk_product_write(ntk_writer *writer, const ntk_kernel *kernel);
ntk_status ntk_constant_write(ntk_writer *writer, const ntk_kernel *kernel);
ntk_status ntk_ard_write(ntk_writer *writer, const ntk_kernel *kernel);
ntk_status ntk_normalised_write(ntk_writer *writer, const ntk_kernel *kernel);
ntk_status ntk_zonal_write(ntk_writer *writer, const ntk_kernel *kernel);
ntk_status ntk_user_kernel_write(ntk_writer *writer, const ntk_kernel *kernel);

#endif
