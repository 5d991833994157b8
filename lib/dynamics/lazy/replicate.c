#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"
#include "dynamics/lazy/lazy.h"

#include <math.h>

/* One network in work.
 * outputs  of it and of its linearization on the test inputs
 * step     that the network took */
typedef struct pair {
    const ntk_lazy_setting *setting;
    ntk_context *context;
    ntk_network *network;
    double *outputs;
    double step;
} pair;

static ntk_status create_network(pair *p, const ntk_lazy_replicate *replicate)
{
    const ntk_lazy_options *from = &p->setting->options;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = p->setting->x->cols;
    options.hidden = replicate->width;
    options.seed = replicate->seed;
    options.gamma = pow((double)replicate->width, -replicate->exponent);
    options.scaling = NTK_SCALING_CUSTOM;
    options.weight_scale = from->weight_scale;
    options.antisymmetric = from->antisymmetric;
    options.output_weights = from->output_weights;
    options.parameterization = from->parameterization;
    return ntk_network_create(p->context, &p->network, p->setting->activation, &options);
}

ntk_training_options ntk_lazy_training(const ntk_lazy_options *from, bool linearized, double step)
{
    ntk_training_options options = NTK_INIT(ntk_training_options);
    options.schedule = linearized ? NTK_SCHEDULE_CONSTANT : NTK_SCHEDULE_SPECTRAL;
    options.step = linearized ? step : from->rate;
    options.linearized = linearized;
    options.part = from->part;
    options.dtype = NTK_F64;
    options.borrow = 1;
    options.record_every = linearized ? 0 : from->steps;
    options.record = linearized ? 0 : NTK_PROBE_KERNEL | NTK_PROBE_GAP;
    return options;
}

static ntk_status create_training(const pair *p, ntk_training **training, bool linearized)
{
    ntk_training_options options = ntk_lazy_training(&p->setting->options, linearized, p->step);
    return ntk_training_create(p->context, training, p->network, p->setting->x, p->setting->y, &options);
}

/* Rows at the start and at the last step. */
static ntk_status read_history(const ntk_training *training, double *numbers)
{
    double rows[2][NTK_RECORD_COLUMNS];
    const ntk_matrix table = ntk_matrix_f64(rows[0], 2, NTK_RECORD_COLUMNS);
    NTK_TRY(ntk_training_history(training, &table));
    numbers[NTK_LAZY_LINEARIZATION] = rows[1][NTK_RECORD_GAP];
    numbers[NTK_LAZY_HIDDEN_MOVEMENT] = rows[1][NTK_RECORD_HIDDEN_MOVEMENT];
    numbers[NTK_LAZY_OUTPUT_MOVEMENT] = rows[1][NTK_RECORD_OUTPUT_MOVEMENT];
    numbers[NTK_LAZY_DRIFT] = rows[1][NTK_RECORD_DRIFT];
    return NTK_OK;
}

/* training is there. */
static ntk_status run(pair *p, ntk_training *training, bool linearized, double *numbers)
{
    const ntk_lazy_setting *setting = p->setting;
    const ntk_matrix *test = setting->options.test ? setting->options.test : setting->x;
    const ntk_matrix outputs = ntk_matrix_f64(p->outputs + (linearized ? test->rows : 0), test->rows, 1);
    ntk_training_report report = NTK_INIT(ntk_training_report);
    ntk_status status = ntk_training_run(training, &report, setting->options.steps);
    if (status != NTK_OK) return status;
    p->step = report.step;
    numbers[linearized ? NTK_LAZY_LOSS_LINEAR : NTK_LAZY_LOSS] = report.loss / (setting->size * setting->size);
    if (!linearized) NTK_TRY(read_history(training, numbers));
    return ntk_training_predict(training, &outputs, test);
}

static ntk_status train(pair *p, bool linearized, double *numbers)
{
    ntk_training *training;
    NTK_TRY(create_training(p, &training, linearized));
    ntk_status status = run(p, training, linearized, numbers);
    ntk_training_destroy(training);
    return status;
}

static ntk_status train_both(pair *p, const ntk_lazy_replicate *replicate, double *numbers)
{
    const ntk_matrix *test = p->setting->options.test ? p->setting->options.test : p->setting->x;
    double sum = 0;
    NTK_TRY(ntk_allocate(p->context, &p->outputs, test->rows, 2 * (int64_t)sizeof(double), "outputs on the test inputs"));
    NTK_TRY(create_network(p, replicate));
    for (int linearized = 0; linearized < 2; linearized++) {
        ntk_status status = train(p, linearized, numbers);
        if (status != NTK_OK) return status;
    }
    for (int64_t i = 0; i < test->rows; i++) {
        double gap = p->outputs[i] - p->outputs[test->rows + i];
        sum += gap * gap;
    }
    numbers[NTK_LAZY_GAP] = sqrt(sum / (double)test->rows) / p->setting->size;
    return NTK_OK;
}

ntk_status ntk_lazy_train(const ntk_lazy_setting *setting, ntk_context *context, const ntk_lazy_replicate *replicate,
                          double *numbers)
{
    pair p = {.setting = setting, .context = context};
    ntk_status status = train_both(&p, replicate, numbers);
    for (int q = 0; status == NTK_NOTE_DIVERGED && q < NTK_LAZY_QUANTITIES; q++) numbers[q] = (double)NAN;
    ntk_network_destroy(p.network);
    ntk_free(context, p.outputs);
    return status;
}
