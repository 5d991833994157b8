/* What fits of all samples but one miss by, from the eigenvectors. */
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "theory/spectrum/spectrum.h"

#include <float.h>

/* Columns of eigenvectors in one task. */
enum { SPAN = 256 };

/* r   samples x targets: sum_k q_k c_k u_k;   g  samples: sum_k q_k u_k^2
 * q   modes: missing, or inverses */
typedef struct job {
    const ntk_spectrum *spectrum;
    const double *q;
    double *scaled, *r, *g;
} job;

static ntk_status sum_span(void *argument, int64_t index, const ntk_lane *lane)
{
    const job *j = argument;
    const ntk_spectrum *s = j->spectrum;
    int64_t first = index * SPAN, count = ntk_smaller(SPAN, s->samples - first);
    double *g = j->g + first;
    for (int64_t i = 0; i < count; i++) g[i] = 0;
    for (int64_t k = 0; k < s->modes; k++) {
        const double *u = ntk_spectrum_vector(s, k) + first;
        for (int64_t i = 0; i < count; i++) g[i] += j->q[k] * u[i] * u[i];
    }
    return ntk_advance(lane, 0);
}

static ntk_status sum_modes(const job *j, const ntk_lane *lane)
{
    const ntk_spectrum *s = j->spectrum;
    int64_t t = s->targets;
    for (int64_t i = 0; i < s->samples * t; i++) j->scaled[i] = 0;
    for (int64_t k = 0; k < s->modes; k++)
        for (int64_t c = 0; c < t; c++) j->scaled[(s->modes - 1 - k) * t + c] = j->q[k] * s->coefficients[k * t + c];
    NTK_TRY(ntk_eigen_multiply(&s->eigen, s->samples, lane, NTK_TRANSPOSED, j->r, j->scaled, t));
    return ntk_run(lane, (s->samples - 1) / SPAN + 1, sum_span, (void *)(uintptr_t)j);
}

/* Errors of samples with marked[i] == mark. */
static void add_squares(const job *j, double *squares, const char *marked, char mark)
{
    const ntk_spectrum *s = j->spectrum;
    for (int64_t i = 0; i < s->samples; i++)
        for (int64_t c = 0; marked[i] == mark && c < s->targets; c++) {
            double error = j->r[i * s->targets + c] / j->g[i];
            squares[c] += error * error / (double)s->samples;
        }
}

/* Marks samples that alone have some mode of a singular K without a ridge: what is missing is 0 of them, to rounding, and as the ridge
 * tends to 0 the inverse of what K has takes its place.  False if there are none. */
static bool mark_alone(const job *j, char *marked)
{
    const ntk_spectrum *s = j->spectrum;
    bool any = false, singular = s->rank > 0 && j->q[0] == 0;
    for (int64_t i = 0; i < s->samples; i++) {
        marked[i] = singular && j->g[i] <= (double)s->samples * DBL_EPSILON;
        any = any || marked[i];
    }
    return any;
}

static ntk_status find_squares(job *j, double *squares, char *marked, double *inverses, const ntk_lane *lane)
{
    const ntk_spectrum *s = j->spectrum;
    for (int64_t c = 0; c < s->targets; c++) squares[c] = 0;
    NTK_TRY(sum_modes(j, lane));
    bool any = mark_alone(j, marked);
    add_squares(j, squares, marked, 0);
    if (!any) return NTK_OK;
    for (int64_t k = 0; k < s->modes; k++) inverses[k] = k < s->rank ? s->values[s->rank - 1] / s->values[k] : 0;
    j->q = inverses;
    NTK_TRY(sum_modes(j, lane));
    add_squares(j, squares, marked, 1);
    return NTK_OK;
}

ntk_status ntk_spectrum_leave_one_out(const ntk_spectrum *spectrum, const ntk_lane *lane, const double *missing,
                                      double *squares)
{
    ntk_context *context = lane->work->context;
    job j = {.spectrum = spectrum, .q = missing};
    int64_t n = spectrum->samples, wide = spectrum->targets * (int64_t)sizeof(double);
    double *inverses = NULL;
    char *marked = NULL;
    ntk_status status = ntk_allocate(context, &j.scaled, n, wide, "targets by eigenvectors");
    if (status >= 0) status = ntk_allocate(context, &j.r, n, wide, "residuals");
    if (status >= 0) status = ntk_allocate(context, &j.g, n, sizeof *j.g, "a diagonal");
    if (status >= 0) status = ntk_allocate(context, &inverses, n, sizeof *inverses, "inverses of eigenvalues");
    if (status >= 0) status = ntk_allocate(context, &marked, n, 1, "marks of samples");
    if (status >= 0) status = find_squares(&j, squares, marked, inverses, lane);
    void *const held[] = {j.scaled, j.r, j.g, inverses, marked};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) ntk_free(context, held[i]);
    return status;
}
