/* SPDX-License-Identifier: MIT */
/* What the live source makes of a process under the probe, from its first record to its end. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzers/source/live.h"
#include "analyzers/source/quantize.h"
#include "analyzers/trace/trace.h"

#define RUN_ID 0x5eedu
#define THREADS_MAX 512
#define SLOTS 256 /* of a segment */

/* ---- a program under observation ---- */

struct emitter {
    pid_t pid;
    FILE *in, *out;
};

static char directory[64];

static void make_directory(void)
{
    strcpy(directory, "/dev/shm/loopscope-test-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    setenv("LOOPSCOPE_DIR", directory, 1);
    setenv("LOOPSCOPE_RUN", "5eed", 1);
}

static void remove_directory(void)
{
    DIR *stream = opendir(directory);
    struct dirent *entry;
    while (stream && (entry = readdir(stream)))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(stream), entry->d_name, 0);
    if (stream)
        closedir(stream);
    rmdir(directory);
}

static struct emitter start(const char *mode, const char *count)
{
    int to[2], from[2];
    struct emitter emitter;
    cr_assert(pipe(to) == 0 && pipe(from) == 0);
    emitter.pid = fork();
    cr_assert_geq(emitter.pid, 0);
    if (emitter.pid == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        close(to[1]);
        close(from[0]);
        execl(LIVE_EMITTER, "live_emitter", mode, count, (char *)NULL);
        _exit(9);
    }
    close(to[0]);
    close(from[1]);
    emitter.in = fdopen(to[1], "w");
    emitter.out = fdopen(from[0], "r");
    return emitter;
}

static void await_ready(struct emitter *emitter)
{
    char line[16] = "";
    cr_assert_not_null(fgets(line, sizeof(line), emitter->out));
    cr_assert_str_eq(line, "ready\n");
}

static void go_on(struct emitter *emitter)
{
    fputs("go\n", emitter->in);
    fflush(emitter->in);
}

static int reap(struct emitter *emitter)
{
    int status;
    cr_assert_eq(waitpid(emitter->pid, &status, 0), emitter->pid);
    fclose(emitter->in);
    fclose(emitter->out);
    return status;
}

/* ---- what came out ---- */

struct seen {
    uint64_t events[LSC_RECORD_TYPE_LIMIT], lost, of_thread[THREADS_MAX];
    unsigned processes, threads, ended_threads, ends, tables, clocks, nows;
    uint32_t string_ids[64], string_count;
    char strings[64][64];
    struct task_item task;
    struct resource_item resource;
    struct thread_item thread[THREADS_MAX];
    struct now_item now;
    struct end_item end;
    struct event last[LSC_RECORD_TYPE_LIMIT];
    uint64_t stacks[16], frames_of;
    unsigned stack_count;
    char function[64];
    uint64_t clock_ns;
    struct trace_writer *trace; /* or NULL */
};

static const char *string_of(const struct seen *seen, uint32_t id)
{
    for (uint32_t i = 0; i < seen->string_count; i++)
        if (seen->string_ids[i] == id)
            return seen->strings[i];
    return "(unknown)";
}

static void see_events(struct seen *seen, const struct events_item *batch)
{
    uint64_t time = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct event *event = &batch->events[i];
        struct event again = *event;
        event_quantize(&again);
        cr_assert_eq(memcmp(&again, event, sizeof(again)), 0, "rounding twice changes nothing");
        cr_assert_geq(event->time_ns, time, "a batch is in order of time");
        time = event->time_ns;
        cr_assert_lt(event->thread, seen->threads, "threads are known before their events");
        seen->events[event->type]++;
        seen->of_thread[event->thread]++;
        seen->last[event->type] = *event;
    }
}

static void see_thread(struct seen *seen, const struct thread_item *thread)
{
    cr_assert_lt(thread->thread, THREADS_MAX);
    cr_assert_leq(thread->thread, seen->threads, "ids are dense");
    if (thread->thread == seen->threads)
        seen->threads++;
    seen->thread[thread->thread] = *thread;
}

