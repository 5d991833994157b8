#include "attempt.h"

#include "archive.h"

#include <math.h>
#include <string.h>

enum { GAP = 3, POISON = 0x5A };

/* What a created handle points at before the call, which must not keep it. */
static char nowhere;

static int64_t history_of(const test_world *world)
{
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    CHECK_OK(ntk_ridge_summary(world->iterative, &report));
    return report.iterations + 1;
}

static int64_t resolve(test_dim dim, const test_world *world)
{
    const test_sizes *s = &world->sizes;
    switch (dim) {
    case DIM_1:
        return 1;
    case DIM_n:
        return s->n;
    case DIM_m:
        return s->m;
    case DIM_d:
        return s->d;
    case DIM_N:
        return s->N;
    case DIM_t:
        return s->t;
    case DIM_p:
        return s->N * (s->d + 1);
    case DIM_pp: /* of the deep network */
        return test_deep_width(s) * (s->d + test_deep_width(s) + 3) + 1;
    case DIM_td:
        return s->t * s->d;
    case DIM_s: /* scales of one layer, of three, and of the world's composite: its weights, a constant, an infinite base and factor, and scales of the inputs */
        return 4;
    case DIM_sss:
        return 8;
    case DIM_made:
        return 5 + 1 + 4 + s->d + 4;
    case DIM_2t:
        return 2 * s->t;
    case DIM_wide:
        return s->N * (s->d + s->t);
    case DIM_record:
        return NTK_RECORD_COLUMNS;
    case DIM_2:
        return 2;
    case DIM_6:
        return 6;
    case DIM_history:
        return history_of(world);
    case DIM_lazy:
        return NTK_LAZY_COLUMNS;
    case DIM_lazy_slopes:
        return NTK_LAZY_SLOPE_COLUMNS;
    case DIM_concentration:
        return NTK_CONCENTRATION_COLUMNS;
    case DIM_compare:
        return NTK_COMPARE_COLUMNS;
    case DIM_measure:
        return NTK_MEASURE_COLUMNS;
    case DIM_path:
        return NTK_PATH_COLUMNS * s->t;
    }
    ck_abort();
}

static void *handle_at(test_world *world, size_t offset)
{
    void *handle;
    memcpy(&handle, (char *)world + offset, sizeof handle);
    return handle;
}

static bool is_view(const test_argument *argument)
{
    return argument->kind == TEST_INPUT || argument->kind == TEST_OUTPUT;
}

void test_attempt_make(test_attempt *attempt, const test_row *row, test_world *world, int32_t dtype)
{
    *attempt = (test_attempt){.row = row, .world = world, .dtype = dtype};
    test_exported_prepare(&world->sizes);
    while (attempt->count < TEST_MOST_ARGUMENTS && row->arguments[attempt->count].name) {
        const test_argument *argument = &row->arguments[attempt->count];
        ck_assert_uint_le(argument->size, TEST_BLOCK);
        if (is_view(argument))
            attempt->arrays[attempt->count] = test_array_make(resolve(argument->rows, world), resolve(argument->cols, world),
                                                              GAP, argument->traits & TEST_F64 ? NTK_F64 : dtype);
        attempt->count++;
    }
    test_attempt_reset(attempt);
}

void test_attempt_free(test_attempt *attempt)
{
    for (int i = 0; i < attempt->count; i++) test_array_free(&attempt->arrays[i]);
    if (attempt->copy) test_handle_destroy(attempt->copied, attempt->copy);
}

static void reset_input(test_array *array, uint64_t seed, unsigned traits)
{
    test_array_fill(array, seed);
    for (int64_t i = 0; traits & TEST_NOT_NEGATIVE && i < array->view.rows; i++)
        for (int64_t j = 0; j < array->view.cols; j++) test_set(&array->view, i, j, fabs(test_get(&array->view, i, j)));
    for (int64_t i = 0; traits & TEST_LABELS && i < array->view.rows; i++)
        for (int64_t j = 0; j < array->view.cols; j++) test_set(&array->view, i, j, (double)(i % 2));
    for (int64_t i = 0; traits & TEST_COUNTS && i < array->view.rows; i++)
        for (int64_t j = 0; j < array->view.cols; j++) test_set(&array->view, i, j, (double)(2 + i % 2));
    for (int64_t i = 0; i < array->view.rows; i++)
        for (int64_t j = array->view.cols; j < array->view.stride; j++) test_set(&array->view, i, j, (double)NAN);
}

static void reset_struct(test_block *block, const test_argument *argument)
{
    memset(block, 0, sizeof *block);
    if (argument->initial) memcpy(block, argument->initial, argument->size);
    memcpy(block, &argument->size, sizeof argument->size);
}

