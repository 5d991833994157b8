#include "core/blas.h"

#include "core/status.h"

#include <cblas.h>
#include <dlfcn.h>
#include <lapacke.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* of BLAS and LAPACKE alike: the build links a pair of one width */
typedef lapack_int blas_int;

/* Present in some libraries only; none is ever used to change a setting. */
extern int openblas_get_parallel(void) __attribute__((weak));
extern int openblas_get_num_threads(void) __attribute__((weak));
extern char *openblas_get_config(void) __attribute__((weak));
extern int mkl_get_max_threads(void) __attribute__((weak));
extern long bli_thread_get_num_threads(void) __attribute__((weak));

/* For its address alone, whatever the headers declare. */
extern void fortran_cholesky(void) __asm__("dpotrf_");

/* For calls into BLAS that must come one at a time, whatever contexts they come from: they work on state of the whole
 * process, and this goes with it. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static bool take_turn(void)
{
    return !ntk_blas_is_reentrant() && pthread_mutex_lock(&turn) == 0;
}

static void end_turn(bool taken)
{
    if (taken) pthread_mutex_unlock(&turn);
}

static ntk_status narrow(blas_int *narrowed, int64_t size)
{
    *narrowed = (blas_int)size;
    if (size < 0 || (int64_t)*narrowed != size)
        return ntk_fail(NTK_ERR_OVERFLOW, "a dimension or stride of %lld does not fit the %d-bit integers of this BLAS",
                        (long long)size, (int)(8 * sizeof(blas_int)));
    return NTK_OK;
}

static CBLAS_TRANSPOSE cblas_transpose(ntk_transpose transpose)
{
    return transpose == NTK_TRANSPOSED ? CblasTrans : CblasNoTrans;
}

ntk_status ntk_blas_gemm(int32_t dtype, ntk_transpose ta, ntk_transpose tb, int64_t m, int64_t n, int64_t k, double alpha,
                         const void *a, int64_t lda, const void *b, int64_t ldb, double beta, void *c, int64_t ldc)
{
    blas_int im, in, ik, ia, ib, ic;
    NTK_TRY(narrow(&im, m));
    NTK_TRY(narrow(&in, n));
    NTK_TRY(narrow(&ik, k));
    NTK_TRY(narrow(&ia, lda));
    NTK_TRY(narrow(&ib, ldb));
    NTK_TRY(narrow(&ic, ldc));
    CBLAS_TRANSPOSE cta = cblas_transpose(ta), ctb = cblas_transpose(tb);
    bool turn_taken = take_turn();
    if (dtype == NTK_F64)
        cblas_dgemm(CblasRowMajor, cta, ctb, im, in, ik, alpha, a, ia, b, ib, beta, c, ic);
    else
        cblas_sgemm(CblasRowMajor, cta, ctb, im, in, ik, (float)alpha, a, ia, b, ib, (float)beta, c, ic);
    end_turn(turn_taken);
    return NTK_OK;
}

ntk_status ntk_blas_syrk(int32_t dtype, ntk_transpose ta, int64_t n, int64_t k, double alpha, const void *a, int64_t lda,
                         double beta, void *c, int64_t ldc)
{
    blas_int in, ik, ia, ic;
    NTK_TRY(narrow(&in, n));
    NTK_TRY(narrow(&ik, k));
    NTK_TRY(narrow(&ia, lda));
    NTK_TRY(narrow(&ic, ldc));
    CBLAS_TRANSPOSE cta = cblas_transpose(ta);
    bool turn_taken = take_turn();
    if (dtype == NTK_F64)
        cblas_dsyrk(CblasRowMajor, CblasLower, cta, in, ik, alpha, a, ia, beta, c, ic);
    else
        cblas_ssyrk(CblasRowMajor, CblasLower, cta, in, ik, (float)alpha, a, ia, (float)beta, c, ic);
    end_turn(turn_taken);
    return NTK_OK;
}

ntk_status ntk_blas_symm(int32_t dtype, int64_t m, int64_t n, double alpha, const void *a, int64_t lda, const void *b,
                         int64_t ldb, double beta, void *c, int64_t ldc)
{
    blas_int im, in, ia, ib, ic;
    NTK_TRY(narrow(&im, m));
    NTK_TRY(narrow(&in, n));
    NTK_TRY(narrow(&ia, lda));
    NTK_TRY(narrow(&ib, ldb));
    NTK_TRY(narrow(&ic, ldc));
    bool turn_taken = take_turn();
    if (dtype == NTK_F64)
        cblas_dsymm(CblasRowMajor, CblasLeft, CblasLower, im, in, alpha, a, ia, b, ib, beta, c, ic);
    else
        cblas_ssymm(CblasRowMajor, CblasLeft, CblasLower, im, in, (float)alpha, a, ia, b, ib, (float)beta, c, ic);
    end_turn(turn_taken);
    return NTK_OK;
}

static ntk_status trsm(int32_t dtype, CBLAS_SIDE side, ntk_transpose tl, int64_t m, int64_t n, const void *l, int64_t ldl,
                       void *b, int64_t ldb)
{
    blas_int im, in, il, ib;
    NTK_TRY(narrow(&im, m));
    NTK_TRY(narrow(&in, n));
    NTK_TRY(narrow(&il, ldl));
    NTK_TRY(narrow(&ib, ldb));
    CBLAS_TRANSPOSE ctl = cblas_transpose(tl);
    bool turn_taken = take_turn();
    if (dtype == NTK_F64)
        cblas_dtrsm(CblasRowMajor, side, CblasLower, ctl, CblasNonUnit, im, in, 1, l, il, b, ib);
    else
        cblas_strsm(CblasRowMajor, side, CblasLower, ctl, CblasNonUnit, im, in, 1, l, il, b, ib);
    end_turn(turn_taken);
    return NTK_OK;
}

ntk_status ntk_blas_trsm_right(int32_t dtype, ntk_transpose tl, int64_t m, int64_t n, const void *l, int64_t ldl, void *b,
                               int64_t ldb)
{
    return trsm(dtype, CblasRight, tl, m, n, l, ldl, b, ldb);
}

ntk_status ntk_blas_trsm_left(int32_t dtype, ntk_transpose tl, int64_t m, int64_t n, const void *l, int64_t ldl, void *b,
                              int64_t ldb)
{
    return trsm(dtype, CblasLeft, tl, m, n, l, ldl, b, ldb);
}

ntk_status ntk_blas_potrf(int32_t dtype, int64_t n, void *a, int64_t lda, int64_t *pivot)
{
    blas_int in, ia;
    NTK_TRY(narrow(&in, n));
    NTK_TRY(narrow(&ia, lda));
    bool turn_taken = take_turn();
    /* a row-major lower triangle is a column-major upper one */
    lapack_int info = dtype == NTK_F64 ? LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', in, a, ia)
                                       : LAPACKE_spotrf_work(LAPACK_COL_MAJOR, 'U', in, a, ia);
    end_turn(turn_taken);
    if (info < 0) return ntk_fail(NTK_ERR_INTERNAL, "LAPACK's potrf refused its argument %lld", -(long long)info);
    *pivot = (int64_t)info - 1;
    return NTK_OK;
}

