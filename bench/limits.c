#include "limits.h"

#include <cblas.h>
#include <lapacke.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Sizes come from the command line, which is held to 31 bits. */
static lapack_int narrow(int64_t size)
{
    return (lapack_int)size;
}

static void run_syrk(void *argument)
{
    limit_arrays *a = argument;
    lapack_int n = narrow(a->x.rows), k = narrow(a->x.cols);
    if (a->x.dtype == NTK_F64)
        cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, n, k, 1, a->x.data, k, 0, a->out, n);
    else
        cblas_ssyrk(CblasRowMajor, CblasLower, CblasNoTrans, n, k, 1, a->x.data, k, 0, a->out, n);
}

bench_runner limit_syrk(limit_arrays *arrays)
{
    return (bench_runner){.run = run_syrk, .argument = arrays};
}

/* out = op(y) op(x), m x n. */
static void gemm(const limit_arrays *arrays, CBLAS_TRANSPOSE left, CBLAS_TRANSPOSE right, int64_t m, int64_t n, int64_t k)
{
    lapack_int rows = narrow(m), cols = narrow(n), depth = narrow(k), lda = narrow(arrays->y.cols),
               ldb = narrow(arrays->x.cols);
    if (arrays->x.dtype == NTK_F64)
        cblas_dgemm(CblasRowMajor, left, right, rows, cols, depth, 1, arrays->y.data, lda, arrays->x.data, ldb, 0, arrays->out,
                    cols);
    else
        cblas_sgemm(CblasRowMajor, left, right, rows, cols, depth, 1, arrays->y.data, lda, arrays->x.data, ldb, 0, arrays->out,
                    cols);
}

static void run_gemm(void *argument)
{
    const limit_arrays *a = argument;
    gemm(a, CblasNoTrans, CblasTrans, a->y.rows, a->x.rows, a->x.cols);
}

bench_runner limit_gemm(limit_arrays *arrays)
{
    return (bench_runner){.run = run_gemm, .argument = arrays};
}

static void run_gemm_transposed(void *argument)
{
    const limit_arrays *a = argument;
    gemm(a, CblasTrans, CblasNoTrans, a->y.cols, a->x.cols, a->x.rows);
}

bench_runner limit_gemm_transposed(limit_arrays *arrays)
{
    return (bench_runner){.run = run_gemm_transposed, .argument = arrays};
}

/* A diagonally dominant matrix: the time of a factorization does not depend on which. */
static void fill_positive(void *argument)
{
    limit_arrays *a = argument;
    int64_t n = a->x.rows;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j <= i; j++) {
            if (a->x.dtype == NTK_F64)
                ((double *)a->out)[i * n + j] = i == j ? (double)n : 0.5;
            else
                ((float *)a->out)[i * n + j] = i == j ? (float)n : 0.5F;
        }
}

static void run_potrf(void *argument)
{
    limit_arrays *a = argument;
    lapack_int n = narrow(a->x.rows);
    /* a row-major lower triangle is a column-major upper one */
    lapack_int info = a->x.dtype == NTK_F64 ? LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', n, a->out, n)
                                            : LAPACKE_spotrf_work(LAPACK_COL_MAJOR, 'U', n, a->out, n);
    if (info == 0) return;
    fprintf(stderr, "potrf returned %lld\n", (long long)info);
    exit(EXIT_FAILURE);
}

bench_runner limit_potrf(limit_arrays *arrays)
{
    return (bench_runner){.prepare = fill_positive, .run = run_potrf, .argument = arrays};
}

/* Row i, i + threads, ... of the lower triangle, so that every thread writes about as much. */
typedef struct writer {
    const limit_arrays *arrays;
    int64_t first, step;
} writer;

static void *write_rows(void *argument)
{
    const writer *w = argument;
    size_t size = w->arrays->x.dtype == NTK_F64 ? sizeof(double) : sizeof(float);
    int64_t n = w->arrays->x.rows;
    for (int64_t i = w->first; i < n; i += w->step)
        memset((char *)w->arrays->out + (size_t)(i * n) * size, 1, (size_t)(i + 1) * size);
    return NULL;
}

static void run_write_half(void *argument)
{
    enum { MOST = 64 };
    writer writers[MOST];
    pthread_t threads[MOST];
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int count = processors < 1 ? 1 : processors > MOST ? MOST : (int)processors, started = 1;
    for (int i = 0; i < count; i++) writers[i] = (writer){argument, i, count};
    while (started < count && pthread_create(&threads[started], NULL, write_rows, &writers[started]) == 0) started++;
    write_rows(&writers[0]);
    for (int i = started; i < count; i++) write_rows(&writers[i]);
    for (int i = 1; i < started; i++) pthread_join(threads[i], NULL);
}

bench_runner limit_write_half(limit_arrays *arrays)
{
    return (bench_runner){.run = run_write_half, .argument = arrays};
}

/* Sums side by side, which a compiler can keep in vector registers without changing the order of any. */
enum { SUMS = 32 };

static double read_f64(const double *x, int64_t count)
{
    double sums[SUMS] = {0}, sum = 0;
    for (int64_t i = 0; i + SUMS <= count; i += SUMS)
        for (int64_t j = 0; j < SUMS; j++) sums[j] += x[i + j];
    for (int j = 0; j < SUMS; j++) sum += sums[j];
    return sum;
}

static float read_f32(const float *x, int64_t count)
{
    float sums[SUMS] = {0}, sum = 0;
    for (int64_t i = 0; i + SUMS <= count; i += SUMS)
        for (int64_t j = 0; j < SUMS; j++) sums[j] += x[i + j];
    for (int j = 0; j < SUMS; j++) sum += sums[j];
    return sum;
}

static void run_read(void *argument)
{
    limit_arrays *a = argument;
    int64_t count = a->x.rows * a->x.cols;
    if (a->x.dtype == NTK_F64)
        *(double *)a->out = read_f64(a->x.data, count);
    else
        *(float *)a->out = read_f32(a->x.data, count);
}

bench_runner limit_read(limit_arrays *arrays)
{
    return (bench_runner){.run = run_read, .argument = arrays};
}
