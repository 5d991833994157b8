/* Trainings while they run and afterwards: threads, archives, cancelling, divergence and other ends. */
#include "archive.h"
#include "attempt.h"
#include "training_scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_COUNTED_FIXTURE(2)

/* Parameters, history and report, hashed. */
static uint64_t hash_of(ntk_training *training)
{
    ntk_training_report report = NTK_INIT(ntk_training_report);
    double theta[P];
    ntk_matrix out = ntk_matrix_f64(theta, P, 1);
    int64_t rows = ntk_training_records(training);
    CHECK_OK(ntk_training_parameters(training, &out));
    ck_assert_int_ge(ntk_training_run(training, &report, 0), 0);
    uint64_t hash = test_hash(1, theta, sizeof theta);
    hash = test_hash(hash, &report, sizeof report);
    if (!rows) return hash;
    test_array table = test_array_make(rows, NTK_RECORD_COLUMNS, 0, NTK_F64);
    CHECK_OK(ntk_training_history(training, &table.view));
    hash = test_hash(hash, table.bytes, table.size);
    test_array_free(&table);
    return hash;
}

static ntk_training_options settings(int which, const training_scene *s)
{
    static const int32_t methods[] = {NTK_TRAINING_GD,      NTK_TRAINING_SGD,     NTK_TRAINING_MOMENTUM, NTK_TRAINING_NESTEROV,
                                      NTK_TRAINING_ADAGRAD, NTK_TRAINING_RMSPROP, NTK_TRAINING_ADAM};
    ntk_training_options options = NTK_INIT(ntk_training_options);
    options.method = methods[which % 7];
    options.step = 0.01;
    options.linearized = which % 2;
    options.batch = options.method == NTK_TRAINING_GD ? 0 : 7;
    options.replacement = which == 4;
    options.weight_decay = which % 3 ? 0.1 : 0;
    options.decay_to = which % 2;
    options.record_every = 4;
    options.record = options.linearized ? 0 : NTK_PROBE_KERNEL | NTK_PROBE_GAP | NTK_PROBE_FLIPS;
    options.validation_x = &s->x.view;
    options.validation_y = &s->y.view;
    options.patience = 3;
    options.seed = 9;
    options.dtype = which == 5 ? NTK_F32 : NTK_F64;
    if (which == 0) options.schedule = NTK_SCHEDULE_BARZILAI_BORWEIN;
    if (which == 2) options.schedule = NTK_SCHEDULE_SPECTRAL;
    if (which == 7) options.schedule = NTK_SCHEDULE_BACKTRACKING;
    return options;
}
/* The last is plain descent, whose step and next parameters are one pass. */
enum { SETTINGS = 9, STEPS = 17 };

/* --- bits --- */

START_TEST(threads)
{
    static const int32_t counts[] = {1, 2, 7};
    uint64_t hashes[3];
    for (int c = 0; c < 3; c++) {
        ntk_context *own = test_context(counts[c], NULL);
        training_scene s = training_scene_create(own, NTK_TANH);
        ntk_training_options options = settings(_i, &s);
        ntk_training *training = training_scene_train(own, &s, &options);
        ck_assert_int_ge(ntk_training_run(training, NULL, STEPS), 0);
        hashes[c] = hash_of(training);
        ntk_training_destroy(training);
        training_scene_free(&s);
        ntk_context_destroy(own);
    }
    ck_assert(hashes[0] == hashes[1] && hashes[1] == hashes[2]);
}
END_TEST

/* Of so many parameters that several threads share a step. */
enum { WIDE = 40, NEURONS = 4400, MANY = NEURONS * (WIDE + 1) };

