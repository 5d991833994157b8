#include "arrays.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

FILE *arrays_open(const char *folder, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (file) return file;
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(EXIT_FAILURE);
}

void arrays_write(const char *folder, const char *name, const ntk_matrix *m)
{
    FILE *file = arrays_open(folder, name);
    size_t size = m->dtype == NTK_F64 ? sizeof(double) : sizeof(float), count = (size_t)(m->rows * m->cols);
    if (fwrite(m->data, size, count, file) == count && fclose(file) == 0) return;
    fprintf(stderr, "%s/%s could not be written\n", folder, name);
    exit(EXIT_FAILURE);
}
