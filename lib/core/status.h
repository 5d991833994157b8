/* Setting the calling thread's error sentence. */
#ifndef NTK_CORE_STATUS_H
#define NTK_CORE_STATUS_H

#include <ntk/status.h>

enum { NTK_MESSAGE_SIZE = 512 };

#if defined(__GNUC__)
#define NTK_PRINTF(template, arguments) __attribute__((format(printf, template, arguments), cold))
#else
#define NTK_PRINTF(template, arguments)
#endif

/* Sets the sentence and returns status, so that a failing call reads: return ntk_fail(NTK_ERR_VALUE, "...", ...). */
ntk_status ntk_fail(ntk_status status, const char *format, ...) NTK_PRINTF(2, 3);

/* Carries a worker thread's sentence to the thread that called the library. */
void ntk_set_message(const char *message);

#define NTK_TRY(call)                                  \
    do {                                               \
        ntk_status ntk_try_status = (call);            \
        if (ntk_try_status < 0) return ntk_try_status; \
    } while (0)

/* NTK_ERR_NULL naming the argument, if it is NULL. */
#define NTK_REQUIRE(argument)                                                                  \
    do {                                                                                       \
        if (!(argument)) return ntk_fail(NTK_ERR_NULL, "%s: %s is NULL", __func__, #argument); \
    } while (0)

#endif
