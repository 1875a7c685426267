/* SPDX-License-Identifier: MIT */
/* The one line the probe may say on stderr, see line.h. */
#include "line.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "sys.h"

static struct {
    bool is_open;
    uint32_t major, minor;
    uint64_t inode;
} stderr_identity;
static _Atomic bool has_spoken;

/* statx rather than fstat: one structure layout on every architecture. */
static bool identify_stderr(struct statx *out)
{
    return sys_call(SYS_statx, 2, (long)"", AT_EMPTY_PATH, STATX_INO, (long)out, 0) == 0;
}

void line_init(void)
{
    struct statx now;
    stderr_identity.is_open = identify_stderr(&now);
    if (!stderr_identity.is_open)
        return;
    stderr_identity.major = now.stx_dev_major;
    stderr_identity.minor = now.stx_dev_minor;
    stderr_identity.inode = now.stx_ino;
}

static bool stderr_is_unchanged(void)
{
    struct statx now;
    return stderr_identity.is_open && identify_stderr(&now) &&
           now.stx_dev_major == stderr_identity.major &&
           now.stx_dev_minor == stderr_identity.minor && now.stx_ino == stderr_identity.inode;
}

void line_add(struct line *line, const char *text)
{
    while (*text != '\0' && line->length < sizeof line->text - 2) {
        unsigned char c = (unsigned char)*text++;
        line->text[line->length++] = c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
}

void line_add_number(struct line *line, uint64_t number)
{
    char digits[21];
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    line_add(line, digits + at);
}

void line_print_once(const struct line *line)
{
    if (atomic_exchange_explicit(&has_spoken, true, memory_order_relaxed) || !stderr_is_unchanged())
        return;
    struct line whole = {.length = 0};
    line_add(&whole, "loopscope: ");
    line_add(&whole, line->text);
    whole.text[whole.length++] = '\n';
    sys_write(2, whole.text, whole.length);
}
