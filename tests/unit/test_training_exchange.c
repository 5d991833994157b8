/* Trainings as arrays that were changed, and in contexts that refuse memory. */
#include "archive.h"
#include "attempt.h"

#include <math.h>
#include <string.h>

enum { N = 9, D = 2, M = 2, HIDDEN = 3 };

static ntk_context *context;
static ntk_network *network;
static test_array x, y;

static void setup(void)
{
    ntk_activation *activation = NULL;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    context = test_context(1, &test_counted);
    options.inputs = D, options.hidden = HIDDEN, options.outputs = M;
    CHECK_OK(ntk_activation_create(context, &activation, NTK_TANH, NULL));
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    ntk_activation_destroy(activation);
    x = test_array_make(N, D, 0, NTK_F64);
    y = test_array_make(N, M, 0, NTK_F64);
    test_array_fill(&x, 1);
    test_array_fill(&y, 2);
}

static void teardown(void)
{
    ntk_network_destroy(network);
    ntk_context_destroy(context);
    test_array_free(&x);
    test_array_free(&y);
    ck_assert_int_eq(test_counted.live, 0);
}

static ntk_training_options settings(int which)
{
    ntk_training_options options = NTK_INIT(ntk_training_options);
    options.method = which == 1 ? NTK_TRAINING_NESTEROV : which == 2 ? NTK_TRAINING_ADAM : NTK_TRAINING_GD;
    options.schedule = which ? NTK_SCHEDULE_CONSTANT : NTK_SCHEDULE_SPECTRAL;
    options.step = 0.1;
    options.batch = which ? 4 : 0;
    options.record_every = which == 2 ? 0 : 2;
    options.record = which == 1 ? NTK_PROBE_KERNEL | NTK_PROBE_GAP | NTK_PROBE_FLIPS : 0;
    options.probe = which == 1 ? &x.view : NULL;
    options.validation_x = which == 2 ? &x.view : NULL;
    options.validation_y = which == 2 ? &y.view : NULL;
    options.patience = which == 2 ? 3 : 0;
    options.linearized = which == 2;
    options.dtype = which == 2 ? NTK_F32 : NTK_F64;
    return options;
}
enum { SETTINGS = 3 };

static ntk_status create(ntk_training **training, int which)
{
    ntk_training_options options = settings(which);
    return ntk_training_create(context, training, network, &x.view, &y.view, &options);
}

/* --- archives --- */

static ntk_status import(void **handle, const ntk_source *source)
{
    ntk_training *training = NULL;
    ntk_status status = ntk_training_import(context, &training, &x.view, &y.view, source, 1);
    *handle = training;
    /* the samples that are given are then of another number: what is wrong is not known */
    return status == NTK_ERR_SHAPE ? NTK_ERR_FORMAT : status;
}

/* It does what it can. */
static void go_on(void *training)
{
    (void)!ntk_training_run(training, NULL, 3);
}

/* Numbers that a state may lack. */
static bool is_optional(const char *name)
{
    static const char *const words[] = {"step",       "momentum",     "square_rate",    "epsilon",    "weight_decay",
                                        "optimum",    "final_step",   "loss_threshold", "batch_loss", "gradient_norm",
                                        "eta",        "squared_norm", "epoch_loss",     "validation", "best",
                                        "lambda_max", "spectral_step"};
    const char *slash = strrchr(name, '/');
    if (strncmp(name, "state", 5) != 0 && strncmp(name, "options", 7) != 0) return strcmp(name, "network/outputs") == 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(slash + 1, words[i]) == 0) return true;
    return false;
}

static const test_importer importer = {.import = import, .use = go_on, .kind = TEST_TRAINING, .optional = is_optional};

static test_archive archive_of(int which)
{
    test_archive archive = {0};
    ntk_training *training = NULL;
    ntk_sink sink = test_archive_sink(&archive);
    CHECK_OK(create(&training, which));
    CHECK_OK(ntk_training_run(training, NULL, 4));
    CHECK_OK(ntk_training_export(training, &sink));
    ntk_training_destroy(training);
    return archive;
}

START_TEST(altered_archives)
{
    test_archive archive = archive_of(_i);
    test_archive_alter_arrays(&archive, &importer, &test_counted);
    test_archive_alter_numbers(&archive, &importer, &test_counted);
    test_archive_free(&archive);
}
END_TEST

/* --- memory --- */

