/* SPDX-License-Identifier: MIT */
/* Records out of the rings of one process, converted and merged in order of time. Every ring has a
 * small buffer that is refilled while the merge runs, so that memory stays small however much
 * the rings hold. */
#include <stdlib.h>
#include <string.h>

#include "observed.h"
#include "quantize.h"

#define REFER_AHEAD 16 /* records */

struct type_units {
    uint8_t arg, arg2; /* enum lsc_field_unit */
};

static const struct type_units units[LSC_RECORD_TYPE_LIMIT] = {
#define X(name, number, title, arg_unit, arg2_unit) [number] = {arg_unit, arg2_unit},
    LSC_RECORD_TYPES(X)
#undef X
};

static uint64_t convert_field(const struct observed *o, uint8_t unit, uint64_t value)
{
    if (unit == LSC_FIELD_TICKS)
        return segment_reader_duration_ns(o->reader, value);
    if (unit == LSC_FIELD_DELAY) {
        uint64_t ns = segment_reader_duration_ns(o->reader, LSC_POLL_DELAY(value));
        return (value & ~LSC_POLL_DELAY_MAX) | (ns < LSC_POLL_DELAY_MAX ? ns : LSC_POLL_DELAY_MAX);
    }
    return value;
}

/* Kernel accounting names a ring slot; consumers know threads. False: none they know of. */
static bool slot_to_thread(const struct observed *o, struct event *event)
{
    if (event->type != LSC_RECORD_USAGE && event->type != LSC_RECORD_FAULTS &&
        event->type != LSC_RECORD_STATE)
        return true;
    if (event->task >= o->slot_count || o->slots[event->task].generation == 0)
        return false;
    event->task = o->slots[event->task].thread;
    return true;
}

/* False: a type this code does not know, or nothing anybody could use. */
static bool convert(struct observed *o, struct slot *slot, const struct lsc_record *record,
                    struct event *out)
{
    if (record->type == 0 || record->type >= LSC_RECORD_TYPE_LIMIT)
        return false;
    uint64_t time = segment_reader_ns(o->reader, record->time);
    if (record->type == LSC_RECORD_THREAD_START && record->task != slot->generation)
        slot_begin_thread(o, slot, record->task, (uint32_t)record->arg, time);
    if (slot->generation == 0)
        slot_begin_thread(o, slot, slot->shared.generation, slot->shared.tid, time);
    *out = (struct event){
        .time_ns = time,
        .arg = convert_field(o, units[record->type].arg, record->arg),
        .arg2 = convert_field(o, units[record->type].arg2, record->arg2),
        .task = record->task,
        .thread = slot->thread,
        .type = record->type,
        .flags = record->flags,
    };
    event_quantize(out);
    return slot_to_thread(o, out);
}

/* The await with which a poll ended becomes a record of its own, before that of the poll. */
static bool split_await(struct lsc_record *poll, struct lsc_record *await)
{
    if (poll->type != LSC_RECORD_POLL || !(poll->flags & LSC_POLL_AWAITS))
        return false;
    *await = (struct lsc_record){.time = poll->time,
                                 .arg = LSC_AWAIT_RESOURCE(poll->arg2),
                                 .arg2 = LSC_AWAIT_SITE(poll->arg2),
                                 .task = poll->task,
                                 .type = LSC_RECORD_AWAIT};
    poll->flags &= (uint16_t)~LSC_POLL_AWAITS;
    poll->arg2 = 0;
    return true;
}

static bool make_room(struct slot *slot, size_t more)
{
    if (slot->used == slot->count)
        slot->used = slot->count = 0;
    if (slot->count + more <= slot->capacity)
        return true;
    size_t capacity = slot->capacity ? slot->capacity : 256;
    while (capacity < slot->count + more)
        capacity *= 2;
    struct event *buffer = realloc(slot->buffer, capacity * sizeof(*buffer));
    if (!buffer)
        return false;
    slot->buffer = buffer;
    slot->capacity = capacity;
    return true;
}

/* A signal handler's record may stand before one that was timed earlier. */
static void insert(struct slot *slot, const struct event *event)
{
    size_t at = slot->count++;
    for (; at > slot->used && slot->buffer[at - 1].time_ns > event->time_ns; at--)
        slot->buffer[at] = slot->buffer[at - 1];
    slot->buffer[at] = *event;
}

