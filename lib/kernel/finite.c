#include "kernel/finite.h"
#include "core/memory.h"
#include "core/status.h"
#include "features/hidden.h"
#include "kernel/combine.h"
#include "kernel/exchange.h"
#include "kernel/gates.h"
#include "kernel/layered.h"
#include "kernel/scales.h"
#include "kernel/tile.h"

#include <math.h>
#include <string.h>

/* K_N(x, x') = <rf, rf'> + <x, x'> <nt, nt'>, in which rf_i = gamma sigma(u_i) and nt_i = tangent_factor a_i sigma'(u_i).
 * Where nt_i takes two values but for its sign, gates.h counts bits instead.  A pass takes some of the neurons: as many as keep the factors of all samples within this many bytes. */
enum { FACTOR_BYTES = 1 << 27, LEAST_NEURONS = 64 };

static bool has_gates(const ntk_kernel *kernel)
{
    return ((const ntk_finite *)kernel)->gates;
}

/* Whether a sample keeps rf, and whether nt. */
static bool keeps_rf(const ntk_kernel *kernel)
{
    return ntk_features_has(kernel->features, NTK_PART_RF);
}

static bool keeps_nt(const ntk_kernel *kernel)
{
    return ntk_features_has(kernel->features, NTK_PART_NT) && !has_gates(kernel);
}

/* Neurons in a pass. */
static int64_t width_of(const ntk_kernel *kernel, int32_t dtype, int64_t all)
{
    int64_t hidden = kernel->features->weights->hidden;
    if (!all) return hidden;
    double bits = 8.0 * (double)((keeps_rf(kernel) + keeps_nt(kernel)) * ntk_dtype_size(dtype));
    if (has_gates(kernel)) bits += (double)ntk_gates_planes(kernel->features);
    double most = fmin(8.0 * (double)FACTOR_BYTES / ((double)all * bits), 0x1p30);
    int64_t width = (int64_t)most / NTK_GATES_GRANULE * NTK_GATES_GRANULE;
    if (width < LEAST_NEURONS) width = LEAST_NEURONS;
    return width < hidden ? width : hidden;
}

static int64_t passes(const ntk_kernel *kernel, int32_t dtype, int64_t all)
{
    return (kernel->features->weights->hidden - 1) / width_of(kernel, dtype, all) + 1;
}

static ntk_status samples_memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t all)
{
    const ntk_weights *weights = kernel->features->weights;
    int64_t width = width_of(kernel, dtype, all), size = ntk_dtype_size(dtype);
    NTK_TRY(ntk_hidden_weights_memory(weights, bytes, dtype));
    if (keeps_rf(kernel)) NTK_TRY(ntk_need(bytes, rows, width * size));
    if (keeps_nt(kernel)) NTK_TRY(ntk_need(bytes, rows, width * size));
    return has_gates(kernel) ? ntk_gates_memory(kernel->features, bytes, dtype, rows, width) : NTK_OK;
}

static ntk_status open_factors(ntk_samples *samples, const ntk_lane *lane)
{
    const ntk_kernel *kernel = samples->kernel;
    int64_t width = width_of(kernel, samples->dtype, samples->all), size = ntk_dtype_size(samples->dtype);
    NTK_TRY(ntk_hidden_weights(lane, kernel->features->weights, samples->dtype, &samples->w, "a finite kernel"));
    if (keeps_rf(kernel))
        NTK_TRY(ntk_allocate(samples->context, &samples->rf, samples->rows, width * size, "the neurons' outputs"));
    if (keeps_nt(kernel))
        NTK_TRY(ntk_allocate(samples->context, &samples->nt, samples->rows, width * size, "the neurons' derivatives"));
    return has_gates(kernel) ? ntk_gates_open(samples, width) : NTK_OK;
}

/* Samples of one pass in work. */
typedef struct preparation {
    ntk_samples *samples;
    ntk_tile shape;
    bool first_time; /* the diagonal is summed too */
} preparation;

static void add_to_diagonal(ntk_samples *samples, int64_t i)
{
    int64_t at = i * samples->count;
    const void *x = ntk_samples_at(samples, i), *rf = samples->rf ? ntk_at(samples->rf, samples->dtype, at) : NULL;
    const void *nt = samples->nt ? ntk_at(samples->nt, samples->dtype, at) : NULL;
    if (rf) samples->diagonal[i] += ntk_dot(samples->dtype, rf, rf, samples->count);
    if (nt)
        samples->diagonal[i] +=
            ntk_dot(samples->dtype, x, x, samples->inputs) * ntk_dot(samples->dtype, nt, nt, samples->count);
}

