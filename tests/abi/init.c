/* NTK_INIT as a caller writes it, compiled as C99, C11 and C++11. */
#include <ntk/ntk.h>

size_t sizes(void);

size_t sizes(void)
{
    ntk_context_options context = NTK_INIT(ntk_context_options);
    ntk_activation_options activation = NTK_INIT(ntk_activation_options);
    ntk_moments moments = NTK_INIT(ntk_moments);
    ntk_network_options network = NTK_INIT(ntk_network_options);
    ntk_kernel_options kernel = NTK_INIT(ntk_kernel_options);
    ntk_gram_options gram = NTK_INIT(ntk_gram_options);
    ntk_ridge_options ridge = NTK_INIT(ntk_ridge_options);
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    ntk_optimise_options optimise = NTK_INIT(ntk_optimise_options);
    ntk_optimise_report found = NTK_INIT(ntk_optimise_report);
    ntk_flow_options flow = NTK_INIT(ntk_flow_options);
    ntk_flow_report limits = NTK_INIT(ntk_flow_report);
    ntk_model_functions functions = NTK_INIT(ntk_model_functions);
    ntk_model_options model = NTK_INIT(ntk_model_options);
    ntk_jacobian_spectrum spectrum = NTK_INIT(ntk_jacobian_spectrum);
    ntk_certificate certificate = NTK_INIT(ntk_certificate);
    ntk_trajectory trajectory = NTK_INIT(ntk_trajectory);
    ntk_trajectory_report taken = NTK_INIT(ntk_trajectory_report);
    ntk_iterative_options iterative = NTK_INIT(ntk_iterative_options);
    ntk_sink sink = NTK_INIT(ntk_sink);
    ntk_source source = NTK_INIT(ntk_source);
    ntk_sample_stream stream = NTK_INIT(ntk_sample_stream);
    ntk_nystroem_options nystroem = NTK_INIT(ntk_nystroem_options);
    ntk_nystroem_report approximation = NTK_INIT(ntk_nystroem_report);
    double element = 0;
    ntk_lazy_options lazy = NTK_INIT(ntk_lazy_options);
    ntk_neuron_rates rates = NTK_INIT(ntk_neuron_rates);
    ntk_neuron_options neuron = NTK_INIT(ntk_neuron_options);
    ntk_neuron_report descent = NTK_INIT(ntk_neuron_report);
    ntk_training_options training = NTK_INIT(ntk_training_options);
    ntk_training_report trained = NTK_INIT(ntk_training_report);
    ntk_target_functions target = NTK_INIT(ntk_target_functions);
    ntk_degree_options degrees = NTK_INIT(ntk_degree_options);
    ntk_curve_options curve = NTK_INIT(ntk_curve_options);
    ntk_concentration_options concentration = NTK_INIT(ntk_concentration_options);
    ntk_measure_options measure = NTK_INIT(ntk_measure_options);
    ntk_spectrum_options modes = NTK_INIT(ntk_spectrum_options);
    ntk_exponents_options range = NTK_INIT(ntk_exponents_options);
    ntk_exponents exponents = NTK_INIT(ntk_exponents);
    ntk_spectrum_curve_options sample = NTK_INIT(ntk_spectrum_curve_options);
    ntk_matrix view = ntk_matrix_f64(&element, 1, 1);
    kernel.part = NTK_PART_NT;
    return context.struct_size + activation.struct_size + moments.struct_size + network.struct_size + kernel.struct_size +
           gram.struct_size + ridge.struct_size + report.struct_size + iterative.struct_size + optimise.struct_size +
           found.struct_size + sink.struct_size + source.struct_size + stream.struct_size + nystroem.struct_size +
           approximation.struct_size + rates.struct_size + neuron.struct_size + descent.struct_size + flow.struct_size +
           limits.struct_size + training.struct_size + trained.struct_size + lazy.struct_size + functions.struct_size +
           model.struct_size + spectrum.struct_size + certificate.struct_size + trajectory.struct_size + taken.struct_size +
           target.struct_size + degrees.struct_size + curve.struct_size + concentration.struct_size + measure.struct_size +
           modes.struct_size + range.struct_size + exponents.struct_size + sample.struct_size + (size_t)view.rows;
}
