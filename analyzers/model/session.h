/* SPDX-License-Identifier: MIT */
/* A session: everything known of the processes of one item stream. Applying items is the only way
 * to change it, and nothing in it reads a clock, so the same items always give the same judgement.
 * Memory is bounded however long it runs. Not thread-safe. */
#ifndef LSC_SESSION_H
#define LSC_SESSION_H

#include "../source/item.h"

struct session;
struct model; /* one process, see model.h */

struct session *session_new(void); /* NULL: out of memory */
void session_delete(struct session *session);

/* 0, -ENOMEM, or -EPROTO for an item that makes no sense (it is ignored and counted). */
int session_apply(struct session *session, const struct item *item);

/* Processes in order of appearance. */
unsigned session_count(const struct session *session);
const struct model *session_model(const struct session *session, unsigned index);

#endif
