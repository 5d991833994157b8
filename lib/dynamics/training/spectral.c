/* The largest eigenvalue of the tangent kernel K = J J^T at the start, by Lanczos' iteration with products J (J^T v). */
#include "core/matrix.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/training/loss.h"
#include "dynamics/training/training.h"
#include "network/layer.h"

#include <math.h>

enum { MOST_PRODUCTS = 300 };
static const double tolerance = 1e-6;

/* v, before, next  n m numbers each: the last Lanczos vectors
 * a, b             T's diagonal, and beside it */
typedef struct lanczos {
    const ntk_pass *pass;
    ntk_batch batch;
    int64_t size;
    double *v, *before, *next;
    double a[MOST_PRODUCTS], b[MOST_PRODUCTS];
} lanczos;

/* --- K v --- */

static ntk_chunk chunk_at(const lanczos *job, int64_t row)
{
    const ntk_training *training = job->pass->training;
    ntk_chunk chunk = {.theta = training->theta, .ldx = job->batch.ldx};
    chunk.x = ntk_at(job->batch.x, training->options.dtype, row * chunk.ldx);
    chunk.rows = ntk_smaller(job->batch.rows - row, job->pass->passes.rows);
    return chunk;
}

/* next = J (J^T v); what a chunk's forward pass keeps serves both where there is one chunk. */
static ntk_status multiply(const lanczos *job)
{
    const ntk_pass *pass = job->pass;
    void *g = pass->training->gradient;
    int32_t dtype = pass->training->options.dtype;
    int64_t rows = job->batch.rows, m = pass->training->weights->outputs;
    ntk_chunk chunk;
    for (int64_t row = 0; row < rows; row += chunk.rows) {
        chunk = chunk_at(job, row);
        NTK_TRY(ntk_passes_forward(&pass->passes, pass->lane, &chunk, pass->rest));
        ntk_convert(pass->f, dtype, job->v + row * m, NTK_F64, chunk.rows * m);
        NTK_TRY(ntk_passes_backward(&pass->passes, pass->lane, &chunk, pass->f, row > 0, g));
    }
    for (int64_t row = 0; row < rows; row += chunk.rows) {
        chunk = chunk_at(job, row);
        if (chunk.rows < rows) NTK_TRY(ntk_passes_forward(&pass->passes, pass->lane, &chunk, pass->rest));
        NTK_TRY(ntk_passes_tangent(&pass->passes, pass->lane, &chunk, g, pass->f));
        ntk_convert(job->next + row * m, NTK_F64, pass->f, dtype, chunk.rows * m);
    }
    return NTK_OK;
}

/* --- T --- */

/* Whether T of order k has no eigenvalue above t: whether all of T - t I's pivots are negative. */
static bool is_above(const lanczos *job, int64_t k, double t)
{
    double pivot = job->a[0] - t;
    for (int64_t i = 1; i < k && pivot < 0; i++) pivot = job->a[i] - t - job->b[i - 1] * job->b[i - 1] / pivot;
    return pivot < 0;
}

/* T's largest eigenvalue, by bisection of Gershgorin's interval. */
static double largest(const lanczos *job, int64_t k)
{
    double low = job->a[0], high = job->a[0];
    for (int64_t i = 0; i < k; i++) {
        low = fmax(low, job->a[i]);
        high = fmax(high, job->a[i] + (i > 0 ? job->b[i - 1] : 0) + (i < k - 1 ? job->b[i] : 0));
    }
    for (int halvings = 0; halvings < 64 && low < high; halvings++) {
        double middle = low + (high - low) / 2;
        if (is_above(job, k, middle))
            high = middle;
        else
            low = middle;
    }
    return high;
}

/* Of the unit eigenvector the last number's modulus.  From the last to the first it grows, so that the recurrence is stable. */
static double last_component(const lanczos *job, int64_t k, double value)
{
    double after = 0, here = 1, norm = 1;
    for (int64_t i = k - 1; i > 0 && norm < 0x1p200; i--) {
        double before = ((value - job->a[i]) * here - (i < k - 1 ? job->b[i] * after : 0)) / job->b[i - 1];
        after = here;
        here = before;
        norm += here * here;
    }
    return 1 / sqrt(norm);
}

