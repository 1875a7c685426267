/* SPDX-License-Identifier: MIT */
/* The live source: finds segments, drains them round by round, and ends well. A round visits every
 * process once; next() gives out its items and returns 0 when the round is over. */
#include "live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "observed.h"
#include "process_stat.h"

#define PROCESSES_MAX 4096u /* processes of one stream */
#define SCAN_EVERY_NS 20000000u
/* A new file is not complete at once: after a change the directory is looked at for a while. */
#define SCAN_WATCHFUL_NS 500000000u
#define SCAN_SELDOM_NS 250000000u
#define SYMBOLS_WAIT_NS 10000000000u
#define SYMBOLS_STEP_MS 50u
#define GENERATIONS_MAX 32u /* looked back over for an ancestor */

enum step { STEP_BEGIN, STEP_BATCHES };

struct known_end {
    uint32_t pid;
    enum end_kind kind;
    int status;
};

struct live {
    struct source source; /* first: a source is a live */
    struct live_options options;
    char directory[512];
    struct item_queue queue;
    struct symbol_thread *symbols;

    struct observed **all;
    char **paths; /* of their segments */
    uint32_t count;
    struct known_end *ends;
    size_t end_count;

    uint64_t scanned_at_ns, changed_at_ns;
    struct timespec directory_time;
    bool has_scanned;

    bool is_in_round, is_finishing, is_last_round, is_over;
    uint32_t current; /* process of the round */
    enum step step;
};

static struct live *live_of(const struct source *source)
{
    return (struct live *)(uintptr_t)source;
}

static uint64_t mono_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void apply_end(struct observed *o, const struct known_end *end)
{
    if (o->pid != end->pid || o->state == OBSERVED_ENDED)
        return;
    o->has_end = true;
    o->end_kind = end->kind;
    o->end_status = end->status;
}

static bool make_room(struct live *live)
{
    if (live->count % 16 != 0)
        return true;
    size_t room = live->count + 16u;
    void *all = realloc(live->all, room * sizeof(struct observed *));
    if (all)
        live->all = all;
    void *paths = realloc(live->paths, room * sizeof(char *));
    if (paths)
        live->paths = paths;
    return all && paths;
}

/* Takes the segment at `path` under observation. -EAGAIN and the like: perhaps later. */
static int add(struct live *live, const char *path, bool is_first_scan, char *why, size_t why_bytes)
{
    struct observed *o;
    if (live->count >= PROCESSES_MAX || !make_room(live))
        return -ENOMEM;
    char *copy = strdup(path);
    int err = copy ? observed_open(path, &o, why, why_bytes) : -ENOMEM;
    if (err < 0) {
        free(copy);
        return err;
    }
    o->queue = &live->queue;
    o->symbols = live->symbols;
    o->index = live->count;
    o->is_past_wanted = is_first_scan && live->options.want_past;
    o->skips_past = is_first_scan && !live->options.want_past && !o->is_dead;
    for (size_t i = 0; i < live->end_count; i++)
        apply_end(o, &live->ends[i]);
    live->paths[live->count] = copy;
    live->all[live->count++] = o;
    return 0;
}

static bool is_known(const struct live *live, const char *path)
{
    for (uint32_t i = live->count; i-- > 0;)
        if (strcmp(live->paths[i], path) == 0)
            return true;
    return false;
}

static bool is_observed(const struct live *live, uint32_t pid)
{
    for (uint32_t i = 0; i < live->count; i++)
        if (live->all[i]->pid == pid)
            return true;
    return false;
}

/* The parent of a process now; 0: there is none, or it cannot be known. */
static uint32_t parent_of(uint32_t pid)
{
    struct process_stat now;
    process_stat_read(pid, &now);
    return now.parent;
}

/* Between the two may be processes that are not under the probe (a shell). */
static bool descends(const struct live *live, const struct segment_entry *entry)
{
    uint32_t pid = entry->ppid;
    for (unsigned level = 0; pid > 1 && level < GENERATIONS_MAX; level++) {
        if (pid == live->options.pid || is_observed(live, pid))
            return true;
        pid = parent_of(pid);
    }
    return false;
}

