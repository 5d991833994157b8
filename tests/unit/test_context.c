/* The context: options, description, the life of a shared context, the choice of instruction set. */
#include "core/context.h"
#include "core/object.h"
#include "support.h"

#include <sched.h>
#include <string.h>

START_TEST(defaults_are_the_process)
{
    ntk_context *context;
    cpu_set_t cpus;
    CHECK_OK(ntk_context_create(&context, NULL));
    ck_assert_int_eq(sched_getaffinity(0, sizeof cpus, &cpus), 0);
    ck_assert_int_eq(context->threads, CPU_COUNT(&cpus));
    ck_assert_int_eq(context->isa, ntk_cpu_best(0));
    ntk_context_destroy(context);
}
END_TEST

START_TEST(mask_chooses_the_instruction_set)
{
    ck_assert_int_eq(ntk_cpu_best(NTK_CPU_AVX2 | NTK_CPU_AVX512), NTK_ISA_INDEX_PORTABLE);
    ck_assert_int_eq(ntk_cpu_best(NTK_CPU_AVX2), NTK_ISA_INDEX_PORTABLE);
    ck_assert_int_le(ntk_cpu_best(NTK_CPU_AVX512), NTK_ISA_INDEX_AVX2);
    ck_assert_int_ge(ntk_cpu_best(0), ntk_cpu_best(NTK_CPU_AVX512));
    ck_assert_str_eq(ntk_isa_name(NTK_ISA_INDEX_PORTABLE), "portable");
    ck_assert_str_eq(ntk_isa_name(NTK_ISA_INDEX_AVX2), "avx2");
    ck_assert_str_eq(ntk_isa_name(NTK_ISA_INDEX_AVX512), "avx512");
}
END_TEST

START_TEST(bounds_of_threads_are_accepted)
{
    const int32_t counts[] = {1, 4096};
    for (size_t i = 0; i < 2; i++) {
        ntk_context *context = test_context(counts[i], NULL);
        ck_assert_int_eq(context->threads, counts[i]);
        ntk_context_destroy(context);
    }
}
END_TEST

START_TEST(description_has_every_line)
{
    static const char *const lines[] = {"libntk: ",  "\ninstruction set: ", "\nthreads: 3 (own pool)",
                                        "\nBLAS: ",  "\nBLAS integers: ",   "\nBLAS threading: ",
                                        "\nLAPACK: "};
    char text[900], cut[900];
    ntk_context *context = test_context(3, NULL);
    CHECK_OK(ntk_context_describe(context, text, sizeof text));
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        ck_assert_msg(strstr(text, lines[i]), "%s lacks %s", text, lines[i]);
    ck_assert(strstr(text, ntk_version_string()));
    ck_assert(strstr(text, ntk_isa_name(context->isa)));

    size_t needed = strlen(text) + 1;
    CHECK_OK(ntk_context_describe(context, cut, needed));
    ck_assert_str_eq(cut, text);
    for (size_t size = 1; size < needed; size++) {
        memset(cut, 'x', sizeof cut);
        CHECK_STATUS(ntk_context_describe(context, cut, size), NTK_ERR_SHAPE);
        ck_assert_uint_eq(strlen(cut), size - 1);
        ck_assert(strncmp(cut, text, size - 1) == 0);
        ck_assert_int_eq(cut[size], 'x');
    }
    CHECK_STATUS(ntk_context_describe(context, cut, 0), NTK_ERR_SHAPE);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(object_keeps_its_context)
{
    test_memory memory = {0};
    ntk_context *context = test_context(1, &memory);
    ntk_object *object;
    CHECK_OK(ntk_object_create(context, &object, sizeof *object, NULL, "a test object"));
    ck_assert_ptr_eq(ntk_retain(object), object);
    ntk_context_destroy(context);
    ck_assert_int_eq(memory.live, 2);
    ntk_release(object);
    ck_assert_int_eq(memory.live, 2);
    ntk_release(object);
    ck_assert_int_eq(memory.live, 0);
    ntk_release(NULL);
    ck_assert_ptr_null(ntk_retain(NULL));
    ntk_context_destroy(NULL);
}
END_TEST

static int disposed;

static void count_dispose(void *self)
{
    (void)self;
    disposed++;
}

START_TEST(object_is_zeroed_and_disposed_once)
{
    test_memory memory = {0};
    ntk_context *context = test_context(1, &memory);
    struct wide {
        ntk_object object;
        unsigned char bytes[100];
    } * wide;
    CHECK_OK(ntk_object_create(context, &wide, sizeof *wide, count_dispose, "a test object"));
    for (size_t i = 0; i < sizeof wide->bytes; i++) ck_assert_uint_eq(wide->bytes[i], 0);
    ntk_retain(wide);
    ntk_release(wide);
    ck_assert_int_eq(disposed, 0);
    ntk_release(wide);
    ck_assert_int_eq(disposed, 1);

    test_memory_reset(&memory, 1);
    CHECK_STATUS(ntk_object_create(context, &wide, sizeof *wide, count_dispose, "a test object"), NTK_ERR_MEMORY);
    CHECK_MESSAGE("a test object");
    ck_assert_ptr_null(wide);
    ntk_context_destroy(context);
    ck_assert_int_eq(memory.live, 0);
    ck_assert_int_eq(disposed, 1);
}
END_TEST

static char logged[200];
static int32_t logged_level;

static void keep_log(void *user, int32_t level, const char *message)
{
    ck_assert_ptr_eq(user, logged);
    logged_level = level;
    strncpy(logged, message, sizeof logged - 1);
}

START_TEST(log_reaches_the_callback)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_context *context, *silent = test_context(1, NULL);
    options.log = keep_log;
    options.log_user = logged;
    CHECK_OK(ntk_context_create(&context, &options));
    ntk_log(silent, NTK_LOG_WARNING, "to nobody");
    ck_assert_str_eq(logged, "");
    ntk_log(context, NTK_LOG_WARNING, "a line");
    ck_assert_str_eq(logged, "a line");
    ck_assert_int_eq(logged_level, NTK_LOG_WARNING);
    ntk_context_destroy(silent);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(version_is_the_headers)
{
    ck_assert_str_eq(ntk_version_string(), NTK_VERSION_STRING);
    ck_assert_int_eq(ntk_abi_version(), NTK_ABI_VERSION);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("context");
    TCase *tests = test_case(suite, "context");
    tcase_add_test(tests, defaults_are_the_process);
    tcase_add_test(tests, mask_chooses_the_instruction_set);
    tcase_add_test(tests, bounds_of_threads_are_accepted);
    tcase_add_test(tests, description_has_every_line);
    tcase_add_test(tests, object_keeps_its_context);
    tcase_add_test(tests, object_is_zeroed_and_disposed_once);
    tcase_add_test(tests, log_reaches_the_callback);
    tcase_add_test(tests, version_is_the_headers);
    return test_run(suite);
}
