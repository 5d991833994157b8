#include "training_scene.h"

training_scene training_scene_create(ntk_context *owner, int32_t kind)
{
    training_scene s;
    ntk_activation *activation = NULL;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = D, options.hidden = HIDDEN, options.outputs = M, options.seed = 5;
    CHECK_OK(ntk_activation_create(owner, &activation, kind, NULL));
    CHECK_OK(ntk_network_create(owner, &s.network, activation, &options));
    ntk_activation_destroy(activation);
    s.x = test_array_make(N, D, 2, NTK_F64);
    s.y = test_array_make(N, M, 1, NTK_F64);
    test_array_fill(&s.x, 1);
    test_array_fill(&s.y, 2);
    return s;
}

void training_scene_free(training_scene *s)
{
    ntk_network_destroy(s->network);
    test_array_free(&s->x);
    test_array_free(&s->y);
}

ntk_training *training_scene_train(ntk_context *owner, const training_scene *s, const ntk_training_options *options)
{
    ntk_training *training = NULL;
    CHECK_OK(ntk_training_create(owner, &training, s->network, &s->x.view, &s->y.view, options));
    return training;
}
