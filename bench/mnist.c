/* Assembly of a matrix that takes most of a machine's memory: K^RF + K^NT of an infinitely wide ReLU network on MNIST's training
 * images, f32, packed; and how long a call takes to stop.
 *
 *     mnist FOLDER [n]      n = 60000 images; FOLDER has MNIST's files, gzipped or not; "-": random numbers instead
 *
 * Prints time, peak memory and how often the progress callback was asked, then for several moments the time from a wish to stop
 * until the call's return.  Limit: ssyrk of 10000 of the images, times (n / 10000)^2, since n^2 elements need not fit. */
#include "calls.h"
#include "data.h"
#include "images.h"
#include "limits.h"
#include "memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double MOMENT = 0.003;
enum { LIMIT_IMAGES = 10000 };

/* --- the call, and when it is to stop --- */

/* The wish to stop comes a moment after so much of the work is done, whenever the callback is asked.
 * stop_at  when it comes; infinite: not yet
 * longest  between two questions */
typedef struct watch {
    double wish, stop_at, last, longest;
    int64_t calls;
} watch;

static int ask(void *user, const char *stage, double fraction)
{
    watch *w = user;
    double time = bench_clock();
    (void)stage;
    if (time - w->last > w->longest) w->longest = time - w->last;
    w->last = time;
    w->calls++;
    if (fraction >= w->wish && w->stop_at > time + MOMENT) w->stop_at = time + MOMENT;
    return time >= w->stop_at;
}

/* Returns the call's seconds; *late receives those after the wish to stop, or a negative number if it had ended. */
static double assemble(call_gram *call, watch *w, double wish, double *late)
{
    double start = bench_clock();
    *w = (watch){.wish = wish, .stop_at = INFINITY, .last = start};
    ntk_status status = ntk_gram_create(call->context, &call->gram, call->kernel, &call->x, &call->options);
    double end = bench_clock();
    if (status != NTK_ERR_CANCELLED) bench_check(status);
    *late = status == NTK_ERR_CANCELLED ? end - w->stop_at : -1;
    if (end - w->last > w->longest) w->longest = end - w->last;
    return end - start;
}

static double syrk_seconds(const ntk_matrix *x)
{
    limit_arrays limit = {.x = *x};
    if (limit.x.rows > LIMIT_IMAGES) limit.x.rows = LIMIT_IMAGES;
    limit.out = bench_allocate(limit.x.rows * limit.x.rows, NTK_F32);
    bench_runner runner = limit_syrk(&limit);
    bench_race(&runner, 1);
    free(limit.out);
    double times = (double)x->rows / (double)limit.x.rows;
    return runner.seconds * times * times;
}

static void measure(call_gram *call, watch *w)
{
    static const double moments[] = {0.0005, 0.005, 0.05, 0.2, 0.4, 0.6, 0.8, 0.99};
    double late, limit = syrk_seconds(&call->x), seconds, worst = 0;
    uint64_t bytes;
    bench_check(ntk_gram_memory(call->context, &bytes, call->kernel, call->x.rows, call->x.cols, &call->options));
    /* the better of two: the first has memory that the system has yet to find */
    seconds = assemble(call, w, INFINITY, &late);
    ntk_gram_destroy(call->gram);
    seconds = fmin(seconds, assemble(call, w, INFINITY, &late));
    ntk_gram_destroy(call->gram);
    bench_row("assembly K^RF+K^NT packed", (bench_sizes){call->x.rows, call->x.cols, 0}, NTK_F32, seconds, limit,
              "syrk, scaled");
    printf("memory: %.3f GB asked for, peak of the process %.3f GB\n", (double)bytes / 1e9, bench_peak_gigabytes());
    printf("progress: asked %lld times, at most %.1f ms apart\n", (long long)w->calls, 1e3 * w->longest);
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        seconds = assemble(call, w, moments[i], &late);
        ntk_gram_destroy(call->gram);
        if (late < 0)
            printf("a wish to stop at %5.2f %%: the call had ended\n", 100 * moments[i]);
        else
            printf("a wish to stop at %5.2f %%: returned %5.1f ms later, after %.3f s\n", 100 * moments[i], 1e3 * late,
                   seconds);
        fflush(stdout);
        if (late > worst) worst = late;
    }
    printf("the latest return: %.1f ms\n", 1e3 * worst);
}

int main(int argc, char **argv)
{
    watch w;
    int64_t n = images_arguments(argc, argv);
    ntk_context_options options = NTK_INIT(ntk_context_options);
    call_gram call = {.options = NTK_INIT(ntk_gram_options)};
    options.progress = ask;
    options.progress_user = &w;
    call.options.storage = NTK_STORAGE_PACKED;
    call.options.dtype = NTK_F32;
    bench_check(ntk_context_create(&call.context, &options));
    ntk_kernel *kernel = call_relu_kernel(call.context, NTK_PART_BOTH, 1);
    call.kernel = kernel;
    images_set images = images_read(argv[1], "train", n, NTK_F32);
    call.x = images.x;
    bench_header(call.context);
    measure(&call, &w);
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(call.context);
    images_free(&images);
    return EXIT_SUCCESS;
}
