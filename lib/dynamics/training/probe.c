#include "dynamics/training/probe.h"

#include "core/blas.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "network/elements.h"

#include <math.h>
#include <string.h>

enum { STANDARD_PROBE = 64 };

ntk_training_samples ntk_training_probe(const ntk_training *training)
{
    ntk_training_samples probe = training->own_probe ? training->probe : training->samples;
    if (!training->own_probe) probe.rows = ntk_smaller(probe.rows, STANDARD_PROBE);
    return probe;
}

/* A chunk of the probe set at a point. */
static ntk_chunk chunk_at(const ntk_pass *pass, const ntk_training_samples *probe, int64_t row, const void *theta)
{
    ntk_chunk chunk = {.theta = theta, .ldx = probe->x.stride, .rows = ntk_smaller(probe->rows - row, pass->passes.rows)};
    chunk.x = ntk_at(probe->x.data, pass->training->options.dtype, row * probe->x.stride);
    return chunk;
}

/* --- the tangent kernel --- */

/* J, a row for each input of the probe set, of output o. */
static ntk_status jacobian(const ntk_pass *pass, const ntk_training_samples *probe, const void *theta, int64_t o, void *J)
{
    const ntk_training *training = pass->training;
    int32_t dtype = training->options.dtype;
    int64_t m = training->weights->outputs;
    ntk_chunk chunk;
    for (int64_t row = 0; row < probe->rows; row += chunk.rows) {
        chunk = chunk_at(pass, probe, row, theta);
        NTK_TRY(ntk_passes_forward(&pass->passes, pass->lane, &chunk, pass->rest));
        memset(pass->f, 0, (size_t)(chunk.rows * m * ntk_dtype_size(dtype)));
        for (int64_t i = 0; i < chunk.rows; i++) ntk_put(pass->f, dtype, i * m + o, 1);
        NTK_TRY(ntk_passes_backward_each(&pass->passes, pass->lane, &chunk, pass->f, ntk_at(J, dtype, row * training->size),
                                         training->size));
    }
    return NTK_OK;
}

/* Rows and columns of a block of which both triangles are written together: both stay in a first cache. */
enum { BLOCK = 32 };

static void mirror(const void *K, int32_t dtype, int64_t n, int64_t row, int64_t col, double *out)
{
    int64_t rows = ntk_smaller(row + BLOCK, n);
    for (int64_t i = row; i < rows; i++)
        for (int64_t j = col; j < ntk_smaller(col + BLOCK, i + 1); j++)
            out[i * n + j] = out[j * n + i] = ntk_get(K, dtype, i * n + j);
}

