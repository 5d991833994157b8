#include "core/blas.h"
#include "core/context.h"
#include "core/matrix.h"
#include "core/status.h"
#include "kernel/gradient.h"
#include "kernel/near.h"
#include "kernel/simd/loops.h"
#include "kernel/tile.h"

#include <math.h>
#include <string.h>

/* grad K(x, x') = A x' + B x + C e: with u, v what the hidden layer sees, A and B from the derivatives of K in <u, v> and |u|^2, and
 * e the unit vector of v across u, whose coefficient C holds what would be infinity times 0 in A and B where u and v are
 * parallel: the cone of a kinked K^NT, and the jump of LEVELS.  At parallels e is taken as 0. */
enum { MOST_ROWS = 512 };

typedef struct infinite_gradient {
    const ntk_tile_gradient *job;
    const ntk_infinite *kernel;
    ntk_infinite_constants k;
    double rf, nt; /* weights of E[sigma sigma] and S E[sigma' sigma'] in K */
    ntk_gradient_loop *loop;
    void *along, *own, *cone, *weighted; /* A, B, C, and W A of one target: rectangles */
    int64_t per_task, target;
    bool has_cone[MOST_ROWS];
} infinite_gradient;

typedef struct pair_gradient {
    double along, own, cone;
} pair_gradient;

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
    const ntk_infinite_constants *k = &at->k;
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
    double m = frexp(at->k.c, &exponent);
    switch (at->kernel->activation->family) {
    case NTK_FAMILY_SLOPES:
        return at->k.root > 0 ? ldexp(f->p / at->k.root, row->exponent) : 0;
    case NTK_FAMILY_LEVELS:
        if (!(f->w > 0)) return f->z > 0 ? at->k.b : 0;
        return row->shift || row->exponent ? ldexp(m / f->w, row->exponent) : at->k.c / f->w;
    case NTK_FAMILY_ERF:
        return f->p / f->q / sqrt(2.0);
    case NTK_FAMILY_GELU:
        return f->p / f->q;
    default:
        return f->p;
    }
}

/* A, B and C of two samples whose angle is known. */
static pair_gradient exact(const infinite_gradient *at, double s1, double s2, const ntk_angle *angle)
{
    const ntk_activation *activation = at->kernel->activation;
    double c = at->k.c, jump = activation->above - activation->below;
    ntk_moments m;
    if (activation->family == NTK_FAMILY_LEVELS) {
        double cone = s1 > 0 && s2 > 0 ? at->rf * jump * jump / (2 * PI) * (c / s1) : 0;
        return (pair_gradient){0, 0, cone};
    }
    ntk_closed_moments(&m, activation, s1, s2, angle);
    if (activation->family == NTK_FAMILY_SLOPES)
        return (pair_gradient){c * (c * (at->rf + at->nt)) * m.kdot, c * (c * at->rf) * 2 * m.dkappa_dq11,
                               c * (at->nt * jump * jump / (2 * PI)) * s2 * angle->cosine};
    double q12 = s1 * s2 * angle->cosine;
    double along = at->rf * m.dkappa_dq12 + (at->nt > 0 ? at->nt * (m.kdot + q12 * m.dkdot_dq12) : 0);
    double own = at->rf * m.dkappa_dq11 + (at->nt > 0 ? at->nt * q12 * m.dkdot_dq11 : 0);
    return (pair_gradient){c * (c * along), c * (c * 2 * own), 0};
}

static void put(void *rectangle, int32_t dtype, int64_t at, double value)
{
    ntk_convert(ntk_at(rectangle, dtype, at), dtype, &value, NTK_F64, 1);
}

enum { ELEMENTS_PER_ADVANCE = 1 << 18, NEAR_ELEMENTS = 1024 };

