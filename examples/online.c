/* A model that learns while it runs.  An oven's temperature depends on two settings, its heater ages, and one day its door stays
 * open.  Each measurement is first predicted, which tells whether the model still holds, and then appended; old ones are
 * removed, and all but the last few when the predictions fail.  Meanwhile other threads predict with copies.
 * cc online.c common.c splitmix.c $(pkg-config --cflags --libs ntk) -lm -pthread */
#define _POSIX_C_SOURCE 200809L

#include "common.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

/* A measurement a minute.  The window is what the model knows at most; the door opens at OPENED. */
enum { INPUTS = 2, WINDOW = 150, STREAM = 1200, OPENED = 800, PUBLISHED = 10, READERS = 2 };

/* When so many of the last so many measurements lie outside of three deviations, the model keeps only these last. */
enum { RECENT = 5, ALARM = 3 };

static const double NOISE = 2; /* K */

static const char help[] = "Usage: online [CSV]\n"
                           "Learns an oven's temperature from a stream of measurements, notices a change, and forgets.\n"
                           "CSV: a file for the measurements, the predictions made before them, and the 95 % bands.\n";

/* --- the oven --- */

/* Settings, in units of half their range, and the temperature in degrees Celsius. */
static void settings(int minute, double x[INPUTS])
{
    x[0] = cos(6.283185307179586 * minute / 61);
    x[1] = sin(6.283185307179586 * minute / 97);
}

static double measure(int minute, const double x[INPUTS], uint64_t *seed)
{
    double strength = 1 - 0.2 * minute / STREAM, loss = minute < OPENED ? 0 : 15;
    return 180 + 25 * strength * x[0] - 8 * x[0] * x[1] + 5 * x[1] * x[1] - loss + NOISE * common_normal(seed);
}

/* --- editions of the model: readers take the latest, and it lives until the last of them has put it back --- */

typedef struct edition {
    ntk_ridge *ridge;
    int users; /* guarded by shelf.lock */
} edition;

typedef struct shelf {
    pthread_mutex_t lock;
    edition *latest; /* which the shelf itself uses */
    atomic_bool closed;
    atomic_long predictions;
} shelf;

static edition *take(shelf *s)
{
    pthread_mutex_lock(&s->lock);
    edition *e = s->latest;
    e->users++;
    pthread_mutex_unlock(&s->lock);
    return e;
}

static void put_back(shelf *s, edition *e)
{
    pthread_mutex_lock(&s->lock);
    int users = --e->users;
    pthread_mutex_unlock(&s->lock);
    if (users) return;
    ntk_ridge_destroy(e->ridge);
    free(e);
}

/* The copy is made by the thread that changes the model, so never of one half changed. */
static void publish(shelf *s, ntk_context *context, const ntk_ridge *ridge)
{
    edition *e = malloc(sizeof *e), *old;
    if (!e) abort();
    e->users = 1;
    common_check(ntk_ridge_copy(context, &e->ridge, ridge));
    pthread_mutex_lock(&s->lock);
    old = s->latest;
    s->latest = e;
    pthread_mutex_unlock(&s->lock);
    if (old) put_back(s, old);
}

