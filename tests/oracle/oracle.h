/* The independent oracle of the tests: kernels and solves computed naively, in long double, from their definitions alone.
 * Nothing here comes from lib/. */
#ifndef NTK_TESTS_ORACLE_H
#define NTK_TESTS_ORACLE_H

#include "support.h"

/* --- random data --- */

/* SplitMix64: uniform on (0, 1), standard normal, and an integer in [0, bound). */
double oracle_uniform(uint64_t *state);
double oracle_normal(uint64_t *state);
int64_t oracle_integer(uint64_t *state, int64_t bound);

/* Memory of the test; a test that cannot have it fails. */
void *oracle_memory(int64_t count, size_t size);

/* n x d standard normals, rounded to dtype so that both precisions see the same samples; free it. */
double *oracle_samples(int64_t n, int64_t d, int32_t dtype, uint64_t *state);

/* A read-only guarded array of the contiguous values, rounded to dtype. */
test_array oracle_array(const double *values, int64_t rows, int64_t cols, int64_t gap, int32_t dtype);

/* --- infinite-width kernels --- */

typedef struct oracle_kernel {
    int32_t kind;
    double slope; /* of LEAKY_RELU, 0 for others */
    ntk_kernel_options options;
} oracle_kernel;

/* a value, and how far a sound computation may be from it */
typedef struct oracle_value {
    long double value;
    long double bound;
} oracle_value;

/* K(x, y) for x, y of d entries, and the error that arithmetic of this unit roundoff may make (see infinite.c). */
oracle_value oracle_infinite(const oracle_kernel *kernel, const double *x, const double *y, int64_t d, double roundoff);

/* The same of several layers whose E[sigma sigma] and E[sigma' sigma'] may each lack this accuracy, relative to those of the two
 * samples alone. */
oracle_value oracle_infinite_cut(const oracle_kernel *kernel, const double *x, const double *y, int64_t d, double roundoff,
                                 double accuracy);

/* A line of golden/deep.csv; nngp and ntk of the network of its options. */
typedef struct oracle_golden {
    int32_t kind;
    double slope, q[3], nngp, ntk;
    ntk_kernel_options options;
} oracle_golden;

/* Returns 0 for what is no such line. */
int oracle_golden_line(oracle_golden *row, const char *line);

/* x and y of 4 entries with <x, x> / 4 = q11 and so on: exactly so for the lines that need it. */
void oracle_golden_samples(const oracle_golden *row, double *x, double *y);

/* The angle between x and y, with its full relative precision however small or near pi it is. */
long double oracle_angle(const long double *x, const long double *y, int64_t d);

/* 2^-53 or 2^-24. */
double oracle_roundoff(int32_t dtype);

/* Makes the activation and the kernel that oracle describes. */
ntk_kernel *oracle_kernel_create(ntk_context *context, const oracle_kernel *oracle);
ntk_activation *oracle_activation_create(ntk_context *context, int32_t kind, double slope);

/* --- finite-width kernels --- */

/* The slope that tests of networks give to a kind. */
double oracle_slope(int32_t kind);

ntk_network *oracle_network_create(ntk_context *context, int32_t kind, double slope, const ntk_network_options *options);

/* The kernel of a part of a network; and of one of this kind with d inputs and N neurons, which is made for it. */
ntk_kernel *oracle_finite_of(ntk_context *context, const ntk_network *network, int32_t part);
ntk_kernel *oracle_finite_create(ntk_context *context, int32_t kind, int64_t inputs, int64_t hidden, uint64_t seed,
                                 int32_t part);

/* A network's parameters as the library gives them, and what multiplies the hidden ones. */
typedef struct oracle_network {
    int32_t kind;
    double slope;
    int64_t inputs, hidden;
    double *weights; /* hidden x inputs, then output */
    double *output;  /* within weights */
    double scale;
    long double gamma, hidden_scale;
} oracle_network;

