#include "network/passes.h"

#include "activation/activation.h"
#include "core/context.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "network/elements.h"
#include "network/pass_parts.h"
#include "network/simd/rows.h"

/* A chunk has at most so many numbers of its widest layer and of all layers: enough rows for a threaded product, few enough for the
 * caches; and rows between the limits. */
enum { WIDEST_NUMBERS = 1 << 20, ALL_NUMBERS = 1 << 22, LEAST_ROWS = 128, MOST_ROWS = 8192 };

/* --- its shape --- */

static int64_t neurons_of(const ntk_weights *weights)
{
    const ntk_layer *last = &weights->layer[weights->layers - 1];
    return last->before + last->neurons;
}

static int64_t widest_of(const ntk_weights *weights)
{
    int64_t widest = 0;
    for (int64_t l = 0; l < weights->layers; l++) widest = ntk_larger(widest, weights->layer[l].neurons);
    return widest;
}

int64_t ntk_passes_rows(const ntk_weights *weights, int64_t samples)
{
    int64_t most = ntk_smaller(WIDEST_NUMBERS / widest_of(weights), ALL_NUMBERS / neurons_of(weights));
    most = ntk_larger(LEAST_ROWS, ntk_smaller(MOST_ROWS, most));
    int64_t chunks = (samples - 1) / most + 1;
    return (samples - 1) / chunks + 1;
}

static bool has_array(const ntk_passes *passes, int array)
{
    int needed = array == NTK_PASS_OUTPUTS ? 0 : array == NTK_PASS_SLOPES ? 1 : 2;
    if (array == NTK_PASS_OUTPUTS) return true;
    if (passes->order < needed || !ntk_pass_has_hidden(passes)) return false;
    bool derived = array == NTK_PASS_SLOPES || array == NTK_PASS_BENDS;
    return !(derived && ntk_activation_from_value(passes->weights->activation));
}

/* Arrays before this one in the block. */
static int64_t arrays_before(const ntk_passes *passes, int array)
{
    int64_t count = 0;
    for (int a = 0; a < array; a++) count += has_array(passes, a);
    return count;
}

/* Rooms as wide as the widest layer: of each layer order, for two layers where there are as many. */
static int64_t rooms_of(const ntk_passes *passes)
{
    if (!ntk_pass_has_hidden(passes)) return 0;
    return passes->order * (passes->weights->layers > 1 ? 2 : 1);
}

/* Numbers of one kind of sums: of tasks of a sweep. */
static int64_t sums_of(const ntk_passes *passes)
{
    return passes->order ? ((passes->rows - 1) / NTK_PASS_LEAST_ROWS + 1) * widest_of(passes->weights) : 0;
}

/* Numbers before the sums, or -1 if they are not representable; and of all. */
static int64_t numbers_before_sums(const ntk_passes *passes)
{
    int64_t numbers, rooms;
    if (__builtin_mul_overflow(arrays_before(passes, NTK_PASS_ARRAYS), neurons_of(passes->weights), &numbers) ||
        __builtin_mul_overflow(rooms_of(passes), widest_of(passes->weights), &rooms) ||
        __builtin_add_overflow(numbers, rooms, &numbers) || __builtin_mul_overflow(numbers, passes->rows, &numbers))
        return -1;
    return numbers;
}

static ntk_passes shape_of(const ntk_weights *weights, int32_t dtype, int32_t part, int64_t samples, int order)
{
    return (ntk_passes){
        .weights = weights, .dtype = dtype, .part = part, .order = order, .rows = ntk_passes_rows(weights, samples)};
}

/* Bytes of the block. */
static ntk_status bytes_of(const ntk_passes *passes, int64_t *bytes)
{
    int64_t numbers = numbers_before_sums(passes);
    if (numbers < 0 || __builtin_add_overflow(numbers, 2 * sums_of(passes), &numbers) ||
        __builtin_mul_overflow(numbers, ntk_dtype_size(passes->dtype), bytes))
        return ntk_fail(NTK_ERR_OVERFLOW, "the layers' outputs for %lld samples are more than can be addressed",
                        (long long)passes->rows);
    return NTK_OK;
}

