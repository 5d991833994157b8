#include "kernel/infinite.h"

#include "core/status.h"
#include "kernel/exchange.h"
#include "kernel/kinked.h"
#include "kernel/mehler.h"
#include "kernel/pair_gradients.h"
#include "kernel/rescale.h"
#include "kernel/shifted.h"

#include <math.h>

static const double PI = 3.14159265358979323846;

/* Sets the shares of the two parts in their sum, rf + nt lecture^2, and returns its root times the output's scale and the
 * root of half.  Squares of scales may over- or underflow though the kernel does not; the root does not. */
static double part_shares(ntk_infinite_constants *k, const ntk_infinite *kernel, double nt, double lecture)
{
    double rf = kernel->rf, sum = rf + nt * lecture * lecture, root;
    if (rf + nt == 0) return 0;
    if (lecture < 1e150 && lecture > 1e-150) {
        k->rf = rf / sum;
        k->nt = nt * lecture * lecture / sum;
        return kernel->output_scale * sqrt(sum * k->half);
    }
    root = hypot(sqrt(rf), sqrt(nt) * lecture);
    k->rf = rf / root / root;
    k->nt = nt * (lecture / root) * (lecture / root);
    return kernel->output_scale * root * sqrt(k->half);
}

/* kappa / r = jump^2 (s + phi rho) / (2 pi) + a b rho and kdot = jump^2 phi / (2 pi) + a b for SLOPES; kappa of LEVELS is as
 * kdot. */
static void piecewise_constants(ntk_infinite_constants *k, const ntk_infinite *kernel, double lecture)
{
    const ntk_activation *activation = kernel->activation;
    bool levels = activation->family == NTK_FAMILY_LEVELS;
    double a = activation->below, b = activation->above, jump = (b - a) * (b - a) / (2 * PI);
    k->half = (a * a + b * b) / 2;
    k->root = part_shares(k, kernel, levels ? 0 : kernel->nt, lecture);
    k->k[0] = levels ? 0 : k->rf * (jump / k->half);
    k->k[1] = jump / k->half;
    k->k[2] = a / k->half * b;
}

static void smooth_constants(ntk_infinite_constants *k, const ntk_infinite *kernel, double lecture)
{
    double output = kernel->output_scale * kernel->output_scale;
    k->half = 1;
    k->root = part_shares(k, kernel, kernel->nt, lecture);
    k->k[0] = kernel->rf * output;
    k->k[1] = kernel->nt * output * lecture * lecture;
}

static void closed_constants(ntk_infinite_constants *k, const ntk_infinite *kernel, double lecture)
{
    const ntk_activation *activation = kernel->activation;
    double cosine, sine;
    smooth_constants(k, kernel, lecture);
    if (activation->family == NTK_FAMILY_ERF) {
        k->k[0] *= 2 / PI;
        k->k[1] *= 2 / PI;
    } else if (activation->family == NTK_FAMILY_WAVE) {
        double rf = k->k[0], nt = k->k[1];
        ntk_wave_weights(activation, &cosine, &sine);
        k->k[0] = rf * cosine;
        k->k[1] = rf * sine;
        k->k[2] = nt * cosine;
        k->k[3] = nt * sine;
    }
}

bool ntk_infinite_is_closed(const ntk_activation *activation)
{
    return ntk_activation_route(activation) == NTK_ROUTE_CLOSED && activation->offset == 0;
}

ntk_infinite_constants ntk_infinite_constants_of(const ntk_infinite *kernel, int64_t inputs)
{
    /* the activation's frequency is a scale of what it is given, its own scale one of what it gives */
    double d = sqrt((double)inputs), frequency = fabs(kernel->activation->frequency);
    double lecture = kernel->lecture ? d / kernel->weight_scale : 1;
    ntk_infinite_constants k = {.constant = kernel->constant};
    k.c = kernel->weight_scale / d * frequency;
    k.b = kernel->bias_scale * frequency;
    ntk_family family = kernel->activation->family;
    bool piecewise = family == NTK_FAMILY_SLOPES || family == NTK_FAMILY_LEVELS;
    if (ntk_infinite_is_closed(kernel->activation))
        (piecewise ? piecewise_constants : closed_constants)(&k, kernel, lecture);
    else
        smooth_constants(&k, kernel, lecture);
    return k;
}

int64_t ntk_infinite_passes(const ntk_kernel *kernel, int32_t dtype, int64_t all)
{
    (void)kernel, (void)dtype, (void)all;
    return 1;
}

/* The angle, and what is made of it. */
static const double ENTRY_COST = 100;

static double entry_cost(const ntk_kernel *kernel, int64_t inputs, int32_t dtype, int64_t all)
{
    (void)kernel, (void)dtype, (void)all;
    return 2.0 * (double)inputs + ENTRY_COST;
}

static const ntk_kernel_operations operations = {
    .scratch = 0,
    .passes = ntk_infinite_passes,
    .memory = ntk_infinite_memory,
    .prepare = ntk_infinite_prepare,
    .close = ntk_infinite_close,
    .tile = ntk_infinite_tile,
    .cost = entry_cost,
    .gradient = ntk_infinite_gradient,
    .gradient_scratch = NTK_PAIR_GRADIENT_RECTANGLES,
    NTK_INFINITE_SCALE_OPERATIONS,
    .points = true,
    .products = 1,
    .write = ntk_infinite_write,
    .zonal = true,
};

static const ntk_kernel_operations *operations_of(const ntk_activation *activation)
{
    if (ntk_infinite_is_closed(activation)) return &operations;
    if (ntk_mehler_is_kinked(activation)) return &ntk_kinked_operations;
    return ntk_shifted_is_meant(activation) ? &ntk_shifted_operations : &ntk_mehler_operations;
}

const ntk_infinite *ntk_infinite_of(const ntk_kernel *kernel)
{
    const ntk_kernel_operations *const all[] = {&operations, &ntk_shifted_operations, &ntk_mehler_operations};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (kernel->operations == all[i]) return (const ntk_infinite *)kernel;
    return NULL;
}

static void dispose(void *self)
{
    ntk_infinite *kernel = self;
    ntk_release((void *)(uintptr_t)kernel->activation);
}

void ntk_infinite_shape(ntk_infinite *kernel, const ntk_infinite *values)
{
    *kernel = *values;
    kernel->base = (ntk_kernel){.operations = operations_of(values->activation)};
}

ntk_status ntk_infinite_create(ntk_context *context, ntk_kernel **kernel, const ntk_infinite *values)
{
    ntk_infinite *made;
    NTK_TRY(ntk_object_create(context, &made, sizeof *made, dispose, "a kernel"));
    ntk_object base = made->base.base;
    *made = *values;
    made->base = (ntk_kernel){.base = base, .operations = operations_of(values->activation)};
    made->activation = ntk_retain(values->activation);
    *kernel = &made->base;
    return NTK_OK;
}
