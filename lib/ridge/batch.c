#include "ridge/batch.h"

#include "core/status.h"

/* Elements of a batch, and its fewest and most rows. */
enum { BATCH_ELEMENTS = 1 << 22, LEAST_ROWS = 64, MOST_ROWS = 4096 };

int64_t ntk_batch_rows(int64_t n, int64_t width)
{
    int64_t rows = BATCH_ELEMENTS / width;
    rows = rows < LEAST_ROWS ? LEAST_ROWS : rows > MOST_ROWS ? MOST_ROWS : rows;
    return rows < n ? rows : n;
}

double ntk_squares(const void *row, int32_t dtype, int64_t count)
{
    double sum = 0;
    if (dtype == NTK_F64)
        for (int64_t k = 0; k < count; k++) sum += ((const double *)row)[k] * ((const double *)row)[k];
    else
        for (int64_t k = 0; k < count; k++) sum += (double)((const float *)row)[k] * (double)((const float *)row)[k];
    return sum;
}

#define DEFINE_SUBTRACT(NAME, REAL)                             \
    static void NAME(void *to, const void *what, int64_t count) \
    {                                                           \
        REAL *out = to;                                         \
        const REAL *in = what;                                  \
        for (int64_t k = 0; k < count; k++) out[k] -= in[k];    \
    }

DEFINE_SUBTRACT(subtract_f64, double)
DEFINE_SUBTRACT(subtract_f32, float)

typedef struct centring {
    const void *mu;
    void *Phi;
    int64_t rows, p;
    int32_t dtype;
} centring;

static ntk_status centre_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    (void)lane;
    const centring *job = argument;
    int64_t per_task = ntk_rows_per_task(job->p), last = (index + 1) * per_task;
    for (int64_t i = index * per_task; i < last && i < job->rows; i++)
        (job->dtype == NTK_F64 ? subtract_f64 : subtract_f32)(ntk_at(job->Phi, job->dtype, i * job->p), job->mu, job->p);
    return NTK_OK;
}

ntk_status ntk_centre_rows(const ntk_lane *lane, int32_t dtype, const void *mu, void *Phi, int64_t rows, int64_t p)
{
    centring job = {.mu = mu, .Phi = Phi, .rows = rows, .p = p, .dtype = dtype};
    return mu ? ntk_run(lane, (rows - 1) / ntk_rows_per_task(p) + 1, centre_rows, &job) : NTK_OK;
}

ntk_status ntk_centred_features(const ntk_features_call *call, const void *mu, void *Phi, const void *x, int64_t ldx,
                                int64_t rows)
{
    int64_t p = call->features->size;
    NTK_TRY(ntk_features_rows(call, Phi, p, x, ldx, rows));
    return ntk_centre_rows(call->lane, call->dtype, mu, Phi, rows, p);
}
