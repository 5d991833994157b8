#include "one_layer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INPUTS = LAYER_INPUTS, CORNER = 7, SPREAD = 12 };

const subject layer_subjects[LAYER_SUBJECTS] = {
    {NTK_TANH, 0, 0, 0, 0, 0, 2, 1},           {NTK_SIGMOID, 0, 0, 0, 0, 0, 4, 1},
    {NTK_SOFTPLUS, 0, 0, 0, 0, 0, 4, 1},       {NTK_SILU, 0, 0, 0, 0, 0, 4, 1},
    {NTK_MONOMIAL, 1, 0, 0, 0, 0, 3, 1},       {NTK_MONOMIAL, 4, 0, 0, 0, 0, 3, 1},
    {NTK_MONOMIAL, 5, 0.3, 1, 0, 0, 2, 1},     {NTK_HERMITE, 3, 0, 0, 0, 0, 2, 1},
    {NTK_HERMITE, 6, -0.4, 0.5, 2, 0.5, 2, 1}, {NTK_TANH, 0, 0.7, 0.3, 0, 0, 1.5, 1},
    {NTK_SILU, 0, -0.4, 0, -1.5, -1, 3, 1},    {NTK_SOFTPLUS, 0, 0, -0.5, 0.5, 2, 2, 1},
    {NTK_ERF, 0, 0.5, 0, 0, 0, 1.5, 1},        {NTK_GELU, 0, 0.5, -1, 0, 0, 2, 1},
    {NTK_TANH, 0, 0, -0.5, 0, 1.5, 1, 1}, /* and kinked ones */
    {NTK_RELU, 0, 0.6, 0, 0, 0, 4, 1},         {NTK_LEAKY_RELU, 0, -0.5, 0.25, 2, -1.5, 3, 1},
    {NTK_ABS, 0, 0.3, 0.2, 0, 0, 2, 1},        {NTK_RELU, 0, 0, 0.5, -1, 0, 2, 1},
    {NTK_STEP, 0, 0.4, 0, 0, 0, 1, 1},         {NTK_SIGN, 0, -0.7, 0.5, 0, 0, 2, 1},
    {NTK_STEP, 0, 0, 0.5, 0, 0, 1, 1},         {NTK_RELU, 0, -2, 0, 0, 0, 1, 1}};

double layer_covariance(const ntk_kernel_options *o, const double *x, const double *y)
{
    return o->weight_scale * o->weight_scale * subject_product(x, y, INPUTS) + o->bias_scale * o->bias_scale;
}

void layer_parts(double K[3], const ntk_activation *activation, const ntk_kernel_options *o, const double *x, const double *y)
{
    ntk_moments m = NTK_INIT(ntk_moments);
    double q12 = layer_covariance(o, x, y), square = o->output_weight_scale * o->output_weight_scale;
    CHECK_OK(ntk_activation_moments(activation, &m, layer_covariance(o, x, x), layer_covariance(o, y, y), q12));
    K[NTK_PART_RF] = square * m.kappa + o->output_bias_scale * o->output_bias_scale;
    K[NTK_PART_NT] = square * q12 * m.kdot;
    K[NTK_PART_BOTH] = K[NTK_PART_RF] + K[NTK_PART_NT];
}

double layer_tolerance(double accuracy, int32_t dtype)
{
    return dtype == NTK_F64 ? accuracy + 2e-14 : accuracy + 64 * 0x1p-24;
}

/* Of a kink the moments, which see a rounded q12, tell less of near-duplicates than the samples do: kdot has a cone there. */
static bool is_blind(const ntk_activation *activation, const ntk_kernel_options *o, const double *x, const double *y)
{
    ntk_moments m = NTK_INIT(ntk_moments);
    double q11 = layer_covariance(o, x, x), q22 = layer_covariance(o, y, y), q12 = layer_covariance(o, x, y);
    if (fabs(q12) < (1 - 1e-9) * sqrt(q11 * q22) || memcmp(x, y, INPUTS * sizeof *x) == 0) return false;
    CHECK_OK(ntk_activation_moments(activation, &m, q11, q11, q11));
    return isinf(m.dkdot_dq12) || isinf(m.dkappa_dq12);
}

layer_sample layer_entries(const ntk_activation *activation, const ntk_kernel_options *o, const double *x1, int64_t n1,
                           const double *x2, int64_t n2)
{
    layer_sample sample = {.x1 = x1, .x2 = x2, .n1 = n1, .n2 = n2};
    int64_t step = n1 * n2 / SPREAD + 1;
    for (int64_t e = 0; e < n1 * n2; e++) {
        layer_entry entry = {.i = e / n2, .j = e % n2};
        const double *x = x1 + entry.i * INPUTS, *y = x2 + entry.j * INPUTS;
        if ((e % step && (entry.i >= entry.j || entry.j >= CORNER)) || is_blind(activation, o, x, y)) continue;
        layer_parts(entry.K, activation, o, x, y);
        sample.entries[sample.count++] = entry;
    }
    return sample;
}

static double *diagonal_of(const ntk_kernel *kernel, const double *x, int64_t n)
{
    double *own = oracle_memory(n, sizeof *own);
    ntk_matrix X = ntk_matrix_const_f64(x, n, INPUTS), out = ntk_matrix_f64(own, n, 1);
    CHECK_OK(ntk_kernel_diagonal(kernel, &out, &X));
    return own;
}

double layer_compare(const ntk_kernel *kernel, int32_t part, const layer_sample *sample, const ntk_matrix *K, double bound,
                     const char *what)
{
    double *own1 = diagonal_of(kernel, sample->x1, sample->n1), *own2 = diagonal_of(kernel, sample->x2, sample->n2), worst = 0;
    for (int64_t e = 0; e < sample->count; e++) {
        const layer_entry *entry = &sample->entries[e];
        double want = entry->K[part], got = test_get(K, entry->i, entry->j);
        double away = got == want ? 0 : fabs(got - want) / sqrt(own1[entry->i] * own2[entry->j]);
        ck_assert_msg(away <= bound, "%s, part %d: entry (%d, %d) is %.17g, not %.17g: %.2g away", what, part, (int)entry->i,
                      (int)entry->j, got, want, away);
        worst = fmax(worst, away);
    }
    free(own1);
    free(own2);
    return worst;
}
