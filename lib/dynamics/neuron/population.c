/* With theta the angle between w and w*, and J(theta) = sin theta + (pi - theta) cos theta, the loss is
 * (|w|^2 + |w*|^2) / 2 - |w| |w*| J / pi.  Since J(theta) = pi cos theta + S(theta) with S(t) = sin t - t cos t, and J = S(pi - theta),
 * each half of the angles has a form in which nothing cancels that the result does not hold:
 *   theta <= pi / 2   |w - w*|^2 / 2 - |w| |w*| S(theta) / pi,   w - w* + (theta w* - sin theta |w*| w / |w|) / pi
 *   beyond            (|w|^2 + |w*|^2) / 2 - |w| |w*| S(phi) / pi,   w - (phi w* + sin phi |w*| w / |w|) / pi,   phi = pi - theta */
#include "core/matrix.h"
#include "core/status.h"
#include "dynamics/neuron/length.h"

#include <math.h>
#include <ntk/neuron.h>
#include <stdbool.h>

static const double PI = 3.14159265358979323846;

/* angle  theta, or beyond a right angle pi - theta */
typedef struct pair {
    const ntk_matrix *w, *truth;
    double length, truth_length, angle;
    bool beyond;
} pair;

/* S(t), by its series where it cancels; t in [0, pi / 2]. */
static double excess(double t)
{
    if (t > 0.5) return sin(t) - t * cos(t);
    double term = t * t * t / 3, sum = term;
    for (int k = 1; fabs(term) > 0x1p-60 * sum; k++) {
        /* 2 k t^(2 k + 1) / (2 k + 1)!, with alternating signs */
        term *= -t * t * (double)(k + 1) / ((double)k * (double)(2 * k + 2) * (double)(2 * k + 3));
        sum += term;
    }
    return sum;
}

/* Kahan's formula of unit vectors: what the angle lacks is a few roundings of 1, and loss and gradient take it times the angle's
 * size. */
static void find_angle(pair *p)
{
    double apart = 0, together = 0;
    p->angle = PI / 2;
    p->beyond = false;
    if (p->length == 0 || p->truth_length == 0) return;
    for (int64_t i = 0; i < p->w->rows; i++) {
        double a = ntk_column_at(p->w, i) / p->length, b = ntk_column_at(p->truth, i) / p->truth_length;
        apart += (a - b) * (a - b);
        together += (a + b) * (a + b);
    }
    p->beyond = apart > together;
    p->angle = p->beyond ? 2 * atan2(sqrt(together), sqrt(apart)) : 2 * atan2(sqrt(apart), sqrt(together));
}

static double distance(const pair *p)
{
    double sum = 0;
    for (int64_t i = 0; i < p->w->rows; i++) {
        double gap = ntk_column_at(p->w, i) - ntk_column_at(p->truth, i);
        sum += gap * gap;
    }
    return sum;
}

static double loss_of(const pair *p)
{
    double crossed = p->length * p->truth_length * excess(p->angle) / PI;
    if (!p->beyond) return distance(p) / 2 - crossed;
    return (p->length * p->length + p->truth_length * p->truth_length) / 2 - crossed;
}

static double slope_of(const pair *p, int64_t i)
{
    double w = ntk_column_at(p->w, i), truth = ntk_column_at(p->truth, i);
    double along = p->length > 0 ? w / p->length : 0, turned = sin(p->angle) * p->truth_length * along;
    if (p->beyond) return w - (p->angle * truth + turned) / PI;
    return (w - truth) + (p->angle * truth - turned) / PI;
}

static ntk_status check(const ntk_matrix *gradient, const ntk_matrix *w, const ntk_matrix *truth, const char *function)
{
    NTK_TRY(ntk_input_check(w, function, "w"));
    NTK_TRY(ntk_input_check(truth, function, "truth"));
    NTK_TRY(ntk_shape_check(w, -1, 1, function, "w"));
    NTK_TRY(ntk_shape_check(truth, w->rows, 1, function, "truth"));
    if (gradient) {
        NTK_TRY(ntk_output_check(gradient, function, "gradient"));
        NTK_TRY(ntk_shape_check(gradient, w->rows, 1, function, "gradient"));
        NTK_TRY(ntk_disjoint_check(gradient, "gradient", w, "w", function));
        NTK_TRY(ntk_disjoint_check(gradient, "gradient", truth, "truth", function));
    }
    NTK_TRY(ntk_finite_check(w, function, "w"));
    return ntk_finite_check(truth, function, "truth");
}

ntk_status ntk_neuron_population(double *loss, const ntk_matrix *gradient, const ntk_matrix *w, const ntk_matrix *truth)
{
    pair p = {.w = w, .truth = truth};
    NTK_REQUIRE(loss);
    NTK_TRY(check(gradient, w, truth, __func__));
    p.length = ntk_column_length(w);
    p.truth_length = ntk_column_length(truth);
    if (!isfinite(2 * (p.length * p.length + p.truth_length * p.truth_length)))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: w of length %g or truth of length %g has no square", __func__, p.length,
                        p.truth_length);
    find_angle(&p);
    for (int64_t i = 0; gradient && i < w->rows; i++) {
        double slope = slope_of(&p, i);
        NTK_TRY(ntk_write_row(gradient, i, 0, &slope, NTK_F64, 1, __func__, "gradient"));
    }
    *loss = loss_of(&p);
    return NTK_OK;
}
