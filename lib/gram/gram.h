/* The kernel matrix's inside, and its assembly for those who keep the matrix themselves. */
#ifndef NTK_GRAM_GRAM_H
#define NTK_GRAM_GRAM_H

#include "gram/storage.h"
#include "kernel/samples.h"

struct ntk_gram {
    ntk_object base;
    ntk_sample_set *set; /* retained; its samples' kernel is the gram's */
    int32_t storage;
    ntk_symmetric K; /* without data if the storage is implicit */
};

/* storage, one that holds the matrix, and dtype (0 allowed) of options.  function  for the sentence of an error */
ntk_status ntk_storage_check(int32_t storage, int32_t dtype, const char *function);

/* Fills K's lower triangle with the kernel of the samples with themselves, each pair once and in place, as one stage of the
 * lane's work from begin to end. */
ntk_status ntk_gram_assemble(const ntk_symmetric *K, ntk_samples *samples, const ntk_lane *lane, double begin, double end);

/* Adds the bytes that assembly may hold, beside K and the samples, to a need. */
ntk_status ntk_assemble_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int32_t storage,
                               int32_t dtype, int64_t n, int64_t d);

#endif
