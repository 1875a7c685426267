/* SPDX-License-Identifier: MIT */
/* What the detectors of an executor's tasks and workers share. */
#ifndef LSC_DETECT_TASKS_H
#define LSC_DETECT_TASKS_H

#include "../model/workers.h"
#include "judge.h"

/* Polls of tasks have been seen. */
bool tasks_are_seen(const struct model *model);
/* "worker 'executor-1' (tid 12)". */
void say_worker(struct sentence *s, const struct thread *thread);
/* "task 'beat' spawned by main (server.c:12)". */
void say_task(struct sentence *s, const struct model *model, uint32_t task);
/* The same as facts: the name under `key`, the place under `place_key`. */
void facts_of_task(struct finding *finding, const struct model *model, const char *key,
                   const char *place_key, uint32_t task);

/* Parts of stalls, as a set. */
#define PART_BIT(part) (1u << (part))
/* What is left of a time in long polls of a class of tasks when these parts are taken away, by what
 * is known of its stalls; all of it when nothing is. */
uint64_t time_without(const struct judgement *in, uint32_t class, unsigned parts, uint64_t ns);
/* The stack seen most often in the worst of these stalls; 0 none. */
uint32_t stack_of_stalls(const struct judgement *in, uint32_t class);

#endif