static ntk_training *create_wide(ntk_context *owner, int32_t method)
{
    ntk_activation *activation = NULL;
    ntk_network *network = NULL;
    ntk_training *training = NULL;
    ntk_network_options no = NTK_INIT(ntk_network_options);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    test_array x = test_array_make(N, WIDE, 0, NTK_F64), y = test_array_make(N, 1, 0, NTK_F64);
    test_array_fill(&x, 1);
    test_array_fill(&y, 2);
    no.inputs = WIDE, no.hidden = NEURONS;
    options.method = method, options.step = 0.01, options.weight_decay = 0.1;
    CHECK_OK(ntk_activation_create(owner, &activation, NTK_TANH, NULL));
    CHECK_OK(ntk_network_create(owner, &network, activation, &no));
    CHECK_OK(ntk_training_create(owner, &training, network, &x.view, &y.view, &options));
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
    test_array_free(&x);
    test_array_free(&y);
    return training;
}

static uint64_t hash_wide(const ntk_training *training)
{
    static double theta[MANY];
    ntk_matrix out = ntk_matrix_f64(theta, MANY, 1);
    CHECK_OK(ntk_training_parameters(training, &out));
    return test_hash(1, theta, sizeof theta);
}

START_TEST(threads_that_share_a_step)
{
    static const int32_t counts[] = {1, 2, 7}, methods[] = {NTK_TRAINING_NESTEROV, NTK_TRAINING_ADAM, NTK_TRAINING_GD};
    uint64_t hashes[3];
    for (int c = 0; c < 3; c++) {
        ntk_context *own = test_context(counts[c], NULL);
        ntk_training *training = create_wide(own, methods[_i]);
        CHECK_OK(ntk_training_run(training, NULL, 3));
        hashes[c] = hash_wide(training);
        ntk_training_destroy(training);
        ntk_context_destroy(own);
    }
    ck_assert(hashes[0] == hashes[1] && hashes[1] == hashes[2]);
}
END_TEST

/* An executor that now and then gives up after so many tasks: one of them, a lane, does what all would do. */
typedef struct breaking {
    int64_t calls, fail_at, after;
} breaking;

static int execute(void *user, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument)
{
    breaking *own = user;
    bool fails = ++own->calls == own->fail_at;
    for (int64_t i = 0; i < (fails ? own->after : tasks); i++) task(argument, i);
    return fails;
}

/* Wherever it gives up, a step is whole or has not begun. */
START_TEST(executor_gives_up)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_context *own = NULL;
    breaking user = {0};
    ntk_training_report report = NTK_INIT(ntk_training_report);
    options.threads = 3;
    options.parallel = execute;
    options.parallel_user = &user;
    CHECK_OK(ntk_context_create(&own, &options));
    int32_t method = _i ? NTK_TRAINING_GD : NTK_TRAINING_MOMENTUM;
    ntk_training *whole = create_wide(own, method), *broken = create_wide(own, method);
    CHECK_OK(ntk_training_run(whole, NULL, 4));
    for (int64_t k = 1; k < 1000; k++) {
        user = (breaking){0};
        CHECK_OK(ntk_training_run(broken, &report, 0));
        if (report.steps == 4) break;
        user = (breaking){.fail_at = (k + 1) / 2, .after = k % 2};
        ntk_status status = ntk_training_run(broken, NULL, 1);
        ck_assert(status == NTK_OK || status == NTK_ERR_CALLBACK);
    }
    ck_assert_int_eq(report.steps, 4);
    ck_assert(hash_wide(whole) == hash_wide(broken));
    ntk_training_destroy(whole);
    ntk_training_destroy(broken);
    ntk_context_destroy(own);
}
END_TEST

