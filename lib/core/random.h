/* Counter-based random numbers: Philox4x32-10 of Random123 (Salmon et al. 2011).  A number depends on its seed, purpose,
 * layer and index alone, so any part of a sequence can be drawn by any thread; the bits are the same on every machine. */
#ifndef NTK_CORE_RANDOM_H
#define NTK_CORE_RANDOM_H

#include <stdint.h>

/* What a sequence is for.  Frozen: changing one changes every network. */
enum {
    NTK_RANDOM_HIDDEN = 1,
    NTK_RANDOM_OUTPUT = 2,
    NTK_RANDOM_HIDDEN_BIAS = 3,
    NTK_RANDOM_OUTPUT_BIAS = 4,
    NTK_RANDOM_POSTERIOR = 5,
    NTK_RANDOM_PIVOTS = 6,
    NTK_RANDOM_CENTRES = 7,
    NTK_RANDOM_START = 8,
    NTK_RANDOM_ROWS = 9,
    NTK_RANDOM_BATCHES = 10,
    NTK_RANDOM_SPECTRAL = 11,
    NTK_RANDOM_INPUTS = 12,
    NTK_RANDOM_NOISE = 13
};

typedef struct ntk_random {
    uint64_t seed;
    uint32_t purpose;
    uint32_t layer;
} ntk_random;

/* Number index of the sequence, uniform on (0, 1). */
double ntk_random_uniform(const ntk_random *random, int64_t index);

/* Numbers first, ..., first + count - 1 of the sequence. */
void ntk_random_normals(const ntk_random *random, double *out, int64_t first, int64_t count); /* N(0, 1) */
void ntk_random_signs(const ntk_random *random, double *out, int64_t first, int64_t count);   /* +-1 */

#endif
