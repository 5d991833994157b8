/* The CSV reader: what it accepts, and what it says of a file that it does not. */
#include "csv.h"
#include "files.h"
#include "support.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

typedef struct accepted {
    const char *text;
    int64_t rows, cols;
    double values[6];
    const char *names[3]; /* the first NULL if there is no header */
} accepted;

static const accepted good[] = {
    {"1,2\n3,4\n", 2, 2, {1, 2, 3, 4}, {NULL}},
    {"1,2\n3,4", 2, 2, {1, 2, 3, 4}, {NULL}},
    {"a,b\r\n1,2\r\n3,4\r\n", 2, 2, {1, 2, 3, 4}, {"a", "b"}},
    {"x;y;z\n-1.5;2e3;+.25\n", 1, 3, {-1.5, 2000, 0.25}, {"x", "y", "z"}},
    {"1\t 2\n\n  \n3\t4 \n\n", 2, 2, {1, 2, 3, 4}, {NULL}},
    {"\"p, q\",\"say \"\"r\"\"\" \n \"1\" ,2\n", 1, 2, {1, 2}, {"p, q", "say \"r\""}},
    {"\xef\xbb\xbfu,v\n1,2\n", 1, 2, {1, 2}, {"u", "v"}},
    {",b\n0,7\n", 1, 2, {0, 7}, {"", "b"}},
    {"\"a;b\",c\n1,2\n", 1, 2, {1, 2}, {"a;b", "c"}},
    {"5\n6\n", 2, 1, {5, 6}, {NULL}},
};

static void check_table(const csv_table *table, const accepted *expected)
{
    ck_assert_int_eq(table->rows, expected->rows);
    ck_assert_int_eq(table->cols, expected->cols);
    for (int64_t i = 0; i < table->rows * table->cols; i++) ck_assert_double_eq(table->values[i], expected->values[i]);
    ck_assert_int_eq(!table->names, !expected->names[0]);
    for (int64_t j = 0; table->names && j < table->cols; j++) ck_assert_str_eq(table->names[j], expected->names[j]);
}

START_TEST(accepts)
{
    const accepted *expected = &good[_i];
    csv_table table;
    char message[FILE_MESSAGE_SIZE] = "";
    const char *plain = files_write("t.csv", expected->text, strlen(expected->text));
    ck_assert_msg(!csv_read(&table, plain, message), "%s", message);
    check_table(&table, expected);
    csv_free(&table);
    const char *zipped = files_write_gzip("t.csv.gz", expected->text, strlen(expected->text));
    ck_assert_msg(!csv_read(&table, zipped, message), "%s", message);
    check_table(&table, expected);
    csv_free(&table);
}
END_TEST

typedef struct refused {
    const char *text;
    const char *sentence; /* behind the path */
} refused;

static const refused bad[] = {
    {"", ":1:1: the file is empty, expected lines of numbers"},
    {"\n \r\n\n", ":1:1: the file is empty, expected lines of numbers"},
    {"a,b\n", ":1:1: no number in the file's only line, expected lines of numbers"},
    {"1,2\n3\n", ":2:2: the line ends after 1 of 2 columns"},
    {"a,b\n1,2\n\n3,4,5\n", ":4:4: the line goes on behind its 2 columns"},
    {"1,2\n3,4,\n", ":2:4: the line goes on behind its 2 columns"},
    {"a,b\n1,2\n3,x7\n", ":3:3: column 2 (b) holds \"x7\", expected a number"},
    {"1,2\n3, 4 5\n", ":2:4: column 2 holds \"4 5\", expected a number"},
    {"1,two,3\n4,5,6\n", ":1:3: column 2 holds \"two\", expected a number"},
    {"a;b\n1,5;2\n", ":2:1: column 1 (a) holds \"1,5\", expected a number"},
    {"a,b\n1,\n", ":2:3: column 2 (b) is empty, expected a number"},
    {"a,b\n,1\n", ":2:1: column 1 (a) is empty, expected a number"},
    {"a,b\n1,nan\n", ":2:3: column 2 (b) holds nan, which is not finite"},
    {"1,2\n-inf,1\n", ":2:1: column 1 holds -inf, which is not finite"},
    {"1,2\n3,1e999\n", ":2:3: column 2 holds 1e999, which is not finite"},
    {"a,b\n1,\"2\n", ":2:3: this quote is not closed on its line"},
    {"a,b\n\"1\"2,3\n", ":2:4: text follows a closing quote"},
    {"a,b\n1,\033[2J\n", ":2:3: column 2 (b) holds \"?[2J\", expected a number"},
    {"1,2\n3,0123456789012345678901234567890123456789abc\n",
     ":2:3: column 2 holds \"0123456789012345678901234567890123456789...\", expected a number"},
};

