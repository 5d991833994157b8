/* Steps of gradient descent on networks of one hidden layer, full batch and in batches of 64, ReLU and erf, f64 and f32.
 *
 *     training [-f] [n [d [N]]]      n = 10000, d = 784, N = 1024 neurons; -f: every call takes fresh memory from the system
 *
 * Limit: the two products that a step cannot do without, x W^T and u^T x, of the batch's rows. */
#include "calls.h"
#include "data.h"
#include "limits.h"
#include "memory.h"

#include <stdlib.h>

enum { BATCH = 64, FEW = 16 };

/* Both products, so many times. */
typedef struct two_products {
    limit_arrays forward, backward;
    bench_runner runs[2];
    int64_t times;
} two_products;

static void run_products(void *argument)
{
    two_products *p = argument;
    for (int64_t i = 0; i < p->times; i++)
        for (int r = 0; r < 2; r++) p->runs[r].run(p->runs[r].argument);
}

/* x  the batch, rows x d */
static void products_make(two_products *p, ntk_matrix x, int64_t N, int64_t times)
{
    p->forward = (limit_arrays){.x = bench_matrix(N, x.cols, x.dtype, 3), .y = x, .out = bench_allocate(x.rows * N, x.dtype)};
    p->backward = (limit_arrays){.x = x, .y = bench_matrix(x.rows, N, x.dtype, 4), .out = bench_allocate(N * x.cols, x.dtype)};
    p->runs[0] = limit_gemm(&p->forward);
    p->runs[1] = limit_gemm_transposed(&p->backward);
    p->times = times;
}

static void products_free(two_products *p)
{
    free(p->forward.x.data);
    free(p->forward.out);
    free(p->backward.y.data);
    free(p->backward.out);
}

/* batch 0: all */
static void measure(ntk_context *context, bench_sizes sizes, int32_t dtype, int64_t batch)
{
    static const struct {
        int32_t activation;
        const char *full, *some;
    } cases[] = {{NTK_RELU, "GD ReLU", "SGD of 64 ReLU"}, {NTK_ERF, "GD erf", "SGD of 64 erf"}};
    for (int i = 0; i < 2; i++) {
        int64_t steps = batch ? FEW : 1;
        call_training call = call_training_make(context, cases[i].activation, sizes, dtype, batch, steps);
        ntk_matrix rows = call.x;
        two_products products;
        if (batch) rows.rows = batch;
        products_make(&products, rows, sizes.N, steps);
        bench_runner runners[2] = {{.run = run_products, .argument = &products}, call_training_runner(&call)};
        bench_race(runners, 2);
        bench_row(batch ? cases[i].some : cases[i].full, sizes, dtype, runners[1].seconds / (double)steps,
                  runners[0].seconds / (double)steps, "2 gemm");
        products_free(&products);
        call_training_free(&call);
        bench_memory_trim();
    }
}

int main(int argc, char **argv)
{
    int64_t given[3] = {10000, 784, 1024};
    ntk_context *context = bench_context(bench_arguments(argc, argv, "[-f] [n [d [N]]]", given, 3));
    const bench_sizes sizes = {given[0], given[1], given[2]};
    bench_header(context);
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        measure(context, sizes, dtype, 0);
        measure(context, sizes, dtype, sizes.n < BATCH ? sizes.n : BATCH);
    }
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
