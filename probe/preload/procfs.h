/* SPDX-License-Identifier: MIT */
/* What the kernel tells of this process' threads. For the watchdog thread only: it has a descriptor
 * table of its own, so that the program never sees, inherits or collides with a descriptor of ours.
 */
#ifndef LSC_PROCFS_H
#define LSC_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROCFS_UNKNOWN UINT64_MAX

struct procfs_stat {
    char state; /* as in /proc/<pid>/stat; '?' when not known */
    uint64_t major_faults;
    uint64_t block_delay_ns; /* waiting for block I/O; needs delay accounting */
};

/* Parts the calling thread from the process' descriptors. False: there is no procfs for it. */
bool procfs_open(void);

bool procfs_stat(uint32_t tid, struct procfs_stat *out);
/* CPU time and time ready but not running, in ns; false where the kernel does not keep it. */
bool procfs_schedstat(uint32_t tid, uint64_t *cpu_ns, uint64_t *wait_ns);
/* The kernel function the thread sleeps in; its length, 0 when not known. */
size_t procfs_wait_channel(uint32_t tid, char *out, size_t room);
/* The thread's name into out[16], NUL padded. */
bool procfs_name(uint32_t tid, char out[16]);
/* Does the thread block `signal`? True also when it cannot be told. */
bool procfs_blocks(uint32_t tid, int signal);

/* True when every other thread of the process has ended: the main thread by pthread_exit. */
bool procfs_is_last(uint32_t main_tid);

#endif
