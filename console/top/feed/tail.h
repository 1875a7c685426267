/* SPDX-License-Identifier: MIT */
/* The latest records of all processes as they came, for recent polls, wakes and turns: a ring of
 * TAIL_EVENTS, into which batches are copied. */
#ifndef LSC_TOP_TAIL_H
#define LSC_TOP_TAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/source/item.h"

#define TAIL_EVENTS (1u << 18) /* 10 MiB */

struct tail;
struct tail *tail_new(void);
void tail_delete(struct tail *tail);
void tail_add(struct tail *tail, uint32_t process, const struct event *events, size_t count);

/* Calls `visit` with the events of a process, newest first, until it returns false. */
typedef bool (*tail_visit)(const struct event *event, void *data);
void tail_walk(const struct tail *tail, uint32_t process, tail_visit visit, void *data);

#endif
