/* Which lambda: leave-one-out error, generalized cross-validation and evidence for a hundred lambdas, by one eigendecomposition.
 * cc lambda_path.c common.c samples.c splitmix.c csv.c file.c $(pkg-config --cflags --libs ntk) -lz -lm */
#include "common.h"
#include "samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LAMBDAS = 101 };

static const char help[] = "Usage: lambda_path FILE [CSV]\n"
                           "The best lambda by leave-one-out error, by cross-validation, and by evidence.\n"
                           "FILE: a table of numbers, the last column the target.  CSV: a file for all of the path.\n";

/* Rows that are the same as an earlier one. */
static int64_t repeated(const csv_table *table)
{
    int64_t count = 0;
    size_t size = (size_t)table->cols * sizeof *table->values;
    for (int64_t i = 0; i < table->rows; i++)
        for (int64_t j = 0; j < i; j++)
            if (memcmp(table->values + i * table->cols, table->values + j * table->cols, size) == 0) {
                count++;
                break;
            }
    return count;
}

/* The best lambda by a criterion, and what the path says there. */
static void print_best(const ntk_ridge *ridge, const char *name, int32_t criterion)
{
    double best, row[NTK_PATH_COLUMNS];
    ntk_matrix Best = ntk_matrix_f64(&best, 1, 1), Row = ntk_matrix_f64(row, 1, NTK_PATH_COLUMNS);
    common_check(ntk_ridge_select(ridge, &Best, criterion));
    common_check(ntk_ridge_path(ridge, &Row, &Best));
    printf("%-24s %10.3g %12.4f %12.4f %14.2f %10.1f\n", name, best, sqrt(row[NTK_PATH_LOO]), sqrt(row[NTK_PATH_GCV]),
           row[NTK_PATH_LOG_EVIDENCE], row[NTK_PATH_DF]);
}

static void write_path(const ntk_ridge *ridge, FILE *file)
{
    double lambdas[LAMBDAS], table[LAMBDAS][NTK_PATH_COLUMNS];
    for (int i = 0; i < LAMBDAS; i++) lambdas[i] = pow(10, -4 + 7.0 * i / (LAMBDAS - 1));
    ntk_matrix L = ntk_matrix_const_f64(lambdas, LAMBDAS, 1), T = ntk_matrix_f64(table[0], LAMBDAS, NTK_PATH_COLUMNS);
    common_check(ntk_ridge_path(ridge, &T, &L));
    for (int i = 0; i < LAMBDAS; i++)
        for (int j = 0; j < NTK_PATH_COLUMNS; j++) fprintf(file, "%.8g%c", table[i][j], j + 1 < NTK_PATH_COLUMNS ? ',' : '\n');
    common_close(file);
}

int main(int argc, char **argv)
{
    csv_table table;
    char message[FILE_MESSAGE_SIZE];
    common_arguments(argc, argv, 1, 2, help);
    if (csv_read(&table, argv[1], message) ||
        (table.cols < 2 && file_fail(message, "%s: one column, expected more", argv[1]))) {
        fprintf(stderr, "lambda_path: %s\n", message);
        return EXIT_FAILURE;
    }
    FILE *file = argc == 3 ? common_open(argv[2], "lambda,loo,gcv,log_evidence,degrees,rss") : NULL;
    for (int64_t j = 0; j < table.cols; j++) samples_standardise(table.values + j, table.rows, table.cols);
    ntk_matrix X = ntk_matrix_const_f64(table.values, table.rows, table.cols - 1);
    ntk_matrix Y = ntk_matrix_const_f64(table.values + table.cols - 1, table.rows, 1);
    X.stride = Y.stride = table.cols;

    ntk_context *context;
    ntk_ridge *ridge;
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    options.method = NTK_RIDGE_SPECTRAL;
    common_check(ntk_context_create(&context, NULL));
    ntk_kernel *kernel = common_kernel(context);
    common_check(ntk_ridge_create(context, &ridge, kernel, &X, &Y, 1, &options));
    printf("%s: %lld samples, %lld inputs, all standardised\n", argv[1], (long long)table.rows, (long long)table.cols - 1);
    if (repeated(&table))
        printf("%lld rows repeat others: left out, they are known all the same, so that leave-one-out sees too little noise\n",
               (long long)repeated(&table));
    printf("%-24s %10s %12s %12s %14s %10s\n", "lambda by", "lambda", "LOO error", "GCV error", "log evidence", "degrees");
    print_best(ridge, "leave-one-out", NTK_CRITERION_LOO);
    print_best(ridge, "cross-validation (GCV)", NTK_CRITERION_GCV);
    print_best(ridge, "evidence", NTK_CRITERION_EVIDENCE);
    if (file) write_path(ridge, file);

    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(context);
    csv_free(&table);
    return EXIT_SUCCESS;
}
