/* SPDX-License-Identifier: MIT */
/* Which addresses are to be symbolized, each once. Those outside every known module wait a little:
 * their module may be told late, and a JIT writes its map after the code has run. What is unknown
 * then is asked again when the process ends. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "observed.h"

#define SET_MAX ((size_t)1 << 20)
#define JIT_DELAY_NS 300000000u

static size_t place(const struct number_set *set, uint64_t number)
{
    size_t at = (number * 0x9e3779b97f4a7c15u) >> 20;
    while (set->places[at & (set->capacity - 1)] != 0 &&
           set->places[at & (set->capacity - 1)] != number)
        at++;
    return at & (set->capacity - 1);
}

static bool grow_set(struct number_set *set)
{
    struct number_set larger = {.capacity = set->capacity ? 2 * set->capacity : 256};
    if (set->count >= SET_MAX)
        return false;
    larger.places = calloc(larger.capacity, sizeof(*larger.places));
    if (!larger.places)
        return false;
    for (size_t i = 0; i < set->capacity; i++)
        if (set->places[i])
            larger.places[place(&larger, set->places[i])] = set->places[i];
    larger.count = set->count;
    free(set->places);
    *set = larger;
    return true;
}

bool number_set_has(const struct number_set *set, uint64_t number)
{
    return set->capacity != 0 && set->places[place(set, number)] == number;
}

bool number_set_add(struct number_set *set, uint64_t number)
{
    if (number == 0 || number_set_has(set, number))
        return false;
    if (2 * set->count >= set->capacity && !grow_set(set))
        return false;
    set->places[place(set, number)] = number;
    set->count++;
    return true;
}

void pcs_free(struct observed *o)
{
    free(o->pcs.places);
    free(o->stack_uses.places);
    free(o->pending);
    free(o->modules);
}

static void push_pending(struct observed *o, struct pending_pc pending)
{
    if (o->pending_count == o->pending_capacity) {
        size_t capacity = o->pending_capacity ? 2 * o->pending_capacity : 64;
        struct pending_pc *grown = realloc(o->pending, capacity * sizeof(*grown));
        if (!grown)
            return;
        o->pending = grown;
        o->pending_capacity = capacity;
    }
    o->pending[o->pending_count++] = pending;
}

void pcs_want(struct observed *o, uint64_t pc, bool is_return)
{
    if (o->symbols && number_set_add(&o->pcs, pc))
        push_pending(o, (struct pending_pc){pc, 0, is_return});
}

void pcs_want_stack(struct observed *o, uint32_t stack, bool is_sample)
{
    uint64_t pcs[LSC_STACK_FRAMES_MAX];
    if (!o->symbols || stack == 0 ||
        !number_set_add(&o->stack_uses, 2 * (uint64_t)stack + is_sample))
        return;
    int depth = segment_reader_stack(o->reader, stack, pcs, NULL);
    for (int i = 0; i < depth; i++)
        pcs_want(o, pcs[i], !(is_sample && i == 0));
}

static bool remember_module(struct observed *o, const struct lsc_module *module)
{
    if (o->next_module == o->module_room) {
        uint32_t room = o->module_room ? 2 * o->module_room : 32;
        struct address_range *grown = realloc(o->modules, room * sizeof(*grown));
        if (!grown)
            return false;
        o->modules = grown;
        o->module_room = room;
    }
    o->modules[o->next_module++] = (struct address_range){module->start, module->end};
    return true;
}

/* False: the queue is full, or the entry is not complete yet. */
static bool order_module(struct observed *o)
{
    struct lsc_module module;
    int err = segment_reader_module(o->reader, o->next_module, &module);
    if (err < 0 || segment_reader_string(o->reader, module.path, o->text, STRING_BYTES_MAX) < 0) {
        /* Nonsense is passed over; what is incomplete will be looked at again. */
        memset((void *)&module, 0, sizeof(module));
        return err != 0 && err != -ENOENT && remember_module(o, &module);
    }
    struct symbol_module told = {
        .path = o->text,
        .bias = module.bias,
        .start = module.start,
        .end = module.end,
        .build_id_bytes = module.build_id_bytes,
    };
    memcpy(told.build_id, module.build_id, module.build_id_bytes);
    return symbol_thread_module(o->symbols, o->index, &told) && remember_module(o, &module);
}

static bool is_in_module(const struct observed *o, uint64_t pc)
{
    for (uint32_t i = 0; i < o->next_module; i++)
        if (pc >= o->modules[i].start && pc < o->modules[i].end)
            return true;
    return false;
}

static bool may_order(const struct observed *o, struct pending_pc *pending, uint64_t mono_ns)
{
    if (o->state != OBSERVED_RUNNING)
        return true;
    if (pending->not_before_ns == 0 && !is_in_module(o, pending->pc))
        pending->not_before_ns = mono_ns + JIT_DELAY_NS;
    return mono_ns >= pending->not_before_ns && pending->not_before_ns != SYMBOLS_RETRY;
}

void pcs_order(struct observed *o, uint64_t mono_ns)
{
    if (!o->symbols)
        return;
    const struct lsc_segment_header *header = segment_reader_header(o->reader);
    if (!o->symbols_know_process)
        o->symbols_know_process =
            symbol_thread_process(o->symbols, o->index, header->pid, header->uid);
    if (!o->symbols_know_process)
        return;
    while (o->next_module < header->module_count && order_module(o))
        ;
    size_t kept = 0;
    bool has_room = true;
    for (size_t i = 0; i < o->pending_count; i++) {
        struct pending_pc *pending = &o->pending[i];
        if (has_room && may_order(o, pending, mono_ns)) {
            has_room = symbol_thread_resolve(o->symbols, o->index, pending->pc, pending->is_return);
            o->outstanding += has_room;
            if (has_room)
                continue;
        }
        o->pending[kept++] = *pending;
    }
    o->pending_count = kept;
}

static void tell_frames(struct observed *o, const struct frames_item *frames)
{
    size_t bytes = frames->count * sizeof(*frames->frames);
    struct frame *copy = item_queue_memory(o->queue, bytes);
    if (!copy)
        return;
    memcpy(copy, frames->frames, bytes);
    struct frames_item *item = &item_queue_add(o->queue, ITEM_FRAMES, o->index)->frames;
    *item = (struct frames_item){frames->pc, copy, frames->count};
}

void pcs_resolved(struct observed *o, const struct symbol_result *result)
{
    const struct frames_item *frames = &result->frames;
    o->outstanding -= o->outstanding > 0;
    if (frames->count == 0 || o->state == OBSERVED_ENDED)
        return;
    if (frames->frames[0].function[0] == '\0' && o->state == OBSERVED_RUNNING)
        push_pending(o, (struct pending_pc){frames->pc, SYMBOLS_RETRY, result->is_return});
    else
        tell_frames(o, frames);
}

bool pcs_are_all_resolved(const struct observed *o)
{
    return !o->symbols || (o->pending_count == 0 && o->outstanding == 0);
}
