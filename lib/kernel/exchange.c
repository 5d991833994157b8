#include "kernel/exchange.h"

#include "activation/exchange.h"
#include "core/memory.h"
#include "core/status.h"
#include "features/exchange.h"
#include "kernel/composite.h"
#include "kernel/deep.h"
#include "kernel/finite.h"
#include "kernel/zonal.h"

#include <math.h>

/* --- writing --- */

static const double *numbers_of(const ntk_kernel *kernel)
{
    return ((const ntk_composite *)kernel)->numbers;
}

static ntk_status write_first(ntk_writer *writer, const ntk_infinite *first)
{
    NTK_TRY(ntk_path_enter(&writer->path, "activation"));
    NTK_TRY(ntk_activation_write(writer, first->activation));
    ntk_path_leave(&writer->path);
    NTK_TRY(ntk_write_real(writer, "output_scale", first->output_scale));
    NTK_TRY(ntk_write_real(writer, "output_rate", first->rf));
    NTK_TRY(ntk_write_real(writer, "constant", first->constant));
    return ntk_write_integer(writer, "lecture", first->lecture);
}

/* layers: weight scale, bias scale and rate of each. */
ntk_status ntk_infinite_write(ntk_writer *writer, const ntk_kernel *kernel)
{
    const ntk_infinite *first = (const ntk_infinite *)kernel;
    const double layer[] = {first->weight_scale, first->bias_scale, first->nt};
    NTK_TRY(ntk_write_text(writer, "kind", "infinite"));
    NTK_TRY(write_first(writer, first));
    return ntk_write_array(writer, "layers", NTK_ARRAY_F64, 1, 3, 3, layer);
}

_Static_assert(sizeof(ntk_deep_scales) == 3 * sizeof(double), "layers are rows of three numbers");

ntk_status ntk_deep_write(ntk_writer *writer, const ntk_kernel *kernel)
{
    const ntk_deep *deep = (const ntk_deep *)kernel;
    NTK_TRY(ntk_write_text(writer, "kind", "infinite"));
    NTK_TRY(write_first(writer, &deep->first));
    return ntk_write_array(writer, "layers", NTK_ARRAY_F64, deep->layers, 3, 3, deep->scales);
}

ntk_status ntk_finite_write(ntk_writer *writer, const ntk_kernel *kernel)
{
    NTK_TRY(ntk_write_text(writer, "kind", "finite"));
    return ntk_features_write(writer, ntk_finite_of(kernel)->features);
}

static ntk_status write_terms(ntk_writer *writer, const ntk_kernel *kernel)
{
    NTK_TRY(ntk_write_integer(writer, "count", kernel->term_count));
    for (int64_t t = 0; t < kernel->term_count; t++) {
        NTK_TRY(ntk_path_enter_number(&writer->path, "terms", t));
        NTK_TRY(ntk_kernel_write(writer, kernel->terms[t]));
        ntk_path_leave(&writer->path);
    }
    return NTK_OK;
}

static ntk_status write_base(ntk_writer *writer, const ntk_kernel *kernel)
{
    NTK_TRY(ntk_path_enter(&writer->path, "base"));
    NTK_TRY(ntk_kernel_write(writer, kernel->terms[0]));
    ntk_path_leave(&writer->path);
    return NTK_OK;
}

ntk_status ntk_sum_write(ntk_writer *writer, const ntk_kernel *kernel)
{
    NTK_TRY(ntk_write_text(writer, "kind", "sum"));
    NTK_TRY(ntk_write_array(writer, "weights", NTK_ARRAY_F64, kernel->term_count, -1, 1, numbers_of(kernel)));
    return write_terms(writer, kernel);
}

ntk_status ntk_product_write(ntk_writer *writer, const ntk_kernel *kernel)
{
    NTK_TRY(ntk_write_text(writer, "kind", "product"));
    return write_terms(writer, kernel);
}

ntk_status ntk_constant_write(ntk_writer *writer, const ntk_kernel *kernel)
{
    NTK_TRY(ntk_write_text(writer, "kind", "constant"));
    return ntk_write_real(writer, "value", numbers_of(kernel)[0]);
}

