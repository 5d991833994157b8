#include "laws.h"

#include <math.h>
#include <stdlib.h>

enum { D = LAW_INPUTS, HIDDEN = 40 };

/* --- expressions --- */

static const expression relu = {.law = BASE, .number = LAW_RELU}, erf_ = {.law = BASE, .number = LAW_ERF},
                        deep = {.law = BASE, .number = LAW_DEEP}, network_ = {.law = BASE, .number = LAW_FINITE},
                        mean = {.law = BASE, .number = LAW_MEAN}, quarter = {.law = CONSTANT, .number = 0.25};
static const expression mixed = {.law = SUM, .count = 3, .terms = {&relu, &network_, &quarter}, .weights = {0.5, 2, 3}};
static const expression scaled = {.law = SUM, .count = 1, .terms = {&relu}, .weights = {3}};
static const expression plain = {.law = SUM, .count = 2, .terms = {&relu, &erf_}, .weights = {1, 1}};
static const expression three = {.law = PRODUCT, .count = 3, .terms = {&relu, &erf_, &deep}};
static const expression one = {.law = PRODUCT, .count = 1, .terms = {&network_}};
static const expression square = {.law = PRODUCT, .count = 2, .terms = {&erf_, &erf_}};
static const expression shifted = {.law = PRODUCT, .count = 2, .terms = {&mixed, &deep}};
static const expression nested = {.law = SUM, .count = 3, .terms = {&shifted, &three, &network_}, .weights = {1, 0.5, 0.125}};
static const expression weighed = {.law = SUM, .count = 3, .terms = {&quarter, &relu, &square}, .weights = {1, 2, 0.5}};
static const expression smooth = {.law = PRODUCT, .count = 3, .terms = {&weighed, &relu, &plain}};
static const expression twice = {.law = SUM, .count = 2, .terms = {&smooth, &weighed}, .weights = {0.5, 4}};

static const expression gaussian = {.law = GAUSSIAN};
static const expression cosine = {.law = NORMALISED, .count = 1, .terms = {&relu}};
static const expression network_cosine = {.law = NORMALISED, .count = 1, .terms = {&mixed}};
static const expression lines = {.law = ARD, .count = 1, .terms = {&relu}};
static const expression network_lines = {.law = ARD, .count = 1, .terms = {&mixed}};
static const expression all = {.law = SUM, .count = 3, .terms = {&twice, &gaussian, &lines}, .weights = {0.25, 2, 1}};
static const expression all_lines = {.law = ARD, .count = 1, .terms = {&all}};
static const expression all_cosines = {.law = NORMALISED, .count = 1, .terms = {&all_lines}};
static const expression whole = {.law = PRODUCT, .count = 2, .terms = {&all_cosines, &weighed}};
static const expression means = {.law = SUM, .count = 3, .terms = {&mean, &network_, &mean}, .weights = {0.5, 2, 1}};
static const expression mean_product = {.law = PRODUCT, .count = 3, .terms = {&means, &relu, &mean}};
static const expression mean_cosine = {.law = NORMALISED, .count = 1, .terms = {&mean_product}};
static const expression mean_lines = {.law = ARD, .count = 1, .terms = {&mean_cosine}};

const law_case law_cases[LAW_CASE_COUNT] = {
    {"scaled", &scaled},
    {"sum", &mixed},
    {"sum without weights", &plain},
    {"product", &three},
    {"product of one", &one},
    {"square", &square},
    {"constant", &quarter},
    {"nested", &nested},
    {"product of sums", &smooth},
    {"sum of products", &twice},
    {"user's", &gaussian},
    {"normalised", &cosine},
    {"normalised sum", &network_cosine},
    {"ARD", &lines},
    {"ARD of a sum", &network_lines},
    {"everything", &whole},
    {"sum of networks' means", &means},
    {"product with networks' means", &mean_product},
    {"ARD of a cosine of networks' means", &mean_lines},
};

ntk_context *law_context;
ntk_kernel *law_bases[LAW_BASES];
static double scales[D] = {0.5, -1.5, 1, 0, 1.25};

/* --- a kernel of the caller's: exp(-|x - x'|^2 / 2) --- */

static double gaussian_of(const ntk_matrix *x1, int64_t i, const ntk_matrix *x2, int64_t j)
{
    double sum = 0;
    for (int64_t k = 0; k < x1->cols; k++) sum += pow(test_get(x1, i, k) - test_get(x2, j, k), 2);
    return exp(-sum / 2);
}

static int gaussian_block(void *user, const ntk_matrix *out, const ntk_matrix *x1, const ntk_matrix *x2)
{
    for (int64_t i = 0; i < out->rows; i++)
        for (int64_t j = 0; j < out->cols; j++) test_set(out, i, j, gaussian_of(x1, i, x2, j));
    return *(const int *)user;
}

