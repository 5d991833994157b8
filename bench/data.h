/* Random matrices, and the sizes that the command line asks for. */
#ifndef BENCH_DATA_H
#define BENCH_DATA_H

#include <ntk/matrix.h>
#include <stdbool.h>

/* Memory for count elements, aligned to a cache line; free() gives it back.  Ends the program when there is none. */
void *bench_allocate(int64_t count, int32_t dtype);

/* A rows x cols matrix of numbers uniform in (-1, 1); free(matrix.data) gives it back. */
ntk_matrix bench_matrix(int64_t rows, int64_t cols, int32_t dtype, uint64_t seed);

/* Reads "[-f] [size]...": sizes holds the defaults, and receives the sizes that are given.  Returns whether -f was given.
 * Anything else ends the program with the usage. */
bool bench_arguments(int argc, char **argv, const char *usage, int64_t *sizes, int count);

#endif
