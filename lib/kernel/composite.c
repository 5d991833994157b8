#include "kernel/composite.h"

#include "core/size.h"
#include "core/status.h"
#include "kernel/combine.h"
#include "kernel/tile.h"

#include <string.h>

static int64_t nodes_of(const ntk_kernel *kernel)
{
    return kernel->nodes ? kernel->nodes : 1;
}

ntk_status ntk_composite_count_check(int64_t count, const char *function)
{
    NTK_TRY(ntk_kernel_size_check(count, function, "count"));
    if (count <= NTK_MOST_TERMS) return NTK_OK;
    return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: count is %lld, expected at most %d", function, (long long)count, NTK_MOST_TERMS);
}

static ntk_status check_terms(const ntk_kernel *const *terms, int64_t count, const char *function, const char *name,
                              ntk_kernel *kernel)
{
    kernel->nodes = 1;
    for (int64_t t = 0; t < count; t++) {
        const ntk_kernel *term = terms[t];
        if (!term) return ntk_fail(NTK_ERR_NULL, "%s: %s[%lld] is NULL", function, name, (long long)t);
        if (kernel->inputs && term->inputs && term->inputs != kernel->inputs)
            return ntk_fail(NTK_ERR_SHAPE, "%s: %s[%lld] takes %lld inputs, expected %lld, as those before it", function, name,
                            (long long)t, (long long)term->inputs, (long long)kernel->inputs);
        if (term->inputs) kernel->inputs = term->inputs;
        kernel->nodes += nodes_of(term);
        if (kernel->nodes > NTK_MOST_NODES)
            return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: the kernel would be made of more than %d kernels, itself included",
                            function, NTK_MOST_NODES);
    }
    return NTK_OK;
}

static void dispose(void *self)
{
    const ntk_kernel *kernel = self;
    for (int64_t t = 0; t < kernel->term_count; t++) ntk_release((void *)(uintptr_t)kernel->terms[t]);
}

static int64_t products_of(const ntk_kernel *kernel)
{
    return kernel->features ? ntk_features_has(kernel->features, NTK_PART_NT) : kernel->operations->products;
}

static bool has_scales(const ntk_kernel *const *terms, int64_t count)
{
    for (int64_t t = 0; t < count; t++)
        if (!terms[t]->operations->scales) return false;
    return true;
}

static bool has_gradients(const ntk_kernel *const *terms, int64_t count)
{
    for (int64_t t = 0; t < count; t++)
        if (!terms[t]->operations->gradient) return false;
    return true;
}

ntk_status ntk_composite_create(ntk_context *context, ntk_composite **composite, const ntk_kernel_operations *operations,
                                const ntk_kernel *const *terms, int64_t count, int64_t numbers, const char *function,
                                const char *name)
{
    ntk_composite *made;
    ntk_kernel kernel = {.term_count = count};
    NTK_TRY(check_terms(terms, count, function, name, &kernel));
    size_t size = sizeof *made + (size_t)count * sizeof *terms;
    NTK_TRY(ntk_object_create(context, &made, size + (size_t)numbers * sizeof(double), dispose, "a kernel"));
    const ntk_kernel **own = (const ntk_kernel **)(made + 1);
    for (int64_t t = 0; t < count; t++) own[t] = ntk_retain(terms[t]);
    kernel.base = made->base.base;
    kernel.operations = &made->operations;
    kernel.terms = own;
    made->base = kernel;
    made->operations = *operations;
    made->operations.passes = ntk_composite_passes;
    made->operations.cost = ntk_composite_cost;
    if (!operations->memory) made->operations.memory = ntk_composite_memory;
    if (!operations->close) made->operations.close = ntk_composite_close;
    made->numbers = (double *)(own + count);
    for (int64_t t = 0; t < count && !operations->transform; t++) made->operations.products += products_of(terms[t]);
    if (!has_gradients(terms, count)) made->operations.gradient = NULL;
    if (!has_scales(terms, count)) made->operations.scales = NULL, made->operations.scale_memory = NULL;
    *composite = made;
    return NTK_OK;
}

/* --- operations --- */

int64_t ntk_terms_scratch(const ntk_kernel *kernel)
{
    int64_t most = 0;
    for (int64_t t = 0; t < kernel->term_count; t++) most = ntk_larger(most, kernel->terms[t]->operations->scratch);
    return most;
}

int64_t ntk_terms_gradient_scratch(const ntk_kernel *kernel)
{
    int64_t most = ntk_terms_scratch(kernel);
    for (int64_t t = 0; t < kernel->term_count; t++) most = ntk_larger(most, kernel->terms[t]->operations->gradient_scratch);
    return most;
}

