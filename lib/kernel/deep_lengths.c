#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"
#include "kernel/deep.h"
#include "kernel/near.h"

#include <float.h>
#include <math.h>

/* m 2^e, so that no layer over- or underflows that the last one does not */
typedef struct wide {
    double m;
    int e;
} wide;

static wide wide_of(double m, int e)
{
    wide w = {0, 0};
    w.m = frexp(m, &w.e);
    w.e = m == 0 ? -100000 : w.e + e;
    return w;
}

static wide wide_product(wide a, double b)
{
    wide factor = wide_of(b, 0);
    return wide_of(a.m * factor.m, a.e + factor.e);
}

static double over(wide a, wide b)
{
    return b.m > 0 ? ldexp(a.m / b.m, a.e - b.e) : 0;
}

static wide wide_hypot(wide a, wide b)
{
    int e = a.e > b.e ? a.e : b.e;
    return wide_of(hypot(ldexp(a.m, a.e - e), ldexp(b.m, b.e - e)), e);
}

static void put(ntk_samples *samples, int64_t i, int64_t array, double value)
{
    ntk_put(samples->factors, samples->dtype, array * samples->rows + i, value);
}

static void put_layer(ntk_samples *samples, int64_t i, int64_t layer, const double factors[NTK_DEEP_FACTORS])
{
    for (int f = 0; f < NTK_DEEP_FACTORS; f++) put(samples, i, NTK_DEEP_FIRST + NTK_DEEP_FACTORS * layer + f, factors[f]);
}

/* Lengths of all layers of SLOPES and LEVELS.  Returns sqrt K(x, x), the constant not counted. */
static double store_kinked(ntk_samples *samples, int64_t i, const ntk_infinite_measure *measure)
{
    const ntk_deep *kernel = (const ntk_deep *)samples->kernel;
    const ntk_activation *activation = kernel->first.activation;
    bool slopes = activation->family == NTK_FAMILY_SLOPES;
    double root = sqrt((activation->below * activation->below + activation->above * activation->above) / 2);
    double tangent = kernel->scales[0].rate;
    wide length = wide_of(measure->length, measure->exponent);
    int32_t exponent = 0;
    for (int64_t l = 0;; l++) {
        ntk_deep_gain gain = ntk_deep_gain_of(kernel, l);
        wide value = wide_product(wide_product(slopes || length.m == 0 ? length : wide_of(1, 0), root), gain.weight);
        if (l + 1 == kernel->layers) {
            length = value;
            break;
        }
        wide bias = wide_of(gain.bias, 0), next = wide_hypot(value, bias);
        double w = over(value, next), z = over(bias, next);
        put_layer(samples, i, l, (const double[]){0, 0, w, z});
        tangent = kernel->scales[l + 1].rate + (slopes ? w * w * tangent : 0);
        length = next;
    }
    exponent = length.e;
    double last = ntk_infinite_moderate(&exponent, length.m, samples->dtype);
    put_layer(samples, i, kernel->layers - 1, (const double[]){0, 0, last, 0});
    put(samples, i, NTK_DEEP_FIRST_P, 1);
    if (samples->exponents) samples->exponents[i] = exponent;
    return ldexp(last, exponent) * sqrt(kernel->first.rf + (slopes ? tangent : 0));
}

/* Whether this number can be held in the precision of the kernel. */
static bool fits(double value, int32_t dtype)
{
    return fabs(value) <= (dtype == NTK_F64 ? DBL_MAX : (double)FLT_MAX);
}

/* kappa and q12 kdot of a sample with itself, and p and q. */
static ntk_pair own_pair(const ntk_activation *activation, double length, ntk_infinite_factors *f)
{
    ntk_angle none = ntk_angle_of(1, 0);
    *f = (ntk_infinite_factors){.p = length};
    if (!ntk_infinite_is_closed(activation)) {
        ntk_shifted u = ntk_shifted_of(activation, length);
        return ntk_shifted_pair(activation, &u, &u, &none);
    }
    if (activation->family == NTK_FAMILY_ERF || activation->family == NTK_FAMILY_GELU) {
        ntk_arc_length of = ntk_arc_length_of(activation->family, length);
        f->p = of.h;
        f->q = of.g;
    }
    return ntk_smooth_pair(activation, f, f, &none);
}

