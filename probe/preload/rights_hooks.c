/* SPDX-License-Identifier: MIT */
/* setuid, chroot, namespaces, seccomp. */
#include "rights.h"

#include "real.h"

#include <linux/seccomp.h>

#include "core/writer/core.h"
#include "loop.h"
#include "process.h"
#include "self.h"
#include "thread.h"
#include "unwind.h"
#include "watchdog.h"

/* Survives fork: a server that prepares its epoll descriptor before it forks its workers. */
static _Atomic bool has_epoll;

void rights_note_epoll(void)
{
    if (!atomic_load_explicit(&has_epoll, memory_order_relaxed))
        atomic_store_explicit(&has_epoll, true, memory_order_relaxed);
}

static bool will_loop(void)
{
    return lsc__segment || atomic_load_explicit(&has_epoll, memory_order_relaxed);
}

/* Root becomes somebody else: a server, most likely. Its segment is made while it is root's, where
 * whoever started it as root looks for it. */
static void before_user(uid_t u)
{
    if (self_is_vforked() || process_is_off() || u == 0 || u == (uid_t)-1)
        return;
    int saved = errno;
    if (geteuid() == 0)
        process_make_segment();
    errno = saved;
}

LSC_EXPORT int setuid(uid_t u)
{
    before_user(u);
    return real.setuid(u);
}

LSC_EXPORT int seteuid(uid_t u)
{
    before_user(u);
    return real.seteuid(u);
}

LSC_EXPORT int setreuid(uid_t r, uid_t e)
{
    before_user(e);
    return real.setreuid(r, e);
}

LSC_EXPORT int setresuid(uid_t r, uid_t e, uid_t s)
{
    before_user(e);
    return real.setresuid(r, e, s);
}

/* Inside the new root there may be no shared memory and no unwinder. */
LSC_EXPORT int chroot(const char *path)
{
    if (!self_is_vforked() && !process_is_off() && will_loop()) {
        int saved = errno;
        if (process_make_segment())
            unwind_load();
        errno = saved;
    }
    return real.chroot(path);
}

/* Some namespaces can only be entered by a process of one thread: the watchdog steps aside and
 * comes back with the next wait of a loop that has not begun yet. */
static bool step_aside(void)
{
    if (self_is_vforked() || process_is_off() || !lsc__segment)
        return false;
    watchdog_stop(false);
    return true;
}

LSC_EXPORT int unshare(int flags)
{
    bool was_observed = step_aside();
    int result = real.unshare(flags);
    int saved = errno;
    if (was_observed)
        watchdog_start();
    errno = saved;
    return result;
}

LSC_EXPORT int setns(int fd, int type)
{
    bool was_observed = step_aside();
    int result = real.setns(fd, type);
    int saved = errno;
    if (was_observed)
        watchdog_start();
    errno = saved;
    return result;
}

void rights_before_filter(void)
{
    if (self_is_vforked() || process_is_off())
        return;
    int saved = errno;
    if (will_loop() && process_make_segment()) {
        loop_prepare();
        lsc__attach();
    }
    watchdog_stop(true);
    lsc__seal();
    atomic_store(&process.is_sandboxed, true);
    errno = saved;
}

void rights_before_counter_fault(void)
{
    if (self_is_vforked() || process_is_off())
        return;
    int saved = errno;
    thread_close();
    watchdog_stop(true);
    atomic_store(&process.is_off, true);
    lsc__counter_forbidden();
    errno = saved;
}

/* What a prctl, by whichever name, is about to do to the probe. */
void rights_before_prctl(unsigned long option, unsigned long what, unsigned long argument)
{
    /* A filter without a program only asks whether filters exist. */
    if ((option == PR_SET_SECCOMP && what == SECCOMP_MODE_STRICT) ||
        (option == PR_SET_TSC && what == PR_TSC_SIGSEGV))
        rights_before_counter_fault();
    else if (option == PR_SET_SECCOMP && argument != 0)
        rights_before_filter();
}

LSC_EXPORT int prctl(int option, ...)
{
    va_list list;
    unsigned long a[4];
    va_start(list, option);
    for (int i = 0; i < 4; i++)
        a[i] = va_arg(list, unsigned long);
    va_end(list);
    rights_before_prctl((unsigned long)option, a[0], a[1]);
    return real.prctl(option, a[0], a[1], a[2], a[3]);
}
