/* Rows of sweeps over widths, the single neuron, linear models over time, and training. */
#include "rows.h"

#include <float.h>

CALL(lazy_sweep, P(0), P(1), P(2), P(3), P(4), P(5), P(6))
CALL(lazy_memory, P(0), P(1), P(2), I(3), I(4), I32(5), P(6))
CALL(neuron_population, P(0), P(1), P(2), P(3))
CALL(neuron_loss, P(0), P(1), P(2), P(3), P(4), P(5), X(6))
CALL(neuron_predict_rates, P(0), I(1), I(2), X(3))
CALL(neuron_train, P(0), P(1), P(2), P(3), P(4), P(5))
CALL(flow_memory, P(0), P(1), P(2), I(3), I(4), I(5), P(6))
CALL(flow_create, P(0), P(1), P(2), P(3), P(4), P(5), P(6))
CALL(flow_create_gram, P(0), P(1), P(2), P(3), P(4), P(5))
CALL(flow_limits, P(0), P(1))
CALL(flow_predict, P(0), P(1), P(2), P(3), X(4))
CALL(flow_trajectory, P(0), P(1), P(2), P(3), P(4))
CALL(flow_trajectory_memory, P(0), P(1), I(2), I(3), I32(4))
CALL(flow_train, P(0), P(1), X(2))
CALL(flow_coefficients, P(0), P(1), X(2))
CALL(flow_weights, P(0), P(1), P(2), X(3))
CALL(flow_losses, P(0), P(1), P(2))
CALL(flow_test_losses, P(0), P(1), P(2), P(3), P(4), P(5))
CALL(flow_moments, P(0), P(1), P(2), P(3), P(4), P(5), X(6))
CALL(flow_moments_memory, P(0), P(1), P(2), I(3), I32(4))
CALL(training_memory, P(0), P(1), P(2), I(3), P(4))
CALL(training_create, P(0), P(1), P(2), P(3), P(4), P(5))
CALL(training_create_stream, P(0), P(1), P(2), P(3), P(4))
CALL(training_run, P(0), P(1), I(2))
CALL(training_predict, P(0), P(1), P(2))
CALL(training_parameters, P(0), P(1))
CALL(training_network, P(0), P(1), P(2))
CALL(training_history, P(0), P(1))
CALL(training_export, P(0), P(1))
CALL(training_import, P(0), P(1), P(2), P(3), P(4), I32(5))
CALL(training_import_stream, P(0), P(1), P(2), P(3))

/* --- what arguments refuse --- */

static const test_bad bad_lazy[] = {BAD_I64(ntk_lazy_options, widths, 0, NTK_ERR_OPTION),
                                    BAD_I64(ntk_lazy_options, exponents, 0, NTK_ERR_OPTION),
                                    BAD_I64(ntk_lazy_options, width_count, 0, NTK_ERR_OPTION),
                                    BAD_I64(ntk_lazy_options, width_count, -1, NTK_ERR_OPTION),
                                    BAD_I64(ntk_lazy_options, exponent_count, 0, NTK_ERR_OPTION),
                                    BAD_I64(ntk_lazy_options, exponent_count, INT64_MAX, NTK_ERR_OPTION),
                                    BAD_I64(ntk_lazy_options, replicates, -1, NTK_ERR_OPTION),
                                    BAD_I64(ntk_lazy_options, steps, -1, NTK_ERR_OPTION),
                                    BAD_F64(ntk_lazy_options, rate, -1),
                                    BAD_F64(ntk_lazy_options, rate, 1),
                                    BAD_F64(ntk_lazy_options, rate, NOT_A_NUMBER),
                                    BAD_SCALE(ntk_lazy_options, weight_scale),
                                    BAD_KIND(ntk_lazy_options, output_weights, 3),
                                    BAD_KIND(ntk_lazy_options, parameterization, 3),
                                    BAD_KIND(ntk_lazy_options, part, 3),
                                    END};
