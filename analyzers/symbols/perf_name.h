/* SPDX-License-Identifier: MIT */
/* What the names in a perf map say: V8, CPython, the JVM and .NET each pack function, script and
 * line into one string in a form of their own. */
#ifndef LSC_PERF_NAME_H
#define LSC_PERF_NAME_H

#include <stddef.h>
#include <stdint.h>

#include "../source/item.h"

#define PERF_NAME_MAX 1024 /* longer names are cut */

/* The parts of one name; texts are terminated, "" when unknown. */
struct perf_name {
    char function[PERF_NAME_MAX];
    char file[PERF_NAME_MAX]; /* a path (file:// URLs decoded) or what stands for one: node:fs */
    uint32_t line;            /* where the function begins; perf maps know no finer */
    enum frame_kind kind;
};

/* Takes `name` (length n) apart. Any bytes are accepted; what follows no known form becomes the
 * function. Thread-safe. */
void perf_name_parse(const char *name, size_t n, struct perf_name *out);

#endif