/* After a gap it is not known whose records come: they belong to the thread before the next start
 * of one, or to the present one when none starts. */
static void find_owner(struct observed *o, struct slot *slot, const struct ring_read *got)
{
    for (size_t i = 0; i < got->count; i++) {
        const struct lsc_record *record = &o->records[i];
        if (record->type != LSC_RECORD_THREAD_START)
            continue;
        if (i > 0 && record->task > 1 && slot->generation != record->task - 1)
            slot_begin_thread(o, slot, record->task - 1, 0, 0);
        return;
    }
    if (slot->generation != slot->shared.generation && got->next >= slot->limit)
        slot_begin_thread(o, slot, slot->shared.generation, slot->shared.tid, 0);
}

static void take(struct observed *o, struct slot *slot, const struct lsc_record *record)
{
    struct event event;
    if (!convert(o, slot, record, &event))
        return;
    tables_refer(o, &event);
    insert(slot, &event);
}

static void take_records(struct observed *o, struct slot *slot, const struct ring_read *got)
{
    if (got->lost > 0 || slot->generation == 0)
        find_owner(o, slot, got);
    slot->lost += got->lost;
    if (!make_room(slot, 2 * got->count)) {
        slot->lost += got->count;
        return;
    }
    for (size_t i = 0; i < got->count; i++) {
        struct lsc_record await;
        /* With many tasks what was told of one is far from what was told of the last. */
        uint32_t next = i + REFER_AHEAD < got->count
                            ? LSC_HANDLE_SLOT(o->records[i + REFER_AHEAD].task)
                            : o->task_room;
        if (next < o->task_room)
            __builtin_prefetch(&o->tasks[next]);
        if (split_await(&o->records[i], &await))
            take(o, slot, &await);
        take(o, slot, &o->records[i]);
    }
}

/* Reads on until an event waits or the drain's limit is reached. */
static bool refill(struct observed *o, struct slot *slot)
{
    while (slot->used == slot->count && slot->cursor < slot->limit) {
        struct ring_read got;
        uint64_t left = slot->limit - slot->cursor;
        size_t most = left < SLOT_BUFFER_MAX ? (size_t)left : SLOT_BUFFER_MAX;
        uint32_t number = (uint32_t)(slot - o->slots);
        if (segment_reader_ring(o->reader, number, slot->cursor, o->records, most, &got) < 0 ||
            got.next <= slot->cursor) {
            slot->limit = slot->cursor;
            break;
        }
        slot->cursor = got.next;
        take_records(o, slot, &got);
    }
    return slot->used < slot->count;
}

/* Order of time, then of slots: the same however the rings were read. */
static bool is_earlier(const struct observed *o, uint32_t a, uint32_t b)
{
    uint64_t time_a = o->slots[a].buffer[o->slots[a].used].time_ns;
    uint64_t time_b = o->slots[b].buffer[o->slots[b].used].time_ns;
    return time_a != time_b ? time_a < time_b : a < b;
}

static void sift_down(struct observed *o, uint32_t at)
{
    uint32_t moving = o->heap[at];
    for (uint32_t child; (child = 2 * at + 1) < o->heap_count; at = child) {
        if (child + 1 < o->heap_count && is_earlier(o, o->heap[child + 1], o->heap[child]))
            child++;
        if (!is_earlier(o, o->heap[child], moving))
            break;
        o->heap[at] = o->heap[child];
    }
    o->heap[at] = moving;
}

void merge_begin(struct observed *o)
{
    o->heap_count = 0;
    if (!o->heap)
        return;
    for (uint32_t i = 0; i < o->slot_count; i++)
        if (refill(o, &o->slots[i]))
            o->heap[o->heap_count++] = i;
    for (uint32_t i = o->heap_count / 2; i-- > 0;)
        sift_down(o, i);
}

size_t merge_batch(struct observed *o)
{
    size_t count = 0;
    while (count < OBSERVED_BATCH && o->heap_count > 0) {
        struct slot *slot = &o->slots[o->heap[0]];
        o->batch[count++] = slot->buffer[slot->used++];
        if (slot->used == slot->count && !refill(o, slot))
            o->heap[0] = o->heap[--o->heap_count];
        if (o->heap_count > 1)
            sift_down(o, 0);
    }
    if (count > 0 && o->batch[count - 1].time_ns > o->newest_ns)
        o->newest_ns = o->batch[count - 1].time_ns;
    return count;
}
