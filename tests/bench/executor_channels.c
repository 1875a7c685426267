/* SPDX-License-Identifier: MIT */
/* What channels cost, per item: a ping-pong between two tasks through channels of one item, many
 * producers into one queue (also with one, and with a policy that drops), oneshots, a broadcast to
 * eight; with the probe recording and with it off, interleaved, medians of the rounds.
 *
 *     bench_executor_channels [--short] [--workers N] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "loopscope/channel.h"

#define ROUNDS_MAX 15
#define PRODUCERS_MAX 8
#define QUEUE_ITEMS 64

static uint64_t scale = 1;

struct producer {
    struct lsc_frame frame;
    struct lsc_mpsc_sender sender;
    uint64_t i, count;
};

static lsc_result produce_poll(struct lsc_context *cx, void *state)
{
    struct producer *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < self->count && r >= 0; self->i++)
        LSC_AWAIT(r, lsc_mpsc_send(cx, &self->sender, &self->i));
    lsc_mpsc_sender_drop(&self->sender);
    LSC_END(r < 0 ? r : 0);
}

/* The root of each program; returns how many items went through. */
struct program {
    struct lsc_frame frame;
    struct lsc_scope scope;
    struct lsc_join join;
    struct lsc_mpsc_sender to;
    struct lsc_mpsc_receiver from;
    struct lsc_oneshot_sender promise;
    struct lsc_oneshot_receiver promised;
    struct lsc_broadcast_sender news;
    uint64_t i, count, item, received;
    unsigned producers;
    enum lsc_full_policy full;
};

/* Sends back what it receives. */
struct echo {
    struct lsc_frame frame;
    struct lsc_mpsc_receiver from;
    struct lsc_mpsc_sender back;
    uint64_t item;
};

static lsc_result echo_poll(struct lsc_context *cx, void *state)
{
    struct echo *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    do {
        LSC_AWAIT(r, lsc_mpsc_receive(cx, &self->from, &self->item));
        if (r <= 0)
            break;
        LSC_AWAIT(r, lsc_mpsc_send(cx, &self->back, &self->item));
    } while (r == 0);
    lsc_mpsc_receiver_drop(&self->from);
    lsc_mpsc_sender_drop(&self->back);
    LSC_END(r);
}

static lsc_result new_channel(struct lsc_context *cx, struct lsc_mpsc_sender *to,
                              struct lsc_mpsc_receiver *from, size_t capacity,
                              enum lsc_full_policy full)
{
    return lsc_mpsc_new(lsc_context_executor(cx), to, from, .name = "items", .capacity = capacity,
                        .item_bytes = sizeof(uint64_t), .full = full);
}

static lsc_result ping_pong_poll(struct lsc_context *cx, void *state)
{
    struct program *self = state;
    struct echo echo = {.frame = {0}};
    lsc_result r;
    LSC_BEGIN(cx, self);
    if (new_channel(cx, &self->to, &echo.from, 1, LSC_FULL_WAIT) < 0 ||
        new_channel(cx, &echo.back, &self->from, 1, LSC_FULL_WAIT) < 0)
        LSC_RETURN(-1);
    lsc_spawn(cx, echo_poll, &echo, .join = &self->join);
    for (self->i = 0; self->i < self->count; self->i++) {
        LSC_AWAIT(r, lsc_mpsc_send(cx, &self->to, &self->i));
        LSC_AWAIT(r, lsc_mpsc_receive(cx, &self->from, &self->item));
        self->received += r == 1 && self->item == self->i;
    }
    lsc_mpsc_sender_drop(&self->to);
    LSC_AWAIT(r, lsc_join_await(cx, &self->join));
    lsc_mpsc_receiver_drop(&self->from);
    LSC_END(r < 0 ? r : (lsc_result)self->received);
}

static lsc_result produced_poll(struct lsc_context *cx, void *state)
{
    struct program *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    if (new_channel(cx, &self->to, &self->from, QUEUE_ITEMS, self->full) < 0)
        LSC_RETURN(-1);
    lsc_scope_begin(cx, &self->scope, 0);
    for (self->i = 0; self->i < self->producers; self->i++)
        lsc_spawn(cx, produce_poll,
                  (&(struct producer){.sender = lsc_mpsc_sender_clone(&self->to),
                                      .count = self->count / self->producers}),
                  .scope = &self->scope);
    lsc_mpsc_sender_drop(&self->to);
    do {
        LSC_AWAIT(r, lsc_mpsc_receive(cx, &self->from, &self->item));
        self->received += r > 0;
    } while (r > 0);
    struct lsc_channel_counts counts;
    lsc_mpsc_counts(&self->from, &counts);
    self->received += counts.dropped;
    lsc_mpsc_receiver_drop(&self->from);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    LSC_END(r < 0 ? r : (lsc_result)self->received);
}

