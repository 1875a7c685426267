/* SPDX-License-Identifier: MIT */
/* An order service on the executor: one task takes orders, four check them, one writes them down
 * behind a lock; the queue in front of it is full, and so the others wait. */
#include "stories.h"

enum { KIND_TASK = 1, KIND_CHANNEL, KIND_MUTEX, FILE_PIPE, FILE_QUEUE, FIRST_FUNCTION };
enum {
    IN_MAIN = FIRST_FUNCTION,
    IN_SERVE,
    IN_INGEST,
    IN_CHECK,
    IN_SEND,
    IN_WRITE,
    IN_RECV,
    IN_LOCK
};
enum { FIRST_NAME = 20 };
enum { SERVE = 1, INGEST, CHECK_0, CHECK_1, CHECK_2, CHECK_3, WRITE, AUDIT, TASK_LIMIT };
enum { ORDERS = 1, LEDGER };
enum {
    SITE_SPAWN = 1,
    SITE_SPAWN_CHECK,
    SITE_SERVE,
    SITE_CHECK,
    SITE_SEND,
    SITE_WRITE,
    SITE_RECV,
    SITE_LOCK
};

static const char *const functions[] = {"main",         "serve",     "ingest",       "check_order",
                                        "channel_send", "write_out", "channel_recv", "mutex_lock"};
static const char *const task_names[] = {"serve",   "ingest",  "check-0", "check-1",
                                         "check-2", "check-3", "write",   "audit"};

static void put(struct stream *s, uint16_t type, uint32_t thread, uint32_t task, uint64_t arg,
                uint64_t arg2, double at)
{
    stream_event(s, &(struct event){.type = type,
                                    .thread = thread,
                                    .task = task,
                                    .arg = arg,
                                    .arg2 = arg2,
                                    .time_ns = (uint64_t)(at * 1e6 + 0.5)});
}

static void site(struct stream *s, uint32_t id, uint32_t function, uint32_t file, uint32_t line,
                 uint32_t parent)
{
    stream_item(
        s, &(struct item){
               .kind = ITEM_SITE,
               .site = {
                   .id = id, .file = file, .function = function, .line = line, .parent = parent}});
}

