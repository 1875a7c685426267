/* SPDX-License-Identifier: MIT */
/* What the kernel says of a process in /proc/<pid>/stat. */
#ifndef LSC_PROCESS_STAT_H
#define LSC_PROCESS_STAT_H

#include <stdbool.h>
#include <stdint.h>

struct process_stat {
    char state;      /* field 3: 'R', 'S', 'T' stopped by job control, 'Z', 'X'… */
    uint32_t parent; /* field 4; 0: none, or not known */
    uint64_t start;  /* field 22; 0: not known */
};

/* False, and all zero: there is no such process, or it cannot be known. Any thread. */
bool process_stat_read(uint32_t pid, struct process_stat *out);

#endif
