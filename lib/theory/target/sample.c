#include "theory/target/sample.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/operand.h"
#include "core/size.h"
#include "core/status.h"
#include "theory/sphere.h"
#include "theory/target/pairs.h"

#include <math.h>

/* The pairs of rows with a sample: reproducing kernels of degrees, but for the sphere's multiplicities. */
static ntk_degree_pairs pairs_with(const ntk_function_sample *sample, const double *halves)
{
    ntk_degree_pairs pairs = {.function = NTK_PAIRS_SPHERE, .d = sample->d, .col_count = sample->n, .cols = sample->x};
    pairs.scale = 1 / (double)sample->d;
    if (sample->law == NTK_INPUTS_SPHERE) return pairs;
    pairs.function = NTK_PAIRS_GAUSSIAN;
    pairs.scale = 1;
    pairs.col_halves = halves;
    return pairs;
}

/* values = y 2^-exponent, of which the largest is below 1 and at least 1/2: squares of what is made of them stay in range. */
static int scale_values(double *values, const ntk_function_sample *sample)
{
    double most = 0;
    int exponent;
    for (int64_t i = 0; i < sample->n; i++) most = fmax(most, fabs(sample->y[i]));
    (void)frexp(most, &exponent);
    for (int64_t i = 0; i < sample->n; i++) values[i] = ldexp(sample->y[i], -exponent);
    return exponent;
}

/* What is made of them becomes what it is of y. */
static ntk_status scale_back(double *numbers, int64_t count, int exponent, const char *function)
{
    for (int64_t i = 0; i < count; i++) numbers[i] = ldexp(numbers[i], exponent);
    if (ntk_is_finite(numbers, NTK_F64, count)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: a degree's kernel times the samples' values is too large to be represented",
                    function);
}

/* What R_k is multiplied by. */
static double multiplicity(const ntk_function_sample *sample, const ntk_multiplicity *b)
{
    return sample->law == NTK_INPUTS_SPHERE ? ntk_sphere_multiplicity(b) : 1;
}

/* --- energies --- */

/* h_ij = y_i y_j M_k(x_i, x_j), i != j.  rows  n x degrees: sum_j h_ij;  squares  sum_j h_ij^2 */
typedef struct pair_sums {
    const ntk_function_sample *sample;
    int64_t degrees;
    double *rows, *squares;
} pair_sums;

static void take(const ntk_degree_pairs *pairs, int64_t row, int64_t first, int64_t degree, const double *values, int64_t count)
{
    const pair_sums *to = pairs->argument;
    double sum = 0, squares = 0, y = to->sample->y[row];
    ntk_degree_add(&sum, &squares, to->sample->y + first, values, count);
    to->rows[row * to->degrees + degree] += y * sum;
    to->squares[row * to->degrees + degree] += y * y * squares;
}

static ntk_status add_pairs(const pair_sums *to, const ntk_lane *lane, const double *halves)
{
    const ntk_function_sample *sample = to->sample;
    ntk_degree_pairs pairs = pairs_with(sample, halves);
    for (int64_t i = 0; i < sample->n * to->degrees; i++) to->rows[i] = to->squares[i] = 0;
    pairs.degrees = to->degrees;
    pairs.rows = sample->x;
    pairs.row_halves = halves;
    pairs.row_count = sample->n;
    pairs.apart = true;
    pairs.take = take;
    pairs.argument = (void *)(uintptr_t)to;
    return ntk_degree_pairs_run(&pairs, lane);
}

/* The mean U over pairs, and the root of its variance: U^2 - E[h_12 h_34] has the mean Var U, where the second is the mean over
 * distinct i, j, k, l, for which sums of all, of squared rows and of squares are enough.  Var U is at least that of pairs as if they were
 * independent, as E[h_12 h_13] is never negative (Hoeffding 1948). */
static void find_energy(const pair_sums *from, int64_t degree, double factor, double *energy)
{
    double n = (double)from->sample->n, pairs = n * (n - 1), all = 0, rows = 0, squares = 0;
    for (int64_t i = 0; i < from->sample->n; i++) {
        double row = from->rows[i * from->degrees + degree];
        all += row;
        rows += row * row;
        squares += from->squares[i * from->degrees + degree];
    }
    double mean = all / pairs, four = (all * all - 4 * rows + 2 * squares) / (pairs * (n - 2) * (n - 3));
    double variance = mean * mean - four, least = 2 * (squares / pairs - mean * mean) / pairs;
    energy[NTK_ENERGY_VALUE] = factor > 0 ? factor * mean : 0;
    energy[NTK_ENERGY_ERROR] = factor > 0 ? factor * sqrt(ntk_larger_number(0, ntk_larger_number(variance, least))) : 0;
}