ntk_status ntk_ard_write(ntk_writer *writer, const ntk_kernel *kernel)
{
    NTK_TRY(ntk_write_text(writer, "kind", "ard"));
    NTK_TRY(ntk_write_array(writer, "scales", NTK_ARRAY_F64, kernel->inputs, -1, 1, numbers_of(kernel)));
    return write_base(writer, kernel);
}

ntk_status ntk_normalised_write(ntk_writer *writer, const ntk_kernel *kernel)
{
    NTK_TRY(ntk_write_text(writer, "kind", "normalised"));
    return write_base(writer, kernel);
}

ntk_status ntk_zonal_write(ntk_writer *writer, const ntk_kernel *kernel)
{
    int64_t degrees = 0;
    const double *shares = ntk_zonal_shares(kernel, &degrees);
    NTK_TRY(ntk_write_text(writer, "kind", "zonal"));
    NTK_TRY(ntk_write_integer(writer, "inputs", kernel->inputs));
    return ntk_write_array(writer, "shares", NTK_ARRAY_F64, degrees, -1, 1, shares);
}

ntk_status ntk_user_kernel_write(ntk_writer *writer, const ntk_kernel *kernel)
{
    (void)kernel;
    return ntk_write_text(writer, "kind", "user");
}

ntk_status ntk_kernel_write(ntk_writer *writer, const ntk_kernel *kernel)
{
    return kernel->operations->write(writer, kernel);
}

ntk_status ntk_kernel_export(const ntk_kernel *kernel, const ntk_sink *sink)
{
    ntk_writer writer;
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_writer_open(&writer, sink, __func__));
    NTK_TRY(ntk_write_heading(&writer, "kernel"));
    return ntk_kernel_write(&writer, kernel);
}

/* --- reading --- */

static ntk_status check_layers(const ntk_reader *reader, const ntk_deep_scales *layers, int64_t count)
{
    for (int64_t l = 0; l < count; l++)
        if (!(layers[l].weight > 0 && layers[l].bias >= 0 && layers[l].rate >= 0))
            return ntk_read_refuse(reader, "layers", "scales and rates that are not negative");
    return NTK_OK;
}

static ntk_status make_infinite(ntk_reader *reader, ntk_kernel **kernel, ntk_infinite *first, const ntk_deep_scales *layers,
                                int64_t count)
{
    NTK_TRY(check_layers(reader, layers, count));
    first->weight_scale = layers[0].weight;
    first->bias_scale = layers[0].bias;
    first->nt = layers[0].rate;
    if (first->lecture && (count > 1 || first->bias_scale > 0))
        return ntk_read_refuse(reader, "lecture", "0, of several layers or with a bias");
    return count == 1 ? ntk_infinite_create(reader->context, kernel, first)
                      : ntk_deep_create(reader->context, kernel, first, count, layers);
}

/* All but the activation. */
static ntk_status read_layers(ntk_reader *reader, ntk_kernel **kernel, ntk_infinite *first)
{
    int64_t count, three, lecture;
    ntk_deep_scales *layers;
    NTK_TRY(ntk_read_real(reader, "output_scale", &first->output_scale));
    NTK_TRY(ntk_read_real(reader, "output_rate", &first->rf));
    NTK_TRY(ntk_read_real(reader, "constant", &first->constant));
    NTK_TRY(ntk_read_integer(reader, "lecture", 0, 1, &lecture));
    NTK_TRY(ntk_read_shape(reader, "layers", NTK_ARRAY_F64, &count, &three));
    first->lecture = lecture;
    if (!(first->output_scale >= 0 && first->rf >= 0 && first->constant >= 0))
        return ntk_read_refuse(reader, "output_scale, output_rate or constant", "numbers that are not negative");
    if (count > NTK_DEEP_MOST_LAYERS) return ntk_read_refuse(reader, "layers", "fewer layers");
    NTK_TRY(ntk_allocate(reader->context, &layers, count, sizeof *layers, "the layers' scales"));
    ntk_status status = ntk_read_array(reader, "layers", NTK_ARRAY_F64, count, 3, layers);
    if (status >= 0) status = make_infinite(reader, kernel, first, layers, count);
    ntk_free(reader->context, layers);
    return status;
}

