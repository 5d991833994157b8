/* Checks and conversions of views. */
#include "core/matrix.h"
#include "support.h"

#include <math.h>

static ntk_matrix good(double *data)
{
    ntk_matrix view = ntk_matrix_f64(data, 3, 4);
    view.stride = 5;
    return view;
}

typedef struct view_fault {
    const char *what;
    ntk_matrix view;
    ntk_status status;
} view_fault;

START_TEST(faulty_views_are_refused)
{
    static double data[15];
    ntk_matrix ok = good(data);
    view_fault faults[] = {
        {"in.data is NULL", ok, NTK_ERR_NULL},         {"in.dtype is 0", ok, NTK_ERR_DTYPE},
        {"in.dtype is 3", ok, NTK_ERR_DTYPE},          {"in.flags is 2", ok, NTK_ERR_VALUE},
        {"in.flags is -1", ok, NTK_ERR_VALUE},         {"in is 0 x 4", ok, NTK_ERR_SHAPE},
        {"in is -1 x 4", ok, NTK_ERR_SHAPE},           {"in is 3 x 0", ok, NTK_ERR_SHAPE},
        {"in.stride is 3", ok, NTK_ERR_SHAPE},         {"in.stride is 0", ok, NTK_ERR_SHAPE},
        {"in.stride is -5", ok, NTK_ERR_SHAPE},        {"addressed", ok, NTK_ERR_OVERFLOW},
        {"addressed", ok, NTK_ERR_OVERFLOW},           {"addressed", ok, NTK_ERR_OVERFLOW},
        {"in.data is not aligned", ok, NTK_ERR_VALUE},
    };
    faults[0].view.data = NULL;
    faults[1].view.dtype = 0;
    faults[2].view.dtype = 3;
    faults[3].view.flags = 2;
    faults[4].view.flags = -1;
    faults[5].view.rows = 0;
    faults[6].view.rows = -1;
    faults[7].view.cols = 0;
    faults[8].view.stride = 3;
    faults[9].view.stride = 0;
    faults[10].view.stride = -5;
    faults[11].view.rows = INT64_MAX;
    faults[12].view.stride = INT64_MAX;
    faults[13].view.rows = INT64_MAX / 5 / 8;
    faults[14].view.data = (char *)data + 4;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        CHECK_STATUS(ntk_input_check(&faults[i].view, "a_function", "in"), faults[i].status);
        CHECK_MESSAGE("a_function: ");
        CHECK_MESSAGE(faults[i].what);
        CHECK_STATUS(ntk_output_check(&faults[i].view, "a_function", "in"), faults[i].status);
    }
    CHECK_STATUS(ntk_input_check(NULL, "a_function", "in"), NTK_ERR_NULL);
    CHECK_MESSAGE("a_function: in is NULL");
}
END_TEST

START_TEST(read_only_is_an_input_only)
{
    double data[15];
    ntk_matrix view = good(data);
    CHECK_OK(ntk_input_check(&view, "f", "x"));
    CHECK_OK(ntk_output_check(&view, "f", "x"));
    view.flags = NTK_READONLY;
    CHECK_OK(ntk_input_check(&view, "f", "x"));
    CHECK_STATUS(ntk_output_check(&view, "f", "x"), NTK_ERR_VALUE);
    CHECK_MESSAGE("f: the output x is read-only");
}
END_TEST

START_TEST(one_row_may_have_any_stride)
{
    double data[4];
    ntk_matrix view = ntk_matrix_f64(data, 1, 4);
    view.stride = INT64_MAX;
    CHECK_OK(ntk_input_check(&view, "f", "x"));
}
END_TEST

START_TEST(f32_is_aligned_to_four_bytes)
{
    float data[8];
    ntk_matrix view = ntk_matrix_f32(data + 1, 1, 4);
    CHECK_OK(ntk_input_check(&view, "f", "x"));
    view.data = (char *)data + 2;
    CHECK_STATUS(ntk_input_check(&view, "f", "x"), NTK_ERR_VALUE);
}
END_TEST

START_TEST(shapes)
{
    double data[15];
    ntk_matrix view = good(data);
    CHECK_OK(ntk_shape_check(&view, 3, 4, "f", "x"));
    CHECK_OK(ntk_shape_check(&view, -1, -1, "f", "x"));
    CHECK_STATUS(ntk_shape_check(&view, 2, 4, "f", "x"), NTK_ERR_SHAPE);
    CHECK_MESSAGE("f: x has 3 rows, expected 2");
    CHECK_STATUS(ntk_shape_check(&view, -1, 5, "f", "x"), NTK_ERR_SHAPE);
    CHECK_MESSAGE("f: x has 4 columns, expected 5");
}
END_TEST

START_TEST(overlap_is_of_address_ranges)
{
    double data[40];
    ntk_matrix in = good(data + 10), out = good(data + 10);
    /* good() spans 2 * 5 + 4 elements */
    for (int64_t shift = -10; shift <= 16; shift++) {
        bool meets = shift > -14 && shift < 14;
        out.data = data + 10 + shift;
        CHECK_STATUS(ntk_disjoint_check(&out, "y", &in, "x", "f"), meets ? NTK_ERR_VALUE : NTK_OK);
        if (meets) CHECK_MESSAGE("f: the output y overlaps x");
    }
    /* views whose rows interleave meet as ranges, though no element is shared */
    out = ntk_matrix_f64(data + 14, 2, 1);
    out.stride = 5;
    CHECK_STATUS(ntk_disjoint_check(&out, "y", &in, "x", "f"), NTK_ERR_VALUE);
}
END_TEST