ntk_status ntk_blas_tpqrt(int32_t dtype, int64_t m, int64_t n, int64_t nb, void *a, int64_t lda, void *b, int64_t ldb, void *t,
                          int64_t ldt, void *work)
{
    blas_int im, in, inb, ia, ib, it;
    NTK_TRY(narrow(&im, m));
    NTK_TRY(narrow(&in, n));
    NTK_TRY(narrow(&inb, nb));
    NTK_TRY(narrow(&ia, lda));
    NTK_TRY(narrow(&ib, ldb));
    NTK_TRY(narrow(&it, ldt));
    bool turn_taken = take_turn();
    lapack_int info = dtype == NTK_F64 ? LAPACKE_dtpqrt_work(LAPACK_COL_MAJOR, im, in, 0, inb, a, ia, b, ib, t, it, work)
                                       : LAPACKE_stpqrt_work(LAPACK_COL_MAJOR, im, in, 0, inb, a, ia, b, ib, t, it, work);
    end_turn(turn_taken);
    if (info == 0) return NTK_OK;
    return ntk_fail(NTK_ERR_INTERNAL, "LAPACK's tpqrt refused its argument %lld", -(long long)info);
}

ntk_status ntk_blas_tpmqrt(int32_t dtype, int64_t m, int64_t n, int64_t k, int64_t nb, const void *v, int64_t ldv,
                           const void *t, int64_t ldt, void *a, int64_t lda, void *b, int64_t ldb, void *work)
{
    blas_int im, in, ik, inb, iv, it, ia, ib;
    NTK_TRY(narrow(&im, m));
    NTK_TRY(narrow(&in, n));
    NTK_TRY(narrow(&ik, k));
    NTK_TRY(narrow(&inb, nb));
    NTK_TRY(narrow(&iv, ldv));
    NTK_TRY(narrow(&it, ldt));
    NTK_TRY(narrow(&ia, lda));
    NTK_TRY(narrow(&ib, ldb));
    bool turn_taken = take_turn();
    lapack_int info =
        dtype == NTK_F64
            ? LAPACKE_dtpmqrt_work(LAPACK_COL_MAJOR, 'L', 'T', im, in, ik, 0, inb, v, iv, t, it, a, ia, b, ib, work)
            : LAPACKE_stpmqrt_work(LAPACK_COL_MAJOR, 'L', 'T', im, in, ik, 0, inb, v, iv, t, it, a, ia, b, ib, work);
    end_turn(turn_taken);
    if (info == 0) return NTK_OK;
    return ntk_fail(NTK_ERR_INTERNAL, "LAPACK's tpmqrt refused its argument %lld", -(long long)info);
}

