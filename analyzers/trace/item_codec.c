/* SPDX-License-Identifier: MIT */
/* The row format of items: varint kind, varint process, then the fields of the kind in the order of
 * the tables below. One table serves both directions. */
#include "item_codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"

enum field_type {
    FIELD_END,
    FIELD_BOOL,   /* bool: a varint 0 or 1 */
    FIELD_U8,     /* uint8_t as varint */
    FIELD_U32,    /* uint32_t as varint */
    FIELD_U64,    /* uint64_t as varint */
    FIELD_I64,    /* int64_t, zigzag varint */
    FIELD_INT,    /* int, zigzag varint */
    FIELD_SINCE,  /* uint64_t plus 1, so that UINT64_MAX (none) is short */
    FIELD_THREAD, /* uint32_t below TRACE_THREAD_LIMIT */
    FIELD_CALL,   /* uint32_t below LSC_CALL_LIMIT */
    FIELD_TEXT,   /* const char *: varint length, bytes, NUL; NULL is written as "" */
};

struct field {
    uint16_t offset;
    uint8_t type;    /* enum field_type */
    uint8_t feature; /* the file has it only with this feature; 0 always */
};

/* To add a field to an item: append it to its table as SINCE a new feature bit in format.h, since
 * older readers cannot skip it, and older files do not have it. An enum is an unsigned int of 4
 * bytes here. */
#define F(type, member, field_type)                                                                \
    {                                                                                              \
        (uint16_t) offsetof(struct type, member), FIELD_##field_type, 0                            \
    }
#define SINCE(feature, type, member, field_type)                                                   \
    {                                                                                              \
        (uint16_t) offsetof(struct type, member), FIELD_##field_type, TRACE_FEATURE_##feature      \
    }
_Static_assert(sizeof(enum end_kind) == 4 && sizeof(enum lsc_task_state) == 4, "coded as U32");

static const struct field process_fields[] = {
    F(process_item, pid, U32),
    F(process_item, ppid, U32),
    F(process_item, program, TEXT),
    F(process_item, executable, TEXT),
    F(process_item, started_real_ns, I64),
    F(process_item, started_mono_ns, I64),
    F(process_item, stall_ns, U64),
    F(process_item, block_ns, U64),
    F(process_item, depths, U32),
    F(process_item, limits, U32),
    {0, FIELD_END, 0},
};
static const struct field thread_fields[] = {
    F(thread_item, thread, THREAD),
    F(thread_item, tid, U32),
    F(thread_item, roles, U32),
    F(thread_item, has_ended, BOOL),
    F(thread_item, name, TEXT),
    F(thread_item, start_routine, U64),
    F(thread_item, loop_key, U64),
    F(thread_item, wait_object, U64),
    F(thread_item, started_ns, U64),
    F(thread_item, turns, U64),
    F(thread_item, busy_ns, U64),
    F(thread_item, idle_ns, U64),
    F(thread_item, ready_events, U64),
    F(thread_item, samples, U64),
    F(thread_item, late_samples, U64),
    F(thread_item, dropped, U64),
    {0, FIELD_END, 0},
};
static const struct field site_fields[] = {
    F(site_item, id, U32),
    F(site_item, file, U32),
    F(site_item, function, U32),
    F(site_item, line, U32),
    SINCE(AWAITS, site_item, parent, U32),
    {0, FIELD_END, 0},
};
static const struct field frame_fields[] = {
    F(frame, function, TEXT), F(frame, file, TEXT), F(frame, module, TEXT),
    F(frame, line, U32),      F(frame, kind, U8),   F(frame, is_inline, BOOL),
    {0, FIELD_END, 0},
};
static const struct field task_fields[] = {
    F(task_item, handle, U32),
    F(task_item, kind, U32),
    F(task_item, name, U32),
    F(task_item, site, U32),
    F(task_item, stack, U32),
    F(task_item, parent, U32),
    F(task_item, awaits, U32),
    F(task_item, await_site, U32),
    F(task_item, state, U32),
    F(task_item, id, U64),
    F(task_item, spawned_ns, U64),
    F(task_item, polls, U64),
    F(task_item, busy_ns, U64),
    F(task_item, worst_ns, U64),
    F(task_item, wakes, U64),
    F(task_item, self_wakes, U64),
    SINCE(AWAITS, task_item, await_ns, U64),
    {0, FIELD_END, 0},
};
static const struct field resource_fields[] = {
    F(resource_item, handle, U32),     F(resource_item, kind, U32),
    F(resource_item, name, U32),       F(resource_item, site, U32),
    F(resource_item, holder, U32),     F(resource_item, waiters, U32),
    F(resource_item, has_ended, BOOL), F(resource_item, created_ns, U64),
    F(resource_item, capacity, U64),   F(resource_item, depth, U64),
    F(resource_item, depth_max, U64),  F(resource_item, operations, U64),
    F(resource_item, dropped, U64),    {0, FIELD_END, 0},
};
static const struct field lost_fields[] = {
    F(lost_item, thread, THREAD),
    F(lost_item, count, U64),
    {0, FIELD_END, 0},
};
static const struct field tables_lost_fields[] = {
    F(tables_lost_item, threads, U64),   F(tables_lost_item, tasks, U64),
    F(tables_lost_item, resources, U64), F(tables_lost_item, strings, U64),
    F(tables_lost_item, sites, U64),     F(tables_lost_item, stacks, U64),
    F(tables_lost_item, modules, U64),   {0, FIELD_END, 0},
};
static const struct field now_fields[] = {
    F(now_item, thread, THREAD),       F(now_item, time_ns, U64),
    F(now_item, turn_since_ns, SINCE), F(now_item, busy_since_ns, SINCE),
    F(now_item, poll_since_ns, SINCE), F(now_item, call_since_ns, SINCE),
    F(now_item, call, CALL),           F(now_item, current_task, U32),
    F(now_item, stall_stack, U32),     {0, FIELD_END, 0},
};
static const struct field end_fields[] = {
    F(end_item, kind, U32),
    F(end_item, status, INT),
    F(end_item, time_ns, U64),
    {0, FIELD_END, 0},
};
#undef F
#undef SINCE

