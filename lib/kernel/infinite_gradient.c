#include "core/context.h"
#include "core/matrix.h"
#include "core/status.h"
#include "kernel/near.h"
#include "kernel/pair_gradients.h"
#include "kernel/simd/loops.h"

#include <math.h>

typedef struct infinite_gradient {
    ntk_pair_gradients pairs;
    const ntk_infinite *kernel;
    double rf, nt; /* weights of E[sigma sigma] and S E[sigma' sigma'] in K */
    ntk_gradient_loop *loop;
} infinite_gradient;

static const double PI = 3.14159265358979323846;

static ntk_gradient_loop *loop_of(ntk_isa isa, int32_t dtype, ntk_family family)
{
    const ntk_kernel_loops *loops = NTK_OF_ISA(isa, ntk_kernel_loops, dtype - 1);
    switch (family) {
    case NTK_FAMILY_SLOPES:
        return loops->gradients.slopes;
    case NTK_FAMILY_LEVELS:
        return loops->gradients.levels;
    case NTK_FAMILY_ERF:
        return loops->gradients.erf;
    case NTK_FAMILY_GELU:
        return loops->gradients.gelu;
    case NTK_FAMILY_WAVE:
        return loops->gradients.wave;
    default:
        return loops->gradients.exp;
    }
}

/* The strip's constants of a row: loops.h. */
static ntk_strip strip_of(const infinite_gradient *at, const ntk_infinite_factors *f)
{
    const ntk_infinite_constants *k = at->pairs.k;
    ntk_strip strip = {.w = f->w, .z = f->z, .p = f->p, .q = f->q};
    double square = k->root * k->c * (k->root * k->c);
    switch (at->kernel->activation->family) {
    case NTK_FAMILY_SLOPES:
        strip.q = f->p > 0 ? 1 / f->p : 0;
        strip.k[0] = square * k->k[1];
        strip.k[1] = square * k->k[2];
        strip.k[2] = square * k->rf * k->k[1];
        strip.k[3] = square * k->nt * k->k[1];
        break;
    case NTK_FAMILY_LEVELS:
        strip.k[0] = k->root * k->root * k->k[1];
        break;
    default:
        for (int i = 0; i < 4; i++) strip.k[i] = k->k[i] * k->c * k->c;
    }
    for (int i = 0; at->kernel->activation->family == NTK_FAMILY_ERF && i < 2; i++) strip.k[i] *= 2;
    return strip;
}

/* |u| of a row */
static double length_of(const infinite_gradient *at, const ntk_infinite_row *row)
{
    const ntk_infinite_factors *f = &row->factors;
    int exponent;
    double m = frexp(at->pairs.k->c, &exponent);
    switch (at->kernel->activation->family) {
    case NTK_FAMILY_SLOPES:
        return at->pairs.k->root > 0 ? ldexp(f->p / at->pairs.k->root, row->exponent) : 0;
    case NTK_FAMILY_LEVELS:
        if (!(f->w > 0)) return f->z > 0 ? at->pairs.k->b : 0;
        return row->shift || row->exponent ? ldexp(m / f->w, row->exponent) : at->pairs.k->c / f->w;
    default:
        return ntk_smooth_length(at->kernel->activation, f);
    }
}

/* A, B and C of two samples whose angle is known. */
static ntk_pair_gradient exact(const infinite_gradient *at, double s1, double s2, const ntk_angle *angle)
{
    const ntk_activation *activation = at->kernel->activation;
    double c = at->pairs.k->c, jump = activation->above - activation->below;
    ntk_moments m;
    if (activation->family == NTK_FAMILY_LEVELS) {
        double cone = s1 > 0 && s2 > 0 ? at->rf * jump * jump / (2 * PI) * (c / s1) : 0;
        return (ntk_pair_gradient){0, 0, cone};
    }
    ntk_closed_moments(&m, activation, s1, s2, angle);
    if (activation->family == NTK_FAMILY_SLOPES)
        return (ntk_pair_gradient){c * (c * (at->rf + at->nt)) * m.kdot, c * (c * at->rf) * 2 * m.dkappa_dq11,
                                   c * (at->nt * jump * jump / (2 * PI)) * s2 * angle->cosine};
    double q12 = s1 * s2 * angle->cosine;
    double along = at->rf * m.dkappa_dq12 + (at->nt > 0 ? at->nt * (m.kdot + q12 * m.dkdot_dq12) : 0);
    double own = at->rf * m.dkappa_dq11 + (at->nt > 0 ? at->nt * q12 * m.dkdot_dq11 : 0);
    return (ntk_pair_gradient){c * (c * along), c * (c * 2 * own), 0};
}