static void see_string(struct seen *seen, const struct string_item *string)
{
    cr_assert_lt(seen->string_count, 64);
    cr_assert_str_eq(string_of(seen, string->id), "(unknown)", "a string is told once");
    seen->string_ids[seen->string_count] = string->id;
    snprintf(seen->strings[seen->string_count++], 64, "%s", string->bytes);
}

static void see(struct seen *seen, const struct item *item)
{
    cr_assert(item->kind == ITEM_PROCESS || seen->processes > 0, "the process comes first");
    cr_assert_eq(seen->ends, 0, "the end comes last");
    if (seen->trace)
        cr_assert_eq(trace_writer_put(seen->trace, item), 0);
    switch (item->kind) {
    case ITEM_PROCESS:
        seen->processes++;
        break;
    case ITEM_THREAD:
        see_thread(seen, &item->thread);
        break;
    case ITEM_STRING:
        see_string(seen, &item->string);
        break;
    case ITEM_STACK:
        seen->stacks[seen->stack_count++ % 16] = item->stack.pcs[0];
        break;
    case ITEM_FRAMES:
        if (item->frames.pc == seen->stacks[0])
            snprintf(seen->function, sizeof(seen->function), "%s", item->frames.frames[0].function);
        break;
    case ITEM_TASK:
        seen->task = item->task;
        break;
    case ITEM_RESOURCE:
        seen->resource = item->resource;
        break;
    case ITEM_EVENTS:
        see_events(seen, &item->events);
        break;
    case ITEM_LOST:
        seen->lost += item->lost.count;
        break;
    case ITEM_NOW:
        seen->nows++;
        if (item->now.poll_since_ns != UINT64_MAX)
            seen->now = item->now;
        break;
    case ITEM_CLOCK:
        cr_assert_geq(item->clock_ns, seen->clock_ns);
        seen->clock_ns = item->clock_ns;
        seen->clocks++;
        break;
    case ITEM_END:
        seen->ends++;
        seen->end = item->end;
        break;
    case ITEM_SITE:
    case ITEM_TABLES_LOST:
    case ITEM_KIND_LIMIT:
    default:
        break;
    }
}

static void take_all(struct source *source, struct seen *seen)
{
    struct item item;
    int more;
    while ((more = source->ops->next(source, &item)) == 1)
        see(seen, &item);
    cr_assert_eq(more, 0);
}

/* Drains until `polls` of them have come. */
static void take_polls(struct source *source, struct seen *seen, uint64_t polls)
{
    for (int i = 0; i < 500 && seen->events[LSC_RECORD_POLL] < polls; i++) {
        take_all(source, seen);
        usleep((useconds_t)live_pause_us(source));
    }
    cr_assert_eq(seen->events[LSC_RECORD_POLL], polls);
}

static struct source *open_live(const struct live_options *options)
{
    struct source *source;
    char why[128] = "";
    cr_assert_eq(live_open(options, &source, why, sizeof(why)), 0, "%s", why);
    return source;
}

/* The one segment in the directory. */
static const char *segment_path(void)
{
    static char path[400];
    DIR *stream = opendir(directory);
    struct dirent *entry;
    while ((entry = readdir(stream)))
        if (strstr(entry->d_name, LSC_SEGMENT_SUFFIX))
            snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
    closedir(stream);
    return path;
}

TestSuite(live, .init = make_directory, .fini = remove_directory, .timeout = 60);

/* ---- the tests ---- */

Test(live, follows_a_program_of_its_run_from_the_first_record_to_the_exit)
{
    static struct seen seen;
    struct source *source = open_live(&(struct live_options){.run_id = RUN_ID});
    struct emitter emitter = start("polls", "1000");
    await_ready(&emitter);
    take_polls(source, &seen, 1000);
    cr_assert_str_eq(string_of(&seen, seen.task.kind), "request");
    cr_assert_str_eq(string_of(&seen, seen.task.name), "GET /");
    cr_assert_str_eq(string_of(&seen, seen.resource.name), "jobs");
    cr_assert_eq(seen.resource.capacity, 8);
    cr_assert_eq(seen.last[LSC_RECORD_DEPTH].arg, 8);
    cr_assert_str_eq(string_of(&seen, (uint32_t)seen.last[LSC_RECORD_MARK].arg), "checkpoint");
    cr_assert_eq(seen.last[LSC_RECORD_MARK].arg2, 42);
    go_on(&emitter);
    int status = reap(&emitter);
    live_child_ended(source, (uint32_t)emitter.pid, END_EXITED, WEXITSTATUS(status));
    live_finish(source);
    take_all(source, &seen);
    cr_assert_eq(seen.events[LSC_RECORD_POLL], 2000);
    cr_assert_eq(seen.events[LSC_RECORD_SPAWN], 1);
    cr_assert_eq(seen.events[LSC_RECORD_END], 1);
    cr_assert_eq(seen.lost, 0);
    cr_assert_eq(seen.ends, 1);
    cr_assert_eq(seen.end.kind, END_EXITED);
    cr_assert_eq(seen.end.status, 7);
    source->ops->close(source);
}

