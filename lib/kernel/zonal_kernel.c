/* Kernels of the cosine of two samples, given by their levels: a polynomial of the kernel that is that cosine. */
#include "core/matrix.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/combine.h"
#include "kernel/composite.h"
#include "kernel/exchange.h"
#include "kernel/scales.h"
#include "kernel/zonal.h"

#include <math.h>

/* The composite's numbers: how many degrees there are, and of each its share and its recurrence. */
typedef struct series {
    int64_t degrees;
    const double *shares, *up, *down;
} series;

static series series_of(const ntk_kernel *kernel)
{
    const double *numbers = ((const ntk_composite *)kernel)->numbers;
    int64_t degrees = (int64_t)numbers[0];
    return (series){degrees, numbers + 1, numbers + 1 + degrees, numbers + 1 + 2 * degrees};
}

static double sum_of(const series *s)
{
    double sum = 0;
    for (int64_t k = 0; k < s->degrees; k++) sum += s->shares[k];
    return sum;
}

/* Whether a sample has no direction: its features are those of degree 0, the mean over all directions. */
static bool is_zero(const ntk_samples *samples, int64_t row)
{
    return samples->terms[0].diagonal[row] == 0;
}

static ntk_status prepare(ntk_samples *samples, const ntk_lane *lane, int64_t pass)
{
    (void)lane, (void)pass;
    series s = series_of(samples->kernel);
    double top = sum_of(&s);
    samples->largest = sqrt(top);
    for (int64_t i = 0; i < samples->rows; i++) samples->diagonal[i] = is_zero(samples, i) ? s.shares[0] : top;
    /* a length that is not known: NTK_ERR_OVERFLOW */
    if (!isfinite(samples->terms[0].largest)) samples->largest = HUGE_VAL;
    return NTK_OK;
}

/* --- the polynomial --- */

/* Numbers at a time. */
enum { STRIP = 128 };

static void find_values(const series *s, double *out, const double *t, int64_t count)
{
    double now[STRIP], last[STRIP];
    for (int64_t j = 0; j < count; j++) {
        now[j] = 1;
        last[j] = 0;
        out[j] = 0;
    }
    for (int64_t k = 0; k < s->degrees; k++) {
        double share = s->shares[k], up = s->up[k], down = s->down[k];
        for (int64_t j = 0; j < count; j++) {
            double next = up * t[j] * now[j] - down * last[j];
            out[j] += share * now[j];
            last[j] = now[j];
            now[j] = next;
        }
    }
}

/* Q'_(k + 1) = up (Q_k + t Q'_k) - down Q'_(k - 1) */
static void find_slopes(const series *s, double *out, const double *t, int64_t count)
{
    double now[STRIP], last[STRIP], slope[STRIP], last_slope[STRIP];
    for (int64_t j = 0; j < count; j++) {
        now[j] = 1;
        last[j] = slope[j] = last_slope[j] = out[j] = 0;
    }
    for (int64_t k = 0; k < s->degrees; k++) {
        double share = s->shares[k], up = s->up[k], down = s->down[k];
        for (int64_t j = 0; j < count; j++) {
            double next = up * t[j] * now[j] - down * last[j];
            double next_slope = up * (now[j] + t[j] * slope[j]) - down * last_slope[j];
            out[j] += share * slope[j];
            last[j] = now[j];
            now[j] = next;
            last_slope[j] = slope[j];
            slope[j] = next_slope;
        }
    }
}

/* --- tiles --- */

/* out(i, j), a cosine, becomes the polynomial's value or slope. */
typedef struct expansion {
    const ntk_kernel_tile *tile;
    series s;
    bool slopes;
    int64_t per_task;
} expansion;

static void expand_strip(const expansion *job, bool row_is_zero, void *row, int64_t first, int64_t count)
{
    const ntk_kernel_tile *tile = job->tile;
    int32_t dtype = tile->rows->dtype;
    double t[STRIP], out[STRIP], without = job->slopes ? 0 : job->s.shares[0];
    ntk_convert(t, NTK_F64, ntk_at(row, dtype, first), dtype, count);
    (job->slopes ? find_slopes : find_values)(&job->s, out, t, count);
    for (int64_t j = 0; j < count; j++)
        if (row_is_zero || is_zero(tile->cols, tile->col + first + j)) out[j] = without;
    ntk_convert(ntk_at(row, dtype, first), dtype, out, NTK_F64, count);
}

