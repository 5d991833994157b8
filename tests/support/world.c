#include "world.h"

#include "archive.h"

const test_sizes test_small = {.n = 13, .m = 5, .d = 4, .N = 8, .t = 2};

int64_t test_deep_width(const test_sizes *sizes)
{
    return sizes->N / 2 + 2;
}

static const double lambda = 0.125;

static void make_ridges(test_world *world)
{
    const test_sizes *s = &world->sizes;
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_gram_options implicit = NTK_INIT(ntk_gram_options);
    test_array x = test_array_make(s->n, s->d, 0, NTK_F64), y = test_array_make(s->n, s->t, 0, NTK_F64);
    test_array_fill(&x, 101);
    test_array_fill(&y, 102);
    implicit.storage = NTK_STORAGE_IMPLICIT;
    options.method = NTK_RIDGE_DUAL;
    options.intercept = 1;
    CHECK_OK(ntk_gram_create(world->context, &world->gram, world->infinite, &x.view, NULL));
    CHECK_OK(ntk_gram_create(world->context, &world->implicit, world->infinite, &x.view, &implicit));
    CHECK_OK(ntk_gram_create(world->context, &world->implicit_finite, world->finite, &x.view, &implicit));
    CHECK_OK(ntk_ridge_create(world->context, &world->ridge, world->infinite, &x.view, &y.view, lambda, &options));
    CHECK_OK(ntk_ridge_create_primal(world->context, &world->primal, world->features, &x.view, &y.view, lambda, NULL));
    options.method = NTK_RIDGE_ITERATIVE;
    CHECK_OK(ntk_ridge_create(world->context, &world->iterative, world->infinite, &x.view, &y.view, lambda, &options));
    ntk_nystroem_options centres = NTK_INIT(ntk_nystroem_options);
    centres.count = s->N;
    centres.intercept = 1;
    CHECK_OK(ntk_ridge_create_nystroem(world->context, &world->nystroem, world->infinite, &x.view, &y.view, lambda, &centres));
    test_array lambdas = test_array_make(1, s->t, 0, NTK_F64);
    for (int64_t c = 0; c < s->t; c++) test_set(&lambdas.view, 0, c, lambda * (double)(1 + c));
    /* something to find, so that a lambda can be chosen */
    for (int64_t i = 0; i < s->n; i++)
        for (int64_t c = 0; c < s->t; c++) test_set(&y.view, i, c, test_get(&x.view, i, c) + 0.3 * test_get(&y.view, i, c));
    options.method = NTK_RIDGE_SPECTRAL;
    options.lambdas = &lambdas.view;
    x.view.rows = y.view.rows = s->N;
    CHECK_OK(ntk_ridge_create(world->context, &world->spectral, world->infinite, &x.view, &y.view, 0, &options));
    CHECK_OK(ntk_gram_create(world->context, &world->few_gram, world->infinite, &x.view, NULL));
    CHECK_OK(ntk_flow_create(world->context, &world->flow, world->infinite, &x.view, &y.view, &y.view, NULL));
    CHECK_OK(ntk_spectrum_create(world->context, &world->spectrum, world->few_gram, &y.view, NULL));
    test_array_free(&lambdas);
    test_array_free(&x);
    test_array_free(&y);
}

/* 1 + x_0 x'_0, fast, since the tests call it often. */
#define DEFINE_USER_KERNEL(NAME, REAL)                                                                              \
    static void block_##NAME(const ntk_matrix *out, const ntk_matrix *x1, const ntk_matrix *x2)                     \
    {                                                                                                               \
        for (int64_t i = 0; i < out->rows; i++) {                                                                   \
            REAL *row = (REAL *)out->data + i * out->stride, x = ((const REAL *)x1->data)[i * x1->stride];          \
            for (int64_t j = 0; j < out->cols; j++) row[j] = 1 + x * ((const REAL *)x2->data)[j * x2->stride];      \
        }                                                                                                           \
    }                                                                                                               \
    static void gradient_##NAME(const ntk_matrix *g, const ntk_matrix *x2, const ntk_matrix *v)                     \
    {                                                                                                               \
        for (int64_t i = 0; i < g->rows; i++) {                                                                     \
            REAL *row = (REAL *)g->data + i * g->stride;                                                            \
            const REAL *weights = (const REAL *)v->data + i * v->stride;                                            \
            for (int64_t k = 0; k < g->cols; k++) row[k] = 0;                                                       \
            for (int64_t j = 0; j < x2->rows; j++) row[0] += weights[j] * ((const REAL *)x2->data)[j * x2->stride]; \
        }                                                                                                           \
    }

