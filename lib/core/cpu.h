/* Which of the compiled instruction sets this machine runs. */
#ifndef NTK_CORE_CPU_H
#define NTK_CORE_CPU_H

#include <stdbool.h>
#include <stdint.h>

typedef enum ntk_isa { NTK_ISA_INDEX_PORTABLE, NTK_ISA_INDEX_AVX2, NTK_ISA_INDEX_AVX512, NTK_ISA_COUNT } ntk_isa;

/* The best one that disabled (NTK_CPU_ bits) leaves. */
ntk_isa ntk_cpu_best(uint32_t disabled);

/* Whether a machine with AVX-512 has VPOPCNTDQ beside what that name stands for here. */
bool ntk_cpu_counts_bits(void);

const char *ntk_isa_name(ntk_isa isa);

/* Of the tables name_portable, name_avx2, ... the one of this instruction set. */
#if defined(__x86_64__)
#define NTK_OF_ISA(isa, name) \
    ((isa) == NTK_ISA_INDEX_AVX512 ? name##_avx512 : (isa) == NTK_ISA_INDEX_AVX2 ? name##_avx2 : name##_portable)
#else
#define NTK_OF_ISA(isa, name) ((void)(isa), name##_portable)
#endif

#endif
