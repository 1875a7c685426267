/* SPDX-License-Identifier: MIT */
/* Finds the segment of a process among those of this user. */
#include "find_process.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "complain.h"

struct search {
    uint32_t pid;
    bool has_found;
    struct segment_entry *best;
};

static int consider(const struct segment_entry *entry, void *data)
{
    struct search *search = data;
    if (entry->pid != search->pid)
        return 0;
    bool is_better =
        !search->has_found || (entry->is_alive && !search->best->is_alive) ||
        (entry->is_alive == search->best->is_alive && entry->age_ns < search->best->age_ns);
    if (is_better)
        *search->best = *entry;
    search->has_found = true;
    return 0;
}

/* 1 found, 0 not, -errno. */
static int find(uint32_t pid, struct segment_entry *out)
{
    struct search search = {.pid = pid, .best = out};
    int error = segment_list(NULL, consider, &search);
    if (error < 0)
        complain("cannot read the segments: %s", strerror(-error));
    return error < 0 ? error : search.has_found;
}

bool find_process_segment(uint32_t pid, struct segment_entry *out)
{
    int outcome = find(pid, out);
    if (outcome == 0)
        complain("nothing is known of process %u: 'loopscope ps' lists what is", pid);
    return outcome == 1;
}

bool find_process_under_probe(uint32_t pid)
{
    struct segment_entry entry;
    int outcome = find(pid, &entry);
    if (outcome == 1 && entry.is_alive)
        return true;
    if (outcome < 0)
        return false;
    if (kill((pid_t)pid, 0) != 0 && errno == ESRCH)
        complain("cannot observe process %u: %s", pid,
                 outcome == 1 ? "it has ended; 'loopscope snapshot' reads what it left"
                              : "there is no such process");
    else
        complain("cannot observe process %u: it does not run under the probe; start it with "
                 "'loopscope record -o FILE -- PROG', or with LD_PRELOAD=libloopscope-preload.so",
                 pid);
    return false;
}
