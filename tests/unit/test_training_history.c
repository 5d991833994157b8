/* What trainings are given and tell: streams, histories, and options that do not go together. */
#include "archive.h"
#include "attempt.h"
#include "training_scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_COUNTED_FIXTURE(2)

/* --- streams --- */

typedef struct feed {
    const training_scene *scene;
    int64_t at_most, fail_at;
} feed;

static int64_t give(void *user, int64_t first, const ntk_matrix *x, const ntk_matrix *y)
{
    const feed *from = user;
    int64_t rows = 0;
    if (from->fail_at && first >= from->fail_at) return -1;
    for (; rows < x->rows && rows < from->at_most && first + rows < N; rows++) {
        for (int64_t j = 0; j < D; j++) test_set(x, rows, j, test_get(&from->scene->x.view, first + rows, j));
        for (int64_t o = 0; o < M; o++) test_set(y, rows, o, test_get(&from->scene->y.view, first + rows, o));
    }
    return rows;
}

static ntk_sample_stream stream_of(const feed *from, int32_t dtype)
{
    ntk_sample_stream stream = NTK_INIT(ntk_sample_stream);
    stream.inputs = D, stream.targets = M, stream.dtype = dtype;
    stream.read = give;
    stream.user = (void *)(uintptr_t)from;
    return stream;
}

/* A stream of these samples is ONLINE on them, however few are read at a time, and goes on where it was. */
START_TEST(streams)
{
    training_scene s = training_scene_create(context, NTK_TANH);
    feed from = {.scene = &s, .at_most = 3};
    ntk_sample_stream stream = stream_of(&from, _i ? NTK_F32 : NTK_F64);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_training_report report = NTK_INIT(ntk_training_report);
    ntk_training *whole = NULL, *streamed = NULL, *resumed = NULL, *none = NULL;
    test_archive archive = {0};
    ntk_sink sink = test_archive_sink(&archive);
    options.method = NTK_TRAINING_ONLINE;
    options.step = 0.05;
    options.batch = 4;
    options.dtype = _i ? NTK_F32 : NTK_F64;
    whole = training_scene_train(context, &s, &options);
    options.method = NTK_TRAINING_GD;
    CHECK_OK(ntk_training_create_stream(context, &streamed, s.network, &stream, &options));
    CHECK_OK(ntk_training_run(whole, &report, 100));
    ck_assert_int_eq(report.ended, NTK_TRAINING_ENDED_SAMPLES);
    ck_assert_int_eq(report.steps, 8);
    ck_assert_int_eq(report.samples, N);
    CHECK_OK(ntk_training_run(streamed, NULL, 5));
    CHECK_OK(ntk_training_export(streamed, &sink));
    ntk_source source = test_archive_source(&archive);
    CHECK_OK(ntk_training_import_stream(context, &resumed, &stream, &source));
    CHECK_STATUS(ntk_training_import(context, &none, &s.x.view, &s.y.view, &source, 0), NTK_ERR_STATE);
    from.fail_at = 22;
    CHECK_STATUS(ntk_training_run(resumed, NULL, 100), NTK_ERR_CALLBACK);
    from.fail_at = 0;
    CHECK_OK(ntk_training_run(resumed, &report, 100));
    ck_assert_int_eq(report.samples, N);
    double theta[2][P];
    ntk_matrix out[2] = {ntk_matrix_f64(theta[0], P, 1), ntk_matrix_f64(theta[1], P, 1)};
    CHECK_OK(ntk_training_parameters(whole, &out[0]));
    CHECK_OK(ntk_training_parameters(resumed, &out[1]));
    ck_assert(test_same_bits(&out[0], &out[1]));
    test_archive_free(&archive);
    ntk_training_destroy(whole);
    ntk_training_destroy(streamed);
    ntk_training_destroy(resumed);
    training_scene_free(&s);
}
END_TEST

static int64_t give_nothing(void *user, int64_t first, const ntk_matrix *x, const ntk_matrix *y)
{
    (void)user, (void)first, (void)x, (void)y;
    return 0;
}

START_TEST(without_samples)
{
    training_scene s = training_scene_create(context, NTK_TANH);
    ntk_sample_stream stream = NTK_INIT(ntk_sample_stream);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_training_report report = NTK_INIT(ntk_training_report);
    ntk_training *training = NULL;
    stream.inputs = D, stream.targets = M, stream.read = give_nothing;
    options.step = 1;
    CHECK_OK(ntk_training_create_stream(context, &training, s.network, &stream, &options));
    CHECK_OK(ntk_training_run(training, &report, 3));
    ck_assert_int_eq(report.ended, NTK_TRAINING_ENDED_SAMPLES);
    ck_assert_int_eq(report.steps, 0);
    ck_assert(isnan(report.loss));
    ntk_training_destroy(training);
    stream.inputs = D + 1;
    CHECK_STATUS(ntk_training_create_stream(context, &training, s.network, &stream, &options), NTK_ERR_OPTION);
    CHECK_MESSAGE("stream->inputs");
    training_scene_free(&s);
}
END_TEST

