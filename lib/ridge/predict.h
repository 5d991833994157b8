/* Predictions within other calls. */
#ifndef NTK_RIDGE_PREDICT_H
#define NTK_RIDGE_PREDICT_H

#include "ridge/ridge.h"

/* y = f(x) + b, of any number of rows, as stages of the lane's work. */
ntk_status ntk_ridge_predict_rows(const ntk_ridge *ridge, const ntk_lane *lane, const ntk_matrix *y, const ntk_matrix *x,
                                  const char *function);

/* The same of views that have been checked, as a call of its own, which for a few rows takes no memory. */
ntk_status ntk_ridge_predict_call(const ntk_ridge *ridge, const ntk_matrix *y, const ntk_matrix *x, const char *function);

#endif
