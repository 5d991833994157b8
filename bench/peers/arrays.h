/* What the library's side of a contest leaves in a folder for the other side: arrays as they lie in memory. */
#ifndef BENCH_PEERS_ARRAYS_H
#define BENCH_PEERS_ARRAYS_H

#include <ntk/matrix.h>
#include <stdio.h>

/* Opens folder/name for writing, or ends the program with the reason. */
FILE *arrays_open(const char *folder, const char *name);

/* Writes a matrix without gaps to folder/name, or ends the program with the reason. */
void arrays_write(const char *folder, const char *name, const ntk_matrix *m);

#endif
