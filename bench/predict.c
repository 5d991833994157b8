/* Prediction by a fitted model, infinite ReLU network: one row, as in a simulator's inner loop, and a batch.
 *
 *     predict [-f] [n [d [rows]]]      n = 10000, d = 16, a batch of 1000 rows; -f: fresh memory from the system
 *
 * Limits: one row against reading X once, from one thread; the batch against one gemm of its size. */
#include "calls.h"
#include "data.h"
#include "limits.h"
#include "memory.h"

#include <stdlib.h>

typedef struct call_predict {
    const ntk_ridge *ridge;
    ntk_matrix x, y;
} call_predict;

static void run(void *argument)
{
    call_predict *call = argument;
    bench_check(ntk_ridge_predict(call->ridge, &call->y, &call->x));
}

static void measure_rows(const ntk_ridge *ridge, const ntk_matrix *x, int64_t rows)
{
    int32_t dtype = x->dtype;
    call_predict call = {ridge, bench_matrix(rows, x->cols, dtype, 3), bench_matrix(rows, 1, dtype, 4)};
    limit_arrays limit = {.x = *x, .y = call.x, .out = bench_allocate(rows * x->rows, dtype)};
    bench_runner runners[2] = {rows == 1 ? limit_read(&limit) : limit_gemm(&limit), {.run = run, .argument = &call}};
    bench_race(runners, 2);
    bench_row(rows == 1 ? "predict one row" : "predict a batch", (bench_sizes){x->rows, x->cols, 0}, dtype, runners[1].seconds,
              runners[0].seconds, rows == 1 ? "reading X" : "gemm");
    free(call.x.data);
    free(call.y.data);
    free(limit.out);
}

static void measure(ntk_context *context, const int64_t *sizes, int32_t dtype)
{
    ntk_matrix x = bench_matrix(sizes[0], sizes[1], dtype, 1), y = bench_matrix(sizes[0], 1, dtype, 2);
    ntk_kernel *kernel = call_relu_kernel(context, NTK_PART_BOTH, 1);
    ntk_ridge *ridge;
    bench_check(ntk_ridge_create(context, &ridge, kernel, &x, &y, 0.1, NULL));
    bench_memory_trim();
    measure_rows(ridge, &x, 1);
    if (sizes[2] > 1) measure_rows(ridge, &x, sizes[2]);
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    free(x.data);
    free(y.data);
    bench_memory_trim();
}

int main(int argc, char **argv)
{
    int64_t sizes[3] = {10000, 16, 1000};
    ntk_context *context = bench_context(bench_arguments(argc, argv, "[-f] [n [d [rows]]]", sizes, 3));
    bench_header(context);
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) measure(context, sizes, dtype);
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
