/* Vectors of one instruction set, for files that are compiled once for each (NTK_ISA_PORTABLE, _AVX2, _AVX512).
 *
 * For f64 (v64_) and f32 (v32_) alike: the type, v_LANES, load and store of all or of the first count lanes (the rest loads as
 * 0), set, arithmetic, and elementary functions to about 1 ULP from SLEEF, or from libm in the portable set (which alone has
 * acos).  A portable vector is
 * one number.  + - * / work as operators.  min and max give their second argument where one is NaN.  Masks are a type of their
 * own. */
#ifndef NTK_CORE_VECTOR_H
#define NTK_CORE_VECTOR_H

#include <stdint.h>

/* name of this instruction set's version of a function */
#define NTK_CONCATENATE_(a, b) a##_##b
#define NTK_CONCATENATE(a, b) NTK_CONCATENATE_(a, b)
#define NTK_ISA_NAME(name) NTK_CONCATENATE(name, NTK_ISA)

/* one line a function: a table */
/* clang-format off */
#if defined(NTK_ISA_PORTABLE)

#include <math.h>

typedef double v64;
typedef float v32;
typedef int v64_mask;
typedef int v32_mask;
enum { V64_LANES = 1, V32_LANES = 1 };

#define NTK_VECTOR_FUNCTIONS(V, REAL, SUFFIX)                                                                          \
    static inline V V##_load(const REAL *p) { return *p; }                                                             \
    static inline void V##_store(REAL *p, V a) { *p = a; }                                                             \
    static inline V V##_load_part(const REAL *p, int64_t count) { return count > 0 ? *p : 0; }                         \
    static inline void V##_store_part(REAL *p, V a, int64_t count) { if (count > 0) *p = a; }                          \
    static inline V V##_set(REAL a) { return a; }                                                                      \
    static inline REAL V##_sum(V a) { return a; }                                                                      \
    static inline V V##_fma(V a, V b, V c) { return a * b + c; }                                                       \
    static inline V V##_product_error(V a, V b, V product) { return fma##SUFFIX(a, b, -product); }                         \
    static inline V V##_sqrt(V a) { return sqrt##SUFFIX(a); }                                                          \
    static inline V V##_abs(V a) { return fabs##SUFFIX(a); }                                                           \
    static inline V V##_min(V a, V b) { return a < b ? a : b; }                                                        \
    static inline V V##_max(V a, V b) { return a > b ? a : b; }                                                        \
    static inline V##_mask V##_less(V a, V b) { return a < b; }                                                        \
    static inline V V##_select(V##_mask m, V a, V b) { return m ? a : b; }                                             \
    static inline uint32_t V##_bits(V##_mask m) { return (uint32_t)m; }                                                \
    static inline V V##_acos(V a) { return acos##SUFFIX(a); }                                                          \
    static inline V V##_atan(V a) { return atan##SUFFIX(a); }                                                          \
    static inline V V##_erf(V a) { return erf##SUFFIX(a); }                                                            \
    static inline V V##_exp(V a) { return exp##SUFFIX(a); }                                                            \
    static inline V V##_expm1(V a) { return expm1##SUFFIX(a); }                                                        \
    static inline V V##_erfc(V a) { return erfc##SUFFIX(a); }                                                          \
    static inline V V##_tanh(V a) { return tanh##SUFFIX(a); }                                                          \
    static inline V V##_log1p(V a) { return log1p##SUFFIX(a); }                                                        \
    static inline V V##_sin(V a) { return sin##SUFFIX(a); }                                                            \
    static inline V V##_cos(V a) { return cos##SUFFIX(a); }

NTK_VECTOR_FUNCTIONS(v64, double, )
NTK_VECTOR_FUNCTIONS(v32, float, f)

#else

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include <immintrin.h>
#include <sleef.h>
#pragma GCC diagnostic pop

#if defined(NTK_ISA_AVX512)

typedef __m512d v64;
typedef __m512 v32;
typedef __mmask8 v64_mask;
typedef __mmask16 v32_mask;
enum { V64_LANES = 8, V32_LANES = 16 };

#define NTK_VECTOR_FUNCTIONS(V, REAL, S, MASK)                                                            \
    static inline V##_mask V##_first(int64_t count) { return (MASK)((UINT32_C(1) << (unsigned)count) - 1); }           \
    static inline V V##_load_part(const REAL *p, int64_t count) { return _mm512_maskz_loadu_##S(V##_first(count), p); } \
    static inline void V##_store_part(REAL *p, V a, int64_t count) { _mm512_mask_storeu_##S(p, V##_first(count), a); } \
    static inline REAL V##_sum(V a) { return _mm512_reduce_add_##S(a); }                                               \
    static inline V V##_abs(V a) { return _mm512_abs_##S(a); }                                                         \
    static inline V##_mask V##_less(V a, V b) { return _mm512_cmp_##S##_mask(a, b, _CMP_LT_OQ); }                      \
    static inline V V##_select(V##_mask m, V a, V b) { return _mm512_mask_blend_##S(m, b, a); }                        \
    static inline uint32_t V##_bits(V##_mask m) { return (uint32_t)m; }
