/* What a call of a model would hold. */
#include "core/memory.h"
#include "core/pool.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/model/gap.h"
#include "dynamics/model/lipschitz.h"
#include "dynamics/model/spectrum.h"

static ntk_status certify_memory(const ntk_model *model, uint64_t *bytes, int64_t n, bool dense)
{
    uint64_t spectrum = 0, bound = 0, search = 0;
    NTK_TRY(ntk_jacobian_spectrum_memory(model, &spectrum, n, dense));
    NTK_TRY(ntk_lipschitz_bound_memory(model, &bound, n));
    NTK_TRY(ntk_lipschitz_search_memory(model, &search, n));
    return ntk_size_add(bytes, 1, (int64_t)ntk_most_bytes(spectrum, ntk_most_bytes(bound, search)));
}

static ntk_status compare_memory(const ntk_model *model, uint64_t *bytes, int64_t n, int64_t m, bool dense)
{
    NTK_TRY(model->operations->memory(model, bytes, n));
    NTK_TRY(ntk_need(bytes, m, sizeof(double)));
    NTK_TRY(ntk_need(bytes, ntk_larger(m, model->parameters), sizeof(double)));
    NTK_TRY(ntk_tangent_memory(model, bytes, n, dense));
    NTK_TRY(ntk_linear_memory(model, bytes, m));
    return ntk_gap_memory(model, bytes, m);
}

static ntk_status call_memory(const ntk_model *model, uint64_t *bytes, ntk_model_call call, int64_t n, bool dense)
{
    int64_t m;
    *bytes = 0;
    if (__builtin_mul_overflow(n, model->outputs, &m))
        return ntk_fail(NTK_ERR_OVERFLOW, "%lld samples of %lld outputs are too many", (long long)n, (long long)model->outputs);
    NTK_TRY(ntk_model_problem_memory(model, bytes, n));
    NTK_TRY(model->operations->memory(model, bytes, n));
    NTK_TRY(ntk_pool_memory(model->base.context, bytes));
    switch (call) {
    case NTK_CALL_SPECTRUM:
        return ntk_jacobian_spectrum_memory(model, bytes, n, dense);
    case NTK_CALL_CERTIFY:
        return certify_memory(model, bytes, n, dense);
    default:
        return compare_memory(model, bytes, n, m, dense);
    }
}

ntk_status ntk_model_budget_check(const ntk_model *model, ntk_model_call call, int64_t n, bool *dense)
{
    uint64_t bytes;
    *dense = ntk_tangent_is_dense(model, n);
    if (*dense) {
        NTK_TRY(call_memory(model, &bytes, call, n, true));
        if (ntk_budget_check(model->base.context, bytes, "a model's analysis") >= 0) return NTK_OK;
        *dense = false;
    }
    NTK_TRY(call_memory(model, &bytes, call, n, false));
    return ntk_budget_check(model->base.context, bytes, "a model's analysis");
}

ntk_status ntk_model_memory(const ntk_model *model, uint64_t *bytes, int64_t n)
{
    uint64_t most = 0, need;
    NTK_REQUIRE(model);
    NTK_REQUIRE(bytes);
    if (n < 1) return ntk_fail(NTK_ERR_SHAPE, "%s: n is %lld, expected at least 1", __func__, (long long)n);
    for (int call = NTK_CALL_SPECTRUM; call <= NTK_CALL_COMPARE; call++) {
        ntk_status status = call_memory(model, &need, (ntk_model_call)call, n, ntk_tangent_is_dense(model, n));
        if (status < 0)
            return ntk_fail(status, "%s: n is %lld, for which more memory is needed than can be addressed", __func__,
                            (long long)n);
        most = ntk_most_bytes(most, need);
    }
    *bytes = most;
    return NTK_OK;
}
