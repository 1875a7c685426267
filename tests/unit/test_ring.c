/* SPDX-License-Identifier: MIT */
/* The rings, from both ends: what was written is read back or counted as lost, to the record. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "core_subject.h"

enum { ROOM = 1 << 17 };
static struct subject subject;
static struct lsc_record *records;

static void set_up(void)
{
    subject_init(&subject);
    records = calloc(ROOM, sizeof *records);
}

static void tear_down(void)
{
    subject_free(&subject);
    free(records);
}

TestSuite(ring, .init = set_up, .fini = tear_down);

Test(ring, gives_back_every_record_in_order_after_the_process_left)
{
    uint64_t lost;
    subject_run(&subject, "polls", "5000");
    cr_assert(subject_exited_with(&subject, 0));
    struct segment_reader *reader = subject_open(&subject, false);
    cr_assert_not_null(reader);
    cr_assert_eq(segment_reader_header(reader)->state, LSC_SEGMENT_EXITED);
    size_t count = subject_records(reader, 0, records, ROOM, &lost);
    cr_assert_eq(lost, 0);
    cr_assert_eq(count, 1 + 4 + 5000);
    cr_assert_eq(records[0].type, LSC_RECORD_THREAD_START);
    cr_assert_eq(records_of(records, count, LSC_RECORD_SPAWN), 4);
    cr_assert_eq(records_of(records, count, LSC_RECORD_POLL), 5000);
    for (size_t i = 1; i < count; i++)
        cr_assert_geq(records[i].time, records[i - 1].time);
    segment_reader_close(reader);
}

Test(ring, still_holds_the_last_records_of_a_process_that_was_killed)
{
    uint64_t lost;
    subject_run(&subject, "polls-then-kill", "5000");
    cr_assert(WIFSIGNALED(subject.status));
    struct segment_reader *reader = subject_open(&subject, false);
    cr_assert_not_null(reader);
    cr_assert_eq(segment_reader_header(reader)->state, LSC_SEGMENT_LIVE);
    cr_assert_eq(subject_records(reader, 0, records, ROOM, &lost), 1 + 4 + 5000);
    segment_reader_close(reader);
}

Test(ring, counts_what_was_overwritten_to_the_record)
{
    uint64_t lost;
    const uint64_t written = 1 + 4 + 100000;
    setenv("LOOPSCOPE_RING_KB", "16", 1);
    subject_run(&subject, "polls", "100000");
    struct segment_reader *reader = subject_open(&subject, false);
    cr_assert_not_null(reader);
    cr_assert_eq(segment_reader_header(reader)->ring_records, 512);
    size_t count = subject_records(reader, 0, records, ROOM, &lost);
    cr_assert_eq(count, 511, "the oldest may be half overwritten");
    cr_assert_eq(lost + count, written);
    segment_reader_close(reader);
}

Test(ring, yields_nothing_from_beyond_its_head)
{
    struct ring_read got;
    subject_run(&subject, "polls", "10");
    struct segment_reader *reader = subject_open(&subject, false);
    cr_assert_eq(segment_reader_ring(reader, 0, UINT64_MAX, records, ROOM, &got), 0);
    cr_assert_eq(got.count, 0);
    cr_assert_eq(got.lost, 0);
    cr_assert_eq(segment_reader_ring(reader, 0, 15, records, ROOM, &got), 0);
    cr_assert_eq(got.count, 0);
    cr_assert_eq(segment_reader_ring(reader, 1u << 20, 0, records, ROOM, &got), -ENOENT);
    segment_reader_close(reader);
}

Test(ring, goes_on_where_the_last_reading_ended)
{
    struct ring_read got;
    uint64_t next = 0;
    size_t total = 0;
    subject_run(&subject, "polls", "1000");
    struct segment_reader *reader = subject_open(&subject, false);
    do {
        cr_assert_eq(segment_reader_ring(reader, 0, next, records, 7, &got), 0);
        cr_assert_eq(got.first, next);
        total += got.count;
        next = got.next;
    } while (got.count > 0);
    cr_assert_eq(total, 1005);
    segment_reader_close(reader);
}

Test(ring, counts_an_emit_inside_an_emit_instead_of_tearing_a_record)
{
    struct lsc_thread thread;
    uint64_t lost;
    subject_run(&subject, "nested-for-certain", "50");
    struct segment_reader *reader = subject_open(&subject, false);
    cr_assert_eq(segment_reader_thread(reader, 0, &thread), 0);
    cr_assert_eq(thread.dropped_nested, 100);
    cr_assert_eq(subject_records(reader, 0, records, ROOM, &lost), 2);
    segment_reader_close(reader);
}

Test(ring, loses_no_event_of_a_signal_handler_without_counting_it)
{
    struct lsc_thread thread;
    uint64_t lost;
    long emitted = 0, handled = 0;
    setenv("LOOPSCOPE_RING_KB", "65536", 1);
    subject_run(&subject, "nested", "300");
    cr_assert_eq(sscanf(subject.out, "%ld %ld", &emitted, &handled), 2);
    struct segment_reader *reader = subject_open(&subject, false);
    cr_assert_eq(segment_reader_thread(reader, 0, &thread), 0);
    size_t count = 0;
    uint64_t next = 0;
    struct ring_read got;
    for (lost = 0; segment_reader_ring(reader, 0, next, records, ROOM, &got) == 0 && got.count > 0;
         next = got.next) {
        lost += got.lost;
        count += records_of(records, got.count, LSC_RECORD_MARK);
    }
    cr_assert_eq(count + lost + thread.dropped_nested, (uint64_t)(emitted + handled));
    segment_reader_close(reader);
}
