#include "core/exchange.h"

#include "core/matrix.h"
#include "core/options.h"
#include "core/status.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(ntk_array) == 48 && offsetof(ntk_array, data) == 8 && offsetof(ntk_array, type) == 16 &&
                   offsetof(ntk_array, rank) == 20 && offsetof(ntk_array, shape) == 24 && offsetof(ntk_array, stride) == 40,
               "the layout of ntk_array is frozen");
_Static_assert(sizeof(ntk_sink) == 24 && offsetof(ntk_sink, user) == 8 && offsetof(ntk_sink, write) == 16,
               "the layout of ntk_sink is frozen");
_Static_assert(sizeof(ntk_source) == 48 && offsetof(ntk_source, user) == 8 && offsetof(ntk_source, describe) == 16 &&
                   offsetof(ntk_source, read) == 24 && offsetof(ntk_source, handle) == 32 &&
                   offsetof(ntk_source, handle_user) == 40,
               "the layout of ntk_source is frozen");

/* Changes when arrays change their meaning, or new ones are required. */
enum { FORMAT = 1 };

/* --- names --- */

ntk_status ntk_path_enter(ntk_path *path, const char *group)
{
    int length =
        snprintf(path->text + path->length, (size_t)(NTK_PATH_SIZE - path->length), "%s%s", path->length ? "/" : "", group);
    if (length < NTK_PATH_SIZE - path->length) {
        path->length += length;
        return NTK_OK;
    }
    path->text[path->length] = 0;
    return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: handles nest too deeply: names would be longer than %d bytes", path->function,
                    NTK_PATH_SIZE - 1);
}

ntk_status ntk_path_enter_number(ntk_path *path, const char *group, int64_t number)
{
    char word[64];
    snprintf(word, sizeof word, "%s/%lld", group, (long long)number);
    return ntk_path_enter(path, word);
}

/* The group before a position of its text. */
static void leave_to(ntk_path *path, int64_t length)
{
    path->length = length;
    path->text[length] = 0;
}

void ntk_path_leave(ntk_path *path)
{
    const char *slash;
    do {
        slash = strrchr(path->text, '/');
        int64_t length = slash ? slash - path->text : 0;
        bool number = slash && slash[1] >= '0' && slash[1] <= '9';
        leave_to(path, length);
        if (!number) return;
    } while (slash);
}

/* What a callback's answer ends the call with; of a negative one the sentence is the callback's. */
static ntk_status answer_of(const ntk_path *path, int answer, const char *who)
{
    if (answer <= 0) return answer;
    return ntk_fail(NTK_ERR_CALLBACK, "%s: the %s reported failure %d of %.200s", path->function, who, answer, path->text);
}

/* --- writing --- */

ntk_status ntk_writer_open(ntk_writer *writer, const ntk_sink *sink, const char *function)
{
    writer->path.text[0] = 0;
    writer->path.length = 0;
    writer->path.function = function;
    if (!sink) return ntk_fail(NTK_ERR_NULL, "%s: sink is NULL", function);
    NTK_TRY(ntk_options_read(&writer->sink, sizeof writer->sink, sizeof writer->sink, sink, "ntk_sink"));
    if (!writer->sink.write) return ntk_fail(NTK_ERR_OPTION, "%s: sink->write is NULL, expected a function", function);
    return NTK_OK;
}

static ntk_status write(ntk_writer *writer, const char *name, ntk_array *array)
{
    int64_t length = writer->path.length;
    NTK_TRY(ntk_path_enter(&writer->path, name));
    array->name = writer->path.text;
    ntk_status status = answer_of(&writer->path, writer->sink.write(writer->sink.user, array), "sink");
    leave_to(&writer->path, length);
    return status;
}

ntk_status ntk_write_array(ntk_writer *writer, const char *name, int32_t type, int64_t rows, int64_t cols, int64_t stride,
                           const void *data)
{
    ntk_array array = {.data = data, .type = type, .rank = cols < 0 ? 1 : 2, .shape = {rows, cols < 0 ? 1 : cols}};
    array.stride = stride;
    return write(writer, name, &array);
}

ntk_status ntk_write_real(ntk_writer *writer, const char *name, double value)
{
    ntk_array array = {.data = &value, .type = NTK_ARRAY_F64, .shape = {1, 1}, .stride = 1};
    return write(writer, name, &array);
}

