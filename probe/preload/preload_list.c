/* SPDX-License-Identifier: MIT */
/* Editing LD_PRELOAD without allocation, for LOOPSCOPE_FOLLOW=0. */
#include "preload_list.h"

#include <stdbool.h>
#include <string.h>

#define SEPARATORS " :"

static bool is_our_library(const char *word, size_t n)
{
    static const char name[] = "libloopscope-preload.so";
    const char *slash = memrchr(word, '/', n);
    size_t skipped = slash ? (size_t)(slash + 1 - word) : 0;
    return n - skipped == sizeof(name) - 1 && memcmp(word + skipped, name, sizeof(name) - 1) == 0;
}

void preload_list_cut(char *list)
{
    char *to = list;
    const char *at = list;
    while (*at) {
        size_t gap = strspn(at, SEPARATORS);
        size_t n = strcspn(at + gap, SEPARATORS);
        if (!is_our_library(at + gap, n)) {
            memmove(to, at, gap + n);
            to += gap + n;
        }
        at += gap + n;
    }
    *to = '\0';
}
