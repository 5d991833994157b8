/* Kernel-target alignment by eigenvectors. */
#include "core/memory.h"
#include "core/status.h"
#include "theory/spectrum/spectrum.h"

#include <math.h>

/* 0 with an intercept, whose y is centred already. */
static double mean_of(const ntk_spectrum *s, int64_t target)
{
    double sum = 0;
    for (int64_t k = 0; k < s->modes; k++) sum += s->ones[k] * s->coefficients[k * s->targets + target];
    return sum / (double)s->samples;
}

/* Targets of which an alignment is asked, and their means where it is of H K H and H y, otherwise NULL.  Eigenvalues are divided by the
 * largest, and coefficients by unit, the largest of them: their squares are in range. */
typedef struct view {
    const ntk_spectrum *spectrum;
    const double *means;
    double unit;
} view;

static double value(const view *v, int64_t k)
{
    return v->spectrum->values[k] / v->spectrum->values[0];
}

/* |K|_F, or |H K H|_F with (u_j^T H u_k)^2 = (delta_jk - e_j e_k / n)^2, by sums of terms none of which is negative. */
static double norm(const view *v)
{
    const ntk_spectrum *s = v->spectrum;
    double sum = 0, before = 0;
    for (int64_t k = 0; k < s->modes; k++) {
        double share = v->means ? fmin(1, s->ones[k] * s->ones[k] / (double)s->samples) : 0, own = value(v, k);
        sum += own * own * (1 - share) * (1 - share) + 2 * before * own * share;
        before += own * share;
    }
    return sqrt(sum);
}

/* Of y, or, with the targets' means, of H y. */
static double coefficient(const view *v, int64_t k, int64_t target)
{
    const ntk_spectrum *s = v->spectrum;
    return (s->coefficients[k * s->targets + target] - (v->means ? v->means[target] * s->ones[k] : 0)) / v->unit;
}

/* y_a^T y_b, or y_a^T K y_b. */
static double product(const view *v, int64_t a, int64_t b, bool weighted)
{
    double sum = 0;
    for (int64_t k = 0; k < v->spectrum->modes; k++)
        sum += (weighted ? value(v, k) : 1) * coefficient(v, k, a) * coefficient(v, k, b);
    return sum;
}

/* <K, Y Y^T> / (|K|_F |Y Y^T|_F) of some targets Y. */
static ntk_status align(double *alignment, const ntk_spectrum *s, ntk_spectrum_range of, const double *means,
                        const ntk_lane *lane)
{
    view v = {.spectrum = s, .means = means};
    double with = 0, squares = 0;
    for (int64_t k = 0; k < s->modes; k++)
        for (int64_t a = of.first; a < of.first + of.count; a++)
            v.unit = fmax(v.unit, fabs(s->coefficients[k * s->targets + a]));
    for (int64_t a = of.first; a < of.first + of.count; a++) {
        with += product(&v, a, a, true);
        for (int64_t b = of.first; b <= a; b++) {
            double each = product(&v, a, b, false);
            squares += (a == b ? 1 : 2) * each * each;
            NTK_TRY(ntk_advance(lane, 0));
        }
    }
    *alignment = with / (norm(&v) * sqrt(squares));
    return NTK_OK;
}

static ntk_status fill(const ntk_matrix *table, const ntk_spectrum *s, double *means, const ntk_lane *lane)
{
    for (int64_t c = 0; c < s->targets; c++) means[c] = mean_of(s, c);
    for (int64_t i = 0; i < table->rows; i++) {
        ntk_spectrum_range of = ntk_spectrum_part(s, i, table->rows);
        double row[NTK_ALIGNMENT_COLUMNS];
        NTK_TRY(align(&row[NTK_ALIGNMENT_PLAIN], s, of, NULL, lane));
        NTK_TRY(align(&row[NTK_ALIGNMENT_CENTRED], s, of, means, lane));
        ntk_convert(ntk_row(table, i), table->dtype, row, NTK_F64, NTK_ALIGNMENT_COLUMNS);
        NTK_TRY(ntk_advance(lane, 1));
    }
    return NTK_OK;
}

ntk_status ntk_spectrum_alignment(const ntk_spectrum *spectrum, const ntk_matrix *table)
{
    ntk_work work;
    double *means = NULL;
    NTK_REQUIRE(spectrum);
    NTK_TRY(ntk_spectrum_targets_check(spectrum, __func__));
    NTK_TRY(ntk_output_check(table, __func__, "table"));
    NTK_TRY(ntk_shape_check(table, table->rows == 1 ? 1 : spectrum->targets, NTK_ALIGNMENT_COLUMNS, __func__, "table"));
    ntk_context *context = spectrum->base.context;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "alignments", table->rows, 0, 1);
    NTK_TRY(ntk_allocate(context, &means, spectrum->targets, sizeof *means, "the targets' means"));
    ntk_status status = fill(table, spectrum, means, &lane);
    ntk_free(context, means);
    return status;
}
