/* Sums over pairs of vectors of functions of their inner product, degree by degree. */
#ifndef NTK_THEORY_TARGET_PAIRS_H
#define NTK_THEORY_TARGET_PAIRS_H

#include "core/parallel.h"

/* R_k(a, b), of s = scale <a, b>:
 * SPHERE    Q_k(s), the Gegenbauer polynomial of d inputs
 * GAUSSIAN  M_k(a, b), the reproducing kernel of Hermite polynomials of degree k: with G = sum_k r^k M_k =
 *           (1 - r^2)^(-d/2) exp((r s - r^2 h) / (1 - r^2)), h = (|a|^2 + |b|^2) / 2 (Mehler),
 *           (1 - r^2)^2 G' = (d r (1 - r^2) + s (1 + r^2) - 2 r h) G
 * POWERS    s^k */
typedef enum ntk_pair_function { NTK_PAIRS_SPHERE, NTK_PAIRS_GAUSSIAN, NTK_PAIRS_POWERS } ntk_pair_function;

/* rows, cols  of d numbers each;  apart: they are the same, and none is paired with itself
 * row_halves, col_halves  |a|^2 / 2, of GAUSSIAN
 * factors     NULL: take gets R_k of row and count cols from first on, degree by degree; or of each degree, and take gets
 *             sum_k factors[k] R_k with a degree of 0
 * take        is called by one task for a row, in the order of cols and degrees */
typedef struct ntk_degree_pairs ntk_degree_pairs;
struct ntk_degree_pairs {
    ntk_pair_function function;
    int64_t d, degrees, row_count, col_count;
    const double *rows, *cols, *row_halves, *col_halves, *factors;
    double scale;
    bool apart;
    void (*take)(const ntk_degree_pairs *pairs, int64_t row, int64_t first, int64_t degree, const double *values,
                 int64_t count);
    void *argument;
};

/* In a stage whose units are the rows. */
ntk_status ntk_degree_pairs_run(const ntk_degree_pairs *pairs, const ntk_lane *lane);

/* halves[i] = |x_i|^2 / 2 of n rows of d numbers. */
void ntk_degree_halves(double *halves, const double *x, int64_t n, int64_t d);

/* sum += a b, and squares += (a b)^2, of count numbers. */
void ntk_degree_add(double *sum, double *squares, const double *a, const double *b, int64_t count);

#endif