/* --- what a training tells --- */

/* ReLU's outputs are those of the parameters' network; the history's movement and gap are computed anew from both. */
START_TEST(history)
{
    training_scene s = training_scene_create(context, NTK_RELU);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_training_report report = NTK_INIT(ntk_training_report);
    ntk_network *after = NULL;
    options.step = 0.3;
    options.record_every = 10;
    options.record = NTK_PROBE_KERNEL | NTK_PROBE_GAP | NTK_PROBE_FLIPS;
    ntk_training *training = training_scene_train(context, &s, &options);
    CHECK_OK(ntk_training_run(training, &report, 25));
    ck_assert_int_eq(ntk_training_records(training), 3);
    CHECK_OK(ntk_training_run(training, &report, 5));
    double table[4][NTK_RECORD_COLUMNS], start[P], end[P], f[3][N * M], gap = 0, moved = 0, hidden[2] = {0, 0};
    ntk_matrix Table = ntk_matrix_f64(table[0], 4, NTK_RECORD_COLUMNS), Start = ntk_matrix_f64(start, P, 1);
    ntk_matrix End = ntk_matrix_f64(end, P, 1), F[3];
    for (int k = 0; k < 3; k++) F[k] = ntk_matrix_f64(f[k], N, M);
    CHECK_OK(ntk_training_history(training, &Table));
    CHECK_OK(ntk_training_network(context, &after, training));
    CHECK_OK(ntk_network_parameters(s.network, &Start));
    CHECK_OK(ntk_network_parameters(after, &End));
    CHECK_OK(ntk_training_predict(training, &F[0], &s.x.view));
    CHECK_OK(ntk_network_forward(after, &F[1], &s.x.view));
    for (int k = 0; k < N * M; k++) ck_assert_double_eq_tol(f[0][k], f[1][k], 1e-14);
    for (int k = 0; k < P; k++) end[k] -= start[k];
    for (int k = 0; k < HIDDEN * D; k++) hidden[0] += end[k] * end[k], hidden[1] += start[k] * start[k];
    CHECK_OK(ntk_network_jvp(s.network, &F[2], &s.x.view, &End, NTK_PART_BOTH));
    CHECK_OK(ntk_network_forward(s.network, &F[1], &s.x.view));
    for (int k = 0; k < N * M; k++) {
        gap += pow(f[0][k] - f[1][k] - f[2][k], 2);
        moved += pow(f[0][k] - f[1][k], 2);
    }
    const double *first = table[0], *last = table[3];
    ck_assert(first[NTK_RECORD_STEP] == 0 && last[NTK_RECORD_STEP] == 30);
    ck_assert(last[NTK_RECORD_LOSS] == report.loss && last[NTK_RECORD_LOSS] < first[NTK_RECORD_LOSS]);
    ck_assert(last[NTK_RECORD_GRADIENT] == report.gradient_norm && last[NTK_RECORD_STEP_SIZE] == 0.3);
    ck_assert_double_eq_tol(last[NTK_RECORD_HIDDEN_MOVEMENT], sqrt(hidden[0] / hidden[1]), 1e-13);
    ck_assert_double_eq_tol(last[NTK_RECORD_GAP], sqrt(gap / moved), 1e-11);
    ck_assert(first[NTK_RECORD_DRIFT] == 0 && isnan(first[NTK_RECORD_GAP]) && first[NTK_RECORD_FLIPS] == 0);
    ck_assert_double_eq_tol(first[NTK_RECORD_CKA], 1, 1e-14);
    ck_assert(last[NTK_RECORD_DRIFT] > 0 && last[NTK_RECORD_ALIGNMENT] < 1 && last[NTK_RECORD_FLIPS] > 0);
    ck_assert(last[NTK_RECORD_TARGET_ALIGNMENT] > 0 && last[NTK_RECORD_TARGET_ALIGNMENT] < 1);
    ntk_network_destroy(after);
    ntk_training_destroy(training);
    training_scene_free(&s);
}
END_TEST