int64_t ntk_terms_gradient_sums(const ntk_kernel *kernel)
{
    int64_t most = 0;
    for (int64_t t = 0; t < kernel->term_count; t++) most = ntk_larger(most, kernel->terms[t]->operations->gradient_sums);
    return most;
}

int64_t ntk_composite_passes(const ntk_kernel *kernel, int32_t dtype, int64_t all)
{
    (void)kernel, (void)dtype, (void)all;
    return 1;
}

ntk_status ntk_composite_memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t all)
{
    (void)kernel, (void)bytes, (void)dtype, (void)rows, (void)all;
    return NTK_OK;
}

void ntk_composite_close(ntk_samples *samples)
{
    (void)samples;
}

double ntk_composite_cost(const ntk_kernel *kernel, int64_t inputs, int32_t dtype, int64_t all)
{
    (void)all;
    double sum = 1;
    for (int64_t t = 0; t < kernel->term_count; t++)
        sum += kernel->terms[t]->operations->cost(kernel->terms[t], inputs, dtype, 0);
    return sum;
}

/* --- tiles --- */

int64_t ntk_shared_products(const ntk_kernel *kernel, int64_t uses)
{
    return uses * kernel->operations->products > 1;
}

ntk_status ntk_share_products(ntk_kernel_tile *tile, const ntk_lane *lane, int64_t uses)
{
    void *products = tile->scratch;
    if (tile->products || !ntk_shared_products(tile->rows->kernel, uses)) return NTK_OK;
    NTK_TRY(ntk_tile_inner_products(tile, lane, products, tile->col_count));
    tile->products = products;
    tile->scratch = ntk_at(products, tile->rows->dtype, tile->row_count * tile->col_count);
    return NTK_OK;
}

/* Terms whose samples are not the kernel's, being transformed or scaled, have inner products of their own. */
static void drop_others_products(ntk_kernel_tile *term, const ntk_kernel_tile *whole)
{
    if (term->rows->x.data != whole->rows->x.data || term->cols->x.data != whole->cols->x.data) term->products = NULL;
}

ntk_status ntk_term_tile(const ntk_kernel_tile *tile, const ntk_lane *lane, int64_t t, void *out, int64_t ld, void *scratch)
{
    ntk_kernel_tile term = *tile;
    term.rows = &tile->rows->terms[t];
    term.cols = &tile->cols->terms[t];
    term.add = false;
    drop_others_products(&term, tile);
    term.out = out;
    term.ld = ld;
    term.scratch = scratch;
    return term.rows->kernel->operations->tile(&term, lane);
}

ntk_status ntk_terms_fold(const ntk_kernel_tile *tile, const ntk_lane *lane, const double *weights)
{
    ntk_kernel_tile shared = *tile;
    int64_t ld = tile->col_count, count = tile->rows->kernel->term_count;
    NTK_TRY(ntk_share_products(&shared, lane, 1));
    void *rectangle = shared.scratch, *scratch = ntk_at(rectangle, tile->rows->dtype, tile->row_count * ld);
    NTK_TRY(ntk_term_tile(&shared, lane, 0, tile->out, tile->ld, rectangle));
    if (weights && weights[0] != 1) NTK_TRY(ntk_tile_combine(tile, lane, NTK_COMBINE_SET, tile->out, tile->ld, weights[0]));
    for (int64_t t = 1; t < count; t++) {
        NTK_TRY(ntk_term_tile(&shared, lane, t, rectangle, ld, scratch));
        NTK_TRY(ntk_tile_combine(tile, lane, weights ? NTK_COMBINE_ADD : NTK_COMBINE_MULTIPLY, rectangle, ld,
                                 weights ? weights[t] : 1));
    }
    return NTK_OK;
}

int64_t ntk_folded_scratch(const ntk_kernel *kernel)
{
    return ntk_terms_scratch(kernel) + (kernel->term_count > 1) + ntk_shared_products(kernel, 1);
}

ntk_tile_gradient ntk_term_gradient(const ntk_tile_gradient *job, int64_t t, int64_t first, int64_t count, void *scratch)
{
    ntk_tile_gradient part = *job;
    const ntk_samples *rows = job->tile.rows;
    part.tile.rows = &rows->terms[t];
    part.tile.cols = &job->tile.cols->terms[t];
    part.tile.scratch = scratch;
    drop_others_products(&part.tile, &job->tile);
    part.weights = ntk_at(job->weights, rows->dtype, first * job->by_target);
    part.targets = count;
    part.g = ntk_at(job->g, rows->dtype, first * rows->inputs);
    return part;
}

ntk_status ntk_term_add_gradient(const ntk_tile_gradient *part, const ntk_lane *lane)
{
    return part->tile.rows->kernel->operations->gradient(part, lane);
}
