/* The search for a kernel's scales and lambda. */
#ifndef NTK_RIDGE_OPTIMISE_SEARCH_H
#define NTK_RIDGE_OPTIMISE_SEARCH_H

#include "ridge/optimise/criterion.h"

#include <ntk/optimise.h>

/* What is searched, and what was found.
 * numbers   the kernel's scales and lambda: how many
 * given     their values;  found  the best ones
 * free      how many of them are free, and places their indices; logs of their sizes: begin as given, lower and upper bounds
 * starts, most, tolerance, spread, seed   as of the options, without defaults
 * table     starts x (NTK_START_COLUMNS + numbers - 1), filled by the search
 * share     of the lane's work that the search takes */
typedef struct ntk_search {
    ntk_criterion criterion;
    const ntk_kernel *kernel;
    int64_t numbers, free, starts, most;
    double *given, *found, *begin, *lower, *upper;
    int64_t *places;
    double tolerance, spread;
    uint64_t seed;
    double *table;
    double share;
    ntk_optimise_report report;
} ntk_search;

/* Runs all starts, and fills table, found and the report but for its criterion.  A failure that every start has met is the call's. */
ntk_status ntk_search_run(ntk_search *search);

#endif