ntk_status ntk_passes_memory(const ntk_weights *weights, uint64_t *bytes, int32_t dtype, int32_t part, int64_t samples,
                             int order)
{
    ntk_passes passes = shape_of(weights, dtype, part, samples, order);
    int64_t size;
    NTK_TRY(bytes_of(&passes, &size));
    return ntk_need(bytes, size, 1);
}

ntk_status ntk_passes_open(ntk_passes *passes, const ntk_lane *lane, const ntk_weights *weights, int32_t dtype, int32_t part,
                           int64_t samples, int order)
{
    int64_t size;
    *passes = shape_of(weights, dtype, part, samples, order);
    NTK_TRY(bytes_of(passes, &size));
    return ntk_allocate(lane->work->context, &passes->block, size, 1, "the layers' outputs");
}

void ntk_passes_close(ntk_passes *passes, const ntk_lane *lane)
{
    ntk_free(lane->work->context, passes->block);
    passes->block = NULL;
}

ntk_status ntk_passes_second_check(const ntk_weights *weights, int32_t part, const char *function)
{
    if (part == NTK_PART_RF || ntk_activation_has_second(weights->activation)) return NTK_OK;
    return ntk_fail(NTK_ERR_UNSUPPORTED,
                    "%s: the network's activation is the caller's and has no second_derivative, which this call takes",
                    function);
}

/* --- places in it --- */

void *ntk_pass_array(const ntk_passes *passes, int array, int64_t layer)
{
    const ntk_weights *weights = passes->weights;
    if (!has_array(passes, array)) return NULL;
    int64_t before = arrays_before(passes, array) * neurons_of(weights) + weights->layer[layer].before;
    return ntk_at(passes->block, passes->dtype, passes->rows * before);
}

void *ntk_pass_room(const ntk_passes *passes, int which, int64_t layer)
{
    const ntk_weights *weights = passes->weights;
    int64_t room = weights->layers > 1 ? 2 * which + layer % 2 : which;
    int64_t before = arrays_before(passes, NTK_PASS_ARRAYS) * neurons_of(weights) + room * widest_of(weights);
    return ntk_at(passes->block, passes->dtype, passes->rows * before);
}

void *ntk_pass_sums(const ntk_passes *passes, int which)
{
    return ntk_at(passes->block, passes->dtype, numbers_before_sums(passes) + which * sums_of(passes));
}

int64_t ntk_pass_output_weights(const ntk_passes *passes)
{
    return ntk_weights_size(passes->weights, NTK_PART_NT);
}

int64_t ntk_pass_output_biases(const ntk_passes *passes)
{
    return ntk_pass_output_weights(passes) + passes->weights->outputs * passes->weights->hidden;
}

void *ntk_pass_part(const ntk_passes *passes, const void *vector, int64_t index)
{
    int64_t hidden = ntk_pass_output_weights(passes);
    bool is_hidden = index < hidden;
    if (index >= passes->weights->size || !(is_hidden ? ntk_pass_has_hidden(passes) : ntk_pass_has_output(passes))) return NULL;
    return ntk_at(vector, passes->dtype, passes->part == NTK_PART_RF ? index - hidden : index);
}

const void *ntk_pass_input(const ntk_passes *passes, const ntk_chunk *chunk, int64_t layer, int64_t *stride)
{
    *stride = layer ? passes->weights->layer[layer].inputs : chunk->ldx;
    return layer ? ntk_pass_array(passes, NTK_PASS_OUTPUTS, layer - 1) : chunk->x;
}

/* --- forward --- */

typedef struct activating {
    const ntk_passes *passes;
    const ntk_chunk *chunk;
    int64_t layer, neurons, per_task;
    const void *biases;
    void *h, *slopes, *bends;
    void *y; /* of a single output, at the last layer */
} activating;

