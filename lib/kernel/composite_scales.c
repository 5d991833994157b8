#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/block.h"
#include "kernel/composite.h"
#include "kernel/scales.h"

/* Rows whose terms are held at a time. */
enum { PANEL = 256 };

int64_t ntk_composite_scales(const ntk_kernel *kernel)
{
    int64_t sum = ntk_composite_own_scales(kernel);
    for (int64_t t = 0; t < kernel->term_count; t++) sum += kernel->terms[t]->operations->scales(kernel->terms[t]);
    return sum;
}

/* The call of count rows from first on. */
static ntk_scale_call panel_of(const ntk_scale_call *call, int64_t first, int64_t count)
{
    ntk_scale_call panel = *call;
    panel.x1 = ntk_rows(&call->x1, first, count);
    panel.weights = ntk_rows(&call->weights, first, count);
    return panel;
}

static ntk_status add_inner_product(const ntk_lane *lane, const ntk_matrix *a, const ntk_matrix *b, double *sum)
{
    for (int64_t i = 0; i < a->rows; i++) {
        for (int64_t j = 0; j < a->cols; j++) *sum += ntk_get(ntk_row(a, i), a->dtype, j) * ntk_get(ntk_row(b, i), b->dtype, j);
        NTK_TRY(ntk_scale_ask(lane, i, a->cols));
    }
    return NTK_OK;
}

/* Numbers of a panel for each term, and of one more. */
static ntk_status panels_create(const ntk_kernel *kernel, const ntk_scale_call *call, const ntk_lane *lane, void **panels)
{
    int64_t count = (kernel->term_count + 1) * ntk_smaller(PANEL, call->x1.rows);
    return ntk_allocate(lane->work->context, panels, count, call->x2.rows * ntk_dtype_size(call->dtype),
                        "panels of a kernel's terms");
}

static ntk_matrix panel_at(const ntk_scale_call *panel, void *panels, int64_t index, int64_t rows)
{
    void *data = ntk_at(panels, panel->dtype, index * rows * panel->x2.rows);
    return ntk_matrix_view(data, panel->x1.rows, panel->x2.rows, panel->dtype, 0);
}

/* Part number index of count of the present room. */
static ntk_share narrow(const ntk_lane *lane, int64_t index, int64_t count)
{
    return ntk_work_narrow(lane->work, (double)index / (double)count, (double)(index + 1) / (double)count);
}

static ntk_status add_term(const ntk_kernel *term, const ntk_scale_call *call, const ntk_lane *lane, double *g)
{
    return term->operations->scale_gradient(term, call, lane, g);
}

/* Term t of a panel, into number t of the panels. */
static ntk_status evaluate_term(const ntk_kernel *kernel, const ntk_scale_call *panel, const ntk_lane *lane, int64_t t,
                                int64_t parts, const ntk_matrix *K)
{
    ntk_share room = narrow(lane, t, parts);
    ntk_status status = ntk_block_write(kernel->terms[t], lane, K, &panel->x1, &panel->x2, panel->function);
    ntk_work_widen(lane->work, room);
    return status;
}

/* Does this for all panels of the call's rows. */
typedef ntk_status panel_work(const ntk_kernel *kernel, const ntk_scale_call *panel, const ntk_lane *lane, void *panels,
                              double *g);

static ntk_status for_panels(panel_work *work, const ntk_kernel *kernel, const ntk_scale_call *call, const ntk_lane *lane,
                             double *g)
{
    int64_t rows = call->x1.rows, count = (rows - 1) / PANEL + 1;
    void *panels;
    NTK_TRY(panels_create(kernel, call, lane, &panels));
    ntk_status status = NTK_OK;
    for (int64_t p = 0; status >= 0 && p < count; p++) {
        ntk_scale_call panel = panel_of(call, p * PANEL, ntk_smaller(PANEL, rows - p * PANEL));
        ntk_share room = narrow(lane, p, count);
        status = work(kernel, &panel, lane, panels, g);
        ntk_work_widen(lane->work, room);
    }
    ntk_free(lane->work->context, panels);
    return status;
}

/* --- sums: the weights, then the terms' scales --- */

static ntk_status weigh_terms(const ntk_kernel *kernel, const ntk_scale_call *panel, const ntk_lane *lane, void *panels,
                              double *g)
{
    for (int64_t t = 0; t < kernel->term_count; t++) {
        ntk_matrix K = panel_at(panel, panels, 0, panel->x1.rows);
        NTK_TRY(evaluate_term(kernel, panel, lane, t, kernel->term_count, &K));
        NTK_TRY(add_inner_product(lane, &K, &panel->weights, &g[t]));
    }
    return NTK_OK;
}

/* g += weight times the term's, of which own has the room */
static ntk_status add_scaled(const ntk_kernel *term, const ntk_scale_call *call, const ntk_lane *lane, double weight,
                             double *own, double *g)
{
    int64_t scales = term->operations->scales(term);
    for (int64_t s = 0; s < scales; s++) own[s] = 0;
    if (scales > 0) NTK_TRY(add_term(term, call, lane, own));
    for (int64_t s = 0; s < scales; s++) g[s] += weight * own[s];
    return NTK_OK;
}

