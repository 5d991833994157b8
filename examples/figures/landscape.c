/* Figure 1a: the training loss around trained networks, along two random directions that are normalised filter by filter (Li, Xu, Taylor,
 * Studer and Goldstein 2018): of a deep and narrow network, of a wide one with one hidden layer, and of its linearization, which is a
 * quadratic bowl.  How much of the plane is convex is told by second differences.
 * cc landscape.c figure.c ../command.c ../common.c ../progress.c ../splitmix.c $(pkg-config --cflags --libs ntk) -lm */
#include "../common.h"
#include "figure.h"

#include <math.h>
#include <stdlib.h>

enum { D = 5, SAMPLES = 60, SEED = 1, AXES = 2, MOST_SIDE = 61 };

static const char help[] =
    "Usage: landscape [--quick] CSV\n"
    "Trains a deep network, a wide one and its linearization, and writes the training loss on a grid around each.\n"
    "CSV: a file for series, alpha, beta and the loss at theta + alpha d1 + beta d2, relative to y.\n";

typedef struct problem {
    figure f;
    ntk_activation *relu;
    double x[SAMPLES][D], y[SAMPLES], power; /* the mean of y^2 */
    ntk_matrix X, Y;
    int side;      /* points along an axis */
    int64_t steps; /* of training */
} problem;

/* What is looked at: network, at theta_0 if it is linearized, the trained theta, and directions of as many parameters; of a linearized
 * one the outputs at theta, and what the directions add. */
typedef struct model {
    const char *series;
    ntk_network *network;
    int64_t layers, hidden, size;
    int32_t linearized;
    double *theta, *direction[AXES], *moved;
    double outputs[SAMPLES], slopes[AXES][SAMPLES];
} model;

static void make_problem(problem *p, int argc, char **argv)
{
    uint64_t seed = SEED;
    figure_begin(&p->f, "landscape", 1, help, argc, argv);
    p->side = p->f.quick ? 11 : MOST_SIDE;
    p->steps = p->f.quick ? 1000 : 4000;
    for (int i = 0; i < SAMPLES; i++) {
        for (int j = 0; j < D; j++) p->x[i][j] = common_normal(&seed);
        p->y[i] = p->x[i][0] * (1 + p->x[i][1]) / 2;
        p->power += p->y[i] * p->y[i] / SAMPLES;
    }
    p->X = ntk_matrix_const_f64(p->x[0], SAMPLES, D);
    p->Y = ntk_matrix_const_f64(p->y, SAMPLES, 1);
    figure_check(&p->f, ntk_activation_create(p->f.context, &p->relu, NTK_RELU, NULL));
    figure_note(&p->f,
                "Loss around trained networks: %d samples of %d inputs, seed %d, %d x %d points, filter-normalised directions",
                SAMPLES, D, SEED, p->side, p->side);
}

static void make_network(problem *p, model *m)
{
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = D;
    options.hidden = m->hidden;
    options.layers = m->layers;
    options.weight_scale = sqrt(2);
    options.parameterization = NTK_PARAM_STANDARDISED;
    options.seed = SEED;
    figure_check(&p->f, ntk_network_create(p->f.context, &m->network, p->relu, &options));
    m->size = ntk_network_size(m->network, NTK_PART_BOTH);
    m->theta = figure_room(&p->f, m->size);
    m->moved = figure_room(&p->f, m->size);
    for (int k = 0; k < AXES; k++) m->direction[k] = figure_room(&p->f, m->size);
}

static void train(problem *p, model *m)
{
    ntk_training *training;
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_matrix Theta = ntk_matrix_f64(m->theta, m->size, 1), Outputs = ntk_matrix_f64(m->outputs, SAMPLES, 1);
    options.method = NTK_TRAINING_ADAM;
    options.schedule = NTK_SCHEDULE_COSINE;
    options.step = 0.01;
    options.horizon = p->steps;
    options.linearized = m->linearized;
    figure_part(&p->f, "training: %s", m->series);
    figure_check(&p->f, ntk_training_create(p->f.context, &training, m->network, &p->X, &p->Y, &options));
    figure_check(&p->f, ntk_training_run(training, NULL, p->steps));
    figure_check(&p->f, ntk_training_parameters(training, &Theta));
    figure_check(&p->f, ntk_training_predict(training, &Outputs, &p->X));
    ntk_training_destroy(training);
}

