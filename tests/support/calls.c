/* The table of every public function that returns a status, joined from its parts. */
#include "rows.h"

/* Cases are named by the numbers of their rows, so that the order is kept: what a ridge reports comes after the models. */
static const test_part *const parts[] = {&test_core_rows,     &test_network_rows, &test_kernel_rows,
                                         &test_ridge_rows,    &test_model_rows,   &test_ridge_report_rows,
                                         &test_dynamics_rows, &test_theory_rows,  &test_concentration_rows,
                                         &test_target_rows,   &test_measure_rows, &test_spectrum_rows};
enum { PARTS = sizeof parts / sizeof parts[0] };

int test_row_count(void)
{
    int count = 0;
    for (int k = 0; k < PARTS; k++) count += parts[k]->count;
    return count;
}

const test_row *test_row_at(int i)
{
    int left = i;
    for (int k = 0; k < PARTS && left >= 0; left -= parts[k++]->count)
        if (left < parts[k]->count) return &parts[k]->rows[left];
    ck_abort_msg("there is no row %d of %d", i, test_row_count());
}