/* Replaces A and B of row i at these columns of a strip from first on, and adds C. */
static ntk_status replace_near(infinite_gradient *at, const ntk_lane *lane, int64_t i, int64_t first, const int32_t *near,
                               int64_t found)
{
    const ntk_kernel_tile *tile = &at->job->tile;
    const ntk_samples *rows = tile->rows, *cols = tile->cols;
    ntk_infinite_row row = ntk_infinite_row_at(rows, tile->row + i);
    const void *x = ntk_samples_at(rows, tile->row + i);
    int64_t every = ELEMENTS_PER_ADVANCE / (cols->inputs + NEAR_ELEMENTS) + 1, ld = tile->col_count;
    if (found && !at->has_cone[i]) memset(ntk_at(at->cone, cols->dtype, i * ld), 0, (size_t)(ld * ntk_dtype_size(cols->dtype)));
    at->has_cone[i] |= found > 0;
    for (int64_t f = 0; f < found; f++) {
        int64_t j = first + near[f];
        ntk_infinite_row col = ntk_infinite_row_at(cols, tile->col + j);
        const void *other = ntk_samples_at(cols, tile->col + j);
        ntk_angle angle =
            other == x ? ntk_angle_of(1, 0) : ntk_near_angle(&at->k, cols->dtype, x, row.shift, other, col.shift, cols->inputs);
        pair_gradient g = exact(at, length_of(at, &row), length_of(at, &col), &angle);
        put(at->along, cols->dtype, i * ld + j, ldexp(g.along, -col.shift));
        put(at->own, cols->dtype, i * ld + j, ldexp(g.own, -row.shift));
        put(at->cone, cols->dtype, i * ld + j, angle.sine > 0 ? g.cone : 0);
        if ((f + 1) % every == 0) NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* A, B and C of a row, from its inner products. */
static ntk_status find_row(infinite_gradient *at, const ntk_lane *lane, int64_t i)
{
    const ntk_kernel_tile *tile = &at->job->tile;
    const ntk_samples *cols = tile->cols;
    ntk_infinite_row row = ntk_infinite_row_at(tile->rows, tile->row + i);
    ntk_strip strip = strip_of(at, &row.factors);
    bool scaled = tile->rows->shifts || cols->shifts;
    int32_t near[NTK_STRIP];
    at->has_cone[i] = false;
    for (int64_t first = 0; first < tile->col_count; first += NTK_STRIP) {
        int64_t count = tile->col_count - first < NTK_STRIP ? tile->col_count - first : NTK_STRIP;
        const void **arrays[NTK_INFINITE_FACTORS] = {&strip.ws, &strip.zs, &strip.ps, &strip.qs};
        for (int a = 0; a < NTK_INFINITE_FACTORS; a++)
            *arrays[a] = ntk_at(ntk_infinite_array(cols, a), cols->dtype, tile->col + first);
        int64_t place = i * tile->col_count + first, found = count;
        if (scaled)
            for (int32_t j = 0; j < count; j++) near[j] = j;
        else
            found = at->loop(ntk_at(at->along, cols->dtype, place), ntk_at(at->own, cols->dtype, place), count, &strip, near);
        NTK_TRY(replace_near(at, lane, i, first, near, found));
    }
    return NTK_OK;
}

static ntk_status find_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    infinite_gradient *at = argument;
    int64_t first = index * at->per_task, last = first + at->per_task;
    for (int64_t i = first; i < last && i < at->job->tile.row_count; i++) NTK_TRY(find_row(at, lane, i));
    return ntk_advance(lane, 0);
}

/* out = W A and the sum of W B; g += own x */
#define DEFINE_ROW(NAME, REAL)                                                                              \
    static double weigh_##NAME(void *out, const void *a, const void *b, const void *weights, int64_t count) \
    {                                                                                                       \
        REAL *to = out;                                                                                     \
        const REAL *along = a, *own = b, *w = weights;                                                      \
        double sum[4] = {0};                                                                                \
        for (int64_t j = 0; j < count; j++) to[j] = along[j] * w[j];                                        \
        for (int64_t j = 0; j < count; j++) sum[j % 4] += (double)own[j] * (double)w[j];                    \
        return (sum[0] + sum[1]) + (sum[2] + sum[3]);                                                       \
    }                                                                                                       \
    static void add_##NAME(void *g, const void *x, double own, int64_t count)                               \
    {                                                                                                       \
        REAL *to = g;                                                                                       \
        const REAL *from = x;                                                                               \
        for (int64_t j = 0; j < count; j++) to[j] = (REAL)((double)to[j] + own * (double)from[j]);          \
    }

DEFINE_ROW(f64, double)
DEFINE_ROW(f32, float)

static const void *weights_of(const infinite_gradient *at, int64_t target, int64_t i)
{
    const ntk_tile_gradient *job = at->job;
    return ntk_at(job->weights, job->tile.rows->dtype, target * job->by_target + i * job->by_row);
}

static void add_cones(const infinite_gradient *at, int64_t i)
{
    const ntk_tile_gradient *job = at->job;
    const ntk_kernel_tile *tile = &job->tile;
    const ntk_samples *rows = tile->rows, *cols = tile->cols;
    int32_t dtype = rows->dtype;
    double amounts[NTK_GRADIENT_TARGETS];
    for (int64_t j = 0; j < tile->col_count; j++) {
        double cone = ntk_get(at->cone, dtype, i * tile->col_count + j);
        if (cone == 0) continue;
        for (int64_t c = 0; c < job->targets; c++) amounts[c] = cone * ntk_get(weights_of(at, c, i), dtype, j);
        ntk_near_add_across(&at->k, dtype, ntk_samples_at(rows, tile->row + i), rows->shifts ? rows->shifts[tile->row + i] : 0,
                            ntk_samples_at(cols, tile->col + j), cols->shifts ? cols->shifts[tile->col + j] : 0, rows->inputs,
                            ntk_at(job->g, dtype, i * job->ldg), amounts, job->targets);
    }
}

static ntk_status weigh_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const infinite_gradient *at = argument;
    const ntk_tile_gradient *job = at->job;
    const ntk_kernel_tile *tile = &job->tile;
    int32_t dtype = tile->rows->dtype;
    int64_t first = index * at->per_task, last = first + at->per_task, inputs = tile->rows->inputs;
    for (int64_t i = first; i < last && i < tile->row_count; i++) {
        int64_t place = i * tile->col_count;
        double own = (dtype == NTK_F64 ? weigh_f64 : weigh_f32)(ntk_at(at->weighted, dtype, place),
                                                                ntk_at(at->along, dtype, place), ntk_at(at->own, dtype, place),
                                                                weights_of(at, at->target, i), tile->col_count);
        (dtype == NTK_F64 ? add_f64 : add_f32)(ntk_at(job->g, dtype, i * job->ldg + at->target * inputs),
                                               ntk_samples_at(tile->rows, tile->row + i), own, inputs);
        if (at->has_cone[i] && at->target == 0) {
            add_cones(at, i);
            NTK_TRY(ntk_advance(lane, 0));
        }
    }
    return NTK_OK;
}

