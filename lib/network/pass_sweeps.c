/* Element by element, over rows. */
#include "activation/activation.h"
#include "core/context.h"
#include "core/matrix.h"
#include "core/size.h"
#include "network/layer.h"
#include "network/pass_parts.h"
#include "network/simd/rows.h"

#include <string.h>

/* A group of rows has about as many numbers as a first cache; a task has rows enough that its sums are few beside them. */
enum { NUMBERS_PER_GROUP = 2048 };

int64_t ntk_pass_task_rows(int64_t neurons)
{
    return ntk_larger(NTK_PASS_LEAST_ROWS, ntk_rows_per_task(neurons));
}

int64_t ntk_pass_group_rows(int64_t neurons)
{
    return ntk_larger(1, NUMBERS_PER_GROUP / neurons);
}

const void *ntk_pass_derivatives(const ntk_passes *passes, const ntk_lane *lane, int order, int64_t layer, int64_t first,
                                 int64_t count, double *room)
{
    const void *kept = ntk_pass_array(passes, order == 1 ? NTK_PASS_SLOPES : NTK_PASS_BENDS, layer);
    if (kept) return ntk_at(kept, passes->dtype, first);
    const void *h = ntk_at(ntk_pass_array(passes, NTK_PASS_OUTPUTS, layer), passes->dtype, first);
    ntk_activation_evaluate_from_value(passes->weights->activation, lane->work->context->isa, passes->dtype, order, room, h,
                                       count);
    return room;
}

/* --- sums over rows --- */

void ntk_pass_sums_clear(const ntk_passes *passes, int which, int64_t task, int64_t neurons)
{
    memset(ntk_at(ntk_pass_sums(passes, which), passes->dtype, task * neurons), 0,
           (size_t)(neurons * ntk_dtype_size(passes->dtype)));
}

void ntk_pass_sums_add(const ntk_passes *passes, int which, int64_t task, int64_t neurons, double weight, const void *row)
{
    ntk_add_scaled(passes->dtype, ntk_at(ntk_pass_sums(passes, which), passes->dtype, task * neurons), weight, row, neurons);
}

void ntk_pass_sums_combine(const ntk_passes *passes, const ntk_lane *lane, int which, int64_t task, int64_t neurons,
                           int64_t rows, const void *weights, const void *from)
{
    void *sums = ntk_at(ntk_pass_sums(passes, which), passes->dtype, task * neurons);
    NTK_OF_ISA(lane->work->context->isa, ntk_row_loops, passes->dtype - 1)
        ->combine(sums, from, neurons, rows, neurons, weights);
}

void ntk_pass_sums_write(const ntk_passes *passes, int which, int64_t tasks, int64_t neurons, double factor, bool add, void *g)
{
    char *sums = ntk_pass_sums(passes, which);
    for (int64_t t = 1; t < tasks; t++)
        ntk_add_scaled(passes->dtype, sums, 1, ntk_at(sums, passes->dtype, t * neurons), neurons);
    if (add)
        ntk_add_scaled(passes->dtype, g, factor, sums, neurons);
    else
        ntk_scale(passes->dtype, g, factor, sums, neurons);
}

/* --- the output's biases --- */

void ntk_pass_add_biases(const ntk_passes *passes, int64_t rows, const void *c, void *y)
{
    const ntk_weights *weights = passes->weights;
    if (weights->output_bias == 0 || !c) return;
    for (int64_t i = 0; i < rows; i++)
        ntk_add_scaled(passes->dtype, ntk_at(y, passes->dtype, i * weights->outputs), weights->output_bias, c,
                       weights->outputs);
}

void ntk_pass_sum_biases(const ntk_passes *passes, int64_t rows, const void *u, bool add, void *g)
{
    const ntk_weights *weights = passes->weights;
    int32_t dtype = passes->dtype;
    for (int64_t o = 0; g && o < weights->outputs; o++) {
        double sum = add ? ntk_get(g, dtype, o) : 0;
        for (int64_t i = 0; u && i < rows; i++) sum += weights->output_bias * ntk_get(u, dtype, i * weights->outputs + o);
        ntk_put(g, dtype, o, sum);
    }
}