static int gaussian_gradient(void *user, const ntk_matrix *g, const ntk_matrix *x1, const ntk_matrix *x2, const ntk_matrix *v)
{
    for (int64_t i = 0; i < g->rows; i++)
        for (int64_t k = 0; k < g->cols; k++) {
            double sum = 0;
            for (int64_t j = 0; j < x2->rows; j++)
                sum += test_get(v, i, j) * gaussian_of(x1, i, x2, j) * (test_get(x2, j, k) - test_get(x1, i, k));
            test_set(g, i, k, sum);
        }
    return *(const int *)user;
}

int law_answer;

ntk_kernel *law_gaussian(void)
{
    ntk_kernel_functions functions = NTK_INIT(ntk_kernel_functions);
    ntk_kernel *kernel;
    functions.block = gaussian_block;
    functions.gradient = gaussian_gradient;
    functions.user = &law_answer;
    CHECK_OK(ntk_kernel_create_user(law_context, &kernel, &functions));
    return kernel;
}

/* --- the bases --- */

static void make_bases(void)
{
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    ntk_network_options network = NTK_INIT(ntk_network_options);
    const int64_t widths[] = {HIDDEN, HIDDEN / 2};
    ntk_activation *kinked, *sigmoid, *gelu;
    ntk_network *net;
    ntk_features *phi;
    network.inputs = D;
    network.hidden = HIDDEN;
    options.bias_scale = network.bias_scale = 0.5;
    CHECK_OK(ntk_activation_create(law_context, &gelu, NTK_GELU, NULL));
    network.layers = 2;
    network.widths = widths;
    CHECK_OK(ntk_kernel_create_monte_carlo(law_context, &law_bases[LAW_MEAN], gelu, 2, NTK_PART_BOTH, &network));
    network.layers = 0, network.widths = NULL, network.bias_scale = 0;
    CHECK_OK(ntk_activation_create(law_context, &kinked, NTK_RELU, NULL));
    CHECK_OK(ntk_activation_create(law_context, &sigmoid, NTK_ERF, NULL));
    CHECK_OK(ntk_network_create(law_context, &net, sigmoid, &network));
    CHECK_OK(ntk_features_create(law_context, &phi, net, NTK_PART_BOTH));
    CHECK_OK(ntk_kernel_create_finite(law_context, &law_bases[LAW_FINITE], phi));
    CHECK_OK(ntk_kernel_create_infinite(law_context, &law_bases[LAW_RELU], kinked, &options));
    CHECK_OK(ntk_kernel_create_infinite(law_context, &law_bases[LAW_ERF], sigmoid, &options));
    options.layers = 3;
    CHECK_OK(ntk_kernel_create_infinite(law_context, &law_bases[LAW_DEEP], kinked, &options));
    ntk_activation_destroy(kinked);
    ntk_activation_destroy(sigmoid);
    ntk_activation_destroy(gelu);
    ntk_network_destroy(net);
    ntk_features_destroy(phi);
}

void law_setup(void)
{
    law_context = test_context(1, NULL);
    make_bases();
}

static void free_bases(void)
{
    for (int b = 0; b < LAW_BASES; b++) ntk_kernel_destroy(law_bases[b]);
}

void law_teardown(void)
{
    free_bases();
    ntk_context_destroy(law_context);
}

ntk_kernel *law_make(const expression *e)
{
    ntk_kernel *kernel, *terms[LAW_TERMS];
    const ntk_kernel *views[LAW_TERMS];
    for (int t = 0; t < e->count; t++) views[t] = terms[t] = law_make(e->terms[t]);
    bool ones = true;
    for (int t = 0; t < e->count; t++) ones &= e->weights[t] == 1;
    switch (e->law) {
    case BASE: {
        const ntk_kernel *base = law_bases[(int)e->number];
        CHECK_OK(ntk_kernel_create_sum(law_context, &kernel, &base, NULL, 1));
        break;
    }
    case CONSTANT:
        CHECK_OK(ntk_kernel_create_constant(law_context, &kernel, e->number));
        break;
    case SUM:
        CHECK_OK(ntk_kernel_create_sum(law_context, &kernel, views, ones ? NULL : e->weights, e->count));
        break;
    case PRODUCT:
        CHECK_OK(ntk_kernel_create_product(law_context, &kernel, views, e->count));
        break;
    case GAUSSIAN:
        kernel = law_gaussian();
        break;
    case NORMALISED:
        CHECK_OK(ntk_kernel_create_normalised(law_context, &kernel, views[0]));
        break;
    case ARD: {
        ntk_matrix row = ntk_matrix_const_f64(scales, 1, D);
        CHECK_OK(ntk_kernel_create_ard(law_context, &kernel, views[0], &row));
        break;
    }
    }
    for (int t = 0; t < e->count; t++) ntk_kernel_destroy(terms[t]);
    return kernel;
}

