/* One network, trained by every variant of gradient descent from the same start: how the loss falls, step by step.
 * cc optimizers.c common.c splitmix.c $(pkg-config --cflags --libs ntk) -lm */
#include "common.h"

#include <math.h>
#include <stdlib.h>

enum { D = 8, SAMPLES = 200, HIDDEN = 256, STEPS = 300, BATCH = 20, METHODS = 7, SEED = 1 };

static const char help[] = "Usage: optimizers [CSV]\n"
                           "Trains one network by seven methods, from the same start.\n"
                           "CSV: a file for the losses after each step.\n";

/* step  of SPECTRAL relative to the largest that is stable for gradient descent (of Nesterov's with momentum 0.9, 0.68 of it is), of
 *       the others as it is */
typedef struct method {
    const char *name;
    int32_t kind, schedule;
    double step, momentum;
    int64_t batch;
} method;

static const method methods[METHODS] = {
    {"gradient descent", NTK_TRAINING_GD, NTK_SCHEDULE_SPECTRAL, 0.9, 0, 0},
    {"momentum", NTK_TRAINING_MOMENTUM, NTK_SCHEDULE_SPECTRAL, 0.9, 0.9, 0},
    {"Nesterov", NTK_TRAINING_NESTEROV, NTK_SCHEDULE_SPECTRAL, 0.6, 0.9, 0},
    {"batches of 20", NTK_TRAINING_SGD, NTK_SCHEDULE_SPECTRAL, 0.9, 0, BATCH},
    {"AdaGrad", NTK_TRAINING_ADAGRAD, NTK_SCHEDULE_CONSTANT, 0.05, 0, 0},
    {"RMSProp", NTK_TRAINING_RMSPROP, NTK_SCHEDULE_CONSTANT, 0.005, 0, 0},
    {"Adam", NTK_TRAINING_ADAM, NTK_SCHEDULE_CONSTANT, 0.02, 0, 0},
};

static void train(ntk_context *context, const ntk_network *network, const ntk_matrix *X, const ntk_matrix *Y, const method *m,
                  FILE *table)
{
    static double history[STEPS + 1][NTK_RECORD_COLUMNS];
    ntk_training *training;
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_training_report report = NTK_INIT(ntk_training_report);
    ntk_matrix History = ntk_matrix_f64(history[0], STEPS + 1, NTK_RECORD_COLUMNS);
    options.method = m->kind;
    options.schedule = m->schedule;
    options.step = m->step;
    options.momentum = m->momentum;
    options.batch = m->batch;
    options.record_every = 1;
    options.seed = SEED;
    common_check(ntk_training_create(context, &training, network, X, Y, &options));
    common_check(ntk_training_run(training, &report, STEPS));
    common_check(ntk_training_history(training, &History));
    printf("%-18s step %-9.3g loss %.2e\n", m->name, report.step, report.loss);
    for (int k = 0; table && k <= STEPS; k++) fprintf(table, "%s,%d,%.6g\n", m->name, k, history[k][NTK_RECORD_LOSS]);
    ntk_training_destroy(training);
}

int main(int argc, char **argv)
{
    ntk_context *context;
    ntk_activation *tanh_;
    ntk_network *network;
    ntk_network_options shape = NTK_INIT(ntk_network_options);
    double x[SAMPLES][D], y[SAMPLES];
    ntk_matrix X = ntk_matrix_const_f64(x[0], SAMPLES, D), Y = ntk_matrix_const_f64(y, SAMPLES, 1);
    uint64_t seed = SEED;
    common_arguments(argc, argv, 0, 1, help);
    FILE *table = argc > 1 ? common_open(argv[1], "method,step,loss") : NULL;
    for (int i = 0; i < SAMPLES; i++) {
        for (int j = 0; j < D; j++) x[i][j] = common_normal(&seed);
        y[i] = sin(x[i][0]) + x[i][1] * x[i][2] / 2;
    }
    common_check(ntk_context_create(&context, NULL));
    common_check(ntk_activation_create(context, &tanh_, NTK_TANH, NULL));
    shape.inputs = D;
    shape.hidden = HIDDEN;
    shape.seed = SEED;
    common_check(ntk_network_create(context, &network, tanh_, &shape));
    printf("N = %d, %d samples, %d steps (seed %d)\n", HIDDEN, SAMPLES, STEPS, SEED);
    for (int i = 0; i < METHODS; i++) train(context, network, &X, &Y, &methods[i], table);
    if (table) common_close(table);
    ntk_network_destroy(network);
    ntk_activation_destroy(tanh_);
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
