/* Polynomial regression of degree l on the sphere: ridge regression with a kernel of given levels. */
#include "expect.h"

enum { D = 5, TRAIN = 60, FRESH = 40 };

static double f(const double *x)
{
    return 1 + x[0] - x[1] * x[2];
}

int main(void)
{
    static double x[(TRAIN + FRESH) * D], y[TRAIN], out[FRESH];
    const double level[] = {1, 1, 1};
    ntk_context *context = NULL;
    ntk_matrix X = ntk_matrix_f64(x, TRAIN + FRESH, D), Y = ntk_matrix_f64(y, TRAIN, 1), Out = ntk_matrix_f64(out, FRESH, 1),
               fresh = ntk_matrix_f64(x + TRAIN * D, FRESH, D);
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_inputs_draw(context, &X, NTK_INPUTS_SPHERE, 1));
    for (int i = 0; i < TRAIN; i++) y[i] = f(x + i * D);
    X.rows = TRAIN;
    for (int degree = 0; degree < 3; degree++) {
        ntk_kernel *kernel = NULL;
        ntk_ridge *ridge = NULL;
        ntk_matrix levels = ntk_matrix_const_f64(level, degree + 1, 1);
        double error = 0;
        TRY(ntk_kernel_create_zonal(context, &kernel, &levels, D));
        TRY(ntk_ridge_create(context, &ridge, kernel, &X, &Y, 1e-9, NULL));
        TRY(ntk_ridge_predict(ridge, &Out, &fresh));
        for (int i = 0; i < FRESH; i++) error += pow(out[i] - f(x + (TRAIN + i) * D), 2) / FRESH;
        EXPECT((error < 1e-10) == (degree == 2), "degree %d leaves a mean squared error of %.2g", degree, error);
        ntk_ridge_destroy(ridge);
        ntk_kernel_destroy(kernel);
    }
    ntk_context_destroy(context);
    return 0;
}
