/* Losses of outputs, and their derivatives. */
#ifndef NTK_DYNAMICS_TRAINING_LOSS_H
#define NTK_DYNAMICS_TRAINING_LOSS_H

#include "core/matrix.h"

#include <ntk/loss.h>

/* Some rows of a batch.
 * all     rows of the batch
 * f       rows x outputs, one row behind the other   y  likewise, ldy apart */
typedef struct ntk_loss_rows {
    int32_t loss, dtype;
    int64_t rows, outputs, all;
    void *f;
    const void *y;
    int64_t ldy;
} ntk_loss_rows;

/* What the rows add to the batch's loss.  Where slopes is true, f becomes its derivatives by f. */
double ntk_loss_of_rows(const ntk_loss_rows *rows, bool slopes);

/* c such that the Gauss-Newton matrix of the loss of a batch is at most c K, and equals it for squared losses. */
double ntk_loss_curvature(int32_t loss, int64_t all, int64_t outputs);

/* NTK_ERR_VALUE unless targets y, rows x outputs, are what the loss takes; first: the number of the first row, for the sentence. */
ntk_status ntk_loss_check(int32_t loss, const ntk_matrix *y, int64_t first, const char *function);

#endif