static void tables(struct stream *s)
{
    stream_string(s, KIND_TASK, "task");
    stream_string(s, KIND_CHANNEL, "channel");
    stream_string(s, KIND_MUTEX, "mutex");
    stream_string(s, FILE_PIPE, "/src/orders.c");
    stream_string(s, FILE_QUEUE, "/src/queue.c");
    for (uint32_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        stream_string(s, FIRST_FUNCTION + i, functions[i]);
    for (uint32_t i = 0; i < sizeof(task_names) / sizeof(task_names[0]); i++)
        stream_string(s, FIRST_NAME + i, task_names[i]);
    stream_string(s, FIRST_NAME + 10, "orders");
    stream_string(s, FIRST_NAME + 11, "ledger");
    site(s, SITE_SPAWN, IN_MAIN, FILE_PIPE, 120, 0);
    site(s, SITE_SPAWN_CHECK, IN_INGEST, FILE_PIPE, 61, 0);
    site(s, SITE_SERVE, IN_SERVE, FILE_PIPE, 25, 0);
    site(s, SITE_CHECK, IN_CHECK, FILE_PIPE, 44, 0);
    site(s, SITE_SEND, IN_SEND, FILE_QUEUE, 88, SITE_CHECK);
    site(s, SITE_WRITE, IN_WRITE, FILE_PIPE, 77, 0);
    site(s, SITE_RECV, IN_RECV, FILE_QUEUE, 131, SITE_WRITE);
    site(s, SITE_LOCK, IN_LOCK, FILE_QUEUE, 210, SITE_WRITE);
}

static uint32_t parent_of(uint32_t task)
{
    if (task == SERVE)
        return 0;
    return task >= CHECK_0 && task <= CHECK_3 ? INGEST : task == AUDIT ? WRITE : SERVE;
}

static void spawn(struct stream *s, uint32_t task, double at)
{
    bool is_check = task >= CHECK_0 && task <= CHECK_3;
    stream_item(s, &(struct item){.kind = ITEM_TASK,
                                  .task = {.handle = task,
                                           .id = task,
                                           .kind = KIND_TASK,
                                           .name = FIRST_NAME + task - SERVE,
                                           .site = is_check ? SITE_SPAWN_CHECK : SITE_SPAWN,
                                           .parent = parent_of(task),
                                           .spawned_ns = (uint64_t)(at * 1e6),
                                           .state = LSC_TASK_IDLE}});
    put(s, LSC_RECORD_SPAWN, 0, task, parent_of(task), is_check ? SITE_SPAWN_CHECK : SITE_SPAWN,
        at);
}

static void ran(struct stream *s, uint32_t thread, uint32_t task, double from, double to,
                double delay)
{
    put(s, LSC_RECORD_POLL, thread, task, (uint64_t)((to - from) * 1e6 + 0.5),
        (uint64_t)(delay * 1e6), to);
}

static void wake(struct stream *s, uint32_t thread, uint32_t task, uint32_t by, double at)
{
    put(s, LSC_RECORD_WAKE, thread, task, by, by ? SITE_SEND : 0, at);
}

/* One order: taken in, checked, waiting in the queue, written. */
static void order(struct stream *s, unsigned i)
{
    double at = 20 + i * 8;
    uint32_t check = CHECK_0 + i % 4;
    wake(s, 2, INGEST, 0, at);
    ran(s, 0, INGEST, at + 0.02, at + 0.12, 0.02);
    wake(s, 0, check, INGEST, at + 0.1);
    ran(s, 1, check, at + 0.15, at + 0.65 + i % 3 * 0.2, 0.05);
    put(s, LSC_RECORD_AWAIT, 1, check, ORDERS, SITE_SEND, at + 0.6);
    wake(s, 1, WRITE, check, at + 0.62);
    put(s, LSC_RECORD_DEPTH, 1, ORDERS, i < 64 ? i + 1 : 64, 64, at + 0.62);
    ran(s, 0, WRITE, at + 2, at + 4.5, 1.38);
    put(s, LSC_RECORD_AWAIT, 0, WRITE, ORDERS, SITE_RECV, at + 4.4);
}

void story_tasks(struct stream *s)
{
    stream_process(s, 815, "orders", "/srv/bin/orders --workers 2");
    stream_thread(s, 0, 816, "executor-0", LSC_ROLE_WORKER);
    stream_thread(s, 1, 817, "executor-1", LSC_ROLE_WORKER);
    stream_thread(s, 2, 815, "orders", 0);
    tables(s);
    for (uint32_t task = SERVE; task < TASK_LIMIT; task++)
        spawn(s, task, 5 + task * 0.1);
    stream_resource(s, ORDERS, KIND_CHANNEL, FIRST_NAME + 10, WRITE);
    stream_resource(s, LEDGER, KIND_MUTEX, FIRST_NAME + 11, 0);
    ran(s, 0, SERVE, 8, 8.4, 0);
    put(s, LSC_RECORD_AWAIT, 0, SERVE, 0, SITE_SERVE, 8.3);
    put(s, LSC_RECORD_HOLD, 0, LEDGER, WRITE, SITE_WRITE, 10);
    for (unsigned i = 0; i < 200; i++)
        order(s, i);
    ran(s, 1, AUDIT, 1600, 1600.2, 0.1);
    put(s, LSC_RECORD_AWAIT, 1, AUDIT, LEDGER, SITE_LOCK, 1600.1);
    put(s, LSC_RECORD_WAITERS, 1, LEDGER, 1, 0, 1600.1);
    put(s, LSC_RECORD_WAITERS, 1, ORDERS, 4, 0, 1610);
    put(s, LSC_RECORD_PARK, 0, 0, 1000000, 0, 1900);
}
