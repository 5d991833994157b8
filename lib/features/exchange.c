#include "features/exchange.h"

#include "core/status.h"
#include "network/exchange.h"

static const char *const parts[] = {[NTK_PART_BOTH] = "both", [NTK_PART_RF] = "rf", [NTK_PART_NT] = "nt"};

ntk_status ntk_features_write(ntk_writer *writer, const ntk_features *features)
{
    NTK_TRY(ntk_write_text(writer, "part", parts[features->part]));
    NTK_TRY(ntk_path_enter(&writer->path, "network"));
    NTK_TRY(ntk_weights_write(writer, features->weights));
    ntk_path_leave(&writer->path);
    return NTK_OK;
}

ntk_status ntk_features_read(ntk_reader *reader, ntk_features **features)
{
    ntk_weights *weights;
    int64_t part;
    *features = NULL;
    NTK_TRY(ntk_read_choice(reader, "part", parts, sizeof parts / sizeof parts[0], &part));
    NTK_TRY(ntk_path_enter(&reader->path, "network"));
    NTK_TRY(ntk_weights_read(reader, &weights));
    if (weights->outputs > 1) {
        ntk_release(weights);
        return ntk_read_refuse(reader, "outputs", "1");
    }
    ntk_path_leave(&reader->path);
    ntk_status status = ntk_features_of_weights(reader->context, features, weights, (int32_t)part);
    ntk_release(weights);
    return status;
}

ntk_status ntk_features_export(const ntk_features *features, const ntk_sink *sink)
{
    ntk_writer writer;
    NTK_REQUIRE(features);
    NTK_TRY(ntk_writer_open(&writer, sink, __func__));
    NTK_TRY(ntk_write_heading(&writer, "features"));
    return ntk_features_write(&writer, features);
}

ntk_status ntk_features_import(ntk_context *context, ntk_features **features, const ntk_source *source)
{
    ntk_reader reader;
    NTK_REQUIRE(features);
    *features = NULL;
    NTK_REQUIRE(context);
    NTK_TRY(ntk_reader_open(&reader, context, source, __func__));
    NTK_TRY(ntk_read_heading(&reader, "features"));
    NTK_TRY(ntk_features_read(&reader, features));
    if ((*features)->weights->networks == 1) return NTK_OK;
    ntk_release(*features);
    *features = NULL;
    return ntk_read_refuse(&reader, "network/networks", "1");
}
