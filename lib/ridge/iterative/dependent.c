#include "ridge/iterative/dependent.h"

#include "core/status.h"

#include <math.h>

/* Rows or columns between two chances to stop. */
enum { ROWS_PER_ADVANCE = 64 };

static ntk_status ask(const ntk_lane *lane, int64_t done)
{
    return done % ROWS_PER_ADVANCE == ROWS_PER_ADVANCE - 1 ? ntk_advance(lane, 0) : NTK_OK;
}

static void swap_numbers(double *a, double *b)
{
    double held = *a;
    *a = *b;
    *b = held;
}

/* Rows and columns i and k > i of the lower triangle, whose first i columns are the factor's. */
static void exchange(ntk_dependent *f, int64_t i, int64_t k)
{
    double *G = f->G;
    int64_t ld = f->ld, row = f->order[i];
    f->order[i] = f->order[k], f->order[k] = row;
    for (int64_t j = 0; j < i; j++) swap_numbers(&G[i * ld + j], &G[k * ld + j]);
    for (int64_t j = i + 1; j < k; j++) swap_numbers(&G[j * ld + i], &G[k * ld + j]);
    for (int64_t j = k + 1; j < f->size; j++) swap_numbers(&G[j * ld + i], &G[j * ld + k]);
    swap_numbers(&G[i * ld + i], &G[k * ld + k]);
}

static void scale(ntk_dependent *f)
{
    for (int64_t i = 0; i < f->size; i++) {
        double entry = f->G[i * f->ld + i];
        f->scales[i] = entry > 0 && isfinite(entry) ? 1 / sqrt(entry) : 0;
        f->order[i] = i;
    }
    for (int64_t i = 0; i < f->size; i++)
        for (int64_t j = 0; j <= i; j++) f->G[i * f->ld + j] *= f->scales[i] * f->scales[j];
    for (int64_t i = 0; i < f->size; i++) f->G[i * f->ld + i] = f->scales[i] > 0 ? 1 : 0;
}

ntk_status ntk_dependent_factor(ntk_dependent *f, double least, const ntk_lane *lane)
{
    double *G = f->G;
    int64_t ld = f->ld;
    scale(f);
    for (f->rank = 0; f->rank < f->size; f->rank++) {
        int64_t i = f->rank, best = i;
        for (int64_t k = i + 1; k < f->size; k++)
            if (G[k * ld + k] > G[best * ld + best]) best = k;
        if (!(G[best * ld + best] > least)) return NTK_OK;
        if (best != i) exchange(f, i, best);
        double root = sqrt(G[i * ld + i]);
        G[i * ld + i] = root;
        for (int64_t k = i + 1; k < f->size; k++) G[k * ld + i] /= root;
        for (int64_t k = i + 1; k < f->size; k++)
            for (int64_t j = i + 1; j <= k; j++) G[k * ld + j] -= G[k * ld + i] * G[j * ld + i];
        NTK_TRY(ask(lane, i));
    }
    return NTK_OK;
}

ntk_status ntk_dependent_solve(const ntk_dependent *f, double *b, int64_t ldb, int64_t cols, double *room, const ntk_lane *lane)
{
    const double *L = f->G;
    int64_t r = f->rank, ld = f->ld;
    for (int64_t c = 0; c < cols; c++) {
        for (int64_t i = 0; i < r; i++) {
            room[i] = b[f->order[i] * ldb + c] * f->scales[f->order[i]];
            for (int64_t j = 0; j < i; j++) room[i] -= L[i * ld + j] * room[j];
            room[i] /= L[i * ld + i];
        }
        for (int64_t i = r - 1; i >= 0; i--) {
            for (int64_t j = i + 1; j < r; j++) room[i] -= L[j * ld + i] * room[j];
            room[i] /= L[i * ld + i];
        }
        for (int64_t i = 0; i < f->size; i++) b[i * ldb + c] = 0;
        for (int64_t i = 0; i < r; i++) b[f->order[i] * ldb + c] = room[i] * f->scales[f->order[i]];
        NTK_TRY(ask(lane, c));
    }
    return NTK_OK;
}

/* Rows of L^-T by back substitution, in the places of the rows that they are of. */
ntk_status ntk_dependent_basis(const ntk_dependent *f, double *C, const ntk_lane *lane)
{
    const double *L = f->G;
    int64_t r = f->rank, ld = f->ld;
    for (int64_t i = 0; i < f->size * r; i++) C[i] = 0;
    for (int64_t i = r - 1; i >= 0; i--) {
        double *row = C + f->order[i] * r;
        for (int64_t c = i; c < r; c++) {
            double sum = c == i ? 1 : 0;
            for (int64_t j = i + 1; j <= c; j++) sum -= L[j * ld + i] * C[f->order[j] * r + c];
            row[c] = sum / L[i * ld + i];
        }
        NTK_TRY(ask(lane, i));
    }
    for (int64_t i = 0; i < r; i++)
        for (int64_t c = 0; c < r; c++) C[f->order[i] * r + c] *= f->scales[f->order[i]];
    return NTK_OK;
}
