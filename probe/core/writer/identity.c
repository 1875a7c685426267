/* SPDX-License-Identifier: MIT */
/* Who the observed process is, see identity.h. */
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "sys.h"

/* Reads the start of a file; how many bytes, 0 when it cannot be read. */
static size_t read_file(const char *path, char *out, size_t bytes)
{
    int fd = (int)sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    size_t total = 0;
    if (fd < 0)
        return 0;
    while (total < bytes) {
        long n = sys_read(fd, out + total, bytes - total);
        if (n <= 0)
            break;
        total += (size_t)n;
    }
    sys_close(fd);
    return total;
}

/* Field 22, counted from the state after the last ')' as field 3: a name may hold anything. */
static uint64_t parse_start_time(const char *after_name)
{
    const char *at = after_name;
    for (int field = 2; field < 22; field++) {
        at = strchr(at, ' ');
        if (at == NULL)
            return 0;
        at++;
    }
    uint64_t ticks = 0;
    while (*at >= '0' && *at <= '9')
        ticks = ticks * 10 + (uint64_t)(*at++ - '0');
    return ticks;
}

static void fill_from_stat(struct lsc_segment_header *header)
{
    char text[512];
    size_t bytes = read_file("/proc/self/stat", text, sizeof text - 1);
    text[bytes] = '\0';
    char *open = strchr(text, '(');
    char *close = strrchr(text, ')');
    if (open == NULL || close == NULL || close < open)
        return;
    size_t length = (size_t)(close - open - 1);
    if (length >= sizeof header->program)
        length = sizeof header->program - 1;
    memcpy(header->program, open + 1, length);
    header->process_start = parse_start_time(close);
}

void identity_fill(struct lsc_segment_header *header)
{
    header->pid = (uint32_t)sys_getpid();
    header->ppid = (uint32_t)sys_getppid();
    header->uid = sys_geteuid();
    fill_from_stat(header);
    if (header->program[0] == '\0')
        strncpy(header->program, program_invocation_short_name, sizeof header->program - 1);
    header->command_bytes =
        (uint32_t)read_file("/proc/self/cmdline", header->command, sizeof header->command);
    long bytes = sys_readlinkat(AT_FDCWD, "/proc/self/exe", header->executable,
                                sizeof header->executable - 1);
    if (bytes < 0)
        header->executable[0] = '\0';
}