DEFINE_USER_KERNEL(f64, double)
DEFINE_USER_KERNEL(f32, float)

static int user_block(void *user, const ntk_matrix *out, const ntk_matrix *x1, const ntk_matrix *x2)
{
    (void)user;
    (out->dtype == NTK_F64 ? block_f64 : block_f32)(out, x1, x2);
    return 0;
}

static int user_gradient(void *user, const ntk_matrix *g, const ntk_matrix *x1, const ntk_matrix *x2, const ntk_matrix *v)
{
    (void)user, (void)x1;
    (g->dtype == NTK_F64 ? gradient_f64 : gradient_f32)(g, x2, v);
    return 0;
}

const ntk_kernel_functions test_user_kernel = {
    .struct_size = sizeof test_user_kernel, .block = user_block, .gradient = user_gradient};

static void make_composites(test_world *world)
{
    ntk_kernel *made[6];
    const double weights[5] = {0.5, 2, 1, 3, 0.25}, shares[3] = {1, 0.5, 2};
    const ntk_matrix levels = ntk_matrix_const_f64(shares, 3, 1);
    test_array scales = test_array_make(1, world->sizes.d, 0, NTK_F64);
    test_array_fill(&scales, 103);
    CHECK_OK(ntk_kernel_create_normalised(world->context, &made[0], world->infinite));
    CHECK_OK(ntk_kernel_create_ard(world->context, &made[1], world->infinite, &scales.view));
    CHECK_OK(ntk_kernel_create_constant(world->context, &made[2], 0.25));
    CHECK_OK(ntk_kernel_create_user(world->context, &made[3], &test_user_kernel));
    const ntk_kernel *factors[2] = {made[0], made[1]};
    CHECK_OK(ntk_kernel_create_product(world->context, &made[4], factors, 2));
    CHECK_OK(ntk_kernel_create_zonal(world->context, &made[5], &levels, world->sizes.d));
    const ntk_kernel *terms[5] = {world->finite, made[2], made[3], made[4], made[5]};
    CHECK_OK(ntk_kernel_create_sum(world->context, &world->composite, terms, weights, 5));
    for (int i = 0; i < 6; i++) ntk_kernel_destroy(made[i]);
    test_array_free(&scales);
}

static int64_t read_nothing(void *user, int64_t first, const ntk_matrix *x, const ntk_matrix *y)
{
    (void)user, (void)first, (void)x, (void)y;
    return 0;
}

static test_array training_samples(int64_t rows, int64_t cols, uint64_t seed)
{
    test_array samples = test_array_make(rows, cols, 0, NTK_F64);
    test_array_fill(&samples, seed);
    return samples;
}

ntk_training *test_training_copy(const test_world *world)
{
    const test_sizes *s = &world->sizes;
    test_array x = training_samples(s->n, s->d, 104), y = training_samples(s->n, s->t, 105);
    test_archive archive = {0};
    ntk_training *copy = NULL;
    const ntk_sink sink = test_archive_sink(&archive);
    const ntk_source source = test_archive_source(&archive);
    CHECK_OK(ntk_training_export(world->training, &sink));
    CHECK_OK(ntk_training_import(world->context, &copy, &x.view, &y.view, &source, 0));
    test_archive_free(&archive);
    test_array_free(&x);
    test_array_free(&y);
    return copy;
}

static void make_trainings(test_world *world, const ntk_network_options *network)
{
    const test_sizes *s = &world->sizes;
    ntk_network_options wide = *network;
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_sample_stream stream = NTK_INIT(ntk_sample_stream);
    test_array x = training_samples(s->n, s->d, 104), y = training_samples(s->n, s->t, 105);
    wide.outputs = s->t;
    options.method = NTK_TRAINING_SGD;
    options.batch = s->m;
    options.step = 0.01;
    options.record_every = 1;
    stream.inputs = s->d;
    stream.targets = s->t;
    stream.read = read_nothing;
    CHECK_OK(ntk_network_create(world->context, &world->wide_network, world->activation, &wide));
    CHECK_OK(ntk_training_create(world->context, &world->training, world->wide_network, &x.view, &y.view, &options));
    CHECK_OK(ntk_training_run(world->training, NULL, 1));
    CHECK_OK(ntk_training_create_stream(world->context, &world->streamed, world->wide_network, &stream, &options));
    test_array_free(&x);
    test_array_free(&y);
}

