#include "core/matrix.h"
#include "core/size.h"
#include "core/status.h"
#include "theory/measure/measure.h"
#include "theory/target/law.h"
#include "theory/target/target.h"

#include <math.h>

/* Elements copied, drawn or exchanged between two chances to stop; and normals drawn at a time. */
enum { ELEMENTS = 1 << 18, NORMALS = 64 };

static ntk_random stream_of(const ntk_measure *measure, uint32_t purpose, int64_t pair, int part)
{
    return (ntk_random){.seed = measure->options.seed, .purpose = purpose, .layer = (uint32_t)(pair * NTK_DRAW_PARTS + part)};
}

/* The labels of what is fitted get noise. */
static ntk_status add_noise(const ntk_measure *measure, const ntk_lane *lane, int64_t pair, int part,
                            const ntk_measure_samples *samples)
{
    const ntk_random random = stream_of(measure, NTK_RANDOM_NOISE, pair, part);
    double deviation = sqrt(measure->options.noise_variance), normals[NORMALS];
    if (part == NTK_DRAW_TESTED || !(deviation > 0)) return NTK_OK;
    int64_t all = samples->count * measure->targets;
    for (int64_t first = 0; first < all; first += NORMALS) {
        int64_t count = ntk_smaller(NORMALS, all - first);
        ntk_random_normals(&random, normals, first, count);
        for (int64_t i = 0; i < count; i++) samples->y[first + i] += deviation * normals[i];
        if (first % ELEMENTS == 0) NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static ntk_status draw_fresh(const ntk_measure *measure, const ntk_lane *lane, int64_t pair, int part,
                             const ntk_measure_samples *samples)
{
    const ntk_random random = stream_of(measure, NTK_RANDOM_INPUTS, pair, part);
    NTK_TRY(ntk_law_draw(lane, &random, measure->options.law, samples->x, 0, samples->count, measure->inputs));
    return ntk_target_values(measure->target, lane, samples->y, samples->x, samples->count, measure->function);
}

/* Chooses count of those behind begin, each with the same chance, and puts them first (Knuth, section 3.4.2, algorithm P). */
static ntk_status shuffle(const ntk_measure *measure, const ntk_lane *lane, int64_t pair, int part, int64_t *order,
                          int64_t begin, int64_t count)
{
    const ntk_random random = stream_of(measure, NTK_RANDOM_ROWS, pair, part);
    for (int64_t i = begin; i < begin + count; i++) {
        int64_t left = measure->rows - i, other = (int64_t)(ntk_random_uniform(&random, i - begin) * (double)left);
        other = i + ntk_smaller(other, left - 1);
        int64_t chosen = order[other];
        order[other] = order[i];
        order[i] = chosen;
        if (i % ELEMENTS == 0) NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static ntk_status copy_rows(const ntk_measure *measure, const ntk_lane *lane, const int64_t *order,
                            const ntk_measure_samples *samples)
{
    const ntk_matrix *x = measure->x, *y = measure->y;
    int64_t every = ELEMENTS / (x->cols + y->cols) + 1;
    for (int64_t i = 0; i < samples->count; i++) {
        ntk_convert(ntk_at(samples->x, x->dtype, i * x->cols), x->dtype, ntk_row(x, order[i]), x->dtype, x->cols);
        ntk_convert(samples->y + i * y->cols, NTK_F64, ntk_row(y, order[i]), y->dtype, y->cols);
        if ((i + 1) % every == 0) NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* What is tested on is chosen first, and then what is fitted from the others: the first ones of any larger size. */
static ntk_status draw_rows(const ntk_measure *measure, const ntk_lane *lane, int64_t pair, int part, int64_t *order,
                            const ntk_measure_samples *samples)
{
    int64_t tested = measure->options.test;
    for (int64_t i = 0; i < measure->rows; i++) order[i] = i;
    NTK_TRY(shuffle(measure, lane, pair, NTK_DRAW_TESTED, order, 0, tested));
    if (part == NTK_DRAW_TESTED) return copy_rows(measure, lane, order, samples);
    NTK_TRY(shuffle(measure, lane, pair, part, order, tested, samples->count));
    return copy_rows(measure, lane, order + tested, samples);
}

ntk_status ntk_measure_draw(const ntk_measure *measure, const ntk_lane *lane, int64_t pair, int part, int64_t *order,
                            const ntk_measure_samples *samples)
{
    NTK_TRY(measure->target ? draw_fresh(measure, lane, pair, part, samples)
                            : draw_rows(measure, lane, pair, part, order, samples));
    return add_noise(measure, lane, pair, part, samples);
}
