/* A small network of two outputs and its samples, for tests of trainings. */
#ifndef TEST_TRAINING_SCENE_H
#define TEST_TRAINING_SCENE_H

#include "support.h"

enum { N = 30, D = 4, M = 2, HIDDEN = 8, P = HIDDEN * (D + M) };

typedef struct training_scene {
    ntk_network *network;
    test_array x, y;
} training_scene;

/* kind  of the activation */
training_scene training_scene_create(ntk_context *owner, int32_t kind);
void training_scene_free(training_scene *s);

/* A training of it that is at its start. */
ntk_training *training_scene_train(ntk_context *owner, const training_scene *s, const ntk_training_options *options);

#endif
