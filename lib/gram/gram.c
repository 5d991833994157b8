#include "core/memory.h"
#include "core/options.h"
#include "core/pool.h"
#include "core/status.h"
#include "gram/implicit.h"
#include "kernel/tile.h"

#include <stddef.h>

_Static_assert(offsetof(ntk_gram_options, storage) == 8 && offsetof(ntk_gram_options, dtype) == 12 &&
                   sizeof(ntk_gram_options) == 16,
               "the layout of ntk_gram_options is frozen");

ntk_status ntk_storage_check(int32_t storage, int32_t dtype, const char *function)
{
    if (storage != NTK_STORAGE_FULL && storage != NTK_STORAGE_PACKED)
        return ntk_fail(NTK_ERR_OPTION, "%s: storage is %d, expected NTK_STORAGE_FULL or NTK_STORAGE_PACKED", function,
                        storage);
    return ntk_dtype_check(dtype, 1, function, "dtype");
}

static ntk_status check_options(const ntk_gram_options *own, const char *function)
{
    if (own->storage < NTK_STORAGE_FULL || own->storage > NTK_STORAGE_IMPLICIT)
        return ntk_fail(NTK_ERR_OPTION,
                        "%s: storage is %d, expected NTK_STORAGE_FULL, NTK_STORAGE_PACKED or NTK_STORAGE_IMPLICIT", function,
                        own->storage);
    return ntk_dtype_check(own->dtype, 1, function, "dtype");
}

ntk_status ntk_gram_assemble(const ntk_symmetric *K, ntk_samples *samples, const ntk_lane *lane, double begin, double end)
{
    ntk_grid grid = {.rows = samples, .cols = samples, .lower = true, .most = K->height};
    grid.placement = ntk_symmetric_place;
    grid.matrix = K;
    ntk_work_stage(lane->work, "kernel matrix", ntk_grid_units(&grid), begin, end);
    NTK_TRY(ntk_grid_evaluate(&grid, lane));
    if (samples->all && samples->kernel->operations->rest) samples->kernel->operations->rest(samples);
    return NTK_OK;
}

ntk_status ntk_assemble_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int32_t storage,
                               int32_t dtype, int64_t n, int64_t d)
{
    return ntk_grid_memory(kernel, context, bytes, n, n, d, dtype, n, ntk_symmetric_height(storage, n));
}

static ntk_status read_options(ntk_gram_options *own, const ntk_gram_options *options, int32_t dtype, const char *function)
{
    NTK_TRY(ntk_options_read(own, sizeof *own, 16, options, "ntk_gram_options"));
    NTK_TRY(check_options(own, function));
    if (!own->dtype) own->dtype = dtype;
    return NTK_OK;
}

static ntk_status memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                         const ntk_gram_options *own)
{
    *bytes = 0;
    NTK_TRY(ntk_need(bytes, 1, sizeof(ntk_gram)));
    NTK_TRY(ntk_symmetric_memory(bytes, own->storage, own->dtype, n));
    NTK_TRY(ntk_sample_set_memory(kernel, bytes, own->dtype, n, d, n));
    if (own->storage == NTK_STORAGE_IMPLICIT)
        NTK_TRY(ntk_implicit_memory(kernel, context, bytes, own->dtype, n, d));
    else
        NTK_TRY(ntk_assemble_memory(kernel, context, bytes, own->storage, own->dtype, n, d));
    return ntk_pool_memory(context, bytes);
}

ntk_status ntk_gram_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                           const ntk_gram_options *options)
{
    ntk_gram_options own;
    uint64_t need = 0;
    NTK_REQUIRE(context);
    NTK_REQUIRE(bytes);
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_kernel_sizes_check(kernel, n, d, __func__));
    NTK_TRY(read_options(&own, options, NTK_F64, __func__));
    NTK_TRY(ntk_sizes_representable(memory(context, &need, kernel, n, d, &own), n, d, 1, __func__));
    *bytes = need;
    return NTK_OK;
}

static void dispose(void *self)
{
    ntk_gram *gram = self;
    ntk_free(gram->base.context, gram->K.data);
    ntk_release(gram->set);
}

/* An implicit matrix keeps what is known of its samples, but nothing that only tiles need. */
static ntk_status fill(ntk_gram *gram, const ntk_kernel *kernel, const ntk_matrix *x, int32_t dtype, const char *function)
{
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, gram->base.context);
    ntk_work_stage(&work, "samples of a kernel", 1, 0, 0);
    NTK_TRY(ntk_sample_set_create(&gram->set, kernel, &lane, x, dtype, x->rows, false, function));
    NTK_TRY(ntk_symmetric_create(gram->base.context, &gram->K, gram->storage, dtype, x->rows));
    if (gram->storage == NTK_STORAGE_IMPLICIT) {
        if (kernel->operations->rest) kernel->operations->rest(&gram->set->samples);
        return NTK_OK;
    }
    return ntk_gram_assemble(&gram->K, &gram->set->samples, &lane, 0, 1);
}

ntk_status ntk_gram_create(ntk_context *context, ntk_gram **gram, const ntk_kernel *kernel, const ntk_matrix *x,
                           const ntk_gram_options *options)
{
    ntk_gram_options own;
    ntk_gram *made;
    uint64_t bytes;
    NTK_REQUIRE(gram);
    *gram = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_input_check(x, __func__, "x"));
    NTK_TRY(ntk_shape_check(x, -1, ntk_kernel_inputs(kernel), __func__, "x"));
    NTK_TRY(read_options(&own, options, x->dtype, __func__));
    NTK_TRY(ntk_finite_check(x, __func__, "x"));
    NTK_TRY(memory(context, &bytes, kernel, x->rows, x->cols, &own));
    NTK_TRY(ntk_budget_check(context, bytes, "a kernel matrix"));
    NTK_TRY(ntk_object_create(context, &made, sizeof *made, dispose, "a kernel matrix"));
    made->storage = own.storage;
    ntk_status status = fill(made, kernel, x, own.dtype, __func__);
    if (status < 0)
        ntk_release(made);
    else
        *gram = made;
    return status;
}

void ntk_gram_destroy(ntk_gram *gram)
{
    ntk_release(gram);
}

int64_t ntk_gram_size(const ntk_gram *gram)
{
    return gram ? gram->K.n : -1;
}

ntk_status ntk_gram_trace(const ntk_gram *gram, double *trace)
{
    NTK_REQUIRE(gram);
    NTK_REQUIRE(trace);
    double sum = 0;
    for (int64_t i = 0; i < gram->K.n; i++)
        sum += gram->K.data ? ntk_symmetric_diagonal(&gram->K, i) : gram->set->samples.diagonal[i];
    *trace = sum;
    return NTK_OK;
}