static ntk_status prepare_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const preparation *job = argument;
    ntk_samples *samples = job->samples;
    int64_t row = index * job->shape.rows, ld = samples->count, count;
    int64_t rows = samples->rows - row < job->shape.rows ? samples->rows - row : job->shape.rows;
    for (int64_t first = 0; first < ld; first += count) {
        count = ld - first < job->shape.neurons ? ld - first : job->shape.neurons;
        void *rf = samples->rf ? ntk_at(samples->rf, samples->dtype, row * ld + first) : NULL;
        void *nt = samples->nt ? ntk_at(samples->nt, samples->dtype, row * ld + first) : NULL;
        NTK_TRY(ntk_hidden_tile(samples->kernel->features->weights, lane, samples->dtype, samples->w, samples->first + first,
                                count, ntk_samples_at(samples, row), samples->x.stride, rows, rf, nt, ld));
        NTK_TRY(ntk_advance(lane, 0));
    }
    for (int64_t i = row; job->first_time && i < row + rows; i++) add_to_diagonal(samples, i);
    return NTK_OK;
}

static ntk_status prepare_factors(preparation *job, const ntk_lane *lane)
{
    const ntk_samples *samples = job->samples;
    job->shape = ntk_tile_shape(samples->rows, samples->count, ntk_layer_cost(samples->inputs));
    return ntk_run_blas(lane, (samples->rows - 1) / job->shape.rows + 1, prepare_rows, job);
}

static ntk_status prepare_gates(preparation *job, const ntk_lane *lane)
{
    NTK_TRY(ntk_gates_prepare(job->samples, lane, job->first_time));
    for (int64_t i = 0; job->first_time && i < job->samples->rows; i++) add_to_diagonal(job->samples, i);
    return NTK_OK;
}

static ntk_status prepare(ntk_samples *samples, const ntk_lane *lane, int64_t pass)
{
    const ntk_kernel *kernel = samples->kernel;
    int64_t hidden = kernel->features->weights->hidden, width = width_of(kernel, samples->dtype, samples->all);
    int64_t next = pass * width;
    if (samples->count && samples->first == next) return NTK_OK;
    if (!samples->count) NTK_TRY(open_factors(samples, lane));
    preparation job = {.samples = samples, .first_time = samples->largest == 0 && next >= samples->first + samples->count};
    samples->first = next;
    samples->count = hidden - next < width ? hidden - next : width;
    NTK_TRY((has_gates(kernel) ? prepare_gates : prepare_factors)(&job, lane));
    if (!job.first_time || next + samples->count < hidden) return NTK_OK;
    for (int64_t i = 0; i < samples->rows; i++) {
        double root = sqrt(samples->diagonal[i]);
        if (!(root <= samples->largest)) samples->largest = isnan(root) ? HUGE_VAL : root;
    }
    return NTK_OK;
}

static void close_samples(ntk_samples *samples)
{
    ntk_free(samples->context, samples->w);
    ntk_free(samples->context, samples->rf);
    ntk_free(samples->context, samples->nt);
    samples->w = samples->rf = samples->nt = NULL;
    ntk_gates_close(samples);
    samples->count = 0;
}

static ntk_status tangent_tile(const ntk_kernel_tile *tile, const ntk_lane *lane)
{
    const ntk_samples *rows = tile->rows, *cols = tile->cols;
    int32_t dtype = rows->dtype;
    int64_t ld = tile->col_count, width = rows->count;
    void *inner = tile->scratch, *slopes = ntk_at(tile->scratch, dtype, tile->row_count * ld);
    NTK_TRY(ntk_tile_inner_products(tile, lane, inner, ld));
    NTK_TRY(ntk_advance(lane, 0));
    NTK_TRY(ntk_tile_product(tile, lane, ntk_at(rows->nt, dtype, tile->row * width), width,
                             ntk_at(cols->nt, dtype, tile->col * width), width, width, 0, slopes, ld));
    return ntk_tile_add_product(tile, lane, inner, 0, slopes);
}