Test(live, tells_of_a_task_that_has_only_been_spawned)
{
    static struct seen seen;
    struct source *source = open_live(&(struct live_options){.run_id = RUN_ID});
    struct emitter emitter = start("spawn", "1");
    await_ready(&emitter);
    go_on(&emitter);
    reap(&emitter);
    live_finish(source);
    take_all(source, &seen);
    cr_assert_eq(seen.events[LSC_RECORD_SPAWN], 1);
    cr_assert_eq(seen.task.handle, seen.last[LSC_RECORD_SPAWN].task);
    cr_assert_str_eq(string_of(&seen, seen.task.name), "idle");
    source->ops->close(source);
}

Test(live, tells_who_comes_late_of_every_task_at_once)
{
    enum { TASKS = 20000 };
    static bool is_told[TASKS];
    unsigned told = 0;
    struct emitter emitter = start("spawn", "20000");
    await_ready(&emitter);
    struct source *source = open_live(&(struct live_options){.pid = (uint32_t)emitter.pid});
    for (unsigned round = 0; round < 20; round++) { /* well under a second of the console's */
        struct item item;
        while (source->ops->next(source, &item) == 1)
            if (item.kind == ITEM_TASK && !is_told[item.task.id - 1])
                told += is_told[item.task.id - 1] = true;
    }
    cr_assert_eq(told, TASKS, "%u", told);
    source->ops->close(source);
    go_on(&emitter);
    reap(&emitter);
}

Test(live, observes_the_children_of_a_process_too_when_it_is_to)
{
    static struct seen alone, both;
    struct emitter emitter = start("polls", "10");
    await_ready(&emitter);
    struct live_options options = {.pid = (uint32_t)getpid(), .want_past = true};
    struct source *source = open_live(&options);
    take_all(source, &alone);
    cr_assert_eq(alone.processes, 0, "this process itself is under no probe");
    source->ops->close(source);
    options.want_children = true;
    source = open_live(&options);
    take_all(source, &both);
    cr_assert_eq(both.processes, 1);
    source->ops->close(source);
    go_on(&emitter);
    reap(&emitter);
}

Test(live, finds_a_program_that_is_over_before_it_looks)
{
    static struct seen seen;
    struct source *source = open_live(&(struct live_options){.run_id = RUN_ID});
    struct emitter emitter = start("polls", "10");
    await_ready(&emitter);
    go_on(&emitter);
    reap(&emitter);
    live_finish(source);
    take_all(source, &seen);
    cr_assert_eq(seen.events[LSC_RECORD_POLL], 20);
    cr_assert_eq(seen.end.kind, END_EXITED);
    cr_assert_eq(seen.end.status, -1, "nobody told the status");
    source->ops->close(source);
}

Test(live, begins_with_the_present_when_it_is_attached_and_the_past_is_not_wanted)
{
    static struct seen seen;
    struct emitter emitter = start("polls", "100");
    await_ready(&emitter);
    struct source *source = open_live(&(struct live_options){.pid = (uint32_t)emitter.pid});
    take_all(source, &seen);
    cr_assert_eq(seen.events[LSC_RECORD_POLL], 0);
    take_all(source, &seen);
    cr_assert_str_eq(string_of(&seen, seen.task.name), "GET /", "live tasks are told all the same");
    go_on(&emitter);
    reap(&emitter);
    live_finish(source);
    take_all(source, &seen);
    cr_assert_eq(seen.events[LSC_RECORD_POLL], 100);
    source->ops->close(source);
}

