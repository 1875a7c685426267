/* SPDX-License-Identifier: MIT */
/* The watchdog's thread: its life, and its rounds. What it does about one loop is in watch.c. */
#include "watchdog.h"

#include <errno.h>
#include <linux/futex.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "pool.h"
#include "process.h"
#include "procfs.h"
#include "real.h"
#include "sample.h"
#include "self.h"
#include "sockets.h"
#include "unwind.h"
#include "watch.h"

#define STACK_BYTES (256u << 10) /* the loader and the unwinder run on it */
#define TICK_MIN_NS 5000000u
#define TICK_MAX_NS 100000000u
#define CLOCK_EVERY_NS 100000000u
#define NAMES_EVERY_NS 1000000000u
#define LOADER_PATIENCE_NS 200000000u

enum life { LIFE_NONE, LIFE_RUNNING, LIFE_STOPPED };

static _Atomic int life;
static _Atomic uint32_t stop_word;   /* futex: 1 asks the thread to leave */
static _Atomic uint32_t loader_word; /* 1: somebody is in the loader, or forks */
static _Atomic int thread_tid;
static pthread_t thread;

static long futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t ns)
{
    struct timespec timeout = {.tv_sec = (time_t)(ns / 1000000000u),
                               .tv_nsec = (long)(ns % 1000000000u)};
    return real.syscall(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, (long)value, (long)&timeout, 0,
                        0);
}

static void futex_wake(_Atomic uint32_t *word)
{
    real.syscall(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, INT_MAX, 0, 0, 0);
}

/* False when it is not free within the patience. */
static bool hold_loader(void)
{
    for (int i = 0; i < 20; i++) {
        uint32_t nobody = 0;
        if (atomic_compare_exchange_strong(&loader_word, &nobody, 1))
            return true;
        futex_wait(&loader_word, 1, LOADER_PATIENCE_NS / 20);
    }
    return false;
}

static void release_loader(void)
{
    atomic_store(&loader_word, 0);
    futex_wake(&loader_word);
}

/* Whether the fork in progress holds the word: no second fork runs before it is over, glibc sees to
 * that. */
static bool fork_holds_loader;

void watchdog_hold_loader(void)
{
    int saved = errno;
    if (atomic_load(&life) == LIFE_RUNNING)
        fork_holds_loader = hold_loader();
    errno = saved;
}

void watchdog_release_loader(void)
{
    int saved = errno;
    if (fork_holds_loader)
        release_loader();
    fork_holds_loader = false;
    errno = saved;
}

static void refresh_modules(void)
{
    if (!hold_loader())
        return;
    lsc__modules_refresh();
    release_loader();
}

static void load_unwinder(void)
{
    if (!hold_loader())
        return;
    unwind_load();
    lsc__modules_refresh();
    release_loader();
}

struct rounds {
    struct lsc_writer *writer; /* NULL: no slot */
    uint64_t tick_ns;
    uint64_t since_clock;
    uint64_t since_names;
    uint32_t stacks_seen;
};

/* False: the watchdog is the last thread. A process whose main thread left by pthread_exit ends
 * with its last thread, and that must not wait for us. */
static bool do_chores(struct rounds *r)
{
    bool is_needed = true;
    r->since_clock += r->tick_ns;
    r->since_names += r->tick_ns;
    uint32_t stacks = atomic_load_explicit(&lsc__segment->stack_count, memory_order_relaxed);
    if (stacks != r->stacks_seen || r->since_names >= NAMES_EVERY_NS) {
        r->stacks_seen = stacks;
        refresh_modules();
    }
    if (r->since_clock >= CLOCK_EVERY_NS) {
        r->since_clock = 0;
        is_needed = !procfs_is_last((uint32_t)atomic_load(&process.pid));
        lsc__clock_refresh();
        pool_spread_role();
    }
    if (r->since_names >= NAMES_EVERY_NS) {
        r->since_names = 0;
        watch_names();
    }
    return is_needed;
}

