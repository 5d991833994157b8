#include "core/object.h"

#include "core/context.h"
#include "core/memory.h"
#include "core/status.h"

#include <string.h>

ntk_status ntk_object_create(ntk_context *context, void *object_out, size_t size, void (*dispose)(void *self), const char *what)
{
    ntk_object *object;
    memset(object_out, 0, sizeof object);
    NTK_TRY(ntk_allocate(context, &object, 1, (int64_t)size, what));
    memset(object, 0, size);
    atomic_init(&object->references, 1);
    object->context = context;
    object->dispose = dispose;
    ntk_context_retain(context);
    memcpy(object_out, &object, sizeof object);
    return NTK_OK;
}

void *ntk_retain(const void *object)
{
    /* counting is not a change that a reader can see */
    ntk_object *counted = (ntk_object *)(uintptr_t)object;
    if (counted) atomic_fetch_add_explicit(&counted->references, 1, memory_order_relaxed);
    return counted;
}

bool ntk_is_alone(const void *object)
{
    ntk_object *counted = (ntk_object *)(uintptr_t)object;
    return atomic_load_explicit(&counted->references, memory_order_acquire) == 1;
}

void ntk_release(void *object)
{
    ntk_object *counted = object;
    if (!counted || atomic_fetch_sub_explicit(&counted->references, 1, memory_order_acq_rel) != 1) return;
    ntk_context *context = counted->context;
    if (counted->dispose) counted->dispose(counted);
    ntk_free(context, counted);
    ntk_context_destroy(context);
}
