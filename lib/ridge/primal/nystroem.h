/* Nystroem models, made of what a reader gives. */
#ifndef NTK_RIDGE_PRIMAL_NYSTROEM_H
#define NTK_RIDGE_PRIMAL_NYSTROEM_H

#include "ridge/primal/normal.h"
#include "ridge/primal/stream.h"

/* A fit: the primal one of psi(x) = L^-1 K(z, x).
 * options  checked; their dtype is not 0
 * m, rows  centres, at most so many until they are drawn, and rows of a batch
 * centres  z beside the samples of a batch
 * rests    of a batch: K(x, x) - |psi|^2, or errors squared
 * rest_sum, diagonal_sum  over the samples so far, and the largest rest */
typedef struct ntk_nystroem {
    ntk_ridge *ridge;
    const ntk_kernel *kernel;
    const ntk_lane *lane;
    ntk_stream_reader *reader;
    const ntk_nystroem_options *options;
    int64_t m, rows;
    ntk_samples centres;
    ntk_normal normal;
    double *rests, rest_sum, diagonal_sum, largest_rest;
} ntk_nystroem;

/* The stages of a fit, from 0 to 1: those that make the model, and those that judge it.  After a failure, too, the caller closes. */
ntk_status ntk_nystroem_fit(ntk_nystroem *job);
ntk_status ntk_nystroem_estimate(ntk_nystroem *job);
void ntk_nystroem_close(ntk_nystroem *job);

/* z (job->m x inputs, in the stream's dtype) = samples drawn from all, as a stage from begin to end; job->m becomes smaller where
 * there are fewer. */
ntk_status ntk_nystroem_draw(ntk_nystroem *job, void *z, double begin, double end);

/* The batch's psi, to normal.Phi, and its rests; sums are added if wanted.  They count ntk_nystroem_units a sample. */
ntk_status ntk_nystroem_map(ntk_nystroem *job);
int64_t ntk_nystroem_units(const ntk_nystroem *job);

/* Rows in one task of substitution, so that a BLAS without threads has tasks enough, and one with threads long ones. */
int64_t ntk_nystroem_task(const ntk_lane *lane);

/* Adds the bytes that the degrees of freedom may hold beside the rest of a fit, or the whole fit, to a need. */
ntk_status ntk_degrees_memory(const ntk_context *context, uint64_t *bytes, int32_t dtype, int64_t m);
ntk_status ntk_nystroem_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t m, int64_t rows,
                               int64_t d, int64_t t, const ntk_nystroem_options *options);

#endif
