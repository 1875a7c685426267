/* SPDX-License-Identifier: MIT */
/* Detector task-leak: tasks of one kind made at one place, of which there are more and more.
 *
 * A server whose clients come and stay looks alike for a while, so numbers alone are not enough:
 *   - the least number alive rises from each of eight windows to the next, over two seconds at
 *     least (growth.h), to twice as many and by LEAST_GROWN;
 *   - hardly any has ended: at most one in MOST_ENDED;
 *   - half of what was gained has done nothing for the latest quarter of that time. What runs by
 *     itself (timers, idle, prepare, check) can do that forgotten, too, and needs no such proof;
 *   - a request under way is no leak: half of what was gained must have been so for
 *     REQUEST_AGE_NS. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "registry.h"

#define LEAST_GROWN 16
#define MOST_ENDED 4
#define REQUEST_AGE_NS UINT64_C(30000000000)
#define LEAKS_MAX 64

enum sort { SORT_TASK, SORT_HANDLE, SORT_RUNS_BY_ITSELF, SORT_REQUEST };

/* Kinds of libuv, as the probe names them; "fs read" and the like are requests. */
static const struct {
    const char *kind;
    enum sort sort;
} kinds[] = {
    {"timer", SORT_RUNS_BY_ITSELF}, {"idle", SORT_RUNS_BY_ITSELF}, {"prepare", SORT_RUNS_BY_ITSELF},
    {"check", SORT_RUNS_BY_ITSELF}, {"tcp", SORT_HANDLE},          {"pipe", SORT_HANDLE},
    {"tty", SORT_HANDLE},           {"udp", SORT_HANDLE},          {"poll", SORT_HANDLE},
    {"async", SORT_HANDLE},         {"signal", SORT_HANDLE},       {"process", SORT_HANDLE},
    {"fs event", SORT_HANDLE},      {"fs poll", SORT_HANDLE},      {"getaddrinfo", SORT_REQUEST},
    {"getnameinfo", SORT_REQUEST},  {"random", SORT_REQUEST},      {"work", SORT_REQUEST},
    {"connect", SORT_REQUEST},
};

static enum sort sort_of(const char *kind)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return kinds[i].sort;
    return strncmp(kind, "fs ", 3) == 0 ? SORT_REQUEST : SORT_TASK;
}

struct leak {
    const struct task_class *class; /* the one with most alive, of those put together */
    struct group blamed;
    uint64_t live, spawned, ended, per_minute, first, last;
    struct growth_view growth;
    const char *kind; /* untrusted bytes */
    enum sort sort;
    uint64_t idle;       /* for as long as their sort demands */
    uint32_t await_site; /* where more of them wait than elsewhere, 0 not known */
    uint64_t awaiting;   /* there */
};

/* By the majority vote of Boyer and Moore, counted afterwards. */
static void find_await(const struct model *model, struct leak *leak)
{
    uint64_t votes = 0;
    uint32_t site = 0;
    for (unsigned i = 0; i < model_task_slots(model); i++) {
        const struct task_row *task = model_task_at(model, i);
        if (!task || task->has_ended || !task_is_of(model, task, leak->class) ||
            task->await_ns == MODEL_NEVER)
            continue;
        if (votes == 0)
            site = task->await_site;
        votes = task->await_site == site ? votes + 1 : votes - 1;
    }
    for (unsigned i = 0; site && i < model_task_slots(model); i++) {
        const struct task_row *task = model_task_at(model, i);
        leak->awaiting += task && !task->has_ended && task_is_of(model, task, leak->class) &&
                          task->await_ns != MODEL_NEVER && task->await_site == site;
    }
    leak->await_site = leak->awaiting ? site : 0;
}

static bool is_forgotten(const struct model *model, struct leak *leak)
{
    uint64_t now = model_seen_ns(model), gained = leak->growth.last - leak->growth.first;
    uint64_t age = leak->sort == SORT_REQUEST ? REQUEST_AGE_NS : leak->growth.span_ns / 4;
    leak->idle = task_class_idle(model, leak->class, now > age ? now - age : 0);
    if (leak->sort == SORT_REQUEST && now < age)
        return false;
    return leak->sort == SORT_RUNS_BY_ITSELF || leak->idle >= gained / 2;
}

static bool is_leak(const struct model *model, const struct task_class *class, struct leak *leak)
{
    struct growth_view growth = task_class_growth(model, class);
    bool goes_on = growth.start_ns + growth.span_ns >= model_seen_ns(model);
    if (!growth.is_growing || !goes_on || growth.last < growth.first + LEAST_GROWN ||
        growth.last / 2 < growth.first || class->ended > class->spawned / MOST_ENDED)
        return false;
    const char *kind = model_string(model, class->key.kind).bytes;
    *leak = (struct leak){.class = class,
                          .live = class->live,
                          .spawned = class->spawned,
                          .ended = class->ended,
                          .per_minute = task_class_per_minute(class, &growth),
                          .first = growth.first,
                          .last = growth.last,
                          .growth = growth,
                          .kind = kind,
                          .sort = sort_of(kind)};
    group_blame(model, class->key.stack, &leak->blamed);
    return is_forgotten(model, leak);
}

struct leaks {
    struct leak items[LEAKS_MAX];
    unsigned count;
};

static bool is_same(const struct leak *a, const struct leak *b)
{
    const struct frame *x = a->blamed.where, *y = b->blamed.where;
    return a->class->key.kind == b->class->key.kind && x && y && x->function[0] &&
           strcmp(x->function, y->function) == 0 && strcmp(x->file, y->file) == 0;
}

