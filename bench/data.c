#include "data.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CACHE_LINE = 64 };

void *bench_allocate(int64_t count, int32_t dtype)
{
    size_t size = (size_t)count * (dtype == NTK_F64 ? sizeof(double) : sizeof(float));
    void *memory = aligned_alloc(CACHE_LINE, (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
    if (memory) return memory;
    fprintf(stderr, "no memory for %zu bytes\n", size);
    exit(EXIT_FAILURE);
}

/* splitmix64. */
static double uniform(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return ((double)(z >> 12) + 0.5) * 0x1p-51 - 1;
}

ntk_matrix bench_matrix(int64_t rows, int64_t cols, int32_t dtype, uint64_t seed)
{
    int64_t count = rows * cols;
    void *data = bench_allocate(count, dtype);
    for (int64_t i = 0; i < count; i++) {
        double u = uniform(&seed);
        if (dtype == NTK_F64)
            ((double *)data)[i] = u;
        else
            ((float *)data)[i] = (float)u;
    }
    return ntk_matrix_view(data, rows, cols, dtype, 0);
}

static void refuse(const char *program, const char *usage)
{
    fprintf(stderr, "usage: %s %s\n", program, usage);
    exit(EXIT_FAILURE);
}

bool bench_arguments(int argc, char **argv, const char *usage, int64_t *sizes, int count)
{
    bool fresh = false;
    for (int option; (option = getopt(argc, argv, "f")) != -1; fresh = true)
        if (option != 'f') refuse(argv[0], usage);
    if (argc - optind > count) refuse(argv[0], usage);
    for (int i = 0; i < argc - optind; i++) {
        char *end;
        sizes[i] = strtoll(argv[optind + i], &end, 10);
        if (*end || sizes[i] < 1 || sizes[i] > INT32_MAX) refuse(argv[0], usage);
    }
    return fresh;
}
