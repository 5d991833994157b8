/* The target handle's inside: what each kind of target supplies. */
#ifndef NTK_THEORY_TARGET_TARGET_H
#define NTK_THEORY_TARGET_TARGET_H

#include "core/object.h"
#include "core/parallel.h"
#include "theory/target/law.h"

/* What is asked of a target's degrees: options of which samples is set. */
typedef struct ntk_degree_call {
    const ntk_target *target;
    const ntk_lane *lane;
    ntk_degree_options options;
    const char *function;
} ntk_degree_call;

/* values    y = f(x) of n samples, contiguous, of any lane; not checked to be finite, but for what a callback gives
 * memory    adds the bytes that values may hold to a need, but for those of a network's layers; NULL: none
 * energies  of each degree value and error, and total, if it is not NULL
 * project   P_{<=degree} f of n samples, and errors
 * The last two are stages of the lane's work. */
typedef struct ntk_target_operations {
    ntk_status (*values)(const ntk_target *target, const ntk_lane *lane, double *y, const double *x, int64_t n,
                         const char *function);
    ntk_status (*memory)(const ntk_target *target, const ntk_context *context, uint64_t *bytes, int64_t n);
    ntk_status (*energies)(const ntk_degree_call *call, double *energies, int64_t degrees, double *total);
    ntk_status (*project)(const ntk_degree_call *call, double *values, double *errors, const double *x, int64_t n,
                          int64_t degree);
} ntk_target_operations;

struct ntk_target {
    ntk_object base;
    const ntk_target_operations *operations;
    int64_t inputs;
};

/* The larger of two numbers; NaN where one of them is, which fmax would hide: something overflowed. */
static inline double ntk_larger_number(double a, double b)
{
    return a >= b ? a : b >= a ? b : a + b;
}

/* y = f(x) within other calls, also in their tasks: x  n x d, contiguous.  It counts no units, but can be stopped.
 * NTK_ERR_OVERFLOW  f(x) is too large to be represented
 * Others as of ntk_target_evaluate. */
ntk_status ntk_target_values(const ntk_target *target, const ntk_lane *lane, double *y, const double *x, int64_t n,
                             const char *function);

/* Adds the bytes that it may hold, but for those of a network's layers, to a need. */
ntk_status ntk_target_values_memory(const ntk_target *target, const ntk_context *context, uint64_t *bytes, int64_t n);

/* The caller's options, with defaults in place.   NTK_ERR_OPTION  one is outside its domain */
ntk_status ntk_degree_options_of(ntk_degree_options *own, const ntk_degree_options *options, const char *function);

/* NTK_ERR_VALUE unless degree is 0 to 2047. */
ntk_status ntk_degree_check(int64_t degree, const char *function);

/* The views of energies and total, which may be NULL. */
ntk_status ntk_energies_check(const ntk_matrix *energies, const ntk_matrix *total, const char *function);

/* Writes values and errors, two numbers a degree, and those of total.  NTK_ERR_OVERFLOW  one is not finite in its type; outputs are
 * untouched */
ntk_status ntk_energies_write(const ntk_matrix *energies, const ntk_matrix *total, const double *numbers, const double *sum,
                              const char *function);

/* The same of a projection's views, and of its numbers. */
ntk_status ntk_projection_check(const ntk_matrix *values, const ntk_matrix *errors, const ntk_matrix *x, int64_t degree,
                                const char *function, const char *name);
ntk_status ntk_projection_write(const ntk_matrix *values, const ntk_matrix *errors, const double *numbers,
                                const double *deviations, const char *function);

#endif
