/* Trainings for a comparison with PyTorch's optimisers: takes steps on a small network by every method, times steps on a large one, and
 * writes what the other side needs to do the same.  bench/peers/training calls it.
 *
 *     training FOLDER n d N        of the large network
 *
 * In FOLDER, f64: x.bin, SAMPLES x INPUTS, and of every RECIPE RECIPE_y.bin, SAMPLES x outputs, and RECIPE_path.bin, STEPS + 1 x p, the
 * parameters after each step;  recipes.txt  a recipe a line
 *   large_BITS_x.bin, n x d, large_BITS_y.bin, n x 1, and large_BITS_theta.bin (f64), the parameters at the start;
 *   training.txt  a name and a value a line, seconds a step among them */
#include "../calls.h"
#include "../data.h"
#include "../memory.h"
#include "arrays.h"

#include <math.h>
#include <stdlib.h>

enum { SAMPLES = 160, INPUTS = 6, LAYERS = 2, CLASSES = 3, STEPS = 40, BATCH = 64, FEW = 16 };
static const int64_t widths[LAYERS] = {20, 15};
static const double bias_scale = 0.5, output_bias_scale = 0.25;

/* optimiser  PyTorch's name;   0: as it is there, or not at all */
typedef struct recipe {
    const char *name, *optimiser, *objective;
    int32_t method, loss;
    double step, momentum, square_rate, epsilon, weight_decay;
    int64_t batch;
} recipe;

static const recipe recipes[] = {
    {"gd", "SGD", "squares", NTK_TRAINING_GD, NTK_LOSS_MEAN, 0.05, 0, 0, 0, 0, 0},
    {"gd_decay", "SGD", "squares", NTK_TRAINING_GD, NTK_LOSS_MEAN, 0.05, 0, 0, 0, 0.1, 0},
    {"gd_logistic", "SGD", "logistic", NTK_TRAINING_GD, NTK_LOSS_LOGISTIC, 0.5, 0, 0, 0, 0, 0},
    {"gd_softmax", "SGD", "softmax", NTK_TRAINING_GD, NTK_LOSS_SOFTMAX, 0.5, 0, 0, 0, 0, 0},
    {"online", "SGD", "squares", NTK_TRAINING_ONLINE, NTK_LOSS_MEAN, 0.02, 0, 0, 0, 0, SAMPLES / STEPS},
    {"momentum", "SGD", "squares", NTK_TRAINING_MOMENTUM, NTK_LOSS_MEAN, 0.02, 0.9, 0, 0, 0.01, 0},
    {"nesterov", "SGD", "squares", NTK_TRAINING_NESTEROV, NTK_LOSS_MEAN, 0.02, 0.9, 0, 0, 0.01, 0},
    {"adagrad", "Adagrad", "squares", NTK_TRAINING_ADAGRAD, NTK_LOSS_MEAN, 0.01, 0, 0, 1e-10, 0, 0},
    {"rmsprop", "RMSprop", "squares", NTK_TRAINING_RMSPROP, NTK_LOSS_MEAN, 0.001, 0, 0.99, 1e-8, 0, 0},
    {"adam", "Adam", "squares", NTK_TRAINING_ADAM, NTK_LOSS_MEAN, 0.001, 0.9, 0.999, 1e-8, 0, 0},
    {"adam_decay", "Adam", "softmax", NTK_TRAINING_ADAM, NTK_LOSS_SOFTMAX, 0.001, 0.8, 0.99, 1e-6, 0.1, 0},
};
enum { RECIPES = sizeof recipes / sizeof *recipes };

static ntk_matrix new_matrix(int64_t rows, int64_t cols)
{
    return ntk_matrix_f64(bench_allocate(rows * cols, NTK_F64), rows, cols);
}

static void write_named(const char *folder, const char *name, const char *what, const ntk_matrix *values)
{
    char file[64];
    snprintf(file, sizeof file, "%s_%s.bin", name, what);
    arrays_write(folder, file, values);
}

/* --- step by step --- */

static ntk_network *small_network(ntk_context *context, int64_t outputs)
{
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_activation *activation;
    ntk_network *network;
    options.inputs = INPUTS;
    options.layers = LAYERS;
    options.widths = widths;
    options.bias_scale = bias_scale;
    options.output_bias_scale = output_bias_scale;
    options.outputs = outputs;
    bench_check(ntk_activation_create(context, &activation, NTK_TANH, NULL));
    bench_check(ntk_network_create(context, &network, activation, &options));
    ntk_activation_destroy(activation);
    return network;
}

/* Numbers, signs, or rows of one 1, as the loss wants them. */
static ntk_matrix small_targets(int32_t loss)
{
    int64_t outputs = loss == NTK_LOSS_SOFTMAX ? CLASSES : 1;
    ntk_matrix y = bench_matrix(SAMPLES, outputs, NTK_F64, 6);
    double *values = y.data;
    for (int64_t i = 0; i < SAMPLES * outputs; i++) {
        if (loss == NTK_LOSS_LOGISTIC) values[i] = values[i] < 0 ? -1 : 1;
        if (loss == NTK_LOSS_SOFTMAX) values[i] = i % CLASSES == (i / CLASSES) * 7 % 5 % CLASSES;
    }
    return y;
}

