/* What every test program shares: running a suite, a counting allocator, data, and views with guards around them. */
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

#include <check.h>
#include <inttypes.h>
#include <ntk/ntk.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* The thread sanitizer cannot follow threads that a forked child starts. */
#if defined(__SANITIZE_THREAD__)
#define TEST_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TEST_THREAD_SANITIZER 1
#endif
#endif
#ifndef TEST_THREAD_SANITIZER
#define TEST_THREAD_SANITIZER 0
#endif

/* The address sanitizer's allocator may be locked by another thread at the moment of a fork, and then stays so in the child. */
#if defined(__SANITIZE_ADDRESS__)
#define TEST_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TEST_ADDRESS_SANITIZER 1
#endif
#endif
#ifndef TEST_ADDRESS_SANITIZER
#define TEST_ADDRESS_SANITIZER 0
#endif

/* Check writes a line to a file at each assertion that holds, to say where a test crashed; here millions of entries are compared. */
#undef ck_assert_msg
#define ck_assert_msg(expr, ...) \
    (expr) ? (void)0 : _ck_assert_failed(__FILE__, __LINE__, "Assertion '" #expr "' failed", __VA_ARGS__)

/* Runs the suite, prints its failures, and returns main's exit status.  Check's own timeout is off: the runner has one. */
int test_run(Suite *suite);

/* A test case of the suite without Check's timeout. */
TCase *test_case(Suite *suite, const char *name);

/* The seed of a program's random data: NTK_TEST_SEED, or the default.  Printed once. */
uint64_t test_seed(uint64_t standard);

/* Fails the test unless the call returned the status; shows the library's sentence. */
void test_status(ntk_status got, ntk_status expected, const char *call, const char *file, int line);
#define CHECK_STATUS(call, expected) test_status((call), (expected), #call, __FILE__, __LINE__)
#define CHECK_OK(call) CHECK_STATUS(call, NTK_OK)

/* Fails the test unless the calling thread's sentence holds the text. */
void test_message_has(const char *text, const char *file, int line);
#define CHECK_MESSAGE(text) test_message_has((text), __FILE__, __LINE__)

/* An allocator that counts, fills what it gives with NaN, and can refuse.  Safe from many threads.
 * calls    allocations asked for since the last reset
 * live     blocks given and not yet given back
 * bytes, peak  in them, now and at most since the last reset
 * fail_at  which call is refused, counted from 1 since the last reset; 0: none
 * refused  how many were */
typedef struct test_memory {
    _Atomic int64_t calls, live, bytes, peak, fail_at, refused;
} test_memory;

void *test_allocate(void *memory, size_t size, size_t alignment);
void test_release(void *memory, void *block);

/* Begins a new count; the blocks that live stay counted as such. */
void test_memory_reset(test_memory *memory, int64_t fail_at);

/* Sets the allocator of a context's options. */
void test_memory_inject(ntk_context_options *options, test_memory *memory);

/* A fixture: context, of so many threads, is made by setup for each test and destroyed by teardown. */
#define TEST_CONTEXT_FIXTURE(threads)          \
    static ntk_context *context;               \
    static void setup(void)                    \
    {                                          \
        context = test_context(threads, NULL); \
    }                                          \
    static void teardown(void)                 \
    {                                          \
        ntk_context_destroy(context);          \
    }

/* A context with so many threads and, unless it is NULL, the counting allocator. */
ntk_context *test_context(int32_t threads, test_memory *memory);

/* Number index of a sequence of uniform numbers in (-1, 1); of no other use than to be data. */
double test_uniform(uint64_t seed, int64_t index);

/* An array with a guard before and behind it and gaps between its rows.  The view is what the library gets. */
typedef struct test_array {
    ntk_matrix view;
    unsigned char *bytes;
    size_t size;
} test_array;

/* rows x cols with a stride of cols + gap.  Guards, gaps and elements hold a pattern that no result has. */
test_array test_array_make(int64_t rows, int64_t cols, int64_t gap, int32_t dtype);
void test_array_free(test_array *array);

/* Every byte, guards and gaps too, as after test_array_make. */
void test_array_poison(test_array *array);
bool test_array_is_poison(const test_array *array);

/* Whether the guards and gaps hold the pattern; and whether, besides, no element does. */
bool test_array_is_contained(const test_array *array);
bool test_array_is_written(const test_array *array);

/* Elements uniform in (-1, 1). */
void test_array_fill(test_array *array, uint64_t seed);

double test_get(const ntk_matrix *view, int64_t row, int64_t col);

/* What a model says of itself. */
ntk_ridge_report test_summary(const ntk_ridge *ridge);
void test_set(const ntk_matrix *view, int64_t row, int64_t col, double value);

/* Whether two views of one shape and type hold the same bits. */
bool test_same_bits(const ntk_matrix *a, const ntk_matrix *b);

/* Progress callback that asks to stop once, at its call number stop_at. */
typedef struct test_stopper {
    int64_t calls, stop_at;
} test_stopper;

int test_stop(void *user, const char *stage, double fraction);

#endif
