/* Ridge regression on all of MNIST, exact: K^RF + K^NT of an infinitely wide ReLU network, its factor packed in f32, the solution
 * corrected by products with K in f64 to a backward error of 1e-8.
 *
 *     mnist_fit FOLDER [n]      n = 60000 training images; FOLDER has MNIST's files, gzipped or not; "-": random numbers instead
 *
 * Prints time, that of each stage, peak memory, the residual of the equations at some of the samples (by products in f64), and how many
 * of the test images are misread.  Limit: ssyrk and spotrf of 10000 of the images, times (n / 10000)^2 and (n / 10000)^3. */
#include "calls.h"
#include "data.h"
#include "images.h"
#include "limits.h"
#include "memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double LAMBDA = 1e-3, TOLERANCE = 1e-8;
enum { LIMIT_IMAGES = 10000, RESIDUALS = 500, STAGES = 128, NAME_SIZE = 64 };

/* --- the stages of a call --- */

/* names, seconds  of the stages, in the order in which they began; what is beyond so many counts as the last's
 * from            when the last of them did */
typedef struct watch {
    char names[STAGES][NAME_SIZE];
    double seconds[STAGES], from;
    int count;
} watch;

/* Progress callback: a stage lasts until another one, or the call's end, is first heard of. */
static int note_stage(void *user, const char *stage, double fraction)
{
    watch *w = user;
    double time = bench_clock();
    (void)fraction;
    if (w->count > 0 && (!stage || strcmp(stage, w->names[w->count - 1]) != 0))
        w->seconds[w->count - 1] += time - w->from;
    else if (w->count > 0)
        return 0;
    w->from = time;
    if (stage && w->count < STAGES) snprintf(w->names[w->count++], NAME_SIZE, "%s", stage);
    return 0;
}

/* Ends the last stage.  Returns the seconds before the first product with K, which is of the corrections. */
static double plain_seconds(watch *w)
{
    double seconds = 0;
    note_stage(w, NULL, 1);
    for (int i = 0; i < w->count && strcmp(w->names[i], "kernel matrix product") != 0; i++) seconds += w->seconds[i];
    return seconds;
}

static void print_stages(const watch *w)
{
    for (int i = 0; i < w->count; i++)
        if (w->seconds[i] >= 1) printf("  %-40s %7.1f s\n", w->names[i], w->seconds[i]);
}

/* --- the fit, and what it is worth --- */

static double limit_seconds(const ntk_matrix *x)
{
    int64_t n = x->rows < LIMIT_IMAGES ? x->rows : LIMIT_IMAGES;
    limit_arrays limit = {.x = bench_matrix(n, x->cols, NTK_F32, 1), .out = bench_allocate(n * n, NTK_F32)};
    bench_runner runners[2] = {limit_syrk(&limit), limit_potrf(&limit)};
    bench_race(runners, 2);
    free(limit.x.data);
    free(limit.out);
    double times = (double)x->rows / (double)n;
    return times * times * (runners[0].seconds + times * runners[1].seconds);
}

/* The largest of |K alpha + lambda alpha - y| at the first samples, over the largest |y|, which is 1 or less. */
static double residual(const ntk_kernel *kernel, const ntk_ridge *ridge, const images_set *train)
{
    int64_t n = train->x.rows, t = train->y.cols, rows = n < RESIDUALS ? n : RESIDUALS;
    ntk_matrix alpha = ntk_matrix_view(bench_allocate(n * t, NTK_F64), n, t, NTK_F64, 0);
    ntk_matrix product = ntk_matrix_view(bench_allocate(rows * t, NTK_F64), rows, t, NTK_F64, 0), some = train->x;
    some.rows = rows;
    bench_check(ntk_ridge_coefficients(ridge, &alpha));
    bench_check(ntk_kernel_multiply(kernel, &product, &some, &train->x, &alpha));
    double worst = 0;
    for (int64_t i = 0; i < rows * t; i++) {
        double off = ((double *)product.data)[i] + LAMBDA * ((double *)alpha.data)[i] - ((double *)train->y.data)[i];
        worst = fmax(worst, fabs(off));
    }
    free(alpha.data);
    free(product.data);
    return worst;
}

static int64_t largest(const double *row, int64_t t)
{
    int64_t at = 0;
    for (int64_t c = 1; c < t; c++)
        if (row[c] > row[at]) at = c;
    return at;
}

static int64_t misread(const ntk_ridge *ridge, const images_set *test)
{
    int64_t m = test->x.rows, t = test->y.cols, count = 0;
    ntk_matrix out = ntk_matrix_view(bench_allocate(m * t, NTK_F64), m, t, NTK_F64, 0);
    bench_check(ntk_ridge_predict(ridge, &out, &test->x));
    for (int64_t i = 0; i < m; i++)
        count += largest((double *)out.data + i * t, t) != largest((double *)test->y.data + i * t, t);
    free(out.data);
    return count;
}

static void measure(ntk_context *context, watch *w, const images_set *train, const images_set *test)
{
    double limit = limit_seconds(&train->x);
    ntk_kernel *kernel = call_relu_kernel(context, NTK_PART_BOTH, 1);
    ntk_ridge *ridge;
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    options.method = NTK_RIDGE_DUAL;
    options.storage = NTK_STORAGE_PACKED;
    options.precision = NTK_PRECISION_MIXED;
    options.tolerance = TOLERANCE;
    options.borrow = 1;
    *w = (watch){.count = 0};
    double start = bench_clock();
    bench_check(ntk_ridge_create(context, &ridge, kernel, &train->x, &train->y, LAMBDA, &options));
    double end = bench_clock();
    const bench_sizes sizes = {train->x.rows, train->x.cols, 0};
    bench_row("fit K^RF+K^NT, packed", sizes, NTK_F32, plain_seconds(w), limit, "ssyrk + spotrf, scaled");
    bench_row("the same, corrected", sizes, NTK_F64, end - start, limit, "ssyrk + spotrf, scaled");
    print_stages(w);
    bench_check(ntk_ridge_summary(ridge, &report));
    printf(
        "lambda %g; smallest pivot %.2g, condition at least %.2g; %d products with K for corrections, to a backward error of %.1e\n",
        LAMBDA, report.smallest_pivot, report.condition, (int)report.refinements, report.residual);
    printf("memory: the model %.3f GB, peak of the process %.3f GB\n", (double)report.memory / 1e9, bench_peak_gigabytes());
    printf("residual at %d samples: %.2g\n", (int)(train->x.rows < RESIDUALS ? train->x.rows : RESIDUALS),
           residual(kernel, ridge, train));
    int64_t wrong = misread(ridge, test);
    printf("misread: %lld of %lld (%.2f %%)\n", (long long)wrong, (long long)test->x.rows,
           100 * (double)wrong / (double)test->x.rows);
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
}

int main(int argc, char **argv)
{
    int64_t n = images_arguments(argc, argv);
    static watch stages;
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_context *context;
    options.progress = note_stage;
    options.progress_user = &stages;
    bench_check(ntk_context_create(&context, &options));
    images_set train = images_read(argv[1], "train", n, NTK_F64),
               test = images_read(argv[1], "t10k", n < IMAGES_TEST ? n : IMAGES_TEST, NTK_F64);
    bench_header(context);
    measure(context, &stages, &train, &test);
    images_free(&train);
    images_free(&test);
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
