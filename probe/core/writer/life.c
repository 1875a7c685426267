/* SPDX-License-Identifier: MIT */
/* Beginning and end: the constructor, the run-time switch, giving up, and the state that the
 * segment shows when the process leaves. */
#include <errno.h>
#include <string.h>

#include "line.h"
#include "state.h"
#include "sys.h"

/* How long a start waits for another thread that makes the segment just now. */
#define START_WAIT_MS 100u

int lsc_probe_on;

static _Atomic int init_stage; /* 0 not yet, 1 under way, 2 done */

void core_init(void)
{
    int expected = 0;
    if (__builtin_expect(atomic_load_explicit(&init_stage, memory_order_acquire) == 2, 1) ||
        !atomic_compare_exchange_strong(&init_stage, &expected, 1))
        return;
    int saved_errno = errno;
    line_init();
    config_init();
    clock_init();
    fork_init();
    thread_keys_init();
    atomic_store(&init_stage, 2);
    __atomic_store_n(&lsc_probe_on, !lsc__config()->is_off, __ATOMIC_RELAXED);
    errno = saved_errno;
}

static __attribute__((constructor(101))) void begin(void)
{
    core_init();
}

static __attribute__((destructor)) void end(void)
{
    lsc__segment_end(LSC_SEGMENT_EXITED);
}

int lsc_probe_start(void)
{
    int saved_errno = errno;
    int error;
    unsigned waited_ms = 0;
    while ((error = lsc__segment_ensure(LSC_DEPTH_EXPLICIT)) == -EAGAIN &&
           waited_ms++ < START_WAIT_MS)
        sys_sleep_ms(1);
    if (error == 0)
        lsc__modules_refresh();
    errno = saved_errno;
    return error;
}

/* The switch lies in the segment, where others can turn it too; see copy_control in thread.c. */
static void set_control(struct lsc_segment_header *header, bool on)
{
    uint32_t count = atomic_load(&header->thread_count);
    atomic_store(&header->control, on);
    for (uint32_t i = 0; i < count && part_is_reserved(LSC_PART_THREADS, i + 1); i++) {
        struct lsc_thread *t = part_at(LSC_PART_THREADS, i);
        atomic_store(&t->recording, on);
    }
}

void lsc_probe_enable(bool on)
{
    struct lsc_segment_header *header = core_header();
    core_init();
    if (lsc__config()->is_off)
        return;
    if (header != NULL && *lsc__fork_canary != 0)
        set_control(header, on);
    __atomic_store_n(&lsc_probe_on, on, __ATOMIC_RELAXED);
}

void lsc__give_up(const char *reason)
{
    int saved_errno = errno;
    struct line line = {.length = 0};
    struct lsc_segment_header *header = core_header();
    __atomic_store_n(&lsc_probe_on, 0, __ATOMIC_RELAXED);
    if (header != NULL && *lsc__fork_canary != 0) {
        set_control(header, false);
        atomic_store(&header->off_reason, lsc__string_intern(reason, strlen(reason)));
        lsc__segment_end(LSC_SEGMENT_OFF);
    }
    segment_refuse();
    line_add(&line, reason);
    line_print_once(&line);
    errno = saved_errno;
}

void lsc__counter_forbidden(void)
{
    static const char reason[] = "the program forbids reading the processor's counter";
    struct lsc_segment_header *header = core_header();
    __atomic_store_n(&lsc_probe_on, 0, __ATOMIC_RELAXED);
    if (header != NULL && *lsc__fork_canary != 0) {
        set_control(header, false);
        atomic_store(&header->off_reason, lsc__string_intern(reason, sizeof reason - 1));
        lsc__segment_end(LSC_SEGMENT_OFF);
    }
    segment_refuse();
}

void lsc__segment_end(enum lsc_segment_state state)
{
    struct lsc_segment_header *header = core_header();
    if (header == NULL || *lsc__fork_canary == 0)
        return;
    uint32_t from = state == LSC_SEGMENT_LIVE ? LSC_SEGMENT_REPLACED : LSC_SEGMENT_LIVE;
    uint64_t ticks = state == LSC_SEGMENT_LIVE ? 0 : lsc__now();
    if (atomic_load(&header->state) != from)
        return;
    atomic_store(&header->end_ticks, ticks);
    atomic_store_explicit(&header->state, state, memory_order_release);
}
