/* What fits of all samples but one miss by, from the eigenvectors. */
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "theory/spectrum/spectrum.h"

/* Columns of eigenvectors in one task. */
enum { SPAN = 256 };

/* r   samples x targets: sum_k q_k c_k u_k;   g  samples: sum_k q_k u_k^2, with q  missing */
typedef struct job {
    const ntk_spectrum *spectrum;
    const double *missing;
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
        for (int64_t i = 0; i < count; i++) g[i] += j->missing[k] * u[i] * u[i];
    }
    return ntk_advance(lane, 0);
}

static ntk_status sum_modes(const job *j, const ntk_lane *lane)
{
    const ntk_spectrum *s = j->spectrum;
    int64_t t = s->targets;
    for (int64_t i = 0; i < s->samples * t; i++) j->scaled[i] = 0;
    for (int64_t k = 0; k < s->modes; k++)
        for (int64_t c = 0; c < t; c++) j->scaled[(s->modes - 1 - k) * t + c] = j->missing[k] * s->coefficients[k * t + c];
    NTK_TRY(ntk_eigen_multiply(&s->eigen, s->samples, lane, NTK_TRANSPOSED, j->r, j->scaled, t));
    return ntk_run(lane, (s->samples - 1) / SPAN + 1, sum_span, (void *)(uintptr_t)j);
}

/* A sample that alone has some mode, of a singular K without a ridge, says nothing of what others predict of it. */
static void write_squares(const job *j, double *squares)
{
    const ntk_spectrum *s = j->spectrum;
    for (int64_t c = 0; c < s->targets; c++) squares[c] = 0;
    for (int64_t i = 0; i < s->samples; i++)
        for (int64_t c = 0; c < s->targets; c++) {
            double error = j->g[i] > 0 ? j->r[i * s->targets + c] / j->g[i] : 0;
            squares[c] += error * error / (double)s->samples;
        }
}

ntk_status ntk_spectrum_leave_one_out(const ntk_spectrum *spectrum, const ntk_lane *lane, const double *missing,
                                      double *squares)
{
    ntk_context *context = lane->work->context;
    job j = {.spectrum = spectrum, .missing = missing};
    int64_t n = spectrum->samples, wide = spectrum->targets * (int64_t)sizeof(double);
    ntk_status status = ntk_allocate(context, &j.scaled, n, wide, "targets by eigenvectors");
    if (status >= 0) status = ntk_allocate(context, &j.r, n, wide, "residuals");
    if (status >= 0) status = ntk_allocate(context, &j.g, n, sizeof *j.g, "a diagonal");
    if (status >= 0) status = sum_modes(&j, lane);
    if (status >= 0) write_squares(&j, squares);
    void *const held[] = {j.scaled, j.r, j.g};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) ntk_free(context, held[i]);
    return status;
}
