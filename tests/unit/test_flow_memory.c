/* What a flow's calls hold, against what they say before, and the budget that forbids them. */
#include "support.h"

#include <inttypes.h>
#include <ntk/ntk.h>
#include <string.h>

/* Enough that what is asked for takes more than the flow's making. */
enum { N = 150, INPUTS = 8, TARGETS = 2, M = 300, TIMES = 1000, MANY = 500, POINTS = 3000 };

enum { TRAJECTORY, COVARIANCE, VARIANCES, CALLS };
static const char *const names[CALLS] = {"trajectory", "covariance", "variances"};

/* dtype  of the flow   data  of what its calls get */
static const struct {
    const char *name;
    bool finite;
    int32_t dtype, data;
} cases[] = {{"f64", false, NTK_F64, NTK_F64}, {"f32", false, NTK_F32, NTK_F64}, {"finite", true, NTK_F64, NTK_F32}};
enum { CASES = sizeof cases / sizeof cases[0] };

static test_memory counted;

typedef struct scene {
    ntk_context *context;
    ntk_activation *activation;
    ntk_network *network;
    ntk_features *features;
    ntk_kernel *kernel;
    test_array x, y, points, times, f, covariance, variance;
} scene;

static scene scene_make(int index)
{
    scene s = {.context = test_context(1, NULL)};
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = INPUTS;
    options.hidden = 40;
    CHECK_OK(ntk_activation_create(s.context, &s.activation, NTK_ERF, NULL));
    CHECK_OK(ntk_network_create(s.context, &s.network, s.activation, &options));
    CHECK_OK(ntk_features_create(s.context, &s.features, s.network, NTK_PART_BOTH));
    if (cases[index].finite)
        CHECK_OK(ntk_kernel_create_finite(s.context, &s.kernel, s.features));
    else
        CHECK_OK(ntk_kernel_create_infinite(s.context, &s.kernel, s.activation, NULL));
    s.x = test_array_make(N, INPUTS, 0, cases[index].dtype);
    s.y = test_array_make(N, TARGETS, 0, NTK_F64);
    s.points = test_array_make(POINTS, INPUTS, 0, cases[index].data);
    s.times = test_array_make(TIMES, 1, 0, NTK_F64);
    s.f = test_array_make(M, TIMES * TARGETS, 0, cases[index].data);
    s.covariance = test_array_make(MANY, MANY, 0, NTK_F64);
    s.variance = test_array_make(POINTS, 1, 0, NTK_F64);
    test_array_fill(&s.x, 1);
    test_array_fill(&s.y, 2);
    test_array_fill(&s.points, 3);
    for (int i = 0; i < TIMES; i++) ((double *)s.times.view.data)[i] = i;
    return s;
}

static void scene_free(scene *s)
{
    test_array *const arrays[] = {&s->x, &s->y, &s->points, &s->times, &s->f, &s->covariance, &s->variance};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) test_array_free(arrays[i]);
    ntk_kernel_destroy(s->kernel);
    ntk_features_destroy(s->features);
    ntk_network_destroy(s->network);
    ntk_activation_destroy(s->activation);
    ntk_context_destroy(s->context);
}

static ntk_status ask(const scene *s, const ntk_flow *flow, int call, uint64_t *bytes)
{
    if (call == TRAJECTORY) return ntk_flow_trajectory_memory(flow, bytes, M, TIMES, s->points.view.dtype);
    return ntk_flow_moments_memory(flow, bytes, s->kernel, call == COVARIANCE ? MANY : POINTS, call == VARIANCES);
}

static ntk_status invoke(const scene *s, const ntk_flow *flow, int call)
{
    ntk_matrix x = s->points.view;
    x.rows = call == TRAJECTORY ? M : call == COVARIANCE ? MANY : POINTS;
    if (call == TRAJECTORY) return ntk_flow_trajectory(flow, &s->f.view, &x, NULL, &s->times.view);
    return ntk_flow_moments(flow, NULL, call == COVARIANCE ? &s->covariance.view : &s->variance.view, s->kernel, &x, NULL, 2);
}

