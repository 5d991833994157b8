#include "kernel/multiply.h"

#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "features/gradient.h"
#include "kernel/finite.h"
#include "kernel/product.h"

#include <string.h>

/* A finite kernel's product goes through its features, Phi(x1) (Phi(x2)^T v), and so does the gradient of that, of several networks one
 * after the other: work of n1 + n2, not of n1 n2.  So many targets at a time, since each takes memory for p numbers. */
enum { TARGETS = 8 };

static ntk_matrix columns_of(const ntk_matrix *m, int64_t first, int64_t count)
{
    ntk_matrix view = *m;
    view.data = ntk_at(m->data, m->dtype, first);
    view.cols = count;
    return view;
}

/* Phi(x1) b, or its gradient where out has a column for each target and input. */
static ntk_status map_back(const ntk_features_call *call, const ntk_matrix *out, const ntk_matrix *x1,
                           const ntk_coefficients *b, bool gradient)
{
    return gradient ? ntk_features_gradient(call, out, x1, b) : ntk_features_product(call, out, x1, b, NULL);
}

static ntk_status multiply_features(const ntk_features_call *call, const ntk_matrix *y, const ntk_matrix *x1,
                                    const ntk_matrix *x2, const ntk_matrix *v, bool gradient)
{
    ntk_context *context = call->lane->work->context;
    ntk_work *work = call->lane->work;
    int64_t rounds = (v->cols - 1) / TARGETS + 1, hidden = call->features->weights->hidden, each = y->cols / v->cols;
    for (int64_t round = 0; round < rounds; round++) {
        int64_t first = round * TARGETS, count = v->cols - first < TARGETS ? v->cols - first : TARGETS;
        double begin = (double)round / (double)rounds, width = 1 / (double)rounds;
        double middle = begin + width * (double)x2->rows / (double)(x1->rows + x2->rows);
        ntk_matrix v_part = columns_of(v, first, count), y_part = columns_of(y, first * each, count * each);
        ntk_coefficients b;
        ntk_work_stage(work, "transposed features times vectors", x2->rows * hidden, begin, middle);
        ntk_status status = ntk_coefficients_create(context, &b, call->features, call->dtype, count);
        if (status >= 0) status = ntk_features_transposed_product(call, &b, x2, &v_part);
        if (status >= 0) {
            ntk_work_stage(work, "features times coefficients", x1->rows, middle, begin + width);
            status = map_back(call, &y_part, x1, &b, gradient);
        }
        ntk_coefficients_close(context, &b);
        if (status < 0) return status;
    }
    return NTK_OK;
}

static ntk_status evaluate_finite(const ntk_features *features, const ntk_lane *lane, const ntk_matrix *y, const ntk_matrix *x1,
                                  const ntk_matrix *x2, const ntk_matrix *v, bool gradient, bool add, const char *function)
{
    ntk_context *context = lane->work->context;
    ntk_features_call call = {.features = features, .lane = lane, .dtype = y->dtype, .function = function, .add = add};
    void *w;
    ntk_work_stage(lane->work, "hidden weights", 1, 0, 0);
    NTK_TRY(ntk_hidden_weights(lane, features->weights, y->dtype, &w, function));
    call.w = w;
    ntk_status status = multiply_features(&call, y, x1, x2, v, gradient);
    ntk_free(context, w);
    return status;
}

ntk_status ntk_finite_multiply(const ntk_kernel *kernel, const ntk_lane *lane, const ntk_matrix *y, const ntk_matrix *x1,
                               const ntk_matrix *x2, const ntk_matrix *v, const char *function)
{
    return evaluate_finite(kernel->features, lane, y, x1, x2, v, false, false, function);
}

/* A plain block of networks is one network. */
static int64_t networks_of(const ntk_features *features)
{
    return features->weights->plain ? 1 : features->weights->networks;
}

/* Features of one of the networks, whose weights are written to *weights: no handle, and not a copy of one, whose references others
 * count. */
static ntk_features features_of_network(const ntk_features *features, int64_t network, ntk_weights *weights)
{
    ntk_features one = {.weights = features->weights, .part = features->part, .size = features->size};
    if (networks_of(features) == 1) return one;
    *weights = ntk_weights_of_network(features->weights, network);
    one.weights = weights;
    return one;
}

