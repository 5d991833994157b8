/* Fitted models as arrays: all that a model holds, so that it predicts, and takes new samples, to the same bits. */
#include "core/exchange.h"

#include "core/memory.h"
#include "core/status.h"
#include "features/exchange.h"
#include "kernel/exchange.h"
#include "ridge/exchange.h"
#include "ridge/rooms.h"

#include <math.h>
#include <stdio.h>

static const char *const methods[] = {
    [NTK_RIDGE_DUAL] = "dual",           [NTK_RIDGE_PRIMAL] = "primal",     [NTK_RIDGE_SPECTRAL] = "spectral",
    [NTK_RIDGE_ITERATIVE] = "iterative", [NTK_RIDGE_NYSTROEM] = "nystroem", [0] = ""};
static const char *const dtypes[] = {[0] = "", [NTK_F64] = "f64", [NTK_F32] = "f32"};
static const char *const storages[] = {[NTK_STORAGE_FULL] = "full", [NTK_STORAGE_PACKED] = "packed"};

static int32_t type_of(int32_t dtype)
{
    return dtype == NTK_F64 ? NTK_ARRAY_F64 : NTK_ARRAY_F32;
}

/* Rows of the hidden layers' parameters among the features. */
static int64_t hidden_rows(const ntk_features *features)
{
    return ntk_features_has(features, NTK_PART_NT) ? ntk_weights_size(features->weights, NTK_PART_NT) : 0;
}

/* Sums and other numbers of a report, of which some may be NaN: those are not written. */
typedef struct named {
    const char *name;
    double *number;
} named;

enum { NUMBERS = 6 };

static void numbers_of(named numbers[NUMBERS], ntk_ridge_report *report)
{
    numbers[0] = (named){"smallest_pivot", &report->smallest_pivot};
    numbers[1] = (named){"condition", &report->condition};
    numbers[2] = (named){"rss", &report->rss};
    numbers[3] = (named){"log_evidence", &report->log_evidence};
    numbers[4] = (named){"degrees", &report->degrees};
    numbers[5] = (named){"kernel_scale", &report->kernel_scale};
}

/* Those of a NYSTROEM. */
enum { APPROXIMATION = 6 };

static void approximation_of(named numbers[APPROXIMATION], ntk_nystroem_report *report)
{
    numbers[0] = (named){"shift", &report->shift};
    numbers[1] = (named){"mean_diagonal", &report->mean_diagonal};
    numbers[2] = (named){"mean_rest", &report->mean_rest};
    numbers[3] = (named){"largest_rest", &report->largest_rest};
    numbers[4] = (named){"gcv", &report->gcv};
    numbers[5] = (named){"leave_one_out", &report->leave_one_out};
}

/* --- writing --- */

static ntk_status write_numbers(ntk_writer *writer, const named *numbers, int count)
{
    for (int i = 0; i < count; i++)
        if (isfinite(*numbers[i].number)) NTK_TRY(ntk_write_real(writer, numbers[i].name, *numbers[i].number));
    return NTK_OK;
}

static ntk_status write_approximation(ntk_writer *writer, const ntk_ridge *ridge)
{
    ntk_nystroem_report report = ridge->solution.approximation;
    named numbers[APPROXIMATION];
    if (ridge->solution.report.method != NTK_RIDGE_NYSTROEM) return NTK_OK;
    approximation_of(numbers, &report);
    NTK_TRY(ntk_write_integer(writer, "centres", report.centres));
    return write_numbers(writer, numbers, APPROXIMATION);
}

