/* Sizes compared and rounded. */
#ifndef NTK_CORE_SIZE_H
#define NTK_CORE_SIZE_H

#include <stdint.h>

static inline int64_t ntk_smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t ntk_larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Of sums of memory needs. */
static inline uint64_t ntk_most_bytes(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Bytes, up to the end of a cache line. */
static inline int64_t ntk_whole_lines(int64_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

#endif
