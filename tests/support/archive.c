#include "archive.h"

#include "world.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static size_t element(int32_t type)
{
    return type == NTK_ARRAY_TEXT ? 1 : type == NTK_ARRAY_F32 ? 4 : 8;
}

size_t test_array_bytes(const ntk_array *array)
{
    return (size_t)(array->shape[0] * array->shape[1]) * element(array->type);
}

static void *memory(size_t size)
{
    void *block = malloc(size ? size : 1);
    if (!block) ck_abort_msg("no memory");
    return block;
}

static bool fails(test_archive *archive)
{
    return ++archive->calls == archive->fail_at;
}

static test_entry *find(const test_archive *archive, const char *name)
{
    for (int64_t i = 0; i < archive->count; i++)
        if (strcmp(archive->entries[i].name, name) == 0) return &archive->entries[i];
    return NULL;
}

/* An array's name, rank and shape are as the header has them. */
static void check_form(const ntk_array *array)
{
    ck_assert_int_ge(array->rank, 0);
    ck_assert_int_le(array->rank, 2);
    ck_assert(array->shape[0] >= 1 && array->shape[1] >= 1 && array->stride >= array->shape[1]);
    if (array->rank < 2) ck_assert_int_eq(array->shape[1], 1);
    if (array->rank < 1) ck_assert_int_eq(array->shape[0], 1);
    ck_assert_int_gt((int)strlen(array->name), 0);
    ck_assert_int_eq((int)strspn(array->name, "abcdefghijklmnopqrstuvwxyz0123456789_/"), (int)strlen(array->name));
    ck_assert(!strstr(array->name, "//") && array->name[0] != '/' && array->name[strlen(array->name) - 1] != '/');
}

static int write_entry(void *user, const ntk_array *array)
{
    test_archive *archive = user;
    if (fails(archive)) return 7;
    check_form(array);
    ck_assert_msg(!find(archive, array->name), "%s comes twice", array->name);
    archive->entries = realloc(archive->entries, (size_t)(archive->count + 1) * sizeof *archive->entries);
    if (!archive->entries) ck_abort_msg("no memory");
    test_entry *entry = &archive->entries[archive->count++];
    entry->array = *array;
    entry->name = memory(strlen(array->name) + 1);
    strcpy(entry->name, array->name);
    size_t size = element(array->type), row = (size_t)array->shape[1] * size;
    char *data = memory(test_array_bytes(array));
    for (int64_t i = 0; i < array->shape[0]; i++)
        memcpy(data + (size_t)i * row, (const char *)array->data + (size_t)(i * array->stride) * size, row);
    entry->array.name = entry->name;
    entry->array.data = data;
    entry->array.stride = array->shape[1];
    return 0;
}

static int describe_in(const test_archive *archive, ntk_array *array)
{
    const test_entry *entry = find(archive, array->name);
    if (!entry) return 1;
    array->type = entry->array.type;
    array->rank = entry->array.rank;
    array->shape[0] = entry->array.shape[0];
    array->shape[1] = entry->array.shape[1];
    return 0;
}

static int describe_entry(void *user, ntk_array *array)
{
    return fails(user) ? NTK_ERR_CALLBACK : describe_in(user, array);
}

static int read_in(const test_archive *archive, const ntk_array *array, void *data)
{
    const test_entry *entry = find(archive, array->name);
    if (!entry) return 7;
    memcpy(data, entry->array.data, test_array_bytes(&entry->array));
    return 0;
}

static int read_entry(void *user, const ntk_array *array, void *data)
{
    return fails(user) ? 7 : read_in(user, array, data);
}

static const void *handle_of(void *user, const char *name)
{
    (void)name;
    return ((test_archive *)user)->handle;
}

ntk_sink test_archive_sink(test_archive *archive)
{
    return (ntk_sink){.struct_size = sizeof(ntk_sink), .user = archive, .write = write_entry};
}

ntk_source test_archive_source(test_archive *archive)
{
    return (ntk_source){.struct_size = sizeof(ntk_source),
                        .user = archive,
                        .describe = describe_entry,
                        .read = read_entry,
                        .handle = handle_of,
                        .handle_user = archive};
}

void test_archive_free(test_archive *archive)
{
    for (int64_t i = 0; i < archive->count; i++) {
        free(archive->entries[i].name);
        free((void *)(uintptr_t)archive->entries[i].array.data);
    }
    free(archive->entries);
    memset(archive, 0, sizeof *archive);
}

/* --- of a world --- */

enum { OBJECTS = 6, MOST_SIZES = 8 };

/* What was exported of a world of these sizes. */
typedef struct exported {
    test_sizes sizes;
    test_archive archives[OBJECTS];
} exported;

static exported all[MOST_SIZES];
static int count;
static test_sizes current;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Of a world of its own, whose callers' functions the sources need not give. */
static void export_all(exported *to)
{
    test_world world;
    ntk_sink sinks[OBJECTS];
    const double shares[] = {1, 0.5};
    const ntk_matrix levels = ntk_matrix_const_f64(shares, 2, 1);
    const ntk_kernel *terms[4];
    ntk_kernel *cosine, *zonal, *sum;
    for (int i = 0; i < OBJECTS; i++) sinks[i] = test_archive_sink(&to->archives[i]);
    test_world_make(&world, &to->sizes, NULL);
    CHECK_OK(ntk_kernel_create_normalised(world.context, &cosine, world.deep));
    CHECK_OK(ntk_kernel_create_zonal(world.context, &zonal, &levels, to->sizes.d));
    terms[0] = world.infinite, terms[1] = world.finite, terms[2] = cosine, terms[3] = zonal;
    CHECK_OK(ntk_kernel_create_sum(world.context, &sum, terms, NULL, 4));
    CHECK_OK(ntk_network_export(world.network, &sinks[0]));
    CHECK_OK(ntk_features_export(world.features, &sinks[1]));
    CHECK_OK(ntk_kernel_export(sum, &sinks[2]));
    CHECK_OK(ntk_ridge_export(world.ridge, &sinks[3]));
    CHECK_OK(ntk_training_export(world.training, &sinks[4]));
    CHECK_OK(ntk_training_export(world.streamed, &sinks[5]));
    ntk_kernel_destroy(sum);
    ntk_kernel_destroy(zonal);
    ntk_kernel_destroy(cosine);
    test_world_free(&world);
}

void test_exported_prepare(const test_sizes *sizes)
{
    pthread_mutex_lock(&lock);
    current = *sizes;
    int i = 0;
    while (i < count && memcmp(&all[i].sizes, sizes, sizeof *sizes) != 0) i++;
    if (i == count) {
        ck_assert_int_lt(count, MOST_SIZES);
        all[count].sizes = *sizes;
        export_all(&all[count++]);
    }
    pthread_mutex_unlock(&lock);
}

static const test_archive *exported_of(const char *object)
{
    static const char letters[] = "nfkrts";
    for (int i = 0; i < count; i++)
        if (memcmp(&all[i].sizes, &current, sizeof current) == 0) return &all[i].archives[strchr(letters, object[0]) - letters];
    ck_abort_msg("test_exported_prepare was not called");
    return NULL;
}

int test_exported_describe(void *user, ntk_array *array)
{
    return describe_in(exported_of(user), array);
}

int test_exported_read(void *user, const ntk_array *array, void *data)
{
    return read_in(exported_of(user), array, data);
}
