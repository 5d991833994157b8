/* The library's handles, each by its export and import. */
#include "internal.h"

/* What an import is to make. */
typedef struct loading {
    ntk_context *context;
    void *handle;
} loading;

#define DEFINE_SAVING(NAME)                                                               \
    static ntk_status export_##NAME(void *user, const ntk_sink *sink)                     \
    {                                                                                     \
        return ntk_##NAME##_export(user, sink);                                           \
    }                                                                                     \
    ntk_status ntk_hdf5_save_##NAME(const ntk_##NAME *NAME, const char *path)             \
    {                                                                                     \
        if (!NAME) return ntk_hdf5_fail(NTK_ERR_NULL, "%s: " #NAME " is NULL", __func__); \
        return ntk_hdf5_save(path, export_##NAME, (void *)(uintptr_t)NAME);               \
    }

#define DEFINE_HANDLE(NAME)                                                                    \
    DEFINE_SAVING(NAME)                                                                        \
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

/* --- trainings: their samples are not in the file --- */

DEFINE_SAVING(training)

typedef struct training_loading {
    ntk_context *context;
    ntk_training *training;
    const ntk_matrix *x, *y;
    int32_t borrow;
} training_loading;

static ntk_status import_training(void *user, const ntk_source *source)
{
    training_loading *to = user;
    return ntk_training_import(to->context, &to->training, to->x, to->y, source, to->borrow);
}

ntk_status ntk_hdf5_load_training(ntk_context *context, ntk_training **training, const ntk_matrix *x, const ntk_matrix *y,
                                  const char *path, int32_t borrow)
{
    training_loading to = {context, NULL, x, y, borrow};
    if (!training) return ntk_hdf5_fail(NTK_ERR_NULL, "%s: training is NULL", __func__);
    *training = NULL;
    if (!context) return ntk_hdf5_fail(NTK_ERR_NULL, "%s: context is NULL", __func__);
    ntk_status status = ntk_hdf5_load(path, import_training, &to);
    *training = to.training;
    return status;
}
