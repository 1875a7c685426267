/* SPDX-License-Identifier: MIT */
/* Queues that only grow, and those that merely come and go. */
#include <criterion/criterion.h>
#include <string.h>

#include "judged.h"

#define LIBUV "/usr/lib/libuv.so.1"
enum { TCP = 1, WRITES, SENT, CHANNEL, NAME, OTHER_NAME };
enum { FROM_LOOKUP = 11, FROM_READ, FROM_OPEN };

static const struct frame from_lookup[] = {
    FRAME("uv_getaddrinfo", "", 0, LIBUV, FRAME_LIBRARY),
    FRAME("resolve", "peers.c", 33, "prog", FRAME_NATIVE),
};
static const struct frame from_read[] = {
    FRAME("uv_fs_read", "", 0, LIBUV, FRAME_LIBRARY),
    FRAME("read_next", "files.c", 41, "prog", FRAME_NATIVE),
};
static const struct frame from_open[] = {
    FRAME("uv_tcp_init", "", 0, LIBUV, FRAME_LIBRARY),
    FRAME("feed_open", "feed.c", 27, "prog", FRAME_NATIVE),
};
static void begin(void)
{
    stream = stream_new();
    stream_process(stream, 1, "prog", "prog");
    stream_thread(stream, 0, 77, "loop", LSC_ROLE_LOOP);
    stream_string(stream, TCP, "tcp");
    stream_string(stream, WRITES, "write queue");
    stream_string(stream, SENT, "socket send queue");
    stream_string(stream, CHANNEL, "channel");
    stream_string(stream, NAME, "127.0.0.1:80");
    stream_string(stream, OTHER_NAME, "fd 7");
    STACK(FROM_LOOKUP, from_lookup);
    STACK(FROM_READ, from_read);
    STACK(FROM_OPEN, from_open);
    stream_turns(stream, 0, 10, 100, 0.2, 5);
}

TestSuite(detect_growing, .init = begin, .fini = judged_end);

/* Every 10 ms `rise` more, of which a part is taken out again 5 ms later. */
static void write_queue(uint32_t resource, uint64_t rise, unsigned steps)
{
    stream_resource(stream, resource, WRITES, NAME, 1);
    for (unsigned i = 0; i < steps; i++) {
        stream_depth(stream, resource, 1000 + i * 10, rise * i + 30000, 0);
        stream_depth(stream, resource, 1005 + i * 10, rise * i, 0);
    }
}

Test(detect_growing, a_write_queue_that_only_grows_names_where_its_stream_was_made)
{
    stream_task(stream, 1, TCP, NAME, FROM_OPEN, 900);
    write_queue(1, 20000, 500);
    judge_until(6010);
    const struct finding *finding = found("queue-growing");
    cr_assert_eq(finding->severity, SEVERITY_WARNING);
    cr_assert_str_eq(finding->where->function, "feed_open");
    uint64_t rate = fact_of(finding, "per_second");
    cr_assert(rate > 1700000 && rate < 2100000, "%lu", (unsigned long)rate);
    cr_assert(has(finding->title, "a second; it belongs to the tcp '127.0.0.1:80' created in "
                                  "feed_open (feed.c:27)"),
              "%s", finding->title);
    cr_assert(has(finding->advice, "write callback"));
}

Test(detect_growing, a_write_queue_that_only_grows_names_who_fills_it_where_that_is_known)
{
    stream_task(stream, 1, TCP, NAME, FROM_OPEN, 900);
    stream_resource(stream, 1, WRITES, NAME, 1);
    for (unsigned i = 0; i < 500; i++) {
        stream_fill(stream, 1, 1000 + i * 10, 20000 * i + 30000, i % 10 ? FROM_READ : FROM_LOOKUP);
        stream_depth(stream, 1, 1005 + i * 10, 20000 * i + 20000, 0);
    }
    judge_until(6010);
    const struct finding *finding = found("queue-growing");
    cr_assert_str_eq(finding->where->function, "read_next");
    cr_assert(has(finding->title, "filled by read_next (files.c:41); it belongs to the tcp "
                                  "'127.0.0.1:80' created in feed_open (feed.c:27)"),
              "%s", finding->title);
}

Test(detect_growing, a_write_queue_that_grew_until_its_stream_was_closed_is_told)
{
    stream_task(stream, 1, TCP, NAME, FROM_OPEN, 900);
    write_queue(1, 20000, 500);
    stream_depth(stream, 1, 6005, 0, 0);
    judge_until(60000);
    cr_assert_not_null(found("queue-growing"));
}

Test(detect_growing, a_write_queue_that_stays_small_is_no_finding)
{
    write_queue(1, 1000, 500);
    judge_until(6010);
    cr_assert_null(found("queue-growing"));
}

