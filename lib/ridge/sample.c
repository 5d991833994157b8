#include "core/blas.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/status.h"
#include "ridge/covariance.h"
#include "ridge/predict.h"

#include <math.h>
#include <string.h>

/* Draws f = mean + C^(1/2) xi with the symmetric root, which is the same whatever signs and bases LAPACK gives the eigenvectors. */
typedef struct drawing {
    ntk_response *response;
    const ntk_matrix *out, *x;
    const double *prior;
    double *C, *values, *work;
    void *integers;
    double *xi, *coordinates, *draws, *means; /* S x m, three times; m x t */
    int64_t m, targets, count;                /* count: S */
    uint64_t seed;
} drawing;

static ntk_status allocate(drawing *job, ntk_context *context)
{
    int64_t numbers, bytes, m = job->m, row = m * (int64_t)sizeof(double);
    NTK_TRY(ntk_blas_syevd_work(m, &numbers, &bytes));
    NTK_TRY(ntk_allocate(context, &job->C, m, row, "a covariance"));
    NTK_TRY(ntk_allocate(context, &job->values, m, sizeof(double), "eigenvalues"));
    NTK_TRY(ntk_allocate(context, &job->work, numbers, sizeof(double), "work of an eigendecomposition"));
    NTK_TRY(ntk_allocate(context, &job->integers, bytes, 1, "work of an eigendecomposition"));
    NTK_TRY(ntk_allocate(context, &job->means, m, job->targets * (int64_t)sizeof(double), "predictions"));
    NTK_TRY(ntk_allocate(context, &job->xi, job->count, row, "random numbers"));
    NTK_TRY(ntk_allocate(context, &job->coordinates, job->count, row, "random numbers"));
    return ntk_allocate(context, &job->draws, job->count, row, "samples of a posterior");
}

static ntk_status decompose(drawing *job, int64_t target)
{
    NTK_TRY(ntk_covariance_of(job->response, job->C, job->prior, target));
    NTK_TRY(ntk_advance(job->response->lane, 0));
    NTK_TRY(ntk_blas_syevd(job->m, job->C, job->m, job->values, job->work, job->integers));
    return ntk_advance(job->response->lane, 0);
}

/* Draws in one product, so that it can be stopped. */
enum { DRAWS = 64 };

static ntk_status draw_target(drawing *job, int64_t target)
{
    int64_t m = job->m;
    ntk_random random = {.seed = job->seed, .purpose = NTK_RANDOM_POSTERIOR, .layer = (uint32_t)target};
    ntk_random_normals(&random, job->xi, 0, job->count * m);
    for (int64_t first = 0; first < job->count; first += DRAWS) {
        int64_t count = job->count - first < DRAWS ? job->count - first : DRAWS;
        double *xi = job->xi + first * m, *coordinates = job->coordinates + first * m, *draws = job->draws + first * m;
        NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_TRANSPOSED, count, m, m, 1, xi, m, job->C, m, 0, coordinates, m));
        for (int64_t s = 0; s < count; s++)
            for (int64_t k = 0; k < m; k++) coordinates[s * m + k] *= sqrt(fmax(job->values[k], 0));
        NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_PLAIN, count, m, m, 1, coordinates, m, job->C, m, 0, draws, m));
        NTK_TRY(ntk_advance(job->response->lane, 0));
    }
    for (int64_t i = 0; i < m; i++)
        for (int64_t s = 0; s < job->count; s++) {
            double value = job->means[i * job->targets + target] + job->draws[s * m + i];
            NTK_TRY(
                ntk_write_row(job->out, i, target * job->count + s, &value, NTK_F64, 1, job->response->function, "samples"));
        }
    return ntk_advance(job->response->lane, 0);
}

static ntk_status draw(drawing *job, const ntk_ridge *ridge, const ntk_lane *lane)
{
    ntk_matrix means = ntk_matrix_f64(job->means, job->m, job->targets);
    bool shared = ntk_lambdas_agree(&ridge->solution);
    ntk_share room = ntk_work_narrow(lane->work, 0.3, 0.4);
    ntk_status status = ntk_ridge_predict_rows(ridge, lane, &means, job->x, job->response->function);
    ntk_work_widen(lane->work, room);
    NTK_TRY(status);
    NTK_TRY(ntk_response_rows(job->response, 0, job->m, 0.4, 0.6));
    for (int64_t c = 0; c < job->targets; c++) {
        if (c == 0 || !shared) NTK_TRY(decompose(job, c));
        NTK_TRY(draw_target(job, c));
    }
    return NTK_OK;
}

static ntk_status check(const ntk_ridge *ridge, const ntk_matrix *samples, const ntk_matrix *x, const char *function)
{
    int64_t t = ridge->solution.report.targets;
    NTK_TRY(ntk_points_check(ridge, samples, "samples", x, function));
    if (samples->cols % t)
        return ntk_fail(NTK_ERR_SHAPE, "%s: samples has %lld columns, expected as many for each of %lld targets", function,
                        (long long)samples->cols, (long long)t);
    return ntk_factor_check(ridge, function);
}

ntk_status ntk_ridge_sample(const ntk_ridge *ridge, const ntk_matrix *samples, const ntk_matrix *x, uint64_t seed)
{
    NTK_REQUIRE(ridge);
    NTK_TRY(check(ridge, samples, x, __func__));
    ntk_context *context = ridge->base.context;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_response response = {.ridge = ridge};
    drawing job = {.response = &response, .out = samples, .x = x, .m = x->rows, .seed = seed};
    double *prior = NULL;
    job.targets = ridge->solution.report.targets;
    job.count = samples->cols / job.targets;
    ntk_status status = allocate(&job, context);
    if (status >= 0) status = ntk_response_open(&response, ridge, &lane, x, x->rows, __func__);
    if (status >= 0) status = ntk_covariance_prior(ridge, &lane, &prior, x, __func__);
    job.prior = prior;
    if (status >= 0) status = draw(&job, ridge, &lane);
    ntk_response_close(&response);
    void *const held[] = {prior, job.C, job.values, job.work, job.integers, job.means, job.xi, job.coordinates, job.draws};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) ntk_free(context, held[i]);
    return status;
}
