/* SPDX-License-Identifier: MIT */
/* The slow half of the lock: sleeping, and waking who sleeps. */
#include "lock.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sections under these locks are some instructions long: worth a short look before sleeping. */
#define SPINS 64

void lock_wait(struct lock *lock)
{
    for (int i = 0; i < SPINS; i++)
        if (atomic_load_explicit(&lock->state, memory_order_relaxed) == 0 && lock_try(lock))
            return;
    int saved = errno;
    while (atomic_exchange_explicit(&lock->state, 2, memory_order_acquire) != 0)
        syscall(SYS_futex, &lock->state, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
    errno = saved;
}

/* The lock's memory may be gone by now: the kernel then finds nobody at that address. */
void lock_release_sleeper(struct lock *lock)
{
    int saved = errno;
    syscall(SYS_futex, &lock->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    errno = saved;
}
