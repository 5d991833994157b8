#include "core/operand.h"

#include "core/memory.h"
#include "core/status.h"

enum { ELEMENTS_PER_TASK = 1 << 18 };

typedef struct copying {
    const ntk_matrix *from;
    void *to;
    int32_t dtype;
    int64_t per_task; /* rows */
    const char *function, *name;
} copying;

static ntk_status copy_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const copying *job = argument;
    const ntk_matrix *from = job->from;
    int64_t first = index * job->per_task, left = from->rows - first;
    ntk_matrix part = ntk_rows(from, first, left < job->per_task ? left : job->per_task);
    void *to = ntk_at(job->to, job->dtype, first * from->cols);
    ntk_convert_matrix(to, from->cols, job->dtype, &part);
    if (job->dtype != from->dtype && !ntk_is_finite(to, job->dtype, part.rows * part.cols))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: %s holds a number too large for single precision", job->function, job->name);
    return ntk_advance(lane, 0);
}

ntk_status ntk_operand_copy(const ntk_lane *lane, ntk_operand *operand, const ntk_matrix *m, int32_t dtype,
                            const char *function, const char *name)
{
    ntk_context *context = lane->work->context;
    copying job = {.from = m, .dtype = dtype, .function = function, .name = name};
    uint64_t count;
    *operand = (ntk_operand){.stride = m->cols};
    NTK_TRY(ntk_size_multiply(&count, m->rows, m->cols));
    NTK_TRY(ntk_allocate(context, &operand->copy, (int64_t)count, ntk_dtype_size(dtype), name));
    operand->data = job.to = operand->copy;
    job.per_task = m->cols < ELEMENTS_PER_TASK ? ELEMENTS_PER_TASK / m->cols : 1;
    ntk_status status = ntk_run(lane, (m->rows - 1) / job.per_task + 1, copy_rows, &job);
    if (status < 0) ntk_operand_close(context, operand);
    return status;
}

ntk_status ntk_operand_open(const ntk_lane *lane, ntk_operand *operand, const ntk_matrix *m, int32_t dtype,
                            const char *function, const char *name)
{
    *operand = (ntk_operand){.data = m->data, .stride = m->stride};
    if (!ntk_operand_is_copied(m, dtype)) return NTK_OK;
    return ntk_operand_copy(lane, operand, m, dtype, function, name);
}

ntk_status ntk_operand_open_dense(const ntk_lane *lane, ntk_operand *operand, const ntk_matrix *m, int32_t dtype,
                                  const char *function, const char *name)
{
    bool dense = m->stride == m->cols || m->rows == 1;
    return (dense ? ntk_operand_open : ntk_operand_copy)(lane, operand, m, dtype, function, name);
}

void ntk_operand_close(ntk_context *context, ntk_operand *operand)
{
    ntk_free(context, operand->copy);
    operand->copy = NULL;
}
