#include "ridge/exchange.h"
#include "core/memory.h"
#include "core/status.h"
#include "ridge/iterative/iterative.h"

ntk_status ntk_iteration_write(ntk_writer *writer, const ntk_ridge *ridge)
{
    const ntk_iterative_options *settings = &ridge->iterative;
    const ntk_ridge_report *report = &ridge->solution.report;
    NTK_TRY(ntk_path_enter(&writer->path, "iteration"));
    NTK_TRY(ntk_write_real(writer, "tolerance", settings->tolerance));
    NTK_TRY(ntk_write_integer(writer, "max_iterations", settings->max_iterations));
    NTK_TRY(ntk_write_integer(writer, "rank", settings->rank));
    NTK_TRY(ntk_write_integer(writer, "seed", (int64_t)settings->seed));
    NTK_TRY(ntk_write_integer(writer, "preconditioner", settings->preconditioner));
    NTK_TRY(ntk_write_integer(writer, "hold", settings->hold != 0));
    NTK_TRY(ntk_write_integer(writer, "iterations", report->iterations));
    NTK_TRY(ntk_write_array(writer, "history", NTK_ARRAY_F64, report->iterations + 1, -1, 1, ridge->solution.history));
    ntk_path_leave(&writer->path);
    return NTK_OK;
}

static ntk_status read_settings(ntk_reader *reader, ntk_ridge *ridge)
{
    ntk_iterative_options settings = {.struct_size = sizeof settings};
    int64_t seed, preconditioner, hold;
    NTK_TRY(ntk_read_real(reader, "tolerance", &settings.tolerance));
    NTK_TRY(ntk_read_integer(reader, "max_iterations", 0, INT64_MAX, &settings.max_iterations));
    NTK_TRY(ntk_read_integer(reader, "rank", 0, INT64_MAX, &settings.rank));
    NTK_TRY(ntk_read_integer(reader, "seed", INT64_MIN, INT64_MAX, &seed));
    NTK_TRY(ntk_read_integer(reader, "preconditioner", 0, INT32_MAX, &preconditioner));
    NTK_TRY(ntk_read_integer(reader, "hold", 0, 1, &hold));
    settings.seed = (uint64_t)seed;
    settings.preconditioner = (int32_t)preconditioner;
    settings.hold = (int32_t)hold;
    if (ntk_iterative_read(&ridge->iterative, &settings, reader->path.function) >= 0) return NTK_OK;
    return ntk_read_refuse(reader, "tolerance, max_iterations or preconditioner", "what this library takes");
}

static ntk_status read_history(ntk_reader *reader, ntk_ridge *ridge)
{
    ntk_ridge_solution *solution = &ridge->solution;
    int64_t rows;
    NTK_TRY(ntk_read_integer(reader, "iterations", 0, INT32_MAX, &solution->report.iterations));
    rows = solution->report.iterations + 1;
    NTK_TRY(ntk_read_expect(reader, "history", NTK_ARRAY_F64, rows, -1));
    NTK_TRY(ntk_allocate(reader->context, &solution->history, rows, sizeof(double), "a history"));
    NTK_TRY(ntk_read_array(reader, "history", NTK_ARRAY_F64, rows, -1, solution->history));
    solution->report.residual = solution->history[rows - 1];
    return solution->report.residual >= 0 ? NTK_OK : ntk_read_refuse(reader, "history", "numbers that are not negative");
}

ntk_status ntk_iteration_read(ntk_reader *reader, ntk_ridge *ridge)
{
    NTK_TRY(ntk_path_enter(&reader->path, "iteration"));
    NTK_TRY(read_settings(reader, ridge));
    NTK_TRY(read_history(reader, ridge));
    ntk_path_leave(&reader->path);
    return NTK_OK;
}
