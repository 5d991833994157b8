/* Included once for each precision by loss.c.  A row's functions return its term of the sum; where slope is not 0, f becomes the
 * derivatives by f times slope. */

static double NAME(square_row)(REAL *f, const REAL *y, int64_t outputs, double slope)
{
    double sum = 0;
    for (int64_t o = 0; o < outputs; o++) {
        REAL r = f[o] - y[o];
        sum += (double)r * (double)r;
        if (slope != 0) f[o] = (REAL)(2 * slope) * r;
    }
    return sum;
}

/* log(1 + exp(-y f)) without overflow, and the derivative -y / (1 + exp(y f)). */
static double NAME(logistic_row)(REAL *f, const REAL *y, int64_t outputs, double slope)
{
    double sum = 0;
    for (int64_t o = 0; o < outputs; o++) {
        double margin = (double)y[o] * (double)f[o], small = exp(-fabs(margin));
        sum += fmax(0, -margin) + log1p(small);
        if (margin != margin) sum = margin;
        if (slope != 0) f[o] = (REAL)(-slope * (double)y[o] * (margin > 0 ? small : 1) / (1 + small));
    }
    return sum;
}

static double NAME(softmax_row)(REAL *f, const REAL *y, int64_t outputs, double slope)
{
    double largest = (double)f[0], total = 0, sum = 0;
    for (int64_t o = 1; o < outputs; o++) largest = (double)f[o] > largest ? (double)f[o] : largest;
    for (int64_t o = 0; o < outputs; o++) total += exp((double)f[o] - largest);
    double log_total = log(total);
    for (int64_t o = 0; o < outputs; o++) {
        double log_chance = (double)f[o] - largest - log_total;
        if (y[o] != 0) sum -= (double)y[o] * log_chance;
        if (slope != 0) f[o] = (REAL)(slope * (exp(log_chance) - (double)y[o]));
    }
    return total == total ? sum : total;
}

static double NAME(rows)(const ntk_loss_rows *rows, bool slopes, double scale)
{
    double sum = 0, slope = slopes ? scale : 0;
    for (int64_t i = 0; i < rows->rows; i++) {
        REAL *f = (REAL *)rows->f + i * rows->outputs;
        const REAL *y = (const REAL *)rows->y + i * rows->ldy;
        if (rows->loss == NTK_LOSS_LOGISTIC)
            sum += NAME(logistic_row)(f, y, rows->outputs, slope);
        else if (rows->loss == NTK_LOSS_SOFTMAX)
            sum += NAME(softmax_row)(f, y, rows->outputs, slope);
        else
            sum += NAME(square_row)(f, y, rows->outputs, slope);
    }
    return scale * sum;
}

#undef REAL
#undef NAME