/* A promise is made, kept and used up by one task. */
static lsc_result oneshot_poll(struct lsc_context *cx, void *state)
{
    struct program *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < self->count; self->i++) {
        if (lsc_oneshot_new(lsc_context_executor(cx), &self->promise, &self->promised,
                            .item_bytes = sizeof(uint64_t)) < 0)
            LSC_RETURN(-1);
        lsc_oneshot_send(&self->promise, &self->i);
        LSC_AWAIT(r, lsc_oneshot_receive(cx, &self->promised, &self->item));
        self->received += r == 1;
    }
    LSC_END((lsc_result)self->received);
}

struct listener {
    struct lsc_frame frame;
    struct lsc_broadcast_receiver receiver;
    uint64_t *heard;
    uint64_t item;
};

static lsc_result listen_poll(struct lsc_context *cx, void *state)
{
    struct listener *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    do {
        LSC_AWAIT(r, lsc_broadcast_receive(cx, &self->receiver, &self->item));
        if (r > 0)
            __atomic_fetch_add(self->heard, (uint64_t)r, __ATOMIC_RELAXED);
    } while (r > 0);
    lsc_broadcast_receiver_drop(&self->receiver);
    LSC_END(r);
}

#define LISTENERS 8

/* `count` is what the listeners get together. */
static lsc_result broadcast_poll(struct lsc_context *cx, void *state)
{
    struct program *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    if (lsc_broadcast_new(lsc_context_executor(cx), &self->news, .capacity = QUEUE_ITEMS,
                          .item_bytes = sizeof(uint64_t)) < 0)
        LSC_RETURN(-1);
    lsc_scope_begin(cx, &self->scope, 0);
    for (int i = 0; i < LISTENERS; i++) {
        struct listener listener = {.heard = &self->received};
        lsc_broadcast_subscribe(&self->news, &listener.receiver);
        lsc_spawn(cx, listen_poll, &listener, .scope = &self->scope);
    }
    for (self->i = 0; self->i < self->count / LISTENERS; self->i++) {
        lsc_broadcast_send(&self->news, &self->i);
        if (self->i % (QUEUE_ITEMS / 2) == 0)
            LSC_AWAIT(r, lsc_yield(cx));
    }
    lsc_broadcast_sender_drop(&self->news);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    LSC_END(r < 0 ? r : (lsc_result)self->received);
}

/* ---- measuring ---- */

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double one_round(struct lsc_executor *executor, lsc_poll_fn fn, struct program program)
{
    uint64_t began = now_ns();
    lsc_result done = lsc_executor_run(executor, fn, &program);
    if (done != (lsc_result)program.count) {
        fprintf(stderr, "bench_executor_channels: %lld of %llu\n", (long long)done,
                (unsigned long long)program.count);
        exit(1);
    }
    return (double)(now_ns() - began) / (double)program.count;
}

static void measure(struct lsc_executor *executor, const char *title, lsc_poll_fn fn,
                    struct program program)
{
    double ns[2][ROUNDS_MAX];
    int rounds = scale > 1 ? 3 : ROUNDS_MAX;
    program.count = program.count / scale / PRODUCERS_MAX * PRODUCERS_MAX;
    lsc_probe_enable(true);
    one_round(executor, fn, program);
    for (int i = 0; i < rounds; i++)
        for (int second = 0; second < 2; second++) {
            int on = (i + second) % 2;
            lsc_probe_enable(on);
            ns[on][i] = one_round(executor, fn, program);
        }
    for (int on = 0; on < 2; on++)
        qsort(ns[on], (size_t)rounds, sizeof(double), compare);
    printf("%-28s %8.1f ns recorded %8.1f ns off   (%.0f to %.0f)\n", title, ns[1][rounds / 2],
           ns[0][rounds / 2], ns[1][0], ns[1][rounds - 1]);
}

int main(int argc, char **argv)
{
    struct lsc_executor_options options = {.workers = 1};
    struct lsc_executor *executor;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--short") == 0)
            scale = 20;
        else if (strcmp(argv[i], "--workers") == 0 && i + 1 < argc)
            options.workers = (unsigned)atoi(argv[++i]);
    }
    if (lsc_executor_new(&executor, &options) < 0)
        return 1;
    measure(executor, "mpsc ping-pong", ping_pong_poll, (struct program){.count = 400000});
    measure(executor, "mpsc, 8 producers", produced_poll,
            (struct program){.count = 1600000, .producers = PRODUCERS_MAX});
    measure(executor, "mpsc, 1 producer", produced_poll,
            (struct program){.count = 1600000, .producers = 1});
    measure(executor, "mpsc, oldest dropped", produced_poll,
            (struct program){.count = 1600000, .producers = 1, .full = LSC_FULL_DROP_OLDEST});
    measure(executor, "oneshot", oneshot_poll, (struct program){.count = 400000});
    measure(executor, "broadcast to 8, each", broadcast_poll, (struct program){.count = 1600000});
    lsc_executor_delete(executor);
    return 0;
}
