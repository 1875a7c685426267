/* SPDX-License-Identifier: MIT */
/* What the list of tasks and a task's own screen share: totals, state, whom it waits for. */
#ifndef LSC_TOP_TASK_WORDS_H
#define LSC_TOP_TASK_WORDS_H

#include "console/top/app/view.h"
#include "names.h"

/* NULL: its slot holds another by now, or there is no such process. */
const struct task_row *task_of(const struct app *app, const struct entity *entity);

/* The probe's totals, which survive lost records, or those of the records. */
uint64_t task_polls(const struct task_row *task);
uint64_t task_busy_ns(const struct task_row *task);
uint64_t task_worst_ns(const struct task_row *task);
uint64_t task_wakes(const struct task_row *task);
uint64_t task_self_wakes(const struct task_row *task);

enum task_condition {
    TASK_IS_IDLE,
    TASK_IS_WAITING,
    TASK_IS_READY,
    TASK_IS_RUNNING,
    TASK_IS_STRANDED,
    TASK_HAS_ENDED,
};
enum task_condition task_condition(const struct task_row *task);
const char *task_condition_word(enum task_condition condition);
unsigned task_condition_style(enum task_condition condition);
/* "channel 'orders', channel_send (queue.c:88)"; "" when it does not wait, or for what is not
 * known. */
void task_waits_words(char out[NAME_BYTES * 2], const struct model *model,
                      const struct task_row *task);

/* Where a request leads from a task. */
bool task_link(const struct app *app, const struct entity *entity, enum request request,
               struct entity *out);

#endif
