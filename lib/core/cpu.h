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

/* Row number row of the table of this instruction set: name_portable, name_avx2, ... */
#if defined(__x86_64__)
#define NTK_OF_ISA(isa, name, row)                       \
    ((isa) == NTK_ISA_INDEX_AVX512 ? &name##_avx512[row] \
     : (isa) == NTK_ISA_INDEX_AVX2 ? &name##_avx2[row]   \
                                   : &name##_portable[row])
#else
#define NTK_OF_ISA(isa, name, row) ((void)(isa), &name##_portable[row])
#endif

#endif