ntk_status ntk_write_integer(ntk_writer *writer, const char *name, int64_t value)
{
    ntk_array array = {.data = &value, .type = NTK_ARRAY_I64, .shape = {1, 1}, .stride = 1};
    return write(writer, name, &array);
}

ntk_status ntk_write_text(ntk_writer *writer, const char *name, const char *text)
{
    ntk_array array = {.data = text, .type = NTK_ARRAY_TEXT, .rank = 1, .shape = {(int64_t)strlen(text), 1}, .stride = 1};
    return write(writer, name, &array);
}

/* --- reading --- */

ntk_status ntk_reader_open(ntk_reader *reader, ntk_context *context, const ntk_source *source, const char *function)
{
    reader->context = context;
    reader->path.text[0] = 0;
    reader->path.length = 0;
    reader->path.function = function;
    if (!source) return ntk_fail(NTK_ERR_NULL, "%s: source is NULL", function);
    NTK_TRY(ntk_options_read(&reader->source, sizeof reader->source, sizeof reader->source, source, "ntk_source"));
    if (!reader->source.describe || !reader->source.read)
        return ntk_fail(NTK_ERR_OPTION, "%s: source->describe or source->read is NULL, expected a function", function);
    return NTK_OK;
}

ntk_status ntk_read_refuse(const ntk_reader *reader, const char *name, const char *expected)
{
    return ntk_fail(NTK_ERR_FORMAT, "%s: %.200s%s%s is not what it should be: expected %s", reader->path.function,
                    reader->path.text, reader->path.length ? "/" : "", name, expected);
}

/* With the array's name in the path.  It must be of this type and rank, and not empty. */
static ntk_status describe(ntk_reader *reader, const char *name, int32_t type, int32_t rank, ntk_array *array, int64_t length)
{
    *array = (ntk_array){.name = reader->path.text, .shape = {1, 1}};
    int answer = reader->source.describe(reader->source.user, array);
    if (answer < 0) return answer;
    bool right = answer == 0 && array->type == type && array->rank == rank && array->shape[0] >= 1 && array->shape[1] >= 1;
    if (rank < 2) array->shape[1] = 1;
    if (rank < 1) array->shape[0] = 1;
    array->stride = array->shape[1];
    if (right) return NTK_OK;
    leave_to(&reader->path, length);
    return ntk_read_refuse(reader, name, answer ? "an array of this name" : "another type or shape");
}

static bool is_finite(const void *data, int32_t type, int64_t count)
{
    if (type != NTK_ARRAY_F64 && type != NTK_ARRAY_F32) return true;
    return ntk_is_finite(data, type == NTK_ARRAY_F64 ? NTK_F64 : NTK_F32, count);
}

/* rows, cols  -1: any, of at most rows_most elements in all */
static ntk_status read_described(ntk_reader *reader, const char *name, const ntk_array *array, void *data, int64_t length)
{
    NTK_TRY(answer_of(&reader->path, reader->source.read(reader->source.user, array, data), "source"));
    if (is_finite(data, array->type, array->shape[0] * array->shape[1])) return NTK_OK;
    leave_to(&reader->path, length);
    return ntk_read_refuse(reader, name, "finite numbers");
}

static ntk_status read_exactly(ntk_reader *reader, const char *name, int32_t type, int32_t rank, int64_t rows, int64_t cols,
                               void *data)
{
    int64_t length = reader->path.length;
    ntk_array array;
    NTK_TRY(ntk_path_enter(&reader->path, name));
    ntk_status status = describe(reader, name, type, rank, &array, length);
    if (status >= 0 && (array.shape[0] != rows || array.shape[1] != cols)) {
        leave_to(&reader->path, length);
        status = ntk_read_refuse(reader, name, "another shape");
    }
    if (status >= 0) status = read_described(reader, name, &array, data, length);
    leave_to(&reader->path, length);
    return status;
}

ntk_status ntk_read_array(ntk_reader *reader, const char *name, int32_t type, int64_t rows, int64_t cols, void *data)
{
    return read_exactly(reader, name, type, cols < 0 ? 1 : 2, rows, cols < 0 ? 1 : cols, data);
}

