/* Reference counts: how a handle keeps alive what it was made from. */
#ifndef NTK_CORE_OBJECT_H
#define NTK_CORE_OBJECT_H

#include <ntk/context.h>
#include <stdatomic.h>
#include <stdbool.h>

/* The first member of every handle but the context. */
typedef struct ntk_object {
    atomic_int references;
    ntk_context *context;
    void (*dispose)(void *self); /* gives back the members, not the object; may be NULL */
} ntk_object;

/* A zeroed object of size bytes with one reference; it retains context. */
ntk_status ntk_object_create(ntk_context *context, void *object_out, size_t size, void (*dispose)(void *self),
                             const char *what);

/* Returns object; NULL is fine. */
void *ntk_retain(const void *object);

/* Whether nobody else has a reference. */
bool ntk_is_alone(const void *object);

/* Gives one reference back; the last one destroys.  NULL is fine. */
void ntk_release(void *object);

#endif
