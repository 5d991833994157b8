/* Parameters in stretches, each a task for one thread. */
#ifndef NTK_DYNAMICS_TRAINING_STRETCHES_H
#define NTK_DYNAMICS_TRAINING_STRETCHES_H

#include <stdint.h>

enum { NTK_STRETCH = 16384 };

static inline int64_t ntk_stretches(int64_t size)
{
    return (size - 1) / NTK_STRETCH + 1;
}

static inline int64_t ntk_stretch_count(int64_t size, int64_t index)
{
    int64_t left = size - index * NTK_STRETCH;
    return left < NTK_STRETCH ? left : NTK_STRETCH;
}

#endif
