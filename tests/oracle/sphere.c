/* Functions of t = <x, x'> / d for x, x' on the sphere of radius sqrt(d), by degrees: products and Rodrigues' formula. */
#include "oracle.h"

#include <math.h>

static const long double PI = 3.14159265358979323846264338327950288L;

long double oracle_multiplicity(int64_t d, int64_t k)
{
    long double b = k > 0 ? (long double)(2 * k + d - 2) / (long double)k : 1;
    for (int64_t i = 1; i < k; i++) b *= (long double)(d - 2 + i) / (long double)i;
    return b;
}

long double oracle_ramp_degree(int64_t d, int64_t k, int order)
{
    long double n = (long double)d, top = (long double)k + (n - 3) / 2;
    int64_t least = 2 - order, p = (k - least) / 2;
    if (k == 0 && order == 0) return expl(lgammal(n / 2) - lgammal((n + 1) / 2)) / (2 * sqrtl(PI));
    if (k == 1 - order) return order ? 0.5L : 1 / (2 * n);
    if (k < least || (k - least) % 2) return 0;
    long double log_value = lgammal(n / 2) - logl(PI) / 2 - (long double)k * logl(2) - lgammal((long double)k + (n - 1) / 2);
    log_value += lgammal((long double)(k - least) + 1);
    for (int64_t i = 0; i < p; i++) log_value += logl((top - (long double)i) / (long double)(i + 1));
    return (p % 2 ? -1 : 1) * expl(log_value);
}

long double oracle_relu_level(int64_t d, int64_t k, int32_t part)
{
    long double n = (long double)d, j = (long double)k, value = oracle_ramp_degree(d, k, 0);
    long double up = oracle_ramp_degree(d, k + 1, 1), down = k > 0 ? oracle_ramp_degree(d, k - 1, 1) : 0;
    if (part == NTK_PART_RF) return n * value * value;
    if (k == 0) return up * up;
    return ((j + n - 2) * up * up + j * down * down) / (2 * j + n - 2);
}
