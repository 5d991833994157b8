#include "files.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { PATH_SIZE = 512 };

static char directory[PATH_SIZE];

void files_setup(void)
{
    const char *parent = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/ntk-examples-XXXXXX", parent && *parent ? parent : P_tmpdir);
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

void files_teardown(void)
{
    char path[2 * PATH_SIZE];
    DIR *list = opendir(directory);
    ck_assert_ptr_nonnull(list);
    for (struct dirent *entry = readdir(list); entry; entry = readdir(list)) {
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) ck_assert_int_eq(remove(path), 0);
    }
    closedir(list);
    ck_assert_int_eq(rmdir(directory), 0);
}

const char *files_path(const char *name)
{
    static char paths[2][2 * PATH_SIZE];
    static int turn;
    turn = !turn;
    snprintf(paths[turn], sizeof paths[turn], "%s/%s", directory, name);
    return paths[turn];
}

const char *files_write(const char *name, const void *bytes, size_t size)
{
    const char *path = files_path(name);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

const char *files_write_gzip(const char *name, const void *bytes, size_t size)
{
    const char *path = files_path(name);
    gzFile file = gzopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, bytes, (unsigned)size), (int)size);
    ck_assert_int_eq(gzclose(file), Z_OK);
    return path;
}

void files_cut(const char *name, size_t size)
{
    ck_assert_int_eq(truncate(files_path(name), (off_t)size), 0);
}