static void size_stream(test_block *block, const test_sizes *sizes)
{
    ntk_sample_stream stream;
    memcpy(&stream, block, sizeof stream);
    stream.inputs = sizes->d;
    stream.targets = sizes->t;
    stream.user = (void *)(uintptr_t)sizes;
    memcpy(block, &stream, sizeof stream);
}

static void reset_report(test_block *block, const test_argument *argument)
{
    memset(block, POISON, sizeof *block);
    memcpy(block, &argument->size, sizeof argument->size);
}

/* user  the hash of the panels so far */
static int hash_panel(void *user, const ntk_panel *panel)
{
    const ntk_matrix *K = &panel->values;
    const int64_t shape[] = {panel->first, K->rows, K->cols, K->stride, K->dtype};
    uint64_t hash = 1;
    if (panel->first) memcpy(&hash, user, sizeof hash);
    hash = test_hash(hash, shape, sizeof shape);
    hash = test_hash(hash, K->data, (size_t)(K->rows * K->stride) * (K->dtype == NTK_F64 ? 8 : 4));
    memcpy(user, &hash, sizeof hash);
    return 0;
}

static void *copy_of(test_attempt *attempt, const void *handle, bool resumed)
{
    ntk_ridge *ridge = NULL;
    if (attempt->copy) test_handle_destroy(attempt->copied, attempt->copy);
    attempt->copied = resumed ? TEST_TRAINING : TEST_RIDGE;
    if (!resumed) CHECK_OK(ntk_ridge_copy(attempt->world->context, &ridge, handle));
    attempt->copy = resumed ? (void *)test_training_copy(attempt->world) : ridge;
    attempt->mutated = test_handle_hash(attempt->copied, attempt->copy, &attempt->world->sizes);
    return attempt->copy;
}

static void reset_argument(test_attempt *attempt, int i)
{
    const test_argument *argument = &attempt->row->arguments[i];
    test_value *value = &attempt->values[i];
    test_block *block = &attempt->blocks[i];
    switch (argument->kind) {
    case TEST_HANDLE:
        value->pointer = handle_at(attempt->world, argument->handle);
        if (argument->traits & (TEST_COPIED | TEST_RESUMED))
            value->pointer = copy_of(attempt, value->pointer, argument->traits & TEST_RESUMED);
        return;
    case TEST_CREATED:
        attempt->created[i] = &nowhere;
        value->pointer = &attempt->created[i];
        return;
    case TEST_NUMBER:
        value->number = argument->number;
        return;
    case TEST_INTEGER:
        value->integer = argument->dim ? resolve(argument->dim, attempt->world) : argument->integer;
        return;
    case TEST_INPUT:
    case TEST_OUTPUT:
        attempt->views[i] = attempt->arrays[i].view;
        value->pointer = &attempt->views[i];
        if (argument->kind == TEST_INPUT) {
            attempt->views[i].flags = NTK_READONLY;
            reset_input(&attempt->arrays[i], (uint64_t)i, argument->traits);
        } else {
            test_array_poison(&attempt->arrays[i]);
        }
        return;
    case TEST_OPTIONS:
        reset_struct(block, argument);
        if (argument->traits & TEST_SIZED) size_stream(block, &attempt->world->sizes);
        break;
    case TEST_REPORT:
        reset_report(block, argument);
        break;
    case TEST_RESULT:
    case TEST_USER:
        memset(block, POISON, sizeof *block);
        break;
    case TEST_PANELS:
        value->receiver = hash_panel;
        return;
    }
    value->pointer = block;
}

void test_attempt_reset(test_attempt *attempt)
{
    for (int i = 0; i < attempt->count; i++) reset_argument(attempt, i);
}

ntk_status test_attempt_run(test_attempt *attempt)
{
    return attempt->row->invoke(attempt->values);
}

static bool block_is_poison(const test_block *block, size_t from)
{
    for (size_t i = from; i < TEST_BLOCK; i++)
        if (block->bytes[i] != POISON) return false;
    return true;
}

static void fail_argument(const test_attempt *attempt, int i, const char *what, const char *fault)
{
    ck_abort_msg("%s (%s), %s: %s %s; the sentence is \"%s\"", attempt->row->function, attempt->row->variant, what,
                 attempt->row->arguments[i].name, fault, ntk_error_message());
}

static uint64_t mutated_hash(const test_attempt *attempt)
{
    if (attempt->copy) return test_handle_hash(attempt->copied, attempt->copy, &attempt->world->sizes);
    if (!attempt->row->mutated) return 0;
    return test_handle_hash(attempt->row->mutated_kind, handle_at(attempt->world, attempt->row->mutated),
                            &attempt->world->sizes);
}

