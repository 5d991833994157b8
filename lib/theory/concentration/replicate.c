#include "core/status.h"
#include "gram/cholesky.h"
#include "theory/concentration/concentration.h"

#include <math.h>

/* Number of features of a network, all that its kernel's rank can be. */
static ntk_status create_kernel(const ntk_concentration_setting *setting, ntk_context *context, ntk_kernel **kernel,
                                int64_t *size, int64_t width, uint64_t seed)
{
    const ntk_concentration_options *from = &setting->options;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_network *network = NULL;
    ntk_features *features = NULL;
    options.inputs = setting->x->cols;
    options.hidden = width;
    options.seed = seed;
    options.weight_scale = from->weight_scale;
    options.hidden_law = from->hidden_law;
    options.output_weights = from->output_weights;
    ntk_status status = ntk_network_create(context, &network, setting->activation, &options);
    if (status >= 0) status = ntk_features_create(context, &features, network, from->part);
    if (status >= 0) status = ntk_kernel_create_finite(context, kernel, features);
    *size = ntk_features_size(features);
    ntk_features_destroy(features);
    ntk_network_destroy(network);
    return status;
}

static ntk_status status_of(const ntk_lanczos *found)
{
    return found->converged ? NTK_OK : NTK_NOTE_NOT_CONVERGED;
}

/* gram's matrix, which is held, is no more. */
static ntk_status find_smallest(const ntk_concentration_setting *setting, const ntk_gram *gram, const ntk_lane *lane,
                                double *smallest)
{
    double ratio;
    ntk_pivot failed;
    ntk_lanczos found = {.steps = 0};
    *smallest = 0;
    NTK_TRY(ntk_cholesky_attempt(&gram->K, lane, 0.6, 0.7, &ratio, &failed));
    if (failed.row >= 0) return NTK_OK;
    NTK_TRY(ntk_inverse_norm_find(&found, &gram->K, lane, (ntk_share){0.7, 1}, setting->function));
    *smallest = 1 / (found.largest * found.largest);
    return status_of(&found);
}

/* size  of the features */
static ntk_status measure(const ntk_concentration_setting *setting, const ntk_gram *gram, int64_t size, double *numbers)
{
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, gram->base.context);
    ntk_lanczos found = {.steps = 0};
    NTK_TRY(ntk_deviation_find(&found, gram, setting->L, &lane, (ntk_share){0, 0.6}, setting->function));
    numbers[NTK_REPLICATE_DEVIATION] = found.largest;
    numbers[NTK_REPLICATE_SMALLEST] = gram->K.data ? 0 : (double)NAN;
    if (!gram->K.data || size < gram->K.n) return status_of(&found);
    ntk_status status = find_smallest(setting, gram, &lane, &numbers[NTK_REPLICATE_SMALLEST]);
    return status == NTK_OK ? status_of(&found) : status;
}

ntk_status ntk_concentration_measure(const ntk_concentration_setting *setting, ntk_context *context, double *numbers,
                                     int64_t width, uint64_t seed)
{
    ntk_gram_options options = NTK_INIT(ntk_gram_options);
    ntk_kernel *kernel = NULL;
    ntk_gram *gram = NULL;
    int64_t size;
    options.storage = setting->options.storage;
    options.dtype = NTK_F64;
    ntk_status status = create_kernel(setting, context, &kernel, &size, width, seed);
    if (status >= 0) status = ntk_gram_create(context, &gram, kernel, setting->x, &options);
    ntk_kernel_destroy(kernel);
    if (status >= 0) status = measure(setting, gram, size, numbers);
    ntk_gram_destroy(gram);
    return status;
}