/* Exported after 7 steps, imported, and gone on with: the same bits as without; and in runs of any lengths. */
START_TEST(resumes)
{
    training_scene s = training_scene_create(context, NTK_TANH);
    ntk_training_options options = settings(_i, &s);
    ntk_training *whole = training_scene_train(context, &s, &options), *part = training_scene_train(context, &s, &options),
                 *resumed = NULL;
    test_archive archive = {0}, again = {0};
    ck_assert_int_ge(ntk_training_run(whole, NULL, STEPS), 0);
    ck_assert_int_ge(ntk_training_run(part, NULL, 5), 0);
    ck_assert_int_ge(ntk_training_run(part, NULL, 2), 0);
    ntk_sink sink = test_archive_sink(&archive), second = test_archive_sink(&again);
    CHECK_OK(ntk_training_export(part, &sink));
    ntk_source source = test_archive_source(&archive);
    CHECK_OK(ntk_training_import(context, &resumed, &s.x.view, &s.y.view, &source, 1));
    CHECK_OK(ntk_training_export(resumed, &second));
    test_archive_compare(&archive, &again);
    ck_assert(hash_of(part) == hash_of(resumed));
    ck_assert_int_ge(ntk_training_run(resumed, NULL, STEPS - 7), 0);
    ck_assert(hash_of(whole) == hash_of(resumed));
    s.x.view.rows = s.y.view.rows = N - 1;
    ntk_training *other = NULL;
    CHECK_STATUS(ntk_training_import(context, &other, &s.x.view, &s.y.view, &source, 0), NTK_ERR_SHAPE);
    ck_assert_ptr_null(other);
    test_archive_free(&archive);
    test_archive_free(&again);
    ntk_training_destroy(whole);
    ntk_training_destroy(part);
    ntk_training_destroy(resumed);
    training_scene_free(&s);
}
END_TEST

/* --- cancelling --- */

/* Stopped at every third callback; what is left is then done: the bits are those of a run that nobody stopped. */
START_TEST(cancelled)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    test_stopper stopping = {0};
    ntk_context *own = NULL;
    options.threads = 2;
    options.progress = test_stop;
    options.progress_user = &stopping;
    CHECK_OK(ntk_context_create(&own, &options));
    training_scene s = training_scene_create(own, NTK_TANH);
    ntk_training_options choice = settings(_i, &s);
    ntk_training *whole = training_scene_train(own, &s, &choice), *stopped = training_scene_train(own, &s, &choice);
    ntk_training_report report = NTK_INIT(ntk_training_report);
    ck_assert_int_ge(ntk_training_run(whole, NULL, 6), 0);
    int64_t cuts = 0;
    for (int64_t at = 1; at < 1000; at += 3) {
        stopping = (test_stopper){0};
        ck_assert_int_ge(ntk_training_run(stopped, &report, 0), 0);
        stopping.stop_at = at;
        stopping.calls = 0;
        ntk_status status = ntk_training_run(stopped, NULL, 6 - report.steps);
        if (status >= 0) break;
        ck_assert_int_eq(status, NTK_ERR_CANCELLED);
        cuts++;
    }
    stopping = (test_stopper){0};
    ck_assert_int_ge(cuts, 2);
    ck_assert(hash_of(whole) == hash_of(stopped));
    ntk_training_destroy(whole);
    ntk_training_destroy(stopped);
    training_scene_free(&s);
    ntk_context_destroy(own);
}
END_TEST

