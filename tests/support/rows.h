/* The words that rows of calls are written in. */
#ifndef TEST_ROWS_H
#define TEST_ROWS_H

#include "archive.h"
#include "attempt.h"

#include <math.h>

/* What a row invokes, of the values of its arguments. */
#define CALL(function, ...)                                \
    static ntk_status call_##function(const test_value *v) \
    {                                                      \
        return ntk_##function(__VA_ARGS__);                \
    }
#define P(i) v[i].pointer
#define I(i) v[i].integer
#define I32(i) (int32_t) v[i].integer
#define X(i) v[i].number

/* --- arguments --- */

#define HANDLE(argument, member)                                                      \
    {                                                                                 \
        .name = argument, .kind = TEST_HANDLE, .handle = offsetof(test_world, member) \
    }
#define RESUMED(argument, member)                                                                             \
    {                                                                                                         \
        .name = argument, .kind = TEST_HANDLE, .handle = offsetof(test_world, member), .traits = TEST_RESUMED \
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
        .bad = test_bad_sink, .traits = TEST_REQUIRED                                                              \
    }
#define SOURCE(start)                                                                                               \
    {                                                                                                               \
        .name = "source", .kind = TEST_OPTIONS, .type = "ntk_source", .size = sizeof(ntk_source), .initial = start, \
        .bad = test_bad_source, .traits = TEST_REQUIRED                                                             \
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
#define NETWORK(start, list)                                                                                   \
    {                                                                                                          \
        .name = "options", .kind = TEST_OPTIONS, .type = "ntk_network_options", .initial = start, .bad = list, \
        .size = sizeof(ntk_network_options), .traits = TEST_REQUIRED                                           \
    }
#define CONTEXT HANDLE("context", context)
#define RC (TEST_ROWS | TEST_COLS)
#define RCF (TEST_ROWS | TEST_COLS | TEST_FINITE)
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

/* --- what several parts use --- */

extern const test_bad test_bad_part[], test_bad_lambda[], test_bad_size[], test_bad_order[], test_bad_samples[],
    test_bad_sink[], test_bad_source[], test_bad_network[], test_bad_deep_network[];

extern const ntk_network_options test_plain_network, test_deep_network;

/* Takes what it is given. */
extern const ntk_sink test_sink;

/* Gives the arrays that an object of the world was exported as. */
#define TEST_SOURCE_OF(object)                                                                                    \
    {                                                                                                             \
        .struct_size = sizeof(ntk_source), .user = (void *)(uintptr_t)object, .describe = test_exported_describe, \
        .read = test_exported_read                                                                                \
    }

/* Of uniform numbers, with the world's sizes for user. */
extern const ntk_sample_stream test_stream;

/* --- the parts, whose rows follow each other --- */

typedef struct test_part {
    const test_row *rows;
    int count;
} test_part;

#define PART(rows)                                 \
    {                                              \
        rows, (int)(sizeof(rows) / sizeof *(rows)) \
    }

extern const test_part test_core_rows, test_network_rows, test_kernel_rows, test_ridge_rows, test_model_rows,
    test_ridge_report_rows, test_dynamics_rows, test_theory_rows, test_measure_rows, test_concentration_rows, test_target_rows,
    test_spectrum_rows;

#endif
