/* The memory of the context that is timed.  A limit writes to memory that it has used before; so does the library here, unless
 * the user of a benchmark asks for fresh memory, whose first touch the system makes slow. */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <ntk/context.h>
#include <stdbool.h>

/* A context with the library's defaults.  Unless fresh, large blocks that it releases are kept for its next call. */
ntk_context *bench_context(bool fresh);

/* Gives back the blocks that are kept. */
void bench_memory_trim(void);

/* The most memory that the process has held, in 10^9 bytes. */
double bench_peak_gigabytes(void);

#endif
