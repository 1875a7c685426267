/* SPDX-License-Identifier: MIT */
/* Tasks' totals are folded from the rings some hundred records at a time, by the threads
 * themselves. The rest is read here, so that a task that was polled three times in an hour shows
 * three polls. */
#include <stdlib.h>
#include <string.h>

#include "reader.h"

/* More than any thread leaves unfolded. */
#define BATCH_RECORDS 4096u

void pending_free(struct segment_reader *reader)
{
    free(reader->pending);
    free(reader->batch);
}

static uint32_t first_place(uint32_t handle)
{
    return handle * 2654435761u >> 7;
}

/* The place of `handle` with that thread's records, or the empty one where they belong. */
static struct pending_records *find(const struct segment_reader *reader, uint32_t handle,
                                    uint32_t thread)
{
    uint32_t mask = reader->pending_places - 1;
    for (uint32_t at = first_place(handle);; at++) {
        struct pending_records *p = &reader->pending[at & mask];
        if (p->handle == 0 || (p->handle == handle && p->thread == thread))
            return p;
    }
}

static bool make_room(struct segment_reader *reader)
{
    struct pending_records *old = reader->pending;
    uint32_t old_places = reader->pending_places;
    if (reader->pending_count < old_places / 2)
        return true;
    uint32_t places = old_places == 0 ? 1024 : old_places * 2;
    struct pending_records *fresh = calloc(places, sizeof *fresh);
    if (fresh == NULL)
        return false;
    reader->pending = fresh;
    reader->pending_places = places;
    for (uint32_t i = 0; i < old_places; i++)
        if (old[i].handle != 0)
            *find(reader, old[i].handle, old[i].thread) = old[i];
    free(old);
    return true;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void add_wake(struct pending_records *p, uint64_t time, bool by_itself)
{
    p->wakes++;
    p->self_wakes += by_itself;
    p->last_wake = larger(p->last_wake, time);
}

static void add_poll(struct pending_records *p, const struct lsc_record *poll)
{
    p->polls++;
    p->busy_ticks += poll->arg;
    p->worst_ticks = larger(p->worst_ticks, poll->arg);
    p->last_poll = larger(p->last_poll, poll->time);
    p->last_begin = larger(p->last_begin, poll->time - poll->arg);
    if (poll->flags & LSC_POLL_SELF_WAKE)
        add_wake(p, poll->time, true);
    if ((poll->flags & LSC_POLL_AWAITS) && poll->time > p->await_since) {
        p->await_since = poll->time;
        p->awaited = poll->arg2;
    }
}

static void add_record(struct segment_reader *reader, uint32_t thread, uint64_t folded,
                       const struct lsc_record *record)
{
    bool is_poll = record->type == LSC_RECORD_POLL;
    if (record->task == 0 || (!is_poll && record->type != LSC_RECORD_WAKE) || !make_room(reader))
        return;
    struct pending_records *p = find(reader, record->task, thread);
    reader->pending_count += p->handle == 0;
    p->handle = record->task;
    p->thread = thread;
    p->folded = folded;
    if (is_poll)
        add_poll(p, record);
    else
        add_wake(p, record->time, record->arg == record->task);
}

static int read_folded(const struct segment_reader *reader, uint32_t slot, uint64_t *out)
{
    const struct lsc_part *threads = &reader->header.parts[LSC_PART_THREADS];
    return reader_copy(reader,
                       threads->offset + (uint64_t)slot * threads->stride +
                           offsetof(struct lsc_thread, folded),
                       out, sizeof *out);
}

static void collect_thread(struct segment_reader *reader, uint32_t slot)
{
    struct ring_read got;
    uint64_t folded, folded_after;
    if (read_folded(reader, slot, &folded) < 0 ||
        segment_reader_ring(reader, slot, folded, reader->batch, BATCH_RECORDS, &got) < 0 ||
        read_folded(reader, slot, &folded_after) < 0)
        return;
    /* Folded meanwhile: the totals contain them now. */
    if (folded_after != folded)
        return;
    for (size_t i = 0; i < got.count; i++)
        add_record(reader, slot, folded, &reader->batch[i]);
}

static void collect(struct segment_reader *reader)
{
    if (reader->batch == NULL)
        reader->batch = malloc(BATCH_RECORDS * sizeof *reader->batch);
    if (reader->batch == NULL)
        return;
    if (reader->pending != NULL)
        memset(reader->pending, 0, reader->pending_places * sizeof *reader->pending);
    reader->pending_count = 0;
    for (uint32_t i = 0; i < reader->header.thread_count; i++)
        collect_thread(reader, i);
    reader->pending_is_current = true;
}

static void add(struct lsc_task *task, const struct pending_records *p)
{
    task->polls += p->polls;
    task->busy_ticks += p->busy_ticks;
    task->worst_ticks = larger(task->worst_ticks, p->worst_ticks);
    task->last_poll = larger(task->last_poll, p->last_poll);
    task->last_begin = larger(task->last_begin, p->last_begin);
    task->wakes += p->wakes;
    task->self_wakes += p->self_wakes;
    task->last_wake = larger(task->last_wake, p->last_wake);
    if (task->state == LSC_TASK_STRANDED && p->last_begin > task->await_since)
        task->state = LSC_TASK_IDLE; /* polled since */
    if (p->await_since <= task->await_since && task->state != LSC_TASK_STRANDED)
        return;
    task->await_since = larger(task->await_since, p->await_since);
    if (p->await_since != 0) {
        task->awaits = LSC_AWAIT_RESOURCE(p->awaited);
        task->await_site = LSC_AWAIT_SITE(p->awaited);
    }
}

void pending_add(struct segment_reader *reader, struct lsc_task *task)
{
    if (!reader->pending_is_current)
        collect(reader);
    if (reader->pending_places == 0)
        return;
    uint32_t mask = reader->pending_places - 1;
    for (uint32_t at = first_place(task->handle);; at++) {
        const struct pending_records *p = &reader->pending[at & mask];
        uint64_t folded;
        if (p->handle == 0)
            return;
        /* Folded since: the copy of the totals may contain it already. */
        if (p->handle == task->handle && read_folded(reader, p->thread, &folded) == 0 &&
            folded == p->folded)
            add(task, p);
    }
}
