/* SPDX-License-Identifier: MIT */
/* The columns of a chunk:
 *
 *     varint tracks; per track: varint thread, varint time before its first event
 *     varint shapes; per shape: varint track, varint sort, varint flags
 *     varint groups; per group: varint sort, varint count, the heads of its four columns
 *     the head of the shape column
 *     the planes of the shape column, then of every group's gap, task, arg and arg2
 *
 * A track is one thread of one process. A shape is what is the same in many events (track, sort,
 * flags), so that each event needs one small number for all three. The sort is the type, plus
 * SORT_LONG for a chained span of at least LONG_NS: the many short ones are rounded (see
 * source/quantize.h) and do better by themselves; plus SORT_AT_TURN for an event that tells of the
 * turn that ends with it: its time is that of the next turn of its track, and its gap is 0. A group
 * holds the events of one sort.
 *
 * The gap is the time since a point that is likely near. For chained types, whose spans follow one
 * another on a thread (see chain_of): from the end of the last span of the type and track to the
 * begin of this one, the time a loop waited; the duration counts in whole TIME_QUANTUM_NS, as times
 * do. For all others: since the last event of the track. */
#include "columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../source/quantize.h"
#include "column.h"
#include "format.h"

#define CAPACITY_MIN 1024
#define HASH_LOAD 4 /* places per event: at most half full with tracks and shapes */
#define CHAINS 2
#define SPAN_MASK (~(uint64_t)(TIME_QUANTUM_NS - 1))
#define SORT_LONG 0x10000u
#define SORT_AT_TURN 0x20000u
#define SORT_LIMIT 0x40000u
/* How many events of one moment are looked at for the end of their turn. */
#define AT_TURN_MAX 16
#define LONG_NS ((uint64_t)1 << 23)

enum { GAP, TASK, ARG, ARG2, FIELDS };

struct track {
    uint32_t process, thread;
    uint64_t start;
};

struct shape {
    uint32_t track, group;
    uint32_t reference; /* index into `times` of what the gap counts from */
    uint64_t span_mask; /* of the duration: what the gap leaves out */
    uint32_t sort;
    uint16_t flags;
};

struct group {
    uint32_t sort;
    size_t first, count; /* its part of the field arrays */
    struct column columns[FIELDS];
};

struct columns {
    size_t capacity; /* events the arrays have room for: a power of two */
    struct track *tracks;
    struct shape *shapes;
    struct group *groups;
    size_t track_count, shape_count, group_count;
    uint64_t *times;   /* when the last event ended: of each track, then of its chains */
    uint64_t *symbols; /* the shape of each event */
    uint64_t *fields[FIELDS];
    uint32_t *hash; /* encoder: 1 + index of the shape found there; allocated when first needed */
    struct event *events;
    uint32_t group_of[SORT_LIMIT]; /* 1 + index, by sort */
};

/* Types that a thread makes one after the other, each starting after the one before it: which
 * chain, or -1. A POLL is not among them: its duration is rounded, its end is not. */
static int chain_of(uint16_t type)
{
    return type == LSC_RECORD_TURN ? 0 : type == LSC_RECORD_WORK ? 1 : -1;
}

static uint32_t sort_of(const struct event *event)
{
    bool is_long = chain_of(event->type) >= 0 && event->arg >= LONG_NS;
    return event->type | (is_long ? SORT_LONG : 0);
}

void columns_delete(struct columns *columns)
{
    if (!columns)
        return;
    free(columns->tracks);
    free(columns->shapes);
    free(columns->groups);
    free(columns->times);
    free(columns->symbols);
    for (unsigned f = 0; f < FIELDS; f++)
        free(columns->fields[f]);
    free(columns->hash);
    free(columns->events);
    free(columns);
}

struct columns *columns_new(void)
{
    return calloc(1, sizeof(struct columns));
}

static bool resize(void *array, size_t count, size_t size)
{
    void *old, *fresh;
    memcpy(&old, array, sizeof(old));
    fresh = realloc(old, count * size);
    if (fresh)
        memcpy(array, &fresh, sizeof(fresh));
    return fresh != NULL;
}