/* The same of smooth activations, and of kinked ones with a shift or an offset. */
static double store_smooth(ntk_samples *samples, int64_t i, const ntk_infinite_measure *measure)
{
    const ntk_deep *kernel = (const ntk_deep *)samples->kernel;
    const ntk_activation *activation = kernel->first.activation;
    double length = ldexp(measure->length, measure->exponent), tangent = kernel->scales[0].rate * length * length;
    bool fit = true;
    put(samples, i, NTK_DEEP_FIRST_P, length);
    for (int64_t l = 0;; l++) {
        ntk_deep_gain gain = ntk_deep_gain_of(kernel, l);
        ntk_infinite_factors f;
        ntk_pair pair = own_pair(activation, length, &f);
        double kdot = length > 0 ? pair.tangent / length / length : 0, value = gain.weight * sqrt(pair.kappa);
        if (l + 1 == kernel->layers) {
            put_layer(samples, i, l, (const double[]){f.p, f.q, 1, 0});
            return fit ? gain.weight * sqrt(kernel->first.rf * pair.kappa + tangent * kdot) : HUGE_VAL;
        }
        double next = hypot(value, gain.bias);
        put_layer(samples, i, l,
                  (const double[]){f.p, f.q, next > 0 ? gain.weight / next : 0, next > 0 ? gain.bias / next : 0});
        tangent = kernel->scales[l + 1].rate * next * next + gain.weight * gain.weight * tangent * kdot;
        length = next;
        fit &= fits(pair.kappa, samples->dtype) && fits(tangent, samples->dtype) && fits(next * next, samples->dtype);
    }
}

/* diagonal receives sqrt K(x, x) for the time being */
static void store_sample(ntk_samples *samples, const ntk_infinite_constants *k, int64_t i, const ntk_infinite_measure *measure)
{
    const ntk_deep *kernel = (const ntk_deep *)samples->kernel;
    put(samples, i, NTK_DEEP_FIRST_W, measure->w);
    put(samples, i, NTK_DEEP_FIRST_Z, measure->z);
    if (samples->shifts) {
        samples->shifts[i] = measure->shift;
        samples->exponents[i] = 0;
    }
    double length = (ntk_deep_is_kinked(kernel) ? store_kinked : store_smooth)(samples, i, measure);
    samples->diagonal[i] = hypot(length, sqrt(k->constant));
}

ntk_status ntk_deep_prepare(ntk_samples *samples, const ntk_lane *lane, int64_t pass)
{
    (void)pass;
    if (samples->factors) return NTK_OK;
    const ntk_deep *kernel = (const ntk_deep *)samples->kernel;
    const ntk_infinite_constants k = ntk_infinite_constants_of(&kernel->first, samples->inputs);
    int64_t numbers = ntk_deep_arrays(kernel) * samples->rows;
    NTK_TRY(ntk_allocate(samples->context, &samples->factors, numbers, ntk_dtype_size(samples->dtype), "the samples' lengths"));
    NTK_TRY(ntk_infinite_measure_samples(samples, lane, &k, store_sample));
    if (!ntk_is_finite(samples->factors, samples->dtype, numbers)) samples->largest = HUGE_VAL;
    for (int64_t i = 0; i < samples->rows; i++) {
        double length = samples->diagonal[i];
        samples->diagonal[i] = length * length;
        if (!(length <= samples->largest)) samples->largest = length;
    }
    return NTK_OK;
}

ntk_status ntk_deep_memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t all)
{
    (void)all;
    int64_t arrays = ntk_deep_arrays((const ntk_deep *)kernel);
    NTK_TRY(ntk_need(bytes, rows, arrays * ntk_dtype_size(dtype)));
    return ntk_need(bytes, rows, 2 * sizeof(int32_t));
}
