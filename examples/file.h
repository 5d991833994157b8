/* A whole file in memory, gzipped or not, and the sentence for the user when that cannot be had. */
#ifndef EXAMPLES_FILE_H
#define EXAMPLES_FILE_H

#include <stddef.h>

enum { FILE_MESSAGE_SIZE = 1024 };

/* Reads path.  *data receives *size bytes and a NUL behind them; free() gives it back.
 * 0, or -1 with *data NULL and a sentence in message (FILE_MESSAGE_SIZE bytes). */
int file_read(const char *path, char **data, size_t *size, char *message);

/* Writes the sentence, and returns -1. */
int file_fail(char *message, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
