#include "kernel/kinked.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/exchange.h"
#include "kernel/near.h"
#include "kernel/pair_gradients.h"
#include "kernel/rescale.h"
#include "kernel/tile.h"

#include <math.h>

/* --- samples --- */

static ntk_status prepare(ntk_samples *samples, const ntk_lane *lane, int64_t pass)
{
    (void)pass;
    if (samples->factors) return NTK_OK;
    bool overflow;
    const ntk_infinite_constants k = ntk_infinite_constants_of((const ntk_infinite *)samples->kernel, samples->inputs);
    NTK_TRY(ntk_allocate(samples->context, &samples->factors, NTK_INFINITE_FACTORS * samples->rows,
                         ntk_dtype_size(samples->dtype), "the samples' lengths"));
    NTK_TRY(ntk_infinite_measure_samples(samples, lane, &k, ntk_infinite_store_length));
    NTK_TRY(ntk_kinked_fill(samples, &overflow, &k, lane));
    for (int64_t i = 0; i < samples->rows; i++) {
        if (overflow) samples->diagonal[i] = HUGE_VAL;
        double root = sqrt(samples->diagonal[i]);
        if (!(root <= samples->largest)) samples->largest = root;
    }
    return NTK_OK;
}

static void close(ntk_samples *samples)
{
    ntk_mehler_close(&samples->mehler, samples->context);
    ntk_infinite_close(samples);
}

static ntk_status memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t all)
{
    NTK_TRY(ntk_infinite_memory(kernel, bytes, dtype, rows, all));
    return ntk_kinked_memory(bytes, dtype, rows);
}

/* --- rows and columns --- */

static double factor_of(const ntk_samples *samples, int factor, int64_t i)
{
    return ntk_get(ntk_infinite_array(samples, factor), samples->dtype, i);
}

void ntk_kinked_take_row(ntk_kinked_row *row, const ntk_samples *samples, const ntk_infinite_constants *k, int64_t i,
                         int64_t terms)
{
    const ntk_mehler *mehler = &samples->mehler;
    const ntk_ramps *ramps = ntk_kinked_ramps(mehler);
    row->length = factor_of(samples, NTK_MEHLER_LENGTH, i);
    row->mean = factor_of(samples, NTK_MEHLER_MEAN, i);
    ntk_ramps_shift(ramps, row->length, row->shifted);
    row->ramp_mean = sqrt(k->k[0]) * ntk_ramps_mean(ramps, row->shifted);
    ntk_ramps_expand(ramps, row->length, terms, row->e);
    for (int64_t m = 0; m < terms; m++) {
        row->f[m] = m < mehler->terms ? ntk_get(mehler->table, samples->dtype, ntk_mehler_at(mehler, i, m)) : 0;
        row->e[m] *= ntk_kinked_gain(k, m);
    }
}

void ntk_kinked_take_columns(ntk_kinked_columns *columns, const ntk_samples *samples, const ntk_infinite_constants *k,
                             int64_t first, int64_t last)
{
    const ntk_ramps *ramps = ntk_kinked_ramps(&samples->mehler);
    int64_t most = ntk_smaller(NTK_KINKED_COLUMNS - first % NTK_MEHLER_BLOCK, NTK_KINKED_SHIFTED / ntk_larger(1, ramps->count));
    columns->first = first;
    columns->count = ntk_smaller(most, last - first);
    for (int64_t j = 0; j < columns->count; j++) {
        ntk_shifted *shifted = columns->shifted + j * ramps->count;
        columns->length[j] = factor_of(samples, NTK_MEHLER_LENGTH, first + j);
        columns->mean[j] = factor_of(samples, NTK_MEHLER_MEAN, first + j);
        ntk_ramps_shift(ramps, columns->length[j], shifted);
        columns->ramp_mean[j] = sqrt(k->k[0]) * ntk_ramps_mean(ramps, shifted);
    }
}

_Static_assert((int)NTK_KINKED_COLUMNS == (int)NTK_MEHLER_BLOCK && (int)NTK_KINKED_SHIFTED >= (int)NTK_MOST_RAMPS,
               "columns are those of a block, and there is room for one's ramps");