/* <A, B> / (|A| |B|) */
static double cosine(double A[N][N], double B[N][N])
{
    double products = 0, squares[2] = {0, 0};
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            products += A[i][j] * B[i][j];
            squares[0] += A[i][j] * A[i][j];
            squares[1] += B[i][j] * B[i][j];
        }
    return products / sqrt(squares[0] * squares[1]);
}

/* H K H, column by column and then row by row. */
static void centre(double K[N][N])
{
    for (int turn = 0; turn < 2; turn++)
        for (int i = 0; i < N; i++) {
            double mean = 0;
            for (int j = 0; j < N; j++) mean += (turn ? K[i][j] : K[j][i]) / N;
            for (int j = 0; j < N; j++) *(turn ? &K[i][j] : &K[j][i]) -= mean;
        }
}

/* What KERNEL records, by the whole Jacobians. */
START_TEST(kernels)
{
    training_scene s = training_scene_create(context, NTK_TANH);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_network *after = NULL;
    options.step = 0.1;
    options.record_every = 20;
    options.record = NTK_PROBE_KERNEL;
    ntk_training *training = training_scene_train(context, &s, &options);
    CHECK_OK(ntk_training_run(training, NULL, 20));
    CHECK_OK(ntk_training_network(context, &after, training));
    double table[2][NTK_RECORD_COLUMNS], *J = malloc(sizeof *J * N * M * P), K[2][N][N], off = 0, norm[2] = {0, 0}, target = 0;
    ntk_matrix Table = ntk_matrix_f64(table[0], 2, NTK_RECORD_COLUMNS), Jacobian = ntk_matrix_f64(J, N * M, P);
    CHECK_OK(ntk_training_history(training, &Table));
    double size = 0;
    for (int side = 0; side < 2; side++) {
        CHECK_OK(ntk_network_jacobian(side ? after : s.network, &Jacobian, &s.x.view, NTK_PART_BOTH));
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                K[side][i][j] = 0;
                for (int o = 0; o < M; o++)
                    for (int k = 0; k < P; k++) K[side][i][j] += J[(i * M + o) * P + k] * J[(j * M + o) * P + k] / M;
                norm[side] += K[side][i][j] * K[side][i][j];
            }
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            off += pow(K[1][i][j] - K[0][i][j], 2);
            for (int o = 0; o < M; o++) target += test_get(&s.y.view, i, o) * K[1][i][j] * test_get(&s.y.view, j, o);
        }
    for (int i = 0; i < N; i++)
        for (int o = 0; o < M; o++) size += pow(test_get(&s.y.view, i, o), 2);
    ck_assert_double_eq_tol(table[1][NTK_RECORD_DRIFT], sqrt(off / norm[0]), 1e-13);
    ck_assert_double_eq_tol(table[1][NTK_RECORD_TARGET_ALIGNMENT], target / sqrt(norm[1]) / size, 1e-13);
    double alignment = cosine(K[0], K[1]);
    centre(K[0]);
    centre(K[1]);
    double cka = cosine(K[0], K[1]);
    ck_assert(fabs(cka - alignment) > 1e-6);
    ck_assert_double_eq_tol(table[1][NTK_RECORD_ALIGNMENT], alignment, 1e-13);
    ck_assert_double_eq_tol(table[1][NTK_RECORD_CKA], cka, 1e-13);
    free(J);
    ntk_network_destroy(after);
    ntk_training_destroy(training);
    training_scene_free(&s);
}
END_TEST

/* A probe of more inputs than a tile of K has rows: the squares of K_k - K_0 and of K_0 by the whole Jacobians. */
START_TEST(kernels_in_tiles)
{
    enum { MANY = 520 };
    training_scene s = training_scene_create(context, NTK_TANH);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_network *after = NULL;
    test_array probe = test_array_make(MANY, D, 1, NTK_F64), J[2];
    test_array_fill(&probe, 7);
    options.step = 0.1;
    options.record_every = 3;
    options.record = NTK_PROBE_KERNEL;
    options.probe = &probe.view;
    ntk_training *training = training_scene_train(context, &s, &options);
    CHECK_OK(ntk_training_run(training, NULL, 3));
    CHECK_OK(ntk_training_network(context, &after, training));
    double table[2][NTK_RECORD_COLUMNS], off = 0, size = 0;
    ntk_matrix Table = ntk_matrix_f64(table[0], 2, NTK_RECORD_COLUMNS);
    CHECK_OK(ntk_training_history(training, &Table));
    for (int side = 0; side < 2; side++) {
        J[side] = test_array_make(MANY * M, P, 0, NTK_F64);
        CHECK_OK(ntk_network_jacobian(side ? after : s.network, &J[side].view, &probe.view, NTK_PART_BOTH));
    }
    for (int i = 0; i < MANY; i++)
        for (int j = 0; j <= i; j++) {
            double K[2] = {0, 0}, times = i == j ? 1 : 2;
            for (int side = 0; side < 2; side++)
                for (int o = 0; o < M; o++) {
                    const double *a = (const double *)J[side].view.data + (i * M + o) * P,
                                 *b = (const double *)J[side].view.data + (j * M + o) * P;
                    for (int k = 0; k < P; k++) K[side] += a[k] * b[k] / M;
                }
            off += times * (K[1] - K[0]) * (K[1] - K[0]);
            size += times * K[0] * K[0];
        }
    ck_assert_double_eq_tol(table[1][NTK_RECORD_DRIFT], sqrt(off / size), 1e-13);
    for (int side = 0; side < 2; side++) test_array_free(&J[side]);
    test_array_free(&probe);
    ntk_network_destroy(after);
    ntk_training_destroy(training);
    training_scene_free(&s);
}
END_TEST