/* Whatever is refused, nothing is lost: once there is memory, the run goes on to the same parameters. */
START_TEST(refused_while_it_runs)
{
    ntk_training *whole = NULL, *training = NULL;
    ntk_training_report report = NTK_INIT(ntk_training_report);
    CHECK_OK(create(&whole, _i));
    CHECK_OK(create(&training, _i));
    CHECK_OK(ntk_training_run(whole, NULL, 6));
    int64_t refusals = 0;
    for (int64_t k = 1; k < 1000; k++) {
        CHECK_OK(ntk_training_run(training, &report, 0));
        test_memory_reset(&test_counted, k);
        ntk_status status = ntk_training_run(training, NULL, 6 - report.steps);
        test_memory_reset(&test_counted, 0);
        if (status == NTK_OK) break;
        ck_assert_int_eq(status, NTK_ERR_MEMORY);
        refusals++;
    }
    ck_assert_int_ge(refusals, 3);
    ck_assert(test_handle_hash(TEST_TRAINING, whole, &test_small) == test_handle_hash(TEST_TRAINING, training, &test_small));
    ntk_training_destroy(whole);
    ntk_training_destroy(training);
}
END_TEST

/* No step allocates; what the query says is enough for all but a history, and is not far from what it takes. */
START_TEST(what_it_takes)
{
    enum { ROWS = 1200, WIDE = 64, NEURONS = 700 };
    ntk_context_options limits = NTK_INIT(ntk_context_options);
    ntk_context *own = NULL, *tight = NULL;
    ntk_activation *activation = NULL;
    ntk_network *wide = NULL;
    ntk_training *training = NULL;
    ntk_network_options no = NTK_INIT(ntk_network_options);
    ntk_training_options options = settings(_i);
    uint64_t answer = 0;
    test_array many = test_array_make(ROWS, WIDE, 0, NTK_F64), targets = test_array_make(ROWS, 1, 0, NTK_F64);
    test_array_fill(&many, 3);
    test_array_fill(&targets, 4);
    options.record_every = 0, options.record = 0, options.probe = NULL, options.step = 1e-3;
    options.validation_x = options.validation_y = NULL, options.patience = 0, options.batch = _i ? 100 : 0;
    no.inputs = WIDE, no.hidden = NEURONS;
    CHECK_OK(ntk_activation_create(context, &activation, NTK_RELU, NULL));
    CHECK_OK(ntk_network_create(context, &wide, activation, &no));
    own = test_context(1, &test_counted);
    CHECK_OK(ntk_training_memory(own, &answer, wide, ROWS, &options));
    int64_t before = test_counted.bytes;
    test_memory_reset(&test_counted, 0);
    CHECK_OK(ntk_training_create(own, &training, wide, &many.view, &targets.view, &options));
    CHECK_OK(ntk_training_run(training, NULL, 2));
    int64_t peak = test_counted.peak - before, calls;
    ck_assert_msg((uint64_t)peak <= answer && (double)answer <= 1.25 * (double)peak,
                  "the query says %" PRIu64 ", it took %" PRId64, answer, peak);
    test_memory_reset(&test_counted, 0);
    CHECK_OK(ntk_training_run(training, NULL, 1));
    calls = test_counted.calls;
    test_memory_reset(&test_counted, 0);
    CHECK_OK(ntk_training_run(training, NULL, 30));
    ck_assert_int_eq(test_counted.calls, calls);
    ntk_training_destroy(training);
    limits.threads = 1;
    limits.memory_budget = answer / 2;
    CHECK_OK(ntk_context_create(&tight, &limits));
    CHECK_STATUS(ntk_training_create(tight, &training, wide, &many.view, &targets.view, &options), NTK_ERR_MEMORY);
    CHECK_MESSAGE("budget");
    ntk_context_destroy(tight);
    ntk_context_destroy(own);
    ntk_network_destroy(wide);
    ntk_activation_destroy(activation);
    test_array_free(&many);
    test_array_free(&targets);
}
END_TEST

/* --- streams --- */

typedef struct feed {
    const ntk_matrix *x, *y;
} feed;

static int64_t give(void *user, int64_t first, const ntk_matrix *into_x, const ntk_matrix *into_y)
{
    const feed *from = user;
    int64_t rows = 0;
    for (; rows < into_x->rows && first + rows < from->x->rows; rows++) {
        for (int64_t j = 0; j < into_x->cols; j++) test_set(into_x, rows, j, test_get(from->x, first + rows, j));
        for (int64_t o = 0; o < into_y->cols; o++) test_set(into_y, rows, o, test_get(from->y, first + rows, o));
    }
    return rows;
}

static ntk_sample_stream stream_of(feed *from, int32_t dtype)
{
    ntk_sample_stream stream = NTK_INIT(ntk_sample_stream);
    stream.inputs = from->x->cols, stream.targets = from->y->cols, stream.dtype = dtype;
    stream.read = give;
    stream.user = from;
    return stream;
}

