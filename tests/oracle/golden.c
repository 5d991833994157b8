/* Lines of ../shared/golden/deep.csv. */
#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int32_t kind;
    double slope;
} kinds[] = {{"relu", NTK_RELU, 0}, {"leaky01", NTK_LEAKY_RELU, 0.1},
             {"abs", NTK_ABS, 0},   {"erf", NTK_ERF, 0},
             {"gelu", NTK_GELU, 0}, {"sin", NTK_SIN, 0},
             {"exp", NTK_EXP, 0}};

int oracle_golden_line(oracle_golden *row, const char *line)
{
    char name[32];
    double v[4], layers;
    memset(row, 0, sizeof *row);
    row->options.struct_size = sizeof row->options;
    if (sscanf(line, "%31[^,],%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", name, &layers, &v[0], &v[1], &v[2], &v[3], &row->q[0],
               &row->q[1], &row->q[2], &row->nngp, &row->ntk) != 11)
        return 0;
    row->options.layers = (int64_t)layers;
    row->options.weight_scale = v[0];
    row->options.bias_scale = v[1];
    row->options.output_weight_scale = v[2];
    row->options.output_bias_scale = v[3];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(name, kinds[i].name) != 0) continue;
        row->kind = kinds[i].kind;
        row->slope = kinds[i].slope;
        return 1;
    }
    return 0;
}

void oracle_golden_samples(const oracle_golden *row, double *x, double *y)
{
    double x1 = sqrt(4 * row->q[0]), y1 = 4 * row->q[2] / x1;
    for (int k = 0; k < 4; k++) x[k] = y[k] = 0;
    x[0] = x1;
    y[0] = y1;
    y[1] = sqrt(4 * row->q[1] - y1 * y1);
}
