/* Activations of the caller's functions. */
#include "activation/activation.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/status.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

_Static_assert(sizeof(ntk_activation_functions) == 72 && offsetof(ntk_activation_functions, value) == 8 &&
                   offsetof(ntk_activation_functions, derivative) == 16 &&
                   offsetof(ntk_activation_functions, second_derivative) == 24 &&
                   offsetof(ntk_activation_functions, kinks) == 32 && offsetof(ntk_activation_functions, kink_count) == 40 &&
                   offsetof(ntk_activation_functions, user) == 48 && offsetof(ntk_activation_functions, release_user) == 56 &&
                   offsetof(ntk_activation_functions, accuracy) == 64,
               "the layout of ntk_activation_functions is frozen");

/* Each adds panels to every integral. */
enum { MOST_KINKS = 64 };

static ntk_status check_functions(const ntk_activation_functions *f)
{
    if (!f->value) return ntk_fail(NTK_ERR_OPTION, "ntk_activation_create_user: value is NULL, expected a function");
    if (!f->derivative) return ntk_fail(NTK_ERR_OPTION, "ntk_activation_create_user: derivative is NULL, expected a function");
    if (f->kink_count < 0 || f->kink_count > MOST_KINKS)
        return ntk_fail(NTK_ERR_OPTION, "ntk_activation_create_user: kink_count is %lld, expected 0 to %d",
                        (long long)f->kink_count, MOST_KINKS);
    if (f->kink_count > 0 && !f->kinks)
        return ntk_fail(NTK_ERR_OPTION, "ntk_activation_create_user: kinks is NULL and kink_count %lld",
                        (long long)f->kink_count);
    for (int64_t i = 0; i < f->kink_count; i++)
        if (!isfinite(f->kinks[i]) || (i > 0 && !(f->kinks[i] > f->kinks[i - 1])))
            return ntk_fail(NTK_ERR_OPTION,
                            "ntk_activation_create_user: kinks[%lld] is %g, expected finite numbers that increase",
                            (long long)i, f->kinks[i]);
    return NTK_OK;
}

static void dispose(void *self)
{
    ntk_activation *activation = self;
    ntk_free(activation->base.context, activation->kinks);
    if (activation->user.release_user) activation->user.release_user(activation->user.user);
}

static ntk_status copy_kinks(ntk_activation *made, const ntk_activation_functions *own)
{
    if (own->kink_count == 0) return NTK_OK;
    NTK_TRY(ntk_allocate(made->base.context, &made->kinks, own->kink_count, sizeof(double), "an activation's kinks"));
    memcpy(made->kinks, own->kinks, (size_t)own->kink_count * sizeof(double));
    return NTK_OK;
}

ntk_status ntk_activation_create_user(ntk_context *context, ntk_activation **activation,
                                      const ntk_activation_functions *functions)
{
    ntk_activation_functions own;
    ntk_activation *made;
    double accuracy = 0;
    NTK_REQUIRE(activation);
    *activation = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(functions);
    NTK_TRY(ntk_options_read(&own, sizeof own, sizeof own, functions, "ntk_activation_functions"));
    NTK_TRY(check_functions(&own));
    NTK_TRY(ntk_activation_accuracy(&accuracy, own.accuracy, __func__));
    NTK_TRY(ntk_object_create(context, &made, sizeof *made, dispose, "an activation"));
    made->family = NTK_FAMILY_USER;
    made->scale = made->frequency = 1;
    made->accuracy = accuracy;
    ntk_status status = copy_kinks(made, &own);
    if (status < 0) {
        ntk_release(made);
        return status;
    }
    made->user = own;
    made->user.kinks = made->kinks;
    *activation = made;
    return NTK_OK;
}
