/* Lazy training of a model that is no network: the rates of a chain of reservoirs, of which a differential equation makes what a sensor
 * sees after some time.  With scaled outputs gradient flow on the rates follows its linearization, as it does for networks.
 * cc ode.c common.c splitmix.c $(pkg-config --cflags --libs ntk) -lm */
#include "common.h"

#include <math.h>
#include <stdlib.h>

/* u_i' = j_i - j_(i+1), j_e = exp(theta_e) (u_(e-1) - u_e) through the wall e, with 0 outside; steps of Runge and Kutta's method. */
enum { CELLS = 8, WALLS = CELLS + 1, SENSOR = 5, SAMPLES = 3, STEPS = 30, SIZE = CELLS * (1 + WALLS), SCALES = 3, TIMES = 60 };
static const double SEEN[SAMPLES] = {1, 2.5, 5}; /* times at which the sensor is read */

static const char help[] =
    "Usage: ode [CSV]\n"
    "Fits the rates of a differential equation by gradient flow, and compares with the linearized flow.\n"
    "CSV: a file for losses and gaps by time.\n";

/* --- the equation --- */

/* The change of a state: cells, and after them their derivatives by each theta_e.   rates  exp(theta) */
static void flow(const double *rates, const double *state, double *change)
{
    for (int k = 0; k < SIZE; k++) change[k] = 0;
    for (int part = 0; part <= WALLS; part++) {
        const double *u = state + part * CELLS;
        double *to = change + part * CELLS;
        for (int e = 0; e < WALLS; e++) {
            double through = (e > 0 ? u[e - 1] : 0) - (e < CELLS ? u[e] : 0);
            /* theta_e changes its own wall's flow besides */
            if (part == e + 1) through += (e > 0 ? state[e - 1] : 0) - (e < CELLS ? state[e] : 0);
            if (e < CELLS) to[e] += rates[e] * through;
            if (e > 0) to[e - 1] -= rates[e] * through;
        }
    }
}

/* The state after some time, of a chain whose first half is full at first. */
static void simulate(const double *theta, double time, double *state)
{
    double change[4][SIZE], at[SIZE], rates[WALLS], h = time / STEPS;
    static const double ahead[4] = {0, 0.5, 0.5, 1};
    for (int e = 0; e < WALLS; e++) rates[e] = exp(theta[e]);
    for (int k = 0; k < SIZE; k++) state[k] = k < CELLS / 2;
    for (int step = 0; step < STEPS; step++) {
        for (int stage = 0; stage < 4; stage++) {
            for (int k = 0; k < SIZE; k++) at[k] = state[k] + (stage ? h * ahead[stage] * change[stage - 1][k] : 0);
            flow(rates, at, change[stage]);
        }
        for (int k = 0; k < SIZE; k++) state[k] += h / 6 * (change[0][k] + 2 * change[1][k] + 2 * change[2][k] + change[3][k]);
    }
}

/* --- the model: what the sensor sees, less what it would see with the rates of the start --- */

typedef struct chain {
    double start[WALLS];
} chain;

static int forward(void *user, const ntk_matrix *y, const ntk_matrix *theta, const ntk_matrix *x)
{
    const chain *c = user;
    double state[SIZE], first[SIZE];
    for (int64_t i = 0; i < x->rows; i++) {
        double time = ((const double *)x->data)[i];
        simulate(theta->data, time, state);
        simulate(c->start, time, first);
        ((double *)y->data)[i] = state[SENSOR] - first[SENSOR];
    }
    return 0;
}

static int jacobian(void *user, const ntk_matrix *J, const ntk_matrix *theta, const ntk_matrix *x)
{
    double state[SIZE];
    (void)user;
    for (int64_t i = 0; i < x->rows; i++) {
        simulate(theta->data, ((const double *)x->data)[i], state);
        for (int e = 0; e < WALLS; e++) ((double *)J->data)[i * WALLS + e] = state[(e + 1) * CELLS + SENSOR];
    }
    return 0;
}

