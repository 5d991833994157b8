#include "split.h"

#include "../examples/csv.h"
#include "data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANDOM_TRAIN = 80, RANDOM_TEST = 20, RANDOM_INPUTS = 5 };

static csv_table read_table(const char *folder, const char *name)
{
    char path[1000], message[FILE_MESSAGE_SIZE];
    csv_table table;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (csv_read(&table, path, message) == 0) return table;
    fprintf(stderr, "%s\n", message);
    exit(EXIT_FAILURE);
}

static csv_table random_table(int64_t rows, int64_t cols, uint64_t seed)
{
    ntk_matrix values = bench_matrix(rows, cols, NTK_F64, seed);
    return (csv_table){.rows = rows, .cols = cols, .values = values.data};
}

/* Smooth in the inputs, with a little noise: the last column as it was drawn. */
static void random_targets(csv_table *data)
{
    for (int64_t i = 0; i < data->rows; i++) {
        double *row = data->values + i * data->cols;
        row[data->cols - 1] = 0.1 * row[data->cols - 1] + sin(2 * row[0]) + row[1] * row[2];
    }
}

static void allocate(bench_split *s)
{
    s->x = bench_allocate(s->n * s->d, NTK_F64);
    s->y = bench_allocate(s->n, NTK_F64);
    s->x_test = bench_allocate(s->m * s->d, NTK_F64);
    s->y_test = bench_allocate(s->m, NTK_F64);
}

static bench_split separate(const csv_table *data, const csv_table *mask, int64_t split)
{
    bench_split s = {.d = data->cols - 1};
    for (int64_t i = 0; i < data->rows; i++) s.m += mask->values[i * mask->cols + split] != 0;
    s.n = data->rows - s.m;
    allocate(&s);
    int64_t train = 0, test = 0;
    for (int64_t i = 0; i < data->rows; i++) {
        const double *row = data->values + i * data->cols;
        bool tests = mask->values[i * mask->cols + split] != 0;
        int64_t at = tests ? test++ : train++;
        memcpy((tests ? s.x_test : s.x) + at * s.d, row, (size_t)s.d * sizeof *row);
        (tests ? s.y_test : s.y)[at] = row[s.d];
    }
    return s;
}

static void rescale(double *values, int64_t rows, int64_t cols, double mean, double deviation)
{
    for (int64_t i = 0; i < rows; i++) values[i * cols] = (values[i * cols] - mean) / deviation;
}

/* One column of train and test, cols apart; returns its deviation.  One that is constant to rounding becomes 0. */
static double standardise(double *train, int64_t n, double *test, int64_t m, int64_t cols)
{
    double mean = 0, square = 0;
    for (int64_t i = 0; i < n; i++) mean += train[i * cols] / (double)n;
    for (int64_t i = 0; i < n; i++) square += pow(train[i * cols] - mean, 2) / (double)n;
    double deviation = sqrt(square);
    if (!(deviation > 1e-10 * fabs(mean))) deviation = INFINITY;
    rescale(train, n, cols, mean, deviation);
    rescale(test, m, cols, mean, deviation);
    return deviation;
}

bench_split bench_split_read(const char *folder, int64_t split)
{
    bool random = strcmp(folder, "-") == 0;
    int64_t rows = RANDOM_TRAIN + RANDOM_TEST;
    csv_table data = random ? random_table(rows, RANDOM_INPUTS + 1, 1) : read_table(folder, "data.csv.gz");
    csv_table mask = random ? random_table(rows, split + 1, 2) : read_table(folder, "test_mask.csv.gz");
    if (random) {
        random_targets(&data);
        for (int64_t i = 0; i < rows; i++) mask.values[i * mask.cols + split] = i % (rows / RANDOM_TEST) == 0;
    }
    if (mask.rows != data.rows || split >= mask.cols || data.cols < 2) {
        fprintf(stderr, "%s: the mask of %lld x %lld has no split %lld of %lld rows with inputs and a target\n", folder,
                (long long)mask.rows, (long long)mask.cols, (long long)split, (long long)data.rows);
        exit(EXIT_FAILURE);
    }
    bench_split s = separate(&data, &mask, split);
    for (int64_t j = 0; j < s.d; j++) standardise(s.x + j, s.n, s.x_test + j, s.m, s.d);
    s.y_scale = standardise(s.y, s.n, s.y_test, s.m, 1);
    csv_free(&data);
    csv_free(&mask);
    return s;
}

void bench_split_free(bench_split *s)
{
    free(s->x);
    free(s->y);
    free(s->x_test);
    free(s->y_test);
}
