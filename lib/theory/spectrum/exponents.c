/* Power laws of eigenvalues and coefficients, by least squares through logarithms. */
#include "core/options.h"
#include "core/size.h"
#include "core/status.h"
#include "theory/spectrum/spectrum.h"

#include <math.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_exponents_options, first) == 8 && offsetof(ntk_exponents_options, last) == 16 &&
                   offsetof(ntk_exponents_options, target) == 24 && offsetof(ntk_exponents_options, noise_variance) == 32 &&
                   sizeof(ntk_exponents_options) == 40,
               "the layout of ntk_exponents_options is frozen");
_Static_assert(offsetof(ntk_exponents, first) == 8 && offsetof(ntk_exponents, last) == 16 &&
                   offsetof(ntk_exponents, bins) == 24 && offsetof(ntk_exponents, target_bins) == 32 &&
                   offsetof(ntk_exponents, capacity) == 40 && offsetof(ntk_exponents, capacity_error) == 48 &&
                   offsetof(ntk_exponents, capacity_low) == 56 && offsetof(ntk_exponents, capacity_high) == 64 &&
                   offsetof(ntk_exponents, decay) == 72 && offsetof(ntk_exponents, decay_error) == 80 &&
                   offsetof(ntk_exponents, decay_low) == 88 && offsetof(ntk_exponents, decay_high) == 96 &&
                   offsetof(ntk_exponents, source) == 104 && offsetof(ntk_exponents, source_error) == 112 &&
                   offsetof(ntk_exponents, rate) == 120 && sizeof(ntk_exponents) == 128,
               "the layout of ntk_exponents is frozen");

/* As many factors of sqrt 2 as numbers of 64 bits can be apart. */
enum { MOST_BINS = 128, LEAST_BINS = 3, FIRST = 4 };

/* A line through points (x, y). */
typedef struct points {
    int64_t count;
    double x[MOST_BINS], y[MOST_BINS];
} points;

static ntk_status read_options(ntk_exponents_options *own, const ntk_spectrum *s, const ntk_exponents_options *options,
                               const char *function)
{
    NTK_TRY(ntk_options_read(own, sizeof *own, sizeof *own, options, "ntk_exponents_options"));
    if (own->first < 0)
        return ntk_fail(NTK_ERR_OPTION, "%s: first is %lld, expected at least 0", function, (long long)own->first);
    if (own->last < 0 || own->last > s->modes)
        return ntk_fail(NTK_ERR_OPTION, "%s: last is %lld, expected at most the %lld modes", function, (long long)own->last,
                        (long long)s->modes);
    if (own->target < 0 || own->target > s->targets)
        return ntk_fail(NTK_ERR_OPTION, "%s: target is %lld, expected at most the %lld targets", function,
                        (long long)own->target, (long long)s->targets);
    NTK_TRY(ntk_spectrum_option_check(own->noise_variance, function, "noise_variance"));
    if (!own->first) own->first = FIRST;
    if (!own->last) own->last = s->modes / 4;
    own->last = ntk_smaller(own->last, s->rank);
    return NTK_OK;
}

/* The last mode of the bin that begins with mode k of a range from first on: bins end at powers of sqrt 2 times first. */
static int64_t bin_end(int64_t k, int64_t first, int64_t last)
{
    double steps = floor(2 * log2((double)k / (double)first) + 1e-9);
    int64_t next = (int64_t)ceil((double)first * exp2((steps + 1) / 2) - 1e-6);
    return ntk_smaller(ntk_larger(next - 1, k), last);
}