static ntk_status write_report(ntk_writer *writer, const ntk_ridge *ridge)
{
    ntk_ridge_report report = ridge->solution.report;
    named numbers[NUMBERS];
    numbers_of(numbers, &report);
    NTK_TRY(ntk_write_text(writer, "method", methods[report.method]));
    NTK_TRY(ntk_write_text(writer, "dtype", dtypes[report.dtype]));
    NTK_TRY(ntk_write_integer(writer, "precision", report.precision));
    NTK_TRY(ntk_write_integer(writer, "refinements", report.refinements));
    NTK_TRY(ntk_write_real(writer, "tolerance", report.tolerance));
    NTK_TRY(ntk_write_real(writer, "residual", report.residual));
    NTK_TRY(ntk_write_integer(writer, "samples", report.samples));
    NTK_TRY(ntk_write_integer(writer, "inputs", report.inputs));
    NTK_TRY(ntk_write_integer(writer, "targets", report.targets));
    NTK_TRY(ntk_write_integer(writer, "intercept", report.intercept));
    NTK_TRY(ntk_write_integer(writer, "light", ridge->light));
    NTK_TRY(ntk_write_integer(writer, "solver", ridge->solver));
    NTK_TRY(ntk_write_integer(writer, "streamed", !ridge->light && !ridge->solution.y));
    NTK_TRY(write_numbers(writer, numbers, NUMBERS));
    return write_approximation(writer, ridge);
}

/* What is there of these arrays, rows x cols of dtype. */
static ntk_status write_held(ntk_writer *writer, const char *name, int32_t dtype, int64_t rows, int64_t cols, const void *held)
{
    if (!held) return NTK_OK;
    return ntk_write_array(writer, name, type_of(dtype), rows, cols, cols < 0 ? 1 : cols, held);
}

static ntk_status write_solution(ntk_writer *writer, const ntk_ridge *ridge)
{
    const ntk_ridge_solution *s = &ridge->solution;
    const ntk_ridge_report *report = &s->report;
    int64_t n = report->samples, t = report->targets, hidden = ridge->features ? hidden_rows(ridge->features) : 0;
    NTK_TRY(write_held(writer, "lambdas", NTK_F64, t, -1, s->lambdas));
    NTK_TRY(write_held(writer, "intercepts", NTK_F64, t, -1, s->intercept));
    NTK_TRY(write_held(writer, "y", NTK_F64, n, t, s->y));
    NTK_TRY(write_held(writer, "alpha", report->dtype, t, report->order, s->alpha));
    NTK_TRY(write_held(writer, "ones", NTK_F64, n, -1, s->ones));
    NTK_TRY(write_held(writer, "projected", NTK_F64, n, t + report->intercept, s->projected));
    NTK_TRY(write_held(writer, "offsets", NTK_F64, t, -1, s->offsets));
    NTK_TRY(write_held(writer, "beta_hidden", report->dtype, t, hidden, s->beta.nt));
    if (!s->beta.rf) return NTK_OK;
    return write_held(writer, "beta_output", report->dtype, ridge->features->size - hidden, t, s->beta.rf);
}

/* A tile of the lower triangle; of one on the diagonal what lies above is 0. */
static ntk_status write_tile(ntk_writer *writer, const ntk_symmetric *L, int64_t i, int64_t j, void *room)
{
    char name[64];
    int64_t ld, rows = ntk_symmetric_rows(L, i), cols = ntk_symmetric_rows(L, j);
    const void *tile = ntk_symmetric_tile(L, i, j, &ld);
    snprintf(name, sizeof name, "%lld_%lld", (long long)i, (long long)j);
    if (i > j) return ntk_write_array(writer, name, type_of(L->dtype), rows, cols, ld, tile);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < cols; c++)
            ntk_put(room, L->dtype, r * cols + c, c > r ? 0 : ntk_get(tile, L->dtype, r * ld + c));
    return ntk_write_array(writer, name, type_of(L->dtype), rows, cols, cols, room);
}

static ntk_status write_factor(ntk_writer *writer, ntk_context *context, const char *name, const ntk_symmetric *L)
{
    void *room;
    if (!L->data) return NTK_OK;
    NTK_TRY(ntk_path_enter(&writer->path, name));
    NTK_TRY(ntk_write_text(writer, "storage", storages[L->ld ? NTK_STORAGE_FULL : NTK_STORAGE_PACKED]));
    NTK_TRY(ntk_write_text(writer, "dtype", dtypes[L->dtype]));
    NTK_TRY(ntk_allocate(context, &room, NTK_SYMMETRIC_EDGE * NTK_SYMMETRIC_EDGE, ntk_dtype_size(L->dtype), "a tile"));
    ntk_status status = NTK_OK;
    for (int64_t i = 0; status >= 0 && i < ntk_symmetric_tiles(L); i++)
        for (int64_t j = 0; status >= 0 && j <= i; j++) status = write_tile(writer, L, i, j, room);
    ntk_free(context, room);
    ntk_path_leave(&writer->path);
    return status;
}

