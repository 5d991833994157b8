#include "models.h"

#include <math.h>

static long double evaluate(const model_subject *s, const ntk_matrix *theta, double x, long double *slopes)
{
    long double wide[MODEL_MOST_PARAMETERS];
    for (int64_t k = 0; k < s->p; k++) wide[k] = test_get(theta, k, 0);
    return s->value(s->data, wide, s->p, x, slopes);
}

static int answer_of(model_subject *s, const ntk_matrix *out)
{
    s->calls++;
    if (s->spoil != 0) test_set(out, 0, 0, s->spoil);
    if (s->answer < 0) return ntk_error_set(s->answer, "the subject's own sentence");
    return s->answer;
}

static int forward(void *user, const ntk_matrix *y, const ntk_matrix *theta, const ntk_matrix *x)
{
    model_subject *s = user;
    long double slopes[MODEL_MOST_PARAMETERS];
    for (int64_t i = 0; i < x->rows; i++) test_set(y, i, 0, (double)evaluate(s, theta, test_get(x, i, 0), slopes));
    return answer_of(s, y);
}

static int jacobian(void *user, const ntk_matrix *J, const ntk_matrix *theta, const ntk_matrix *x)
{
    model_subject *s = user;
    long double slopes[MODEL_MOST_PARAMETERS];
    for (int64_t i = 0; i < x->rows; i++) {
        evaluate(s, theta, test_get(x, i, 0), slopes);
        for (int64_t k = 0; k < s->p; k++) test_set(J, i, k, (double)slopes[k]);
    }
    return answer_of(s, J);
}

static int jvp(void *user, const ntk_matrix *y, const ntk_matrix *theta, const ntk_matrix *x, const ntk_matrix *v)
{
    model_subject *s = user;
    long double slopes[MODEL_MOST_PARAMETERS];
    for (int64_t i = 0; i < x->rows; i++) {
        long double sum = 0;
        evaluate(s, theta, test_get(x, i, 0), slopes);
        for (int64_t k = 0; k < s->p; k++) sum += slopes[k] * test_get(v, k, 0);
        test_set(y, i, 0, (double)sum);
    }
    return answer_of(s, y);
}

static int vjp(void *user, const ntk_matrix *g, const ntk_matrix *theta, const ntk_matrix *x, const ntk_matrix *u)
{
    model_subject *s = user;
    long double slopes[MODEL_MOST_PARAMETERS], sums[MODEL_MOST_PARAMETERS] = {0};
    for (int64_t i = 0; i < x->rows; i++) {
        evaluate(s, theta, test_get(x, i, 0), slopes);
        for (int64_t k = 0; k < s->p; k++) sums[k] += slopes[k] * test_get(u, i, 0);
    }
    for (int64_t k = 0; k < s->p; k++) test_set(g, k, 0, (double)sums[k]);
    return answer_of(s, g);
}

static void release(void *user)
{
    model_subject *s = user;
    s->released++;
}

ntk_model_functions model_functions(model_subject *subject, int which)
{
    ntk_model_functions f = {.struct_size = sizeof f, .forward = forward, .user = subject, .release_user = release};
    if (which & MODEL_JACOBIAN) f.jacobian = jacobian;
    if (which & MODEL_PRODUCTS) f.jvp = jvp, f.vjp = vjp;
    f.inputs = f.outputs = 1;
    f.parameters = subject->p;
    return f;
}

long double model_oscillator(const void *data, const long double *theta, int64_t p, double x, long double *slopes)
{
    (void)data, (void)p;
    long double decay = expl(-theta[1] * x), angle = theta[2] * x + theta[3];
    long double cosine = decay * cosl(angle), sine = decay * sinl(angle);
    slopes[0] = cosine;
    slopes[1] = -theta[0] * x * cosine;
    slopes[2] = -theta[0] * x * sine;
    slopes[3] = -theta[0] * sine;
    return theta[0] * cosine;
}

long double model_matrix(const void *data, const long double *theta, int64_t p, double x, long double *slopes)
{
    const double *row = (const double *)data + (int64_t)x * p;
    long double sum = 0;
    for (int64_t k = 0; k < p; k++) sum += row[k] * theta[k], slopes[k] = row[k];
    return sum;
}
