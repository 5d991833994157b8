#include "kernel/gradient.h"

#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/finite.h"
#include "kernel/gradient_walk.h"
#include "kernel/multiply.h"

#include <string.h>

/* Numbers of a row's gradient that are held at a time: more targets take the kernel's values anew. */
enum { MOST_NUMBERS = 8192 };

/* A call: v in the samples' dtype, and the first target of this round. */
typedef struct gradient_job {
    ntk_gradient_walk walk;
    const ntk_operand *v;
    const ntk_matrix *g;
    const char *function;
    int64_t target;
} gradient_job;

static int64_t most_targets(int64_t inputs)
{
    return inputs < MOST_NUMBERS ? ntk_smaller(MOST_NUMBERS / inputs, NTK_GRADIENT_TARGETS) : 1;
}

/* weights[c][j] = v of column j and target c */
static void gather_weights(const ntk_gradient_walk *walk, ntk_tile_gradient *part, void *weights)
{
    const gradient_job *job = (const gradient_job *)walk;
    const ntk_kernel_tile *tile = &part->tile;
    int32_t dtype = walk->rows->dtype;
    int64_t size = ntk_dtype_size(dtype);
    part->by_target = tile->col_count;
    for (int64_t c = 0; c < walk->targets; c++)
        for (int64_t j = 0; j < tile->col_count; j++)
            memcpy(ntk_at(weights, dtype, c * tile->col_count + j),
                   ntk_at(job->v->data, dtype, (tile->col + j) * job->v->stride + job->target + c), (size_t)size);
}

static ntk_status write_rows(const ntk_gradient_walk *walk, const ntk_lane *lane, int64_t index, const ntk_tile_gradient *part)
{
    const gradient_job *job = (const gradient_job *)walk;
    const ntk_kernel_tile *tile = &part->tile;
    int32_t dtype = walk->rows->dtype;
    int64_t inputs = walk->rows->inputs, count = walk->targets * inputs;
    (void)index;
    for (int64_t i = 0; i < tile->row_count; i++)
        NTK_TRY(ntk_write_row(job->g, tile->row + i, job->target * inputs, ntk_at(part->g, dtype, i * count), dtype, count,
                              job->function, "g"));
    return ntk_advance(lane, job->target + walk->targets < job->g->cols / inputs ? 0 : tile->row_count);
}

static ntk_status evaluate(gradient_job *job, const ntk_lane *lane, int64_t targets)
{
    ntk_gradient_walk *walk = &job->walk;
    NTK_TRY(ntk_gradient_walk_open(walk, lane));
    ntk_work_stage(lane->work, "kernel gradient", walk->rows->rows, 0, 1);
    ntk_status status = NTK_OK;
    for (; status >= 0 && job->target < targets; job->target += walk->most) {
        walk->targets = ntk_smaller(walk->most, targets - job->target);
        status = ntk_gradient_walk_run(walk, lane);
    }
    ntk_free(lane->work->context, walk->scratch);
    return status;
}

static ntk_status evaluate_with(gradient_job *job, const ntk_lane *lane, const ntk_matrix *v)
{
    ntk_operand operand;
    NTK_TRY(ntk_operand_open(lane, &operand, v, job->walk.rows->dtype, job->function, "v"));
    job->v = &operand;
    ntk_status status = evaluate(job, lane, v->cols);
    ntk_operand_close(lane->work->context, &operand);
    return status;
}

static ntk_status gradient(const ntk_kernel *kernel, const ntk_lane *lane, const ntk_matrix *g, const ntk_matrix *x1,
                           const ntk_matrix *x2, const ntk_matrix *v, const char *function)
{
    ntk_sample_pair pair;
    NTK_TRY(ntk_sample_pair_open(&pair, kernel, lane, x1, x2, g->dtype, function));
    gradient_job job = {.walk = {.rows = &pair.rows, .cols = &pair.cols}, .g = g, .function = function};
    job.walk.most = most_targets(x1->cols);
    job.walk.gather = gather_weights;
    job.walk.finish = write_rows;
    ntk_status status = evaluate_with(&job, lane, v);
    ntk_sample_pair_close(&pair);
    return status;
}

/* By features, or by tiles. */
ntk_status ntk_gradient_write(const ntk_kernel *kernel, const ntk_lane *lane, const ntk_matrix *g, const ntk_matrix *x1,
                              const ntk_matrix *x2, const ntk_matrix *v, const char *function)
{
    return (ntk_finite_of(kernel) ? ntk_finite_gradient : gradient)(kernel, lane, g, x1, x2, v, function);
}

static bool has_gradient(const ntk_kernel *kernel)
{
    return kernel->operations->gradient != NULL;
}

ntk_status ntk_kernel_gradient(const ntk_kernel *kernel, const ntk_matrix *g, const ntk_matrix *x1, const ntk_matrix *x2,
                               const ntk_matrix *v)
{
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_multiply_check(kernel, g, "g", true, x1, x2, v, __func__));
    if (!has_gradient(kernel))
        return ntk_fail(NTK_ERR_UNSUPPORTED,
                        "%s: the kernel has no gradient, being or made of a finite tangent kernel whose activation's functions "
                        "give no second_derivative, or a caller's kernel whose functions give no gradient",
                        __func__);
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, kernel->base.context);
    return ntk_gradient_write(kernel, &lane, g, x1, x2, v, __func__);
}

ntk_status ntk_gradient_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                               int64_t cols, int64_t inputs, int32_t dtype)
{
    ntk_gradient_walk walk = {.most = most_targets(inputs)};
    if (!has_gradient(kernel)) return NTK_OK;
    if (ntk_finite_of(kernel)) return ntk_finite_gradient_memory(kernel, context, bytes, rows, cols, inputs, dtype);
    ntk_gradient_walk_shape(&walk, kernel, rows, cols, inputs, dtype);
    return ntk_gradient_walk_memory(&walk, context, bytes, rows);
}
