/* A function on the sphere of radius sqrt d, and its projections P_{<=l} onto the polynomials of degree l, along a circle: by formula,
 * and from samples alone; and what of the function lies in each degree.  The function is a sum of three ReLUs, whose weights lie in a
 * plane; the circle is parallel to it, of radius sqrt 2, as samples have it there.
 * cc projection.c figure.c ../command.c ../common.c ../progress.c ../splitmix.c $(pkg-config --cflags --libs ntk) -lm */
#include "figure.h"

#include <math.h>
#include <stdlib.h>

enum { D = 10, TERMS = 3, POINTS = 121, DEGREES = 7, LEVELS = 4, SAMPLED = 2, SAMPLES = 16000, QUICK_SAMPLES = 2500, SEED = 1 };
static const int levels[LEVELS] = {1, 2, 4, 8};
static const double PI = 3.14159265358979323846;

/* Where in the plane of the first two inputs the ReLUs point, and how strong they are. */
static const double directions[TERMS] = {0, 1.9, -2.2}, strengths[TERMS] = {1, 1.5, -0.8};

static const char help[] = "Usage: projection [--quick] CSV\n"
                           "Takes a sum of three ReLUs of 10 inputs apart by degree, by formula and from samples.\n"
                           "CSV: a file for the function and its projections along a circle, and for its energies by degree.\n";

typedef struct problem {
    figure f;
    ntk_target *target;
    double circle[POINTS][D];
} problem;

static double angle_of(int i)
{
    return PI * (2.0 * i / (POINTS - 1) - 1);
}

static void begin(problem *p)
{
    double w[TERMS][D] = {{0}};
    ntk_activation *relu;
    ntk_matrix weights = ntk_matrix_const_f64(w[0], TERMS, D), coefficients = ntk_matrix_const_f64(strengths, TERMS, 1);
    for (int m = 0; m < TERMS; m++) {
        w[m][0] = cos(directions[m]);
        w[m][1] = sin(directions[m]);
    }
    for (int i = 0; i < POINTS; i++) {
        p->circle[i][0] = sqrt(2.0) * cos(angle_of(i));
        p->circle[i][1] = sqrt(2.0) * sin(angle_of(i));
        p->circle[i][2] = sqrt(D - 2.0);
    }
    figure_check(&p->f, ntk_activation_create(p->f.context, &relu, NTK_RELU, NULL));
    const ntk_activation *const all[TERMS] = {relu, relu, relu};
    figure_check(&p->f, ntk_target_create_sum(p->f.context, &p->target, all, &weights, &coefficients));
    ntk_activation_destroy(relu);
}

/* errors  NULL: there are none */
static void write(problem *p, const char *series, const double *values, const double *errors)
{
    for (int i = 0; i < POINTS; i++) {
        if (errors)
            figure_row(&p->f, "%s,%.6g,%.6g,%.6g", series, angle_of(i), values[i], errors[i]);
        else
            figure_row(&p->f, "%s,%.6g,%.6g,", series, angle_of(i), values[i]);
    }
}

/* The function, and its projections by formula. */
static void draw_formulas(problem *p)
{
    double values[POINTS];
    char name[32];
    ntk_matrix at = ntk_matrix_const_f64(p->circle[0], POINTS, D), out = ntk_matrix_f64(values, POINTS, 1);
    figure_check(&p->f, ntk_target_evaluate(p->target, &out, &at));
    write(p, "f", values, NULL);
    for (int l = 0; l < LEVELS; l++) {
        figure_part(&p->f, "degree %d", levels[l]);
        figure_check(&p->f, ntk_target_project(p->target, &out, NULL, &at, levels[l], NULL));
        snprintf(name, sizeof name, "degree %d", levels[l]);
        write(p, name, values, NULL);
    }
}

/* The same of degree 2, and energies, from samples of it that tell no more than their values. */
static void draw_samples(problem *p)
{
    int64_t n = p->f.quick ? QUICK_SAMPLES : SAMPLES;
    double *x = figure_room(&p->f, n * D), *y = figure_room(&p->f, n), values[POINTS], errors[POINTS];
    double exact[DEGREES][NTK_ENERGY_COLUMNS], found[DEGREES][NTK_ENERGY_COLUMNS], total[NTK_ENERGY_COLUMNS];
    ntk_matrix X = ntk_matrix_f64(x, n, D), Y = ntk_matrix_f64(y, n, 1), at = ntk_matrix_const_f64(p->circle[0], POINTS, D),
               out = ntk_matrix_f64(values, POINTS, 1), out_errors = ntk_matrix_f64(errors, POINTS, 1);
    ntk_matrix Exact = ntk_matrix_f64(exact[0], DEGREES, NTK_ENERGY_COLUMNS),
               Found = ntk_matrix_f64(found[0], DEGREES, NTK_ENERGY_COLUMNS),
               Total = ntk_matrix_f64(total, 1, NTK_ENERGY_COLUMNS);
    figure_part(&p->f, "%d samples", (int)n);
    figure_check(&p->f, ntk_inputs_draw(p->f.context, &X, NTK_INPUTS_SPHERE, SEED));
    figure_check(&p->f, ntk_target_evaluate(p->target, &Y, &X));
    figure_check(&p->f, ntk_sample_projection(p->f.context, &out, &out_errors, &at, &X, &Y, SAMPLED, NULL));
    write(p, "samples", values, errors);
    figure_check(&p->f, ntk_target_energies(p->target, &Exact, &Total, NULL));
    figure_check(&p->f, ntk_sample_energies(p->f.context, &Found, NULL, &X, &Y, NULL));
    for (int k = 0; k < DEGREES; k++) figure_row(&p->f, "energy,%d,%.6g,", k, exact[k][0] / total[0]);
    for (int k = 0; k < DEGREES; k++)
        figure_row(&p->f, "energy from samples,%d,%.6g,%.6g", k, found[k][0] / total[0], found[k][1] / total[0]);
    free(x);
    free(y);
}

int main(int argc, char **argv)
{
    static problem p;
    figure_begin(&p.f, "projection", 1, help, argc, argv);
    figure_note(&p.f, "three ReLUs of %d inputs on the sphere; %d samples (seed %d); energies relative to E f^2", D,
                p.f.quick ? QUICK_SAMPLES : SAMPLES, SEED);
    figure_columns(&p.f, "series,x,value,value_se");
    begin(&p);
    draw_formulas(&p);
    draw_samples(&p);
    ntk_target_destroy(p.target);
    figure_end(&p.f);
    return EXIT_SUCCESS;
}