/* Room for the events of one chunk and all that they may give rise to. */
static bool reserve(struct columns *columns, size_t count)
{
    size_t n = CAPACITY_MIN;
    if (count <= columns->capacity)
        return true;
    while (n < count)
        n *= 2;
    columns->capacity = 0;
    bool ok = resize(&columns->tracks, n, sizeof(*columns->tracks)) &&
              resize(&columns->shapes, n, sizeof(*columns->shapes)) &&
              resize(&columns->groups, n, sizeof(*columns->groups)) &&
              resize(&columns->times, (1 + CHAINS) * n, sizeof(*columns->times)) &&
              resize(&columns->symbols, n, sizeof(*columns->symbols)) &&
              resize(&columns->events, n, sizeof(*columns->events));
    for (unsigned f = 0; f < FIELDS && ok; f++)
        ok = resize(&columns->fields[f], n, sizeof(*columns->fields[f]));
    free(columns->hash);
    columns->hash = NULL;
    columns->capacity = ok ? n : 0;
    return ok;
}

static void forget_chunk(struct columns *columns)
{
    for (size_t i = 0; i < columns->group_count; i++)
        columns->group_of[columns->groups[i].sort] = 0;
    columns->track_count = columns->shape_count = columns->group_count = 0;
}

static struct group *group_get(struct columns *columns, uint32_t sort)
{
    uint32_t *index = &columns->group_of[sort];
    if (*index == 0) {
        columns->groups[columns->group_count] = (struct group){.sort = sort};
        *index = (uint32_t)++columns->group_count;
    }
    return &columns->groups[*index - 1];
}

/* The shape with what follows from its three parts. */
static struct shape shape_make(struct columns *columns, uint32_t track, uint32_t sort,
                               uint16_t flags)
{
    int chain = chain_of((uint16_t)sort);
    return (struct shape){
        .track = track,
        .sort = sort,
        .flags = flags,
        .group = (uint32_t)(group_get(columns, sort) - columns->groups),
        .reference =
            chain < 0 ? track : (uint32_t)columns->capacity + CHAINS * track + (uint32_t)chain,
        .span_mask = chain < 0 ? 0 : SPAN_MASK,
    };
}

static void times_start(struct columns *columns)
{
    for (size_t i = 0; i < columns->track_count; i++) {
        columns->times[i] = columns->tracks[i].start;
        for (size_t chain = 0; chain < CHAINS; chain++)
            columns->times[columns->capacity + CHAINS * i + chain] = columns->tracks[i].start;
    }
}

/* Each group's part of the field arrays; their counts are known. */
static size_t groups_place(struct columns *columns)
{
    size_t total = 0;
    for (size_t i = 0; i < columns->group_count; i++) {
        columns->groups[i].first = total;
        total += columns->groups[i].count;
    }
    return total;
}

/* ---- encoding ---- */

static size_t hash_slot(const struct columns *columns, uint32_t a, uint32_t b)
{
    uint64_t key = ((uint64_t)a << 32 | b) * 0x9e3779b97f4a7c15u;
    return (size_t)(key >> 40) & (HASH_LOAD * columns->capacity - 1);
}

static size_t next_slot(const struct columns *columns, size_t slot)
{
    return (slot + 1) & (HASH_LOAD * columns->capacity - 1);
}

/* Two kinds of entries share the table: tracks by process and thread, shapes by track, type and
 * flags, told apart by the high bit. */
#define HASH_TRACK 0x80000000u

