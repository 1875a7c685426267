/* SPDX-License-Identifier: MIT */
/* What both views of stalls say of one: its parts, where it was, how long it lasts. */
#ifndef LSC_TOP_STALL_WORDS_H
#define LSC_TOP_STALL_WORDS_H

#include "analyzers/detect/detect.h"
#include "console/top/app/view.h"

const char *stall_part_name(enum stall_part part);
/* "blocking call, on CPU": the causes, largest first. */
void stall_cause_text(char *out, size_t bytes, const struct stall *stall, uint64_t threshold);
/* The blocking call that has most of it; NULL: none that is known. `rows` of model_blocked. */
const struct blocked_row *stall_call(const struct stall *stall, const struct blocked_row *rows,
                                     size_t count);
/* Calls have the largest part of it. */
bool stall_is_by_call(const struct stall *stall);
/* The stack that stands for it: of its call where that is what it is by, else the one seen most; 0
 * none. */
uint32_t stall_stack_id(const struct stall *stall, const struct blocked_row *call);
/* How long it lasted, or lasts up to now. */
uint64_t stall_elapsed(const struct app *app, uint32_t process, const struct stall *stall);
/* Its entity: while it goes on and after. */
struct entity stall_entity(uint32_t process, const struct stall *stall);
bool stall_is(const struct stall *stall, const struct entity *entity);

#endif
