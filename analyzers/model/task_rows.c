/* SPDX-License-Identifier: MIT */
/* Memory of the tasks' rows. Of many tasks each record finds another row, so that most of its cost
 * is finding the page that the row is in: from some number on, rows lie together in huge pages. */
#include <stdlib.h>
#include <sys/mman.h>

#include "state.h"

#define PIECE_BYTES ((size_t)2 << 20) /* a huge page */
#define PIECE_ROWS 4096u
#define ROW_BYTES (PIECE_BYTES / PIECE_ROWS)
_Static_assert(sizeof(struct task_row) <= ROW_BYTES, "a row has a fixed place in its piece");
_Static_assert(MODEL_SLOTS_MAX / PIECE_ROWS <= TASK_PIECES_MAX, "every slot has a piece");

struct task_row *task_row_place(struct model *model, uint32_t slot)
{
    if (slot < PIECE_ROWS)
        return aligned_alloc(64, ROW_BYTES);
    char **piece = &model->task_pieces[slot / PIECE_ROWS];
    if (!*piece) {
        *piece = aligned_alloc(PIECE_BYTES, PIECE_BYTES);
        if (*piece)
            madvise(*piece, PIECE_BYTES, MADV_HUGEPAGE); /* without it, it is slower */
    }
    return *piece ? (void *)(*piece + slot % PIECE_ROWS * ROW_BYTES) : NULL;
}

void task_rows_free(struct model *model)
{
    for (uint32_t i = 0; i < model->task_room && i < PIECE_ROWS; i++)
        free(model->tasks[i]);
    for (uint32_t i = 0; i < TASK_PIECES_MAX; i++)
        free(model->task_pieces[i]);
}
