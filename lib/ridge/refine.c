#include "ridge/refine.h"

#include "core/memory.h"
#include "core/status.h"
#include "gram/cholesky.h"
#include "gram/product.h"
#include "ridge/operator.h"

#include <math.h>
#include <string.h>

/* Arrays of n x columns: residuals, what the factor makes of them, directions, products; one in single precision.
 * sizes  per column: the largest |A v| / |v| so far, a lower bound of |A| */
typedef struct refinement {
    const ntk_ridge_system *system;
    const ntk_lane *lane;
    const char *function;
    double lambda, tolerance, begin, end;
    const double *b;
    double *z, *r, *m, *p, *q;
    float *single;
    double *norms;
    int64_t n, columns;
    int32_t steps;
} refinement;

enum { MOST_REFINEMENTS = 40, MOST_STEPS = 1000 };

/* Backward errors of this many roundoffs times sqrt(n) are what products in double precision leave. */
static const double roundoff = 0x1p-53;

/* --- arithmetic on columns --- */

static double dot(const refinement *job, const double *x, const double *y, int64_t c)
{
    double sum = 0;
    for (int64_t i = 0; i < job->n; i++) sum += x[i * job->columns + c] * y[i * job->columns + c];
    return sum;
}

static void add(const refinement *job, double *y, double factor, const double *x, int64_t c)
{
    for (int64_t i = 0; i < job->n; i++) y[i * job->columns + c] += factor * x[i * job->columns + c];
}

/* q = A v, and what that says of |A|. */
static ntk_status multiply(refinement *job, double *v)
{
    const ntk_operator K = {.samples = &job->system->set->samples, .function = job->function};
    /* how many there will be is not known */
    double left = (job->end - job->begin) * 0x1p-3;
    NTK_TRY(ntk_operator_multiply(&K, job->lane, ntk_tall_of(job->q, job->columns), ntk_tall_of(v, job->columns),
                                  (ntk_share){job->begin, job->begin + left}));
    job->begin += left;
    job->steps++;
    for (int64_t c = 0; c < job->columns; c++) {
        add(job, job->q, job->lambda, v, c);
        double size = dot(job, v, v, c), seen = size > 0 ? sqrt(dot(job, job->q, job->q, c) / size) : 0;
        if (seen > job->norms[c]) job->norms[c] = seen;
    }
    return NTK_OK;
}

/* m = the factor's inverse times r, each column scaled to its largest number so that single precision holds it. */
static ntk_status precondition(refinement *job)
{
    int64_t count = job->columns;
    double *scales = job->norms + count;
    for (int64_t c = 0; c < count; c++) scales[c] = 0;
    for (int64_t i = 0; i < job->n * count; i++) scales[i % count] = fmax(scales[i % count], fabs(job->r[i]));
    for (int64_t i = 0; i < job->n * count; i++)
        job->single[i] = scales[i % count] > 0 ? (float)(job->r[i] / scales[i % count]) : 0;
    double left = (job->end - job->begin) * 0x1p-4;
    NTK_TRY(ntk_cholesky_solve(&job->system->L, job->lane, job->begin, job->begin + left, job->single, count, count));
    job->begin += left;
    for (int64_t i = 0; i < job->n * count; i++) job->m[i] = (double)job->single[i] * scales[i % count];
    return NTK_OK;
}

/* r = b - A z. */
static ntk_status find_residual(refinement *job)
{
    NTK_TRY(multiply(job, job->z));
    for (int64_t i = 0; i < job->n * job->columns; i++) job->r[i] = job->b[i] - job->q[i];
    return NTK_OK;
}

/* The largest backward error |r| / (|A| |z| + |b|) of a column. */
static double backward_error(const refinement *job)
{
    double worst = 0;
    for (int64_t c = 0; c < job->columns; c++) {
        double size = job->norms[c] * sqrt(dot(job, job->z, job->z, c)) + sqrt(dot(job, job->b, job->b, c));
        double error = sqrt(dot(job, job->r, job->r, c));
        /* NaN must not pass for convergence */
        if (error > 0 || isnan(error)) worst = fmax(worst, isfinite(error / size) ? error / size : INFINITY);
    }
    return worst;
}

/* Whether a column's |A| |z| is so much larger than |b| that A is singular to double precision, and z made of roundings. */
static bool is_singular(const refinement *job)
{
    for (int64_t c = 0; c < job->columns; c++) {
        double size = job->norms[c] * sqrt(dot(job, job->z, job->z, c));
        if (!(4 * sqrt((double)job->n) * roundoff * size <= sqrt(dot(job, job->b, job->b, c)))) return true;
    }
    return false;
}

static double attainable(const refinement *job)
{
    return 2 * sqrt((double)job->n) * roundoff;
}

static double wanted(const refinement *job)
{
    return fmax(attainable(job), job->tolerance);
}

/* --- the two ways --- */

