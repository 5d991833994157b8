/* Values that programs were compiled with: statuses and every other constant of the public headers. */
#include "support.h"

#include <string.h>

typedef struct constant {
    const char *name;
    int64_t value, frozen;
} constant;

#define FROZEN(name, value) \
    {                       \
#name, name, value  \
    }

static const constant statuses[] = {
    FROZEN(NTK_OK, 0),
    FROZEN(NTK_NOTE_NOT_CONVERGED, 1),
    FROZEN(NTK_NOTE_DIVERGED, 2),
    FROZEN(NTK_NOTE_AT_BRACKET, 3),
    FROZEN(NTK_NOTE_REFITTED, 4),
    FROZEN(NTK_ERR_NULL, -1),
    FROZEN(NTK_ERR_SHAPE, -2),
    FROZEN(NTK_ERR_VALUE, -3),
    FROZEN(NTK_ERR_DTYPE, -4),
    FROZEN(NTK_ERR_OPTION, -5),
    FROZEN(NTK_ERR_MEMORY, -6),
    FROZEN(NTK_ERR_OVERFLOW, -7),
    FROZEN(NTK_ERR_SINGULAR, -8),
    FROZEN(NTK_ERR_CANCELLED, -9),
    FROZEN(NTK_ERR_UNSUPPORTED, -10),
    FROZEN(NTK_ERR_STATE, -11),
    FROZEN(NTK_ERR_IO, -12),
    FROZEN(NTK_ERR_FORMAT, -13),
    FROZEN(NTK_ERR_CALLBACK, -14),
    FROZEN(NTK_ERR_INTERNAL, -15),
};

