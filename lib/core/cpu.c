#include "core/cpu.h"

#include <ntk/context.h>

#if defined(__x86_64__)
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
}

ntk_isa ntk_cpu_best(uint32_t disabled)
{
    /* AVX-512 code is compiled with AVX2's instructions too */
    if (!(disabled & (NTK_CPU_AVX512 | NTK_CPU_AVX2)) && has_avx512()) return NTK_ISA_INDEX_AVX512;
    if (!(disabled & NTK_CPU_AVX2) && has_avx2()) return NTK_ISA_INDEX_AVX2;
    return NTK_ISA_INDEX_PORTABLE;
}

bool ntk_cpu_counts_bits(void)
{
    return has_avx512() && __builtin_cpu_supports("avx512vpopcntdq");
}
#else
ntk_isa ntk_cpu_best(uint32_t disabled)
{
    (void)disabled;
    return NTK_ISA_INDEX_PORTABLE;
}

bool ntk_cpu_counts_bits(void)
{
    return false;
}
#endif

const char *ntk_isa_name(ntk_isa isa)
{
    static const char *const names[NTK_ISA_COUNT] = {"portable", "avx2", "avx512"};
    return names[isa];
}
