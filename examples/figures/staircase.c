/* Theorem 1 in numbers: labels are those of a ReLU neuron, y = max(<w, x>, 0) of x on the sphere of radius sqrt(d), with E y^2 = 1.  The
 * error of kernel ridge regression falls by a step where n passes a power of d, as predicted: a degree takes about as many samples as it
 * has polynomials, d^degree / degree!, and so it does where polynomials are fitted by least squares.  Gradient descent of a neuron finds w
 * from a few d samples.
 * cc staircase.c figure.c ../command.c ../common.c ../progress.c ../splitmix.c $(pkg-config --cflags --libs ntk) -lm */
#include "figure.h"

#include <math.h>
#include <stdlib.h>

enum { DIMENSIONS = 3, MOST_D = 1000, DEGREES = 41, MOST_SIZES = 16, DRAWS = 20, GRID = 121, STEPS = 3000, SEED = 1 };
static const double lambda = 1e-6; /* there is no noise */

/* The dimensions, of which detail is the one for all methods, the most samples that are fitted, and those that fits are tested on.  The
 * prediction is also that of MOST_D, whose steps are plain. */
static const struct plan {
    int64_t dimensions[DIMENSIONS], most, tests;
    int detail;
} plans[2] = {{{10, 30, 100}, 3200, 1000, 1}, {{10, 20, 40}, 320, 400, 0}};

static const char help[] =
    "Usage: staircase [--quick] CSV\n"
    "Measures the error of kernels, polynomials and a neuron on a neuron's labels, and predicts it.\n"
    "CSV: a file for the errors, relative to the labels, by method and dimension (series) and samples.\n";

typedef struct problem {
    figure f;
    const struct plan *plan;
    ntk_activation *relu;
    int64_t d;
    double truth[MOST_D]; /* of length sqrt 2 */
    ntk_target *target;
    double energies[DEGREES];
} problem;

/* --- targets and kernels --- */

static void begin_dimension(problem *p, int64_t d)
{
    const double one = 1;
    double table[DEGREES][NTK_ENERGY_COLUMNS];
    ntk_matrix W = ntk_matrix_const_f64(p->truth, 1, d), coefficient = ntk_matrix_const_f64(&one, 1, 1),
               Energies = ntk_matrix_f64(table[0], DEGREES, NTK_ENERGY_COLUMNS);
    p->d = d;
    figure_check(&p->f,
                 ntk_target_create_sum(p->f.context, &p->target, (const ntk_activation *const[]){p->relu}, &W, &coefficient));
    figure_check(&p->f, ntk_target_energies(p->target, &Energies, NULL, NULL));
    for (int k = 0; k < DEGREES; k++) p->energies[k] = table[k][NTK_ENERGY_VALUE];
}

/* Of a degree, polynomial regression; otherwise K^RF + K^NT. */
static ntk_kernel *kernel_of(problem *p, int degree)
{
    static const double ones[] = {1, 1, 1};
    ntk_kernel *kernel;
    ntk_matrix shares = ntk_matrix_const_f64(ones, degree + 1, 1);
    figure_check(&p->f, degree ? ntk_kernel_create_zonal(p->f.context, &kernel, &shares, p->d)
                               : ntk_kernel_create_infinite(p->f.context, &kernel, p->relu, NULL));
    return kernel;
}

/* How many polynomials of a degree there are; 0 of no degree. */
static double rank_of(int64_t d, int degree)
{
    double wide = (double)d;
    return degree == 0 ? 0 : degree == 1 ? wide + 1 : wide * (wide + 3) / 2;
}

/* --- curves --- */

static void predict(problem *p, const ntk_kernel *kernel, double (*curve)[NTK_CURVE_COLUMNS], const double *sizes,
                    int64_t count)
{
    ntk_curve_options options = NTK_INIT(ntk_curve_options);
    ntk_matrix table = ntk_matrix_f64(curve[0], count, NTK_CURVE_COLUMNS), n = ntk_matrix_const_f64(sizes, count, 1),
               E = ntk_matrix_const_f64(p->energies, DEGREES, 1);
    options.d = p->d;
    options.total = 1;
    options.lambda = lambda;
    figure_check(&p->f, ntk_theory_learning_curve(kernel, &table, &E, &n, &options));
}

/* From d^(1/2) to d^(9/2). */
static void write_prediction(problem *p, const ntk_kernel *kernel, const char *name)
{
    double sizes[GRID], curve[GRID][NTK_CURVE_COLUMNS];
    for (int i = 0; i < GRID; i++) sizes[i] = pow((double)p->d, 0.5 + 4.0 * i / (GRID - 1));
    predict(p, kernel, curve, sizes, GRID);
    for (int i = 0; i < GRID; i++)
        figure_row(&p->f, "%s %d predicted,%d,%.6g,%.6g,,", name, (int)p->d, (int)p->d, sizes[i], curve[i][NTK_CURVE_TEST]);
}

