/* Effective dimensions and ridges. */
#include "core/status.h"
#include "ridge/ridge.h"
#include "theory/spectrum/spectrum.h"

#include <math.h>

static double tail_from(const ntk_spectrum *s, double first)
{
    double sum = 0;
    for (int64_t k = s->modes - 1; (double)k >= first; k--) sum += s->values[k];
    return sum / (double)s->samples;
}

/* Where lambda is 0, kappa is what it tends to: 0, unless K is regular. */
static void measure(const ntk_spectrum *s, double lambda, double row[NTK_DIMENSION_COLUMNS])
{
    double first = 0, second = 0, inverse = 0;
    for (int64_t k = 0; k < s->rank; k++) {
        double learned = s->values[k] / (s->values[k] + lambda);
        first += learned;
        second += learned * learned;
        inverse += 1 / (s->values[k] + lambda);
    }
    if (lambda > 0) inverse += (double)(s->modes - s->rank) / lambda;
    row[NTK_DIMENSION_LAMBDA] = lambda;
    row[NTK_DIMENSION_FIRST] = first;
    row[NTK_DIMENSION_SECOND] = second;
    /* rounding must not take a whole dimension away */
    row[NTK_DIMENSION_TAIL] = tail_from(s, floor(first * (1 + 1e-12)));
    row[NTK_DIMENSION_KAPPA] = lambda > 0 || s->rank == s->modes ? 1 / inverse : 0;
    row[NTK_DIMENSION_SELF_INDUCED] = first * row[NTK_DIMENSION_KAPPA];
}

ntk_status ntk_spectrum_dimensions(const ntk_spectrum *spectrum, const ntk_matrix *table, const ntk_matrix *lambdas)
{
    ntk_work work;
    NTK_REQUIRE(spectrum);
    NTK_TRY(ntk_input_check(lambdas, __func__, "lambdas"));
    NTK_TRY(ntk_shape_check(lambdas, -1, 1, __func__, "lambdas"));
    NTK_TRY(ntk_output_check(table, __func__, "table"));
    NTK_TRY(ntk_shape_check(table, lambdas->rows, NTK_DIMENSION_COLUMNS, __func__, "table"));
    NTK_TRY(ntk_disjoint_check(table, "table", lambdas, "lambdas", __func__));
    NTK_TRY(ntk_lambdas_check(lambdas, __func__, "lambdas"));
    ntk_lane lane = ntk_work_begin(&work, spectrum->base.context);
    ntk_work_stage(&work, "dimensions", lambdas->rows, 0, 1);
    for (int64_t i = 0; i < lambdas->rows; i++) {
        double row[NTK_DIMENSION_COLUMNS];
        measure(spectrum, ntk_get(ntk_row(lambdas, i), lambdas->dtype, 0), row);
        ntk_convert(ntk_row(table, i), table->dtype, row, NTK_F64, NTK_DIMENSION_COLUMNS);
        NTK_TRY(ntk_advance(&lane, 1));
    }
    return NTK_OK;
}
