/* Eigenvalues of a copy of K, or of H K H on what is orthogonal to 1, and targets by its eigenvectors. */
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "gram/eigen.h"
#include "ridge/ridge.h"
#include "theory/spectrum/spectrum.h"

#include <float.h>
#include <math.h>

/* right  columns: the targets, centred with an intercept, and without one a column of 1
 * found  these by eigenvectors, whose eigenvalues ascend;  means  of the targets, or 0
 * largest  K_ii, whose roundings the eigenvalues of H K H have */
typedef struct job {
    ntk_spectrum *spectrum;
    const ntk_gram *gram;
    const ntk_matrix *y;
    const ntk_lane *lane;
    const char *function;
    ntk_symmetric K;
    double *right, *found, *means, largest;
    int64_t columns;
} job;

ntk_status ntk_spectrum_decompose_memory(uint64_t *bytes, int64_t n, int64_t t, int32_t intercept)
{
    uint64_t wide, work = 0, after = 0;
    NTK_TRY(ntk_size_multiply(&wide, t, sizeof(double)));
    NTK_TRY(ntk_symmetric_memory(bytes, NTK_STORAGE_FULL, NTK_F64, n));
    NTK_TRY(ntk_need(bytes, n, sizeof(double)));
    NTK_TRY(ntk_eigen_memory(&work, n));
    if (intercept) work = ntk_most_bytes(work, (uint64_t)n * sizeof(double));
    for (int i = 0; i < 2; i++) NTK_TRY(ntk_need(&after, n - intercept, sizeof(double)));
    if (t) NTK_TRY(ntk_need(&after, n - intercept, (int64_t)wide));
    if (t) NTK_TRY(ntk_need(&after, t, sizeof(double)));
    wide += intercept ? 0 : sizeof(double);
    for (int i = 0; wide && i < 2; i++) NTK_TRY(ntk_need(&after, n, (int64_t)wide));
    return ntk_size_add(bytes, 1, (int64_t)ntk_most_bytes(work, after));
}

/* --- the matrix --- */

static ntk_status copy_tile_row(void *argument, int64_t index, const ntk_lane *lane)
{
    const job *j = argument;
    const ntk_symmetric *from = &j->gram->K;
    int64_t rows = ntk_symmetric_rows(from, index);
    for (int64_t col = 0; col <= index; col++) {
        int64_t from_ld, to_ld, count = ntk_symmetric_rows(from, col);
        const void *source = ntk_symmetric_tile(from, index, col, &from_ld);
        double *target = ntk_symmetric_tile(&j->K, index, col, &to_ld);
        for (int64_t r = 0; r < rows; r++)
            ntk_convert(target + r * to_ld, NTK_F64, ntk_at(source, from->dtype, r * from_ld), from->dtype,
                        col < index ? count : r + 1);
        NTK_TRY(ntk_advance(lane, 0));
    }
    return ntk_advance(lane, 1);
}

/* sums[i] = sum_j K_ij, or of the absolute values. */
static ntk_status sum_rows(const job *j, double *sums, bool absolute)
{
    const double *K = j->K.data;
    int64_t n = j->K.n;
    for (int64_t i = 0; i < n; i++) sums[i] = 0;
    for (int64_t i = 0; i < n; i++) {
        const double *row = K + i * j->K.ld;
        double sum = 0;
        for (int64_t k = 0; k < i; k++) {
            double value = absolute ? fabs(row[k]) : row[k];
            sum += value;
            sums[k] += value;
        }
        sums[i] += sum + (absolute ? fabs(row[i]) : row[i]);
        NTK_TRY(ntk_advance(j->lane, 0));
    }
    return NTK_OK;
}

/* K_ij += a_i + a_j + shift. */
static ntk_status add(const job *j, const double *a, double shift)
{
    double *K = j->K.data;
    for (int64_t i = 0; i < j->K.n; i++) {
        double *row = K + i * j->K.ld;
        for (int64_t k = 0; k <= i; k++) row[k] += a[i] + a[k] + shift;
        NTK_TRY(ntk_advance(j->lane, 0));
    }
    return NTK_OK;
}

/* H K H + tau 1 1^T / n, with tau beyond all eigenvalues of H K H: its last eigenvector is 1, and the others are orthogonal to it. */
static ntk_status centre(const job *j, double *sums)
{
    double n = (double)j->K.n, mean = 0, most = 0;
    NTK_TRY(sum_rows(j, sums, false));
    for (int64_t i = 0; i < j->K.n; i++) {
        sums[i] /= -n;
        mean -= sums[i] / n;
    }
    NTK_TRY(add(j, sums, mean));
    NTK_TRY(sum_rows(j, sums, true));
    for (int64_t i = 0; i < j->K.n; i++) {
        most = fmax(most, sums[i]);
        sums[i] = 0;
    }
    return add(j, sums, (most > 0 ? 2 * most : 1) / n);
}

