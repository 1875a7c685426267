/* SPDX-License-Identifier: MIT */
/* What the probe needs from the machine, checked one thing at a time. */
#include "surroundings.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "duration.h"
#include "launch.h"
#include "probe/core/reader/segment_reader.h"

#define SHARED_MEMORY_LEAST (32u << 20) /* a few threads' rings and the tables */

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static void say(struct surrounding *out, enum surrounding_state state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void say(struct surrounding *out, enum surrounding_state state, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(out->detail, sizeof out->detail, format, values);
    va_end(values);
    out->state = state;
}

static void check_library(struct surrounding *out)
{
    char path[PATH_MAX];
    if (launch_find_library(path, sizeof path, "libloopscope-preload.so"))
        say(out, SURROUNDING_GOOD, "%.200s", path);
    else
        say(out, SURROUNDING_WRONG, "not beside this program and not installed");
}

/* The directory of segments, or else the one that it would be made in. */
static int stat_directory(const char *directory, struct statfs *status)
{
    char parent[512];
    if (statfs(directory, status) == 0)
        return 0;
    snprintf(parent, sizeof parent, "%s", directory);
    char *slash = strrchr(parent, '/');
    if (!slash)
        return -ENOENT;
    slash[slash == parent] = '\0';
    return statfs(parent, status) == 0 ? 0 : -errno;
}

static void check_shared_memory(struct surrounding *out)
{
    char directory[512], size[32];
    struct statfs status;
    int error = segment_directory(directory, sizeof directory);
    if (error >= 0)
        error = stat_directory(directory, &status);
    if (error < 0) {
        say(out, SURROUNDING_WRONG, "no directory for segments: %s", strerror(-error));
        return;
    }
    uint64_t available = (uint64_t)status.f_bavail * (uint64_t)status.f_bsize;
    bytes_write(size, sizeof size, available);
    if ((uint64_t)status.f_type != TMPFS_MAGIC)
        say(out, SURROUNDING_LESS, "%.150s is no tmpfs: records would be written to a disk",
            directory);
    else if (available < SHARED_MEMORY_LEAST)
        say(out, SURROUNDING_LESS, "only %s left in %.150s: rings may stay short", size, directory);
    else
        say(out, SURROUNDING_GOOD, "%.150s, %s free", directory, size);
}

static int count_segment(const struct segment_entry *entry, void *data)
{
    (void)entry;
    ++*(unsigned *)data;
    return 0;
}

static void check_directory(struct surrounding *out)
{
    unsigned count = 0;
    int error = segment_list(NULL, count_segment, &count);
    if (error < 0)
        say(out, SURROUNDING_WRONG, "it may not be trusted (owner, mode or a symbolic link): %s",
            strerror(-error));
    else
        say(out, SURROUNDING_GOOD, "%u segments", count);
}

static bool supports_advice(int advice)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    bool is_supported = madvise(memory, page, advice) == 0;
    munmap(memory, page);
    return is_supported;
}

static void check_kernel(struct surrounding *out)
{
    struct utsname name;
    uname(&name);
    if (!supports_advice(MADV_WIPEONFORK))
        say(out, SURROUNDING_LESS, "%.64s has no MADV_WIPEONFORK: forked children are noticed late",
            name.release);
    else if (!supports_advice(MADV_POPULATE_WRITE))
        say(out, SURROUNDING_LESS, "%.64s has no MADV_POPULATE_WRITE: a full tmpfs is noticed late",
            name.release);
    else
        say(out, SURROUNDING_GOOD, "%.64s", name.release);
}

static void check_clock(struct surrounding *out)
{
#if defined(__x86_64__)
    char source[64] = "";
    FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");
    if (file) {
        if (!fgets(source, sizeof source, file))
            source[0] = '\0';
        fclose(file);
    }
    source[strcspn(source, "\n")] = '\0';
    if (strcmp(source, "tsc") != 0) {
        say(out, SURROUNDING_LESS, "the kernel uses %.40s: events may cost twice as much",
            *source ? source : "an unknown source");
        return;
    }
#endif
    say(out, SURROUNDING_GOOD, "the processor's counter");
}

static void check_unwinder(struct surrounding *out)
{
    void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    if (library)
        say(out, SURROUNDING_GOOD, "libunwind.so.8");
    else
        say(out, SURROUNDING_LESS, "libunwind.so.8 cannot be loaded: no stacks, no line to change");
    if (library)
        dlclose(library);
}

static void check_schedstat(struct surrounding *out)
{
    unsigned long long on_cpu = 0, waiting = 0;
    FILE *file = fopen("/proc/self/schedstat", "re");
    int count = file ? fscanf(file, "%llu %llu", &on_cpu, &waiting) : 0;
    if (file)
        fclose(file);
    if (count == 2 && on_cpu > 0)
        say(out, SURROUNDING_GOOD, "/proc/PID/schedstat");
    else
        say(out, SURROUNDING_LESS,
            "the kernel tells no run-queue wait: a starved loop looks like a busy one");
}

static void check_perf_maps(struct surrounding *out)
{
    if (access("/tmp", W_OK | X_OK) == 0)
        say(out, SURROUNDING_GOOD, "/tmp");
    else
        say(out, SURROUNDING_LESS, "/tmp cannot be written: JavaScript functions have no names");
}

/* To add a check: write it above and append a row. */
static const struct {
    const char *name;
    void (*check)(struct surrounding *out);
} checks[] = {
    {"preload library", check_library},
    {"shared memory", check_shared_memory},
    {"segment directory", check_directory},
    {"kernel", check_kernel},
    {"clock", check_clock},
    {"unwinder", check_unwinder},
    {"run-queue wait", check_schedstat},
    {"names of JIT code", check_perf_maps},
};

bool surroundings_check(unsigned index, struct surrounding *out)
{
    if (index >= sizeof checks / sizeof checks[0])
        return false;
    *out = (struct surrounding){.name = checks[index].name};
    checks[index].check(out);
    return true;
}
