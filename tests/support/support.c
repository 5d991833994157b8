#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GUARD = 256, POISON = 0xA5 };

int test_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

TCase *test_case(Suite *suite, const char *name)
{
    TCase *made = tcase_create(name);
    tcase_set_timeout(made, 0);
    suite_add_tcase(suite, made);
    return made;
}

uint64_t test_seed(uint64_t standard)
{
    static bool printed;
    const char *set = getenv("NTK_TEST_SEED");
    uint64_t seed = set ? strtoull(set, NULL, 0) : standard;
    if (!printed) printf("# seed %" PRIu64 " (NTK_TEST_SEED sets another)\n", seed);
    printed = true;
    return seed;
}

void test_status(ntk_status got, ntk_status expected, const char *call, const char *file, int line)
{
    if (got != expected)
        ck_abort_msg("%s:%d: %s returned %s, expected %s; the last sentence is \"%s\"", file, line, call, ntk_status_name(got),
                     ntk_status_name(expected), ntk_error_message());
}

void test_message_has(const char *text, const char *file, int line)
{
    if (!strstr(ntk_error_message(), text))
        ck_abort_msg("%s:%d: the sentence \"%s\" lacks \"%s\"", file, line, ntk_error_message(), text);
}

/* Stands before a block, in a place of its own as long as the alignment. */
typedef struct block_size {
    void *start;
    int64_t bytes;
} block_size;

void *test_allocate(void *user, size_t size, size_t alignment)
{
    test_memory *memory = user;
    int64_t call = atomic_fetch_add(&memory->calls, 1) + 1;
    size_t before = alignment < sizeof(block_size) ? sizeof(block_size) : alignment;
    void *start = NULL;
    if (call == atomic_load(&memory->fail_at) || posix_memalign(&start, before, size + before)) {
        atomic_fetch_add(&memory->refused, 1);
        return NULL;
    }
    char *block = (char *)start + before;
    block_size *header = (block_size *)(void *)block - 1;
    header->start = start;
    header->bytes = (int64_t)size;
    memset(block, 0xFF, size);
    atomic_fetch_add(&memory->live, 1);
    int64_t bytes = atomic_fetch_add(&memory->bytes, (int64_t)size) + (int64_t)size, peak = atomic_load(&memory->peak);
    while (bytes > peak && !atomic_compare_exchange_weak(&memory->peak, &peak, bytes)) continue;
    return block;
}

void test_release(void *user, void *block)
{
    test_memory *memory = user;
    block_size *header = (block_size *)block - 1;
    atomic_fetch_sub(&memory->live, 1);
    atomic_fetch_sub(&memory->bytes, header->bytes);
    free(header->start);
}

void test_memory_reset(test_memory *memory, int64_t fail_at)
{
    atomic_store(&memory->calls, 0);
    atomic_store(&memory->refused, 0);
    atomic_store(&memory->peak, atomic_load(&memory->bytes));
    atomic_store(&memory->fail_at, fail_at);
}

void test_memory_inject(ntk_context_options *options, test_memory *memory)
{
    options->allocate = test_allocate;
    options->release = test_release;
    options->allocate_user = memory;
}

ntk_context *test_context(int32_t threads, test_memory *memory)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_context *context;
    options.threads = threads;
    if (memory) test_memory_inject(&options, memory);
    CHECK_OK(ntk_context_create(&context, &options));
    return context;
}

/* splitmix64's finaliser over seed and index. */
double test_uniform(uint64_t seed, int64_t index)
{
    uint64_t z = seed * UINT64_C(0x9E3779B97F4A7C15) + ((uint64_t)index + 1) * UINT64_C(0xD1B54A32D192ED03);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return ((double)(z >> 12) + 0.5) * 0x1p-51 - 1;
}

static size_t element_size(const ntk_matrix *view)
{
    return view->dtype == NTK_F32 ? sizeof(float) : sizeof(double);
}

test_array test_array_make(int64_t rows, int64_t cols, int64_t gap, int32_t dtype)
{
    test_array made = {.view = ntk_matrix_view(NULL, rows, cols, dtype, 0)};
    made.view.stride = cols + gap;
    made.size = (size_t)(rows * made.view.stride) * element_size(&made.view) + 2 * GUARD;
    void *bytes = NULL;
    ck_assert_int_eq(posix_memalign(&bytes, 64, made.size), 0);
    made.bytes = bytes;
    made.view.data = made.bytes + GUARD;
    test_array_poison(&made);
    return made;
}

void test_array_free(test_array *array)
{
    free(array->bytes);
    array->bytes = NULL;
}

void test_array_poison(test_array *array)
{
    memset(array->bytes, POISON, array->size);
}

static bool is_poison(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != POISON) return false;
    return true;
}

bool test_array_is_poison(const test_array *array)
{
    return is_poison(array->bytes, array->size);
}

bool test_array_is_contained(const test_array *array)
{
    size_t size = element_size(&array->view), used = (size_t)array->view.cols * size,
           stride = (size_t)array->view.stride * size;
    const unsigned char *row = array->bytes + GUARD;
    if (!is_poison(array->bytes, GUARD) || !is_poison(array->bytes + array->size - GUARD, GUARD)) return false;
    for (int64_t i = 0; i < array->view.rows; i++, row += stride)
        if (!is_poison(row + used, stride - used)) return false;
    return true;
}

bool test_array_is_written(const test_array *array)
{
    size_t size = element_size(&array->view);
    if (!test_array_is_contained(array)) return false;
    for (int64_t i = 0; i < array->view.rows; i++)
        for (int64_t j = 0; j < array->view.cols; j++)
            if (is_poison(array->bytes + GUARD + (size_t)(i * array->view.stride + j) * size, size)) return false;
    return true;
}

void test_array_fill(test_array *array, uint64_t seed)
{
    const ntk_matrix *view = &array->view;
    for (int64_t i = 0; i < view->rows; i++)
        for (int64_t j = 0; j < view->cols; j++) test_set(view, i, j, test_uniform(seed, i * view->cols + j));
}

ntk_ridge_report test_summary(const ntk_ridge *ridge)
{
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    CHECK_OK(ntk_ridge_summary(ridge, &report));
    return report;
}

double test_get(const ntk_matrix *view, int64_t row, int64_t col)
{
    int64_t index = row * view->stride + col;
    return view->dtype == NTK_F32 ? (double)((const float *)view->data)[index] : ((const double *)view->data)[index];
}

void test_set(const ntk_matrix *view, int64_t row, int64_t col, double value)
{
    int64_t index = row * view->stride + col;
    if (view->dtype == NTK_F32)
        ((float *)view->data)[index] = (float)value;
    else
        ((double *)view->data)[index] = value;
}

bool test_same_bits(const ntk_matrix *a, const ntk_matrix *b)
{
    size_t size = element_size(a);
    if (a->rows != b->rows || a->cols != b->cols || a->dtype != b->dtype) return false;
    for (int64_t i = 0; i < a->rows; i++)
        if (memcmp((const char *)a->data + (size_t)(i * a->stride) * size,
                   (const char *)b->data + (size_t)(i * b->stride) * size, (size_t)a->cols * size) != 0)
            return false;
    return true;
}

int test_stop(void *user, const char *stage, double fraction)
{
    test_stopper *own = user;
    (void)stage, (void)fraction;
    return ++own->calls == own->stop_at;
}
