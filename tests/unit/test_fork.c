/* SPDX-License-Identifier: MIT */
/* Forked children have segments of their own and never write to their parent's. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core_subject.h"

enum { ROOM = 4096 };
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

TestSuite(fork, .init = set_up, .fini = tear_down);

static size_t count_of(struct segment_reader *reader, enum lsc_record_type type)
{
    uint64_t lost;
    return records_of(records, subject_records(reader, 0, records, ROOM, &lost), type);
}

Test(fork, child_gets_a_segment_at_its_first_event)
{
    struct lsc_task parents, childs;
    struct lsc_site site;
    char text[256];
    subject_run(&subject, "forks", "3");
    cr_assert(subject_exited_with(&subject, 0));
    cr_assert_eq(subject_segments(&subject), 2);
    struct segment_reader *parent = subject_open(&subject, false);
    struct segment_reader *child = subject_open(&subject, true);
    cr_assert_eq(count_of(parent, LSC_RECORD_MARK), 0);
    cr_assert_eq(count_of(child, LSC_RECORD_MARK), 3);
    cr_assert_eq(segment_reader_header(child)->ppid, segment_reader_header(parent)->pid);
    cr_assert_eq(segment_reader_task(parent, 0, &parents), 0);
    cr_assert_eq(segment_reader_task(child, 0, &childs), 0);
    cr_assert_neq(parents.handle, childs.handle, "a handle of the parent means nothing there");
    /* The site's id was kept in a static variable since before the fork. */
    cr_assert_eq(parents.site, childs.site);
    cr_assert_eq(segment_reader_site(child, childs.site, &site), 0);
    cr_assert_gt(segment_reader_string(child, site.function, text, sizeof text), 0);
    cr_assert_str_eq(text, "spawn");
    segment_reader_close(parent);
    segment_reader_close(child);
}

Test(fork, child_without_events_makes_no_segment)
{
    subject_run(&subject, "forks", "0");
    cr_assert(subject_exited_with(&subject, 0));
    cr_assert_eq(subject_segments(&subject), 1);
}

Test(fork, child_that_no_handler_knows_of_writes_nothing_to_its_parent)
{
    subject_run(&subject, "forks-raw", "3");
    cr_assert(subject_exited_with(&subject, 0), "status %x", (unsigned)subject.status);
    struct segment_reader *parent = subject_open(&subject, false);
    struct segment_reader *child = subject_open(&subject, true);
    cr_assert_not_null(child);
    cr_assert_eq(count_of(parent, LSC_RECORD_POLL), 0);
    cr_assert_eq(count_of(parent, LSC_RECORD_MARK), 0);
    cr_assert_eq(count_of(child, LSC_RECORD_MARK), 3);
    segment_reader_close(parent);
    segment_reader_close(child);
}

Test(fork, in_the_middle_of_an_emit_harms_neither)
{
    subject_run(&subject, "forks-inside-emit", "3");
    cr_assert(subject_exited_with(&subject, 0), "status %x", (unsigned)subject.status);
    struct segment_reader *parent = subject_open(&subject, false);
    struct segment_reader *child = subject_open(&subject, true);
    cr_assert_eq(count_of(parent, LSC_RECORD_MARK), 1);
    cr_assert_eq(count_of(child, LSC_RECORD_MARK), 3);
    segment_reader_close(parent);
    segment_reader_close(child);
}

Test(fork, child_is_left_alone_when_children_are_not_to_be_followed)
{
    setenv("LOOPSCOPE_FOLLOW", "0", 1);
    subject_run(&subject, "forks", "3");
    cr_assert(subject_exited_with(&subject, 0));
    cr_assert_eq(subject_segments(&subject), 1);
    cr_assert_str_empty(subject.err);
}