void test_world_make(test_world *world, const test_sizes *sizes, const ntk_context_options *options)
{
    ntk_network_options network = NTK_INIT(ntk_network_options);
    *world = (test_world){.sizes = *sizes};
    network.inputs = sizes->d;
    network.hidden = sizes->N;
    network.seed = 7;
    CHECK_OK(ntk_context_create(&world->context, options));
    CHECK_OK(ntk_activation_create(world->context, &world->activation, NTK_ERF, NULL));
    CHECK_OK(ntk_network_create(world->context, &world->network, world->activation, &network));
    ntk_network_options layers = network;
    layers.layers = 2;
    layers.hidden = test_deep_width(sizes);
    layers.bias_scale = 0.5;
    layers.output_bias_scale = 1;
    CHECK_OK(ntk_network_create(world->context, &world->deep_network, world->activation, &layers));
    CHECK_OK(ntk_features_create(world->context, &world->deep_features, world->deep_network, NTK_PART_BOTH));
    CHECK_OK(ntk_kernel_create_finite(world->context, &world->deep_finite, world->deep_features));
    CHECK_OK(
        ntk_kernel_create_monte_carlo(world->context, &world->deep_monte_carlo, world->activation, 3, NTK_PART_BOTH, &layers));
    CHECK_OK(ntk_kernel_create_normalised(world->context, &world->deep_cosine, world->deep_monte_carlo));
    CHECK_OK(ntk_features_create(world->context, &world->features, world->network, NTK_PART_BOTH));
    CHECK_OK(ntk_kernel_create_infinite(world->context, &world->infinite, world->activation, NULL));
    ntk_kernel_options three = NTK_INIT(ntk_kernel_options);
    three.layers = 3;
    three.bias_scale = 0.5;
    CHECK_OK(ntk_kernel_create_infinite(world->context, &world->deep, world->activation, &three));
    CHECK_OK(ntk_activation_create(world->context, &world->tanh, NTK_TANH, NULL));
    CHECK_OK(ntk_kernel_create_infinite(world->context, &world->series, world->tanh, NULL));
    ntk_kernel_options two = NTK_INIT(ntk_kernel_options);
    two.layers = 2;
    two.bias_scale = 0.5;
    CHECK_OK(ntk_kernel_create_infinite(world->context, &world->deep_series, world->tanh, &two));
    CHECK_OK(ntk_kernel_create_finite(world->context, &world->finite, world->features));
    CHECK_OK(ntk_kernel_create_monte_carlo(world->context, &world->monte_carlo, world->activation, 3, NTK_PART_BOTH, &network));
    CHECK_OK(ntk_model_from_network(world->context, &world->model, world->network, NTK_PART_BOTH));
    CHECK_OK(ntk_target_create_network(world->context, &world->target, world->network));
    CHECK_OK(ntk_target_create_network(world->context, &world->deep_target, world->deep_network));
    make_composites(world);
    make_ridges(world);
    make_trainings(world, &network);
}

const test_owned test_world_handles[] = {
    {TEST_CONTEXT, offsetof(test_world, context)},    {TEST_ACTIVATION, offsetof(test_world, activation)},
    {TEST_NETWORK, offsetof(test_world, network)},    {TEST_NETWORK, offsetof(test_world, deep_network)},
    {TEST_FEATURES, offsetof(test_world, features)},  {TEST_FEATURES, offsetof(test_world, deep_features)},
    {TEST_KERNEL, offsetof(test_world, infinite)},    {TEST_KERNEL, offsetof(test_world, finite)},
    {TEST_KERNEL, offsetof(test_world, deep)},        {TEST_KERNEL, offsetof(test_world, monte_carlo)},
    {TEST_KERNEL, offsetof(test_world, deep_finite)}, {TEST_KERNEL, offsetof(test_world, deep_monte_carlo)},
    {TEST_KERNEL, offsetof(test_world, deep_cosine)}, {TEST_KERNEL, offsetof(test_world, composite)},
    {TEST_ACTIVATION, offsetof(test_world, tanh)},    {TEST_KERNEL, offsetof(test_world, series)},
    {TEST_KERNEL, offsetof(test_world, deep_series)}, {TEST_GRAM, offsetof(test_world, gram)},
    {TEST_GRAM, offsetof(test_world, implicit)},      {TEST_GRAM, offsetof(test_world, implicit_finite)},
    {TEST_RIDGE, offsetof(test_world, ridge)},        {TEST_RIDGE, offsetof(test_world, primal)},
    {TEST_RIDGE, offsetof(test_world, nystroem)},     {TEST_RIDGE, offsetof(test_world, spectral)},
    {TEST_RIDGE, offsetof(test_world, iterative)},    {TEST_FLOW, offsetof(test_world, flow)},
    {TEST_GRAM, offsetof(test_world, few_gram)},      {TEST_NETWORK, offsetof(test_world, wide_network)},
    {TEST_TRAINING, offsetof(test_world, training)},  {TEST_TRAINING, offsetof(test_world, streamed)},
    {TEST_MODEL, offsetof(test_world, model)},        {TEST_TARGET, offsetof(test_world, target)},
    {TEST_TARGET, offsetof(test_world, deep_target)}, {TEST_SPECTRUM, offsetof(test_world, spectrum)},
};
const int test_world_handle_count = sizeof test_world_handles / sizeof *test_world_handles;

