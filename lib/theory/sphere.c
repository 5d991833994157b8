#include "theory/sphere.h"

#include "activation/series.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"

#include <math.h>

static const double HALF_PI = 1.57079632679489661923, LN2 = 0.69314718055994530942;

/* Panels at each pole, each half as long as that before it. */
enum { GRADES = 24 };

/* A weight that is so many e-folds below the largest counts for nothing. */
static const double NEGLIGIBLE = 100;

ntk_status ntk_sphere_check(int64_t d, const char *function)
{
    if (d >= 1) return NTK_OK;
    return ntk_fail(NTK_ERR_SHAPE, "%s: d is %lld, expected at least 1", function, (long long)d);
}

ntk_status ntk_sphere_degrees_check(const ntk_matrix *m, int64_t cols, const char *function, const char *name)
{
    NTK_TRY(ntk_shape_check(m, -1, cols, function, name));
    if (m->rows <= NTK_THEORY_MOST_DEGREES) return NTK_OK;
    return ntk_fail(NTK_ERR_SHAPE, "%s: %s has %lld rows, expected at most %d", function, name, (long long)m->rows,
                    NTK_THEORY_MOST_DEGREES);
}

/* --- multiplicities --- */

ntk_multiplicity ntk_sphere_first(int64_t d)
{
    return (ntk_multiplicity){.d = d, .fraction = 1};
}

/* B(k + 1) / B(k) = (2 k + d) (k + d - 2) / ((k + 1) (2 k + d - 2)), but B(1) = d. */
void ntk_sphere_next(ntk_multiplicity *b)
{
    double k = (double)b->degree++, d = (double)b->d;
    double ratio = k > 0 ? (2 * k + d) / (k + 1) * ((k + d - 2) / (2 * k + d - 2)) : d;
    int moved = 0;
    b->fraction = b->d == 1 && k > 0 ? 0 : frexp(b->fraction * ratio, &moved);
    b->exponent += moved;
}

double ntk_sphere_multiplicity(const ntk_multiplicity *b)
{
    if (b->exponent > 2000) return HUGE_VAL;
    return ldexp(b->fraction, (int)b->exponent);
}

double ntk_sphere_log_multiplicity(const ntk_multiplicity *b)
{
    return b->fraction > 0 ? log(b->fraction) + (double)b->exponent * LN2 : -HUGE_VAL;
}

/* --- nodes --- */

static int64_t find_breaks(double *breaks, const double *t, int64_t count)
{
    double left = HALF_PI;
    int64_t found = 0;
    for (int64_t i = 0; i < count; i++)
        if (fabs(t[i]) < 1) breaks[found++] = asin(t[i]);
    for (int g = 0; g < GRADES; g++) {
        left /= 2;
        breaks[found++] = HALF_PI - left;
        breaks[found++] = left - HALF_PI;
    }
    return found;
}

/* As wide as the law of t lets degrees oscillate in. */
static double panel_width(int64_t d, int64_t degrees)
{
    double n = (double)d, k = (double)degrees;
    return fmin(0.5, fmin(3 / sqrt(n), 8 / sqrt(k * (k + n))));
}

/* The latitude beyond which weights are nothing. */
static double limit_of(int64_t d)
{
    return fmin(HALF_PI, sqrt(2 * NEGLIGIBLE / (double)d));
}

/* Nodes at most. */
static int64_t room_of(int64_t d, int64_t degrees, int64_t breaks, int64_t pieces)
{
    if (d == 1) return 2;
    return ((int64_t)(2 * limit_of(d) / panel_width(d, degrees)) + breaks + 2) * pieces * NTK_PANEL_NODES;
}

static ntk_status poles(ntk_sphere_rule *rule, ntk_context *context)
{
    NTK_TRY(ntk_allocate(context, &rule->sine, 2, 5 * (int64_t)sizeof(double), "nodes of a sphere"));
    rule->count = 2;
    for (int i = 0; i < 2; i++) {
        rule->sine[i] = i ? -1 : 1;
        rule->sine[2 + i] = 0;
        rule->sine[4 + i] = sqrt(0.5);
    }
    return NTK_OK;
}

/* From latitudes and plain weights in place of sine and root. */
static void weigh(ntk_sphere_rule *rule, int64_t d)
{
    int64_t kept = 0;
    double sum = 0;
    for (int64_t i = 0; i < rule->count; i++) {
        double latitude = rule->sine[i], c = cos(latitude), s = sin(latitude);
        /* log c, also where c is near 1 */
        double power = (double)(d - 2) * (c < 0.5 ? log(c) : log1p(-s * s) / 2);
        if (!(power > -NEGLIGIBLE)) continue;
        double weight = rule->root[i] * exp(power);
        sum += weight;
        rule->sine[kept] = s;
        rule->cosine[kept] = c;
        rule->root[kept++] = sqrt(weight);
    }
    rule->count = kept;
    for (int64_t i = 0; i < kept; i++) rule->root[i] /= sqrt(sum);
}

