/* What any user does first: fits a line and predicts, from outside the library's tree. */
#include <math.h>
#include <ntk/ntk.h>
#include <stdio.h>

static int failed(ntk_status status, const char *what)
{
    if (status < 0) fprintf(stderr, "%s: %s: %s\n", what, ntk_status_name(status), ntk_error_message());
    return status < 0;
}

static int fit(ntk_context *context, double *worst)
{
    double x[8] = {-2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2}, y[8], out[8];
    ntk_activation *identity = NULL;
    ntk_kernel *kernel = NULL;
    ntk_ridge *ridge = NULL;
    ntk_matrix X = ntk_matrix_f64(x, 8, 1), Y = ntk_matrix_f64(y, 8, 1), Out = ntk_matrix_f64(out, 8, 1);
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    int i, bad;
    options.part = NTK_PART_NT;
    for (i = 0; i < 8; i++) y[i] = 3 * x[i];
    bad = failed(ntk_activation_create(context, &identity, NTK_IDENTITY, NULL), "activation") ||
          failed(ntk_kernel_create_infinite(context, &kernel, identity, &options), "kernel") ||
          failed(ntk_ridge_create(context, &ridge, kernel, &X, &Y, 1e-6, NULL), "ridge") ||
          failed(ntk_ridge_predict(ridge, &Out, &X), "predict");
    for (i = 0, *worst = 0; i < 8 && !bad; i++) *worst = fmax(*worst, fabs(out[i] - y[i]));
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(identity);
    return bad;
}

int main(void)
{
    ntk_context *context = NULL;
    double worst = 0;
    int bad;
    if (failed(ntk_context_create(&context, NULL), "context")) return 1;
    bad = fit(context, &worst);
    ntk_context_destroy(context);
    /* K = x x', |x|^2 = 15, so the fit is 3 x * 15 / (15 + 1e-6): within 6 * 1e-6 / 15 of y */
    if (!bad && !(worst < 5e-7)) fprintf(stderr, "off by %g\n", worst);
    return bad || !(worst < 5e-7);
}
