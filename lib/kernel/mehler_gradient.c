/* Gradients of kernels without closed form.  With w_k = k0 + k1 k, so that E_m^2 = w_(m + 1) / (m + 1) d_m^2,
 *   dK / dq12  = sum_m (m + 1) E_m E_m' rho^m
 *   2 dK / dq11 = sum_k w_k E[s''(l z) h_k] E[s(l' z) h_k] rho^k,   E[s''(l z) h_k] = sqrt(k + 1) d_(k + 1) / l   (by parts)
 * whose terms are, but for k = 0, multiples of l' E_m' rho^(m + 1) with m = k - 1: both are sums like the kernel's own, over other
 * coefficients of the row. */
#include "core/context.h"
#include "core/matrix.h"
#include "core/status.h"
#include "kernel/mehler.h"
#include "kernel/near.h"
#include "kernel/pair_gradients.h"
#include "kernel/simd/loops.h"

#include <math.h>

typedef struct mehler_gradient {
    ntk_pair_gradients pairs;
    const ntk_activation *activation;
    ntk_mehler_degrees degrees;
    int64_t terms;
} mehler_gradient;

/* A row's coefficients: A = sum along_m E_m' rho^m, B = first B' + l' rho sum own_m E_m' rho^m. */
typedef struct slopes {
    ntk_mehler_row along, own;
    double first;
} slopes;

/* Term t of the row, or 0. */
static double term_of(const ntk_samples *rows, int64_t i, int64_t t)
{
    if (t >= rows->mehler.terms) return 0;
    return ntk_get(rows->mehler.table, rows->dtype, ntk_mehler_at(&rows->mehler, i, t));
}

/* d_m of the row from its table; 0 where parity leaves it out. */
static double coefficient(const mehler_gradient *at, const ntk_samples *rows, int64_t i, int64_t m)
{
    const ntk_mehler_degrees *degrees = &at->degrees;
    const double *k = at->pairs.k->k;
    if (m > 0 && (m < degrees->first || (m - degrees->first) % degrees->step)) return 0;
    int64_t t = m ? 1 + (m - degrees->first) / degrees->step : 0;
    double gain = sqrt(k[0] / (double)(m + 1) + k[1]);
    return gain > 0 ? term_of(rows, i, t) / gain : 0;
}

static slopes slopes_of(const mehler_gradient *at, const ntk_samples *rows, int64_t i)
{
    const ntk_infinite_constants *k = at->pairs.k;
    double length = ntk_get(ntk_infinite_array(rows, NTK_MEHLER_LENGTH), rows->dtype, i);
    double square = k->c * k->c, over = length > 0 ? k->c / length * k->c : 0;
    slopes s;
    s.first = over * sqrt(k->k[0]) * coefficient(at, rows, i, 1);
    for (int64_t t = 0; t < at->terms; t++) {
        int64_t m = ntk_mehler_degree(&at->degrees, t);
        double weight = k->k[0] + k->k[1] * (double)(m + 1);
        double own = over * sqrt(weight * (double)(m + 2)) * coefficient(at, rows, i, m + 2);
        ntk_put(&s.along, rows->dtype, t, square * (double)(m + 1) * term_of(rows, i, t));
        ntk_put(&s.own, rows->dtype, t, own);
    }
    return s;
}

/* sum_m c_m E_m' rho^m with the row's c; where the columns' terms are taken into it, without E. */
static double sum_of(const mehler_gradient *at, const void *row, const ntk_samples *cols, int64_t j, double rho)
{
    double x = at->degrees.step == 2 ? rho * rho : rho, lead = at->degrees.first == 2 ? rho * rho : rho, sum = 0;
    int32_t dtype = cols->dtype;
    for (int64_t t = at->terms - 1; t >= 0; t--) {
        double E = cols->mehler.shared ? 1 : ntk_get(cols->mehler.table, dtype, ntk_mehler_at(&cols->mehler, j, t));
        sum = sum * (t ? x : lead) + ntk_get(row, dtype, t) * E;
    }
    return sum;
}

enum { ELEMENTS_PER_ADVANCE = 1 << 18, NEAR_ELEMENTS = 1024 };

