#include "core/memory.h"
#include "core/pool.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/block_error.h"
#include "kernel/gradient.h"
#include "kernel/multiply.h"
#include "kernel/tile.h"

static ntk_status memory(const ntk_kernel *kernel, uint64_t *bytes, int64_t n1, int64_t n2, int64_t d, int32_t dtype)
{
    uint64_t block = 0, multiply = 0, gradient = 0, scales = 0, error = 0, one = 0, two = 0, pool = 0;
    int64_t all;
    if (__builtin_add_overflow(n1, n2, &all)) return NTK_ERR_OVERFLOW;
    const ntk_context *context = kernel->base.context;
    NTK_TRY(ntk_samples_memory(kernel, &block, dtype, n1, d, all));
    NTK_TRY(ntk_samples_memory(kernel, &block, dtype, n2, d, all));
    multiply = kernel->features ? 0 : block;
    gradient = multiply;
    NTK_TRY(ntk_gradient_memory(kernel, context, &gradient, n1, n2, d, dtype));
    if (kernel->operations->scale_memory) NTK_TRY(kernel->operations->scale_memory(kernel, context, &scales, n1, n2, d, dtype));
    NTK_TRY(ntk_grid_memory(kernel, context, &block, n1, n2, d, dtype, all, 0));
    NTK_TRY(ntk_multiply_memory(kernel, context, &multiply, n1, n2, d, dtype));
    NTK_TRY(ntk_block_error_memory(kernel, context, &error, n1, n2, d, dtype));
    /* the diagonal of either set, whose passes may be wider */
    NTK_TRY(ntk_samples_memory(kernel, &one, dtype, n1, d, n1));
    NTK_TRY(ntk_samples_memory(kernel, &two, dtype, n2, d, n2));
    NTK_TRY(ntk_pool_memory(context, &pool));
    *bytes =
        ntk_most_bytes(ntk_most_bytes(ntk_most_bytes(block, error), ntk_most_bytes(multiply, ntk_most_bytes(gradient, scales))),
                       ntk_most_bytes(one, two)) +
        pool;
    return NTK_OK;
}

ntk_status ntk_kernel_memory(const ntk_kernel *kernel, uint64_t *bytes, int64_t n1, int64_t n2, int64_t d, int32_t dtype)
{
    uint64_t need = 0;
    NTK_REQUIRE(kernel);
    NTK_REQUIRE(bytes);
    NTK_TRY(ntk_kernel_size_check(n1, __func__, "n1"));
    NTK_TRY(ntk_kernel_size_check(n2, __func__, "n2"));
    NTK_TRY(ntk_kernel_sizes_check(kernel, n1, d, __func__));
    NTK_TRY(ntk_dtype_check(dtype, 0, __func__, "dtype"));
    NTK_TRY(ntk_sizes_representable(memory(kernel, &need, n1, n2, d, dtype), n1 > n2 ? n1 : n2, d, 1, __func__));
    *bytes = need;
    return NTK_OK;
}
