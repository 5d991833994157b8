/* Derivatives of sum_j v_j K(x, x_j) in x, and of sum_ij w_ij K(x_i, x_j) by the scales, K^RF + K^NT of one and of three layers, of a
 * cosine and with scales of the inputs, f64 and f32; in x of finite networks, too.
 *
 *     gradient [-f] [n [d]]      n = 3000; d = 784, then 16; -f: every call takes fresh memory from the system
 *
 * Limit: the product K v. */
#include "calls.h"
#include "data.h"
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { CASES = 10, TARGETS = 1 };

typedef ntk_status kernel_call(const ntk_kernel *kernel, const ntk_matrix *out, const ntk_matrix *x1, const ntk_matrix *x2,
                               const ntk_matrix *v);

static ntk_kernel *cosine(ntk_context *context, ntk_kernel *base, int64_t d)
{
    ntk_kernel *kernel;
    (void)d;
    bench_check(ntk_kernel_create_normalised(context, &kernel, base));
    ntk_kernel_destroy(base);
    return kernel;
}

static ntk_kernel *scaled(ntk_context *context, ntk_kernel *base, int64_t d)
{
    ntk_kernel *kernel;
    ntk_matrix scales = bench_matrix(1, d, NTK_F64, 7);
    bench_check(ntk_kernel_create_ard(context, &kernel, base, &scales));
    ntk_kernel_destroy(base);
    free(scales.data);
    return kernel;
}

static const struct {
    const char *name;
    int32_t activation;
    int64_t layers, hidden; /* hidden: of a finite network; 0: of none */
    ntk_kernel *(*around)(ntk_context *context, ntk_kernel *base, int64_t d);
} cases[CASES] = {{"ReLU", NTK_RELU, 1, 0, NULL},
                  {"ReLU", NTK_RELU, 3, 0, NULL},
                  {"erf", NTK_ERF, 1, 0, NULL},
                  {"erf", NTK_ERF, 3, 0, NULL},
                  {"GELU", NTK_GELU, 1, 0, NULL},
                  {"sine", NTK_SIN, 1, 0, NULL},
                  {"cosine of ReLU", NTK_RELU, 1, 0, cosine},
                  {"ReLU, scaled inputs", NTK_RELU, 1, 0, scaled},
                  {"ReLU", NTK_RELU, 1, 1024, NULL},
                  {"erf", NTK_ERF, 1, 1024, NULL}};

typedef struct timed {
    kernel_call *call;
    const ntk_kernel *kernel;
    ntk_matrix out, x, v;
} timed;

static void run(void *argument)
{
    const timed *t = argument;
    bench_check(t->call(t->kernel, &t->out, &t->x, &t->x, &t->v));
}

static ntk_kernel *make(ntk_context *context, int which, int64_t d)
{
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    ntk_network_options network = NTK_INIT(ntk_network_options);
    ntk_activation *activation;
    ntk_kernel *kernel;
    options.layers = cases[which].layers;
    network.inputs = d;
    network.hidden = cases[which].hidden;
    bench_check(ntk_activation_create(context, &activation, cases[which].activation, NULL));
    /* one network's mean is its kernel */
    bench_check(network.hidden ? ntk_kernel_create_monte_carlo(context, &kernel, activation, 1, NTK_PART_BOTH, &network)
                               : ntk_kernel_create_infinite(context, &kernel, activation, &options));
    ntk_activation_destroy(activation);
    return cases[which].around ? cases[which].around(context, kernel, d) : kernel;
}

static void measure(ntk_context *context, bench_sizes sizes, int32_t dtype, int which)
{
    int64_t scales = 1;
    int count = cases[which].hidden ? 2 : 3;
    char name[64], size[32];
    ntk_kernel *kernel = make(context, which, sizes.d);
    ntk_matrix x = bench_matrix(sizes.n, sizes.d, dtype, 1), v = bench_matrix(sizes.n, TARGETS, dtype, 2),
               w = bench_matrix(sizes.n, sizes.n, dtype, 3), y = bench_matrix(sizes.n, TARGETS, dtype, 4),
               g = bench_matrix(sizes.n, TARGETS * sizes.d, dtype, 5);
    if (count == 3) bench_check(ntk_kernel_scales(kernel, &scales));
    ntk_matrix by_scales = bench_matrix(scales, 1, dtype, 6);
    timed calls[] = {{ntk_kernel_multiply, kernel, y, x, v},
                     {ntk_kernel_gradient, kernel, g, x, v},
                     {ntk_kernel_scale_gradient, kernel, by_scales, x, w}};
    bench_runner runners[3];
    for (int i = 0; i < 3; i++) runners[i] = (bench_runner){.run = run, .argument = &calls[i]};
    bench_race(runners, count);
    if (cases[which].hidden)
        snprintf(size, sizeof size, "N = %d", (int)cases[which].hidden);
    else
        snprintf(size, sizeof size, "%d layer%s", (int)cases[which].layers, cases[which].layers > 1 ? "s" : "");
    for (int i = 1; i < count; i++) {
        snprintf(name, sizeof name, "%s %s, %s", i == 1 ? "gradient" : "scales", cases[which].name, size);
        bench_row(name, sizes, dtype, runners[i].seconds, runners[0].seconds, "product");
    }
    free(x.data);
    free(v.data);
    free(w.data);
    free(y.data);
    free(g.data);
    free(by_scales.data);
    ntk_kernel_destroy(kernel);
    bench_memory_trim();
}

int main(int argc, char **argv)
{
    int64_t sizes[2] = {3000, 0};
    ntk_context *context = bench_context(bench_arguments(argc, argv, "[-f] [n [d]]", sizes, 2));
    bench_header(context);
    for (int few = 0; few < (sizes[1] ? 1 : 2); few++)
        for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++)
            for (int which = 0; which < CASES; which++)
                measure(context, (bench_sizes){sizes[0], sizes[1] ? sizes[1] : few ? 16 : 784, 0}, dtype, which);
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
