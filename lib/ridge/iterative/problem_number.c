#include "ridge/iterative/problem_number.h"

#include "core/exchange.h"
#include "core/status.h"
#include "kernel/exchange.h"

#include <string.h>

/* FNV-1a, of bytes. */
static void mix(uint64_t *hash, const void *data, int64_t size)
{
    const unsigned char *bytes = data;
    for (int64_t i = 0; i < size; i++) *hash = (*hash ^ bytes[i]) * UINT64_C(0x100000001B3);
}

static void mix_rows(uint64_t *hash, const void *data, int64_t rows, int64_t row, int64_t stride)
{
    for (int64_t i = 0; i < rows; i++) mix(hash, (const char *)data + i * stride, row);
}

/* A kernel is what it writes. */
static int take_array(void *user, const ntk_array *array)
{
    static const int64_t sizes[] = {[NTK_ARRAY_F64] = 8, [NTK_ARRAY_F32] = 4, [NTK_ARRAY_I64] = 8, [NTK_ARRAY_TEXT] = 1};
    int64_t size = sizes[array->type], cols = array->rank == 2 ? array->shape[1] : 1;
    int64_t rows = array->rank ? array->shape[0] : 1, stride = array->rank == 2 ? array->stride : 1;
    mix(user, array->name, (int64_t)strlen(array->name));
    mix_rows(user, array->data, rows, cols * size, stride * size);
    return 0;
}

ntk_status ntk_problem_number(const ntk_ridge_problem *problem, const ntk_samples *samples, const double *y, uint64_t *number)
{
    const ntk_iterative_options *settings = &problem->iterative;
    ntk_writer writer;
    ntk_sink sink = {.struct_size = sizeof sink, .user = number, .write = take_array};
    int64_t size = ntk_dtype_size(samples->dtype), t = problem->y->cols;
    const int64_t integers[] = {samples->rows,
                                samples->inputs,
                                t,
                                problem->options.dtype,
                                problem->options.intercept != 0,
                                settings->rank,
                                settings->preconditioner,
                                (int64_t)settings->seed};
    *number = UINT64_C(0xCBF29CE484222325);
    mix(number, integers, sizeof integers);
    mix(number, &problem->lambda, sizeof problem->lambda);
    mix_rows(number, samples->x.data, samples->rows, samples->inputs * size, samples->x.stride * size);
    mix(number, y, samples->rows * t * (int64_t)sizeof *y);
    NTK_TRY(ntk_writer_open(&writer, &sink, problem->function));
    return ntk_kernel_write(&writer, samples->kernel);
}
