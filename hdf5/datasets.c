/* Arrays as datasets. */
#include "internal.h"

#include <stdio.h>
#include <string.h>

/* --- HDF5's reasons --- */

typedef struct reason {
    char *buffer;
    size_t size;
} reason;

/* The innermost entry of the stack comes last. */
static herr_t take_reason(unsigned index, const H5E_error2_t *error, void *data)
{
    const reason *to = data;
    (void)index;
    if (error->desc) snprintf(to->buffer, to->size, "%s", error->desc);
    return 0;
}

const char *ntk_hdf5_reason(char *buffer, size_t size)
{
    reason to = {buffer, size};
    snprintf(buffer, size, "HDF5 gives no reason");
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, take_reason, &to);
    return buffer;
}

static int fail(ntk_status status, const char *name, const char *what)
{
    char buffer[200];
    return ntk_hdf5_fail(status, "%.200s cannot be %s: %s", name, what, ntk_hdf5_reason(buffer, sizeof buffer));
}

/* --- types --- */

/* In the file, or in memory.  TEXT has a type of its own for each length, to be closed. */
static hid_t type_of(const ntk_array *array, int in_file)
{
    switch (array->type) {
    case NTK_ARRAY_F64:
        return in_file ? H5T_IEEE_F64LE : H5T_NATIVE_DOUBLE;
    case NTK_ARRAY_F32:
        return in_file ? H5T_IEEE_F32LE : H5T_NATIVE_FLOAT;
    case NTK_ARRAY_I64:
        return in_file ? H5T_STD_I64LE : H5T_NATIVE_INT64;
    default:
        break;
    }
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type < 0 || H5Tset_size(type, (size_t)array->shape[0]) < 0 || H5Tset_strpad(type, H5T_STR_NULLPAD) < 0 ||
        H5Tset_cset(type, H5T_CSET_UTF8) < 0)
        return H5I_INVALID_HID;
    return type;
}

static void close_type(const ntk_array *array, hid_t type)
{
    if (array->type == NTK_ARRAY_TEXT && type >= 0) H5Tclose(type);
}

/* TEXT is one string. */
static int rank_of(const ntk_array *array)
{
    return array->type == NTK_ARRAY_TEXT ? 0 : array->rank;
}

/* --- writing --- */

/* The array's rows as they lie in memory. */
static hid_t memory_space(const ntk_array *array)
{
    const hsize_t start[2] = {0, 0}, count[2] = {(hsize_t)array->shape[0], (hsize_t)array->shape[1]};
    const hsize_t all[2] = {count[0], (hsize_t)array->stride};
    if (rank_of(array) == 0) return H5Screate(H5S_SCALAR);
    hid_t space = H5Screate_simple(2, all, NULL);
    if (space >= 0) H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    return space;
}

/* A dataset, with the groups of its name. */
static hid_t create_dataset(hid_t file, const ntk_array *array, hid_t space, hid_t type)
{
    hid_t links = H5Pcreate(H5P_LINK_CREATE), properties = H5Pcreate(H5P_DATASET_CREATE), dataset = H5I_INVALID_HID;
    /* without times, equal handles make equal files */
    if (H5Pset_create_intermediate_group(links, 1) >= 0 && H5Pset_obj_track_times(properties, false) >= 0)
        dataset = H5Dcreate2(file, array->name, type, space, links, properties, H5P_DEFAULT);
    if (dataset < 0) fail(NTK_ERR_IO, array->name, "written");
    H5Pclose(properties);
    H5Pclose(links);
    return dataset;
}

static int write_dataset(hid_t dataset, const ntk_array *array, hid_t type)
{
    hid_t memory = memory_space(array);
    int status = 0;
    if (memory < 0 || H5Dwrite(dataset, type, memory, H5S_ALL, H5P_DEFAULT, array->data) < 0)
        status = fail(NTK_ERR_IO, array->name, "written");
    if (memory >= 0) H5Sclose(memory);
    return status;
}

int ntk_hdf5_write(void *user, const ntk_array *array)
{
    const hsize_t shape[2] = {(hsize_t)array->shape[0], (hsize_t)array->shape[1]};
    int rank = rank_of(array), status = NTK_ERR_IO;
    hid_t space = rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, shape, NULL);
    hid_t in_file = type_of(array, 1), in_memory = type_of(array, 0);
    hid_t dataset = create_dataset(*(hid_t *)user, array, space, in_file);
    if (dataset >= 0) {
        status = write_dataset(dataset, array, in_memory);
        if (H5Dclose(dataset) < 0 && status == 0) status = fail(NTK_ERR_IO, array->name, "written");
    }
    close_type(array, in_file);
    close_type(array, in_memory);
    if (space >= 0) H5Sclose(space);
    return status;
}

/* --- reading --- */

/* Every group of the path must be there: HDF5 asks about the last one only. */
static int is_there(hid_t file, const char *name)
{
    char path[4096];
    size_t length = strlen(name);
    if (length >= sizeof path) return 0;
    for (size_t i = 1; i <= length; i++) {
        if (i < length && name[i] != '/') continue;
        memcpy(path, name, i);
        path[i] = 0;
        if (H5Lexists(file, path, H5P_DEFAULT) <= 0) return 0;
    }
    return 1;
}

static int32_t kind_of(hid_t type, size_t *size)
{
    *size = H5Tget_size(type);
    switch (H5Tget_class(type)) {
    case H5T_FLOAT:
        return *size == 8 ? NTK_ARRAY_F64 : *size == 4 ? NTK_ARRAY_F32 : 0;
    case H5T_INTEGER:
        return *size == 8 ? NTK_ARRAY_I64 : 0;
    case H5T_STRING:
        return H5Tis_variable_str(type) ? 0 : NTK_ARRAY_TEXT;
    default:
        return 0;
    }
}

static int describe_dataset(hid_t dataset, ntk_array *array)
{
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    size_t size = 0;
    hsize_t shape[2] = {1, 1};
    int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space), status = 0;
    array->type = type < 0 ? 0 : kind_of(type, &size);
    if (rank < 0 || type < 0)
        status = fail(NTK_ERR_FORMAT, array->name, "read");
    else if (rank > 2 || (rank > 0 && H5Sget_simple_extent_dims(space, shape, NULL) < 0))
        array->type = 0;
    array->rank = rank;
    array->shape[0] = (int64_t)shape[0];
    array->shape[1] = (int64_t)shape[1];
    if (array->type == NTK_ARRAY_TEXT && rank == 0) {
        array->rank = 1;
        array->shape[0] = (int64_t)size;
    } else if (array->type == NTK_ARRAY_TEXT) {
        array->type = 0;
    }
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    return status;
}

int ntk_hdf5_describe(void *user, ntk_array *array)
{
    hid_t file = *(hid_t *)user;
    if (!is_there(file, array->name)) return 1;
    hid_t dataset = H5Dopen2(file, array->name, H5P_DEFAULT);
    if (dataset < 0) return 1; /* a group */
    int status = describe_dataset(dataset, array);
    H5Dclose(dataset);
    return status;
}

int ntk_hdf5_read(void *user, const ntk_array *array, void *data)
{
    hid_t dataset = H5Dopen2(*(hid_t *)user, array->name, H5P_DEFAULT), type = type_of(array, 0);
    int status = 0;
    if (dataset < 0 || type < 0 || H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
        status = fail(NTK_ERR_IO, array->name, "read");
    if (dataset >= 0) H5Dclose(dataset);
    close_type(array, type);
    return status;
}