static const test_bad bad_type[] = {BAD_INTEGER(3, NTK_ERR_DTYPE), BAD_INTEGER(-1, NTK_ERR_DTYPE), END};
static const test_bad bad_kink[] = {BAD_NUMBER(-0.5), BAD_NUMBER(1.5), BAD_NUMBER(NOT_A_NUMBER), END};
static const test_bad bad_step[] = {BAD_NUMBER(0), BAD_NUMBER(-1), BAD_NUMBER(NOT_A_NUMBER), BAD_NUMBER(INFINITE), END};
static const test_bad bad_neuron[] = {BAD_I64(ntk_neuron_options, steps, -1, NTK_ERR_OPTION),
                                      BAD_I64(ntk_neuron_options, steps, INT64_MAX, NTK_ERR_OPTION),
                                      BAD_I64(ntk_neuron_options, record_every, -1, NTK_ERR_OPTION),
                                      BAD_SCALE(ntk_neuron_options, step),
                                      BAD_F64(ntk_neuron_options, tolerance, -1),
                                      BAD_F64(ntk_neuron_options, tolerance, 1),
                                      BAD_F64(ntk_neuron_options, tolerance, NOT_A_NUMBER),
                                      BAD_KIND(ntk_neuron_options, start, 3),
                                      BAD_I32(ntk_neuron_options, reserved, 1),
                                      END};
#define BAD_FLOW                                                                                                            \
    BAD_KIND(ntk_flow_options, loss, NTK_LOSS_LOGISTIC), BAD_KIND(ntk_flow_options, method, 5),                             \
        BAD_SCALE(ntk_flow_options, step), BAD_SCALE(ntk_flow_options, momentum), BAD_F64(ntk_flow_options, momentum, 1),   \
        BAD_SCALE(ntk_flow_options, friction), BAD_SCALE(ntk_flow_options, weight_decay), BAD_SCALE(ntk_flow_options, cut), \
        BAD_F64(ntk_flow_options, cut, 1), BAD_DTYPE(ntk_flow_options)
static const test_bad bad_flow[] = {BAD_FLOW, END};
static const test_bad bad_stepped_flow[] = {BAD_FLOW, BAD_F64(ntk_flow_options, step, 0), END};
static const test_bad bad_gram_flow[] = {BAD_FLOW, BAD_I32(ntk_flow_options, dtype, NTK_F32), END};
static const test_bad bad_time[] = {BAD_NUMBER(-1), BAD_NUMBER(-DBL_TRUE_MIN), BAD_NUMBER(NOT_A_NUMBER), BAD_NUMBER(-INFINITE),
                                    END};

#define BAD_COUNT(type, name) BAD_I64(type, name, -1, NTK_ERR_OPTION), BAD_I64(type, name, INT64_MIN, NTK_ERR_OPTION)
#define BAD_TRAINING                                                                                                       \
    BAD_KIND(ntk_training_options, method, 8), BAD_KIND(ntk_training_options, schedule, 7),                                \
        BAD_KIND(ntk_training_options, loss, 5), BAD_KIND(ntk_training_options, part, 3), BAD_DTYPE(ntk_training_options), \
        BAD_KIND(ntk_training_options, decay_to, 2), BAD_KIND(ntk_training_options, record, 8),                            \
        BAD_SCALE(ntk_training_options, step), BAD_SCALE(ntk_training_options, momentum),                                  \
        BAD_F64(ntk_training_options, momentum, 1), BAD_SCALE(ntk_training_options, square_rate),                          \
        BAD_F64(ntk_training_options, square_rate, 1), BAD_SCALE(ntk_training_options, epsilon),                           \
        BAD_SCALE(ntk_training_options, weight_decay), BAD_F64(ntk_training_options, optimum, NOT_A_NUMBER),               \
        BAD_SCALE(ntk_training_options, final_step), BAD_SCALE(ntk_training_options, loss_threshold),                      \
        BAD_COUNT(ntk_training_options, batch), BAD_COUNT(ntk_training_options, horizon),                                  \
        BAD_COUNT(ntk_training_options, record_every), BAD_COUNT(ntk_training_options, validate_every),                    \
        BAD_COUNT(ntk_training_options, patience), BAD_I64(ntk_training_options, patience, 1, NTK_ERR_OPTION)
static const test_bad bad_training[] = {BAD_TRAINING, BAD_I64(ntk_training_options, batch, INT64_MAX, NTK_ERR_OPTION), END};
static const test_bad bad_streamed_training[] = {BAD_TRAINING, BAD_I32(ntk_training_options, schedule, NTK_SCHEDULE_SPECTRAL),
                                                 BAD_I32(ntk_training_options, record, 1), END};
static const test_bad bad_steps[] = {BAD_INTEGER(-1, NTK_ERR_VALUE), BAD_INTEGER(INT64_MIN, NTK_ERR_VALUE), END};

