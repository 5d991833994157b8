/* Fitted models as arrays: what comes back predicts, says and becomes the same, to the bit. */
#include "archive.h"
#include "attempt.h"
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { D = 3, T = 2, M = 5, NEW = 2 };

TEST_COUNTED_FIXTURE(1)

typedef struct form {
    int32_t method, storage, dtype, intercept, light, precision;
    bool finite, streamed;
    int64_t n, centres;
} form;

/* Each method, storage and precision; more than one tile; light models; kernels with features. */
static const form forms[] = {
    {.method = NTK_RIDGE_DUAL, .n = 20, .intercept = 1},
    {.method = NTK_RIDGE_DUAL, .n = 600, .storage = NTK_STORAGE_PACKED},
    {.method = NTK_RIDGE_DUAL, .n = 600, .dtype = NTK_F32, .intercept = 1},
    {.method = NTK_RIDGE_DUAL, .n = 30, .precision = NTK_PRECISION_MIXED},
    {.method = NTK_RIDGE_DUAL, .n = 15, .light = 1},
    {.method = NTK_RIDGE_DUAL, .n = 12, .finite = true, .intercept = 1},
    {.method = NTK_RIDGE_DUAL, .n = 12, .finite = true, .light = 1},
    {.method = NTK_RIDGE_SPECTRAL, .n = 40, .intercept = 1},
    {.method = NTK_RIDGE_SPECTRAL, .n = 40, .dtype = NTK_F32},
    {.method = NTK_RIDGE_SPECTRAL, .n = 15, .light = 1},
    {.method = NTK_RIDGE_PRIMAL, .n = 50, .finite = true, .intercept = 1},
    {.method = NTK_RIDGE_PRIMAL, .n = 50, .finite = true, .dtype = NTK_F32},
    {.method = NTK_RIDGE_PRIMAL, .n = 50, .finite = true, .light = 1},
    {.method = NTK_RIDGE_PRIMAL, .n = 50, .finite = true, .streamed = true, .intercept = 1},
    {.method = NTK_RIDGE_NYSTROEM, .n = 50, .streamed = true, .centres = 9, .intercept = 1},
    {.method = NTK_RIDGE_NYSTROEM, .n = 700, .streamed = true, .centres = 600, .storage = NTK_STORAGE_PACKED, .dtype = NTK_F32},
    {.method = NTK_RIDGE_NYSTROEM, .n = 50, .streamed = true, .finite = true, .centres = 9},
    {.method = NTK_RIDGE_NYSTROEM, .n = 50, .centres = 9, .light = 1},
    {.method = NTK_RIDGE_NYSTROEM, .n = 50, .centres = 9, .light = 1, .finite = true}};
enum { FORMS = sizeof forms / sizeof *forms };

static ntk_kernel *kernel_of(bool finite)
{
    ntk_kernel *kernel;
    ntk_activation *activation;
    ntk_network_options network = NTK_INIT(ntk_network_options);
    network.inputs = D;
    network.hidden = 6;
    CHECK_OK(ntk_activation_create(context, &activation, NTK_ERF, NULL));
    CHECK_OK(finite ? ntk_kernel_create_monte_carlo(context, &kernel, activation, 1, NTK_PART_BOTH, &network)
                    : ntk_kernel_create_infinite(context, &kernel, activation, NULL));
    ntk_activation_destroy(activation);
    return kernel;
}

static test_array rows_of(int64_t rows, int64_t cols, uint64_t seed)
{
    test_array array = test_array_make(rows, cols, 0, NTK_F64);
    test_array_fill(&array, seed);
    return array;
}

static ntk_ridge *fit_centres(const form *f, const ntk_kernel *kernel, const ntk_matrix *x, const ntk_matrix *y)
{
    ntk_ridge *ridge;
    ntk_nystroem_options options = NTK_INIT(ntk_nystroem_options);
    options.count = f->centres;
    options.storage = f->storage;
    options.dtype = f->dtype;
    options.intercept = f->intercept;
    options.light = f->light;
    CHECK_OK(ntk_ridge_create_nystroem(context, &ridge, kernel, x, y, 0.125, &options));
    return ridge;
}

static int64_t read_rows(void *user, int64_t first, const ntk_matrix *x, const ntk_matrix *y)
{
    const ntk_matrix *from = user;
    int64_t rows = from[0].rows - first < x->rows ? from[0].rows - first : x->rows;
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < D; j++) test_set(x, i, j, test_get(&from[0], first + i, j));
        for (int64_t c = 0; c < T; c++) test_set(y, i, c, test_get(&from[1], first + i, c));
    }
    return rows;
}

static ntk_ridge *fit_stream(const ntk_matrix *x, const ntk_matrix *y, const ntk_ridge_options *options)
{
    ntk_ridge *ridge;
    ntk_features *features;
    ntk_network *network;
    ntk_activation *activation;
    ntk_network_options of = NTK_INIT(ntk_network_options);
    ntk_sample_stream stream = NTK_INIT(ntk_sample_stream);
    ntk_matrix from[2] = {*x, *y};
    of.inputs = stream.inputs = D;
    of.hidden = 6;
    stream.targets = T;
    stream.read = read_rows;
    stream.user = from;
    CHECK_OK(ntk_activation_create(context, &activation, NTK_ERF, NULL));
    CHECK_OK(ntk_network_create(context, &network, activation, &of));
    CHECK_OK(ntk_features_create(context, &features, network, NTK_PART_BOTH));
    CHECK_OK(ntk_ridge_create_stream(context, &ridge, features, &stream, 0.125, options));
    ntk_features_destroy(features);
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
    return ridge;
}

