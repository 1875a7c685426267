/* SPDX-License-Identifier: MIT */
/* What the formats share: the writers in the registry and a session judged once. */
#ifndef LSC_REPORT_FORMATS_H
#define LSC_REPORT_FORMATS_H

#include "../detect/detect.h"
#include "../model/polls.h"
#include "report.h"

int report_text(FILE *out, const struct session *session, const struct report_options *options);
int report_json(FILE *out, const struct session *session, const struct report_options *options);
int report_folded(FILE *out, const struct session *session, const struct report_options *options);

/* A process with its findings. */
struct judged {
    const struct model *model;
    struct findings *findings;
};
/* Heap array in order of appearance; NULL: out of memory. */
struct judged *judged_new(const struct session *session, unsigned *count);
void judged_delete(struct judged *judged, unsigned count);

/* The rows of a thread's callbacks, the most time first: a heap array of pointers into the model.
 * NULL: none, or out of memory. */
const struct callback_row **callbacks_sorted(const struct model *model, uint32_t thread,
                                             size_t *count);
/* Classes that had tasks, the most alive first. Likewise. */
const struct task_class **classes_sorted(const struct model *model, size_t *count);
/* The frame of a callback's one-frame stack, NULL unknown. */
const struct frame *callback_frame(const struct model *model, uint32_t callback, uint64_t *pc);

bool has_loop(const struct model *model);
/* A thread of it polls an executor's tasks, which need no loop. */
bool has_worker(const struct model *model);

/* What a limit of the probe means, in words; NULL for an unknown bit. */
const char *limit_words(uint32_t bit);
const char *depth_name(uint32_t bit);

#endif
