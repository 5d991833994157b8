/* Gradients of kernels of a caller's kinked function: the ramps' as of kinked activations with a shift (shifted_gradient.c), and the
 * series' as of those without closed form (mehler_gradient.c), term by term with its two products in place of one. */
#include "core/matrix.h"
#include "core/status.h"
#include "kernel/kinked.h"
#include "kernel/near.h"
#include "kernel/pair_gradients.h"

#include <math.h>

typedef struct kinked_gradient {
    ntk_pair_gradients pairs;
    const ntk_activation *activation;
    int64_t terms;
} kinked_gradient;

/* Of a row: what multiplies the columns' coefficients along v, in place of row's own f and e, and along u; first_f, first_e likewise
 * their means. */
typedef struct row_slopes {
    ntk_kinked_row row;
    double own_f[NTK_MEHLER_MOST_DEGREES], own_e[NTK_MEHLER_MOST_DEGREES], first_f, first_e;
} row_slopes;

/* f_m or e_m of a row, without its weight; 0 where its terms end. */
static double coefficient(const kinked_gradient *at, const double *weighted, int64_t m)
{
    double gain = ntk_kinked_gain(at->pairs.k, m);
    return m < at->terms && gain > 0 ? weighted[m] / gain : 0;
}

static void take_slopes(const kinked_gradient *at, row_slopes *s, const ntk_samples *rows, int64_t i)
{
    const double *k = at->pairs.k->k;
    ntk_kinked_take_row(&s->row, rows, at->pairs.k, i, at->terms);
    double over = s->row.length > 0 ? 1 / s->row.length : 0;
    s->first_f = over * sqrt(k[0]) * coefficient(at, s->row.f, 1);
    s->first_e = over * sqrt(k[0]) * coefficient(at, s->row.e, 1);
    for (int64_t m = 0; m < at->terms; m++) {
        double root = over * sqrt((k[0] + k[1] * (double)(m + 1)) * (double)(m + 2));
        s->own_f[m] = root * coefficient(at, s->row.f, m + 2);
        s->own_e[m] = root * coefficient(at, s->row.e, m + 2);
        s->row.f[m] *= (double)(m + 1);
        s->row.e[m] *= (double)(m + 1);
    }
}

/* The gradients of row i with the columns, whose places in it hold inner products. */
static void find_strip(kinked_gradient *at, int64_t i, const row_slopes *s, const ntk_kinked_columns *columns)
{
    const ntk_kernel_tile *tile = &at->pairs.job->tile;
    const ntk_samples *rows = tile->rows, *cols = tile->cols;
    const ntk_ramps *ramps = ntk_kinked_ramps(&rows->mehler);
    const double *k = at->pairs.k->k;
    int64_t place = columns->first - tile->col;
    double along[NTK_KINKED_COLUMNS], own[NTK_KINKED_COLUMNS], rho[NTK_KINKED_COLUMNS];
    ntk_angle angle[NTK_KINKED_COLUMNS];
    for (int64_t j = 0; j < columns->count; j++) {
        double product = ntk_get(at->pairs.along, rows->dtype, i * tile->col_count + place + j);
        angle[j] = ntk_angle_by_product(at->pairs.k, rows, tile->row + i, cols, columns->first + j, product);
        rho[j] = angle[j].cosine;
    }
    ntk_kinked_sums(along, rho, s->row.f, s->row.e, cols, columns, at->pairs.k, at->terms);
    ntk_kinked_sums(own, rho, s->own_f, s->own_e, cols, columns, at->pairs.k, at->terms);
    for (int64_t j = 0; j < columns->count; j++) {
        double l = s->row.length, other = columns->length[j], tangent = k[1] * l * other * rho[j];
        double means = s->first_f * (columns->mean[j] + columns->ramp_mean[j]) + s->first_e * columns->mean[j];
        ntk_shifted_slopes m = ntk_ramps_slopes(ramps, s->row.shifted, columns->shifted + j * ramps->count, &angle[j]);
        ntk_gradient_span g = {.v = k[0] * m.along + k[1] * m.kdot + along[j], .e = tangent * m.touch};
        g.u = k[0] * m.own + tangent * m.own_kdot + means + other * rho[j] * own[j];
        ntk_pair_gradients_put_span(&at->pairs, i, place + j, g, &angle[j], l, other);
    }
}

static ntk_status find_row(ntk_pair_gradients *pairs, const ntk_lane *lane, int64_t i)
{
    kinked_gradient *at = (kinked_gradient *)pairs;
    const ntk_kernel_tile *tile = &pairs->job->tile;
    int64_t end = tile->col + tile->col_count;
    row_slopes s;
    ntk_kinked_columns columns;
    take_slopes(at, &s, tile->rows, tile->row + i);
    for (int64_t j = tile->col; j < end; j += columns.count) {
        ntk_kinked_take_columns(&columns, tile->cols, pairs->k, j, end);
        find_strip(at, i, &s, &columns);
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

ntk_status ntk_kinked_gradient(const ntk_tile_gradient *job, const ntk_lane *lane)
{
    const ntk_samples *rows = job->tile.rows;
    const ntk_infinite *kernel = (const ntk_infinite *)rows->kernel;
    const ntk_infinite_constants k = ntk_infinite_constants_of(kernel, rows->inputs);
    kinked_gradient at = {.pairs = {.job = job, .k = &k, .find = find_row}, .activation = kernel->activation};
    NTK_TRY(ntk_kinked_enough(&at.terms, &rows->mehler, &job->tile.cols->mehler, at.activation, rows->dtype, true));
    return ntk_pair_gradients_add(&at.pairs, lane, 64);
}