/* Pieces into which panels for so many degrees are divided further. */
static ntk_status create_rule(ntk_sphere_rule *rule, ntk_context *context, const ntk_sphere_expansion *of, int64_t pieces)
{
    double breaks[2 * GRADES + NTK_SPHERE_BREAKS], width = panel_width(of->d, of->degrees);
    int64_t room = 2, found, d = of->d;
    *rule = (ntk_sphere_rule){0};
    if (d == 1) {
        NTK_TRY(poles(rule, context));
    } else {
        found = find_breaks(breaks, of->breaks, of->break_count);
        room = room_of(d, of->degrees, found, pieces);
        NTK_TRY(ntk_allocate(context, &rule->sine, room, 5 * (int64_t)sizeof(double), "nodes of a sphere"));
        rule->count = ntk_panel_nodes(rule->sine, rule->sine + 2 * room, room, limit_of(d), breaks, found, width, pieces);
    }
    rule->cosine = rule->sine + room;
    rule->root = rule->cosine + room;
    rule->last = rule->root + room;
    rule->now = rule->last + room;
    if (d > 1) weigh(rule, d);
    return NTK_OK;
}

/* --- orthonormal polynomials --- */

double ntk_sphere_step(int64_t d, int64_t k)
{
    double n = (double)d, j = (double)k;
    if (k == 1) return sqrt(1 / n);
    if (d == 1) return 0;
    return sqrt(j / (2 * j + n - 2) * ((j + n - 3) / (2 * j + n - 4)));
}

enum { DEGREES_BETWEEN_QUESTIONS = 64 };

/* Polynomials are carried times the roots of the weights, with which they are bounded. */
static ntk_status project(double *parts, int64_t degrees, const ntk_lane *lane, const ntk_sphere_rule *rule,
                          const double *values, int64_t d)
{
    double before = 0;
    for (int64_t i = 0; i < rule->count; i++) {
        rule->last[i] = 0;
        rule->now[i] = rule->root[i];
    }
    for (int64_t k = 0; k < degrees; k++) {
        double sum = 0, after = ntk_sphere_step(d, k + 1), inverse = after > 0 ? 1 / after : 0;
        for (int64_t i = 0; i < rule->count; i++) {
            double now = rule->now[i];
            sum += values[i] * rule->root[i] * now;
            rule->now[i] = (rule->sine[i] * now - before * rule->last[i]) * inverse;
            rule->last[i] = now;
        }
        parts[k] = sum;
        before = after;
        if (k % DEGREES_BETWEEN_QUESTIONS == 0) NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* --- refinement --- */

enum { MOST_PIECES = 8 };

static double size_of(const ntk_sphere_rule *rule, const double *values)
{
    double size = 0;
    for (int64_t i = 0; i < rule->count; i++) size = hypot(size, values[i] * rule->root[i]);
    return size;
}

/* parts receives those of panels in so many pieces. */
static ntk_status expand(ntk_sphere_expansion *e, const ntk_lane *lane, double *parts, int64_t pieces)
{
    ntk_context *context = lane->work->context;
    ntk_sphere_rule rule;
    double *values = NULL;
    ntk_status status = create_rule(&rule, context, e, pieces);
    if (status >= 0) status = ntk_allocate(context, &values, rule.count, sizeof *values, "a function on a sphere");
    if (status >= 0) status = e->function(e->argument, lane, values, &rule);
    if (status >= 0) {
        e->size = size_of(&rule, values);
        status = project(parts, e->degrees, lane, &rule, values, e->d);
    }
    ntk_free(context, values);
    ntk_free(context, rule.sine);
    return status;
}

/* Within a task of others the stage is theirs. */
static ntk_status expand_share(ntk_sphere_expansion *e, const ntk_lane *lane, int64_t pieces)
{
    if (lane->nested) return expand(e, lane, e->parts, pieces);
    ntk_share room = ntk_work_narrow(lane->work, 1 - 1 / (double)pieces, 1 - 0.5 / (double)pieces);
    ntk_status status = expand(e, lane, e->parts, pieces);
    ntk_work_widen(lane->work, room);
    return status;
}

static ntk_status refine(ntk_sphere_expansion *e, const ntk_lane *lane, double *before)
{
    for (int64_t pieces = 1; pieces <= MOST_PIECES; pieces *= 2) {
        for (int64_t k = 0; k < e->degrees; k++) before[k] = e->parts[k];
        NTK_TRY(expand_share(e, lane, pieces));
        e->error = 0;
        for (int64_t k = 0; k < e->degrees; k++) e->error = fmax(e->error, fabs(e->parts[k] - before[k]));
        if (e->d == 1) e->error = 0;
        if (e->d == 1 || (pieces > 1 && e->error <= e->accuracy * e->size)) break;
    }
    return NTK_OK;
}

ntk_status ntk_sphere_expand(ntk_sphere_expansion *e, const ntk_lane *lane)
{
    ntk_context *context = lane->work->context;
    double *before;
    e->parts = NULL;
    NTK_TRY(ntk_allocate(context, &before, e->degrees, sizeof *before, "degrees of a function"));
    ntk_status status = ntk_allocate(context, &e->parts, e->degrees, sizeof *e->parts, "degrees of a function");
    if (status >= 0) {
        for (int64_t k = 0; k < e->degrees; k++) e->parts[k] = 0;
        status = refine(e, lane, before);
    }
    ntk_free(context, before);
    if (status < 0) {
        ntk_free(context, e->parts);
        e->parts = NULL;
    }
    return status;
}

ntk_status ntk_sphere_expand_memory(uint64_t *bytes, int64_t d, int64_t degrees)
{
    int64_t nodes = room_of(d, degrees, 2 * GRADES + NTK_SPHERE_BREAKS, MOST_PIECES);
    for (int arrays = 0; arrays < 2; arrays++) NTK_TRY(ntk_need(bytes, degrees, sizeof(double)));
    NTK_TRY(ntk_need(bytes, nodes, 5 * (int64_t)sizeof(double)));
    return ntk_need(bytes, nodes, sizeof(double));
}
