/* Two draws, which are tested on the same samples: the mean over these of the product of their residuals is an unbiased estimate of
 * the squared bias, since the draws are independent. */
#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "features/product.h"
#include "kernel/product.h"
#include "kernel/samples.h"
#include "theory/measure/measure.h"
#include "theory/target/target.h"

/* residuals  of both fits on what is tested, one after the other
 * incomplete whether a fit did not converge */
typedef struct pair {
    const ntk_measure *measure;
    ntk_context *context;
    const ntk_lane *lane;
    int64_t index;
    ntk_measure_samples tested, fitted;
    double *residuals;
    int64_t *order;
    bool incomplete;
} pair;

ntk_ridge_options ntk_measure_fit(const ntk_measure *measure)
{
    const ntk_measure_options *from = &measure->options;
    return (ntk_ridge_options){.struct_size = sizeof(ntk_ridge_options),
                               .method = from->method,
                               .dtype = from->dtype,
                               .intercept = from->intercept,
                               .borrow = 1,
                               .callers = 1,
                               .light = 1};
}

/* --- memory --- */

static ntk_status allocate(ntk_context *context, void *memory_out, int64_t count, int64_t columns, int64_t size,
                           const char *what)
{
    uint64_t elements;
    NTK_TRY(ntk_size_multiply(&elements, count, columns));
    return ntk_allocate(context, memory_out, (int64_t)elements, size, what);
}

static ntk_status open_samples(const pair *p, ntk_measure_samples *samples, int64_t count)
{
    const ntk_measure *m = p->measure;
    ntk_context *context = p->lane->work->context;
    samples->count = count;
    NTK_TRY(allocate(context, &samples->x, count, m->inputs, ntk_dtype_size(m->dtype), "a draw's samples"));
    return allocate(context, &samples->y, count, m->targets, sizeof(double), "a draw's labels");
}

static ntk_status open_pair(pair *p, int64_t size)
{
    const ntk_measure *m = p->measure;
    ntk_context *context = p->lane->work->context;
    NTK_TRY(open_samples(p, &p->tested, m->options.test));
    NTK_TRY(open_samples(p, &p->fitted, size));
    if (m->rows) NTK_TRY(ntk_allocate(context, &p->order, m->rows, sizeof(int64_t), "an order of the data set"));
    return allocate(context, &p->residuals, m->options.test, m->targets, 2 * (int64_t)sizeof(double), "residuals");
}

static void close_pair(pair *p)
{
    void *const held[] = {p->tested.x, p->tested.y, p->fitted.x, p->fitted.y, p->residuals, p->order};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) ntk_free(p->lane->work->context, held[i]);
}

static ntk_status need(uint64_t *bytes, int64_t count, int64_t columns, int64_t size)
{
    uint64_t elements;
    NTK_TRY(ntk_size_multiply(&elements, count, columns));
    return ntk_need(bytes, (int64_t)elements, size);
}

/* What a prediction of the tested takes beside the model. */
static ntk_status prediction_memory(const ntk_measure *m, const ntk_context *context, uint64_t *bytes, int64_t size)
{
    const ntk_kernel *kernel = m->kernel;
    int32_t dtype = m->options.dtype ? m->options.dtype : m->dtype;
    int64_t test = m->options.test;
    if (kernel->features) {
        NTK_TRY(need(bytes, test, m->inputs, ntk_dtype_size(dtype)));
        return ntk_features_product_memory(kernel->features, context, bytes, dtype, test, m->targets);
    }
    NTK_TRY(ntk_samples_memory(kernel, bytes, dtype, test, m->inputs, test));
    return ntk_product_memory(kernel, context, bytes, test, size, m->inputs, dtype);
}

