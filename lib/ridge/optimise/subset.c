#include "ridge/optimise/subset.h"

#include "core/memory.h"
#include "core/random.h"
#include "core/status.h"

#include <ntk/optimise.h>

/* Elements copied between two chances to stop. */
enum { ELEMENTS = 1 << 18 };

static ntk_matrix view_of(const ntk_operand *operand, int64_t rows, int64_t cols)
{
    ntk_matrix view = ntk_matrix_view(operand->data, rows, cols, NTK_F64, NTK_READONLY);
    view.stride = operand->stride;
    return view;
}

/* Room for rows of m. */
static ntk_status make_room(ntk_operand *operand, ntk_context *context, int64_t m, int64_t cols, const char *name)
{
    uint64_t count;
    NTK_TRY(ntk_size_multiply(&count, m, cols));
    NTK_TRY(ntk_allocate(context, &operand->copy, (int64_t)count, sizeof(double), name));
    operand->data = operand->copy;
    operand->stride = cols;
    return NTK_OK;
}

static void copy_row(const ntk_operand *to, int64_t row, const ntk_matrix *from, int64_t index)
{
    ntk_convert((double *)to->copy + row * to->stride, NTK_F64, ntk_row(from, index), from->dtype, from->cols);
}

/* Selection sampling: each of those left is taken with the chance that makes m of n (Knuth, section 3.4.2, algorithm S). */
static ntk_status copy_rows(const ntk_subset *subset, const ntk_lane *lane, const ntk_matrix *x, const ntk_matrix *y, int64_t m,
                            int32_t kind, uint64_t seed)
{
    const ntk_random random = {.seed = seed, .purpose = NTK_RANDOM_ROWS};
    int64_t every = ELEMENTS / (x->cols + y->cols) + 1;
    for (int64_t i = 0, taken = 0; taken < m; i++) {
        double chance = kind == NTK_SUBSET_RANDOM ? ntk_random_uniform(&random, i) : 0;
        if (chance * (double)(x->rows - i) >= (double)(m - taken)) continue;
        copy_row(&subset->x_copy, taken, x, i);
        copy_row(&subset->y_copy, taken, y, i);
        if (++taken % every == 0) NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static ntk_status take_some(ntk_subset *subset, const ntk_lane *lane, const ntk_matrix *x, const ntk_matrix *y, int64_t m,
                            int32_t kind, uint64_t seed)
{
    ntk_context *context = lane->work->context;
    NTK_TRY(make_room(&subset->x_copy, context, m, x->cols, "a copy of x"));
    NTK_TRY(make_room(&subset->y_copy, context, m, y->cols, "a copy of y"));
    return copy_rows(subset, lane, x, y, m, kind, seed);
}

ntk_status ntk_subset_open(ntk_subset *subset, const ntk_lane *lane, const ntk_matrix *x, const ntk_matrix *y, int64_t m,
                           int32_t kind, uint64_t seed, const char *function)
{
    *subset = (ntk_subset){.y = *y};
    ntk_status status = m < x->rows ? take_some(subset, lane, x, y, m, kind, seed)
                                    : ntk_operand_open(lane, &subset->x_copy, x, NTK_F64, function, "x");
    if (status < 0) {
        ntk_subset_close(lane->work->context, subset);
        return status;
    }
    subset->x = view_of(&subset->x_copy, m, x->cols);
    if (m < x->rows) subset->y = view_of(&subset->y_copy, m, y->cols);
    return NTK_OK;
}

void ntk_subset_close(ntk_context *context, ntk_subset *subset)
{
    ntk_operand_close(context, &subset->x_copy);
    ntk_operand_close(context, &subset->y_copy);
}