static void find_total(const ntk_function_sample *sample, double *total)
{
    double sum = 0, deviations = 0, n = (double)sample->n;
    for (int64_t i = 0; i < sample->n; i++) sum += sample->y[i] * sample->y[i];
    for (int64_t i = 0; i < sample->n; i++) {
        double deviation = sample->y[i] * sample->y[i] - sum / n;
        deviations += deviation * deviation;
    }
    total[NTK_ENERGY_VALUE] = sum / n;
    total[NTK_ENERGY_ERROR] = sqrt(deviations / n / (n - 1));
}

static ntk_status make_halves(const ntk_function_sample *sample, const ntk_lane *lane, const double *x, int64_t n,
                              double **halves)
{
    *halves = NULL;
    if (sample->law == NTK_INPUTS_SPHERE) return NTK_OK;
    NTK_TRY(ntk_allocate(lane->work->context, halves, n, sizeof **halves, "lengths of samples"));
    ntk_degree_halves(*halves, x, n, sample->d);
    return NTK_OK;
}

static ntk_status find_energies(const pair_sums *sums, const ntk_lane *lane, double *energies)
{
    const ntk_function_sample *sample = sums->sample;
    double *halves;
    NTK_TRY(make_halves(sample, lane, sample->x, sample->n, &halves));
    ntk_status status = add_pairs(sums, lane, halves);
    ntk_free(lane->work->context, halves);
    ntk_multiplicity b = ntk_sphere_first(sample->d);
    for (int64_t k = 0; status >= 0 && k < sums->degrees; k++, ntk_sphere_next(&b))
        find_energy(sums, k, multiplicity(sample, &b), energies + NTK_ENERGY_COLUMNS * k);
    return status;
}

ntk_status ntk_function_sample_energies(const ntk_function_sample *sample, const ntk_lane *lane, double begin, double *energies,
                                        int64_t degrees, double *total, const char *function)
{
    ntk_function_sample scaled = *sample;
    pair_sums sums = {.sample = &scaled, .degrees = degrees};
    uint64_t bytes;
    NTK_TRY(ntk_size_multiply(&bytes, 2 * degrees + 1, sizeof(double)));
    NTK_TRY(ntk_allocate(lane->work->context, &sums.rows, sample->n, (int64_t)bytes, "sums over pairs of samples"));
    sums.squares = sums.rows + sample->n * degrees;
    double *y = sums.squares + sample->n * degrees;
    int exponent = scale_values(y, sample);
    scaled.y = y;
    ntk_work_stage(lane->work, "pairs of samples", sample->n, begin, 1);
    ntk_status status = find_energies(&sums, lane, energies);
    if (status >= 0) status = scale_back(energies, NTK_ENERGY_COLUMNS * degrees, 2 * exponent, function);
    if (status >= 0 && total) {
        find_total(&scaled, total);
        status = scale_back(total, NTK_ENERGY_COLUMNS, 2 * exponent, function);
    }
    ntk_free(lane->work->context, sums.rows);
    return status;
}

/* --- projections --- */

typedef struct projection {
    const ntk_function_sample *sample;
    double *values, *errors; /* means, and sums of squared deviations from them */
} projection;

/* Adds count numbers to so many before them: their mean, and deviations, which no mean, however large, drowns (Chan, Golub and LeVeque
 * 1983). */
static void add_moments(double *mean, double *deviations, int64_t before, const double *a, const double *b, int64_t count)
{
    double sum = 0, square = 0, n = (double)count, all = (double)(before + count);
    for (int64_t j = 0; j < count; j++) sum += a[j] * b[j];
    for (int64_t j = 0; j < count; j++) {
        double deviation = a[j] * b[j] - sum / n;
        square += deviation * deviation;
    }
    double apart = sum / n - *mean;
    *mean += apart * (n / all);
    *deviations += square + apart * apart * ((double)before * n / all);
}

static void take_row(const ntk_degree_pairs *pairs, int64_t row, int64_t first, int64_t degree, const double *values,
                     int64_t count)
{
    const projection *to = pairs->argument;
    (void)degree;
    add_moments(&to->values[row], &to->errors[row], first, to->sample->y + first, values, count);
}

