/* SPDX-License-Identifier: MIT */
/* Stalls in words. */
#include "stall_words.h"

#include <stdio.h>

/* The start of a stall in progress and of the same one when it is over differ by how finely the
 * two are told. */
#define SAME_NS 1000000

static const char *const part_names[PART_COUNT] = {
    [PART_BLOCKED] = "blocking call",
    [PART_LOCK] = "waits for a lock",
    [PART_CPU] = "on CPU",
    [PART_STARVED] = "gets no CPU",
    [PART_FAULT] = "page faults",
    [PART_ASLEEP] = "sleeps in the kernel",
    [PART_UNKNOWN] = "unexplained",
};

const char *stall_part_name(enum stall_part part)
{
    return part_names[part];
}

void stall_cause_text(char *out, size_t bytes, const struct stall *stall, uint64_t threshold)
{
    bool is_told[PART_COUNT] = {false};
    size_t used = 0;
    out[0] = '\0';
    for (unsigned n = 0; n < PART_COUNT && used < bytes; n++) {
        unsigned most = PART_COUNT;
        for (unsigned i = 0; i < PART_COUNT; i++) {
            if (!is_told[i] && stall_is_caused_by(stall, (enum stall_part)i, threshold) &&
                (most == PART_COUNT || stall->part[i] > stall->part[most]))
                most = i;
        }
        if (most == PART_COUNT)
            break;
        is_told[most] = true;
        int length = snprintf(out + used, bytes - used, "%s%s", used ? ", " : "", part_names[most]);
        used += length > 0 ? (size_t)length : 0;
    }
    if (used == 0)
        snprintf(out, bytes, "%s", part_names[PART_UNKNOWN]);
}

const struct blocked_row *stall_call(const struct stall *stall, const struct blocked_row *rows,
                                     size_t count)
{
    const struct blocked_row *best = NULL;
    if (!stall->part[PART_BLOCKED] && !stall->part[PART_LOCK])
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const struct blocked_row *row = &rows[i];
        bool is_within = row->key.thread == stall->thread && row->last_ns >= stall->start_ns &&
                         row->first_ns <= stall->end_ns;
        if (is_within && (!best || row->worst_ns > best->worst_ns))
            best = row;
    }
    return best;
}

bool stall_is_by_call(const struct stall *stall)
{
    uint64_t in_calls = stall->part[PART_BLOCKED] + stall->part[PART_LOCK];
    for (unsigned i = 0; i < PART_COUNT; i++) {
        if (i != PART_BLOCKED && i != PART_LOCK && stall->part[i] > in_calls)
            return false;
    }
    return in_calls > 0;
}

uint32_t stall_stack_id(const struct stall *stall, const struct blocked_row *call)
{
    const struct stall_stack *best = NULL;
    if (call && call->key.stack && stall_is_by_call(stall))
        return call->key.stack;
    for (uint32_t i = 0; i < stall->stack_count; i++) {
        if (!best || stall->stacks[i].count > best->count)
            best = &stall->stacks[i];
    }
    return best ? best->stack : call ? call->key.stack : 0;
}

uint64_t stall_elapsed(const struct app *app, uint32_t process, const struct stall *stall)
{
    uint64_t now = feed_process_now(app_feed(app), process);
    if (!stall->in_progress || now < stall->start_ns)
        return stall->end_ns - stall->start_ns;
    return now - stall->start_ns;
}

struct entity stall_entity(uint32_t process, const struct stall *stall)
{
    return (struct entity){ENTITY_STALL, process, stall->thread, stall->start_ns};
}

bool stall_is(const struct stall *stall, const struct entity *entity)
{
    uint64_t apart = stall->start_ns > entity->extra ? stall->start_ns - entity->extra
                                                     : entity->extra - stall->start_ns;
    return stall->thread == entity->id && apart < SAME_NS;
}
