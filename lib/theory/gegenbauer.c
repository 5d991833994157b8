#include "core/matrix.h"
#include "core/status.h"
#include "kernel/zonal.h"
#include "theory/sphere.h"

#include <math.h>
#include <ntk/theory.h>

ntk_status ntk_theory_gegenbauer(const ntk_matrix *values, const ntk_matrix *t, int64_t d)
{
    NTK_TRY(ntk_output_check(values, __func__, "values"));
    NTK_TRY(ntk_input_check(t, __func__, "t"));
    NTK_TRY(ntk_shape_check(t, -1, 1, __func__, "t"));
    NTK_TRY(ntk_shape_check(values, t->rows, -1, __func__, "values"));
    NTK_TRY(ntk_disjoint_check(values, "values", t, "t", __func__));
    NTK_TRY(ntk_finite_check(t, __func__, "t"));
    NTK_TRY(ntk_sphere_check(d, __func__));
    for (int64_t i = 0; i < t->rows; i++) {
        double at = ntk_get(t->data, t->dtype, i * t->stride), last = 0, now = 1;
        for (int64_t k = 0; k < values->cols; k++) {
            NTK_TRY(ntk_write_row(values, i, k, &now, NTK_F64, 1, __func__, "values"));
            ntk_gegenbauer step = ntk_gegenbauer_at(d, k);
            double next = step.up * at * now - step.down * last;
            last = now;
            now = next;
        }
    }
    return NTK_OK;
}

ntk_status ntk_theory_multiplicities(const ntk_matrix *logs, int64_t d)
{
    NTK_TRY(ntk_output_check(logs, __func__, "logs"));
    NTK_TRY(ntk_shape_check(logs, -1, 1, __func__, "logs"));
    NTK_TRY(ntk_sphere_check(d, __func__));
    ntk_multiplicity b = ntk_sphere_first(d);
    for (int64_t k = 0; k < logs->rows; k++, ntk_sphere_next(&b))
        ntk_put(logs->data, logs->dtype, k * logs->stride, ntk_sphere_log_multiplicity(&b));
    return NTK_OK;
}
