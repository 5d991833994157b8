/* Every function that the headers declare is attacked: by the table of calls, or here if it returns no status. */
#include "attempt.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_destroy(void)
{
    for (int kind = TEST_CONTEXT; kind <= TEST_SPECTRUM; kind++) test_handle_destroy((test_handle_kind)kind, NULL);
}

static void check_sizes(void)
{
    test_world world;
    ck_assert_int_eq(ntk_gram_size(NULL), -1);
    ck_assert_int_eq(ntk_features_size(NULL), -1);
    ck_assert_int_eq(ntk_target_inputs(NULL), -1);
    test_world_make(&world, &test_small, NULL);
    ck_assert_int_eq(ntk_gram_size(world.gram), test_small.n);
    ck_assert_int_eq(ntk_features_size(world.features), test_small.N * (test_small.d + 1));
    ck_assert_int_eq(ntk_target_inputs(world.target), test_small.d);
    test_world_free(&world);
}

static void check_network_size(void)
{
    test_world world;
    ck_assert_int_eq(ntk_network_size(NULL, NTK_PART_BOTH), -1);
    test_world_make(&world, &test_small, NULL);
    ck_assert_int_eq(ntk_network_size(world.network, NTK_PART_BOTH), test_small.N * (test_small.d + 1));
    ck_assert_int_eq(ntk_network_size(world.network, NTK_PART_RF), test_small.N);
    ck_assert_int_eq(ntk_network_size(world.network, NTK_PART_NT), test_small.N * test_small.d);
    ck_assert_int_eq(ntk_network_size(world.deep_network, NTK_PART_RF), test_deep_width(&test_small) + 1);
    ck_assert_int_eq(ntk_network_size(world.deep_network, NTK_PART_NT),
                     test_deep_width(&test_small) * (test_small.d + test_deep_width(&test_small) + 2));
    ck_assert_int_eq(ntk_network_outputs(NULL), -1);
    ck_assert_int_eq(ntk_network_outputs(world.network), 1);
    ck_assert_int_eq(ntk_network_size(world.network, -1), -1);
    ck_assert_int_eq(ntk_network_size(world.network, 3), -1);
    test_world_free(&world);
}

static void check_records(void)
{
    test_world world;
    ck_assert_int_eq(ntk_training_records(NULL), -1);
    test_world_make(&world, &test_small, NULL);
    ck_assert_int_eq(ntk_training_records(world.training), 2);
    ck_assert_int_eq(ntk_training_records(world.streamed), 0);
    test_world_free(&world);
}

static void check_modes(void)
{
    test_world world;
    ck_assert_int_eq(ntk_spectrum_modes(NULL), -1);
    test_world_make(&world, &test_small, NULL);
    ck_assert_int_eq(ntk_spectrum_modes(world.spectrum), test_small.N);
    test_world_free(&world);
}

static void check_strings(void)
{
    ck_assert_str_eq(ntk_error_message(), "");
    ck_assert_int_eq(ntk_error_set(NTK_ERR_IO, "the disk is full"), NTK_ERR_IO);
    ck_assert_str_eq(ntk_error_message(), "the disk is full");
    ck_assert_int_eq(ntk_error_set(7, NULL), 7);
    ck_assert_str_eq(ntk_error_message(), "the disk is full");
    ck_assert_str_eq(ntk_status_name(INT32_MIN), "unknown status");
    ck_assert_str_eq(ntk_version_string(), NTK_VERSION_STRING);
    ck_assert_int_eq(ntk_abi_version(), NTK_ABI_VERSION);
}

static const struct {
    const char *function;
    void (*check)(void);
} without_status[] = {
    {"ntk_context_destroy", check_destroy},      {"ntk_activation_destroy", check_destroy},
    {"ntk_network_destroy", check_destroy},      {"ntk_features_destroy", check_destroy},
    {"ntk_kernel_destroy", check_destroy},       {"ntk_gram_destroy", check_destroy},
    {"ntk_ridge_destroy", check_destroy},        {"ntk_gram_size", check_sizes},
    {"ntk_training_destroy", check_destroy},     {"ntk_training_records", check_records},
    {"ntk_features_size", check_sizes},          {"ntk_network_size", check_network_size},
    {"ntk_network_outputs", check_network_size}, {"ntk_error_set", check_strings},
    {"ntk_status_name", check_strings},          {"ntk_error_message", check_strings},
    {"ntk_version_string", check_strings},       {"ntk_abi_version", check_strings},
    {"ntk_flow_destroy", check_destroy},         {"ntk_model_destroy", check_destroy},
    {"ntk_target_destroy", check_destroy},       {"ntk_target_inputs", check_sizes},
    {"ntk_spectrum_destroy", check_destroy},     {"ntk_spectrum_modes", check_modes},
};
enum { WITHOUT_STATUS = sizeof without_status / sizeof without_status[0] };

START_TEST(calls_without_a_status)
{
    without_status[_i].check();
}
END_TEST

static bool has_row(const char *function)
{
    for (int i = 0; i < test_row_count(); i++)
        if (strcmp(test_row_at(i)->function, function) == 0) return true;
    for (size_t i = 0; i < WITHOUT_STATUS; i++)
        if (strcmp(without_status[i].function, function) == 0) return true;
    return false;
}

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file, "cannot open %s", path);
    char *text = calloc(1, 1 << 20);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_lt(fread(text, 1, (1 << 20) - 1, file), (1 << 20) - 1);
    fclose(file);
    return text;
}

static bool is_name(char c)
{
    return strchr("abcdefghijklmnopqrstuvwxyz_0123456789", c) && c;
}

/* Declarations are "NTK_API type name(", macros begin with "#define". */
static int check_header(const char *path)
{
    int declared = 0;
    char *text = read_all(path);
    for (char *at = strstr(text, "\nNTK_API "); at; at = strstr(at + 1, "\nNTK_API ")) {
        char *open = strchr(at, '(');
        ck_assert_ptr_nonnull(open);
        char *name = open;
        while (is_name(name[-1])) name--;
        char ended[100] = "";
        ck_assert_int_lt(open - name, 100);
        memcpy(ended, name, (size_t)(open - name));
        ck_assert_msg(has_row(ended), "%s is declared in %s, but nothing attacks it", ended, path);
        declared++;
    }
    free(text);
    return declared;
}

START_TEST(every_function_has_a_row)
{
    DIR *folder = opendir(NTK_HEADERS);
    ck_assert_msg(folder, "cannot open " NTK_HEADERS);
    int declared = 0;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        char path[1024];
        const char *suffix = strchr(entry->d_name, '.');
        if (!suffix || (strcmp(suffix, ".h") != 0 && strcmp(suffix, ".h.in") != 0)) continue;
        snprintf(path, sizeof path, "%s/%s", NTK_HEADERS, entry->d_name);
        declared += check_header(path);
    }
    closedir(folder);

    /* the table names functions that are declared, each once here or in one or more variants there */
    int attacked = WITHOUT_STATUS;
    for (int i = 0; i < test_row_count(); i++)
        attacked += i == 0 || strcmp(test_row_at(i)->function, test_row_at(i - 1)->function) != 0;
    ck_assert_int_eq(declared, attacked);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("coverage of bad input");
    TCase *tests = test_case(suite, "coverage");
    tcase_add_test(tests, every_function_has_a_row);
    tcase_add_loop_test(tests, calls_without_a_status, 0, WITHOUT_STATUS);
    return test_run(suite);
}
