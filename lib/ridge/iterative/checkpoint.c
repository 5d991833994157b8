/* The state of conjugate gradients between two iterations, as arrays. */
#include "core/exchange.h"

#include "core/status.h"
#include "ridge/iterative/conjugate.h"

#include <math.h>

static ntk_status write_state(ntk_writer *writer, const ntk_conjugate *s)
{
    const ntk_conjugate_call *call = s->call;
    NTK_TRY(ntk_write_heading(writer, "ridge_iteration"));
    NTK_TRY(ntk_write_integer(writer, "problem", (int64_t)call->problem));
    NTK_TRY(ntk_write_integer(writer, "iterations", s->iterations));
    NTK_TRY(ntk_write_integer(writer, "products", s->products));
    /* no look yet: nothing is written */
    if (isfinite(s->checked)) NTK_TRY(ntk_write_real(writer, "checked", s->checked));
    NTK_TRY(ntk_write_array(writer, "history", NTK_ARRAY_F64, s->iterations + 1, -1, 1, s->history));
    NTK_TRY(ntk_write_array(writer, "solution", NTK_ARRAY_F64, call->n, call->columns, call->columns, s->X.data));
    NTK_TRY(ntk_write_array(writer, "residual", NTK_ARRAY_F64, call->n, call->columns, call->columns, s->R.data));
    NTK_TRY(ntk_write_array(writer, "directions", NTK_ARRAY_F64, call->n, s->P.cols, s->P.ld, s->P.data));
    return ntk_write_integer(writer, "complete", 1);
}

ntk_status ntk_checkpoint_write(const ntk_conjugate *s)
{
    ntk_writer writer;
    NTK_TRY(ntk_writer_open(&writer, s->call->settings->checkpoint, s->call->function));
    return write_state(&writer, s);
}

static ntk_status read_numbers(ntk_reader *reader, ntk_conjugate *s)
{
    const ntk_conjugate_call *call = s->call;
    int64_t problem, complete;
    NTK_TRY(ntk_read_heading(reader, "ridge_iteration"));
    NTK_TRY(ntk_read_integer(reader, "complete", 1, 1, &complete));
    NTK_TRY(ntk_read_integer(reader, "problem", INT64_MIN, INT64_MAX, &problem));
    if ((uint64_t)problem != call->problem)
        return ntk_fail(
            NTK_ERR_FORMAT,
            "%s: the checkpoint is of another problem: kernel, samples, targets, lambda, precision and preconditioner "
            "must be those that it was written with",
            call->function);
    NTK_TRY(ntk_read_integer(reader, "iterations", 0, call->settings->max_iterations, &s->iterations));
    NTK_TRY(ntk_read_integer(reader, "products", 0, INT32_MAX, &s->products));
    NTK_TRY(ntk_read_real_or_nan(reader, "checked", &s->checked));
    if (isnan(s->checked)) s->checked = INFINITY;
    NTK_TRY(ntk_read_array(reader, "history", NTK_ARRAY_F64, s->iterations + 1, -1, s->history));
    if (!(s->history[s->iterations] >= 0)) return ntk_read_refuse(reader, "history", "numbers that are not negative");
    return NTK_OK;
}

ntk_status ntk_checkpoint_read(ntk_conjugate *s)
{
    const ntk_conjugate_call *call = s->call;
    ntk_reader reader;
    int64_t rows, cols;
    NTK_TRY(ntk_reader_open(&reader, call->lane->work->context, call->settings->resume, call->function));
    NTK_TRY(read_numbers(&reader, s));
    NTK_TRY(ntk_read_array(&reader, "solution", NTK_ARRAY_F64, call->n, call->columns, s->X.data));
    NTK_TRY(ntk_read_array(&reader, "residual", NTK_ARRAY_F64, call->n, call->columns, s->R.data));
    NTK_TRY(ntk_read_shape(&reader, "directions", NTK_ARRAY_F64, &rows, &cols));
    if (rows != call->n || cols > call->columns) return ntk_read_refuse(&reader, "directions", "another shape");
    s->P.cols = s->P.ld = cols;
    return ntk_read_array(&reader, "directions", NTK_ARRAY_F64, rows, cols, s->P.data);
}
