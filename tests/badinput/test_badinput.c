/* Every argument of every call, made wrong in every way that the headers refuse: the documented status, a sentence that names
 * the function and the argument, nothing written, and afterwards the call gives the bits that it gave before. */
#include "attempt.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static test_world world;
static test_attempt attempt;
static uint64_t right;

static void begin(int row, int32_t dtype)
{
    test_world_make(&world, &test_small, NULL);
    test_attempt_make(&attempt, test_row_at(row), &world, dtype);
    right = test_attempt_succeed(&attempt);
    test_attempt_reset(&attempt);
}

static void end(void)
{
    test_attempt_free(&attempt);
    test_world_free(&world);
}

static bool is_part_of_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool has_word(const char *sentence, const char *word)
{
    for (const char *at = strstr(sentence, word); at; at = strstr(at + 1, word))
        if ((at == sentence || !is_part_of_word(at[-1])) && !is_part_of_word(at[strlen(word)])) return true;
    return false;
}

static bool names_a_view(test_argument_kind kind)
{
    for (int i = 0; i < attempt.count; i++)
        if (attempt.row->arguments[i].kind == kind && has_word(ntk_error_message(), attempt.row->arguments[i].name))
            return true;
    return false;
}

/* Runs the faulty call.  what describes the fault; name is the argument or the member that the sentence must name.  Where two
 * views do not fit each other, name is NULL: the sentence names a view. */
static void expect(ntk_status status, const test_argument *argument, const char *name, const char *what, double value)
{
    const test_row *row = attempt.row;
    char fault[200];
    snprintf(fault, sizeof fault, "%s %s %g", name ? name : argument->name, what, value);
    ntk_status got = test_attempt_run(&attempt);
    if (got != status)
        ck_abort_msg("%s (%s), %s: returned %s, expected %s; the last sentence is \"%s\"", row->function, row->variant, fault,
                     ntk_status_name(got), ntk_status_name(status), ntk_error_message());
    bool named =
        has_word(ntk_error_message(), row->function) || (argument->type && has_word(ntk_error_message(), argument->type));
    if (!named || !(name ? has_word(ntk_error_message(), name) : names_a_view(TEST_INPUT) || names_a_view(TEST_OUTPUT)))
        ck_abort_msg("%s (%s), %s: the sentence \"%s\" does not name function and argument", row->function, row->variant, fault,
                     ntk_error_message());
    test_attempt_check_untouched(&attempt, fault);
}

/* Whether the call still does what it did. */
static void recover(const char *name, const char *what)
{
    if (test_attempt_succeed(&attempt) != right)
        ck_abort_msg("%s (%s) gives other bits after %s %s", attempt.row->function, attempt.row->variant, name, what);
    test_attempt_reset(&attempt);
}

#define FOR_EACH_ARGUMENT(i, argument)      \
    for (int i = 0; i < attempt.count; i++) \
        for (const test_argument *argument = &attempt.row->arguments[i]; argument; argument = NULL)

static bool is_view(const test_argument *argument)
{
    return argument->kind == TEST_INPUT || argument->kind == TEST_OUTPUT;
}

static void null_options(int i, const test_argument *argument)
{
    if (argument->traits & TEST_REQUIRED) {
        expect(NTK_ERR_NULL, argument, argument->name, "is NULL", 0);
    } else {
        ck_assert_int_ge(test_attempt_run(&attempt), NTK_OK); /* or a note */
        uint64_t hash = test_attempt_hash(&attempt);
        if (!argument->initial && hash != right)
            ck_abort_msg("%s: NULL is not the default of argument %d", attempt.row->function, i);
    }
}

START_TEST(null_pointers)
{
    begin(_i, NTK_F64);
    FOR_EACH_ARGUMENT(i, argument)
    {
        if (argument->kind == TEST_NUMBER || argument->kind == TEST_INTEGER || argument->kind == TEST_USER) continue;
        if (argument->traits & TEST_OPTIONAL) continue;
        attempt.values[i].pointer = NULL;
        if (argument->kind == TEST_OPTIONS)
            null_options(i, argument);
        else
            expect(NTK_ERR_NULL, argument, argument->name, "is NULL", 0);
        recover(argument->name, "was NULL");
        if (!is_view(argument)) continue;
        attempt.views[i].data = NULL;
        expect(NTK_ERR_NULL, argument, argument->name, "has no data", 0);
        recover(argument->name, "had no data");
    }
    end();
}
END_TEST

