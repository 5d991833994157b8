/* Gaussian moments against golden values of 20 digits: the table compiled in, and ../shared/golden where it exists. */
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* the folder beside the project that not every checkout has */
#ifndef GOLDEN_CSV
#define GOLDEN_CSV "../shared/golden/kernels.csv"
#endif

enum { KAPPA, KDOT, DKAPPA_DQ12, DKAPPA_DQ11, DKDOT_DQ12, DKDOT_DQ11, MOMENTS };
static const char *const names[MOMENTS] = {"kappa", "kdot", "dkappa_dq12", "dkappa_dq11", "dkdot_dq12", "dkdot_dq11"};

typedef struct golden {
    int32_t kind;
    double slope;
    double q11, q22, q12;
    double value[MOMENTS];
} golden;

static const golden table[] = {
#define ROW(kind, slope, q11, q22, q12, kappa, kdot, c, d, e, f) {NTK_##kind, slope, q11, q22, q12, {kappa, kdot, c, d, e, f}},
#include "golden.def"
#undef ROW
};

static ntk_moments moments_of(const golden *row)
{
    ntk_context *context = test_context(1, NULL);
    ntk_activation *activation = oracle_activation_create(context, row->kind, row->slope);
    ntk_moments moments = NTK_INIT(ntk_moments);
    ntk_status status = ntk_activation_moments(activation, &moments, row->q11, row->q22, row->q12);
    ck_assert_msg(status == NTK_OK, "%s at (%.17g, %.17g, %.17g): %s", oracle_kind_name(row->kind), row->q11, row->q22,
                  row->q12, ntk_error_message());
    ntk_activation_destroy(activation);
    ntk_context_destroy(context);
    return moments;
}

static void members(const ntk_moments *m, double *out)
{
    out[KAPPA] = m->kappa;
    out[KDOT] = m->kdot;
    out[DKAPPA_DQ12] = m->dkappa_dq12;
    out[DKAPPA_DQ11] = m->dkappa_dq11;
    out[DKDOT_DQ12] = m->dkdot_dq12;
    out[DKDOT_DQ11] = m->dkdot_dq11;
}

/* What one rounding of rho can do: |q12 df/dq12|, by Price's theorem and, for the last derivatives, from the power of the
 * determinant in them (-1/2 for kinked activations; erf: -3/2 of D).  Nothing where rho is exact. */
static void conditions(const golden *row, long double *out)
{
    long double product = (long double)row->q11 * (long double)row->q22;
    long double rest = fmal((long double)row->q11, (long double)row->q22, -product);
    long double q = (long double)row->q12, det = fmal(-q, q, product) + rest;
    const double *v = row->value;
    memset(out, 0, MOMENTS * sizeof *out);
    if (!(det > 0) || (row->q11 == 1 && row->q22 == 1)) return;
    long double D = 1 + 2 * (long double)row->q11 + 2 * (long double)row->q22 + 4 * det;
    long double last = row->kind >= NTK_ERF ? 12 * q * q / D : q * q / det;
    int stepped = row->kind == NTK_STEP || row->kind == NTK_SIGN;
    out[KAPPA] = fabsl(q * (long double)v[DKAPPA_DQ12]);
    out[KDOT] = fabsl(q * (long double)v[DKDOT_DQ12]);
    out[DKAPPA_DQ12] = stepped ? last * (long double)v[DKAPPA_DQ12] : out[KDOT];
    out[DKAPPA_DQ11] = stepped ? last * fabsl((long double)v[DKAPPA_DQ11]) : fabsl(q * (long double)v[DKDOT_DQ11]);
    out[DKDOT_DQ12] = last * fabsl((long double)v[DKDOT_DQ12]);
    out[DKDOT_DQ11] = last * fabsl((long double)v[DKDOT_DQ11]);
    for (int i = 0; i < MOMENTS; i++) out[i] = isfinite(out[i]) ? out[i] : 0;
}