Test(live, counts_exactly_what_was_overwritten_before_it_came)
{
    static struct seen seen;
    struct source *source = open_live(&(struct live_options){.run_id = RUN_ID});
    struct emitter emitter = start("polls", "100000");
    await_ready(&emitter);
    go_on(&emitter);
    reap(&emitter);
    live_finish(source);
    take_all(source, &seen);
    uint64_t all = 0;
    for (unsigned type = 0; type < LSC_RECORD_TYPE_LIMIT; type++)
        all += seen.events[type];
    /* Thread start, spawn, depth, mark, end and the polls; a resource's creation emits nothing. */
    cr_assert_gt(seen.lost, 100000);
    cr_assert_eq(all + seen.lost, 200005, "%lu seen, %lu lost", (unsigned long)all,
                 (unsigned long)seen.lost);
    source->ops->close(source);
}

Test(live, gives_every_thread_its_own_id_when_they_share_a_slot)
{
    static struct seen seen;
    const unsigned workers = SLOTS + 30;
    struct source *source = open_live(&(struct live_options){.run_id = RUN_ID});
    struct emitter emitter = start("threads", "286");
    await_ready(&emitter);
    take_polls(source, &seen, 10 * workers);
    go_on(&emitter);
    reap(&emitter);
    live_finish(source);
    take_all(source, &seen);
    cr_assert_eq(seen.threads, workers + 1);
    unsigned whole = 0;
    for (unsigned i = 0; i < seen.threads; i++) {
        whole += seen.of_thread[i] == 11; /* its start and ten polls */
        for (unsigned k = 0; k < i; k++)
            cr_assert_neq(seen.thread[i].tid, seen.thread[k].tid);
    }
    cr_assert_eq(whole, workers);
    source->ops->close(source);
}

Test(live, converts_ticks_rounds_times_names_stacks_and_threads)
{
    static struct seen seen;
    struct source *source =
        open_live(&(struct live_options){.run_id = RUN_ID, .want_symbols = true});
    struct emitter emitter = start("turns", "3");
    await_ready(&emitter);
    usleep(20000); /* so that the second clock pair makes a better rate */
    take_all(source, &seen);
    go_on(&emitter);
    reap(&emitter);
    live_finish(source);
    take_all(source, &seen);
    const struct event *turn = &seen.last[LSC_RECORD_TURN], *call = &seen.last[LSC_RECORD_CALL];
    cr_assert_eq(seen.events[LSC_RECORD_TURN], 3);
    cr_assert(turn->arg > 2970000 && turn->arg < 3030000, "%lu", (unsigned long)turn->arg);
    cr_assert(turn->arg2 > 990000 && turn->arg2 < 1010000);
    cr_assert_eq(turn->arg % SPAN_QUANTUM_NS, 0);
    cr_assert_eq(turn->time_ns % TIME_QUANTUM_NS, 0);
    cr_assert_eq(turn->task, 3);
    cr_assert(call->arg > 1980000 && call->arg < 2020000);
    cr_assert_eq(call->arg2, LSC_CALL_read, "packed fields are not converted");
    cr_assert_eq(seen.last[LSC_RECORD_USAGE].arg, 5000, "kernel accounting is nanoseconds already");
    cr_assert_eq(seen.last[LSC_RECORD_USAGE].task, turn->thread, "it names threads, not slots");
    cr_assert_eq(seen.stack_count, 1);
    cr_assert_str_eq(seen.function, "emitter_culprit");
    source->ops->close(source);
}

Test(live, tells_of_a_killed_program_what_it_was_in_the_middle_of)
{
    static struct seen seen;
    struct emitter emitter = start("hang", "1");
    await_ready(&emitter);
    kill(emitter.pid, SIGKILL);
    reap(&emitter);
    struct source *source =
        open_live(&(struct live_options){.only_path = segment_path(), .want_past = true});
    live_finish(source);
    take_all(source, &seen);
    cr_assert_eq(seen.events[LSC_RECORD_POLL], 5);
    cr_assert_eq(seen.end.kind, END_VANISHED);
    cr_assert_gt(seen.nows, 0);
    cr_assert_eq(seen.now.current_task, seen.task.handle);
    cr_assert_leq(seen.now.poll_since_ns, seen.now.time_ns);
    cr_assert_lt(seen.now.time_ns, 10000000000u, "the last sign of life, not the present");
    source->ops->close(source);
}

