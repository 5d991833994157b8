/* One mode of a linear model on its way: curvature A, from rest, pulled towards where it belongs. */
#ifndef NTK_DYNAMICS_FLOW_MODES_H
#define NTK_DYNAMICS_FLOW_MODES_H

#include <ntk/flow.h>
#include <stdbool.h>

/* A method with its numbers.
 * scale  s: the curvature of a mode of eigenvalue l is s l + decay */
typedef struct ntk_law {
    int32_t method;
    double step, momentum, friction, scale, decay;
} ntk_law;

/* left  p: what is left of the way, (1 - p) / A being done
 * done  g = (1 - p) / A, also where A is 0
 * finite  both are numbers; otherwise both are INFINITY */
typedef struct ntk_mode {
    double left, done;
    bool finite;
} ntk_mode;

/* Whether t counts steps. */
static inline bool ntk_law_is_discrete(const ntk_law *law)
{
    return law->method == NTK_FLOW_GD || law->method == NTK_FLOW_MOMENTUM || law->method == NTK_FLOW_NESTEROV;
}

/* The mode at time t, which may be INFINITY.  Of discrete methods t is a whole number.
 * Errors: some unit roundoffs of the numbers themselves, and where they grow with t what t |log p| unit roundoffs make of them. */
ntk_mode ntk_mode_at(const ntk_law *law, double A, double t);

/* What is left in the long run of a step, or of a unit of time, and whether it comes to 0. */
double ntk_mode_rate(const ntk_law *law, double A);
bool ntk_mode_converges(const ntk_law *law, double A);

/* The step below which a mode of this curvature converges, of a discrete method. */
double ntk_law_largest_step(int32_t method, double momentum, double A);

#endif