/* 1e-14 for kappa and kdot, 1e-12 for derivatives, the condition above at 4 roundings, and the grain of denormal numbers */
static void compare(const golden *row)
{
    ntk_moments moments = moments_of(row);
    double got[MOMENTS];
    long double condition[MOMENTS];
    members(&moments, got);
    conditions(row, condition);
    ck_assert_msg(moments.error_bound > 0 && moments.error_bound < 1e-11, "error_bound %g", moments.error_bound);
    for (int i = 0; i < MOMENTS; i++) {
        double want = row->value[i];
        long double tolerance = (i <= KDOT ? 1e-14L : 1e-12L) * (want == 0 ? 1 : fabsl((long double)want)) +
                                4 * (long double)DBL_EPSILON * condition[i] + 4 * (long double)DBL_TRUE_MIN;
        if (want == 0 && (row->q11 < 1e-100 || row->q22 < 1e-100)) tolerance = 4 * (long double)DBL_TRUE_MIN;
        int good = isnan(want)   ? !isnan(got[i])
                   : isinf(want) ? got[i] == want
                                 : fabsl((long double)got[i] - (long double)want) <= tolerance;
        ck_assert_msg(good, "%s of %s(slope %g) at (%.17g, %.17g, %.17g) is %.17g, not %.17g (tolerance %.2Lg)", names[i],
                      oracle_kind_name(row->kind), row->slope, row->q11, row->q22, row->q12, got[i], want, tolerance);
    }
}

START_TEST(the_table)
{
    compare(&table[_i]);
}
END_TEST

static int kind_of(const char *name, golden *row)
{
    static const struct {
        const char *name;
        int32_t kind;
        double slope;
    } kinds[] = {{"relu", NTK_RELU, 0},        {"leaky01", NTK_LEAKY_RELU, 0.1},
                 {"abs", NTK_ABS, 0},          {"step", NTK_STEP, 0},
                 {"sign", NTK_SIGN, 0},        {"identity", NTK_IDENTITY, 0},
                 {"erf", NTK_ERF, 0},          {"gelu", NTK_GELU, 0},
                 {"sin", NTK_SIN, 0},          {"cos", NTK_COS, 0},
                 {"exp", NTK_EXP, 0},          {"mono3", NTK_MONOMIAL, 3},
                 {"hermite4", NTK_HERMITE, 4}, {"tanh", NTK_TANH, 0},
                 {"sigmoid", NTK_SIGMOID, 0},  {"softplus", NTK_SOFTPLUS, 0},
                 {"silu", NTK_SILU, 0}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(name, kinds[i].name) == 0) {
            row->kind = kinds[i].kind;
            row->slope = kinds[i].slope;
            return 1;
        }
    }
    return 0;
}

/* One line of kernels.csv; 0 if it is of another activation.  Missing derivatives are NaN; dkappa_dq12, which the file has not,
 * is kdot, but for step and sign, where it is not compared. */
static int parse(char *line, golden *row)
{
    char *fields[9] = {0};
    int count = 0;
    for (char *p = line; p && count < 9; count++) {
        fields[count] = p;
        p = strchr(p, ',');
        if (p) *p++ = 0;
    }
    if (count < 6 || !kind_of(fields[0], row)) return 0;
    double number[9];
    for (int i = 1; i < 9; i++) {
        char *end = fields[i];
        number[i] = fields[i] ? strtod(fields[i], &end) : (double)NAN;
        if (fields[i] && end == fields[i]) number[i] = (double)NAN;
    }
    row->q11 = number[1];
    row->q22 = number[2];
    row->q12 = number[3];
    row->value[KAPPA] = number[4];
    row->value[KDOT] = number[5];
    row->value[DKAPPA_DQ12] = row->kind == NTK_STEP || row->kind == NTK_SIGN ? (double)NAN : number[5];
    row->value[DKAPPA_DQ11] = number[6];
    row->value[DKDOT_DQ12] = number[7];
    row->value[DKDOT_DQ11] = number[8];
    return 1;
}

START_TEST(the_file)
{
    FILE *file = fopen(GOLDEN_CSV, "r");
    char line[1024];
    int compared = 0;
    if (!file) {
        printf("# skipped: %s is absent\n", GOLDEN_CSV);
        return;
    }
    while (fgets(line, sizeof line, file)) {
        golden row = {0};
        if (!parse(line, &row)) continue;
        compare(&row);
        compared++;
    }
    (void)fclose(file);
    printf("# %d lines of %s compared\n", compared, GOLDEN_CSV);
    ck_assert_int_eq(compared, 104);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("golden");
    tcase_add_loop_test(test_case(suite, "table"), the_table, 0, sizeof table / sizeof *table);
    tcase_add_test(test_case(suite, "file"), the_file);
    return test_run(suite);
}
