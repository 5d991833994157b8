#include "theory/target/law.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "theory/sphere.h"

#include <math.h>

/* How far from the sphere a sample may be, relative to its radius. */
static const double NEAR_SPHERE = 1e-6;

/* Numbers that a task draws, and that are drawn before they are written. */
enum { TASK_NUMBERS = 1 << 14, PANEL_NUMBERS = 1 << 18 };

ntk_status ntk_law_check(int32_t law, const char *function)
{
    if (law == NTK_INPUTS_SPHERE || law == NTK_INPUTS_GAUSSIAN) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "%s: law is %d, expected NTK_INPUTS_SPHERE or NTK_INPUTS_GAUSSIAN", function, law);
}

double ntk_law_unit(int32_t law, int64_t d)
{
    return law == NTK_INPUTS_SPHERE ? 1 / sqrt((double)d) : 1;
}

double ntk_law_step(int32_t law, int64_t d, int64_t k)
{
    return law == NTK_INPUTS_SPHERE ? ntk_sphere_step(d, k) : sqrt((double)k);
}

/* --- drawing --- */

typedef struct drawing {
    const ntk_random *random;
    int32_t law;
    double *x;
    int64_t first, n, d, per_task;
} drawing;

static double square_of(const double *x, int64_t d)
{
    double sum = 0;
    for (int64_t j = 0; j < d; j++) sum += x[j] * x[j];
    return sum;
}

static ntk_status draw_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const drawing *job = argument;
    int64_t last = ntk_smaller((index + 1) * job->per_task, job->n);
    for (int64_t i = index * job->per_task; i < last; i++) {
        double *row = job->x + i * job->d;
        ntk_random_normals(job->random, row, (job->first + i) * job->d, job->d);
        if (job->law != NTK_INPUTS_SPHERE) continue;
        double factor = sqrt((double)job->d / square_of(row, job->d));
        for (int64_t j = 0; j < job->d; j++) row[j] *= factor;
    }
    return ntk_advance(lane, 0);
}

ntk_status ntk_law_draw(const ntk_lane *lane, const ntk_random *random, int32_t law, double *x, int64_t first, int64_t n,
                        int64_t d)
{
    drawing job = {.random = random, .law = law, .x = x, .first = first, .n = n, .d = d};
    job.per_task = ntk_larger(1, TASK_NUMBERS / d);
    return ntk_run(lane, (n - 1) / job.per_task + 1, draw_rows, &job);
}

static ntk_status draw(const ntk_lane *lane, const ntk_matrix *x, const ntk_random *random, int32_t law, double *panel,
                       int64_t most)
{
    for (int64_t first = 0; first < x->rows; first += most) {
        int64_t count = ntk_smaller(most, x->rows - first);
        NTK_TRY(ntk_law_draw(lane, random, law, panel, first, count, x->cols));
        for (int64_t i = 0; i < count; i++) ntk_convert(ntk_row(x, first + i), x->dtype, panel + i * x->cols, NTK_F64, x->cols);
        NTK_TRY(ntk_advance(lane, count));
    }
    return NTK_OK;
}

ntk_status ntk_inputs_draw(ntk_context *context, const ntk_matrix *x, int32_t law, uint64_t seed)
{
    const ntk_random random = {.seed = seed, .purpose = NTK_RANDOM_INPUTS};
    double *panel;
    ntk_work work;
    NTK_REQUIRE(context);
    NTK_TRY(ntk_output_check(x, __func__, "x"));
    NTK_TRY(ntk_law_check(law, __func__));
    int64_t most = ntk_smaller(x->rows, ntk_larger(1, PANEL_NUMBERS / x->cols));
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "samples of a law", x->rows, 0, 1);
    NTK_TRY(ntk_allocate(context, &panel, most, x->cols * (int64_t)sizeof *panel, "samples of a law"));
    ntk_status status = draw(&lane, x, &random, law, panel, most);
    ntk_free(context, panel);
    return status;
}

/* --- checking --- */

ntk_status ntk_law_place_check(int32_t law, const double *x, int64_t n, int64_t d, const char *function, const char *name)
{
    for (int64_t i = 0; law == NTK_INPUTS_SPHERE && i < n; i++) {
        double length = sqrt(square_of(x + i * d, d) / (double)d);
        if (!(fabs(length - 1) <= NEAR_SPHERE))
            return ntk_fail(NTK_ERR_VALUE, "%s: row %lld of %s (counted from 0) has the length %g, expected sqrt(d) = %g",
                            function, (long long)i, name, length * sqrt((double)d), sqrt((double)d));
    }
    return NTK_OK;
}