void *test_world_handle(const test_world *world, int which)
{
    void *handle;
    memcpy(&handle, (const char *)world + test_world_handles[which].offset, sizeof handle);
    return handle;
}

void test_world_free(test_world *world)
{
    for (int i = 0; i < test_world_handle_count; i++)
        test_handle_destroy(test_world_handles[i].kind, test_world_handle(world, i));
}

/* FNV-1a. */
uint64_t test_hash(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++) hash = (hash ^ byte[i]) * UINT64_C(0x100000001B3);
    return hash;
}

static uint64_t hash_array(uint64_t hash, test_array *array)
{
    ck_assert(test_array_is_written(array));
    hash = test_hash(hash, array->bytes, array->size);
    test_array_free(array);
    return hash;
}

static uint64_t hash_context(const ntk_context *context)
{
    char text[900] = "";
    CHECK_OK(ntk_context_describe(context, text, sizeof text));
    return test_hash(1, text, sizeof text);
}

static uint64_t hash_activation(const ntk_activation *activation)
{
    test_array u = test_array_make(3, 3, 0, NTK_F64), out = test_array_make(3, 3, 0, NTK_F64);
    test_array_fill(&u, 201);
    CHECK_OK(ntk_activation_value(activation, &out.view, &u.view));
    test_array_free(&u);
    return hash_array(1, &out);
}

static uint64_t hash_network(const ntk_network *network)
{
    test_array theta = test_array_make(ntk_network_size(network, NTK_PART_BOTH), 1, 0, NTK_F64);
    CHECK_OK(ntk_network_parameters(network, &theta.view));
    return hash_array(1, &theta);
}

static uint64_t hash_features(const ntk_features *features, int64_t d)
{
    test_array x = test_array_make(2, d, 0, NTK_F64), Phi = test_array_make(2, ntk_features_size(features), 0, NTK_F64);
    test_array_fill(&x, 202);
    CHECK_OK(ntk_features_map(features, &Phi.view, &x.view));
    test_array_free(&x);
    return hash_array(1, &Phi);
}

static uint64_t hash_kernel(const ntk_kernel *kernel, int64_t d)
{
    uint64_t bytes;
    /* a kernel of options' own network has its inputs, not the world's */
    if (ntk_kernel_memory(kernel, &bytes, 3, 2, d, NTK_F64) == NTK_ERR_SHAPE) d = test_small.d;
    test_array x = test_array_make(3, d, 0, NTK_F64), y = test_array_make(2, d, 0, NTK_F64),
               K = test_array_make(3, 2, 0, NTK_F64);
    test_array_fill(&x, 203);
    test_array_fill(&y, 204);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x.view, &y.view));
    test_array_free(&x);
    test_array_free(&y);
    return hash_array(1, &K);
}

static uint64_t hash_gram(const ntk_gram *gram)
{
    test_array K = test_array_make(ntk_gram_size(gram), ntk_gram_size(gram), 0, NTK_F64);
    CHECK_OK(ntk_gram_copy(gram, &K.view));
    return hash_array(1, &K);
}

static uint64_t hash_ridge(const ntk_ridge *ridge)
{
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    CHECK_OK(ntk_ridge_summary(ridge, &report));
    /* it counts room for as many callers as there are threads */
    report.memory = 0;
    test_array alpha = test_array_make(report.order, report.targets, 0, NTK_F64),
               b = test_array_make(1, report.targets, 0, NTK_F64);
    CHECK_OK(ntk_ridge_coefficients(ridge, &alpha.view));
    CHECK_OK(ntk_ridge_intercept(ridge, &b.view));
    return hash_array(hash_array(test_hash(1, &report, sizeof report), &alpha), &b);
}

static uint64_t hash_flow(const ntk_flow *flow)
{
    ntk_flow_report report = NTK_INIT(ntk_flow_report);
    CHECK_OK(ntk_flow_limits(flow, &report));
    test_array alpha = test_array_make(report.samples, report.targets, 0, NTK_F64);
    CHECK_OK(ntk_flow_coefficients(flow, &alpha.view, 2));
    return hash_array(test_hash(1, &report, sizeof report), &alpha);
}

