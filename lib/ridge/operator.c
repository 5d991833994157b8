#include "ridge/operator.h"

#include "core/memory.h"
#include "core/status.h"
#include "gram/implicit.h"
#include "gram/product.h"
#include "kernel/multiply.h"

ntk_status ntk_operator_open(ntk_operator *K, ntk_samples *samples, bool hold, const ntk_lane *lane, ntk_share share,
                             const char *function)
{
    *K = (ntk_operator){.samples = samples, .function = function};
    if (!hold) return NTK_OK;
    NTK_TRY(ntk_symmetric_create(lane->work->context, &K->K, NTK_STORAGE_PACKED, samples->dtype, samples->rows));
    return ntk_gram_assemble(&K->K, samples, lane, share.begin, share.end);
}

void ntk_operator_close(ntk_operator *K, ntk_context *context)
{
    ntk_free(context, K->K.data);
    *K = (ntk_operator){0};
}

static ntk_status multiply(const ntk_operator *K, const ntk_lane *lane, const ntk_matrix *y, const ntk_matrix *v,
                           ntk_share share)
{
    const ntk_kernel *kernel = K->samples->kernel;
    if (K->K.data) return ntk_held_product(&K->K, lane, y, v, share);
    if (!kernel->features) return ntk_implicit_product(K->samples, lane, y, v, share);
    ntk_matrix x = ntk_samples_view(K->samples);
    ntk_share room = ntk_work_narrow(lane->work, share.begin, share.end);
    ntk_status status = ntk_finite_multiply(kernel, lane, y, &x, &x, v, K->function);
    ntk_work_widen(lane->work, room);
    return status;
}

ntk_status ntk_operator_multiply(const ntk_operator *K, const ntk_lane *lane, ntk_tall Y, ntk_tall V, ntk_share share)
{
    int64_t n = K->samples->rows;
    ntk_matrix v = ntk_matrix_const_f64(V.data, n, V.cols), y = ntk_matrix_f64(Y.data, n, V.cols);
    NTK_TRY(multiply(K, lane, &y, &v, share));
    if (ntk_is_finite(Y.data, NTK_F64, n * V.cols)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: a product with the kernel matrix is too large to be represented", K->function);
}

ntk_status ntk_operator_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *held, uint64_t *making,
                               uint64_t *product, int64_t n, int64_t d, int32_t dtype, bool hold)
{
    if (hold) {
        NTK_TRY(ntk_symmetric_memory(held, NTK_STORAGE_PACKED, dtype, n));
        NTK_TRY(ntk_held_product_memory(context, product, dtype, n));
        return ntk_assemble_memory(kernel, context, making, NTK_STORAGE_PACKED, dtype, n, d);
    }
    if (kernel->features) return ntk_multiply_memory(kernel, context, product, n, n, d, NTK_F64);
    return ntk_implicit_product_memory(kernel, context, product, dtype, n, d);
}