static ntk_status write_system(ntk_writer *writer, const ntk_ridge *ridge)
{
    const ntk_ridge_system *system = &ridge->system;
    const ntk_ridge_report *report = &ridge->solution.report;
    int64_t n = report->samples;
    const ntk_operand *x = system->set ? &system->set->samples.x : &system->x;
    int64_t rows = system->set ? system->set->samples.rows : n;
    if (x->data) NTK_TRY(ntk_write_array(writer, "x", type_of(report->dtype), rows, report->inputs, x->stride, x->data));
    NTK_TRY(write_held(writer, "mean_feature", report->dtype, report->order, -1, system->mu));
    NTK_TRY(write_factor(writer, ridge->base.context, "factor", &system->L));
    NTK_TRY(write_factor(writer, ridge->base.context, "factor_of_centres", &system->centres));
    if (!system->spectrum.vectors) return NTK_OK;
    NTK_TRY(ntk_write_array(writer, "eigenvectors", NTK_ARRAY_F64, n, n, system->spectrum.ld, system->spectrum.vectors));
    return write_held(writer, "eigenvalues", NTK_F64, n, -1, system->spectrum.values);
}

/* The kernel of the samples, or the features alone. */
static ntk_status write_origin(ntk_writer *writer, const ntk_ridge *ridge)
{
    const ntk_sample_set *set = ridge->system.set;
    NTK_TRY(ntk_path_enter(&writer->path, set ? "kernel" : "features"));
    NTK_TRY(set ? ntk_kernel_write(writer, set->samples.kernel) : ntk_features_write(writer, ridge->features));
    ntk_path_leave(&writer->path);
    return NTK_OK;
}

ntk_status ntk_ridge_export(const ntk_ridge *ridge, const ntk_sink *sink)
{
    ntk_writer writer;
    NTK_REQUIRE(ridge);
    NTK_TRY(ntk_writer_open(&writer, sink, __func__));
    NTK_TRY(ntk_write_heading(&writer, "ridge"));
    NTK_TRY(ntk_write_integer(&writer, "dual_samples", ridge->system.set != NULL));
    NTK_TRY(write_report(&writer, ridge));
    NTK_TRY(write_origin(&writer, ridge));
    NTK_TRY(write_system(&writer, ridge));
    if (ridge->solution.report.method == NTK_RIDGE_ITERATIVE) NTK_TRY(ntk_iteration_write(&writer, ridge));
    return write_solution(&writer, ridge);
}

/* --- reading --- */

static ntk_status read_approximation(ntk_reader *reader, ntk_nystroem_report *report)
{
    named numbers[APPROXIMATION];
    approximation_of(numbers, report);
    NTK_TRY(ntk_read_integer(reader, "centres", 1, INT32_MAX, &report->centres));
    for (int i = 0; i < APPROXIMATION; i++) NTK_TRY(ntk_read_real_or_nan(reader, numbers[i].name, numbers[i].number));
    return NTK_OK;
}

static bool is_nystroem(const ntk_ridge *ridge)
{
    return ridge->solution.report.method == NTK_RIDGE_NYSTROEM;
}

/* Whether no array has a row for each sample. */
static bool light_of_any_size(const ntk_ridge *ridge)
{
    return ridge->light && (is_nystroem(ridge) || ridge->solution.report.method == NTK_RIDGE_PRIMAL);
}

/* Rows of the set: all samples, or the centres. */
static int64_t set_rows(const ntk_ridge *ridge)
{
    return is_nystroem(ridge) ? ridge->solution.approximation.centres : ridge->solution.report.samples;
}

