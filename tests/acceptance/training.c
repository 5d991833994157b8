/* Trains a network by batches with early stopping, stops in the middle, and goes on from a file in memory to the same bits; and shows
 * that a wide network stays near its linearization. */
#include "expect.h"

#include <string.h>

enum { N = 200, D = 6, HELD = 40, MOST = 128 };

/* What a training was exported as. */
typedef struct store {
    ntk_array arrays[MOST];
    int count;
} store;

static int keep(void *user, const ntk_array *array)
{
    store *kept = user;
    ntk_array *own = &kept->arrays[kept->count];
    size_t size = array->type == NTK_ARRAY_TEXT ? 1 : array->type == NTK_ARRAY_F32 ? 4 : 8;
    if (kept->count == MOST) return 1;
    *own = *array;
    char *name = malloc(strlen(array->name) + 1), *data = malloc((size_t)(array->shape[0] * array->shape[1]) * size);
    if (!name || !data) return 1;
    for (int64_t i = 0; i < array->shape[0]; i++)
        memcpy(data + (size_t)(i * array->shape[1]) * size, (const char *)array->data + (size_t)(i * array->stride) * size,
               (size_t)array->shape[1] * size);
    own->name = strcpy(name, array->name);
    own->data = data;
    kept->count++;
    return 0;
}

static const ntk_array *find(const store *kept, const char *name)
{
    for (int i = 0; i < kept->count; i++)
        if (strcmp(kept->arrays[i].name, name) == 0) return &kept->arrays[i];
    return NULL;
}

static int describe(void *user, ntk_array *array)
{
    const ntk_array *own = find(user, array->name);
    if (!own) return 1;
    array->type = own->type, array->rank = own->rank;
    array->shape[0] = own->shape[0], array->shape[1] = own->shape[1];
    return 0;
}

static int fetch(void *user, const ntk_array *array, void *data)
{
    const ntk_array *own = find(user, array->name);
    size_t size = array->type == NTK_ARRAY_TEXT ? 1 : array->type == NTK_ARRAY_F32 ? 4 : 8;
    memcpy(data, own->data, (size_t)(own->shape[0] * own->shape[1]) * size);
    return 0;
}

static void early_stopping(ntk_context *context, const ntk_network *net, const ntk_matrix *X, const ntk_matrix *Y)
{
    ntk_training *training = NULL, *resumed = NULL;
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_training_report whole = NTK_INIT(ntk_training_report), rest = NTK_INIT(ntk_training_report);
    ntk_sink sink = NTK_INIT(ntk_sink);
    ntk_source source = NTK_INIT(ntk_source);
    store kept = {0};
    ntk_matrix x = *X, y = *Y, held_x = *X, held_y = *Y;
    x.rows = y.rows = N - HELD;
    held_x.rows = held_y.rows = HELD;
    held_x.data = (double *)X->data + (N - HELD) * D;
    held_y.data = (double *)Y->data + (N - HELD);
    options.method = NTK_TRAINING_ADAM;
    options.schedule = NTK_SCHEDULE_COSINE;
    options.step = 0.02, options.horizon = 2000;
    options.batch = 32, options.seed = 4;
    options.validation_x = &held_x, options.validation_y = &held_y, options.patience = 8;
    TRY(ntk_training_create(context, &training, net, &x, &y, &options));
    TRY(ntk_training_run(training, NULL, 33));
    sink.write = keep, source.describe = describe, source.read = fetch;
    sink.user = source.user = &kept;
    TRY(ntk_training_export(training, &sink));
    TRY(ntk_training_import(context, &resumed, &x, &y, &source, 0));
    TRY(ntk_training_run(training, &whole, 2000));
    TRY(ntk_training_run(resumed, &rest, 2000));
    EXPECT(whole.ended == NTK_TRAINING_ENDED_PATIENCE && whole.best_step < whole.steps,
           "validation was best at step %d: %.4f; it ended at %d", (int)whole.best_step, whole.best_validation,
           (int)whole.steps);
    EXPECT(whole.loss == rest.loss && whole.steps == rest.steps, "what was exported ends at the same bits: loss %.4f",
           rest.loss);
    for (int i = 0; i < kept.count; i++)
        free((void *)(uintptr_t)kept.arrays[i].name), free((void *)(uintptr_t)kept.arrays[i].data);
    ntk_training_destroy(resumed);
    ntk_training_destroy(training);
}

/* The history of 60 steps: how far a network of this width goes from its start, relative to that, and from its linearization. */
static void stay_near(ntk_context *context, const ntk_activation *act, int64_t hidden, const ntk_matrix *X, const ntk_matrix *Y,
                      double *moved, double *gap)
{
    double table[2][NTK_RECORD_COLUMNS];
    ntk_matrix Table = ntk_matrix_f64(table[0], 2, NTK_RECORD_COLUMNS);
    ntk_network *net = NULL;
    ntk_training *training = NULL;
    ntk_network_options no = NTK_INIT(ntk_network_options);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    no.inputs = D, no.hidden = hidden, no.antisymmetric = 1, no.seed = 2;
    options.schedule = NTK_SCHEDULE_SPECTRAL;
    options.record_every = 60, options.record = NTK_PROBE_GAP;
    TRY(ntk_network_create(context, &net, act, &no));
    TRY(ntk_training_create(context, &training, net, X, Y, &options));
    TRY(ntk_training_run(training, NULL, 60));
    TRY(ntk_training_history(training, &Table));
    *moved = table[1][NTK_RECORD_HIDDEN_MOVEMENT];
    *gap = table[1][NTK_RECORD_GAP];
    ntk_training_destroy(training);
    ntk_network_destroy(net);
}

int main(void)
{
    ntk_context *context = NULL;
    ntk_activation *act = NULL;
    ntk_network *net = NULL;
    ntk_network_options no = NTK_INIT(ntk_network_options);
    double *x = numbers((int64_t)N * D, 1), *noise = numbers(N, 2), y[N], moved[2], gap[2];
    for (int i = 0; i < N; i++) y[i] = x[i * D] * x[i * D + 1] - x[i * D + 2] + 0.3 * noise[i];
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Y = ntk_matrix_const_f64(y, N, 1);
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &act, NTK_TANH, NULL));
    no.inputs = D, no.hidden = 64, no.seed = 1;
    TRY(ntk_network_create(context, &net, act, &no));
    early_stopping(context, net, &X, &Y);
    for (int i = 0; i < 2; i++) stay_near(context, act, i ? 2048 : 128, &X, &Y, &moved[i], &gap[i]);
    /* the widths differ by 16: movement falls by about 4, the gap of an antisymmetric start by about 16 */
    EXPECT(moved[0] > 2.5 * moved[1], "neurons move by %.3f of 128, %.3f of 2048", moved[0], moved[1]);
    EXPECT(gap[0] > 6 * gap[1], "and leave the linearization by %.1e and %.1e of what they learn", gap[0], gap[1]);
    ntk_network_destroy(net);
    ntk_activation_destroy(act);
    ntk_context_destroy(context);
    free(noise);
    free(x);
    return 0;
}
