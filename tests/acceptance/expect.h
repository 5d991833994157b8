/* What the programs share: an end at the first thing that fails, and some data. */
#ifndef ACCEPTANCE_EXPECT_H
#define ACCEPTANCE_EXPECT_H

#include <math.h>
#include <ntk/ntk.h>
#include <stdio.h>
#include <stdlib.h>

#define TRY(call)                                                                               \
    do {                                                                                        \
        if ((call) < 0) {                                                                       \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, ntk_error_message()); \
            exit(1);                                                                            \
        }                                                                                       \
    } while (0)

#define EXPECT(condition, ...)                        \
    do {                                              \
        int held_ = (condition);                      \
        printf("%s ", held_ ? "held:  " : "FAILED:"); \
        printf(__VA_ARGS__);                          \
        printf("\n");                                 \
        if (!held_) exit(1);                          \
    } while (0)

/* count numbers in (-1, 1); free() gives them back. */
static inline double *numbers(int64_t count, uint64_t seed)
{
    double *x = malloc((size_t)count * sizeof *x);
    if (!x) exit(1);
    for (int64_t i = 0; i < count; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        x[i] = (double)(int64_t)(seed >> 11) * 0x1p-52 - 1;
    }
    return x;
}

#endif
