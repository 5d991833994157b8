/* What a sweep takes. */
#include "core/options.h"

#include "core/status.h"
#include "dynamics/lazy/lazy.h"

#include <math.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_lazy_options, widths) == 8 && offsetof(ntk_lazy_options, exponents) == 16 &&
                   offsetof(ntk_lazy_options, test) == 24 && offsetof(ntk_lazy_options, width_count) == 32 &&
                   offsetof(ntk_lazy_options, exponent_count) == 40 && offsetof(ntk_lazy_options, replicates) == 48 &&
                   offsetof(ntk_lazy_options, steps) == 56 && offsetof(ntk_lazy_options, rate) == 64 &&
                   offsetof(ntk_lazy_options, weight_scale) == 72 && offsetof(ntk_lazy_options, seed) == 80 &&
                   offsetof(ntk_lazy_options, antisymmetric) == 88 && offsetof(ntk_lazy_options, output_weights) == 92 &&
                   offsetof(ntk_lazy_options, parameterization) == 96 && offsetof(ntk_lazy_options, part) == 100 &&
                   sizeof(ntk_lazy_options) == 104,
               "the layout of ntk_lazy_options is frozen");
_Static_assert((int)NTK_LAZY_COLUMNS == (int)NTK_LAZY_MEANS + 2 * (int)NTK_LAZY_QUANTITIES &&
                   (int)NTK_LAZY_SLOPE_COLUMNS == 2 * (int)NTK_LAZY_QUANTITIES,
               "a mean and its error for each quantity");

enum { DEFAULT_REPLICATES = 4, DEFAULT_STEPS = 20, MOST_COUNT = 1 << 20 };
static const double DEFAULT_RATE = 0.5, DEFAULT_EXPONENTS[] = {0.5, 0.75, 1};

static ntk_status check_count(int64_t value, int64_t least, const char *name, const char *function)
{
    if (value >= least && value <= MOST_COUNT) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "%s: %s is %lld, expected a number from %lld to %d", function, name, (long long)value,
                    (long long)least, MOST_COUNT);
}

static ntk_status check_lists(ntk_lazy_options *own, const char *function)
{
    if (!own->widths) return ntk_fail(NTK_ERR_OPTION, "%s: widths is NULL", function);
    NTK_TRY(check_count(own->width_count, 1, "width_count", function));
    for (int64_t i = 0; i < own->width_count; i++)
        if (own->widths[i] < 1 || (own->antisymmetric && own->widths[i] % 2))
            return ntk_fail(NTK_ERR_OPTION, "%s: widths[%lld] is %lld, expected a positive%s number", function, (long long)i,
                            (long long)own->widths[i], own->antisymmetric ? " even" : "");
    NTK_TRY(check_count(own->exponent_count, own->exponents ? 1 : 0, "exponent_count", function));
    if (!own->exponents) {
        if (own->exponent_count)
            return ntk_fail(NTK_ERR_OPTION, "%s: exponents is NULL, but exponent_count is not 0", function);
        own->exponents = DEFAULT_EXPONENTS;
        own->exponent_count = 3;
    }
    for (int64_t i = 0; i < own->exponent_count; i++)
        if (!isfinite(own->exponents[i]))
            return ntk_fail(NTK_ERR_OPTION, "%s: exponents[%lld] is %g, expected a finite number", function, (long long)i,
                            own->exponents[i]);
    return NTK_OK;
}

ntk_status ntk_lazy_options_read(ntk_lazy_options *own, const ntk_lazy_options *options, const char *function)
{
    NTK_TRY(ntk_options_read(own, sizeof *own, sizeof *own, options, "ntk_lazy_options"));
    NTK_TRY(check_lists(own, function));
    NTK_TRY(check_count(own->replicates, 0, "replicates", function));
    NTK_TRY(check_count(own->steps, 0, "steps", function));
    if (!(own->rate >= 0 && own->rate < 1))
        return ntk_fail(NTK_ERR_OPTION, "%s: rate is %g, expected a number from 0 to less than 1", function, own->rate);
    if (!(own->weight_scale >= 0) || !isfinite(own->weight_scale))
        return ntk_fail(NTK_ERR_OPTION, "%s: weight_scale is %g, expected a finite number that is not negative", function,
                        own->weight_scale);
    if (own->output_weights < NTK_OUTPUT_SIGNS || own->output_weights > NTK_OUTPUT_ZERO)
        return ntk_fail(NTK_ERR_OPTION, "%s: output_weights is %d, expected NTK_OUTPUT_SIGNS, _GAUSSIAN or _ZERO", function,
                        own->output_weights);
    if (own->parameterization < NTK_PARAM_DEFAULT || own->parameterization > NTK_PARAM_STANDARDISED)
        return ntk_fail(NTK_ERR_OPTION, "%s: parameterization is %d, expected NTK_PARAM_DEFAULT, _LECTURE or _STANDARDISED",
                        function, own->parameterization);
    if (own->part < NTK_PART_BOTH || own->part > NTK_PART_NT)
        return ntk_fail(NTK_ERR_OPTION, "%s: part is %d, expected NTK_PART_BOTH, _RF or _NT", function, own->part);
    if (own->replicates == 0) own->replicates = DEFAULT_REPLICATES;
    if (own->steps == 0) own->steps = DEFAULT_STEPS;
    if (own->rate == 0) own->rate = DEFAULT_RATE;
    return NTK_OK;
}