/* Stopped in what follows the step that reached the threshold, it does not step on. */
START_TEST(cancelled_at_its_end)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_training_options choice = NTK_INIT(ntk_training_options);
    ntk_training_report whole = NTK_INIT(ntk_training_report), report = NTK_INIT(ntk_training_report);
    test_stopper stopping = {0};
    ntk_context *own = NULL;
    ntk_status status = NTK_ERR_CANCELLED;
    options.threads = 1;
    options.progress = test_stop;
    options.progress_user = &stopping;
    CHECK_OK(ntk_context_create(&own, &options));
    training_scene s = training_scene_create(own, NTK_TANH);
    choice.step = 0.02;
    choice.record_every = 1;
    choice.record = NTK_PROBE_KERNEL;
    choice.validation_x = &s.x.view;
    choice.validation_y = &s.y.view;
    ntk_training *first = training_scene_train(own, &s, &choice);
    CHECK_OK(ntk_training_run(first, &report, 4));
    choice.loss_threshold = report.batch_loss;
    ntk_training_destroy(first);
    ntk_training *done = training_scene_train(own, &s, &choice);
    CHECK_OK(ntk_training_run(done, &whole, 50));
    ck_assert_int_eq(whole.ended, NTK_TRAINING_ENDED_LOSS);
    ntk_training_destroy(done);
    for (int64_t at = 1; status == NTK_ERR_CANCELLED; at++) {
        stopping = (test_stopper){0};
        ntk_training *stopped = training_scene_train(own, &s, &choice);
        stopping = (test_stopper){.stop_at = at};
        status = ntk_training_run(stopped, NULL, 50);
        stopping = (test_stopper){0};
        if (status == NTK_ERR_CANCELLED) {
            CHECK_OK(ntk_training_run(stopped, &report, 50));
            ck_assert_int_eq(report.ended, NTK_TRAINING_ENDED_LOSS);
            ck_assert_int_eq(report.steps, whole.steps);
        }
        ntk_training_destroy(stopped);
    }
    ck_assert_int_eq(status, NTK_OK);
    training_scene_free(&s);
    ntk_context_destroy(own);
}
END_TEST

/* --- ends --- */

START_TEST(diverges)
{
    training_scene s = training_scene_create(context, NTK_SOFTPLUS);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_training_report report = NTK_INIT(ntk_training_report), later = NTK_INIT(ntk_training_report);
    options.step = 1000;
    options.method = _i % 2 ? NTK_TRAINING_MOMENTUM : NTK_TRAINING_GD;
    options.dtype = _i / 2 ? NTK_F32 : NTK_F64;
    ntk_training *training = training_scene_train(context, &s, &options), *until = training_scene_train(context, &s, &options);
    double theta[2][P];
    ntk_matrix out[2] = {ntk_matrix_f64(theta[0], P, 1), ntk_matrix_f64(theta[1], P, 1)};
    CHECK_STATUS(ntk_training_run(training, &report, 1000), NTK_NOTE_DIVERGED);
    CHECK_MESSAGE("diverged in step");
    ck_assert_int_eq(report.ended, NTK_TRAINING_ENDED_DIVERGED);
    ck_assert_int_lt(report.steps, 1000);
    CHECK_OK(ntk_training_run(until, NULL, report.steps));
    CHECK_OK(ntk_training_parameters(training, &out[0]));
    CHECK_OK(ntk_training_parameters(until, &out[1]));
    ck_assert(test_same_bits(&out[0], &out[1]));
    for (int k = 0; k < P; k++) ck_assert(isfinite(theta[0][k]));
    CHECK_STATUS(ntk_training_run(training, &later, 1), NTK_NOTE_DIVERGED);
    ck_assert_int_eq(later.steps, report.steps);
    ntk_training_destroy(training);
    ntk_training_destroy(until);
    training_scene_free(&s);
}
END_TEST

START_TEST(threshold)
{
    training_scene s = training_scene_create(context, NTK_TANH);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_training_report report = NTK_INIT(ntk_training_report);
    options.method = _i ? NTK_TRAINING_SGD : NTK_TRAINING_GD;
    options.batch = _i ? 10 : 0;
    options.step = 0.1;
    options.loss_threshold = 0.5;
    ntk_training *training = training_scene_train(context, &s, &options);
    CHECK_STATUS(ntk_training_run(training, &report, 1), NTK_NOTE_NOT_CONVERGED);
    CHECK_OK(ntk_training_run(training, &report, 10000));
    ck_assert_int_eq(report.ended, NTK_TRAINING_ENDED_LOSS);
    ck_assert_int_lt(report.steps, 10000);
    if (_i)
        ck_assert_int_eq(report.steps % 3, 0);
    else
        ck_assert(report.batch_loss <= 0.5 && report.loss <= report.batch_loss);
    ntk_training_destroy(training);
    training_scene_free(&s);
}
END_TEST

