/* What a training holds of each parameter and of a batch. */
#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"
#include "dynamics/training/simd/steps.h"
#include "dynamics/training/stretches.h"
#include "dynamics/training/training.h"

#include <stddef.h>
#include <string.h>

/* One array: where its pointer is in the training, and count elements of size bytes; count 0: there is none.
 * fill  0 or what it begins as */
typedef struct held {
    size_t place;
    int64_t count, size;
    enum { FILL_NOT, FILL_ZERO, FILL_START } fill;
} held;

enum { ARRAYS = 16 };

static void list_parameters(held arrays[10], const ntk_weights *weights, const ntk_training_options *options)
{
    int64_t p = ntk_weights_size(weights, options->part), all = weights->size, size = ntk_dtype_size(options->dtype);
    int32_t method = options->method, schedule = options->schedule;
    bool line = options->linearized, squares = method >= NTK_TRAINING_ADAGRAD;
    bool ahead = method == NTK_TRAINING_NESTEROV || schedule == NTK_SCHEDULE_BACKTRACKING;
    bool velocity = method == NTK_TRAINING_MOMENTUM || method == NTK_TRAINING_ADAM;
    bool start = line || (options->weight_decay != 0 && options->decay_to == NTK_DECAY_START) || options->record;
    bool copy = start && options->dtype != NTK_F64;
    const held list[] = {{offsetof(ntk_training, start_copy), copy ? all : 0, size, FILL_START},
                         {offsetof(ntk_training, theta), line ? 0 : all, size, FILL_START},
                         {offsetof(ntk_training, q), line ? p : 0, size, FILL_ZERO},
                         {offsetof(ntk_training, ahead),
                          !ahead ? 0
                          : line ? p
                                 : all,
                          size, line ? FILL_ZERO : FILL_START},
                         {offsetof(ntk_training, gradient), p, size, FILL_NOT},
                         {offsetof(ntk_training, previous), schedule == NTK_SCHEDULE_BARZILAI_BORWEIN ? p : 0, size, FILL_ZERO},
                         {offsetof(ntk_training, velocity), velocity ? p : 0, size, FILL_ZERO},
                         {offsetof(ntk_training, squares), squares ? p : 0, size, FILL_ZERO},
                         {offsetof(ntk_training, best_q), options->patience > 0 ? p : 0, size, FILL_ZERO},
                         {offsetof(ntk_training, sums), ntk_stretches(p), NTK_SUMS * sizeof(double), FILL_NOT}};
    memcpy(arrays, list, sizeof list);
}

static void list_arrays(held arrays[ARRAYS], const ntk_weights *weights, const ntk_training_options *options, int64_t n,
                        int32_t read)
{
    int64_t p = ntk_weights_size(weights, options->part), size = ntk_dtype_size(options->dtype), batch = options->batch;
    int64_t d = weights->inputs, m = weights->outputs;
    bool gathered = n == 0 || (options->method != NTK_TRAINING_ONLINE && (batch != n || options->replacement));
    bool shuffled = n > 0 && gathered && !options->replacement, converted = n == 0 && read != options->dtype;
    list_parameters(arrays, weights, options);
    const held list[] = {{offsetof(ntk_training, done), ntk_stretches(p), 1, FILL_NOT},
                         {offsetof(ntk_training, order), shuffled ? n : 0, sizeof(int64_t), FILL_NOT},
                         {offsetof(ntk_training, x_room), gathered ? batch : 0, d * size, FILL_NOT},
                         {offsetof(ntk_training, y_room), gathered ? batch : 0, m * size, FILL_NOT},
                         {offsetof(ntk_training, x_read), converted ? batch : 0, d * ntk_dtype_size(read), FILL_NOT},
                         {offsetof(ntk_training, y_read), converted ? batch : 0, m * ntk_dtype_size(read), FILL_NOT}};
    memcpy(arrays + ARRAYS - sizeof list / sizeof list[0], list, sizeof list);
}

ntk_status ntk_training_arrays_memory(uint64_t *bytes, const ntk_weights *weights, const ntk_training_options *options,
                                      int64_t n, int32_t read)
{
    held arrays[ARRAYS];
    list_arrays(arrays, weights, options, n, read);
    for (int i = 0; i < ARRAYS; i++)
        if (arrays[i].count) NTK_TRY(ntk_need(bytes, arrays[i].count, arrays[i].size));
    return NTK_OK;
}

/* --- making --- */

static ntk_status fill(const ntk_training *training, const held *array, void *memory, const char *function)
{
    if (array->fill == FILL_ZERO) memset(memory, 0, (size_t)(array->count * array->size));
    if (array->fill != FILL_START) return NTK_OK;
    ntk_convert(memory, training->options.dtype, training->weights->w, NTK_F64, array->count);
    if (ntk_is_finite(memory, training->options.dtype, array->count)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: the network holds a parameter too large for single precision", function);
}

/* Pointers into other arrays. */
static void connect(ntk_training *training)
{
    const ntk_training_options *options = &training->options;
    training->start = options->dtype == NTK_F64 ? training->weights->w : training->start_copy;
    if (options->linearized)
        training->theta = (void *)(uintptr_t)training->start;
    else
        training->q = ntk_at(training->theta, options->dtype, training->first);
    if (!training->x_read) {
        training->x_read = training->x_room;
        training->y_read = training->y_room;
    }
}

ntk_status ntk_training_arrays(ntk_training *training, const ntk_lane *lane, const char *function)
{
    held arrays[ARRAYS];
    ntk_context *context = lane->work->context;
    list_arrays(arrays, training->weights, &training->options, training->samples.rows, training->stream.dtype);
    for (int i = 0; i < ARRAYS; i++) {
        void *memory;
        if (!arrays[i].count) continue;
        NTK_TRY(ntk_allocate(context, &memory, arrays[i].count, arrays[i].size, "a training"));
        memcpy((char *)training + arrays[i].place, &memory, sizeof memory);
        NTK_TRY(fill(training, &arrays[i], memory, function));
    }
    training->ordered = -1;
    connect(training);
    return NTK_OK;
}

void ntk_training_arrays_free(ntk_training *training)
{
    held arrays[ARRAYS];
    ntk_context *context = training->base.context;
    list_arrays(arrays, training->weights, &training->options, training->samples.rows, training->stream.dtype);
    for (int i = 0; i < ARRAYS; i++) {
        void *memory;
        memcpy(&memory, (char *)training + arrays[i].place, sizeof memory);
        if (arrays[i].count) ntk_free(context, memory);
    }
    ntk_free(context, training->kernel);
    ntk_free(context, training->history);
}

/* --- what others ask of them --- */

const void *ntk_training_decay_base(const ntk_training *training, double *sign)
{
    const ntk_training_options *options = &training->options;
    bool to_start = options->decay_to == NTK_DECAY_START, line = options->linearized;
    *sign = line ? 1 : -1;
    if (options->weight_decay == 0 || to_start == line) return NULL;
    return ntk_at(training->start, options->dtype, training->first);
}

void ntk_training_theta(const ntk_training *training, double *theta, int64_t stride)
{
    const double *w = training->weights->w;
    for (int64_t k = 0; k < training->weights->size; k++) theta[k * stride] = w[k];
    for (int64_t k = 0; k < training->size; k++) {
        double *to = theta + (training->first + k) * stride, q = ntk_get(training->q, training->options.dtype, k);
        *to = training->options.linearized ? *to + q : q;
    }
}
