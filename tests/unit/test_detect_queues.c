/* SPDX-License-Identifier: MIT */
/* Pools whose jobs wait and queues that are full, each with its healthy twin. */
#include <criterion/criterion.h>
#include <string.h>

#include "judged.h"

#define LIBUV "/usr/lib/libuv.so.1"
enum { READ = 1, LOOKUP, TCP, BACKLOG, DATAGRAMS, WRITES, SENT, CHANNEL, NAME, OTHER_NAME };
enum { FROM_LOOKUP = 11, FROM_READ, COMPUTE };

static const struct frame worker_frame[] = {FRAME("uv__worker", "", 0, LIBUV, FRAME_LIBRARY)};
static const struct frame from_lookup[] = {
    FRAME("uv_getaddrinfo", "", 0, LIBUV, FRAME_LIBRARY),
    FRAME("resolve", "peers.c", 33, "prog", FRAME_NATIVE),
};
static const struct frame from_read[] = {
    FRAME("uv_fs_read", "", 0, LIBUV, FRAME_LIBRARY),
    FRAME("read_next", "files.c", 41, "prog", FRAME_NATIVE),
};
static const struct frame compute[] = {
    FRAME("hash", "login.c", 71, "prog", FRAME_NATIVE),
    FRAME("main", "main.c", 5, "prog", FRAME_NATIVE),
};
static void begin(void)
{
    static const char *const strings[] = {[READ] = "fs read",
                                          [LOOKUP] = "getaddrinfo",
                                          [TCP] = "tcp",
                                          [BACKLOG] = "accept backlog",
                                          [DATAGRAMS] = "udp receive queue",
                                          [WRITES] = "write queue",
                                          [SENT] = "socket send queue",
                                          [CHANNEL] = "channel",
                                          [NAME] = "127.0.0.1:80",
                                          [OTHER_NAME] = "fd 7"};
    stream = stream_new();
    stream_process(stream, 1, "prog", "prog");
    stream_thread(stream, 0, 77, "loop", LSC_ROLE_LOOP);
    for (uint32_t i = READ; i <= OTHER_NAME; i++)
        stream_string(stream, i, strings[i]);
    STACK(FROM_LOOKUP, from_lookup);
    STACK(FROM_READ, from_read);
    STACK(COMPUTE, compute);
    stream_turns(stream, 0, 10, 100, 0.2, 5);
}

static void pool_of(uint32_t workers)
{
    stream_item(stream,
                &(struct item){.kind = ITEM_FRAMES,
                               .frames = {.pc = 0x5000, .frames = worker_frame, .count = 1}});
    for (uint32_t i = 1; i <= workers; i++)
        stream_worker(stream, i, 200 + i, "libuv-worker", 0x5000, 0x7000);
}

/* `count` reads submitted at 2000, served one after the other by worker 1. */
static void reads_one_by_one(uint32_t count, double each)
{
    for (uint32_t i = 0; i < count; i++) {
        stream_request(stream, 100 + i, READ, FROM_READ, 2000);
        stream_job(stream, 1, 100 + i, 2000, 2000 + i * each, 2000 + (i + 1) * each);
    }
}

TestSuite(detect_queues, .init = begin, .fini = judged_end);

Test(detect_queues, jobs_that_wait_are_told_with_who_submitted_them)
{
    pool_of(1);
    reads_one_by_one(100, 5);
    judge_until(4000);
    const struct finding *finding = found("queue-saturated");
    cr_assert_eq(finding->severity, SEVERITY_WARNING);
    cr_assert_eq(finding->worst_ns, 495000000);
    cr_assert_str_eq(finding->where->function, "read_next");
    cr_assert(has(finding->title, "Jobs waited for the only worker of the libuv thread pool "
                                  "for 495 ms; 100 fs read requests waited"),
              "%s", finding->title);
    cr_assert(has(finding->title, "up to 99 jobs waited at once"), "%s", finding->title);
    cr_assert(has(finding->title, "100 fs read requests submitted by read_next (files.c:41)"), "%s",
              finding->title);
    cr_assert_eq(fact_of(finding, "waiting_max"), 99);
}

Test(detect_queues, the_replay_tells_how_many_workers_remove_the_wait)
{
    pool_of(1);
    reads_one_by_one(100, 5);
    judge_until(4000);
    const struct finding *finding = found("queue-saturated");
    /* A twentieth of 490 ms: at most four rounds of 5 ms before the last, thus 20 or 25 of 100. */
    cr_assert_eq(fact_of(finding, "enough_workers"), 20);
    cr_assert(has(finding->specific, "With 20 workers instead of 1, jobs would have waited 20 ms"),
              "%s", finding->specific);
    cr_assert(has(finding->specific, "not considered"), "%s", finding->specific);
}

