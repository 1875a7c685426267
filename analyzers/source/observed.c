/* SPDX-License-Identifier: MIT */
/* The life of one process under observation: from its segment to its ITEM_END. */
#include "observed.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process_stat.h"

#define NOW_EVERY_NS 250000000u
#define TOTALS_EVERY_NS 1000000000u /* the records tell it, too; these survive a lapped ring */
/* A failed exec takes its word back within this time. */
#define REPLACED_AFTER_NS 50000000u
#define PAUSE_MIN_US 1000u
#define PAUSE_MAX_US 20000u
/* A ring is drained before this part of it has been filled. */
#define RING_PART 8

/* Holds on to the process itself, so that its number's next owner is not taken for it. */
static void find_process(struct observed *o)
{
    const struct lsc_segment_header *header = segment_reader_header(o->reader);
    if (header->pid == 0 || header->pid > INT32_MAX) {
        o->is_dead = true;
        return;
    }
    o->pidfd = (int)syscall(SYS_pidfd_open, (pid_t)header->pid, 0);
    if (o->pidfd < 0 && errno == ESRCH)
        o->is_dead = true;
    struct process_stat now;
    process_stat_read(header->pid, &now);
    if (now.start != 0 && header->process_start != 0 && now.start != header->process_start)
        o->is_dead = true;
}

int observed_open(const char *path, struct observed **out, char *why, size_t why_bytes)
{
    struct observed *o = calloc(1, sizeof(*o));
    int err = -ENOMEM;
    *out = NULL;
    if (why_bytes > 0)
        snprintf(why, why_bytes, "%s", strerror(ENOMEM));
    if (!o)
        return err;
    o->pidfd = -1;
    o->records = malloc(SLOT_BUFFER_MAX * sizeof(*o->records));
    o->batch = malloc(OBSERVED_BATCH * sizeof(*o->batch));
    o->text = malloc(STRING_BYTES_MAX);
    if (o->records && o->batch && o->text)
        err = segment_reader_open(path, &o->reader, why, why_bytes);
    if (err < 0) {
        observed_delete(o);
        return err;
    }
    o->pid = segment_reader_header(o->reader)->pid;
    find_process(o);
    *out = o;
    return 0;
}

/* Everything but the bare fact that there was such a process. */
static void release(struct observed *o)
{
    segment_reader_close(o->reader);
    if (o->pidfd >= 0)
        close(o->pidfd);
    slots_free(o);
    tables_free(o);
    pcs_free(o);
    free(o->records);
    free(o->batch);
    *o = (struct observed){
        .queue = o->queue, .index = o->index, .pid = o->pid, .pidfd = -1, .state = OBSERVED_ENDED};
}

void observed_delete(struct observed *o)
{
    if (!o)
        return;
    release(o);
    free(o);
}

void observed_check_life(struct observed *o, uint64_t mono_ns)
{
    struct pollfd pidfd = {.fd = o->pidfd, .events = POLLIN};
    if (o->is_dead)
        return;
    if (o->pidfd >= 0)
        o->is_dead = poll(&pidfd, 1, 0) > 0;
    else
        o->is_dead = kill((pid_t)o->pid, 0) < 0 && errno == ESRCH;
    if (segment_reader_header(o->reader)->state != LSC_SEGMENT_REPLACED)
        o->replaced_since_ns = 0;
    else if (o->replaced_since_ns == 0)
        o->replaced_since_ns = mono_ns;
    else if (mono_ns - o->replaced_since_ns >= REPLACED_AFTER_NS)
        o->is_dead = true; /* its program is */
}

static void tell_process(struct observed *o)
{
    const struct lsc_segment_header *header = segment_reader_header(o->reader);
    uint32_t depths = header->depths, limits = header->limits;
    if (o->is_told && depths == o->told_depths && limits == o->told_limits)
        return;
    o->is_told = true;
    o->told_depths = depths;
    o->told_limits = limits;
    const char *program = item_queue_text(o->queue, header->program, strlen(header->program));
    size_t command_bytes = o->title_bytes ? o->title_bytes : header->command_bytes;
    const char *command =
        item_queue_text(o->queue, o->title_bytes ? o->title : header->command, command_bytes);
    const char *executable =
        item_queue_text(o->queue, header->executable, strlen(header->executable));
    struct process_item *item = &item_queue_add(o->queue, ITEM_PROCESS, o->index)->process_info;
    *item = (struct process_item){
        .pid = header->pid,
        .ppid = header->ppid,
        .program = program,
        .command = command,
        .command_bytes = command[0] ? command_bytes : 0,
        .executable = executable,
        .started_real_ns = (int64_t)header->clock_start.real_ns,
        .started_mono_ns = (int64_t)header->clock_start.mono_ns,
        .stall_ns = header->stall_ns,
        .block_ns = header->block_ns,
        .depths = depths,
        .limits = limits,
    };
}

