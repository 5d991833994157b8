/* What a measured curve takes, and what it may hold. */
#include "core/options.h"
#include "core/context.h"
#include "core/inner.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/pool.h"
#include "core/size.h"
#include "core/status.h"
#include "ridge/ridge.h"
#include "theory/measure/measure.h"
#include "theory/target/law.h"

#include <math.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_measure_options, draws) == 8 && offsetof(ntk_measure_options, test) == 16 &&
                   offsetof(ntk_measure_options, lambda) == 24 && offsetof(ntk_measure_options, noise_variance) == 32 &&
                   offsetof(ntk_measure_options, seed) == 40 && offsetof(ntk_measure_options, law) == 48 &&
                   offsetof(ntk_measure_options, intercept) == 52 && offsetof(ntk_measure_options, method) == 56 &&
                   offsetof(ntk_measure_options, dtype) == 60 && sizeof(ntk_measure_options) == 64,
               "the layout of ntk_measure_options is frozen");

enum { DEFAULT_DRAWS = 20, DEFAULT_TEST = 1000, MOST_DRAWS = 1 << 20 };

/* Whole numbers up to here are exact. */
static const double MOST_SIZE = 0x1p53;

static ntk_status check_number(double value, const char *function, const char *name)
{
    if (isfinite(value) && value >= 0) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "%s: %s is %g, expected a finite number that is not negative", function, name, value);
}

ntk_status ntk_measure_options_read(ntk_measure_options *own, const ntk_measure_options *options, const char *function)
{
    NTK_TRY(ntk_options_read(own, sizeof *own, sizeof *own, options, "ntk_measure_options"));
    if (own->draws < 0 || own->draws > MOST_DRAWS || own->draws % 2)
        return ntk_fail(NTK_ERR_OPTION, "%s: draws is %lld, expected an even number up to %d", function, (long long)own->draws,
                        MOST_DRAWS);
    if (own->test < 0)
        return ntk_fail(NTK_ERR_OPTION, "%s: test is %lld, expected a number that is not negative", function,
                        (long long)own->test);
    NTK_TRY(check_number(own->lambda, function, "lambda"));
    NTK_TRY(check_number(own->noise_variance, function, "noise_variance"));
    NTK_TRY(ntk_law_check(own->law, function));
    if (own->method < NTK_RIDGE_AUTO || own->method > NTK_RIDGE_ITERATIVE)
        return ntk_fail(NTK_ERR_OPTION, "%s: method is %d, expected NTK_RIDGE_AUTO, _DUAL, _PRIMAL, _SPECTRAL or _ITERATIVE",
                        function, own->method);
    NTK_TRY(ntk_dtype_check(own->dtype, 1, function, "dtype"));
    if (own->draws == 0) own->draws = DEFAULT_DRAWS;
    return NTK_OK;
}

ntk_status ntk_measure_sizes_check(ntk_measure *measure, const ntk_matrix *sizes)
{
    ntk_measure_options *options = &measure->options;
    double largest = 1;
    NTK_TRY(ntk_finite_check(sizes, measure->function, "sizes"));
    for (int64_t i = 0; i < sizes->rows; i++) {
        double n = ntk_get(sizes->data, sizes->dtype, i * sizes->stride);
        if (!(n >= 1 && n <= MOST_SIZE && floor(n) == n))
            return ntk_fail(NTK_ERR_VALUE, "%s: sizes[%lld] is %.17g, expected a whole number from 1 to 2^53",
                            measure->function, (long long)i, n);
        largest = fmax(largest, n);
    }
    int64_t left = measure->rows - (int64_t)largest;
    if (!options->test) options->test = measure->rows ? ntk_larger(ntk_smaller(left, DEFAULT_TEST), 1) : DEFAULT_TEST;
    if (!measure->rows || options->test <= left) return NTK_OK;
    return ntk_fail(NTK_ERR_VALUE, "%s: sizes go up to %g, but x has %lld rows, of which %lld are tested on", measure->function,
                    largest, (long long)measure->rows, (long long)options->test);
}

/* --- memory --- */

static ntk_status check_memory_call(ntk_measure *m, const ntk_matrix *sizes, const ntk_measure_options *options)
{
    NTK_TRY(ntk_input_check(sizes, m->function, "sizes"));
    NTK_TRY(ntk_shape_check(sizes, -1, 1, m->function, "sizes"));
    NTK_TRY(ntk_measure_options_read(&m->options, options, m->function));
    if (!m->target) NTK_TRY(ntk_kernel_size_check(m->rows, m->function, "rows"));
    NTK_TRY(ntk_model_sizes_check(m->kernel, 1, m->inputs, m->targets, m->function));
    return ntk_measure_sizes_check(m, sizes);
}

/* The most that a pair holds, on a lane that has context, and of so many at a time. */
static ntk_status pairs_memory(const ntk_measure *m, const ntk_context *context, uint64_t *bytes, const ntk_matrix *sizes,
                               int64_t lanes)
{
    uint64_t most = 0;
    for (int64_t i = 0; i < sizes->rows; i++) {
        uint64_t need = 0;
        int64_t size = (int64_t)ntk_get(sizes->data, sizes->dtype, i * sizes->stride);
        ntk_status status = ntk_measure_pair_memory(m, context, &need, size);
        NTK_TRY(ntk_sizes_representable(status, size, m->inputs, m->targets, m->function));
        most = ntk_most_bytes(most, need);
    }
    if (most <= INT64_MAX && ntk_size_add(bytes, lanes, (int64_t)most) >= 0) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: the bytes are too many to be represented", m->function);
}

ntk_status ntk_measure_need(const ntk_measure *m, uint64_t *bytes, const ntk_matrix *sizes)
{
    const ntk_context *context = m->kernel->base.context;
    uint64_t pairs;
    ntk_context inner;
    NTK_TRY(ntk_size_multiply(&pairs, sizes->rows, m->options.draws / 2));
    NTK_TRY(ntk_need(bytes, (int64_t)pairs, NTK_PAIR_NUMBERS * (int64_t)sizeof(double)));
    int64_t lanes = ntk_lanes_expected(context, (int64_t)pairs);
    ntk_inner_shape(&inner, context, lanes > 1);
    NTK_TRY(ntk_pool_memory(context, bytes));
    return pairs_memory(m, &inner, bytes, sizes, lanes);
}

ntk_status ntk_theory_measure_memory(const ntk_kernel *kernel, uint64_t *bytes, const ntk_target *target,
                                     const ntk_matrix *sizes, int64_t rows, int64_t d, int64_t t,
                                     const ntk_measure_options *options)
{
    ntk_measure m = {.kernel = kernel, .target = target, .dtype = NTK_F64, .function = __func__};
    uint64_t need = 0;
    NTK_REQUIRE(kernel);
    NTK_REQUIRE(bytes);
    m.rows = target ? 0 : rows;
    m.inputs = target ? ntk_target_inputs(target) : d;
    m.targets = target ? 1 : t;
    NTK_TRY(check_memory_call(&m, sizes, options));
    NTK_TRY(ntk_measure_need(&m, &need, sizes));
    *bytes = need;
    return NTK_OK;
}