/* *error receives the backward error of what it leaves, z and r. */
static ntk_status refine(refinement *job, double *error)
{
    double before = INFINITY;
    memset(job->z, 0, (size_t)(job->n * job->columns) * sizeof *job->z);
    memcpy(job->r, job->b, (size_t)(job->n * job->columns) * sizeof *job->r);
    for (int i = 0; i < MOST_REFINEMENTS; i++) {
        NTK_TRY(precondition(job));
        for (int64_t c = 0; c < job->columns; c++) add(job, job->z, 1, job->m, c);
        NTK_TRY(find_residual(job));
        *error = backward_error(job);
        if (*error <= wanted(job) || !(*error <= before / 2)) return NTK_OK;
        before = *error;
    }
    return NTK_OK;
}

/* One step of each column's conjugate gradients; rho  per column: r^T m. */
static ntk_status step(refinement *job, double *rho)
{
    NTK_TRY(multiply(job, job->p));
    for (int64_t c = 0; c < job->columns; c++) {
        double curvature = dot(job, job->p, job->q, c), length = curvature > 0 ? rho[c] / curvature : 0;
        add(job, job->z, length, job->p, c);
        add(job, job->r, -length, job->q, c);
    }
    NTK_TRY(precondition(job));
    for (int64_t c = 0; c < job->columns; c++) {
        double next = dot(job, job->r, job->m, c), turn = rho[c] > 0 ? next / rho[c] : 0;
        for (int64_t i = c; i < job->n * job->columns; i += job->columns) job->p[i] = job->m[i] + turn * job->p[i];
        rho[c] = next;
    }
    return NTK_OK;
}

/* From where refinement stopped, or from zero if it went astray.  The true residual is asked for at the end, since the recurrence
 * loses it. */
static ntk_status conjugate_gradients(refinement *job, double *error)
{
    double *rho = job->norms + 2 * job->columns;
    for (int round = 0; round < 3 && !(*error <= wanted(job)); round++) {
        if (!(*error < 0.5)) {
            memset(job->z, 0, (size_t)(job->n * job->columns) * sizeof *job->z);
            memcpy(job->r, job->b, (size_t)(job->n * job->columns) * sizeof *job->r);
        }
        NTK_TRY(precondition(job));
        memcpy(job->p, job->m, (size_t)(job->n * job->columns) * sizeof *job->p);
        for (int64_t c = 0; c < job->columns; c++) rho[c] = dot(job, job->r, job->m, c);
        for (int i = 0; i < MOST_STEPS && backward_error(job) > wanted(job) / 2; i++) NTK_TRY(step(job, rho));
        NTK_TRY(find_residual(job));
        *error = backward_error(job);
    }
    return NTK_OK;
}

static ntk_status allocate(refinement *job, ntk_context *context)
{
    double **const arrays[] = {&job->r, &job->m, &job->p, &job->q};
    int64_t row = job->columns * (int64_t)sizeof(double);
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        NTK_TRY(ntk_allocate(context, arrays[i], job->n, row, "residuals"));
    NTK_TRY(ntk_allocate(context, &job->single, job->n, row / 2, "residuals in single precision"));
    NTK_TRY(ntk_allocate(context, &job->norms, job->columns, 3 * (int64_t)sizeof(double), "norms of residuals"));
    for (int64_t c = 0; c < job->columns; c++) job->norms[c] = 0;
    return NTK_OK;
}

ntk_status ntk_refined_solve(const ntk_ridge_system *system, ntk_ridge_report *report, const ntk_lane *lane, ntk_share share,
                             const double *b, double *z, int64_t columns, const char *function)
{
    ntk_context *context = lane->work->context;
    refinement job = {.system = system, .lane = lane, .function = function, .lambda = report->lambda};
    job.tolerance = report->tolerance;
    job.begin = share.begin;
    job.end = share.end;
    double error = INFINITY;
    job.b = b;
    job.z = z;
    job.n = system->L.n;
    job.columns = columns;
    ntk_status status = allocate(&job, context);
    if (status >= 0) status = refine(&job, &error);
    if (status >= 0) status = conjugate_gradients(&job, &error);
    report->refinements = job.steps;
    report->residual = error;
    bool singular = status >= 0 && is_singular(&job);
    void *const held[] = {job.r, job.m, job.p, job.q, job.single, job.norms};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) ntk_free(context, held[i]);
    NTK_TRY(status);
    if (error <= fmax(64 * attainable(&job), job.tolerance) && !singular) return NTK_OK;
    return ntk_fail(
        NTK_ERR_SINGULAR,
        "%s: with lambda %g the system is too ill conditioned for a factor in single precision, whose %d corrections leave a "
        "backward error of %.1e%s: give a larger lambda, or precision NTK_PRECISION_PLAIN",
        function, job.lambda, (int)job.steps, error, singular ? " by a solution that is made of roundings" : "");
}

ntk_status ntk_refine_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                             int64_t columns)
{
    uint64_t row;
    NTK_TRY(ntk_size_multiply(&row, columns, sizeof(double)));
    for (int i = 0; i < 4; i++) NTK_TRY(ntk_need(bytes, n, (int64_t)row));
    NTK_TRY(ntk_need(bytes, n, (int64_t)row / 2));
    NTK_TRY(ntk_need(bytes, columns, 3 * (int64_t)sizeof(double)));
    return ntk_implicit_product_memory(kernel, context, bytes, NTK_F64, n, d);
}
