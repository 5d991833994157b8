/* What a sweep may hold. */
#include "core/memory.h"
#include "core/parallel.h"
#include "core/pool.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/lazy/lazy.h"
#include "dynamics/training/probe.h"
#include "network/network.h"

/* Blocks that a training holds at a time at most: its own context counts each of them, and so does the caller's. */
enum { BLOCKS = 32 };

/* n samples of d inputs, of which each training has a copy, or not. */
typedef struct sizes {
    const ntk_lazy_setting *setting;
    int64_t n, d;
    bool copied;
    const char *function;
} sizes;

static ntk_status network_memory(uint64_t *bytes, ntk_weights *weights)
{
    if (__builtin_mul_overflow(weights->hidden, weights->inputs, &weights->size) ||
        __builtin_add_overflow(weights->hidden, weights->size, &weights->size))
        return NTK_ERR_OVERFLOW;
    NTK_TRY(ntk_need(bytes, 1, sizeof(ntk_network)));
    NTK_TRY(ntk_need(bytes, 1, sizeof(ntk_weights) + sizeof(ntk_layer)));
    return ntk_need(bytes, weights->size, sizeof(double));
}

/* Of the network itself, whose linearization holds no more: steps with what the history says of the last, and then outputs. */
static ntk_status training_memory(const sizes *of, uint64_t *bytes, const ntk_weights *weights)
{
    const ntk_lazy_options *options = &of->setting->options;
    const ntk_matrix *test = options->test;
    const ntk_training_options training = ntk_lazy_training(options, false, 0);
    int64_t row = of->d * (int64_t)sizeof(double), m = test ? test->rows : of->n;
    uint64_t spectral = 0, record = 0, steps = 0, outputs = 0;
    ntk_training_options own;
    NTK_TRY(ntk_training_options_read(&own, &training, weights, of->n, NTK_F64, false, of->function));
    NTK_TRY(ntk_need(bytes, 1, sizeof(ntk_training)));
    if (of->copied) NTK_TRY(ntk_need(bytes, of->n, row));
    NTK_TRY(ntk_need(bytes, of->n, sizeof(double)));
    NTK_TRY(ntk_training_arrays_memory(bytes, weights, &own, of->n, own.dtype));
    NTK_TRY(ntk_training_spectral_memory(&spectral, weights, of->n));
    NTK_TRY(ntk_training_history_memory(&record));
    NTK_TRY(ntk_probe_memory(&record, weights, &own, of->n));
    NTK_TRY(ntk_pass_memory(&steps, weights, &own, of->n));
    NTK_TRY(ntk_size_add(&steps, 1, (int64_t)ntk_most_bytes(spectral, record)));
    NTK_TRY(ntk_pass_memory(&outputs, weights, &own, m));
    if (test ? ntk_operand_is_copied(test, NTK_F64) : of->copied) NTK_TRY(ntk_need(&outputs, m, row));
    return ntk_size_add(bytes, 1, (int64_t)ntk_most_bytes(steps, outputs));
}

static ntk_status replicate_memory(const sizes *of, uint64_t *bytes, int64_t width)
{
    const ntk_matrix *test = of->setting->options.test;
    const ntk_layer layer = {.inputs = of->d, .neurons = width};
    ntk_weights weights = {.activation = of->setting->activation, .inputs = of->d, .hidden = width, .outputs = 1};
    weights.layers = weights.networks = 1;
    weights.layer = &layer;
    weights.plain = true;
    NTK_TRY(ntk_need(bytes, 1, sizeof(ntk_context)));
    NTK_TRY(ntk_need(bytes, test ? test->rows : of->n, 2 * (int64_t)sizeof(double)));
    NTK_TRY(network_memory(bytes, &weights));
    for (int i = 0; i < BLOCKS; i++) NTK_TRY(ntk_need(bytes, 0, 0));
    return training_memory(of, bytes, &weights);
}

/* The largest width below one, and how many trainings it has. */
static int64_t next_width(const ntk_lazy_options *options, int64_t below, int64_t *trainings)
{
    int64_t width = 0, each = options->exponent_count * options->replicates;
    for (int64_t i = 0; i < options->width_count; i++) {
        if (options->widths[i] >= below || options->widths[i] < width) continue;
        *trainings = options->widths[i] > width ? each : *trainings + each;
        width = options->widths[i];
    }
    return width;
}

/* As many trainings as there are lanes, of the largest widths. */
static ntk_status lanes_memory(const sizes *of, uint64_t *bytes, int64_t lanes)
{
    int64_t trainings = 0, width = INT64_MAX;
    while (lanes > 0 && (width = next_width(&of->setting->options, width, &trainings)) > 0) {
        uint64_t need = 0;
        int64_t count = ntk_smaller(lanes, trainings);
        NTK_TRY(replicate_memory(of, &need, width));
        NTK_TRY(ntk_size_add(bytes, count, (int64_t)need));
        lanes -= count;
    }
    return NTK_OK;
}

static ntk_status sweep_memory(const sizes *of, const ntk_context *context, uint64_t *bytes)
{
    const ntk_lazy_options *options = &of->setting->options;
    uint64_t trainings;
    NTK_TRY(ntk_size_multiply(&trainings, options->exponent_count * options->width_count, options->replicates));
    NTK_TRY(ntk_need(bytes, (int64_t)trainings, NTK_LAZY_QUANTITIES * (int64_t)sizeof(double)));
    NTK_TRY(ntk_need(bytes, options->width_count, 3 * (int64_t)sizeof(double)));
    NTK_TRY(ntk_pool_memory(context, bytes));
    return lanes_memory(of, bytes, ntk_lanes_expected(context, (int64_t)trainings));
}

ntk_status ntk_lazy_need(const ntk_lazy_setting *setting, const ntk_context *context, uint64_t *bytes, int64_t n, int64_t d,
                         bool copied, const char *function)
{
    const sizes of = {.setting = setting, .n = n, .d = d, .copied = copied, .function = function};
    *bytes = 0;
    ntk_status status = sweep_memory(&of, context, bytes);
    if (status != NTK_ERR_OVERFLOW) return status;
    return ntk_fail(status, "%s: networks of these widths and %lld inputs take more memory than can be addressed", function,
                    (long long)d);
}

ntk_status ntk_lazy_memory(const ntk_context *context, uint64_t *bytes, const ntk_activation *activation, int64_t n, int64_t d,
                           int32_t dtype, const ntk_lazy_options *options)
{
    ntk_lazy_setting setting = {.activation = activation};
    uint64_t need;
    NTK_REQUIRE(context);
    NTK_REQUIRE(bytes);
    NTK_REQUIRE(activation);
    NTK_REQUIRE(options);
    if (n < 1 || d < 1)
        return ntk_fail(NTK_ERR_SHAPE, "%s: %s is %lld, expected at least 1", __func__, n < 1 ? "n" : "d",
                        (long long)(n < 1 ? n : d));
    NTK_TRY(ntk_dtype_check(dtype, 1, __func__, "dtype"));
    NTK_TRY(ntk_lazy_options_read(&setting.options, options, __func__));
    if (setting.options.test) {
        NTK_TRY(ntk_input_check(setting.options.test, __func__, "test"));
        NTK_TRY(ntk_shape_check(setting.options.test, -1, d, __func__, "test"));
    }
    NTK_TRY(ntk_lazy_need(&setting, context, &need, n, d, dtype == NTK_F32, __func__));
    *bytes = need;
    return NTK_OK;
}
