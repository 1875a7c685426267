/* SPDX-License-Identifier: MIT */
/* Which file a living process has mapped at an address: V8 maps the part of the executable that
 * holds its built-in functions a second time, near its own code, where no loader knows of it. */
#ifndef LSC_MAPPING_H
#define LSC_MAPPING_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct mapping {
    char path[PATH_MAX];
    uint64_t offset; /* in the file, of the address that was asked for */
};

/* Looks `address` up in /proc/<pid>/maps; false when no file is mapped there or the process is
 * gone. */
bool mapping_find(uint32_t pid, uint64_t address, struct mapping *out);

#endif
