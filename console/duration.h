/* SPDX-License-Identifier: MIT */
/* Durations, counts and shares as people type and read them: "50ms", "1.5s", "12%", "3m". */
#ifndef LSC_DURATION_H
#define LSC_DURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads a decimal number with a unit of ns, us, ms, s, m or h into nanoseconds. NULL when it
 * worked, else half a sentence (static) that says why not. */
const char *duration_parse(const char *text, uint64_t *ns);

/* Reads a percentage, with or without its sign, into hundredths of a percent. As above. */
const char *percent_parse(const char *text, uint64_t *hundredths);

/* Reads a whole number. As above. */
const char *count_parse(const char *text, uint64_t *count);

/* Writes a duration with three significant digits and its unit, "12.3 ms". Returns out. */
char *duration_write(char *out, size_t out_bytes, uint64_t ns);

/* Writes how old something is, coarsely: "4s", "12m", "3h", "5d". Returns out. */
char *age_write(char *out, size_t out_bytes, int64_t ns);

/* Writes an amount of memory, "1.2 MB". Returns out. */
char *bytes_write(char *out, size_t out_bytes, uint64_t bytes);

#endif
