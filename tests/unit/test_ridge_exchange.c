/* Fitted models as arrays: what comes back predicts, says and becomes the same, to the bit. */
#include "archive.h"
#include "attempt.h"
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { D = 3, T = 2, M = 5, NEW = 2 };

static ntk_context *context;

static void setup(void)
{
    context = test_context(1, &test_counted);
}
static void teardown(void)
{
    ntk_context_destroy(context);
    ck_assert_int_eq(test_counted.live, 0);
}

typedef struct form {
    int32_t method, storage, dtype, intercept, light, precision;
    bool finite;
    int64_t n;
} form;

/* Each method, storage and precision; more than one tile; light models; kernels with features. */
static const form forms[] = {{.method = NTK_RIDGE_DUAL, .n = 20, .intercept = 1},
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
                             {.method = NTK_RIDGE_PRIMAL, .n = 50, .finite = true, .light = 1}};
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
        CHECK_OK(ntk_ridge_leave_one_out(both[i], &loo[i].view));
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
    ck_assert_int_eq(again.count, archive.count);
    for (int64_t i = 0; i < archive.count; i++)
        ck_assert_msg(strcmp(archive.entries[i].name, again.entries[i].name) == 0 &&
                          memcmp(archive.entries[i].array.data, again.entries[i].array.data,
                                 test_array_bytes(&archive.entries[i].array)) == 0,
                      "form %d: %s has changed", _i, archive.entries[i].name);
    if (!forms[_i].light) {
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

static void refuse(test_archive *archive, const char *name, const char *what)
{
    ntk_ridge *back = NULL;
    int64_t live = test_counted.live;
    ntk_source source = test_archive_source(archive);
    ntk_status status = ntk_ridge_import(context, &back, &source);
    ck_assert_msg(status == NTK_ERR_FORMAT && !back, "%s, %s: %s", name, what, ntk_status_name(status));
    ck_assert_int_eq(test_counted.live, live);
}

/* Numbers that a report may lack. */
static bool is_optional(const char *name)
{
    const char *const names[] = {"smallest_pivot", "condition", "rss", "log_evidence", "degrees", "kernel_scale"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

static bool is_small(const form *f)
{
    return f->n < 100;
}

START_TEST(other_arrays_are_refused)
{
    if (!is_small(&forms[_i])) return;
    ntk_ridge *ridge = fit(&forms[_i]);
    test_archive archive = archive_of(ridge);
    for (int64_t i = 0; i < archive.count; i++) {
        test_entry *entry = &archive.entries[i];
        const ntk_array kept = entry->array;
        if (!is_optional(entry->name)) {
            char letter = entry->name[0];
            entry->name[0] = 'X';
            refuse(&archive, entry->name, "absent");
            entry->name[0] = letter;
        }
        entry->array.type = kept.type % 4 + 1;
        refuse(&archive, entry->name, "of another type");
        entry->array = kept;
        entry->array.rank = (kept.rank + 1) % 3;
        refuse(&archive, entry->name, "of another rank");
        entry->array = kept;
        if (kept.rank > 0) {
            entry->array.shape[0]--;
            refuse(&archive, entry->name, "too short");
        }
        entry->array = kept;
    }
    test_archive_free(&archive);
    ntk_ridge_destroy(ridge);
}
END_TEST

/* Any number may be anything: it is refused, or there is a model that answers or says why not. */
START_TEST(any_number_may_be_anything)
{
    const double reals[] = {NAN, INFINITY, -1, 0, 1e300};
    const int64_t integers[] = {INT64_MIN, -1, 0, 1, 2, 1000000, INT64_MAX};
    if (!is_small(&forms[_i])) return;
    ntk_ridge *ridge = fit(&forms[_i]);
    test_archive archive = archive_of(ridge);
    test_array x = rows_of(M, D, 3), y = test_array_make(M, T, 0, NTK_F64);
    for (int64_t i = 0; i < archive.count; i++)
        for (int k = 0; k < 7; k++) {
            ntk_array *array = &archive.entries[i].array;
            char kept[8];
            size_t size = array->type == NTK_ARRAY_F32 ? 4 : 8;
            void *data = (void *)(uintptr_t)array->data;
            if (array->type == NTK_ARRAY_TEXT || (array->type != NTK_ARRAY_I64 && k >= 5)) continue;
            memcpy(kept, data, size);
            float single = (float)reals[k % 5];
            memcpy(data,
                   array->type == NTK_ARRAY_I64   ? (const void *)&integers[k]
                   : array->type == NTK_ARRAY_F32 ? (const void *)&single
                                                  : (const void *)&reals[k],
                   size);
            ntk_ridge *back = NULL;
            ntk_source source = test_archive_source(&archive);
            int64_t live = test_counted.live;
            ntk_status status = ntk_ridge_import(context, &back, &source);
            if (status == NTK_OK)
                (void)!ntk_ridge_predict(back, &y.view, &x.view);
            else
                ck_assert_msg((status == NTK_ERR_FORMAT || status == NTK_ERR_MEMORY) && !back, "%s: %s",
                              archive.entries[i].name, ntk_status_name(status));
            ntk_ridge_destroy(back);
            ck_assert_int_eq(test_counted.live, live);
            memcpy(data, kept, size);
        }
    test_array_free(&x);
    test_array_free(&y);
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
    tcase_add_loop_test(exchange, other_arrays_are_refused, 0, FORMS);
    tcase_add_loop_test(exchange, any_number_may_be_anything, 0, FORMS);
    return test_run(suite);
}
