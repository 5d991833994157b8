#include "activation/exchange.h"

#include "core/status.h"

#include <math.h>

static const char *const kinds[] = {"user",
                                    [NTK_RELU] = "relu",
                                    [NTK_LEAKY_RELU] = "leaky_relu",
                                    [NTK_ABS] = "abs",
                                    [NTK_STEP] = "step",
                                    [NTK_SIGN] = "sign",
                                    [NTK_IDENTITY] = "identity",
                                    [NTK_ERF] = "erf",
                                    [NTK_GELU] = "gelu",
                                    [NTK_SIN] = "sin",
                                    [NTK_COS] = "cos",
                                    [NTK_EXP] = "exp",
                                    [NTK_MONOMIAL] = "monomial",
                                    [NTK_HERMITE] = "hermite",
                                    [NTK_TANH] = "tanh",
                                    [NTK_SIGMOID] = "sigmoid",
                                    [NTK_SOFTPLUS] = "softplus",
                                    [NTK_SILU] = "silu"};

ntk_status ntk_activation_write(ntk_writer *writer, const ntk_activation *activation)
{
    bool leaky = activation->kind == NTK_LEAKY_RELU;
    bool graded = activation->kind == NTK_MONOMIAL || activation->kind == NTK_HERMITE;
    NTK_TRY(ntk_write_text(writer, "kind", kinds[activation->kind]));
    if (activation->family == NTK_FAMILY_USER) return NTK_OK;
    NTK_TRY(ntk_write_real(writer, "slope", leaky ? activation->below : 0));
    NTK_TRY(ntk_write_real(writer, "scale", activation->scale));
    NTK_TRY(ntk_write_real(writer, "frequency", activation->frequency));
    NTK_TRY(ntk_write_real(writer, "phase", activation->phase));
    NTK_TRY(ntk_write_real(writer, "shift", activation->shift));
    NTK_TRY(ntk_write_real(writer, "offset", activation->offset));
    NTK_TRY(ntk_write_real(writer, "accuracy", activation->accuracy));
    return ntk_write_integer(writer, "degree", graded ? activation->degree : 0);
}

static ntk_status read_options(ntk_reader *reader, ntk_activation_options *options)
{
    const struct {
        const char *name;
        double *number;
    } numbers[] = {{"slope", &options->slope},      {"scale", &options->scale}, {"frequency", &options->frequency},
                   {"phase", &options->phase},      {"shift", &options->shift}, {"offset", &options->offset},
                   {"accuracy", &options->accuracy}};
    int64_t degree;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        NTK_TRY(ntk_read_real(reader, numbers[i].name, numbers[i].number));
    NTK_TRY(ntk_read_integer(reader, "degree", 0, INT32_MAX, &degree));
    options->degree = (int32_t)degree;
    return NTK_OK;
}

static ntk_status read_user(ntk_reader *reader, const ntk_activation **activation)
{
    const void *handle;
    NTK_TRY(ntk_read_handle(reader, "an activation", &handle));
    *activation = ntk_retain(handle);
    return NTK_OK;
}

ntk_status ntk_activation_read(ntk_reader *reader, const ntk_activation **activation)
{
    ntk_activation_options options = NTK_INIT(ntk_activation_options);
    ntk_activation *made;
    int64_t kind;
    *activation = NULL;
    NTK_TRY(ntk_read_choice(reader, "kind", kinds, sizeof kinds / sizeof kinds[0], &kind));
    if (kind == 0) return read_user(reader, activation);
    NTK_TRY(read_options(reader, &options));
    ntk_status status = ntk_activation_create(reader->context, &made, (int32_t)kind, &options);
    if (status == NTK_ERR_OPTION) return ntk_read_refuse(reader, "kind", "an activation with options that it can have");
    if (status < 0) return status;
    /* 0 stands for the default only in options */
    made->scale = options.scale;
    made->frequency = options.frequency;
    if (kind == NTK_LEAKY_RELU) made->below = made->at_zero = options.slope;
    *activation = made;
    return NTK_OK;
}