/* Points (mean log k, mean log w) of w, and (mean log k, log of the mean of c^2 less noise) of the targets. */
static void find_points(points *values, points *squares, const ntk_spectrum *s, const ntk_exponents_options *own)
{
    ntk_spectrum_range of = own->target ? (ntk_spectrum_range){own->target - 1, 1} : (ntk_spectrum_range){0, s->targets};
    values->count = squares->count = 0;
    for (int64_t k = own->first, end; k <= own->last && values->count < MOST_BINS; k = end + 1) {
        end = bin_end(k, own->first, own->last);
        double x = 0, y = 0, square = 0, size = (double)(end - k + 1);
        for (int64_t i = k; i <= end; i++) {
            x += log((double)i) / size;
            y += log(s->values[i - 1]) / size;
            if (s->targets) square += (ntk_spectrum_square(s, i - 1, of) - (double)of.count * own->noise_variance) / size;
        }
        values->x[values->count] = x;
        values->y[values->count++] = y;
        if (!(square > 0)) continue;
        squares->x[squares->count] = x;
        squares->y[squares->count++] = log(square);
    }
}

/* The slope's standard error by the scatter about the line, if there are points for that. */
static double slope(const points *p, int64_t first, int64_t count, double *error)
{
    double mean_x = 0, mean_y = 0, xx = 0, xy = 0, rest = 0;
    for (int64_t i = first; i < first + count; i++) {
        mean_x += p->x[i] / (double)count;
        mean_y += p->y[i] / (double)count;
    }
    for (int64_t i = first; i < first + count; i++) {
        xx += (p->x[i] - mean_x) * (p->x[i] - mean_x);
        xy += (p->x[i] - mean_x) * (p->y[i] - mean_y);
    }
    for (int64_t i = first; i < first + count; i++) {
        double residual = p->y[i] - mean_y - xy / xx * (p->x[i] - mean_x);
        rest += residual * residual;
    }
    if (error) *error = sqrt(rest / (double)(count - 2) / xx);
    return xy / xx;
}

/* Slopes of all points, and of the lower and the upper half, which of an odd number share one. */
typedef struct slopes {
    double all, error, low, high;
} slopes;

static slopes find_slopes(const points *p)
{
    const double none = (double)NAN;
    slopes found = {none, none, none, none};
    int64_t half = p->count / 2 + p->count % 2;
    if (p->count < LEAST_BINS) return found;
    found.all = slope(p, 0, p->count, &found.error);
    found.low = slope(p, 0, half, NULL);
    found.high = slope(p, p->count - half, half, NULL);
    return found;
}

static void report(ntk_exponents *own, const points *values, const points *squares)
{
    slopes w = find_slopes(values), c = find_slopes(squares);
    own->bins = values->count;
    own->target_bins = squares->count;
    own->capacity = -w.all;
    own->capacity_error = w.error;
    own->capacity_low = -w.low;
    own->capacity_high = -w.high;
    own->decay = -c.all - 1;
    own->decay_error = c.error;
    own->decay_low = -c.low - 1;
    own->decay_high = -c.high - 1;
    own->source = own->decay / (2 * own->capacity);
    own->source_error = hypot(own->decay_error, 2 * own->source * own->capacity_error) / (2 * own->capacity);
    own->rate = isnan(own->source) ? own->source : 2 * own->capacity * fmin(own->source, 1);
}

ntk_status ntk_spectrum_exponents(const ntk_spectrum *spectrum, ntk_exponents *exponents, const ntk_exponents_options *options)
{
    ntk_exponents_options own;
    ntk_exponents found = {.struct_size = sizeof found};
    points values, squares;
    NTK_REQUIRE(spectrum);
    NTK_REQUIRE(exponents);
    NTK_TRY(ntk_options_check(exponents, sizeof found, sizeof found, "ntk_exponents"));
    NTK_TRY(read_options(&own, spectrum, options, __func__));
    find_points(&values, &squares, spectrum, &own);
    if (values.count < LEAST_BINS)
        return ntk_fail(NTK_ERR_OPTION,
                        "%s: first is %lld and last %lld, between which lie %lld points of a factor of sqrt 2, expected 3 of "
                        "modes whose eigenvalues are not 0",
                        __func__, (long long)own.first, (long long)own.last, (long long)values.count);
    found.first = own.first;
    found.last = own.last;
    report(&found, &values, &squares);
    return ntk_options_write(exponents, sizeof found, &found, sizeof found, "ntk_exponents");
}