static void faulty_shape(const test_argument *argument, ntk_matrix *view, bool rows)
{
    int64_t *size = rows ? &view->rows : &view->cols, right_size = *size;
    const int64_t never[] = {0, -1, INT64_MIN}, misfits[] = {right_size - 1, right_size + 1, 2 * right_size};
    for (size_t i = 0; i < 3; i++) {
        *size = never[i];
        expect(NTK_ERR_SHAPE, argument, argument->name, rows ? "has rows" : "has columns", (double)never[i]);
    }
    for (size_t i = 0; i < 3 && argument->traits & (rows ? TEST_ROWS : TEST_COLS); i++) {
        *size = misfits[i];
        if (view->stride < view->cols) view->stride = view->cols;
        expect(NTK_ERR_SHAPE, argument, NULL, rows ? "has rows" : "has columns", (double)misfits[i]);
    }
    *size = INT64_MAX;
    if (rows)
        expect(NTK_ERR_OVERFLOW, argument, argument->name, "has rows", (double)INT64_MAX);
    else
        expect(NTK_ERR_SHAPE, argument, argument->name, "has columns beyond its stride", (double)INT64_MAX);
    recover(argument->name, "had a wrong shape");
}

static void faulty_stride(const test_argument *argument, ntk_matrix *view)
{
    const int64_t strides[] = {view->cols - 1, 0, -1, -view->cols, INT64_MIN};
    for (size_t i = 0; i < sizeof strides / sizeof strides[0]; i++) {
        view->stride = strides[i];
        expect(NTK_ERR_SHAPE, argument, argument->name, "has stride", (double)strides[i]);
    }
    const int64_t huge[] = {INT64_MAX, INT64_MAX / view->rows};
    for (size_t i = 0; i < 2 && view->rows > 1; i++) {
        view->stride = huge[i];
        expect(NTK_ERR_OVERFLOW, argument, argument->name, "has stride", (double)huge[i]);
    }
    recover(argument->name, "had a wrong stride");
}

static void faulty_type(const test_argument *argument, ntk_matrix *view)
{
    const int32_t unknown[] = {0, 3, -1, INT32_MAX}, right_type = view->dtype;
    for (size_t i = 0; i < 4; i++) {
        view->dtype = unknown[i];
        expect(NTK_ERR_DTYPE, argument, argument->name, "has type", unknown[i]);
    }
    if (argument->traits & (TEST_SAME | TEST_F64)) {
        view->dtype = right_type == NTK_F64 ? NTK_F32 : NTK_F64;
        view->stride = right_type == NTK_F64 ? view->stride : view->cols;
        expect(NTK_ERR_DTYPE, argument, argument->name, "has the other type", 0);
    }
    recover(argument->name, "had a wrong type");
}

static void faulty_flags(const test_argument *argument, ntk_matrix *view)
{
    const int32_t unknown[] = {2, 3, -1, INT32_MIN};
    for (size_t i = 0; i < 4; i++) {
        view->flags = unknown[i];
        expect(NTK_ERR_VALUE, argument, argument->name, "has flags", unknown[i]);
    }
    view->flags = NTK_READONLY;
    if (argument->kind == TEST_OUTPUT) expect(NTK_ERR_VALUE, argument, argument->name, "is read-only", 0);
    recover(argument->name, "had wrong flags");
}

static void faulty_alignment(const test_argument *argument, ntk_matrix *view)
{
    const int size = view->dtype == NTK_F64 ? 8 : 4;
    char *data = view->data;
    for (int shift = 1; shift < size; shift++) {
        view->data = data + shift;
        expect(NTK_ERR_VALUE, argument, argument->name, "is misaligned by", shift);
    }
    recover(argument->name, "was misaligned");
}

