/* SPDX-License-Identifier: MIT */
/* What libuv holds back of a stream's or a UDP handle's writes, and what the kernel does: recorded
 * when the former crosses an eighth of a power of two or returns to nothing. */
#ifndef LSC_UV_QUEUE_H
#define LSC_UV_QUEUE_H

#include "note.h"

/* `place`: where the program stands that put something in; all 0: nobody did. */
void queue_note_stream(struct side *side, struct entry *entry, const uv_stream_t *h,
                       struct uv_place place);
void queue_note_udp(struct side *side, struct entry *entry, const uv_udp_t *h,
                    struct uv_place place);
/* The handle is closed. */
void queue_delete(struct entry *entry);

#endif