/* sums += factor power F, of columns of one block */
#define DEFINE_ADD(NAME, REAL)                                                                                  \
    static void NAME(double *sums, double factor, const double *power, const void *coefficients, int64_t count) \
    {                                                                                                           \
        const REAL *F = coefficients;                                                                           \
        for (int64_t j = 0; j < count; j++) sums[j] += factor * power[j] * (double)F[j];                        \
    }

DEFINE_ADD(add_f64, double)
DEFINE_ADD(add_f32, float)

/* sums += sum_m (f_m + e_m) F_m rho^m */
static void add_table(double *sums, const double *rho, const double *f, const double *e, const ntk_samples *cols,
                      const ntk_kinked_columns *columns, int64_t terms)
{
    const ntk_mehler *mehler = &cols->mehler;
    double power[NTK_KINKED_COLUMNS];
    for (int64_t j = 0; j < columns->count; j++) power[j] = 1;
    for (int64_t m = 0; m < terms && m < mehler->terms; m++) {
        const void *F = ntk_at(mehler->table, cols->dtype, ntk_mehler_at(mehler, columns->first, m));
        (cols->dtype == NTK_F64 ? add_f64 : add_f32)(sums, f[m] + e[m], power, F, columns->count);
        for (int64_t j = 0; j < columns->count; j++) power[j] *= rho[j];
    }
}

/* sums += sum_m f_m E_m rho^m of ramp a, in which the Hermite functions of the columns' kinks are carried from degree to degree. */
static void add_ramp(double *sums, const double *rho, const double *f, const ntk_ramps *ramps, int64_t a,
                     const ntk_kinked_columns *columns, const ntk_infinite_constants *k, int64_t terms)
{
    double z[NTK_KINKED_COLUMNS], now[NTK_KINKED_COLUMNS], last[NTK_KINKED_COLUMNS], power[NTK_KINKED_COLUMNS];
    for (int64_t j = 0; j < columns->count; j++) {
        const ntk_shifted *shifted = &columns->shifted[j * ramps->count + a];
        double root = ntk_step_root(shifted);
        z[j] = -shifted->h;
        sums[j] += f[0] * ntk_kinked_gain(k, 0) * ramps->jump[a] * shifted->below;
        now[j] = root;
        last[j] = 0;
        power[j] = ramps->jump[a] * ntk_step_scale(root) * rho[j];
    }
    for (int64_t m = 1; m < terms; m++) {
        double over = 1 / sqrt((double)m), back = sqrt((double)m - 1) * over, factor = f[m] * ntk_kinked_gain(k, m) * over;
        for (int64_t j = 0; j < columns->count; j++) {
            double here = now[j];
            sums[j] += factor * power[j] * here;
            now[j] = z[j] * here * over - back * last[j];
            last[j] = here;
            power[j] *= rho[j];
        }
    }
}

void ntk_kinked_sums(double *sums, const double *rho, const double *f, const double *e, const ntk_samples *cols,
                     const ntk_kinked_columns *columns, const ntk_infinite_constants *k, int64_t terms)
{
    const ntk_ramps *ramps = ntk_kinked_ramps(&cols->mehler);
    int64_t own = terms;
    while (own > 0 && f[own - 1] == 0) own--;
    for (int64_t j = 0; j < columns->count; j++) sums[j] = 0;
    add_table(sums, rho, f, e, cols, columns, terms);
    for (int64_t a = 0; a < ramps->count && own > 0; a++) add_ramp(sums, rho, f, ramps, a, columns, k, own);
}

/* --- tiles --- */

typedef struct tile_job {
    const ntk_kernel_tile *tile;
    ntk_infinite_constants k;
    int64_t terms, per_task;
} tile_job;