static void check_views(void)
{
    FOR_EACH_ARGUMENT(i, argument)
    {
        if (!is_view(argument)) continue;
        faulty_shape(argument, &attempt.views[i], true);
        faulty_shape(argument, &attempt.views[i], false);
        faulty_stride(argument, &attempt.views[i]);
        faulty_type(argument, &attempt.views[i]);
        faulty_flags(argument, &attempt.views[i]);
        faulty_alignment(argument, &attempt.views[i]);
    }
}

START_TEST(faulty_views)
{
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        begin(_i, dtype);
        check_views();
        end();
    }
}
END_TEST

static int64_t extent(const ntk_matrix *view)
{
    return (view->rows - 1) * view->stride + view->cols;
}

/* The output starts where the input does, or on its last element, or ends on its first. */
static void check_overlap(int out, int in)
{
    const test_argument *argument = &attempt.row->arguments[out];
    ntk_matrix *y = &attempt.views[out];
    const ntk_matrix *x = &attempt.views[in];
    const int64_t size = x->dtype == NTK_F64 ? 8 : 4;
    const int64_t shifts[] = {0, extent(x) - 1, 1 - extent(y)};
    for (size_t i = 0; i < 3; i++) {
        y->data = (void *)((uintptr_t)x->data + (uintptr_t)(shifts[i] * size));
        expect(NTK_ERR_VALUE, argument, argument->name, "overlaps an input at", (double)shifts[i]);
        /* the output may reach another input as well, and that one be named */
        ck_assert_msg(names_a_view(TEST_INPUT), "%s: \"%s\" does not name an input", attempt.row->function,
                      ntk_error_message());
        test_attempt_check_inputs(&attempt, "overlap");
    }
    recover(argument->name, "overlapped an input");
}

START_TEST(overlapping_views)
{
    begin(_i, NTK_F64);
    FOR_EACH_ARGUMENT(out, output)
    {
        if (output->kind != TEST_OUTPUT) continue;
        for (int in = 0; in < attempt.count; in++)
            if (attempt.row->arguments[in].kind == TEST_INPUT) check_overlap(out, in);
    }
    end();
}
END_TEST

static void check_not_finite(const test_argument *argument, const ntk_matrix *view)
{
    const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    const int64_t places[][2] = {
        {0, 0}, {view->rows - 1, view->cols - 1}, {view->rows / 2, view->cols / 2}, {view->rows - 1, 0}};
    for (size_t p = 0; p < 4; p++)
        for (size_t b = 0; b < 3; b++) {
            char row[40], column[40];
            double was = test_get(view, places[p][0], places[p][1]);
            test_set(view, places[p][0], places[p][1], bad[b]);
            expect(NTK_ERR_VALUE, argument, argument->name, "holds", bad[b]);
            snprintf(row, sizeof row, "row %d", (int)places[p][0]);
            snprintf(column, sizeof column, "column %d", (int)places[p][1]);
            ck_assert_msg(has_word(ntk_error_message(), row) && has_word(ntk_error_message(), column),
                          "%s: \"%s\" does not name %s and %s", attempt.row->function, ntk_error_message(), row, column);
            test_set(view, places[p][0], places[p][1], was);
        }
    test_attempt_check_inputs(&attempt, "values that are not finite");
    recover(argument->name, "held values that are not finite");
}

START_TEST(values_not_finite)
{
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        begin(_i, dtype);
        FOR_EACH_ARGUMENT(i, argument)
        {
            if (argument->kind == TEST_INPUT && argument->traits & TEST_FINITE) check_not_finite(argument, &attempt.views[i]);
        }
        end();
    }
}
END_TEST

static void set_member(test_block *block, const test_bad *bad)
{
    const int32_t narrow = (int32_t)bad->integer;
    unsigned char *at = block->bytes + bad->offset;
    if (bad->scalar == TEST_F64_SCALAR)
        memcpy(at, &bad->number, sizeof bad->number);
    else if (bad->scalar == TEST_I64)
        memcpy(at, &bad->integer, sizeof bad->integer);
    else
        memcpy(at, &narrow, sizeof narrow);
}

