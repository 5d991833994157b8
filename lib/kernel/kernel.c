#include "kernel/kernel.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/pool.h"
#include "core/status.h"
#include "kernel/multiply.h"
#include "kernel/tile.h"

void ntk_kernel_destroy(ntk_kernel *kernel)
{
    ntk_release(kernel);
}

static ntk_status check_size(int64_t size, const char *function, const char *name)
{
    if (size >= 1) return NTK_OK;
    return ntk_fail(NTK_ERR_SHAPE, "%s: %s is %lld, expected at least 1", function, name, (long long)size);
}

ntk_status ntk_kernel_sizes_check(const ntk_kernel *kernel, int64_t n, int64_t d, const char *function)
{
    int64_t inputs = ntk_kernel_inputs(kernel);
    NTK_TRY(check_size(n, function, "n"));
    NTK_TRY(check_size(d, function, "d"));
    if (inputs < 0 || d == inputs) return NTK_OK;
    return ntk_fail(NTK_ERR_SHAPE, "%s: d is %lld, expected the kernel's %lld", function, (long long)d, (long long)inputs);
}

ntk_status ntk_sizes_representable(ntk_status status, int64_t n, int64_t d, int64_t t, const char *function)
{
    if (status != NTK_ERR_OVERFLOW) return status;
    return ntk_fail(status, "%s: n is %lld, d %lld and t %lld, which takes more memory than can be addressed", function,
                    (long long)n, (long long)d, (long long)t);
}

static ntk_status memory(const ntk_kernel *kernel, uint64_t *bytes, int64_t n1, int64_t n2, int64_t d, int32_t dtype)
{
    uint64_t block = 0, multiply = 0, pool = 0;
    int64_t all;
    if (__builtin_add_overflow(n1, n2, &all)) return NTK_ERR_OVERFLOW;
    const ntk_context *context = kernel->base.context;
    NTK_TRY(ntk_samples_memory(kernel, &block, dtype, n1, d, all));
    NTK_TRY(ntk_samples_memory(kernel, &block, dtype, n2, d, all));
    multiply = kernel->features ? 0 : block;
    NTK_TRY(ntk_grid_memory(kernel, context, &block, n1, n2, d, dtype, all, 0));
    NTK_TRY(ntk_multiply_memory(kernel, context, &multiply, n1, n2, d, dtype));
    NTK_TRY(ntk_pool_memory(context, &pool));
    *bytes = (block > multiply ? block : multiply) + pool;
    return NTK_OK;
}

ntk_status ntk_kernel_memory(const ntk_kernel *kernel, uint64_t *bytes, int64_t n1, int64_t n2, int64_t d, int32_t dtype)
{
    uint64_t need = 0;
    NTK_REQUIRE(kernel);
    NTK_REQUIRE(bytes);
    NTK_TRY(check_size(n1, __func__, "n1"));
    NTK_TRY(check_size(n2, __func__, "n2"));
    NTK_TRY(ntk_kernel_sizes_check(kernel, n1, d, __func__));
    NTK_TRY(ntk_dtype_check(dtype, 0, __func__, "dtype"));
    NTK_TRY(ntk_sizes_representable(memory(kernel, &need, n1, n2, d, dtype), n1 > n2 ? n1 : n2, d, 1, __func__));
    *bytes = need;
    return NTK_OK;
}
