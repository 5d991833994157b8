/* Sizes that overflow, the budget, and the count of what a context holds. */
#include "core/arena.h"
#include "core/context.h"
#include "core/memory.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

START_TEST(sizes_are_checked)
{
    uint64_t bytes = 7;
    CHECK_OK(ntk_size_multiply(&bytes, 0, 8));
    ck_assert_uint_eq(bytes, 0);
    CHECK_OK(ntk_size_multiply(&bytes, 3, 8));
    ck_assert_uint_eq(bytes, 24);
    bytes = 7;
    CHECK_STATUS(ntk_size_multiply(&bytes, INT64_MAX, 2), NTK_ERR_OVERFLOW);
    CHECK_STATUS(ntk_size_multiply(&bytes, INT64_MAX, INT64_MAX), NTK_ERR_OVERFLOW);
    CHECK_STATUS(ntk_size_multiply(&bytes, PTRDIFF_MAX, 1), NTK_ERR_OVERFLOW);
    CHECK_STATUS(ntk_size_multiply(&bytes, -1, 8), NTK_ERR_OVERFLOW);
    CHECK_STATUS(ntk_size_multiply(&bytes, 8, -1), NTK_ERR_OVERFLOW);
    ck_assert_uint_eq(bytes, 7);
}
END_TEST

START_TEST(sums_are_checked)
{
    uint64_t bytes = 1;
    CHECK_OK(ntk_size_add(&bytes, 10, 8));
    ck_assert_uint_eq(bytes, 81);
    bytes = UINT64_MAX - 79;
    CHECK_STATUS(ntk_size_add(&bytes, 10, 8), NTK_ERR_OVERFLOW);
    CHECK_STATUS(ntk_size_add(&bytes, INT64_MAX, 8), NTK_ERR_OVERFLOW);
}
END_TEST

START_TEST(blocks_are_aligned_and_counted)
{
    test_memory memory = {0};
    ntk_context *context = test_context(1, &memory);
    uint64_t idle = atomic_load(&context->memory_used);
    ck_assert_uint_eq(idle, (uint64_t)memory.bytes);
    double *a;
    char *b;
    CHECK_OK(ntk_allocate(context, &a, 1000, sizeof *a, "a"));
    CHECK_OK(ntk_allocate(context, &b, 1, 1, "b"));
    ck_assert_uint_eq((uintptr_t)a % 64, 0);
    ck_assert_uint_eq((uintptr_t)b % 64, 0);
    memset(a, 1, 1000 * sizeof *a);
    *b = 1;
    ck_assert_int_eq(memory.live, 3);
    ck_assert_uint_eq(atomic_load(&context->memory_used), (uint64_t)memory.bytes);
    ck_assert_uint_ge(atomic_load(&context->memory_used), idle + 8001);
    ntk_free(context, a);
    ntk_free(context, b);
    ntk_free(context, NULL);
    ck_assert_uint_eq(atomic_load(&context->memory_used), idle);
    ntk_context_destroy(context);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

START_TEST(default_allocator_serves)
{
    ntk_context *context = test_context(1, NULL);
    char *block;
    CHECK_OK(ntk_allocate(context, &block, 100, 10, "a block"));
    ck_assert_uint_eq((uintptr_t)block % 64, 0);
    memset(block, 1, 1000);
    ntk_free(context, block);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(refusal_names_the_bytes_and_leaves_the_count)
{
    test_memory memory = {0};
    ntk_context *context = test_context(1, &memory);
    uint64_t idle = atomic_load(&context->memory_used);
    void *block = context;
    test_memory_reset(&memory, 1);
    CHECK_STATUS(ntk_allocate(context, &block, 1000, 8, "the thing"), NTK_ERR_MEMORY);
    ck_assert_ptr_null(block);
    CHECK_MESSAGE("the thing needs 8");
    ck_assert_uint_eq(atomic_load(&context->memory_used), idle);
    block = context;
    CHECK_STATUS(ntk_allocate(context, &block, INT64_MAX, 8, "the thing"), NTK_ERR_OVERFLOW);
    ck_assert_ptr_null(block);
    ck_assert_int_eq(memory.refused, 1);
    ck_assert_int_eq(memory.calls, 1);
    ntk_context_destroy(context);
}
END_TEST

static ntk_context *budgeted(uint64_t budget)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_context *context;
    options.threads = 1;
    options.memory_budget = budget;
    CHECK_OK(ntk_context_create(&context, &options));
    return context;
}

START_TEST(budget_is_kept_to_the_byte)
{
    ntk_context *measure = budgeted(0);
    uint64_t idle = atomic_load(&measure->memory_used), full;
    void *block, *second;
    CHECK_OK(ntk_allocate(measure, &block, 1000, 1, "a block"));
    full = atomic_load(&measure->memory_used);
    ntk_free(measure, block);
    ntk_context_destroy(measure);

    ntk_context *context = budgeted(full);
    ck_assert_uint_eq(atomic_load(&context->memory_used), idle);
    CHECK_OK(ntk_allocate(context, &block, 1000, 1, "a block"));
    CHECK_STATUS(ntk_allocate(context, &second, 1, 1, "a second block"), NTK_ERR_MEMORY);
    CHECK_MESSAGE("a second block needs ");
    ck_assert_ptr_null(second);
    ntk_free(context, block);
    CHECK_STATUS(ntk_allocate(context, &block, 1001, 1, "a block"), NTK_ERR_MEMORY);
    char needed[64];
    snprintf(needed, sizeof needed, "a block needs %" PRIu64 " bytes", full - idle + 1);
    CHECK_MESSAGE(needed);
    CHECK_OK(ntk_allocate(context, &block, 1000, 1, "a block"));
    ntk_free(context, block);

    CHECK_OK(ntk_budget_check(context, full - idle, "a plan"));
    CHECK_STATUS(ntk_budget_check(context, full - idle + 1, "a plan"), NTK_ERR_MEMORY);
    CHECK_STATUS(ntk_budget_check(context, UINT64_MAX, "a plan"), NTK_ERR_MEMORY);
    CHECK_MESSAGE("18446744073709551615 bytes");
    ntk_context_destroy(context);
}
END_TEST

START_TEST(budget_too_small_for_a_context)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_context *context = (ntk_context *)(uintptr_t)&options;
    options.memory_budget = 1;
    CHECK_STATUS(ntk_context_create(&context, &options), NTK_ERR_MEMORY);
    CHECK_MESSAGE("the context's budget is 1");
    ck_assert_ptr_null(context);
}
END_TEST