static ntk_ridge *fit(const form *f)
{
    ntk_ridge *ridge;
    ntk_kernel *kernel = kernel_of(f->finite);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    test_array x = rows_of(f->n, D, 1), y = rows_of(f->n, T, 2);
    options.method = f->method;
    options.storage = f->storage;
    options.dtype = f->dtype;
    options.intercept = f->intercept;
    options.light = f->light;
    options.precision = f->precision;
    if (f->centres)
        ridge = fit_centres(f, kernel, &x.view, &y.view);
    else if (f->streamed)
        ridge = fit_stream(&x.view, &y.view, &options);
    else
        CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &x.view, &y.view, 0.125, &options));
    test_array_free(&x);
    test_array_free(&y);
    ntk_kernel_destroy(kernel);
    return ridge;
}

static test_archive archive_of(const ntk_ridge *ridge)
{
    test_archive archive = {0};
    ntk_sink sink = test_archive_sink(&archive);
    CHECK_OK(ntk_ridge_export(ridge, &sink));
    return archive;
}

static ntk_ridge *import(test_archive *archive)
{
    ntk_ridge *ridge = NULL;
    ntk_source source = test_archive_source(archive);
    CHECK_OK(ntk_ridge_import(context, &ridge, &source));
    return ridge;
}

static void check_same(test_array *a, test_array *b, const char *what, int which)
{
    ck_assert_msg(test_same_bits(&a->view, &b->view), "form %d: other %s", which, what);
    test_array_free(a);
    test_array_free(b);
}

static void compare(const ntk_ridge *ridge, const ntk_ridge *back, int which)
{
    const form *f = &forms[which];
    ntk_ridge_report reports[2] = {NTK_INIT(ntk_ridge_report), NTK_INIT(ntk_ridge_report)};
    const ntk_ridge *const both[] = {ridge, back};
    test_array x = rows_of(M, D, 3), y[2], loo[2], variance[2];
    for (int i = 0; i < 2; i++) {
        CHECK_OK(ntk_ridge_summary(both[i], &reports[i]));
        reports[i].reason = NULL;
        y[i] = test_array_make(M, T, 0, NTK_F64);
        loo[i] = test_array_make(reports[i].samples, T, 0, NTK_F64);
        variance[i] = test_array_make(M, 1, 0, NTK_F64);
        CHECK_OK(ntk_ridge_predict(both[i], &y[i].view, &x.view));
        if (f->light) continue;
        if (!f->streamed) CHECK_OK(ntk_ridge_leave_one_out(both[i], &loo[i].view));
        CHECK_OK(ntk_ridge_variance(both[i], &variance[i].view, &x.view));
    }
    ck_assert_msg(memcmp(&reports[0], &reports[1], sizeof reports[0]) == 0, "form %d: another report", which);
    check_same(&y[0], &y[1], "predictions", which);
    check_same(&loo[0], &loo[1], "leave-one-out residuals", which);
    check_same(&variance[0], &variance[1], "variances", which);
    test_array_free(&x);
}

static void append_to(ntk_ridge *ridge)
{
    test_array x = rows_of(NEW, D, 4), y = rows_of(NEW, T, 5);
    ck_assert_int_ge(ntk_ridge_append(ridge, &x.view, &y.view), 0);
    test_array_free(&x);
    test_array_free(&y);
}

START_TEST(models_come_back)
{
    ntk_ridge *ridge = fit(&forms[_i]);
    test_archive archive = archive_of(ridge), again;
    ntk_ridge *back = import(&archive);
    compare(ridge, back, _i);
    again = archive_of(back);
    test_archive_compare(&archive, &again);
    if (!forms[_i].light && !forms[_i].streamed) {
        append_to(ridge);
        append_to(back);
        compare(ridge, back, _i);
    }
    test_archive_free(&archive);
    test_archive_free(&again);
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(back);
}
END_TEST

/* --- what is not what it should be --- */

static ntk_status import_ridge(void **handle, const ntk_source *source)
{
    ntk_ridge *ridge = NULL;
    ntk_status status = ntk_ridge_import(context, &ridge, source);
    *handle = ridge;
    return status;
}

/* It answers, or says why not. */
static void predict(void *ridge)
{
    test_array x = rows_of(M, D, 3), y = test_array_make(M, T, 0, NTK_F64);
    (void)!ntk_ridge_predict(ridge, &y.view, &x.view);
    test_array_free(&x);
    test_array_free(&y);
}

/* Numbers that a report may lack. */
static bool is_optional(const char *name)
{
    const char *const names[] = {"smallest_pivot", "condition",     "rss",       "log_evidence", "degrees", "kernel_scale",
                                 "shift",          "mean_diagonal", "mean_rest", "largest_rest", "gcv",     "leave_one_out"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

static const test_importer importer = {
    .import = import_ridge, .use = predict, .kind = TEST_RIDGE, .optional = is_optional, .sized = true};

/* Of models that are quickly read. */
START_TEST(altered_archives)
{
    if (forms[_i].n > 100) return;
    ntk_ridge *ridge = fit(&forms[_i]);
    test_archive archive = archive_of(ridge);
    test_archive_alter_arrays(&archive, &importer, &test_counted);
    test_archive_alter_numbers(&archive, &importer, &test_counted);
    test_archive_free(&archive);
    ntk_ridge_destroy(ridge);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ridge exchange");
    TCase *exchange = test_case(suite, "exchange");
    tcase_add_checked_fixture(exchange, setup, teardown);
    tcase_add_loop_test(exchange, models_come_back, 0, FORMS);
    tcase_add_loop_test(exchange, altered_archives, 0, FORMS);
    return test_run(suite);
}
