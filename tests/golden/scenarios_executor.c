/* SPDX-License-Identifier: MIT */
/* Stories of an executor's tasks: a cache that is saved with its lock in hand, a ledger at which
 * tellers queue, look-ups whose askers nobody wakes. */
#include "scenarios.h"

#include <stddef.h>

enum { TASK = 1, MUTEX, CACHE, LEDGER, SAVER, READER, TELLER, CLIENT, RESOLVER, SOURCE };
enum { SAVE = 20, WRITE_OUT, READ_CACHE, BOOK, ASK, LOOK_UP, RESOLVE, MAIN };
enum { AT_SAVE = 1, AT_WRITE, AT_READ, AT_BOOK, AT_ASK, AT_LOOK_UP, AT_DROP, AT_SPAWN, AT_LOCKS };
enum { CACHE_LOCK = 1, LEDGER_LOCK };
enum { SAVER_TASK = 1, READER_TASK, RESOLVER_TASK = 4, CLIENT_TASK, TELLER_TASK = 10 };
#define TELLERS 8

static void site(struct stream *s, uint32_t id, uint32_t function, uint32_t line, uint32_t parent)
{
    stream_item(
        s,
        &(struct item){
            .kind = ITEM_SITE,
            .site = {
                .id = id, .file = SOURCE, .function = function, .line = line, .parent = parent}});
}

static void names(struct stream *s)
{
    static const struct {
        uint32_t id;
        const char *text;
    } strings[] = {{TASK, "task"},
                   {MUTEX, "mutex"},
                   {CACHE, "cache"},
                   {LEDGER, "ledger"},
                   {SAVER, "saver"},
                   {READER, "reader"},
                   {TELLER, "teller"},
                   {CLIENT, "client"},
                   {RESOLVER, "resolver"},
                   {SOURCE, "/src/bank.c"},
                   {SAVE, "save"},
                   {WRITE_OUT, "write_out"},
                   {READ_CACHE, "read_cache"},
                   {BOOK, "book"},
                   {ASK, "ask"},
                   {LOOK_UP, "look_up"},
                   {RESOLVE, "resolve"},
                   {MAIN, "main"}};
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        stream_string(s, strings[i].id, strings[i].text);
    site(s, AT_SAVE, SAVE, 31, 0);
    site(s, AT_WRITE, WRITE_OUT, 12, AT_SAVE); /* called by save, which holds the lock */
    site(s, AT_READ, READ_CACHE, 44, 0);
    site(s, AT_BOOK, BOOK, 60, 0);
    site(s, AT_ASK, ASK, 81, 0);
    site(s, AT_LOOK_UP, LOOK_UP, 72, AT_ASK);
    site(s, AT_DROP, RESOLVE, 95, 0);
    site(s, AT_SPAWN, MAIN, 120, 0);
    site(s, AT_LOCKS, MAIN, 110, 0);
}

static void task(struct stream *s, uint32_t handle, uint32_t name)
{
    stream_item(s, &(struct item){.kind = ITEM_TASK,
                                  .task = {.handle = handle,
                                           .id = handle,
                                           .kind = TASK,
                                           .name = name,
                                           .site = AT_SPAWN,
                                           .state = LSC_TASK_IDLE,
                                           .spawned_ns = 1000000}});
}

static void lock(struct stream *s, uint32_t handle, uint32_t name)
{
    stream_item(s, &(struct item){.kind = ITEM_RESOURCE,
                                  .resource = {.handle = handle,
                                               .kind = MUTEX,
                                               .name = name,
                                               .site = AT_LOCKS,
                                               .created_ns = 1000000,
                                               .capacity = 1}});
}

static void begin(struct stream *s)
{
    stream_process(s, 500, "bank", "./bank");
    stream_thread(s, 0, 500, "bank", LSC_ROLE_LOOP);
    names(s);
    lock(s, CACHE_LOCK, CACHE);
    lock(s, LEDGER_LOCK, LEDGER);
    task(s, SAVER_TASK, SAVER);
    task(s, READER_TASK, READER);
    task(s, READER_TASK + 1, READER);
    task(s, RESOLVER_TASK, RESOLVER);
    for (uint32_t i = 0; i < 3; i++)
        task(s, CLIENT_TASK + i, CLIENT);
    for (uint32_t i = 0; i < TELLERS; i++)
        task(s, TELLER_TASK + i, TELLER);
}

