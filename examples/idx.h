/* Arrays of bytes from IDX files, the format of MNIST. */
#ifndef EXAMPLES_IDX_H
#define EXAMPLES_IDX_H

#include "file.h"

#include <stdint.h>

enum { IDX_MOST_DIMENSIONS = 3 };

typedef struct idx_array {
    int64_t size[IDX_MOST_DIMENSIONS];
    const unsigned char *values; /* row-major */
    char *file;
} idx_array;

/* Reads an array of unsigned bytes, gzipped or not, of so many dimensions (at most IDX_MOST_DIMENSIONS).
 * 0, or -1 with an empty array and a sentence in message (FILE_MESSAGE_SIZE bytes). */
int idx_read(idx_array *array, const char *path, int dimensions, char *message);

void idx_free(idx_array *array);

#endif
