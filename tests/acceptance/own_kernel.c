/* A kernel that the library does not have, the rational quadratic one, in its fits, gradients and sums. */
#include "expect.h"

enum { N = 200, D = 2 };

typedef struct rational {
    double length;
    int *released;
} rational;

static double get(const ntk_matrix *m, int64_t i, int64_t j)
{
    return m->dtype == NTK_F64 ? ((const double *)m->data)[i * m->stride + j]
                               : (double)((const float *)m->data)[i * m->stride + j];
}

static void put(const ntk_matrix *m, int64_t i, int64_t j, double value)
{
    if (m->dtype == NTK_F64)
        ((double *)m->data)[i * m->stride + j] = value;
    else
        ((float *)m->data)[i * m->stride + j] = (float)value;
}

static double value_of(const rational *k, const ntk_matrix *x1, int64_t i, const ntk_matrix *x2, int64_t j)
{
    double square = 0;
    for (int64_t c = 0; c < x1->cols; c++) square += pow((get(x1, i, c) - get(x2, j, c)) / k->length, 2);
    return 1 / (1 + square / 2);
}

static int block(void *user, const ntk_matrix *out, const ntk_matrix *x1, const ntk_matrix *x2)
{
    for (int64_t i = 0; i < out->rows; i++)
        for (int64_t j = 0; j < out->cols; j++) put(out, i, j, value_of(user, x1, i, x2, j));
    return 0;
}

static int diagonal(void *user, const ntk_matrix *out, const ntk_matrix *x)
{
    (void)user, (void)x;
    for (int64_t i = 0; i < out->rows; i++) put(out, i, 0, 1);
    return 0;
}

static int gradient(void *user, const ntk_matrix *g, const ntk_matrix *x1, const ntk_matrix *x2, const ntk_matrix *v)
{
    const rational *k = user;
    for (int64_t i = 0; i < g->rows; i++)
        for (int64_t c = 0; c < g->cols; c++) {
            double sum = 0;
            for (int64_t j = 0; j < x2->rows; j++) {
                double K = value_of(k, x1, i, x2, j);
                sum -= get(v, i, j) * K * K * (get(x1, i, c) - get(x2, j, c)) / (k->length * k->length);
            }
            put(g, i, c, sum);
        }
    return 0;
}

static void release(void *user)
{
    ++*((rational *)user)->released;
}

int main(void)
{
    ntk_context *context = NULL;
    ntk_kernel *own = NULL, *constant = NULL, *sum = NULL;
    ntk_ridge *ridge = NULL;
    int released = 0;
    rational user = {0.7, &released};
    ntk_kernel_functions functions = NTK_INIT(ntk_kernel_functions);
    double *x = numbers(N * D, 1), y[N], alpha[N], point[D] = {0.2, -0.3}, slope[D], near[2 * D], values[2];
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Y = ntk_matrix_f64(y, N, 1), Alpha = ntk_matrix_f64(alpha, N, 1);
    ntk_matrix Point = ntk_matrix_f64(point, 1, D), Slope = ntk_matrix_f64(slope, 1, D);
    ntk_matrix Near = ntk_matrix_f64(near, 2, D), Values = ntk_matrix_f64(values, 2, 1);
    for (int i = 0; i < N; i++) y[i] = cos(2 * x[i * D]) + x[i * D + 1];
    functions.block = block;
    functions.diagonal = diagonal;
    functions.gradient = gradient;
    functions.user = &user;
    functions.release_user = release;
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_kernel_create_user(context, &own, &functions));
    TRY(ntk_kernel_create_constant(context, &constant, 4));
    const ntk_kernel *terms[] = {own, constant};
    TRY(ntk_kernel_create_sum(context, &sum, terms, NULL, 2));
    ntk_kernel_destroy(own);
    ntk_kernel_destroy(constant);
    TRY(ntk_ridge_create(context, &ridge, sum, &X, &Y, 1e-8, NULL));
    TRY(ntk_ridge_coefficients(ridge, &Alpha));
    for (int s = 0; s < 2; s++) {
        near[s * D] = point[0] + (s ? 1e-4 : -1e-4);
        near[s * D + 1] = point[1];
    }
    TRY(ntk_ridge_predict(ridge, &Values, &Near));
    EXPECT(fabs(values[0] - cos(2 * near[0]) - near[1]) < 1e-3, "the prediction is %.6f, the function %.6f", values[0],
           cos(2 * near[0]) + near[1]);
    TRY(ntk_kernel_gradient(sum, &Slope, &Point, &X, &Alpha));
    /* (1e-4)^2 times a third derivative, and rounding: coefficients of 1e4 cancel in a prediction */
    EXPECT(fabs((values[1] - values[0]) / 2e-4 - slope[0]) < 1e-6, "its slope is %.8f, by differences %.8f", slope[0],
           (values[1] - values[0]) / 2e-4);
    ntk_kernel_destroy(sum);
    EXPECT(released == 0, "the regression still has the kernel");
    ntk_ridge_destroy(ridge);
    EXPECT(released == 1, "and gives it back");
    ntk_context_destroy(context);
    free(x);
    return 0;
}
