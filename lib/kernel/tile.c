#include "kernel/tile.h"

#include "core/blas.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"

#include <math.h>
#include <string.h>

/* A tile is at most some hundredths of a second of one core, or of all cores of a threaded BLAS, so that a call can be stopped
 * within a tenth; a threaded BLAS wants larger tiles. */
static const double SERIAL_COST = 1.6e9, THREADED_COST = 7e9;
enum { LEAST_EDGE = 64, SERIAL_EDGE = 512, THREADED_EDGE = 2048, SERIAL_TILES = 8, THREADED_TILES = 2 };

int64_t ntk_tile_edge(const ntk_kernel *kernel, int64_t rows, int64_t cols, int64_t inputs, int32_t dtype, int64_t all,
                      int64_t most)
{
    bool threaded = ntk_blas_is_threaded();
    double cost = kernel->operations->cost(kernel, inputs, dtype, all), budget = threaded ? THREADED_COST : SERIAL_COST;
    int64_t longer = rows > cols ? rows : cols, largest = threaded ? THREADED_EDGE : SERIAL_EDGE, edge = LEAST_EDGE;
    int64_t tiles = threaded ? THREADED_TILES : SERIAL_TILES;
    if (most && most < largest) largest = most;
    while (2 * edge <= largest && 4.0 * (double)edge * (double)edge * cost <= budget && edge * tiles < longer) edge *= 2;
    return edge;
}

/* --- products --- */

/* Operations after which a product is divided.  In f32 its sums are too: a BLAS may add in order, and 1024 roundings keep the
 * cosine of parallel samples within 7e-5 of 1, nearer than the loops take for near. */
static const double LONGEST_PRODUCT = 2e9;
enum { LONGEST_SUM_F32 = 1024 };

static ntk_status part_product(const ntk_kernel_tile *tile, const void *a, int64_t lda, const void *b, int64_t ldb,
                               int64_t depth, double beta, void *out, int64_t ld)
{
    int32_t dtype = tile->rows->dtype;
    if (tile->lower) return ntk_blas_syrk(dtype, NTK_PLAIN, tile->row_count, depth, 1, a, lda, beta, out, ld);
    return ntk_blas_gemm(dtype, NTK_PLAIN, NTK_TRANSPOSED, tile->row_count, tile->col_count, depth, 1, a, lda, b, ldb, beta,
                         out, ld);
}

