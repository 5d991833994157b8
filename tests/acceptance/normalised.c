/* Compares texts by their word counts: a kernel of counts sees how long a text is, its cosine only what it is about. */
#include "expect.h"

enum { TEXTS = 4, WORDS = 6 };

int main(void)
{
    /* two short texts and two long ones, on two subjects */
    const double counts[TEXTS][WORDS] = {{2, 1, 1, 0, 0, 1}, {20, 12, 8, 1, 0, 9}, {0, 0, 1, 2, 1, 1}, {1, 0, 9, 22, 11, 8}};
    ntk_context *context = NULL;
    ntk_activation *relu = NULL;
    ntk_kernel *lengthy = NULL, *cosine = NULL;
    ntk_gram *gram = NULL;
    double K[TEXTS][TEXTS], C[TEXTS][TEXTS];
    ntk_matrix X = ntk_matrix_const_f64(counts[0], TEXTS, WORDS), Out = ntk_matrix_f64(K[0], TEXTS, TEXTS);
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    TRY(ntk_kernel_create_infinite(context, &lengthy, relu, NULL));
    TRY(ntk_kernel_create_normalised(context, &cosine, lengthy));
    TRY(ntk_kernel_block(lengthy, &Out, &X, &X));
    TRY(ntk_gram_create(context, &gram, cosine, &X, NULL));
    Out.data = C;
    TRY(ntk_gram_copy(gram, &Out));
    EXPECT(K[2][1] > K[2][2], "a long text on something else counts more than the text itself: %.2f > %.2f", K[2][1], K[2][2]);
    EXPECT(C[0][1] > 0.95 && C[2][3] > 0.95, "of one subject: cosines %.3f and %.3f", C[0][1], C[2][3]);
    EXPECT(C[0][2] < 0.7 && C[1][3] < 0.7, "of two: %.3f and %.3f", C[0][2], C[1][3]);
    for (int i = 0; i < TEXTS; i++) EXPECT(C[i][i] == 1, "text %d with itself: %g", i, C[i][i]);
    ntk_gram_destroy(gram);
    ntk_kernel_destroy(cosine);
    ntk_kernel_destroy(lengthy);
    ntk_activation_destroy(relu);
    ntk_context_destroy(context);
    return 0;
}
