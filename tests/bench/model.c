/* SPDX-License-Identifier: MIT */
/* How many records a second the model applies on one core, by kind of record, beside the cost of
 * walking over the same records. Median and spread of several rounds; `--short` takes fewer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzers/model/session.h"

#define BATCH 4096
#define ROUNDS_MAX 41

static struct event events[BATCH];
static volatile uint64_t sink;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A server at work: turns of some 10 µs, now and then a short or a blocking call, a busy worker. */
static struct event mixed(uint64_t i)
{
    static const uint16_t types[] = {LSC_RECORD_TURN, LSC_RECORD_TURN, LSC_RECORD_TURN,
                                     LSC_RECORD_TURN, LSC_RECORD_TURN, LSC_RECORD_TURN,
                                     LSC_RECORD_WORK, LSC_RECORD_CALLS};
    return (struct event){.type = types[i % 8], .arg = 5000 + i * 7919 % 20000, .task = i % 16};
}

static struct event turn(uint64_t i)
{
    return (struct event){.type = LSC_RECORD_TURN, .arg = 5000 + i * 7919 % 20000, .task = i % 16};
}

static struct event poll_and_wake(uint64_t i)
{
    return (struct event){.type = i % 2 ? LSC_RECORD_POLL : LSC_RECORD_WAKE,
                          .arg = 1000 + i * 7919 % 9000,
                          .task = 1 + (uint32_t)(i / 2 % 1000)};
}

/* A server on libuv: four callbacks of a connection's handle, then its turn is over. */
static struct event callbacks(uint64_t i)
{
    static const uint16_t roles[] = {LSC_CALLBACK_READ, LSC_CALLBACK_READ, LSC_CALLBACK_WRITE,
                                     LSC_CALLBACK_OWN};
    uint32_t function = 1 + (uint32_t)(i % 5);
    if (i % 5 == 4)
        return (struct event){.type = LSC_RECORD_TURN, .arg = 25000, .task = 4};
    return (struct event){.type = LSC_RECORD_POLL,
                          .arg = 1000 + i * 7919 % 4000,
                          .arg2 = 1000 | (uint64_t)function << LSC_POLL_DELAY_BITS,
                          .task = 1 + (uint32_t)(i / 5 % 1000),
                          .flags = (uint16_t)(LSC_POLL_PHASE_FLAG(LSC_PHASE_POLL) |
                                              LSC_POLL_ROLE_FLAG(roles[i % 5]))};
}

/* A pool that is always busy, up to a hundred jobs behind. */
static struct event job(uint64_t i)
{
    return (struct event){
        .type = LSC_RECORD_JOB, .arg = 29000, .arg2 = i * 7919 % 3000000, .task = 1 + i % 1000};
}

static struct session *session_of_one(void)
{
    struct session *session = session_new();
    struct item item = {
        .kind = ITEM_PROCESS,
        .process_info = {.pid = 1, .program = "p", .command = "p", .executable = ""}};
    session_apply(session, &item);
    item = (struct item){
        .kind = ITEM_THREAD,
        .thread = {.thread = 1, .roles = LSC_ROLE_POOL, .name = "", .start_routine = 0x5000}};
    session_apply(session, &item);
    return session;
}

static void fill(struct event (*make)(uint64_t), uint64_t *count)
{
    for (unsigned i = 0; i < BATCH; i++, ++*count) {
        events[i] = make(*count);
        events[i].time_ns = *count * 30000;
        events[i].thread =
            events[i].type == LSC_RECORD_WORK || events[i].type == LSC_RECORD_JOB ? 1 : 0;
    }
}

static double apply_rate(struct session *session, struct event (*make)(uint64_t), uint64_t *count)
{
    enum { BATCHES = 64 };
    double spent = 0;
    for (unsigned b = 0; b < BATCHES; b++) {
        fill(make, count);
        struct item item = {.kind = ITEM_EVENTS, .events = {.events = events, .count = BATCH}};
        double start = seconds();
        session_apply(session, &item);
        spent += seconds() - start;
    }
    return (double)BATCH * BATCHES / spent / 1e6;
}

static double walk_rate(void)
{
    enum { BATCHES = 64 };
    double start = seconds();
    uint64_t sum = 0;
    for (unsigned b = 0; b < BATCHES; b++) {
        for (unsigned i = 0; i < BATCH; i++)
            sum += events[i].time_ns ^ events[i].arg ^ events[i].task;
        sink = sum;
    }
    return (double)BATCH * BATCHES / (seconds() - start) / 1e6;
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

static void print(const char *name, double *rates, unsigned rounds)
{
    qsort(rates, rounds, sizeof(*rates), ascending);
    printf("%-28s %8.1f %8.1f %8.1f\n", name, rates[rounds / 2], rates[rounds / 10],
           rates[rounds - 1 - rounds / 10]);
}

static void measure(const char *name, struct event (*make)(uint64_t), unsigned rounds)
{
    double rates[ROUNDS_MAX];
    uint64_t count = 1;
    struct session *session = session_of_one();
    apply_rate(session, make, &count);
    for (unsigned i = 0; i < rounds; i++)
        rates[i] = apply_rate(session, make, &count);
    print(name, rates, rounds);
    session_delete(session);
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 && strcmp(argv[1], "--short") == 0 ? 11 : ROUNDS_MAX;
    double rates[ROUNDS_MAX];
    printf("million records a second     median      p10      p90\n");
    uint64_t count = 1;
    fill(turn, &count);
    for (unsigned i = 0; i < rounds; i++)
        rates[i] = walk_rate();
    print("reference: walk over them", rates, rounds);
    measure("turns", turn, rounds);
    measure("polls and wakes, 1000 tasks", poll_and_wake, rounds);
    measure("callbacks and turns", callbacks, rounds);
    measure("jobs of a busy pool", job, rounds);
    measure("a server at work", mixed, rounds);
    return 0;
}
