/* What rows of several parts refuse, and the sink and the stream that they are given. */
#include "rows.h"

#include <float.h>

const test_bad test_bad_part[] = {BAD_INTEGER(-1, NTK_ERR_OPTION), BAD_INTEGER(3, NTK_ERR_OPTION), END};
const test_bad test_bad_lambda[] = {BAD_NUMBER(-1),       BAD_NUMBER(-DBL_TRUE_MIN), BAD_NUMBER(NOT_A_NUMBER),
                                    BAD_NUMBER(INFINITE), BAD_NUMBER(-INFINITE),     END};
const test_bad test_bad_size[] = {BAD_INTEGER(0, NTK_ERR_SHAPE), BAD_INTEGER(-1, NTK_ERR_SHAPE),
                                  BAD_INTEGER(INT64_MIN, NTK_ERR_SHAPE), END};
const test_bad test_bad_order[] = {BAD_INTEGER(0, NTK_ERR_SHAPE), BAD_INTEGER(-1, NTK_ERR_SHAPE),
                                   BAD_INTEGER(INT64_C(1) << 40, NTK_ERR_OVERFLOW), BAD_INTEGER(INT64_MAX, NTK_ERR_OVERFLOW),
                                   END};
const test_bad test_bad_samples[] = {BAD_INTEGER(-1, NTK_ERR_SHAPE), BAD_INTEGER(INT64_MIN, NTK_ERR_SHAPE), END};

/* --- sinks and sources --- */

static int write_nothing(void *user, const ntk_array *array)
{
    (void)user;
    return array->data ? 0 : 1;
}

const ntk_sink test_sink = {.struct_size = sizeof test_sink, .write = write_nothing};
const test_bad test_bad_sink[] = {BAD_I64(ntk_sink, write, 0, NTK_ERR_OPTION), END};
const test_bad test_bad_source[] = {BAD_I64(ntk_source, describe, 0, NTK_ERR_OPTION),
                                    BAD_I64(ntk_source, read, 0, NTK_ERR_OPTION), END};

/* --- streams --- */

/* A third of the rows at a time, so that batches are made of several. */
static int64_t read_samples(void *user, int64_t first, const ntk_matrix *x, const ntk_matrix *y)
{
    const test_sizes *sizes = user;
    int64_t rows = x->rows / 3 + 1;
    if (rows > sizes->n - first) rows = sizes->n - first;
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < x->cols; j++) test_set(x, i, j, test_uniform(301, (first + i) * x->cols + j));
        for (int64_t c = 0; c < y->cols; c++) test_set(y, i, c, test_uniform(302, (first + i) * y->cols + c));
    }
    return rows;
}

const ntk_sample_stream test_stream = {.struct_size = sizeof test_stream, .read = read_samples};