/* --- signs --- */

enum { WIDE = 9, DEEP = WIDE * (D + 1) + WIDE * (WIDE + 1) + WIDE };

/* Signs of both layers' inputs of a network with ReLU, by its formula; free them. */
static bool *signs_of(const ntk_network *network, const ntk_matrix *x)
{
    double theta[DEEP], h[WIDE];
    ntk_matrix out = ntk_matrix_f64(theta, DEEP, 1);
    bool *signs = malloc((size_t)(x->rows * 2 * WIDE) * sizeof *signs);
    const double *W = theta, *b = W + WIDE * D, *V = b + WIDE, *c = V + WIDE * WIDE;
    CHECK_OK(ntk_network_parameters(network, &out));
    for (int64_t i = 0; i < x->rows; i++) {
        for (int k = 0; k < WIDE; k++) {
            double z = 0.5 * b[k];
            for (int j = 0; j < D; j++) z += W[k * D + j] * test_get(x, i, j) / sqrt(D);
            h[k] = fmax(z, 0);
            signs[i * 2 * WIDE + k] = z > 0;
        }
        for (int k = 0; k < WIDE; k++) {
            double z = 0.5 * c[k];
            for (int j = 0; j < WIDE; j++) z += V[k * WIDE + j] * h[j] / sqrt(WIDE);
            signs[i * 2 * WIDE + WIDE + k] = z > 0;
        }
    }
    return signs;
}