static uint64_t tick_of(uint64_t stall_ns)
{
    uint64_t tick = stall_ns / 2;
    tick = tick > TICK_MIN_NS ? tick : TICK_MIN_NS;
    return tick < TICK_MAX_NS ? tick : TICK_MAX_NS;
}

static struct lsc_writer *prepare(void)
{
    struct lsc_writer *writer = lsc__attach();
    int signal = lsc__config()->signal;
    bool has_procfs = procfs_open();
    load_unwinder();
    if (writer)
        atomic_fetch_or(&writer->shared->roles, LSC_ROLE_WATCHDOG);
    watch_init(writer, has_procfs, signal);
    watch_names();
    /* Without a table of its own the watchdog opens no descriptor. */
    sockets_begin(has_procfs);
    return writer;
}

static void *run(void *unused)
{
    struct rounds rounds = {.tick_ns = tick_of(lsc__config()->stall_ns)};
    self.is_ours = true;
    atomic_store(&thread_tid, (int)real.syscall(SYS_gettid, 0, 0, 0, 0, 0, 0));
    real.prctl(PR_SET_NAME, (unsigned long)"loopscope", 0, 0, 0);
    rounds.writer = prepare();
    while (atomic_load_explicit(&stop_word, memory_order_acquire) == 0) {
        futex_wait(&stop_word, 0, rounds.tick_ns);
        if (atomic_load_explicit(&stop_word, memory_order_acquire) != 0 || process_is_off())
            break;
        bool is_stalled = watch_loops();
        sockets_watch(rounds.writer, rounds.tick_ns, is_stalled);
        if (!do_chores(&rounds))
            break;
    }
    return unused;
}

/* With every signal blocked: the program's handlers must never run on this thread. */
static bool create(void)
{
    pthread_attr_t attributes;
    sigset_t all, old;
    sigfillset(&all);
    if (pthread_attr_init(&attributes) != 0)
        return false;
    if (pthread_attr_setstacksize(&attributes, STACK_BYTES) != 0 ||
        pthread_sigmask(SIG_SETMASK, &all, &old) != 0) {
        pthread_attr_destroy(&attributes);
        return false;
    }
    int error = real.pthread_create(&thread, &attributes, run, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attributes);
    return error == 0;
}

void watchdog_start(void)
{
    int none = LIFE_NONE;
    if (process_is_sandboxed() || !atomic_compare_exchange_strong(&life, &none, LIFE_RUNNING))
        return;
    int saved = errno;
    atomic_store(&stop_word, 0);
    atomic_store(&thread_tid, 0);
    if (!create()) {
        atomic_store(&life, LIFE_STOPPED);
        atomic_fetch_or(&lsc__segment->limits, LSC_LIMIT_NO_WATCHDOG);
    }
    errno = saved;
}

/* pthread_join returns a moment before the kernel has taken the thread off the process, and calls
 * like unshare(CLONE_NEWUSER) count threads. */
static void wait_until_gone(int tid)
{
    for (int i = 0; i < 100000; i++) {
        if (real.syscall(SYS_tgkill, atomic_load(&process.pid), tid, 0, 0, 0, 0) != 0)
            return;
        sched_yield();
    }
}

void watchdog_stop(bool for_good)
{
    int saved = errno;
    int running = LIFE_RUNNING;
    int after = for_good ? LIFE_STOPPED : LIFE_NONE;
    if (!atomic_compare_exchange_strong(&life, &running, LIFE_STOPPED)) {
        if (for_good)
            atomic_store(&life, LIFE_STOPPED);
        return;
    }
    struct timespec until;
    atomic_store_explicit(&stop_word, 1, memory_order_release);
    futex_wake(&stop_word);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    if (real.pthread_timedjoin_np(thread, NULL, &until) == 0) {
        wait_until_gone(atomic_load(&thread_tid));
        atomic_store(&life, after);
    }
    errno = saved;
}

void watchdog_forget(void)
{
    atomic_store(&life, LIFE_NONE);
    atomic_store(&stop_word, 0);
    atomic_store(&loader_word, 0);
    fork_holds_loader = false;
}
