/* Targets that are a network's first output. */
#include "network/network.h"
#include "core/inner.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "theory/target/sample.h"
#include "theory/target/sum.h"

/* --- of one hidden layer without biases: a sum --- */

/* Neurons i and i + N/2 with the same weights are one term. */
static ntk_status create_plain(ntk_context *context, ntk_target **target, const ntk_weights *weights, const char *function)
{
    int64_t count = weights->mirrored ? weights->hidden / 2 : weights->hidden, d = weights->inputs;
    ntk_sum_target *made;
    NTK_TRY(ntk_sum_target_create(context, &made, count, d));
    for (int64_t m = 0; m < count; m++) {
        made->activations[m] = ntk_retain(weights->activation);
        made->coefficients[m] = weights->gamma * (weights->a[m] + (weights->mirrored ? weights->a[m + count] : 0));
    }
    for (int64_t i = 0; i < count * d; i++) made->directions[i] = weights->input_factor * weights->w[i];
    ntk_status status = ntk_sum_target_complete(made, function);
    if (status < 0)
        ntk_release(made);
    else
        *target = &made->base;
    return status;
}

/* --- others: by what they give --- */

typedef struct network_target {
    ntk_target base;
    const ntk_weights *weights;
} network_target;

static ntk_status forward(ntk_context *context, const ntk_weights *weights, const ntk_matrix *y, const ntk_matrix *x)
{
    ntk_network *network;
    NTK_TRY(ntk_network_of_weights(context, &network, ntk_retain(weights)));
    ntk_status status = ntk_network_forward(network, y, x);
    ntk_network_destroy(network);
    return status;
}

/* Outputs of so many samples at a time. */
enum { PANEL_NUMBERS = 1 << 16 };

static int64_t panel_rows(const ntk_weights *weights, int64_t n)
{
    return ntk_smaller(n, ntk_larger(1, PANEL_NUMBERS / weights->outputs));
}

static ntk_status forward_panels(ntk_context *context, const ntk_weights *weights, double *y, const double *x, int64_t n,
                                 double *outputs)
{
    int64_t most = panel_rows(weights, n), d = weights->inputs;
    for (int64_t first = 0; first < n; first += most) {
        int64_t count = ntk_smaller(most, n - first);
        ntk_matrix all = ntk_matrix_f64(outputs, count, weights->outputs), rows = ntk_matrix_const_f64(x + first * d, count, d);
        NTK_TRY(forward(context, weights, &all, &rows));
        for (int64_t i = 0; i < count; i++) y[first + i] = outputs[i * weights->outputs];
    }
    return NTK_OK;
}

static ntk_status values(const ntk_target *target, const ntk_lane *lane, double *y, const double *x, int64_t n,
                         const char *function)
{
    const ntk_weights *weights = ((const network_target *)target)->weights;
    ntk_context *context = lane->work->context;
    ntk_inner inner;
    double *outputs;
    (void)function;
    NTK_TRY(ntk_allocate(context, &outputs, panel_rows(weights, n), weights->outputs * (int64_t)sizeof *outputs,
                         "a network's outputs"));
    ntk_status status = ntk_inner_open(&inner, lane);
    if (status >= 0) {
        status = forward_panels(inner.context, weights, y, x, n, outputs);
        ntk_inner_close(&inner);
    }
    ntk_free(context, outputs);
    return status;
}

static ntk_status memory(const ntk_target *target, const ntk_context *context, uint64_t *bytes, int64_t n)
{
    const ntk_weights *weights = ((const network_target *)target)->weights;
    (void)context;
    return ntk_need(bytes, panel_rows(weights, n), weights->outputs * (int64_t)sizeof(double));
}

static void dispose(void *self)
{
    ntk_release((void *)(uintptr_t)((network_target *)self)->weights);
}

static const ntk_target_operations operations = {
    .values = values, .memory = memory, .energies = ntk_drawn_energies, .project = ntk_drawn_project};

static ntk_status create_deep(ntk_context *context, ntk_target **target, const ntk_weights *weights)
{
    network_target *made;
    NTK_TRY(ntk_object_create(context, &made, sizeof *made, dispose, "a target"));
    made->weights = ntk_retain(weights);
    made->base.operations = &operations;
    made->base.inputs = weights->inputs;
    *target = &made->base;
    return NTK_OK;
}

ntk_status ntk_target_create_network(ntk_context *context, ntk_target **target, const ntk_network *network)
{
    NTK_REQUIRE(target);
    *target = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(network);
    const ntk_weights *weights = network->weights;
    return weights->plain ? create_plain(context, target, weights, __func__) : create_deep(context, target, weights);
}
