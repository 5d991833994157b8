/* Whatever runs the tasks, a call gives the same bits: for 1, 2 and 7 threads, and on a host's executor. */
#include "attempt.h"
#include "core/pool.h"
#include "executor.h"

#include <stdlib.h>
#include <string.h>

/* More than one tile of a kernel matrix and one panel, and more rows than a multiple of any of them; one chunk of a network. */
static const test_sizes sizes = {.n = 541, .m = 523, .d = 12, .N = 48, .t = 2};

typedef int (*parallel_function)(void *, int64_t, void (*)(void *, int64_t), void *);

/* What says how many threads there are, or how much memory they need, may differ. */
static bool depends_on_threads(const test_row *row)
{
    return strstr(row->function, "_memory") || strcmp(row->function, "ntk_context_describe") == 0;
}

/* The hashes of a row's results in f64 and f32. */
typedef struct bits {
    uint64_t f64, f32;
} bits;

/* What runs the tasks.   narrow  in f32, too, whose tasks are those of f64 */
typedef struct way {
    const char *name;
    int32_t threads;
    parallel_function parallel;
    bool narrow;
} way;

static uint64_t hash_of(const test_row *row, test_world *world, int32_t dtype)
{
    test_attempt attempt;
    test_attempt_make(&attempt, row, world, dtype);
    uint64_t hash = test_attempt_succeed(&attempt);
    test_attempt_free(&attempt);
    return hash;
}

/* One world for every row, which takes longer to make than most calls. */
static void run(bits *results, const way *how, test_executor *executor)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    test_world world;
    options.threads = how->threads;
    options.parallel = how->parallel;
    options.parallel_user = executor;
    test_world_make(&world, &sizes, &options);
    /* apart, since some rows change the world */
    for (int row = 0; row < test_row_count(); row++)
        if (!depends_on_threads(test_row_at(row))) results[row].f64 = hash_of(test_row_at(row), &world, NTK_F64);
    for (int row = 0; how->narrow && row < test_row_count(); row++)
        if (!depends_on_threads(test_row_at(row))) results[row].f32 = hash_of(test_row_at(row), &world, NTK_F32);
    if (how->parallel) ck_assert_int_eq(ntk_pool_threads(world.context), 0);
    test_world_free(&world);
}

static void compare(const bits *results, const bits *right, const way *how)
{
    for (int row = 0; row < test_row_count(); row++)
        if (results[row].f64 != right[row].f64 || (how->narrow && results[row].f32 != right[row].f32))
            ck_abort_msg("%s (%s): other bits in %s with %s", test_row_at(row)->function, test_row_at(row)->variant,
                         results[row].f64 != right[row].f64 ? "f64" : "f32", how->name);
}

START_TEST(every_call)
{
    static const way one = {"1 thread", 1, NULL, true}, ways[] = {{"2 threads", 2, NULL, false},
                                                                  {"7 threads", 7, NULL, true},
                                                                  {"an executor", 4, test_executor_threads, false},
                                                                  {"an executor in reverse", 5, test_executor_reversed, false}};
    test_executor executor = {0};
    const size_t rows = (size_t)test_row_count();
    bits *right = calloc(rows, sizeof *right), *results = calloc(rows, sizeof *results);
    ck_assert(right && results);
    run(right, &one, NULL);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        run(results, &ways[i], &executor);
        compare(results, right, &ways[i]);
    }
    ck_assert_int_gt(executor.calls, 0);
    free(right);
    free(results);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bits");
    TCase *tests = test_case(suite, "every call");
    tcase_add_test(tests, every_call);
    return test_run(suite);
}
