/* Targets that are polynomials: their degrees by Laplacians (<ntk/target.h>). */
#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "theory/target/target.h"
#include "theory/target/terms.h"

enum { MOST_DEGREE = 64 };

/* terms      in the variables that occur
 * variables  terms.width of them, or one where there are none */
typedef struct polynomial_target {
    ntk_target base;
    ntk_terms terms;
    int64_t *variables, degree;
} polynomial_target;

/* --- degrees --- */

/* The factors a_km / a_k(m - 1) and b_ki / b_k(i - 1) of the header. */
static double inward(const ntk_degree_call *call, int64_t k, int64_t m)
{
    double d = (double)call->target->inputs, u = 2 * (double)m;
    return call->options.law == NTK_INPUTS_SPHERE ? d / (u * (u + d + 2 * (double)k - 2)) : 1 / u;
}

static double outward(const ntk_degree_call *call, int64_t k, int64_t i)
{
    double d = (double)call->target->inputs, u = 2 * (double)i;
    return call->options.law == NTK_INPUTS_SPHERE ? -d / (u * (d + 2 * (double)k - u - 2)) : -1 / u;
}

/* q_k = sum_m a_km D^m f_(k + 2 m), by Horner's rule.  After a failure, too, the caller frees q. */
static ntk_status find_inner(const ntk_degree_call *call, int64_t k, ntk_terms *q)
{
    const polynomial_target *f = (const polynomial_target *)call->target;
    int64_t last = (f->degree - k) / 2;
    for (int64_t m = last; m >= 0; m--) {
        if (m < last) NTK_TRY(ntk_terms_differentiate(q, inward(call, k, m + 1), call->lane));
        NTK_TRY(ntk_terms_add_degree(q, &f->terms, k + 2 * m));
        NTK_TRY(ntk_terms_settle(q, call->lane));
        NTK_TRY(ntk_advance(call->lane, 0));
    }
    return NTK_OK;
}

/* Adds P_k f to sum, unless that is NULL, and finds its energy. */
static ntk_status find_degree(const ntk_degree_call *call, int64_t k, ntk_terms *q, ntk_terms *sum, double *energy)
{
    bool sphere = call->options.law == NTK_INPUTS_SPHERE;
    double factor = 1, scale = 1, d = (double)call->target->inputs;
    NTK_TRY(find_inner(call, k, q));
    *energy = 0;
    for (int64_t i = 0; 2 * i <= k && q->count > 0; i++) {
        if (i > 0) {
            NTK_TRY(ntk_terms_differentiate(q, 1, call->lane));
            factor *= outward(call, k, i);
            scale /= d;
        }
        if (sum) NTK_TRY(ntk_terms_add(sum, q, factor));
        if (i == 0 || sphere) *energy += factor * scale * ntk_terms_norm(q);
        NTK_TRY(ntk_advance(call->lane, 0));
    }
    for (int64_t u = 0; sphere && u < k; u++) *energy *= d / (d + 2 * (double)u);
    *energy = ntk_larger_number(0, *energy);
    return NTK_OK;
}

static ntk_status add_degree(const ntk_degree_call *call, int64_t k, ntk_terms *sum, double *energy)
{
    const polynomial_target *f = (const polynomial_target *)call->target;
    ntk_terms q;
    *energy = 0;
    if (k > f->degree) return NTK_OK;
    NTK_TRY(ntk_terms_create(&q, call->lane->work->context, f->terms.width, f->terms.count));
    ntk_status status = find_degree(call, k, &q, sum, energy);
    ntk_terms_free(&q);
    return status;
}

static ntk_status energies(const ntk_degree_call *call, double *numbers, int64_t degrees, double *total)
{
    int64_t all = ((const polynomial_target *)call->target)->degree + 1;
    double sum = 0;
    ntk_work_stage(call->lane->work, "degrees of a polynomial", all, 0, 1);
    for (int64_t k = 0; k < degrees || (total && k < all); k++) {
        double energy;
        NTK_TRY(add_degree(call, k, NULL, &energy));
        sum += energy;
        if (k < degrees) {
            numbers[NTK_ENERGY_COLUMNS * k + NTK_ENERGY_VALUE] = energy;
            numbers[NTK_ENERGY_COLUMNS * k + NTK_ENERGY_ERROR] = 0;
        }
        NTK_TRY(ntk_advance(call->lane, k < all));
    }
    if (!total) return NTK_OK;
    total[NTK_ENERGY_VALUE] = sum;
    total[NTK_ENERGY_ERROR] = 0;
    return NTK_OK;
}

/* --- values --- */

typedef struct evaluation {
    const polynomial_target *target;
    const ntk_terms *terms;
    double *y;
    const double *x;
    int64_t n, per_task;
    bool counts;
} evaluation;

enum { TASK_NUMBERS = 1 << 16 };

static ntk_status evaluate_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const evaluation *job = argument;
    int64_t first = index * job->per_task, last = ntk_smaller(first + job->per_task, job->n), d = job->target->base.inputs;
    for (int64_t i = first; i < last; i++) {
        job->y[i] = ntk_terms_value(job->terms, job->x + i * d, job->target->variables);
        NTK_TRY(ntk_advance(lane, job->counts));
    }
    return NTK_OK;
}

static ntk_status evaluate(const polynomial_target *target, const ntk_terms *terms, const ntk_lane *lane, double *y,
                           const double *x, int64_t n, bool counts)
{
    evaluation job = {.target = target, .terms = terms, .y = y, .x = x, .n = n, .counts = counts};
    job.per_task = ntk_larger(1, TASK_NUMBERS / ntk_larger(1, terms->count * terms->width));
    return ntk_run(lane, (n - 1) / job.per_task + 1, evaluate_rows, &job);
}

