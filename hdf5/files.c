/* Saving and loading: one file replaced as a whole, one verified and opened. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* HDF5 is a library of one thread at a time, unless it was built otherwise. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

ntk_status ntk_hdf5_fail(ntk_status status, const char *format, ...)
{
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return ntk_error_set(status, sentence);
}

/* HDF5 prints its errors unless it is told not to; the host's choice comes back. */
typedef struct quiet {
    H5E_auto2_t print;
    void *user;
} quiet;

static quiet begin_turn(void)
{
    quiet kept = {NULL, NULL};
    pthread_mutex_lock(&turn);
    H5Eget_auto2(H5E_DEFAULT, &kept.print, &kept.user);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return kept;
}

static void end_turn(const quiet *kept)
{
    H5Eset_auto2(H5E_DEFAULT, kept->print, kept->user);
    pthread_mutex_unlock(&turn);
}

static ntk_status require(const void *pointer, const char *function, const char *name)
{
    return pointer ? NTK_OK : ntk_hdf5_fail(NTK_ERR_NULL, "%s: %s is NULL", function, name);
}

static ntk_status fail_file(const char *path, const char *what)
{
    char reason[200];
    return ntk_hdf5_fail(NTK_ERR_IO, "%s cannot be %s: %s", path, what, ntk_hdf5_reason(reason, sizeof reason));
}

/* --- saving --- */

/* A new empty file beside path, whose name goes to beside. */
static ntk_status create_beside(const char *path, char *beside, size_t size)
{
    for (int k = 0; k < 1000; k++) {
        snprintf(beside, size, "%s.%ld.%d.part", path, (long)getpid(), k);
        int file = open(beside, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
        if (file >= 0) {
            close(file);
            return NTK_OK;
        }
        if (errno != EEXIST) break;
    }
    return ntk_hdf5_fail(NTK_ERR_IO, "%s cannot be written: %s", beside, strerror(errno));
}

/* The rename is durable once the folder is. */
static void sync_folder(const char *path)
{
    char *folder = strdup(path);
    if (!folder) return;
    char *slash = strrchr(folder, '/');
    if (slash) slash[slash == folder] = 0;
    int file = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (file < 0) return;
    fsync(file);
    close(file);
}

static ntk_status fill(const char *path, ntk_status (*body)(void *user, const ntk_sink *sink), void *user)
{
    ntk_sink sink = NTK_INIT(ntk_sink);
    hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_userblock(creation, NTK_HDF5_USER_BLOCK);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, creation, H5P_DEFAULT);
    H5Pclose(creation);
    if (file < 0) return fail_file(path, "written");
    sink.user = &file;
    sink.write = ntk_hdf5_write;
    ntk_status status = body(user, &sink);
    if (H5Fclose(file) < 0 && status >= 0) status = fail_file(path, "written");
    return status;
}

static ntk_status replace(const char *beside, const char *path)
{
    if (rename(beside, path) != 0) return ntk_hdf5_fail(NTK_ERR_IO, "%s cannot be replaced: %s", path, strerror(errno));
    sync_folder(path);
    return NTK_OK;
}

ntk_status ntk_hdf5_save(const char *path, ntk_status (*body)(void *user, const ntk_sink *sink), void *user)
{
    ntk_status status = require(path, __func__, "path");
    if (status >= 0 && !body) status = ntk_hdf5_fail(NTK_ERR_NULL, "%s: body is NULL", __func__);
    if (status < 0) return status;
    size_t size = strlen(path) + 64;
    char *beside = malloc(size);
    if (!beside) return ntk_hdf5_fail(NTK_ERR_MEMORY, "%s: %zu bytes for a file's name could not be had", __func__, size);
    status = create_beside(path, beside, size);
    if (status >= 0) {
        quiet kept = begin_turn();
        ntk_status body_status = fill(beside, body, user);
        end_turn(&kept);
        status = body_status < 0 ? body_status : ntk_hdf5_seal(beside);
        if (status >= 0) status = replace(beside, path);
        if (status < 0)
            unlink(beside);
        else
            status = body_status;
    }
    free(beside);
    return status;
}

/* --- loading --- */

static ntk_status read_file(const char *path, ntk_status (*body)(void *user, const ntk_source *source), void *user)
{
    ntk_source source = NTK_INIT(ntk_source);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0) return fail_file(path, "opened");
    source.user = &file;
    source.describe = ntk_hdf5_describe;
    source.read = ntk_hdf5_read;
    ntk_status status = body(user, &source);
    H5Fclose(file);
    return status;
}

ntk_status ntk_hdf5_load(const char *path, ntk_status (*body)(void *user, const ntk_source *source), void *user)
{
    ntk_status status = require(path, __func__, "path");
    if (status >= 0 && !body) status = ntk_hdf5_fail(NTK_ERR_NULL, "%s: body is NULL", __func__);
    if (status >= 0) status = ntk_hdf5_verify(path);
    if (status < 0) return status;
    quiet kept = begin_turn();
    status = read_file(path, body, user);
    end_turn(&kept);
    return status;
}
