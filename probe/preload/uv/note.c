/* SPDX-License-Identifier: MIT */
/* Tasks and polls of libuv's handles and requests. */
#include "note.h"

#include <errno.h>

_Thread_local struct uv_self uv_self;

void note_forget(void)
{
    atomic_fetch_add(&side_epoch, 1);
    uv_self = (struct uv_self){0};
}

static void note_depth(void)
{
    if (!(atomic_load_explicit(&lsc__segment->depths, memory_order_relaxed) & LSC_DEPTH_LIBUV))
        atomic_fetch_or(&lsc__segment->depths, LSC_DEPTH_LIBUV);
}

struct lsc_writer *note_writer_slow(void)
{
    if (self_is_vforked() || process_is_off() || self.is_ended)
        return NULL;
    int saved = errno;
    struct lsc_writer *w = NULL;
    if (*lsc__fork_canary == 0)
        process_forget_parent();
    if (process_make_segment() && (w = lsc__attach()) != NULL) {
        note_depth();
        if (w->shared->start_routine == 0)
            w->shared->start_routine = self.start_routine;
    }
    errno = saved;
    return w;
}

void note_unknown(void)
{
    if (lsc__segment && *lsc__fork_canary && !process_is_off())
        atomic_fetch_or(&lsc__segment->limits, LSC_LIMIT_UV_UNKNOWN);
}

/* Ids of an earlier segment go. */
static void refresh(struct side *side)
{
    uint32_t epoch = atomic_load_explicit(&side_epoch, memory_order_relaxed);
    if (__builtin_expect(side->epoch == epoch, 1))
        return;
    note_depth();
    __builtin_memset(side->kind_strings, 0, sizeof(side->kind_strings));
    __builtin_memset(side->functions, 0, sizeof(side->functions));
    __builtin_memset(side->origins, 0, sizeof(side->origins));
    side->epoch = epoch;
}

static uint32_t kind_string(struct side *side, const struct entry *entry)
{
    static const char *const titles[] = {
#define X(name, title) title,
        LSC_UV_KINDS(X)
#undef X
    };
    if (entry->kind_string != 0)
        return entry->kind_string;
    uint32_t *kept = &side->kind_strings[entry->kind];
    if (*kept == 0)
        *kept = lsc__string_intern(titles[entry->kind], __builtin_strlen(titles[entry->kind]));
    return *kept;
}

static void spawn(struct side *side, struct entry *entry, struct lsc_writer *w,
                  const struct lsc__task_spec *known)
{
    struct lsc__task_spec spec = *known;
    spec.kind = kind_string(side, entry);
    spec.parent = atomic_load_explicit(&w->shared->current_task, memory_order_relaxed);
    entry->epoch = side->epoch;
    entry->queue = entry->socket_queue = 0;
    entry->queue_level = 0;
    entry->asked = 0;
    entry->task = lsc__task_spawn(w, &spec, lsc__now());
}

uint32_t note_task(struct side *side, struct entry *entry, struct lsc_writer *w)
{
    if (__builtin_expect(note_is_current(entry), 1))
        return entry->task;
    refresh(side);
    entry->kind_string = 0;
    spawn(side, entry, w, &(struct lsc__task_spec){0});
    return entry->task;
}

struct entry *note_handle(const uv_loop_t *loop, const void *handle, enum uv_kind kind,
                          struct uv_place place)
{
    struct lsc_writer *w = note_writer();
    struct side *side = side_of(loop);
    if (!side)
        return NULL;
    struct entry *before = side_get(side, handle);
    if (before && w && before->task && note_is_current(before))
        lsc__task_end(w, before->task, lsc__now());
    struct entry *entry = side_renew(side, before, handle, kind);
    if (entry && w) {
        refresh(side);
        spawn(side, entry, w, &(struct lsc__task_spec){.stack = note_origin(side, place)});
    }
    return entry;
}

void note_request(struct side *side, struct entry *entry, uint32_t name, struct uv_place place)
{
    struct lsc_writer *w = note_writer();
    if (!w)
        return;
    refresh(side);
    spawn(side, entry, w,
          &(struct lsc__task_spec){.name = name, .stack = note_origin(side, place)});
}

/* ---- phases ---- */

