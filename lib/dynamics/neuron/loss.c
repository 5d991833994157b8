#include "core/memory.h"
#include "core/status.h"
#include "dynamics/neuron/samples.h"

#include <math.h>
#include <ntk/neuron.h>

static const char FUNCTION[] = "ntk_neuron_loss";

static ntk_status check(const ntk_matrix *gradient, const ntk_matrix *w, const ntk_matrix *x, const ntk_matrix *y, double kink)
{
    NTK_TRY(ntk_input_check(w, FUNCTION, "w"));
    NTK_TRY(ntk_neuron_samples_check(x, y, FUNCTION));
    NTK_TRY(ntk_shape_check(w, x->cols, 1, FUNCTION, "w"));
    if (gradient) {
        NTK_TRY(ntk_output_check(gradient, FUNCTION, "gradient"));
        NTK_TRY(ntk_shape_check(gradient, x->cols, 1, FUNCTION, "gradient"));
        NTK_TRY(ntk_disjoint_check(gradient, "gradient", w, "w", FUNCTION));
        NTK_TRY(ntk_disjoint_check(gradient, "gradient", x, "x", FUNCTION));
        NTK_TRY(ntk_disjoint_check(gradient, "gradient", y, "y", FUNCTION));
    }
    NTK_TRY(ntk_neuron_samples_finite(x, y, FUNCTION));
    NTK_TRY(ntk_finite_check(w, FUNCTION, "w"));
    if (kink >= 0 && kink <= 1) return NTK_OK;
    return ntk_fail(NTK_ERR_VALUE, "%s: kink is %g, expected relu'(0) from 0 to 1", FUNCTION, kink);
}

/* numbers  w, then its gradient */
static ntk_status evaluate(const ntk_lane *lane, ntk_neuron_samples *samples, double *numbers, double *loss,
                           const ntk_matrix *gradient)
{
    int64_t active, d = samples->d;
    double *slopes = gradient ? numbers + d : NULL;
    ntk_work_stage(lane->work, "loss of a neuron", samples->tasks, 0, 1);
    NTK_TRY(ntk_neuron_evaluate(samples, lane, numbers, loss, &active, slopes));
    if (!isfinite(*loss) || (gradient && !ntk_is_finite(slopes, NTK_F64, d)))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: the loss or its gradient is too large to be represented", FUNCTION);
    for (int64_t k = 0; gradient && k < d; k++)
        NTK_TRY(ntk_write_row(gradient, k, 0, &slopes[k], NTK_F64, 1, FUNCTION, "gradient"));
    return NTK_OK;
}

ntk_status ntk_neuron_loss(ntk_context *context, double *loss, const ntk_matrix *gradient, const ntk_matrix *w,
                           const ntk_matrix *x, const ntk_matrix *y, double kink)
{
    NTK_REQUIRE(context);
    NTK_REQUIRE(loss);
    NTK_TRY(check(gradient, w, x, y, kink));
    ntk_neuron_samples samples;
    double *numbers = NULL, found;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "samples", 1, 0, 0);
    ntk_status status = ntk_neuron_samples_open(&samples, &lane, x, y, kink, FUNCTION);
    if (status >= 0) status = ntk_allocate(context, &numbers, x->cols, 2 * (int64_t)sizeof(double), "w and its gradient");
    if (status >= 0) {
        ntk_convert_matrix(numbers, 1, NTK_F64, w);
        status = evaluate(&lane, &samples, numbers, &found, gradient);
    }
    if (status >= 0) *loss = found;
    ntk_free(context, numbers);
    ntk_neuron_samples_close(&samples, context);
    return status;
}
