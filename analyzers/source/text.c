/* SPDX-License-Identifier: MIT */
/* Cleaning of foreign text. Well-formed UTF-8 is that of RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF. */
#include "text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Bytes of the well-formed character that begins at `at`, 0 if there is none. */
static size_t character_bytes(const uint8_t *at, size_t left)
{
    size_t n = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (n == 0 || n > left || at[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < n; i++)
        if (!is_continuation(at[i]))
            return 0;
    bool is_overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool is_beyond = (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf4 && at[1] > 0x8f);
    return is_overlong || is_beyond ? 0 : n;
}

/* C0, DEL, and C1, which terminals obey as well. */
static bool is_control(const uint8_t *at, size_t n)
{
    return n == 1 ? at[0] < 0x20 || at[0] == 0x7f : n == 2 && at[0] == 0xc2 && at[1] < 0xa0;
}

char *text_clean(char *out, size_t out_bytes, const char *bytes, size_t n)
{
    const uint8_t *in = (const uint8_t *)bytes;
    size_t used = 0;
    if (out_bytes == 0)
        return out;
    for (size_t at = 0; at < n;) {
        size_t width = character_bytes(in + at, n - at);
        bool is_clean = width > 0 && !is_control(in + at, width);
        size_t needed = is_clean ? width : 1;
        if (needed > out_bytes - 1 - used)
            break;
        if (is_clean)
            memcpy(out + used, in + at, width);
        else
            out[used] = in[at] == 0 ? ' ' : '?';
        used += needed;
        at += width > 0 ? width : 1;
    }
    out[used] = '\0';
    return out;
}