/* Lower triangle of K, n_p x n_p in the training's dtype, to the whole of out. */
static ntk_status complete(const ntk_lane *lane, const void *K, int32_t dtype, int64_t n, double *out)
{
    for (int64_t row = 0; row < n; row += BLOCK) {
        for (int64_t col = 0; col <= row; col += BLOCK) mirror(K, dtype, n, row, col, out);
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* Tiles of K, and multiplications and additions between two looks at whether the call is to stop. */
enum { EDGE = 512, LEAST_DEPTH = 64, PART_COST = 200000000 };

/* The lower triangle of K = beta K + factor J J^T, n x n, in tiles: row by row of them, up to the diagonal. */
typedef struct squaring {
    int32_t dtype;
    int64_t n, p;
    double factor, beta;
    const void *J;
    void *K;
} squaring;

static ntk_status square_tile(void *argument, int64_t index, const ntk_lane *lane)
{
    const squaring *job = argument;
    int32_t dtype = job->dtype;
    int64_t i = 0, n = job->n, p = job->p, part;
    while (index > i) index -= ++i;
    int64_t row = i * EDGE, col = index * EDGE, rows = ntk_smaller(EDGE, n - row), cols = ntk_smaller(EDGE, n - col);
    int64_t most = ntk_larger(LEAST_DEPTH, PART_COST / (rows * cols));
    const void *J = job->J;
    void *K = ntk_at(job->K, dtype, row * n + col);
    for (int64_t first = 0; first < p; first += part) {
        double beta = first ? 1 : job->beta;
        const void *left = ntk_at(J, dtype, row * p + first), *right = ntk_at(J, dtype, col * p + first);
        part = ntk_smaller(most, p - first);
        if (row == col)
            NTK_TRY(ntk_blas_syrk(dtype, NTK_PLAIN, rows, part, job->factor, left, p, beta, K, n));
        else
            NTK_TRY(
                ntk_blas_gemm(dtype, NTK_PLAIN, NTK_TRANSPOSED, rows, cols, part, job->factor, left, p, right, p, beta, K, n));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* The mean of J_o J_o^T. */
static ntk_status kernel_with(const ntk_pass *pass, const ntk_training_samples *probe, const void *theta, void *J, void *K,
                              double *out)
{
    const ntk_training *training = pass->training;
    int32_t dtype = training->options.dtype;
    int64_t m = training->weights->outputs, n = probe->rows, tiles = (n - 1) / EDGE + 1;
    squaring job = {.dtype = dtype, .n = n, .p = training->size, .factor = 1 / (double)m, .J = J, .K = K};
    for (int64_t o = 0; o < m; o++) {
        NTK_TRY(jacobian(pass, probe, theta, o, J));
        job.beta = o > 0;
        NTK_TRY(ntk_run_blas(pass->lane, tiles * (tiles + 1) / 2, square_tile, &job));
    }
    return complete(pass->lane, K, dtype, n, out);
}

static ntk_status kernel_at(const ntk_pass *pass, const ntk_training_samples *probe, const void *theta, double *out)
{
    ntk_context *context = pass->lane->work->context;
    int64_t size = ntk_dtype_size(pass->training->options.dtype), n = probe->rows;
    void *J, *K = NULL;
    NTK_TRY(ntk_allocate(context, &J, n, pass->training->size * size, "the Jacobian of a probe set"));
    ntk_status status = ntk_allocate(context, &K, n, n * size, "the kernel of a probe set");
    if (status >= 0) status = kernel_with(pass, probe, theta, J, K, out);
    ntk_free(context, K);
    ntk_free(context, J);
    return status;
}

/* K_0, unless it is there. */
static ntk_status find_start(ntk_training *training, const ntk_pass *pass, const ntk_training_samples *probe)
{
    ntk_context *context = training->base.context;
    double *kernel;
    if (training->kernel) return NTK_OK;
    NTK_TRY(ntk_allocate(context, &kernel, probe->rows, probe->rows * (int64_t)sizeof *kernel, "the kernel of a probe set"));
    ntk_status status = kernel_at(pass, probe, training->start, kernel);
    if (status < 0)
        ntk_free(context, kernel);
    else
        training->kernel = kernel;
    return status;
}

/* --- two kernels compared --- */

/* <a, a>, <a, b> and <b, b>. */
typedef struct products {
    double aa, ab, bb;
} products;

static ntk_status multiply(const ntk_lane *lane, products *of, const double *a, const double *b, int64_t count)
{
    *of = (products){0, 0, 0};
    for (int64_t first = 0, part; first < count; first += part) {
        part = ntk_smaller(NTK_PROBE_LOOK, count - first);
        of->aa += ntk_dot(NTK_F64, a + first, a + first, part);
        of->ab += ntk_dot(NTK_F64, a + first, b + first, part);
        of->bb += ntk_dot(NTK_F64, b + first, b + first, part);
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static double cosine_of(const products *of)
{
    double norms = sqrt(of->aa) * sqrt(of->bb);
    return norms > 0 ? of->ab / norms : NAN;
}

/* |a - b|^2 */
static ntk_status find_distance(const ntk_lane *lane, double *squares, const double *a, const double *b, int64_t count)
{
    *squares = 0;
    for (int64_t first = 0, part; first < count; first += part) {
        part = ntk_smaller(NTK_PROBE_LOOK, count - first);
        for (int64_t k = first; k < first + part; k++) *squares += (a[k] - b[k]) * (a[k] - b[k]);
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* out = H K H, which may be K; K is symmetric, so that its rows' means are its columns'. */
static ntk_status centre(const ntk_lane *lane, double *out, const double *K, double *means, int64_t n)
{
    double all = 0;
    int64_t rows = ntk_larger(1, NTK_PROBE_LOOK / n);
    for (int64_t i = 0; i < n; i++) {
        means[i] = 0;
        for (int64_t j = 0; j < n; j++) means[i] += K[i * n + j] / (double)n;
        all += means[i] / (double)n;
        if (i % rows == 0) NTK_TRY(ntk_advance(lane, 0));
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) out[i * n + j] = K[i * n + j] - (means[i] + means[j] - all);
        if (i % rows == 0) NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* y^T K y / (|K| |y|^2), over all outputs. */
static double target_alignment(const ntk_training *training, const double *K, int64_t n)
{
    int64_t m = training->weights->outputs, ldy = training->samples.y.stride;
    double above = 0, norm = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t o = 0; o < m; o++) {
            double mine = ntk_get(training->samples.y.data, training->options.dtype, i * ldy + o), sum = 0;
            for (int64_t j = 0; j < n; j++)
                sum += K[i * n + j] * ntk_get(training->samples.y.data, training->options.dtype, j * ldy + o);
            above += mine * sum;
            norm += mine * mine;
        }
    double below = sqrt(ntk_dot(NTK_F64, K, K, n * n)) * norm;
    return below > 0 ? above / below : NAN;
}

/* other  room for another kernel, and means */
static ntk_status compare(const ntk_training *training, const ntk_lane *lane, double *K, double *other, int64_t n, double *row)
{
    const double *start = training->kernel;
    double *means = other + n * n, squares;
    products of;
    NTK_TRY(find_distance(lane, &squares, K, start, n * n));
    NTK_TRY(multiply(lane, &of, K, start, n * n));
    row[NTK_RECORD_DRIFT] = of.bb > 0 ? sqrt(squares) / sqrt(of.bb) : NAN;
    row[NTK_RECORD_ALIGNMENT] = cosine_of(&of);
    if (!training->own_probe) row[NTK_RECORD_TARGET_ALIGNMENT] = target_alignment(training, K, n);
    NTK_TRY(centre(lane, other, start, means, n));
    NTK_TRY(centre(lane, K, K, means, n));
    NTK_TRY(multiply(lane, &of, K, other, n * n));
    row[NTK_RECORD_CKA] = cosine_of(&of);
    return NTK_OK;
}

ntk_status ntk_probe_kernel(ntk_training *training, const ntk_pass *pass, double *row)
{
    ntk_context *context = training->base.context;
    ntk_training_samples probe = ntk_training_probe(training);
    int64_t n = probe.rows;
    double *K;
    NTK_TRY(find_start(training, pass, &probe));
    NTK_TRY(ntk_allocate(context, &K, 2 * n + 1, n * (int64_t)sizeof *K, "the kernels of a probe set"));
    ntk_status status = kernel_at(pass, &probe, training->theta, K);
    if (status >= 0) status = compare(training, pass->lane, K, K + n * n, n, row);
    ntk_free(context, K);
    return status;
}

/* --- the gap to the linearization, at the same parameters --- */

/* The gradient's room becomes theta_k - theta_0 of the trained part. */
static ntk_status find_change(const ntk_training *training, const ntk_lane *lane)
{
    int32_t dtype = training->options.dtype;
    for (int64_t k = 0; k < training->size; k++) {
        ntk_put(training->gradient, dtype, k,
                ntk_get(training->q, dtype, k) - ntk_get(training->start, dtype, training->first + k));
        if (k % NTK_PROBE_LOOK == 0) NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* Adds a chunk's squares of f_k - f_0 - J_0 change and of f_k - f_0.   now  f_k */
static ntk_status add_gap(const ntk_pass *pass, const ntk_training_samples *probe, int64_t row, double *now, double sums[2])
{
    const ntk_training *training = pass->training;
    int32_t dtype = training->options.dtype;
    ntk_chunk chunk = chunk_at(pass, probe, row, training->theta);
    int64_t count = chunk.rows * training->weights->outputs;
    NTK_TRY(ntk_passes_forward(&pass->passes, pass->lane, &chunk, pass->f));
    ntk_convert(now, NTK_F64, pass->f, dtype, count);
    chunk.theta = training->start;
    NTK_TRY(ntk_passes_forward(&pass->passes, pass->lane, &chunk, pass->f));
    NTK_TRY(ntk_passes_tangent(&pass->passes, pass->lane, &chunk, training->gradient, pass->rest));
    for (int64_t k = 0; k < count; k++) {
        double moved = now[k] - ntk_get(pass->f, dtype, k), gap = moved - ntk_get(pass->rest, dtype, k);
        sums[0] += gap * gap;
        sums[1] += moved * moved;
    }
    return NTK_OK;
}

ntk_status ntk_probe_gap(ntk_training *training, const ntk_pass *pass, double *row)
{
    ntk_context *context = training->base.context;
    ntk_training_samples probe = ntk_training_probe(training);
    double *now, sums[2] = {0, 0};
    NTK_TRY(
        ntk_allocate(context, &now, pass->passes.rows, training->weights->outputs * (int64_t)sizeof *now, "a chunk's outputs"));
    ntk_status status = find_change(training, pass->lane);
    for (int64_t at = 0; at < probe.rows && status >= 0; at += pass->passes.rows) status = add_gap(pass, &probe, at, now, sums);
    ntk_free(context, now);
    row[NTK_RECORD_GAP] = sums[1] > 0 ? sqrt(sums[0] / sums[1]) : NAN;
    return status;
}

/* --- memory --- */

ntk_status ntk_probe_memory(uint64_t *bytes, const ntk_weights *weights, const ntk_training_options *options, int64_t n)
{
    int64_t p = ntk_weights_size(weights, options->part), size = ntk_dtype_size(options->dtype),
            set = ntk_smaller(n, STANDARD_PROBE);
    uint64_t row, kernels = 0, gap = 0;
    NTK_TRY(ntk_need(bytes, set, set * (int64_t)sizeof(double)));
    NTK_TRY(ntk_need(&kernels, 2 * set + 1, set * (int64_t)sizeof(double)));
    NTK_TRY(ntk_size_multiply(&row, p, size));
    NTK_TRY(ntk_need(&kernels, set, (int64_t)row));
    NTK_TRY(ntk_need(&kernels, set, set * size));
    NTK_TRY(ntk_need(&gap, ntk_passes_rows(weights, n), weights->outputs * (int64_t)sizeof(double)));
    return ntk_size_add(bytes, 1, (int64_t)ntk_most_bytes(kernels, gap));
}
