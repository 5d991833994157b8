#include "kernel/rescale.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"
#include "kernel/composite.h"

#include <string.h>

/* --- values, one after the other --- */

static bool is_within(double value, ntk_scale_domain domain)
{
    switch (domain) {
    case NTK_SCALE_ANY:
        return true;
    case NTK_SCALE_NOT_NEGATIVE:
        return value >= 0;
    case NTK_SCALE_POSITIVE:
        return value > 0;
    case NTK_SCALE_ZERO:
        return value == 0;
    }
    return false;
}

ntk_status ntk_rescaling_take(ntk_rescaling *from, const double **values, int64_t count, ntk_scale_domain domain)
{
    static const char *const expected[] = {"any", "a number that is not negative", "a positive number",
                                           "0, since the kernel is of NTK_PARAM_LECTURE"};
    *values = from->values + from->next;
    for (int64_t i = 0; i < count; i++)
        if (!is_within((*values)[i], domain))
            return ntk_fail(NTK_ERR_VALUE, "%s: values holds %g at row %lld, expected %s", from->function, (*values)[i],
                            (long long)(from->next + i), expected[domain]);
    from->next += count;
    return NTK_OK;
}

ntk_status ntk_rescale(ntk_rescaling *from, ntk_kernel **made, const ntk_kernel *kernel)
{
    if (kernel->operations->rescale) return kernel->operations->rescale(from, made, kernel);
    *made = ntk_retain(kernel);
    return NTK_OK;
}

void ntk_kernel_read_scales(const ntk_kernel *kernel, double *values)
{
    if (kernel->operations->scale_values) kernel->operations->scale_values(kernel, values);
}

ntk_status ntk_kernel_with_scales(ntk_context *context, ntk_kernel **made, const ntk_kernel *kernel, const double *values,
                                  const char *function)
{
    ntk_rescaling from = {.context = context, .values = values, .function = function};
    *made = NULL;
    return ntk_rescale(&from, made, kernel);
}

/* --- kernels made of others: their own numbers, then their terms' --- */

void ntk_composite_scale_values(const ntk_kernel *kernel, double *values)
{
    int64_t own = ntk_composite_own_scales(kernel);
    memcpy(values, ((const ntk_composite *)kernel)->numbers, (size_t)own * sizeof *values);
    values += own;
    for (int64_t t = 0; t < kernel->term_count; t++) {
        const ntk_kernel *term = kernel->terms[t];
        ntk_kernel_read_scales(term, values);
        values += term->operations->scales(term);
    }
}

ntk_status ntk_composite_rescale(ntk_rescaling *from, ntk_kernel **made, const ntk_kernel *kernel)
{
    ntk_kernel **terms;
    const double *numbers;
    int64_t own = ntk_composite_own_scales(kernel), count = kernel->term_count, ready = 0;
    NTK_TRY(
        ntk_rescaling_take(from, &numbers, own, kernel->operations->signed_scales ? NTK_SCALE_ANY : NTK_SCALE_NOT_NEGATIVE));
    NTK_TRY(ntk_allocate(from->context, &terms, count, sizeof *terms, "a kernel's terms"));
    ntk_status status = NTK_OK;
    while (status >= 0 && ready < count) {
        status = ntk_rescale(from, &terms[ready], kernel->terms[ready]);
        ready += status >= 0;
    }
    if (status >= 0)
        status = kernel->operations->remake(from->context, made, (const ntk_kernel *const *)terms, count, numbers, own);
    for (int64_t t = 0; t < ready; t++) ntk_release(terms[t]);
    ntk_free(from->context, terms);
    return status;
}

/* --- the calls --- */

/* values has a row for each scale, of which there are some. */
static ntk_status check(const ntk_kernel *kernel, const ntk_matrix *values, const char *function)
{
    if (!kernel->operations->scales)
        return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: the kernel has no derivatives by scales", function);
    if (kernel->operations->scales(kernel) == 0)
        return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: the kernel, being finite, of given levels or a caller's, has no scales",
                        function);
    return ntk_shape_check(values, kernel->operations->scales(kernel), 1, function, "values");
}

ntk_status ntk_kernel_scale_values(const ntk_kernel *kernel, const ntk_matrix *values)
{
    double *numbers;
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_output_check(values, __func__, "values"));
    NTK_TRY(check(kernel, values, __func__));
    ntk_context *context = kernel->base.context;
    NTK_TRY(ntk_allocate(context, &numbers, values->rows, sizeof *numbers, "a kernel's scales"));
    ntk_kernel_read_scales(kernel, numbers);
    ntk_status status = NTK_OK;
    for (int64_t s = 0; status >= 0 && s < values->rows; s++)
        status = ntk_write_row(values, s, 0, &numbers[s], NTK_F64, 1, __func__, "values");
    ntk_free(context, numbers);
    return status;
}

ntk_status ntk_kernel_create_scaled(ntk_context *context, ntk_kernel **scaled, const ntk_kernel *kernel,
                                    const ntk_matrix *values)
{
    double *numbers;
    NTK_REQUIRE(scaled);
    *scaled = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_input_check(values, __func__, "values"));
    NTK_TRY(check(kernel, values, __func__));
    NTK_TRY(ntk_finite_check(values, __func__, "values"));
    NTK_TRY(ntk_allocate(context, &numbers, values->rows, sizeof *numbers, "a kernel's scales"));
    ntk_convert_matrix(numbers, 1, NTK_F64, values);
    ntk_status status = ntk_kernel_with_scales(context, scaled, kernel, numbers, __func__);
    ntk_free(context, numbers);
    return status;
}