/* The query says enough of streams of either type, and not much more than those of the other type take. */
START_TEST(what_a_stream_takes)
{
    enum { ROWS = 2000 };
    static const int32_t types[] = {NTK_F64, NTK_F32};
    test_array many = test_array_make(ROWS, D, 0, NTK_F64), targets = test_array_make(ROWS, M, 0, NTK_F64);
    test_array_fill(&many, 5);
    test_array_fill(&targets, 6);
    feed from = {&many.view, &targets.view};
    for (int k = 0; k < 6; k++) {
        ntk_sample_stream stream = stream_of(&from, types[k % 2]);
        ntk_training_options options = NTK_INIT(ntk_training_options);
        ntk_training *training = NULL;
        uint64_t answer = 0;
        options.step = 1e-3, options.batch = ROWS / 2, options.dtype = k < 2 ? 0 : types[k / 2 - 1];
        CHECK_OK(ntk_training_memory(context, &answer, network, 0, &options));
        int64_t before = test_counted.bytes;
        test_memory_reset(&test_counted, 0);
        CHECK_OK(ntk_training_create_stream(context, &training, network, &stream, &options));
        CHECK_OK(ntk_training_run(training, NULL, 2));
        int64_t peak = test_counted.peak - before;
        bool exact = options.dtype ? options.dtype != stream.dtype : stream.dtype == NTK_F64;
        ck_assert_msg((uint64_t)peak <= answer && (!exact || (double)answer <= 1.25 * (double)peak),
                      "%d: the query says %" PRIu64 ", it took %" PRId64, k, answer, peak);
        ntk_training_destroy(training);
    }
    test_array_free(&many);
    test_array_free(&targets);
}
END_TEST

/* What is too large is named: a batch of a stream, which has no number of samples to be compared with. */
START_TEST(batch_too_large)
{
    feed from = {&x.view, &y.view};
    ntk_sample_stream stream = stream_of(&from, NTK_F64);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_training *training = NULL, *none = NULL;
    test_archive archive = {0};
    ntk_sink sink = test_archive_sink(&archive);
    int64_t batch = INT64_MAX / 8;
    options.step = 0.1;
    CHECK_OK(ntk_training_create_stream(context, &training, network, &stream, &options));
    CHECK_OK(ntk_training_export(training, &sink));
    for (int64_t i = 0; i < archive.count; i++)
        if (strcmp(archive.entries[i].name, "options/batch") == 0)
            memcpy((void *)(uintptr_t)archive.entries[i].array.data, &batch, sizeof batch);
    ntk_source source = test_archive_source(&archive);
    CHECK_STATUS(ntk_training_import_stream(context, &none, &stream, &source), NTK_ERR_FORMAT);
    CHECK_MESSAGE("options/batch");
    ntk_training_destroy(training);
    test_archive_free(&archive);
}
END_TEST

/* --- infinities --- */

/* ReLU's outputs grow with the square of the parameters, the loss with the square of those. */
START_TEST(infinite_loss)
{
    ntk_activation *relu = NULL;
    ntk_network *own = NULL;
    ntk_network_options no = NTK_INIT(ntk_network_options);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_training *training = NULL, *read = NULL;
    test_archive archive = {0}, again = {0};
    ntk_sink sink = test_archive_sink(&archive), second = test_archive_sink(&again);
    double rows[2][2][NTK_RECORD_COLUMNS];
    no.inputs = D, no.hidden = HIDDEN, no.outputs = M;
    options.step = 1e148, options.record_every = 1, options.record = NTK_PROBE_FLIPS;
    CHECK_OK(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    CHECK_OK(ntk_network_create(context, &own, relu, &no));
    CHECK_OK(ntk_training_create(context, &training, own, &x.view, &y.view, &options));
    CHECK_OK(ntk_training_run(training, NULL, 1));
    CHECK_OK(ntk_training_export(training, &sink));
    ntk_source source = test_archive_source(&archive);
    CHECK_OK(ntk_training_import(context, &read, &x.view, &y.view, &source, 0));
    CHECK_OK(ntk_training_export(read, &second));
    test_archive_compare(&archive, &again);
    for (int k = 0; k < 2; k++) {
        ntk_matrix table = ntk_matrix_f64(rows[k][0], 2, NTK_RECORD_COLUMNS);
        CHECK_OK(ntk_training_history(k ? read : training, &table));
    }
    ck_assert_double_infinite(rows[0][1][NTK_RECORD_LOSS]);
    for (int r = 0; r < 2; r++)
        for (int c = 0; c < NTK_RECORD_COLUMNS; c++)
            ck_assert(rows[0][r][c] == rows[1][r][c] || (isnan(rows[0][r][c]) && isnan(rows[1][r][c])));
    ntk_training_destroy(training);
    ntk_training_destroy(read);
    ntk_network_destroy(own);
    ntk_activation_destroy(relu);
    test_archive_free(&archive);
    test_archive_free(&again);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("training, exchange");
    TCase *tests = test_case(suite, "training, exchange");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, altered_archives, 0, SETTINGS);
    tcase_add_loop_test(tests, refused_while_it_runs, 0, SETTINGS);
    tcase_add_loop_test(tests, what_it_takes, 0, SETTINGS);
    tcase_add_test(tests, what_a_stream_takes);
    tcase_add_test(tests, batch_too_large);
    tcase_add_test(tests, infinite_loss);
    return test_run(suite);
}
