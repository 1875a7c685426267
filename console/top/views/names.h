/* SPDX-License-Identifier: MIT */
/* What threads, tasks, resources and places are called on the screen. All of it is untrusted text,
 * which the screen cleans. */
#ifndef LSC_TOP_NAMES_H
#define LSC_TOP_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "analyzers/detect/detect.h"
#include "console/top/app/view.h"

#define NAME_BYTES 256

/* "node 4711" */
void name_thread(char out[NAME_BYTES], const struct thread *thread);
/* "runJob (server.js:12)" */
void name_frame(char out[NAME_BYTES], const struct frame *frame, uint64_t pc);
/* The culprit of a stack, or else a site; "" when both are unknown. */
void name_place(char out[NAME_BYTES], const struct model *model, uint32_t stack, uint32_t site);
void name_site(char out[NAME_BYTES], const struct model *model, uint32_t site);
/* "tcp '127.0.0.1:8080'" */
void name_task(char out[NAME_BYTES], const struct model *model, uint32_t handle);
/* "channel 'orders'" */
void name_resource(char out[NAME_BYTES], const struct model *model, const struct resource_row *row);
/* "4711: " where several processes are shown, else "". */
#define OWNER_BYTES 16
const char *name_owner(char out[OWNER_BYTES], const struct app *app, uint32_t process);
/* How a program ended, of its status as a shell tells it. */
#define END_BYTES 40
char *name_end(char out[END_BYTES], int status);
/* "CRITICAL", "WARNING", "note", and the style that goes with it. */
const char *severity_word(enum severity severity);
unsigned severity_style(enum severity severity);
unsigned frame_style(enum frame_kind kind);

#endif
