/* Losses L(f) of outputs f on targets y, both n x m, n samples of m outputs. */
#ifndef NTK_LOSS_H
#define NTK_LOSS_H

#include <ntk/api.h>

NTK_BEGIN

/* MEAN       (1/n) sum_i |f_i - y_i|^2: the lecture's section 1
 * HALF_SUM   1/2 sum_i |f_i - y_i|^2: its section 2
 * HALF_MEAN  1/(2 n m) sum_i |f_i - y_i|^2: neural-tangents'
 * LOGISTIC   (1/n) sum_i sum_o log(1 + exp(-y_io f_io)), y_io = 1 or -1; of training alone
 * SOFTMAX    -(1/n) sum_i sum_o y_io log(exp(f_io) / sum_p exp(f_ip)), the rows of y not negative and of sum 1, m at least 2; of
 *            training alone */
enum { NTK_LOSS_MEAN = 0, NTK_LOSS_HALF_SUM = 1, NTK_LOSS_HALF_MEAN = 2, NTK_LOSS_LOGISTIC = 3, NTK_LOSS_SOFTMAX = 4 };

NTK_END

#endif
