#include "core/memory.h"
#include "core/options.h"
#include "core/size.h"
#include "core/status.h"
#include "ridge/optimise/optimise.h"

/* Numbers, a row for each start, and copies of the samples, whose type is not known. */
static ntk_status small_memory(uint64_t *bytes, int64_t numbers, int64_t m, int64_t d, int64_t t, int64_t restarts)
{
    uint64_t elements;
    NTK_TRY(ntk_need(bytes, numbers, 11 * (int64_t)sizeof(double)));
    NTK_TRY(ntk_need(bytes, numbers, sizeof(int64_t)));
    NTK_TRY(ntk_need(bytes, restarts + 1, (NTK_START_COLUMNS + numbers - 1) * (int64_t)sizeof(double)));
    for (int part = 0; part < 2; part++) {
        NTK_TRY(ntk_size_multiply(&elements, m, part ? t : d));
        NTK_TRY(ntk_need(bytes, (int64_t)elements, sizeof(double)));
    }
    return ntk_need(bytes, t, sizeof(double));
}

ntk_status ntk_search_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                             int64_t t, const ntk_optimise_options *options, bool intercept)
{
    const ntk_ridge_options dual = {.method = NTK_RIDGE_DUAL, .dtype = NTK_F64, .intercept = intercept};
    const ntk_kernel_operations *operations = kernel->operations;
    int64_t m = options->subset > 0 ? ntk_smaller(options->subset, n) : n, scales = operations->scales(kernel);
    uint64_t row;
    NTK_TRY(small_memory(bytes, scales + 1, m, d, t, options->restarts));
    NTK_TRY(ntk_symmetric_memory(bytes, NTK_STORAGE_FULL, NTK_F64, m));
    NTK_TRY(ntk_ridge_dual_memory(context, bytes, kernel, m, d, t, &dual));
    /* left, right and shares of a criterion */
    NTK_TRY(ntk_size_multiply(&row, t, sizeof(double)));
    for (int part = 0; part < 5; part++) NTK_TRY(ntk_need(bytes, m, (int64_t)row));
    NTK_TRY(ntk_need(bytes, m, 2 * (int64_t)sizeof(double)));
    return scales > 0 ? operations->scale_memory(kernel, context, bytes, m, m, d, NTK_F64) : NTK_OK;
}

/* The search's need, then the model's with what lives on beside it. */
static ntk_status memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d, int64_t t,
                         const ntk_optimise_options *own, const ntk_ridge_options *fit)
{
    uint64_t model = 0;
    NTK_TRY(ntk_search_memory(context, bytes, kernel, n, d, t, own, fit->intercept != 0));
    NTK_TRY(ntk_ridge_memory(context, &model, kernel, n, d, t, fit));
    NTK_TRY(small_memory(&model, kernel->operations->scales(kernel) + 1, 1, d, t, own->restarts));
    *bytes = ntk_most_bytes(*bytes, model);
    return NTK_OK;
}

ntk_status ntk_optimise_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                               int64_t t, const ntk_optimise_options *options)
{
    ntk_optimise_options own;
    ntk_ridge_options fit;
    uint64_t need = 0;
    NTK_REQUIRE(context);
    NTK_REQUIRE(bytes);
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_model_sizes_check(kernel, n, d, t, __func__));
    NTK_TRY(ntk_optimise_options_read(&own, options, __func__));
    NTK_TRY(ntk_options_read(&fit, sizeof fit, sizeof fit, own.fit, "ntk_ridge_options"));
    if (!kernel->operations->scales)
        return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: the kernel has no derivatives by scales", __func__);
    NTK_TRY(ntk_sizes_representable(memory(context, &need, kernel, n, d, t, &own, &fit), n, d, t, __func__));
    *bytes = need;
    return NTK_OK;
}