/* Powers of d, a quarter apart; but where so many samples are about as many as there are polynomials a few draws rule any mean. */
static int64_t sizes_of(const problem *p, double *sizes, double rank)
{
    int64_t count = 0;
    for (double power = 0.5; count < MOST_SIZES; power += 0.25) {
        double n = round(pow((double)p->d, power));
        if (n > (double)p->plan->most) break;
        if (fabs(n - rank) > 0.25 * rank) sizes[count++] = n;
    }
    return count;
}

static void measure(problem *p, int degree, const char *name)
{
    double sizes[MOST_SIZES], table[MOST_SIZES][NTK_MEASURE_COLUMNS], curve[MOST_SIZES][NTK_CURVE_COLUMNS];
    int64_t count = sizes_of(p, sizes, rank_of(p->d, degree));
    ntk_kernel *kernel = kernel_of(p, degree);
    ntk_matrix n = ntk_matrix_const_f64(sizes, count, 1), Table = ntk_matrix_f64(table[0], count, NTK_MEASURE_COLUMNS);
    ntk_measure_options options = NTK_INIT(ntk_measure_options);
    options.draws = DRAWS;
    options.test = p->plan->tests;
    options.lambda = lambda;
    options.seed = SEED;
    figure_part(&p->f, "staircase: %s, d = %d", name, (int)p->d);
    figure_check(&p->f, ntk_theory_measure_curve(kernel, &Table, p->target, &n, &options));
    predict(p, kernel, curve, sizes, count);
    for (int64_t i = 0; i < count; i++)
        figure_row(&p->f, "%s %d,%d,%d,%.6g,%.6g,%.6g", name, (int)p->d, (int)p->d, (int)sizes[i], table[i][NTK_MEASURE_TEST],
                   table[i][NTK_MEASURE_TEST_ERROR], curve[i][NTK_CURVE_TEST]);
    write_prediction(p, kernel, name);
    ntk_kernel_destroy(kernel);
}

/* --- the neuron --- */

/* Its error of all samples that there could be, which is the same on the sphere as under N(0, I): the ReLU is homogeneous. */
static double descend(problem *p, int64_t n, int draw)
{
    double *x = figure_room(&p->f, n * p->d), *y = figure_room(&p->f, n), w[MOST_D], loss;
    ntk_matrix X = ntk_matrix_f64(x, n, p->d), Y = ntk_matrix_f64(y, n, 1), W = ntk_matrix_f64(w, p->d, 1),
               Truth = ntk_matrix_const_f64(p->truth, p->d, 1);
    ntk_neuron_options options = NTK_INIT(ntk_neuron_options);
    options.steps = STEPS;
    options.seed = (uint64_t)(SEED + draw);
    figure_check(&p->f, ntk_inputs_draw(p->f.context, &X, NTK_INPUTS_SPHERE, (uint64_t)(SEED + draw)));
    figure_check(&p->f, ntk_target_evaluate(p->target, &Y, &X));
    figure_check(&p->f, ntk_neuron_train(p->f.context, &W, NULL, &X, &Y, &options));
    figure_check(&p->f, ntk_neuron_population(&loss, NULL, &W, &Truth));
    free(x);
    free(y);
    return loss;
}

static void train_neurons(problem *p)
{
    static const int64_t halves[] = {1, 2, 4, 6, 8, 16};
    double losses[DRAWS], error;
    figure_part(&p->f, "staircase: neurons");
    for (size_t i = 0; i < sizeof halves / sizeof halves[0]; i++) {
        int64_t n = halves[i] * p->d / 2;
        for (int draw = 0; draw < DRAWS; draw++) losses[draw] = descend(p, n, draw);
        double mean = figure_mean(losses, DRAWS, &error);
        figure_row(&p->f, "neuron %d,%d,%d,%.6g,%.6g,", (int)p->d, (int)p->d, (int)n, mean, error);
    }
}

int main(int argc, char **argv)
{
    problem p = {.truth = {sqrt(2)}};
    figure_begin(&p.f, "staircase", 1, help, argc, argv);
    p.plan = &plans[p.f.quick != 0];
    figure_check(&p.f, ntk_activation_create(p.f.context, &p.relu, NTK_RELU, NULL));
    figure_note(&p.f, "labels of a ReLU neuron; K^RF + K^NT, polynomial regression and gradient descent; lambda %g, no noise",
                lambda);
    figure_note(
        &p.f,
        "%d draws, each tested on %d samples; errors relative to the labels, predicted by the theory of finite n; seed %d",
        DRAWS, (int)p.plan->tests, SEED);
    figure_columns(&p.f, "series,d,n,error,error_se,predicted");
    for (int i = 0; i < DIMENSIONS; i++) {
        begin_dimension(&p, p.plan->dimensions[i]);
        measure(&p, 0, "kernel");
        if (i == p.plan->detail) {
            measure(&p, 1, "linear");
            measure(&p, 2, "quadratic");
            train_neurons(&p);
        }
        ntk_target_destroy(p.target);
    }
    begin_dimension(&p, MOST_D);
    ntk_kernel *kernel = kernel_of(&p, 0);
    write_prediction(&p, kernel, "kernel");
    ntk_kernel_destroy(kernel);
    ntk_target_destroy(p.target);
    ntk_activation_destroy(p.relu);
    figure_end(&p.f);
    return EXIT_SUCCESS;
}
