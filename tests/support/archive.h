/* A sink and a source in memory, whose arrays a test may change. */
#ifndef TEST_ARCHIVE_H
#define TEST_ARCHIVE_H

#include "world.h"

#include <ntk/ntk.h>

typedef struct test_entry {
    char *name;
    ntk_array array; /* its name and data are the entry's own, without gaps */
} test_entry;

/* fail_at  the write, describe or read, counted from 1, that reports failure; 0: none.  calls  so far
 * handle   what a source gives for any name of a handle */
typedef struct test_archive {
    test_entry *entries;
    int64_t count, calls, fail_at;
    const void *handle;
} test_archive;

ntk_sink test_archive_sink(test_archive *archive);
ntk_source test_archive_source(test_archive *archive);
void test_archive_free(test_archive *archive);

/* Bytes of an array's elements. */
size_t test_array_bytes(const ntk_array *array);

/* Fails the test unless both hold the same arrays. */
void test_archive_compare(const test_archive *a, const test_archive *b);

/* How an archive is read, what a handle is then tried with, and its kind.  optional  whether an array may be absent; NULL: none
 * sized  every array's rows are known from others */
typedef struct test_importer {
    ntk_status (*import)(void **handle, const ntk_source *source);
    void (*use)(void *handle);
    test_handle_kind kind;
    bool (*optional)(const char *name);
    bool sized;
} test_importer;

/* Fails the test unless each array is missed, and refused if it is of another type, rank or size; memory that is counted comes back. */
void test_archive_alter_arrays(test_archive *archive, const test_importer *importer, const test_memory *memory);

/* Any number may be anything: fails the test unless it is refused, or there is a handle, which is tried.  What is not finite is
 * refused. */
void test_archive_alter_numbers(test_archive *archive, const test_importer *importer, const test_memory *memory);

/* Callbacks of a source whose user is "network", "features", "kernel", "ridge", "training" or "streamed": a handle of that kind, of a world of the sizes for
 * which it was prepared last; once for any sizes. */
void test_exported_prepare(const test_sizes *sizes);
int test_exported_describe(void *user, ntk_array *array);
int test_exported_read(void *user, const ntk_array *array, void *data);

#endif
