/* Files of a test, in a directory of its own. */
#ifndef TESTS_EXAMPLES_FILES_H
#define TESTS_EXAMPLES_FILES_H

#include <stddef.h>

/* Makes the directory, and removes it with what it holds: the test case's fixture. */
void files_setup(void);
void files_teardown(void);

/* The path of a file of that name; valid until the second call after it. */
const char *files_path(const char *name);

/* Writes bytes to a file, as they are or through gzip, and returns its path. */
const char *files_write(const char *name, const void *bytes, size_t size);
const char *files_write_gzip(const char *name, const void *bytes, size_t size);

/* Cuts a file to so many bytes. */
void files_cut(const char *name, size_t size);

#endif