static ntk_status prepare(job *j)
{
    ntk_context *context = j->lane->work->context;
    int64_t n = j->gram->K.n;
    double *sums = NULL;
    ntk_work_stage(j->lane->work, "copy of a kernel matrix", ntk_symmetric_tiles(&j->gram->K), 0, 0.05);
    NTK_TRY(ntk_symmetric_create(context, &j->K, NTK_STORAGE_FULL, NTK_F64, n));
    NTK_TRY(ntk_run(j->lane, ntk_symmetric_tiles(&j->gram->K), copy_tile_row, j));
    for (int64_t i = 0; i < n; i++) j->largest = fmax(j->largest, ((const double *)j->K.data)[i * j->K.ld + i]);
    if (j->spectrum->intercept) {
        NTK_TRY(ntk_allocate(context, &sums, n, sizeof *sums, "sums of a kernel matrix"));
        ntk_status status = centre(j, sums);
        ntk_free(context, sums);
        NTK_TRY(status);
    }
    return ntk_eigen_take(context, &j->spectrum->eigen, &j->K);
}

/* --- what is kept --- */

static ntk_status allocate(job *j)
{
    ntk_spectrum *s = j->spectrum;
    ntk_context *context = s->base.context;
    int64_t wide = s->targets * (int64_t)sizeof(double);
    j->columns = s->targets + !s->intercept;
    NTK_TRY(ntk_allocate(context, &s->values, s->modes, sizeof *s->values, "eigenvalues"));
    NTK_TRY(ntk_allocate(context, &s->ones, s->modes, sizeof *s->ones, "a constant by eigenvectors"));
    if (s->targets) NTK_TRY(ntk_allocate(context, &s->coefficients, s->modes, wide, "targets by eigenvectors"));
    if (s->targets) NTK_TRY(ntk_allocate(context, &j->means, s->targets, sizeof *j->means, "the targets' means"));
    if (!j->columns) return NTK_OK;
    wide = j->columns * (int64_t)sizeof(double);
    NTK_TRY(ntk_allocate(context, &j->right, s->samples, wide, "targets"));
    return ntk_allocate(context, &j->found, s->samples, wide, "targets by eigenvectors");
}

static ntk_status project(job *j)
{
    const ntk_spectrum *s = j->spectrum;
    int64_t n = s->samples;
    if (s->targets) {
        NTK_TRY(ntk_column_means(j->means, j->y, s->intercept, j->lane));
        NTK_TRY(ntk_centred_rows(j->right, j->columns, NTK_F64, j->y, 0, n, j->means, j->lane));
    }
    for (int64_t i = 0; !s->intercept && i < n; i++) j->right[i * j->columns + s->targets] = 1;
    if (j->columns) NTK_TRY(ntk_eigen_multiply(&j->spectrum->eigen, n, j->lane, NTK_PLAIN, j->found, j->right, j->columns));
    return NTK_OK;
}

/* Mode k is eigenvector modes - 1 - k. */
static ntk_status keep(const job *j)
{
    ntk_spectrum *s = j->spectrum;
    double unit = j->gram->K.dtype == NTK_F64 ? DBL_EPSILON : (double)FLT_EPSILON;
    double cut = (double)s->samples * unit * fmax(s->eigen.values[s->modes - 1], j->largest);
    for (int64_t k = 0; k < s->modes; k++) {
        int64_t from = s->modes - 1 - k;
        const double *found = j->columns ? j->found + from * j->columns : NULL;
        bool counts = s->eigen.values[from] > cut;
        s->values[k] = counts ? s->eigen.values[from] : 0;
        s->rank += counts;
        s->ones[k] = s->intercept ? 0 : found[s->targets];
        for (int64_t c = 0; c < s->targets; c++) s->coefficients[k * s->targets + c] = found[c];
    }
    if (!s->targets || ntk_is_finite(s->coefficients, NTK_F64, s->modes * s->targets)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: y is too large", j->function);
}

static ntk_status decompose(job *j)
{
    NTK_TRY(prepare(j));
    ntk_work_stage(j->lane->work, "eigenvectors of a kernel matrix", 1, 0.05, 0.97);
    NTK_TRY(ntk_eigen_decompose(&j->spectrum->eigen, j->spectrum->samples, j->lane));
    ntk_work_stage(j->lane->work, "targets by eigenvectors", 1, 0.97, 1);
    NTK_TRY(allocate(j));
    NTK_TRY(project(j));
    NTK_TRY(keep(j));
    return ntk_advance(j->lane, 1);
}

ntk_status ntk_spectrum_decompose(ntk_spectrum *spectrum, const ntk_gram *gram, const ntk_matrix *y, const ntk_lane *lane,
                                  const char *function)
{
    ntk_context *context = lane->work->context;
    job j = {.spectrum = spectrum, .gram = gram, .y = y, .lane = lane, .function = function};
    ntk_status status = decompose(&j);
    ntk_free(context, j.K.data);
    if (spectrum->light) ntk_eigen_close(context, &spectrum->eigen);
    void *const held[] = {j.right, j.found, j.means};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) ntk_free(context, held[i]);
    return status;
}