/* A controller that asks all the time what the temperature would be at other settings. */
static void *read_editions(void *argument)
{
    shelf *s = argument;
    const struct timespec pause = {.tv_nsec = 200000};
    for (int minute = 0; !atomic_load(&s->closed); minute++) {
        double x[INPUTS], temperature;
        settings(minute, x);
        ntk_matrix X = ntk_matrix_const_f64(x, 1, INPUTS), T = ntk_matrix_f64(&temperature, 1, 1);
        edition *e = take(s);
        common_check(ntk_ridge_predict(e->ridge, &T, &X));
        put_back(s, e);
        atomic_fetch_add(&s->predictions, 1);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

/* --- the model --- */

/* variance  of the temperature, in units of the kernel, as the first window says; lambda  its noise in these units
 * size      samples that it holds
 * misses    which of the last RECENT measurements were missed, a bit for each */
typedef struct model {
    ntk_context *context;
    ntk_kernel *kernel;
    ntk_ridge *ridge;
    double variance, lambda;
    int size;
    unsigned misses;
} model;

/* What the model said before it saw the measurement. */
typedef struct prediction {
    double mean, deviation;
} prediction;

static void make_kernel(model *m)
{
    ntk_activation *erf;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.bias_scale = 1;
    common_check(ntk_activation_create(m->context, &erf, NTK_ERF, NULL));
    common_check(ntk_kernel_create_infinite(m->context, &m->kernel, erf, &options));
    ntk_activation_destroy(erf);
}

/* Fits the first window, with the lambda of the least leave-one-out error, whatever the unit of the temperature. */
static void fit(model *m, uint64_t *seed)
{
    double x[WINDOW][INPUTS], y[WINDOW];
    for (int i = 0; i < WINDOW; i++) {
        settings(i, x[i]);
        y[i] = measure(i, x[i], seed);
    }
    ntk_matrix X = ntk_matrix_const_f64(x[0], WINDOW, INPUTS), Y = ntk_matrix_const_f64(y, WINDOW, 1);
    ntk_matrix Lambda = ntk_matrix_f64(&m->lambda, 1, 1);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    ntk_ridge *path;
    options.intercept = 1;
    options.method = NTK_RIDGE_SPECTRAL;
    common_check(ntk_ridge_create(m->context, &path, m->kernel, &X, &Y, 1, &options));
    common_check(ntk_ridge_select(path, &Lambda, NTK_CRITERION_LOO));
    ntk_ridge_destroy(path);
    options.method = NTK_RIDGE_DUAL; /* its factor can be updated */
    common_check(ntk_ridge_create(m->context, &m->ridge, m->kernel, &X, &Y, m->lambda, &options));
    common_check(ntk_ridge_summary(m->ridge, &report));
    m->variance = report.kernel_scale;
    m->size = WINDOW;
}

static prediction predict(const model *m, const ntk_ridge *ridge, const double x[INPUTS])
{
    prediction p;
    double variance;
    ntk_matrix X = ntk_matrix_const_f64(x, 1, INPUTS), Mean = ntk_matrix_f64(&p.mean, 1, 1),
               V = ntk_matrix_f64(&variance, 1, 1);
    common_check(ntk_ridge_predict(ridge, &Mean, &X));
    common_check(ntk_ridge_variance(ridge, &V, &X));
    p.deviation = sqrt(m->variance * (variance + m->lambda));
    return p;
}

/* Takes the measurement in, in place of the oldest where the window is full; returns whether there was an alarm, after which only the
 * last few are kept. */
static bool learn(model *m, const double x[INPUTS], double y, bool missed)
{
    ntk_matrix X = ntk_matrix_const_f64(x, 1, INPUTS), Y = ntk_matrix_const_f64(&y, 1, 1);
    if (m->size == WINDOW)
        common_check(ntk_ridge_slide(m->ridge, &X, &Y));
    else
        common_check(ntk_ridge_append(m->ridge, &X, &Y));
    if (m->size < WINDOW) m->size++;
    m->misses = (m->misses << 1 | (missed ? 1u : 0u)) & ((1u << RECENT) - 1);
    int count = 0;
    for (int k = 0; k < RECENT; k++) count += m->misses >> k & 1 ? 1 : 0;
    if (count < ALARM) return false;
    m->misses = 0;
    if (m->size > RECENT) common_check(ntk_ridge_remove(m->ridge, 0, m->size - RECENT));
    if (m->size > RECENT) m->size = RECENT;
    return true;
}

/* --- the run --- */

static void run(model *m, shelf *s, FILE *table, uint64_t *seed)
{
    ntk_ridge *first;
    double error = 0, first_error = 0;
    int inside = 0, count = STREAM - WINDOW;
    common_check(ntk_ridge_copy(m->context, &first, m->ridge));
    for (int minute = WINDOW; minute < STREAM; minute++) {
        double x[INPUTS];
        settings(minute, x);
        double y = measure(minute, x, seed);
        prediction p = predict(m, m->ridge, x), q = predict(m, first, x);
        error += (y - p.mean) * (y - p.mean) / count;
        first_error += (y - q.mean) * (y - q.mean) / count;
        inside += fabs(y - p.mean) < 1.96 * p.deviation;
        if (table) fprintf(table, "%d,%.6g,%.6g,%.6g,%d\n", minute, y, p.mean, 1.96 * p.deviation, m->size);
        if (learn(m, x, y, fabs(y - p.mean) > 3 * p.deviation))
            printf("minute %d: %d of %d measurements missed, the older ones are forgotten\n", minute, ALARM, RECENT);
        if (minute % PUBLISHED == 0) publish(s, m->context, m->ridge);
    }
    printf("%d measurements: error %.2f K of the model that learns, %.2f K of the first one\n", count, sqrt(error),
           sqrt(first_error));
    printf("%.1f %% of them lay in the band of 95 %%\n", 100.0 * inside / count);
    ntk_ridge_destroy(first);
}

int main(int argc, char **argv)
{
    model m = {.misses = 0};
    shelf s = {.lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t readers[READERS];
    uint64_t seed = 1;
    common_arguments(argc, argv, 0, 1, help);
    FILE *table = argc > 1 ? common_open(argv[1], "minute,temperature,mean,band,samples") : NULL;
    common_check(ntk_context_create(&m.context, NULL));
    make_kernel(&m);
    fit(&m, &seed);
    publish(&s, m.context, m.ridge);
    for (int r = 0; r < READERS; r++)
        if (pthread_create(&readers[r], NULL, read_editions, &s)) abort();
    run(&m, &s, table, &seed);
    atomic_store(&s.closed, true);
    for (int r = 0; r < READERS; r++) pthread_join(readers[r], NULL);
    printf("meanwhile %d threads made %ld predictions\n", READERS, atomic_load(&s.predictions));
    if (table) common_close(table);

    put_back(&s, s.latest);
    ntk_ridge_destroy(m.ridge);
    ntk_kernel_destroy(m.kernel);
    ntk_context_destroy(m.context);
    return EXIT_SUCCESS;
}