/* Spoils the counts in the header and the first entries of every part. */
static void spoil(const char *path, unsigned seed)
{
    struct lsc_segment_header header;
    FILE *file = fopen(path, "r+");
    cr_assert_not_null(file);
    cr_assert_eq(fread((void *)&header, sizeof(header), 1, file), 1);
    for (unsigned i = 0; i < 24; i++) {
        const struct lsc_part *part = &header.parts[i % (LSC_PART_HASHES + 1)];
        uint64_t base = i % 4 ? part->offset : offsetof(struct lsc_segment_header, end_ticks);
        uint64_t room = i % 4 ? 600 : offsetof(struct lsc_segment_header, parts) - base;
        seed = seed * 1103515245 + 12345;
        fseek(file, (long)(base + (seed >> 8) % room), SEEK_SET);
        fputc((int)(seed >> 20 & 0xff), file);
    }
    fclose(file);
}

Test(live, survives_a_segment_full_of_nonsense)
{
    struct emitter emitter = start("turns", "40");
    await_ready(&emitter);
    kill(emitter.pid, SIGKILL);
    reap(&emitter);
    for (unsigned seed = 1; seed <= 25; seed++) {
        struct source *source;
        struct item item;
        char why[128];
        spoil(segment_path(), seed);
        struct live_options options = {.only_path = segment_path(), .want_past = true};
        cr_assert_eq(live_open(&options, &source, why, sizeof(why)), 0, "%s", why);
        live_finish(source);
        for (unsigned i = 0; i < 1000000 && source->ops->next(source, &item) == 1; i++)
            ;
        cr_assert_eq(source->ops->next(source, &item), 0, "it comes to an end");
        source->ops->close(source);
    }
}

Test(live, ends_by_itself_when_the_program_is_killed)
{
    static struct seen seen;
    struct emitter emitter = start("hang", "1");
    await_ready(&emitter);
    struct source *source = open_live(&(struct live_options){.pid = (uint32_t)emitter.pid});
    take_all(source, &seen);
    cr_assert_eq(seen.ends, 0);
    kill(emitter.pid, SIGKILL);
    reap(&emitter);
    for (int i = 0; i < 100 && seen.ends == 0; i++) {
        take_all(source, &seen);
        usleep(5000);
    }
    cr_assert_eq(seen.end.kind, END_VANISHED);
    source->ops->close(source);
}

Test(live, leaves_a_running_program_as_detached)
{
    static struct seen seen;
    struct emitter emitter = start("hang", "1");
    await_ready(&emitter);
    struct source *source = open_live(&(struct live_options){.pid = (uint32_t)emitter.pid});
    live_finish(source);
    take_all(source, &seen);
    cr_assert_eq(seen.end.kind, END_DETACHED);
    struct item item;
    cr_assert_eq(source->ops->next(source, &item), 0);
    source->ops->close(source);
    kill(emitter.pid, SIGKILL);
    reap(&emitter);
}

Test(live, ignores_programs_of_other_runs)
{
    static struct seen seen;
    struct source *source = open_live(&(struct live_options){.run_id = RUN_ID + 1});
    struct emitter emitter = start("polls", "10");
    await_ready(&emitter);
    live_finish(source);
    take_all(source, &seen);
    cr_assert_eq(seen.processes, 0);
    source->ops->close(source);
    kill(emitter.pid, SIGKILL);
    reap(&emitter);
}