static const constant constants[] = {
    FROZEN(NTK_F64, 1),
    FROZEN(NTK_F32, 2),
    FROZEN(NTK_READONLY, 1),
    FROZEN(NTK_LOG_INFO, 1),
    FROZEN(NTK_LOG_WARNING, 2),
    FROZEN(NTK_CPU_AVX2, 1),
    FROZEN(NTK_CPU_AVX512, 2),
    FROZEN(NTK_RELU, 1),
    FROZEN(NTK_LEAKY_RELU, 2),
    FROZEN(NTK_ABS, 3),
    FROZEN(NTK_STEP, 4),
    FROZEN(NTK_SIGN, 5),
    FROZEN(NTK_IDENTITY, 6),
    FROZEN(NTK_ERF, 7),
    FROZEN(NTK_GELU, 8),
    FROZEN(NTK_SIN, 9),
    FROZEN(NTK_COS, 10),
    FROZEN(NTK_EXP, 11),
    FROZEN(NTK_MONOMIAL, 12),
    FROZEN(NTK_HERMITE, 13),
    FROZEN(NTK_TANH, 14),
    FROZEN(NTK_SIGMOID, 15),
    FROZEN(NTK_SOFTPLUS, 16),
    FROZEN(NTK_SILU, 17),
    FROZEN(NTK_PART_BOTH, 0),
    FROZEN(NTK_PART_RF, 1),
    FROZEN(NTK_PART_NT, 2),
    FROZEN(NTK_SCALING_NTK, 0),
    FROZEN(NTK_SCALING_MEAN_FIELD, 1),
    FROZEN(NTK_SCALING_CUSTOM, 2),
    FROZEN(NTK_OUTPUT_SIGNS, 0),
    FROZEN(NTK_OUTPUT_GAUSSIAN, 1),
    FROZEN(NTK_OUTPUT_ZERO, 2),
    FROZEN(NTK_HIDDEN_GAUSSIAN, 0),
    FROZEN(NTK_HIDDEN_SPHERE, 1),
    FROZEN(NTK_PARAM_DEFAULT, 0),
    FROZEN(NTK_PARAM_LECTURE, 1),
    FROZEN(NTK_PARAM_STANDARDISED, 2),
    FROZEN(NTK_STORAGE_FULL, 0),
    FROZEN(NTK_STORAGE_PACKED, 1),
    FROZEN(NTK_STORAGE_IMPLICIT, 2),
    FROZEN(NTK_PANEL_LOWER, 0),
    FROZEN(NTK_PANEL_WHOLE, 1),
    FROZEN(NTK_RIDGE_AUTO, 0),
    FROZEN(NTK_RIDGE_DUAL, 1),
    FROZEN(NTK_RIDGE_PRIMAL, 2),
    FROZEN(NTK_RIDGE_SPECTRAL, 3),
    FROZEN(NTK_RIDGE_ITERATIVE, 4),
    FROZEN(NTK_RIDGE_NYSTROEM, 5),
    FROZEN(NTK_PRECONDITIONER_PIVOTED, 0),
    FROZEN(NTK_PRECONDITIONER_NONE, 1),
    FROZEN(NTK_PRECONDITIONER_NYSTROEM, 2),
    FROZEN(NTK_PRECONDITIONER_FEATURES, 3),
    FROZEN(NTK_HISTORY_ITERATION, 0),
    FROZEN(NTK_HISTORY_RESIDUAL, 1),
    FROZEN(NTK_HISTORY_COLUMNS, 2),
    FROZEN(NTK_PRECISION_AUTO, 0),
    FROZEN(NTK_PRECISION_PLAIN, 1),
    FROZEN(NTK_PRECISION_MIXED, 2),
    FROZEN(NTK_SOLVER_AUTO, 0),
    FROZEN(NTK_SOLVER_NORMAL, 1),
    FROZEN(NTK_SOLVER_QR, 2),
    FROZEN(NTK_PATH_LAMBDA, 0),
    FROZEN(NTK_PATH_LOO, 1),
    FROZEN(NTK_PATH_GCV, 2),
    FROZEN(NTK_PATH_LOG_EVIDENCE, 3),
    FROZEN(NTK_PATH_DF, 4),
    FROZEN(NTK_PATH_RSS, 5),
    FROZEN(NTK_PATH_COLUMNS, 6),
    FROZEN(NTK_ARRAY_F64, 1),
    FROZEN(NTK_ARRAY_F32, 2),
    FROZEN(NTK_ARRAY_I64, 3),
    FROZEN(NTK_ARRAY_TEXT, 4),
    FROZEN(NTK_CRITERION_LOO, 0),
    FROZEN(NTK_CRITERION_GCV, 1),
    FROZEN(NTK_CRITERION_EVIDENCE, 2),
    FROZEN(NTK_SUBSET_RANDOM, 0),
    FROZEN(NTK_SUBSET_FIRST, 1),
    FROZEN(NTK_START_FROM, 0),
    FROZEN(NTK_START_TO, 1),
    FROZEN(NTK_START_EVALUATIONS, 2),
    FROZEN(NTK_START_CONVERGED, 3),
    FROZEN(NTK_START_LAMBDA, 4),
    FROZEN(NTK_START_COLUMNS, 5),
    FROZEN(NTK_LAZY_GAP, 0),
    FROZEN(NTK_LAZY_LINEARIZATION, 1),
    FROZEN(NTK_LAZY_HIDDEN_MOVEMENT, 2),
    FROZEN(NTK_LAZY_OUTPUT_MOVEMENT, 3),
    FROZEN(NTK_LAZY_DRIFT, 4),
    FROZEN(NTK_LAZY_LOSS, 5),
    FROZEN(NTK_LAZY_LOSS_LINEAR, 6),
    FROZEN(NTK_LAZY_QUANTITIES, 7),
    FROZEN(NTK_LAZY_EXPONENT, 0),
    FROZEN(NTK_LAZY_WIDTH, 1),
    FROZEN(NTK_LAZY_MEANS, 2),
    FROZEN(NTK_LAZY_COLUMNS, 16),
    FROZEN(NTK_LAZY_SLOPE_COLUMNS, 14),
    FROZEN(NTK_NEURON_RANDOM, 0),
    FROZEN(NTK_NEURON_ZERO, 1),
    FROZEN(NTK_NEURON_GIVEN, 2),
    FROZEN(NTK_NEURON_STEP, 0),
    FROZEN(NTK_NEURON_LOSS, 1),
    FROZEN(NTK_NEURON_GRADIENT, 2),
    FROZEN(NTK_NEURON_DISTANCE, 3),
    FROZEN(NTK_NEURON_RATE, 4),
    FROZEN(NTK_NEURON_COLUMNS, 5),
    FROZEN(NTK_TRAINING_GD, 0),
    FROZEN(NTK_TRAINING_SGD, 1),
    FROZEN(NTK_TRAINING_ONLINE, 2),
    FROZEN(NTK_TRAINING_MOMENTUM, 3),
    FROZEN(NTK_TRAINING_NESTEROV, 4),
    FROZEN(NTK_TRAINING_ADAGRAD, 5),
    FROZEN(NTK_TRAINING_RMSPROP, 6),
    FROZEN(NTK_TRAINING_ADAM, 7),
    FROZEN(NTK_SCHEDULE_CONSTANT, 0),
    FROZEN(NTK_SCHEDULE_INVERSE_SQRT, 1),
    FROZEN(NTK_SCHEDULE_COSINE, 2),
    FROZEN(NTK_SCHEDULE_BACKTRACKING, 3),
    FROZEN(NTK_SCHEDULE_POLYAK, 4),
    FROZEN(NTK_SCHEDULE_BARZILAI_BORWEIN, 5),
    FROZEN(NTK_SCHEDULE_SPECTRAL, 6),
    FROZEN(NTK_DECAY_ZERO, 0),
    FROZEN(NTK_DECAY_START, 1),
    FROZEN(NTK_PROBE_KERNEL, 1),
    FROZEN(NTK_PROBE_GAP, 2),
    FROZEN(NTK_PROBE_FLIPS, 4),
    FROZEN(NTK_TRAINING_ENDED_STEPS, 0),
    FROZEN(NTK_TRAINING_ENDED_LOSS, 1),
    FROZEN(NTK_TRAINING_ENDED_PATIENCE, 2),
    FROZEN(NTK_TRAINING_ENDED_SAMPLES, 3),
    FROZEN(NTK_TRAINING_ENDED_DIVERGED, 4),
    FROZEN(NTK_RECORD_STEP, 0),
    FROZEN(NTK_RECORD_LOSS, 1),
    FROZEN(NTK_RECORD_GRADIENT, 2),
    FROZEN(NTK_RECORD_STEP_SIZE, 3),
    FROZEN(NTK_RECORD_HIDDEN_MOVEMENT, 4),
    FROZEN(NTK_RECORD_OUTPUT_MOVEMENT, 5),
    FROZEN(NTK_RECORD_VALIDATION, 6),
    FROZEN(NTK_RECORD_DRIFT, 7),
    FROZEN(NTK_RECORD_ALIGNMENT, 8),
    FROZEN(NTK_RECORD_CKA, 9),
    FROZEN(NTK_RECORD_TARGET_ALIGNMENT, 10),
    FROZEN(NTK_RECORD_GAP, 11),
    FROZEN(NTK_RECORD_FLIPS, 12),
    FROZEN(NTK_RECORD_COLUMNS, 13),
    FROZEN(NTK_LOSS_MEAN, 0),
    FROZEN(NTK_LOSS_HALF_SUM, 1),
    FROZEN(NTK_LOSS_HALF_MEAN, 2),
    FROZEN(NTK_LOSS_LOGISTIC, 3),
    FROZEN(NTK_LOSS_SOFTMAX, 4),
    FROZEN(NTK_FLOW_FLOW, 0),
    FROZEN(NTK_FLOW_GD, 1),
    FROZEN(NTK_FLOW_MOMENTUM, 2),
    FROZEN(NTK_FLOW_NESTEROV, 3),
    FROZEN(NTK_FLOW_INERTIA, 4),
    FROZEN(NTK_ABI_VERSION, 0),
};

