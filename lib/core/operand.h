/* The caller's arrays in the precision of a call's arithmetic. */
#ifndef NTK_CORE_OPERAND_H
#define NTK_CORE_OPERAND_H

#include "core/matrix.h"
#include "core/parallel.h"

/* The caller's array where that can be used, otherwise a copy. */
typedef struct ntk_operand {
    const void *data;
    int64_t stride;
    void *copy;
} ntk_operand;

/* Whether m cannot be used as it is: rows may be further apart than a BLAS integer can say. */
static inline bool ntk_operand_is_copied(const ntk_matrix *m, int32_t dtype)
{
    return m->dtype != dtype || m->stride > INT32_MAX;
}

/* m in dtype; ntk_operand_copy always copies.  Copying is parallel and can be stopped; it counts no units.
 * function, name  for the sentence of NTK_ERR_OVERFLOW: a number is too large for dtype.  After a failure there is nothing to
 *                 close */
ntk_status ntk_operand_open(const ntk_lane *lane, ntk_operand *operand, const ntk_matrix *m, int32_t dtype,
                            const char *function, const char *name);
ntk_status ntk_operand_copy(const ntk_lane *lane, ntk_operand *operand, const ntk_matrix *m, int32_t dtype,
                            const char *function, const char *name);

/* As ntk_operand_open, with rows one behind the other. */
ntk_status ntk_operand_open_dense(const ntk_lane *lane, ntk_operand *operand, const ntk_matrix *m, int32_t dtype,
                                  const char *function, const char *name);

void ntk_operand_close(ntk_context *context, ntk_operand *operand);

#endif