/* The heads first, then the tables: what a record below the head refers to is complete then. */
void observed_begin_drain(struct observed *o, uint64_t mono_ns)
{
    observed_check_life(o, mono_ns);
    if (segment_reader_refresh(o->reader) < 0)
        o->is_dead = o->is_broken = true;
    if (mono_ns - o->title_at_ns >= NOW_EVERY_NS) {
        o->title_at_ns = mono_ns;
        o->is_told &= !title_refresh(o, mono_ns);
    }
    tell_process(o);
    uint64_t start = segment_reader_header(o->reader)->clock_start.mono_ns;
    uint64_t now = mono_ns > start ? mono_ns - start : 0;
    if (!o->is_dead && now > o->clock_ns)
        o->clock_ns = now;
    if (o->is_broken)
        return;
    slots_scan(o);
    if (segment_reader_refresh(o->reader) < 0)
        o->is_dead = o->is_broken = true;
    tables_scan(o);
    slots_tell(o, false);
    merge_begin(o);
}

bool observed_drain_batch(struct observed *o)
{
    size_t count = o->is_broken ? 0 : merge_batch(o);
    if (count == 0)
        return false;
    struct events_item *item = &item_queue_add(o->queue, ITEM_EVENTS, o->index)->events;
    *item = (struct events_item){o->batch, count};
    return true;
}

/* How fast each ring fills; falls slowly, rises at once. */
static void measure_rates(struct observed *o, uint64_t mono_ns)
{
    uint64_t elapsed_us = (mono_ns - o->drained_at_ns) / 1000;
    bool is_first = o->drained_at_ns == 0;
    o->drained_at_ns = mono_ns;
    for (uint32_t i = 0; i < o->slot_count; i++) {
        struct slot *slot = &o->slots[i];
        uint64_t came = slot->cursor - slot->measured;
        slot->measured = slot->cursor;
        if (is_first || elapsed_us == 0)
            continue;
        uint64_t rate = came < UINT64_MAX / 1000000 ? came * 1000000 / elapsed_us : UINT64_MAX;
        uint64_t before = slot->rate - slot->rate / 8;
        slot->rate = rate > before ? rate : before;
    }
}

uint64_t observed_pause_us(const struct observed *o)
{
    uint64_t fastest = 0;
    if (o->state != OBSERVED_RUNNING)
        return PAUSE_MAX_US;
    for (uint32_t i = 0; i < o->slot_count; i++)
        fastest = o->slots[i].rate > fastest ? o->slots[i].rate : fastest;
    uint64_t part = segment_reader_header(o->reader)->ring_records / RING_PART;
    uint64_t pause = fastest ? part * 1000000 / fastest : PAUSE_MAX_US;
    return pause < PAUSE_MIN_US ? PAUSE_MIN_US : pause > PAUSE_MAX_US ? PAUSE_MAX_US : pause;
}

/* The latest moment of which the segment shows that the process was there. */
static uint64_t last_sign_of_life(const struct observed *o)
{
    const struct lsc_segment_header *header = segment_reader_header(o->reader);
    uint64_t clock = segment_reader_ns(o->reader, header->clock_latest.ticks);
    uint64_t end = segment_reader_ns(o->reader, header->end_ticks);
    uint64_t latest = clock > end ? clock : end;
    return latest > o->newest_ns ? latest : o->newest_ns;
}

void observed_end_drain(struct observed *o, uint64_t mono_ns, bool is_last)
{
    bool is_final = is_last || o->is_dead;
    if (o->is_dead && last_sign_of_life(o) > o->clock_ns)
        o->clock_ns = last_sign_of_life(o);
    measure_rates(o, mono_ns);
    slots_tell_lost(o);
    tables_tell_lost(o);
    if (is_final || mono_ns - o->totals_at_ns >= TOTALS_EVERY_NS) {
        o->totals_at_ns = mono_ns;
        if (!o->is_broken)
            tables_tell_totals(o, is_final);
        slots_tell(o, true);
    } else if (!o->has_told_tasks && !o->is_broken) {
        tables_tell_tasks(o, false); /* whoever comes late sees them all at once */
    }
    if (is_final || mono_ns - o->now_at_ns >= NOW_EVERY_NS) {
        o->now_at_ns = mono_ns;
        slots_tell_now(o, o->is_dead ? last_sign_of_life(o) : o->clock_ns, is_final);
        item_queue_add(o->queue, ITEM_CLOCK, o->index)->clock_ns = o->clock_ns;
    }
    if (is_final) {
        o->state = OBSERVED_ENDING;
        o->ending_since_ns = mono_ns;
    }
    if (!o->is_broken)
        pcs_order(o, mono_ns);
}

/* How it ended: its parent knows best, except of an exec, which parents do not see. */
static struct end_item end_of(const struct observed *o)
{
    uint32_t state = segment_reader_header(o->reader)->state;
    struct end_item end = {END_DETACHED, -1, o->is_dead ? last_sign_of_life(o) : o->clock_ns};
    if (state == LSC_SEGMENT_REPLACED)
        end.kind = END_REPLACED;
    else if (o->has_end)
        end.kind = o->end_kind, end.status = o->end_status;
    else if (state == LSC_SEGMENT_EXITED)
        end.kind = END_EXITED;
    else if (o->is_dead)
        end.kind = END_VANISHED;
    return end;
}

void observed_end(struct observed *o)
{
    item_queue_add(o->queue, ITEM_END, o->index)->end = end_of(o);
    release(o);
}
