/* A model that lives with its data: a window of samples slides, targets are corrected, and readers keep a copy meanwhile. */
#include "expect.h"

#include <string.h>

enum { WIDTH = 300, STEP = 10, STEPS = 12, ALL = WIDTH + STEP * STEPS, D = 4, M = 20 };

static double difference(const ntk_ridge *a, const ntk_ridge *b, const ntk_matrix *at)
{
    double f[M], g[M], worst = 0;
    ntk_matrix F = ntk_matrix_f64(f, M, 1), G = ntk_matrix_f64(g, M, 1);
    TRY(ntk_ridge_predict(a, &F, at));
    TRY(ntk_ridge_predict(b, &G, at));
    for (int i = 0; i < M; i++) worst = fmax(worst, fabs(f[i] - g[i]));
    return worst;
}

int main(void)
{
    ntk_context *context = NULL;
    ntk_activation *gelu = NULL;
    ntk_kernel *kernel = NULL;
    ntk_ridge *ridge = NULL, *slid = NULL, *readers = NULL, *fresh = NULL;
    double *x = numbers(ALL * D, 1), *y = numbers(ALL, 2), *at = numbers(M * D, 3);
    ntk_matrix At = ntk_matrix_const_f64(at, M, D);
    for (int i = 0; i < ALL; i++) y[i] = sin(3 * x[i * D]) + i * 0.01 + 0.05 * y[i];
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &gelu, NTK_GELU, NULL));
    TRY(ntk_kernel_create_infinite(context, &kernel, gelu, NULL));
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    options.intercept = 1;
    options.capacity = STEP;
    ntk_matrix X = ntk_matrix_const_f64(x, WIDTH, D), Y = ntk_matrix_const_f64(y, WIDTH, 1);
    TRY(ntk_ridge_create(context, &ridge, kernel, &X, &Y, 0.01, &options));
    TRY(ntk_ridge_copy(context, &readers, ridge));
    TRY(ntk_ridge_copy(context, &slid, ridge));
    for (int step = 0; step < STEPS; step++) {
        ntk_matrix New = ntk_matrix_const_f64(x + (WIDTH + step * STEP) * D, STEP, D),
                   NewY = ntk_matrix_const_f64(y + WIDTH + step * STEP, STEP, 1);
        TRY(ntk_ridge_append(ridge, &New, &NewY));
        TRY(ntk_ridge_remove(ridge, 0, STEP));
        TRY(ntk_ridge_slide(slid, &New, &NewY));
    }
    TRY(ntk_ridge_create(context, &fresh, kernel, &X, &Y, 0.01, &options));
    EXPECT(difference(readers, fresh, &At) == 0, "readers had the model as it was");
    ntk_ridge_destroy(fresh);
    ntk_matrix Window = ntk_matrix_const_f64(x + STEP * STEPS * D, WIDTH, D),
               WindowY = ntk_matrix_const_f64(y + STEP * STEPS, WIDTH, 1);
    TRY(ntk_ridge_create(context, &fresh, kernel, &Window, &WindowY, 0.01, &options));
    EXPECT(difference(ridge, fresh, &At) < 1e-10, "after %d steps it is the model of the last %d samples: %.1e", STEPS, WIDTH,
           difference(ridge, fresh, &At));
    EXPECT(difference(slid, fresh, &At) < 1e-10, "and so it is when it slides: %.1e", difference(slid, fresh, &At));

    double corrected[WIDTH];
    for (int i = 0; i < WIDTH; i++) corrected[i] = y[STEP * STEPS + i] - (STEP * STEPS + i) * 0.01;
    ntk_matrix Corrected = ntk_matrix_const_f64(corrected, WIDTH, 1);
    ntk_ridge_destroy(fresh);
    TRY(ntk_ridge_set_targets(ridge, &Corrected));
    TRY(ntk_ridge_create(context, &fresh, kernel, &Window, &Corrected, 0.01, &options));
    EXPECT(difference(ridge, fresh, &At) < 1e-10, "with other targets it is the model of those: %.1e",
           difference(ridge, fresh, &At));

    double ends[2 * M];
    int held = 0;
    ntk_matrix Ends = ntk_matrix_f64(ends, M, 2), Far = ntk_matrix_const_f64(x, 1, D),
               One = ntk_matrix_const_f64(corrected, 1, 1);
    TRY(ntk_ridge_intervals(ridge, &Ends, &At, 0.9));
    for (int i = 0; i < M; i++) held += ends[2 * i] <= sin(3 * at[i * D]) && sin(3 * at[i * D]) <= ends[2 * i + 1];
    EXPECT(held >= M * 8 / 10, "90 %% intervals hold %d of %d values", held, M);

    /* refused, it stays as it was */
    x[0] = NAN;
    EXPECT(ntk_ridge_append(ridge, &Far, &One) == NTK_ERR_VALUE, "refused: %s", ntk_error_message());
    EXPECT(difference(ridge, fresh, &At) < 1e-10, "and unchanged");
    ntk_ridge_destroy(fresh);
    ntk_ridge_destroy(readers);
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(slid);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(gelu);
    ntk_context_destroy(context);
    free(x), free(y), free(at);
    return 0;
}
