/* Kernels made of kernels as expressions, which can be made, or evaluated by the formula of each law. */
#ifndef TEST_LAWS_H
#define TEST_LAWS_H

#include "oracle.h"

enum { LAW_INPUTS = 5, LAW_TERMS = 3 };

/* Infinite ReLU and erf with biases, three layers of ReLU, a network of erf, and the mean of two of two layers of GELU with biases. */
enum { LAW_RELU, LAW_ERF, LAW_DEEP, LAW_FINITE, LAW_MEAN, LAW_BASES };

typedef enum law { BASE, CONSTANT, GAUSSIAN, SUM, PRODUCT, NORMALISED, ARD } law;

/* number  BASE: which; CONSTANT: its value */
typedef struct expression {
    law law;
    double number;
    int count;
    const struct expression *terms[LAW_TERMS];
    double weights[LAW_TERMS];
} expression;

typedef struct law_case {
    const char *name;
    const expression *e;
} law_case;

enum { LAW_CASE_COUNT = 19 };
extern const law_case law_cases[LAW_CASE_COUNT];

/* What law_setup makes, and what the callbacks of the kernel of GAUSSIAN return. */
extern ntk_context *law_context;
extern ntk_kernel *law_bases[LAW_BASES];
extern int law_answer;

void law_setup(void);
void law_teardown(void);

/* The kernel, which alone keeps its terms. */
ntk_kernel *law_make(const expression *e);

/* exp(-|x - x'|^2 / 2), a kernel of the caller's. */
ntk_kernel *law_gaussian(void);

/* K(x1, x2) as the library has it, in the dtype of x1; and by the formula, of the bases' values.  Free them. */
double *law_block(const ntk_kernel *kernel, const test_array *x1, const test_array *x2);
double *law_formula(const expression *e, const test_array *x1, const test_array *x2);

/* sqrt of the formula's K(x, x). */
double *law_lengths(const expression *e, const test_array *x);

/* Samples, some of them copies, near-duplicates, opposites, or zero. */
test_array law_samples(int64_t n, int32_t dtype, uint64_t seed);

/* Roundings of the terms' values, which other tiles may round otherwise, and of some ten operations on them. */
double law_bound(int32_t dtype);

/* Fails the test unless got is that near to want. */
void law_check(const char *what, int which, double got, double want, double bound);

#endif
