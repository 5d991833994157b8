/* save FILE: a network of two inputs and three neurons, whose parameters are 0, 1, ..., 8. */
#include <ntk/ntk_hdf5.h>
#include <stdio.h>

static ntk_status save(ntk_context *context, const ntk_activation *erf, const char *path)
{
    ntk_network *network = NULL;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    double theta[9];
    ntk_matrix Theta = ntk_matrix_f64(theta, 9, 1);
    for (int k = 0; k < 9; k++) theta[k] = k;
    options.inputs = 2;
    options.hidden = 3;
    ntk_status status = ntk_network_create(context, &network, erf, &options);
    if (status >= 0) status = ntk_network_set_parameters(network, &Theta);
    if (status >= 0) status = ntk_hdf5_save_network(network, path);
    ntk_network_destroy(network);
    return status;
}

int main(int argc, char **argv)
{
    ntk_context *context = NULL;
    ntk_activation *erf = NULL;
    if (argc != 2) return 2;
    ntk_status status = ntk_context_create(&context, NULL);
    if (status >= 0) status = ntk_activation_create(context, &erf, NTK_ERF, NULL);
    if (status >= 0) status = save(context, erf, argv[1]);
    if (status < 0) fprintf(stderr, "%s\n", ntk_error_message());
    ntk_activation_destroy(erf);
    ntk_context_destroy(context);
    return status < 0;
}