/* Made by one function, by whatever way it was reached: one leak. */
static void add(struct leaks *leaks, const struct leak *leak)
{
    unsigned at = 0;
    while (at < leaks->count && !is_same(&leaks->items[at], leak))
        at++;
    if (at == leaks->count) {
        if (leaks->count < LEAKS_MAX)
            leaks->items[leaks->count++] = *leak;
        return;
    }
    struct leak *sum = &leaks->items[at];
    if (leak->class->live > sum->class->live) {
        sum->class = leak->class;
        sum->growth = leak->growth;
        sum->blamed = leak->blamed;
    }
    sum->live += leak->live;
    sum->spawned += leak->spawned;
    sum->ended += leak->ended;
    sum->idle += leak->idle;
    sum->per_minute += leak->per_minute;
    sum->first += leak->first;
    sum->last += leak->last;
}

/* A rate is not known to more. */
static uint64_t two_digits(uint64_t value)
{
    uint64_t unit = 1;
    while (value / unit >= 100)
        unit *= 10;
    return (value / unit + (value % unit >= (unit + 1) / 2 && unit > 1)) * unit;
}

static void say_leak(struct finding *finding, const struct judgement *in, const struct leak *leak)
{
    static const char *const sorts[] = {[SORT_TASK] = "tasks",
                                        [SORT_HANDLE] = "handles",
                                        [SORT_RUNS_BY_ITSELF] = "handles",
                                        [SORT_REQUEST] = "requests"};
    const struct task_class *class = leak->class;
    const char *ended = leak->sort == SORT_TASK || leak->sort == SORT_REQUEST ? "ended" : "closed";
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    uint64_t minute = two_digits(leak->per_minute);
    char span[DURATION_BYTES];
    bool is_just_a_task = !leak->kind[0] || strcmp(leak->kind, "task") == 0;
    say(&s, "The %.60s%s%s", is_just_a_task ? "" : leak->kind, is_just_a_task ? "" : " ",
        sorts[leak->sort]);
    say_place(&s, " created by ", in->model, class->key.stack, class->key.site);
    say(&s,
        " only accumulate: %" PRIu64 " are alive, about %" PRIu64
        " more a minute for %s; of %" PRIu64 " created ",
        leak->live, minute, duration_text(span, leak->growth.span_ns), leak->spawned);
    if (leak->ended)
        say(&s, "%" PRIu64 " %s.", leak->ended, ended);
    else
        say(&s, "none was %s.",
            leak->sort == SORT_TASK || leak->sort == SORT_REQUEST ? "finished" : "closed");
    if (leak->await_site) {
        say(&s, " %s of them wait", leak->awaiting * 2 > leak->live ? "Most" : "Some");
        say_place(&s, " in ", in->model, 0, leak->await_site);
        say(&s, ".");
    }
}

static void report(const struct detector *detector, const struct judgement *in,
                   const struct leak *leak, struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    const struct task_class *class = leak->class;
    finding->where = leak->blamed.where;
    finding->where_pc = leak->blamed.where_pc;
    finding->stack = class->key.stack;
    finding->cause = "leak";
    finding->count = leak->live;
    finding->first_ns = leak->growth.start_ns;
    finding->last_ns = class->last_ns;
    finding->seen_ns = leak->growth.span_ns;
    finding->severity = severity_of_leak(leak->live);
    snprintf(finding->entity, sizeof(finding->entity), "%.60s",
             leak->kind[0] ? leak->kind : "task");
    say_leak(finding, in, leak);
    fact_place(finding, "created_by", in->model, class->key.stack, class->key.site);
    fact_number(finding, "live", FACT_COUNT, leak->live);
    fact_number(finding, "spawned", FACT_COUNT, leak->spawned);
    fact_number(finding, "ended", FACT_COUNT, leak->ended);
    fact_number(finding, "grew_from", FACT_COUNT, leak->first);
    fact_number(finding, "grew_to", FACT_COUNT, leak->last);
    fact_number(finding, "grew_for_ns", FACT_NS, leak->growth.span_ns);
    fact_number(finding, "more_per_minute", FACT_COUNT, leak->per_minute);
    fact_number(finding, "idle", FACT_COUNT, leak->idle);
    fact_place(finding, "await_in", in->model, 0, leak->await_site);
    if (leak->await_site)
        fact_number(finding, "waiting_there", FACT_COUNT, leak->awaiting);
    finding->why = "What is never ended keeps its memory, and a handle its descriptor, until there "
                   "is none left.";
    finding->advice =
        leak->sort == SORT_TASK || leak->sort == SORT_REQUEST
            ? "See what these wait for: each must come to its end, by an answer, a timeout or by "
              "being cancelled."
            : "Close each with uv_close when its work is done, on every path, also after errors "
              "and timeouts; stopping a handle does not close it.";
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    size_t before = out->count;
    unsigned count = model_task_class_count(in->model);
    struct leaks *leaks = calloc(1, sizeof(*leaks));
    for (unsigned i = 0; leaks && i < count; i++) {
        struct leak leak;
        if (is_leak(in->model, model_task_class_at(in->model, i), &leak))
            add(leaks, &leak);
    }
    for (unsigned i = 0; leaks && i < leaks->count; i++)
        find_await(in->model, &leaks->items[i]);
    for (unsigned i = 0; leaks && i < leaks->count; i++)
        report(detector, in, &leaks->items[i], out);
    free(leaks);
    if (out->count > before)
        return VERDICT_FINDING;
    bool is_early = model_seen_ns(in->model) < GROWTH_SPAN_NS;
    return count == 0 || is_early ? VERDICT_NOT_YET : VERDICT_OK;
}

const struct detector detector_task_leak = {
    .id = "task-leak",
    .title = "tasks and handles that only accumulate",
    .defaults = &severity_default,
    .reads = "how many tasks of each kind and place of creation are alive, over time",
    .judge = judge,
};
