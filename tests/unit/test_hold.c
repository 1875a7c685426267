/* SPDX-License-Identifier: MIT */
/* What is drained during a pause waits in files without a name. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "console/top/feed/hold.h"

#define COUNT 1000

static struct event events[COUNT];

static uint32_t some_number(void)
{
    static uint32_t state = 1;
    return state = state * 1664525 + 1013904223;
}

static struct item batch(uint64_t first_ns)
{
    for (uint64_t i = 0; i < COUNT; i++)
        events[i] = (struct event){.type = LSC_RECORD_WAKE,
                                   .time_ns = first_ns + i * 4096,
                                   .thread = (uint32_t)(i % 2),
                                   .task = (uint32_t)(i + 1),
                                   .arg = some_number()};
    return (struct item){.kind = ITEM_EVENTS, .events = {.events = events, .count = COUNT}};
}

/* Takes everything: how many records, and how many are told as lost for each of two threads. */
static uint64_t take_all(struct hold *hold, uint64_t lost[2])
{
    struct item item;
    uint64_t records = 0;
    int outcome;
    while ((outcome = hold_take(hold, &item)) == 1) {
        records += item.kind == ITEM_EVENTS ? item.events.count : 0;
        if (item.kind == ITEM_LOST && item.lost.thread < 2)
            lost[item.lost.thread] += item.lost.count;
    }
    cr_assert_eq(outcome, 0);
    return records;
}

Test(hold, gives_out_in_order_what_was_put_into_it)
{
    struct hold *hold = hold_new(HOLD_BYTES_MAX);
    struct item item = batch(8192), clock = {.kind = ITEM_CLOCK, .clock_ns = 777};
    cr_assert_not_null(hold);
    hold_put(hold, &item);
    hold_put(hold, &clock);
    cr_assert_eq(hold_records(hold), COUNT);
    cr_assert_eq(hold_take(hold, &item), 1);
    cr_assert_eq(item.kind, ITEM_EVENTS);
    cr_assert_eq(item.events.count, COUNT);
    cr_assert_eq(item.events.events[999].task, 1000);
    cr_assert_eq(hold_take(hold, &item), 1);
    cr_assert_eq(item.kind, ITEM_CLOCK);
    cr_assert_eq(item.clock_ns, 777);
    cr_assert_eq(hold_take(hold, &item), 0);
    cr_assert_eq(hold_records(hold), 0);
    hold_delete(hold);
}

Test(hold, what_comes_while_it_is_emptied_is_given_out_afterwards)
{
    struct hold *hold = hold_new(HOLD_BYTES_MAX);
    struct item item = batch(8192), out;
    uint64_t lost[2] = {0};
    hold_put(hold, &item);
    cr_assert_eq(hold_take(hold, &out), 1);
    item = batch(80000000);
    hold_put(hold, &item);
    cr_assert_eq(hold_take(hold, &out), 1);
    cr_assert_eq(out.events.events[0].time_ns, 80000000, "%llu",
                 (unsigned long long)out.events.events[0].time_ns);
    hold_put(hold, &item);
    cr_assert_eq(take_all(hold, lost), COUNT);
    hold_delete(hold);
}

Test(hold, counts_records_beyond_its_bound_as_lost_for_each_thread)
{
    struct hold *hold = hold_new(4096);
    uint64_t lost[2] = {0}, put = 0;
    for (unsigned i = 0; i < 500; i++, put += COUNT) {
        struct item item = batch(8192 + i * UINT64_C(10000000));
        hold_put(hold, &item);
    }
    cr_assert_gt(hold_lost(hold), 0);
    uint64_t taken = take_all(hold, lost);
    cr_assert_eq(taken + lost[0] + lost[1], put);
    cr_assert_eq(lost[0], lost[1], "every other record was of each");
    cr_assert_eq(lost[0] + lost[1], hold_lost(hold));
    hold_delete(hold);
}

Test(hold, counts_what_a_full_disk_does_not_take)
{
    struct rlimit limit = {20000, 20000}; /* bytes of a file */
    struct hold *hold = hold_new(HOLD_BYTES_MAX);
    uint64_t lost[2] = {0}, put = 0;
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (unsigned i = 0; i < 500; i++, put += COUNT) {
        struct item item = batch(8192 + i * UINT64_C(10000000));
        hold_put(hold, &item);
    }
    uint64_t taken = take_all(hold, lost);
    cr_assert_lt(taken, put);
    cr_assert_eq(taken + lost[0] + lost[1] + hold_untold(hold), put, "nothing goes uncounted");
    hold_delete(hold);
}

Test(hold, leaves_no_file_behind)
{
    char directory[] = "/tmp/loopscope-hold-XXXXXX";
    cr_assert_not_null(mkdtemp(directory));
    setenv("TMPDIR", directory, 1);
    struct hold *hold = hold_new(HOLD_BYTES_MAX);
    struct item item = batch(8192);
    cr_assert_not_null(hold);
    hold_put(hold, &item);
    cr_assert_eq(rmdir(directory), 0, "the directory is empty while it is in use");
    hold_delete(hold);
}

Test(hold, says_why_there_is_no_place_for_it)
{
    setenv("TMPDIR", "/nonexistent", 1);
    cr_assert_null(hold_new(HOLD_BYTES_MAX));
}