ntk_status ntk_tile_product(const ntk_kernel_tile *tile, const ntk_lane *lane, const void *a, int64_t lda, const void *b,
                            int64_t ldb, int64_t depth, double beta, void *out, int64_t ld)
{
    int32_t dtype = tile->rows->dtype;
    double area = 2.0 * (double)tile->row_count * (double)tile->col_count;
    int64_t longest = (int64_t)fmax(256, LONGEST_PRODUCT / area);
    if (dtype == NTK_F32) longest = ntk_smaller(longest, LONGEST_SUM_F32);
    for (int64_t k = 0; k < depth; k += longest) {
        int64_t part = ntk_smaller(longest, depth - k);
        NTK_TRY(part_product(tile, ntk_at(a, dtype, k), lda, ntk_at(b, dtype, k), ldb, part, k ? 1 : beta, out, ld));
        if (k + part < depth) NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static void copy_products(const ntk_kernel_tile *tile, void *out, int64_t ld)
{
    int32_t dtype = tile->rows->dtype;
    for (int64_t i = 0; i < tile->row_count; i++)
        memcpy(ntk_at(out, dtype, i * ld), ntk_at(tile->products, dtype, i * tile->col_count),
               (size_t)((tile->lower ? i + 1 : tile->col_count) * ntk_dtype_size(dtype)));
}

ntk_status ntk_tile_inner_products(const ntk_kernel_tile *tile, const ntk_lane *lane, void *out, int64_t ld)
{
    const ntk_samples *rows = tile->rows, *cols = tile->cols;
    if (tile->products) {
        copy_products(tile, out, ld);
        return ntk_advance(lane, 0);
    }
    return ntk_tile_product(tile, lane, ntk_samples_at(rows, tile->row), rows->x.stride, ntk_samples_at(cols, tile->col),
                            cols->x.stride, rows->inputs, 0, out, ld);
}

/* --- the grid --- */

typedef struct grid_job {
    const ntk_grid *grid;
    int64_t edge, width; /* rows and columns of a tile */
    int64_t rows;        /* of the grid's range */
    bool add;
    char *scratch;
    int64_t scratch_size; /* of a lane */
} grid_job;

static int64_t tile_count(int64_t n, int64_t edge)
{
    return n > 0 ? (n - 1) / edge + 1 : 0;
}

static int64_t scratch_of(const ntk_kernel *kernel, int64_t rows, int64_t cols, int32_t dtype)
{
    return ntk_whole_lines(rows * cols * ntk_dtype_size(dtype) * kernel->operations->scratch);
}

/* Sizes of tiles, and of their scratch: of the largest square's area, but wide, where a threaded BLAS comes nearest to its speed on the
 * matrix whole. */
static void shape_of(grid_job *job, const ntk_kernel *kernel, int64_t cols, int64_t inputs, int32_t dtype, int64_t all,
                     int64_t most)
{
    job->edge = job->width = ntk_tile_edge(kernel, job->rows, cols, inputs, dtype, all, 0);
    if (job->edge == THREADED_EDGE) {
        job->edge /= 2;
        job->width *= 2;
    }
    while (most && job->edge > most) {
        job->edge /= 2;
        job->width *= 2;
    }
    job->scratch_size = scratch_of(kernel, ntk_smaller(job->rows, job->edge), ntk_smaller(cols, job->width), dtype);
}

static grid_job begin(const ntk_grid *grid)
{
    const ntk_samples *rows = grid->rows;
    grid_job job = {.grid = grid, .rows = grid->count ? grid->count : rows->rows, .scratch = grid->scratch};
    shape_of(&job, rows->kernel, grid->cols->rows, rows->inputs, rows->dtype, rows->all, grid->most);
    return job;
}

/* Tiles of row i: of a lower grid those left of the diagonal, and the square on it. */
static int64_t tiles_of(const grid_job *job, int64_t i)
{
    const ntk_grid *grid = job->grid;
    return grid->lower ? tile_count(grid->first + i * job->edge, job->width) + 1 : tile_count(grid->cols->rows, job->width);
}

static void place_of(const grid_job *job, int64_t index, int64_t *row, int64_t *col)
{
    /* the longest rows first */
    int64_t i = tile_count(job->rows, job->edge) - 1, left = index;
    while (left >= tiles_of(job, i)) left -= tiles_of(job, i--);
    *row = i;
    *col = left;
}

/* Rows and columns of tile (i, j). */
static void range_of(const grid_job *job, int64_t i, int64_t j, ntk_kernel_tile *tile)
{
    const ntk_grid *grid = job->grid;
    tile->row = grid->first + i * job->edge;
    tile->row_count = ntk_smaller(job->edge, grid->first + job->rows - tile->row);
    tile->lower = grid->lower && j == tiles_of(job, i) - 1;
    tile->col = tile->lower ? tile->row : j * job->width;
    int64_t end = tile->lower ? tile->row + tile->row_count : grid->lower ? tile->row : grid->cols->rows;
    tile->col_count = ntk_smaller(tile->lower ? job->edge : job->width, end - tile->col);
}

static ntk_status evaluate_one(void *argument, int64_t index, const ntk_lane *lane)
{
    const grid_job *job = argument;
    const ntk_grid *grid = job->grid;
    int64_t i, j;
    place_of(job, index, &i, &j);
    ntk_kernel_tile tile = {.rows = grid->rows, .cols = grid->cols, .add = job->add};
    range_of(job, i, j, &tile);
    tile.out = grid->placement(grid->matrix, tile.row, tile.col, &tile.ld);
    tile.scratch = job->scratch ? job->scratch + lane->index * job->scratch_size : NULL;
    NTK_TRY(grid->rows->kernel->operations->tile(&tile, lane));
    return ntk_advance(lane, tile.row_count * tile.col_count);
}

static int64_t tasks_of(const grid_job *job)
{
    int64_t tasks = 0;
    for (int64_t i = 0; i < tile_count(job->rows, job->edge); i++) tasks += tiles_of(job, i);
    return tasks;
}

int64_t ntk_tile_scratch(const ntk_kernel *kernel, int64_t rows, int64_t cols, int64_t edge, int32_t dtype)
{
    return scratch_of(kernel, ntk_smaller(rows, edge), ntk_smaller(cols, edge), dtype);
}

static ntk_status evaluate_passes(grid_job *job, const ntk_lane *lane)
{
    const ntk_grid *grid = job->grid;
    const ntk_kernel_operations *operations = grid->rows->kernel->operations;
    int64_t passes = operations->passes(grid->rows->kernel, grid->rows->dtype, grid->rows->all);
    /* the last pass is the one that the samples are prepared for */
    for (int64_t pass = passes - 1; pass >= 0; pass--) {
        NTK_TRY(operations->prepare(grid->rows, lane, pass));
        if (grid->cols != grid->rows) NTK_TRY(operations->prepare(grid->cols, lane, pass));
        job->add = pass < passes - 1;
        NTK_TRY(ntk_run_blas(lane, tasks_of(job), evaluate_one, job));
    }
    return NTK_OK;
}

ntk_status ntk_grid_evaluate(const ntk_grid *grid, const ntk_lane *lane)
{
    ntk_context *context = lane->work->context;
    grid_job job = begin(grid);
    if (job.scratch_size && !job.scratch)
        NTK_TRY(
            ntk_allocate(context, &job.scratch, ntk_lanes_for(lane, tasks_of(&job)), job.scratch_size, "tiles of a kernel"));
    ntk_status status = evaluate_passes(&job, lane);
    if (!grid->scratch) ntk_free(context, job.scratch);
    return status;
}

int64_t ntk_grid_scratch(const ntk_grid *grid, const ntk_lane *lane)
{
    grid_job job = begin(grid);
    return job.scratch_size * ntk_lanes_for(lane, tasks_of(&job));
}

int64_t ntk_grid_units(const ntk_grid *grid)
{
    const ntk_samples *samples = grid->rows;
    grid_job job = begin(grid);
    int64_t passes = samples->kernel->operations->passes(samples->kernel, samples->dtype, samples->all);
    if (!grid->lower) return passes * job.rows * grid->cols->rows;
    int64_t edge = job.edge, whole = job.rows / edge, rest = job.rows % edge;
    return passes * (job.rows * grid->first + whole * (whole + 1) / 2 * edge * edge + rest * job.rows);
}

ntk_status ntk_grid_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows, int64_t cols,
                           int64_t inputs, int32_t dtype, int64_t all, int64_t most)
{
    grid_job job = {.rows = rows};
    shape_of(&job, kernel, cols, inputs, dtype, all, most);
    int64_t i = tile_count(rows, job.edge), j = tile_count(cols, job.width);
    /* only a size query can ask for more, and knows no difference; a lower grid has a tile a row more */
    int64_t tasks = (double)i * (double)(j + 1) > 0x1p62 ? INT64_MAX : i * (j + 1);
    return job.scratch_size ? ntk_need(bytes, ntk_lanes_expected(context, tasks), job.scratch_size) : NTK_OK;
}
