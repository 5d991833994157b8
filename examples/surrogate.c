/* A simulator with a surrogate in its inner loop.  A bead moves on a spring over a plate of charges; its energy is a long sum, and a
 * surrogate that was fitted to some of its values stands in for it: the force is the gradient of the mean, and the predictive band
 * says where the simulator has to be asked after all, whose answer is then appended.
 * cc surrogate.c common.c splitmix.c $(pkg-config --cflags --libs ntk) -lm */
#define _POSIX_C_SOURCE 200809L

#include "common.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

/* Lengths in m, times in s, energies in J; the bead has 1 kg. */
enum { GRID = 201, SAMPLES = 40, STEPS = 2000, CUT = 181 };
static const double SPACING = 0.8, DEPTH = 0.4, CHARGE = 0.3; /* of the charges; the unit of charge makes J of 1 / m */
static const double SAMPLED = 1, STEP = 0.005, TOLERANCE = 2e-4;

static const char help[] = "Usage: surrogate [CSV]\n"
                           "Moves a bead by a surrogate of its energy, and asks the simulator where the surrogate is unsure.\n"
                           "CSV: a file for the energy along y = 0 with its bands, before the orbit and after it.\n";

/* --- the simulator --- */

/* The energy at x, and its derivatives: a spring, and charges of either sign in turn on a grid of GRID x GRID under the plane. */
static double simulate(const double x[2], double gradient[2])
{
    double energy = 0.5 * (x[0] * x[0] + x[1] * x[1]);
    gradient[0] = x[0];
    gradient[1] = x[1];
    for (int k = 0; k < GRID * GRID; k++) {
        int i = k / GRID - GRID / 2, j = k % GRID - GRID / 2;
        double charge = (i + j) % 2 ? -CHARGE : CHARGE, u = x[0] - SPACING * i, v = x[1] - SPACING * j;
        double distance = sqrt(u * u + v * v + DEPTH * DEPTH);
        energy += charge / distance;
        gradient[0] -= charge * u / (distance * distance * distance);
        gradient[1] -= charge * v / (distance * distance * distance);
    }
    return energy;
}

static void simulated_force(void *user, const double x[2], double force[2])
{
    (void)user;
    simulate(x, force);
    force[0] = -force[0];
    force[1] = -force[1];
}

/* --- the surrogate --- */

/* variance  of the energy, that the kernel's unit stands for: what the samples say
 * asked     how often the simulator was */
typedef struct surrogate {
    ntk_context *context;
    ntk_kernel *kernel;
    ntk_ridge *ridge;
    double variance;
    int asked;
} surrogate;

/* A smooth activation, so that forces are smooth, too. */
static void make_kernel(surrogate *s)
{
    ntk_activation *erf;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.weight_scale = 3;
    options.bias_scale = 1;
    common_check(ntk_activation_create(s->context, &erf, NTK_ERF, NULL));
    common_check(ntk_kernel_create_infinite(s->context, &s->kernel, erf, &options));
    ntk_activation_destroy(erf);
}

static void find_variance(surrogate *s)
{
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    common_check(ntk_ridge_summary(s->ridge, &report));
    s->variance = report.kernel_scale;
}

/* Fits SAMPLES values of the energy in the disc of radius SAMPLED. */
static void fit(surrogate *s)
{
    double x[SAMPLES][2], y[SAMPLES], unused[2];
    uint64_t seed = 1;
    for (int i = 0; i < SAMPLES; i++) {
        double radius = SAMPLED * sqrt(common_uniform(&seed)), angle = 6.283185307179586 * common_uniform(&seed);
        x[i][0] = radius * cos(angle);
        x[i][1] = radius * sin(angle);
        y[i] = simulate(x[i], unused);
    }
    ntk_matrix X = ntk_matrix_const_f64(x[0], SAMPLES, 2), Y = ntk_matrix_const_f64(y, SAMPLES, 1);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    options.intercept = 1;
    /* the values are exact; lambda only keeps rounding small */
    common_check(ntk_ridge_create(s->context, &s->ridge, s->kernel, &X, &Y, 1e-11, &options));
    find_variance(s);
}

/* Twice the standard deviation of the energy at x. */
static double band(const surrogate *s, const double x[2])
{
    double variance;
    ntk_matrix X = ntk_matrix_const_f64(x, 1, 2), V = ntk_matrix_f64(&variance, 1, 1);
    common_check(ntk_ridge_variance(s->ridge, &V, &X));
    return 2 * sqrt(s->variance * variance);
}

