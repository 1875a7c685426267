/* SPDX-License-Identifier: MIT */
/* The life of the process as the preload library sees it: constructor, first loop, fork, end. */
#include "process.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "core/writer/core.h"
#include "home.h"
#include "loop.h"
#include "pool.h"
#include "preload_list.h"
#include "real.h"
#include "self.h"
#include "thread.h"
#include "turn.h"
#include "uv/note.h"
#include "watchdog.h"

#define DEPTHS (LSC_DEPTH_LOOP | LSC_DEPTH_BLOCKING | LSC_DEPTH_POOLS)
#define MERGE_NS 10000u
#define AT_ONCE_NS 3000u
#define SPELL_NS 1000u

struct process process;
_Thread_local struct self self;

static void set_thresholds(void)
{
    process.block_ticks = lsc__ticks_from_ns(lsc__config()->block_ns);
    process.merge_ticks = lsc__ticks_from_ns(MERGE_NS);
    process.at_once_ticks = lsc__ticks_from_ns(AT_ONCE_NS);
    process.spell_ticks = lsc__ticks_from_ns(SPELL_NS);
}

bool process_make_segment(void)
{
    if (process_is_off())
        return false;
    /* The program's own emits may have made the segment before. */
    if (lsc__segment && *lsc__fork_canary && process.block_ticks != 0)
        return true;
    int error = lsc__segment_ensure(DEPTHS);
    /* Another thread is making it, or this is a vfork child: ask again later. */
    if (error == -EAGAIN || error == -EBUSY)
        return false;
    if (error != 0) {
        atomic_store(&process.is_off, true);
        return false;
    }
    set_thresholds();
    return true;
}

bool process_observe(void)
{
    if (!process_make_segment())
        return false;
    watchdog_start();
    return true;
}

static void forget(void)
{
    watchdog_forget();
    loop_forget_all();
    pool_forget();
    note_forget();
    process.block_ticks = 0;
    atomic_store(&process.pid, getpid());
    atomic_store(&process.threads_started, 0);
    self = (struct self){.is_main = true};
}

void process_forget_parent(void)
{
    int saved = errno;
    lsc__after_fork();
    forget();
    errno = saved;
}

static bool follows_children = true;

static void after_fork_in_child(void)
{
    if (self_is_vforked())
        return;
    forget();
    if (!follows_children)
        atomic_store(&process.is_off, true);
}

static void leave_children_alone(void)
{
    static const char key[] = "LD_PRELOAD=";
    for (char **entry = environ; entry && *entry; entry++)
        if (strncmp(*entry, key, sizeof(key) - 1) == 0)
            preload_list_cut(*entry + sizeof(key) - 1);
}

void process_end(bool may_lock)
{
    static _Atomic bool has_ended;
    if (self_is_vforked() || !lsc__segment || *lsc__fork_canary == 0)
        return;
    thread_close();
    if (atomic_exchange(&has_ended, true))
        return;
    if (may_lock && !process_is_sandboxed())
        lsc__modules_refresh();
    pool_spread_role();
    if (!process_is_off())
        lsc__segment_end(LSC_SEGMENT_EXITED);
    atomic_store(&process.is_off, true);
}

static __attribute__((constructor(101))) void begin(void)
{
    const struct lsc_config *config = lsc__config();
    real_resolve();
    home_init();
    self.is_main = true;
    atomic_store(&process.pid, getpid());
    if (config->is_off) {
        atomic_store(&process.is_off, true);
        return;
    }
    follows_children = config->follow;
    if (!follows_children)
        leave_children_alone();
    thread_init();
    pthread_atfork(watchdog_hold_loader, watchdog_release_loader, after_fork_in_child);
}

static __attribute__((destructor)) void end(void)
{
    process_end(true);
}
