#include "images.h"

#include "../examples/idx.h"
#include "data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_array(idx_array *array, const char *folder, const char *prefix, const char *kind, int dimensions)
{
    char path[1000], message[FILE_MESSAGE_SIZE];
    for (int gzipped = 0; gzipped < 2; gzipped++) {
        snprintf(path, sizeof path, "%s/%s-%s-idx%d-ubyte%s", folder, prefix, kind, dimensions, gzipped ? ".gz" : "");
        if (idx_read(array, path, dimensions, message) == 0) return;
    }
    fprintf(stderr, "%s\n", message);
    exit(EXIT_FAILURE);
}

static void put(const ntk_matrix *m, int64_t index, double value)
{
    if (m->dtype == NTK_F64)
        ((double *)m->data)[index] = value;
    else
        ((float *)m->data)[index] = (float)value;
}

images_set images_read(const char *folder, const char *prefix, int64_t n, int32_t dtype)
{
    if (strcmp(folder, "-") == 0)
        return (images_set){bench_matrix(n, IMAGES_PIXELS, dtype, 1), bench_matrix(n, IMAGES_DIGITS, dtype, 2)};
    idx_array images, labels;
    read_array(&images, folder, prefix, "images", 3);
    read_array(&labels, folder, prefix, "labels", 1);
    int64_t rows = n < images.size[0] ? n : images.size[0], pixels = images.size[1] * images.size[2];
    if (labels.size[0] < rows) {
        fprintf(stderr, "%s: there are fewer labels than images\n", folder);
        exit(EXIT_FAILURE);
    }
    images_set set = {ntk_matrix_view(bench_allocate(rows * pixels, dtype), rows, pixels, dtype, 0),
                      ntk_matrix_view(bench_allocate(rows * IMAGES_DIGITS, dtype), rows, IMAGES_DIGITS, dtype, 0)};
    for (int64_t i = 0; i < rows * pixels; i++) put(&set.x, i, images.values[i] / 255.0);
    for (int64_t i = 0; i < rows * IMAGES_DIGITS; i++)
        put(&set.y, i, labels.values[i / IMAGES_DIGITS] == i % IMAGES_DIGITS ? 1 : 0);
    idx_free(&images);
    idx_free(&labels);
    return set;
}

void images_free(images_set *set)
{
    free(set->x.data);
    free(set->y.data);
}

int64_t images_arguments(int argc, char **argv)
{
    char *end = argc == 3 ? argv[2] : NULL;
    long long n = argc == 3 ? strtoll(argv[2], &end, 10) : IMAGES_TRAIN;
    if (argc < 2 || argc > 3 || (end && *end) || n < 1 || n > INT32_MAX) {
        fprintf(stderr, "usage: %s FOLDER [n]\n", argv[0]);
        exit(EXIT_FAILURE);
    }
    return n;
}
