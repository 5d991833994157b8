#include "core/matrix.h"
#include "core/size.h"
#include "core/status.h"
#include "network/pass_parts.h"

#include <math.h>

/* A part is some ten milliseconds of all cores where BLAS is threaded, and of one core where it is not; there are then, of large
 * products, parts for so many lanes, none smaller than the last number. */
static const double THREADED_COST = 2e9, SERIAL_COST = 4e8;
enum { PARTS = 8, LEAST_PART = 256, GRANULE = 8 };

typedef struct parts {
    const ntk_pass_product *product;
    int64_t all, per_task;
    bool by_columns;
} parts;

/* The product of some columns of op(B), or rows of op(A). */
static ntk_status multiply_part(void *argument, int64_t index, const ntk_lane *lane)
{
    const parts *job = argument;
    const ntk_pass_product *p = job->product;
    int64_t first = index * job->per_task, count = ntk_smaller(job->per_task, job->all - first);
    int64_t m = p->m, n = p->n;
    const void *a = p->a, *b = p->b;
    void *c;
    if (job->by_columns) {
        n = count;
        b = ntk_at(b, p->dtype, p->tb == NTK_PLAIN ? first : first * p->ldb);
        c = ntk_at(p->c, p->dtype, first);
    } else {
        m = count;
        a = ntk_at(a, p->dtype, p->ta == NTK_PLAIN ? first * p->lda : first);
        c = ntk_at(p->c, p->dtype, first * p->ldc);
    }
    NTK_TRY(ntk_blas_gemm(p->dtype, p->ta, p->tb, m, n, p->k, p->alpha, a, p->lda, b, p->ldb, p->beta, c, p->ldc));
    return ntk_advance(lane, 0);
}

ntk_status ntk_pass_multiply(const ntk_lane *lane, const ntk_pass_product *product)
{
    parts job = {.product = product, .by_columns = product->n >= product->m};
    bool threaded = lane->work->blas_threaded;
    job.all = job.by_columns ? product->n : product->m;
    double others = (double)(job.by_columns ? product->m : product->n);
    double most = (threaded ? THREADED_COST : SERIAL_COST) / (2 * others * (double)product->k);
    if (!threaded) most = fmin(most, fmax(LEAST_PART, ceil((double)job.all / PARTS)));
    job.per_task = (int64_t)fmin((double)job.all, ceil(fmax(most, 1) / GRANULE) * GRANULE);
    return ntk_run_blas(lane, (job.all - 1) / job.per_task + 1, multiply_part, &job);
}

/* --- a layer's products --- */

static const ntk_layer *layer_of(const ntk_passes *passes, int64_t layer)
{
    return &passes->weights->layer[layer];
}

ntk_status ntk_pass_into(const ntk_passes *passes, const ntk_lane *lane, int64_t layer, int64_t rows, const void *in,
                         int64_t ldin, const void *w, double beta, void *out)
{
    const ntk_layer *l = layer_of(passes, layer);
    const ntk_pass_product product = {.dtype = passes->dtype,
                                      .ta = NTK_PLAIN,
                                      .tb = NTK_TRANSPOSED,
                                      .m = rows,
                                      .n = l->neurons,
                                      .k = l->inputs,
                                      .alpha = l->factor,
                                      .a = in,
                                      .lda = ldin,
                                      .b = w,
                                      .ldb = l->inputs,
                                      .beta = beta,
                                      .c = out,
                                      .ldc = l->neurons};
    return ntk_pass_multiply(lane, &product);
}

ntk_status ntk_pass_out_of(const ntk_passes *passes, const ntk_lane *lane, int64_t layer, int64_t rows, const void *b,
                           const void *w, double beta, void *out)
{
    const ntk_layer *l = layer_of(passes, layer);
    const ntk_pass_product product = {.dtype = passes->dtype,
                                      .ta = NTK_PLAIN,
                                      .tb = NTK_PLAIN,
                                      .m = rows,
                                      .n = l->inputs,
                                      .k = l->neurons,
                                      .alpha = l->factor,
                                      .a = b,
                                      .lda = l->neurons,
                                      .b = w,
                                      .ldb = l->inputs,
                                      .beta = beta,
                                      .c = out,
                                      .ldc = l->inputs};
    return ntk_pass_multiply(lane, &product);
}

ntk_status ntk_pass_outer(const ntk_passes *passes, const ntk_lane *lane, int64_t layer, int64_t rows, const void *b,
                          const void *in, int64_t ldin, double beta, void *g)
{
    const ntk_layer *l = layer_of(passes, layer);
    const ntk_pass_product product = {.dtype = passes->dtype,
                                      .ta = NTK_TRANSPOSED,
                                      .tb = NTK_PLAIN,
                                      .m = l->neurons,
                                      .n = l->inputs,
                                      .k = rows,
                                      .alpha = l->factor,
                                      .a = b,
                                      .lda = l->neurons,
                                      .b = in,
                                      .ldb = ldin,
                                      .beta = beta,
                                      .c = g,
                                      .ldc = l->inputs};
    return ntk_pass_multiply(lane, &product);
}

/* --- the output's products --- */

ntk_status ntk_pass_read_out(const ntk_passes *passes, const ntk_lane *lane, int64_t rows, const void *h, const void *a,
                             double beta, void *y)
{
    const ntk_weights *w = passes->weights;
    const ntk_pass_product product = {.dtype = passes->dtype,
                                      .ta = NTK_PLAIN,
                                      .tb = NTK_TRANSPOSED,
                                      .m = rows,
                                      .n = w->outputs,
                                      .k = w->hidden,
                                      .alpha = w->gamma,
                                      .a = h,
                                      .lda = w->hidden,
                                      .b = a,
                                      .ldb = w->hidden,
                                      .beta = beta,
                                      .c = y,
                                      .ldc = w->outputs};
    return ntk_pass_multiply(lane, &product);
}

ntk_status ntk_pass_read_back(const ntk_passes *passes, const ntk_lane *lane, int64_t rows, const void *u, const void *a,
                              double beta, void *t)
{
    const ntk_weights *w = passes->weights;
    const ntk_pass_product product = {.dtype = passes->dtype,
                                      .ta = NTK_PLAIN,
                                      .tb = NTK_PLAIN,
                                      .m = rows,
                                      .n = w->hidden,
                                      .k = w->outputs,
                                      .alpha = w->gamma,
                                      .a = u,
                                      .lda = w->outputs,
                                      .b = a,
                                      .ldb = w->hidden,
                                      .beta = beta,
                                      .c = t,
                                      .ldc = w->hidden};
    return ntk_pass_multiply(lane, &product);
}

ntk_status ntk_pass_read_outer(const ntk_passes *passes, const ntk_lane *lane, int64_t rows, const void *u, const void *h,
                               double beta, void *g)
{
    const ntk_weights *w = passes->weights;
    const ntk_pass_product product = {.dtype = passes->dtype,
                                      .ta = NTK_TRANSPOSED,
                                      .tb = NTK_PLAIN,
                                      .m = w->outputs,
                                      .n = w->hidden,
                                      .k = rows,
                                      .alpha = w->gamma,
                                      .a = u,
                                      .lda = w->outputs,
                                      .b = h,
                                      .ldb = w->hidden,
                                      .beta = beta,
                                      .c = g,
                                      .ldc = w->hidden};
    return ntk_pass_multiply(lane, &product);
}
