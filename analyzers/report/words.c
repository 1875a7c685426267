/* SPDX-License-Identifier: MIT */
/* Depths and limits of observation, in words. */
#include "formats.h"

static const struct {
    uint32_t bit;
    const char *words;
} limit_table[] = {
    {LSC_LIMIT_NO_UNWINDER, "no stacks: libunwind could not be loaded"},
    {LSC_LIMIT_NO_WATCHDOG,
     "no watchdog thread could be started: no stacks of stalls, no CPU times"},
    {LSC_LIMIT_NO_SIGNAL, "no stacks of stalls: the program uses the sampling signal itself "
                          "(choose another with LOOPSCOPE_SIGNAL)"},
    {LSC_LIMIT_SANDBOXED,
     "a seccomp filter keeps the probe from procfs: no CPU times, no stacks of "
     "stalls"},
    {LSC_LIMIT_NO_MEMORY, "shared memory was full: some threads' records are missing (make room in "
                          "/dev/shm or lower LOOPSCOPE_RING_KB)"},
    {LSC_LIMIT_NO_SCHEDSTAT,
     "the kernel gives no run-queue wait: a loop without a CPU is told only "
     "by its state"},
    {LSC_LIMIT_NO_SOCKET_DIAG,
     "the kernel tells nothing of sockets' queues (sock_diag): no accept backlogs, no UDP drops"},
    {LSC_LIMIT_UV_UNKNOWN,
     "its libuv could not be found: no handles, no requests, no callbacks by name"},
};

const char *limit_words(uint32_t bit)
{
    for (unsigned i = 0; i < sizeof(limit_table) / sizeof(limit_table[0]); i++)
        if (limit_table[i].bit == bit)
            return limit_table[i].words;
    return NULL;
}

const char *depth_name(uint32_t bit)
{
    switch (bit) {
    case LSC_DEPTH_LOOP:
        return "loop";
    case LSC_DEPTH_BLOCKING:
        return "blocking";
    case LSC_DEPTH_POOLS:
        return "pools";
    case LSC_DEPTH_LIBUV:
        return "libuv";
    case LSC_DEPTH_EXPLICIT:
        return "explicit";
    default:
        return NULL;
    }
}