ntk_status ntk_blas_syevd_work(int64_t n, int64_t *numbers, int64_t *integer_bytes)
{
    blas_int narrowed;
    int64_t square;
    *numbers = *integer_bytes = 0;
    if (__builtin_mul_overflow(n, n, &square) || square > INT64_MAX / 4)
        return ntk_fail(NTK_ERR_OVERFLOW, "the eigenvectors of a matrix of %lld rows are more than can be addressed",
                        (long long)n);
    *numbers = 1 + 6 * n + 2 * square;
    *integer_bytes = (3 + 5 * n) * (int64_t)sizeof(blas_int);
    return narrow(&narrowed, *numbers);
}

ntk_status ntk_blas_syevd(int64_t n, double *a, int64_t lda, double *w, double *work, void *integers)
{
    blas_int in, ia;
    int64_t numbers, bytes;
    NTK_TRY(ntk_blas_syevd_work(n, &numbers, &bytes));
    NTK_TRY(narrow(&in, n));
    NTK_TRY(narrow(&ia, lda));
    bool turn_taken = take_turn();
    /* a row-major lower triangle is a column-major upper one, and the rows that it returns are columns */
    lapack_int info =
        LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'V', 'U', in, a, ia, w, work, (blas_int)numbers, integers, (blas_int)(3 + 5 * n));
    end_turn(turn_taken);
    if (info == 0) return NTK_OK;
    return ntk_fail(NTK_ERR_INTERNAL, "LAPACK's syevd returned %lld: it did not find the eigenvalues", (long long)info);
}

ntk_status ntk_blas_bdsqr(int64_t n, double *d, double *e, double *last, double *work)
{
    blas_int in;
    NTK_TRY(narrow(&in, n));
    for (int64_t k = 0; k < n; k++) last[k] = k == n - 1;
    bool turn_taken = take_turn();
    /* a row of vectors is rotated from the right with the left ones: it begins as the last unit vector */
    lapack_int info = LAPACKE_dbdsqr_work(LAPACK_COL_MAJOR, 'U', in, 0, 1, 0, d, e, work, 1, last, 1, work, 1, work);
    end_turn(turn_taken);
    if (info == 0) return NTK_OK;
    return ntk_fail(NTK_ERR_INTERNAL, "LAPACK's bdsqr returned %lld: it did not find the singular values", (long long)info);
}

bool ntk_blas_is_threaded(void)
{
    if (openblas_get_parallel && openblas_get_num_threads) return openblas_get_parallel() && openblas_get_num_threads() > 1;
    if (mkl_get_max_threads) return mkl_get_max_threads() > 1;
    if (bli_thread_get_num_threads) return bli_thread_get_num_threads() > 1;
    return false;
}

bool ntk_blas_is_reentrant(void)
{
    return !openblas_get_parallel || openblas_get_parallel() != 0;
}

/* The file that holds a symbol.  A function's address is read through its bytes, since C has no cast from it to void *. */
static void file_of(char *name, size_t size, const void *function_pointer)
{
    void *address;
    Dl_info found;
    memcpy(&address, function_pointer, sizeof address);
    if (dladdr(address, &found) && found.dli_fname)
        snprintf(name, size, "%s", found.dli_fname);
    else
        snprintf(name, size, "unknown");
}

void ntk_blas_describe(ntk_blas_info *info)
{
    void (*gemm)(void) = (void (*)(void))cblas_dgemm, (*potrf)(void) = fortran_cholesky;
    file_of(info->lapack, sizeof info->lapack, &potrf);
    info->bits = (int)(8 * sizeof(blas_int));
    info->threads = 1;
    if (openblas_get_config && openblas_get_parallel && openblas_get_num_threads) {
        static const char *const kinds[3] = {"none", "pthread", "OpenMP"};
        int kind = openblas_get_parallel();
        /* it writes into a buffer of the process, whichever build it is of */
        bool turn_taken = pthread_mutex_lock(&turn) == 0;
        snprintf(info->blas, sizeof info->blas, "%s", openblas_get_config());
        end_turn(turn_taken);
        info->threading = kind >= 0 && kind < 3 ? kinds[kind] : "unknown";
        info->threads = openblas_get_num_threads();
        return;
    }
    file_of(info->blas, sizeof info->blas, &gemm);
    info->threading = ntk_blas_is_threaded() ? "its own" : "none";
    if (mkl_get_max_threads) info->threads = mkl_get_max_threads();
    if (bli_thread_get_num_threads) info->threads = (int)bli_thread_get_num_threads();
}
