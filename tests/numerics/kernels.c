/* Kernels of infinite width, their matrices and products. */
#include "tally.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static oracle_value true_entry(const oracle_kernel *oracle, const data *x, int64_t i, int64_t j, int32_t dtype)
{
    return oracle_infinite(oracle, x->x + i * x->d, x->x + j * x->d, x->d, oracle_roundoff(dtype));
}

static long double *lengths_of(const oracle_kernel *oracle, const data *x, int32_t dtype)
{
    long double *length = oracle_memory(x->n, sizeof *length);
    for (int64_t i = 0; i < x->n; i++) length[i] = sqrtl(true_entry(oracle, x, i, i, dtype).value);
    return length;
}

/* Every step-th element of each row. */
static void count_matrix(tally *t, const oracle_kernel *oracle, const data *x, const ntk_matrix *K, int64_t step)
{
    long double *length = lengths_of(oracle, x, t->dtype);
    for (int64_t i = 0; i < x->n; i++)
        for (int64_t j = i % step; j < x->n; j += step)
            tally_count(t, test_get(K, i, j), true_entry(oracle, x, i, j, t->dtype), length[i] * length[j]);
    free(length);
}

/* --- blocks and diagonals --- */

static void measure_kernel(ntk_context *context, int32_t kind, int64_t layers, int64_t d, tally *block, tally *diagonal)
{
    oracle_kernel oracle = {kind, kind == NTK_LEAKY_RELU ? 0.25 : 0, NTK_INIT(ntk_kernel_options)};
    oracle.options.bias_scale = 0.5;
    oracle.options.layers = layers;
    if (layers > 1 && kind == NTK_EXP) oracle.options.weight_scale = 0.5; /* exp of exp grows */
    ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
    data x = data_draw(40, d, block->dtype, 2);
    test_array K = test_array_make(x.n, x.n, 0, block->dtype), own = test_array_make(x.n, 1, 0, block->dtype);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x.in.view, &x.in.view));
    CHECK_OK(ntk_kernel_diagonal(kernel, &own.view, &x.in.view));
    count_matrix(block, &oracle, &x, &K.view, 1);
    for (int64_t i = 0; i < x.n; i++) {
        oracle_value want = true_entry(&oracle, &x, i, i, block->dtype);
        tally_count(diagonal, test_get(&own.view, i, 0), want, want.value);
    }
    test_array_free(&K);
    test_array_free(&own);
    data_free(&x);
    ntk_kernel_destroy(kernel);
}

/* K^RF + K^NT of ReLU at an angle, or as near to opposite. */
static void measure_near(const ntk_kernel *kernel, const oracle_kernel *oracle, double angle, int sign, tally *t)
{
    enum { D = 30 };
    data x = data_draw(2, D, t->dtype, 3);
    for (int k = 0; k < D; k++) {
        double moved = x.x[k] + angle * x.x[D + k];
        x.x[D + k] = sign * (t->dtype == NTK_F32 ? (double)(float)moved : moved);
    }
    test_array_free(&x.in);
    x.in = oracle_array(x.x, 2, D, 0, t->dtype);
    test_array K = test_array_make(2, 2, 0, t->dtype);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x.in.view, &x.in.view));
    count_matrix(t, oracle, &x, &K.view, 1);
    test_array_free(&K);
    data_free(&x);
}

static void measure_all_near(ntk_context *context)
{
    oracle_kernel oracle = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
    ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
    tallies near = tally_begin();
    for (int p = 0; p < PRECISIONS; p++)
        for (double angle = p ? 1e-6 : 1e-13; angle < 0.02; angle *= 3)
            for (int sign = -1; sign <= 1; sign += 2) measure_near(kernel, &oracle, angle, sign, &near.of[p]);
    tally_print("block: ReLU, near-duplicates, near-opposites", "sqrt(K_ii K_jj)", &near);
    ntk_kernel_destroy(kernel);
}

