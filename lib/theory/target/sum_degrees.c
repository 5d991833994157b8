/* Degrees of a sum of activations of projections, by formula. */
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "theory/target/pairs.h"
#include "theory/target/sum.h"
#include "theory/target/unit.h"

#include <math.h>

/* Degrees that a total takes at least: of later ones it has only the terms' own. */
enum { TOTAL_DEGREES = 256 };

/* parts  degrees x count: coefficients times their degrees;  tails  of each term, what its degrees lack of E f^2, or NULL */
typedef struct expansion {
    const ntk_degree_call *call;
    const ntk_sum_target *f;
    int64_t degrees;
    double *parts, *tails;
} expansion;

static ntk_status expand_term(void *argument, int64_t m, const ntk_lane *lane)
{
    const expansion *at = argument;
    const ntk_sum_target *f = at->f;
    const ntk_unit unit = {
        .activation = f->activations[m], .length = f->lengths[m], .law = at->call->options.law, .d = f->base.inputs};
    ntk_context *context = lane->work->context;
    ntk_lane own = *lane; /* what a term's rules report would go back and forth */
    double c = f->coefficients[m], power = 0, *parts;
    own.nested = true;
    NTK_TRY(ntk_allocate(context, &parts, at->degrees, sizeof *parts, "degrees of a target"));
    ntk_status status = ntk_unit_degrees(&unit, &own, parts, at->degrees, at->tails ? &power : NULL, at->call->function);
    for (int64_t k = 0; status >= 0 && k < at->degrees; k++) {
        at->parts[k * f->count + m] = c * parts[k];
        power -= parts[k] * parts[k];
    }
    if (status >= 0 && at->tails) at->tails[m] = c * c * ntk_larger_number(0, power);
    ntk_free(context, parts);
    NTK_TRY(status);
    return ntk_advance(lane, 1);
}

/* parts and tails are allocated as one, for ntk_free. */
static ntk_status open_expansion(expansion *at, const ntk_degree_call *call, int64_t degrees, bool tails)
{
    const ntk_lane *lane = call->lane;
    *at = (expansion){.call = call, .f = (const ntk_sum_target *)call->target, .degrees = degrees};
    NTK_TRY(ntk_allocate(lane->work->context, &at->parts, at->f->count, (degrees + 1) * (int64_t)sizeof(double),
                         "degrees of a target"));
    if (tails) at->tails = at->parts + degrees * at->f->count;
    ntk_work_stage(lane->work, "degrees of a target", at->f->count, 0, 0.5);
    ntk_status status = ntk_run(lane, at->f->count, expand_term, at);
    if (status < 0) ntk_free(lane->work->context, at->parts);
    return status;
}

/* --- energies --- */

/* sums  count x degrees: of each term and degree, its products with all others */
typedef struct row_sums {
    const expansion *at;
    double *sums;
} row_sums;

static void take(const ntk_degree_pairs *pairs, int64_t row, int64_t first, int64_t degree, const double *values, int64_t count)
{
    const row_sums *to = pairs->argument;
    const double *parts = to->at->parts + degree * to->at->f->count;
    double sum = 0, squares = 0;
    ntk_degree_add(&sum, &squares, parts + first, values, count);
    to->sums[row * to->at->degrees + degree] += parts[row] * sum;
}

static ntk_status add_pairs(const expansion *at, double *sums)
{
    const ntk_sum_target *f = at->f;
    row_sums to = {at, sums};
    ntk_degree_pairs pairs = {.d = f->base.inputs, .degrees = at->degrees, .scale = 1, .take = take, .argument = &to};
    pairs.function = at->call->options.law == NTK_INPUTS_SPHERE ? NTK_PAIRS_SPHERE : NTK_PAIRS_POWERS;
    pairs.rows = pairs.cols = f->directions;
    pairs.row_count = pairs.col_count = f->count;
    for (int64_t i = 0; i < f->count * at->degrees; i++) sums[i] = 0;
    ntk_work_stage(at->call->lane->work, "energies of a target", f->count, 0.5, 1);
    return ntk_degree_pairs_run(&pairs, at->call->lane);
}

