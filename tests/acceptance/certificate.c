/* Section 2: is this network, at this scale, certain to train like its linearization, and does it? */
#include "expect.h"

enum { N = 8, D = 10, HIDDEN = 512 };

/* Points on the sphere of radius sqrt(D). */
static double *sphere(void)
{
    double *x = numbers(N * D, 7);
    for (int i = 0; i < N; i++) {
        double norm = 0;
        for (int j = 0; j < D; j++) norm += x[i * D + j] * x[i * D + j];
        for (int j = 0; j < D; j++) x[i * D + j] *= sqrt(D / norm);
    }
    return x;
}

int main(void)
{
    ntk_context *ctx;
    ntk_activation *tanh_;
    ntk_network *net;
    ntk_model *model;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_certificate c = NTK_INIT(ntk_certificate);
    double *x = sphere(), y[N], times[3], table[3 * NTK_COMPARE_COLUMNS], gap[2];
    options.inputs = D, options.hidden = HIDDEN, options.antisymmetric = 1, options.seed = 3;
    for (int i = 0; i < N; i++) y[i] = x[i * D] * (1 + x[i * D + 1]);
    TRY(ntk_context_create(&ctx, NULL));
    TRY(ntk_activation_create(ctx, &tanh_, NTK_TANH, NULL));
    TRY(ntk_network_create(ctx, &net, tanh_, &options));
    TRY(ntk_model_from_network(ctx, &model, net, NTK_PART_BOTH));

    int64_t p = ntk_network_size(net, NTK_PART_BOTH);
    double *theta = malloc((size_t)p * sizeof *theta);
    ntk_matrix Theta = ntk_matrix_f64(theta, p, 1), X = ntk_matrix_f64(x, N, D), Y = ntk_matrix_f64(y, N, 1),
               Times = ntk_matrix_f64(times, 3, 1), Table = ntk_matrix_f64(table, 3, NTK_COMPARE_COLUMNS);
    TRY(ntk_network_parameters(net, &Theta));

    /* how large alpha must be, and what is certain from there on */
    TRY(ntk_model_certify(model, &c, &Theta, &X, &Y, 1));
    double required = c.beta * sqrt(1152 * c.sigma_max * c.sigma_max * c.initial_loss) / pow(c.sigma_min, 3);
    EXPECT(fabs(c.alpha_required - required) <= 1e-9 * required && c.certified == 0, "alpha 1 is not enough: %.4g would be",
           c.alpha_required);
    EXPECT(c.beta_observed <= c.beta && c.beta < 5 * c.beta_observed, "beta: proven %.3g, observed %.3g", c.beta,
           c.beta_observed);
    double alpha = 1.5 * c.alpha_required;
    TRY(ntk_model_certify(model, &c, &Theta, &X, &Y, alpha));
    EXPECT(c.certified == 1, "alpha %.4g is, of singular values %.3g to %.3g", alpha, c.sigma_min, c.sigma_max);

    /* and it does: both losses, the movement and the gap stay within what is guaranteed */
    for (int i = 0; i < 3; i++) times[i] = (1 + 3 * i) / (2 * c.rate);
    TRY(ntk_model_compare(model, &Table, &Theta, &X, &Y, &Times, alpha));
    for (int i = 0; i < 3; i++) {
        const double *row = table + i * NTK_COMPARE_COLUMNS, bound = c.initial_loss * exp(-c.rate * times[i]);
        EXPECT(row[NTK_COMPARE_LOSS] <= bound && row[NTK_COMPARE_LOSS_LINEAR] <= bound, "losses %.3g and %.3g, guaranteed %.3g",
               row[NTK_COMPARE_LOSS], row[NTK_COMPARE_LOSS_LINEAR], bound);
        EXPECT(row[NTK_COMPARE_LOSS] <= 1.001 * row[NTK_COMPARE_BOUND], "Lemma 1: %.3g", row[NTK_COMPARE_BOUND]);
        EXPECT(row[NTK_COMPARE_OUTPUT_GAP] > 0 && row[NTK_COMPARE_OUTPUT_GAP] <= c.output_gap, "output gap %.3g of %.3g",
               row[NTK_COMPARE_OUTPUT_GAP], c.output_gap);
        EXPECT(row[NTK_COMPARE_MOVEMENT] <= c.radius && row[NTK_COMPARE_MOVEMENT_LINEAR] <= c.radius, "movement %.3g of %.3g",
               row[NTK_COMPARE_MOVEMENT], c.radius);
        EXPECT(row[NTK_COMPARE_PARAMETER_GAP] <= c.parameter_gap, "parameter gap %.3g of %.3g", row[NTK_COMPARE_PARAMETER_GAP],
               c.parameter_gap);
    }

    /* from an antisymmetric start the gap falls as 1/alpha^2 */
    for (int i = 0; i < 2; i++) {
        double scale = i ? 10 : 1, line[NTK_COMPARE_COLUMNS];
        ntk_matrix Line = ntk_matrix_f64(line, 1, NTK_COMPARE_COLUMNS), When = ntk_matrix_f64(times, 1, 1);
        times[0] = 1 / (scale * scale * c.sigma_min * c.sigma_min);
        TRY(ntk_model_compare(model, &Line, &Theta, &X, &Y, &When, scale));
        gap[i] = line[NTK_COMPARE_OUTPUT_GAP];
    }
    EXPECT(gap[0] / gap[1] > 60 && gap[0] / gap[1] < 140, "alpha 1 against 10: gap %.3g against %.3g", gap[0], gap[1]);

    ntk_model_destroy(model);
    ntk_network_destroy(net);
    ntk_activation_destroy(tanh_);
    ntk_context_destroy(ctx);
    free(theta);
    free(x);
    return 0;
}
