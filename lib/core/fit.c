#include "core/fit.h"

#include <math.h>

void ntk_fit_mean(const double *numbers, int64_t count, int64_t stride, bool logarithms, double *mean, double *error)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; i++) {
        double number = numbers[i * stride];
        sum += !logarithms ? number : number > 0 ? log(number) : (double)NAN;
    }
    *mean = sum / (double)count;
    for (int64_t i = 0; i < count; i++) {
        double number = numbers[i * stride], gap = (logarithms ? log(number) : number) - *mean;
        squares += gap * gap;
    }
    *error = count > 1 ? sqrt(squares / ((double)count * (double)(count - 1))) : (double)NAN;
}

static double weight_of(double error, double shared)
{
    return shared > 0 ? 1 / (error * error + shared) : 1;
}

void ntk_fit_slope(const double *x, const double *means, const double *errors, int64_t count, double *slope, double *error)
{
    double shared = 0, weights = 0, centre = 0, spread = 0, rise = 0, scatter = 0;
    for (int64_t i = 0; i < count; i++) shared += errors[i] * errors[i] / (double)count;
    for (int64_t i = 0; i < count; i++) {
        double weight = weight_of(errors[i], shared);
        weights += weight;
        centre += weight * (x[i] - x[0]); /* from there, so that alike ones have no spread at all */
    }
    centre /= weights;
    for (int64_t i = 0; i < count; i++) {
        double place = x[i] - x[0] - centre, arm = weight_of(errors[i], shared) * place;
        spread += arm * place;
        rise += arm * means[i];
        scatter += arm * arm * errors[i] * errors[i];
    }
    *slope = spread > 0 ? rise / spread : (double)NAN;
    *error = spread > 0 ? sqrt(scatter) / spread : (double)NAN;
}