enum { STATUSES = sizeof statuses / sizeof *statuses, CONSTANTS = sizeof constants / sizeof *constants };

START_TEST(status_values_are_frozen)
{
    for (int i = 0; i < STATUSES; i++)
        ck_assert_msg(statuses[i].value == statuses[i].frozen, "%s is %" PRId64 ", was %" PRId64, statuses[i].name,
                      statuses[i].value, statuses[i].frozen);
}
END_TEST

START_TEST(every_status_is_in_the_list)
{
#define COUNT(name, value, meaning) +1
    ck_assert_int_eq(STATUSES, 0 NTK_STATUS_TABLE(COUNT));
#undef COUNT
}
END_TEST

START_TEST(every_status_has_its_name)
{
    for (int i = 0; i < STATUSES; i++) ck_assert_str_eq(ntk_status_name((ntk_status)statuses[i].value), statuses[i].name);
    ck_assert_str_eq(ntk_status_name(5), "unknown status");
    ck_assert_str_eq(ntk_status_name(-16), "unknown status");
}
END_TEST

START_TEST(other_constants_are_frozen)
{
    for (int i = 0; i < CONSTANTS; i++)
        ck_assert_msg(constants[i].value == constants[i].frozen, "%s is %" PRId64 ", was %" PRId64, constants[i].name,
                      constants[i].value, constants[i].frozen);
}
END_TEST

START_TEST(library_and_headers_are_one_version)
{
    ck_assert_str_eq(ntk_version_string(), NTK_VERSION_STRING);
    ck_assert_int_eq(ntk_abi_version(), NTK_ABI_VERSION);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("constants");
    TCase *frozen = test_case(suite, "frozen");
    tcase_add_test(frozen, status_values_are_frozen);
    tcase_add_test(frozen, every_status_is_in_the_list);
    tcase_add_test(frozen, every_status_has_its_name);
    tcase_add_test(frozen, other_constants_are_frozen);
    tcase_add_test(frozen, library_and_headers_are_one_version);
    return test_run(suite);
}
