/* What the passes share: the chunk's arrays, products, and sweeps over rows. */
#ifndef NTK_NETWORK_PASS_PARTS_H
#define NTK_NETWORK_PASS_PARTS_H

#include "core/blas.h"
#include "network/passes.h"

/* --- the chunk's arrays (passes.c) --- */

/* Arrays of all layers' neurons, rows x N_l of each layer, one row behind the other: h_l; sigma'(z_l) and sigma''(z_l), which are not
 * there if they follow from h_l; the directional derivatives of z_l and h_l, of order 2.  Without the hidden layers' derivatives there
 * is h alone. */
enum { NTK_PASS_OUTPUTS, NTK_PASS_SLOPES, NTK_PASS_BENDS, NTK_PASS_INPUT_CHANGES, NTK_PASS_OUTPUT_CHANGES, NTK_PASS_ARRAYS };

/* NULL: it is not there. */
void *ntk_pass_array(const ntk_passes *passes, int array, int64_t layer);

/* Rooms of rows x N_l each, for neighbouring layers in turn: of order 1 one room a layer, of order 2 which of two. */
void *ntk_pass_room(const ntk_passes *passes, int which, int64_t layer);

/* Address of parameter index in a vector of the part's parameters, or NULL if it is not among them. */
void *ntk_pass_part(const ntk_passes *passes, const void *vector, int64_t index);

/* Where the output weights and biases begin in the parameters. */
int64_t ntk_pass_output_weights(const ntk_passes *passes);
int64_t ntk_pass_output_biases(const ntk_passes *passes);

static inline bool ntk_pass_has_hidden(const ntk_passes *passes)
{
    return passes->part != NTK_PART_RF;
}

static inline bool ntk_pass_has_output(const ntk_passes *passes)
{
    return passes->part != NTK_PART_NT;
}

/* What layer reads: h of the layer before it, or x; its columns are as many as the layer has inputs. */
const void *ntk_pass_input(const ntk_passes *passes, const ntk_chunk *chunk, int64_t layer, int64_t *stride);

/* --- products (pass_product.c) --- */

/* C = alpha op(A) op(B) + beta C, as in core/blas.h.  In parallel, in parts so that it can be stopped. */
typedef struct ntk_pass_product {
    int32_t dtype;
    ntk_transpose ta, tb;
    int64_t m, n, k;
    double alpha;
    const void *a;
    int64_t lda;
    const void *b;
    int64_t ldb;
    double beta;
    void *c;
    int64_t ldc;
} ntk_pass_product;

ntk_status ntk_pass_multiply(const ntk_lane *lane, const ntk_pass_product *product);

/* out (rows x N_l) = beta out + factor in W^T for layer's weights, or for others of their shape at w. */
ntk_status ntk_pass_into(const ntk_passes *passes, const ntk_lane *lane, int64_t layer, int64_t rows, const void *in,
                         int64_t ldin, const void *w, double beta, void *out);

/* out (rows x N_(l-1)) = beta out + factor b W, likewise. */
ntk_status ntk_pass_out_of(const ntk_passes *passes, const ntk_lane *lane, int64_t layer, int64_t rows, const void *b,
                           const void *w, double beta, void *out);

/* g (N_l x N_(l-1)) = beta g + factor b^T in. */
ntk_status ntk_pass_outer(const ntk_passes *passes, const ntk_lane *lane, int64_t layer, int64_t rows, const void *b,
                          const void *in, int64_t ldin, double beta, void *g);

/* Of the output weights a (outputs x N_L), or others of their shape: y = beta y + gamma h a^T; t = beta t + gamma u a; and
 * g = beta g + gamma u^T h. */
ntk_status ntk_pass_read_out(const ntk_passes *passes, const ntk_lane *lane, int64_t rows, const void *h, const void *a,
                             double beta, void *y);
ntk_status ntk_pass_read_back(const ntk_passes *passes, const ntk_lane *lane, int64_t rows, const void *u, const void *a,
                              double beta, void *t);
ntk_status ntk_pass_read_outer(const ntk_passes *passes, const ntk_lane *lane, int64_t rows, const void *u, const void *h,
                               double beta, void *g);

/* --- sweeps --- */

/* Rows of a layer in work: of one task, at least the number below, and so many of them that are swept while the first cache keeps
 * them. */
enum { NTK_PASS_LEAST_ROWS = 16 };
int64_t ntk_pass_task_rows(int64_t neurons);
int64_t ntk_pass_group_rows(int64_t neurons);

/* Numbers that are derived at a time. */
enum { NTK_PASS_PIECE = 1024 };

/* sigma'(z) or sigma''(z) (order 1, 2) of at most that many numbers of a layer, from number first on of its rows.  They are in room, which
 * has place for them in either precision, or where forward put them. */
const void *ntk_pass_derivatives(const ntk_passes *passes, const ntk_lane *lane, int order, int64_t layer, int64_t first,
                                 int64_t count, double *room);

/* Weighted sums of rows, task by task so that their order depends on the sizes alone: a task clears its sum and adds to it, and then
 * g = factor times the sum of all, or has that added.   which  0 or 1: there are two at a time */
void *ntk_pass_sums(const ntk_passes *passes, int which);
void ntk_pass_sums_clear(const ntk_passes *passes, int which, int64_t task, int64_t neurons);
void ntk_pass_sums_add(const ntk_passes *passes, int which, int64_t task, int64_t neurons, double weight, const void *row);
void ntk_pass_sums_combine(const ntk_passes *passes, const ntk_lane *lane, int which, int64_t task, int64_t neurons,
                           int64_t rows, const void *weights, const void *from);
void ntk_pass_sums_write(const ntk_passes *passes, int which, int64_t tasks, int64_t neurons, double factor, bool add, void *g);

/* Of output biases, if there are any: y_io += output_bias c_o; and g_o = output_bias sum_i u_io, or added to g.  c, g and u (for 0) may be
 * NULL. */
void ntk_pass_add_biases(const ntk_passes *passes, int64_t rows, const void *c, void *y);
void ntk_pass_sum_biases(const ntk_passes *passes, int64_t rows, const void *u, bool add, void *g);

#endif