static void lookups_beside_reads(void)
{
    pool_of(2);
    stream_request(stream, 1, LOOKUP, FROM_LOOKUP, 1999);
    stream_job(stream, 2, 1, 1999, 1999, 2999);
    for (uint32_t i = 0; i < 300; i++) {
        double at = 2000 + i * 2, begun = 2000 + i * 3;
        stream_request(stream, 100 + i, READ, FROM_READ, at);
        stream_job(stream, 1, 100 + i, at, begun, begun + 3);
    }
}

Test(detect_queues, a_kind_that_makes_the_others_wait_had_better_be_apart)
{
    lookups_beside_reads();
    judge_until(4000);
    const struct finding *finding = found("queue-saturated");
    cr_assert_str_eq(finding->where->function, "resolve");
    cr_assert(has(finding->specific,
                  "With getaddrinfo requests in a pool of their own of 1 worker, the other "
                  "jobs would have waited 0 ns (p99) instead of"),
              "%s", finding->specific);
}

Test(detect_queues, a_wait_that_the_replay_does_not_show_is_not_blamed_on_the_size)
{
    pool_of(2);
    for (uint32_t i = 0; i < 50; i++) {
        stream_request(stream, 100 + i, READ, FROM_READ, 2000 + i * 20);
        stream_job(stream, 1, 100 + i, 2000 + i * 20, 2300 + i * 20, 2320 + i * 20);
        stream_job(stream, 2, 0, 2300 + i * 20, 2300 + i * 20, 2300 + i * 20 + 20);
    }
    judge_until(5000);
    const struct finding *finding = found("queue-saturated");
    cr_assert(has(finding->specific, "No size can be told"), "%s", finding->specific);
}

Test(detect_queues, requests_that_never_come_back_are_told_while_they_wait)
{
    pool_of(2);
    stream_request(stream, 9, READ, FROM_READ, 1000);
    stream_job(stream, 1, 9, 1000, 1000, 1001);
    for (uint32_t i = 0; i < 7; i++)
        stream_request(stream, 100 + i, READ, FROM_READ, 2000);
    judge_until(4000);
    const struct finding *finding = found("queue-saturated");
    cr_assert(finding->in_progress);
    cr_assert(has(finding->title, "5 still wait, the oldest for 2.0 s, behind 2 in service"), "%s",
              finding->title);
}

Test(detect_queues, a_burst_that_is_soon_served_is_no_finding)
{
    pool_of(4);
    for (uint32_t i = 0; i < 64; i++) {
        stream_request(stream, 100 + i, READ, FROM_READ, 2000);
        stream_job(stream, 1 + i % 4, 100 + i, 2000, 2000 + i / 4, 2001 + i / 4);
    }
    judge_until(4000);
    cr_assert_eq(findings->count, 0);
}

Test(detect_queues, a_pool_always_full_whose_jobs_hardly_wait_is_at_work)
{
    pool_of(1);
    for (uint32_t i = 0; i < 1000; i++) {
        stream_request(stream, 100 + i, READ, FROM_READ, 1999 + i);
        stream_job(stream, 1, 100 + i, 1999 + i, 2000 + i, 2001 + i);
    }
    judge_until(3010);
    cr_assert_eq(findings->count, 0);
}

static void backlog_full(double from, double to)
{
    stream_resource(stream, 1, BACKLOG, NAME, 0);
    stream_depth(stream, 1, 1000, 0, 8);
    stream_depth(stream, 1, from, 8, 8);
    stream_depth(stream, 1, to, 0, 8);
}

Test(detect_queues, a_full_backlog_names_the_turn_that_kept_the_loop)
{
    backlog_full(2100, 2910);
    stream_usage(stream, 0, 2000, 0, 0);
    stream_samples(stream, 0, COMPUTE, 2000, 2900);
    stream_turn(stream, 0, 2000, 2900, 0);
    stream_usage(stream, 0, 2901, 900, 0);
    judge_until(4000);
    const struct finding *finding = found("queue-saturated");
    cr_assert_eq(finding->severity, SEVERITY_WARNING);
    cr_assert_str_eq(finding->where->function, "hash");
    cr_assert(has(finding->title, "The accept backlog '127.0.0.1:80' was full (8 of 8) for 810 ms"),
              "%s", finding->title);
    cr_assert(has(finding->title, "in one turn for 900 ms meanwhile, in hash (login.c:71)"), "%s",
              finding->title);
    cr_assert(has(finding->advice, "listen(fd, n)"));
}

