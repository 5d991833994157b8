/* Newton's method on a network with two outputs: gradient and Hessian of half the squared loss by products alone, solved by conjugate
 * gradients, from a start near a minimum. */
#include "expect.h"

#include <string.h>

enum { D = 2, HIDDEN = 3, OUTPUTS = 2, SAMPLES = 60, P = HIDDEN * (D + OUTPUTS) };

/* A penalty of the distance from the start makes the minimum near it a strict one. */
static const double DECAY = 0.1;

typedef struct problem {
    ntk_network *network;
    ntk_matrix x, residuals;
    double theta[P], start[P], r[SAMPLES * OUTPUTS];
    const double *targets;
} problem;

static double dot(const double *a, const double *b, int count)
{
    double sum = 0;
    for (int k = 0; k < count; k++) sum += a[k] * b[k];
    return sum;
}

/* The gradient at theta, whose residuals are kept; returns its length. */
static double gradient(problem *p, double *g)
{
    ntk_matrix Theta = ntk_matrix_f64(p->theta, P, 1), G = ntk_matrix_f64(g, P, 1);
    TRY(ntk_network_set_parameters(p->network, &Theta));
    TRY(ntk_network_forward(p->network, &p->residuals, &p->x));
    for (int k = 0; k < SAMPLES * OUTPUTS; k++) p->r[k] -= p->targets[k];
    TRY(ntk_network_vjp(p->network, &G, &p->x, &p->residuals, NTK_PART_BOTH));
    for (int k = 0; k < P; k++) g[k] += DECAY * (p->theta[k] - p->start[k]);
    return sqrt(dot(g, g, P));
}

/* (J^T J + sum_j r_j H_j + the penalty's) v */
static void curvature(const problem *p, double *hv, double *v)
{
    double second[P];
    ntk_matrix V = ntk_matrix_f64(v, P, 1), HV = ntk_matrix_f64(hv, P, 1), Second = ntk_matrix_f64(second, P, 1);
    TRY(ntk_network_gauss_newton(p->network, &HV, &p->x, &V, NTK_PART_BOTH));
    TRY(ntk_network_hessian(p->network, &Second, &p->x, &p->residuals, &V, NTK_PART_BOTH));
    for (int k = 0; k < P; k++) hv[k] += second[k] + DECAY * v[k];
}

/* step = -H^-1 g */
static void solve(const problem *p, double *step, const double *g)
{
    double r[P], v[P], hv[P], rr = dot(g, g, P), first = rr;
    memset(step, 0, P * sizeof *step);
    for (int k = 0; k < P; k++) v[k] = r[k] = -g[k];
    for (int t = 0; t < 10 * P && rr > 1e-28 * first; t++) {
        curvature(p, hv, v);
        double alpha = rr / dot(v, hv, P), before = rr;
        for (int k = 0; k < P; k++) {
            step[k] += alpha * v[k];
            r[k] -= alpha * hv[k];
        }
        rr = dot(r, r, P);
        for (int k = 0; k < P; k++) v[k] = r[k] + rr / before * v[k];
    }
}

int main(void)
{
    ntk_context *context = NULL;
    ntk_activation *activation = NULL;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    problem p;
    double *samples = numbers(SAMPLES * D, 5), targets[SAMPLES * OUTPUTS], g[P], step[P];
    options.inputs = D;
    options.hidden = HIDDEN;
    options.outputs = OUTPUTS;
    options.seed = 4;
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &activation, NTK_TANH, NULL));
    TRY(ntk_network_create(context, &p.network, activation, &options));
    p.x = ntk_matrix_const_f64(samples, SAMPLES, D);
    p.residuals = ntk_matrix_f64(p.r, SAMPLES, OUTPUTS);

    /* targets that the network nearly reaches: its own outputs and a disturbance */
    ntk_matrix Theta = ntk_matrix_f64(p.theta, P, 1), Targets = ntk_matrix_f64(targets, SAMPLES, OUTPUTS);
    TRY(ntk_network_forward(p.network, &Targets, &p.x));
    TRY(ntk_network_parameters(p.network, &Theta));
    for (int k = 0; k < SAMPLES * OUTPUTS; k++) targets[k] += 0.005 * sin(17.0 * k);
    memcpy(p.start, p.theta, sizeof p.start);
    p.targets = targets;

    /* Newton's steps square the error: three of them leave the rounding of the gradient */
    double lengths[5];
    for (int t = 0; t < 5; t++) {
        lengths[t] = gradient(&p, g);
        printf("step %d: gradient %.2e\n", t, lengths[t]);
        solve(&p, step, g);
        for (int k = 0; k < P; k++) p.theta[k] += step[k];
    }
    EXPECT(lengths[0] > 1e-3 && lengths[4] < 1e-12, "%.1e becomes %.1e in four steps", lengths[0], lengths[4]);
    EXPECT(lengths[3] < 30 * lengths[2] * lengths[2], "quadratically");

    free(samples);
    ntk_network_destroy(p.network);
    ntk_activation_destroy(activation);
    ntk_context_destroy(context);
    return 0;
}
