/* The arc sine's polynomial, which the angles of all kernels share.  For files compiled once for each instruction set. */
#ifndef NTK_KERNEL_SIMD_ASIN_H
#define NTK_KERNEL_SIMD_ASIN_H

#include "core/vector.h"

/* (asin x - x) / x^3 as a polynomial in x^2 <= 1/4, minimax by Remez's algorithm: 2.4e-17 and 4.3e-10 relative to asin x. */
static const double NTK_ASIN_F64[] = {0.16666666666666545,   0.0750000000008852366,  0.0446428570176341301,
                                      0.0303819519030928283, 0.0223719196034704475,  0.0173574242287554593,
                                      0.0139064193147769924, 0.0120378572194887341,  0.00706652504818146284,
                                      0.0181263109173941747, -0.0141251552869234685, 0.0305356295724939073};
static const float NTK_ASIN_F32[] = {0.166666645038424308f,  0.0750027933810035421f, 0.0445547951868604004f,
                                     0.0315233558228567121f, 0.0154230948234679704f, 0.0362355327426829661f};

#define DEFINE_SERIES(V, TABLE)                                                             \
    static inline V V##_asin_series(V square)                                               \
    {                                                                                       \
        enum { TERMS = sizeof TABLE / sizeof TABLE[0] };                                    \
        V sum = V##_set(TABLE[TERMS - 1]);                                                  \
        for (int k = TERMS - 2; k >= 0; k--) sum = V##_fma(sum, square, V##_set(TABLE[k])); \
        return sum;                                                                         \
    }
DEFINE_SERIES(v64, NTK_ASIN_F64)
DEFINE_SERIES(v32, NTK_ASIN_F32)
#undef DEFINE_SERIES

#endif
