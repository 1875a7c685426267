/* SPDX-License-Identifier: MIT */
/* Threads that intern the same strings, stacks and sites, spawn and end tasks, poll the same tasks,
 * begin and end themselves: each text keeps one id, no handle is given twice, no poll is lost. */
#include <loopscope/probe.h>
#include <pthread.h>
#include <stdatomic.h>

#include "probe/core/writer/core.h"
#include "stress_directory.h"

enum { THREADS = 4, ROUNDS = 20000, NAMES = 64, SHARED_TASKS = 3, LIVE = 16, GENERATIONS = 6 };

static _Atomic int failures;
static _Atomic uint32_t string_ids[NAMES], stack_ids[NAMES], site_ids[NAMES];
/* Who holds a task slot: set by the spawner, cleared before the end. */
static _Atomic uint32_t holders[1 << 16];
static lsc_task shared_tasks[SHARED_TASKS];
static _Atomic uint64_t shared_polls[SHARED_TASKS];

static void fail(const char *what, uint32_t a, uint32_t b)
{
    fprintf(stderr, "table_race: %s (%u, %u)\n", what, a, b);
    failures++;
}

/* The first id that anybody got for a thing is the one that all get. */
static void check_id(_Atomic uint32_t *known, uint32_t id, const char *what)
{
    uint32_t none = 0;
    if (id == 0)
        fail(what, 0, 0);
    else if (!atomic_compare_exchange_strong(known, &none, id) && none != id)
        fail(what, none, id);
}

static void intern(unsigned n)
{
    char text[32];
    uint64_t pcs[2] = {n + 1, 42};
    int length = snprintf(text, sizeof text, "name %u", n);
    check_id(&string_ids[n], lsc__string_intern(text, (size_t)length), "two ids of one string");
    check_id(&stack_ids[n], lsc__stack_intern(pcs, 2, false), "two ids of one stack");
    check_id(&site_ids[n], lsc_site_intern("file.c", n + 1, "function"), "two ids of one site");
}

static void hold(lsc_task task)
{
    uint32_t slot = LSC_HANDLE_SLOT(task);
    if (task == 0)
        fail("a table is full", 0, 0);
    else if (atomic_exchange(&holders[slot % (1 << 16)], task) != 0)
        fail("a slot was given twice", slot, task);
}

static void release(lsc_task task)
{
    atomic_store(&holders[LSC_HANDLE_SLOT(task) % (1 << 16)], 0);
    lsc_task_end(task);
}

static void *work(void *data)
{
    unsigned seed = (unsigned)(uintptr_t)data;
    lsc_task live[LIVE] = {0};
    for (unsigned i = 0; i < ROUNDS && failures < 10; i++) {
        unsigned n = (unsigned)rand_r(&seed);
        if (i % 16 == 0)
            intern(n % NAMES);
        lsc_task *mine = &live[n % LIVE];
        if (*mine != 0)
            release(*mine);
        *mine = lsc_task_spawn(&(struct lsc_task_info){.kind = "stress", .name = "task"});
        hold(*mine);
        lsc_poll_begin(shared_tasks[i % SHARED_TASKS]);
        lsc_wake(*mine, 0);
        lsc_poll_end(shared_tasks[i % SHARED_TASKS], LSC_POLL_RESULT_PENDING);
        atomic_fetch_add(&shared_polls[i % SHARED_TASKS], 1);
    }
    for (int i = 0; i < LIVE; i++)
        if (live[i] != 0)
            release(live[i]);
    return NULL;
}

static void check_totals(void)
{
    struct segment_reader *reader = stress_open();
    if (reader == NULL || segment_reader_refresh(reader) < 0) {
        fail("no reader", 0, 0);
        return;
    }
    for (int i = 0; i < SHARED_TASKS; i++) {
        struct lsc_task task;
        if (segment_reader_task(reader, LSC_HANDLE_SLOT(shared_tasks[i]), &task) < 0)
            fail("a task is missing", (uint32_t)i, 0);
        /* The thread that polls a task first adds without a lock until the second shows up, and may
         * then lose one addition at the very change. */
        else if (task.polls > shared_polls[i] || task.polls + 2 * THREADS < shared_polls[i])
            fail("polls were lost", (uint32_t)task.polls, (uint32_t)shared_polls[i]);
    }
    segment_reader_close(reader);
}

int main(int argc, char **argv)
{
    (void)argc;
    stress_enter(argv);
    if (lsc_probe_start() < 0)
        return 1;
    for (int i = 0; i < SHARED_TASKS; i++)
        shared_tasks[i] = lsc_task_spawn(&(struct lsc_task_info){.kind = "shared"});
    for (int generation = 0; generation < GENERATIONS; generation++) {
        pthread_t threads[THREADS];
        for (uintptr_t i = 0; i < THREADS; i++)
            pthread_create(&threads[i], NULL, work, (void *)(i + 1));
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
    }
    check_totals();
    stress_leave();
    return failures != 0;
}