/* Entries of row i of the tile with count of the columns, which hold inner products. */
static void finish_strip(const tile_job *job, int64_t i, const ntk_kinked_row *row, const ntk_kinked_columns *columns,
                         int64_t count)
{
    const ntk_kernel_tile *tile = job->tile;
    const ntk_samples *rows = tile->rows, *cols = tile->cols;
    const ntk_ramps *ramps = ntk_kinked_ramps(&rows->mehler);
    void *entries = ntk_at(tile->out, rows->dtype, i * tile->ld + columns->first - tile->col);
    double sums[NTK_KINKED_COLUMNS], rho[NTK_KINKED_COLUMNS] = {0};
    ntk_angle angle[NTK_KINKED_COLUMNS];
    for (int64_t j = 0; j < count; j++) {
        angle[j] =
            ntk_angle_by_product(&job->k, rows, tile->row + i, cols, columns->first + j, ntk_get(entries, rows->dtype, j));
        rho[j] = angle[j].cosine;
    }
    ntk_kinked_sums(sums, rho, row->f, row->e, cols, columns, &job->k, job->terms);
    for (int64_t j = 0; j < count; j++) {
        ntk_shifted_moments m = ntk_ramps_moments(ramps, row->shifted, columns->shifted + j * ramps->count, &angle[j]);
        double q12 = row->length * columns->length[j] * rho[j];
        double means = row->mean * (columns->mean[j] + columns->ramp_mean[j]) + row->ramp_mean * columns->mean[j];
        ntk_put(entries, rows->dtype, j,
                job->k.k[0] * m.kappa + q12 * (job->k.k[1] * m.kdot + sums[j]) + means + job->k.constant);
    }
}

/* Columns by columns, so that their coefficients stay in a cache. */
static ntk_status finish_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const tile_job *job = argument;
    const ntk_kernel_tile *tile = job->tile;
    int64_t first = index * job->per_task, last = ntk_smaller(first + job->per_task, tile->row_count);
    int64_t end = tile->col + (tile->lower ? last : tile->col_count);
    ntk_kinked_columns columns;
    ntk_kinked_row row;
    for (int64_t j = tile->col; j < end; j += columns.count) {
        ntk_kinked_take_columns(&columns, tile->cols, &job->k, j, end);
        for (int64_t i = first; i < last; i++) {
            int64_t own = tile->lower ? tile->col + i + 1 - j : columns.count;
            if (own <= 0) continue;
            ntk_kinked_take_row(&row, tile->rows, &job->k, tile->row + i, job->terms);
            finish_strip(job, i, &row, &columns, ntk_smaller(own, columns.count));
            NTK_TRY(ntk_advance(lane, 0));
        }
    }
    return NTK_OK;
}

static ntk_status evaluate_tile(const ntk_kernel_tile *tile, const ntk_lane *lane)
{
    const ntk_infinite *kernel = (const ntk_infinite *)tile->rows->kernel;
    tile_job job = {.tile = tile, .k = ntk_infinite_constants_of(kernel, tile->rows->inputs), .per_task = 8};
    NTK_TRY(
        ntk_kinked_enough(&job.terms, &tile->rows->mehler, &tile->cols->mehler, kernel->activation, tile->rows->dtype, false));
    NTK_TRY(ntk_tile_inner_products(tile, lane, tile->out, tile->ld));
    return ntk_run(lane, (tile->row_count - 1) / job.per_task + 1, finish_rows, &job);
}

/* A ramp and a series of a hundred terms or so. */
static const double ENTRY_COST = 4000;

static double entry_cost(const ntk_kernel *kernel, int64_t inputs, int32_t dtype, int64_t all)
{
    (void)dtype, (void)all;
    double kinks = (double)((const ntk_infinite *)kernel)->activation->user.kink_count;
    return 2.0 * (double)inputs + ENTRY_COST * kinks * kinks;
}

const ntk_kernel_operations ntk_kinked_operations = {
    .scratch = 0,
    .passes = ntk_infinite_passes,
    .memory = memory,
    .prepare = prepare,
    .close = close,
    .tile = evaluate_tile,
    .cost = entry_cost,
    .gradient = ntk_kinked_gradient,
    .gradient_scratch = NTK_PAIR_GRADIENT_RECTANGLES,
    NTK_INFINITE_SCALE_OPERATIONS,
    .points = false,
    .products = 1,
    .write = ntk_infinite_write,
    .zonal = true,
};