Test(detect_queues, a_full_backlog_without_a_stall_blames_no_turn)
{
    backlog_full(2100, 2910);
    judge_until(4000);
    const struct finding *finding = found("queue-saturated");
    cr_assert_null(finding->where);
    cr_assert(has(finding->advice, "somaxconn"));
}

Test(detect_queues, a_backlog_full_for_an_instant_is_no_finding)
{
    backlog_full(2100, 2120);
    judge_until(4000);
    cr_assert_eq(findings->count, 0);
}

Test(detect_queues, a_backlog_with_room_is_no_finding)
{
    stream_resource(stream, 1, BACKLOG, NAME, 0);
    stream_depth(stream, 1, 1000, 1, 511);
    judge_until(9000);
    cr_assert_eq(findings->count, 0);
}

Test(detect_queues, a_dropped_connection_request_is_a_warning)
{
    backlog_full(2100, 2120);
    stream_drop(stream, 1, 2110, 3);
    judge_until(4000);
    cr_assert_eq(found("queue-saturated")->severity, SEVERITY_WARNING);
    cr_assert(has(found("queue-saturated")->title, "3 connection requests were dropped"));
}

Test(detect_queues, few_datagrams_lost_are_a_note_and_many_a_warning)
{
    stream_resource(stream, 1, DATAGRAMS, OTHER_NAME, 0);
    stream_drop(stream, 1, 2000, 5);
    stream_resource(stream, 2, DATAGRAMS, NAME, 0);
    stream_drop(stream, 2, 2000, 500);
    judge_until(4000);
    cr_assert_eq(findings->count, 2);
    cr_assert_eq(findings->items[0].severity, SEVERITY_WARNING);
    cr_assert(has(findings->items[0].title, "500 datagrams were dropped"), "%s",
              findings->items[0].title);
    cr_assert_eq(findings->items[1].severity, SEVERITY_NOTE);
    cr_assert(has(findings->items[0].advice, "SO_RCVBUF"));
}

Test(detect_queues, drops_that_the_table_and_the_records_tell_count_once)
{
    stream_item(stream,
                &(struct item){.kind = ITEM_RESOURCE,
                               .resource = {.handle = 1, .kind = DATAGRAMS, .dropped = 500}});
    stream_drop(stream, 1, 2000, 500);
    judge_until(4000);
    cr_assert_eq(fact_of(found("queue-saturated"), "dropped"), 500);
}

Test(detect_queues, clients_that_read_slowly_are_one_note)
{
    for (uint32_t i = 1; i <= 5; i++) {
        stream_resource(stream, i, SENT, OTHER_NAME, 0);
        stream_depth(stream, i, 2000, 2500000, 2500000);
        stream_depth(stream, i, 2500 + i, 0, 2500000);
    }
    judge_until(4000);
    cr_assert_eq(findings->count, 1);
    cr_assert_eq(findings->items[0].severity, SEVERITY_NOTE);
    cr_assert(has(findings->items[0].title, "4 others of its kind were, too"), "%s",
              findings->items[0].title);
}

static void full_batches(uint32_t ready, double busy)
{
    for (unsigned i = 0; i < 400; i++) {
        double at = 2000 + i * busy;
        stream_event(stream,
                     &(struct event){.type = LSC_RECORD_TURN,
                                     .time_ns = (uint64_t)((at + busy) * 1e6),
                                     .arg = (uint64_t)(busy * 1e6),
                                     .task = ready,
                                     .flags = LSC_TURN_BATCH_FULL | LSC_TURN_READY_AT_ONCE});
    }
}

Test(detect_queues, full_ready_batches_are_a_note)
{
    full_batches(1024, 5);
    judge_until(9000);
    cr_assert_eq(findings->count, 1);
    cr_assert_eq(findings->items[0].severity, SEVERITY_NOTE);
    cr_assert(has(findings->items[0].title, "400 of 501 waits"), "%s", findings->items[0].title);
}

Test(detect_queues, full_ready_batches_of_a_late_loop_are_a_warning)
{
    full_batches(1024, 19.9);
    stream_turn(stream, 0, 9970, 9995, LSC_TURN_READY_AT_ONCE);
    for (unsigned i = 0; i < 20; i++)
        stream_turn(stream, 0, 10000 + i * 30, 10025 + i * 30, LSC_TURN_READY_AT_ONCE);
    judge_until(20000);
    bool is_told = false;
    for (size_t i = 0; i < findings->count; i++)
        is_told |= findings->items[i].severity >= SEVERITY_WARNING &&
                   strcmp(findings->items[i].cause, "batch-full") == 0;
    cr_assert(is_told);
}

