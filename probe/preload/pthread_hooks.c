/* SPDX-License-Identifier: MIT */
/* pthread_create, so that every thread knows its start routine and closes what it has open before
 * any destructor of the program or of libloopscope runs. */
#include "real.h"

#include "loop.h"
#include "pool.h"
#include "process.h"
#include "self.h"
#include "thread.h"
#include "turn.h"

/* What a new thread is told. Taken from a fixed set for the moment between pthread_create and the
 * thread's first instruction; when all are taken the thread starts without us. */
struct start {
    _Atomic bool is_taken;
    void *(*routine)(void *);
    void *arg;
};

#define STARTS 256
static struct start starts[STARTS];

static pthread_key_t end_key;
static bool has_end_key;

void thread_close(void)
{
    struct loop *loop = self.loop;
    self.gate = GATE_SHUT;
    if (process_is_off())
        return; /* reading the counter may be a fault: rights_before_counter_fault */
    if (loop && loop->shared)
        turn_end(loop, lsc__now(), LSC_TURN_AT_EXIT);
    else if (!loop)
        pool_thread_ends();
}

/* The watchdog looks for names now and then; a thread that lives shorter has mostly named itself
 * after its slot was made. Not where a filter may forbid it. */
static void note_name(void)
{
    const struct lsc_writer *w = lsc__self;
    bool is_sandboxed = atomic_load_explicit(&process.is_sandboxed, memory_order_relaxed);
    if (w && w->shared && lsc__segment && !is_sandboxed && !process_is_off())
        real.prctl(PR_GET_NAME, (unsigned long)(uintptr_t)w->shared->name, 0, 0, 0);
}

static void end_thread(void *unused)
{
    (void)unused;
    if (self.is_ended || self_is_vforked())
        return;
    note_name();
    thread_close();
    self.is_ended = true;
    struct loop *loop = self.loop;
    self.loop = NULL;
    if (loop && loop->shared)
        loop_release(loop);
}

/* For threads that did not come through pthread_create: libloopscope has already given their slot
 * away by now, so nothing is written any more. */
static void end_unknown_thread(void *unused)
{
    (void)unused;
    struct loop *loop = self.loop;
    self.gate = GATE_SHUT;
    self.is_ended = true;
    self.loop = NULL;
    if (loop && loop->shared)
        loop_release(loop);
}

void thread_init(void)
{
    has_end_key = pthread_key_create(&end_key, end_unknown_thread) == 0;
}

void thread_arm_exit(void)
{
    /* Beyond the first 32 keys pthread_setspecific would allocate. */
    if (has_end_key && end_key < 32)
        pthread_setspecific(end_key, &end_key);
}

static struct start *take_start(void)
{
    for (int i = 0; i < STARTS; i++) {
        bool is_taken = false;
        if (!atomic_load_explicit(&starts[i].is_taken, memory_order_relaxed) &&
            atomic_compare_exchange_strong(&starts[i].is_taken, &is_taken, true))
            return &starts[i];
    }
    return NULL;
}

static void *run_thread(void *given)
{
    struct start *start = given;
    void *(*routine)(void *) = start->routine;
    void *arg = start->arg;
    atomic_store_explicit(&start->is_taken, false, memory_order_release);
    self.start_routine = (uintptr_t)routine;
    pool_thread_begins();
    void *result;
    /* The handler runs before thread-specific destructors, also at pthread_exit and cancellation.
     */
    pthread_cleanup_push(end_thread, NULL);
    result = routine(arg);
    pthread_cleanup_pop(1);
    return result;
}

LSC_EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                              void *(*routine)(void *), void *arg)
{
    struct start *start = self_is_vforked() || process_is_off() ? NULL : take_start();
    if (!start)
        return real.pthread_create(thread, attributes, routine, arg);
    start->routine = routine;
    start->arg = arg;
    int error = real.pthread_create(thread, attributes, run_thread, start);
    if (error)
        atomic_store_explicit(&start->is_taken, false, memory_order_release);
    return error;
}
