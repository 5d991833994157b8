/* Models of the caller's functions for the tests: f_theta(x) and its derivatives from one function of one sample. */
#ifndef TEST_MODELS_H
#define TEST_MODELS_H

#include "oracle.h"

enum { MODEL_MOST_PARAMETERS = 64 };

/* f and its derivatives by theta at one x; of one output.   data  the model's own */
typedef long double (*model_value)(const void *data, const long double *theta, int64_t p, double x, long double *slopes);

/* calls, released  of the callbacks
 * answer           what they return, and spoil, where it is not 0, what they write first */
typedef struct model_subject {
    model_value value;
    const void *data;
    int64_t p, calls, released;
    int answer;
    double spoil;
} model_subject;

enum { MODEL_JACOBIAN = 1, MODEL_PRODUCTS = 2 };

/* The subject's functions: forward, and jacobian or jvp and vjp as bits of which say. */
ntk_model_functions model_functions(model_subject *subject, int which);

/* theta = (amplitude, damping, frequency, phase): the displacement of a damped oscillator at the time x. */
long double model_oscillator(const void *data, const long double *theta, int64_t p, double x, long double *slopes);

/* The x-th row of a matrix of p columns, times theta. */
long double model_matrix(const void *data, const long double *theta, int64_t p, double x, long double *slopes);

#endif
