/* A network and its linearization on their way: what both say of some samples after each step of gradient descent, of a network of
 * many neurons in the kernel regime, gamma = 1/sqrt N, and of the same one in the mean field, gamma = 1/N.
 * cc trajectories.c common.c splitmix.c $(pkg-config --cflags --libs ntk) -lm */
#include "common.h"

#include <math.h>
#include <stdlib.h>

enum { D = 10, SAMPLES = 40, SHOWN = 3, HIDDEN = 1024, STEPS = 60, SEED = 1 };
static const double RATE = 0.5; /* of the largest stable step */

static const char help[] = "Usage: trajectories [CSV]\n"
                           "Trains a network and its linearization, in the kernel regime and in the mean field.\n"
                           "CSV: a file for their losses and outputs at three samples, by step.\n";

typedef struct problem {
    ntk_context *context;
    ntk_activation *activation;
    double x[SAMPLES][D], y[SAMPLES];
    ntk_matrix X, Y;
} problem;

/* outputs  after each step, of the network and of its linearization */
typedef struct course {
    double outputs[2][STEPS + 1][SAMPLES], loss[2][STEPS + 1];
} course;

static ntk_network *create(const problem *p, int32_t scaling)
{
    ntk_network *network;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = D;
    options.hidden = HIDDEN;
    options.scaling = scaling;
    options.antisymmetric = 1;
    options.seed = SEED;
    common_check(ntk_network_create(p->context, &network, p->activation, &options));
    return network;
}

static void train(const problem *p, const ntk_network *network, int linearized, course *c)
{
    ntk_training *training;
    ntk_training_options options = NTK_INIT(ntk_training_options);
    options.schedule = NTK_SCHEDULE_SPECTRAL;
    options.step = RATE;
    options.linearized = linearized;
    common_check(ntk_training_create(p->context, &training, network, &p->X, &p->Y, &options));
    for (int k = 0; k <= STEPS; k++) {
        ntk_training_report report = NTK_INIT(ntk_training_report);
        ntk_matrix Out = ntk_matrix_f64(c->outputs[linearized][k], SAMPLES, 1);
        common_check(ntk_training_run(training, &report, k > 0));
        common_check(ntk_training_predict(training, &Out, &p->X));
        c->loss[linearized][k] = report.loss;
    }
    ntk_training_destroy(training);
}

/* The largest distance between the two on the way, root mean squares. */
static double widest(const course *c)
{
    double most = 0;
    for (int k = 0; k <= STEPS; k++) {
        double sum = 0;
        for (int i = 0; i < SAMPLES; i++) sum += pow(c->outputs[0][k][i] - c->outputs[1][k][i], 2);
        most = fmax(most, sqrt(sum / SAMPLES));
    }
    return most;
}

static void write_course(FILE *table, const char *regime, const course *c)
{
    for (int k = 0; k <= STEPS; k++) {
        fprintf(table, "%s,%d,%.6g,%.6g", regime, k, c->loss[0][k], c->loss[1][k]);
        for (int i = 0; i < SHOWN; i++) fprintf(table, ",%.6g,%.6g", c->outputs[0][k][i], c->outputs[1][k][i]);
        fprintf(table, "\n");
    }
}

static void show(const problem *p, int32_t scaling, const char *regime, FILE *table)
{
    course *c = calloc(1, sizeof *c);
    ntk_network *network = create(p, scaling);
    if (!c) exit(EXIT_FAILURE);
    for (int linearized = 0; linearized < 2; linearized++) train(p, network, linearized, c);
    printf("%-12s loss %.4f, of the linearization %.4f; largest gap %.4f\n", regime, c->loss[0][STEPS], c->loss[1][STEPS],
           widest(c));
    if (table) write_course(table, regime, c);
    ntk_network_destroy(network);
    free(c);
}

int main(int argc, char **argv)
{
    problem p = {.context = NULL};
    uint64_t seed = SEED;
    common_arguments(argc, argv, 0, 1, help);
    FILE *table = argc > 1 ? common_open(argv[1], "regime,step,loss,loss_linear,f1,g1,f2,g2,f3,g3") : NULL;
    common_check(ntk_context_create(&p.context, NULL));
    common_check(ntk_activation_create(p.context, &p.activation, NTK_TANH, NULL));
    for (int i = 0; i < SAMPLES; i++) {
        for (int j = 0; j < D; j++) p.x[i][j] = common_normal(&seed);
        p.y[i] = p.x[i][0] * (1 + p.x[i][1]) / 2;
    }
    p.X = ntk_matrix_const_f64(p.x[0], SAMPLES, D);
    p.Y = ntk_matrix_const_f64(p.y, SAMPLES, 1);
    printf("N = %d, %d samples, %d steps (seed %d)\n", HIDDEN, SAMPLES, STEPS, SEED);
    show(&p, NTK_SCALING_NTK, "kernel", table);
    show(&p, NTK_SCALING_MEAN_FIELD, "mean field", table);
    if (table) common_close(table);
    ntk_activation_destroy(p.activation);
    ntk_context_destroy(p.context);
    return EXIT_SUCCESS;
}
