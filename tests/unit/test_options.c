/* Structs stamped with their size: older callers' are shorter, newer callers' longer. */
#include "core/options.h"
#include "support.h"

#include <string.h>

/* The first version ended with first; the library knows second too; a newer caller has third. */
typedef struct newer {
    size_t struct_size;
    int64_t first, second, third;
} newer;

enum { VERSION_1 = offsetof(newer, second), KNOWN = offsetof(newer, third) };

START_TEST(null_is_all_defaults)
{
    newer own;
    memset(&own, 1, sizeof own);
    CHECK_OK(ntk_options_read(&own, KNOWN, VERSION_1, NULL, "newer"));
    ck_assert_uint_eq(own.struct_size, KNOWN);
    ck_assert_int_eq(own.first, 0);
    ck_assert_int_eq(own.second, 0);
}
END_TEST

START_TEST(older_caller_is_understood)
{
    newer own, caller = {.struct_size = VERSION_1, .first = 5, .second = 6};
    CHECK_OK(ntk_options_read(&own, KNOWN, VERSION_1, &caller, "newer"));
    ck_assert_uint_eq(own.struct_size, KNOWN);
    ck_assert_int_eq(own.first, 5);
    ck_assert_int_eq(own.second, 0);
}
END_TEST

START_TEST(newer_caller_with_zero_tail_is_understood)
{
    newer own, caller = {.struct_size = sizeof caller, .first = 5, .second = 6};
    own.third = 77;
    CHECK_OK(ntk_options_read(&own, KNOWN, VERSION_1, &caller, "newer"));
    ck_assert_uint_eq(own.struct_size, KNOWN);
    ck_assert_int_eq(own.second, 6);
    ck_assert_int_eq(own.third, 77);
}
END_TEST

START_TEST(newer_caller_with_a_set_tail_is_refused)
{
    newer own, caller = {.struct_size = sizeof caller, .third = INT64_C(1) << 56};
    CHECK_STATUS(ntk_options_read(&own, KNOWN, VERSION_1, &caller, "newer"), NTK_ERR_OPTION);
    CHECK_MESSAGE("newer: byte 31 is set");
}
END_TEST

START_TEST(impossible_sizes_are_refused)
{
    const size_t sizes[] = {0, 1, VERSION_1 - 1, 65537, SIZE_MAX, 0xA5A5A5A5};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        newer own, caller = {.struct_size = sizes[i], .first = 3};
        CHECK_STATUS(ntk_options_read(&own, KNOWN, VERSION_1, &caller, "newer"), NTK_ERR_OPTION);
        CHECK_MESSAGE("newer: struct_size is ");
        CHECK_MESSAGE("NTK_INIT(newer)");
        CHECK_STATUS(ntk_options_write(&caller, VERSION_1, &own, KNOWN, "newer"), NTK_ERR_OPTION);
        ck_assert_uint_eq(caller.struct_size, sizes[i]);
        ck_assert_int_eq(caller.first, 3);
    }
}
END_TEST

START_TEST(results_fit_the_caller)
{
    const newer own = {.struct_size = KNOWN, .first = 1, .second = 2};
    const size_t sizes[] = {VERSION_1, KNOWN, sizeof(newer)};
    for (size_t i = 0; i < 3; i++) {
        newer caller = {.struct_size = sizes[i], .first = -1, .second = -1, .third = -1};
        CHECK_OK(ntk_options_write(&caller, VERSION_1, &own, KNOWN, "newer"));
        ck_assert_uint_eq(caller.struct_size, sizes[i]);
        ck_assert_int_eq(caller.first, 1);
        ck_assert_int_eq(caller.second, sizes[i] >= KNOWN ? 2 : -1);
        ck_assert_int_eq(caller.third, sizes[i] >= sizeof(newer) ? 0 : -1);
    }
}
END_TEST

START_TEST(sizes_of_the_first_version_are_frozen)
{
    ck_assert_uint_eq(sizeof(ntk_context_options), 96);
    ck_assert_uint_eq(offsetof(ntk_activation_options, shift), 40); /* which has grown since */
    ck_assert_uint_eq(sizeof(ntk_activation_functions), 72);
    ck_assert_uint_eq(sizeof(ntk_moments), 64);
    ck_assert_uint_eq(offsetof(ntk_network_options, layers), 72); /* and so have these */
    ck_assert_uint_eq(sizeof(ntk_kernel_options), 80);
    ck_assert_uint_eq(sizeof(ntk_gram_options), 16);
    ck_assert_uint_eq(offsetof(ntk_ridge_options, lambdas), 32);
    ck_assert_uint_eq(offsetof(ntk_ridge_report, condition), 80);
    ck_assert_uint_eq(sizeof(ntk_matrix), 40);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *tests = test_case(suite, "options");
    tcase_add_test(tests, null_is_all_defaults);
    tcase_add_test(tests, older_caller_is_understood);
    tcase_add_test(tests, newer_caller_with_zero_tail_is_understood);
    tcase_add_test(tests, newer_caller_with_a_set_tail_is_refused);
    tcase_add_test(tests, impossible_sizes_are_refused);
    tcase_add_test(tests, results_fit_the_caller);
    tcase_add_test(tests, sizes_of_the_first_version_are_frozen);
    return test_run(suite);
}