Test(live, gives_what_a_trace_file_gives_back)
{
    static struct seen seen, again;
    char path[64] = "/tmp/loopscope-test-XXXXXX", why[128];
    close(mkstemp(path));
    cr_assert_eq(trace_writer_open(path, &seen.trace), 0);
    struct source *source =
        open_live(&(struct live_options){.run_id = RUN_ID, .want_symbols = true});
    struct emitter emitter = start("turns", "500");
    await_ready(&emitter);
    take_all(source, &seen);
    go_on(&emitter);
    reap(&emitter);
    live_finish(source);
    take_all(source, &seen);
    source->ops->close(source);
    cr_assert_eq(trace_writer_close(seen.trace, NULL), 0);
    cr_assert_eq(trace_reader_open(path, &source, why, sizeof(why)), 0);
    take_all(source, &again);
    cr_assert_null(trace_damage(source));
    cr_assert_eq(memcmp(seen.events, again.events, sizeof(seen.events)), 0);
    cr_assert_eq(memcmp(seen.last, again.last, sizeof(seen.last)), 0);
    cr_assert_str_eq(again.function, "emitter_culprit");
    cr_assert_eq(again.end.time_ns, seen.end.time_ns);
    source->ops->close(source);
    unlink(path);
}

Test(live, refuses_a_directory_that_others_can_write)
{
    struct source *source;
    char why[128] = "";
    cr_assert_eq(chmod(directory, 0777), 0);
    cr_assert_eq(
        live_open(&(struct live_options){.directory = directory}, &source, why, sizeof(why)),
        -EACCES);
    cr_assert_not_null(strstr(why, "Permission denied"));
}

Test(live, says_why_a_file_is_no_segment)
{
    struct source *source;
    char why[128] = "";
    cr_assert_eq(
        live_open(&(struct live_options){.only_path = "/etc/passwd"}, &source, why, sizeof(why)),
        -EPROTO);
    cr_assert_str_neq(why, "");
}

/* ---- rounding ---- */

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

Test(quantize, rounds_the_duration_of_a_turn_and_never_twice)
{
    struct event turn = {.type = LSC_RECORD_TURN, .time_ns = 2500, .arg = 300, .arg2 = 130};
    event_quantize(&turn);
    cr_assert_eq(turn.time_ns, 2048);
    cr_assert_eq(turn.arg, 320);
    cr_assert_eq(turn.arg2, 128);
    for (uint64_t ns = 0; ns < 40000000; ns += 100 + ns / 100) {
        struct event once = {.type = LSC_RECORD_TURN, .time_ns = 50000000, .arg = ns};
        event_quantize(&once);
        uint64_t bound = ns < SPAN_EXACT_NS ? SPAN_QUANTUM_NS / 2 + ns / 128 : TIME_QUANTUM_NS;
        cr_assert_leq(distance(once.arg, ns), bound);
        struct event twice = once;
        event_quantize(&twice);
        cr_assert_eq(twice.arg, once.arg);
        cr_assert_eq(twice.time_ns, once.time_ns);
    }
}

Test(quantize, leaves_the_sum_of_many_turns_as_it_was)
{
    uint64_t before = 0, after = 0;
    for (uint64_t i = 0; i < 100000; i++) {
        uint64_t ns = 10000 + i * 7919 % 90001;
        struct event turn = {.type = LSC_RECORD_TURN, .time_ns = i * 100000, .arg = ns};
        event_quantize(&turn);
        before += ns;
        after += turn.arg;
    }
    cr_assert_leq(distance(before, after), before / 1000);
}

Test(quantize, begins_a_stall_where_what_happened_at_its_begin_is)
{
    for (uint64_t begin = 1000000; begin < 1005000; begin += 17) {
        struct event turn = {.type = LSC_RECORD_TURN, .time_ns = begin + 30000001, .arg = 30000001};
        struct event inside = {.type = LSC_RECORD_STALL_SAMPLE, .time_ns = begin};
        event_quantize(&turn);
        event_quantize(&inside);
        cr_assert_eq(turn.time_ns - turn.arg, inside.time_ns);
    }
}

Test(quantize, changes_the_duration_of_a_poll_by_less_than_a_hundredth)
{
    for (uint64_t ns = 0; ns < 5000000; ns += 1 + ns / 50) {
        struct event poll = {.type = LSC_RECORD_POLL, .time_ns = 10000000, .arg = ns};
        event_quantize(&poll);
        uint64_t error = poll.arg > ns ? poll.arg - ns : ns - poll.arg;
        cr_assert_leq(error * 100, ns);
    }
    struct event endless = {.type = LSC_RECORD_POLL, .arg = UINT64_MAX};
    event_quantize(&endless);
    cr_assert_gt(endless.arg, UINT64_MAX / 100 * 99);
}
