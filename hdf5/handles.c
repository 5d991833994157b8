/* The library's handles, each by its export and import. */
#include "internal.h"

/* What an import is to make. */
typedef struct loading {
    ntk_context *context;
    void *handle;
} loading;

#define DEFINE_HANDLE(NAME)                                                                    \
    static ntk_status export_##NAME(void *user, const ntk_sink *sink)                          \
    {                                                                                          \
        return ntk_##NAME##_export(user, sink);                                                \
    }                                                                                          \
    ntk_status ntk_hdf5_save_##NAME(const ntk_##NAME *NAME, const char *path)                  \
    {                                                                                          \
        if (!NAME) return ntk_hdf5_fail(NTK_ERR_NULL, "%s: " #NAME " is NULL", __func__);      \
        return ntk_hdf5_save(path, export_##NAME, (void *)(uintptr_t)NAME);                    \
    }                                                                                          \
    static ntk_status import_##NAME(void *user, const ntk_source *source)                      \
    {                                                                                          \
        loading *to = user;                                                                    \
        ntk_##NAME *made = NULL;                                                               \
        ntk_status status = ntk_##NAME##_import(to->context, &made, source);                   \
        to->handle = made;                                                                     \
        return status;                                                                         \
    }                                                                                          \
    ntk_status ntk_hdf5_load_##NAME(ntk_context *context, ntk_##NAME **NAME, const char *path) \
    {                                                                                          \
        loading to = {context, NULL};                                                          \
        if (!NAME) return ntk_hdf5_fail(NTK_ERR_NULL, "%s: " #NAME " is NULL", __func__);      \
        *NAME = NULL;                                                                          \
        if (!context) return ntk_hdf5_fail(NTK_ERR_NULL, "%s: context is NULL", __func__);     \
        ntk_status status = ntk_hdf5_load(path, import_##NAME, &to);                           \
        *NAME = to.handle;                                                                     \
        return status;                                                                         \
    }

DEFINE_HANDLE(network)
DEFINE_HANDLE(features)
DEFINE_HANDLE(kernel)
DEFINE_HANDLE(ridge)