START_TEST(first_value_that_is_not_finite_is_named)
{
    double f64[15] = {0};
    float f32[15] = {0};
    const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    ntk_matrix wide = good(f64), narrow = ntk_matrix_f32(f32, 3, 4);
    narrow.stride = 5;
    f64[4] = (double)NAN;
    f32[4] = NAN;
    CHECK_OK(ntk_finite_check(&wide, "f", "x"));
    CHECK_OK(ntk_finite_check(&narrow, "f", "x"));
    for (size_t i = 0; i < 3; i++) {
        f64[7] = bad[i];
        f32[13] = (float)bad[i];
        f64[13] = (double)NAN;
        CHECK_STATUS(ntk_finite_check(&wide, "f", "x"), NTK_ERR_VALUE);
        CHECK_MESSAGE("in row 1, column 2 (counted from 0)");
        CHECK_STATUS(ntk_finite_check(&narrow, "f", "x"), NTK_ERR_VALUE);
        CHECK_MESSAGE("in row 2, column 3 (counted from 0)");
    }
    double limits[4] = {1.7976931348623157e308, -1.7976931348623157e308, 5e-324, -0.0};
    wide = ntk_matrix_f64(limits, 1, 4);
    CHECK_OK(ntk_finite_check(&wide, "f", "x"));
}
END_TEST

START_TEST(conversions_round_and_keep_gaps)
{
    test_array from = test_array_make(3, 4, 2, NTK_F64), to = test_array_make(3, 4, 1, NTK_F32),
               back = test_array_make(3, 4, 3, NTK_F64), same = test_array_make(3, 4, 1, NTK_F64);
    test_array_fill(&from, test_seed(1));
    ntk_convert_matrix(to.view.data, to.view.stride, NTK_F32, &from.view);
    ntk_convert_matrix(back.view.data, back.view.stride, NTK_F64, &to.view);
    ntk_convert_matrix(same.view.data, same.view.stride, NTK_F64, &from.view);
    ck_assert(test_array_is_written(&to));
    ck_assert(test_array_is_written(&back));
    ck_assert(test_same_bits(&from.view, &same.view));
    for (int64_t i = 0; i < 3; i++)
        for (int64_t j = 0; j < 4; j++)
            ck_assert_double_eq(test_get(&back.view, i, j), (double)(float)test_get(&from.view, i, j));
    test_array_free(&from);
    test_array_free(&to);
    test_array_free(&back);
    test_array_free(&same);
}
END_TEST

START_TEST(data_types)
{
    CHECK_OK(ntk_dtype_check(NTK_F64, 0, "f", "dtype"));
    CHECK_OK(ntk_dtype_check(NTK_F32, 0, "f", "dtype"));
    CHECK_OK(ntk_dtype_check(0, 1, "f", "dtype"));
    CHECK_STATUS(ntk_dtype_check(0, 0, "f", "dtype"), NTK_ERR_DTYPE);
    CHECK_STATUS(ntk_dtype_check(3, 1, "f", "dtype"), NTK_ERR_DTYPE);
    CHECK_MESSAGE("f: dtype is 3");
    CHECK_STATUS(ntk_dtype_check(-1, 1, "f", "dtype"), NTK_ERR_DTYPE);
}
END_TEST

START_TEST(helpers_of_the_header)
{
    double wide[6];
    float narrow[6];
    const ntk_matrix views[] = {ntk_matrix_f64(wide, 2, 3), ntk_matrix_const_f64(wide, 2, 3), ntk_matrix_f32(narrow, 2, 3),
                                ntk_matrix_const_f32(narrow, 2, 3)};
    for (int i = 0; i < 4; i++) {
        ck_assert_ptr_eq(views[i].data, i < 2 ? (void *)wide : (void *)narrow);
        ck_assert_int_eq(views[i].rows, 2);
        ck_assert_int_eq(views[i].cols, 3);
        ck_assert_int_eq(views[i].stride, 3);
        ck_assert_int_eq(views[i].dtype, i < 2 ? NTK_F64 : NTK_F32);
        ck_assert_int_eq(views[i].flags, i % 2 ? NTK_READONLY : 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("matrix");
    TCase *tests = test_case(suite, "matrix");
    tcase_add_test(tests, faulty_views_are_refused);
    tcase_add_test(tests, read_only_is_an_input_only);
    tcase_add_test(tests, one_row_may_have_any_stride);
    tcase_add_test(tests, f32_is_aligned_to_four_bytes);
    tcase_add_test(tests, shapes);
    tcase_add_test(tests, overlap_is_of_address_ranges);
    tcase_add_test(tests, first_value_that_is_not_finite_is_named);
    tcase_add_test(tests, conversions_round_and_keep_gaps);
    tcase_add_test(tests, data_types);
    tcase_add_test(tests, helpers_of_the_header);
    return test_run(suite);
}
