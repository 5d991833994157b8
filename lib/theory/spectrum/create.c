#include "core/memory.h"
#include "core/options.h"
#include "core/pool.h"
#include "core/status.h"
#include "theory/spectrum/spectrum.h"

#include <math.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_spectrum_options, intercept) == 8 && offsetof(ntk_spectrum_options, light) == 12 &&
                   sizeof(ntk_spectrum_options) == 16,
               "the layout of ntk_spectrum_options is frozen");

ntk_status ntk_spectrum_targets_check(const ntk_spectrum *spectrum, const char *function)
{
    if (spectrum->targets > 0) return NTK_OK;
    return ntk_fail(NTK_ERR_STATE, "%s: the spectrum was created without targets y", function);
}

ntk_status ntk_spectrum_option_check(double value, const char *function, const char *name)
{
    if (isfinite(value) && value >= 0) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "%s: %s is %g, expected a finite number that is not negative", function, name, value);
}

static ntk_status read_options(ntk_spectrum_options *own, const ntk_spectrum_options *options, int64_t n, const char *function)
{
    NTK_TRY(ntk_options_read(own, sizeof *own, sizeof *own, options, "ntk_spectrum_options"));
    own->intercept = own->intercept != 0;
    if (own->intercept && n < 2) return ntk_fail(NTK_ERR_OPTION, "%s: with an intercept one sample has no spectrum", function);
    return NTK_OK;
}

static ntk_status add_memory(const ntk_context *context, uint64_t *bytes, int64_t n, int64_t t, int32_t intercept)
{
    NTK_TRY(ntk_need(bytes, 1, sizeof(ntk_spectrum)));
    NTK_TRY(ntk_spectrum_decompose_memory(bytes, n, t, intercept));
    return ntk_pool_memory(context, bytes);
}

ntk_status ntk_spectrum_memory(const ntk_context *context, uint64_t *bytes, int64_t n, int64_t t,
                               const ntk_spectrum_options *options)
{
    ntk_spectrum_options own;
    uint64_t need = 0;
    NTK_REQUIRE(context);
    NTK_REQUIRE(bytes);
    if (n < 1) return ntk_fail(NTK_ERR_SHAPE, "%s: n is %lld, expected at least 1", __func__, (long long)n);
    if (t < 0) return ntk_fail(NTK_ERR_SHAPE, "%s: t is %lld, expected at least 0", __func__, (long long)t);
    NTK_TRY(read_options(&own, options, n, __func__));
    NTK_TRY(ntk_sizes_representable(add_memory(context, &need, n, t, own.intercept), n, 1, t, __func__));
    *bytes = need;
    return NTK_OK;
}

static void dispose(void *self)
{
    ntk_spectrum *spectrum = self;
    ntk_context *context = spectrum->base.context;
    ntk_free(context, spectrum->values);
    ntk_free(context, spectrum->coefficients);
    ntk_free(context, spectrum->ones);
    ntk_eigen_close(context, &spectrum->eigen);
}

static ntk_status check_data(const ntk_gram *gram, const ntk_matrix *y, const char *function)
{
    if (y) NTK_TRY(ntk_input_check(y, function, "y"));
    if (y) NTK_TRY(ntk_shape_check(y, gram->K.n, -1, function, "y"));
    if (y) NTK_TRY(ntk_finite_check(y, function, "y"));
    if (gram->storage != NTK_STORAGE_IMPLICIT) return NTK_OK;
    return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: gram is implicit, and eigenvalues take a matrix that is held", function);
}

ntk_status ntk_spectrum_create(ntk_context *context, ntk_spectrum **spectrum, const ntk_gram *gram, const ntk_matrix *y,
                               const ntk_spectrum_options *options)
{
    ntk_spectrum_options own;
    ntk_spectrum *made;
    ntk_work work;
    uint64_t bytes = 0;
    NTK_REQUIRE(spectrum);
    *spectrum = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(gram);
    NTK_TRY(check_data(gram, y, __func__));
    NTK_TRY(read_options(&own, options, gram->K.n, __func__));
    NTK_TRY(add_memory(context, &bytes, gram->K.n, y ? y->cols : 0, own.intercept));
    NTK_TRY(ntk_budget_check(context, bytes, "a spectrum"));
    NTK_TRY(ntk_object_create(context, &made, sizeof *made, dispose, "a spectrum"));
    made->samples = gram->K.n;
    made->intercept = own.intercept;
    made->light = own.light;
    made->modes = made->samples - made->intercept;
    made->targets = y ? y->cols : 0;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_status status = ntk_spectrum_decompose(made, gram, y, &lane, __func__);
    if (status < 0)
        ntk_release(made);
    else
        *spectrum = made;
    return status;
}

void ntk_spectrum_destroy(ntk_spectrum *spectrum)
{
    ntk_release(spectrum);
}
