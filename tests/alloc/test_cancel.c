/* The progress callback asks to stop at its k-th call, for k where a stage begins and all over the call: it stops, leaves nothing
 * behind, and works after all of them. */
#include "attempt.h"
#include "executor.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* Just over one tile of a kernel matrix, one panel of a factorization, and the features that a tile takes. */
static const test_sizes long_work = {.n = 547, .m = 523, .d = 12, .N = 48, .t = 2};

/* Calls whose work grows with the samples: they must ask. */
/* clang-format off */
static const char *const long_calls[] = {
    "ntk_concentration_sweep",
    "ntk_flow_create",
    "ntk_flow_create_gram",
    "ntk_flow_losses",
    "ntk_flow_moments",
    "ntk_flow_predict",
    "ntk_flow_test_losses",
    "ntk_flow_trajectory",
    "ntk_flow_weights",
    "ntk_features_map",
    "ntk_features_multiply",
    "ntk_features_multiply_transposed",
    "ntk_gram_copy",
    "ntk_gram_create",
    "ntk_gram_deviation",
    "ntk_gram_multiply",
    "ntk_gram_stream",
    "ntk_kernel_block",
    "ntk_kernel_block_error",
    "ntk_kernel_diagonal",
    "ntk_kernel_gradient",
    "ntk_kernel_multiply",
    "ntk_kernel_scale_gradient",
    "ntk_lazy_sweep",
    "ntk_model_certify",
    "ntk_model_compare",
    "ntk_model_spectrum",
    "ntk_model_trajectory",
    "ntk_network_forward",
    "ntk_network_gauss_newton",
    "ntk_network_hessian",
    "ntk_network_jacobian",
    "ntk_network_jvp",
    "ntk_network_vjp",
    "ntk_neuron_loss",
    "ntk_neuron_train",
    "ntk_ridge_create",
    "ntk_ridge_create_gram",
    "ntk_ridge_create_nystroem",
    "ntk_ridge_create_nystroem_stream",
    "ntk_ridge_create_primal",
    "ntk_ridge_create_stream",
    "ntk_ridge_append",
    "ntk_ridge_classes",
    "ntk_ridge_copy",
    "ntk_ridge_covariance",
    "ntk_ridge_gradient",
    "ntk_ridge_intervals",
    "ntk_ridge_leave_one_out",
    "ntk_ridge_leave_one_out_classes",
    "ntk_ridge_optimise",
    "ntk_ridge_path",
    "ntk_ridge_path_derivatives",
    "ntk_ridge_predict",
    "ntk_ridge_remove",
    "ntk_ridge_sample",
    "ntk_ridge_select",
    "ntk_ridge_select_between",
    "ntk_ridge_set_lambda",
    "ntk_ridge_set_targets",
    "ntk_ridge_slide",
    "ntk_ridge_variance",
    "ntk_ridge_variance_gradient",
    "ntk_spectrum_create",
    "ntk_theory_kernel_levels",
    "ntk_theory_learning_curve",
    "ntk_theory_measure_curve",
    "ntk_theory_measure_data",
    "ntk_training_create",
    "ntk_training_predict",
    "ntk_training_run",
};
/* clang-format on */

static bool is_long(const char *function)
{
    for (size_t i = 0; i < sizeof long_calls / sizeof long_calls[0]; i++)
        if (strcmp(long_calls[i], function) == 0) return true;
    return false;
}

enum { MOST_STAGES = 12 };

/* What the callback saw since the last reset, and when it asks to stop.
 * begins  the calls at which a stage other than the last began, stages of them */
typedef struct watcher {
    pthread_t caller;
    int64_t calls, stop_at, stopped_calls;
    double last;
    char stage[80];
    int64_t begins[MOST_STAGES];
    int stages;
    char fault[200];
} watcher;

static int watch(void *user, const char *stage, double fraction)
{
    watcher *w = user;
    w->calls++;
    if (!pthread_equal(w->caller, pthread_self()))
        snprintf(w->fault, sizeof w->fault, "the callback ran on another thread");
    else if (!(fraction >= w->last && fraction <= 1) && !w->fault[0])
        snprintf(w->fault, sizeof w->fault, "stage \"%s\" says %g after %g", stage, fraction, w->last);
    else if (!stage || !stage[0])
        snprintf(w->fault, sizeof w->fault, "a stage has no name");
    w->last = fraction;
    if (stage && w->stages < MOST_STAGES && strncmp(w->stage, stage, sizeof w->stage - 1) != 0) {
        snprintf(w->stage, sizeof w->stage, "%s", stage);
        w->begins[w->stages++] = w->calls;
    }
    if (w->stop_at && w->calls > w->stop_at) w->stopped_calls++;
    return w->stop_at && w->calls >= w->stop_at;
}