#define NTK_PREFIX(name) _mm512_##name
#define NTK_SLEEF64(name) Sleef_##name##d8_u10avx512f
#define NTK_SLEEF32(name) Sleef_##name##f16_u10avx512f
#define NTK_SLEEF64_15(name) Sleef_##name##d8_u15avx512f
#define NTK_SLEEF32_15(name) Sleef_##name##f16_u15avx512f

NTK_VECTOR_FUNCTIONS(v64, double, pd, __mmask8)
NTK_VECTOR_FUNCTIONS(v32, float, ps, __mmask16)

#elif defined(NTK_ISA_AVX2)

typedef __m256d v64;
typedef __m256 v32;
typedef __m256d v64_mask;
typedef __m256 v32_mask;
enum { V64_LANES = 4, V32_LANES = 8 };

static inline __m256i v64_first(int64_t count)
{
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(count), _mm256_setr_epi64x(0, 1, 2, 3));
}

static inline __m256i v32_first(int64_t count)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

static inline double v64_sum(v64 a)
{
    __m128d half = _mm_add_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));
    return _mm_cvtsd_f64(_mm_add_sd(half, _mm_unpackhi_pd(half, half)));
}

static inline float v32_sum(v32 a)
{
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

#define NTK_VECTOR_FUNCTIONS(V, REAL, S)                                                                               \
    static inline V V##_load_part(const REAL *p, int64_t count) { return _mm256_maskload_##S(p, V##_first(count)); }   \
    static inline void V##_store_part(REAL *p, V a, int64_t count) { _mm256_maskstore_##S(p, V##_first(count), a); }   \
    static inline V V##_abs(V a) { return _mm256_andnot_##S(_mm256_set1_##S((REAL)-0.0), a); }                         \
    static inline V##_mask V##_less(V a, V b) { return _mm256_cmp_##S(a, b, _CMP_LT_OQ); }                             \
    static inline V V##_select(V##_mask m, V a, V b) { return _mm256_blendv_##S(b, a, m); }                            \
    static inline uint32_t V##_bits(V##_mask m) { return (uint32_t)_mm256_movemask_##S(m); }
#define NTK_PREFIX(name) _mm256_##name
#define NTK_SLEEF64(name) Sleef_##name##d4_u10avx2
#define NTK_SLEEF32(name) Sleef_##name##f8_u10avx2
#define NTK_SLEEF64_15(name) Sleef_##name##d4_u15avx2
#define NTK_SLEEF32_15(name) Sleef_##name##f8_u15avx2

NTK_VECTOR_FUNCTIONS(v64, double, pd)
NTK_VECTOR_FUNCTIONS(v32, float, ps)

#else
#error "no instruction set was named"
#endif

#define NTK_VECTOR_COMMON(V, REAL, S, SLEEF, SLEEF15)                                                                           \
    static inline V V##_load(const REAL *p) { return NTK_PREFIX(loadu_##S)(p); }                                       \
    static inline void V##_store(REAL *p, V a) { NTK_PREFIX(storeu_##S)(p, a); }                                       \
    static inline V V##_set(REAL a) { return NTK_PREFIX(set1_##S)(a); }                                                \
    static inline V V##_fma(V a, V b, V c) { return NTK_PREFIX(fmadd_##S)(a, b, c); }                                  \
    static inline V V##_product_error(V a, V b, V product) { return NTK_PREFIX(fmsub_##S)(a, b, product); }                \
    static inline V V##_sqrt(V a) { return NTK_PREFIX(sqrt_##S)(a); }                                                  \
    static inline V V##_min(V a, V b) { return NTK_PREFIX(min_##S)(a, b); }                                            \
    static inline V V##_max(V a, V b) { return NTK_PREFIX(max_##S)(a, b); }                                            \
    static inline V V##_atan(V a) { return SLEEF(atan)(a); }                                                           \
    static inline V V##_erf(V a) { return SLEEF(erf)(a); }                                                             \
    static inline V V##_exp(V a) { return SLEEF(exp)(a); }                                                             \
    static inline V V##_expm1(V a) { return SLEEF(expm1)(a); }                                                         \
    static inline V V##_erfc(V a) { return SLEEF15(erfc)(a); }                                                         \
    static inline V V##_tanh(V a) { return SLEEF(tanh)(a); }                                                           \
    static inline V V##_log1p(V a) { return SLEEF(log1p)(a); }                                                         \
    static inline V V##_sin(V a) { return SLEEF(sin)(a); }                                                             \
    static inline V V##_cos(V a) { return SLEEF(cos)(a); }

NTK_VECTOR_COMMON(v64, double, pd, NTK_SLEEF64, NTK_SLEEF64_15)
NTK_VECTOR_COMMON(v32, float, ps, NTK_SLEEF32, NTK_SLEEF32_15)

#endif
/* clang-format on */

#endif
