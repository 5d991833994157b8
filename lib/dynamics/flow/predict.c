#include "core/memory.h"
#include "core/status.h"
#include "dynamics/flow/flow.h"
#include "kernel/multiply.h"
#include "kernel/product.h"
#include "network/layer.h"

/* One time as a view. */
static ntk_matrix view_of(const double *t)
{
    return ntk_matrix_const_f64(t, 1, 1);
}

ntk_status ntk_flow_sums_room(const ntk_flow *flow, ntk_context *context, double **room, int64_t times)
{
    uint64_t row, bytes;
    *room = NULL;
    NTK_TRY(ntk_size_multiply(&row, flow->targets, (int64_t)sizeof **room));
    NTK_TRY(ntk_size_multiply(&bytes, times, (int64_t)row));
    return ntk_allocate(context, room, ntk_flow_samples(flow), (int64_t)bytes, "coefficients of several times");
}

/* --- outputs of other samples --- */

/* What is written to f, in rows: the product, in f itself or in the flow's dtype beside it, and f_0. */
typedef struct finishing {
    const ntk_matrix *f, *product, *f0x;
    int64_t targets, per_task;
    const char *function;
} finishing;

static ntk_status finish_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const finishing *job = argument;
    const ntk_matrix *f = job->f, *from = job->product, *f0x = job->f0x;
    int64_t last = (index + 1) * job->per_task;
    for (int64_t i = index * job->per_task; i < last && i < f->rows; i++) {
        void *to = ntk_row(f, i);
        for (int64_t c = 0; c < f->cols; c++) {
            double value = ntk_get(ntk_row(from, i), from->dtype, c);
            if (f0x) value += ntk_get(ntk_row(f0x, i), f0x->dtype, c % job->targets);
            ntk_put(to, f->dtype, c, value);
        }
        if (!ntk_is_finite(to, f->dtype, f->cols))
            return ntk_fail(NTK_ERR_OVERFLOW, "%s: f overflows in row %lld (counted from 0)", job->function, (long long)i);
    }
    return ntk_advance(lane, 0);
}

/* y = K(x, X) v in y's dtype, the flow's. */
static ntk_status multiply(const ntk_flow *flow, const ntk_lane *lane, const ntk_matrix *y, const ntk_matrix *x,
                           const ntk_matrix *v, const char *function)
{
    const ntk_samples *samples = &flow->system.set->samples;
    const ntk_kernel *kernel = samples->kernel;
    ntk_matrix X = ntk_samples_view(samples);
    ntk_samples rows;
    ntk_operand alpha;
    if (kernel->features) return ntk_finite_multiply(kernel, lane, y, x, &X, v, function);
    ntk_work_stage(lane->work, "samples of a kernel", 1, 0, 0);
    NTK_TRY(ntk_samples_open(&rows, kernel, lane, x, samples->dtype, 0, false, function, "x"));
    ntk_status status = ntk_samples_check(&rows, samples, function);
    if (status >= 0) status = ntk_operand_open(lane, &alpha, v, samples->dtype, function, "alpha");
    if (status >= 0) {
        ntk_product product = {.rows = &rows, .cols = samples, .v = alpha.data, .ldv = alpha.stride, .tv = NTK_PLAIN};
        product.targets = v->cols;
        product.y = y;
        product.function = function;
        ntk_work_stage(lane->work, "prediction", x->rows, 0, 1);
        status = ntk_product_evaluate(&product, lane);
        ntk_operand_close(lane->work->context, &alpha);
    }
    ntk_samples_close(&rows);
    return status;
}

