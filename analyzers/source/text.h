/* SPDX-License-Identifier: MIT */
/* Foreign text made safe for a terminal: no control characters (C0, DEL, C1), no broken UTF-8. */
#ifndef LSC_TEXT_H
#define LSC_TEXT_H

#include <stddef.h>

/* Copies `bytes` (length n) into out, NUL-terminated, cut on a character boundary to fit. Control
 * characters and invalid UTF-8 bytes become '?' ; NUL separators inside (argument lists) become
 * spaces. Returns out. */
char *text_clean(char *out, size_t out_bytes, const char *bytes, size_t n);

#endif
