/* Fits every sample by conjugate gradients without holding K; watches the residual, is stopped halfway, and goes on from a checkpoint
 * as if nothing had happened. */
#include "expect.h"

#include <string.h>

enum { N = 1500, D = 10, M = 20, MOST = 12 };

/* The last checkpoint, by name. */
typedef struct saved {
    char name[40];
    ntk_array array;
    void *data;
} saved;

static saved checkpoint[MOST];
static int count;

/* Stops the call after some time, as a user or a queue might. */
static int left = -1;

static size_t bytes_of(const ntk_array *array)
{
    size_t size = array->type == NTK_ARRAY_TEXT ? 1 : array->type == NTK_ARRAY_F32 ? 4 : 8;
    for (int k = 0; k < array->rank; k++) size *= (size_t)array->shape[k];
    return size;
}

/* Rows without gaps are all that there are here. */
static int save(void *user, const ntk_array *array)
{
    (void)user;
    if (strcmp(array->name, "object") == 0)
        while (count) free(checkpoint[--count].data);
    if (count == MOST || strlen(array->name) >= sizeof checkpoint->name) return 1;
    saved *to = &checkpoint[count++];
    strcpy(to->name, array->name);
    to->array = *array;
    to->data = malloc(bytes_of(array));
    if (to->data) memcpy(to->data, array->data, bytes_of(array));
    return to->data ? 0 : 1;
}

static saved *find(const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(checkpoint[i].name, name) == 0) return &checkpoint[i];
    return NULL;
}

static int describe(void *user, ntk_array *array)
{
    (void)user;
    const saved *from = find(array->name);
    if (!from) return 1;
    array->type = from->array.type;
    array->rank = from->array.rank;
    array->shape[0] = from->array.shape[0];
    array->shape[1] = from->array.shape[1];
    return 0;
}

static int restore(void *user, const ntk_array *array, void *data)
{
    (void)user;
    const saved *from = find(array->name);
    memcpy(data, from->data, bytes_of(array));
    return 0;
}

static int watch(void *user, const char *stage, double fraction)
{
    (void)user, (void)stage, (void)fraction;
    if (left > 0 && count) left--;
    return left == 0;
}

int main(void)
{
    ntk_context *context = NULL;
    ntk_activation *relu = NULL;
    ntk_kernel *kernel = NULL;
    ntk_ridge *direct = NULL, *ridge = NULL, *resumed = NULL;
    ntk_context_options watched = NTK_INIT(ntk_context_options);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_iterative_options iterative = NTK_INIT(ntk_iterative_options);
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    const ntk_sink sink = {.struct_size = sizeof sink, .write = save};
    const ntk_source source = {.struct_size = sizeof source, .describe = describe, .read = restore};
    double *x = numbers(N * D, 1), *y = numbers(N, 2), *at = numbers(M * D, 3), f[M], g[M], worst = 0;
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Y = ntk_matrix_const_f64(y, N, 1), At = ntk_matrix_const_f64(at, M, D),
               F = ntk_matrix_f64(f, M, 1), G = ntk_matrix_f64(g, M, 1);
    for (int i = 0; i < N; i++) y[i] = sin(2 * x[i * D]) + x[i * D + 1] * x[i * D + 2] + 0.1 * y[i];
    watched.progress = watch;
    TRY(ntk_context_create(&context, &watched));
    TRY(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    TRY(ntk_kernel_create_infinite(context, &kernel, relu, NULL));
    TRY(ntk_ridge_create(context, &direct, kernel, &X, &Y, 0.02, NULL));

    options.method = NTK_RIDGE_ITERATIVE;
    options.iterative = &iterative;
    iterative.tolerance = 1e-9;
    iterative.rank = 80;
    iterative.checkpoint = &sink;
    iterative.checkpoint_every = 10;
    TRY(ntk_ridge_create(context, &ridge, kernel, &X, &Y, 0.02, &options));
    TRY(ntk_ridge_summary(ridge, &report));
    double *rows = malloc((size_t)(report.iterations + 1) * NTK_HISTORY_COLUMNS * sizeof *rows);
    if (!rows) return 1;
    ntk_matrix History = ntk_matrix_f64(rows, report.iterations + 1, NTK_HISTORY_COLUMNS);
    TRY(ntk_ridge_history(ridge, &History));
    for (int64_t i = 0; i <= report.iterations; i += 10)
        printf("%4.0f %.1e\n", rows[i * 2 + NTK_HISTORY_ITERATION], rows[i * 2 + NTK_HISTORY_RESIDUAL]);
    EXPECT(report.residual <= 1e-9, "%d iterations leave a residual of %.1e", (int)report.iterations, report.residual);
    TRY(ntk_ridge_predict(ridge, &F, &At));
    TRY(ntk_ridge_predict(direct, &G, &At));
    for (int i = 0; i < M; i++) worst = fmax(worst, fabs(f[i] - g[i]));
    EXPECT(worst < 1e-7, "predictions are those of a factorization to %.1e", worst);

    while (count) free(checkpoint[--count].data);
    left = 5;
    EXPECT(ntk_ridge_create(context, &resumed, kernel, &X, &Y, 0.02, &options) == NTK_ERR_CANCELLED, "stopped: %s",
           ntk_error_message());
    left = -1;
    iterative.checkpoint = NULL;
    iterative.resume = &source;
    TRY(ntk_ridge_create(context, &resumed, kernel, &X, &Y, 0.02, &options));
    TRY(ntk_ridge_predict(resumed, &G, &At));
    EXPECT(memcmp(f, g, sizeof f) == 0, "it went on from a checkpoint, to the same bits");
    ntk_ridge_destroy(direct);
    EXPECT(ntk_ridge_create(context, &direct, kernel, &X, &Y, 0.03, &options) == NTK_ERR_FORMAT,
           "of another lambda it is refused");
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(resumed);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(relu);
    ntk_context_destroy(context);
    while (count) free(checkpoint[--count].data);
    free(x), free(y), free(at), free(rows);
    return 0;
}