/* Of a run every process counts, however short; else only what is there to be observed. */
static bool is_wanted(const struct live *live, const struct segment_entry *entry)
{
    const struct live_options *options = &live->options;
    if (options->pid != 0 && entry->pid != options->pid &&
        !(options->want_children && entry->is_alive && descends(live, entry)))
        return false;
    if (options->run_id != 0)
        return entry->run_id == options->run_id;
    return entry->is_alive;
}

static int visit(const struct segment_entry *entry, void *data)
{
    struct live *live = data;
    char why[128];
    if (is_wanted(live, entry) && !is_known(live, entry->path))
        add(live, entry->path, !live->has_scanned, why, sizeof(why));
    return 0;
}

static bool has_changed(struct live *live)
{
    struct stat status;
    if (stat(live->directory, &status) < 0)
        return false;
    bool is_same = status.st_mtim.tv_sec == live->directory_time.tv_sec &&
                   status.st_mtim.tv_nsec == live->directory_time.tv_nsec;
    live->directory_time = status.st_mtim;
    return !is_same;
}

static int scan(struct live *live, uint64_t now, bool is_forced)
{
    if (live->options.only_path || (!is_forced && now - live->scanned_at_ns < SCAN_EVERY_NS))
        return 0;
    if (has_changed(live))
        live->changed_at_ns = now;
    bool is_watchful = now - live->changed_at_ns < SCAN_WATCHFUL_NS;
    if (!is_forced && !is_watchful && now - live->scanned_at_ns < SCAN_SELDOM_NS)
        return 0;
    live->scanned_at_ns = now;
    int err = segment_list(live->directory, visit, live);
    live->has_scanned = true;
    return err;
}

static void take_symbols(struct live *live)
{
    struct symbol_result result;
    while (live->symbols && symbol_thread_take(live->symbols, &result))
        if (result.process < live->count)
            pcs_resolved(live->all[result.process], &result);
}

/* Gone and drained: it ends when its stacks are named, or when that takes too long. */
static void step_ending(struct live *live, struct observed *o, uint64_t now)
{
    if (!o->is_broken)
        pcs_order(o, now);
    if (pcs_are_all_resolved(o) || now - o->ending_since_ns >= SYMBOLS_WAIT_NS)
        observed_end(o);
    (void)live;
}

/* One step of the round. False: the round is over. */
static bool step(struct live *live)
{
    if (live->current >= live->count)
        return false;
    struct observed *o = live->all[live->current];
    uint64_t now = mono_ns();
    if (o->state == OBSERVED_ENDING)
        step_ending(live, o, now);
    if (o->state != OBSERVED_RUNNING) {
        live->current++;
        return true;
    }
    if (live->step == STEP_BEGIN) {
        observed_begin_drain(o, now);
        live->step = STEP_BATCHES;
    } else if (!observed_drain_batch(o)) {
        observed_end_drain(o, now, live->is_last_round);
        live->step = STEP_BEGIN;
        live->current++;
    }
    return true;
}

static bool is_all_ended(const struct live *live)
{
    for (uint32_t i = 0; i < live->count; i++)
        if (live->all[i]->state != OBSERVED_ENDED)
            return false;
    return true;
}

static void begin_round(struct live *live)
{
    live->is_in_round = true;
    live->current = 0;
    live->step = STEP_BEGIN;
    scan(live, mono_ns(), live->is_finishing && !live->is_last_round);
    /* The scan above has found what there is: this round is the last that drains. */
    live->is_last_round = live->is_finishing;
}

/* False: nothing more now. */
static bool advance(struct live *live)
{
    take_symbols(live);
    if (!item_queue_is_empty(&live->queue))
        return true;
    if (live->is_over)
        return false;
    if (!live->is_in_round) {
        begin_round(live);
        return true;
    }
    if (step(live))
        return true;
    bool was_last = live->is_last_round;
    live->is_in_round = false;
    if (!live->is_finishing)
        return false;
    if (was_last && is_all_ended(live))
        live->is_over = true;
    else if (was_last && live->symbols)
        symbol_thread_wait(live->symbols, SYMBOLS_STEP_MS);
    return true;
}