/* A pair of terms lacks at most the root of their tails' product. */
static void find_total(const expansion *at, const double *energies, double *total)
{
    double roots = 0;
    total[NTK_ENERGY_VALUE] = total[NTK_ENERGY_ERROR] = 0;
    for (int64_t k = 0; k < at->degrees; k++) total[NTK_ENERGY_VALUE] += energies[k];
    for (int64_t m = 0; m < at->f->count; m++) {
        total[NTK_ENERGY_VALUE] += at->tails[m];
        total[NTK_ENERGY_ERROR] -= at->tails[m];
        roots += sqrt(at->tails[m]);
    }
    total[NTK_ENERGY_ERROR] = at->f->count > 1 ? ntk_larger_number(0, total[NTK_ENERGY_ERROR] + roots * roots) : 0;
}

/* energies of at->degrees degrees, in the memory of the sums. */
static void add_rows(const expansion *at, double *sums)
{
    for (int64_t m = 1; m < at->f->count; m++)
        for (int64_t k = 0; k < at->degrees; k++) sums[k] += sums[m * at->degrees + k];
    for (int64_t k = 0; k < at->degrees; k++) sums[k] = ntk_larger_number(0, sums[k]);
}

ntk_status ntk_sum_energies(const ntk_degree_call *call, double *energies, int64_t degrees, double *total)
{
    ntk_context *context = call->lane->work->context;
    expansion at;
    double *sums;
    NTK_TRY(open_expansion(&at, call, total ? ntk_larger(degrees, TOTAL_DEGREES) : degrees, total != NULL));
    ntk_status status = ntk_allocate(context, &sums, at.f->count, at.degrees * (int64_t)sizeof *sums, "energies of a target");
    if (status >= 0) {
        status = add_pairs(&at, sums);
        if (status >= 0) add_rows(&at, sums);
        for (int64_t k = 0; status >= 0 && k < degrees; k++) {
            energies[NTK_ENERGY_COLUMNS * k + NTK_ENERGY_VALUE] = sums[k];
            energies[NTK_ENERGY_COLUMNS * k + NTK_ENERGY_ERROR] = 0;
        }
        if (status >= 0 && total) find_total(&at, sums, total);
        ntk_free(context, sums);
    }
    ntk_free(context, at.parts);
    return status;
}

/* --- projections --- */

static void add_polynomials(const ntk_sum_lines *lines, ntk_isa isa, int64_t term, double *z, double *y, double *room,
                            int64_t count)
{
    const expansion *at = lines->argument;
    int32_t law = at->call->options.law;
    double *now = room, *last = room + count, before = 0;
    (void)isa;
    for (int64_t i = 0; i < count; i++) {
        now[i] = 1;
        last[i] = 0;
    }
    for (int64_t k = 0; k < at->degrees; k++) {
        double part = at->parts[k * at->f->count + term], after = ntk_law_step(law, at->f->base.inputs, k + 1);
        double inverse = after > 0 ? 1 / after : 0;
        for (int64_t i = 0; i < count; i++) {
            double next = (z[i] * now[i] - before * last[i]) * inverse;
            y[i] += part * now[i];
            last[i] = now[i];
            now[i] = next;
        }
        before = after;
    }
}

ntk_status ntk_sum_project(const ntk_degree_call *call, double *values, double *errors, const double *x, int64_t n,
                           int64_t degree)
{
    expansion at;
    NTK_TRY(open_expansion(&at, call, degree + 1, false));
    ntk_sum_lines lines = {.target = at.f, .y = values, .x = x, .n = n, .add = add_polynomials, .argument = &at};
    lines.scale = ntk_law_unit(call->options.law, at.f->base.inputs);
    for (int64_t i = 0; i < n; i++) errors[i] = 0;
    ntk_work_stage(call->lane->work, "projection of a target", n, 0.5, 1);
    ntk_status status = ntk_sum_lines_run(&lines, call->lane, true);
    ntk_free(call->lane->work->context, at.parts);
    return status;
}