static void watch_from(watcher *w, int64_t stop_at)
{
    *w = (watcher){.caller = pthread_self(), .stop_at = stop_at};
}

static void check_cancelled(test_attempt *attempt, const watcher *w, int64_t live)
{
    char what[60];
    snprintf(what, sizeof what, "stopped at callback %" PRId64, w->stop_at);
    CHECK_MESSAGE("asked to stop");
    test_attempt_check_contained(attempt, what);
    if (test_counted.live != live)
        ck_abort_msg("%s, %s: %d blocks leaked", attempt->row->function, what, (int)(test_counted.live - live));
    if (w->stopped_calls) ck_abort_msg("%s, %s: it was asked again", attempt->row->function, what);
}

/* One call that is stopped at callback k, or ends before. */
static void cancel_at(test_attempt *attempt, watcher *w, int64_t k, uint64_t right)
{
    const test_row *row = attempt->row;
    test_attempt_reset(attempt);
    int64_t live = test_counted.live;
    watch_from(w, k);
    ntk_status status = test_attempt_run(attempt);
    watcher seen = *w;
    watch_from(w, 0);
    if (seen.fault[0]) ck_abort_msg("%s (%s): %s", row->function, row->variant, seen.fault);
    if (status == NTK_ERR_CANCELLED && seen.calls >= k) {
        check_cancelled(attempt, &seen, live);
    } else if (status == NTK_OK && seen.calls < k) {
        /* with several threads, how often it is asked differs from run to run */
        if (test_attempt_hash(attempt) != right) ck_abort_msg("%s (%s): other bits", row->function, row->variant);
    } else {
        ck_abort_msg("%s (%s), stopped at callback %d: %s", row->function, row->variant, (int)k, ntk_status_name(status));
    }
}

/* Stops where stages begin and at most so many callbacks more, spread over all. */
static void cancel_each(test_attempt *attempt, watcher *w, int64_t most)
{
    const test_row *row = attempt->row;
    watch_from(w, 0);
    ck_assert_int_eq(test_attempt_run(attempt), NTK_OK);
    watcher seen = *w;
    watch_from(w, 0);
    uint64_t right = test_attempt_hash(attempt);
    if (seen.fault[0]) ck_abort_msg("%s (%s): %s", row->function, row->variant, seen.fault);
    if (is_long(row->function) && !seen.calls) ck_abort_msg("%s (%s) never asked the callback", row->function, row->variant);
    if (!seen.calls) return;
    for (int s = 0; s < seen.stages; s++) cancel_at(attempt, w, seen.begins[s], right);
    if (test_attempt_succeed(attempt) != right) ck_abort_msg("%s (%s): other bits after stops", row->function, row->variant);
    for (int64_t k = 2, step = (seen.calls / most) | 1; k <= seen.calls; k += step) cancel_at(attempt, w, k, right);
    if (test_attempt_succeed(attempt) != right) ck_abort_msg("%s (%s): other bits after stops", row->function, row->variant);
}

typedef int (*parallel_function)(void *, int64_t, void (*)(void *, int64_t), void *);

/* Rows that share a world, which takes longer to make than most calls. */
enum { GROUP = 50 };

static void run(int group, int32_t threads, parallel_function parallel, int64_t most)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    test_world world;
    watcher w;
    watch_from(&w, 0);
    test_memory_inject(&options, &test_counted);
    options.threads = threads;
    options.parallel = parallel;
    options.progress = watch;
    options.progress_user = &w;
    test_world_make(&world, &long_work, &options);
    for (int row = group * GROUP; row < (group + 1) * GROUP && row < test_row_count(); row++) {
        test_attempt attempt;
        test_attempt_make(&attempt, test_row_at(row), &world, NTK_F64);
        cancel_each(&attempt, &w, most);
        test_attempt_free(&attempt);
    }
    test_world_free(&world);
    ck_assert_int_eq(test_counted.live, 0);
}

START_TEST(one_thread)
{
    run(_i, 1, NULL, 10);
}
END_TEST

START_TEST(three_threads)
{
    run(_i, 3, NULL, 4);
}
END_TEST

START_TEST(executor)
{
    run(_i, 3, test_executor_threads, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cancellation");
    TCase *tests = test_case(suite, "every call");
    int groups = (test_row_count() + GROUP - 1) / GROUP;
    tcase_add_loop_test(tests, one_thread, 0, groups);
    tcase_add_loop_test(tests, three_threads, 0, groups);
    tcase_add_loop_test(tests, executor, 0, groups);
    return test_run(suite);
}