/* Of a spectrum with two targets. */
static uint64_t hash_spectrum(const ntk_spectrum *spectrum)
{
    int64_t modes = ntk_spectrum_modes(spectrum);
    test_array values = test_array_make(modes, 1, 0, NTK_F64), c = test_array_make(modes, test_small.t, 0, NTK_F64);
    CHECK_OK(ntk_spectrum_values(spectrum, &values.view));
    CHECK_OK(ntk_spectrum_coefficients(spectrum, &c.view));
    return hash_array(hash_array(1, &values), &c);
}

/* Its parameters are those of its network. */
static uint64_t hash_training(const ntk_training *training)
{
    ntk_context *context = NULL;
    ntk_network *network = NULL;
    CHECK_OK(ntk_context_create(&context, NULL));
    CHECK_OK(ntk_training_network(context, &network, training));
    uint64_t hash = hash_network(network);
    ntk_network_destroy(network);
    ntk_context_destroy(context);
    return hash;
}

static uint64_t hash_model(const ntk_model *model, const test_sizes *sizes)
{
    ntk_jacobian_spectrum spectrum = NTK_INIT(ntk_jacobian_spectrum);
    test_array x = test_array_make(2, sizes->d, 0, NTK_F64), theta = test_array_make(sizes->N * (sizes->d + 1), 1, 0, NTK_F64);
    test_array_fill(&x, 205);
    test_array_fill(&theta, 206);
    ntk_matrix first = x.view, all = theta.view;
    ntk_status status = ntk_model_spectrum(model, &spectrum, &all, &first);
    /* a model of the caller's functions has its inputs and parameters, not the world's */
    first.cols = test_small.d;
    all.rows = test_small.N * (test_small.d + 1);
    if (status == NTK_ERR_SHAPE) status = ntk_model_spectrum(model, &spectrum, &all, &first);
    CHECK_OK(status);
    test_array_free(&x);
    test_array_free(&theta);
    return test_hash(1, &spectrum, sizeof spectrum);
}

static uint64_t hash_target(const ntk_target *target)
{
    test_array x = test_array_make(3, ntk_target_inputs(target), 0, NTK_F64), y = test_array_make(3, 1, 0, NTK_F64);
    test_array_fill(&x, 207);
    CHECK_OK(ntk_target_evaluate(target, &y.view, &x.view));
    test_array_free(&x);
    return hash_array(1, &y);
}

uint64_t test_handle_hash(test_handle_kind kind, const void *handle, const test_sizes *sizes)
{
    switch (kind) {
    case TEST_CONTEXT:
        return hash_context(handle);
    case TEST_ACTIVATION:
        return hash_activation(handle);
    case TEST_NETWORK:
        return hash_network(handle);
    case TEST_FEATURES:
        return hash_features(handle, sizes->d);
    case TEST_KERNEL:
        return hash_kernel(handle, sizes->d);
    case TEST_GRAM:
        return hash_gram(handle);
    case TEST_RIDGE:
        return hash_ridge(handle);
    case TEST_FLOW:
        return hash_flow(handle);
    case TEST_TRAINING:
        return hash_training(handle);
    case TEST_MODEL:
        return hash_model(handle, sizes);
    case TEST_TARGET:
        return hash_target(handle);
    case TEST_SPECTRUM:
        return hash_spectrum(handle);
    }
    ck_abort();
}

void test_handle_destroy(test_handle_kind kind, void *handle)
{
    switch (kind) {
    case TEST_CONTEXT:
        ntk_context_destroy(handle);
        break;
    case TEST_ACTIVATION:
        ntk_activation_destroy(handle);
        break;
    case TEST_NETWORK:
        ntk_network_destroy(handle);
        break;
    case TEST_FEATURES:
        ntk_features_destroy(handle);
        break;
    case TEST_KERNEL:
        ntk_kernel_destroy(handle);
        break;
    case TEST_GRAM:
        ntk_gram_destroy(handle);
        break;
    case TEST_RIDGE:
        ntk_ridge_destroy(handle);
        break;
    case TEST_FLOW:
        ntk_flow_destroy(handle);
        break;
    case TEST_TRAINING:
        ntk_training_destroy(handle);
        break;
    case TEST_MODEL:
        ntk_model_destroy(handle);
        break;
    case TEST_TARGET:
        ntk_target_destroy(handle);
        break;
    case TEST_SPECTRUM:
        ntk_spectrum_destroy(handle);
        break;
    }
}
