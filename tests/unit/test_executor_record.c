/* SPDX-License-Identifier: MIT */
/* What the executor tells the probe, read back from the segment: it must equal its own counts. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core_subject.h"

enum { ROOM = 1 << 15 };
static struct subject subject;
static struct lsc_record records[ROOM];
static size_t count;

static void set_up(void)
{
    subject_init(&subject);
}

static void tear_down(void)
{
    subject_free(&subject);
}

TestSuite(executor_record, .init = set_up, .fini = tear_down);

/* The records of all its threads. */
static struct segment_reader *run(const char *command, const char *workers)
{
    subject_run(&subject, command, workers);
    cr_assert(subject_exited_with(&subject, 0), "status %x: %s", (unsigned)subject.status,
              subject.err);
    struct segment_reader *reader = subject_open(&subject, false);
    cr_assert_not_null(reader);
    uint32_t threads = segment_reader_header(reader)->thread_count;
    count = 0;
    for (uint32_t slot = 0; slot < threads; slot++) {
        uint64_t lost;
        count += subject_records(reader, slot, records + count, ROOM - count, &lost);
        cr_expect_eq(lost, 0);
    }
    return reader;
}

/* A task that wakes itself says so with its poll: there is no record for the wake. */
static size_t self_wakes(void)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_wake = records[i].type == LSC_RECORD_WAKE && records[i].arg == records[i].task;
        cr_expect_not(is_wake);
        found += records[i].type == LSC_RECORD_POLL && (records[i].flags & LSC_POLL_SELF_WAKE);
    }
    return found;
}

/* What the jobs of the pool say: each once, served for as long as they sleep at least. */
static size_t jobs_served(void)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        found += records[i].type == LSC_RECORD_JOB;
        cr_expect(records[i].type != LSC_RECORD_JOB || records[i].arg > 0);
    }
    return found;
}

/* A task that begins to wait says so with its poll. */
static size_t awaits(void)
{
    size_t found = records_of(records, count, LSC_RECORD_AWAIT);
    for (size_t i = 0; i < count; i++)
        found += records[i].type == LSC_RECORD_POLL && (records[i].flags & LSC_POLL_AWAITS);
    return found;
}

static size_t finished_polls(void)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += records[i].type == LSC_RECORD_POLL && (records[i].flags & LSC_POLL_READY);
    return found;
}

static void expect_counts(const char *workers)
{
    unsigned long long spawned, polls, wakes, by_themselves, parks, steals, cancelled;
    struct segment_reader *reader = run("tasks", workers);
    cr_assert_eq(sscanf(subject.out, "%llu %llu %llu %llu %llu %llu %llu", &spawned, &polls, &wakes,
                        &by_themselves, &parks, &steals, &cancelled),
                 7);
    cr_expect_eq(spawned, 1 + 10 + 10 + 1 + 1);
    cr_expect_eq(records_of(records, count, LSC_RECORD_SPAWN), spawned);
    cr_expect_eq(records_of(records, count, LSC_RECORD_END), spawned);
    cr_expect_eq(records_of(records, count, LSC_RECORD_POLL), polls);
    cr_expect_eq(jobs_served(), 10);
    cr_expect_eq(finished_polls(), spawned - 10);
    cr_expect_eq(records_of(records, count, LSC_RECORD_WAKE), wakes - by_themselves);
    cr_expect_eq(self_wakes(), by_themselves);
    /* Of the polls that did not finish, those that end in a wait. One that was woken by another
     * thread meanwhile may have been spared it too. */
    cr_expect_leq(awaits(), polls + 10 - spawned - by_themselves);
    cr_expect_gt(awaits(), 10);
    cr_expect_eq(records_of(records, count, LSC_RECORD_DEPTH), 20);
    cr_expect_eq(records_of(records, count, LSC_RECORD_STEAL), steals);
    cr_expect_eq(records_of(records, count, LSC_RECORD_CANCEL), 1);
    cr_expect_eq(cancelled, 1);
    /* Workers park once more, perhaps, between their last task and the end. */
    cr_expect_gt(parks, 0);
    cr_expect_geq(records_of(records, count, LSC_RECORD_PARK), parks);
    segment_reader_close(reader);
}

Test(executor_record, equals_the_executors_own_counts_with_one_worker)
{
    expect_counts("1");
}

