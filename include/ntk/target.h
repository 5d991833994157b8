/* Targets: functions f of x in R^d, taken apart by degree.
 *
 * Of inputs uniform on the sphere of radius sqrt(d), P_k f is the part of f in the spherical harmonics of degree k; of N(0, I_d), that
 * in the Hermite polynomials of degree k.  Degrees are orthogonal, and the parts sum to f.  Arithmetic is in double precision.  Calls
 * are thread-safe. */
#ifndef NTK_TARGET_H
#define NTK_TARGET_H

#include <ntk/activation.h>
#include <ntk/network.h>

NTK_BEGIN

/* The law of x: uniform on the sphere of radius sqrt(d), or N(0, I_d). */
enum { NTK_INPUTS_SPHERE = 0, NTK_INPUTS_GAUSSIAN = 1 };

/* x (n x d) receives samples of the law.  Row i depends on law, seed, d and i alone.
 * NTK_ERR_OPTION     law is unknown
 * NTK_ERR_CANCELLED  x is unspecified */
NTK_API ntk_status ntk_inputs_draw(ntk_context *context, const ntk_matrix *x, int32_t law, uint64_t seed) NTK_MUST_CHECK;

/* A function f of x in R^d.  Immutable: every reading call is safe from many threads at once.  It keeps alive what it was made of. */
typedef struct ntk_target ntk_target;

/* --- making them --- */

/* f(x) = sum_m coefficients[m] sigma_m(<w_m, x>), whose degrees are had by formula.
 * activations  M handles, which may repeat   weights  M x d, of any lengths   coefficients  M x 1
 * NTK_ERR_NULL      an activation is NULL; the message names it
 * NTK_ERR_SHAPE     coefficients are not M x 1
 * NTK_ERR_VALUE     a number is NaN or infinite
 * NTK_ERR_OVERFLOW  the length of a w_m is too large to be represented */
NTK_API ntk_status ntk_target_create_sum(ntk_context *context, ntk_target **target, const ntk_activation *const *activations,
                                         const ntk_matrix *weights, const ntk_matrix *coefficients) NTK_MUST_CHECK;

/* f is the network's first output at its present parameters.  Of one hidden layer without biases that is a sum as above; of others
 * degrees are estimated from samples. */
NTK_API ntk_status ntk_target_create_network(ntk_context *context, ntk_target **target,
                                             const ntk_network *network) NTK_MUST_CHECK;

/* f(x) = sum_m coefficients[m] prod_j x_j^exponents[m d + j], whose degrees are had by formula: with D the Laplacian and
 * f = sum_j f_j by homogeneous degree, let q_k = sum_m a_km D^m f_(k + 2 m); then, on the sphere,
 *   P_k f = sum_i b_ki D^i q_k,   |P_k f|^2 = c_k sum_i b_ki d^-i |D^i q_k|^2,   |sum_e q_e x^e|^2 = sum_e e! q_e^2,
 *   a_km = prod_(u = 1..m) d / (2 u (2 u + d + 2 k - 2)),   b_ki = prod_(u = 1..i) -d / (2 u (d + 2 k - 2 u - 2)),
 *   c_k = prod_(u = 0..k-1) d / (d + 2 u),
 * as D (|x|^(2 s) H) = 2 s (2 s + d + 2 r - 2) |x|^(2 s - 2) H of a harmonic H of degree r, and D is adjoint to |x|^2 in that product.
 * Of Gaussian inputs a, b and c are their limits 1 / (2^m m!), (-1)^i / (2^i i!) and 1, and |P_k f|^2 = |q_k|^2.  Errors are some
 * 1e-15 of what its terms would sum to if all were of one sign.  Laplacians of many squares have many terms: of a product of m
 * of them, D^i has (m choose i).
 * exponents  M d of them, M rows of coefficients   coefficients  M x 1
 * NTK_ERR_SHAPE        coefficients have several columns, or d is less than 1
 * NTK_ERR_VALUE        an exponent is negative, or a coefficient NaN or infinite
 * NTK_ERR_UNSUPPORTED  a monomial's degree is above 64 */
