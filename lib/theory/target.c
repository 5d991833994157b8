/* Degree energies of a function of one projection. */
#include "activation/activation.h"
#include "core/context.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"
#include "theory/sphere.h"

#include <float.h>
#include <math.h>
#include <ntk/theory.h>

typedef struct target {
    const ntk_activation *activation;
    double length;
} target;

static ntk_status values_of(void *argument, const ntk_lane *lane, double *values, const ntk_sphere_rule *rule)
{
    const target *f = argument;
    for (int64_t i = 0; i < rule->count; i++) values[i] = f->length * rule->sine[i];
    ntk_activation_evaluate(f->activation, lane->work->context->isa, NTK_F64, 0, values, values, rule->count);
    if (ntk_is_finite(values, NTK_F64, rule->count)) return NTK_OK;
    if (f->activation->family == NTK_FAMILY_USER)
        return ntk_fail(NTK_ERR_CALLBACK,
                        "ntk_theory_target_energies: an activation's function gave a number that is not finite");
    return ntk_fail(NTK_ERR_OVERFLOW, "ntk_theory_target_energies: the activation is too large to be represented at %g",
                    f->length);
}

static void find_kinks(ntk_sphere_expansion *of, const ntk_activation *activation, double length)
{
    bool user = activation->family == NTK_FAMILY_USER;
    of->break_count = user ? activation->user.kink_count : activation->family <= NTK_FAMILY_LEVELS;
    for (int64_t i = 0; i < of->break_count; i++)
        of->breaks[i] = ((user ? activation->kinks[i] : 0) - activation->shift) / activation->frequency / length;
}

static ntk_status write(const ntk_matrix *energies, const ntk_sphere_expansion *of)
{
    for (int64_t k = 0; k < of->degrees; k++) {
        double energy = of->parts[k] * of->parts[k];
        if (!(energy <= (energies->dtype == NTK_F64 ? DBL_MAX : (double)FLT_MAX)))
            return ntk_fail(NTK_ERR_OVERFLOW,
                            "ntk_theory_target_energies: the energy of degree %lld is too large to be represented",
                            (long long)k);
    }
    for (int64_t k = 0; k < of->degrees; k++)
        ntk_put(energies->data, energies->dtype, k * energies->stride, of->parts[k] * of->parts[k]);
    return NTK_OK;
}

ntk_status ntk_theory_target_energies(ntk_context *context, const ntk_matrix *energies, const ntk_activation *activation,
                                      int64_t d)
{
    NTK_REQUIRE(context);
    NTK_REQUIRE(activation);
    NTK_TRY(ntk_output_check(energies, __func__, "energies"));
    NTK_TRY(ntk_sphere_degrees_check(energies, 1, __func__, "energies"));
    NTK_TRY(ntk_sphere_check(d, __func__));
    target f = {activation, sqrt((double)d)};
    double accuracy = fmax(activation->accuracy, 64 * DBL_EPSILON);
    ntk_sphere_expansion of = {
        .function = values_of, .argument = &f, .d = d, .degrees = energies->rows, .accuracy = 16 * DBL_EPSILON};
    find_kinks(&of, activation, f.length);
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "degrees of a target", 1, 0, 1);
    NTK_TRY(ntk_sphere_expand(&of, &lane));
    ntk_status status = NTK_OK;
    if (of.error > accuracy * of.size)
        status =
            ntk_fail(NTK_ERR_UNSUPPORTED, "%s: the function varies too fast: its degrees reach an accuracy of %.1e, not %.1e",
                     __func__, of.error / of.size, accuracy);
    if (status >= 0) status = write(energies, &of);
    ntk_free(context, of.parts);
    return status;
}
