/* Memory that is reserved with a model, so that predictions of a few rows take none. */
#ifndef NTK_RIDGE_ROOMS_H
#define NTK_RIDGE_ROOMS_H

#include "ridge/ridge.h"

/* How many rows are few; and of how many inputs at most the stack holds one. */
enum { NTK_FEW_ROWS = 4, NTK_POINT_INPUTS = 4096 };

/* Whether few rows are predicted one by one on the stack, by the features or the kernel. */
bool ntk_predicts_points(const ntk_kernel *kernel, const ntk_features *features, int64_t inputs);

/* Rooms for so many calls at the same time, 0: as many as the context has threads, of a model that has been fitted. */
ntk_status ntk_rooms_open(ntk_ridge *ridge, int32_t callers, const char *function);
void ntk_rooms_close(ntk_context *context, ntk_rooms *rooms);

/* Adds the bytes that they may hold to a need.  features: NULL, or what predicts. */
ntk_status ntk_rooms_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, const ntk_features *features,
                            int64_t d, int64_t t, int32_t dtype, int32_t callers);

/* A room that nobody is in, *size bytes from the pointer on, until it is left; or NULL.  Safe from many threads. */
void *ntk_rooms_enter(const ntk_rooms *rooms, int64_t *size);
void ntk_rooms_leave(void *room);

#endif
