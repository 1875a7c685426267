/* SPDX-License-Identifier: MIT */
/* A program that emits known records, for test_live.c to observe: live_emitter <mode> [count].
 * It says "ready" on stdout when its records are out and, where the mode says so, waits for a line.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core.h"

static void say_ready_and_wait(void)
{
    puts("ready");
    fflush(stdout);
    char line[16];
    if (!fgets(line, sizeof(line), stdin))
        _exit(3);
}

static void emit_polls(lsc_task task, unsigned long count)
{
    for (unsigned long i = 0; i < count; i++) {
        lsc_poll_begin(task);
        lsc_poll_end(task, LSC_POLL_RESULT_PENDING);
    }
}

/* A task with a name and a site, a resource, a mark. */
static void run_polls(unsigned long count)
{
    lsc_task task = lsc_task_spawn(
        &(struct lsc_task_info){.kind = "request", .name = "GET /", .site = LSC_SITE_HERE()});
    lsc_resource queue = lsc_resource_new("channel", "jobs", LSC_SITE_HERE(), 8);
    lsc_depth(queue, 8);
    lsc_mark("checkpoint", 42);
    emit_polls(task, count);
    say_ready_and_wait();
    emit_polls(task, count);
    lsc_task_end(task);
}

static void *poll_once(void *data)
{
    emit_polls(*(lsc_task *)data, 10);
    return NULL;
}

/* Threads one after the other, so that they share a slot if slots are reused, then at once. */
static void run_threads(unsigned long count)
{
    lsc_task task = lsc_task_spawn(&(struct lsc_task_info){.kind = "worker"});
    for (unsigned long i = 0; i < count; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, poll_once, &task) == 0)
            pthread_join(thread, NULL);
    }
    say_ready_and_wait();
}

__attribute__((noinline)) void emitter_culprit(void);
void emitter_culprit(void)
{
    __asm__ volatile("nop; nop; nop; nop");
}

/* What the preload library would write: a turn, a call with a stack, a sample, kernel accounting.
 */
static void run_turns(unsigned long count)
{
    struct lsc_writer *w = lsc__segment ? lsc__attach() : NULL;
    if (!w)
        _exit(4);
    lsc__modules_refresh();
    uint64_t pc = (uint64_t)(uintptr_t)emitter_culprit + 1;
    uint32_t stack = lsc__stack_intern(&pc, 1, false);
    uint64_t ms = lsc__ticks_from_ns(1000000);
    for (unsigned long i = 0; i < count; i++) {
        uint64_t now = lsc__now();
        lsc__ring_put(w, now, LSC_RECORD_CALL, 0, stack, 2 * ms, LSC_CALL_read);
        lsc__ring_put(w, now, LSC_RECORD_STALL_SAMPLE, 0, stack, ms, 0);
        lsc__ring_put(w, now, LSC_RECORD_USAGE, 0, w->slot, 5000, 6000);
        lsc__ring_put(w, now, LSC_RECORD_TURN, LSC_TURN_TIMED_OUT, 3, 3 * ms, ms);
    }
    say_ready_and_wait();
}

/* In the middle of a poll for good. */
static void run_hang(void)
{
    lsc_task task = lsc_task_spawn(&(struct lsc_task_info){.kind = "request", .name = "slow"});
    emit_polls(task, 5);
    lsc_poll_begin(task);
    lsc__clock_refresh();
    say_ready_and_wait();
}

/* Tasks that are there and do nothing. */
static void run_spawn(unsigned long count)
{
    for (unsigned long i = 0; i < count; i++)
        lsc_task_spawn(&(struct lsc_task_info){.kind = "request", .name = "idle"});
    say_ready_and_wait();
}

int main(int argc, char **argv)
{
    if (argc < 2 || lsc_probe_start() < 0)
        return 2;
    unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    if (strcmp(argv[1], "polls") == 0)
        run_polls(count);
    else if (strcmp(argv[1], "threads") == 0)
        run_threads(count);
    else if (strcmp(argv[1], "turns") == 0)
        run_turns(count);
    else if (strcmp(argv[1], "hang") == 0)
        run_hang();
    else if (strcmp(argv[1], "spawn") == 0)
        run_spawn(count);
    else if (strcmp(argv[1], "exec") == 0)
        execl("/bin/true", "true", (char *)NULL);
    return 7;
}
