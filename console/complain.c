/* SPDX-License-Identifier: MIT */
/* How the command says that something is wrong: one line `loopscope: what: why` on stderr. */
#include "complain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyzers/source/text.h"

#define LINE_BYTES 2048

int complain(const char *format, ...)
{
    int saved_errno = errno;
    char raw[LINE_BYTES];
    char line[LINE_BYTES] = "loopscope: ";
    va_list values;
    va_start(values, format);
    vsnprintf(raw, sizeof raw, format, values);
    va_end(values);

    /* Arguments and file names are foreign text; the last byte is kept for the newline. */
    size_t prefix = strlen(line);
    text_clean(line + prefix, sizeof line - prefix - 1, raw, strlen(raw));
    size_t length = strlen(line);
    line[length++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, length);
    (void)written; /* nobody is left to be told */
    errno = saved_errno;
    return STATUS_WRONG;
}
