/* Archives that are not what they should be. */
#include "archive.h"

#include <math.h>
#include <string.h>

void test_archive_compare(const test_archive *a, const test_archive *b)
{
    ck_assert_int_eq(a->count, b->count);
    for (int64_t i = 0; i < a->count; i++) {
        const ntk_array *one = &a->entries[i].array, *other = &b->entries[i].array;
        ck_assert_str_eq(one->name, other->name);
        ck_assert_msg(test_array_bytes(one) == test_array_bytes(other) &&
                          memcmp(one->data, other->data, test_array_bytes(one)) == 0,
                      "%s has changed", one->name);
    }
}

static void refuse(test_archive *archive, const test_importer *importer, const test_memory *memory, const char *name,
                   const char *what)
{
    void *handle = NULL;
    int64_t live = memory->live;
    ntk_source source = test_archive_source(archive);
    ntk_status status = importer->import(&handle, &source);
    ck_assert_msg(status == NTK_ERR_FORMAT && !handle, "%s, %s: %s", name, what, ntk_status_name(status));
    ck_assert_int_eq(memory->live, live);
}

void test_archive_alter_arrays(test_archive *archive, const test_importer *importer, const test_memory *memory)
{
    for (int64_t i = 0; i < archive->count; i++) {
        test_entry *entry = &archive->entries[i];
        const ntk_array kept = entry->array;
        const char letter = entry->name[0];
        if (!importer->optional || !importer->optional(entry->name)) {
            entry->name[0] = 'X';
            refuse(archive, importer, memory, entry->name, "absent");
            entry->name[0] = letter;
        }
        entry->array.type = kept.type % 4 + 1;
        refuse(archive, importer, memory, entry->name, "of another type");
        entry->array = kept;
        entry->array.rank = (kept.rank + 1) % 3;
        refuse(archive, importer, memory, entry->name, "of another rank");
        entry->array = kept;
        entry->array.shape[0] = 0;
        if (kept.rank > 0) refuse(archive, importer, memory, entry->name, "empty");
        entry->array.shape[0] = kept.shape[0] - 1;
        if (kept.rank > 0 && importer->sized) refuse(archive, importer, memory, entry->name, "too short");
        entry->array = kept;
    }
}

/* The first three are no numbers. */
static const double reals[] = {NAN, INFINITY, -INFINITY, -1, 0, 1e300, 1e-300};
static const int64_t integers[] = {INT64_MIN, -1, 0, 1, 2, 1000000, INT64_MAX};
enum { WRONG = sizeof reals / sizeof *reals };

/* The first element of an array becomes number k of those. */
static void alter(const ntk_array *array, int k)
{
    void *data = (void *)(uintptr_t)array->data;
    float single = (float)reals[k];
    if (array->type == NTK_ARRAY_I64)
        memcpy(data, &integers[k], sizeof integers[k]);
    else if (array->type == NTK_ARRAY_F32)
        memcpy(data, &single, sizeof single);
    else
        memcpy(data, &reals[k], sizeof reals[k]);
}

static void try_altered(test_archive *archive, const test_importer *importer, const ntk_array *array, int k)
{
    void *handle = NULL;
    ntk_source source = test_archive_source(archive);
    ntk_status status = importer->import(&handle, &source);
    if (array->type != NTK_ARRAY_I64 && k < 3) ck_assert_int_eq(status, NTK_ERR_FORMAT);
    if (status == NTK_OK)
        importer->use(handle);
    else
        ck_assert_msg((status == NTK_ERR_FORMAT || status == NTK_ERR_MEMORY) && !handle, "%s: %s", array->name,
                      ntk_status_name(status));
    test_handle_destroy(importer->kind, handle);
}

void test_archive_alter_numbers(test_archive *archive, const test_importer *importer, const test_memory *memory)
{
    for (int64_t i = 0; i < archive->count; i++)
        for (int k = 0; k < WRONG; k++) {
            const ntk_array *array = &archive->entries[i].array;
            char kept[8];
            size_t size = array->type == NTK_ARRAY_F32 ? 4 : 8;
            int64_t live = memory->live;
            if (array->type == NTK_ARRAY_TEXT) continue;
            memcpy(kept, array->data, size);
            alter(array, k);
            try_altered(archive, importer, array, k);
            ck_assert_int_eq(memory->live, live);
            memcpy((void *)(uintptr_t)array->data, kept, size);
        }
}