/* *without: there are no samples. */
static ntk_status read_report(ntk_reader *reader, ntk_ridge *ridge, bool *without)
{
    ntk_ridge_report *report = &ridge->solution.report;
    named numbers[NUMBERS];
    int64_t method, dtype, precision, refinements, intercept, light, solver, streamed;
    numbers_of(numbers, report);
    NTK_TRY(ntk_read_choice(reader, "method", methods, sizeof methods / sizeof methods[0], &method));
    NTK_TRY(ntk_read_choice(reader, "dtype", dtypes, sizeof dtypes / sizeof dtypes[0], &dtype));
    NTK_TRY(ntk_read_integer(reader, "precision", 0, INT32_MAX, &precision));
    NTK_TRY(ntk_read_integer(reader, "refinements", 0, INT32_MAX, &refinements));
    NTK_TRY(ntk_read_real(reader, "tolerance", &report->tolerance));
    NTK_TRY(ntk_read_real(reader, "residual", &report->residual));
    NTK_TRY(ntk_read_integer(reader, "light", 0, 1, &light));
    NTK_TRY(ntk_read_integer(reader, "solver", NTK_SOLVER_AUTO, NTK_SOLVER_QR, &solver));
    NTK_TRY(ntk_read_integer(reader, "streamed", 0, 1, &streamed));
    report->method = (int32_t)method;
    ridge->light = light;
    ridge->solver = (int32_t)solver;
    NTK_TRY(
        ntk_read_integer(reader, "samples", 1, streamed || light_of_any_size(ridge) ? INT64_MAX : INT32_MAX, &report->samples));
    NTK_TRY(ntk_read_integer(reader, "inputs", 1, INT32_MAX, &report->inputs));
    NTK_TRY(ntk_read_integer(reader, "targets", 1, INT32_MAX, &report->targets));
    NTK_TRY(ntk_read_integer(reader, "intercept", 0, 1, &intercept));
    if (method == 0 || dtype == 0) return ntk_read_refuse(reader, "method or dtype", "a word that this library knows");
    for (int i = 0; i < NUMBERS; i++) NTK_TRY(ntk_read_real_or_nan(reader, numbers[i].name, numbers[i].number));
    report->dtype = (int32_t)dtype;
    report->precision = (int32_t)precision;
    report->refinements = (int32_t)refinements;
    report->intercept = (int32_t)intercept;
    report->reason = "read as it was written";
    *without = streamed || light;
    if (streamed && light) return ntk_read_refuse(reader, "streamed", "0 of a light model");
    if (!light && (is_nystroem(ridge) ? !streamed : streamed && method != NTK_RIDGE_PRIMAL))
        return ntk_read_refuse(reader, "streamed", "1 of a primal or Nystroem model alone");
    return is_nystroem(ridge) ? read_approximation(reader, &ridge->solution.approximation) : NTK_OK;
}

/* rows x cols numbers of dtype. */
static ntk_status read_held(ntk_reader *reader, const char *name, int32_t dtype, int64_t rows, int64_t cols, void *held_out)
{
    void *held;
    uint64_t count;
    NTK_TRY(ntk_size_multiply(&count, rows, cols < 0 ? 1 : cols));
    NTK_TRY(ntk_read_expect(reader, name, type_of(dtype), rows, cols));
    NTK_TRY(ntk_allocate(reader->context, &held, (int64_t)count, ntk_dtype_size(dtype), "a model"));
    ntk_status status = ntk_read_array(reader, name, type_of(dtype), rows, cols, held);
    if (status < 0)
        ntk_free(reader->context, held);
    else
        *(void **)held_out = held;
    return status;
}