/* sum = the mean of the networks' gradients, one network after the other. */
static ntk_status sum_gradients(const ntk_features *features, const ntk_lane *lane, const ntk_matrix *sum, const ntk_matrix *x1,
                                const ntk_matrix *x2, const ntk_matrix *v, const char *function)
{
    int64_t networks = networks_of(features);
    ntk_status status = NTK_OK;
    for (int64_t r = 0; status >= 0 && r < networks; r++) {
        ntk_weights weights;
        ntk_features one = features_of_network(features, r, &weights);
        ntk_share room = ntk_work_narrow(lane->work, (double)r / (double)networks, (double)(r + 1) / (double)networks);
        status = evaluate_finite(&one, lane, sum, x1, x2, v, true, r > 0, function);
        ntk_work_widen(lane->work, room);
    }
    return status;
}

/* In an array of its own, as g is to be written when nothing more is to be had. */
static ntk_status mean_gradient(const ntk_features *features, const ntk_lane *lane, const ntk_matrix *g, const ntk_matrix *x1,
                                const ntk_matrix *x2, const ntk_matrix *v, const char *function)
{
    ntk_context *context = lane->work->context;
    int64_t rounds = (v->cols - 1) / TARGETS + 1, d = x1->cols, size = ntk_dtype_size(g->dtype);
    void *room;
    NTK_TRY(ntk_allocate(context, &room, g->rows, ntk_smaller(v->cols, TARGETS) * d * size, "a sum of gradients"));
    ntk_status status = NTK_OK;
    for (int64_t round = 0; status >= 0 && round < rounds; round++) {
        int64_t first = round * TARGETS, count = ntk_smaller(v->cols - first, TARGETS);
        ntk_matrix part = columns_of(v, first, count), sum = ntk_matrix_view(room, g->rows, count * d, g->dtype, 0);
        ntk_share narrow = ntk_work_narrow(lane->work, (double)round / (double)rounds, (double)(round + 1) / (double)rounds);
        status = sum_gradients(features, lane, &sum, x1, x2, &part, function);
        ntk_work_widen(lane->work, narrow);
        for (int64_t i = 0; status >= 0 && i < g->rows; i++)
            memcpy(ntk_at(ntk_row(g, i), g->dtype, first * d), ntk_row(&sum, i), (size_t)(count * d * size));
    }
    ntk_free(context, room);
    return status;
}

ntk_status ntk_finite_gradient(const ntk_kernel *kernel, const ntk_lane *lane, const ntk_matrix *g, const ntk_matrix *x1,
                               const ntk_matrix *x2, const ntk_matrix *v, const char *function)
{
    const ntk_features *features = ntk_finite_of(kernel)->features;
    if (networks_of(features) > 1) return mean_gradient(features, lane, g, x1, x2, v, function);
    return evaluate_finite(features, lane, g, x1, x2, v, true, false, function);
}

static ntk_status multiply_samples(const ntk_samples *rows, const ntk_samples *cols, const ntk_lane *lane, const ntk_matrix *y,
                                   const ntk_matrix *v, const char *function)
{
    ntk_operand operand;
    NTK_TRY(ntk_operand_open(lane, &operand, v, rows->dtype, function, "v"));
    ntk_product product = {.rows = rows, .cols = cols, .v = operand.data, .ldv = operand.stride, .tv = NTK_PLAIN};
    product.targets = v->cols;
    product.y = y;
    product.function = function;
    ntk_work_stage(lane->work, "kernel product", y->rows, 0, 1);
    ntk_status status = ntk_product_evaluate(&product, lane);
    ntk_operand_close(rows->context, &operand);
    return status;
}

static ntk_status multiply_infinite(const ntk_kernel *kernel, const ntk_lane *lane, const ntk_matrix *y, const ntk_matrix *x1,
                                    const ntk_matrix *x2, const ntk_matrix *v, const char *function)
{
    ntk_sample_pair pair;
    NTK_TRY(ntk_sample_pair_open(&pair, kernel, lane, x1, x2, y->dtype, function));
    ntk_status status = multiply_samples(&pair.rows, &pair.cols, lane, y, v, function);
    ntk_sample_pair_close(&pair);
    return status;
}

