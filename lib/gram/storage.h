/* Symmetric matrices by their lower triangle, full or in packed tiles; work on them goes tile by tile, the same for both. */
#ifndef NTK_GRAM_STORAGE_H
#define NTK_GRAM_STORAGE_H

#include "core/matrix.h"
#include "core/parallel.h"

#include <ntk/gram.h>

/* Edge of a tile. */
enum { NTK_SYMMETRIC_EDGE = 512 };

/* FULL    n rows of n elements, ld apart; what lies above the tiles of the diagonal is never read or written
 * PACKED  panels of height rows, some tiles, one after the other, each as wide as its diagonal block ends; ld is 0
 * IMPLICIT  no element: n and dtype alone
 * The elements above the diagonal within a diagonal tile, or block of a panel, may hold anything.
 * room  rows that there is memory for, at least n, as which they are arranged */
typedef struct ntk_symmetric {
    int32_t dtype;
    int64_t n, room, ld, height;
    void *data;
} ntk_symmetric;

/* Height of a packed matrix's panels: a twelfth of n at most, but for that of one tile, since half of it lies above the diagonal.
 * 0 of other storages, whose rows all lie in one array. */
int64_t ntk_symmetric_height(int32_t storage, int64_t n);

/* An n x n matrix, uninitialised, with memory for no more rows, or for room of them; and its bytes, added to a need.
 * NTK_ERR_OVERFLOW  more than can be addressed */
ntk_status ntk_symmetric_create(ntk_context *context, ntk_symmetric *matrix, int32_t storage, int32_t dtype, int64_t n);
ntk_status ntk_symmetric_create_room(ntk_context *context, ntk_symmetric *matrix, int32_t storage, int32_t dtype, int64_t n,
                                     int64_t room);
ntk_status ntk_symmetric_memory(uint64_t *bytes, int32_t storage, int32_t dtype, int64_t n);
ntk_status ntk_symmetric_memory_room(uint64_t *bytes, int32_t storage, int32_t dtype, int64_t n, int64_t room);

/* Adds the bytes that a matrix holds, if it has data. */
ntk_status ntk_symmetric_held(const ntk_symmetric *matrix, uint64_t *bytes);

/* A packed one of panels of another height, some tiles. */
ntk_status ntk_symmetric_create_packed(ntk_context *context, ntk_symmetric *matrix, int32_t dtype, int64_t n, int64_t height);

/* Copies the elements of from, of no more rows, to any storage and dtype.  Units of the stage: rows of tiles. */
ntk_status ntk_symmetric_copy(const ntk_symmetric *to, const ntk_symmetric *from, const ntk_lane *lane);

static inline int64_t ntk_symmetric_tiles(const ntk_symmetric *matrix)
{
    return (matrix->n - 1) / NTK_SYMMETRIC_EDGE + 1;
}

/* Rows of tile row i, which are also the columns of tile column i. */
static inline int64_t ntk_symmetric_rows(const ntk_symmetric *matrix, int64_t i)
{
    int64_t left = matrix->n - i * NTK_SYMMETRIC_EDGE;
    return left < NTK_SYMMETRIC_EDGE ? left : NTK_SYMMETRIC_EDGE;
}

/* The first element of tile (i, j), j <= i, and the distance of its rows. */
void *ntk_symmetric_tile(const ntk_symmetric *matrix, int64_t i, int64_t j, int64_t *ld);

/* Element (row, col), col <= row, and the distance of rows within its tile: an ntk_placement (kernel/tile.h). */
void *ntk_symmetric_place(const void *matrix, int64_t row, int64_t col, int64_t *ld);

/* Element (i, i) as a double, and adding to it. */
double ntk_symmetric_diagonal(const ntk_symmetric *matrix, int64_t i);
void ntk_symmetric_add(const ntk_symmetric *matrix, int64_t i, double value);

#endif