/* The model's kernel or features, and its samples. */
static ntk_status read_set(ntk_reader *reader, ntk_ridge *ridge, const ntk_kernel *kernel, const ntk_lane *lane)
{
    const ntk_ridge_report *report = &ridge->solution.report;
    int64_t inputs = ntk_kernel_inputs(kernel);
    void *x = NULL;
    if (inputs > 0 && inputs != report->inputs) return ntk_read_refuse(reader, "inputs", "those of the kernel");
    NTK_TRY(read_held(reader, "x", report->dtype, set_rows(ridge), report->inputs, &x));
    ntk_matrix view = ntk_matrix_view(x, set_rows(ridge), report->inputs, report->dtype, NTK_READONLY);
    ntk_status status = ntk_sample_set_create(&ridge->system.set, kernel, lane, &view, report->dtype,
                                              ntk_model_all(kernel, view.rows), false, reader->path.function);
    ntk_free(reader->context, x);
    if (status >= 0) ridge->features = ntk_retain(kernel->features);
    return status == NTK_ERR_OVERFLOW ? ntk_read_refuse(reader, "x", "samples that the kernel can take") : status;
}

static ntk_status read_kernel(ntk_reader *reader, ntk_ridge *ridge, const ntk_lane *lane)
{
    ntk_kernel *kernel;
    NTK_TRY(ntk_path_enter(&reader->path, "kernel"));
    NTK_TRY(ntk_kernel_read(reader, &kernel));
    ntk_path_leave(&reader->path);
    ntk_status status = read_set(reader, ridge, kernel, lane);
    ntk_release(kernel);
    return status;
}

static ntk_status read_features(ntk_reader *reader, ntk_ridge *ridge, bool without)
{
    ntk_features *features;
    ntk_ridge_report *report = &ridge->solution.report;
    NTK_TRY(ntk_path_enter(&reader->path, "features"));
    NTK_TRY(ntk_features_read(reader, &features));
    ntk_path_leave(&reader->path);
    ridge->features = features;
    if (features->weights->inputs != report->inputs) return ntk_read_refuse(reader, "inputs", "those of the features");
    if (without || report->method != NTK_RIDGE_PRIMAL) return NTK_OK;
    NTK_TRY(read_held(reader, "x", report->dtype, report->samples, report->inputs, &ridge->system.x.copy));
    ridge->system.x.data = ridge->system.x.copy;
    ridge->system.x.stride = report->inputs;
    return NTK_OK;
}

static ntk_status read_origin(ntk_reader *reader, ntk_ridge *ridge, const ntk_lane *lane, bool without)
{
    ntk_ridge_report *report = &ridge->solution.report;
    int64_t dual;
    NTK_TRY(ntk_read_integer(reader, "dual_samples", 0, 1, &dual));
    if (dual && report->method == NTK_RIDGE_PRIMAL) return ntk_read_refuse(reader, "dual_samples", "0 of a primal");
    if (!dual && report->method != NTK_RIDGE_PRIMAL && !ridge->light)
        return ntk_read_refuse(reader, "dual_samples", "1 of a dual");
    NTK_TRY(dual ? read_kernel(reader, ridge, lane) : read_features(reader, ridge, without));
    report->order = report->method == NTK_RIDGE_PRIMAL ? ridge->features->size : set_rows(ridge);
    if (!ridge->features) return NTK_OK;
    ntk_status status = ntk_hidden_weights(lane, ridge->features->weights, report->dtype, &ridge->w, reader->path.function);
    return status == NTK_ERR_OVERFLOW ? ntk_read_refuse(reader, "features", "weights that the precision can hold") : status;
}

static ntk_status read_tile(ntk_reader *reader, const ntk_symmetric *L, int64_t i, int64_t j, void *room)
{
    char name[64];
    int64_t ld, rows = ntk_symmetric_rows(L, i), cols = ntk_symmetric_rows(L, j);
    void *tile = ntk_symmetric_tile(L, i, j, &ld);
    snprintf(name, sizeof name, "%lld_%lld", (long long)i, (long long)j);
    NTK_TRY(ntk_read_array(reader, name, type_of(L->dtype), rows, cols, room));
    ntk_matrix view = ntk_matrix_view(room, rows, cols, L->dtype, NTK_READONLY);
    ntk_convert_matrix(tile, ld, L->dtype, &view);
    for (int64_t r = 0; i == j && r < rows; r++)
        if (!(ntk_get(room, L->dtype, r * cols + r) > 0)) return ntk_read_refuse(reader, name, "a positive diagonal");
    return NTK_OK;
}

