#include "dynamics/neuron/samples.h"

#include "core/context.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "network/simd/rows.h"

#include <string.h>

/* Not BLAS: a threaded one would wake its threads for every block, and one whose calls take turns (core/blas.h) would serve one task at
 * a time.  A block stays in the cache from its outputs to its share of the gradient; a task of several is long enough to be worth
 * waking a thread for.  Tasks' gradients together are a small part of the samples. */
enum { BLOCK_ELEMENTS = 1 << 14, TASK_ELEMENTS = 1 << 17, MOST_TASKS = 64, LEAST_ROWS = 16 };

typedef struct evaluation {
    const ntk_neuron_samples *samples;
    const double *w;
    bool gradient;
} evaluation;

ntk_status ntk_neuron_samples_check(const ntk_matrix *x, const ntk_matrix *y, const char *function)
{
    NTK_TRY(ntk_input_check(x, function, "x"));
    NTK_TRY(ntk_input_check(y, function, "y"));
    return ntk_shape_check(y, x->rows, 1, function, "y");
}

ntk_status ntk_neuron_samples_finite(const ntk_matrix *x, const ntk_matrix *y, const char *function)
{
    NTK_TRY(ntk_finite_check(x, function, "x"));
    return ntk_finite_check(y, function, "y");
}

static void find_shape(ntk_neuron_samples *samples)
{
    int64_t least = ntk_larger(LEAST_ROWS, TASK_ELEMENTS / samples->d);
    samples->per_task = ntk_larger(least, (samples->n - 1) / MOST_TASKS + 1);
    samples->tasks = (samples->n - 1) / samples->per_task + 1;
    samples->per_block = ntk_smaller(samples->per_task, ntk_larger(LEAST_ROWS, BLOCK_ELEMENTS / samples->d));
}

ntk_status ntk_neuron_samples_open(ntk_neuron_samples *samples, const ntk_lane *lane, const ntk_matrix *x, const ntk_matrix *y,
                                   double kink, const char *function)
{
    ntk_context *context = lane->work->context;
    uint64_t numbers;
    *samples = (ntk_neuron_samples){.n = x->rows, .d = x->cols, .kink = kink};
    find_shape(samples);
    NTK_TRY(ntk_operand_open(lane, &samples->x, x, NTK_F64, function, "x"));
    NTK_TRY(ntk_operand_copy(lane, &samples->y, y, NTK_F64, function, "y"));
    NTK_TRY(ntk_allocate(context, &samples->outputs, samples->tasks, samples->per_block * (int64_t)sizeof(double),
                         "a block of outputs"));
    NTK_TRY(ntk_size_multiply(&numbers, samples->tasks, samples->d));
    NTK_TRY(ntk_allocate(context, &samples->gradients, (int64_t)numbers, sizeof(double), "parts of a gradient"));
    NTK_TRY(ntk_allocate(context, &samples->losses, samples->tasks, sizeof(double), "parts of a loss"));
    return ntk_allocate(context, &samples->active, samples->tasks, sizeof(int64_t), "counts of active samples");
}

void ntk_neuron_samples_close(ntk_neuron_samples *samples, ntk_context *context)
{
    void *const held[] = {samples->outputs, samples->gradients, samples->losses, samples->active};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) ntk_free(context, held[i]);
    ntk_operand_close(context, &samples->x);
    ntk_operand_close(context, &samples->y);
}

/* Puts r relu' in the place of <w, x>; returns the sum of r^2. */
static double find_residuals(const ntk_neuron_samples *samples, int64_t first, int64_t rows, double *outputs, int64_t *active)
{
    const double *y = (const double *)samples->y.data + first;
    double sum = 0;
    for (int64_t i = 0; i < rows; i++) {
        double u = outputs[i], residual = (u > 0 ? u : 0) - y[i];
        double slope = u > 0 ? 1 : u < 0 ? 0 : samples->kink;
        sum += residual * residual;
        *active += u > 0;
        outputs[i] = slope * residual;
    }
    return sum;
}

static ntk_status evaluate_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const evaluation *call = argument;
    const ntk_neuron_samples *s = call->samples;
    const ntk_row_loops *loops = NTK_OF_ISA(lane->work->context->isa, ntk_row_loops, NTK_F64 - 1);
    int64_t begin = index * s->per_task, end = ntk_smaller(begin + s->per_task, s->n), rows;
    double *outputs = s->outputs + index * s->per_block, *gradient = s->gradients + index * s->d;
    memset(gradient, 0, (size_t)s->d * sizeof *gradient);
    s->losses[index] = 0;
    s->active[index] = 0;
    for (int64_t row = begin; row < end; row += rows) {
        const double *x = (const double *)s->x.data + row * s->x.stride;
        rows = ntk_smaller(s->per_block, end - row);
        loops->outputs(outputs, x, s->x.stride, rows, s->d, call->w);
        s->losses[index] += find_residuals(s, row, rows, outputs, &s->active[index]);
        if (call->gradient) loops->combine(gradient, x, s->x.stride, rows, s->d, outputs);
        NTK_TRY(ntk_advance(lane, row + rows < end ? 0 : 1));
    }
    return NTK_OK;
}

ntk_status ntk_neuron_evaluate(const ntk_neuron_samples *samples, const ntk_lane *lane, const double *w, double *loss,
                               int64_t *active, double *gradient)
{
    evaluation call = {.samples = samples, .w = w, .gradient = gradient != NULL};
    NTK_TRY(ntk_run(lane, samples->tasks, evaluate_rows, &call));
    double sum = 0;
    *active = 0;
    for (int64_t t = 0; t < samples->tasks; t++) {
        const double *part = samples->gradients + t * samples->d;
        sum += samples->losses[t];
        *active += samples->active[t];
        for (int64_t k = 0; gradient && k < samples->d; k++) gradient[k] = t ? gradient[k] + part[k] : part[k];
    }
    for (int64_t k = 0; gradient && k < samples->d; k++) gradient[k] *= 2 / (double)samples->n;
    *loss = sum / (double)samples->n;
    return NTK_OK;
}