/* The table of each kind, and where its fields lie in struct item. The kinds without one are coded
 * by hand below. */
#define K(member, table)                                                                           \
    {                                                                                              \
        table, (uint16_t)offsetof(struct item, member)                                             \
    }
static const struct kind_layout {
    const struct field *fields;
    uint16_t offset;
} layouts[ITEM_KIND_LIMIT] = {
    [ITEM_PROCESS] = K(process_info, process_fields),
    [ITEM_THREAD] = K(thread, thread_fields),
    [ITEM_SITE] = K(site, site_fields),
    [ITEM_TASK] = K(task, task_fields),
    [ITEM_RESOURCE] = K(resource, resource_fields),
    [ITEM_LOST] = K(lost, lost_fields),
    [ITEM_TABLES_LOST] = K(tables_lost, tables_lost_fields),
    [ITEM_NOW] = K(now, now_fields),
    [ITEM_END] = K(end, end_fields),
};
#undef K

static void put_text(struct bytes *log, const char *bytes, size_t length)
{
    bytes_put_varint(log, length);
    bytes_put(log, bytes, length);
    bytes_put(log, "", 1);
}

static bool is_wide(enum field_type type)
{
    return type == FIELD_U64 || type == FIELD_I64 || type == FIELD_SINCE;
}

/* The field as the number that is written. */
static uint64_t field_number(const void *at, enum field_type type)
{
    if (is_wide(type)) {
        uint64_t wide;
        memcpy(&wide, at, sizeof(wide));
        return type == FIELD_I64 ? zigzag(wide) : type == FIELD_SINCE ? wide + 1 : wide;
    }
    if (type == FIELD_BOOL || type == FIELD_U8)
        return *(const uint8_t *)at;
    uint32_t word;
    memcpy(&word, at, sizeof(word));
    return type == FIELD_INT ? zigzag((uint64_t)(int64_t)(int32_t)word) : word;
}

/* The highest number a field may hold. */
static uint64_t field_max(enum field_type type)
{
    switch (type) {
    case FIELD_BOOL:
        return 1;
    case FIELD_U8:
        return UINT8_MAX;
    case FIELD_U32:
    case FIELD_INT:
        return UINT32_MAX;
    case FIELD_THREAD:
        return TRACE_THREAD_LIMIT - 1;
    case FIELD_CALL:
        return LSC_CALL_LIMIT - 1;
    case FIELD_U64:
    case FIELD_I64:
    case FIELD_SINCE:
    case FIELD_TEXT:
    case FIELD_END:
    default:
        return UINT64_MAX;
    }
}

static int put_fields(struct bytes *log, const struct field *field, const void *base)
{
    if (!field)
        return 0;
    for (; field->type != FIELD_END; field++) {
        const char *at = (const char *)base + field->offset;
        if (field->type == FIELD_TEXT) {
            const char *text;
            memcpy(&text, at, sizeof(text));
            put_text(log, text ? text : "", text ? strlen(text) : 0);
            continue;
        }
        uint64_t number = field_number(at, field->type);
        if (number > field_max(field->type))
            return -EINVAL;
        bytes_put_varint(log, number);
    }
    return 0;
}