static ntk_status multiply_and_add(const ntk_flow *flow, const ntk_lane *lane, const ntk_matrix *f, const ntk_matrix *x,
                                   const ntk_matrix *f0x, const ntk_matrix *alpha, const char *function)
{
    ntk_context *context = lane->work->context;
    int32_t dtype = flow->system.set->samples.dtype;
    ntk_matrix product = *f;
    void *room = NULL;
    if (f->dtype != dtype) {
        uint64_t row;
        NTK_TRY(ntk_size_multiply(&row, f->cols, ntk_dtype_size(dtype)));
        NTK_TRY(ntk_allocate(context, &room, f->rows, (int64_t)row, "outputs in the flow's precision"));
        product = ntk_matrix_view(room, f->rows, f->cols, dtype, 0);
    }
    ntk_status status = multiply(flow, lane, &product, x, alpha, function);
    finishing job = {.f = f, .product = &product, .f0x = f0x, .targets = flow->targets, .function = function};
    job.per_task = ntk_rows_per_task(f->cols);
    if (status >= 0 && (room || f0x)) status = ntk_run(lane, (f->rows - 1) / job.per_task + 1, finish_rows, &job);
    ntk_free(context, room);
    return status;
}

ntk_status ntk_flow_outputs(const ntk_flow *flow, const ntk_lane *lane, const ntk_matrix *f, const ntk_matrix *x,
                            const ntk_matrix *f0x, const ntk_matrix *times, const char *function)
{
    ntk_context *context = lane->work->context;
    double *alpha;
    ntk_work_stage(lane->work, "coefficients of times", 1, 0, 0);
    NTK_TRY(ntk_flow_sums_room(flow, context, &alpha, times->rows));
    ntk_matrix view = ntk_matrix_f64(alpha, ntk_flow_samples(flow), f->cols);
    ntk_status status = ntk_flow_sums(flow, lane, alpha, times, false, function);
    if (status >= 0) status = multiply_and_add(flow, lane, f, x, f0x, &view, function);
    ntk_free(context, alpha);
    return status;
}

/* The views of a call that writes outputs of samples. */
static ntk_status check_outputs(const ntk_flow *flow, const ntk_matrix *f, const ntk_matrix *x, const ntk_matrix *f0x,
                                int64_t times, const char *function)
{
    int64_t cols;
    NTK_TRY(ntk_output_check(f, function, "f"));
    NTK_TRY(ntk_input_check(x, function, "x"));
    NTK_TRY(ntk_shape_check(x, -1, flow->system.set->samples.inputs, function, "x"));
    if (__builtin_mul_overflow(times, flow->targets, &cols))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: %lld times of %lld targets are too many", function, (long long)times,
                        (long long)flow->targets);
    NTK_TRY(ntk_shape_check(f, x->rows, cols, function, "f"));
    NTK_TRY(ntk_disjoint_check(f, "f", x, "x", function));
    NTK_TRY(ntk_flow_start_check(f0x, "f0x", x->rows, flow->targets, f, "f", function));
    return ntk_finite_check(x, function, "x");
}

ntk_status ntk_flow_predict(const ntk_flow *flow, const ntk_matrix *f, const ntk_matrix *x, const ntk_matrix *f0x, double t)
{
    NTK_REQUIRE(flow);
    NTK_TRY(check_outputs(flow, f, x, f0x, 1, __func__));
    NTK_TRY(ntk_flow_time_check(flow, t, __func__, "t"));
    NTK_TRY(ntk_flow_outputs_check(flow, f, x, 1));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, flow->base.context);
    ntk_matrix times = view_of(&t);
    return ntk_flow_outputs(flow, &lane, f, x, f0x, &times, __func__);
}

ntk_status ntk_flow_trajectory(const ntk_flow *flow, const ntk_matrix *f, const ntk_matrix *x, const ntk_matrix *f0x,
                               const ntk_matrix *times)
{
    NTK_REQUIRE(flow);
    NTK_TRY(ntk_input_check(times, __func__, "times"));
    NTK_TRY(ntk_shape_check(times, -1, 1, __func__, "times"));
    NTK_TRY(check_outputs(flow, f, x, f0x, times->rows, __func__));
    NTK_TRY(ntk_disjoint_check(f, "f", times, "times", __func__));
    NTK_TRY(ntk_flow_times_check(flow, times, __func__));
    NTK_TRY(ntk_flow_outputs_check(flow, f, x, times->rows));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, flow->base.context);
    return ntk_flow_outputs(flow, &lane, f, x, f0x, times, __func__);
}

