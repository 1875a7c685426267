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

/* The place of `handle`, or the empty one where it belongs. */
static struct pending_polls *find(const struct segment_reader *reader, uint32_t handle)
{
    uint32_t mask = reader->pending_places - 1;
    uint32_t at = handle * 2654435761u >> 7;
    while (reader->pending[at & mask].handle != 0 && reader->pending[at & mask].handle != handle)
        at++;
    return &reader->pending[at & mask];
}

static bool make_room(struct segment_reader *reader)
{
    struct pending_polls *old = reader->pending;
    uint32_t old_places = reader->pending_places;
    if (reader->pending_count < old_places / 2)
        return true;
    uint32_t places = old_places == 0 ? 1024 : old_places * 2;
    struct pending_polls *fresh = calloc(places, sizeof *fresh);
    if (fresh == NULL)
        return false;
    reader->pending = fresh;
    reader->pending_places = places;
    for (uint32_t i = 0; i < old_places; i++)
        if (old[i].handle != 0)
            *find(reader, old[i].handle) = old[i];
    free(old);
    return true;
}

static void add_poll(struct segment_reader *reader, uint32_t thread, uint64_t folded,
                     const struct lsc_record *poll)
{
    if (poll->task == 0 || !make_room(reader))
        return;
    struct pending_polls *p = find(reader, poll->task);
    reader->pending_count += p->handle == 0;
    uint64_t begin = poll->time - poll->arg;
    p->handle = poll->task;
    p->thread = thread;
    p->folded = folded;
    p->polls++;
    p->busy_ticks += poll->arg;
    p->worst_ticks = poll->arg > p->worst_ticks ? poll->arg : p->worst_ticks;
    p->last_poll = poll->time > p->last_poll ? poll->time : p->last_poll;
    p->last_begin = begin > p->last_begin ? begin : p->last_begin;
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
        if (reader->batch[i].type == LSC_RECORD_POLL)
            add_poll(reader, slot, folded, &reader->batch[i]);
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

void pending_add(struct segment_reader *reader, struct lsc_task *task)
{
    if (!reader->pending_is_current)
        collect(reader);
    if (reader->pending_places == 0)
        return;
    const struct pending_polls *p = find(reader, task->handle);
    uint64_t folded;
    /* Folded since: the copy of the totals may contain it already. */
    if (p->handle == 0 || read_folded(reader, p->thread, &folded) < 0 || folded != p->folded)
        return;
    task->polls += p->polls;
    task->busy_ticks += p->busy_ticks;
    task->worst_ticks = p->worst_ticks > task->worst_ticks ? p->worst_ticks : task->worst_ticks;
    task->last_poll = p->last_poll > task->last_poll ? p->last_poll : task->last_poll;
    task->last_begin = p->last_begin > task->last_begin ? p->last_begin : task->last_begin;
}