/* --- the comparison --- */

/* Follows both flows at one scale; the largest gap on the way. */
static double follow(const ntk_model *model, const double *theta, const double *y, double sigma_min, double alpha, FILE *table)
{
    double rows[TIMES][NTK_COMPARE_COLUMNS], times[TIMES], most = 0;
    ntk_matrix Rows = ntk_matrix_f64(rows[0], TIMES, NTK_COMPARE_COLUMNS), Times = ntk_matrix_const_f64(times, TIMES, 1),
               Theta = ntk_matrix_const_f64(theta, WALLS, 1), X = ntk_matrix_const_f64(SEEN, SAMPLES, 1),
               Y = ntk_matrix_const_f64(y, SAMPLES, 1);
    /* 0, and then up to twice the slowest mode's, three powers of ten evenly */
    for (int i = 0; i < TIMES; i++)
        times[i] = i ? 2 * pow(10, 3.0 * i / (TIMES - 1) - 3) / (alpha * alpha * sigma_min * sigma_min) : 0;
    common_check(ntk_model_compare(model, &Rows, &Theta, &X, &Y, &Times, alpha));
    for (int i = 0; i < TIMES; i++) {
        const double *row = rows[i];
        most = fmax(most, row[NTK_COMPARE_OUTPUT_GAP]);
        if (table)
            fprintf(table, "%g,%.6g,%.6g,%.6g,%.6g,%.6g\n", alpha, alpha * alpha * row[NTK_COMPARE_TIME], row[NTK_COMPARE_LOSS],
                    row[NTK_COMPARE_LOSS_LINEAR], row[NTK_COMPARE_BOUND], row[NTK_COMPARE_OUTPUT_GAP]);
    }
    printf("alpha %3g: loss %.2e of %.2e, by Lemma 1 at most %.2e; largest gap %.2e\n", alpha,
           rows[TIMES - 1][NTK_COMPARE_LOSS], rows[0][NTK_COMPARE_LOSS], rows[TIMES - 1][NTK_COMPARE_BOUND], most);
    return most;
}

int main(int argc, char **argv)
{
    static const double scales[SCALES] = {1, 4, 16};
    ntk_context *context;
    ntk_model *model;
    chain c;
    double truth[WALLS], y[SAMPLES];
    ntk_model_functions functions = NTK_INIT(ntk_model_functions);
    ntk_jacobian_spectrum spectrum = NTK_INIT(ntk_jacobian_spectrum);
    common_arguments(argc, argv, 0, 1, help);
    FILE *table = argc > 1 ? common_open(argv[1], "alpha,time,loss,loss_linear,bound,gap") : NULL;
    for (int e = 0; e < WALLS; e++) {
        c.start[e] = 0;
        truth[e] = 0.8 * cos(2 * e); /* the rates that the readings are made of */
    }
    functions.forward = forward;
    functions.jacobian = jacobian;
    functions.user = &c;
    functions.inputs = functions.outputs = 1;
    functions.parameters = WALLS;
    common_check(ntk_context_create(&context, NULL));
    common_check(ntk_model_create(context, &model, &functions));
    ntk_matrix X = ntk_matrix_const_f64(SEEN, SAMPLES, 1), Y = ntk_matrix_f64(y, SAMPLES, 1),
               Truth = ntk_matrix_const_f64(truth, WALLS, 1), Start = ntk_matrix_const_f64(c.start, WALLS, 1);
    forward(&c, &Y, &Truth, &X);
    common_check(ntk_model_spectrum(model, &spectrum, &Start, &X));
    printf("%d rates, %d readings; sigma of the Jacobian from %.2e to %.2e\n", WALLS, SAMPLES, spectrum.sigma_min,
           spectrum.sigma_max);
    for (int i = 0; i < SCALES; i++) follow(model, c.start, y, spectrum.sigma_min, scales[i], table);
    if (table) common_close(table);
    ntk_model_destroy(model);
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
