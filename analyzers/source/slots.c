/* SPDX-License-Identifier: MIT */
/* Thread slots of a segment and the threads that live in them one after the other. */
#include <stdlib.h>
#include <string.h>

#include "observed.h"

#define SLOTS_MAX 65536u

void slots_free(struct observed *o)
{
    for (uint32_t i = 0; i < o->slot_count; i++)
        free(o->slots[i].buffer);
    free(o->slots);
    free(o->heap);
}

static bool make_room(struct observed *o, uint32_t count)
{
    if (count <= o->slot_capacity)
        return true;
    uint32_t capacity = o->slot_capacity ? o->slot_capacity : 16;
    while (capacity < count)
        capacity *= 2;
    struct slot *slots = realloc(o->slots, capacity * sizeof(*slots));
    if (slots)
        o->slots = slots;
    uint32_t *heap = realloc(o->heap, capacity * sizeof(*heap));
    if (heap)
        o->heap = heap;
    if (!slots || !heap)
        return false;
    o->slot_capacity = capacity;
    return true;
}

/* Where reading begins: with everything, with what is still there, or from now on. */
static void place_cursor(struct observed *o, struct slot *slot)
{
    uint64_t head = slot->shared.head, ring = segment_reader_header(o->reader)->ring_records;
    slot->is_new = false;
    if (o->skips_past)
        slot->cursor = head;
    else if (o->is_past_wanted && head >= ring)
        slot->cursor = head - ring + 1; /* what nobody was there to read is not lost */
    bool is_sure = slot->cursor == head || slot->shared.generation == 1;
    if (is_sure)
        slot_begin_thread(o, slot, slot->shared.generation, slot->shared.tid,
                          segment_reader_ns(o->reader, slot->shared.started));
}

static void scan_one(struct observed *o, uint32_t number)
{
    struct slot *slot = &o->slots[number];
    slot->is_present = segment_reader_thread(o->reader, number, &slot->shared) == 0;
    if (!slot->is_present || slot->shared.generation == 0) {
        slot->is_present = false;
        slot->limit = slot->cursor;
        return;
    }
    if (slot->is_new)
        place_cursor(o, slot);
    slot->limit = slot->shared.head > slot->cursor ? slot->shared.head : slot->cursor;
}

void slots_scan(struct observed *o)
{
    uint32_t count = segment_reader_header(o->reader)->thread_count;
    count = count < SLOTS_MAX ? count : SLOTS_MAX;
    if (!make_room(o, count))
        count = o->slot_capacity;
    for (; o->slot_count < count; o->slot_count++) {
        memset(&o->slots[o->slot_count], 0, sizeof(o->slots[0]));
        o->slots[o->slot_count].is_new = true;
    }
    for (uint32_t i = 0; i < o->slot_count; i++)
        scan_one(o, i);
    o->skips_past = false; /* threads that come later are read from their begin */
}

static uint64_t digest(uint64_t sum, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ ((const uint8_t *)bytes)[i]) * 1099511628211u;
    return sum;
}

/* A number that changes when what is said of the thread does. */
static uint64_t facts_digest(const struct lsc_thread *shared)
{
    const uint64_t facts[] = {shared->roles, shared->state, shared->wait_object, shared->loop_key,
                              shared->start_routine};
    uint64_t sum = digest(14695981039346656037u, facts, sizeof(facts));
    return digest(sum, shared->name, sizeof(shared->name));
}

static uint64_t totals_digest(const struct lsc_thread *shared)
{
    size_t first = offsetof(struct lsc_thread, turns);
    const char *totals = (const char *)(const void *)shared + first;
    return digest(facts_digest(shared), totals, sizeof(*shared) - first);
}

static void tell_calls(struct observed *o, const struct lsc_thread *shared,
                       struct thread_item *item)
{
    for (unsigned i = 0; i < LSC_CALL_LIMIT; i++) {
        item->calls[i].count = shared->calls[i].count;
        item->calls[i].ns = segment_reader_duration_ns(o->reader, shared->calls[i].ticks);
    }
}

