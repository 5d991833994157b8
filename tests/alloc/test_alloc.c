/* The allocator refuses the k-th request of a call: the call says so, leaves nothing behind, and works afterwards.
 */
#include "attempt.h"

#include <stdio.h>

/* Just over one tile of a kernel matrix, and one batch of rows. */
static const test_sizes several_tiles = {.n = 523, .m = 517, .d = 4, .N = 8, .t = 2};

static void check_refusal(test_attempt *attempt, uint64_t right, int64_t k)
{
    char what[60];
    snprintf(what, sizeof what, "allocation %" PRId64 " refused", k);
    CHECK_MESSAGE(" bytes");
    test_attempt_check_untouched(attempt, what);
    test_attempt_check_inputs(attempt, what);
    /* what one refusal spoils, later ones do not mend: not every one is followed by a whole call */
    if ((k & (k - 1)) == 0 && test_attempt_succeed(attempt) != right)
        ck_abort_msg("%s, %s: other bits afterwards", attempt->row->function, what);
}

/* Of a call that asks often, in loops, each of the first most requests is refused, and about as many of the rest.
 * strict: every refusal fails the call.  Otherwise it may go on with less, such as fewer threads, to the same bits. */
static void refuse_each(test_attempt *attempt, int64_t most, bool strict)
{
    const char *function = attempt->row->function, *variant = attempt->row->variant;
    test_memory_reset(&test_counted, 0);
    uint64_t right = test_attempt_succeed(attempt);
    int64_t step = 1 + test_counted.calls / most;
    for (int64_t k = 1;; k += k < most ? 1 : step) {
        test_attempt_reset(attempt);
        int64_t live = test_counted.live, bytes = test_counted.bytes;
        test_memory_reset(&test_counted, k);
        ntk_status status = test_attempt_run(attempt);
        bool refused = test_counted.refused > 0;
        test_memory_reset(&test_counted, 0);
        if (status == NTK_OK) {
            if (refused && strict)
                ck_abort_msg("%s (%s): allocation %d was refused, but it succeeded", function, variant, (int)k);
            if (test_attempt_hash(attempt) != right)
                ck_abort_msg("%s (%s): other bits at allocation %d", function, variant, (int)k);
            if (refused) continue;
            return;
        }
        if (!refused || status != NTK_ERR_MEMORY)
            ck_abort_msg("%s (%s), allocation %d: %s, \"%s\"", function, variant, (int)k, ntk_status_name(status),
                         ntk_error_message());
        if (test_counted.live != live || test_counted.bytes != bytes)
            ck_abort_msg("%s (%s), allocation %d refused: %d blocks leaked", function, variant, (int)k,
                         (int)(test_counted.live - live));
        check_refusal(attempt, right, k);
    }
}

/* Rows that share a world, which takes longer to make than most calls. */
enum { GROUP = 50 };

static void run(int group, const test_sizes *sizes, int64_t most, int32_t threads)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    test_world world;
    test_memory_inject(&options, &test_counted);
    options.threads = threads;
    test_world_make(&world, sizes, &options);
    for (int row = group * GROUP; row < (group + 1) * GROUP && row < test_row_count(); row++) {
        test_attempt attempt;
        test_attempt_make(&attempt, test_row_at(row), &world, NTK_F64);
        refuse_each(&attempt, most, threads == 1);
        test_attempt_free(&attempt);
    }
    test_world_free(&world);
    ck_assert_int_eq(test_counted.live, 0);
    ck_assert_int_eq(test_counted.bytes, 0);
}

START_TEST(one_thread)
{
    run(_i, &test_small, 30, 1);
}
END_TEST

START_TEST(one_thread_several_tiles)
{
    run(_i, &several_tiles, 12, 1);
}
END_TEST

START_TEST(three_threads)
{
    run(_i, &several_tiles, 8, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("allocation failure");
    TCase *tests = test_case(suite, "every call");
    int groups = (test_row_count() + GROUP - 1) / GROUP;
    tcase_add_loop_test(tests, one_thread, 0, groups);
    tcase_add_loop_test(tests, one_thread_several_tiles, 0, groups);
    tcase_add_loop_test(tests, three_threads, 0, groups);
    return test_run(suite);
}
