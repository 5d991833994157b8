/* What the programs that simulate something share: an end with the library's sentence, random numbers that are the same everywhere,
 * and tables for gnuplot. */
#ifndef EXAMPLES_COMMON_H
#define EXAMPLES_COMMON_H

#include <ntk/ntk.h>
#include <stdio.h>

/* Ends the program with the library's sentence, unless status is a success. */
void common_check(ntk_status status);

/* Returns if there are at least so many arguments, and at most so many.  Otherwise ends the program with its help, and with 2 unless
 * that was asked for. */
void common_arguments(int argc, char **argv, int least, int most, const char *help);

/* Uniform in (0, 1), and standard normal; *state is the seed, and changes. */
double common_uniform(uint64_t *state);
double common_normal(uint64_t *state);

/* Opens a CSV file and writes its header; common_close ends it.  Both end the program where the file cannot be written. */
FILE *common_open(const char *path, const char *header);
void common_close(FILE *file);

/* K^RF + K^NT of a ReLU network of infinite width, with biases. */
ntk_kernel *common_kernel(ntk_context *context);

#endif