ntk_status ntk_measure_pair_memory(const ntk_measure *m, const ntk_context *context, uint64_t *bytes, int64_t size)
{
    const ntk_ridge_options fit = ntk_measure_fit(m);
    const int64_t test = m->options.test, counts[] = {test, size};
    uint64_t model = 0;
    for (int part = 0; part < 2; part++) {
        NTK_TRY(need(bytes, counts[part], m->inputs, ntk_dtype_size(m->dtype)));
        NTK_TRY(need(bytes, counts[part], m->targets, sizeof(double)));
    }
    NTK_TRY(need(bytes, test, m->targets, 2 * (int64_t)sizeof(double)));
    if (m->rows) NTK_TRY(ntk_need(bytes, m->rows, sizeof(int64_t)));
    if (m->target) NTK_TRY(ntk_target_values_memory(m->target, context, bytes, ntk_larger(size, test)));
    NTK_TRY(ntk_ridge_memory(context, &model, m->kernel, size, m->inputs, m->targets, &fit));
    NTK_TRY(ntk_size_add(bytes, 1, (int64_t)model));
    NTK_TRY(prediction_memory(m, context, bytes, size));
    /* blocks of a context within another one have two headers */
    int64_t nodes = m->kernel->nodes ? m->kernel->nodes : 1;
    return ntk_size_add(bytes, 16 + nodes, 1024);
}

/* --- what it gives --- */

/* Residuals become those of the model. */
static ntk_status test_model(const pair *p, const ntk_ridge *ridge, double *residuals, double *train)
{
    const ntk_measure *m = p->measure;
    const ntk_measure_samples *tested = &p->tested;
    const ntk_matrix x = ntk_matrix_view(tested->x, tested->count, m->inputs, m->dtype, NTK_READONLY),
                     out = ntk_matrix_f64(residuals, tested->count, m->targets);
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    NTK_TRY(ntk_ridge_summary(ridge, &report));
    *train = report.rss / (double)p->fitted.count;
    NTK_TRY(ntk_ridge_predict(ridge, &out, &x));
    for (int64_t i = 0; i < tested->count * m->targets; i++) residuals[i] -= tested->y[i];
    return NTK_OK;
}

static ntk_status fit(pair *p, int part, double *residuals, double *train)
{
    const ntk_measure *m = p->measure;
    const ntk_measure_samples *fitted = &p->fitted;
    const ntk_ridge_options options = ntk_measure_fit(m);
    const ntk_matrix x = ntk_matrix_view(fitted->x, fitted->count, m->inputs, m->dtype, NTK_READONLY),
                     y = ntk_matrix_const_f64(fitted->y, fitted->count, m->targets);
    ntk_ridge *ridge;
    NTK_TRY(ntk_measure_draw(m, p->lane, p->index, part, p->order, fitted));
    ntk_status status = ntk_ridge_create(p->context, &ridge, m->kernel, &x, &y, m->options.lambda, &options);
    NTK_TRY(status);
    if (status == NTK_NOTE_NOT_CONVERGED) p->incomplete = true;
    status = test_model(p, ridge, residuals, train);
    ntk_ridge_destroy(ridge);
    return status;
}

static void compare(const pair *p, double numbers[NTK_PAIR_NUMBERS])
{
    int64_t test = p->measure->options.test, all = test * p->measure->targets;
    double squares = 0, products = 0, gaps = 0;
    for (int64_t i = 0; i < all; i++) {
        double first = p->residuals[i], second = p->residuals[all + i];
        squares += first * first + second * second;
        products += first * second;
        gaps += (first - second) * (first - second);
    }
    numbers[NTK_PAIR_TEST] = squares / 2 / (double)test;
    numbers[NTK_PAIR_BIAS] = products / (double)test;
    numbers[NTK_PAIR_VARIANCE] = gaps / 2 / (double)test;
}

static ntk_status measure_pair(pair *p, int64_t size, double numbers[NTK_PAIR_NUMBERS])
{
    const ntk_measure *m = p->measure;
    int64_t all = m->options.test * m->targets;
    NTK_TRY(open_pair(p, size));
    NTK_TRY(ntk_measure_draw(m, p->lane, p->index, NTK_DRAW_TESTED, p->order, &p->tested));
    for (int k = 0; k < 2; k++) NTK_TRY(fit(p, NTK_DRAW_FIRST + k, p->residuals + k * all, &numbers[NTK_PAIR_TRAIN + k]));
    compare(p, numbers);
    return NTK_OK;
}

ntk_status ntk_measure_pair(const ntk_measure *measure, ntk_context *context, const ntk_lane *lane, int64_t index, int64_t size,
                            double numbers[NTK_PAIR_NUMBERS])
{
    pair p = {.measure = measure, .context = context, .lane = lane, .index = index};
    ntk_status status = measure_pair(&p, size, numbers);
    close_pair(&p);
    if (status >= 0 && p.incomplete) return NTK_NOTE_NOT_CONVERGED;
    return status;
}
