/* Which degrees a function has: by formula, of a function of one's own, and of samples alone. */
#include "expect.h"

enum { D = 10, DEGREES = 4, N = 3000, PLACES = 5 };

/* 2 x_0 + x_1 x_2: of degrees 1 and 2, with the energies 4 and D / (D + 2). */
static int own(void *user, const ntk_matrix *y, const ntk_matrix *x)
{
    (void)user;
    for (int64_t i = 0; i < x->rows; i++) {
        const double *row = (const double *)x->data + i * x->stride;
        ((double *)y->data)[i * y->stride] = 2 * row[0] + row[1] * row[2];
    }
    return 0;
}

int main(void)
{
    static double x[N * D], y[N];
    const int64_t exponents[2 * D] = {[0] = 1, [D + 1] = 1, [D + 2] = 1};
    double coefficient[] = {2, 1}, formula[DEGREES][NTK_ENERGY_COLUMNS], found[DEGREES][NTK_ENERGY_COLUMNS], total[2];
    double exact[PLACES], value[PLACES], error[PLACES];
    ntk_context *context = NULL;
    ntk_target *polynomial = NULL, *mine = NULL;
    ntk_target_functions functions = NTK_INIT(ntk_target_functions);
    ntk_degree_options options = NTK_INIT(ntk_degree_options);
    ntk_matrix c = ntk_matrix_f64(coefficient, 2, 1), F = ntk_matrix_f64(formula[0], DEGREES, NTK_ENERGY_COLUMNS),
               E = ntk_matrix_f64(found[0], DEGREES, NTK_ENERGY_COLUMNS), T = ntk_matrix_f64(total, 1, NTK_ENERGY_COLUMNS),
               X = ntk_matrix_f64(x, N, D), Y = ntk_matrix_f64(y, N, 1), at = ntk_matrix_f64(x, PLACES, D);
    ntk_matrix Exact = ntk_matrix_f64(exact, PLACES, 1), V = ntk_matrix_f64(value, PLACES, 1),
               S = ntk_matrix_f64(error, PLACES, 1);
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_target_create_polynomial(context, &polynomial, exponents, &c, D));
    TRY(ntk_target_energies(polynomial, &F, &T, NULL));
    EXPECT(fabs(formula[1][0] - 4) < 1e-12 && fabs(formula[2][0] - D / (D + 2.0)) < 1e-12 && formula[3][0] == 0,
           "by formula %g of %g are linear, %g quadratic", formula[1][0], total[0], formula[2][0]);

    functions.evaluate = own;
    functions.inputs = D;
    options.seed = 1;
    TRY(ntk_target_create_user(context, &mine, &functions));
    TRY(ntk_target_energies(mine, &E, NULL, &options));
    for (int k = 0; k < DEGREES; k++)
        EXPECT(fabs(found[k][0] - formula[k][0]) < 5 * found[k][1], "degree %d from 4096 samples: %.3f +- %.3f", k, found[k][0],
               found[k][1]);

    TRY(ntk_inputs_draw(context, &X, NTK_INPUTS_SPHERE, 2));
    TRY(ntk_target_evaluate(mine, &Y, &X));
    TRY(ntk_sample_energies(context, &E, NULL, &X, &Y, NULL));
    EXPECT(fabs(found[1][0] - 4) < 5 * found[1][1], "of data alone: %.3f +- %.3f linear", found[1][0], found[1][1]);

    TRY(ntk_target_project(polynomial, &Exact, NULL, &at, 1, NULL));
    TRY(ntk_target_project(mine, &V, &S, &at, 1, &options));
    for (int i = 0; i < PLACES; i++)
        EXPECT(fabs(exact[i] - 2 * x[i * D]) < 1e-12 && fabs(value[i] - exact[i]) < 5 * error[i],
               "its linear part at a place: %.3f, from samples %.3f +- %.3f", exact[i], value[i], error[i]);
    ntk_target_destroy(mine);
    ntk_target_destroy(polynomial);
    ntk_context_destroy(context);
    return 0;
}