static ntk_status replace_near(mehler_gradient *at, const ntk_lane *lane, int64_t i, int64_t first, const int32_t *near,
                               int64_t found, const slopes *s)
{
    const ntk_kernel_tile *tile = &at->pairs.job->tile;
    const ntk_samples *rows = tile->rows, *cols = tile->cols;
    const void *x = ntk_samples_at(rows, tile->row + i);
    int32_t shift = rows->shifts ? rows->shifts[tile->row + i] : 0;
    int64_t every = ELEMENTS_PER_ADVANCE / (cols->inputs + NEAR_ELEMENTS + at->terms) + 1;
    if (found) ntk_pair_gradients_begin_cones(&at->pairs, i);
    for (int64_t f = 0; f < found; f++) {
        int64_t place = first + near[f], j = tile->col + place;
        int32_t other_shift = cols->shifts ? cols->shifts[j] : 0;
        const void *other = ntk_samples_at(cols, j);
        ntk_angle angle = other == x ? ntk_angle_of(1, 0)
                                     : ntk_near_angle(at->pairs.k, cols->dtype, x, shift, other, other_shift, cols->inputs);
        double rho = angle.cosine, length = ntk_get(ntk_infinite_array(cols, NTK_MEHLER_LENGTH), cols->dtype, j);
        double along = sum_of(at, &s->along, cols, j, rho), own = length * rho * sum_of(at, &s->own, cols, j, rho);
        own += s->first * ntk_get(ntk_infinite_array(cols, NTK_MEHLER_MEAN), cols->dtype, j);
        ntk_pair_gradients_put(&at->pairs, i, place, (ntk_pair_gradient){ldexp(along, -other_shift), ldexp(own, -shift), 0});
        if ((f + 1) % every == 0) NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* A and B of a row, from its inner products. */
static ntk_status find_row(ntk_pair_gradients *pairs, const ntk_lane *lane, int64_t i)
{
    mehler_gradient *at = (mehler_gradient *)pairs;
    const ntk_kernel_tile *tile = &pairs->job->tile;
    const ntk_samples *rows = tile->rows, *cols = tile->cols;
    const ntk_kernel_loops *loops = NTK_OF_ISA(lane->work->context->isa, ntk_kernel_loops, cols->dtype - 1);
    ntk_infinite_factors own = ntk_infinite_row_at(rows, tile->row + i).factors;
    slopes s = slopes_of(at, rows, tile->row + i);
    ntk_strip strip = {.w = own.w, .z = own.z, .k = {s.first}};
    int32_t near[NTK_STRIP];
    ntk_mehler_take_shared(&s.along, &cols->mehler, cols->dtype, at->terms);
    ntk_mehler_take_shared(&s.own, &cols->mehler, cols->dtype, at->terms);
    for (int64_t first = 0; first < tile->col_count; first += NTK_STRIP) {
        int64_t count = tile->col_count - first < NTK_STRIP ? tile->col_count - first : NTK_STRIP, found = count;
        ntk_mehler_strip terms = ntk_mehler_strip_of(&cols->mehler, at->activation, cols->dtype, tile->col + first, at->terms);
        ntk_infinite_take_columns(&strip, cols, tile->col + first);
        terms.row = &s.along;
        terms.own = &s.own;
        void *along = ntk_at(pairs->along, cols->dtype, i * tile->col_count + first);
        if (rows->shifts || cols->shifts)
            for (int32_t j = 0; j < count; j++) near[j] = j;
        else
            found = loops->mehler_gradient(along, ntk_at(pairs->own, cols->dtype, i * tile->col_count + first), count, &strip,
                                           &terms, near);
        NTK_TRY(replace_near(at, lane, i, first, near, found, &s));
    }
    return NTK_OK;
}

ntk_status ntk_mehler_gradient(const ntk_tile_gradient *job, const ntk_lane *lane)
{
    const ntk_samples *rows = job->tile.rows;
    const ntk_infinite *kernel = (const ntk_infinite *)rows->kernel;
    const ntk_infinite_constants k = ntk_infinite_constants_of(kernel, rows->inputs);
    mehler_gradient at = {.pairs = {.job = job, .k = &k, .find = find_row}};
    at.activation = kernel->activation;
    at.degrees = ntk_mehler_degrees_of(kernel->activation);
    NTK_TRY(ntk_mehler_enough(&at.terms, &rows->mehler, &job->tile.cols->mehler, at.activation, rows->dtype, true));
    return ntk_pair_gradients_add(&at.pairs, lane, 1 + at.terms / 16);
}
