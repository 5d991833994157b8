/* A model that is linear in a few parameters, on a few samples: features of a network, random targets and starts. */
#ifndef TEST_LINEAR_MODEL_H
#define TEST_LINEAR_MODEL_H

#include "oracle.h"

enum { N = 20, M = 6, D = 4, HIDDEN = 10, P = HIDDEN * (D + 1), T = 2 };

/* P features on N samples with T targets, and M samples to predict. */
typedef struct linear_model {
    ntk_network *network;
    ntk_features *features;
    ntk_kernel *kernel;
    double *xs, *ys, *starts, *tests, *test_starts, Phi[N * P], Phi_test[M * P];
    ntk_matrix x, y, f0, x_test, f0_test;
} linear_model;

linear_model *linear_create(ntk_context *context, uint64_t seed);
void linear_free(linear_model *s);

/* Its flow from f0, and what that says of its limits; what f is at a time of one that starts at 0. */
ntk_flow *linear_flow(ntk_context *context, const linear_model *s, const ntk_flow_options *options);
ntk_flow_report linear_limits(const ntk_flow *flow);
void linear_predict(const ntk_flow *flow, const ntk_matrix *x, double *f, double t);

/* What a loss makes of K's curvature. */
double linear_scale(int32_t loss);

void linear_near(double got, long double right, double bound, const char *what);

#endif
