/* Which degrees a ReLU lacks, and how a shift gives them to it. */
#include "expect.h"

#include <math.h>

int main(void)
{
    enum { DEGREES = 8 };
    ntk_context *context = NULL;
    ntk_activation *relu = NULL, *shifted = NULL;
    ntk_activation_options options = NTK_INIT(ntk_activation_options);
    double c[DEGREES], d[DEGREES];
    ntk_matrix C = ntk_matrix_f64(c, DEGREES, 1), D = ntk_matrix_f64(d, DEGREES, 1);
    options.shift = 0.5;
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    TRY(ntk_activation_create(context, &shifted, NTK_RELU, &options));
    TRY(ntk_activation_hermite(relu, &C, 1));
    TRY(ntk_activation_hermite(shifted, &D, 1));
    for (int k = 0; k < DEGREES; k++) {
        EXPECT(k < 3 || k % 2 == 0 || c[k] == 0, "ReLU's degree %d: %g", k, c[k]);
        EXPECT(fabs(d[k]) > 1e-3, "the shifted one's degree %d: %g", k, d[k]);
    }
    ntk_activation_destroy(relu);
    ntk_activation_destroy(shifted);
    ntk_context_destroy(context);
    return 0;
}
