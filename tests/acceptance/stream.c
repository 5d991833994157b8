/* Writes a kernel matrix to a file without ever holding it, and reads it back a row at a time. */
#include "expect.h"

enum { N = 1500, D = 8, ROWS = 400 };

/* Appends a panel: row i of the file's matrix begins where the panels above it end. */
static int append(void *user, const ntk_panel *panel)
{
    const ntk_matrix *K = &panel->values;
    size_t count = (size_t)(K->rows * K->cols);
    return fwrite(K->data, sizeof(double), count, user) != count;
}

/* Where row i of the lower triangle begins, in elements. */
static int64_t place_of(int64_t i)
{
    int64_t panel = i / ROWS, at = 0;
    for (int64_t p = 0; p < panel; p++) at += (int64_t)ROWS * (p + 1) * ROWS;
    int64_t cols = (panel + 1) * ROWS < N ? (panel + 1) * ROWS : N;
    return at + i % ROWS * cols;
}

/* Largest relative difference between row i of the file and the kernel's own values. */
static double compare_row(FILE *file, const ntk_kernel *kernel, const double *x, int64_t i)
{
    static double stored[N], right[N];
    ntk_matrix point = ntk_matrix_const_f64(x + i * D, 1, D), others = ntk_matrix_const_f64(x, i + 1, D);
    ntk_matrix out = ntk_matrix_f64(right, 1, i + 1);
    double worst = 0;
    TRY(ntk_kernel_block(kernel, &out, &point, &others));
    if (fseek(file, (long)(place_of(i) * (int64_t)sizeof(double)), SEEK_SET)) return INFINITY;
    if (fread(stored, sizeof(double), (size_t)i + 1, file) != (size_t)i + 1) return INFINITY;
    for (int64_t j = 0; j <= i; j++) worst = fmax(worst, fabs(stored[j] - right[j]) / fabs(right[j]));
    return worst;
}

static int give_up(void *user, const ntk_panel *panel)
{
    *(int64_t *)user = panel->first;
    return panel->first > 0;
}

int main(void)
{
    ntk_context *context = NULL, *small = NULL;
    ntk_activation *erf = NULL;
    ntk_kernel *kernel = NULL;
    ntk_context_options limited = NTK_INIT(ntk_context_options);
    ntk_stream_options options = NTK_INIT(ntk_stream_options);
    ntk_kernel_options scales = NTK_INIT(ntk_kernel_options);
    double *x = numbers((int64_t)N * D, 1), worst = 0;
    ntk_matrix X = ntk_matrix_const_f64(x, N, D);
    uint64_t bytes = 0;
    int64_t last = -1;
    FILE *file = tmpfile();
    if (!file) return 1;
    options.rows = ROWS;
    scales.output_bias_scale = 1; /* K > 0, so that relative differences mean something */
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &erf, NTK_ERF, NULL));
    TRY(ntk_kernel_create_infinite(context, &kernel, erf, &scales));

    TRY(ntk_gram_stream_memory(context, &bytes, kernel, 1000000, D, &options));
    EXPECT(bytes < UINT64_C(5000000000), "panels of a million samples take %.1f GB, where the matrix takes 8000",
           (double)bytes / 1e9);
    TRY(ntk_gram_stream(context, kernel, &X, append, file, &options));
    for (int64_t i = 0; i < N; i += 37) worst = fmax(worst, compare_row(file, kernel, x, i));
    worst = fmax(worst, compare_row(file, kernel, x, N - 1));
    EXPECT(worst < 1e-12, "the file holds the kernel matrix: %.1e away", worst);

    EXPECT(ntk_gram_stream(context, kernel, &X, give_up, &last, &options) == NTK_ERR_CALLBACK && last == ROWS,
           "a receiver that gives up ends it: %s", ntk_error_message());
    limited.memory_budget = 1000000;
    TRY(ntk_context_create(&small, &limited));
    EXPECT(ntk_gram_stream(small, kernel, &X, append, file, &options) == NTK_ERR_MEMORY, "a budget holds: %s",
           ntk_error_message());
    ntk_context_destroy(small);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(erf);
    ntk_context_destroy(context);
    fclose(file);
    free(x);
    return 0;
}
