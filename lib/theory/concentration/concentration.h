/* Kernel matrices beside their limits, as stages of a lane's work. */
#ifndef NTK_THEORY_CONCENTRATION_CONCENTRATION_H
#define NTK_THEORY_CONCENTRATION_CONCENTRATION_H

#include "gram/gram.h"
#include "gram/lanczos.h"

#include <ntk/concentration.h>

/* Steps of Lanczos' iteration at most, of fewer rows as many. */
enum { NTK_DEVIATION_STEPS = 300 };

/* K = L L^T in place.   NTK_ERR_SINGULAR  with a sentence that names the function and the first row without a pivot */
ntk_status ntk_limit_factor(const ntk_symmetric *K, const ntk_lane *lane, ntk_share share, const char *function);

/* found->largest = |L^-1 K_N L^-T - I|, K_N the gram's, and how near it is; L in double precision. */
ntk_status ntk_deviation_find(ntk_lanczos *found, const ntk_gram *gram, const ntk_symmetric *L, const ntk_lane *lane,
                              ntk_share share, const char *function);

/* Adds the bytes that it may hold, of a gram of dtype that holds its matrix or not, to a need. */
ntk_status ntk_deviation_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, bool held, int32_t dtype,
                                int64_t n, int64_t d);

/* found->largest = |L^-1|: one over the root of the smallest eigenvalue of L L^T. */
ntk_status ntk_inverse_norm_find(ntk_lanczos *found, const ntk_symmetric *L, const ntk_lane *lane, ntk_share share,
                                 const char *function);

/* What the networks of a sweep share.   options  with defaults   L  of the limit */
typedef struct ntk_concentration_setting {
    ntk_concentration_options options;
    const ntk_activation *activation;
    const ntk_matrix *x;
    const ntk_symmetric *L;
    const char *function;
} ntk_concentration_setting;

/* The caller's options, with defaults in place.   NTK_ERR_OPTION  one is outside its domain */
ntk_status ntk_concentration_options_read(ntk_concentration_options *own, const ntk_concentration_options *options,
                                          const char *function);

/* The limit that no kernel was given for, made under context.
 * NTK_ERR_UNSUPPORTED  it is known for samples of one length, and these have several */
ntk_status ntk_limit_create(const ntk_concentration_setting *setting, ntk_context *context, ntk_kernel **kernel);

/* Adds the bytes that its matrix holds, of this kernel or the given one, to held; *making becomes as many at least as its making takes, all
 * in all.  own gives memory for the query's own use, a few kilobytes; context is what the matrix will be made under. */
ntk_status ntk_limit_memory(const ntk_concentration_setting *setting, ntk_context *own, const ntk_context *context,
                            uint64_t *held, uint64_t *making, int64_t n, int64_t d);

/* Bytes of a sweep, whose setting has options, activation and function.   NTK_ERR_OVERFLOW  too many to be represented */
ntk_status ntk_concentration_need(const ntk_concentration_setting *setting, ntk_context *context, uint64_t *bytes, int64_t n,
                                  int64_t d);

/* Networks of so many samples are in work at a time; of more, one after the other, for the matrices' sake. */
enum { NTK_NETWORKS_AT_ONCE = 2048 };

/* Of one network, made under context.   numbers  of those below
 * NTK_NOTE_NOT_CONVERGED  without a sentence: one of them is not as near as it should be */
enum { NTK_REPLICATE_DEVIATION, NTK_REPLICATE_SMALLEST, NTK_REPLICATE_NUMBERS };
ntk_status ntk_concentration_measure(const ntk_concentration_setting *setting, ntk_context *context, double *numbers,
                                     int64_t width, uint64_t seed);

#endif
