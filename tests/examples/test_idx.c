/* The IDX reader: what it accepts, and what it says of a file that it does not. */
#include "files.h"
#include "idx.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 10, 20, 30, 40, 50, 255};
static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 7, 9};

static void check_images(const char *path)
{
    idx_array array;
    char message[FILE_MESSAGE_SIZE] = "";
    ck_assert_msg(!idx_read(&array, path, 3, message), "%s", message);
    ck_assert_int_eq(array.size[0], 2);
    ck_assert_int_eq(array.size[1], 1);
    ck_assert_int_eq(array.size[2], 3);
    ck_assert_mem_eq(array.values, images + 16, 6);
    idx_free(&array);
    idx_free(&array);
}

START_TEST(accepts)
{
    check_images(files_write("images", images, sizeof images));
    check_images(files_write_gzip("images.gz", images, sizeof images));
    idx_array array;
    char message[FILE_MESSAGE_SIZE] = "";
    ck_assert_msg(!idx_read(&array, files_write("labels", labels, sizeof labels), 1, message), "%s", message);
    ck_assert_int_eq(array.size[0], 2);
    ck_assert_mem_eq(array.values, labels + 8, 2);
    idx_free(&array);
}
END_TEST

static void check_refused(const char *path, int dimensions, const char *sentence)
{
    idx_array array;
    char message[FILE_MESSAGE_SIZE] = "", expected[2 * FILE_MESSAGE_SIZE];
    snprintf(expected, sizeof expected, "%s: %s", path, sentence);
    ck_assert_int_eq(idx_read(&array, path, dimensions, message), -1);
    ck_assert_str_eq(message, expected);
    ck_assert_ptr_null(array.file);
    ck_assert_ptr_null(array.values);
}

typedef struct refused {
    size_t size;
    unsigned char bytes[20];
    int dimensions;
    const char *sentence;
} refused;

static const refused bad[] = {
    {0, {0}, 3, "not an IDX file: it ends after 0 bytes"},
    {3, {0, 0, 8}, 3, "not an IDX file: it ends after 3 bytes"},
    {8, "P5\n28 28", 3, "not an IDX file: it begins with the bytes 50 35, expected 00 00"},
    {8, {0, 0, 0x0d, 1, 0, 0, 0, 0}, 1, "byte 2, the type of the elements, is 0x0d, expected 0x08 (unsigned bytes)"},
    {10, {0, 0, 8, 1, 0, 0, 0, 2, 7, 9}, 3, "byte 3, the number of dimensions, is 1, expected 3"},
    {15, {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}, 3, "the file ends after 15 bytes, within its header"},
    {9, {0, 0, 8, 1, 0, 0, 0, 2, 7}, 1, "the header promises 2 bytes, but only 1 follow it"},
    {11, {0, 0, 8, 1, 0, 0, 0, 2, 7, 9, 4}, 1, "the header promises 2 bytes, but 3 follow it"},
    {8, {0, 0, 8, 1, 0, 0, 0, 0}, 1, "dimension 1 of its header is 0"},
    {17, {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 5}, 3, "dimension 2 of its header is 0"},
    {17,
     {0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1},
     3,
     "the header promises 4294967295 x 4294967295 x 4294967295 bytes, but only 1 follow it"},
};

START_TEST(refuses)
{
    check_refused(files_write("array", bad[_i].bytes, bad[_i].size), bad[_i].dimensions, bad[_i].sentence);
}
END_TEST

START_TEST(refuses_paths)
{
    check_refused(files_path("none"), 3, "No such file or directory");
}
END_TEST

/* Random bytes do not compress: a cut takes away contents. */
START_TEST(refuses_damaged_gzip)
{
    unsigned char noise[5000] = {0, 0, 8, 1, 0, 0, 0x13, 0x80};
    unsigned state = 1;
    for (size_t i = 8; i < sizeof noise; i++) noise[i] = (unsigned char)((state = state * 1664525u + 1013904223u) >> 24);
    idx_array array;
    char message[FILE_MESSAGE_SIZE] = "";
    const char *path = files_write_gzip("noise.gz", noise, sizeof noise);
    ck_assert_msg(!idx_read(&array, path, 1, message), "%s", message);
    ck_assert_int_eq(array.size[0], 4992);
    idx_free(&array);
    files_cut("noise.gz", 3000);
    ck_assert_int_eq(idx_read(&array, path, 1, message), -1);
    ck_assert_msg(strstr(message, "noise.gz: the gzip data end early, after "), "%s", message);

    /* one byte changed: the checksum at the end tells */
    files_write_gzip("noise.gz", noise, sizeof noise);
    FILE *file = fopen(path, "r+b");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, 2500, SEEK_SET), 0);
    int byte = fgetc(file);
    ck_assert_int_eq(fseek(file, 2500, SEEK_SET), 0);
    fputc(byte ^ 1, file);
    fclose(file);
    ck_assert_int_eq(idx_read(&array, path, 1, message), -1);
    ck_assert_msg(strstr(message, "noise.gz: the gzip data are damaged, after "), "%s", message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("examples/idx");
    TCase *cases = test_case(suite, "idx");
    tcase_add_checked_fixture(cases, files_setup, files_teardown);
    tcase_add_test(cases, accepts);
    tcase_add_loop_test(cases, refuses, 0, sizeof bad / sizeof *bad);
    tcase_add_test(cases, refuses_paths);
    tcase_add_test(cases, refuses_damaged_gzip);
    return test_run(suite);
}
