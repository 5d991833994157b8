#include "theory/target/pairs.h"

#include "core/blas.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/zonal.h"

/* Rows and columns of a panel of inner products, and numbers that are multiplied at a time. */
enum { PANEL_ROWS = 64, PANEL_COLS = 512, PANEL_DEPTH = 8192 };

/* The last values of the recurrence, those of degree k first, and what is summed over degrees. */
enum { HISTORY = 4, LINES = HISTORY + 2 };

typedef struct panels {
    const ntk_degree_pairs *pairs;
    double *scratch; /* per lane: inner products, then lines */
    bool nested;
} panels;

enum { SCRATCH = PANEL_ROWS * PANEL_COLS + LINES * PANEL_COLS };

/* A row's part of a panel. */
typedef struct strip {
    const ntk_degree_pairs *pairs;
    const double *s;
    double half; /* of the row */
    int64_t row, first, count;
    double *now[HISTORY], *next, *sum;
} strip;

static void next_of_sphere(const strip *at, int64_t k)
{
    ntk_gegenbauer step = ntk_gegenbauer_at(at->pairs->d, k);
    const double *now = at->now[0], *last = at->now[1];
    for (int64_t j = 0; j < at->count; j++) at->next[j] = step.up * at->s[j] * now[j] - step.down * last[j];
}

static void next_power(const strip *at)
{
    for (int64_t j = 0; j < at->count; j++) at->next[j] = at->s[j] * at->now[0][j];
}

/* (k + 1) M_(k + 1) = s M_k + (2 (k - 1) + d - 2 h) M_(k - 1) + s M_(k - 2) - (k - 3 + d) M_(k - 3) */
static void next_of_normals(const strip *at, int64_t k)
{
    double j1 = (double)k, d = (double)at->pairs->d;
    const double *halves = at->pairs->col_halves + at->first;
    for (int64_t j = 0; j < at->count; j++) {
        double s = at->s[j], middle = 2 * (j1 - 1) + d - 2 * (at->half + halves[j]);
        at->next[j] = (s * (at->now[0][j] + at->now[2][j]) + middle * at->now[1][j] - (j1 - 3 + d) * at->now[3][j]) / (j1 + 1);
    }
}

static void advance(strip *at, int64_t k)
{
    if (at->pairs->function == NTK_PAIRS_SPHERE)
        next_of_sphere(at, k);
    else if (at->pairs->function == NTK_PAIRS_GAUSSIAN)
        next_of_normals(at, k);
    else
        next_power(at);
    double *spare = at->now[HISTORY - 1];
    for (int h = HISTORY - 1; h > 0; h--) at->now[h] = at->now[h - 1];
    at->now[0] = at->next;
    at->next = spare;
}

/* A vector's pair with itself is 0 in every degree, since the recurrences are linear. */
static void begin(strip *at)
{
    int64_t own = at->pairs->apart ? at->row - at->first : -1;
    for (int64_t j = 0; j < at->count; j++) {
        for (int h = 0; h < HISTORY; h++) at->now[h][j] = h == 0;
        at->sum[j] = 0;
    }
    if (own >= 0 && own < at->count) at->now[0][own] = 0;
}

static void walk(strip *at)
{
    const ntk_degree_pairs *pairs = at->pairs;
    begin(at);
    for (int64_t k = 0; k < pairs->degrees; k++) {
        if (pairs->factors)
            for (int64_t j = 0; j < at->count; j++) at->sum[j] += pairs->factors[k] * at->now[0][j];
        else
            pairs->take(pairs, at->row, at->first, k, at->now[0], at->count);
        if (k + 1 < pairs->degrees) advance(at, k);
    }
    if (pairs->factors) pairs->take(pairs, at->row, at->first, 0, at->sum, at->count);
}

/* Inner products; long ones in parts, so that the call can be stopped. */
static ntk_status multiply(const ntk_degree_pairs *pairs, const ntk_lane *lane, double *products, int64_t row, int64_t rows,
                           int64_t first, int64_t count)
{
    const double *a = pairs->rows + row * pairs->d, *b = pairs->cols + first * pairs->d;
    for (int64_t j = 0; j < pairs->d; j += PANEL_DEPTH) {
        int64_t depth = ntk_smaller(PANEL_DEPTH, pairs->d - j);
        NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_TRANSPOSED, rows, count, depth, pairs->scale, a + j, pairs->d, b + j,
                              pairs->d, j ? 1 : 0, products, count));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static ntk_status walk_panel(const panels *job, const ntk_lane *lane, double *products, int64_t row, int64_t rows,
                             int64_t first, int64_t count)
{
    const ntk_degree_pairs *pairs = job->pairs;
    strip at = {.pairs = pairs, .first = first, .count = count};
    double *lines = products + PANEL_ROWS * PANEL_COLS;
    NTK_TRY(multiply(pairs, lane, products, row, rows, first, count));
    for (int64_t i = 0; i < rows; i++) {
        for (int h = 0; h < HISTORY; h++) at.now[h] = lines + h * PANEL_COLS;
        at.next = lines + HISTORY * PANEL_COLS;
        at.sum = at.next + PANEL_COLS;
        at.s = products + i * count;
        at.row = row + i;
        at.half = pairs->row_halves ? pairs->row_halves[row + i] : 0;
        walk(&at);
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static ntk_status walk_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const panels *job = argument;
    const ntk_degree_pairs *pairs = job->pairs;
    double *products = job->scratch + (job->nested ? 0 : lane->index) * SCRATCH;
    int64_t row = index * PANEL_ROWS, rows = ntk_smaller(PANEL_ROWS, pairs->row_count - row);
    for (int64_t first = 0; first < pairs->col_count; first += PANEL_COLS)
        NTK_TRY(walk_panel(job, lane, products, row, rows, first, ntk_smaller(PANEL_COLS, pairs->col_count - first)));
    return ntk_advance(lane, rows);
}

ntk_status ntk_degree_pairs_run(const ntk_degree_pairs *pairs, const ntk_lane *lane)
{
    panels job = {.pairs = pairs, .nested = lane->nested};
    int64_t tasks = (pairs->row_count - 1) / PANEL_ROWS + 1, lanes = lane->nested ? 1 : ntk_lanes_for(lane, tasks);
    NTK_TRY(ntk_allocate(lane->work->context, &job.scratch, lanes, SCRATCH * (int64_t)sizeof(double), "panels of pairs"));
    ntk_status status = ntk_run_blas(lane, tasks, walk_rows, &job);
    ntk_free(lane->work->context, job.scratch);
    return status;
}

void ntk_degree_halves(double *halves, const double *x, int64_t n, int64_t d)
{
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t j = 0; j < d; j++) sum += x[i * d + j] * x[i * d + j];
        halves[i] = sum / 2;
    }
}

void ntk_degree_add(double *sum, double *squares, const double *a, const double *b, int64_t count)
{
    double s[4] = {0}, q[4] = {0};
    for (int64_t j = 0; j < count; j++) {
        double product = a[j] * b[j];
        s[j % 4] += product;
        q[j % 4] += product * product;
    }
    *sum += (s[0] + s[1]) + (s[2] + s[3]);
    *squares += (q[0] + q[1]) + (q[2] + q[3]);
}
