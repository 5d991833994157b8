#include "idx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The header: two zeros, the elements' type, the number of dimensions; then each dimension in four bytes, the highest first. */
enum { UNSIGNED_BYTES = 0x08, MAGIC_SIZE = 4, DIMENSION_SIZE = 4 };

static int check_magic(const unsigned char *bytes, size_t size, const char *path, int dimensions, char *message)
{
    if (size < MAGIC_SIZE) return file_fail(message, "%s: not an IDX file: it ends after %zu bytes", path, size);
    if (bytes[0] || bytes[1])
        return file_fail(message, "%s: not an IDX file: it begins with the bytes %02x %02x, expected 00 00", path, bytes[0],
                         bytes[1]);
    if (bytes[2] != UNSIGNED_BYTES)
        return file_fail(message, "%s: byte 2, the type of the elements, is 0x%02x, expected 0x%02x (unsigned bytes)", path,
                         bytes[2], UNSIGNED_BYTES);
    if (bytes[3] != dimensions)
        return file_fail(message, "%s: byte 3, the number of dimensions, is %d, expected %d", path, bytes[3], dimensions);
    if (size < MAGIC_SIZE + DIMENSION_SIZE * (size_t)dimensions)
        return file_fail(message, "%s: the file ends after %zu bytes, within its header", path, size);
    return 0;
}

/* Compares what the header promises with what follows it, without trusting that the product can be represented. */
static int check_size(const idx_array *array, size_t follow, const char *path, int dimensions, char *message)
{
    char promised[128] = "";
    size_t product = 1;
    int too_many = 0;
    for (int k = 0; k < dimensions; k++) {
        size_t length = strlen(promised), factor = (size_t)array->size[k];
        snprintf(promised + length, sizeof promised - length, "%s%zu", k ? " x " : "", factor);
        if (!factor) return file_fail(message, "%s: dimension %d of its header is 0", path, k + 1);
        too_many = too_many || product > follow / factor;
        product *= too_many ? 1 : factor;
    }
    if (too_many) return file_fail(message, "%s: the header promises %s bytes, but only %zu follow it", path, promised, follow);
    if (product < follow)
        return file_fail(message, "%s: the header promises %s bytes, but %zu follow it", path, promised, follow);
    return 0;
}

static int read_array(idx_array *array, size_t size, const char *path, int dimensions, char *message)
{
    const unsigned char *bytes = (const unsigned char *)array->file;
    if (check_magic(bytes, size, path, dimensions, message)) return -1;
    for (int k = 0; k < dimensions; k++) {
        const unsigned char *b = bytes + MAGIC_SIZE + DIMENSION_SIZE * k;
        array->size[k] = (int64_t)b[0] << 24 | (int64_t)b[1] << 16 | (int64_t)b[2] << 8 | (int64_t)b[3];
    }
    size_t header = MAGIC_SIZE + DIMENSION_SIZE * (size_t)dimensions;
    array->values = bytes + header;
    return check_size(array, size - header, path, dimensions, message);
}

int idx_read(idx_array *array, const char *path, int dimensions, char *message)
{
    size_t size;
    memset(array, 0, sizeof *array);
    if (file_read(path, &array->file, &size, message)) return -1;
    int status = read_array(array, size, path, dimensions, message);
    if (status) idx_free(array);
    return status;
}

void idx_free(idx_array *array)
{
    free(array->file);
    memset(array, 0, sizeof *array);
}
