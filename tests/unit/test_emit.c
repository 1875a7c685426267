/* SPDX-License-Identifier: MIT */
/* The public emit functions: what they record, what they leave alone. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core_subject.h"

enum { ROOM = 1 << 15 };
static struct subject subject;
static struct lsc_record records[ROOM];

static void set_up(void)
{
    subject_init(&subject);
}

static void tear_down(void)
{
    subject_free(&subject);
}

TestSuite(emit, .init = set_up, .fini = tear_down);

/* Totals against the records themselves, of a number that is not a whole number of batches. */
static void assert_totals_match(struct segment_reader *reader, size_t count)
{
    for (uint32_t slot = 0; slot < 4; slot++) {
        struct lsc_task task;
        uint64_t polls = 0, busy = 0, worst = 0, last = 0;
        cr_assert_eq(segment_reader_task(reader, slot, &task), 0);
        for (size_t i = 0; i < count; i++) {
            if (records[i].type != LSC_RECORD_POLL || records[i].task != task.handle)
                continue;
            polls++;
            busy += records[i].arg;
            worst = records[i].arg > worst ? records[i].arg : worst;
            last = records[i].time;
        }
        cr_assert_eq(task.polls, polls);
        cr_assert_eq(task.busy_ticks, busy);
        cr_assert_eq(task.worst_ticks, worst);
        cr_assert_eq(task.last_poll, last);
    }
}

Test(emit, totals_of_a_task_are_exact_with_few_polls_and_with_many)
{
    static const char *const numbers[] = {"3", "600", "7777"};
    uint64_t lost;
    for (size_t i = 0; i < 3; i++) {
        struct segment_reader *reader = subject_read(&subject, "polls", numbers[i]);
        size_t count = subject_records(reader, 0, records, ROOM, &lost);
        cr_assert_eq(count, 5u + (size_t)atoi(numbers[i]));
        assert_totals_match(reader, count);
        segment_reader_close(reader);
        subject_free(&subject);
    }
}

Test(emit, totals_outlive_the_records_in_the_ring)
{
    struct lsc_task task;
    setenv("LOOPSCOPE_RING_KB", "16", 1);
    struct segment_reader *reader = subject_read(&subject, "polls", "100000");
    cr_assert_eq(segment_reader_task(reader, 2, &task), 0);
    cr_assert_eq(task.polls, 25000);
    segment_reader_close(reader);
}

Test(emit, begin_and_end_make_one_record_and_say_when_a_task_is_ready)
{
    uint64_t lost;
    struct lsc_thread thread;
    struct segment_reader *reader = subject_read(&subject, "pairs", "10");
    size_t count = subject_records(reader, 0, records, ROOM, &lost);
    cr_assert_eq(count, 2 + 10);
    cr_assert_eq(records[count - 2].flags, 0);
    cr_assert_eq(records[count - 1].flags, LSC_POLL_READY);
    for (size_t i = 3; i < count; i++)
        cr_assert_leq(records[i].arg, records[i].time - records[i - 1].time);
    cr_assert_eq(segment_reader_thread(reader, 0, &thread), 0);
    cr_assert_eq(thread.current_task, 0);
    segment_reader_close(reader);
}

Test(emit, a_wake_says_who_woke_whom_and_the_next_poll_settles_it)
{
    struct lsc_task waker, woken;
    uint64_t lost;
    struct segment_reader *reader = subject_read(&subject, "wakes", "4");
    cr_assert_eq(segment_reader_task(reader, 0, &waker), 0);
    cr_assert_eq(segment_reader_task(reader, 1, &woken), 0);
    cr_assert_eq(woken.wakes, 4);
    cr_assert_eq(woken.self_wakes, 0);
    cr_assert_eq(woken.last_wake, 0);
    cr_assert_eq(woken.state, LSC_TASK_IDLE);
    cr_assert_eq(waker.self_wakes, 1);
    cr_assert_eq(waker.state, LSC_TASK_READY, "woken in its own poll, not polled since");
    size_t count = subject_records(reader, 0, records, ROOM, &lost);
    for (size_t i = 0; i < count; i++)
        if (records[i].type == LSC_RECORD_WAKE)
            cr_assert_eq(records[i].arg, waker.handle);
    segment_reader_close(reader);
}

Test(emit, a_wake_after_the_last_poll_leaves_the_task_ready)
{
    struct lsc_task woken;
    struct segment_reader *reader = subject_read(&subject, "wakes", "3");
    cr_assert_eq(segment_reader_task(reader, 1, &woken), 0);
    cr_assert_eq(woken.state, LSC_TASK_READY);
    cr_assert_neq(woken.last_wake, 0);
    segment_reader_close(reader);
}

