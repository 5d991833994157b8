/* The kernel of samples with themselves as something that multiplies vectors. */
#ifndef NTK_RIDGE_OPERATOR_H
#define NTK_RIDGE_OPERATOR_H

#include "gram/gram.h"
#include "ridge/tall.h"

/* samples  of this call alone; of a kernel without features they must be prepared
 * K        without data: each product goes through the kernel's features, or evaluates every pair of samples
 *          Elements are in the samples' precision, products in double */
typedef struct ntk_operator {
    ntk_samples *samples;
    ntk_symmetric K;
    const char *function;
} ntk_operator;

/* hold: K is assembled, in packed tiles, as a stage of that share.  After a failure, too, the caller closes. */
ntk_status ntk_operator_open(ntk_operator *K, ntk_samples *samples, bool hold, const ntk_lane *lane, ntk_share share,
                             const char *function);
void ntk_operator_close(ntk_operator *K, ntk_context *context);

/* Y = K V, contiguous, as stages of that share.
 * NTK_ERR_OVERFLOW  a number of Y is too large */
ntk_status ntk_operator_multiply(const ntk_operator *K, const ntk_lane *lane, ntk_tall Y, ntk_tall V, ntk_share share);

/* Adds the bytes that it holds, and the most that its making and its products hold besides, to needs. */
ntk_status ntk_operator_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *held, uint64_t *making,
                               uint64_t *product, int64_t n, int64_t d, int32_t dtype, bool hold);

#endif