ntk_status ntk_multiply_check(const ntk_kernel *kernel, const ntk_matrix *out, const char *name, bool each_input,
                              const ntk_matrix *x1, const ntk_matrix *x2, const ntk_matrix *v, const char *function)
{
    const ntk_matrix *const inputs[] = {x1, x2, v};
    const char *const names[] = {"x1", "x2", "v"};
    int64_t cols;
    NTK_TRY(ntk_output_check(out, function, name));
    for (int i = 0; i < 3; i++) NTK_TRY(ntk_input_check(inputs[i], function, names[i]));
    NTK_TRY(ntk_shape_check(x1, -1, ntk_kernel_inputs(kernel), function, "x1"));
    NTK_TRY(ntk_shape_check(x2, -1, x1->cols, function, "x2"));
    NTK_TRY(ntk_shape_check(v, x2->rows, -1, function, "v"));
    if (__builtin_mul_overflow(v->cols, each_input ? x1->cols : 1, &cols))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: %lld targets of %lld inputs are too many", function, (long long)v->cols,
                        (long long)x1->cols);
    NTK_TRY(ntk_shape_check(out, x1->rows, cols, function, name));
    for (int i = 0; i < 3; i++) NTK_TRY(ntk_disjoint_check(out, name, inputs[i], names[i], function));
    for (int i = 0; i < 3; i++) NTK_TRY(ntk_finite_check(inputs[i], function, names[i]));
    return NTK_OK;
}

ntk_status ntk_kernel_multiply(const ntk_kernel *kernel, const ntk_matrix *y, const ntk_matrix *x1, const ntk_matrix *x2,
                               const ntk_matrix *v)
{
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_multiply_check(kernel, y, "y", false, x1, x2, v, __func__));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, kernel->base.context);
    return (kernel->features ? ntk_finite_multiply : multiply_infinite)(kernel, &lane, y, x1, x2, v, __func__);
}

/* copied    rows of samples that are not of dtype, so that they are copied
 * gradient  of that, in place of the product */
static ntk_status finite_memory(const ntk_features *features, const ntk_context *context, uint64_t *bytes, int64_t rows,
                                int64_t cols, int64_t copied, int32_t dtype, int64_t targets, bool gradient)
{
    uint64_t transposed = 0, forward = 0, elements = 0;
    int64_t size = ntk_dtype_size(dtype);
    NTK_TRY(ntk_need(bytes, features->size, size * targets));
    NTK_TRY(ntk_need(bytes, cols, size * targets));
    NTK_TRY(ntk_size_multiply(&elements, copied, features->weights->inputs));
    NTK_TRY(ntk_need(bytes, (int64_t)elements, size));
    NTK_TRY(ntk_hidden_weights_memory(features->weights, bytes, dtype));
    NTK_TRY(ntk_features_transposed_memory(features, context, &transposed, dtype, cols, targets));
    NTK_TRY((gradient ? ntk_features_gradient_memory : ntk_features_product_memory)(features, context, &forward, dtype, rows,
                                                                                    targets));
    return ntk_need(bytes, (int64_t)(transposed > forward ? transposed : forward), 1);
}

ntk_status ntk_finite_multiply_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                                      int64_t cols, int64_t copied, int32_t dtype, int64_t targets)
{
    return finite_memory(kernel->features, context, bytes, rows, cols, copied, dtype, ntk_smaller(targets, TARGETS), false);
}

ntk_status ntk_multiply_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                               int64_t cols, int64_t inputs, int32_t dtype)
{
    if (!kernel->features) return ntk_product_memory(kernel, context, bytes, rows, cols, inputs, dtype);
    return finite_memory(kernel->features, context, bytes, rows, cols, ntk_larger(rows, cols), dtype, TARGETS, false);
}

ntk_status ntk_finite_gradient_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                                      int64_t cols, int64_t inputs, int32_t dtype)
{
    ntk_weights weights;
    const ntk_features *features = ntk_finite_of(kernel)->features;
    ntk_features one = features_of_network(features, 0, &weights);
    uint64_t row = 0;
    NTK_TRY(ntk_size_multiply(&row, inputs, TARGETS * ntk_dtype_size(dtype)));
    if (networks_of(features) > 1) NTK_TRY(ntk_need(bytes, rows, (int64_t)row));
    return finite_memory(&one, context, bytes, rows, cols, ntk_larger(rows, cols), dtype, TARGETS, true);
}