/* The thread of `slot` as `shared` describes it. */
static void tell(struct observed *o, struct slot *slot, const struct lsc_thread *shared,
                 bool has_ended)
{
    struct thread_item *item = &item_queue_add(o->queue, ITEM_THREAD, o->index)->thread;
    size_t name_bytes = strnlen(shared->name, sizeof(shared->name));
    *item = (struct thread_item){
        .thread = slot->thread,
        .tid = shared->tid,
        .roles = shared->roles,
        .has_ended = has_ended,
        .name = item_queue_text(o->queue, shared->name, name_bytes),
        .start_routine = shared->start_routine,
        .loop_key = shared->loop_key,
        .wait_object = shared->wait_object,
        .started_ns = segment_reader_ns(o->reader, shared->started),
        .turns = shared->turns,
        .busy_ns = segment_reader_duration_ns(o->reader, shared->busy_ticks),
        .idle_ns = segment_reader_duration_ns(o->reader, shared->idle_ticks),
        .ready_events = shared->ready_events,
        .samples = shared->samples,
        .late_samples = shared->late_samples,
        .dropped = shared->dropped_nested + shared->dropped_memory,
    };
    tell_calls(o, shared, item);
    if (shared != &slot->told)
        slot->told = *shared;
    slot->has_ended = has_ended;
    if (shared->start_routine)
        pcs_want(o, shared->start_routine, false);
}

static void tell_present(struct observed *o, struct slot *slot)
{
    tell(o, slot, &slot->shared, slot->shared.state == LSC_THREAD_ENDED);
}

void slot_begin_thread(struct observed *o, struct slot *slot, uint32_t generation, uint32_t tid,
                       uint64_t started_ns)
{
    if (slot->generation != 0 && !slot->has_ended)
        tell(o, slot, &slot->told, true);
    slot->generation = generation;
    slot->thread = o->next_thread;
    if (o->next_thread < OBSERVED_THREADS_MAX - 1)
        o->next_thread++;
    slot->was_busy = false;
    slot->facts_digest = slot->totals_digest = 0;
    /* Its events may come before the drain ends, so it must be known now. */
    if (slot->is_present && slot->shared.generation == generation) {
        tell_present(o, slot);
        return;
    }
    /* Another one has taken its place already: little is left to know. */
    memset((void *)&slot->told, 0, sizeof(slot->told));
    slot->told.tid = tid;
    tell(o, slot, &slot->told, true);
    if (o->queue->count > 0)
        o->queue->items[o->queue->count - 1]->thread.started_ns = started_ns;
}

void slots_tell(struct observed *o, bool with_totals)
{
    for (uint32_t i = 0; i < o->slot_count; i++) {
        struct slot *slot = &o->slots[i];
        if (!slot->is_present || slot->generation != slot->shared.generation)
            continue;
        uint64_t facts = facts_digest(&slot->shared);
        uint64_t totals = with_totals ? totals_digest(&slot->shared) : slot->totals_digest;
        if (facts == slot->facts_digest && totals == slot->totals_digest)
            continue;
        slot->facts_digest = facts;
        slot->totals_digest = totals;
        tell_present(o, slot);
    }
}

static uint64_t since_ns(const struct observed *o, uint64_t ticks)
{
    return ticks == 0 ? UINT64_MAX : segment_reader_ns(o->reader, ticks);
}

void slots_tell_now(struct observed *o, uint64_t time_ns, bool all)
{
    for (uint32_t i = 0; i < o->slot_count; i++) {
        struct slot *slot = &o->slots[i];
        const struct lsc_thread *shared = &slot->shared;
        if (!slot->is_present || slot->generation != shared->generation)
            continue;
        bool is_busy =
            shared->state == LSC_THREAD_LIVE &&
            (shared->turn_since || shared->busy_since || shared->poll_since || shared->call_since);
        if (!all && !is_busy && !slot->was_busy)
            continue;
        slot->was_busy = is_busy;
        uint32_t stack = (uint32_t)shared->stall_stack;
        /* Of a call it is the watchdog's, and begins with the address that the call returns to. */
        pcs_want_stack(o, stack, shared->call_since == 0);
        struct now_item *now = &item_queue_add(o->queue, ITEM_NOW, o->index)->now;
        *now = (struct now_item){
            .thread = slot->thread,
            .time_ns = time_ns,
            .turn_since_ns = since_ns(o, is_busy ? shared->turn_since : 0),
            .busy_since_ns = since_ns(o, is_busy ? shared->busy_since : 0),
            .poll_since_ns = since_ns(o, is_busy ? shared->poll_since : 0),
            .call_since_ns = since_ns(o, is_busy ? shared->call_since : 0),
            .call = shared->call_since ? shared->call : LSC_CALL_NONE,
            .current_task = shared->current_task,
            .stall_stack = stack,
        };
    }
}

void slots_tell_lost(struct observed *o)
{
    for (uint32_t i = 0; i < o->slot_count; i++) {
        struct slot *slot = &o->slots[i];
        if (slot->lost == 0 || slot->generation == 0)
            continue;
        struct lost_item *lost = &item_queue_add(o->queue, ITEM_LOST, o->index)->lost;
        *lost = (struct lost_item){slot->thread, slot->lost};
        slot->lost = 0;
    }
}
