/* SPDX-License-Identifier: MIT */
/* A request on its way into libuv: its entry is in the table before the call, so that whoever ends
 * it finds it, and goes again when the call fails. */
#ifndef LSC_UV_REQUEST_H
#define LSC_UV_REQUEST_H

#include "note.h"

struct request {
    struct side *side;
    struct entry *entry; /* NULL: the program's callback goes unwrapped */
    struct entry before; /* what the entry was, where the request is in use already */
    bool was_there;
};

/* `callback` is the program's, NULL allowed. */
static inline struct entry *request_begin(struct request *r, const uv_loop_t *loop, const void *key,
                                          enum uv_kind kind, callback_function *callback)
{
    r->side = note_side(loop);
    r->side = r->side ? r->side : side_of(loop);
    struct entry *there = r->side ? side_get(r->side, key) : NULL;
    r->was_there = there != NULL;
    if (there)
        r->before = *there;
    r->entry = r->side ? side_renew(r->side, there, key, kind) : NULL;
    if (r->entry) {
        r->entry->callback = callback;
        r->entry->since = note_writer() ? lsc__now() : 0;
    }
    return r->entry;
}

/* The call failed: no callback of this submission comes. */
static inline void request_fail(struct request *r)
{
    if (r->entry && r->was_there)
        *r->entry = r->before;
    else if (r->entry)
        side_remove(r->side, r->entry);
}

#endif