/* of trainings, which read later */
static const test_bad bad_training_stream[] = {BAD_I64(ntk_sample_stream, inputs, 0, NTK_ERR_OPTION),
                                               BAD_I64(ntk_sample_stream, inputs, 1000, NTK_ERR_OPTION),
                                               BAD_I64(ntk_sample_stream, targets, 0, NTK_ERR_OPTION),
                                               BAD_I64(ntk_sample_stream, targets, INT64_MAX, NTK_ERR_OVERFLOW),
                                               BAD_I64(ntk_sample_stream, samples, -1, NTK_ERR_OPTION),
                                               BAD_I64(ntk_sample_stream, read, 0, NTK_ERR_OPTION),
                                               BAD_DTYPE(ntk_sample_stream),
                                               END};

/* --- what valid calls have in their options --- */

static const int64_t two_widths[] = {2, 4};
static const double one_exponent[] = {0.5};
static const ntk_lazy_options short_sweep = {.struct_size = sizeof short_sweep,
                                             .widths = two_widths,
                                             .exponents = one_exponent,
                                             .width_count = 2,
                                             .exponent_count = 1,
                                             .replicates = 1,
                                             .steps = 1,
                                             .antisymmetric = 1};

/* The targets are no neuron's: it ends early, where a step is half as long as w. */
static const ntk_neuron_options rough_neuron = {.struct_size = sizeof rough_neuron, .tolerance = 0.5, .seed = 3};

static const ntk_flow_options stepped_flow = {
    .struct_size = sizeof stepped_flow, .method = NTK_FLOW_NESTEROV, .step = 0.01, .momentum = 0.9, .weight_decay = 0.1};
static const ntk_training_options batch_training = {
    .struct_size = sizeof batch_training, .step = 0.1, .batch = 5, .method = NTK_TRAINING_ADAM, .dtype = NTK_F64};
static const ntk_training_options spectral_training = {.struct_size = sizeof spectral_training,
                                                       .schedule = NTK_SCHEDULE_SPECTRAL,
                                                       .method = NTK_TRAINING_NESTEROV,
                                                       .linearized = 1,
                                                       .part = NTK_PART_RF,
                                                       .decay_to = NTK_DECAY_START,
                                                       .weight_decay = 0.5};
static const ntk_training_options stream_training = {
    .struct_size = sizeof stream_training, .step = 0.1, .batch = 3, .dtype = NTK_F32};
static const ntk_source training_source = TEST_SOURCE_OF("training"), streamed_source = TEST_SOURCE_OF("streamed");

/* --- the rows --- */

#define SWEEP                                                                                                  \
    {                                                                                                          \
        .name = "options", .kind = TEST_OPTIONS, .type = "ntk_lazy_options", .size = sizeof(ntk_lazy_options), \
        .initial = &short_sweep, .bad = bad_lazy, .traits = TEST_REQUIRED                                      \
    }
#define FLOW_DATA                                                                                         \
    INPUT("x", DIM_N, DIM_d, TEST_ROWS | TEST_FINITE), INPUT("y", DIM_N, DIM_t, TEST_ROWS | TEST_FINITE), \
        INPUT("f0", DIM_N, DIM_t, RCF | TEST_OPTIONAL)
#define FLOW_SAMPLES INPUT("x", DIM_m, DIM_d, RCF), INPUT("f0x", DIM_m, DIM_t, RCF | TEST_OPTIONAL)
#define TRAINING_STREAM                                                                                     \
    {                                                                                                       \
        .name = "stream", .kind = TEST_OPTIONS, .type = "ntk_sample_stream", .initial = &test_stream,       \
        .size = sizeof(ntk_sample_stream), .bad = bad_training_stream, .traits = TEST_REQUIRED | TEST_SIZED \
    }
#define TRAINING(start, list)                                                                                   \
    {                                                                                                           \
        .name = "options", .kind = TEST_OPTIONS, .type = "ntk_training_options", .initial = start, .bad = list, \
        .size = sizeof(ntk_training_options), .traits = TEST_REQUIRED                                           \
    }