Test(emit, a_poll_says_what_its_task_waits_for_afterwards)
{
    static const char *const numbers[] = {"1", "700", "3333"};
    for (size_t i = 0; i < 3; i++) {
        struct lsc_task task, other;
        struct lsc_resource channel;
        struct segment_reader *reader = subject_read(&subject, "awaits", numbers[i]);
        cr_assert_eq(segment_reader_task(reader, 0, &task), 0);
        cr_assert_eq(segment_reader_task(reader, 1, &other), 0);
        cr_assert_eq(segment_reader_resource(reader, 0, &channel), 0);
        cr_expect_eq(task.polls, (uint64_t)atoi(numbers[i]));
        cr_expect_eq(task.awaits, channel.handle);
        cr_expect_neq(task.await_site, 0);
        cr_expect_eq(task.await_since, task.last_poll);
        cr_expect_eq(task.state, LSC_TASK_IDLE);
        cr_expect_eq(other.wakes, 2 * (uint64_t)atoi(numbers[i]));
        cr_expect_eq(other.state, LSC_TASK_READY);
        segment_reader_close(reader);
        subject_free(&subject);
    }
}

Test(emit, a_task_that_nobody_can_wake_is_so_until_something_comes_all_the_same)
{
    static const uint32_t states[] = {LSC_TASK_STRANDED, LSC_TASK_READY, LSC_TASK_IDLE};
    static const char *const numbers[] = {"0", "1", "2"};
    for (size_t i = 0; i < 3; i++) {
        struct lsc_task stranded, rescued;
        uint64_t lost;
        struct segment_reader *reader = subject_read(&subject, "strands", numbers[i]);
        cr_assert_eq(segment_reader_task(reader, 0, &stranded), 0);
        cr_assert_eq(segment_reader_task(reader, 1, &rescued), 0);
        cr_expect_eq(stranded.state, LSC_TASK_STRANDED);
        cr_expect_neq(stranded.await_site, 0);
        cr_expect_gt(stranded.await_since, stranded.last_poll);
        cr_expect_eq(rescued.state, states[i]);
        size_t count = subject_records(reader, 0, records, ROOM, &lost);
        cr_expect_eq(records_of(records, count, LSC_RECORD_STRANDED), 2);
        segment_reader_close(reader);
        subject_free(&subject);
    }
}

Test(emit, nothing_while_it_is_switched_off)
{
    uint64_t lost;
    struct segment_reader *reader = subject_read(&subject, "switches-off", "100");
    size_t count = subject_records(reader, 0, records, ROOM, &lost);
    cr_assert_eq(records_of(records, count, LSC_RECORD_POLL), 100);
    cr_assert_eq(records_of(records, count, LSC_RECORD_SPAWN), 4);
    cr_assert_eq(records_of(records, count, LSC_RECORD_MARK), 1);
    segment_reader_close(reader);
}

Test(emit, what_comes_while_the_segment_is_made_is_recorded_or_counted)
{
    struct segment_reader *reader = subject_read(&subject, "marks-at-once", "2000");
    uint64_t seen = 0, dropped = 0;
    for (uint32_t slot = 0; slot < segment_reader_header(reader)->thread_count; slot++) {
        struct lsc_thread thread;
        uint64_t lost;
        size_t count = subject_records(reader, slot, records, ROOM, &lost);
        cr_assert_eq(segment_reader_thread(reader, slot, &thread), 0);
        seen += records_of(records, count, LSC_RECORD_MARK);
        dropped += thread.dropped_nested;
    }
    cr_assert_eq(seen + dropped, 2 * 2000 + 1, "%lu recorded, %lu dropped", seen, dropped);
    segment_reader_close(reader);
}

Test(emit, another_process_can_turn_the_switch)
{
    int to[2], from[2];
    char line[16];
    uint64_t lost;
    cr_assert_eq(pipe(to) + pipe(from), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        execl(CORE_SUBJECT, "core_subject", "waits-between", "100", (char *)NULL);
        _exit(127);
    }
    cr_assert_gt(read(from[0], line, sizeof line), 0);
    struct segment_reader *reader = subject_open(&subject, true);
    cr_assert_not_null(reader);
    cr_assert_eq(segment_reader_control(reader, false), 0);
    cr_assert_eq(write(to[1], "\n", 1), 1);
    cr_assert_eq(waitpid(pid, &subject.status, 0), pid);
    size_t count = subject_records(reader, 0, records, ROOM, &lost);
    cr_assert_eq(records_of(records, count, LSC_RECORD_POLL), 100);
    segment_reader_close(reader);
}

Test(emit, keeps_errno)
{
    subject_run(&subject, "keeps-errno", "3000");
    cr_assert(subject_exited_with(&subject, 0));
}

Test(emit, allocates_nothing_from_the_heap)
{
    long here = -1, in_thread = -1;
    subject_run(&subject, "allocates-nothing", "50000");
    cr_assert(subject_exited_with(&subject, 0));
    cr_assert_eq(sscanf(subject.out, "%ld %ld", &here, &in_thread), 2);
    cr_assert_eq(here, 0);
    cr_assert_eq(in_thread, 0);
}
