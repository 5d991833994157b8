#include "gram/eigen.h"

#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"

ntk_status ntk_eigen_take(ntk_context *context, ntk_eigen *eigen, ntk_symmetric *K)
{
    eigen->ld = K->ld;
    if (K->dtype == NTK_F64) {
        eigen->vectors = K->data;
        K->data = NULL;
        return NTK_OK;
    }
    NTK_TRY(ntk_allocate(context, &eigen->vectors, K->n, K->ld * (int64_t)sizeof(double), "eigenvectors"));
    for (int64_t i = 0; i < K->n; i++)
        ntk_convert(eigen->vectors + i * K->ld, NTK_F64, ntk_at(K->data, K->dtype, i * K->ld), K->dtype, i + 1);
    ntk_free(context, K->data);
    K->data = NULL;
    return NTK_OK;
}

ntk_status ntk_eigen_decompose(ntk_eigen *eigen, int64_t n, const ntk_lane *lane)
{
    ntk_context *context = lane->work->context;
    int64_t numbers, bytes;
    double *work = NULL;
    void *integers = NULL;
    NTK_TRY(ntk_blas_syevd_work(n, &numbers, &bytes));
    NTK_TRY(ntk_allocate(context, &eigen->values, n, sizeof(double), "eigenvalues"));
    NTK_TRY(ntk_allocate(context, &work, numbers, sizeof(double), "work of an eigendecomposition"));
    ntk_status status = ntk_allocate(context, &integers, bytes, 1, "work of an eigendecomposition");
    if (status >= 0) status = ntk_advance(lane, 0);
    if (status >= 0) status = ntk_blas_syevd(n, eigen->vectors, eigen->ld, eigen->values, work, integers);
    ntk_free(context, work);
    ntk_free(context, integers);
    if (status < 0) return status;
    for (int64_t k = 0; k < n; k++)
        if (!(eigen->values[k] > 0)) eigen->values[k] = 0;
    return ntk_advance(lane, 1);
}

void ntk_eigen_close(ntk_context *context, ntk_eigen *eigen)
{
    ntk_free(context, eigen->vectors);
    ntk_free(context, eigen->values);
    *eigen = (ntk_eigen){0};
}

ntk_status ntk_eigen_memory(uint64_t *bytes, int64_t n)
{
    int64_t numbers, integers;
    NTK_TRY(ntk_blas_syevd_work(n, &numbers, &integers));
    NTK_TRY(ntk_need(bytes, numbers, sizeof(double)));
    return ntk_need(bytes, integers, 1);
}

/* --- products --- */

/* Rows and columns of the product in one task. */
enum { SPAN = 256 };

/* across  tasks to a row of them */
typedef struct product {
    const ntk_eigen *eigen;
    int64_t n, columns, across;
    ntk_transpose transpose;
    double *out;
    const double *in;
} product;

static ntk_status multiply_block(void *argument, int64_t index, const ntk_lane *lane)
{
    const product *job = argument;
    const ntk_eigen *V = job->eigen;
    int64_t row = index / job->across * SPAN, col = index % job->across * SPAN;
    const double *rows = V->vectors + (job->transpose == NTK_PLAIN ? row * V->ld : row);
    NTK_TRY(ntk_blas_gemm(NTK_F64, job->transpose, NTK_PLAIN, ntk_smaller(SPAN, job->n - row),
                          ntk_smaller(SPAN, job->columns - col), job->n, 1, rows, V->ld, job->in + col, job->columns, 0,
                          job->out + row * job->columns + col, job->columns));
    return ntk_advance(lane, 0);
}

ntk_status ntk_eigen_multiply(const ntk_eigen *eigen, int64_t n, const ntk_lane *lane, ntk_transpose transpose, double *out,
                              const double *in, int64_t columns)
{
    product job = {.eigen = eigen, .n = n, .columns = columns, .transpose = transpose, .out = out, .in = in};
    job.across = (columns - 1) / SPAN + 1;
    return ntk_run_blas(lane, ((n - 1) / SPAN + 1) * job.across, multiply_block, &job);
}