static const test_row rows[] = {
    {ROW(lazy_sweep, ""),
     .arguments = {CONTEXT, OUTPUT("table", DIM_2, DIM_lazy, 0), OUTPUT("slopes", DIM_1, DIM_lazy_slopes, TEST_OPTIONAL),
                   HANDLE("activation", tanh), INPUT("x", DIM_n, DIM_d, TEST_ROWS | TEST_FINITE), INPUT("y", DIM_n, DIM_1, RCF),
                   SWEEP}},
    {ROW(lazy_memory, ""),
     .arguments = {CONTEXT, RESULT("bytes", 8), HANDLE("activation", tanh), SIZE("n", DIM_n, test_bad_size),
                   SIZE("d", DIM_d, test_bad_size), INTEGER("dtype", NTK_F32, bad_type), SWEEP}},
    {ROW(neuron_population, ""), .arguments = {RESULT("loss", 8), OUTPUT("gradient", DIM_d, DIM_1, TEST_OPTIONAL),
                                               INPUT("w", DIM_d, DIM_1, RCF), INPUT("truth", DIM_d, DIM_1, RCF)}},
    {ROW(neuron_loss, ""),
     .arguments = {CONTEXT, RESULT("loss", 8), OUTPUT("gradient", DIM_d, DIM_1, TEST_OPTIONAL), INPUT("w", DIM_d, DIM_1, RCF),
                   INPUT("x", DIM_n, DIM_d, RCF), INPUT("y", DIM_n, DIM_1, RCF), NUMBER("kink", 0.5, bad_kink)}},
    {ROW(neuron_predict_rates, ""), .arguments = {REPORT("rates", ntk_neuron_rates), SIZE("n", DIM_n, test_bad_size),
                                                  SIZE("d", DIM_d, test_bad_size), NUMBER("step", 0.5, bad_step)}},
    {ROW(neuron_train, ""),
     .arguments = {CONTEXT, OUTPUT("w", DIM_d, DIM_1, 0), REPORT_OR_NULL("report", ntk_neuron_report),
                   INPUT("x", DIM_n, DIM_d, TEST_ROWS | TEST_COLS | TEST_FINITE), INPUT("y", DIM_n, DIM_1, RCF),
                   OPTIONS(ntk_neuron_options, &rough_neuron, bad_neuron)}},
    {ROW(flow_memory, ""), .arguments = {CONTEXT, RESULT("bytes", 8), HANDLE("kernel", composite),
                                         SIZE("n", DIM_n, test_bad_order), SIZE("d", DIM_d, test_bad_size),
                                         SIZE("t", DIM_t, test_bad_size), OPTIONS(ntk_flow_options, NULL, bad_flow)}},
    {ROW(flow_create, ""), .arguments = {CONTEXT, CREATED("flow", TEST_FLOW), HANDLE("kernel", infinite), FLOW_DATA,
                                         OPTIONS(ntk_flow_options, NULL, bad_flow)}},
    {ROW(flow_create, "finite, Nesterov"),
     .arguments = {CONTEXT, CREATED("flow", TEST_FLOW), HANDLE("kernel", finite), FLOW_DATA,
                   OPTIONS(ntk_flow_options, &stepped_flow, bad_stepped_flow)}},
    {ROW(flow_create_gram, ""),
     .arguments = {CONTEXT, CREATED("flow", TEST_FLOW), HANDLE("gram", few_gram),
                   INPUT("y", DIM_N, DIM_t, TEST_ROWS | TEST_FINITE), INPUT("f0", DIM_N, DIM_t, RCF | TEST_OPTIONAL),
                   OPTIONS(ntk_flow_options, NULL, bad_gram_flow)}},
    {ROW(flow_limits, ""), .arguments = {HANDLE("flow", flow), REPORT("limits", ntk_flow_report)}},
    {ROW(flow_predict, ""),
     .arguments = {HANDLE("flow", flow), OUTPUT("f", DIM_m, DIM_t, 0), FLOW_SAMPLES, NUMBER("t", 2, bad_time)}},
    {ROW(flow_trajectory, ""), .arguments = {HANDLE("flow", flow), OUTPUT("f", DIM_m, DIM_2t, 0), FLOW_SAMPLES,
                                             INPUT("times", DIM_2, DIM_1, TEST_ROWS | TEST_COLS | TEST_NOT_NEGATIVE)}},
    {ROW(flow_trajectory_memory, ""), .arguments = {HANDLE("flow", flow), RESULT("bytes", 8), SIZE("m", DIM_m, test_bad_size),
                                                    SIZE("times", DIM_2, test_bad_size), INTEGER("dtype", NTK_F32, bad_type)}},
    {ROW(flow_train, ""), .arguments = {HANDLE("flow", flow), OUTPUT("f", DIM_N, DIM_t, 0), NUMBER("t", 2, bad_time)}},
    {ROW(flow_coefficients, ""),
     .arguments = {HANDLE("flow", flow), OUTPUT("alpha", DIM_N, DIM_t, 0), NUMBER("t", 2, bad_time)}},
    {ROW(flow_weights, ""), .arguments = {HANDLE("flow", flow), OUTPUT("dtheta", DIM_p, DIM_t, 0), HANDLE("features", features),
                                          NUMBER("t", 2, bad_time)}},
    {ROW(flow_losses, ""), .arguments = {HANDLE("flow", flow), OUTPUT_SOME("losses", DIM_m, DIM_t, TEST_ROWS),
                                         INPUT("times", DIM_m, DIM_1, TEST_ROWS | TEST_COLS | TEST_NOT_NEGATIVE)}},
    {ROW(flow_test_losses, ""),
     .arguments = {HANDLE("flow", flow), OUTPUT_SOME("losses", DIM_2, DIM_1, TEST_ROWS), INPUT("x", DIM_m, DIM_d, RCF),
                   INPUT("y", DIM_m, DIM_t, RCF), INPUT("f0x", DIM_m, DIM_t, RCF | TEST_OPTIONAL),
                   INPUT("times", DIM_2, DIM_1, TEST_ROWS | TEST_COLS | TEST_NOT_NEGATIVE)}},
    {ROW(flow_moments, ""), .arguments = {HANDLE("flow", flow), OUTPUT("mean", DIM_m, DIM_t, TEST_OPTIONAL),
                                          OUTPUT("covariance", DIM_m, DIM_m, TEST_OPTIONAL), HANDLE("prior", finite),
                                          FLOW_SAMPLES, NUMBER("t", 2, bad_time)}},
    {ROW(flow_moments, "variances"), .arguments = {HANDLE("flow", flow), OUTPUT("mean", DIM_m, DIM_t, TEST_OPTIONAL),
                                                   OUTPUT_SOME("covariance", DIM_m, DIM_1, TEST_ROWS | TEST_OPTIONAL),
                                                   HANDLE("prior", infinite), FLOW_SAMPLES, NUMBER("t", 2, bad_time)}},
    {ROW(flow_moments_memory, ""),
     .arguments = {HANDLE("flow", flow),
                   RESULT("bytes", 8),
                   {.name = "prior", .kind = TEST_HANDLE, .handle = offsetof(test_world, finite), .traits = TEST_OPTIONAL},
                   SIZE("m", DIM_m, test_bad_order),
                   INTEGER("diagonal", 0, NULL)}},
    {ROW(training_memory, ""), .arguments = {CONTEXT, RESULT("bytes", 8), HANDLE("network", wide_network),
                                             SIZE("n", DIM_n, test_bad_samples), TRAINING(&batch_training, bad_training)}},
    {ROW(training_create, "batches"),
     .arguments = {CONTEXT, CREATED("training", TEST_TRAINING), HANDLE("network", wide_network), INPUT("x", DIM_n, DIM_d, RCF),
                   INPUT("y", DIM_n, DIM_t, RCF), TRAINING(&batch_training, bad_training)}},
    {ROW(training_create, "spectral"),
     .arguments = {CONTEXT, CREATED("training", TEST_TRAINING), HANDLE("network", wide_network), INPUT("x", DIM_n, DIM_d, RCF),
                   INPUT("y", DIM_n, DIM_t, RCF), TRAINING(&spectral_training, NULL)}},
    {ROW(training_create_stream, ""),
     .arguments = {CONTEXT, CREATED("training", TEST_TRAINING), HANDLE("network", wide_network), TRAINING_STREAM,
                   TRAINING(&stream_training, bad_streamed_training)}},
    {ROW(training_run, ""), .arguments = {RESUMED("training", training), REPORT_OR_NULL("report", ntk_training_report),
                                          INTEGER("steps", 1, bad_steps)}},
    {ROW(training_predict, ""),
     .arguments = {HANDLE("training", training), OUTPUT("y", DIM_m, DIM_t, 0), INPUT("x", DIM_m, DIM_d, RCF)}},
    {ROW(training_parameters, ""), .arguments = {HANDLE("training", training), OUTPUT("theta", DIM_wide, DIM_1, TEST_F64)}},
    {ROW(training_network, ""), .arguments = {CONTEXT, CREATED("network", TEST_NETWORK), HANDLE("training", training)}},
    {ROW(training_history, ""), .arguments = {HANDLE("training", training), OUTPUT("table", DIM_2, DIM_record, 0)}},
    {ROW(training_export, ""), .arguments = {HANDLE("training", training), SINK}},
    {ROW(training_import, ""),
     .arguments = {CONTEXT, CREATED("training", TEST_TRAINING), INPUT("x", DIM_n, DIM_d, RCF), INPUT("y", DIM_n, DIM_t, RCF),
                   SOURCE(&training_source), INTEGER("borrow", 0, NULL)}},
    {ROW(training_import_stream, ""),
     .arguments = {CONTEXT, CREATED("training", TEST_TRAINING), TRAINING_STREAM, SOURCE(&streamed_source)}},
};
const test_part test_dynamics_rows = PART(rows);
