/* Chooses lambda by one eigendecomposition: the whole path, the best by leave-one-out, and the model moved there. */
#include "expect.h"

enum { N = 300, D = 5, STEPS = 13 };

int main(void)
{
    ntk_context *context = NULL;
    ntk_activation *relu = NULL;
    ntk_kernel *kernel = NULL;
    ntk_ridge *ridge = NULL, *direct = NULL;
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    double *x = numbers(N * D, 1), *y = numbers(N, 2), lambdas[STEPS], table[STEPS * NTK_PATH_COLUMNS], best = 0, at[2];
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Y = ntk_matrix_const_f64(y, N, 1), Best = ntk_matrix_f64(&best, 1, 1);
    ntk_matrix Lambdas = ntk_matrix_f64(lambdas, STEPS, 1), Table = ntk_matrix_f64(table, STEPS, NTK_PATH_COLUMNS);
    ntk_matrix Row = ntk_matrix_f64(table, 1, NTK_PATH_COLUMNS), First = ntk_matrix_f64(at, 1, 1),
               Second = ntk_matrix_f64(at + 1, 1, 1);
    for (int i = 0; i < N; i++) y[i] = sin(2 * x[i * D]) + x[i * D + 1] * x[i * D + 2] + 0.2 * y[i];
    for (int i = 0; i < STEPS; i++) lambdas[i] = pow(10, i / 2.0 - 4);
    options.method = NTK_RIDGE_SPECTRAL;
    options.intercept = 1;
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    TRY(ntk_kernel_create_infinite(context, &kernel, relu, NULL));
    TRY(ntk_ridge_create(context, &ridge, kernel, &X, &Y, 1, &options));
    TRY(ntk_ridge_path(ridge, &Table, &Lambdas));
    printf("    lambda  leave-one-out        GCV  log evidence  freedom        RSS\n");
    double least = INFINITY;
    for (int i = 0; i < STEPS; i++) {
        const double *row = table + i * NTK_PATH_COLUMNS;
        printf("%10.2e %14.5f %10.5f %13.2f %8.1f %10.4f\n", row[NTK_PATH_LAMBDA], row[NTK_PATH_LOO], row[NTK_PATH_GCV],
               row[NTK_PATH_LOG_EVIDENCE], row[NTK_PATH_DF], row[NTK_PATH_RSS]);
        least = fmin(least, row[NTK_PATH_LOO]);
    }
    TRY(ntk_ridge_select(ridge, &Best, NTK_CRITERION_LOO));
    TRY(ntk_ridge_path(ridge, &Row, &Best));
    EXPECT(table[NTK_PATH_LOO] <= least, "lambda %.3g by leave-one-out, whose error is %.5f", best, table[NTK_PATH_LOO]);

    double nearby;
    ntk_matrix Nearby = ntk_matrix_f64(&nearby, 1, 1);
    EXPECT(ntk_ridge_select_between(ridge, &Nearby, NTK_CRITERION_LOO, best / 5, best * 5) == NTK_OK &&
               fabs(log(nearby / best)) < 1e-4,
           "the same from a range around it: %.3g", nearby);
    EXPECT(ntk_ridge_select_between(ridge, &Nearby, NTK_CRITERION_LOO, best * 2, best * 3) == NTK_NOTE_AT_BRACKET &&
               nearby == best * 2,
           "%s", ntk_error_message());

    TRY(ntk_ridge_set_lambda(ridge, &Best));
    TRY(ntk_ridge_summary(ridge, &report));
    EXPECT(report.lambda == best && fabs(report.degrees - table[NTK_PATH_DF]) < 1e-9, "moved there: %.1f degrees of freedom",
           report.degrees);
    options.method = NTK_RIDGE_DUAL;
    TRY(ntk_ridge_create(context, &direct, kernel, &X, &Y, best, &options));
    ntk_matrix Point = ntk_matrix_const_f64(x, 1, D);
    TRY(ntk_ridge_predict(ridge, &First, &Point));
    TRY(ntk_ridge_predict(direct, &Second, &Point));
    EXPECT(fabs(at[0] - at[1]) < 1e-10, "it predicts as a model fitted there: %.1e", fabs(at[0] - at[1]));
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(direct);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(relu);
    ntk_context_destroy(context);
    free(x), free(y);
    return 0;
}
