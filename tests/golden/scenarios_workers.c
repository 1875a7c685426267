/* SPDX-License-Identifier: MIT */
/* Stories of an executor's workers: a desk that keeps the task it woke from running beside one that
 * looks at a flag all the time, and shards of which one does all the work. */
#include "scenarios.h"

#include <stddef.h>

enum { TASK = 1, DESK, MAILER, REPORT, CUSTOMER, KEEPER, SOURCE, BEGIN, TAKE_ORDERS, WAIT_FOR };
enum { AT_BEGIN = 1, AT_ORDERS, AT_WAIT };
enum { DESK_TASK = 1, MAILER_TASK, REPORT_TASK, FIRST_CUSTOMER = 10, KEEPER_TASK = 20 };

static void site(struct stream *s, uint32_t id, uint32_t function, uint32_t line)
{
    stream_item(
        s, &(struct item){.kind = ITEM_SITE,
                          .site = {.id = id, .file = SOURCE, .function = function, .line = line}});
}

static void names(struct stream *s)
{
    static const char *const texts[] = {[TASK] = "task",
                                        [DESK] = "desk",
                                        [MAILER] = "mailer",
                                        [REPORT] = "report",
                                        [CUSTOMER] = "customer",
                                        [KEEPER] = "keeper",
                                        [SOURCE] = "/src/shop.c",
                                        [BEGIN] = "begin",
                                        [TAKE_ORDERS] = "take_orders",
                                        [WAIT_FOR] = "wait_for_figures"};
    for (uint32_t id = TASK; id <= WAIT_FOR; id++)
        stream_string(s, id, texts[id]);
    site(s, AT_BEGIN, BEGIN, 90);
    site(s, AT_ORDERS, TAKE_ORDERS, 68);
    site(s, AT_WAIT, WAIT_FOR, 58);
}

static void event(struct stream *s, const struct event *event, double at_ms)
{
    struct event timed = *event;
    timed.time_ns = (uint64_t)(at_ms * 1e6 + 0.5);
    stream_event(s, &timed);
}

static void task(struct stream *s, uint32_t handle, uint32_t name, uint32_t made_at)
{
    stream_item(s, &(struct item){.kind = ITEM_TASK,
                                  .task = {.handle = handle,
                                           .id = handle,
                                           .kind = TASK,
                                           .name = name,
                                           .site = made_at,
                                           .state = LSC_TASK_IDLE,
                                           .spawned_ns = 1000000}});
}

static void run(struct stream *s, uint32_t thread, uint32_t handle, double from, double to,
                uint16_t flags)
{
    event(s,
          &(struct event){.type = LSC_RECORD_POLL,
                          .thread = thread,
                          .task = handle,
                          .arg = (uint64_t)((to - from) * 1e6 + 0.5),
                          .flags = flags},
          to);
}

static void park(struct stream *s, uint32_t thread, double from, double to)
{
    event(s,
          &(struct event){.type = LSC_RECORD_PARK,
                          .thread = thread,
                          .arg = (uint64_t)((to - from) * 1e6 + 0.5)},
          to);
}

static void process(struct stream *s, const char *command, const char *worker_0,
                    const char *worker_1)
{
    stream_item(s, &(struct item){.kind = ITEM_PROCESS,
                                  .process_info = {.pid = 300,
                                                   .program = "shop",
                                                   .command = command,
                                                   .command_bytes = 4,
                                                   .executable = "/srv/bin/shop",
                                                   .depths = LSC_DEPTH_EXPLICIT}});
    stream_thread(s, 0, 301, worker_0, 0);
    stream_thread(s, 1, 302, worker_1, 0);
    names(s);
}

/* The desk wakes the mailer and draws for 60 ms. */
static void order(struct stream *s, double at)
{
    event(s,
          &(struct event){
              .type = LSC_RECORD_WAKE, .task = MAILER_TASK, .arg = DESK_TASK, .arg2 = AT_ORDERS},
          at + 1);
    event(s, &(struct event){.type = LSC_RECORD_AWAIT, .task = DESK_TASK, .arg2 = AT_ORDERS},
          at + 60);
    run(s, 0, DESK_TASK, at, at + 60, 0);
    run(s, 0, MAILER_TASK, at + 60, at + 60.2, 0);
    park(s, 0, at + 60.2, at + 100);
}

void scenario_desk(struct stream *s)
{
    process(s, "shop", "executor-0", "executor-1");
    task(s, DESK_TASK, DESK, AT_BEGIN);
    task(s, MAILER_TASK, MAILER, AT_ORDERS);
    task(s, REPORT_TASK, REPORT, AT_BEGIN);
    event(s, &(struct event){.type = LSC_RECORD_STEAL, .thread = 1, .task = 1, .arg = 301}, 2);
    event(s,
          &(struct event){
              .type = LSC_RECORD_AWAIT, .thread = 1, .task = REPORT_TASK, .arg2 = AT_WAIT},
          2.5);
    run(s, 1, REPORT_TASK, 2, 3, 0);
    for (unsigned i = 0; i < 8; i++) {
        order(s, 10 + i * 100);
        for (unsigned k = 0; k < 2000; k++)
            run(s, 1, REPORT_TASK, 10 + i * 100 + k * 0.05, 10.002 + i * 100 + k * 0.05,
                LSC_POLL_SELF_WAKE);
    }
    stream_end(s, END_EXITED, 0, 820);
}

void scenario_shards(struct stream *s)
{
    process(s, "shop", "shard 0", "shard 1");
    for (uint32_t i = 0; i < 4; i++)
        task(s, FIRST_CUSTOMER + i, CUSTOMER, AT_BEGIN);
    task(s, KEEPER_TASK, KEEPER, AT_BEGIN);
    for (double at = 0; at < 2000; at += 20) {
        for (unsigned i = 0; i < 20; i++)
            run(s, 0, FIRST_CUSTOMER + i % 4, at + i, at + i + 1, LSC_POLL_SELF_WAKE);
        run(s, 1, KEEPER_TASK, at, at + 0.1, 0);
        park(s, 1, at + 0.1, at + 20);
    }
    stream_end(s, END_EXITED, 0, 2000);
}