/* --- the iteration --- */

static double dot(const double *a, const double *b, int64_t count)
{
    return ntk_dot(NTK_F64, a, b, count);
}

static void scale(double *v, double factor, int64_t count)
{
    for (int64_t i = 0; i < count; i++) v[i] *= factor;
}

/* next = K v - a v - b before; then all move on. */
static ntk_status iterate(lanczos *job, int64_t k)
{
    NTK_TRY(multiply(job));
    double a = dot(job->v, job->next, job->size), past = k > 0 ? job->b[k - 1] : 0;
    for (int64_t i = 0; i < job->size; i++) job->next[i] -= a * job->v[i] + past * job->before[i];
    double b = sqrt(dot(job->next, job->next, job->size)), *freed = job->before;
    job->a[k] = a;
    job->b[k] = b;
    if (b > 0) scale(job->next, 1 / b, job->size);
    job->before = job->v;
    job->v = job->next;
    job->next = freed;
    return ntk_advance(job->pass->lane, 1);
}

static ntk_status run(lanczos *job, double *value)
{
    const ntk_random random = {.purpose = NTK_RANDOM_SPECTRAL};
    int64_t most = ntk_smaller(job->size, MOST_PRODUCTS);
    ntk_random_normals(&random, job->v, 0, job->size);
    scale(job->v, 1 / sqrt(dot(job->v, job->v, job->size)), job->size);
    for (int64_t i = 0; i < job->size; i++) job->before[i] = 0;
    ntk_work_stage(job->pass->lane->work, "training's spectral step", most, 0, 1);
    for (int64_t k = 1; k <= most; k++) {
        NTK_TRY(iterate(job, k - 1));
        *value = isfinite(job->a[k - 1]) && isfinite(job->b[k - 1]) ? largest(job, k) : (double)NAN;
        if (!isfinite(*value) || job->b[k - 1] * last_component(job, k, *value) <= tolerance * *value) return NTK_OK;
    }
    return NTK_OK;
}

static ntk_status find(ntk_training *training, const ntk_pass *pass, double *memory, double *value)
{
    lanczos job = {.pass = pass, .batch = ntk_batch_of(&training->samples)};
    job.size = job.batch.rows * training->weights->outputs;
    job.v = memory;
    job.before = memory + job.size;
    job.next = job.before + job.size;
    return run(&job, value);
}

ntk_status ntk_training_spectral(ntk_training *training, const ntk_pass *pass, const char *function)
{
    const ntk_training_options *options = &training->options;
    ntk_context *context = pass->lane->work->context;
    int64_t n = training->samples.rows, m = training->weights->outputs;
    double *memory, value = 0;
    NTK_TRY(ntk_allocate(context, &memory, n, 3 * m * (int64_t)sizeof *memory, "Lanczos' vectors"));
    ntk_status status = find(training, pass, memory, &value);
    ntk_free(context, memory);
    NTK_TRY(status);
    if (!isfinite(value)) return ntk_fail(NTK_ERR_OVERFLOW, "%s: the tangent kernel at the start overflows", function);
    if (value <= 0)
        return ntk_fail(NTK_ERR_VALUE, "%s: the tangent kernel at the start is 0, from which NTK_SCHEDULE_SPECTRAL has no step",
                        function);
    double curvature = ntk_loss_curvature(options->loss, ntk_training_least_batch(options, n), m) * value;
    training->lambda_max = value;
    training->spectral_step = training->state.eta = 2 * options->step / (curvature + options->weight_decay);
    return NTK_OK;
}

ntk_status ntk_training_spectral_memory(uint64_t *bytes, const ntk_weights *weights, int64_t n)
{
    return ntk_need(bytes, n, 3 * weights->outputs * (int64_t)sizeof(double));
}