double *law_block(const ntk_kernel *kernel, const test_array *x1, const test_array *x2)
{
    int64_t n1 = x1->view.rows, n2 = x2->view.rows;
    test_array K = test_array_make(n1, n2, 1, x1->view.dtype);
    double *values = oracle_memory(n1 * n2, sizeof *values);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x1->view, &x2->view));
    ck_assert(test_array_is_written(&K));
    for (int64_t i = 0; i < n1 * n2; i++) values[i] = test_get(&K.view, i / n2, i % n2);
    test_array_free(&K);
    return values;
}

double *law_lengths(const expression *e, const test_array *x)
{
    int64_t n = x->view.rows;
    double *roots = oracle_memory(n, sizeof *roots);
    for (int64_t i = 0; i < n; i++) {
        test_array row = test_array_make(1, D, 0, x->view.dtype);
        for (int64_t k = 0; k < D; k++) test_set(&row.view, 0, k, test_get(&x->view, i, k));
        double *K = law_formula(e, &row, &row);
        roots[i] = sqrt(*K);
        free(K);
        test_array_free(&row);
    }
    return roots;
}

static double *formula_of_lines(const expression *e, const test_array *x1, const test_array *x2)
{
    const test_array *x[] = {x1, x2};
    test_array scaled_x[2];
    for (int a = 0; a < 2; a++) {
        scaled_x[a] = test_array_make(x[a]->view.rows, D, 0, x[a]->view.dtype);
        for (int64_t i = 0; i < x[a]->view.rows; i++)
            for (int64_t k = 0; k < D; k++) test_set(&scaled_x[a].view, i, k, scales[k] * test_get(&x[a]->view, i, k));
    }
    double *values = law_formula(e, &scaled_x[0], &scaled_x[1]);
    for (int a = 0; a < 2; a++) test_array_free(&scaled_x[a]);
    return values;
}

static double *formula_of_cosines(const expression *e, const test_array *x1, const test_array *x2)
{
    int64_t rows = x1->view.rows, cols = x2->view.rows;
    double *values = law_formula(e, x1, x2), *l1 = law_lengths(e, x1), *l2 = law_lengths(e, x2);
    for (int64_t i = 0; i < rows * cols; i++)
        values[i] = l1[i / cols] > 0 && l2[i % cols] > 0 ? values[i] / l1[i / cols] / l2[i % cols] : 0;
    free(l1);
    free(l2);
    return values;
}

double *law_formula(const expression *e, const test_array *x1, const test_array *x2)
{
    int64_t count = x1->view.rows * x2->view.rows;
    if (e->law == BASE) return law_block(law_bases[(int)e->number], x1, x2);
    if (e->law == NORMALISED) return formula_of_cosines(e->terms[0], x1, x2);
    if (e->law == ARD) return formula_of_lines(e->terms[0], x1, x2);
    double *values = oracle_memory(count, sizeof *values);
    for (int64_t i = 0; i < count; i++) {
        int64_t cols = x2->view.rows;
        values[i] = e->law == CONSTANT ? e->number : e->law == PRODUCT;
        if (e->law == GAUSSIAN) values[i] = gaussian_of(&x1->view, i / cols, &x2->view, i % cols);
    }
    for (int t = 0; t < e->count; t++) {
        double *term = law_formula(e->terms[t], x1, x2);
        for (int64_t i = 0; i < count; i++)
            values[i] = e->law == SUM ? values[i] + e->weights[t] * term[i] : values[i] * term[i];
        free(term);
    }
    return values;
}

test_array law_samples(int64_t n, int32_t dtype, uint64_t seed)
{
    test_array x = test_array_make(n, D, 2, dtype);
    uint64_t state = test_seed(71) + seed;
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < D; k++) {
            double from = test_get(&x.view, i % 7, k), value = oracle_normal(&state);
            if (i >= 7 && i % 5 == 0) value = from;
            if (i >= 7 && i % 5 == 1) value = from * (1 + 1e-9 * (double)k);
            if (i >= 7 && i % 5 == 2) value = -from;
            test_set(&x.view, i, k, i == 6 ? 0 : value);
        }
    return x;
}

double law_bound(int32_t dtype)
{
    return 64 * oracle_roundoff(dtype);
}

void law_check(const char *what, int which, double got, double want, double bound)
{
    ck_assert_msg(fabs(got - want) <= bound, "%s, %s: %.17g, not %.17g: off by %.3g > %.3g", law_cases[which].name, what, got,
                  want, fabs(got - want), bound);
}