static infinite_gradient beginning_of(const ntk_tile_gradient *job, const ntk_lane *lane)
{
    const ntk_kernel_tile *tile = &job->tile;
    const ntk_infinite *kernel = (const ntk_infinite *)tile->rows->kernel;
    int32_t dtype = tile->rows->dtype;
    int64_t area = tile->row_count * tile->col_count;
    infinite_gradient at = {.job = job, .kernel = kernel, .per_task = ntk_rows_per_task(tile->col_count)};
    double d = sqrt((double)tile->rows->inputs), lecture = kernel->lecture ? d / kernel->weight_scale : 1;
    at.k = ntk_infinite_constants_of(kernel, tile->rows->inputs);
    at.rf = kernel->rf * kernel->output_scale * kernel->output_scale;
    at.nt = kernel->nt * (kernel->output_scale * lecture) * (kernel->output_scale * lecture);
    at.loop = loop_of(lane->work->context->isa, dtype, kernel->activation->family);
    void **rectangles[] = {&at.along, &at.own, &at.cone, &at.weighted};
    for (int r = 0; r < 4; r++) *rectangles[r] = ntk_at(tile->scratch, dtype, r * area);
    return at;
}

ntk_status ntk_infinite_gradient(const ntk_tile_gradient *job, const ntk_lane *lane)
{
    const ntk_kernel_tile *tile = &job->tile;
    const ntk_samples *rows = tile->rows, *cols = tile->cols;
    int32_t dtype = rows->dtype;
    infinite_gradient at = beginning_of(job, lane);
    int64_t tasks = (tile->row_count - 1) / at.per_task + 1, inputs = rows->inputs;
    NTK_TRY(ntk_tile_inner_products(tile, lane, at.along, tile->col_count));
    NTK_TRY(ntk_run(lane, tasks, find_rows, &at));
    for (at.target = 0; at.target < job->targets; at.target++) {
        NTK_TRY(ntk_run(lane, tasks, weigh_rows, &at));
        NTK_TRY(ntk_blas_gemm(dtype, NTK_PLAIN, NTK_PLAIN, tile->row_count, inputs, tile->col_count, 1, at.weighted,
                              tile->col_count, ntk_samples_at(cols, tile->col), cols->x.stride, 1,
                              ntk_at(job->g, dtype, at.target * inputs), job->ldg));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}
