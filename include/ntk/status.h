/* Status codes and the sentence that goes with them. */
#ifndef NTK_STATUS_H
#define NTK_STATUS_H

#include <ntk/api.h>

NTK_BEGIN

/* Zero: success.  Positive: a note, the outputs are valid.  Negative: an error; unless the call's comment says otherwise its
 * outputs are untouched, a handle it would have created is NULL, and the handles given to it stay usable. */
typedef int32_t ntk_status;

/* X(name, value, meaning).  Values are frozen; new ones are appended. */
#define NTK_STATUS_TABLE(X)                                                                \
    X(NTK_OK, 0, "success")                                                                \
    X(NTK_NOTE_NOT_CONVERGED, 1, "an iteration stopped before its tolerance")              \
    X(NTK_NOTE_DIVERGED, 2, "an iteration diverged; the last finite state is kept")        \
    X(NTK_NOTE_AT_BRACKET, 3, "the best value lies at the end of the searched range")      \
    X(NTK_NOTE_REFITTED, 4, "an update was ill-conditioned, so the model was refitted")    \
    X(NTK_ERR_NULL, -1, "a required pointer is NULL")                                      \
    X(NTK_ERR_SHAPE, -2, "a dimension does not fit")                                       \
    X(NTK_ERR_VALUE, -3, "a value is outside its domain, or an output may not be written") \
    X(NTK_ERR_DTYPE, -4, "a data type is unknown or does not fit")                         \
    X(NTK_ERR_OPTION, -5, "an option is unknown, or two contradict each other")            \
    X(NTK_ERR_MEMORY, -6, "memory could not be had, or the context's budget forbids it")   \
    X(NTK_ERR_OVERFLOW, -7, "a size or a number is too large to be represented")           \
    X(NTK_ERR_SINGULAR, -8, "a matrix is not positive definite to working precision")      \
    X(NTK_ERR_CANCELLED, -9, "the progress callback asked to stop")                        \
    X(NTK_ERR_UNSUPPORTED, -10, "the combination is not supported")                        \
    X(NTK_ERR_STATE, -11, "the handle is not in a state that allows the call")             \
    X(NTK_ERR_IO, -12, "a file could not be read or written")                              \
    X(NTK_ERR_FORMAT, -13, "a file is not what it should be")                              \
    X(NTK_ERR_CALLBACK, -14, "a callback reported failure")                                \
    X(NTK_ERR_INTERNAL, -15, "a library beneath reported an impossible error")

/* All of them. */
enum {
#define NTK_STATUS_VALUE(name, value, meaning) name = (value),
    NTK_STATUS_TABLE(NTK_STATUS_VALUE)
#undef NTK_STATUS_VALUE
};

/* The status's name, such as "NTK_ERR_SHAPE", or "unknown status".  The string is static. */
NTK_API const char *ntk_status_name(ntk_status status);

/* One sentence about the calling thread's last error or note: the argument, its value, what was expected.  Unchanged by
 * success; "" before the first error.  The string belongs to the thread and lasts until its next error or note. */
NTK_API const char *ntk_error_message(void);

/* Sets the calling thread's sentence, cut after 511 bytes, and returns status: for callbacks and companion libraries, which so report
 * as the library does.  message NULL: the sentence stays. */
NTK_API ntk_status ntk_error_set(ntk_status status, const char *message);

NTK_END

#endif