static void check_handles(const test_attempt *attempt, const char *what)
{
    for (int i = 0; i < attempt->count; i++)
        if (attempt->row->arguments[i].kind == TEST_CREATED && attempt->values[i].pointer && attempt->created[i])
            fail_argument(attempt, i, what, "is not NULL");
    uint64_t now = mutated_hash(attempt);
    if (now != attempt->mutated && now != attempt->further) fail_argument(attempt, 0, what, "was changed");
}

void test_attempt_check_untouched(const test_attempt *attempt, const char *what)
{
    check_handles(attempt, what);
    for (int i = 0; i < attempt->count; i++) {
        test_argument_kind kind = attempt->row->arguments[i].kind;
        if ((kind == TEST_OUTPUT && !test_array_is_poison(&attempt->arrays[i])) ||
            (kind == TEST_REPORT && !block_is_poison(&attempt->blocks[i], sizeof(size_t))) ||
            ((kind == TEST_RESULT || kind == TEST_USER) && !block_is_poison(&attempt->blocks[i], 0)))
            fail_argument(attempt, i, what, "was written");
    }
}

void test_attempt_check_contained(const test_attempt *attempt, const char *what)
{
    check_handles(attempt, what);
    for (int i = 0; i < attempt->count; i++)
        if (attempt->row->arguments[i].kind == TEST_OUTPUT && !test_array_is_contained(&attempt->arrays[i]))
            fail_argument(attempt, i, what, "was written outside its elements");
}

void test_attempt_check_inputs(const test_attempt *attempt, const char *what)
{
    for (int i = 0; i < attempt->count; i++) {
        const test_array *array = &attempt->arrays[i];
        if (attempt->row->arguments[i].kind != TEST_INPUT) continue;
        test_array fresh = test_array_make(array->view.rows, array->view.cols, GAP, array->view.dtype);
        reset_input(&fresh, (uint64_t)i, attempt->row->arguments[i].traits);
        if (memcmp(fresh.bytes, array->bytes, fresh.size) != 0) fail_argument(attempt, i, what, "was changed");
        test_array_free(&fresh);
    }
}

static uint64_t hash_argument(uint64_t hash, test_attempt *attempt, int i)
{
    const test_argument *argument = &attempt->row->arguments[i];
    const test_block *block = &attempt->blocks[i];
    /* a report's first member is the caller's */
    size_t from = argument->kind == TEST_REPORT ? sizeof(size_t) : 0;
    if (argument->kind == TEST_OUTPUT) {
        if (!test_array_is_written(&attempt->arrays[i]))
            fail_argument(attempt, i, "success", "is not written, or more than it is");
        return test_hash(hash, attempt->arrays[i].bytes, attempt->arrays[i].size);
    }
    if (argument->kind == TEST_RESULT || argument->kind == TEST_USER || argument->kind == TEST_REPORT) {
        if (block_is_poison(block, from) || !block_is_poison(block, argument->size))
            fail_argument(attempt, i, "success", "is not written, or more than it is");
        return test_hash(hash, block->bytes + from, argument->size - from);
    }
    if (argument->kind == TEST_CREATED) {
        if (!attempt->created[i] || attempt->created[i] == &nowhere) fail_argument(attempt, i, "success", "was not created");
        uint64_t made = test_handle_hash(argument->created, attempt->created[i], &attempt->world->sizes);
        test_handle_destroy(argument->created, attempt->created[i]);
        return test_hash(hash, &made, sizeof made);
    }
    return hash;
}

void test_attempt_discard(test_attempt *attempt)
{
    for (int i = 0; i < attempt->count; i++) {
        const test_argument *argument = &attempt->row->arguments[i];
        if (argument->kind == TEST_CREATED && attempt->created[i] != &nowhere)
            test_handle_destroy(argument->created, attempt->created[i]);
    }
}

uint64_t test_attempt_hash(test_attempt *attempt)
{
    uint64_t hash = 1;
    for (int i = 0; i < attempt->count; i++) hash = hash_argument(hash, attempt, i);
    attempt->mutated = mutated_hash(attempt);
    attempt->further = attempt->mutated;
    return test_hash(hash, &attempt->mutated, sizeof attempt->mutated);
}

uint64_t test_attempt_succeed(test_attempt *attempt)
{
    test_attempt_reset(attempt);
    ntk_status status = test_attempt_run(attempt);
    if (status != NTK_OK)
        ck_abort_msg("%s (%s) returned %s: \"%s\"", attempt->row->function, attempt->row->variant, ntk_status_name(status),
                     ntk_error_message());
    test_attempt_check_inputs(attempt, "success");
    return test_attempt_hash(attempt);
}
