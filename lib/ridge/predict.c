#include "ridge/predict.h"
#include "core/arena.h"
#include "core/status.h"
#include "kernel/infinite.h"
#include "kernel/product.h"
#include "kernel/simd/loops.h"
#include "ridge/rooms.h"

#include <float.h>

/* Targets at a time of rows that are predicted one by one, on the caller's stack. */
enum { TARGETS = 64 };

/* One sample on its way to a prediction. */
typedef struct point {
    const ntk_ridge *ridge;
    const char *function;
    ntk_isa isa;
    ntk_infinite_constants k;
    ntk_infinite_line line;
    ntk_features_call call;
} point;

/* y[c] = <K(x, X), alpha_c> for targets targets from first on. */
static ntk_status kernel_point(const point *at, double *y, int64_t first, int64_t targets)
{
    const ntk_samples *samples = at->line.cols;
    union {
        double f64[NTK_STRIP];
        float f32[NTK_STRIP];
    } entries, sums;
    for (int64_t c = 0; c < targets; c++) y[c] = 0;
    for (int64_t j = 0; j < samples->rows; j += NTK_STRIP) {
        int64_t count = samples->rows - j < NTK_STRIP ? samples->rows - j : NTK_STRIP;
        ntk_infinite_dots(&at->line, &entries, j, count);
        NTK_TRY(ntk_infinite_entries(&at->line, &entries, j, count));
        ntk_dots(at->isa, samples->dtype, &sums, targets, &entries,
                 ntk_at(at->ridge->solution.alpha, samples->dtype, first * samples->rows + j), samples->rows, count);
        for (int64_t c = 0; c < targets; c++) y[c] += ntk_get(&sums, samples->dtype, c);
        NTK_TRY(ntk_advance(at->call.lane, 0));
    }
    return NTK_OK;
}

static ntk_status write_point(const point *at, const ntk_matrix *y, int64_t row, int64_t first, int64_t targets, double *values)
{
    const ntk_ridge *ridge = at->ridge;
    void *to = ntk_at(ntk_row(y, row), y->dtype, first);
    for (int64_t c = 0; c < targets; c++) values[c] += ridge->solution.intercept[first + c];
    ntk_convert(to, y->dtype, values, NTK_F64, targets);
    if (ntk_is_finite(to, y->dtype, targets)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: the prediction of row %lld (counted from 0) is too large to be represented",
                    at->function, (long long)row);
}

