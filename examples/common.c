#include "common.h"

#include "splitmix.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void fail(const char *subject, const char *sentence)
{
    fprintf(stderr, "%s: %s\n", subject, sentence);
    exit(EXIT_FAILURE);
}

void common_check(ntk_status status)
{
    if (status < 0) fail(ntk_status_name(status), ntk_error_message());
}

void common_arguments(int argc, char **argv, int least, int most, const char *help)
{
    bool asked = argc == 2 && strcmp(argv[1], "--help") == 0;
    if (!asked && argc > least && argc <= most + 1) return;
    fputs(help, asked ? stdout : stderr);
    exit(asked ? EXIT_SUCCESS : 2);
}

double common_uniform(uint64_t *state)
{
    return ((double)(splitmix_next(state) >> 11) + 0.5) * 0x1p-53;
}

double common_normal(uint64_t *state)
{
    double u = common_uniform(state), v = common_uniform(state);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

FILE *common_open(const char *path, const char *header)
{
    FILE *file = fopen(path, "w");
    if (!file) fail(path, strerror(errno));
    fprintf(file, "%s\n", header);
    return file;
}

void common_close(FILE *file)
{
    int failed = ferror(file);
    if (fclose(file) || failed) fail("the table could not be written", strerror(errno));
}

ntk_kernel *common_kernel(ntk_context *context)
{
    ntk_activation *relu;
    ntk_kernel *kernel;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.bias_scale = 1;
    common_check(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    common_check(ntk_kernel_create_infinite(context, &kernel, relu, &options));
    ntk_activation_destroy(relu);
    return kernel;
}
