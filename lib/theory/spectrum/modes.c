/* What a spectrum holds, mode by mode. */
#include "core/status.h"
#include "theory/spectrum/spectrum.h"

int64_t ntk_spectrum_modes(const ntk_spectrum *spectrum)
{
    return spectrum ? spectrum->modes : -1;
}

ntk_status ntk_spectrum_values(const ntk_spectrum *spectrum, const ntk_matrix *values)
{
    NTK_REQUIRE(spectrum);
    NTK_TRY(ntk_output_check(values, __func__, "values"));
    NTK_TRY(ntk_shape_check(values, spectrum->modes, 1, __func__, "values"));
    for (int64_t k = 0; k < spectrum->modes; k++)
        NTK_TRY(ntk_write_row(values, k, 0, spectrum->values + k, NTK_F64, 1, __func__, "values"));
    return NTK_OK;
}

ntk_status ntk_spectrum_coefficients(const ntk_spectrum *spectrum, const ntk_matrix *coefficients)
{
    NTK_REQUIRE(spectrum);
    NTK_TRY(ntk_spectrum_targets_check(spectrum, __func__));
    NTK_TRY(ntk_output_check(coefficients, __func__, "coefficients"));
    NTK_TRY(ntk_shape_check(coefficients, spectrum->modes, spectrum->targets, __func__, "coefficients"));
    for (int64_t k = 0; k < spectrum->modes; k++)
        NTK_TRY(ntk_write_row(coefficients, k, 0, spectrum->coefficients + k * spectrum->targets, NTK_F64, spectrum->targets,
                              __func__, "coefficients"));
    return NTK_OK;
}

/* From the last on, so that small ones are summed first. */
ntk_status ntk_spectrum_tails(const ntk_spectrum *spectrum, const ntk_matrix *tails)
{
    NTK_REQUIRE(spectrum);
    NTK_TRY(ntk_output_check(tails, __func__, "tails"));
    NTK_TRY(ntk_shape_check(tails, spectrum->modes, 1, __func__, "tails"));
    double sum = 0;
    for (int64_t k = spectrum->modes - 1; k >= 0; k--) {
        sum += spectrum->values[k] / (double)spectrum->samples;
        NTK_TRY(ntk_write_row(tails, k, 0, &sum, NTK_F64, 1, __func__, "tails"));
    }
    return NTK_OK;
}

static void write_shares(const ntk_spectrum *s, const ntk_matrix *shares, int64_t part)
{
    ntk_spectrum_range of = ntk_spectrum_part(s, part, shares->cols);
    double all = 0, sum = 0;
    for (int64_t k = 0; k < s->modes; k++) all += ntk_spectrum_square(s, k, of);
    for (int64_t k = 0; k < s->modes; k++) {
        sum += ntk_spectrum_square(s, k, of);
        ntk_put(ntk_row(shares, k), shares->dtype, part, sum / all);
    }
}

ntk_status ntk_spectrum_cumulative(const ntk_spectrum *spectrum, const ntk_matrix *shares)
{
    NTK_REQUIRE(spectrum);
    NTK_TRY(ntk_spectrum_targets_check(spectrum, __func__));
    NTK_TRY(ntk_output_check(shares, __func__, "shares"));
    NTK_TRY(ntk_shape_check(shares, spectrum->modes, shares->cols == 1 ? 1 : spectrum->targets, __func__, "shares"));
    for (int64_t part = 0; part < shares->cols; part++) write_shares(spectrum, shares, part);
    return NTK_OK;
}