Test(detect_queues, arrays_made_to_be_full_are_no_finding)
{
    full_batches(1, 5);
    judge_until(9000);
    cr_assert_eq(findings->count, 0);
}

/* ---- permits, and channels that say who filled them ---- */

static void permits(double from_ms, uint64_t waiting)
{
    stream_resource(stream, 5, CHANNEL, NAME, 0);
    stream_depth(stream, 5, from_ms - 10, 0, 2);
    for (uint32_t task = 1; task <= 2; task++) {
        stream_event(stream, &(struct event){.type = LSC_RECORD_HOLD,
                                             .task = 5,
                                             .arg = task,
                                             .time_ns = (uint64_t)(from_ms * 1e6)});
        stream_depth(stream, 5, from_ms, task, 2);
    }
    stream_event(stream, &(struct event){.type = LSC_RECORD_WAITERS,
                                         .task = 5,
                                         .arg = waiting,
                                         .time_ns = (uint64_t)(from_ms * 1e6)});
}

Test(detect_queues, permits_that_tasks_wait_for_are_told)
{
    permits(500, 3);
    judge_until(1500);
    const struct finding *finding = found("queue-saturated");
    cr_assert(finding);
    cr_assert(has(finding->title, "All 2 permits of channel '127.0.0.1:80' were taken and tasks "
                                  "waited for one for 1.0 s, still so when last seen, up to 3 at a "
                                  "time."),
              "%s", finding->title);
    cr_assert_eq(finding->severity, SEVERITY_CRITICAL);
}

Test(detect_queues, permits_that_are_all_in_use_are_fine_while_nobody_waits)
{
    permits(500, 0);
    judge_until(1500);
    cr_assert_null(found("queue-saturated"));
}

Test(detect_queues, a_lock_that_is_held_is_no_full_queue)
{
    stream_resource(stream, 5, CHANNEL, NAME, 0);
    stream_event(stream, &(struct event){
                             .type = LSC_RECORD_HOLD, .task = 5, .arg = 1, .time_ns = 500000000});
    stream_depth(stream, 5, 500, 1, 1);
    stream_event(
        stream,
        &(struct event){.type = LSC_RECORD_WAITERS, .task = 5, .arg = 1, .time_ns = 500000000});
    judge_until(1500);
    cr_assert_null(found("queue-saturated"));
}

Test(detect_queues, a_full_channel_names_who_fills_it_and_how_many_wait)
{
    enum { FILLER = 3, FILE_NAME = 90, FUNCTION };
    stream_string(stream, FILE_NAME, "/src/pages.c");
    stream_string(stream, FUNCTION, "crawl");
    stream_item(stream,
                &(struct item){
                    .kind = ITEM_SITE,
                    .site = {.id = FILLER, .file = FILE_NAME, .function = FUNCTION, .line = 12}});
    stream_resource(stream, 5, CHANNEL, NAME, 0);
    stream_event(stream, &(struct event){.type = LSC_RECORD_DEPTH,
                                         .flags = LSC_DEPTH_FILLED_AT,
                                         .task = 5,
                                         .arg = 16,
                                         .arg2 = 16 | (uint64_t)FILLER << LSC_DEPTH_CAPACITY_BITS,
                                         .time_ns = 500000000});
    stream_event(
        stream,
        &(struct event){.type = LSC_RECORD_WAITERS, .task = 5, .arg = 2, .time_ns = 501000000});
    judge_until(1500);
    const struct finding *finding = found("queue-saturated");
    cr_assert(finding);
    cr_assert(has(finding->title, "was full (16 of 16) for 1.0 s"), "%s", finding->title);
    cr_assert(has(finding->title, "; up to 2 tasks waited at it; filled most by crawl "
                                  "(pages.c:12)."),
              "%s", finding->title);
}

Test(detect_queues, a_full_broadcast_tells_what_its_slow_receivers_missed)
{
    enum { BROADCAST = 91 };
    stream_string(stream, BROADCAST, "broadcast");
    stream_resource(stream, 5, BROADCAST, NAME, 0);
    stream_depth(stream, 5, 500, 16, 16);
    stream_event(stream, &(struct event){
                             .type = LSC_RECORD_DROP, .task = 5, .arg = 70, .time_ns = 600000000});
    judge_until(1500);
    const struct finding *finding = found("queue-saturated");
    cr_assert(finding);
    cr_assert(has(finding->title, "; receivers that lagged missed 70 items."), "%s",
              finding->title);
    cr_assert(has(finding->advice, "Find the slow receiver"));
}