static ntk_status add_rows(const projection *to, const ntk_lane *lane, ntk_degree_pairs *pairs, const double *at, int64_t count)
{
    const ntk_function_sample *sample = to->sample;
    double *halves;
    for (int64_t i = 0; i < count; i++) to->values[i] = to->errors[i] = 0;
    pairs->rows = at;
    pairs->row_count = count;
    pairs->take = take_row;
    pairs->argument = (void *)(uintptr_t)to;
    NTK_TRY(make_halves(sample, lane, at, count, &halves));
    pairs->row_halves = halves;
    ntk_status status = ntk_degree_pairs_run(pairs, lane);
    ntk_free(lane->work->context, halves);
    NTK_TRY(status);
    for (int64_t i = 0; i < count; i++) to->errors[i] = sqrt(to->errors[i] / (double)sample->n / (double)(sample->n - 1));
    return NTK_OK;
}

ntk_status ntk_function_sample_project(const ntk_function_sample *sample, const ntk_lane *lane, double begin, double *values,
                                       double *errors, const double *at, int64_t count, int64_t degree, const char *function)
{
    ntk_context *context = lane->work->context;
    ntk_function_sample scaled = *sample;
    const projection to = {&scaled, values, errors};
    double *factors, *halves;
    NTK_TRY(ntk_allocate(context, &factors, sample->n + degree + 1, sizeof *factors, "the values of samples"));
    double *y = factors + degree + 1;
    int exponent = scale_values(y, sample);
    scaled.y = y;
    ntk_multiplicity b = ntk_sphere_first(sample->d);
    for (int64_t k = 0; k <= degree; k++, ntk_sphere_next(&b)) factors[k] = multiplicity(sample, &b);
    ntk_work_stage(lane->work, "projection from samples", count, begin, 1);
    ntk_status status = make_halves(sample, lane, sample->x, sample->n, &halves);
    if (status >= 0) {
        ntk_degree_pairs pairs = pairs_with(sample, halves);
        pairs.degrees = degree + 1;
        pairs.factors = factors;
        status = add_rows(&to, lane, &pairs, at, count);
        ntk_free(context, halves);
    }
    ntk_free(context, factors);
    NTK_TRY(status);
    NTK_TRY(scale_back(values, count, exponent, function));
    return scale_back(errors, count, exponent, function);
}

/* --- of targets: samples that are drawn --- */

/* The shares of a call's work that drawing and evaluating take. */
static const double DRAWN = 0.1, EVALUATED = 0.4;

static ntk_status fill_sample(const ntk_degree_call *call, double *x, double *y)
{
    const ntk_random random = {.seed = call->options.seed, .purpose = NTK_RANDOM_INPUTS};
    int64_t n = call->options.samples;
    ntk_work_stage(call->lane->work, "samples of a law", n, 0, DRAWN);
    NTK_TRY(ntk_law_draw(call->lane, &random, call->options.law, x, 0, n, call->target->inputs));
    ntk_work_stage(call->lane->work, "values of a target", n, DRAWN, EVALUATED);
    return ntk_target_values(call->target, call->lane, y, x, n, call->function);
}

/* x is allocated, with y in it, for ntk_free. */
static ntk_status draw_sample(const ntk_degree_call *call, ntk_function_sample *sample, double **x)
{
    ntk_context *context = call->lane->work->context;
    int64_t n = call->options.samples, d = call->target->inputs;
    uint64_t bytes;
    NTK_TRY(ntk_size_multiply(&bytes, d, sizeof(double)));
    NTK_TRY(ntk_size_add(&bytes, 1, sizeof(double)));
    NTK_TRY(ntk_allocate(context, x, n, (int64_t)bytes, "samples of a target"));
    *sample = (ntk_function_sample){.law = call->options.law, .n = n, .d = d, .x = *x, .y = *x + n * d};
    ntk_status status = fill_sample(call, *x, *x + n * d);
    if (status < 0) ntk_free(context, *x);
    return status;
}

ntk_status ntk_drawn_energies(const ntk_degree_call *call, double *energies, int64_t degrees, double *total)
{
    ntk_function_sample sample;
    double *x;
    NTK_TRY(draw_sample(call, &sample, &x));
    ntk_status status = ntk_function_sample_energies(&sample, call->lane, EVALUATED, energies, degrees, total, call->function);
    ntk_free(call->lane->work->context, x);
    return status;
}

ntk_status ntk_drawn_project(const ntk_degree_call *call, double *values, double *errors, const double *x, int64_t n,
                             int64_t degree)
{
    ntk_function_sample sample;
    double *drawn;
    NTK_TRY(draw_sample(call, &sample, &drawn));
    ntk_status status =
        ntk_function_sample_project(&sample, call->lane, EVALUATED, values, errors, x, n, degree, call->function);
    ntk_free(call->lane->work->context, drawn);
    return status;
}
