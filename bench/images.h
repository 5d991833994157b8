/* MNIST's images and digits, as files or as random numbers of the same shape. */
#ifndef BENCH_IMAGES_H
#define BENCH_IMAGES_H

#include <ntk/matrix.h>

enum { IMAGES_TRAIN = 60000, IMAGES_TEST = 10000, IMAGES_PIXELS = 784, IMAGES_DIGITS = 10 };

/* x  n x pixels, in [0, 1]   y  n x IMAGES_DIGITS, 1 at the image's digit and 0 elsewhere; free() gives back the data of both */
typedef struct images_set {
    ntk_matrix x, y;
} images_set;

/* The first n (fewer if there are fewer) of a set: prefix "train" or "t10k".  folder has MNIST's files, gzipped or not; "-": random
 * numbers instead, y too.  Ends the program if they cannot be read. */
images_set images_read(const char *folder, const char *prefix, int64_t n, int32_t dtype);

void images_free(images_set *set);

/* Reads "FOLDER [n]"; ends the program with the usage if the arguments are others, or n is not from 1 to 2^31 - 1. */
int64_t images_arguments(int argc, char **argv);

#endif
