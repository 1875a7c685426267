/* SPDX-License-Identifier: MIT */
/* A line that is typed: what to search for, a file's name, a time. */
#ifndef LSC_TOP_PROMPT_H
#define LSC_TOP_PROMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "console/top/screen/screen.h"

#define PROMPT_BYTES 128

enum prompt_kind {
    PROMPT_NONE,
    PROMPT_SEARCH,
    PROMPT_FILTER,
    PROMPT_SEEK,
    PROMPT_SAVE,
    PROMPT_EXPORT,
};
struct prompt {
    enum prompt_kind kind;
    char text[PROMPT_BYTES];
    char before[PROMPT_BYTES]; /* for when it is given up */
    unsigned cursor;           /* in bytes */
};
enum prompt_answer { PROMPT_GOES_ON, PROMPT_CHANGED, PROMPT_DONE, PROMPT_GIVEN_UP };

void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text);
enum prompt_answer prompt_key(struct prompt *prompt, uint32_t key);
void prompt_draw(const struct prompt *prompt, struct screen *screen, const struct area *area);

/* "90" and "1.5" in seconds, "250ms", "2 m", "1h", "1:30", "1:02:03", into ns. 0 or -EINVAL. */
int prompt_time(const char *text, uint64_t *ns);

#endif