/* --- of the training samples --- */

/* A sum over the modes at a time, and start, n x targets or NULL, to out, n x targets. */
static ntk_status write_sums(const ntk_flow *flow, const ntk_matrix *out, double t, bool outputs, const char *function,
                             const char *name)
{
    ntk_context *context = flow->base.context;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    int64_t wide = flow->targets;
    ntk_matrix times = view_of(&t);
    double *sums;
    ntk_work_stage(&work, "sums over modes", 1, 0, 1);
    NTK_TRY(ntk_flow_sums_room(flow, context, &sums, 1));
    ntk_status status = ntk_flow_sums(flow, &lane, sums, &times, outputs, function);
    for (int64_t i = 0; status >= 0 && i < out->rows; i++) {
        for (int64_t c = 0; outputs && flow->f0 && c < wide; c++) sums[i * wide + c] += flow->f0[i * wide + c];
        status = ntk_write_row(out, i, 0, sums + i * wide, NTK_F64, wide, function, name);
    }
    ntk_free(context, sums);
    return status < 0 ? status : ntk_advance(&lane, 1);
}

ntk_status ntk_flow_train(const ntk_flow *flow, const ntk_matrix *f, double t)
{
    NTK_REQUIRE(flow);
    NTK_TRY(ntk_output_check(f, __func__, "f"));
    NTK_TRY(ntk_shape_check(f, ntk_flow_samples(flow), flow->targets, __func__, "f"));
    NTK_TRY(ntk_flow_time_check(flow, t, __func__, "t"));
    return write_sums(flow, f, t, true, __func__, "f");
}

ntk_status ntk_flow_coefficients(const ntk_flow *flow, const ntk_matrix *alpha, double t)
{
    NTK_REQUIRE(flow);
    NTK_TRY(ntk_output_check(alpha, __func__, "alpha"));
    NTK_TRY(ntk_shape_check(alpha, ntk_flow_samples(flow), flow->targets, __func__, "alpha"));
    NTK_TRY(ntk_flow_time_check(flow, t, __func__, "t"));
    return write_sums(flow, alpha, t, false, __func__, "alpha");
}

/* --- weights --- */

static ntk_status write_weights(const ntk_flow *flow, const ntk_matrix *dtheta, const ntk_features *features, double t,
                                double *alpha, const char *function)
{
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, flow->base.context);
    ntk_features_call call = {.features = features, .lane = &lane, .dtype = dtheta->dtype, .function = function};
    ntk_matrix x = ntk_samples_view(&flow->system.set->samples), times = view_of(&t);
    ntk_matrix r = ntk_matrix_const_f64(alpha, x.rows, flow->targets);
    ntk_work_stage(&work, "coefficients of a time", 1, 0, 0);
    NTK_TRY(ntk_flow_sums(flow, &lane, alpha, &times, false, function));
    ntk_work_stage(&work, "transposed features times coefficients", x.rows * features->weights->hidden, 0, 1);
    return ntk_features_transposed_write(&call, dtheta, &x, &r);
}

ntk_status ntk_flow_weights(const ntk_flow *flow, const ntk_matrix *dtheta, const ntk_features *features, double t)
{
    NTK_REQUIRE(flow);
    NTK_TRY(ntk_output_check(dtheta, __func__, "dtheta"));
    NTK_REQUIRE(features);
    if (features->weights->inputs != flow->system.set->samples.inputs)
        return ntk_fail(NTK_ERR_SHAPE, "%s: features have %lld inputs, expected the samples' %lld", __func__,
                        (long long)features->weights->inputs, (long long)flow->system.set->samples.inputs);
    NTK_TRY(ntk_shape_check(dtheta, features->size, flow->targets, __func__, "dtheta"));
    NTK_TRY(ntk_flow_time_check(flow, t, __func__, "t"));
    double *alpha;
    NTK_TRY(ntk_flow_sums_room(flow, flow->base.context, &alpha, 1));
    ntk_status status = write_weights(flow, dtheta, features, t, alpha, __func__);
    ntk_free(flow->base.context, alpha);
    return status;
}
