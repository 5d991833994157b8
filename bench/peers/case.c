/* One case of the contest with other programs: times the library, and writes what they need to do the same work and to compare
 * their numbers.  bench/peers/run calls it.
 *
 *     case FOLDER KIND n d N BITS      N: neurons of a finite network, else 0; BITS: 64 or 32
 *
 * KIND: relu     K^RF + K^NT of infinite width, the whole matrix
 *       deep     K^RF + K^NT of three hidden layers
 *       panels   that of one, streamed in panels
 *       rbf      exp(-|x - x'|^2 / (2 d))
 *       finite   K^RF + K^NT of a ReLU network of N neurons
 * In FOLDER: x.bin  n x d;  rows.bin  ROWS rows of K, at floor(k n / ROWS);  theta.bin  the network's weights (f64, W then a);
 * case.txt  a name and a value a line */
#include "../calls.h"
#include "../data.h"
#include "../limits.h"
#include "../memory.h"
#include "arrays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 32 };

typedef struct contest {
    const char *folder, *kind;
    bench_sizes sizes;
    int32_t dtype;
    ntk_context *context;
    ntk_kernel *kernel;
    ntk_matrix x;
    int64_t count;   /* of rows that are compared */
    ntk_matrix rows; /* n x count: those rows as columns */
} contest;

static int64_t row_at(const contest *c, int64_t k)
{
    return k * c->sizes.n / c->count;
}

/* --- kernels --- */

static ntk_kernel *make_finite(const contest *c)
{
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_activation *activation;
    ntk_network *network;
    ntk_features *features;
    ntk_kernel *kernel;
    options.inputs = c->sizes.d;
    options.hidden = c->sizes.N;
    options.parameterization = NTK_PARAM_STANDARDISED;
    bench_check(ntk_activation_create(c->context, &activation, NTK_RELU, NULL));
    bench_check(ntk_network_create(c->context, &network, activation, &options));
    int64_t count = ntk_network_size(network, NTK_PART_BOTH);
    ntk_matrix theta = ntk_matrix_view(bench_allocate(count, NTK_F64), count, 1, NTK_F64, 0);
    bench_check(ntk_network_parameters(network, &theta));
    arrays_write(c->folder, "theta.bin", &theta);
    free(theta.data);
    bench_check(ntk_features_create(c->context, &features, network, NTK_PART_BOTH));
    bench_check(ntk_kernel_create_finite(c->context, &kernel, features));
    ntk_features_destroy(features);
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
    return kernel;
}

/* --- the work --- */

/* Keeps the rows that are compared, from the triangle that panels have. */
static int keep_rows(void *user, const ntk_panel *panel)
{
    const contest *c = user;
    const ntk_matrix *K = &panel->values;
    size_t size = c->dtype == NTK_F64 ? sizeof(double) : sizeof(float);
    for (int64_t k = 0; k < c->count; k++)
        for (int64_t i = 0; i < K->rows; i++) {
            int64_t r = row_at(c, k), p = panel->first + i;
            char *kept = (char *)c->rows.data + (size_t)k * size;
            size_t step = (size_t)c->count * size;
            if (p == r)
                for (int64_t j = 0; j <= r; j++)
                    memcpy(kept + (size_t)j * step, (char *)K->data + (size_t)(i * K->stride + j) * size, size);
            else if (p > r)
                memcpy(kept + (size_t)p * step, (char *)K->data + (size_t)(i * K->stride + r) * size, size);
        }
    return 0;
}

static int take_nothing(void *user, const ntk_panel *panel)
{
    (void)user, (void)panel;
    return 0;
}

static void stream(void *argument)
{
    contest *c = argument;
    bench_check(ntk_gram_stream(c->context, c->kernel, &c->x, take_nothing, c, NULL));
}

