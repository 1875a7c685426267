/* SPDX-License-Identifier: MIT */
/* What channels tell the probe, read back from the segment. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core_subject.h"

enum { ROOM = 1 << 12, CAPACITY = 64 };
static struct subject subject;
static struct segment_reader *reader;
static struct lsc_record records[ROOM];
static size_t count;
static struct lsc_resource channel; /* "items" */

static bool find_resource(const char *name, struct lsc_resource *found)
{
    const struct lsc_segment_header *header = segment_reader_header(reader);
    for (uint32_t slot = 0; slot < header->resource_count; slot++) {
        char text[64];
        if (segment_reader_resource(reader, slot, found) < 0)
            continue;
        segment_reader_string(reader, found->name, text, sizeof(text));
        if (strcmp(text, name) == 0)
            return true;
    }
    return false;
}

/* One worker: all records that matter are of its thread, in order. */
static void set_up(void)
{
    subject_init(&subject);
    reader = subject_read(&subject, "channels", "1");
    uint64_t lost;
    count = 0;
    for (uint32_t slot = 0; slot < segment_reader_header(reader)->thread_count; slot++)
        count += subject_records(reader, slot, records + count, ROOM - count, &lost);
    cr_assert(find_resource("items", &channel));
}

static void tear_down(void)
{
    segment_reader_close(reader);
    subject_free(&subject);
}

TestSuite(channel_record, .init = set_up, .fini = tear_down);

static void expect_text(uint32_t id, const char *expected)
{
    char text[64];
    segment_reader_string(reader, id, text, sizeof(text));
    cr_expect_str_eq(text, expected);
}

static void expect_function(uint32_t id, const char *function)
{
    struct lsc_site site;
    cr_assert_eq(segment_reader_site(reader, id, &site), 0);
    expect_text(site.function, function);
}

Test(channel_record, names_the_channel_its_maker_its_capacity_and_every_operation)
{
    expect_text(channel.kind, "channel");
    expect_function(channel.site, "subject_poll");
    cr_expect_eq(channel.capacity, CAPACITY);
    cr_expect_eq(channel.depth, 0);
    cr_expect_eq(channel.depth_max, CAPACITY);
    cr_expect_eq(channel.operations, 2 * (CAPACITY + 1));
    cr_expect_eq(channel.dropped, 0);
}

/* Every fourth item tells the depth: the capacity's sixteenth; and so do full and empty. */
Test(channel_record, tells_full_and_empty_exactly_and_the_depths_between_by_steps)
{
    uint64_t depth = 0;
    size_t told = 0, full = 0;
    for (size_t i = 0; i < count; i++) {
        if (records[i].type != LSC_RECORD_DEPTH || records[i].task != channel.handle)
            continue;
        uint64_t off = records[i].arg > depth ? records[i].arg - depth : depth - records[i].arg;
        depth = records[i].arg;
        cr_expect_leq(off, 4, "to %lu", (unsigned long)depth);
        cr_expect_eq(LSC_DEPTH_CAPACITY(records[i].arg2), CAPACITY);
        full += depth == CAPACITY;
        if (depth == CAPACITY)
            cr_expect_eq(off, 3); /* from 61, told at once */
        told++;
    }
    cr_expect_eq(full, 1);
    cr_expect_eq(depth, 0);
    cr_expect(told >= 32 && told <= 36, "%zu", told);
}

Test(channel_record, names_the_await_that_fills_it)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (records[i].type != LSC_RECORD_DEPTH || records[i].task != channel.handle ||
            !(records[i].flags & LSC_DEPTH_FILLED_AT))
            continue;
        expect_function(LSC_DEPTH_SITE(records[i].arg2), "fill_poll");
        found++;
    }
    cr_expect_eq(found, 17); /* 1, 5, 9… 61, 64 */
}

/* The handle of the task of that name. */
static uint32_t task_named(const char *name)
{
    const struct lsc_segment_header *header = segment_reader_header(reader);
    for (uint32_t slot = 0; slot < header->task_count; slot++) {
        struct lsc_task task;
        char text[64];
        if (segment_reader_task(reader, slot, &task) < 0)
            continue;
        segment_reader_string(reader, task.name, text, sizeof(text));
        if (strcmp(text, name) == 0)
            return task.handle;
    }
    return 0;
}

/* By a record of its own, or with the poll that ends so. */
static bool begins_to_wait(const struct lsc_record *r, uint32_t task)
{
    if (r->task != task)
        return false;
    if (r->type == LSC_RECORD_POLL && (r->flags & LSC_POLL_AWAITS))
        return LSC_AWAIT_RESOURCE(r->arg2) == channel.handle;
    return r->type == LSC_RECORD_AWAIT && r->arg == channel.handle;
}

Test(channel_record, tells_who_waits_at_it_how_many_and_who_wakes_them)
{
    uint32_t late = task_named("late"), emptier = task_named("emptier");
    uint64_t waiters[8] = {0};
    size_t changes = 0, awaits = 0, wakes = 0;
    for (size_t i = 0; i < count; i++) {
        const struct lsc_record *r = &records[i];
        if (r->type == LSC_RECORD_WAITERS && r->task == channel.handle && changes < 8)
            waiters[changes++] = r->arg;
        awaits += begins_to_wait(r, late);
        wakes += r->type == LSC_RECORD_WAKE && r->task == late && r->arg == emptier;
    }
    cr_assert(late != 0 && emptier != 0);
    cr_expect(changes == 2 && waiters[0] == 1 && waiters[1] == 0, "%zu", changes);
    cr_expect_eq(awaits, 1);
    cr_expect_eq(wakes, 1);
}

Test(channel_record, counts_what_a_policy_dropped)
{
    struct lsc_resource latest;
    uint64_t dropped = 0;
    cr_assert(find_resource("latest", &latest));
    for (size_t i = 0; i < count; i++)
        if (records[i].type == LSC_RECORD_DROP && records[i].task == latest.handle)
            dropped += records[i].arg;
    cr_expect_eq(dropped, 3);
    cr_expect_eq(latest.dropped, 3);
    cr_expect_eq(latest.depth, 2);
}