static ntk_status read_tiles(ntk_reader *reader, ntk_symmetric *L, int32_t storage, int32_t dtype, int64_t n)
{
    void *room;
    char last[64];
    ntk_symmetric shape = {.dtype = dtype, .n = n};
    int64_t end = ntk_symmetric_tiles(&shape) - 1, rows = ntk_symmetric_rows(&shape, end);
    snprintf(last, sizeof last, "%lld_%lld", (long long)end, (long long)end);
    NTK_TRY(ntk_read_expect(reader, last, type_of(dtype), rows, rows));
    NTK_TRY(ntk_symmetric_create(reader->context, L, storage, dtype, n));
    NTK_TRY(ntk_allocate(reader->context, &room, NTK_SYMMETRIC_EDGE * NTK_SYMMETRIC_EDGE, ntk_dtype_size(dtype), "a tile"));
    ntk_status status = NTK_OK;
    for (int64_t i = 0; status >= 0 && i <= end; i++)
        for (int64_t j = 0; status >= 0 && j <= i; j++) status = read_tile(reader, L, i, j, room);
    ntk_free(reader->context, room);
    return status;
}

static ntk_status read_factor(ntk_reader *reader, const char *name, ntk_symmetric *L, int64_t n)
{
    int64_t storage, dtype;
    NTK_TRY(ntk_path_enter(&reader->path, name));
    NTK_TRY(ntk_read_choice(reader, "storage", storages, sizeof storages / sizeof storages[0], &storage));
    NTK_TRY(ntk_read_choice(reader, "dtype", dtypes, sizeof dtypes / sizeof dtypes[0], &dtype));
    if (dtype == 0) return ntk_read_refuse(reader, "dtype", "a word that this library knows");
    NTK_TRY(read_tiles(reader, L, (int32_t)storage, (int32_t)dtype, n));
    ntk_path_leave(&reader->path);
    return NTK_OK;
}

/* The vectors have the rows that a full matrix has. */
static ntk_status read_spectrum(ntk_reader *reader, ntk_ridge *ridge)
{
    ntk_eigen *spectrum = &ridge->system.spectrum;
    int64_t n = ridge->solution.report.samples;
    ntk_symmetric room = {0};
    double *vectors = NULL;
    NTK_TRY(read_held(reader, "eigenvalues", NTK_F64, n, -1, &spectrum->values));
    for (int64_t k = 0; k < n; k++)
        if (!(spectrum->values[k] >= (k ? spectrum->values[k - 1] : 0)))
            return ntk_read_refuse(reader, "eigenvalues", "numbers that are not negative and ascend");
    NTK_TRY(read_held(reader, "eigenvectors", NTK_F64, n, n, &vectors));
    ntk_status status = ntk_symmetric_create(reader->context, &room, NTK_STORAGE_FULL, NTK_F64, n);
    if (status >= 0) {
        ntk_matrix view = ntk_matrix_const_f64(vectors, n, n);
        spectrum->vectors = room.data;
        spectrum->ld = room.ld;
        ntk_convert_matrix(spectrum->vectors, spectrum->ld, NTK_F64, &view);
    }
    ntk_free(reader->context, vectors);
    return status;
}

static ntk_status read_system(ntk_reader *reader, ntk_ridge *ridge)
{
    ntk_ridge_report *report = &ridge->solution.report;
    if (ridge->light || report->method == NTK_RIDGE_ITERATIVE) return NTK_OK;
    if (report->method == NTK_RIDGE_SPECTRAL) return read_spectrum(reader, ridge);
    bool primal = report->method == NTK_RIDGE_PRIMAL || is_nystroem(ridge);
    if (primal && report->intercept)
        NTK_TRY(read_held(reader, "mean_feature", report->dtype, report->order, -1, &ridge->system.mu));
    NTK_TRY(read_factor(reader, "factor", &ridge->system.L, report->order));
    return is_nystroem(ridge) ? read_factor(reader, "factor_of_centres", &ridge->system.centres, report->order) : NTK_OK;
}