static void put_calls(struct bytes *log, const struct thread_item *thread)
{
    unsigned used = 0;
    for (unsigned i = 0; i < LSC_CALL_LIMIT; i++)
        used += thread->calls[i].count != 0 || thread->calls[i].ns != 0;
    bytes_put_varint(log, used);
    for (unsigned i = 0; i < LSC_CALL_LIMIT; i++) {
        if (thread->calls[i].count == 0 && thread->calls[i].ns == 0)
            continue;
        bytes_put_varint(log, i);
        bytes_put_varint(log, thread->calls[i].count);
        bytes_put_varint(log, thread->calls[i].ns);
    }
}

static int put_stack(struct bytes *log, const struct stack_item *stack)
{
    if (stack->depth > LSC_STACK_FRAMES_MAX)
        return -EINVAL;
    bytes_put_varint(log, stack->id);
    bytes_put_varint(log, stack->was_cut);
    bytes_put_varint(log, stack->depth);
    /* Return addresses of one library lie close together. */
    uint64_t previous = 0;
    for (unsigned i = 0; i < stack->depth; i++) {
        bytes_put_varint(log, zigzag(stack->pcs[i] - previous));
        previous = stack->pcs[i];
    }
    return 0;
}

static int put_frames(struct bytes *log, const struct frames_item *frames)
{
    if (frames->count > TRACE_FRAMES_MAX)
        return -EINVAL;
    bytes_put_varint(log, frames->pc);
    bytes_put_varint(log, frames->count);
    int err = 0;
    for (unsigned i = 0; i < frames->count && !err; i++)
        err = put_fields(log, frame_fields, &frames->frames[i]);
    return err;
}

/* What the tables do not cover. */
static int put_rest(struct bytes *log, const struct item *item)
{
    switch (item->kind) {
    case ITEM_PROCESS:
        put_text(log, item->process_info.command, item->process_info.command_bytes);
        return 0;
    case ITEM_THREAD:
        put_calls(log, &item->thread);
        return 0;
    case ITEM_STRING:
        bytes_put_varint(log, item->string.id);
        put_text(log, item->string.bytes, item->string.length);
        return 0;
    case ITEM_STACK:
        return put_stack(log, &item->stack);
    case ITEM_FRAMES:
        return put_frames(log, &item->frames);
    case ITEM_EVENTS:
        bytes_put_varint(log, item->events.count);
        return item->events.count <= TRACE_CHUNK_EVENTS ? 0 : -EINVAL;
    case ITEM_CLOCK:
        bytes_put_varint(log, item->clock_ns);
        return 0;
    case ITEM_SITE:
    case ITEM_TASK:
    case ITEM_RESOURCE:
    case ITEM_LOST:
    case ITEM_TABLES_LOST:
    case ITEM_NOW:
    case ITEM_END:
        return 0;
    case ITEM_KIND_LIMIT:
    default:
        return -EINVAL;
    }
}

int item_encode(struct bytes *log, const struct item *item)
{
    size_t before = log->length;
    if (log->has_failed)
        return -ENOMEM;
    if (item->kind < ITEM_PROCESS || item->kind >= ITEM_KIND_LIMIT ||
        item->process >= TRACE_PROCESS_LIMIT)
        return -EINVAL;
    bytes_put_varint(log, item->kind);
    bytes_put_varint(log, item->process);
    const struct kind_layout *layout = &layouts[item->kind];
    int err = put_fields(log, layout->fields, (const char *)item + layout->offset);
    if (!err)
        err = put_rest(log, item);
    if (!err && log->has_failed)
        err = -ENOMEM;
    if (!err && log->length - before > TRACE_ITEM_MAX)
        err = -E2BIG;
    if (err) {
        log->length = before;
        log->has_failed = false;
    }
    return err;
}

void item_scratch_free(struct item_scratch *scratch)
{
    free(scratch->frames);
    free(scratch->pcs);
    *scratch = (struct item_scratch){0};
}

static const char *take_text(struct cursor *log, size_t *length)
{
    uint64_t n = cursor_varint_max(log, TRACE_ITEM_MAX);
    const uint8_t *text = cursor_take(log, (size_t)n + 1);
    if (!text || text[n] != 0) {
        log->has_failed = true;
        *length = 0;
        return "";
    }
    *length = (size_t)n;
    return (const char *)text;
}

static void store_number(void *at, enum field_type type, uint64_t number)
{
    if (type == FIELD_INT || type == FIELD_I64)
        number = unzigzag(number);
    else if (type == FIELD_SINCE)
        number--;
    uint32_t word = (uint32_t)number;
    uint8_t byte = (uint8_t)number;
    if (is_wide(type))
        memcpy(at, &number, sizeof(number));
    else if (type == FIELD_BOOL || type == FIELD_U8)
        memcpy(at, &byte, sizeof(byte)); /* field_max leaves 0 and 1 to a bool */
    else
        memcpy(at, &word, sizeof(word));
}

