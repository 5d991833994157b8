/* Kernels made of kernels of infinite width. */
#include "tally.h"

#include <math.h>
#include <stdlib.h>

enum { N = 40, D = 16 };

static const double weights[2] = {2, 3};

typedef struct terms {
    oracle_kernel of[2];
    const data *x;
    long double unit;
} terms;

static oracle_value entry(const terms *t, int which, int64_t i, int64_t j)
{
    return oracle_infinite(&t->of[which], t->x->x + i * D, t->x->x + j * D, D, (double)t->unit);
}

static long double size_of(const terms *t, int which, int64_t i, int64_t j)
{
    return sqrtl(entry(t, which, i, i).value * entry(t, which, j, j).value);
}

/* Each a law's value and bound; *size receives sqrt(K_ii K_jj). */
static oracle_value sum(const terms *t, int64_t i, int64_t j, long double *size)
{
    oracle_value K = {0, 0};
    long double own = 0, other = 0;
    for (int k = 0; k < 2; k++) {
        oracle_value term = entry(t, k, i, j);
        long double weight = (long double)weights[k];
        K.value += weight * term.value;
        K.bound += weight * (term.bound + 4 * t->unit * size_of(t, k, i, j));
        own += weight * entry(t, k, i, i).value;
        other += weight * entry(t, k, j, j).value;
    }
    *size = sqrtl(own * other);
    return K;
}

static oracle_value product(const terms *t, int64_t i, int64_t j, long double *size)
{
    oracle_value a = entry(t, 0, i, j), b = entry(t, 1, i, j);
    long double of_a = size_of(t, 0, i, j), of_b = size_of(t, 1, i, j);
    *size = of_a * of_b;
    return (oracle_value){a.value * b.value, a.bound * of_b + b.bound * (of_a + a.bound) + 4 * t->unit * of_a * of_b};
}

static oracle_value cosine(const terms *t, int64_t i, int64_t j, long double *size)
{
    oracle_value K = entry(t, 0, i, j), own = entry(t, 0, i, i), other = entry(t, 0, j, j);
    long double length = sqrtl(own.value * other.value);
    *size = 1;
    return (oracle_value){K.value / length,
                          K.bound / length + own.bound / (2 * own.value) + other.bound / (2 * other.value) + 4 * t->unit};
}

typedef oracle_value law(const terms *t, int64_t i, int64_t j, long double *size);

static void measure(const ntk_kernel *kernel, const char *name, law *value, terms *t)
{
    tallies block = tally_begin();
    for (int p = 0; p < PRECISIONS; p++) {
        data x = data_draw(N, D, block.of[p].dtype, 5);
        test_array K = test_array_make(N, N, 0, block.of[p].dtype);
        t->x = &x;
        t->unit = (long double)oracle_roundoff(block.of[p].dtype);
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &x.in.view, &x.in.view));
        for (int64_t i = 0; i < N; i++)
            for (int64_t j = 0; j < N; j++) {
                long double size;
                oracle_value want = value(t, i, j, &size);
                tally_count(&block.of[p], test_get(&K.view, i, j), want, size);
            }
        test_array_free(&K);
        data_free(&x);
    }
    tally_print(name, "sqrt(K_ii K_jj)", &block);
}

void measure_composites(ntk_context *context)
{
    terms t = {.of = {{NTK_RELU, 0, NTK_INIT(ntk_kernel_options)}, {NTK_ERF, 0, NTK_INIT(ntk_kernel_options)}}};
    for (int k = 0; k < 2; k++) t.of[k].options.bias_scale = 0.5;
    ntk_kernel *first = oracle_kernel_create(context, &t.of[0]), *second = oracle_kernel_create(context, &t.of[1]), *made[3];
    const ntk_kernel *both[] = {first, second};
    CHECK_OK(ntk_kernel_create_sum(context, &made[0], both, weights, 2));
    CHECK_OK(ntk_kernel_create_product(context, &made[1], both, 2));
    CHECK_OK(ntk_kernel_create_normalised(context, &made[2], first));
    measure(made[0], "block: 2 ReLU + 3 erf", sum, &t);
    measure(made[1], "block: ReLU times erf", product, &t);
    measure(made[2], "block: cosine of ReLU", cosine, &t);
    for (int i = 0; i < 3; i++) ntk_kernel_destroy(made[i]);
    ntk_kernel_destroy(first);
    ntk_kernel_destroy(second);
}
