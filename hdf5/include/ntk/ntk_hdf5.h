/* libntk-hdf5: handles in HDF5 files.  A library of its own, which uses the other headers alone.
 *
 * A file is an HDF5 file, which h5py and h5dump open, with a user block of 512 bytes before it (docs/files.md): a magic number, the
 * length, and a checksum of the rest, which is verified before HDF5 sees a byte, since HDF5 itself may read what has changed on the way
 * without a word.  The arrays of ntk_X_export are its datasets, whose names are their paths.
 * Saving replaces a file as a whole or not at all: it writes another one beside it, makes that durable, and renames it.
 * HDF5 is used from one thread at a time; a program that uses it itself, and whose HDF5 is not thread-safe, must not do so meanwhile.
 *
 * Errors besides those of the handles' own export and import:
 * NTK_ERR_NULL    a pointer is NULL
 * NTK_ERR_IO      the file cannot be read, or written; the message has the system's or HDF5's reason.  What was at path before is
 *                 still there
 * NTK_ERR_FORMAT  the file is no such file, was cut, or has changed since it was saved
 * NTK_ERR_MEMORY  memory could not be had */
#ifndef NTK_NTK_HDF5_H
#define NTK_NTK_HDF5_H

#include <ntk/ntk.h>

NTK_BEGIN

/* Saves a handle to path. */
NTK_API ntk_status ntk_hdf5_save_network(const ntk_network *network, const char *path) NTK_MUST_CHECK;
NTK_API ntk_status ntk_hdf5_save_features(const ntk_features *features, const char *path) NTK_MUST_CHECK;
NTK_API ntk_status ntk_hdf5_save_kernel(const ntk_kernel *kernel, const char *path) NTK_MUST_CHECK;
NTK_API ntk_status ntk_hdf5_save_ridge(const ntk_ridge *ridge, const char *path) NTK_MUST_CHECK;
NTK_API ntk_status ntk_hdf5_save_training(const ntk_training *training, const char *path) NTK_MUST_CHECK;

/* What was saved, with the same numbers to the bit.  A handle with functions of the caller's is loaded by ntk_hdf5_load. */
NTK_API ntk_status ntk_hdf5_load_network(ntk_context *context, ntk_network **network, const char *path) NTK_MUST_CHECK;
NTK_API ntk_status ntk_hdf5_load_features(ntk_context *context, ntk_features **features, const char *path) NTK_MUST_CHECK;
NTK_API ntk_status ntk_hdf5_load_kernel(ntk_context *context, ntk_kernel **kernel, const char *path) NTK_MUST_CHECK;
NTK_API ntk_status ntk_hdf5_load_ridge(ntk_context *context, ntk_ridge **ridge, const char *path) NTK_MUST_CHECK;

/* The same of a training, which is given its samples again (ntk_training_import); one of a stream is loaded by ntk_hdf5_load and
 * ntk_training_import_stream. */
NTK_API ntk_status ntk_hdf5_load_training(ntk_context *context, ntk_training **training, const ntk_matrix *x,
                                          const ntk_matrix *y, const char *path, int32_t borrow) NTK_MUST_CHECK;

/* Saves what body writes to the sink that it is given, and returns what body does.  body is called once, and calls no other function
 * of this header. */
NTK_API ntk_status ntk_hdf5_save(const char *path, ntk_status (*body)(void *user, const ntk_sink *sink),
                                 void *user) NTK_MUST_CHECK;

/* Verifies and opens a file and has body read from the source that it is given: such as a copy of it that has a handle callback,
 * by ntk_kernel_import. */
NTK_API ntk_status ntk_hdf5_load(const char *path, ntk_status (*body)(void *user, const ntk_source *source),
                                 void *user) NTK_MUST_CHECK;

NTK_END

#endif
