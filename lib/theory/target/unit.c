#include "theory/target/unit.h"

#include "core/context.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"
#include "theory/sphere.h"

#include <float.h>
#include <math.h>
#include <ntk/target.h>
#include <ntk/theory.h>
#include <string.h>

/* length  of sigma's argument where t = 1 */
typedef struct profile {
    const ntk_activation *activation;
    int order;
    double length;
    const char *function;
} profile;

static ntk_status check_values(const profile *f, const double *values, int64_t count)
{
    if (ntk_is_finite(values, NTK_F64, count)) return NTK_OK;
    if (f->activation->family == NTK_FAMILY_USER)
        return ntk_fail(NTK_ERR_CALLBACK, "%s: an activation's function gave a number that is not finite", f->function);
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: the activation is too large to be represented within %g of 0", f->function,
                    f->length);
}

static ntk_status values_of(void *argument, const ntk_lane *lane, double *values, const ntk_sphere_rule *rule)
{
    const profile *f = argument;
    for (int64_t i = 0; i < rule->count; i++) values[i] = f->length * rule->sine[i];
    ntk_activation_evaluate(f->activation, lane->work->context->isa, NTK_F64, f->order, values, values, rule->count);
    return check_values(f, values, rule->count);
}

static void find_kinks(ntk_sphere_expansion *of, const ntk_activation *activation, double length)
{
    bool user = activation->family == NTK_FAMILY_USER;
    of->break_count = user ? activation->user.kink_count : activation->family <= NTK_FAMILY_LEVELS;
    for (int64_t i = 0; i < of->break_count; i++)
        of->breaks[i] = ((user ? activation->kinks[i] : 0) - activation->shift) / activation->frequency / length;
}

static ntk_status on_sphere(const ntk_unit *unit, const ntk_lane *lane, double *parts, int64_t degrees, double *power,
                            const char *function)
{
    profile f = {unit->activation, unit->order, unit->length * sqrt((double)unit->d), function};
    double accuracy = fmax(unit->activation->accuracy, 64 * DBL_EPSILON);
    ntk_sphere_expansion of = {.function = values_of, .argument = &f, .d = unit->d, .degrees = degrees};
    of.accuracy = 16 * DBL_EPSILON;
    find_kinks(&of, unit->activation, f.length);
    NTK_TRY(ntk_sphere_expand(&of, lane));
    memcpy(parts, of.parts, (size_t)degrees * sizeof *parts);
    ntk_free(lane->work->context, of.parts);
    if (power) *power = of.size * of.size;
    if (of.error <= accuracy * of.size) return NTK_OK;
    return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: the function varies too fast: its degrees reach an accuracy of %.1e, not %.1e",
                    function, of.error / of.size, accuracy);
}

static ntk_status of_normals(const ntk_unit *unit, double *parts, int64_t degrees, double *power, const char *function)
{
    ntk_matrix view = ntk_matrix_f64(parts, degrees, 1);
    ntk_moments moments = NTK_INIT(ntk_moments);
    double q = unit->length * unit->length;
    NTK_TRY(ntk_activation_hermite(unit->activation, &view, unit->length));
    if (!power) return NTK_OK;
    if (!isfinite(q))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: weights of the length %g have a square that is too large to be represented",
                        function, unit->length);
    NTK_TRY(ntk_activation_moments(unit->activation, &moments, q, q, q));
    *power = moments.kappa;
    return NTK_OK;
}

/* sigma(0), of a zero vector */
static ntk_status of_constant(const ntk_unit *unit, const ntk_lane *lane, double *parts, int64_t degrees, double *power,
                              const char *function)
{
    profile f = {unit->activation, unit->order, 0, function};
    double value = 0;
    ntk_activation_evaluate(unit->activation, lane->work->context->isa, NTK_F64, f.order, &value, &value, 1);
    NTK_TRY(check_values(&f, &value, 1));
    for (int64_t k = 0; k < degrees; k++) parts[k] = 0;
    parts[0] = value;
    if (power) *power = value * value;
    return NTK_OK;
}

ntk_status ntk_unit_degrees(const ntk_unit *unit, const ntk_lane *lane, double *parts, int64_t degrees, double *power,
                            const char *function)
{
    if (unit->length == 0) return of_constant(unit, lane, parts, degrees, power, function);
    if (unit->law == NTK_INPUTS_SPHERE) return on_sphere(unit, lane, parts, degrees, power, function);
    return of_normals(unit, parts, degrees, power, function);
}

/* --- the call --- */

static ntk_status write(const ntk_matrix *energies, const double *parts)
{
    for (int64_t k = 0; k < energies->rows; k++) {
        double energy = parts[k] * parts[k];
        if (!(energy <= (energies->dtype == NTK_F64 ? DBL_MAX : (double)FLT_MAX)))
            return ntk_fail(NTK_ERR_OVERFLOW,
                            "ntk_theory_target_energies: the energy of degree %lld is too large to be represented",
                            (long long)k);
    }
    for (int64_t k = 0; k < energies->rows; k++)
        ntk_put(energies->data, energies->dtype, k * energies->stride, parts[k] * parts[k]);
    return NTK_OK;
}

ntk_status ntk_theory_target_energies(ntk_context *context, const ntk_matrix *energies, const ntk_activation *activation,
                                      int64_t d)
{
    double *parts;
    NTK_REQUIRE(context);
    NTK_REQUIRE(activation);
    NTK_TRY(ntk_output_check(energies, __func__, "energies"));
    NTK_TRY(ntk_sphere_degrees_check(energies, 1, __func__, "energies"));
    NTK_TRY(ntk_sphere_check(d, __func__));
    const ntk_unit unit = {.activation = activation, .length = 1, .law = NTK_INPUTS_SPHERE, .d = d};
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "degrees of a target", 1, 0, 1);
    NTK_TRY(ntk_allocate(context, &parts, energies->rows, sizeof *parts, "degrees of a target"));
    ntk_status status = ntk_unit_degrees(&unit, &lane, parts, energies->rows, NULL, __func__);
    if (status >= 0) status = write(energies, parts);
    ntk_free(context, parts);
    return status;
}