/* h = sigma(z) and its derivatives for a group of rows, of z = h without its biases. */
static void activate_group(const activating *job, const ntk_lane *lane, int64_t first, int64_t rows)
{
    const ntk_passes *passes = job->passes;
    const ntk_activation *activation = passes->weights->activation;
    int64_t N = job->neurons, count = rows * N;
    ntk_isa isa = lane->work->context->isa;
    int32_t dtype = passes->dtype;
    void *h = ntk_at(job->h, dtype, first * N);
    for (int64_t i = 0; job->biases && i < rows; i++)
        ntk_add_scaled(dtype, ntk_at(h, dtype, i * N), passes->weights->layer[job->layer].bias, job->biases, N);
    if (job->slopes) ntk_activation_evaluate(activation, isa, dtype, 1, ntk_at(job->slopes, dtype, first * N), h, count);
    if (job->bends) ntk_activation_evaluate(activation, isa, dtype, 2, ntk_at(job->bends, dtype, first * N), h, count);
    ntk_activation_evaluate(activation, isa, dtype, 0, h, h, count);
    if (!job->y) return;
    const void *a = ntk_at(job->chunk->theta, dtype, ntk_pass_output_weights(passes));
    NTK_OF_ISA(isa, ntk_row_loops, dtype - 1)->outputs(ntk_at(job->y, dtype, first), h, N, rows, N, a);
    for (int64_t i = first; i < first + rows; i++)
        ntk_put(job->y, dtype, i, passes->weights->gamma * ntk_get(job->y, dtype, i));
}

static ntk_status activate_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const activating *job = argument;
    int64_t first = index * job->per_task, last = ntk_smaller(first + job->per_task, job->chunk->rows);
    int64_t group = ntk_pass_group_rows(job->neurons);
    for (int64_t i = first; i < last; i += group) activate_group(job, lane, i, ntk_smaller(group, last - i));
    return ntk_advance(lane, 0);
}

static ntk_status forward_layer(const ntk_passes *passes, const ntk_lane *lane, const ntk_chunk *chunk, int64_t l, void *y)
{
    const ntk_layer *layer = &passes->weights->layer[l];
    activating job = {.passes = passes, .chunk = chunk, .layer = l, .neurons = layer->neurons};
    int64_t stride;
    const void *in = ntk_pass_input(passes, chunk, l, &stride);
    job.per_task = ntk_pass_task_rows(layer->neurons);
    job.biases = layer->bias != 0 ? ntk_at(chunk->theta, passes->dtype, layer->biases) : NULL;
    job.h = ntk_pass_array(passes, NTK_PASS_OUTPUTS, l);
    job.slopes = ntk_pass_array(passes, NTK_PASS_SLOPES, l);
    job.bends = ntk_pass_array(passes, NTK_PASS_BENDS, l);
    job.y = l + 1 == passes->weights->layers && passes->weights->outputs == 1 ? y : NULL;
    NTK_TRY(
        ntk_pass_into(passes, lane, l, chunk->rows, in, stride, ntk_at(chunk->theta, passes->dtype, layer->weights), 0, job.h));
    return ntk_run_light(lane, chunk->rows * job.neurons, (chunk->rows - 1) / job.per_task + 1, activate_rows, &job);
}

ntk_status ntk_passes_forward(const ntk_passes *passes, const ntk_lane *lane, const ntk_chunk *chunk, void *y)
{
    const ntk_weights *weights = passes->weights;
    for (int64_t l = 0; l < weights->layers; l++) NTK_TRY(forward_layer(passes, lane, chunk, l, y));
    if (weights->outputs > 1) {
        const void *a = ntk_at(chunk->theta, passes->dtype, ntk_pass_output_weights(passes));
        const void *h = ntk_pass_array(passes, NTK_PASS_OUTPUTS, weights->layers - 1);
        NTK_TRY(ntk_pass_read_out(passes, lane, chunk->rows, h, a, 0, y));
    }
    ntk_pass_add_biases(passes, chunk->rows, ntk_at(chunk->theta, passes->dtype, ntk_pass_output_biases(passes)), y);
    return NTK_OK;
}
