/* SPDX-License-Identifier: MIT */
/* Detectors blocking-call and lock-stall: calls that slept on a loop thread inside a turn. They
 * read the same rows and differ in class and words. Also here: sleeps outside known calls, by wait
 * channel. */
#include "judge.h"
#include "registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const fd_words[] = {[LSC_FD_FILE] = " on a file",
                                       [LSC_FD_DIRECTORY] = " on a directory",
                                       [LSC_FD_PIPE] = " on a pipe",
                                       [LSC_FD_SOCKET] = " on a socket",
                                       [LSC_FD_TERMINAL] = " on a terminal",
                                       [LSC_FD_DEVICE] = " on a device",
                                       [LSC_FD_EVENT] = " on an event descriptor"};

static const char *fd_word(uint8_t kind)
{
    const char *word = kind < sizeof(fd_words) / sizeof(fd_words[0]) ? fd_words[kind] : NULL;
    return word ? word : "";
}

static void add_row(struct groups *groups, const struct judgement *in,
                    const struct blocked_row *row)
{
    struct group key = {.call = row->key.call, .extra = row->key.is_nonblocking};
    group_blame(in->model, row->key.stack, &key);
    struct group *group = group_get(groups, &key);
    if (!group)
        return;
    if (group->fd_kind == LSC_FD_NONE)
        group->fd_kind = row->key.fd_kind;
    group_add(group, row->key.thread, row->key.stack, row->count, row->total_ns, row->worst_ns);
    group_span(group, row->first_ns, row->last_ns);
    group_add_poll(group, row->task, row->callback, row->what, row->worst_ns);
    group->in_progress |= row->in_progress;
}

static struct groups group_rows(const struct judgement *in, bool want_locks)
{
    struct groups groups = {0};
    for (size_t i = 0; i < in->blocked_count; i++) {
        const struct blocked_row *row = &in->blocked[i];
        if ((call_class(row->key.call) == LSC_CALL_CLASS_LOCK) == want_locks)
            add_row(&groups, in, row);
    }
    return groups;
}

static void say_blocked(struct finding *finding, const struct judgement *in,
                        const struct group *group, const char *done)
{
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    say_threads(&s, in->model, group);
    if (call_class(group->call) == LSC_CALL_CLASS_LOCK)
        say(&s, " waited for a lock ");
    else
        say(&s, " %s %s ", was_or_were(in->model, group), done);
    say_amounts(&s, group);
    say(&s, ", in %s%s", call_name(group->call), fd_word(group->fd_kind));
    if (group->where)
        say_where(&s, " called by ", group->where, group->where_pc);
    say_poll(&s, in->model, group, group->where);
    if (group->in_progress)
        say(&s, "; still going on when last seen");
    say(&s, ".");
}

static void report_blocked(const struct detector *detector, const struct judgement *in,
                           const struct group *group, struct findings *out)
{
    bool is_lock = call_class(group->call) == LSC_CALL_CLASS_LOCK;
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    finding->call = call_name(group->call);
    finding->cause = is_lock ? "lock" : "blocking-call";
    finding_from_group(finding, in, group);
    if (group->fd_kind > LSC_FD_UNKNOWN && fd_word(group->fd_kind)[0])
        fact_text(finding, "descriptor", fd_word(group->fd_kind) + strlen(" on "));
    facts_of_poll(finding, in->model, group);
    say_blocked(finding, in, group, "blocked");
    advise(finding, in->model, group->call);
}

/* A call on a non-blocking descriptor cannot wait: the kernel copied long, or the thread lost the
 * CPU in it. Worth a note when it is a good part of a stall, never more. */
static void report_delayed(const struct detector *detector, const struct judgement *in,
                           const struct group *group, struct findings *out)
{
    if (group->worst_ns < in->stall_ns / 4)
        return;
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    finding->call = call_name(group->call);
    finding->cause = "delayed";
    finding_from_group(finding, in, group);
    finding->severity = SEVERITY_NOTE;
    say_blocked(finding, in, group, "held up");
    finding->why = "The descriptor is in non-blocking mode, so the call did not wait: it copied a "
                   "lot of data or its thread lost the CPU meanwhile.";
    finding->advice = "Nothing, unless it is frequent: then write smaller pieces, and see whether "
                      "the machine has a CPU to spare.";
}

static void report_asleep(const struct detector *detector, const struct judgement *in,
                          const struct cause_row *row, struct findings *out)
{
    struct group group = {.worst_thread = row->key.thread};
    group_add(&group, row->key.thread, 0, row->stalls, row->total_ns, row->worst_ns);
    group.first_ns = MODEL_NEVER;
    group_span(&group, row->first_ns, row->last_ns);
    group_add_poll(&group, row->task, row->callback, row->what, row->worst_stall);
    group.in_progress = row->in_progress;
    group.stalls_ns = row->stall_ns;
    memcpy(group.parts, row->parts, sizeof(group.parts));
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    struct text channel = model_string(in->model, row->key.id);
    finding->cause = "asleep";
    finding_from_group(finding, in, &group);
    facts_of_parts(finding, &group);
    facts_of_poll(finding, in->model, &group);
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    say_threads(&s, in->model, &group);
    say(&s, " slept in the kernel ");
    say_amounts(&s, &group);
    if (channel.length) {
        say(&s, ", at '%.60s'", channel.bytes);
        fact_text(finding, "wait_channel", channel.bytes);
    }
    say(&s, ", in a call that loopscope does not see");
    say_poll(&s, in->model, &group, NULL);
    say(&s, "%s.", group.in_progress ? "; still going on when last seen" : "");
    finding->why = "While the thread sleeps its loop runs nothing else.";
    finding->advice = "Look at what the program was doing at that time: the call is made without "
                      "libc (inline system call, vDSO, a library of its own).";
}

static enum verdict judge_blocking(const struct detector *detector, const struct judgement *in,
                                   struct findings *out)
{
    size_t before = out->count;
    struct groups groups = group_rows(in, false);
    for (size_t i = 0; i < groups.count; i++) {
        if (groups.items[i].extra)
            report_delayed(detector, in, &groups.items[i], out);
        else
            report_blocked(detector, in, &groups.items[i], out);
    }
    groups_free(&groups);
    for (size_t i = 0; i < in->cause_count; i++)
        if (in->causes[i].key.part == PART_ASLEEP)
            report_asleep(detector, in, &in->causes[i], out);
    return verdict_of(in, out, before);
}

static enum verdict judge_locks(const struct detector *detector, const struct judgement *in,
                                struct findings *out)
{
    size_t before = out->count;
    struct groups groups = group_rows(in, true);
    for (size_t i = 0; i < groups.count; i++)
        report_blocked(detector, in, &groups.items[i], out);
    groups_free(&groups);
    return verdict_of(in, out, before);
}

const struct detector detector_blocking_call = {
    .id = "blocking-call",
    .title = "calls that sleep on a loop thread",
    .defaults = &severity_default,
    .reads = "CALL records over the block threshold, and what the watchdog saw of sleeping threads",
    .judge = judge_blocking,
};
const struct detector detector_lock_stall = {
    .id = "lock-stall",
    .title = "locks that a loop thread waits for",
    .defaults = &severity_default,
    .reads = "CALL records of locks",
    .judge = judge_locks,
};