static enum lsc_phase phase_of_kind(enum uv_kind kind)
{
    switch ((int)kind) {
    case UV_KIND_TIMER:
        return LSC_PHASE_TIMERS;
    case UV_KIND_IDLE:
        return LSC_PHASE_IDLE;
    case UV_KIND_PREPARE:
        return LSC_PHASE_PREPARE;
    case UV_KIND_CHECK:
        return LSC_PHASE_CHECK;
    default:
        return LSC_PHASE_POLL;
    }
}

static void advance(enum lsc_phase phase)
{
    if (phase > uv_self.phase)
        uv_self.phase = (uint8_t)phase;
}

/* True when this is the first callback of its turn. */
static bool note_turn(const struct lsc_writer *w)
{
    uint64_t turn = atomic_load_explicit(&w->shared->turn_number, memory_order_relaxed);
    if (uv_self.turn == turn)
        return false;
    uv_self.turn = turn;
    uv_self.phase = LSC_PHASE_POLL;
    return true;
}

static enum lsc_phase phase_now(enum uv_kind kind)
{
    enum lsc_phase phase = phase_of_kind(kind);
    /* Completions after the poll phase of their turn are the pending ones of the next iteration. */
    if (phase == LSC_PHASE_POLL && uv_self.phase >= LSC_PHASE_CHECK &&
        uv_self.phase <= LSC_PHASE_PENDING)
        phase = LSC_PHASE_PENDING;
    advance(phase);
    return phase;
}

void note_set_phase(struct note *note, enum lsc_phase phase)
{
    note->phase = phase;
    advance(phase);
}

/* ---- polls ---- */

static void show(struct lsc_writer *w, uint32_t task, uint64_t since)
{
    atomic_store_explicit(&w->shared->poll_since, since, memory_order_relaxed);
    atomic_store_explicit(&w->shared->current_task, task, memory_order_relaxed);
}

void note_begin(struct note *note, struct side *side, struct entry *entry)
{
    struct lsc_writer *w = entry ? note_writer() : NULL;
    note->w = w;
    note->side = side;
    uv_self.reading = NULL;
    if (!w)
        return;
    /* What an earlier turn left behind runs no more: it was jumped out of. */
    bool is_first = note_turn(w);
    note->outer =
        is_first ? 0 : atomic_load_explicit(&w->shared->current_task, memory_order_relaxed);
    note->outer_since =
        is_first ? 0 : atomic_load_explicit(&w->shared->poll_since, memory_order_relaxed);
    note->task = note_task(side, entry, w);
    note->phase = phase_now((enum uv_kind)entry->kind);
    note->begin = lsc__now();
    show(w, note->task, note->begin);
}

void note_allocated(const struct note *note, const void *stream)
{
    if (!note->w || note->w != lsc__self)
        return;
    uv_self.reading = stream;
    uv_self.reading_since = note->begin;
    uv_self.reading_outer = note->outer;
    uv_self.reading_phase = (uint8_t)note->phase;
}

void note_begin_reading(struct note *note, struct side *side, struct entry *entry,
                        const void *stream)
{
    struct lsc_writer *w = lsc__self;
    if (uv_self.reading != stream || !entry || !w || !w->shared) {
        note_begin(note, side, entry);
        return;
    }
    uv_self.reading = NULL;
    *note = (struct note){.w = w,
                          .side = side,
                          .task = entry->task,
                          .outer = uv_self.reading_outer,
                          .begin = uv_self.reading_since,
                          .phase = (enum lsc_phase)uv_self.reading_phase};
}

void note_end(const struct note *note, const struct note_poll *poll)
{
    struct lsc_writer *w = note->w;
    /* The callback may have forked, or the thread may be at its end. */
    if (!w || w != lsc__self || !w->shared)
        return;
    uint64_t now = lsc__now();
    show(w, note->outer, note->outer_since);
    if (note->task == 0 || (poll->function == 0 && !(poll->flags & LSC_POLL_READY)))
        return;
    uint64_t delay = poll->delay < LSC_POLL_DELAY_MAX ? poll->delay : LSC_POLL_DELAY_MAX;
    uint64_t function = note_function(note->side, poll->function);
    lsc__ring_put(
        w, now, LSC_RECORD_POLL,
        (uint16_t)(poll->flags | LSC_POLL_PHASE_FLAG(note->phase) | LSC_POLL_ROLE_FLAG(poll->role)),
        note->task, now - note->begin, delay | function << LSC_POLL_DELAY_BITS);
    if (poll->flags & LSC_POLL_READY)
        lsc__task_finish(note->task);
}
