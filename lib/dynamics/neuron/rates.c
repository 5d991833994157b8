#include "core/options.h"
#include "core/status.h"

#include <math.h>
#include <ntk/neuron.h>

_Static_assert(offsetof(ntk_neuron_rates, smallest) == 8 && offsetof(ntk_neuron_rates, largest) == 16 &&
                   offsetof(ntk_neuron_rates, rate) == 24 && offsetof(ntk_neuron_rates, best_step) == 32 &&
                   offsetof(ntk_neuron_rates, best_rate) == 40 && offsetof(ntk_neuron_rates, largest_step) == 48 &&
                   offsetof(ntk_neuron_rates, converges) == 56 && offsetof(ntk_neuron_rates, reserved) == 60 &&
                   sizeof(ntk_neuron_rates) == 64,
               "the layout of ntk_neuron_rates is frozen");

ntk_status ntk_neuron_predict_rates(ntk_neuron_rates *rates, int64_t n, int64_t d, double step)
{
    NTK_REQUIRE(rates);
    if (n < 1) return ntk_fail(NTK_ERR_SHAPE, "%s: n is %lld, expected at least 1", __func__, (long long)n);
    if (d < 1) return ntk_fail(NTK_ERR_SHAPE, "%s: d is %lld, expected at least 1", __func__, (long long)d);
    if (!(step > 0 && isfinite(step)))
        return ntk_fail(NTK_ERR_VALUE, "%s: step is %g, expected a positive number", __func__, step);
    double ratio = 2 * (double)d / (double)n, s = sqrt(ratio);
    ntk_neuron_rates own = NTK_INIT(ntk_neuron_rates);
    own.smallest = s < 1 ? (1 - s) * (1 - s) : 0;
    own.largest = (1 + s) * (1 + s);
    own.rate = fmax(fabs(1 - step * own.smallest), fabs(1 - step * own.largest));
    own.best_step = s < 1 ? 1 / (1 + ratio) : 2 / own.largest;
    own.best_rate = s < 1 ? 2 * s / (1 + ratio) : 1;
    own.largest_step = 2 / own.largest;
    own.converges = own.rate < 1;
    return ntk_options_write(rates, sizeof own, &own, sizeof own, "ntk_neuron_rates");
}
