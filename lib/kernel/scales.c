#include "kernel/scales.h"

#include "core/memory.h"
#include "core/status.h"

#include <math.h>

ntk_status ntk_scale_ask(const ntk_lane *lane, int64_t i, int64_t cols)
{
    return (i + 1) % ((1 << 20) / cols + 1) == 0 ? ntk_advance(lane, 0) : NTK_OK;
}

int64_t ntk_no_scales(const ntk_kernel *kernel)
{
    (void)kernel;
    return 0;
}

static ntk_status no_scales(const char *function)
{
    return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: the kernel has no derivatives by scales", function);
}

ntk_status ntk_kernel_scales(const ntk_kernel *kernel, int64_t *count)
{
    NTK_REQUIRE(kernel);
    NTK_REQUIRE(count);
    if (!kernel->operations->scales) return no_scales(__func__);
    *count = kernel->operations->scales(kernel);
    return NTK_OK;
}

static ntk_status check(const ntk_kernel *kernel, const ntk_matrix *g, const ntk_matrix *x1, const ntk_matrix *x2,
                        const ntk_matrix *w, const char *function)
{
    const ntk_matrix *const inputs[] = {x1, x2, w};
    const char *const names[] = {"x1", "x2", "w"};
    NTK_TRY(ntk_output_check(g, function, "g"));
    for (int i = 0; i < 3; i++) NTK_TRY(ntk_input_check(inputs[i], function, names[i]));
    if (!kernel->operations->scales) return no_scales(function);
    if (kernel->operations->scales(kernel) == 0)
        return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: the kernel, being finite or a caller's, has no scales", function);
    NTK_TRY(ntk_shape_check(x1, -1, ntk_kernel_inputs(kernel), function, "x1"));
    NTK_TRY(ntk_shape_check(x2, -1, x1->cols, function, "x2"));
    NTK_TRY(ntk_shape_check(w, x1->rows, x2->rows, function, "w"));
    NTK_TRY(ntk_shape_check(g, kernel->operations->scales(kernel), 1, function, "g"));
    for (int i = 0; i < 3; i++) NTK_TRY(ntk_disjoint_check(g, "g", inputs[i], names[i], function));
    for (int i = 0; i < 3; i++) NTK_TRY(ntk_finite_check(inputs[i], function, names[i]));
    return NTK_OK;
}

static ntk_status write(const ntk_matrix *g, const double *sums, const char *function)
{
    for (int64_t s = 0; s < g->rows; s++) NTK_TRY(ntk_write_row(g, s, 0, &sums[s], NTK_F64, 1, function, "g"));
    return NTK_OK;
}

ntk_status ntk_kernel_scale_gradient(const ntk_kernel *kernel, const ntk_matrix *g, const ntk_matrix *x1, const ntk_matrix *x2,
                                     const ntk_matrix *w)
{
    double *sums;
    ntk_work work;
    NTK_REQUIRE(kernel);
    NTK_TRY(check(kernel, g, x1, x2, w, __func__));
    ntk_context *context = kernel->base.context;
    const ntk_scale_call call = {*x1, *x2, *w, g->dtype, __func__};
    ntk_lane lane = ntk_work_begin(&work, context);
    NTK_TRY(ntk_allocate(context, &sums, g->rows, sizeof *sums, "derivatives by scales"));
    for (int64_t s = 0; s < g->rows; s++) sums[s] = 0;
    ntk_status status = kernel->operations->scale_gradient(kernel, &call, &lane, sums);
    if (status >= 0) status = write(g, sums, __func__);
    ntk_free(context, sums);
    return status;
}
