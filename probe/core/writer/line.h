/* SPDX-License-Identifier: MIT */
/* The one line the probe may say on stderr: built without stdio, printed at most once per process
 * and its forked children, and only while descriptor 2 is still the file it was at start (a daemon
 * may have closed it and got the number back for a database). */
#ifndef LSC_LINE_H
#define LSC_LINE_H

#include <stddef.h>
#include <stdint.h>

struct line {
    char text[384];
    size_t length;
};

void line_add(struct line *line, const char *text);
void line_add_number(struct line *line, uint64_t number);
/* Prints it after "loopscope: ", unless a line was printed before. */
void line_print_once(const struct line *line);
/* Remembers what descriptor 2 is. */
void line_init(void);

#endif
