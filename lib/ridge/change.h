/* Models whose data change: what comes next is made whole beside the model, and then takes its place. */
#ifndef NTK_RIDGE_CHANGE_H
#define NTK_RIDGE_CHANGE_H

#include "ridge/ridge.h"

/* A change under way.
 * next    the model to be, without data yet
 * lender  whose factor has memory for next's new rows, so that next has its data, which it must not give back; NULL: none
 * room    rows that a factor made for next has memory for
 * x, y    its data, contiguous: in the model's dtype, and in double precision
 * x_room  rows that x has memory for;  lent: it is the model's, whose samples are its first rows
 * start   of an ITERATIVE: the coefficients and responses to a constant that the samples had, 0 of new ones; a row each */
typedef struct ntk_ridge_change {
    ntk_ridge *ridge, *next, *lender;
    int64_t room;
    const ntk_lane *lane;
    const char *function;
    ntk_matrix x, y;
    int64_t x_room;
    bool lent;
    double *start;
} ntk_ridge_change;

/* Room for data of so many rows; more than a DUAL has are for an append.  After a failure, too, the caller closes. */
ntk_status ntk_change_open(ntk_ridge_change *change, ntk_ridge *ridge, const ntk_lane *lane, int64_t rows,
                           const char *function);
void ntk_change_close(ntk_ridge_change *change);

/* Rows to, ..., of the data to be: the model's from row first on, or the caller's.
 * NTK_ERR_OVERFLOW  a number of x is too large for the model's dtype */
void ntk_change_keep(ntk_ridge_change *change, int64_t to, int64_t first, int64_t count);
ntk_status ntk_change_take(ntk_ridge_change *change, int64_t to, const ntk_matrix *x, const ntk_matrix *y);

/* Fits next to the data anew. */
ntk_status ntk_change_refit(ntk_ridge_change *change);

/* Next of a DUAL by an update of its factor: without rows first, ..., first + count - 1, as far as samples and factor; or with the last
 * m of the data behind the others, whole, by a fit where they depend on others.
 * NTK_NOTE_REFITTED  it was a fit */
ntk_status ntk_change_shrink(ntk_ridge_change *change, const ntk_lane *lane, int64_t first, int64_t count);
ntk_status ntk_change_extend(ntk_ridge_change *change, const ntk_lane *lane, int64_t m);

/* Whether an update by count of n rows costs less than a fit, whose products are BLAS's. */
bool ntk_change_is_small(int64_t count, int64_t n);

/* The checks of x and y that are to be added to a model that is not light. */
ntk_status ntk_change_check(const ntk_ridge *ridge, const ntk_matrix *x, const ntk_matrix *y, const char *function);

/* The samples of a DUAL's next, and, when it has its factor, its solution. */
ntk_status ntk_change_samples(ntk_ridge_change *change);
ntk_status ntk_change_solve(ntk_ridge_change *change, double begin);

/* Puts next in the model's place. */
void ntk_change_commit(ntk_ridge_change *change);

#endif
