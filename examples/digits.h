/* Images of digits and their labels, from a folder that holds MNIST's four files. */
#ifndef EXAMPLES_DIGITS_H
#define EXAMPLES_DIGITS_H

#include "idx.h"

enum { DIGITS = 10 };

/* Images as rows of d pixels, from 0 to 1, width of them in a line, and their digits. */
typedef struct digits {
    int64_t n, d, width;
    double *x;
    idx_array labels;
} digits;

/* Reads the images and labels of one set, prefix "train" or "t10k", at most so many; its files may end in .gz.
 * 0, or -1 with an empty set and a sentence in message (FILE_MESSAGE_SIZE bytes). */
int digits_read(digits *set, const char *folder, const char *prefix, int64_t most, char *message);

void digits_free(digits *set);

#endif
