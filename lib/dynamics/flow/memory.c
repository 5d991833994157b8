/* What calls may hold beside the flow. */
#include "core/memory.h"
#include "core/pool.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/flow/flow.h"
#include "gram/product.h"
#include "kernel/block.h"
#include "kernel/multiply.h"
#include "kernel/product.h"
#include "ridge/batch.h"

/* Whether the bytes of m samples are a number: then so are those of tiles and tasks. */
static ntk_status check_rows(const ntk_flow *flow, int64_t m)
{
    uint64_t row, bytes;
    NTK_TRY(ntk_size_multiply(&row, flow->system.set->samples.inputs, sizeof(double)));
    return ntk_size_multiply(&bytes, m, (int64_t)row);
}

/* --- outputs --- */

/* Of samples: m new rows, which are copied or not, and so many columns of outputs in dtype. */
typedef struct outputs {
    int64_t m, columns;
    bool copied;
    int32_t dtype;
} outputs;

/* K(x, X) alpha in the flow's dtype. */
static ntk_status product_memory(const ntk_flow *flow, uint64_t *bytes, const outputs *of)
{
    const ntk_context *context = flow->base.context;
    const ntk_samples *samples = &flow->system.set->samples;
    const ntk_kernel *kernel = samples->kernel;
    int64_t n = samples->rows, d = samples->inputs, size = ntk_dtype_size(samples->dtype);
    if (of->dtype != samples->dtype) {
        uint64_t row;
        NTK_TRY(ntk_size_multiply(&row, of->columns, size));
        NTK_TRY(ntk_need(bytes, of->m, (int64_t)row));
    }
    if (kernel->features)
        return ntk_finite_multiply_memory(kernel, context, bytes, of->m, n, of->copied ? of->m : 0, samples->dtype,
                                          of->columns);
    NTK_TRY((of->copied ? ntk_samples_memory : ntk_prepared_memory)(kernel, bytes, samples->dtype, of->m, d, 0));
    if (samples->dtype != NTK_F64) {
        uint64_t row;
        NTK_TRY(ntk_size_multiply(&row, of->columns, size));
        NTK_TRY(ntk_need(bytes, n, (int64_t)row));
    }
    return ntk_product_memory(kernel, context, bytes, of->m, n, d, samples->dtype);
}

static ntk_status outputs_memory(const ntk_flow *flow, uint64_t *bytes, const outputs *of)
{
    uint64_t row, sums = 0, product = 0;
    int64_t n = ntk_flow_samples(flow);
    NTK_TRY(check_rows(flow, of->m));
    NTK_TRY(ntk_size_multiply(&row, of->columns, sizeof(double)));
    NTK_TRY(ntk_need(bytes, n, (int64_t)row));
    NTK_TRY(ntk_need(&sums, n, (int64_t)row));
    NTK_TRY(ntk_need(&sums, n, sizeof(double)));
    NTK_TRY(product_memory(flow, &product, of));
    return ntk_size_add(bytes, 1, (int64_t)ntk_most_bytes(sums, product));
}

ntk_status ntk_flow_outputs_check(const ntk_flow *flow, const ntk_matrix *f, const ntk_matrix *x, int64_t times)
{
    const outputs of = {.m = x->rows,
                        .columns = times * flow->targets,
                        .copied = ntk_operand_is_copied(x, flow->system.set->samples.dtype),
                        .dtype = f->dtype};
    uint64_t bytes = 0;
    NTK_TRY(outputs_memory(flow, &bytes, &of));
    NTK_TRY(ntk_pool_memory(flow->base.context, &bytes));
    return ntk_budget_check(flow->base.context, bytes, "a flow's outputs");
}

ntk_status ntk_flow_trajectory_memory(const ntk_flow *flow, uint64_t *bytes, int64_t m, int64_t times, int32_t dtype)
{
    uint64_t need = 0;
    NTK_REQUIRE(flow);
    NTK_REQUIRE(bytes);
    NTK_TRY(ntk_kernel_size_check(m, __func__, "m"));
    NTK_TRY(ntk_kernel_size_check(times, __func__, "times"));
    NTK_TRY(ntk_dtype_check(dtype, 1, __func__, "dtype"));
    int32_t own = flow->system.set->samples.dtype;
    outputs of = {.m = m, .copied = dtype && dtype != own, .dtype = dtype ? dtype : own};
    ntk_status status = __builtin_mul_overflow(times, flow->targets, &of.columns) ? NTK_ERR_OVERFLOW : NTK_OK;
    if (status >= 0) status = outputs_memory(flow, &need, &of);
    if (status >= 0) status = ntk_pool_memory(flow->base.context, &need);
    if (status < 0)
        return ntk_fail(status, "%s: m is %lld and times %lld, which takes more memory than can be addressed", __func__,
                        (long long)m, (long long)times);
    *bytes = need;
    return NTK_OK;
}

/* --- moments --- */

/* What is asked of m samples.   mean, diagonal  whether there is one, and whether the covariance is its diagonal alone
 * prior  NULL: there is no covariance */
typedef struct moments {
    const ntk_kernel *prior;
    int64_t m;
    bool mean, diagonal, copied;
} moments;

