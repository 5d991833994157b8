/* Dense solves and quadrature nodes in long double. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int factor(long double *L, int64_t n)
{
    for (int64_t j = 0; j < n; j++) {
        for (int64_t k = 0; k < j; k++) L[j * n + j] -= L[j * n + k] * L[j * n + k];
        if (!(L[j * n + j] > 0)) return 1;
        L[j * n + j] = sqrtl(L[j * n + j]);
        for (int64_t i = j + 1; i < n; i++) {
            for (int64_t k = 0; k < j; k++) L[i * n + j] -= L[i * n + k] * L[j * n + k];
            L[i * n + j] /= L[j * n + j];
        }
    }
    return 0;
}

int oracle_solve(long double *z, const long double *A, const long double *b, int64_t n, int64_t t)
{
    long double *L = oracle_memory(n * n, sizeof *L);
    memcpy(L, A, (size_t)(n * n) * sizeof *L);
    if (z != b) memcpy(z, b, (size_t)(n * t) * sizeof *z);
    int failed = factor(L, n);
    for (int64_t c = 0; c < t && !failed; c++) {
        for (int64_t i = 0; i < n; i++) {
            for (int64_t k = 0; k < i; k++) z[i * t + c] -= L[i * n + k] * z[k * t + c];
            z[i * t + c] /= L[i * n + i];
        }
        for (int64_t i = n - 1; i >= 0; i--) {
            for (int64_t k = i + 1; k < n; k++) z[i * t + c] -= L[k * n + i] * z[k * t + c];
            z[i * t + c] /= L[i * n + i];
        }
    }
    free(L);
    return failed;
}

long double oracle_inverse(long double *inverse, const long double *A, int64_t n)
{
    long double *L = oracle_memory(n * n, sizeof *L), sum = 0;
    memcpy(L, A, (size_t)(n * n) * sizeof *L);
    ck_assert_msg(!factor(L, n), "the oracle's matrix is not positive definite");
    for (int64_t i = 0; i < n; i++) sum += 2 * logl(L[i * n + i]);
    for (int64_t i = 0; i < n * n; i++) inverse[i] = i % (n + 1) == 0;
    ck_assert(!oracle_solve(inverse, A, inverse, n, n));
    free(L);
    return sum;
}

/* Newton's iteration on the Legendre polynomial */
void oracle_legendre(long double *nodes, long double *weights, int count)
{
    for (int i = 0; i < count; i++) {
        long double x = cosl(3.14159265358979323846L * ((long double)i + 0.75L) / ((long double)count + 0.5L));
        long double slope = 1;
        for (int iteration = 0; iteration < 100; iteration++) {
            long double p = 1, before = 0;
            for (int k = 1; k <= count; k++) {
                long double next = ((long double)(2 * k - 1) * x * p - (long double)(k - 1) * before) / (long double)k;
                before = p;
                p = next;
            }
            slope = (long double)count * (x * p - before) / (x * x - 1);
            x -= p / slope;
        }
        nodes[i] = x;
        weights[i] = 2 / ((1 - x * x) * slope * slope);
    }
}