/* Of activations without closed form, to the accuracy that they ask for; some pairs, since the oracle takes its time. */
static void measure_series(ntk_context *context, int32_t kind, int64_t layers, int64_t N, tally *t)
{
    enum { STEP = 4 };
    const long double accuracy = t->dtype == NTK_F64 ? 1e-12L : 0x1p-26L;
    oracle_kernel oracle = {kind, 0, NTK_INIT(ntk_kernel_options)};
    oracle.options.bias_scale = 0.25;
    oracle.options.layers = layers;
    ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
    data x = data_draw(N, 16, t->dtype, 2);
    test_array K = test_array_make(N, N, 0, t->dtype);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x.in.view, &x.in.view));
    long double *length = lengths_of(&oracle, &x, t->dtype);
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = i; j < N; j += STEP) {
            oracle_value want = true_entry(&oracle, &x, i, j, t->dtype);
            if (layers > 1)
                want = oracle_infinite_cut(&oracle, x.x + i * x.d, x.x + j * x.d, x.d, oracle_roundoff(t->dtype),
                                           (double)accuracy);
            else
                want.bound += accuracy * length[i] * length[j];
            tally_count(t, test_get(&K.view, i, j), want, length[i] * length[j]);
        }
    free(length);
    test_array_free(&K);
    data_free(&x);
    ntk_kernel_destroy(kernel);
}

static void measure_all_series(ntk_context *context)
{
    tallies block = tally_begin();
    for (int32_t kind = NTK_TANH; kind <= NTK_SILU; kind++)
        for (int p = 0; p < PRECISIONS; p++) measure_series(context, kind, 1, 9, &block.of[p]);
    tally_print("block, d = 16: tanh, sigmoid, softplus, SiLU", "sqrt(K_ii K_jj)", &block);
    tallies deep = tally_begin();
    for (int p = 0; p < PRECISIONS; p++) measure_series(context, NTK_TANH, 3, 3, &deep.of[p]);
    tally_print("block, depth 3: tanh", "sqrt(K_ii K_jj)", &deep);
}

void measure_kernels(ntk_context *context)
{
    static const struct {
        const char *name;
        int32_t kinds[4];
        int count;
    } families[] = {{"ReLU, leaky, absolute, identity", {NTK_RELU, NTK_LEAKY_RELU, NTK_ABS, NTK_IDENTITY}, 4},
                    {"step, sign", {NTK_STEP, NTK_SIGN}, 2},
                    {"erf", {NTK_ERF}, 1},
                    {"GELU", {NTK_GELU}, 1},
                    {"sine, cosine, exponential", {NTK_SIN, NTK_COS, NTK_EXP}, 3}};
    tallies diagonal = tally_begin();
    static const struct {
        int layers, d;
    } shapes[] = {{1, 16}, {1, 784}, {3, 16}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
            char name[100];
            tallies block = tally_begin();
            for (int k = 0; k < families[f].count; k++)
                for (int p = 0; p < PRECISIONS; p++)
                    measure_kernel(context, families[f].kinds[k], shapes[s].layers, shapes[s].d, &block.of[p], &diagonal.of[p]);
            if (shapes[s].layers > 1)
                snprintf(name, sizeof name, "block, depth 3: %s", families[f].name);
            else
                snprintf(name, sizeof name, "block, d = %d: %s", shapes[s].d, families[f].name);
            tally_print(name, "sqrt(K_ii K_jj)", &block);
        }
    tally_print("ntk_kernel_diagonal", "K_ii", &diagonal);
    measure_all_near(context);
    measure_all_series(context);
}

/* --- matrices and products --- */

enum { SAMPLES = 600, TARGETS = 2 };

static void count_product(tally *t, const oracle_kernel *oracle, const data *x, const double *v, const ntk_matrix *y)
{
    long double unit = (long double)oracle_roundoff(t->dtype), roundings = 6 * sqrtl((long double)x->n) + 32;
    for (int64_t i = 0; i < x->n; i += 37)
        for (int64_t c = 0; c < TARGETS; c++) {
            oracle_value sum = {0, 0};
            long double size = 0;
            for (int64_t j = 0; j < x->n; j++) {
                oracle_value K = true_entry(oracle, x, i, j, t->dtype);
                long double w = (long double)v[j * TARGETS + c];
                sum.value += K.value * w;
                sum.bound += K.bound * fabsl(w);
                size += fabsl(K.value * w);
            }
            sum.bound += roundings * unit * size;
            tally_count(t, test_get(y, i, c), sum, size);
        }
}

typedef struct problem {
    oracle_kernel oracle;
    ntk_kernel *kernel;
    data x;
    double *values; /* of v */
    test_array v, y, K;
} problem;