START_TEST(values_outside_their_domain)
{
    begin(_i, NTK_F64);
    FOR_EACH_ARGUMENT(i, argument)
    {
        for (const test_bad *bad = argument->bad; bad && bad->status; bad++) {
            const char *name = bad->member ? bad->member : argument->name;
            if (bad->member)
                set_member(&attempt.blocks[i], bad);
            else if (argument->kind == TEST_NUMBER)
                attempt.values[i].number = bad->number;
            else
                attempt.values[i].integer = bad->integer;
            expect(bad->status, argument, name, "is", bad->scalar == TEST_F64_SCALAR ? bad->number : (double)bad->integer);
            recover(name, "was outside its domain");
        }
    }
    end();
}
END_TEST

static void set_size(int i, size_t size)
{
    memcpy(attempt.blocks[i].bytes, &size, sizeof size);
}

static void check_long_options(int i, const test_argument *argument)
{
    set_size(i, argument->size + 24);
    ck_assert_int_eq(test_attempt_run(&attempt), NTK_OK);
    if (test_attempt_hash(&attempt) != right)
        ck_abort_msg("%s: a longer %s gives other bits", attempt.row->function, argument->type);
    for (size_t byte = 0; byte < 24; byte += 23) {
        test_attempt_reset(&attempt);
        set_size(i, argument->size + 24);
        attempt.blocks[i].bytes[argument->size + byte] = 1;
        expect(NTK_ERR_OPTION, argument, argument->type, "has an unknown byte", (double)byte);
    }
}

static void check_long_report(int i, const test_argument *argument)
{
    const unsigned char zeros[24] = {0};
    test_attempt_succeed(&attempt);
    test_block expected = attempt.blocks[i];
    test_attempt_reset(&attempt);
    set_size(i, argument->size + 24);
    ck_assert_int_eq(test_attempt_run(&attempt), NTK_OK);
    const unsigned char *bytes = attempt.blocks[i].bytes;
    ck_assert(memcmp(bytes + sizeof(size_t), expected.bytes + sizeof(size_t), argument->size - sizeof(size_t)) == 0);
    ck_assert(memcmp(bytes + argument->size, zeros, 24) == 0);
    ck_assert(memcmp(bytes + argument->size + 24, expected.bytes + argument->size + 24, TEST_BLOCK - argument->size - 24) == 0);
    test_attempt_discard(&attempt);
}

/* The size of a struct's first version, the shortest that is read. */
static size_t first_size(const test_argument *argument)
{
    static const struct {
        const char *type;
        size_t size;
    } grown[] = {{"ntk_activation_options", 40}, {"ntk_network_options", 72}};
    for (size_t i = 0; i < sizeof grown / sizeof grown[0]; i++)
        if (strcmp(argument->type, grown[i].type) == 0) return grown[i].size;
    return argument->size;
}

START_TEST(struct_sizes)
{
    begin(_i, NTK_F64);
    FOR_EACH_ARGUMENT(i, argument)
    {
        if (argument->kind != TEST_OPTIONS && argument->kind != TEST_REPORT) continue;
        const size_t sizes[] = {0, 1, sizeof(size_t), first_size(argument) - 1, 65537, (size_t)1 << 40, SIZE_MAX};
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            set_size(i, sizes[s]);
            expect(NTK_ERR_OPTION, argument, "struct_size", "is", (double)sizes[s]);
        }
        recover(argument->name, "had a wrong struct_size");
        if (argument->kind == TEST_OPTIONS)
            check_long_options(i, argument);
        else
            check_long_report(i, argument);
        recover(argument->name, "was longer");
    }
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bad input");
    TCase *tests = test_case(suite, "every call");
    int rows = test_row_count();
    tcase_add_loop_test(tests, null_pointers, 0, rows);
    tcase_add_loop_test(tests, faulty_views, 0, rows);
    tcase_add_loop_test(tests, overlapping_views, 0, rows);
    tcase_add_loop_test(tests, values_not_finite, 0, rows);
    tcase_add_loop_test(tests, values_outside_their_domain, 0, rows);
    tcase_add_loop_test(tests, struct_sizes, 0, rows);
    return test_run(suite);
}