Test(detect_growing, one_that_is_drained_in_between_is_no_finding)
{
    stream_resource(stream, 1, WRITES, NAME, 0);
    for (unsigned i = 0; i < 60; i++) {
        stream_depth(stream, 1, 1000 + i * 100, 2000000 + i * 100000, 0);
        stream_depth(stream, 1, 1080 + i * 100, 0, 0);
    }
    judge_until(7000);
    cr_assert_null(found("queue-growing"));
}

Test(detect_growing, one_large_write_that_is_slowly_sent_is_no_finding)
{
    stream_resource(stream, 1, WRITES, NAME, 0);
    for (unsigned i = 0; i < 500; i++)
        stream_depth(stream, 1, 1000 + i * 10, 100000000 - i * 100000, 0);
    judge_until(6010);
    cr_assert_null(found("queue-growing"));
}

Test(detect_growing, queues_of_streams_from_one_place_grow_together)
{
    stream_task(stream, 1, TCP, NAME, FROM_OPEN, 900);
    for (uint32_t i = 1; i <= 40; i++)
        write_queue(i, 20000 + i * 100, 500);
    judge_until(6010);
    cr_assert_eq(findings->count, 1);
    cr_assert_eq(findings->items[0].severity, SEVERITY_CRITICAL);
    cr_assert(has(findings->items[0].title, "with 39 others like it"), "%s",
              findings->items[0].title);
}

Test(detect_growing, a_buffer_of_the_kernel_cannot_grow_without_end)
{
    stream_resource(stream, 1, SENT, OTHER_NAME, 0);
    for (unsigned i = 0; i < 500; i++)
        stream_depth(stream, 1, 1000 + i * 10, 8000 * i, 4194304);
    judge_until(6010);
    cr_assert_null(found("queue-growing"));
}

Test(detect_growing, a_queue_that_grew_is_told_after_its_slot_has_gone_to_another)
{
    write_queue(1, 20000, 500);
    stream_resource(stream, 1 | 1u << LSC_HANDLE_SLOT_BITS, CHANNEL, OTHER_NAME, 0);
    stream_depth(stream, 1 | 1u << LSC_HANDLE_SLOT_BITS, 6005, 0, 0);
    judge_until(60000);
    cr_assert(has(found("queue-growing")->title, "The write queue '127.0.0.1:80' only grows"), "%s",
              found("queue-growing")->title);
}

Test(detect_growing, a_channel_that_only_grows_is_told_in_items)
{
    stream_resource(stream, 1, CHANNEL, OTHER_NAME, 0);
    for (unsigned i = 0; i < 1000; i++)
        stream_depth(stream, 1, 1000 + i * 5, i, 0);
    judge_until(6010);
    cr_assert(has(found("queue-growing")->title, "The channel 'fd 7' only grows: from"), "%s",
              found("queue-growing")->title);
    cr_assert_null(found("queue-growing")->where);
}

Test(detect_growing, a_channel_whose_bound_is_far_away_grows_too_and_names_who_fills_it)
{
    enum { FILLER = 3, MAKER, FILE_NAME = 90, FILLS, MAKES };
    stream_string(stream, FILE_NAME, "/src/log.c");
    stream_string(stream, FILLS, "handle");
    stream_string(stream, MAKES, "serve");
    for (uint32_t i = 0; i < 2; i++)
        stream_item(stream, &(struct item){.kind = ITEM_SITE,
                                           .site = {.id = FILLER + i,
                                                    .file = FILE_NAME,
                                                    .function = FILLS + i,
                                                    .line = 12 + i}});
    stream_item(stream, &(struct item){.kind = ITEM_RESOURCE,
                                       .resource = {.handle = 1,
                                                    .kind = CHANNEL,
                                                    .name = OTHER_NAME,
                                                    .site = MAKER,
                                                    .capacity = 1000000}});
    for (uint64_t i = 0; i < 1000; i++)
        stream_event(stream,
                     &(struct event){.type = LSC_RECORD_DEPTH,
                                     .flags = LSC_DEPTH_FILLED_AT,
                                     .task = 1,
                                     .arg = i,
                                     .arg2 = 1000000 | (uint64_t)FILLER << LSC_DEPTH_CAPACITY_BITS,
                                     .time_ns = (1000 + i * 5) * 1000000});
    judge_until(6010);
    const struct finding *finding = found("queue-growing");
    cr_assert(has(finding->title, "The channel 'fd 7' made in serve (log.c:13) only grows: from"),
              "%s", finding->title);
    cr_assert(has(finding->title, "with room for 1000000 at that rate full in 90 min 40 s"), "%s",
              finding->title);
    cr_assert(has(finding->title, "; filled by handle (log.c:12)"), "%s", finding->title);
}
