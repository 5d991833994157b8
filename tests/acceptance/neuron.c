/* Theorem 4: a ReLU neuron is learnt from 4 d samples, exponentially fast and at the rate that was predicted; 2 d are too few. */
#include "expect.h"

enum { D = 60, MOST = 4 * D };

/* Sums of twelve uniform numbers: near enough to normal. */
static void draw(double *x, int64_t count, uint64_t seed)
{
    double *u = numbers(12 * count, seed);
    for (int64_t i = 0; i < count; i++) {
        x[i] = 0;
        for (int k = 0; k < 12; k++) x[i] += u[12 * i + k] / 2;
    }
    free(u);
}

int main(void)
{
    ntk_context *context = NULL;
    double x[MOST * D], y[MOST], truth[D], w[D], loss, gradient[D], slope = 0;
    ntk_matrix Truth = ntk_matrix_const_f64(truth, D, 1), W = ntk_matrix_f64(w, D, 1), G = ntk_matrix_f64(gradient, D, 1);
    ntk_neuron_options options = NTK_INIT(ntk_neuron_options);
    ntk_neuron_report report = NTK_INIT(ntk_neuron_report);
    ntk_neuron_rates rates = NTK_INIT(ntk_neuron_rates);
    draw(x, MOST * D, 1);
    draw(truth, D, 2);
    for (int i = 0; i < MOST; i++) {
        y[i] = 0;
        for (int k = 0; k < D; k++) y[i] += truth[k] * x[i * D + k];
        y[i] = fmax(y[i], 0);
    }
    TRY(ntk_context_create(&context, NULL));
    options.truth = &Truth;
    for (int times = 2; times <= 4; times += 2) {
        ntk_matrix X = ntk_matrix_const_f64(x, times * D, D), Y = ntk_matrix_const_f64(y, times * D, 1);
        ntk_status status = ntk_neuron_train(context, &W, &report, &X, &Y, &options);
        TRY(status);
        EXPECT((report.distance < 1e-8) == (times == 4), "n = %d d: distance %.1e after %d steps", times, report.distance,
               (int)report.steps);
    }
    TRY(ntk_neuron_predict_rates(&rates, MOST, D, report.step));
    EXPECT(fabs(report.rate - rates.rate) < 0.02, "rate %.4f, predicted %.4f", report.rate, rates.rate);

    TRY(ntk_neuron_population(&loss, &G, &W, &Truth));
    for (int k = 0; k < D; k++) slope += gradient[k] * gradient[k];
    EXPECT(loss < 1e-14 && slope < 1e-13, "of all samples there could be: loss %.1e, gradient %.1e", loss, sqrt(slope));
    ntk_context_destroy(context);
    return 0;
}
