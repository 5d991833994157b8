/* Status values and names are frozen; the sentence belongs to the thread that failed. */
#include "core/status.h"
#include "support.h"

#include <pthread.h>
#include <string.h>

static const struct {
    const char *name;
    ntk_status value;
} frozen[] = {
    {"NTK_OK", 0},
    {"NTK_NOTE_NOT_CONVERGED", 1},
    {"NTK_NOTE_DIVERGED", 2},
    {"NTK_NOTE_AT_BRACKET", 3},
    {"NTK_NOTE_REFITTED", 4},
    {"NTK_ERR_NULL", -1},
    {"NTK_ERR_SHAPE", -2},
    {"NTK_ERR_VALUE", -3},
    {"NTK_ERR_DTYPE", -4},
    {"NTK_ERR_OPTION", -5},
    {"NTK_ERR_MEMORY", -6},
    {"NTK_ERR_OVERFLOW", -7},
    {"NTK_ERR_SINGULAR", -8},
    {"NTK_ERR_CANCELLED", -9},
    {"NTK_ERR_UNSUPPORTED", -10},
    {"NTK_ERR_STATE", -11},
    {"NTK_ERR_IO", -12},
    {"NTK_ERR_FORMAT", -13},
    {"NTK_ERR_CALLBACK", -14},
    {"NTK_ERR_INTERNAL", -15},
};
enum { FROZEN = sizeof frozen / sizeof frozen[0] };

START_TEST(values_and_names_are_frozen)
{
    static const ntk_status values[] = {
#define VALUE(name, value, meaning) name,
        NTK_STATUS_TABLE(VALUE)
#undef VALUE
    };
    ck_assert_uint_eq(sizeof values / sizeof values[0], FROZEN);
    for (size_t i = 0; i < FROZEN; i++) {
        ck_assert_int_eq(values[i], frozen[i].value);
        ck_assert_str_eq(ntk_status_name(frozen[i].value), frozen[i].name);
    }
}
END_TEST

START_TEST(unknown_status_has_a_name)
{
    ck_assert_str_eq(ntk_status_name(-16), "unknown status");
    ck_assert_str_eq(ntk_status_name(5), "unknown status");
    ck_assert_str_eq(ntk_status_name(INT32_MIN), "unknown status");
    ck_assert_str_eq(ntk_status_name(INT32_MAX), "unknown status");
}
END_TEST

static void *sentence_of_new_thread(void *before)
{
    strcpy(before, ntk_error_message());
    ck_assert_int_eq(ntk_fail(NTK_ERR_VALUE, "the other thread's %s", "sentence"), NTK_ERR_VALUE);
    return NULL;
}

START_TEST(sentence_is_per_thread)
{
    char before[NTK_MESSAGE_SIZE] = "unset";
    pthread_t other;
    ck_assert_str_eq(ntk_error_message(), "");
    ck_assert_int_eq(ntk_fail(NTK_ERR_SHAPE, "%d rows", 3), NTK_ERR_SHAPE);
    ck_assert_int_eq(pthread_create(&other, NULL, sentence_of_new_thread, before), 0);
    pthread_join(other, NULL);
    ck_assert_str_eq(before, "");
    ck_assert_str_eq(ntk_error_message(), "3 rows");
}
END_TEST

START_TEST(success_leaves_the_sentence)
{
    ntk_context *context;
    CHECK_STATUS(ntk_context_create(NULL, NULL), NTK_ERR_NULL);
    char failed[NTK_MESSAGE_SIZE];
    strcpy(failed, ntk_error_message());
    ck_assert_str_ne(failed, "");
    CHECK_OK(ntk_context_create(&context, NULL));
    ntk_context_destroy(context);
    ck_assert_str_eq(ntk_error_message(), failed);
}
END_TEST

START_TEST(long_sentence_is_cut)
{
    char long_text[2 * NTK_MESSAGE_SIZE];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    ck_assert_int_eq(ntk_fail(NTK_ERR_VALUE, "%s", long_text), NTK_ERR_VALUE);
    ck_assert_uint_eq(strlen(ntk_error_message()), NTK_MESSAGE_SIZE - 1);
    ntk_set_message("short");
    ck_assert_str_eq(ntk_error_message(), "short");
    ntk_set_message(long_text);
    ck_assert_uint_eq(strlen(ntk_error_message()), NTK_MESSAGE_SIZE - 1);
    ntk_set_message(ntk_error_message());
    ck_assert_uint_eq(strlen(ntk_error_message()), NTK_MESSAGE_SIZE - 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("status");
    TCase *tests = test_case(suite, "status");
    tcase_add_test(tests, values_and_names_are_frozen);
    tcase_add_test(tests, unknown_status_has_a_name);
    tcase_add_test(tests, sentence_is_per_thread);
    tcase_add_test(tests, success_leaves_the_sentence);
    tcase_add_test(tests, long_sentence_is_cut);
    return test_run(suite);
}