static problem pose(ntk_context *context, int32_t dtype)
{
    uint64_t state = 4;
    problem p = {.oracle = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)}, .x = data_draw(SAMPLES, 20, dtype, 5)};
    p.kernel = oracle_kernel_create(context, &p.oracle);
    p.values = oracle_samples(SAMPLES, TARGETS, NTK_F32, &state);
    p.v = oracle_array(p.values, SAMPLES, TARGETS, 0, dtype);
    p.y = test_array_make(SAMPLES, TARGETS, 0, dtype);
    p.K = test_array_make(SAMPLES, SAMPLES, 0, dtype);
    return p;
}

static void put_away(problem *p)
{
    ntk_kernel_destroy(p->kernel);
    data_free(&p->x);
    free(p->values);
    test_array_free(&p->v);
    test_array_free(&p->y);
    test_array_free(&p->K);
}

static void count_trace(tally *t, const problem *p, double trace)
{
    oracle_value sum = {0, 0};
    for (int64_t i = 0; i < SAMPLES; i++) {
        oracle_value own = true_entry(&p->oracle, &p->x, i, i, t->dtype);
        sum.value += own.value;
        sum.bound += own.bound;
    }
    tally_count(t, trace, sum, sum.value);
}

static void measure_gram(ntk_context *context, int32_t storage, tally *entries, tally *product, tally *trace)
{
    problem p = pose(context, entries->dtype);
    ntk_gram *gram = NULL;
    ntk_gram_options options = NTK_INIT(ntk_gram_options);
    double sum;
    options.storage = storage;
    CHECK_OK(ntk_gram_create(context, &gram, p.kernel, &p.x.in.view, &options));
    CHECK_OK(ntk_gram_copy(gram, &p.K.view));
    CHECK_OK(ntk_gram_multiply(gram, &p.y.view, &p.v.view));
    CHECK_OK(ntk_gram_trace(gram, &sum));
    count_matrix(entries, &p.oracle, &p.x, &p.K.view, 7);
    count_product(product, &p.oracle, &p.x, p.values, &p.y.view);
    count_trace(trace, &p, sum);
    ntk_gram_destroy(gram);
    put_away(&p);
}

static int keep(void *user, const ntk_panel *panel)
{
    const ntk_matrix *K = user;
    for (int64_t i = 0; i < panel->values.rows; i++)
        for (int64_t j = 0; j < panel->values.cols; j++) test_set(K, panel->first + i, j, test_get(&panel->values, i, j));
    return 0;
}

static void measure_stream(ntk_context *context, tally *t)
{
    problem p = pose(context, t->dtype);
    ntk_stream_options options = {sizeof options, 250, NTK_PANEL_WHOLE, t->dtype};
    CHECK_OK(ntk_gram_stream(context, p.kernel, &p.x.in.view, keep, &p.K.view, &options));
    count_matrix(t, &p.oracle, &p.x, &p.K.view, 7);
    put_away(&p);
}

void measure_matrices(ntk_context *context)
{
    static const char *const names[] = {"full", "packed", "implicit"};
    tallies stream = tally_begin(), kernel_product = tally_begin();
    for (int32_t storage = NTK_STORAGE_FULL; storage <= NTK_STORAGE_IMPLICIT; storage++) {
        char name[100];
        tallies entries = tally_begin(), product = tally_begin(), trace = tally_begin();
        for (int p = 0; p < PRECISIONS; p++) measure_gram(context, storage, &entries.of[p], &product.of[p], &trace.of[p]);
        snprintf(name, sizeof name, "ntk_gram_copy, %s", names[storage]);
        tally_print(name, "sqrt(K_ii K_jj)", &entries);
        snprintf(name, sizeof name, "ntk_gram_multiply, %s", names[storage]);
        tally_print(name, "sum_j abs(K_ij v_j)", &product);
        snprintf(name, sizeof name, "ntk_gram_trace, %s", names[storage]);
        tally_print(name, "trace K", &trace);
    }
    for (int precision = 0; precision < PRECISIONS; precision++) {
        measure_stream(context, &stream.of[precision]);
        problem p = pose(context, stream.of[precision].dtype);
        CHECK_OK(ntk_kernel_multiply(p.kernel, &p.y.view, &p.x.in.view, &p.x.in.view, &p.v.view));
        count_product(&kernel_product.of[precision], &p.oracle, &p.x, p.values, &p.y.view);
        put_away(&p);
    }
    tally_print("ntk_gram_stream", "sqrt(K_ii K_jj)", &stream);
    tally_print("ntk_kernel_multiply", "sum_j abs(K_ij v_j)", &kernel_product);
}