static int live_next(struct source *source, struct item *out)
{
    struct live *live = live_of(source);
    for (;;) {
        if (item_queue_take(&live->queue, out))
            return 1;
        if (live->queue.has_failed) {
            snprintf(source->error, sizeof(source->error), "%s", strerror(ENOMEM));
            return -ENOMEM;
        }
        if (!advance(live))
            return 0;
    }
}

static void live_close(struct source *source)
{
    struct live *live = live_of(source);
    symbol_thread_delete(live->symbols);
    for (uint32_t i = 0; i < live->count; i++) {
        observed_delete(live->all[i]);
        free(live->paths[i]);
    }
    free(live->all);
    free(live->paths);
    free(live->ends);
    item_queue_free(&live->queue);
    free(live);
}

static const struct source_ops ops = {live_next, live_close};

static int open_directory(struct live *live, char *why, size_t why_bytes)
{
    int err = 0;
    if (live->options.directory && strlen(live->options.directory) >= sizeof(live->directory))
        err = -ENAMETOOLONG;
    else if (live->options.directory)
        strcpy(live->directory, live->options.directory);
    else
        err = segment_directory(live->directory, sizeof(live->directory));
    if (err == 0)
        err = scan(live, mono_ns(), true);
    if (err < 0)
        snprintf(why, why_bytes, "the segment directory cannot be used: %s", strerror(-err));
    return err;
}

int live_open(const struct live_options *options, struct source **out, char *why, size_t why_bytes)
{
    struct live *live = calloc(1, sizeof(*live));
    *out = NULL;
    if (!live) {
        snprintf(why, why_bytes, "%s", strerror(ENOMEM));
        return -ENOMEM;
    }
    live->source.ops = &ops;
    live->options = *options;
    if (options->want_symbols)
        live->symbols = symbol_thread_new(); /* without it frames stay addresses */
    int err = options->only_path ? add(live, options->only_path, true, why, why_bytes)
                                 : open_directory(live, why, why_bytes);
    /* The caller's strings need not outlive this call. */
    live->options.directory = NULL;
    if (err < 0) {
        live_close(&live->source);
        return err;
    }
    *out = &live->source;
    return 0;
}

uint64_t live_pause_us(const struct source *source)
{
    const struct live *live = live_of(source);
    uint64_t pause = 20000;
    for (uint32_t i = 0; i < live->count; i++) {
        uint64_t wanted = observed_pause_us(live->all[i]);
        pause = wanted < pause ? wanted : pause;
    }
    return pause;
}

uint64_t live_symbols_pending(const struct source *source)
{
    const struct live *live = live_of(source);
    uint64_t pending = 0;
    for (uint32_t i = 0; i < live->count; i++)
        pending += live->all[i]->outstanding;
    return pending;
}

uint64_t live_silent_ns(const struct source *source, uint32_t index)
{
    const struct live *live = live_of(source);
    const struct observed *o = index < live->count ? live->all[index] : NULL;
    if (!o || o->state != OBSERVED_RUNNING || o->is_dead)
        return 0;
    const struct lsc_segment_header *header = segment_reader_header(o->reader);
    uint64_t latest = header->clock_latest.mono_ns, now = mono_ns();
    return latest == header->clock_start.mono_ns || latest > now ? 0 : now - latest;
}

void live_child_ended(struct source *source, uint32_t pid, enum end_kind kind, int status)
{
    struct live *live = live_of(source);
    struct known_end end = {pid, kind, status};
    for (uint32_t i = 0; i < live->count; i++)
        apply_end(live->all[i], &end);
    /* Its segment may not have been found yet. */
    void *ends = realloc(live->ends, (live->end_count + 1) * sizeof(*live->ends));
    if (!ends)
        return;
    live->ends = ends;
    live->ends[live->end_count++] = end;
}

void live_finish(struct source *source)
{
    live_of(source)->is_finishing = true;
}
