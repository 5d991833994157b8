/* A first program: learns a function on the sphere by ridge regression with the kernel of an infinitely wide ReLU network, then
 * with the features of a finite one.   cc quickstart.c $(pkg-config --cflags --libs ntk) -lm */
#include <math.h>
#include <ntk/ntk.h>
#include <stdio.h>
#include <stdlib.h>

enum { INPUTS = 20, TRAIN = 1000, TEST = 1000, HIDDEN = 40 };

static double x[TRAIN][INPUTS], y[TRAIN], x_test[TEST][INPUTS], y_test[TEST], prediction[TEST];

static void check(ntk_status status)
{
    if (status >= 0) return;
    fprintf(stderr, "%s\n", ntk_error_message());
    exit(EXIT_FAILURE);
}

/* Samples on the sphere of radius sqrt(d), and the target sin(x_1) + x_2 x_3. */
static void draw(double (*points)[INPUTS], double *values, int count)
{
    for (int i = 0; i < count; i++) {
        double square = 0;
        for (int j = 0; j < INPUTS; j++) {
            double u = (rand() + 1.0) / (RAND_MAX + 2.0), v = rand() / (RAND_MAX + 1.0);
            points[i][j] = sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
            square += points[i][j] * points[i][j];
        }
        for (int j = 0; j < INPUTS; j++) points[i][j] *= sqrt(INPUTS / square);
        values[i] = sin(points[i][0]) + points[i][1] * points[i][2];
    }
}

/* The fraction of the target's mean square that the model misses on new samples. */
static double test_error(const ntk_ridge *ridge)
{
    ntk_matrix X = ntk_matrix_const_f64(x_test[0], TEST, INPUTS), Prediction = ntk_matrix_f64(prediction, TEST, 1);
    double missed = 0, all = 0;
    check(ntk_ridge_predict(ridge, &Prediction, &X));
    for (int i = 0; i < TEST; i++) {
        missed += (prediction[i] - y_test[i]) * (prediction[i] - y_test[i]);
        all += y_test[i] * y_test[i];
    }
    return missed / all;
}

int main(void)
{
    draw(x, y, TRAIN);
    draw(x_test, y_test, TEST);
    ntk_matrix X = ntk_matrix_const_f64(x[0], TRAIN, INPUTS), Y = ntk_matrix_const_f64(y, TRAIN, 1);

    ntk_context *context;
    ntk_activation *relu;
    check(ntk_context_create(&context, NULL));
    check(ntk_activation_create(context, &relu, NTK_RELU, NULL));

    /* the kernel K^RF + K^NT of the infinitely wide network */
    ntk_kernel *kernel;
    ntk_ridge *infinite;
    check(ntk_kernel_create_infinite(context, &kernel, relu, NULL));
    check(ntk_ridge_create(context, &infinite, kernel, &X, &Y, 1e-3, NULL));
    printf("infinite network:             test error %.3f\n", test_error(infinite));

    /* the random and tangent features of a network with HIDDEN neurons */
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = INPUTS;
    options.hidden = HIDDEN;
    ntk_network *network;
    ntk_features *features;
    ntk_ridge *finite;
    check(ntk_network_create(context, &network, relu, &options));
    check(ntk_features_create(context, &features, network, NTK_PART_BOTH));
    check(ntk_ridge_create_primal(context, &finite, features, &X, &Y, 1e-1, NULL));
    printf("%d neurons, %lld features:  test error %.3f\n", HIDDEN, (long long)ntk_features_size(features), test_error(finite));

    ntk_ridge_destroy(finite);
    ntk_features_destroy(features);
    ntk_network_destroy(network);
    ntk_ridge_destroy(infinite);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(relu);
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