/* The validation set's targets are the opposite: it gets worse at once, and the start is the best. */
START_TEST(patience)
{
    training_scene s = training_scene_create(context, NTK_TANH);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_training_report report = NTK_INIT(ntk_training_report);
    test_array opposite = test_array_make(N, M, 0, NTK_F64);
    for (int64_t i = 0; i < N; i++)
        for (int64_t o = 0; o < M; o++) test_set(&opposite.view, i, o, -10 * test_get(&s.y.view, i, o));
    options.step = 0.02;
    options.validation_x = &s.x.view;
    options.validation_y = &opposite.view;
    options.validate_every = 2;
    options.patience = 3;
    options.part = NTK_PART_RF;
    ntk_training *training = training_scene_train(context, &s, &options);
    double theta[2][P];
    ntk_matrix start = ntk_matrix_f64(theta[0], P, 1), end = ntk_matrix_f64(theta[1], P, 1);
    CHECK_OK(ntk_training_run(training, &report, 1000));
    ck_assert_int_eq(report.ended, NTK_TRAINING_ENDED_PATIENCE);
    ck_assert_int_eq(report.steps, 6);
    ck_assert_int_eq(report.best_step, 0);
    ck_assert(report.validation_loss > report.best_validation);
    CHECK_OK(ntk_network_parameters(s.network, &start));
    CHECK_OK(ntk_training_parameters(training, &end));
    ck_assert(test_same_bits(&start, &end));
    CHECK_OK(ntk_training_run(training, &report, 10));
    ck_assert_int_eq(report.steps, 6);
    ntk_training_destroy(training);
    test_array_free(&opposite);
    training_scene_free(&s);
}
END_TEST

/* No validation gives a number: none is the best, and theta stays where the steps led. */
START_TEST(patience_with_nothing)
{
    training_scene s = training_scene_create(context, NTK_TANH);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_training_report report = NTK_INIT(ntk_training_report);
    test_array huge = test_array_make(N, M, 0, NTK_F64);
    double theta[2][P];
    for (int64_t i = 0; i < N; i++)
        for (int64_t o = 0; o < M; o++) test_set(&huge.view, i, o, 1e200);
    options.step = 0.02;
    ntk_training *plain = training_scene_train(context, &s, &options);
    options.validation_x = &s.x.view;
    options.validation_y = &huge.view;
    options.patience = 3;
    ntk_training *patient = training_scene_train(context, &s, &options);
    CHECK_OK(ntk_training_run(patient, &report, 1000));
    ck_assert_int_eq(report.ended, NTK_TRAINING_ENDED_PATIENCE);
    ck_assert_int_eq(report.best_step, -1);
    ck_assert(isnan(report.validation_loss));
    CHECK_OK(ntk_training_run(plain, NULL, report.steps));
    for (int k = 0; k < 2; k++) {
        ntk_matrix view = ntk_matrix_f64(theta[k], P, 1);
        CHECK_OK(ntk_training_parameters(k ? patient : plain, &view));
    }
    ck_assert_mem_eq(theta[0], theta[1], sizeof theta[0]);
    ntk_training_destroy(plain);
    ntk_training_destroy(patient);
    test_array_free(&huge);
    training_scene_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("training, state");
    TCase *tests = test_case(suite, "training, state");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, threads, 0, SETTINGS);
    tcase_add_loop_test(tests, threads_that_share_a_step, 0, 3);
    tcase_add_loop_test(tests, executor_gives_up, 0, 2);
    tcase_add_loop_test(tests, resumes, 0, SETTINGS);
    tcase_add_loop_test(tests, cancelled, 0, SETTINGS);
    tcase_add_test(tests, cancelled_at_its_end);
    tcase_add_loop_test(tests, diverges, 0, 4);
    tcase_add_loop_test(tests, threshold, 0, 2);
    tcase_add_test(tests, patience);
    tcase_add_test(tests, patience_with_nothing);
    return test_run(suite);
}