static ntk_status values(const ntk_target *target, const ntk_lane *lane, double *y, const double *x, int64_t n,
                         const char *function)
{
    const polynomial_target *f = (const polynomial_target *)target;
    (void)function;
    return evaluate(f, &f->terms, lane, y, x, n, false);
}

static ntk_status find_projection(const ntk_degree_call *call, ntk_terms *sum, int64_t degree)
{
    double energy;
    int64_t last = ntk_smaller(degree, ((const polynomial_target *)call->target)->degree);
    ntk_work_stage(call->lane->work, "degrees of a polynomial", last + 1, 0, 0.5);
    for (int64_t k = 0; k <= last; k++) {
        NTK_TRY(add_degree(call, k, sum, &energy));
        NTK_TRY(ntk_advance(call->lane, 1));
    }
    return ntk_terms_settle(sum, call->lane);
}

static ntk_status project(const ntk_degree_call *call, double *numbers, double *errors, const double *x, int64_t n,
                          int64_t degree)
{
    const polynomial_target *f = (const polynomial_target *)call->target;
    ntk_terms sum;
    NTK_TRY(ntk_terms_create(&sum, call->lane->work->context, f->terms.width, f->terms.count));
    ntk_status status = find_projection(call, &sum, degree);
    ntk_work_stage(call->lane->work, "projection of a target", n, 0.5, 1);
    if (status >= 0) status = evaluate(f, &sum, call->lane, numbers, x, n, true);
    for (int64_t i = 0; status >= 0 && i < n; i++) errors[i] = 0;
    ntk_terms_free(&sum);
    return status;
}

/* --- making one --- */

static const ntk_target_operations operations = {.values = values, .energies = energies, .project = project};

static void dispose(void *self)
{
    polynomial_target *target = self;
    if (target->terms.context) ntk_terms_free(&target->terms);
    ntk_free(target->base.base.context, target->variables);
}

static ntk_status check_monomials(const int64_t *exponents, const ntk_matrix *coefficients, int64_t d, const char *function)
{
    for (int64_t m = 0; m < coefficients->rows; m++) {
        int64_t degree = 0;
        for (int64_t j = 0; j < d; j++) {
            int64_t e = exponents[m * d + j];
            if (e < 0)
                return ntk_fail(NTK_ERR_VALUE, "%s: exponents[%lld] is %lld, expected none that is negative", function,
                                (long long)(m * d + j), (long long)e);
            degree = e <= MOST_DEGREE ? ntk_smaller(degree + e, MOST_DEGREE + 1) : MOST_DEGREE + 1;
            if (degree > MOST_DEGREE)
                return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: monomial %lld (counted from 0) has a degree above %d", function,
                                (long long)m, MOST_DEGREE);
        }
    }
    return NTK_OK;
}

/* Which variables occur, in order, and how many. */
static int64_t find_variables(int64_t *variables, const int64_t *exponents, int64_t monomials, int64_t d)
{
    int64_t found = 0;
    for (int64_t j = 0; j < d; j++) {
        bool occurs = false;
        for (int64_t m = 0; m < monomials && !occurs; m++) occurs = exponents[m * d + j] > 0;
        if (occurs) variables[found++] = j;
    }
    return found;
}

static ntk_status fill(polynomial_target *made, const int64_t *exponents, const ntk_matrix *coefficients, int64_t d)
{
    ntk_context *context = made->base.base.context;
    ntk_work work;
    const ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "a polynomial's terms", 1, 0, 1);
    NTK_TRY(ntk_allocate(context, &made->variables, d, sizeof *made->variables, "a polynomial's variables"));
    int64_t width = find_variables(made->variables, exponents, coefficients->rows, d);
    NTK_TRY(ntk_terms_create(&made->terms, context, width, coefficients->rows));
    for (int64_t m = 0; m < coefficients->rows; m++) {
        uint8_t *e = made->terms.exponents + m * width;
        made->terms.coefficients[m] = ntk_get(coefficients->data, coefficients->dtype, m * coefficients->stride);
        for (int64_t j = 0; j < width; j++) e[j] = (uint8_t)exponents[m * d + made->variables[j]];
        made->terms.count++;
        made->degree = ntk_larger(made->degree, ntk_terms_degree(&made->terms, m));
    }
    return ntk_terms_settle(&made->terms, &lane);
}

ntk_status ntk_target_create_polynomial(ntk_context *context, ntk_target **target, const int64_t *exponents,
                                        const ntk_matrix *coefficients, int64_t d)
{
    polynomial_target *made;
    NTK_REQUIRE(target);
    *target = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(exponents);
    NTK_TRY(ntk_input_check(coefficients, __func__, "coefficients"));
    NTK_TRY(ntk_shape_check(coefficients, -1, 1, __func__, "coefficients"));
    if (d < 1) return ntk_fail(NTK_ERR_SHAPE, "%s: d is %lld, expected at least 1", __func__, (long long)d);
    NTK_TRY(ntk_finite_check(coefficients, __func__, "coefficients"));
    NTK_TRY(check_monomials(exponents, coefficients, d, __func__));
    NTK_TRY(ntk_object_create(context, &made, sizeof *made, dispose, "a target"));
    made->base.operations = &operations;
    made->base.inputs = d;
    ntk_status status = fill(made, exponents, coefficients, d);
    if (status < 0)
        ntk_release(made);
    else
        *target = &made->base;
    return status;
}
