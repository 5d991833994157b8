#include "file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { CHUNK = 1 << 20 };

int file_fail(char *message, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, FILE_MESSAGE_SIZE, format, arguments);
    va_end(arguments);
    return -1;
}

/* Makes room for one more chunk and the NUL. */
static int grow(char **data, size_t *capacity, size_t size)
{
    if (*capacity - size > CHUNK) return 0;
    size_t wanted = 2 * *capacity + CHUNK + 1;
    char *larger = wanted > *capacity ? realloc(*data, wanted) : NULL;
    if (!larger) return -1;
    *data = larger;
    *capacity = wanted;
    return 0;
}

/* zlib tells a truncated file only after the last byte that it could deliver. */
static int damage(gzFile file, const char *path, size_t size, char *message)
{
    int code;
    const char *reason = gzerror(file, &code);
    if (code == Z_OK || code == Z_STREAM_END) return 0;
    if (code == Z_ERRNO) return file_fail(message, "%s: %s", path, strerror(errno));
    if (code == Z_BUF_ERROR) return file_fail(message, "%s: the gzip data end early, after %zu bytes of contents", path, size);
    return file_fail(message, "%s: the gzip data are damaged, after %zu bytes of contents (%s)", path, size, reason);
}

static int read_all(gzFile file, const char *path, char **data, size_t *size, char *message)
{
    size_t capacity = 0;
    for (;;) {
        if (grow(data, &capacity, *size)) return file_fail(message, "%s: too large for this machine's memory", path);
        int got = gzread(file, *data + *size, CHUNK);
        if (got > 0) *size += (size_t)got;
        if (got < CHUNK) break;
    }
    (*data)[*size] = '\0';
    return damage(file, path, *size, message);
}

int file_read(const char *path, char **data, size_t *size, char *message)
{
    *data = NULL;
    *size = 0;
    errno = 0;
    gzFile file = gzopen(path, "rb");
    if (!file) return file_fail(message, "%s: %s", path, strerror(errno ? errno : ENOMEM));
    int status = read_all(file, path, data, size, message);
    gzclose(file);
    if (status) {
        free(*data);
        *data = NULL;
        *size = 0;
    }
    return status;
}