Test(executor_record, equals_the_executors_own_counts_with_several)
{
    expect_counts("3");
}

static void expect_site(struct segment_reader *reader, uint32_t id, const char *function,
                        uint32_t *parent)
{
    struct lsc_site site;
    char text[64];
    cr_assert_eq(segment_reader_site(reader, id, &site), 0);
    segment_reader_string(reader, site.function, text, sizeof(text));
    cr_expect_str_eq(text, function);
    *parent = site.parent;
}

Test(executor_record, says_for_every_task_where_it_waits_through_all_its_callers)
{
    struct segment_reader *reader = run("waiting", "2");
    const struct lsc_segment_header *header = segment_reader_header(reader);
    int found = 0;
    for (uint32_t slot = 0; slot < header->task_count; slot++) {
        struct lsc_task task;
        char name[64];
        uint32_t caller, none;
        if (segment_reader_task(reader, slot, &task) < 0)
            continue;
        segment_reader_string(reader, task.name, name, sizeof(name));
        if (strcmp(name, "sleeper") != 0)
            continue;
        found++;
        expect_site(reader, task.await_site, "inner_poll", &caller);
        expect_site(reader, caller, "outer_poll", &none);
        cr_expect_eq(none, 0);
        expect_site(reader, task.site, "starter_poll", &none);
    }
    cr_expect_eq(found, 1);
    segment_reader_close(reader);
}

/* The states of the tasks of one name, and who stranded one. */
static uint32_t state_of(struct segment_reader *reader, const char *wanted, uint32_t *handle)
{
    const struct lsc_segment_header *header = segment_reader_header(reader);
    for (uint32_t slot = 0; slot < header->task_count; slot++) {
        struct lsc_task task;
        char name[64];
        if (segment_reader_task(reader, slot, &task) < 0)
            continue;
        segment_reader_string(reader, task.name, name, sizeof(name));
        if (strcmp(name, wanted) == 0) {
            *handle = task.handle;
            return task.state;
        }
    }
    cr_assert_fail("no task %s", wanted);
    return 0;
}

static const struct lsc_record *stranded(uint32_t task)
{
    for (size_t i = 0; i < count; i++)
        if (records[i].type == LSC_RECORD_STRANDED && records[i].task == task)
            return &records[i];
    cr_assert_fail("it was not told");
    return NULL;
}

static void expect_stranded(const char *workers)
{
    struct segment_reader *reader = run("stranded", workers);
    uint32_t without, dropped, other, root, none;
    cr_expect_eq(state_of(reader, "without", &without), LSC_TASK_STRANDED);
    cr_expect_eq(state_of(reader, "dropped", &dropped), LSC_TASK_STRANDED);
    cr_expect_eq(state_of(reader, "kept", &other), LSC_TASK_IDLE);
    cr_expect_eq(state_of(reader, "woken", &other), LSC_TASK_IDLE, "asleep, with a timer");
    cr_expect_eq(records_of(records, count, LSC_RECORD_STRANDED), 2);
    state_of(reader, "stranding_poll", &root);
    cr_expect_eq(stranded(without)->arg, without);
    cr_expect_eq(stranded(dropped)->arg, root);
    expect_site(reader, (uint32_t)stranded(dropped)->arg2, "stranding_poll", &none);
    segment_reader_close(reader);
}

Test(executor_record, tells_when_nobody_is_left_who_could_wake_a_pending_task)
{
    expect_stranded("1");
    subject_free(&subject);
    subject_init(&subject);
    expect_stranded("3");
}

Test(executor_record, tells_which_yields_were_forced)
{
    struct segment_reader *reader = run("budget", "1");
    unsigned long long forced;
    size_t found = 0;
    cr_assert_eq(sscanf(subject.out, "%llu", &forced), 1);
    for (size_t i = 0; i < count; i++) {
        bool is_forced = records[i].type == LSC_RECORD_POLL && (records[i].flags & LSC_POLL_FORCED);
        cr_expect(!is_forced || (records[i].flags & LSC_POLL_SELF_WAKE));
        found += is_forced;
    }
    cr_expect_gt(forced, 5);
    cr_expect_eq(found, forced);
    cr_expect_eq(self_wakes(), forced);
    segment_reader_close(reader);
}