/* Rows of K as K times unit vectors, which is exact. */
static void find_rows(contest *c)
{
    ntk_gram *gram;
    ntk_matrix units = ntk_matrix_view(bench_allocate(c->sizes.n * c->count, c->dtype), c->sizes.n, c->count, c->dtype, 0);
    memset(units.data, 0, (size_t)(c->sizes.n * c->count) * (c->dtype == NTK_F64 ? sizeof(double) : sizeof(float)));
    for (int64_t k = 0; k < c->count; k++) {
        int64_t at = row_at(c, k) * c->count + k;
        if (c->dtype == NTK_F64)
            ((double *)units.data)[at] = 1;
        else
            ((float *)units.data)[at] = 1;
    }
    bench_check(ntk_gram_create(c->context, &gram, c->kernel, &c->x, NULL));
    bench_check(ntk_gram_multiply(gram, &c->rows, &units));
    ntk_gram_destroy(gram);
    free(units.data);
}

/* The library's best time and that of its limit: one syrk of x, or two of n x N for a finite network. */
static void measure(contest *c, bool panels)
{
    bool finite = c->sizes.N > 0;
    call_gram call = {.context = c->context, .kernel = c->kernel, .x = c->x, .options = NTK_INIT(ntk_gram_options)};
    limit_arrays limit = {.x = finite ? bench_matrix(c->sizes.n, c->sizes.N, c->dtype, 2) : c->x};
    limit.out = bench_allocate(c->sizes.n * c->sizes.n, c->dtype);
    bench_runner runners[2] = {limit_syrk(&limit),
                               panels ? (bench_runner){.run = stream, .argument = c} : call_gram_runner(&call)};
    bench_race(runners, 2);
    free(limit.out);
    if (finite) free(limit.x.data);
    FILE *file = arrays_open(c->folder, "case.txt");
    fprintf(file, "kind %s\nn %lld\nd %lld\nN %lld\nbits %d\nrows %lld\nseconds %.7f\nlimit %.7f\n", c->kind,
            (long long)c->sizes.n, (long long)c->sizes.d, (long long)c->sizes.N, c->dtype == NTK_F64 ? 64 : 32,
            (long long)c->count, runners[1].seconds, (finite ? 2 : 1) * runners[0].seconds);
    fclose(file);
}

static int64_t read_size(const char *text)
{
    char *end;
    long long size = strtoll(text, &end, 10);
    if (!*end && size >= 0 && size <= INT32_MAX) return size;
    fprintf(stderr, "%s is not a size\n", text);
    exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "usage: %s FOLDER KIND n d N BITS\n", argv[0]);
        return EXIT_FAILURE;
    }
    contest c = {.folder = argv[1], .kind = argv[2], .sizes = {read_size(argv[3]), read_size(argv[4]), read_size(argv[5])}};
    bool panels = strcmp(c.kind, "panels") == 0;
    c.dtype = read_size(argv[6]) == 32 ? NTK_F32 : NTK_F64;
    c.context = bench_context(false);
    c.count = c.sizes.n < ROWS ? c.sizes.n : ROWS;
    c.x = bench_matrix(c.sizes.n, c.sizes.d, c.dtype, 1);
    c.rows = ntk_matrix_view(bench_allocate(c.sizes.n * c.count, c.dtype), c.sizes.n, c.count, c.dtype, 0);
    c.kernel = c.sizes.N                    ? make_finite(&c)
               : strcmp(c.kind, "rbf") == 0 ? call_gaussian_kernel(c.context)
                                            : call_relu_kernel(c.context, NTK_PART_BOTH, strcmp(c.kind, "deep") == 0 ? 3 : 1);
    measure(&c, panels);
    if (panels)
        bench_check(ntk_gram_stream(c.context, c.kernel, &c.x, keep_rows, &c, NULL));
    else
        find_rows(&c);
    arrays_write(c.folder, "x.bin", &c.x);
    arrays_write(c.folder, "rows.bin", &c.rows);
    ntk_kernel_destroy(c.kernel);
    ntk_context_destroy(c.context);
    free(c.x.data);
    free(c.rows.data);
    return EXIT_SUCCESS;
}
