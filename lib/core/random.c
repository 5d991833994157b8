#include "core/random.h"

#include <math.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wunused-function"
#include <Random123/philox.h>
#include <Random123/u01fixedpt.h>
#include <sleef.h>
#pragma GCC diagnostic pop

static philox4x32_ctr_t block(const ntk_random *random, int64_t index)
{
    philox4x32_ctr_t counter = {{(uint32_t)(uint64_t)index, (uint32_t)((uint64_t)index >> 32), random->layer, random->purpose}};
    philox4x32_key_t key = {{(uint32_t)random->seed, (uint32_t)(random->seed >> 32)}};
    return philox4x32(counter, key);
}

static double open_uniform(uint32_t low, uint32_t high)
{
    return u01fixedpt_open_open_64_double((uint64_t)high << 32 | low);
}

double ntk_random_uniform(const ntk_random *random, int64_t index)
{
    philox4x32_ctr_t bits = block(random, index);
    return open_uniform(bits.v[0], bits.v[1]);
}

/* Box and Muller's pair of normals from one block, by SLEEF's functions that return the same bits with and without FMA. */
static void normal_pair(const ntk_random *random, int64_t index, double pair[2])
{
    philox4x32_ctr_t bits = block(random, index);
    double radius = sqrt(-2.0 * Sleef_cinz_logd1_u10purec(open_uniform(bits.v[0], bits.v[1])));
    double turn = 2.0 * open_uniform(bits.v[2], bits.v[3]);
    pair[0] = radius * Sleef_cinz_cospid1_u05purec(turn);
    pair[1] = radius * Sleef_cinz_sinpid1_u05purec(turn);
}

void ntk_random_normals(const ntk_random *random, double *out, int64_t first, int64_t count)
{
    double pair[2];
    for (int64_t i = 0; i < count; i++) {
        int64_t index = first + i;
        if (i == 0 || index % 2 == 0) normal_pair(random, index / 2, pair);
        out[i] = pair[index % 2];
    }
}

/* One bit a number: a block serves 128 of them. */
void ntk_random_signs(const ntk_random *random, double *out, int64_t first, int64_t count)
{
    philox4x32_ctr_t bits = {{0, 0, 0, 0}};
    for (int64_t i = 0; i < count; i++) {
        int64_t index = first + i, bit = index % 128;
        if (i == 0 || bit == 0) bits = block(random, index / 128);
        out[i] = bits.v[bit / 32] >> (bit % 32) & 1 ? -1.0 : 1.0;
    }
}