static ntk_training *small_training(ntk_context *context, const recipe *r, const ntk_network *network, const ntk_matrix *x,
                                    const ntk_matrix *y)
{
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_training *training;
    options.method = r->method;
    options.loss = r->loss;
    options.step = r->step;
    options.momentum = r->momentum;
    options.square_rate = r->square_rate;
    options.epsilon = r->epsilon;
    options.weight_decay = r->weight_decay;
    options.batch = r->batch;
    bench_check(ntk_training_create(context, &training, network, x, y, &options));
    return training;
}

static void take_steps(ntk_context *context, const char *folder, const recipe *r, const ntk_matrix *x)
{
    ntk_matrix y = small_targets(r->loss);
    ntk_network *network = small_network(context, y.cols);
    ntk_training *training = small_training(context, r, network, x, &y);
    int64_t p = ntk_network_size(network, NTK_PART_BOTH);
    ntk_matrix path = new_matrix(STEPS + 1, p);
    for (int64_t k = 0; k <= STEPS; k++) {
        ntk_matrix theta = ntk_matrix_f64((double *)path.data + k * p, p, 1);
        if (k > 0) bench_check(ntk_training_run(training, NULL, 1));
        bench_check(ntk_training_parameters(training, &theta));
    }
    write_named(folder, r->name, "y", &y);
    write_named(folder, r->name, "path", &path);
    ntk_training_destroy(training);
    ntk_network_destroy(network);
    free(path.data);
    free(y.data);
}

static void all_recipes(ntk_context *context, const char *folder)
{
    ntk_matrix x = bench_matrix(SAMPLES, INPUTS, NTK_F64, 5);
    FILE *file = arrays_open(folder, "recipes.txt");
    arrays_write(folder, "x.bin", &x);
    for (int i = 0; i < RECIPES; i++) {
        const recipe *r = &recipes[i];
        take_steps(context, folder, r, &x);
        fprintf(file, "%s %s %s %g %g %g %g %g %lld\n", r->name, r->optimiser, r->objective, r->step, r->momentum,
                r->square_rate, r->epsilon, r->weight_decay, (long long)r->batch);
    }
    fclose(file);
    free(x.data);
}

/* --- times --- */

/* As long as the other side takes for its best. */
enum { TURNS = 3 };

static double seconds_a_step(ntk_context *context, bench_sizes sizes, int32_t dtype, int64_t batch, const char *folder)
{
    int64_t steps = batch ? FEW : 1;
    call_training call = call_training_make(context, NTK_RELU, sizes, dtype, batch, steps);
    double best = INFINITY;
    for (int turn = 0; turn < TURNS; turn++) {
        bench_runner runner = call_training_runner(&call);
        bench_race(&runner, 1);
        best = fmin(best, runner.seconds);
    }
    if (!batch) {
        int64_t p = ntk_network_size(call.network, NTK_PART_BOTH);
        const char *name = dtype == NTK_F64 ? "large_64" : "large_32";
        ntk_matrix theta = new_matrix(p, 1);
        bench_check(ntk_network_parameters(call.network, &theta));
        write_named(folder, name, "theta", &theta);
        write_named(folder, name, "x", &call.x);
        write_named(folder, name, "y", &call.y);
        free(theta.data);
    }
    call_training_free(&call);
    return best / (double)steps;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: %s FOLDER n d N\n", argv[0]);
        return EXIT_FAILURE;
    }
    int64_t given[3] = {0};
    bench_arguments(4, argv + 1, "n d N", given, 3);
    const bench_sizes sizes = {given[0], given[1], given[2]};
    const int64_t batch = sizes.n < BATCH ? sizes.n : BATCH;
    ntk_context *context = bench_context(false);
    all_recipes(context, argv[1]);
    FILE *file = arrays_open(argv[1], "training.txt");
    fprintf(file, "samples %d\ninputs %d\nwidth_1 %lld\nwidth_2 %lld\nsteps %d\nbias_scale %g\noutput_bias_scale %g\n", SAMPLES,
            INPUTS, (long long)widths[0], (long long)widths[1], STEPS, bias_scale, output_bias_scale);
    fprintf(file, "n %lld\nd %lld\nN %lld\nbatch %lld\n", (long long)sizes.n, (long long)sizes.d, (long long)sizes.N,
            (long long)batch);
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        int bits = dtype == NTK_F64 ? 64 : 32;
        fprintf(file, "full_%d %.9f\n", bits, seconds_a_step(context, sizes, dtype, 0, argv[1]));
        fprintf(file, "some_%d %.9f\n", bits, seconds_a_step(context, sizes, dtype, batch, argv[1]));
    }
    fclose(file);
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