/* The sample's own factors; x may be scaled, into scaled. */
static ntk_status prepare_point(point *at, const void *x, void *scaled)
{
    const ntk_samples *samples = &at->ridge->system.set->samples;
    ntk_infinite_line *line = &at->line;
    line->kernel = (const ntk_infinite *)samples->kernel;
    line->lane = at->call.lane;
    line->k = &at->k;
    line->cols = samples;
    line->x = x;
    if (!ntk_infinite_row_of(&line->row, line->kernel, &at->k, samples->dtype, x, samples->inputs)) {
        ntk_infinite_row_scaled(&line->row, scaled, line->kernel, &at->k, samples->dtype, x, samples->inputs);
        line->x = scaled;
    }
    double length = ntk_infinite_length(line->kernel, &at->k, &line->row);
    if (length * samples->largest <= (samples->dtype == NTK_F64 ? DBL_MAX : (double)FLT_MAX)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: x is so long that the kernel may be too large to be represented", at->function);
}

static ntk_status predict_point(point *at, const ntk_matrix *y, const ntk_matrix *x, int64_t row)
{
    const ntk_ridge *ridge = at->ridge;
    int32_t dtype = ridge->solution.report.dtype;
    union {
        double f64[NTK_POINT_INPUTS];
        float f32[NTK_POINT_INPUTS];
    } converted, scaled;
    double values[TARGETS];
    const void *sample = ntk_row(x, row);
    if (x->dtype != dtype) {
        ntk_convert(&converted, dtype, sample, x->dtype, x->cols);
        if (!ntk_is_finite(&converted, dtype, x->cols))
            return ntk_fail(NTK_ERR_OVERFLOW, "%s: x holds a number too large for single precision, the model's type",
                            at->function);
        sample = &converted;
    }
    if (!ridge->features) NTK_TRY(prepare_point(at, sample, &scaled));
    for (int64_t first = 0; first < y->cols; first += TARGETS) {
        int64_t targets = y->cols - first < TARGETS ? y->cols - first : TARGETS;
        NTK_TRY(ridge->features ? ntk_features_point(&at->call, values, sample, &ridge->solution.beta, first, targets)
                                : kernel_point(at, values, first, targets));
        NTK_TRY(write_point(at, y, row, first, targets, values));
    }
    return NTK_OK;
}

static ntk_status predict_points(const ntk_ridge *ridge, const ntk_lane *lane, const ntk_matrix *y, const ntk_matrix *x,
                                 const char *function)
{
    point at = {.ridge = ridge, .function = function, .isa = ridge->base.context->isa};
    at.call =
        (ntk_features_call){.features = ridge->features, .lane = lane, .dtype = ridge->solution.report.dtype, .w = ridge->w};
    if (!ridge->features)
        at.k =
            ntk_infinite_constants_of((const ntk_infinite *)ridge->system.set->samples.kernel, ridge->solution.report.inputs);
    ntk_work_stage(lane->work, "prediction", x->rows, 0, 1);
    for (int64_t i = 0; i < x->rows; i++) {
        NTK_TRY(predict_point(&at, y, x, i));
        NTK_TRY(ntk_advance(lane, 1));
    }
    return NTK_OK;
}

static ntk_status predict_kernel(const ntk_ridge *ridge, const ntk_lane *lane, const ntk_matrix *y, const ntk_matrix *x,
                                 const char *function)
{
    const ntk_samples *samples = &ridge->system.set->samples;
    ntk_samples rows;
    ntk_work_stage(lane->work, "samples of a kernel", 1, 0, 0);
    NTK_TRY(ntk_samples_open(&rows, samples->kernel, lane, x, samples->dtype, x->rows, false, function, "x"));
    ntk_product product = {
        .rows = &rows, .cols = samples, .v = ridge->solution.alpha, .ldv = samples->rows, .tv = NTK_TRANSPOSED};
    product.targets = ridge->solution.report.targets;
    product.add = ridge->solution.intercept;
    product.y = y;
    product.function = function;
    ntk_work_stage(lane->work, "prediction", x->rows, 0, 1);
    ntk_status status = ntk_samples_check(&rows, samples, function);
    if (status >= 0) status = ntk_product_evaluate(&product, lane);
    ntk_samples_close(&rows);
    return status;
}

static ntk_status predict_features(const ntk_ridge *ridge, const ntk_lane *lane, const ntk_matrix *y, const ntk_matrix *x,
                                   const char *function)
{
    ntk_features_call call = {.features = ridge->features, .lane = lane, .dtype = ridge->solution.report.dtype, .w = ridge->w};
    call.function = function;
    ntk_work_stage(lane->work, "prediction", x->rows, 0, 1);
    return ntk_features_product(&call, y, x, &ridge->solution.beta, ridge->solution.intercept);
}

ntk_status ntk_ridge_predict_rows(const ntk_ridge *ridge, const ntk_lane *lane, const ntk_matrix *y, const ntk_matrix *x,
                                  const char *function)
{
    return (ridge->features ? predict_features : predict_kernel)(ridge, lane, y, x, function);
}

static ntk_status predict_in_room(const ntk_ridge *ridge, void *room, int64_t size, const ntk_matrix *y, const ntk_matrix *x,
                                  const char *function)
{
    ntk_arena arena;
    ntk_work work;
    ntk_arena_open(&arena, ridge->base.context, room, size);
    ntk_lane lane = ntk_work_begin(&work, &arena.context);
    ntk_status status = ntk_ridge_predict_rows(ridge, &lane, y, x, function);
    ntk_rooms_leave(room);
    return status;
}

ntk_status ntk_ridge_predict_call(const ntk_ridge *ridge, const ntk_matrix *y, const ntk_matrix *x, const char *function)
{
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, ridge->base.context);
    const ntk_kernel *kernel = ridge->system.set ? ridge->system.set->samples.kernel : NULL;
    if (x->rows <= NTK_FEW_ROWS) {
        if (ntk_predicts_points(kernel, ridge->features, x->cols)) return predict_points(ridge, &lane, y, x, function);
        int64_t size;
        void *room = ntk_rooms_enter(&ridge->rooms, &size);
        if (room) return predict_in_room(ridge, room, size, y, x, function);
    }
    return ntk_ridge_predict_rows(ridge, &lane, y, x, function);
}

ntk_status ntk_ridge_predict(const ntk_ridge *ridge, const ntk_matrix *y, const ntk_matrix *x)
{
    NTK_REQUIRE(ridge);
    NTK_TRY(ntk_output_check(y, __func__, "y"));
    NTK_TRY(ntk_input_check(x, __func__, "x"));
    NTK_TRY(ntk_shape_check(x, -1, ridge->solution.report.inputs, __func__, "x"));
    NTK_TRY(ntk_shape_check(y, x->rows, ridge->solution.report.targets, __func__, "y"));
    NTK_TRY(ntk_disjoint_check(y, "y", x, "x", __func__));
    NTK_TRY(ntk_finite_check(x, __func__, "x"));
    return ntk_ridge_predict_call(ridge, y, x, __func__);
}
