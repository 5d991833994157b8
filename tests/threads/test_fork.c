/* A process forked from one whose pool runs, or whose other thread is inside a call, can use the library's handles. */
#include "core/blas.h"
#include "core/pool.h"
#include "world.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const test_sizes sizes = {.n = 600, .m = 300, .d = 9, .N = 24, .t = 2};

static test_array x, y;

/* Assembles, fits and predicts; the hash of all of it, 0 if a call failed. */
static uint64_t fit(ntk_context *context, const ntk_kernel *kernel)
{
    ntk_gram *gram = NULL;
    ntk_ridge *ridge = NULL;
    uint64_t hash = 0;
    test_array out = test_array_make(sizes.n, sizes.t, 0, NTK_F64);
    if (ntk_gram_create(context, &gram, kernel, &x.view, NULL) == NTK_OK &&
        ntk_ridge_create_gram(context, &ridge, gram, &y.view, 0.1, NULL) == NTK_OK &&
        ntk_ridge_predict(ridge, &out.view, &x.view) == NTK_OK)
        hash = test_hash(test_handle_hash(TEST_RIDGE, ridge, &sizes), out.bytes, out.size);
    ntk_ridge_destroy(ridge);
    ntk_gram_destroy(gram);
    test_array_free(&out);
    return hash;
}

/* How a child that fits, and destroys what it inherited, ends. */
static void check_child(test_world *world, uint64_t right)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        bool same = fit(world->context, world->infinite) == right;
        test_world_free(world);
        _exit(same ? 0 : 1);
    }
    int status = -1;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(status == 0, "the child ended with %#x", (unsigned)status);
}

static void begin(test_world *world, int32_t threads)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    options.threads = threads;
    x = test_array_make(sizes.n, sizes.d, 0, NTK_F64);
    y = test_array_make(sizes.n, sizes.t, 0, NTK_F64);
    test_array_fill(&x, 1);
    test_array_fill(&y, 2);
    test_world_make(world, &sizes, &options);
}

static void end(test_world *world)
{
    test_world_free(world);
    test_array_free(&x);
    test_array_free(&y);
}

START_TEST(after_the_pool_has_run)
{
    test_world world;
    begin(&world, 3);
    uint64_t right = fit(world.context, world.infinite);
    ck_assert_uint_ne(right, 0);
    ck_assert_int_gt(ntk_pool_threads(world.context), 0);
    for (int i = 0; i < 5; i++) check_child(&world, right);
    ck_assert_uint_eq(fit(world.context, world.infinite), right);
    end(&world);
}
END_TEST

typedef struct busy {
    test_world *world;
    uint64_t right;
    atomic_int fits, wrong;
    atomic_bool stop;
} busy;

static void *stay_busy(void *argument)
{
    busy *b = argument;
    while (!atomic_load(&b->stop)) {
        if (fit(b->world->context, b->world->infinite) != b->right) atomic_fetch_add(&b->wrong, 1);
        atomic_fetch_add(&b->fits, 1);
    }
    return NULL;
}

START_TEST(while_another_thread_is_inside)
{
    test_world world;
    pthread_t thread;
    begin(&world, 3);
    busy b = {.world = &world, .right = fit(world.context, world.infinite)};
    ck_assert_int_eq(pthread_create(&thread, NULL, stay_busy, &b), 0);
    for (int i = 0; i < 20; i++) check_child(&world, b.right);
    atomic_store(&b.stop, true);
    pthread_join(thread, NULL);
    ck_assert_int_gt(b.fits, 0);
    ck_assert_int_eq(b.wrong, 0);
    end(&world);
}
END_TEST

/* Why a child of this process cannot be expected to work; NULL: it can. */
static const char *obstacle(void)
{
    ntk_blas_info blas;
    ntk_blas_describe(&blas);
    if (TEST_THREAD_SANITIZER) return "the thread sanitizer cannot follow threads that a forked child starts";
    if (blas.threads > 1 && strcmp(blas.threading, "OpenMP") == 0) return "GNU's OpenMP hangs in a forked child";
    return NULL;
}

int main(void)
{
    Suite *suite = suite_create("fork");
    TCase *tests = test_case(suite, "fork");
    if (obstacle()) {
        printf("1..0 # SKIP %s\n", obstacle());
        return 0;
    }
    tcase_add_test(tests, after_the_pool_has_run);
    /* a fork amid a call of OpenBLAS's own threads, or of a BLAS whose callers take turns, leaves a lock taken in the child */
    bool amid = !ntk_blas_is_threaded() && ntk_blas_is_reentrant() && !TEST_ADDRESS_SANITIZER;
    if (amid) tcase_add_test(tests, while_another_thread_is_inside);
    return test_run(suite);
}
