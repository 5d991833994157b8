/* Some of the samples, in double precision. */
#ifndef NTK_RIDGE_OPTIMISE_SUBSET_H
#define NTK_RIDGE_OPTIMISE_SUBSET_H

#include "core/operand.h"

/* x, y  views;  x_copy, y_copy  what is held for them */
typedef struct ntk_subset {
    ntk_matrix x, y;
    ntk_operand x_copy, y_copy;
} ntk_subset;

/* m of the n samples, in their order: the first, or a sample without replacement that the seed chooses; of all, x and y themselves
 * where their type is right.  After a failure there is nothing to close. */
ntk_status ntk_subset_open(ntk_subset *subset, const ntk_lane *lane, const ntk_matrix *x, const ntk_matrix *y, int64_t m,
                           int32_t kind, uint64_t seed, const char *function);
void ntk_subset_close(ntk_context *context, ntk_subset *subset);

#endif
