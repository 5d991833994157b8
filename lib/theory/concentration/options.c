#include "core/options.h"
#include "core/status.h"
#include "theory/concentration/concentration.h"

#include <math.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_concentration_options, widths) == 8 && offsetof(ntk_concentration_options, limit) == 16 &&
                   offsetof(ntk_concentration_options, width_count) == 24 &&
                   offsetof(ntk_concentration_options, replicates) == 32 &&
                   offsetof(ntk_concentration_options, weight_scale) == 40 &&
                   offsetof(ntk_concentration_options, fit_below) == 48 && offsetof(ntk_concentration_options, seed) == 56 &&
                   offsetof(ntk_concentration_options, hidden_law) == 64 && offsetof(ntk_concentration_options, part) == 68 &&
                   offsetof(ntk_concentration_options, storage) == 72 &&
                   offsetof(ntk_concentration_options, output_weights) == 76 && sizeof(ntk_concentration_options) == 80,
               "the layout of ntk_concentration_options is frozen");

enum { DEFAULT_REPLICATES = 8, MOST_COUNT = 1 << 20 };
static const double DEFAULT_FIT_BELOW = 0.5;

static ntk_status check_count(int64_t value, int64_t least, const char *function, const char *name)
{
    if (value >= least && value <= MOST_COUNT) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "%s: %s is %lld, expected a number from %lld to %d", function, name, (long long)value,
                    (long long)least, MOST_COUNT);
}

static ntk_status check_number(double value, const char *function, const char *name)
{
    if (value >= 0 && isfinite(value)) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "%s: %s is %g, expected a finite number that is not negative", function, name, value);
}

/* One of 0 to last, whose names are given. */
static ntk_status check_kind(int32_t value, int32_t last, const char *function, const char *name, const char *names)
{
    if (value >= 0 && value <= last) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "%s: %s is %d, expected %s", function, name, value, names);
}

ntk_status ntk_concentration_options_read(ntk_concentration_options *own, const ntk_concentration_options *options,
                                          const char *function)
{
    NTK_TRY(ntk_options_read(own, sizeof *own, sizeof *own, options, "ntk_concentration_options"));
    if (!own->widths) return ntk_fail(NTK_ERR_OPTION, "%s: widths is NULL", function);
    NTK_TRY(check_count(own->width_count, 1, function, "width_count"));
    for (int64_t i = 0; i < own->width_count; i++)
        if (own->widths[i] < 1)
            return ntk_fail(NTK_ERR_OPTION, "%s: widths[%lld] is %lld, expected a positive number", function, (long long)i,
                            (long long)own->widths[i]);
    NTK_TRY(check_count(own->replicates, 0, function, "replicates"));
    NTK_TRY(check_number(own->weight_scale, function, "weight_scale"));
    NTK_TRY(check_number(own->fit_below, function, "fit_below"));
    NTK_TRY(check_kind(own->hidden_law, NTK_HIDDEN_SPHERE, function, "hidden_law", "NTK_HIDDEN_GAUSSIAN or _SPHERE"));
    NTK_TRY(check_kind(own->part, NTK_PART_NT, function, "part", "NTK_PART_BOTH, _RF or _NT"));
    NTK_TRY(check_kind(own->storage, NTK_STORAGE_IMPLICIT, function, "storage", "NTK_STORAGE_FULL, _PACKED or _IMPLICIT"));
    NTK_TRY(check_kind(own->output_weights, NTK_OUTPUT_GAUSSIAN, function, "output_weights", "NTK_OUTPUT_SIGNS or _GAUSSIAN"));
    if (own->replicates == 0) own->replicates = DEFAULT_REPLICATES;
    if (own->fit_below == 0) own->fit_below = DEFAULT_FIT_BELOW;
    return NTK_OK;
}
