/* The library's only way to CBLAS and LAPACKE.  Row-major; sizes are checked against the width of BLAS integers here and
 * nowhere else; each routine takes the data type as an argument. */
#ifndef NTK_CORE_BLAS_H
#define NTK_CORE_BLAS_H

#include <ntk/matrix.h>
#include <stdbool.h>

typedef enum ntk_transpose { NTK_PLAIN, NTK_TRANSPOSED } ntk_transpose;

/* C = alpha op(A) op(B) + beta C.   C  m x n   op(A)  m x k   op(B)  k x n */
ntk_status ntk_blas_gemm(int32_t dtype, ntk_transpose ta, ntk_transpose tb, int64_t m, int64_t n, int64_t k, double alpha,
                         const void *a, int64_t lda, const void *b, int64_t ldb, double beta, void *c, int64_t ldc);

/* Lower triangle of C = alpha op(A) op(A)^T + beta C.   C  n x n   op(A)  n x k */
ntk_status ntk_blas_syrk(int32_t dtype, ntk_transpose ta, int64_t n, int64_t k, double alpha, const void *a, int64_t lda,
                         double beta, void *c, int64_t ldc);

/* C = alpha A B + beta C with A symmetric, its lower triangle given.   A  m x m   B, C  m x n */
ntk_status ntk_blas_symm(int32_t dtype, int64_t m, int64_t n, double alpha, const void *a, int64_t lda, const void *b,
                         int64_t ldb, double beta, void *c, int64_t ldc);

/* B = B op(L)^-1 (right) with L lower triangular.   B  m x n   L  n x n */
ntk_status ntk_blas_trsm_right(int32_t dtype, ntk_transpose tl, int64_t m, int64_t n, const void *l, int64_t ldl, void *b,
                               int64_t ldb);

/* B = op(L)^-1 B (left) with L lower triangular.   B  m x n   L  m x m */
ntk_status ntk_blas_trsm_left(int32_t dtype, ntk_transpose tl, int64_t m, int64_t n, const void *l, int64_t ldl, void *b,
                              int64_t ldb);

/* The lower triangle of A becomes L with A = L L^T.  *pivot is -1, or the row of the first pivot that is not positive. */
ntk_status ntk_blas_potrf(int32_t dtype, int64_t n, void *a, int64_t lda, int64_t *pivot);

/* Column-major, unlike all others here.  tpqrt: [A; B] = Q [R; 0], A  n x n upper triangular, becomes R, and B  m x n  the reflectors,
 * whose factors go to t, nb x n, nb of them at a time.  tpmqrt: [A; B] = Q^T [A; B], A  k x n, B  m x n, by reflectors v  m x k.
 * work  nb x n. */
ntk_status ntk_blas_tpqrt(int32_t dtype, int64_t m, int64_t n, int64_t nb, void *a, int64_t lda, void *b, int64_t ldb, void *t,
                          int64_t ldt, void *work);
ntk_status ntk_blas_tpmqrt(int32_t dtype, int64_t m, int64_t n, int64_t k, int64_t nb, const void *v, int64_t ldv,
                           const void *t, int64_t ldt, void *a, int64_t lda, void *b, int64_t ldb, void *work);

/* Eigenvectors and, in ascending order, eigenvalues w of a symmetric matrix in double precision, given by its lower triangle: row k
 * of A becomes the k-th eigenvector.  work and integers are as large as ntk_blas_syevd_work says.  It can't be stopped.
 * NTK_ERR_OVERFLOW  the size of its work is no integer of BLAS */
ntk_status ntk_blas_syevd(int64_t n, double *a, int64_t lda, double *w, double *work, void *integers);
ntk_status ntk_blas_syevd_work(int64_t n, int64_t *numbers, int64_t *integer_bytes);

/* The singular values, descending, of an upper bidiagonal matrix in double precision, to high relative accuracy: d, its diagonal, becomes
 * them, and e, n - 1 numbers beside it, is lost.  last  n, the last components of their left singular vectors   work  4 n */
ntk_status ntk_blas_bdsqr(int64_t n, double *d, double *e, double *last, double *work);

/* Whether one BLAS call uses several threads at present.  False for unknown libraries. */
bool ntk_blas_is_threaded(void);

/* Whether several threads may call BLAS at once.  False for OpenBLAS's serial build, which may hand one work buffer to two
 * callers unless it was built with USE_LOCKING, which it does not tell: its calls take turns then. */
bool ntk_blas_is_reentrant(void);

/* What answers at run time. */
typedef struct ntk_blas_info {
    char blas[160];   /* vendor, version, kernel; or the file that holds it */
    char lapack[160]; /* the file that holds LAPACK's Cholesky */
    int bits;         /* of a BLAS integer */
    const char *threading;
    int threads;
} ntk_blas_info;

void ntk_blas_describe(ntk_blas_info *info);

#endif
