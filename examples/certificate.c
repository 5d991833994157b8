/* A certificate of lazy training: of how large a scale alpha on is gradient flow of a network guaranteed to fit its samples, at what rate,
 * and how near to its linearization; and what it does in truth.
 * cc certificate.c common.c splitmix.c $(pkg-config --cflags --libs ntk) -lm */
#include "common.h"

#include <math.h>
#include <stdlib.h>

enum { D = 6, SAMPLES = 8, HIDDEN = 120, ALPHAS = 9, TIMES = 40, SEED = 1 };

static const char help[] = "Usage: certificate [CSV]\n"
                           "Certifies gradient flow of a network of 120 neurons, and follows it.\n"
                           "CSV: a file for the gap to the linearization by alpha, and for the losses by time.\n";

typedef struct problem {
    ntk_model *model;
    double x[SAMPLES][D], y[SAMPLES], *theta;
    ntk_matrix X, Y, Theta;
} problem;

static void draw(problem *p)
{
    uint64_t seed = SEED;
    for (int i = 0; i < SAMPLES; i++) {
        for (int j = 0; j < D; j++) p->x[i][j] = common_normal(&seed);
        p->y[i] = common_normal(&seed);
    }
    p->X = ntk_matrix_const_f64(p->x[0], SAMPLES, D);
    p->Y = ntk_matrix_const_f64(p->y, SAMPLES, 1);
}

/* A network that is 0 at its start, as a model of all its parameters. */
static void make_model(problem *p, ntk_context *context)
{
    ntk_activation *tanh_;
    ntk_network *network;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = D;
    options.hidden = HIDDEN;
    options.antisymmetric = 1;
    options.seed = SEED;
    common_check(ntk_activation_create(context, &tanh_, NTK_TANH, NULL));
    common_check(ntk_network_create(context, &network, tanh_, &options));
    int64_t size = ntk_network_size(network, NTK_PART_BOTH);
    p->theta = malloc((size_t)size * sizeof *p->theta);
    if (!p->theta) exit(EXIT_FAILURE);
    p->Theta = ntk_matrix_f64(p->theta, size, 1);
    common_check(ntk_network_parameters(network, &p->Theta));
    common_check(ntk_model_from_network(context, &p->model, network, NTK_PART_BOTH));
    ntk_network_destroy(network);
    ntk_activation_destroy(tanh_);
}

static ntk_certificate certify(const problem *p, double alpha)
{
    ntk_certificate c = NTK_INIT(ntk_certificate);
    common_check(ntk_model_certify(p->model, &c, &p->Theta, &p->X, &p->Y, alpha));
    return c;
}

/* Follows the flow at times up to six of the slowest mode's. */
static void follow(const problem *p, const ntk_certificate *c, double alpha, double (*rows)[NTK_COMPARE_COLUMNS])
{
    double times[TIMES], unit = 1 / (alpha * alpha * c->sigma_min * c->sigma_min);
    ntk_matrix Rows = ntk_matrix_f64(rows[0], TIMES, NTK_COMPARE_COLUMNS), Times = ntk_matrix_const_f64(times, TIMES, 1);
    for (int i = 0; i < TIMES; i++) times[i] = 6 * unit * i / (TIMES - 1);
    common_check(ntk_model_compare(p->model, &Rows, &p->Theta, &p->X, &p->Y, &Times, alpha));
}

/* The largest gap on the way. */
static double widest(double (*rows)[NTK_COMPARE_COLUMNS])
{
    double most = 0;
    for (int i = 0; i < TIMES; i++) most = fmax(most, rows[i][NTK_COMPARE_OUTPUT_GAP]);
    return most;
}

static void print_certificate(const ntk_certificate *c)
{
    printf("N = %d, %d samples (seed %d)\n", HIDDEN, SAMPLES, SEED);
    printf("sigma of the Jacobian from %.3f to %.3f; its Lipschitz constant: %.3f proven, %.3f observed\n", c->sigma_min,
           c->sigma_max, c->beta, c->beta_observed);
    printf("certified from alpha = %.1f on; by the observed constant it would be from %.1f on\n", c->alpha_required,
           c->alpha_observed);
}

/* At the smallest alpha that is certified, the loss beside what was guaranteed of it. */
static int follow_certified(const problem *p, double alpha, FILE *table)
{
    static double rows[TIMES][NTK_COMPARE_COLUMNS];
    ntk_certificate c = certify(p, alpha);
    int broken = !c.certified;
    follow(p, &c, alpha, rows);
    for (int i = 0; i < TIMES; i++) {
        const double *row = rows[i];
        double guaranteed = c.initial_loss * exp(-c.rate * row[NTK_COMPARE_TIME]);
        broken += row[NTK_COMPARE_LOSS] > guaranteed * (1 + 1e-9) || row[NTK_COMPARE_MOVEMENT] > c.radius;
        if (table)
            fprintf(table, "time,%.6g,%.6g,%.6g,%.6g\n", alpha * alpha * row[NTK_COMPARE_TIME], row[NTK_COMPARE_LOSS],
                    row[NTK_COMPARE_BOUND], guaranteed);
    }
    printf("there, movement %.2e of at most %.2e, and the loss %s what is guaranteed\n", rows[TIMES - 1][NTK_COMPARE_MOVEMENT],
           c.radius, broken ? "PASSED" : "stayed below");
    return broken;
}

int main(int argc, char **argv)
{
    static double rows[TIMES][NTK_COMPARE_COLUMNS];
    ntk_context *context;
    problem p = {.model = NULL};
    common_arguments(argc, argv, 0, 1, help);
    FILE *table = argc > 1 ? common_open(argv[1], "what,at,first,second,third") : NULL;
    common_check(ntk_context_create(&context, NULL));
    draw(&p);
    make_model(&p, context);
    ntk_certificate first = certify(&p, 1);
    print_certificate(&first);
    int broken = follow_certified(&p, first.alpha_required * (1 + 1e-9), table);
    printf("\n   alpha   gap to the linearization   at most, if certified\n");
    for (int i = 0; i < ALPHAS; i++) {
        double alpha = pow(10, 0.5 * i);
        ntk_certificate c = certify(&p, alpha);
        follow(&p, &c, alpha, rows);
        double gap = widest(rows);
        broken += c.certified && gap > c.output_gap;
        printf("%8.1f %26.2e %17.2e%s\n", alpha, gap, c.output_gap, c.certified ? " (it is)" : "");
        if (table) fprintf(table, "alpha,%.6g,%.6g,%.6g,%.6g\n", alpha, gap, c.output_gap, first.alpha_required);
    }
    if (table) common_close(table);
    free(p.theta);
    ntk_model_destroy(p.model);
    ntk_context_destroy(context);
    return broken ? EXIT_FAILURE : EXIT_SUCCESS;
}
