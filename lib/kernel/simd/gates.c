#include "kernel/simd/gates.h"

#include "core/vector.h"

#include <stddef.h>

#define DEFINE_PACK(NAME, REAL, V, LANES)                                                                           \
    static void NAME(uint64_t *positive, uint64_t *negative, int32_t totals[2], const void *numbers, int64_t count) \
    {                                                                                                               \
        const REAL *u = numbers;                                                                                    \
        for (int64_t first = 0; first < count; first += 64) {                                                       \
            int64_t here = count - first < 64 ? count - first : 64;                                                 \
            uint64_t above = 0, below = 0;                                                                          \
            for (int64_t k = 0; k < here; k += LANES) {                                                             \
                int64_t rest = here - k;                                                                            \
                V v = rest < LANES ? V##_load_part(u + first + k, rest) : V##_load(u + first + k);                  \
                above |= (uint64_t)V##_bits(V##_less(V##_set(0), v)) << k;                                          \
                below |= (uint64_t)V##_bits(V##_less(v, V##_set(0))) << k;                                          \
            }                                                                                                       \
            positive[first / 64] = above;                                                                           \
            if (negative) negative[first / 64] = below;                                                             \
            totals[0] += __builtin_popcountll(above);                                                               \
            totals[1] += __builtin_popcountll(below);                                                               \
        }                                                                                                           \
    }

DEFINE_PACK(pack_f64, double, v64, V64_LANES)
DEFINE_PACK(pack_f32, float, v32, V32_LANES)

/* Four samples at a time, so that a word of x is read once for them. */
#define DEFINE_COUNT(NAME, ATTRIBUTES, VECTOR, WORDS, ZERO, SHARED, SUM)                                                 \
    ATTRIBUTES static void NAME(int32_t *counts, const uint64_t *x, const uint64_t *rows, int64_t stride, int64_t count, \
                                int64_t words)                                                                           \
    {                                                                                                                    \
        int64_t j = 0;                                                                                                   \
        for (; j + 4 <= count; j += 4) {                                                                                 \
            const uint64_t *r = rows + j * stride;                                                                       \
            VECTOR s0 = ZERO, s1 = s0, s2 = s0, s3 = s0;                                                                 \
            for (int64_t k = 0; k < words; k += (WORDS)) {                                                               \
                s0 = SHARED(s0, x + k, r + k);                                                                           \
                s1 = SHARED(s1, x + k, r + stride + k);                                                                  \
                s2 = SHARED(s2, x + k, r + 2 * stride + k);                                                              \
                s3 = SHARED(s3, x + k, r + 3 * stride + k);                                                              \
            }                                                                                                            \
            counts[j] += (int32_t)SUM(s0);                                                                               \
            counts[j + 1] += (int32_t)SUM(s1);                                                                           \
            counts[j + 2] += (int32_t)SUM(s2);                                                                           \
            counts[j + 3] += (int32_t)SUM(s3);                                                                           \
        }                                                                                                                \
        for (; j < count; j++) {                                                                                         \
            VECTOR sum = ZERO;                                                                                           \
            for (int64_t k = 0; k < words; k += (WORDS)) sum = SHARED(sum, x + k, rows + j * stride + k);                \
            counts[j] += (int32_t)SUM(sum);                                                                              \
        }                                                                                                                \
    }

#if defined(NTK_ISA_PORTABLE)

static inline int64_t shared(int64_t sum, const uint64_t *a, const uint64_t *b)
{
    return sum + __builtin_popcountll(*a & *b);
}

#define SAME(sum) (sum)
DEFINE_COUNT(count_bits, , int64_t, 1, 0, shared, SAME)
#define COUNTED NULL

#elif defined(NTK_ISA_AVX2)

/* bits of each half byte from a table, summed by bytes: Mula, Kurz and Lemire 2018 */
static inline __m256i shared(__m256i sum, const uint64_t *a, const uint64_t *b)
{
    const __m256i table =
        _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i low = _mm256_set1_epi8(15);
    __m256i v = _mm256_and_si256(_mm256_loadu_si256((const __m256i *)(const void *)a),
                                 _mm256_loadu_si256((const __m256i *)(const void *)b));
    __m256i bytes = _mm256_add_epi8(_mm256_shuffle_epi8(table, _mm256_and_si256(v, low)),
                                    _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(v, 4), low)));
    return _mm256_add_epi64(sum, _mm256_sad_epu8(bytes, _mm256_setzero_si256()));
}

static inline int64_t sum_of(__m256i sum)
{
    __m128i half = _mm_add_epi64(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    return _mm_cvtsi128_si64(half) + _mm_extract_epi64(half, 1);
}

DEFINE_COUNT(count_bits, , __m256i, 4, _mm256_setzero_si256(), shared, sum_of)
#define COUNTED NULL

#else

static inline __m512i both(const uint64_t *a, const uint64_t *b)
{
    return _mm512_and_si512(_mm512_loadu_si512(a), _mm512_loadu_si512(b));
}

static inline __m512i shared(__m512i sum, const uint64_t *a, const uint64_t *b)
{
    const __m512i table = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    const __m512i low = _mm512_set1_epi8(15);
    __m512i v = both(a, b);
    __m512i bytes = _mm512_add_epi8(_mm512_shuffle_epi8(table, _mm512_and_si512(v, low)),
                                    _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(v, 4), low)));
    return _mm512_add_epi64(sum, _mm512_sad_epu8(bytes, _mm512_setzero_si512()));
}

#define COUNTING __attribute__((target("avx512vpopcntdq")))
COUNTING static inline __m512i shared_counted(__m512i sum, const uint64_t *a, const uint64_t *b)
{
    return _mm512_add_epi64(sum, _mm512_popcnt_epi64(both(a, b)));
}

DEFINE_COUNT(count_bits, , __m512i, 8, _mm512_setzero_si512(), shared, _mm512_reduce_add_epi64)
DEFINE_COUNT(count_bits_counted, COUNTING, __m512i, 8, _mm512_setzero_si512(), shared_counted, _mm512_reduce_add_epi64)
#define COUNTED count_bits_counted

#endif

const ntk_gate_loops NTK_ISA_NAME(ntk_gate_loops)[] = {{{pack_f64, pack_f32}, count_bits, COUNTED}};
