/* Writing a handle's members to a sink, and reading them from a source, group by group. */
#ifndef NTK_CORE_EXCHANGE_H
#define NTK_CORE_EXCHANGE_H

#include <ntk/context.h>
#include <ntk/sink.h>
#include <stdbool.h>

/* The longest name. */
enum { NTK_PATH_SIZE = 4096 };

/* The group that is in work: a name's first words. */
typedef struct ntk_path {
    char text[NTK_PATH_SIZE];
    int64_t length;
    const char *function;
} ntk_path;

typedef struct ntk_writer {
    ntk_sink sink;
    ntk_path path;
} ntk_writer;

typedef struct ntk_reader {
    ntk_source source;
    ntk_context *context;
    ntk_path path;
} ntk_reader;

/* NTK_ERR_NULL, NTK_ERR_OPTION unless the caller's struct is one. */
ntk_status ntk_writer_open(ntk_writer *writer, const ntk_sink *sink, const char *function);
ntk_status ntk_reader_open(ntk_reader *reader, ntk_context *context, const ntk_source *source, const char *function);

/* Names go into a group of this name, until it is left.
 * NTK_ERR_UNSUPPORTED  names are too long: handles made of handles nest too deeply */
ntk_status ntk_path_enter(ntk_path *path, const char *group);
ntk_status ntk_path_enter_number(ntk_path *path, const char *group, int64_t number);
void ntk_path_leave(ntk_path *path);

/* --- writing --- */

/* rows x cols elements, their rows stride apart; cols -1: rank 1. */
ntk_status ntk_write_array(ntk_writer *writer, const char *name, int32_t type, int64_t rows, int64_t cols, int64_t stride,
                           const void *data);
ntk_status ntk_write_real(ntk_writer *writer, const char *name, double value);
ntk_status ntk_write_integer(ntk_writer *writer, const char *name, int64_t value);
ntk_status ntk_write_text(ntk_writer *writer, const char *name, const char *text);

/* --- reading: what is absent, of another type or shape, or no finite number ends with NTK_ERR_FORMAT --- */

/* Exactly rows x cols finite elements; cols -1: rank 1. */
ntk_status ntk_read_array(ntk_reader *reader, const char *name, int32_t type, int64_t rows, int64_t cols, void *data);

/* *rows and, for rank 2, *cols of an array; cols NULL: rank 1. */
ntk_status ntk_read_shape(ntk_reader *reader, const char *name, int32_t type, int64_t *rows, int64_t *cols);
ntk_status ntk_read_real(ntk_reader *reader, const char *name, double *value);

/* NaN if it is absent. */
ntk_status ntk_read_real_or_nan(ntk_reader *reader, const char *name, double *value);

/* Whether an array has this type and shape, before there is memory for it; cols -1: rank 1. */
ntk_status ntk_read_expect(ntk_reader *reader, const char *name, int32_t type, int64_t rows, int64_t cols);

/* An integer from least to most. */
ntk_status ntk_read_integer(ntk_reader *reader, const char *name, int64_t least, int64_t most, int64_t *value);

/* absent if there is none. */
ntk_status ntk_read_integer_or(ntk_reader *reader, const char *name, int64_t least, int64_t most, int64_t absent,
                               int64_t *value);

/* Which of the count texts it is. */
ntk_status ntk_read_choice(ntk_reader *reader, const char *name, const char *const *texts, int64_t count, int64_t *choice);

/* NTK_ERR_FORMAT naming the array, and what was expected of it. */
ntk_status ntk_read_refuse(const ntk_reader *reader, const char *name, const char *expected);

/* The caller's handle for the group in work.
 * NTK_ERR_UNSUPPORTED  the source has none.  what  for the sentence */
ntk_status ntk_read_handle(ntk_reader *reader, const char *what, const void **handle);

/* What every exported handle begins with: its kind, and the format's number, which a reader of another refuses. */
ntk_status ntk_write_heading(ntk_writer *writer, const char *object);
ntk_status ntk_read_heading(ntk_reader *reader, const char *object);

#endif
