/* The words that rows of calls are written in. */
#ifndef TEST_ROWS_H
#define TEST_ROWS_H

#include "attempt.h"

#include <math.h>

#define P(i) v[i].pointer
#define I(i) v[i].integer
#define I32(i) (int32_t) v[i].integer
#define X(i) v[i].number

/* --- arguments --- */

#define HANDLE(argument, member)                                                      \
    {                                                                                 \
        .name = argument, .kind = TEST_HANDLE, .handle = offsetof(test_world, member) \
    }
#define COPIED(argument, member)                                                                             \
    {                                                                                                        \
        .name = argument, .kind = TEST_HANDLE, .handle = offsetof(test_world, member), .traits = TEST_COPIED \
    }
#define CREATED(argument, what)                                 \
    {                                                           \
        .name = argument, .kind = TEST_CREATED, .created = what \
    }
#define CREATED_OR_NULL(argument, what)                                                  \
    {                                                                                    \
        .name = argument, .kind = TEST_CREATED, .created = what, .traits = TEST_OPTIONAL \
    }
#define INPUT(argument, r, c, bits)                                                \
    {                                                                              \
        .name = argument, .kind = TEST_INPUT, .rows = r, .cols = c, .traits = bits \
    }
#define OUTPUT(argument, r, c, bits)                                                                          \
    {                                                                                                         \
        .name = argument, .kind = TEST_OUTPUT, .rows = r, .cols = c, .traits = (bits) | TEST_ROWS | TEST_COLS \
    }
#define OUTPUT_SOME(argument, r, c, bits)                                           \
    {                                                                               \
        .name = argument, .kind = TEST_OUTPUT, .rows = r, .cols = c, .traits = bits \
    }
#define OPTIONS(struct_type, start, list)                                                                             \
    {                                                                                                                 \
        .name = "options", .kind = TEST_OPTIONS, .type = #struct_type, .size = sizeof(struct_type), .initial = start, \
        .bad = list                                                                                                   \
    }
#define REPORT(argument, struct_type)                                                            \
    {                                                                                            \
        .name = argument, .kind = TEST_REPORT, .type = #struct_type, .size = sizeof(struct_type) \
    }
#define REPORT_OR_NULL(argument, struct_type)                                                                             \
    {                                                                                                                     \
        .name = argument, .kind = TEST_REPORT, .type = #struct_type, .size = sizeof(struct_type), .traits = TEST_OPTIONAL \
    }
#define RESULT(argument, bytes)                              \
    {                                                        \
        .name = argument, .kind = TEST_RESULT, .size = bytes \
    }
#define PANELS(argument)                      \
    {                                         \
        .name = argument, .kind = TEST_PANELS \
    }
#define USER(argument, bytes)                              \
    {                                                      \
        .name = argument, .kind = TEST_USER, .size = bytes \
    }
#define SINK                                                                                                       \
    {                                                                                                              \
        .name = "sink", .kind = TEST_OPTIONS, .type = "ntk_sink", .size = sizeof(ntk_sink), .initial = &test_sink, \
        .bad = bad_sink, .traits = TEST_REQUIRED                                                                   \
    }
#define STREAM                                                                                            \
    {                                                                                                     \
        .name = "stream", .kind = TEST_OPTIONS, .type = "ntk_sample_stream", .initial = &test_stream,     \
        .size = sizeof(ntk_sample_stream), .bad = bad_sample_stream, .traits = TEST_REQUIRED | TEST_SIZED \
    }
#define SOURCE(start)                                                                                               \
    {                                                                                                               \
        .name = "source", .kind = TEST_OPTIONS, .type = "ntk_source", .size = sizeof(ntk_source), .initial = start, \
        .bad = bad_source, .traits = TEST_REQUIRED                                                                  \
    }
#define NUMBER(argument, value, list)                                       \
    {                                                                       \
        .name = argument, .kind = TEST_NUMBER, .number = value, .bad = list \
    }
#define INTEGER(argument, value, list)                                        \
    {                                                                         \
        .name = argument, .kind = TEST_INTEGER, .integer = value, .bad = list \
    }
#define SIZE(argument, which, list)                                       \
    {                                                                     \
        .name = argument, .kind = TEST_INTEGER, .dim = which, .bad = list \
    }
#define CONTEXT HANDLE("context", context)
#define ROW(name, what) .function = "ntk_" #name, .variant = what, .invoke = call_##name

/* --- what arguments refuse --- */

#define BAD_I32(type, name, value)                                      \
    {                                                                   \
#name, offsetof(type, name), TEST_I32, 0, value, NTK_ERR_OPTION \
    }
#define BAD_I64(type, name, value, code)                      \
    {                                                         \
#name, offsetof(type, name), TEST_I64, 0, value, code \
    }
#define BAD_F64(type, name, value)                                             \
    {                                                                          \
#name, offsetof(type, name), TEST_F64_SCALAR, value, 0, NTK_ERR_OPTION \
    }
#define BAD_SCALE(type, name) \
    BAD_F64(type, name, -1), BAD_F64(type, name, NOT_A_NUMBER), BAD_F64(type, name, INFINITE), BAD_F64(type, name, -INFINITE)
#define BAD_KIND(type, name, first) BAD_I32(type, name, -1), BAD_I32(type, name, first), BAD_I32(type, name, INT32_MAX)
#define BAD_DTYPE(type)                                                \
    {"dtype", offsetof(type, dtype), TEST_I32, 0, 3, NTK_ERR_DTYPE},   \
    {                                                                  \
        "dtype", offsetof(type, dtype), TEST_I32, 0, -1, NTK_ERR_DTYPE \
    }
#define BAD_INTEGER(value, code)          \
    {                                     \
        NULL, 0, TEST_I64, 0, value, code \
    }
#define BAD_NUMBER(value)                                 \
    {                                                     \
        NULL, 0, TEST_F64_SCALAR, value, 0, NTK_ERR_VALUE \
    }
#define END                        \
    {                              \
        NULL, 0, TEST_I32, 0, 0, 0 \
    }

#define NOT_A_NUMBER ((double)NAN)
#define INFINITE ((double)INFINITY)

#endif