static ntk_status add_terms(const ntk_kernel *kernel, const ntk_scale_call *call, const ntk_lane *lane, double *own, double *g)
{
    const double *weights = ((const ntk_composite *)kernel)->numbers;
    for (int64_t t = 0; t < kernel->term_count; t++) {
        ntk_share room = narrow(lane, t, kernel->term_count);
        ntk_status status = add_scaled(kernel->terms[t], call, lane, weights[t], own, g);
        ntk_work_widen(lane->work, room);
        if (status < 0) return status;
        g += kernel->terms[t]->operations->scales(kernel->terms[t]);
    }
    return NTK_OK;
}

ntk_status ntk_sum_scale_gradient(const ntk_kernel *kernel, const ntk_scale_call *call, const ntk_lane *lane, double *g)
{
    double *own;
    ntk_context *context = lane->work->context;
    NTK_TRY(ntk_allocate(context, &own, ntk_composite_scales(kernel), sizeof *own, "derivatives by scales"));
    ntk_share room = ntk_work_narrow(lane->work, 0, 0.5);
    ntk_status status = for_panels(weigh_terms, kernel, call, lane, g);
    ntk_work_widen(lane->work, room);
    room = ntk_work_narrow(lane->work, 0.5, 1);
    if (status >= 0) status = add_terms(kernel, call, lane, own, g + kernel->term_count);
    ntk_work_widen(lane->work, room);
    ntk_free(context, own);
    return status;
}

/* --- products: the factors' scales --- */

/* out = W times all factors but number t */
static ntk_status weigh_by_others(const ntk_scale_call *panel, const ntk_lane *lane, const ntk_matrix *out, void *panels,
                                  int64_t t, int64_t count)
{
    for (int64_t i = 0; i < out->rows; i++) {
        for (int64_t j = 0; j < out->cols; j++) {
            double product = ntk_get(ntk_row(&panel->weights, i), panel->weights.dtype, j);
            for (int64_t s = 0; s < count; s++)
                if (s != t) product *= ntk_get(panels, out->dtype, (s * out->rows + i) * out->cols + j);
            ntk_put(ntk_row(out, i), out->dtype, j, product);
        }
        NTK_TRY(ntk_scale_ask(lane, i, out->cols));
    }
    return NTK_OK;
}

static ntk_status add_factor(const ntk_kernel *kernel, const ntk_scale_call *panel, const ntk_lane *lane, void *panels,
                             int64_t t, double *g)
{
    const ntk_kernel *factor = kernel->terms[t];
    ntk_scale_call part = *panel;
    part.weights = panel_at(panel, panels, kernel->term_count, panel->x1.rows);
    if (factor->operations->scales(factor) == 0) return NTK_OK;
    NTK_TRY(weigh_by_others(panel, lane, &part.weights, panels, t, kernel->term_count));
    return add_term(factor, &part, lane, g);
}

static ntk_status add_factors(const ntk_kernel *kernel, const ntk_scale_call *panel, const ntk_lane *lane, void *panels,
                              double *g)
{
    int64_t count = kernel->term_count;
    for (int64_t t = 0; t < count; t++) {
        ntk_matrix K = panel_at(panel, panels, t, panel->x1.rows);
        NTK_TRY(evaluate_term(kernel, panel, lane, t, 2 * count, &K));
    }
    for (int64_t t = 0; t < count; t++) {
        ntk_share room = narrow(lane, count + t, 2 * count);
        ntk_status status = add_factor(kernel, panel, lane, panels, t, g);
        ntk_work_widen(lane->work, room);
        if (status < 0) return status;
        g += kernel->terms[t]->operations->scales(kernel->terms[t]);
    }
    return NTK_OK;
}

ntk_status ntk_product_scale_gradient(const ntk_kernel *kernel, const ntk_scale_call *call, const ntk_lane *lane, double *g)
{
    return for_panels(add_factors, kernel, call, lane, g);
}

/* --- memory --- */

ntk_status ntk_composite_scale_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                                      int64_t cols, int64_t inputs, int32_t dtype)
{
    uint64_t most = 0;
    int64_t panel = ntk_smaller(PANEL, rows);
    NTK_TRY(ntk_need(bytes, (kernel->term_count + 1) * panel, cols * ntk_dtype_size(dtype)));
    NTK_TRY(ntk_need(bytes, ntk_composite_scales(kernel), sizeof(double)));
    for (int64_t t = 0; t < kernel->term_count; t++) {
        const ntk_kernel *term = kernel->terms[t];
        uint64_t block = 0, part = 0, whole = 0;
        NTK_TRY(ntk_block_memory(term, context, &block, panel, cols, inputs, dtype));
        most = ntk_most_bytes(most, block);
        if (term->operations->scales(term) == 0) continue;
        NTK_TRY(term->operations->scale_memory(term, context, &part, panel, cols, inputs, dtype));
        NTK_TRY(term->operations->scale_memory(term, context, &whole, rows, cols, inputs, dtype));
        most = ntk_most_bytes(most, ntk_most_bytes(part, whole));
    }
    return ntk_need(bytes, (int64_t)most, 1);
}