/* What a run under a budget, or none, found: the bytes held before the call, and the most that it added. */
typedef struct run {
    ntk_status status;
    uint64_t answer;
    int64_t held, peak, calls;
} run;

static run run_under(const scene *s, int call, int32_t threads, int64_t budget)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_flow_options flow_options = NTK_INIT(ntk_flow_options);
    ntk_context *context;
    ntk_flow *flow;
    run found;
    test_memory_inject(&options, &counted);
    options.threads = threads;
    options.memory_budget = (uint64_t)budget;
    flow_options.dtype = s->x.view.dtype;
    CHECK_OK(ntk_context_create(&context, &options));
    CHECK_OK(ntk_flow_create(context, &flow, s->kernel, &s->x.view, &s->y.view, NULL, &flow_options));
    CHECK_OK(ask(s, flow, call, &found.answer));
    found.held = counted.bytes;
    test_memory_reset(&counted, 0);
    found.status = invoke(s, flow, call);
    found.peak = counted.peak - found.held;
    found.calls = counted.calls;
    if (threads == 1) ck_assert_int_eq(counted.bytes, found.held); /* or a pool lives on */
    ntk_flow_destroy(flow);
    ntk_context_destroy(context);
    ck_assert_int_eq(counted.live, 0);
    return found;
}

START_TEST(queries)
{
    scene s = scene_make(_i);
    for (int call = 0; call < CALLS; call++)
        for (int32_t threads = 1; threads <= 3; threads += 2) {
            run free = run_under(&s, call, threads, 0);
            CHECK_OK(free.status);
            if ((int64_t)free.answer < free.peak || (threads == 1 && (double)free.answer > 1.25 * (double)free.peak))
                ck_abort_msg("%s, %s, %d threads: the query says %" PRIu64 " bytes, the call took %" PRId64, names[call],
                             cases[_i].name, threads, free.answer, free.peak);
            if (threads > 1) continue;
            CHECK_OK(run_under(&s, call, 1, free.held + (int64_t)free.answer).status);
            /* refused before the work begins, not amid it */
            run refused = run_under(&s, call, 1, free.held + free.peak - 1);
            CHECK_STATUS(refused.status, NTK_ERR_MEMORY);
            ck_assert_int_eq(refused.calls, 0);
            CHECK_MESSAGE("needs ");
        }
    scene_free(&s);
}
END_TEST

START_TEST(sizes)
{
    uint64_t bytes, mean, whole, diagonal;
    scene s = scene_make(0);
    ntk_flow *flow;
    CHECK_OK(ntk_flow_create(s.context, &flow, s.kernel, &s.x.view, &s.y.view, NULL, NULL));
    CHECK_OK(ntk_flow_moments_memory(flow, &mean, NULL, POINTS, 0));
    CHECK_OK(ntk_flow_moments_memory(flow, &diagonal, s.kernel, POINTS, 1));
    CHECK_OK(ntk_flow_moments_memory(flow, &whole, s.kernel, POINTS, 0));
    ck_assert_uint_lt(mean, diagonal);
    ck_assert_uint_lt(diagonal, whole);
    CHECK_STATUS(ntk_flow_moments_memory(flow, &bytes, s.kernel, INT64_C(1) << 31, 0), NTK_ERR_OVERFLOW);
    CHECK_OK(ntk_flow_moments_memory(flow, &bytes, s.kernel, INT64_C(1) << 31, 1));
    CHECK_STATUS(ntk_flow_trajectory_memory(flow, &bytes, INT64_MAX, 1, 0), NTK_ERR_OVERFLOW);
    CHECK_STATUS(ntk_flow_trajectory_memory(flow, &bytes, 1, INT64_MAX, 0), NTK_ERR_OVERFLOW);
    CHECK_MESSAGE("times 9223372036854775807");
    ntk_flow_destroy(flow);
    scene_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("flow_memory");
    TCase *tests = test_case(suite, "flow_memory");
    tcase_add_loop_test(tests, queries, 0, CASES);
    tcase_add_test(tests, sizes);
    return test_run(suite);
}