ntk_status ntk_read_shape(ntk_reader *reader, const char *name, int32_t type, int64_t *rows, int64_t *cols)
{
    int64_t length = reader->path.length;
    ntk_array array;
    NTK_TRY(ntk_path_enter(&reader->path, name));
    ntk_status status = describe(reader, name, type, cols ? 2 : 1, &array, length);
    leave_to(&reader->path, length);
    if (status < 0) return status;
    *rows = array.shape[0];
    if (cols) *cols = array.shape[1];
    return NTK_OK;
}

ntk_status ntk_read_real(ntk_reader *reader, const char *name, double *value)
{
    return read_exactly(reader, name, NTK_ARRAY_F64, 0, 1, 1, value);
}

static ntk_status ask_for(ntk_reader *reader, const char *name, bool *absent)
{
    int64_t length = reader->path.length;
    NTK_TRY(ntk_path_enter(&reader->path, name));
    ntk_array array = {.name = reader->path.text, .shape = {1, 1}};
    int answer = reader->source.describe(reader->source.user, &array);
    leave_to(&reader->path, length);
    *absent = answer != 0;
    return answer < 0 ? answer : NTK_OK;
}

ntk_status ntk_read_real_or_nan(ntk_reader *reader, const char *name, double *value)
{
    bool absent;
    *value = NAN;
    NTK_TRY(ask_for(reader, name, &absent));
    return absent ? NTK_OK : ntk_read_real(reader, name, value);
}

ntk_status ntk_read_expect(ntk_reader *reader, const char *name, int32_t type, int64_t rows, int64_t cols)
{
    int64_t has_rows, has_cols = -1;
    NTK_TRY(ntk_read_shape(reader, name, type, &has_rows, cols < 0 ? NULL : &has_cols));
    return has_rows == rows && has_cols == (cols < 0 ? -1 : cols) ? NTK_OK : ntk_read_refuse(reader, name, "another shape");
}

ntk_status ntk_read_integer(ntk_reader *reader, const char *name, int64_t least, int64_t most, int64_t *value)
{
    NTK_TRY(read_exactly(reader, name, NTK_ARRAY_I64, 0, 1, 1, value));
    if (*value >= least && *value <= most) return NTK_OK;
    char range[80];
    snprintf(range, sizeof range, "%lld to %lld", (long long)least, (long long)most);
    return ntk_read_refuse(reader, name, range);
}

ntk_status ntk_read_integer_or(ntk_reader *reader, const char *name, int64_t least, int64_t most, int64_t absent,
                               int64_t *value)
{
    bool is_absent;
    *value = absent;
    NTK_TRY(ask_for(reader, name, &is_absent));
    return is_absent ? NTK_OK : ntk_read_integer(reader, name, least, most, value);
}

ntk_status ntk_read_choice(ntk_reader *reader, const char *name, const char *const *texts, int64_t count, int64_t *choice)
{
    char text[64];
    int64_t length;
    NTK_TRY(ntk_read_shape(reader, name, NTK_ARRAY_TEXT, &length, NULL));
    if (length < (int64_t)sizeof text) {
        NTK_TRY(ntk_read_array(reader, name, NTK_ARRAY_TEXT, length, -1, text));
        for (int64_t i = 0; i < count; i++)
            if ((int64_t)strlen(texts[i]) == length && memcmp(texts[i], text, (size_t)length) == 0) {
                *choice = i;
                return NTK_OK;
            }
    }
    return ntk_read_refuse(reader, name, "a word that this library knows");
}

ntk_status ntk_read_handle(ntk_reader *reader, const char *what, const void **handle)
{
    const ntk_source *source = &reader->source;
    *handle = source->handle ? source->handle(source->handle_user, reader->path.text) : NULL;
    if (*handle) return NTK_OK;
    return ntk_fail(NTK_ERR_UNSUPPORTED,
                    "%s: %.200s is %s of the caller's functions, which no array can hold: give it by the source's handle()",
                    reader->path.function, reader->path.text, what);
}

/* --- headings --- */

ntk_status ntk_write_heading(ntk_writer *writer, const char *object)
{
    NTK_TRY(ntk_write_text(writer, "object", object));
    return ntk_write_integer(writer, "format", FORMAT);
}

ntk_status ntk_read_heading(ntk_reader *reader, const char *object)
{
    int64_t any;
    NTK_TRY(ntk_read_choice(reader, "object", &object, 1, &any));
    return ntk_read_integer(reader, "format", FORMAT, FORMAT, &any);
}