/* Normal numbers, as long as theta's in each filter: the weights into one neuron. */
static void draw_direction(const model *m, double *direction, uint64_t seed)
{
    int64_t at = 0;
    while (at < m->size) {
        int64_t inputs = at < m->hidden * D ? D : m->hidden;
        double own = 0, wanted = 0;
        for (int64_t k = at; k < at + inputs; k++) {
            direction[k] = common_normal(&seed);
            own += direction[k] * direction[k];
            wanted += m->theta[k] * m->theta[k];
        }
        for (int64_t k = at; k < at + inputs; k++) direction[k] *= sqrt(wanted / own);
        at += inputs;
    }
}

static void look_around(problem *p, model *m)
{
    for (int k = 0; k < AXES; k++) {
        ntk_matrix Direction = ntk_matrix_const_f64(m->direction[k], m->size, 1),
                   Slope = ntk_matrix_f64(m->slopes[k], SAMPLES, 1);
        draw_direction(m, m->direction[k], SEED + 1 + (uint64_t)k);
        if (m->linearized) figure_check(&p->f, ntk_network_jvp(m->network, &Slope, &p->X, &Direction, NTK_PART_BOTH));
    }
}

/* The loss at theta + alpha d1 + beta d2, over that of 0. */
static double loss_at(problem *p, model *m, double alpha, double beta)
{
    double outputs[SAMPLES], loss = 0;
    if (m->linearized) {
        for (int i = 0; i < SAMPLES; i++) outputs[i] = m->outputs[i] + alpha * m->slopes[0][i] + beta * m->slopes[1][i];
    } else {
        ntk_matrix Moved = ntk_matrix_f64(m->moved, m->size, 1), Outputs = ntk_matrix_f64(outputs, SAMPLES, 1);
        for (int64_t k = 0; k < m->size; k++)
            m->moved[k] = m->theta[k] + alpha * m->direction[0][k] + beta * m->direction[1][k];
        figure_check(&p->f, ntk_network_set_parameters(m->network, &Moved));
        figure_check(&p->f, ntk_network_forward(m->network, &Outputs, &p->X));
    }
    for (int i = 0; i < SAMPLES; i++) loss += (outputs[i] - p->y[i]) * (outputs[i] - p->y[i]) / SAMPLES;
    return loss / p->power;
}

/* The share of inner points at which second differences have a negative eigenvalue, beyond what rounding makes. */
static double not_convex(const problem *p, double (*loss)[MOST_SIDE])
{
    int inner = p->side - 2, found = 0;
    for (int i = 1; i <= inner; i++)
        for (int j = 1; j <= inner; j++) {
            double aa = loss[i + 1][j] - 2 * loss[i][j] + loss[i - 1][j], bb = loss[i][j + 1] - 2 * loss[i][j] + loss[i][j - 1],
                   ab = (loss[i + 1][j + 1] - loss[i + 1][j - 1] - loss[i - 1][j + 1] + loss[i - 1][j - 1]) / 4;
            found += (aa + bb) / 2 - hypot((aa - bb) / 2, ab) < -1e-12 * loss[i][j];
        }
    return (double)found / (inner * inner);
}

static void show(problem *p, model *m)
{
    static double loss[MOST_SIDE][MOST_SIDE];
    make_network(p, m);
    train(p, m);
    look_around(p, m);
    figure_part(&p->f, "looking around: %s", m->series);
    for (int i = 0; i < p->side; i++)
        for (int j = 0; j < p->side; j++) {
            double alpha = 2.0 * i / (p->side - 1) - 1, beta = 2.0 * j / (p->side - 1) - 1;
            loss[i][j] = loss_at(p, m, alpha, beta);
            figure_row(&p->f, "%s,%.6g,%.6g,%.10g", m->series, alpha, beta, loss[i][j]);
        }
    int middle = p->side / 2;
    figure_note(&p->f, "%-11s loss %.2g at theta, not convex at %4.1f %% of the points", m->series, loss[middle][middle],
                100 * not_convex(p, loss));
    ntk_network_destroy(m->network);
    for (int k = 0; k < AXES; k++) free(m->direction[k]);
    free(m->moved);
    free(m->theta);
}

int main(int argc, char **argv)
{
    static problem p;
    static model models[] = {{.series = "deep", .layers = 8, .hidden = 8},
                             {.series = "wide", .layers = 1, .hidden = 1024},
                             {.series = "linearized", .layers = 1, .hidden = 1024, .linearized = 1}};
    make_problem(&p, argc, argv);
    figure_note(&p.f, "deep: %d hidden layers of %d; wide and linearized: one of %d", (int)models[0].layers,
                (int)models[0].hidden, (int)models[1].hidden);
    figure_columns(&p.f, "series,alpha,beta,loss");
    for (int i = 0; i < 3; i++) show(&p, &models[i]);
    ntk_activation_destroy(p.relu);
    figure_end(&p.f);
    return EXIT_SUCCESS;
}