static ntk_status read_beta(ntk_reader *reader, ntk_ridge *ridge)
{
    const ntk_ridge_report *report = &ridge->solution.report;
    ntk_coefficients *beta = &ridge->solution.beta;
    int64_t hidden = hidden_rows(ridge->features), output = ridge->features->size - hidden;
    *beta = (ntk_coefficients){.dtype = report->dtype, .targets = report->targets};
    if (hidden) NTK_TRY(read_held(reader, "beta_hidden", report->dtype, report->targets, hidden, &beta->nt));
    return output ? read_held(reader, "beta_output", report->dtype, output, report->targets, &beta->rf) : NTK_OK;
}

static ntk_status read_solution(ntk_reader *reader, ntk_ridge *ridge, bool without)
{
    ntk_ridge_solution *s = &ridge->solution;
    const ntk_ridge_report *report = &s->report;
    int64_t n = report->samples, t = report->targets;
    bool spectral = report->method == NTK_RIDGE_SPECTRAL;
    bool dual = report->method == NTK_RIDGE_DUAL || report->method == NTK_RIDGE_ITERATIVE;
    bool whole = !ridge->light;
    NTK_TRY(read_held(reader, "lambdas", NTK_F64, t, -1, &s->lambdas));
    NTK_TRY(read_held(reader, "intercepts", NTK_F64, t, -1, &s->intercept));
    for (int64_t c = 0; c < t; c++)
        if (!(s->lambdas[c] >= 0)) return ntk_read_refuse(reader, "lambdas", "numbers that are not negative");
    s->report.lambda = s->lambdas[0];
    if (!without) NTK_TRY(read_held(reader, "y", NTK_F64, n, t, &s->y));
    if (report->method != NTK_RIDGE_PRIMAL) NTK_TRY(read_held(reader, "alpha", report->dtype, t, report->order, &s->alpha));
    if (whole && dual && report->intercept) NTK_TRY(read_held(reader, "ones", NTK_F64, n, -1, &s->ones));
    for (int64_t i = 0; s->ones && i < n; i++) s->ones_sum += s->ones[i];
    if (whole && spectral) NTK_TRY(read_held(reader, "projected", NTK_F64, n, t + report->intercept, &s->projected));
    if (whole && spectral) NTK_TRY(read_held(reader, "offsets", NTK_F64, t, -1, &s->offsets));
    return ridge->features ? read_beta(reader, ridge) : NTK_OK;
}

static ntk_status read_model(ntk_reader *reader, ntk_ridge *ridge)
{
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, reader->context);
    ntk_work_stage(&work, "a model", 1, 0, 1);
    NTK_TRY(ntk_read_heading(reader, "ridge"));
    bool without = false;
    NTK_TRY(read_report(reader, ridge, &without));
    NTK_TRY(read_origin(reader, ridge, &lane, without));
    NTK_TRY(read_system(reader, ridge));
    if (ridge->solution.report.method == NTK_RIDGE_ITERATIVE) NTK_TRY(ntk_iteration_read(reader, ridge));
    NTK_TRY(read_solution(reader, ridge, without));
    return ntk_rooms_open(ridge, 0, reader->path.function);
}

ntk_status ntk_ridge_import(ntk_context *context, ntk_ridge **ridge, const ntk_source *source)
{
    ntk_reader reader;
    ntk_ridge *made;
    NTK_REQUIRE(ridge);
    *ridge = NULL;
    NTK_REQUIRE(context);
    NTK_TRY(ntk_reader_open(&reader, context, source, __func__));
    NTK_TRY(ntk_object_create(context, &made, sizeof *made, ntk_ridge_dispose, "a ridge regression"));
    ntk_status status = read_model(&reader, made);
    if (status < 0)
        ntk_release(made);
    else
        *ridge = made;
    return status;
}