oracle_network oracle_network_of(const ntk_network *network, const ntk_network_options *options, double slope, int32_t kind);
void oracle_network_free(oracle_network *network);

/* sigma(u), or sigma'(u), and its error when u may be off by du; a kink within du counts with its whole jump. */
oracle_value oracle_activated(const oracle_network *net, int derivative, long double u, long double du, long double roundoff);

/* K_N(x, y), neuron by neuron, and the error that arithmetic of this unit roundoff may make. */
oracle_value oracle_finite(const oracle_network *network, int32_t part, const double *x, const double *y, double roundoff);

/* The same of samples of many pairs, each of which is taken through the network once; free it.
 * f  sigma and sigma' of each neuron, where the part has it, else NULL */
typedef struct oracle_excited {
    const double *x;
    double roundoff;
    oracle_value *f[2];
} oracle_excited;

oracle_excited oracle_excite(const oracle_network *network, int32_t part, const double *x, double roundoff);
void oracle_excited_free(oracle_excited *sample);
oracle_value oracle_finite_pair(const oracle_network *network, const oracle_excited *x, const oracle_excited *y);

/* --- deep networks --- */

enum { ORACLE_LAYERS = 6 };

/* Options of up to three layers, each with scales of its own, the second without biases. */
ntk_network_options oracle_deep_options(int64_t inputs, int64_t layers, const int64_t *widths);

/* z_l = factor W h + bias b; tangent: of a standardised weight's derivative.  theta holds the parameters as the library gives them. */
typedef struct oracle_deep {
    oracle_network sigma; /* kind and slope alone */
    int64_t inputs, layers, size, hidden_size;
    int64_t widths[ORACLE_LAYERS];
    long double factor[ORACLE_LAYERS], tangent[ORACLE_LAYERS], bias[ORACLE_LAYERS], gamma, output_bias;
    double *theta;
} oracle_deep;

oracle_deep oracle_deep_of(const ntk_network *network, const ntk_network_options *options, double slope, int32_t kind);
void oracle_deep_free(oracle_deep *network);

/* f(x), and its derivatives by all standardised parameters in their order (free them), each with the error that arithmetic of this
 * unit roundoff may make; and what part of two samples' derivatives makes of the kernel. */
oracle_value oracle_deep_forward(const oracle_deep *network, const double *x, double roundoff);
oracle_value *oracle_deep_features(const oracle_deep *network, const double *x, double roundoff);
oracle_value oracle_deep_kernel(const oracle_deep *network, int32_t part, const oracle_value *phi, const oracle_value *psi,
                                double roundoff);

/* --- activations --- */

long double oracle_activation(int32_t kind, double slope, long double u);
long double oracle_derivative(int32_t kind, double slope, long double u);
long double oracle_second(int32_t kind, double slope, long double u); /* 0 at kinks */
const char *oracle_kind_name(int32_t kind);

/* --- dense algebra --- */

/* Solves A z = b, A n x n symmetric positive definite, b n x t, in long double by Cholesky; z may be b.  Returns 0, or 1 if A
 * is not positive definite. */
int oracle_solve(long double *z, const long double *A, const long double *b, int64_t n, int64_t t);

/* Inverts A, n x n symmetric positive definite, and returns log |A|; a test whose A is not fails. */
long double oracle_inverse(long double *inverse, const long double *A, int64_t n);

/* Gauss-Legendre nodes and weights on [-1, 1]. */
void oracle_legendre(long double *nodes, long double *weights, int count);

/* --- the sphere of radius sqrt(d), d >= 2, by degrees --- */

/* How many functions there are of degree k. */
long double oracle_multiplicity(int64_t d, int64_t k);

/* E[f(t) Q_k(t)] of f(t) = max(0, t) (order 0), or the step (order 1). */
long double oracle_ramp_degree(int64_t d, int64_t k, int order);

/* The eigenvalue of ReLU's K^RF or K^NT (NTK_PART_). */
long double oracle_relu_level(int64_t d, int64_t k, int32_t part);

#endif
