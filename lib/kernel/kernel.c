#include "kernel/kernel.h"

#include "core/status.h"

void ntk_kernel_destroy(ntk_kernel *kernel)
{
    ntk_release(kernel);
}

ntk_status ntk_kernel_size_check(int64_t size, const char *function, const char *name)
{
    if (size >= 1) return NTK_OK;
    return ntk_fail(NTK_ERR_SHAPE, "%s: %s is %lld, expected at least 1", function, name, (long long)size);
}

ntk_status ntk_kernel_sizes_check(const ntk_kernel *kernel, int64_t n, int64_t d, const char *function)
{
    int64_t inputs = ntk_kernel_inputs(kernel);
    NTK_TRY(ntk_kernel_size_check(n, function, "n"));
    NTK_TRY(ntk_kernel_size_check(d, function, "d"));
    if (inputs < 0 || d == inputs) return NTK_OK;
    return ntk_fail(NTK_ERR_SHAPE, "%s: d is %lld, expected the kernel's %lld", function, (long long)d, (long long)inputs);
}

ntk_status ntk_sizes_representable(ntk_status status, int64_t n, int64_t d, int64_t t, const char *function)
{
    if (status != NTK_ERR_OVERFLOW) return status;
    return ntk_fail(status, "%s: n is %lld, d %lld and t %lld, which takes more memory than can be addressed", function,
                    (long long)n, (long long)d, (long long)t);
}