static void check_refused(const char *path, const char *sentence)
{
    csv_table table;
    char message[FILE_MESSAGE_SIZE] = "", expected[2 * FILE_MESSAGE_SIZE];
    snprintf(expected, sizeof expected, "%s%s", path, sentence);
    ck_assert_int_eq(csv_read(&table, path, message), -1);
    ck_assert_str_eq(message, expected);
    ck_assert_ptr_null(table.values);
    ck_assert_ptr_null(table.names);
    ck_assert_int_eq(table.rows, 0);
}

START_TEST(refuses)
{
    check_refused(files_write("t.csv", bad[_i].text, strlen(bad[_i].text)), bad[_i].sentence);
}
END_TEST

START_TEST(refuses_binary)
{
    static const char bytes[] = "1,2\n3,\0004\n";
    check_refused(files_write("t.csv", bytes, sizeof bytes - 1), ":2:3: column 2 holds \"?4\", expected a number");
}
END_TEST

START_TEST(refuses_paths)
{
    check_refused(files_path("none.csv"), ": No such file or directory");
    check_refused(files_path(""), ": Is a directory");
}
END_TEST

START_TEST(refuses_damaged_gzip)
{
    char text[4096];
    size_t size = 0;
    for (int i = 0; i < 300; i++) size += (size_t)snprintf(text + size, sizeof text - size, "%d,%d\n", i, i * i);
    files_write_gzip("t.csv.gz", text, size);
    files_cut("t.csv.gz", 400);
    csv_table table;
    char message[FILE_MESSAGE_SIZE] = "";
    ck_assert_int_eq(csv_read(&table, files_path("t.csv.gz"), message), -1);
    ck_assert_msg(strstr(message, "t.csv.gz: the gzip data end early, after ") && strstr(message, " bytes of contents"), "%s",
                  message);
    ck_assert_ptr_null(table.values);
}
END_TEST

START_TEST(finds_columns)
{
    csv_table table;
    char message[FILE_MESSAGE_SIZE] = "";
    const char *path = files_write("t.csv", "age,2,x y\n1,2,3\n", 16);
    ck_assert_int_eq(csv_read(&table, path, message), -1);
    ck_assert_str_eq(strchr(message, ':'), ":1:1: column 1 holds \"age\", expected a number");
    path = files_write("t.csv", "age,b,x y\n1,2,3\n", 16);
    ck_assert_int_eq(csv_read(&table, path, message), 0);
    ck_assert_int_eq(csv_column(&table, "age"), 0);
    ck_assert_int_eq(csv_column(&table, "x y"), 2);
    ck_assert_int_eq(csv_column(&table, "2"), 1);
    ck_assert_int_eq(csv_column(&table, "3"), 2);
    const char *const none[] = {"", "0", "4", "-1", "2x", "B", "99999999999999999999"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) ck_assert_int_eq(csv_column(&table, none[i]), -1);
    csv_free(&table);
    csv_free(&table);
}
END_TEST

/* Where a locale with a decimal comma is installed, it must not be asked. */
START_TEST(ignores_the_locale)
{
    csv_table table;
    char message[FILE_MESSAGE_SIZE] = "";
    const char *const names[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "fr_FR"};
    for (size_t i = 0; i < sizeof names / sizeof *names && !setlocale(LC_ALL, names[i]); i++) continue;
    const char *path = files_write("t.csv", "1.5,2\n", 6);
    ck_assert_msg(!csv_read(&table, path, message), "%s", message);
    ck_assert_double_eq(table.values[0], 1.5);
    csv_free(&table);
    setlocale(LC_ALL, "C");
}
END_TEST

/* Every prefix of a file is read or refused: no prefix is read out of bounds, which the sanitizers and valgrind would see. */
START_TEST(survives_every_prefix)
{
    static const char text[] = "\"a \"\"1\"\"\";b;c\r\n 1.5 ;\"-2\";3e2\n;4;nan\n";
    csv_table table;
    char message[FILE_MESSAGE_SIZE];
    for (size_t size = 0; size < sizeof text; size++) {
        message[0] = '\0';
        int status = csv_read(&table, files_write("t.csv", text, size), message);
        ck_assert_int_eq(!status, !message[0]);
        csv_free(&table);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("examples/csv");
    TCase *cases = test_case(suite, "csv");
    tcase_add_checked_fixture(cases, files_setup, files_teardown);
    tcase_add_loop_test(cases, accepts, 0, sizeof good / sizeof *good);
    tcase_add_loop_test(cases, refuses, 0, sizeof bad / sizeof *bad);
    tcase_add_test(cases, refuses_binary);
    tcase_add_test(cases, refuses_paths);
    tcase_add_test(cases, refuses_damaged_gzip);
    tcase_add_test(cases, finds_columns);
    tcase_add_test(cases, ignores_the_locale);
    tcase_add_test(cases, survives_every_prefix);
    return test_run(suite);
}
