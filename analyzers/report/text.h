/* SPDX-License-Identifier: MIT */
/* The parts of the text report. */
#ifndef LSC_REPORT_TEXT_H
#define LSC_REPORT_TEXT_H

#include "formats.h"
#include "ink.h"

/* Columns of the margin in which the words SEVERITY, loops, pools… stand. */
#define TEXT_MARGIN 10

/* One finding: in full, or its sentence alone. */
void text_finding(const struct ink *ink, const struct model *model, const struct finding *finding,
                  bool in_full, bool verbose);
/* Loops, pools, what was watched, what could not be, what was lost. */
void text_evidence(const struct ink *ink, const struct model *model, bool verbose);
/* Where the time of the loops' turns went, as far as callbacks and tasks were seen. */
void text_turns(const struct ink *ink, const struct model *model, const struct thread *const *loops,
                unsigned count, bool verbose);
/* Queues that had something to say; all of them when verbose. */
void text_queues(const struct ink *ink, const struct model *model, bool verbose);
/* Workers of executors. */
void text_workers(const struct ink *ink, const struct model *model, bool verbose);
/* How many tasks there were; verbose: by kind and place of creation, too. */
void text_tasks(const struct ink *ink, const struct model *model, bool verbose);
/* Where tasks that wait stand, and what for; verbose: more of them, with all their callers. */
void text_waiting(const struct ink *ink, const struct model *model, bool verbose);
/* "on_read (peer.c:20)": the function of a callback. */
void callback_text(char *out, size_t bytes, const struct model *model, uint32_t stack);
/* One loop in one line of figures, without its name. */
void loop_figures(char *out, size_t bytes, const struct thread *thread);
/* The busiest loop thread, NULL without one. */
const struct thread *busiest_loop(const struct model *model);

#endif
