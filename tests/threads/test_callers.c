/* Several threads call at once, so that all but one do without the pool: each gets the bits of a call alone. */
#include "attempt.h"

#include <pthread.h>

/* More than one tile of a kernel matrix and one panel, and more rows than a multiple of any of them; one chunk of a network. */
static const test_sizes sizes = {.n = 541, .m = 523, .d = 12, .N = 48, .t = 2};

enum { CALLERS = 3, CALLS = 2 };

/* One of the threads that call at once. */
typedef struct caller {
    test_attempt attempt;
    uint64_t right;
    int wrong;
} caller;

static void *call_often(void *argument)
{
    caller *c = argument;
    for (int i = 0; i < CALLS; i++) {
        test_attempt_reset(&c->attempt);
        c->wrong += test_attempt_run(&c->attempt) != NTK_OK || test_attempt_hash(&c->attempt) != c->right;
    }
    return NULL;
}

/* Each on its own arguments and the world's handles. */
static void call_at_once(const test_row *row, test_world *world)
{
    caller callers[CALLERS] = {0};
    pthread_t threads[CALLERS];
    for (int i = 0; i < CALLERS; i++) test_attempt_make(&callers[i].attempt, row, world, NTK_F64);
    const uint64_t right = test_attempt_succeed(&callers[0].attempt);
    for (int i = 0; i < CALLERS; i++) {
        callers[i].right = right;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_msg(!callers[i].wrong, "%s (%s): %d of %d calls of thread %d went wrong", row->function, row->variant,
                      callers[i].wrong, CALLS, i);
        test_attempt_free(&callers[i].attempt);
    }
}

/* Rows that share a world, which takes longer to make than most calls. */
enum { GROUP = 50 };

START_TEST(callers_at_once)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    test_world world;
    options.threads = 3;
    test_world_make(&world, &sizes, &options);
    for (int row = _i * GROUP; row < (_i + 1) * GROUP && row < test_row_count(); row++)
        if (!test_row_at(row)->mutated) call_at_once(test_row_at(row), &world);
    test_world_free(&world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("callers at once");
    TCase *tests = test_case(suite, "every call");
    tcase_add_loop_test(tests, callers_at_once, 0, (test_row_count() + GROUP - 1) / GROUP);
    return test_run(suite);
}
