/* The public calls as data: what each takes, what is a valid call of it, and which values its arguments refuse.  The tests that
 * attack every call run over this table. */
#ifndef TEST_ATTEMPT_H
#define TEST_ATTEMPT_H

#include "world.h"

#include <stddef.h>

enum { TEST_MOST_ARGUMENTS = 10, TEST_BLOCK = 1024 };

/* What an argument is. */
typedef enum test_argument_kind {
    TEST_HANDLE,  /* a handle of the world */
    TEST_CREATED, /* where a new handle is put */
    TEST_INPUT,   /* a view */
    TEST_OUTPUT,  /* a view that is written */
    TEST_OPTIONS, /* a sized struct that is read */
    TEST_REPORT,  /* a sized struct that is written */
    TEST_RESULT,  /* memory that is written */
    TEST_PANELS,  /* a receiver of panels, which writes a hash of them to the next argument */
    TEST_USER,    /* that argument: memory, which only callbacks see */
    TEST_NUMBER,
    TEST_INTEGER
} test_argument_kind;

/* Sizes by name, resolved in a world. */
typedef enum test_dim {
    DIM_1,
    DIM_n,
    DIM_m,
    DIM_d,
    DIM_N,
    DIM_t,
    DIM_p,
    DIM_pp,
    DIM_td,
    DIM_s,
    DIM_sss,
    DIM_made,
    DIM_path,
    DIM_2,
    DIM_6,
    DIM_history,
    DIM_2t,
    DIM_wide,
    DIM_record,
    DIM_lazy,
    DIM_lazy_slopes,
    DIM_concentration,
    DIM_measure,
    DIM_compare
} test_dim;

/* Bits of test_argument.traits. */
enum {
    TEST_ROWS = 1,          /* the number of rows must fit the other arguments */
    TEST_COLS = 2,          /* the number of columns must */
    TEST_FINITE = 4,        /* NaN and infinities are refused */
    TEST_SAME = 8,          /* the type must be that of the other views */
    TEST_F64 = 16,          /* the type must be NTK_F64 */
    TEST_COPIED = 128,      /* a ridge, which the call changes: it gets a copy */
    TEST_RESUMED = 1024,    /* a training, which the call takes further, and may have when it fails: it gets a copy */
    TEST_LABELS = 256,      /* 0 and 1; other whole numbers may be refused */
    TEST_NOT_NEGATIVE = 64, /* numbers in (0, 1), and negative ones are refused */
    TEST_REQUIRED = 32,     /* options that may not be NULL */
    TEST_SIZED = 256,       /* a stream, which gets the world's sizes, as its user, too */
    TEST_COUNTS = 1024,     /* whole numbers, from 1 on; others are refused */
    TEST_OPTIONAL = 512     /* an argument that may be NULL, which its unit tests try */
};

/* The type of a struct's member, or of a scalar argument. */
typedef enum test_scalar { TEST_I32, TEST_U32, TEST_I64, TEST_F64_SCALAR } test_scalar;

/* A value that must be refused.  member and offset are of a struct's member; of a scalar argument they are NULL and 0. */
typedef struct test_bad {
    const char *member;
    size_t offset;
    test_scalar scalar;
    double number;
    int64_t integer;
    ntk_status status; /* 0 ends a list */
} test_bad;

/* handle  the offset in test_world of a TEST_HANDLE
 * created the kind of a TEST_CREATED
 * type    the name of a struct; size in bytes, also of a TEST_RESULT or _USER; initial: what a valid call has in it, NULL for zeros
 * number, integer  of scalars in a valid call; dim resolves an integer where it is not 0 */
typedef struct test_argument {
    const char *name;
    test_argument_kind kind;
    size_t handle;
    test_handle_kind created;
    test_dim rows, cols;
    unsigned traits;
    const char *type;
    size_t size;
    const void *initial;
    double number;
    int64_t integer;
    test_dim dim;
    const test_bad *bad;
} test_argument;

typedef union test_value {
    void *pointer;
    ntk_panel_receiver receiver;
    double number;
    int64_t integer;
} test_value;

/* variant  tells rows of one function apart
 * mutated  the offset in test_world of the handle, of kind mutated_kind, that the call changes; 0: none */
typedef struct test_row {
    const char *function;
    const char *variant;
    ntk_status (*invoke)(const test_value *values);
    test_argument arguments[TEST_MOST_ARGUMENTS];
    size_t mutated;
    test_handle_kind mutated_kind;
} test_row;

/* Counts for the contexts that the table creates with an allocator. */
extern test_memory test_counted;

/* As TEST_CONTEXT_FIXTURE, with that allocator, all of whose memory must have come back. */
#define TEST_COUNTED_FIXTURE(threads)                   \
    static ntk_context *context;                        \
    static void setup(void)                             \
    {                                                   \
        context = test_context(threads, &test_counted); \
    }                                                   \
    static void teardown(void)                          \
    {                                                   \
        ntk_context_destroy(context);                   \
        ck_assert_int_eq(test_counted.live, 0);         \
    }

/* The table: of one function or more variants of it at a time.  Fails the test unless i is in [0, test_row_count()). */
const test_row *test_row_at(int i);
int test_row_count(void);

/* A block of memory for a struct or a result. */
typedef union test_block {
    uint64_t align;
    unsigned char bytes[TEST_BLOCK];
} test_block;

/* A call about to be made.  values is what the function gets; the tests change it, or the views and blocks that it points at.
 */
typedef struct test_attempt {
    const test_row *row;
    test_world *world;
    int count;
    int32_t dtype;
    test_value values[TEST_MOST_ARGUMENTS];
    test_array arrays[TEST_MOST_ARGUMENTS];
    ntk_matrix views[TEST_MOST_ARGUMENTS];
    test_block blocks[TEST_MOST_ARGUMENTS];
    void *created[TEST_MOST_ARGUMENTS];
    void *copy; /* of the argument that is TEST_COPIED or TEST_RESUMED, of kind copied */
    test_handle_kind copied;
    uint64_t mutated; /* the hash of the row's mutated handle after the last success, or of the copy before the call */
    uint64_t further; /* of a TEST_RESUMED after the last success */
} test_attempt;

/* dtype is that of the views, but for those which must be NTK_F64. */
void test_attempt_make(test_attempt *attempt, const test_row *row, test_world *world, int32_t dtype);
void test_attempt_free(test_attempt *attempt);

/* Makes it the valid call again: inputs as at first, outputs poisoned. */
void test_attempt_reset(test_attempt *attempt);

ntk_status test_attempt_run(test_attempt *attempt);

/* Fails the test unless the outputs are as poisoned and the created handles are NULL.  Arguments that are NULL are not looked
 * at. */
void test_attempt_check_untouched(const test_attempt *attempt, const char *what);

/* The same for calls that leave their outputs unspecified: gaps and guards must be as poisoned. */
void test_attempt_check_contained(const test_attempt *attempt, const char *what);

/* Fails the test unless no input has changed since the last reset. */
void test_attempt_check_inputs(const test_attempt *attempt, const char *what);

/* Runs the valid call, fails the test unless it succeeds and writes its outputs, and returns a hash of all that it gave. */
uint64_t test_attempt_succeed(test_attempt *attempt);

/* Destroys what a call that was run has made, where nobody asks for its hash, which does so too. */
void test_attempt_discard(test_attempt *attempt);

/* The hash of what a call that succeeded gave; destroys what it created. */
uint64_t test_attempt_hash(test_attempt *attempt);

#endif
