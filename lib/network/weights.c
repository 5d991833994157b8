#include "network/weights.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/operand.h"
#include "core/status.h"

#include <string.h>

static void dispose(void *self)
{
    ntk_weights *weights = self;
    ntk_free(weights->base.context, weights->w);
    ntk_release((void *)(uintptr_t)weights->activation);
}

static ntk_status parameter_count(int64_t *count, const ntk_weights *like)
{
    uint64_t bytes;
    if (!__builtin_mul_overflow(like->hidden, like->inputs, count) && !__builtin_add_overflow(*count, like->hidden, count) &&
        ntk_size_multiply(&bytes, *count, sizeof(double)) >= 0)
        return NTK_OK;
    return NTK_ERR_OVERFLOW;
}

ntk_status ntk_weights_create(ntk_context *context, ntk_weights **weights, const ntk_weights *like)
{
    ntk_weights *made;
    int64_t count;
    *weights = NULL;
    NTK_TRY(parameter_count(&count, like));
    NTK_TRY(ntk_object_create(context, &made, sizeof *made, dispose, "a network's parameters"));
    ntk_status status = ntk_allocate(context, &made->w, count, sizeof(double), "a network's parameters");
    if (status < 0) {
        ntk_release(made);
        return status;
    }
    made->activation = ntk_retain(like->activation);
    made->inputs = like->inputs;
    made->hidden = like->hidden;
    made->gamma = like->gamma;
    made->input_factor = like->input_factor;
    made->tangent_factor = like->tangent_factor;
    made->a = made->w + made->hidden * made->inputs;
    *weights = made;
    return NTK_OK;
}

void ntk_weights_complete(ntk_weights *weights)
{
    int64_t half = weights->hidden / 2 * weights->inputs;
    weights->mirrored = weights->hidden % 2 == 0 && memcmp(weights->w, weights->w + half, (size_t)half * sizeof(double)) == 0;
}

int64_t ntk_weights_size(const ntk_weights *weights, int32_t part)
{
    switch (part) {
    case NTK_PART_BOTH:
        return weights->hidden * (weights->inputs + 1);
    case NTK_PART_RF:
        return weights->hidden;
    case NTK_PART_NT:
        return weights->hidden * weights->inputs;
    default:
        return -1;
    }
}

ntk_status ntk_hidden_weights(const ntk_lane *lane, const ntk_weights *weights, int32_t dtype, void **w, const char *function)
{
    ntk_matrix all = ntk_matrix_const_f64(weights->w, weights->hidden, weights->inputs);
    ntk_operand operand = {0};
    *w = NULL;
    if (dtype != NTK_F64) NTK_TRY(ntk_operand_copy(lane, &operand, &all, dtype, function, "the network's hidden layer"));
    *w = operand.copy;
    return NTK_OK;
}