static ntk_status evaluate_tile(const ntk_kernel_tile *tile, const ntk_lane *lane)
{
    const ntk_samples *rows = tile->rows, *cols = tile->cols;
    int32_t dtype = rows->dtype;
    int64_t width = rows->count;
    bool tangent = rows->nt || rows->gates.bits;
    double beta = tangent || tile->add ? 1 : 0;
    if (tangent) NTK_TRY((rows->nt ? tangent_tile : ntk_gates_tile)(tile, lane));
    if (!rows->rf) return NTK_OK;
    NTK_TRY(ntk_advance(lane, 0));
    return ntk_tile_product(tile, lane, ntk_at(rows->rf, dtype, tile->row * width), width,
                            ntk_at(cols->rf, dtype, tile->col * width), width, width, beta, tile->out, tile->ld);
}

/* A product's operations by the bits that are compared in their place. */
static const double GATES_PER_OPERATION = 32;

static double entry_cost(const ntk_kernel *kernel, int64_t inputs, int32_t dtype, int64_t all)
{
    double width = (double)width_of(kernel, dtype, all), cost = 2 * width * (keeps_rf(kernel) + keeps_nt(kernel));
    if (has_gates(kernel)) cost += width / GATES_PER_OPERATION;
    return cost + (ntk_features_has(kernel->features, NTK_PART_NT) ? 2.0 * (double)inputs : 0);
}

#define OPERATIONS(RECTANGLES, GRADIENT)                                                                              \
    {                                                                                                                 \
        .scratch = RECTANGLES, .passes = passes, .memory = samples_memory, .prepare = prepare, .rest = close_samples, \
        .close = close_samples, .tile = evaluate_tile, .cost = entry_cost, .gradient = GRADIENT,                      \
        .gradient_scratch = NTK_FINITE_GRADIENT_SCRATCH, .scales = ntk_no_scales, .write = ntk_finite_write           \
    }
static const ntk_kernel_operations operations = OPERATIONS(2, ntk_finite_tile_gradient),
                                   gate_operations = OPERATIONS(1, ntk_finite_tile_gradient),
                                   rough_operations = OPERATIONS(2, NULL);

static void dispose(void *self)
{
    ntk_finite *finite = self;
    ntk_release((void *)(uintptr_t)finite->features);
}

const ntk_finite *ntk_finite_of(const ntk_kernel *kernel)
{
    const ntk_kernel_operations *own = kernel->operations;
    bool finite = own == &operations || own == &gate_operations || own == &rough_operations || own == &ntk_layered_operations ||
                  own == &ntk_layered_rough_operations;
    return finite ? (const ntk_finite *)kernel : NULL;
}

static const ntk_kernel_operations *operations_of(const ntk_features *features, bool gates)
{
    bool rough = !ntk_features_differentiable(features);
    if (!features->weights->plain) return rough ? &ntk_layered_rough_operations : &ntk_layered_operations;
    return gates ? &gate_operations : rough ? &rough_operations : &operations;
}

static void init(ntk_finite *finite, const ntk_features *features, bool gates, int64_t networks)
{
    finite->base.operations = operations_of(features, gates);
    finite->base.features = features->weights->plain || networks == 1 ? features : NULL;
    finite->base.inputs = features->weights->inputs;
    finite->features = features;
    finite->gates = gates;
    finite->networks = networks;
}

void ntk_finite_shape(ntk_finite *kernel, const ntk_features *features, bool gates)
{
    memset(kernel, 0, sizeof *kernel);
    init(kernel, features, gates, 1);
}

void ntk_finite_part_init(ntk_finite_part *part, const ntk_finite *whole, int64_t network)
{
    const ntk_features *features = whole->features;
    double root = sqrt((double)whole->networks);
    part->weights = ntk_weights_of_network(features->weights, network);
    part->weights.gamma *= root;
    part->weights.output_bias *= root;
    part->weights.tangent_factor *= root;
    part->features = (ntk_features){.weights = &part->weights, .part = features->part};
    part->features.size = ntk_weights_size(&part->weights, features->part);
    ntk_finite_shape(&part->kernel, &part->features, whole->gates);
}

ntk_status ntk_finite_create(ntk_context *context, ntk_kernel **kernel, const ntk_features *features, int64_t networks)
{
    ntk_finite *made;
    NTK_TRY(ntk_object_create(context, &made, sizeof *made, dispose, "a kernel"));
    init(made, ntk_retain(features), ntk_gates_serve(features), networks);
    *kernel = &made->base;
    return NTK_OK;
}

ntk_status ntk_kernel_create_finite(ntk_context *context, ntk_kernel **kernel, const ntk_features *features)
{
    NTK_REQUIRE(kernel);
    *kernel = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(features);
    return ntk_finite_create(context, kernel, features, 1);
}