/* What fits in the block comes from there, whatever was given back in what order, and the rest from the context. */
START_TEST(arenas_use_their_block)
{
    enum { SIZE = 4096 };
    test_memory memory = {0};
    ntk_context *context = test_context(1, &memory);
    ntk_arena arena;
    char *block, *a, *b, *c, *d;
    CHECK_OK(ntk_allocate(context, &block, SIZE, 1, "a block"));
    ntk_arena_open(&arena, context, block, SIZE);
    test_memory_reset(&memory, 0);
    CHECK_OK(ntk_allocate(&arena.context, &a, 700, 1, "a"));
    CHECK_OK(ntk_allocate(&arena.context, &b, 700, 1, "b"));
    CHECK_OK(ntk_allocate(&arena.context, &c, 700, 1, "c"));
    char *const parts[] = {a, b, c};
    for (int i = 0; i < 3; i++) {
        ck_assert(parts[i] > block && parts[i] + 700 <= block + SIZE);
        ck_assert_uint_eq((uintptr_t)parts[i] % 64, 0);
        memset(parts[i], i, 700);
    }
    ck_assert(a + 700 <= b && b + 700 <= c);
    int64_t peak = arena.peak;
    ck_assert_int_le(peak, SIZE);
    ntk_free(&arena.context, a);
    ntk_free(&arena.context, b);
    CHECK_OK(ntk_allocate(&arena.context, &d, 1400, 1, "d"));
    ck_assert_ptr_eq(d, a);
    ck_assert_int_eq(arena.peak, peak);
    ck_assert_int_eq(memory.calls, 0);
    CHECK_OK(ntk_allocate(&arena.context, &b, SIZE, 1, "b"));
    ck_assert_int_eq(memory.calls, 1);
    ntk_free(&arena.context, b);
    test_memory_reset(&memory, 1);
    CHECK_STATUS(ntk_allocate(&arena.context, &b, SIZE, 1, "b"), NTK_ERR_MEMORY);
    ntk_free(&arena.context, c);
    ntk_free(&arena.context, d);
    ck_assert_uint_eq(atomic_load(&arena.context.memory_used), 0);
    ntk_free(context, block);
    ntk_context_destroy(context);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *tests = test_case(suite, "memory");
    tcase_add_test(tests, sizes_are_checked);
    tcase_add_test(tests, sums_are_checked);
    tcase_add_test(tests, blocks_are_aligned_and_counted);
    tcase_add_test(tests, arenas_use_their_block);
    tcase_add_test(tests, default_allocator_serves);
    tcase_add_test(tests, refusal_names_the_bytes_and_leaves_the_count);
    tcase_add_test(tests, budget_is_kept_to_the_byte);
    tcase_add_test(tests, budget_too_small_for_a_context);
    return test_run(suite);
}