START_TEST(flips_of_all_layers)
{
    training_scene s = training_scene_create(context, NTK_RELU);
    ntk_activation *relu = NULL;
    ntk_network *deep = NULL, *after = NULL;
    ntk_network_options no = NTK_INIT(ntk_network_options);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_training *training = NULL;
    double table[2][NTK_RECORD_COLUMNS];
    ntk_matrix Table = ntk_matrix_f64(table[0], 2, NTK_RECORD_COLUMNS), y = s.y.view;
    int flips[2] = {0, 0};
    y.cols = 1;
    no.inputs = D, no.hidden = WIDE, no.layers = 2, no.bias_scale = 0.5;
    options.step = 1, options.record_every = 2, options.record = NTK_PROBE_FLIPS, options.dtype = _i ? NTK_F32 : NTK_F64;
    CHECK_OK(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    CHECK_OK(ntk_network_create(context, &deep, relu, &no));
    CHECK_OK(ntk_training_create(context, &training, deep, &s.x.view, &y, &options));
    CHECK_OK(ntk_training_run(training, NULL, 2));
    CHECK_OK(ntk_training_network(context, &after, training));
    CHECK_OK(ntk_training_history(training, &Table));
    bool *before = signs_of(deep, &s.x.view), *now = signs_of(after, &s.x.view);
    for (int k = 0; k < N * 2 * WIDE; k++) flips[k / WIDE % 2] += before[k] != now[k];
    ck_assert(flips[0] > 0 && flips[1] > 0);
    ck_assert(table[0][NTK_RECORD_FLIPS] == 0);
    ck_assert_double_eq(table[1][NTK_RECORD_FLIPS], (double)(flips[0] + flips[1]) / (N * 2 * WIDE));
    free(before);
    free(now);
    ntk_training_destroy(training);
    ntk_network_destroy(after);
    ntk_network_destroy(deep);
    ntk_activation_destroy(relu);
    training_scene_free(&s);
}
END_TEST

/* --- options --- */

START_TEST(options_that_contradict)
{
    training_scene s = training_scene_create(context, NTK_TANH);
    const ntk_training_options plain = {.struct_size = sizeof plain, .step = 0.1};
    struct {
        const char *name;
        ntk_training_options options;
        ntk_status status;
    } cases[] = {{"options->step", plain, NTK_ERR_VALUE},        {"options->batch", plain, NTK_ERR_OPTION},
                 {"options->batch", plain, NTK_ERR_OPTION},      {"options->schedule", plain, NTK_ERR_OPTION},
                 {"options->schedule", plain, NTK_ERR_OPTION},   {"options->schedule", plain, NTK_ERR_OPTION},
                 {"options->horizon", plain, NTK_ERR_OPTION},    {"options->final_step", plain, NTK_ERR_OPTION},
                 {"options->patience", plain, NTK_ERR_OPTION},   {"options->validation_y", plain, NTK_ERR_OPTION},
                 {"options->record", plain, NTK_ERR_OPTION},     {"options->loss_threshold", plain, NTK_ERR_OPTION},
                 {"expected 1 or -1", plain, NTK_ERR_VALUE},     {"of sum 1", plain, NTK_ERR_VALUE},
                 {"options->momentum", plain, NTK_ERR_OPTION},   {"options->replacement", plain, NTK_ERR_OPTION},
                 {"options->replacement", plain, NTK_ERR_OPTION}};
    cases[0].options.step = 0;
    cases[1].options.batch = 5;
    cases[2].options.method = NTK_TRAINING_SGD, cases[2].options.batch = N + 1;
    cases[3].options.method = NTK_TRAINING_ADAM, cases[3].options.schedule = NTK_SCHEDULE_SPECTRAL;
    cases[4].options.method = NTK_TRAINING_MOMENTUM, cases[4].options.schedule = NTK_SCHEDULE_BACKTRACKING;
    cases[5].options.schedule = NTK_SCHEDULE_POLYAK, cases[5].options.weight_decay = 1;
    cases[6].options.schedule = NTK_SCHEDULE_COSINE;
    cases[7].options.schedule = NTK_SCHEDULE_COSINE, cases[7].options.horizon = 1, cases[7].options.final_step = 1;
    cases[8].options.patience = 1;
    cases[9].options.validation_x = &s.x.view;
    cases[10].options.record = 1, cases[10].options.linearized = 1;
    cases[11].options.loss_threshold = NAN;
    cases[12].options.loss = NTK_LOSS_LOGISTIC;
    cases[13].options.loss = NTK_LOSS_SOFTMAX;
    cases[14].options.momentum = 1;
    cases[15].options.method = NTK_TRAINING_ONLINE, cases[15].options.replacement = 1;
    cases[16].options.replacement = 1;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        ntk_training *training = NULL;
        CHECK_STATUS(ntk_training_create(context, &training, s.network, &s.x.view, &s.y.view, &cases[k].options),
                     cases[k].status);
        CHECK_MESSAGE(cases[k].name);
        ck_assert_ptr_null(training);
    }
    ntk_matrix none = s.x.view;
    none.rows = -1;
    ntk_training_options probing = plain;
    ntk_training *training = NULL;
    uint64_t bytes;
    probing.probe = &none;
    CHECK_STATUS(ntk_training_create(context, &training, s.network, &s.x.view, &s.y.view, &probing), NTK_ERR_SHAPE);
    CHECK_MESSAGE("options->probe is -1 x 4");
    CHECK_STATUS(ntk_training_memory(context, &bytes, s.network, N, &probing), NTK_ERR_SHAPE);
    training_scene_free(&s);
}
END_TEST

/* All x are 0: with tanh so is the kernel. */
START_TEST(spectral_of_nothing)
{
    training_scene s = training_scene_create(context, NTK_TANH);
    ntk_training *training = NULL;
    ntk_training_options options = NTK_INIT(ntk_training_options);
    options.schedule = NTK_SCHEDULE_SPECTRAL;
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < D; j++) test_set(&s.x.view, i, j, 0);
    CHECK_STATUS(ntk_training_create(context, &training, s.network, &s.x.view, &s.y.view, &options), NTK_ERR_VALUE);
    training_scene_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("training, history");
    TCase *tests = test_case(suite, "training, history");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, streams, 0, 2);
    tcase_add_test(tests, without_samples);
    tcase_add_test(tests, history);
    tcase_add_test(tests, kernels);
    tcase_add_test(tests, kernels_in_tiles);
    tcase_add_loop_test(tests, flips_of_all_layers, 0, 2);
    tcase_add_test(tests, options_that_contradict);
    tcase_add_test(tests, spectral_of_nothing);
    return test_run(suite);
}
