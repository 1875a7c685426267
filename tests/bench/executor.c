/* SPDX-License-Identifier: MIT */
/* What the executor costs: spawn and join, yield, churn of 100 000 timers; with the probe recording
 * and with it off, interleaved, medians of the rounds. What recording adds is also quoted over a
 * reference record (emit_reference.h) timed in between.
 *
 *     bench_executor [--short] [--workers N] */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "emit_reference.h"
#include "loopscope/executor.h"
#include "loopscope/time.h"

#define ROUNDS_MAX 15

static uint64_t scale = 1;

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- the programs; each returns how many operations it did ---- */

struct empty {
    char none;
};

static lsc_result empty_poll(struct lsc_context *cx, void *state)
{
    (void)cx, (void)state;
    return 0;
}

struct program {
    struct lsc_frame frame;
    struct lsc_scope scope;
    struct lsc_join join;
    struct lsc_deadline deadline;
    uint64_t i;
    uint64_t count;
};

static lsc_result spawn_join(struct lsc_context *cx, void *state)
{
    struct program *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < self->count; self->i++) {
        lsc_spawn(cx, empty_poll, (&(struct empty){0}), .join = &self->join);
        LSC_AWAIT(r, lsc_join_await(cx, &self->join));
    }
    LSC_END(r < 0 ? r : (lsc_result)self->count);
}

static lsc_result spawn_many(struct lsc_context *cx, void *state)
{
    struct program *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_scope_begin(cx, &self->scope, 0);
    for (self->i = 0; self->i < self->count; self->i++)
        lsc_spawn(cx, empty_poll, (&(struct empty){0}), .scope = &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    LSC_END(r < 0 ? r : (lsc_result)self->count);
}

static lsc_result yields(struct lsc_context *cx, void *state)
{
    struct program *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < self->count; self->i++)
        LSC_AWAIT(r, lsc_yield(cx));
    LSC_END(r < 0 ? r : (lsc_result)self->count);
}

#define YIELDERS 64

static lsc_result yield_many(struct lsc_context *cx, void *state)
{
    struct program *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_scope_begin(cx, &self->scope, 0);
    for (int i = 0; i < YIELDERS; i++)
        lsc_spawn(cx, yields, (&(struct program){.count = self->count / YIELDERS}),
                  .scope = &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    LSC_END(r < 0 ? r : (lsc_result)self->count);
}

/* Arms a long timer and cuts it short, again and again, among many others. */
static lsc_result sleep_long(struct lsc_context *cx, void *state)
{
    struct program *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_sleep(cx, 100000 + self->i));
    LSC_END(r);
}

static lsc_result timer_churn(struct lsc_context *cx, void *state)
{
    struct program *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_scope_begin(cx, &self->scope, 0);
    for (self->i = 0; self->i < self->count; self->i++)
        lsc_spawn(cx, sleep_long, (&(struct program){.i = self->i * 7919 % 65536}),
                  .scope = &self->scope);
    LSC_AWAIT(r, lsc_sleep(cx, 1));
    lsc_scope_cancel(cx, &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    LSC_END(r == 0 ? (lsc_result)self->count : r);
}

/* ---- measuring ---- */

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

struct samples {
    double ns[ROUNDS_MAX];
    int count;
};

static double median(struct samples *samples)
{
    qsort(samples->ns, (size_t)samples->count, sizeof(double), compare);
    return samples->ns[samples->count / 2];
}

static double one_round(struct lsc_executor *executor, lsc_poll_fn fn, uint64_t count)
{
    uint64_t began = now_ns();
    lsc_result done = lsc_executor_run(executor, fn, (&(struct program){.count = count}));
    if (done != (lsc_result)count) {
        fprintf(stderr, "bench_executor: %lld of %llu\n", (long long)done,
                (unsigned long long)count);
        exit(1);
    }
    return (double)(now_ns() - began) / (double)count;
}

/* ---- the reference ---- */

#define REFERENCE_RECORDS 4096

static double reference_round(void)
{
    static uint64_t words[REFERENCE_RECORDS * 4];
    static struct reference_ring ring = {
        .is_on = 1, .mask = REFERENCE_RECORDS - 1, .reserved_until = UINT64_MAX, .words = words};
    const uint32_t count = 500000 / (uint32_t)scale;
    uint64_t began = now_ns();
    for (uint32_t i = 0; i < count; i++)
        reference_record(&ring, i, i);
    return (double)(now_ns() - began) / count;
}

static void measure(struct lsc_executor *executor, const char *title, lsc_poll_fn fn,
                    uint64_t count)
{
    struct samples on = {.count = 0}, off = {.count = 0}, reference = {.count = 0};
    int rounds = scale > 1 ? 3 : ROUNDS_MAX;
    count /= scale;
    lsc_probe_enable(true);
    one_round(executor, fn, count);
    for (int i = 0; i < rounds; i++) {
        reference.ns[reference.count++] = reference_round();
        lsc_probe_enable(i % 2 == 0);
        (i % 2 == 0 ? &on : &off)->ns[i % 2 == 0 ? on.count++ : off.count++] =
            one_round(executor, fn, count);
        lsc_probe_enable(i % 2 != 0);
        (i % 2 != 0 ? &on : &off)->ns[i % 2 != 0 ? on.count++ : off.count++] =
            one_round(executor, fn, count);
    }
    double with = median(&on), without = median(&off);
    printf("%-28s %8.1f ns recorded %8.1f ns off   (%.0f to %.0f)   recording %.1f x reference\n",
           title, with, without, on.ns[0], on.ns[on.count - 1],
           (with - without) / median(&reference));
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
    measure(executor, "spawn and join, one by one", spawn_join, 400000);
    measure(executor, "spawn and join, in a scope", spawn_many, 400000);
    measure(executor, "yield, alone", yields, 2000000);
    measure(executor, "yield, 64 tasks", yield_many, 2000000);
    measure(executor, "timer armed and cancelled", timer_churn, 100000);
    lsc_executor_delete(executor);
    return 0;
}
