/* Handles as named arrays, which the caller's functions write somewhere and read again. */
#ifndef NTK_SINK_H
#define NTK_SINK_H

#include <ntk/status.h>

NTK_BEGIN

/* What an array's elements are; values are frozen.  TEXT: bytes of UTF-8, without a final NUL. */
enum { NTK_ARRAY_F64 = 1, NTK_ARRAY_F32 = 2, NTK_ARRAY_I64 = 3, NTK_ARRAY_TEXT = 4 };

/* A named array.  The layout is frozen.
 * name   words of a-z, 0-9 and _ with '/' between them, such as "kernel/activation/scale": groups that may be made of them nest.
 *        Belongs to the caller of the callback, for its duration
 * type   as above
 * rank   0: a number; 1: shape[0] of them; 2: shape[0] rows of shape[1].  No array is empty
 * stride elements between the beginnings of two rows
 * data   of ntk_sink.write: the elements */
typedef struct ntk_array {
    const char *name;
    const void *data;
    int32_t type;
    int32_t rank;
    int64_t shape[2];
    int64_t stride;
} ntk_array;

/* Where a handle's arrays go.  The callbacks are called by the thread that calls the library, one after the other.
 * write  puts an array away; every name comes once.  Returns 0; or a negative ntk_status, with which the call ends, its sentence
 *        being the callback's (ntk_error_set); or a positive number: NTK_ERR_CALLBACK
 * user   its first argument */
typedef struct ntk_sink {
    size_t struct_size;
    void *user;
    int (*write)(void *user, const ntk_array *array);
} ntk_sink;

/* Where a handle's arrays come from.  As above; what is read is checked, so that a source may hold anything.
 * user      the first argument of describe and read
 * describe  for array->name sets type, rank and shape, and returns 0; positive: there is no such array; negative: failure as of write
 * read      writes the elements of an array so described to data, row after row without gaps; returns as write does
 * handle    NULL, or gives what no array can hold: for the name of an activation of the caller's functions (such as
 *           "kernel/activation") a const ntk_activation *, for that of a kernel of the caller's functions a const ntk_kernel *, or NULL
 *           if there is none.  The library takes its own reference
 * handle_user  its first argument */
typedef struct ntk_source {
    size_t struct_size;
    void *user;
    int (*describe)(void *user, ntk_array *array);
    int (*read)(void *user, const ntk_array *array, void *data);
    const void *(*handle)(void *user, const char *name);
    void *handle_user;
} ntk_source;

NTK_END

#endif