static ntk_status read_infinite(ntk_reader *reader, ntk_kernel **kernel)
{
    ntk_infinite first = {.lecture = false};
    NTK_TRY(ntk_path_enter(&reader->path, "activation"));
    NTK_TRY(ntk_activation_read(reader, &first.activation));
    ntk_path_leave(&reader->path);
    ntk_status status = read_layers(reader, kernel, &first);
    ntk_release((void *)(uintptr_t)first.activation);
    return status;
}

static ntk_status read_finite(ntk_reader *reader, ntk_kernel **kernel)
{
    ntk_features *features;
    NTK_TRY(ntk_features_read(reader, &features));
    ntk_status status = ntk_finite_create(reader->context, kernel, features, features->weights->networks);
    ntk_release(features);
    return status;
}

static ntk_status read_user(ntk_reader *reader, ntk_kernel **kernel)
{
    const void *handle;
    NTK_TRY(ntk_read_handle(reader, "a kernel", &handle));
    *kernel = ntk_retain(handle);
    return NTK_OK;
}

static ntk_status read_constant(ntk_reader *reader, ntk_kernel **kernel)
{
    double value;
    NTK_TRY(ntk_read_real(reader, "value", &value));
    if (value < 0) return ntk_read_refuse(reader, "value", "a number that is not negative");
    return ntk_kernel_create_constant(reader->context, kernel, value);
}

static ntk_status read_base(ntk_reader *reader, ntk_kernel **base)
{
    NTK_TRY(ntk_path_enter(&reader->path, "base"));
    NTK_TRY(ntk_kernel_read(reader, base));
    ntk_path_leave(&reader->path);
    return NTK_OK;
}

static ntk_status read_normalised(ntk_reader *reader, ntk_kernel **kernel)
{
    ntk_kernel *base;
    NTK_TRY(read_base(reader, &base));
    ntk_status status = ntk_kernel_create_normalised(reader->context, kernel, base);
    ntk_release(base);
    return status;
}

static ntk_status read_ard(ntk_reader *reader, ntk_kernel **kernel)
{
    int64_t count;
    double *scales;
    ntk_kernel *base;
    NTK_TRY(ntk_read_shape(reader, "scales", NTK_ARRAY_F64, &count, NULL));
    NTK_TRY(ntk_allocate(reader->context, &scales, count, sizeof *scales, "scales of the inputs"));
    ntk_status status = ntk_read_array(reader, "scales", NTK_ARRAY_F64, count, -1, scales);
    if (status >= 0) status = read_base(reader, &base);
    if (status >= 0) {
        ntk_matrix row = ntk_matrix_const_f64(scales, 1, count);
        status = ntk_kernel_create_ard(reader->context, kernel, base, &row);
        if (status == NTK_ERR_SHAPE) status = ntk_read_refuse(reader, "scales", "as many numbers as the base has inputs");
        ntk_release(base);
    }
    ntk_free(reader->context, scales);
    return status;
}

static ntk_status make_zonal(ntk_reader *reader, ntk_kernel **kernel, const ntk_matrix *shares, int64_t inputs)
{
    ntk_status status = ntk_kernel_create_zonal(reader->context, kernel, shares, inputs);
    if (status != NTK_ERR_VALUE && status != NTK_ERR_OVERFLOW) return status;
    return ntk_read_refuse(reader, "shares", "numbers that are not negative, with a finite sum");
}

static ntk_status read_zonal(ntk_reader *reader, ntk_kernel **kernel)
{
    int64_t count, inputs;
    double *shares;
    NTK_TRY(ntk_read_integer(reader, "inputs", 1, INT64_MAX, &inputs));
    NTK_TRY(ntk_read_shape(reader, "shares", NTK_ARRAY_F64, &count, NULL));
    if (count > NTK_ZONAL_MOST_DEGREES) return ntk_read_refuse(reader, "shares", "fewer degrees");
    NTK_TRY(ntk_allocate(reader->context, &shares, count, sizeof *shares, "a kernel's levels"));
    ntk_matrix column = ntk_matrix_f64(shares, count, 1);
    ntk_status status = ntk_read_array(reader, "shares", NTK_ARRAY_F64, count, -1, shares);
    if (status >= 0) status = make_zonal(reader, kernel, &column, inputs);
    ntk_free(reader->context, shares);
    return status;
}