NTK_API ntk_status ntk_target_create_polynomial(ntk_context *context, ntk_target **target, const int64_t *exponents,
                                                const ntk_matrix *coefficients, int64_t d) NTK_MUST_CHECK;

/* A function of the caller's, whose degrees are estimated from samples.
 * evaluate      y[i] = f(x_i), in views of the library's f64 arrays whose rows are stride elements apart, which hold until it
 *               returns; it returns 0, or another number to end the call with NTK_ERR_CALLBACK.  It may run concurrently, on any
 *               thread that works for the library.  Which samples come in one call is not specified; results must not depend on it.
 *               y  n x 1   x  n x d
 * user          its first argument
 * release_user  NULL, or called once, when the target and all that was made with it are destroyed; not called where
 *               ntk_target_create_user fails
 * inputs        d, at least 1; must be given
 * cost          of a sample, in floating-point operations; 0 means 100 d.  A call gets at most some milliseconds' samples, so that
 *               it can be cancelled in time, as long as the cost is right */
typedef struct ntk_target_functions {
    size_t struct_size;
    int (*evaluate)(void *user, const ntk_matrix *y, const ntk_matrix *x);
    void *user;
    void (*release_user)(void *user);
    int64_t inputs;
    double cost;
} ntk_target_functions;

/* NTK_ERR_NULL    functions is NULL
 * NTK_ERR_OPTION  evaluate is NULL, inputs is less than 1, cost is negative or not finite */
NTK_API ntk_status ntk_target_create_user(ntk_context *context, ntk_target **target,
                                          const ntk_target_functions *functions) NTK_MUST_CHECK;

/* NULL is fine. */
NTK_API void ntk_target_destroy(ntk_target *target);

/* d; -1 if target is NULL. */
NTK_API int64_t ntk_target_inputs(const ntk_target *target);

/* --- using them --- */

/* y[i] = f(x_i), of any x.   y  n x 1   x  n x d
 * NTK_ERR_VALUE     x holds NaN or infinity
 * NTK_ERR_OVERFLOW   f(x) is too large to be represented; y is unspecified
 * NTK_ERR_CALLBACK   a function of the caller's failed, or gave NaN or infinity; y is unspecified
 * NTK_ERR_CANCELLED  y is unspecified
 * NTK_ERR_MEMORY     y is unspecified if there are more than 4096 samples, or more than 8 MB of them */
NTK_API ntk_status ntk_target_evaluate(const ntk_target *target, const ntk_matrix *y, const ntk_matrix *x) NTK_MUST_CHECK;

/* Zero is the default of every member.
 * samples   that are drawn where there is no formula, at least 4; 0: 4096
 * seed      of these
 * law       NTK_INPUTS_SPHERE or NTK_INPUTS_GAUSSIAN
 * reserved  0 */
typedef struct ntk_degree_options {
    size_t struct_size;
    int64_t samples;
    uint64_t seed;
    int32_t law;
    int32_t reserved;
} ntk_degree_options;

/* Columns of energies. */
enum { NTK_ENERGY_VALUE = 0, NTK_ENERGY_ERROR = 1, NTK_ENERGY_COLUMNS = 2 };

