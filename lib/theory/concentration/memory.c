/* What a sweep may hold. */
#include "core/memory.h"
#include "core/context.h"
#include "core/inner.h"
#include "core/pool.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/finite.h"
#include "kernel/gates.h"
#include "theory/concentration/concentration.h"

/* Bytes that blocks of a context within another one have beside what needs count: the other's headers, and small objects. */
enum { MOST_BLOCKS = 24, BLOCK_BYTES = 512 };

/* A call: inner is what the context of a network's calls will be, and outer that of the limit's. */
typedef struct query {
    const ntk_concentration_setting *setting;
    ntk_context outer, inner;
    int64_t n, d;
} query;

/* --- a network --- */

/* The kernel of a network that is not there. */
typedef struct shape {
    ntk_weights weights;
    ntk_features features;
    ntk_finite kernel;
} shape;

static ntk_status shape_init(shape *s, const query *q, int64_t width)
{
    const ntk_concentration_options *options = &q->setting->options;
    ntk_weights *weights = &s->weights;
    *s = (shape){.features = {.weights = weights, .part = options->part}};
    *weights = (ntk_weights){.activation = q->setting->activation, .inputs = q->d, .hidden = width, .outputs = 1};
    weights->layers = weights->networks = 1;
    weights->plain = true;
    if (__builtin_mul_overflow(width, q->d, &weights->size) || __builtin_add_overflow(weights->size, width, &weights->size))
        return NTK_ERR_OVERFLOW;
    s->features.size = ntk_weights_size(weights, options->part);
    /* normal numbers are not equal in size, but a single one is */
    bool alike = options->output_weights == NTK_OUTPUT_SIGNS || width == 1;
    ntk_finite_shape(&s->kernel, &s->features, alike && ntk_gates_serve_signs(&s->features));
    return NTK_OK;
}

/* Of a kernel matrix that has been made, whose samples keep nothing that only tiles need. */
static ntk_status held_memory(const query *q, uint64_t *bytes)
{
    uint64_t inputs;
    NTK_TRY(ntk_size_multiply(&inputs, q->n, q->d));
    NTK_TRY(ntk_need(bytes, (int64_t)inputs, sizeof(double)));
    NTK_TRY(ntk_need(bytes, q->n, sizeof(double)));
    return ntk_symmetric_memory(bytes, q->setting->options.storage, NTK_F64, q->n);
}

/* What making the matrix takes in all; of one that is not held its samples. */
static ntk_status making_memory(const query *q, uint64_t *bytes, const ntk_kernel *kernel)
{
    ntk_gram_options options = NTK_INIT(ntk_gram_options);
    options.storage = q->setting->options.storage;
    options.dtype = NTK_F64;
    if (options.storage == NTK_STORAGE_IMPLICIT) return ntk_sample_set_memory(kernel, bytes, NTK_F64, q->n, q->d, q->n);
    return ntk_gram_memory(&q->inner, bytes, kernel, q->n, q->d, &options);
}

/* The matrix is made, and then its deviation found; its smallest eigenvalue takes no more than that. */
static ntk_status network_memory(const query *q, uint64_t *bytes, int64_t width)
{
    shape s;
    uint64_t made = 0, found = 0;
    bool held = q->setting->options.storage != NTK_STORAGE_IMPLICIT;
    NTK_TRY(shape_init(&s, q, width));
    NTK_TRY(ntk_need(bytes, s.weights.size, sizeof(double)));
    NTK_TRY(making_memory(q, &made, &s.kernel.base));
    NTK_TRY(held_memory(q, &found));
    NTK_TRY(ntk_deviation_memory(&s.kernel.base, &q->inner, &found, held, NTK_F64, q->n, q->d));
    if (__builtin_add_overflow(*bytes, ntk_most_bytes(made, found), bytes)) return NTK_ERR_OVERFLOW;
    return ntk_size_add(bytes, MOST_BLOCKS, BLOCK_BYTES);
}

static ntk_status networks_memory(const query *q, uint64_t *bytes, int64_t lanes)
{
    const ntk_concentration_options *options = &q->setting->options;
    uint64_t most = 0;
    for (int64_t i = 0; i < options->width_count; i++) {
        uint64_t need = 0;
        NTK_TRY(network_memory(q, &need, options->widths[i]));
        most = ntk_most_bytes(most, need);
    }
    return most > INT64_MAX ? NTK_ERR_OVERFLOW : ntk_size_add(bytes, lanes, (int64_t)most);
}

/* --- the sweep --- */

/* The limit is made and factored, its smallest eigenvalue is found, and then networks are in work. */
static ntk_status memory(const query *q, ntk_context *context, uint64_t *bytes, int64_t lanes)
{
    uint64_t held = 0, making = 0, factoring, working;
    NTK_TRY(ntk_limit_memory(q->setting, context, &q->outer, &held, &making, q->n, q->d));
    factoring = working = held;
    NTK_TRY(ntk_lanczos_memory(&factoring, q->n, q->n, ntk_smaller(q->n, NTK_DEVIATION_STEPS)));
    NTK_TRY(networks_memory(q, &working, lanes));
    making = ntk_most_bytes(ntk_most_bytes(making, factoring), working);
    NTK_TRY(ntk_size_add(bytes, MOST_BLOCKS, BLOCK_BYTES));
    return __builtin_add_overflow(*bytes, making, bytes) ? NTK_ERR_OVERFLOW : NTK_OK;
}

ntk_status ntk_concentration_need(const ntk_concentration_setting *setting, ntk_context *context, uint64_t *bytes, int64_t n,
                                  int64_t d)
{
    const ntk_concentration_options *options = &setting->options;
    int64_t networks = options->width_count * options->replicates;
    int64_t lanes = n <= NTK_NETWORKS_AT_ONCE ? ntk_lanes_expected(context, networks) : 1;
    query q = {.setting = setting, .n = n, .d = d};
    ntk_inner_shape(&q.outer, context, false);
    ntk_inner_shape(&q.inner, context, lanes > 1);
    *bytes = 0;
    if (options->limit) NTK_TRY(ntk_kernel_sizes_check(options->limit, n, d, setting->function));
    NTK_TRY(ntk_need(bytes, networks, NTK_REPLICATE_NUMBERS * (int64_t)sizeof(double)));
    NTK_TRY(ntk_need(bytes, options->width_count, 3 * (int64_t)sizeof(double)));
    NTK_TRY(ntk_pool_memory(context, bytes));
    ntk_status status = memory(&q, context, bytes, lanes);
    if (status != NTK_ERR_OVERFLOW) return status;
    return ntk_fail(status, "%s: n is %lld and d %lld, which with these widths takes more memory than can be addressed",
                    setting->function, (long long)n, (long long)d);
}

ntk_status ntk_concentration_memory(const ntk_context *context, uint64_t *bytes, const ntk_activation *activation, int64_t n,
                                    int64_t d, const ntk_concentration_options *options)
{
    ntk_concentration_setting setting = {.activation = activation, .function = __func__};
    uint64_t need;
    NTK_REQUIRE(context);
    NTK_REQUIRE(bytes);
    NTK_REQUIRE(activation);
    NTK_REQUIRE(options);
    NTK_TRY(ntk_kernel_size_check(n, __func__, "n"));
    NTK_TRY(ntk_kernel_size_check(d, __func__, "d"));
    NTK_TRY(ntk_concentration_options_read(&setting.options, options, __func__));
    NTK_TRY(ntk_concentration_need(&setting, (ntk_context *)(uintptr_t)context, &need, n, d));
    *bytes = need;
    return NTK_OK;
}
