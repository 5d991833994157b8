/* Power series of kernels of one hidden layer, and their degrees: sums of terms that are all >= 0, so that nothing cancels. */
#include "activation/activation.h"
#include "core/memory.h"
#include "core/status.h"
#include "kernel/infinite.h"
#include "theory/levels.h"

#include <float.h>
#include <math.h>

/* Of a kernel with a bias rho = share t + (1 - share): what rho^k, k from NTK_POWER_TERMS on, adds below the degree share k / 4 is
 * less than exp(-0.28 share k) of it (Chernoff), which is nothing from here on. */
static const double LEAST_SPREAD = 120;

static bool has_series(const ntk_infinite *kernel)
{
    return kernel && (kernel->activation->family != NTK_FAMILY_USER || kernel->activation->user.kink_count == 0);
}

/* a, of powers of rho, into powers of t; Horner's rule.   rho  room for the former */
static void turn(double *a, int64_t count, double *rho, double share)
{
    for (int64_t j = 0; j < NTK_POWER_TERMS; j++) {
        rho[j] = a[j];
        a[j] = 0;
    }
    for (int64_t k = NTK_POWER_TERMS - 1; k >= 0; k--) {
        for (int64_t j = count - 1; j > 0; j--) a[j] = (1 - share) * a[j] + share * a[j - 1];
        a[0] = (1 - share) * a[0] + rho[k];
    }
}

static ntk_status take_bias(ntk_power_series *series, ntk_context *context, double share)
{
    double *rho;
    if (share == 1) return NTK_OK;
    series->count = share * NTK_POWER_TERMS < LEAST_SPREAD ? 0 : (int64_t)(share * NTK_POWER_TERMS / 4);
    if (series->count == 0) return NTK_OK;
    NTK_TRY(ntk_allocate(context, &rho, NTK_POWER_TERMS, sizeof *rho, "a power series"));
    turn(series->a, series->count, rho, share);
    turn(series->error, series->count, rho, share);
    ntk_free(context, rho);
    return NTK_OK;
}

/* The error of each of sigma's coefficients by quadrature; 0 of closed forms, which have roundings of their own size alone. */
static double error_of(const double *c, const ntk_activation *activation)
{
    double size = 0;
    if (ntk_activation_route(activation) == NTK_ROUTE_CLOSED) return 0;
    for (int64_t k = 0; k < NTK_POWER_TERMS; k++) size = hypot(size, c[k]);
    return fmax(activation->accuracy, 64 * DBL_EPSILON) * size;
}

/* factor c^2 for each c that is off by at most delta.  One that is no larger is none: those of odd functions' even degrees. */
static void square(ntk_power_series *series, int64_t k, double factor, double delta)
{
    double c = fabs(series->a[k]);
    bool none = c <= delta;
    series->a[k] = none ? 0 : factor * c * c;
    series->error[k] = none ? 4 * factor * delta * delta : factor * delta * (2 * c + delta);
}

/* With c_k = E[sigma(sqrt(q) z) h_k(z)], q = weight_scale^2 + bias_scale^2, and S = q rho:
 * E[sigma sigma] = sum c_k^2 rho^k,   S E[sigma' sigma'] = sum k c_k^2 rho^k */
ntk_status ntk_power_series_find(ntk_power_series *series, const ntk_kernel *kernel, int64_t d)
{
    const ntk_infinite *infinite = ntk_infinite_of(kernel);
    series->count = 0;
    if (!has_series(infinite)) return NTK_OK;
    const ntk_activation *activation = infinite->activation;
    double w = infinite->weight_scale, b = infinite->bias_scale, length = hypot(w, b);
    double out = infinite->output_scale / activation->scale, nt = infinite->nt;
    if (infinite->lecture) nt *= (double)d / w / w;
    if (activation->family == NTK_FAMILY_LEVELS) nt = 0;
    ntk_matrix c = ntk_matrix_f64(series->a, NTK_POWER_TERMS, 1);
    NTK_TRY(ntk_activation_hermite(activation, &c, length));
    double delta = error_of(series->a, activation);
    for (int64_t k = 0; k < NTK_POWER_TERMS; k++) square(series, k, (infinite->rf + (double)k * nt) * out * out, delta);
    series->count = NTK_POWER_TERMS;
    NTK_TRY(take_bias(series, kernel->base.context, (w / length) * (w / length)));
    series->a[0] += infinite->constant;
    return NTK_OK;
}

/* B E[t^(k + 2 m) Q_k] / (that of m - 1) = (k + 2 m) (k + 2 m - 1) / (2 m (2 m + 2 k + d - 2)), from 1 / lead on; it falls from where
 * the ratio is below 1. */
bool ntk_power_share(double *share, double *error, const ntk_power_series *series, int64_t d, int64_t k, double log2_lead)
{
    int64_t count = series->count;
    double n = (double)d, degree = (double)k, factor = exp2(-log2_lead), sum = 0, open = 0;
    if (d < 2 || k >= count || log2_lead > 900) return false;
    for (int64_t j = k; j < count; j += 2) {
        double m = (double)(j - k) / 2 + 1, above = degree + 2 * m;
        sum += series->a[j] * factor;
        open += series->error[j] * factor;
        double ratio = above * (above - 1) / (2 * m * (2 * m + 2 * degree + n - 2));
        factor *= ratio;
        if (j + 2 >= count && ratio > 1) return false;
    }
    *share = sum;
    *error = 1e-14 * sum + open + series->rest * factor;
    return true;
}
