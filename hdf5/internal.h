/* What the companion's files share. */
#ifndef NTK_HDF5_INTERNAL_H
#define NTK_HDF5_INTERNAL_H

#include <hdf5.h>
#include <ntk/ntk_hdf5.h>
#include <stddef.h>

/* Sets the sentence and returns status. */
ntk_status ntk_hdf5_fail(ntk_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- the user block: user_block.c --- */

enum { NTK_HDF5_USER_BLOCK = 512 };

/* Writes the user block of a file that HDF5 has closed, and makes all of it durable. */
ntk_status ntk_hdf5_seal(const char *path);

/* NTK_ERR_IO, NTK_ERR_FORMAT unless the file is as it was sealed. */
ntk_status ntk_hdf5_verify(const char *path);

/* --- datasets: datasets.c.  user is the file --- */

int ntk_hdf5_write(void *user, const ntk_array *array);
int ntk_hdf5_describe(void *user, ntk_array *array);
int ntk_hdf5_read(void *user, const ntk_array *array, void *data);

/* HDF5's first reason for the last failure, or "". */
const char *ntk_hdf5_reason(char *buffer, size_t size);

#endif
