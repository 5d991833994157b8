#include "theory/target/sum.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"

#include <math.h>
#include <string.h>

/* --- values --- */

static void add_term(const ntk_sum_lines *lines, ntk_isa isa, int64_t term, double *z, double *y, double *room, int64_t count)
{
    const ntk_sum_target *f = lines->target;
    double length = f->lengths[term], coefficient = f->coefficients[term];
    (void)room;
    for (int64_t i = 0; i < count; i++) z[i] *= length;
    ntk_activation_evaluate(f->activations[term], isa, NTK_F64, 0, z, z, count);
    for (int64_t i = 0; i < count; i++) y[i] += coefficient * z[i];
}

static ntk_status values(const ntk_target *target, const ntk_lane *lane, double *y, const double *x, int64_t n,
                         const char *function)
{
    const ntk_sum_target *f = (const ntk_sum_target *)target;
    const ntk_sum_lines lines = {.target = f, .scale = 1, .y = y, .x = x, .n = n, .add = add_term};
    NTK_TRY(ntk_sum_lines_run(&lines, lane, false));
    for (int64_t i = 0; i < n; i++)
        for (int64_t m = 0; !isfinite(y[i]) && m < f->count; m++)
            if (f->activations[m]->family == NTK_FAMILY_USER)
                return ntk_fail(NTK_ERR_CALLBACK,
                                "%s: f(x) of sample %lld (counted from 0) is %g, with an activation of the caller's", function,
                                (long long)i, y[i]);
    return NTK_OK;
}

static ntk_status memory(const ntk_target *target, const ntk_context *context, uint64_t *bytes, int64_t n)
{
    (void)target;
    return ntk_sum_lines_memory(context, bytes, n);
}

/* --- making one --- */

static void dispose(void *self)
{
    ntk_sum_target *target = self;
    for (int64_t m = 0; target->activations && m < target->count; m++) ntk_release((void *)(uintptr_t)target->activations[m]);
    ntk_free(target->base.base.context, target->activations);
    ntk_free(target->base.base.context, target->directions);
}

static const ntk_target_operations operations = {
    .values = values, .memory = memory, .energies = ntk_sum_energies, .project = ntk_sum_project};

static ntk_status make_arrays(ntk_sum_target *made, int64_t d)
{
    ntk_context *context = made->base.base.context;
    uint64_t bytes;
    NTK_TRY(ntk_allocate(context, &made->activations, made->count, sizeof *made->activations, "a target's activations"));
    for (int64_t m = 0; m < made->count; m++) made->activations[m] = NULL;
    NTK_TRY(ntk_size_multiply(&bytes, d, sizeof(double)));
    NTK_TRY(ntk_size_add(&bytes, 2, sizeof(double)));
    NTK_TRY(ntk_allocate(context, &made->directions, made->count, (int64_t)bytes, "a target's weights"));
    made->lengths = made->directions + made->count * d;
    made->coefficients = made->lengths + made->count;
    return NTK_OK;
}

ntk_status ntk_sum_target_create(ntk_context *context, ntk_sum_target **target, int64_t count, int64_t d)
{
    ntk_sum_target *made;
    *target = NULL;
    NTK_TRY(ntk_object_create(context, &made, sizeof *made, dispose, "a target"));
    made->base.operations = &operations;
    made->base.inputs = d;
    made->count = count;
    ntk_status status = make_arrays(made, d);
    if (status < 0) {
        ntk_release(made);
        return status;
    }
    *target = made;
    return NTK_OK;
}

/* w becomes w / |w|. */
static double take_length(double *w, int64_t d)
{
    double most = 0, sum = 0;
    for (int64_t j = 0; j < d; j++) most = fmax(most, fabs(w[j]));
    if (most == 0) return 0;
    for (int64_t j = 0; j < d; j++) {
        w[j] /= most;
        sum += w[j] * w[j];
    }
    for (int64_t j = 0; j < d; j++) w[j] /= sqrt(sum);
    return most * sqrt(sum);
}

ntk_status ntk_sum_target_complete(ntk_sum_target *target, const char *function)
{
    int64_t d = target->base.inputs;
    for (int64_t m = 0; m < target->count; m++) {
        target->lengths[m] = take_length(target->directions + m * d, d);
        if (!isfinite(target->lengths[m]))
            return ntk_fail(NTK_ERR_OVERFLOW, "%s: the length of the weights of term %lld (counted from 0) overflows", function,
                            (long long)m);
    }
    return NTK_OK;
}

/* --- the calls --- */

static ntk_status check_terms(const ntk_activation *const *activations, const ntk_matrix *weights,
                              const ntk_matrix *coefficients, const char *function)
{
    NTK_TRY(ntk_input_check(weights, function, "weights"));
    NTK_TRY(ntk_input_check(coefficients, function, "coefficients"));
    NTK_TRY(ntk_shape_check(coefficients, weights->rows, 1, function, "coefficients"));
    NTK_TRY(ntk_finite_check(weights, function, "weights"));
    NTK_TRY(ntk_finite_check(coefficients, function, "coefficients"));
    for (int64_t m = 0; m < weights->rows; m++)
        if (!activations[m]) return ntk_fail(NTK_ERR_NULL, "%s: activations[%lld] is NULL", function, (long long)m);
    return NTK_OK;
}

static ntk_status finish(ntk_target **target, ntk_sum_target *made, const char *function)
{
    ntk_status status = ntk_sum_target_complete(made, function);
    if (status < 0)
        ntk_release(made);
    else
        *target = &made->base;
    return status;
}

ntk_status ntk_target_create_sum(ntk_context *context, ntk_target **target, const ntk_activation *const *activations,
                                 const ntk_matrix *weights, const ntk_matrix *coefficients)
{
    ntk_sum_target *made;
    NTK_REQUIRE(target);
    *target = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(activations);
    NTK_TRY(check_terms(activations, weights, coefficients, __func__));
    NTK_TRY(ntk_sum_target_create(context, &made, weights->rows, weights->cols));
    for (int64_t m = 0; m < made->count; m++) made->activations[m] = ntk_retain(activations[m]);
    ntk_convert_matrix(made->directions, weights->cols, NTK_F64, weights);
    ntk_convert_matrix(made->coefficients, 1, NTK_F64, coefficients);
    return finish(target, made, __func__);
}
