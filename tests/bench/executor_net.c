/* SPDX-License-Identifier: MIT */
/* What a round trip of 64 bytes costs through TCP on the loopback, server and clients on the same
 * executor, with the probe recording: 1, 64 and 1000 connections. Medians of the rounds.
 *
 *     bench_executor_net [--short] [--workers N] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "loopscope/net.h"

#define MESSAGE_BYTES 64
#define ROUNDS_MAX 15

struct server_side {
    struct lsc_frame frame;
    struct lsc_stream stream;
    lsc_result got;
    char bytes[MESSAGE_BYTES];
};

static lsc_result serve_poll(struct lsc_context *cx, void *state)
{
    struct server_side *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_stream_set_nodelay(&self->stream, true);
    do {
        LSC_AWAIT(self->got, lsc_read(cx, &self->stream, self->bytes, MESSAGE_BYTES));
        if (self->got <= 0)
            break;
        LSC_AWAIT(r, lsc_write_all(cx, &self->stream, self->bytes, (size_t)self->got));
    } while (r > 0);
    lsc_stream_close(&self->stream);
    LSC_END(0);
}

struct acceptor {
    struct lsc_frame frame;
    struct lsc_listener *listener;
    struct server_side next;
    unsigned left;
};

static lsc_result accept_poll(struct lsc_context *cx, void *state)
{
    struct acceptor *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    for (; self->left > 0; self->left--) {
        LSC_AWAIT(r, lsc_accept(cx, self->listener, &self->next.stream));
        if (r < 0)
            LSC_RETURN(r);
        r = lsc_spawn(cx, serve_poll, &self->next);
        if (r < 0)
            LSC_RETURN(r);
    }
    LSC_END(r);
}

struct client {
    struct lsc_frame frame;
    struct lsc_address address;
    struct lsc_stream stream;
    unsigned left;
    char bytes[MESSAGE_BYTES];
};

static lsc_result ask_poll(struct lsc_context *cx, void *state)
{
    struct client *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_connect(cx, &self->stream, &self->address));
    if (r < 0)
        LSC_RETURN(r);
    lsc_stream_set_nodelay(&self->stream, true);
    for (; self->left > 0 && r >= 0; self->left--) {
        LSC_AWAIT(r, lsc_write_all(cx, &self->stream, self->bytes, MESSAGE_BYTES));
        if (r > 0)
            LSC_AWAIT(r, lsc_read_exactly(cx, &self->stream, self->bytes, MESSAGE_BYTES));
    }
    lsc_stream_close(&self->stream);
    LSC_END(r == MESSAGE_BYTES ? 0 : -1);
}

struct echo {
    struct lsc_frame frame;
    struct lsc_scope scope;
    struct lsc_listener listener;
    struct lsc_address address;
    unsigned connections, each, i;
};

static lsc_result echo_poll(struct lsc_context *cx, void *state)
{
    struct echo *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_address_ip(&self->address, "127.0.0.1", 0);
    r = lsc_listen(cx, &self->listener, &self->address, 1024);
    if (r < 0)
        LSC_RETURN(r);
    lsc_listener_address(&self->listener, &self->address);
    lsc_scope_begin(cx, &self->scope, LSC_SCOPE_FAIL_FAST);
    lsc_spawn(cx, accept_poll,
              (&(struct acceptor){.listener = &self->listener, .left = self->connections}),
              .scope = &self->scope);
    for (self->i = 0; self->i < self->connections; self->i++)
        lsc_spawn(cx, ask_poll, (&(struct client){.address = self->address, .left = self->each}),
                  .scope = &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    lsc_listener_close(&self->listener);
    LSC_END(r);
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double one_round(struct lsc_executor *executor, unsigned connections, unsigned each)
{
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    lsc_result r = lsc_executor_run(executor, echo_poll,
                                    (&(struct echo){.connections = connections, .each = each}));
    clock_gettime(CLOCK_MONOTONIC, &to);
    if (r < 0) {
        fprintf(stderr, "bench_executor_net: %u connections: %lld\n", connections, (long long)r);
        exit(1);
    }
    double ns = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
    return ns / connections / each;
}

static void measure(struct lsc_executor *executor, const char *title, unsigned connections,
                    unsigned count, unsigned rounds)
{
    double ns[ROUNDS_MAX];
    unsigned each = count / connections;
    one_round(executor, connections, each);
    for (unsigned i = 0; i < rounds; i++)
        ns[i] = one_round(executor, connections, each);
    qsort(ns, rounds, sizeof(ns[0]), compare);
    printf("%-28s %8.1f ns recorded   (%.0f to %.0f)\n", title, ns[rounds / 2], ns[0],
           ns[rounds - 1]);
}

int main(int argc, char **argv)
{
    struct lsc_executor_options options = {.workers = 1};
    struct lsc_executor *executor;
    unsigned scale = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--short") == 0)
            scale = 20;
        else if (strcmp(argv[i], "--workers") == 0 && i + 1 < argc)
            options.workers = (unsigned)atoi(argv[++i]);
    }
    unsigned rounds = scale > 1 ? 3 : ROUNDS_MAX;
    if (lsc_executor_new(&executor, &options) < 0)
        return 1;
    measure(executor, "TCP echo, 1 connection", 1, 40000 / scale, rounds);
    measure(executor, "TCP echo, 64 connections", 64, 128000 / scale, rounds);
    measure(executor, "TCP echo, 1000 connections", 1000, 200000 / scale, rounds);
    lsc_executor_delete(executor);
    return 0;
}