enum { ELEMENTS_PER_ADVANCE = 1 << 18, NEAR_ELEMENTS = 1024 };

/* Replaces A and B of row i at these columns of a strip from first on, and adds C. */
static ntk_status replace_near(infinite_gradient *at, const ntk_lane *lane, int64_t i, int64_t first, const int32_t *near,
                               int64_t found)
{
    const ntk_kernel_tile *tile = &at->pairs.job->tile;
    const ntk_samples *rows = tile->rows, *cols = tile->cols;
    ntk_infinite_row row = ntk_infinite_row_at(rows, tile->row + i);
    const void *x = ntk_samples_at(rows, tile->row + i);
    int64_t every = ELEMENTS_PER_ADVANCE / (cols->inputs + NEAR_ELEMENTS) + 1;
    if (found) ntk_pair_gradients_begin_cones(&at->pairs, i);
    for (int64_t f = 0; f < found; f++) {
        int64_t j = first + near[f];
        ntk_infinite_row col = ntk_infinite_row_at(cols, tile->col + j);
        const void *other = ntk_samples_at(cols, tile->col + j);
        ntk_angle angle = other == x ? ntk_angle_of(1, 0)
                                     : ntk_near_angle(at->pairs.k, cols->dtype, x, row.shift, other, col.shift, cols->inputs);
        ntk_pair_gradient g = exact(at, length_of(at, &row), length_of(at, &col), &angle);
        g = (ntk_pair_gradient){ldexp(g.along, -col.shift), ldexp(g.own, -row.shift), angle.sine > 0 ? g.cone : 0};
        ntk_pair_gradients_put(&at->pairs, i, j, g);
        if ((f + 1) % every == 0) NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* A, B and C of a row, from its inner products. */
static ntk_status find_row(ntk_pair_gradients *pairs, const ntk_lane *lane, int64_t i)
{
    infinite_gradient *at = (infinite_gradient *)pairs;
    const ntk_kernel_tile *tile = &at->pairs.job->tile;
    const ntk_samples *cols = tile->cols;
    ntk_infinite_row row = ntk_infinite_row_at(tile->rows, tile->row + i);
    ntk_strip strip = strip_of(at, &row.factors);
    bool scaled = tile->rows->shifts || cols->shifts;
    int32_t near[NTK_STRIP];
    for (int64_t first = 0; first < tile->col_count; first += NTK_STRIP) {
        int64_t count = tile->col_count - first < NTK_STRIP ? tile->col_count - first : NTK_STRIP;
        ntk_infinite_take_columns(&strip, cols, tile->col + first);
        int64_t place = i * tile->col_count + first, found = count;
        if (scaled)
            for (int32_t j = 0; j < count; j++) near[j] = j;
        else
            found =
                at->loop(ntk_at(pairs->along, cols->dtype, place), ntk_at(pairs->own, cols->dtype, place), count, &strip, near);
        NTK_TRY(replace_near(at, lane, i, first, near, found));
    }
    return NTK_OK;
}

ntk_status ntk_infinite_gradient(const ntk_tile_gradient *job, const ntk_lane *lane)
{
    const ntk_samples *rows = job->tile.rows;
    const ntk_infinite *kernel = (const ntk_infinite *)rows->kernel;
    const ntk_infinite_constants k = ntk_infinite_constants_of(kernel, rows->inputs);
    infinite_gradient at = {.pairs = {.job = job, .k = &k, .find = find_row}, .kernel = kernel};
    double d = sqrt((double)rows->inputs), lecture = kernel->lecture ? d / kernel->weight_scale : 1;
    at.rf = kernel->rf * kernel->output_scale * kernel->output_scale;
    at.nt = kernel->nt * (kernel->output_scale * lecture) * (kernel->output_scale * lecture);
    at.loop = loop_of(lane->work->context->isa, rows->dtype, kernel->activation->family);
    return ntk_pair_gradients_add(&at.pairs, lane, 1);
}