static void event(struct stream *s, uint16_t type, uint32_t task, uint64_t arg, uint64_t arg2,
                  double at_ms)
{
    stream_event(s, &(struct event){.type = type,
                                    .task = task,
                                    .arg = arg,
                                    .arg2 = arg2,
                                    .time_ns = (uint64_t)(at_ms * 1e6)});
}

static void await(struct stream *s, uint32_t task, uint32_t resource, uint32_t at, double at_ms)
{
    event(s, LSC_RECORD_AWAIT, task, resource, at, at_ms);
    stream_poll(s, &(struct polled){.task = task, .from_ms = at_ms - 0.1, .to_ms = at_ms + 0.004});
}

/* Holds the lock for 50 ms at a time, of which it writes to a disk for 49. */
static void save(struct stream *s, double from_ms)
{
    event(s, LSC_RECORD_HOLD, CACHE_LOCK, SAVER_TASK, AT_SAVE, from_ms);
    await(s, SAVER_TASK, 0, AT_WRITE, from_ms + 0.3);
    for (uint32_t i = 0; i < 2; i++) {
        await(s, READER_TASK + i, CACHE_LOCK, AT_READ, from_ms + 5 + i * 10);
        event(s, LSC_RECORD_WAITERS, CACHE_LOCK, i + 1, 0, from_ms + 5.1 + i * 10);
    }
    event(s, LSC_RECORD_RELEASE, CACHE_LOCK, SAVER_TASK, 0, from_ms + 50);
    event(s, LSC_RECORD_HOLD, CACHE_LOCK, READER_TASK, AT_READ, from_ms + 50);
    event(s, LSC_RECORD_WAITERS, CACHE_LOCK, 1, 0, from_ms + 50);
    stream_poll(s, &(struct polled){
                       .task = SAVER_TASK, .from_ms = from_ms + 49.5, .to_ms = from_ms + 50.1});
    for (uint32_t i = 0; i < 2; i++) {
        double at = from_ms + 50.2 + i * 0.3;
        event(s, LSC_RECORD_RELEASE, CACHE_LOCK, READER_TASK + i, 0, at + 0.1);
        if (i == 0)
            event(s, LSC_RECORD_HOLD, CACHE_LOCK, READER_TASK + 1, AT_READ, at + 0.1);
        event(s, LSC_RECORD_WAITERS, CACHE_LOCK, 0, 0, at + 0.1);
        stream_poll(s, &(struct polled){.task = READER_TASK + i, .from_ms = at, .to_ms = at + 0.2});
    }
}

/* Each computes for 8 ms with the lock, and queues again. */
static void book(struct stream *s, double from_ms, unsigned turns)
{
    event(s, LSC_RECORD_HOLD, LEDGER_LOCK, TELLER_TASK, AT_BOOK, from_ms);
    for (uint32_t i = 1; i < TELLERS; i++)
        await(s, TELLER_TASK + i, LEDGER_LOCK, AT_BOOK, from_ms + i * 0.2);
    for (unsigned i = 0; i < turns; i++) {
        uint32_t teller = TELLER_TASK + i % TELLERS, next = TELLER_TASK + (i + 1) % TELLERS;
        double begun = from_ms + 2 + i * 8, over = begun + 8;
        event(s, LSC_RECORD_RELEASE, LEDGER_LOCK, teller, 0, over - 0.02);
        event(s, LSC_RECORD_HOLD, LEDGER_LOCK, next, AT_BOOK, over - 0.02);
        event(s, LSC_RECORD_AWAIT, teller, LEDGER_LOCK, AT_BOOK, over - 0.01);
        stream_poll(s, &(struct polled){.task = teller, .from_ms = begun, .to_ms = over});
    }
}

/* Of three who ask, one is told. */
static void ask(struct stream *s, double at_ms)
{
    for (uint32_t i = 0; i < 3; i++)
        await(s, CLIENT_TASK + i, 0, AT_LOOK_UP, at_ms + i);
    for (uint32_t i = 0; i < 2; i++)
        event(s, LSC_RECORD_STRANDED, CLIENT_TASK + i, RESOLVER_TASK, AT_DROP, at_ms + 10 + i);
    event(s, LSC_RECORD_WAKE, CLIENT_TASK + 2, RESOLVER_TASK, AT_DROP, at_ms + 13);
    event(s, LSC_RECORD_END, CLIENT_TASK + 2, 0, 0, at_ms + 14);
}

void scenario_bank(struct stream *s)
{
    begin(s);
    ask(s, 20);
    for (unsigned i = 0; i < 4; i++)
        save(s, 100 + i * 70);
    book(s, 500, 100);
    stream_end(s, END_DETACHED, 0, 1400);
}