/* Of rows in work: what makes the factors, and what then writes of them. */
static ntk_status factors_memory(const ntk_flow *flow, uint64_t *most, const ntk_kernel *prior, int64_t rows)
{
    const ntk_context *context = flow->base.context;
    const ntk_samples *samples = &flow->system.set->samples;
    int64_t n = samples->rows, d = samples->inputs;
    uint64_t own = 0, block = 0, product = 0;
    NTK_TRY(ntk_block_memory(samples->kernel, context, &own, n, rows, d, NTK_F64));
    NTK_TRY(ntk_block_memory(prior, context, &block, n, rows, d, NTK_F64));
    if (prior->features)
        NTK_TRY(ntk_finite_multiply_memory(prior, context, &product, n, n, 0, NTK_F64, rows));
    else
        NTK_TRY(ntk_implicit_product_memory(prior, context, &product, NTK_F64, n, d));
    *most = ntk_most_bytes(own, ntk_most_bytes(block, product));
    return NTK_OK;
}

static ntk_status writing_memory(const ntk_flow *flow, uint64_t *bytes, const ntk_kernel *prior, int64_t rows, bool diagonal)
{
    int64_t d = flow->system.set->samples.inputs;
    uint64_t row;
    if (diagonal) {
        NTK_TRY(ntk_samples_memory(prior, bytes, NTK_F64, rows, d, rows));
        return ntk_need(bytes, rows, sizeof(double));
    }
    NTK_TRY(ntk_size_multiply(&row, rows, sizeof(double)));
    for (int i = 0; i < 2; i++) NTK_TRY(ntk_need(bytes, rows, (int64_t)row));
    return ntk_block_memory(prior, flow->base.context, bytes, rows, rows, d, NTK_F64);
}

static ntk_status covariance_memory(const ntk_flow *flow, uint64_t *bytes, const moments *of)
{
    const ntk_samples *samples = &flow->system.set->samples;
    int64_t n = samples->rows, rows = of->diagonal ? ntk_batch_rows(of->m, n) : of->m;
    uint64_t row, factors, writing = 0;
    NTK_TRY(ntk_size_multiply(&row, rows, sizeof(double)));
    NTK_TRY(ntk_need(bytes, n, sizeof(double)));
    for (int i = 0; i < 3; i++) NTK_TRY(ntk_need(bytes, n, (int64_t)row));
    NTK_TRY((samples->dtype == NTK_F64 ? ntk_prepared_memory : ntk_samples_memory)(
        of->prior, bytes, NTK_F64, n, samples->inputs, ntk_model_all(of->prior, n)));
    NTK_TRY(factors_memory(flow, &factors, of->prior, rows));
    NTK_TRY(writing_memory(flow, &writing, of->prior, rows, of->diagonal));
    return ntk_size_add(bytes, 1, (int64_t)ntk_most_bytes(factors, writing));
}

static ntk_status moments_memory(const ntk_flow *flow, uint64_t *bytes, const moments *of)
{
    const outputs means = {.m = of->m, .columns = flow->targets, .copied = of->copied, .dtype = NTK_F64};
    uint64_t mean = 0, covariance = 0;
    *bytes = 0;
    NTK_TRY(check_rows(flow, of->m));
    if (of->mean) NTK_TRY(ntk_need(bytes, of->m, flow->targets * (int64_t)sizeof(double)));
    if (of->mean) NTK_TRY(outputs_memory(flow, &mean, &means));
    if (of->prior) NTK_TRY(covariance_memory(flow, &covariance, of));
    NTK_TRY(ntk_size_add(bytes, 1, (int64_t)ntk_most_bytes(mean, covariance)));
    return ntk_pool_memory(flow->base.context, bytes);
}

ntk_status ntk_flow_moments_check(const ntk_flow *flow, const ntk_matrix *mean, const ntk_matrix *covariance,
                                  const ntk_kernel *prior, const ntk_matrix *x)
{
    const moments of = {.prior = covariance ? prior : NULL,
                        .m = x->rows,
                        .mean = mean != NULL,
                        .diagonal = covariance && covariance->cols == 1,
                        .copied = ntk_operand_is_copied(x, flow->system.set->samples.dtype)};
    uint64_t bytes;
    NTK_TRY(moments_memory(flow, &bytes, &of));
    return ntk_budget_check(flow->base.context, bytes, "a flow's moments");
}

ntk_status ntk_flow_moments_memory(const ntk_flow *flow, uint64_t *bytes, const ntk_kernel *prior, int64_t m, int32_t diagonal)
{
    uint64_t need;
    NTK_REQUIRE(flow);
    NTK_REQUIRE(bytes);
    NTK_TRY(ntk_kernel_size_check(m, __func__, "m"));
    NTK_TRY(ntk_flow_prior_check(flow, prior, __func__));
    const moments of = {.prior = prior, .m = m, .mean = true, .diagonal = diagonal != 0, .copied = true};
    ntk_status status = moments_memory(flow, &need, &of);
    if (status < 0)
        return ntk_fail(status, "%s: m is %lld, which takes more memory than can be addressed", __func__, (long long)m);
    *bytes = need;
    return NTK_OK;
}
