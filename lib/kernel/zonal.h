/* Kernels by their Gegenbauer series, and the recurrence of these polynomials. */
#ifndef NTK_KERNEL_ZONAL_H
#define NTK_KERNEL_ZONAL_H

#include "kernel/kernel.h"

enum { NTK_ZONAL_MOST_DEGREES = 2048 };

/* Q_(k + 1) = up t Q_k - down Q_(k - 1), of d inputs: Q_k(1) = 1, and of d = 1 there is none from degree 2 on. */
typedef struct ntk_gegenbauer {
    double up, down;
} ntk_gegenbauer;

static inline ntk_gegenbauer ntk_gegenbauer_at(int64_t d, int64_t k)
{
    double j = (double)k, n = (double)d;
    if (k == 0) return (ntk_gegenbauer){1, 0};
    if (d == 1) return (ntk_gegenbauer){0, 0};
    return (ntk_gegenbauer){(2 * j + n - 2) / (j + n - 2), j / (j + n - 2)};
}

/* The shares of a kernel of ntk_kernel_create_zonal, and how many; NULL of others. */
const double *ntk_zonal_shares(const ntk_kernel *kernel, int64_t *degrees);

#endif