/* What the file is too old for stays 0. */
static void take_fields(struct cursor *log, uint64_t features, const struct field *field,
                        void *base)
{
    for (; field->type != FIELD_END; field++) {
        char *at = (char *)base + field->offset;
        if (field->feature & ~features)
            continue;
        if (field->type == FIELD_TEXT) {
            size_t length;
            const char *text = take_text(log, &length);
            memcpy(at, &text, sizeof(text));
        } else {
            store_number(at, field->type, cursor_varint_max(log, field_max(field->type)));
        }
    }
}

static void take_calls(struct cursor *log, struct thread_item *thread)
{
    uint64_t used = cursor_varint_max(log, LSC_CALL_LIMIT);
    for (uint64_t i = 0; i < used; i++) {
        uint64_t call = cursor_varint_max(log, LSC_CALL_LIMIT - 1);
        thread->calls[call].count = cursor_varint(log);
        thread->calls[call].ns = cursor_varint(log);
    }
}

static int take_stack(struct cursor *log, struct item_scratch *scratch, struct stack_item *stack)
{
    stack->id = (uint32_t)cursor_varint_max(log, UINT32_MAX);
    stack->was_cut = cursor_varint_max(log, 1) != 0;
    stack->depth = (unsigned)cursor_varint_max(log, LSC_STACK_FRAMES_MAX);
    if (!scratch->pcs)
        scratch->pcs = malloc(LSC_STACK_FRAMES_MAX * sizeof(*scratch->pcs));
    if (!scratch->pcs)
        return -ENOMEM;
    uint64_t previous = 0;
    for (unsigned i = 0; i < stack->depth; i++) {
        previous += unzigzag(cursor_varint(log));
        scratch->pcs[i] = previous;
    }
    stack->pcs = scratch->pcs;
    return 0;
}

static int take_frames(struct cursor *log, struct item_scratch *scratch, struct frames_item *frames)
{
    frames->pc = cursor_varint(log);
    frames->count = (unsigned)cursor_varint_max(log, TRACE_FRAMES_MAX);
    if (!scratch->frames)
        scratch->frames = malloc(TRACE_FRAMES_MAX * sizeof(*scratch->frames));
    if (!scratch->frames)
        return -ENOMEM;
    memset(scratch->frames, 0, frames->count * sizeof(*scratch->frames));
    for (unsigned i = 0; i < frames->count; i++)
        take_fields(log, 0, frame_fields, &scratch->frames[i]);
    frames->frames = scratch->frames;
    return 0;
}

static int take_rest(struct cursor *log, struct item_scratch *scratch, struct item *out)
{
    switch (out->kind) {
    case ITEM_PROCESS:
        out->process_info.command = take_text(log, &out->process_info.command_bytes);
        return 0;
    case ITEM_THREAD:
        take_calls(log, &out->thread);
        return 0;
    case ITEM_STRING:
        out->string.id = (uint32_t)cursor_varint_max(log, UINT32_MAX);
        out->string.bytes = take_text(log, &out->string.length);
        return 0;
    case ITEM_STACK:
        return take_stack(log, scratch, &out->stack);
    case ITEM_FRAMES:
        return take_frames(log, scratch, &out->frames);
    case ITEM_EVENTS:
        out->events.count = (size_t)cursor_varint_max(log, TRACE_CHUNK_EVENTS);
        return 0;
    case ITEM_CLOCK:
        out->clock_ns = cursor_varint(log);
        return 0;
    case ITEM_END:
        /* Consumers switch over the kind. */
        return out->end.kind <= END_DETACHED ? 0 : -EPROTO;
    case ITEM_TASK:
        return out->task.state < LSC_TASK_STATE_LIMIT ? 0 : -EPROTO;
    case ITEM_SITE:
    case ITEM_RESOURCE:
    case ITEM_LOST:
    case ITEM_TABLES_LOST:
    case ITEM_NOW:
    case ITEM_KIND_LIMIT:
    default:
        return 0;
    }
}

int item_decode(struct cursor *log, uint64_t features, struct item_scratch *scratch,
                struct item *out)
{
    memset(out, 0, sizeof(*out));
    uint64_t kind = cursor_varint_max(log, ITEM_KIND_LIMIT - 1);
    out->process = (uint32_t)cursor_varint_max(log, TRACE_PROCESS_LIMIT - 1);
    if (log->has_failed || kind < ITEM_PROCESS)
        return -EPROTO;
    out->kind = (enum item_kind)kind;
    const struct kind_layout *layout = &layouts[kind];
    if (layout->fields)
        take_fields(log, features, layout->fields, (char *)out + layout->offset);
    int err = take_rest(log, scratch, out);
    return err ? err : log->has_failed ? -EPROTO : 0;
}
