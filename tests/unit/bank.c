/* SPDX-License-Identifier: MIT */
/* Tasks and locks for tests: see bank.h. */
#include "bank.h"

enum { ANN = KIND_CHANNEL + 1, BOB, CAT, DAN, EVE, NAME_A, NAME_B, NAME_C, BANK, TRANSFER, MAIN };

static void site(uint32_t id, uint32_t line, uint32_t function, uint32_t parent)
{
    stream_item(
        stream,
        &(struct item){
            .kind = ITEM_SITE,
            .site = {
                .id = id, .file = BANK, .function = function, .line = line, .parent = parent}});
}

void bank_begin(void)
{
    static const char *const strings[] = {
        [KIND_TASK] = "task",    [KIND_MUTEX] = "mutex", [KIND_CHANNEL] = "channel",
        [ANN] = "ann",           [BOB] = "bob",          [CAT] = "cat",
        [DAN] = "dan",           [EVE] = "eve",          [NAME_A] = "a",
        [NAME_B] = "b",          [NAME_C] = "c",         [BANK] = "/src/bank.c",
        [TRANSFER] = "transfer", [MAIN] = "main",
    };
    stream = stream_new();
    stream_process(stream, 1, "prog", "prog");
    stream_thread(stream, 0, 77, "worker", LSC_ROLE_LOOP);
    for (uint32_t id = 1; id < sizeof(strings) / sizeof(strings[0]); id++)
        stream_string(stream, id, strings[id]);
    for (uint32_t id = SITE_TAKE; id <= SITE_SEND; id++)
        site(id, 39 + id, TRANSFER, 0);
    site(SITE_MAIN, 90, MAIN, 0);
    for (uint32_t task = TASK_ANN; task <= TASK_EVE; task++)
        stream_task(stream, task, KIND_TASK, ANN + task - TASK_ANN, 0, 1);
    for (uint32_t lock = LOCK_A; lock <= LOCK_C; lock++)
        stream_resource(stream, lock, KIND_MUTEX, NAME_A + lock - LOCK_A, 0);
}

void event(uint16_t type, uint32_t task, uint64_t arg, uint64_t arg2, double at_ms)
{
    stream_event(stream, &(struct event){.type = type,
                                         .task = task,
                                         .arg = arg,
                                         .arg2 = arg2,
                                         .time_ns = (uint64_t)(at_ms * 1e6)});
}

void hold(uint32_t task, uint32_t lock, double at_ms)
{
    event(LSC_RECORD_HOLD, lock, task, SITE_TAKE, at_ms);
}

void release(uint32_t task, uint32_t lock, double at_ms)
{
    event(LSC_RECORD_RELEASE, lock, task, 0, at_ms);
}

void ran(uint32_t task, double from_ms, double to_ms)
{
    stream_poll(stream, &(struct polled){.task = task, .from_ms = from_ms, .to_ms = to_ms});
}

void wait_for(uint32_t task, uint32_t lock, double at_ms)
{
    event(LSC_RECORD_AWAIT, task, lock, SITE_WAIT, at_ms);
    ran(task, at_ms - 0.1, at_ms + 0.1);
}

void waiters(uint32_t lock, uint64_t count, double at_ms)
{
    event(LSC_RECORD_WAITERS, lock, count, 0, at_ms);
}

void judge_at(double at_ms)
{
    stream_end(stream, END_DETACHED, -1, at_ms);
    session = stream_apply(stream, 3);
    findings = findings_of(session_model(session, 0));
}
