/* SPDX-License-Identifier: MIT */
/* Reading /proc/self/task/<tid>/ without allocation. */
#include "procfs.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "real.h"

#define TICKS_PER_SECOND_OF_PROC 100 /* USER_HZ, part of the kernel's ABI */

static int task_directory = -1;

bool procfs_open(void)
{
    task_directory = -1;
    /* Unshares the table and closes our copy of everything in it, in one step; other descriptors
     * stay with the program, and a file it closes is closed. */
    if (real.syscall(SYS_close_range, 0, UINT_MAX, CLOSE_RANGE_UNSHARE, 0, 0, 0) != 0)
        return false;
    task_directory = real.open("/proc/self/task", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    return task_directory >= 0;
}

static char *add_number(char *at, uint32_t number)
{
    char digits[10];
    size_t n = 0;
    do
        digits[n++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (n > 0)
        *at++ = digits[--n];
    return at;
}

/* Reads a file of a thread into `to`, NUL-terminated; its length, 0 on failure. */
static size_t read_file(uint32_t tid, const char *name, char *to, size_t room)
{
    char path[48];
    char *at = add_number(path, tid);
    *at++ = '/';
    memcpy(at, name, strlen(name) + 1);
    int fd = real.openat(task_directory, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    ssize_t n = real.read(fd, to, room - 1);
    real.close(fd);
    to[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

static uint64_t parse_number(const char **at)
{
    uint64_t value = 0;
    while (**at == ' ')
        ++*at;
    for (; **at >= '0' && **at <= '9'; ++*at)
        value = value * 10 + (uint64_t)(**at - '0');
    return value;
}

static void skip_fields(const char **at, int count)
{
    for (; count > 0 && **at; count--) {
        while (**at == ' ')
            ++*at;
        while (**at && **at != ' ')
            ++*at;
    }
}

bool procfs_stat(uint32_t tid, struct procfs_stat *out)
{
    char text[1024];
    *out = (struct procfs_stat){.state = '?'};
    if (task_directory < 0 || read_file(tid, "stat", text, sizeof(text)) == 0)
        return false;
    const char *at = strrchr(text, ')'); /* the name may hold anything */
    if (!at || at[1] != ' ')
        return false;
    at += 2;
    out->state = *at;
    skip_fields(&at, 9); /* fields 3 to 11 */
    out->major_faults = parse_number(&at);
    skip_fields(&at, 29); /* fields 13 to 41 */
    out->block_delay_ns = parse_number(&at) * (1000000000u / TICKS_PER_SECOND_OF_PROC);
    return true;
}

bool procfs_schedstat(uint32_t tid, uint64_t *cpu_ns, uint64_t *wait_ns)
{
    char text[128];
    if (task_directory < 0 || read_file(tid, "schedstat", text, sizeof(text)) == 0)
        return false;
    const char *at = text;
    *cpu_ns = parse_number(&at);
    *wait_ns = parse_number(&at);
    return true;
}

size_t procfs_wait_channel(uint32_t tid, char *out, size_t room)
{
    if (task_directory < 0)
        return 0;
    size_t n = read_file(tid, "wchan", out, room);
    return n == 1 && out[0] == '0' ? 0 : n;
}

bool procfs_name(uint32_t tid, char out[16])
{
    char text[32];
    if (task_directory < 0)
        return false;
    size_t n = read_file(tid, "comm", text, sizeof(text));
    if (n > 0 && text[n - 1] == '\n')
        n--;
    n = n < 15 ? n : 15;
    memset(out, 0, 16);
    memcpy(out, text, n);
    return n > 0;
}

static uint64_t parse_hex(const char *at)
{
    uint64_t value = 0;
    for (;; at++) {
        if (*at >= '0' && *at <= '9')
            value = value << 4 | (uint64_t)(*at - '0');
        else if (*at >= 'a' && *at <= 'f')
            value = value << 4 | (uint64_t)(*at - 'a' + 10);
        else
            return value;
    }
}

bool procfs_blocks(uint32_t tid, int signal)
{
    char text[4096];
    if (task_directory < 0 || read_file(tid, "status", text, sizeof(text)) == 0)
        return true;
    const char *line = strstr(text, "\nSigBlk:\t");
    return !line || (parse_hex(line + 9) >> (signal - 1) & 1);
}

/* The kernel's directory entry; libc does not declare it. */
struct entry {
    uint64_t inode;
    int64_t next;
    uint16_t bytes;
    uint8_t type;
    char name[];
};

static int count_threads(void)
{
    _Alignas(struct entry) char room[2048];
    int count = 0;
    int fd = real.openat(task_directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    long n = fd < 0 ? 0 : real.syscall(SYS_getdents64, fd, (long)room, sizeof(room), 0, 0, 0);
    for (long at = 0; at < n;) {
        const struct entry *e = (const struct entry *)(const void *)(room + at);
        count += e->name[0] != '.';
        at += e->bytes;
    }
    if (fd >= 0)
        real.close(fd);
    return count;
}

bool procfs_is_last(uint32_t main_tid)
{
    struct procfs_stat main_thread;
    /* The main thread stays a zombie until the last thread is gone. */
    return procfs_stat(main_tid, &main_thread) && main_thread.state == 'Z' && count_threads() == 2;
}
