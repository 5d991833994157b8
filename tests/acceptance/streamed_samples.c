/* Fits samples that a generator makes, once by features and once by Nystroem's method, and sees how good both are. */
#include "expect.h"

enum { N = 10000, D = 5, TEST = 5000 };

/* Sample i, whoever asks for it and when. */
static void sample(int64_t i, double *x, double *y)
{
    uint64_t state = (uint64_t)i * UINT64_C(0x9E3779B97F4A7C15) + 1;
    double sum = 0;
    for (int j = 0; j <= D; j++) {
        state = (state ^ (state >> 29)) * UINT64_C(0xBF58476D1CE4E5B9);
        state = (state ^ (state >> 32)) * UINT64_C(0x94D049BB133111EB);
        double u = (double)(int64_t)(state >> 11) * 0x1p-52 - 1;
        if (j < D)
            x[j] = u, sum += 0.5 * (j + 1) * u;
        else
            *y = sin(sum) + 0.1 * u;
    }
}

/* user  how many rows have been asked for */
static int64_t generate(void *user, int64_t first, const ntk_matrix *x, const ntk_matrix *y)
{
    int64_t *asked = user;
    for (int64_t i = 0; i < x->rows; i++)
        sample(first + i, (double *)x->data + i * x->stride, (double *)y->data + i * y->stride);
    *asked += x->rows;
    return x->rows;
}

/* Mean square error on samples that were not fitted. */
static double error_of(const ntk_ridge *ridge)
{
    static double x[TEST * D], y[TEST], f[TEST];
    double sum = 0;
    for (int64_t i = 0; i < TEST; i++) sample(N + i, x + i * D, y + i);
    ntk_matrix points = ntk_matrix_const_f64(x, TEST, D), out = ntk_matrix_f64(f, TEST, 1);
    TRY(ntk_ridge_predict(ridge, &out, &points));
    for (int i = 0; i < TEST; i++) sum += (f[i] - y[i]) * (f[i] - y[i]) / TEST;
    return sum;
}

static ntk_features *features_of(ntk_context *context, const ntk_activation *activation)
{
    ntk_network *network = NULL;
    ntk_features *features = NULL;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = D;
    options.hidden = 60;
    options.weight_scale = 3;
    TRY(ntk_network_create(context, &network, activation, &options));
    TRY(ntk_features_create(context, &features, network, NTK_PART_BOTH));
    ntk_network_destroy(network);
    return features;
}

int main(void)
{
    ntk_context *context = NULL, *small = NULL;
    ntk_activation *erf = NULL;
    ntk_kernel *kernel = NULL;
    ntk_ridge *primal = NULL, *nystroem = NULL, *refused = NULL;
    ntk_kernel_options scales = NTK_INIT(ntk_kernel_options);
    ntk_nystroem_options centres = NTK_INIT(ntk_nystroem_options);
    ntk_nystroem_report report = NTK_INIT(ntk_nystroem_report);
    ntk_context_options limited = NTK_INIT(ntk_context_options);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_sample_stream stream = NTK_INIT(ntk_sample_stream);
    int64_t asked = 0;
    uint64_t bytes = 0;
    static double residuals[N];
    ntk_matrix out = ntk_matrix_f64(residuals, N, 1);
    stream.inputs = D;
    stream.targets = 1;
    stream.samples = N;
    stream.read = generate;
    stream.user = &asked;
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &erf, NTK_ERF, NULL));
    scales.weight_scale = 3;
    scales.bias_scale = 1;
    TRY(ntk_kernel_create_infinite(context, &kernel, erf, &scales));

    ntk_features *features = features_of(context, erf);
    options.intercept = 1;
    TRY(ntk_ridge_create_stream(context, &primal, features, &stream, 0.01, &options));
    EXPECT(asked == N, "features see each sample once");
    EXPECT(error_of(primal) < 0.4, "and explain some of a mean square of 0.5: %.3f is left", error_of(primal));
    EXPECT(ntk_ridge_leave_one_out(primal, &out) == NTK_ERR_STATE, "what needs the samples says so: %s", ntk_error_message());

    asked = 0;
    centres.count = 300;
    centres.leave_one_out = 1;
    TRY(ntk_ridge_nystroem_memory(context, &bytes, kernel, 1000000, D, 1, &centres));
    EXPECT(bytes < UINT64_C(200000000), "300 centres of a million samples take %.0f MB", (double)bytes / 1e6);
    TRY(ntk_ridge_create_nystroem_stream(context, &nystroem, kernel, &stream, 0.05, &centres));
    TRY(ntk_ridge_nystroem_summary(nystroem, &report));
    double error = error_of(nystroem);
    EXPECT(asked == 3 * N, "a Nystroem model sees them to draw, to fit and to judge");
    EXPECT(error < error_of(primal), "and explains more: %.4f is left", error);
    EXPECT(fabs(report.leave_one_out - error) < 0.2 * error && fabs(report.gcv - error) < 0.2 * error,
           "its own estimates are near: %.4f by leave-one-out, %.4f by cross-validation", report.leave_one_out, report.gcv);
    EXPECT(report.mean_rest > 0 && report.mean_rest < report.mean_diagonal && report.largest_rest >= report.mean_rest,
           "it leaves %.1e of the kernel's diagonal, %.1e at most", report.mean_rest / report.mean_diagonal,
           report.largest_rest / report.mean_diagonal);

    limited.memory_budget = 1000000;
    TRY(ntk_context_create(&small, &limited));
    EXPECT(ntk_ridge_create_nystroem_stream(small, &refused, kernel, &stream, 0.05, &centres) == NTK_ERR_MEMORY,
           "a budget holds: %s", ntk_error_message());
    ntk_context_destroy(small);
    ntk_ridge_destroy(nystroem);
    ntk_ridge_destroy(primal);
    ntk_features_destroy(features);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(erf);
    ntk_context_destroy(context);
    return 0;
}