/* Where the gap before an event ends. */
static uint64_t gap_end(const struct event *event)
{
    return event->time_ns - (chain_of(event->type) < 0 ? 0 : event->arg & SPAN_MASK);
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint32_t track_find(struct columns *columns, uint32_t process, const struct event *event)
{
    size_t slot = hash_slot(columns, process, event->thread);
    for (; columns->hash[slot]; slot = next_slot(columns, slot)) {
        uint32_t entry = columns->hash[slot];
        const struct track *track = &columns->tracks[(entry & ~HASH_TRACK) - 1];
        if (entry & HASH_TRACK && track->process == process && track->thread == event->thread)
            return (entry & ~HASH_TRACK) - 1;
    }
    uint32_t index = (uint32_t)columns->track_count++;
    uint64_t start = gap_end(event);
    columns->tracks[index] = (struct track){process, event->thread, start};
    columns->hash[slot] = (index + 1) | HASH_TRACK;
    return index;
}

/* The shape of these three, found or made. */
static uint32_t shape_find(struct columns *columns, uint32_t track, uint32_t sort, uint16_t flags)
{
    size_t slot = hash_slot(columns, ~track, sort << 16 | sort >> 16 | flags);
    for (; columns->hash[slot]; slot = next_slot(columns, slot)) {
        uint32_t entry = columns->hash[slot];
        const struct shape *shape = &columns->shapes[(entry & ~HASH_TRACK) - 1];
        if (!(entry & HASH_TRACK) && shape->track == track && shape->sort == sort &&
            shape->flags == flags)
            return entry - 1;
    }
    uint32_t index = (uint32_t)columns->shape_count++;
    columns->hash[slot] = index + 1;
    columns->shapes[index] = shape_make(columns, track, sort, flags);
    return index;
}

/* Whether the thread goes on, in the same moment, to the end of a turn. `left`: events of the run
 * from this one on. */
static bool is_at_turn(const struct event *event, size_t left)
{
    if (chain_of(event->type) >= 0)
        return false;
    for (size_t i = 1; i < left && i < AT_TURN_MAX; i++) {
        if (event[i].thread != event->thread || event[i].time_ns != event->time_ns)
            return false;
        if (event[i].type == LSC_RECORD_TURN)
            return true;
    }
    return false;
}

/* First pass: the shape of every event, and how many each group has. */
static int find_shapes(struct columns *columns, const struct event *events, size_t count,
                       const struct event_run *run)
{
    uint32_t left = run->count, symbol = 0, sort_before = 0;
    const struct event *previous = NULL;
    for (size_t i = 0; i < count; i++, left--) {
        for (; left == 0; left = run->count) {
            run++;
            previous = NULL;
        }
        const struct event *event = &events[i];
        if (event->thread >= TRACE_THREAD_LIMIT)
            return -EINVAL;
        uint32_t sort = sort_of(event) | (is_at_turn(event, left) ? SORT_AT_TURN : 0);
        if (!previous || previous->thread != event->thread || sort_before != sort ||
            previous->flags != event->flags) {
            uint32_t track = track_find(columns, run->process, event);
            /* No first gap of the track is negative. */
            columns->tracks[track].start = smaller(columns->tracks[track].start, gap_end(event));
            symbol = shape_find(columns, track, sort, event->flags);
        }
        columns->symbols[i] = symbol;
        columns->groups[columns->shapes[symbol].group].count++;
        previous = event;
        sort_before = sort;
    }
    return 0;
}

/* Second pass: the fields of every event, by group. */
static void fill_fields(struct columns *columns, const struct event *events, size_t count)
{
    times_start(columns);
    groups_place(columns);
    for (size_t i = 0; i < count; i++) {
        const struct event *event = &events[i];
        const struct shape *shape = &columns->shapes[columns->symbols[i]];
        size_t at = columns->groups[shape->group].first++;
        uint64_t reference = columns->times[shape->reference] + (event->arg & shape->span_mask);
        columns->fields[TASK][at] = event->task;
        columns->fields[ARG][at] = event->arg;
        columns->fields[ARG2][at] = event->arg2;
        if (shape->sort & SORT_AT_TURN) {
            columns->fields[GAP][at] = 0;
            continue;
        }
        columns->fields[GAP][at] = event->time_ns - reference;
        columns->times[shape->track] = columns->times[shape->reference] = event->time_ns;
    }
    groups_place(columns);
}

static void put_dictionary(struct columns *columns, struct bytes *out)
{
    bytes_put_varint(out, columns->track_count);
    for (size_t i = 0; i < columns->track_count; i++) {
        bytes_put_varint(out, columns->tracks[i].thread);
        bytes_put_varint(out, columns->tracks[i].start);
    }
    bytes_put_varint(out, columns->shape_count);
    for (size_t i = 0; i < columns->shape_count; i++) {
        bytes_put_varint(out, columns->shapes[i].track);
        bytes_put_varint(out, columns->shapes[i].sort);
        bytes_put_varint(out, columns->shapes[i].flags);
    }
    bytes_put_varint(out, columns->group_count);
    for (size_t i = 0; i < columns->group_count; i++) {
        struct group *group = &columns->groups[i];
        bytes_put_varint(out, group->sort);
        bytes_put_varint(out, group->count);
        for (unsigned f = 0; f < FIELDS; f++) {
            group->columns[f] = column_plan(columns->fields[f] + group->first, group->count);
            column_put_head(out, &group->columns[f]);
        }
    }
}

static void put_planes(struct bytes *out, const struct column *column, const uint64_t *planned,
                       size_t count, struct column_cuts *cuts)
{
    for (unsigned plane = 0; plane < column->planes; plane++) {
        column_put_plane(out, planned, count, plane);
        if (cuts->count < COLUMN_CUTS_MAX)
            cuts->at[cuts->count++] = out->length;
    }
}

int columns_encode(struct columns *columns, const struct event *events, size_t count,
                   const struct event_run *runs, struct bytes *out, struct column_cuts *cuts)
{
    forget_chunk(columns);
    if (!reserve(columns, count))
        return -ENOMEM;
    const size_t hash_bytes = HASH_LOAD * columns->capacity * sizeof(*columns->hash);
    if (!columns->hash && !(columns->hash = malloc(hash_bytes)))
        return -ENOMEM;
    memset(columns->hash, 0, hash_bytes);
    int err = find_shapes(columns, events, count, runs);
    if (err)
        return err;
    fill_fields(columns, events, count);
    put_dictionary(columns, out);
    struct column symbols = column_plan(columns->symbols, count);
    column_put_head(out, &symbols);
    if (cuts->count < COLUMN_CUTS_MAX)
        cuts->at[cuts->count++] = out->length;
    put_planes(out, &symbols, columns->symbols, count, cuts);
    for (size_t i = 0; i < columns->group_count; i++) {
        const struct group *group = &columns->groups[i];
        for (unsigned f = 0; f < FIELDS; f++)
            put_planes(out, &group->columns[f], columns->fields[f] + group->first, group->count,
                       cuts);
    }
    return out->has_failed ? -ENOMEM : 0;
}

/* ---- decoding ---- */

static void take_dictionary(struct columns *columns, struct cursor *in, size_t count)
{
    size_t tracks = cursor_varint_max(in, count);
    for (size_t i = 0; i < tracks; i++) {
        columns->tracks[i].thread = (uint32_t)cursor_varint_max(in, TRACE_THREAD_LIMIT - 1);
        columns->tracks[i].start = cursor_varint(in);
    }
    columns->track_count = tracks;
    size_t shapes = cursor_varint_max(in, count);
    for (size_t i = 0; i < shapes && tracks > 0; i++) {
        uint32_t track = (uint32_t)cursor_varint_max(in, tracks - 1);
        uint32_t sort = (uint32_t)cursor_varint_max(in, SORT_LIMIT - 1);
        uint16_t flags = (uint16_t)cursor_varint_max(in, UINT16_MAX);
        columns->shapes[i] = shape_make(columns, track, sort, flags);
    }
    columns->shape_count = tracks > 0 ? shapes : 0;
}

/* The groups come in the order in which the shapes first name their sorts. */
static void take_groups(struct columns *columns, struct cursor *in, size_t count)
{
    if (cursor_varint(in) != columns->group_count)
        in->has_failed = true;
    for (size_t i = 0; i < columns->group_count && !in->has_failed; i++) {
        struct group *group = &columns->groups[i];
        if (cursor_varint(in) != group->sort)
            in->has_failed = true;
        group->count = cursor_varint_max(in, count);
        for (unsigned f = 0; f < FIELDS; f++)
            group->columns[f] = column_take_head(in);
    }
    if (!in->has_failed && groups_place(columns) != count)
        in->has_failed = true;
}

static void take_planes(struct columns *columns, struct cursor *in, const struct column *symbols,
                        size_t count)
{
    column_take(in, symbols, columns->symbols, count);
    for (size_t i = 0; i < columns->group_count && !in->has_failed; i++) {
        const struct group *group = &columns->groups[i];
        for (unsigned f = 0; f < FIELDS && !in->has_failed; f++)
            column_take(in, &group->columns[f], columns->fields[f] + group->first, group->count);
    }
}

/* Whether every symbol is a shape, and each group occurs as often as it says. */
static bool symbols_fit(struct columns *columns, size_t count)
{
    for (size_t i = 0; i < columns->group_count; i++)
        columns->groups[i].count = 0;
    for (size_t i = 0; i < count; i++) {
        if (columns->symbols[i] >= columns->shape_count)
            return false;
        columns->groups[columns->shapes[columns->symbols[i]].group].count++;
    }
    size_t next = 0;
    for (size_t i = 0; i < columns->group_count; i++) {
        if (columns->groups[i].first != next)
            return false;
        next += columns->groups[i].count;
    }
    return true;
}

static void build_events(struct columns *columns, size_t count)
{
    times_start(columns);
    for (size_t i = 0; i < count; i++) {
        const struct shape *shape = &columns->shapes[columns->symbols[i]];
        size_t at = columns->groups[shape->group].first++;
        uint64_t arg = columns->fields[ARG][at];
        uint64_t time =
            columns->times[shape->reference] + (arg & shape->span_mask) + columns->fields[GAP][at];
        if (!(shape->sort & SORT_AT_TURN))
            columns->times[shape->track] = columns->times[shape->reference] = time;
        columns->events[i] = (struct event){
            .time_ns = time,
            .arg = arg,
            .arg2 = columns->fields[ARG2][at],
            .task = (uint32_t)columns->fields[TASK][at],
            .thread = columns->tracks[shape->track].thread,
            .type = (uint16_t)shape->sort,
            .flags = shape->flags,
        };
    }
}

static bool has_events_at_turns(const struct columns *columns)
{
    for (size_t i = 0; i < columns->group_count; i++)
        if (columns->groups[i].sort & SORT_AT_TURN)
            return true;
    return false;
}

/* Backwards, the times of the events at the end of a turn. False: no turn follows one. */
static bool take_times_of_turns(struct columns *columns, size_t count)
{
    memset(columns->times, 0xff, columns->track_count * sizeof(*columns->times));
    for (size_t i = count; i-- > 0;) {
        const struct shape *shape = &columns->shapes[columns->symbols[i]];
        uint64_t *turn = &columns->times[shape->track];
        if (shape->sort & SORT_AT_TURN)
            columns->events[i].time_ns = *turn;
        else if (columns->events[i].type == LSC_RECORD_TURN)
            *turn = columns->events[i].time_ns;
        if (shape->sort & SORT_AT_TURN && *turn == UINT64_MAX)
            return false;
    }
    return true;
}

int columns_decode(struct columns *columns, struct cursor *in, size_t count,
                   const struct event **out)
{
    if (count == 0 || count > TRACE_CHUNK_EVENTS)
        return -EPROTO;
    forget_chunk(columns);
    if (!reserve(columns, count))
        return -ENOMEM;
    take_dictionary(columns, in, count);
    take_groups(columns, in, count);
    struct column symbols = column_take_head(in);
    if (!in->has_failed)
        take_planes(columns, in, &symbols, count);
    if (in->has_failed || cursor_left(in) != 0 || !symbols_fit(columns, count))
        return -EPROTO;
    build_events(columns, count);
    if (has_events_at_turns(columns) && !take_times_of_turns(columns, count))
        return -EPROTO;
    *out = columns->events;
    return 0;
}