/* Numbers, times degrees, after which a row asks whether to stop. */
enum { LONG_ROW = 1 << 18 };

static ntk_status expand_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const expansion *job = argument;
    const ntk_kernel_tile *tile = job->tile;
    int32_t dtype = tile->rows->dtype;
    int64_t first = index * job->per_task, last = ntk_smaller(first + job->per_task, tile->row_count);
    for (int64_t i = first; i < last; i++) {
        void *row = ntk_at(tile->out, dtype, i * tile->ld);
        int64_t count = tile->lower ? i + 1 : tile->col_count, own = tile->row + i - tile->col;
        for (int64_t j = 0; j < count; j += STRIP)
            expand_strip(job, is_zero(tile->rows, tile->row + i), row, j, ntk_smaller(STRIP, count - j));
        if (!job->slopes && tile->rows == tile->cols && own >= 0 && own < count)
            ntk_put(row, dtype, own, tile->rows->diagonal[tile->row + i]);
        if (count * job->s.degrees >= LONG_ROW) NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static ntk_status expand(const ntk_kernel_tile *tile, const ntk_lane *lane, bool slopes)
{
    expansion job = {.tile = tile, .s = series_of(tile->rows->kernel), .slopes = slopes};
    job.per_task = ntk_rows_per_task(tile->col_count);
    return ntk_run(lane, (tile->row_count - 1) / job.per_task + 1, expand_rows, &job);
}

static ntk_status tile(const ntk_kernel_tile *tile, const ntk_lane *lane)
{
    NTK_TRY(ntk_term_tile(tile, lane, 0, tile->out, tile->ld, tile->scratch));
    return expand(tile, lane, false);
}

/* --- gradients: the slope times the cosine's --- */

/* Gives the part weights of its own: the slopes times those that it has. */
static ntk_status weigh(ntk_tile_gradient *part, const ntk_lane *lane, const void *slopes, void *own)
{
    ntk_kernel_tile view = part->tile;
    int32_t dtype = view.rows->dtype;
    int64_t ld = view.col_count, area = view.row_count * ld;
    view.ld = ld;
    for (int64_t c = 0; c < part->targets; c++) {
        view.out = ntk_at(own, dtype, c * area);
        NTK_TRY(
            ntk_tile_combine(&view, lane, NTK_COMBINE_SET, ntk_at(part->weights, dtype, c * part->by_target), part->by_row, 1));
        NTK_TRY(ntk_tile_combine(&view, lane, NTK_COMBINE_MULTIPLY, slopes, ld, 1));
    }
    part->weights = own;
    part->by_target = area;
    part->by_row = ld;
    return NTK_OK;
}

/* Scratch: the slopes, the weights of some targets, and what the cosine needs. */
static ntk_status gradient(const ntk_tile_gradient *job, const ntk_lane *lane)
{
    ntk_tile_gradient shared = *job;
    NTK_TRY(ntk_share_products(&shared.tile, lane, 2));
    ntk_kernel_tile view = shared.tile;
    int32_t dtype = view.rows->dtype;
    int64_t area = view.row_count * view.col_count;
    void *slopes = view.scratch, *own = ntk_at(slopes, dtype, area), *scratch = ntk_at(own, dtype, NTK_WEIGHED_TARGETS * area);
    view.ld = view.col_count;
    view.out = slopes;
    NTK_TRY(ntk_term_tile(&view, lane, 0, slopes, view.ld, scratch));
    NTK_TRY(expand(&view, lane, true));
    for (int64_t first = 0; first < job->targets; first += NTK_WEIGHED_TARGETS) {
        int64_t count = ntk_smaller(NTK_WEIGHED_TARGETS, job->targets - first);
        ntk_tile_gradient part = ntk_term_gradient(&shared, 0, first, count, scratch);
        NTK_TRY(weigh(&part, lane, slopes, own));
        NTK_TRY(ntk_term_add_gradient(&part, lane));
    }
    return NTK_OK;
}

static double cost(const ntk_kernel *kernel, int64_t inputs, int32_t dtype, int64_t all)
{
    return ntk_composite_cost(kernel, inputs, dtype, all) + 4 * (double)series_of(kernel).degrees;
}

static const ntk_kernel_operations operations = {
    .prepare = prepare,
    .tile = tile,
    .gradient = gradient,
    .scales = ntk_no_scales,
    .write = ntk_zonal_write,
    .zonal = true,
};

const double *ntk_zonal_shares(const ntk_kernel *kernel, int64_t *degrees)
{
    if (kernel->operations->tile != tile) return NULL;
    series s = series_of(kernel);
    *degrees = s.degrees;
    return s.shares;
}

/* --- making one --- */

static ntk_status check_share(double share, int64_t k, int64_t d)
{
    if (share < 0)
        return ntk_fail(NTK_ERR_VALUE, "ntk_kernel_create_zonal: shares[%lld] is %g, expected none that is negative",
                        (long long)k, share);
    if (d == 1 && k > 1 && share > 0)
        return ntk_fail(NTK_ERR_VALUE,
                        "ntk_kernel_create_zonal: shares[%lld] is %g, expected 0: of one input there is no degree above 1",
                        (long long)k, share);
    return NTK_OK;
}

static ntk_status check_shares(const ntk_matrix *shares, int64_t d, const char *function)
{
    double sum = 0;
    NTK_TRY(ntk_input_check(shares, function, "shares"));
    NTK_TRY(ntk_shape_check(shares, -1, 1, function, "shares"));
    if (shares->rows > NTK_ZONAL_MOST_DEGREES)
        return ntk_fail(NTK_ERR_SHAPE, "%s: shares has %lld rows, expected at most %d", function, (long long)shares->rows,
                        NTK_ZONAL_MOST_DEGREES);
    NTK_TRY(ntk_kernel_size_check(d, function, "d"));
    NTK_TRY(ntk_finite_check(shares, function, "shares"));
    for (int64_t k = 0; k < shares->rows; k++) {
        double share = ntk_get(shares->data, shares->dtype, k * shares->stride);
        NTK_TRY(check_share(share, k, d));
        sum += share;
    }
    if (isfinite(sum)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: the sum of shares is too large to be represented", function);
}

static ntk_status make_cosine(ntk_context *context, ntk_kernel **cosine)
{
    ntk_activation *identity;
    ntk_kernel *product;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.part = NTK_PART_RF;
    NTK_TRY(ntk_activation_create(context, &identity, NTK_IDENTITY, NULL));
    ntk_status status = ntk_kernel_create_infinite(context, &product, identity, &options);
    ntk_release(identity);
    NTK_TRY(status);
    status = ntk_kernel_create_normalised(context, cosine, product);
    ntk_release(product);
    return status;
}

static void fill(ntk_composite *made, const ntk_matrix *shares, int64_t d)
{
    int64_t degrees = shares->rows;
    double *numbers = made->numbers + 1;
    made->numbers[0] = (double)degrees;
    for (int64_t k = 0; k < degrees; k++) {
        ntk_gegenbauer step = ntk_gegenbauer_at(d, k);
        numbers[k] = ntk_get(shares->data, shares->dtype, k * shares->stride);
        numbers[degrees + k] = step.up;
        numbers[2 * degrees + k] = step.down;
    }
    made->base.inputs = d;
    made->operations.cost = cost;
    made->operations.scratch = ntk_terms_scratch(&made->base);
    made->operations.gradient_scratch =
        ntk_shared_products(&made->base, 2) + 1 + NTK_WEIGHED_TARGETS + ntk_terms_gradient_scratch(&made->base);
    made->operations.gradient_sums = ntk_terms_gradient_sums(&made->base);
}

ntk_status ntk_kernel_create_zonal(ntk_context *context, ntk_kernel **kernel, const ntk_matrix *shares, int64_t d)
{
    ntk_composite *made;
    ntk_kernel *cosine;
    NTK_REQUIRE(kernel);
    *kernel = NULL;
    NTK_REQUIRE(context);
    NTK_TRY(check_shares(shares, d, __func__));
    NTK_TRY(make_cosine(context, &cosine));
    const ntk_kernel *term = cosine;
    ntk_status status = ntk_composite_create(context, &made, &operations, &term, 1, 1 + 3 * shares->rows, __func__, "terms");
    ntk_release(cosine);
    NTK_TRY(status);
    fill(made, shares, d);
    *kernel = &made->base;
    return NTK_OK;
}