/* energies[k] = (|P_k f|^2, its standard error), the part of E f^2 that lies in degree k.  By formula the error is 0, but for
 * rounding: of a sum, with B(d, k) Q_k the degree's reproducing kernel and sigma_m(|w| z) = sum_k l_mk Q_k(z / sqrt(d)),
 *   |P_k f|^2 = sum_(m, m') c_m c_m' l_mk l_m'k Q_k(<w_m, w_m'> / (|w_m| |w_m'|)) / B(d, k),
 * of Gaussian inputs with Hermite coefficients and powers.  From samples as of ntk_sample_energies.
 * Memory: of a sum of M terms 2 M numbers a degree, of at least 256 degrees with total; from samples, these, and as
 * ntk_sample_energies.
 * energies  degrees x 2, at most 2048 rows
 * total     NULL, or 1 x 2: E f^2 and its standard error, or, of a sum, a bound of what it lacks: products of different terms in
 *           degrees that are not asked for, from 256 on
 * options   may be NULL
 * NTK_ERR_SHAPE        a dimension does not fit
 * NTK_ERR_OPTION       an option is outside its domain; the message names it
 * NTK_ERR_OVERFLOW     f, or an energy, is too large to be represented
 * NTK_ERR_UNSUPPORTED  an activation varies too fast for its accuracy, where that is found out
 * NTK_ERR_CALLBACK     a function of the caller's failed, or gave NaN or infinity
 * NTK_ERR_CANCELLED    as the others: outputs are untouched */
NTK_API ntk_status ntk_target_energies(const ntk_target *target, const ntk_matrix *energies, const ntk_matrix *total,
                                       const ntk_degree_options *options) NTK_MUST_CHECK;

/* values[i] = P_{<=degree} f(x_i), the sum of P_0 f, ..., P_degree f.  From samples as of ntk_sample_projection, all values from the same
 * ones, so that their errors depend on each other.
 * values  n x 1   errors  NULL, or n x 1: standard errors, 0 by formula   x  n x d, under the sphere's law on it, to 1e-6
 * degree  0 to 2047   options  may be NULL
 * NTK_ERR_VALUE  degree is out of its range, x holds NaN or infinity, or a sample is not on the sphere
 * Others as of ntk_target_energies; outputs are unspecified after NTK_ERR_OVERFLOW and NTK_ERR_CANCELLED. */
NTK_API ntk_status ntk_target_project(const ntk_target *target, const ntk_matrix *values, const ntk_matrix *errors,
                                      const ntk_matrix *x, int64_t degree, const ntk_degree_options *options) NTK_MUST_CHECK;

/* --- of samples (x_i, y_i) of a function that is not known --- */

/* energies[k]: the mean over pairs i != j of y_i y_j M_k(x_i, x_j), where M_k(x, x') is the degree's reproducing kernel, on the sphere
 * B(d, k) Q_k(<x, x'> / d): unbiased, if x_i are independent samples of the law, so that where there is nothing it scatters around
 * 0.  Its standard error is Hoeffding's: that of an unbiased estimate of its variance, or, if that is more, of the variance of pairs
 * alone, which is of the order B(d, k) (E y^2)^2 / n^2.  Noise of y that is independent of x and of mean 0 adds to the error alone.
 * energies  degrees x 2, at most 2048 rows   total  NULL, or 1 x 2: the mean of y^2 and its standard error
 * x  n x d, n at least 4, under the sphere's law on it, to 1e-6   y  n x 1   options  may be NULL; samples and seed are not used
 * Memory: x and y in double precision, and n (2 degrees + 2) numbers.
 * Errors as of ntk_target_energies; NTK_ERR_VALUE also: x or y holds NaN or infinity, or a sample is not on the sphere. */
NTK_API ntk_status ntk_sample_energies(ntk_context *context, const ntk_matrix *energies, const ntk_matrix *total,
                                       const ntk_matrix *x, const ntk_matrix *y,
                                       const ntk_degree_options *options) NTK_MUST_CHECK;

/* values[i]: the mean over j of y_j sum_(k <= degree) M_k(at_i, x_j), an unbiased estimate of P_{<=degree} f(at_i); errors[i] is its
 * standard error.
 * values  m x 1   errors  NULL, or m x 1   at  m x d   x  n x d, n at least 2   y  n x 1   degree  0 to 2047
 * Errors as of ntk_target_project. */
NTK_API ntk_status ntk_sample_projection(ntk_context *context, const ntk_matrix *values, const ntk_matrix *errors,
                                         const ntk_matrix *at, const ntk_matrix *x, const ntk_matrix *y, int64_t degree,
                                         const ntk_degree_options *options) NTK_MUST_CHECK;

NTK_END

#endif
