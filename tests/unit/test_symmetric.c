/* Symmetric matrices in both storages and panels of every height: where elements lie, and the factorization of blocks of tiles. */
#include "core/memory.h"
#include "gram/cholesky.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>

TEST_CONTEXT_FIXTURE(2)

static const int64_t heights[] = {0, 512, 1024, 2048};
enum { CASES = 2 * sizeof heights / sizeof *heights };

/* n crosses tiles, panels and blocks of four tiles, and ends within one. */
enum { N = 2600, LARGE_ENTRY = 200, TARGETS = 3 };

/* A diagonally dominant matrix of small dyadic numbers, the same in both precisions. */
static double element(int64_t i, int64_t j)
{
    if (i == j) return LARGE_ENTRY + (double)(i % 7);
    return (double)((i * 7919 + j * 104729) % 257 - 128) / 1024;
}

static double symmetric_element(int64_t i, int64_t j)
{
    return i >= j ? element(i, j) : element(j, i);
}

static ntk_symmetric make(int index)
{
    ntk_symmetric A;
    int32_t dtype = index & 1 ? NTK_F32 : NTK_F64;
    int64_t height = heights[index / 2], ld;
    if (height)
        CHECK_OK(ntk_symmetric_create_packed(context, &A, dtype, N, height));
    else
        CHECK_OK(ntk_symmetric_create(context, &A, NTK_STORAGE_FULL, dtype, N));
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j <= i; j++) {
            double value = element(i, j);
            ntk_convert(ntk_symmetric_place(&A, i, j, &ld), dtype, &value, NTK_F64, 1);
        }
    return A;
}

static double get(const ntk_symmetric *A, int64_t i, int64_t j)
{
    int64_t ld;
    return ntk_get(ntk_symmetric_place(A, i, j, &ld), A->dtype, 0);
}

/* No two elements share a place, and tiles agree with elements. */
START_TEST(elements_have_places_of_their_own)
{
    ntk_symmetric A = make(_i);
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j <= i; j++)
            if (get(&A, i, j) != element(i, j)) ck_abort_msg("element (%lld, %lld)", (long long)i, (long long)j);
    for (int64_t i = 0; i < ntk_symmetric_tiles(&A); i++)
        for (int64_t j = 0; j <= i; j++) {
            int64_t ld, rows = ntk_symmetric_rows(&A, i), row = i * NTK_SYMMETRIC_EDGE + rows - 1;
            const void *tile = ntk_symmetric_tile(&A, i, j, &ld);
            ck_assert(ntk_get(tile, A.dtype, (rows - 1) * ld) == element(row, j * NTK_SYMMETRIC_EDGE));
        }
    ntk_free(context, A.data);
}
END_TEST

/* row of the factor, of which so many elements count, in double precision */
static void read_row(const ntk_symmetric *L, int64_t i, double *row)
{
    for (int64_t j = 0; j < N; j++) row[j] = j <= i ? get(L, i, j) : 0;
}

/* |A - L L^T| <= (n + 1) u |L| |L^T| element by element (Higham 2002, theorem 10.3), at some of them. */
static void compare_factor(const ntk_symmetric *L)
{
    static double left[N], right[N];
    double u = L->dtype == NTK_F64 ? 0x1p-53 : 0x1p-24;
    for (int64_t i = 0; i < N; i += 61) {
        read_row(L, i, left);
        for (int64_t j = 0; j <= i; j += 37) {
            long double sum = 0, size = 0;
            read_row(L, j, right);
            for (int64_t k = 0; k <= j; k++) {
                sum += (long double)left[k] * (long double)right[k];
                size += fabsl((long double)left[k] * (long double)right[k]);
            }
            ck_assert_msg(fabsl(sum - (long double)element(i, j)) <= (N + 1) * (long double)u * size,
                          "element (%lld, %lld): %.17Lg, not %.17g", (long long)i, (long long)j, sum, element(i, j));
        }
    }
}

/* |A x - b| <= (3 n + 1) u |L| |L^T| |x| (theorem 10.4), and |L| |L^T| is within sqrt(n) |A| (Cauchy and Schwarz). */
static void compare_solution(const void *x, int32_t dtype)
{
    double u = dtype == NTK_F64 ? 0x1p-53 : 0x1p-24;
    for (int64_t i = 0; i < N; i += 41)
        for (int64_t c = 0; c < TARGETS; c++) {
            long double sum = 0, size = 0;
            for (int64_t j = 0; j < N; j++) {
                long double term = (long double)symmetric_element(i, j) * (long double)ntk_get(x, dtype, j * TARGETS + c);
                sum += term;
                size += fabsl(term);
            }
            long double want = (long double)(i % 5) - 2 + (long double)c;
            ck_assert_msg(fabsl(sum - want) <= (3 * N + 1) * (long double)u * sqrtl(N) * size, "row %lld: %.17Lg, not %.3Lg",
                          (long long)i, sum, want);
        }
}

START_TEST(factors_and_solutions)
{
    ntk_symmetric A = make(_i);
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    double smallest = 0;
    void *b;
    CHECK_OK(ntk_cholesky_factor(&A, &lane, 0, 0.5, &smallest, "A"));
    ck_assert_msg(smallest > 0.9 && smallest <= 1, "%g", smallest);
    compare_factor(&A);
    CHECK_OK(ntk_allocate(context, &b, N, TARGETS * ntk_dtype_size(A.dtype), "right sides"));
    for (int64_t i = 0; i < N; i++)
        for (int64_t c = 0; c < TARGETS; c++) ntk_put(b, A.dtype, i * TARGETS + c, (double)(i % 5 - 2 + c));
    CHECK_OK(ntk_cholesky_solve(&A, &lane, 0.5, 1, b, TARGETS, TARGETS));
    compare_solution(b, A.dtype);
    ntk_free(context, b);
    ntk_free(context, A.data);
}
END_TEST

/* What is asked for is what a tall matrix takes, a little more than half; panels grow with it. */
START_TEST(packed_is_half)
{
    static const int64_t sizes[] = {1, 2, 511, 512, 513, 5000, 12288, 24576, 60000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        int64_t n = sizes[s], height = ntk_symmetric_height(NTK_STORAGE_PACKED, n);
        uint64_t bytes = 0;
        CHECK_OK(ntk_symmetric_memory(&bytes, NTK_STORAGE_PACKED, NTK_F32, n));
        ck_assert_int_eq(height, n < 12288 ? 512 : n < 24576 ? 1024 : 2048);
        /* four bytes an element; beside the half, of each panel half a square and 16 elements a row */
        double most = 2 * (double)n * (double)(n + (height < n ? height : n)) + 64 * (double)n + 64;
        ck_assert_msg((double)bytes >= 2 * (double)n * (double)(n + 1) && (double)bytes <= most, "%lld: %llu bytes",
                      (long long)n, (unsigned long long)bytes);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("symmetric");
    TCase *matrices = test_case(suite, "symmetric");
    tcase_add_checked_fixture(matrices, setup, teardown);
    tcase_add_loop_test(matrices, elements_have_places_of_their_own, 0, CASES);
    tcase_add_loop_test(matrices, factors_and_solutions, 0, CASES);
    tcase_add_test(matrices, packed_is_half);
    return test_run(suite);
}
