#define _POSIX_C_SOURCE 200809L

#include "digits.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Reads FOLDER/name, or FOLDER/name.gz if there is no such file. */
static int read_array(idx_array *array, const char *folder, const char *name, int dimensions, char *message)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (access(path, F_OK)) snprintf(path, sizeof path, "%s/%s.gz", folder, name);
    return idx_read(array, path, dimensions, message);
}

static int read_labels(digits *set, const char *folder, const char *prefix, int64_t images, char *message)
{
    char name[64];
    snprintf(name, sizeof name, "%s-labels-idx1-ubyte", prefix);
    if (read_array(&set->labels, folder, name, 1, message)) return -1;
    if (set->labels.size[0] != images)
        return file_fail(message, "%s: the %s set has %lld images and %lld labels", folder, prefix, (long long)images,
                         (long long)set->labels.size[0]);
    for (int64_t i = 0; i < set->n; i++)
        if (set->labels.values[i] >= DIGITS)
            return file_fail(message, "%s/%s: label %lld is %d, expected 0 to 9", folder, name, (long long)i,
                             set->labels.values[i]);
    return 0;
}

static int take_images(digits *set, const idx_array *images, char *message)
{
    set->x = calloc((size_t)(set->n * set->d), sizeof *set->x);
    if (!set->x) return file_fail(message, "not enough memory for the images");
    for (int64_t i = 0; i < set->n * set->d; i++) set->x[i] = images->values[i] / 255.0;
    return 0;
}

int digits_read(digits *set, const char *folder, const char *prefix, int64_t most, char *message)
{
    idx_array images;
    char name[64];
    *set = (digits){.n = 0};
    snprintf(name, sizeof name, "%s-images-idx3-ubyte", prefix);
    if (read_array(&images, folder, name, 3, message)) return -1;
    set->n = images.size[0] < most ? images.size[0] : most;
    set->d = images.size[1] * images.size[2];
    set->width = images.size[2];
    int failed = read_labels(set, folder, prefix, images.size[0], message) || take_images(set, &images, message);
    idx_free(&images);
    if (!failed) return 0;
    digits_free(set);
    return -1;
}

void digits_free(digits *set)
{
    free(set->x);
    idx_free(&set->labels);
    *set = (digits){.n = 0};
}