/* The surrogate's force where it is sure of itself; elsewhere the simulator's, from which it learns. */
static void surrogate_force(void *user, const double x[2], double force[2])
{
    surrogate *s = user;
    ntk_matrix X = ntk_matrix_const_f64(x, 1, 2), F = ntk_matrix_f64(force, 1, 2);
    if (band(s, x) > TOLERANCE) {
        double energy = simulate(x, force);
        ntk_matrix E = ntk_matrix_const_f64(&energy, 1, 1);
        common_check(ntk_ridge_append(s->ridge, &X, &E));
        find_variance(s);
        s->asked++;
    } else
        common_check(ntk_ridge_gradient(s->ridge, &F, &X));
    force[0] = -force[0];
    force[1] = -force[1];
}

/* --- the orbit --- */

typedef void force_function(void *user, const double x[2], double force[2]);

typedef struct bead {
    double x[2], velocity[2];
} bead;

/* STEPS steps of the leapfrog method; the seconds that they take. */
static double move(bead *b, force_function *force, void *user)
{
    struct timespec start, end;
    double f[2];
    clock_gettime(CLOCK_MONOTONIC, &start);
    force(user, b->x, f);
    for (int step = 0; step < STEPS; step++) {
        for (int k = 0; k < 2; k++) b->velocity[k] += STEP / 2 * f[k];
        for (int k = 0; k < 2; k++) b->x[k] += STEP * b->velocity[k];
        force(user, b->x, f);
        for (int k = 0; k < 2; k++) b->velocity[k] += STEP / 2 * f[k];
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    return (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
}

static double total_energy(const bead *b)
{
    double unused[2];
    return simulate(b->x, unused) + 0.5 * (b->velocity[0] * b->velocity[0] + b->velocity[1] * b->velocity[1]);
}

/* --- the table --- */

/* Mean and band along y = 0. */
static void cut(const surrogate *s, double (*x)[2], double *mean, double *width)
{
    for (int i = 0; i < CUT; i++) {
        x[i][0] = 1.8 * (2.0 * i / (CUT - 1) - 1);
        x[i][1] = 0;
        width[i] = band(s, x[i]);
    }
    ntk_matrix X = ntk_matrix_const_f64(x[0], CUT, 2), Mean = ntk_matrix_f64(mean, CUT, 1);
    common_check(ntk_ridge_predict(s->ridge, &Mean, &X));
}

static void write_table(FILE *table, double (*x)[2], double (*mean)[CUT], double (*width)[CUT])
{
    double unused[2];
    for (int i = 0; i < CUT; i++)
        fprintf(table, "%.6g,%.6g,%.6g,%.6g,%.6g,%.6g\n", x[i][0], simulate(x[i], unused), mean[0][i], width[0][i], mean[1][i],
                width[1][i]);
    common_close(table);
}

int main(int argc, char **argv)
{
    surrogate s = {.asked = 0};
    double x[CUT][2], mean[2][CUT], width[2][CUT];
    common_arguments(argc, argv, 0, 1, help);
    FILE *table = argc > 1 ? common_open(argv[1], "x,energy,mean_before,band_before,mean_after,band_after") : NULL;
    common_check(ntk_context_create(&s.context, NULL));
    make_kernel(&s);
    fit(&s);
    cut(&s, x, mean[0], width[0]);

    bead truth = {{1.3, 0.1}, {0, 0.6}}, b = truth;
    double energy = total_energy(&b);
    double dear = move(&truth, simulated_force, NULL), cheap = move(&b, surrogate_force, &s);
    printf("%d samples of the energy, then %d forces: the simulator was asked for %d\n", SAMPLES, STEPS + 1, s.asked);
    printf("a force of the simulator took %.0f us, one of the surrogate %.0f us\n", 1e6 * dear / (STEPS + 1),
           1e6 * cheap / (STEPS + 1));
    printf("after %.0f s the energy of %.3f J is off by %.1e J; in an orbit by the simulator alone by %.1e J\n", STEPS * STEP,
           energy, fabs(total_energy(&b) - energy), fabs(total_energy(&truth) - energy));
    cut(&s, x, mean[1], width[1]);
    if (table) write_table(table, x, mean, width);

    ntk_ridge_destroy(s.ridge);
    ntk_kernel_destroy(s.kernel);
    ntk_context_destroy(s.context);
    return EXIT_SUCCESS;
}
