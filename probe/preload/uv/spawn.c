/* SPDX-License-Identifier: MIT */
/* Child processes. */
#include "name.h"
#include "note.h"

static void on_exit_of_child(uv_process_t *h, int64_t status, int signal)
{
    struct side *side;
    struct entry *entry = note_find(h->loop, h, &side);
    if (!entry || !entry->callback)
        return;
    uv_exit_cb callback = (uv_exit_cb)entry->callback;
    struct note note;
    note_begin(&note, side, entry);
    callback(h, status, signal);
    note_end(&note, &(struct note_poll){.function = (uintptr_t)callback});
}

/* A handle whose spawn failed must be closed all the same, so it is noted, too. */
LSC_UV_EXPORT int uv_spawn(uv_loop_t *loop, uv_process_t *h, const uv_process_options_t *options)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_spawn(loop, h, options);
    uv_exit_cb cb = options->exit_cb;
    struct entry *entry = note_handle(loop, h, UV_KIND_PROCESS, UV_PLACE);
    if (!entry)
        return real_uv.uv_spawn(loop, h, options);
    struct side *side = side_of(loop);
    bool is_ours = UV_IS_USERS(cb) && cb != on_exit_of_child;
    uv_process_options_t mine = *options;
    if (is_ours) {
        entry->callback = (callback_function *)cb;
        mine.exit_cb = on_exit_of_child;
    }
    int error = UV_REAL(uv_spawn(loop, h, &mine));
    name_path(side, entry, options->file);
    return error;
}