/* --- of several terms --- */

typedef struct terms_read {
    ntk_kernel **kernels;
    double *weights; /* NULL: of a product */
    int64_t count, read;
} terms_read;

static ntk_status read_terms(ntk_reader *reader, terms_read *terms)
{
    for (; terms->read < terms->count; terms->read++) {
        NTK_TRY(ntk_path_enter_number(&reader->path, "terms", terms->read));
        NTK_TRY(ntk_kernel_read(reader, &terms->kernels[terms->read]));
        ntk_path_leave(&reader->path);
    }
    if (!terms->weights) return NTK_OK;
    NTK_TRY(ntk_read_array(reader, "weights", NTK_ARRAY_F64, terms->count, -1, terms->weights));
    for (int64_t t = 0; t < terms->count; t++)
        if (terms->weights[t] < 0) return ntk_read_refuse(reader, "weights", "numbers that are not negative");
    return NTK_OK;
}

static ntk_status make_of_terms(ntk_reader *reader, ntk_kernel **kernel, const terms_read *terms)
{
    const ntk_kernel *const *all = (const ntk_kernel *const *)terms->kernels;
    ntk_status status = terms->weights ? ntk_kernel_create_sum(reader->context, kernel, all, terms->weights, terms->count)
                                       : ntk_kernel_create_product(reader->context, kernel, all, terms->count);
    return status == NTK_ERR_SHAPE ? ntk_read_refuse(reader, "terms", "kernels of as many inputs") : status;
}

static ntk_status read_several(ntk_reader *reader, ntk_kernel **kernel, bool weighted)
{
    terms_read terms = {.read = 0};
    ntk_context *context = reader->context;
    NTK_TRY(ntk_read_integer(reader, "count", 1, NTK_MOST_TERMS, &terms.count));
    NTK_TRY(ntk_allocate(context, &terms.kernels, terms.count, sizeof *terms.kernels, "a kernel's terms"));
    ntk_status status = NTK_OK;
    if (weighted) status = ntk_allocate(context, &terms.weights, terms.count, sizeof *terms.weights, "a kernel's weights");
    if (status >= 0) status = read_terms(reader, &terms);
    if (status >= 0) status = make_of_terms(reader, kernel, &terms);
    for (int64_t t = 0; t < terms.read; t++) ntk_release(terms.kernels[t]);
    ntk_free(context, terms.weights);
    ntk_free(context, terms.kernels);
    return status;
}

static ntk_status read_sum(ntk_reader *reader, ntk_kernel **kernel)
{
    return read_several(reader, kernel, true);
}

static ntk_status read_product(ntk_reader *reader, ntk_kernel **kernel)
{
    return read_several(reader, kernel, false);
}

ntk_status ntk_kernel_read(ntk_reader *reader, ntk_kernel **kernel)
{
    static const char *const kinds[] = {"infinite", "finite",     "sum",   "product", "constant",
                                        "ard",      "normalised", "zonal", "user"};
    ntk_status (*const read[])(ntk_reader *, ntk_kernel **) = {
        read_infinite, read_finite, read_sum, read_product, read_constant, read_ard, read_normalised, read_zonal, read_user};
    int64_t kind;
    *kernel = NULL;
    NTK_TRY(ntk_read_choice(reader, "kind", kinds, sizeof kinds / sizeof kinds[0], &kind));
    return read[kind](reader, kernel);
}

ntk_status ntk_kernel_import(ntk_context *context, ntk_kernel **kernel, const ntk_source *source)
{
    ntk_reader reader;
    NTK_REQUIRE(kernel);
    *kernel = NULL;
    NTK_REQUIRE(context);
    NTK_TRY(ntk_reader_open(&reader, context, source, __func__));
    NTK_TRY(ntk_read_heading(&reader, "kernel"));
    return ntk_kernel_read(&reader, kernel);
}
