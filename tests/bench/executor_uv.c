/* SPDX-License-Identifier: MIT */
/* Programs of executor.c and executor_net.c as one writes them on libuv alone, with callbacks,
 * where libuv has something like it: the same titles and counts, medians of the rounds. Coming back
 * later (a yield) is an idle callback, which libuv makes once per turn of its loop.
 *
 *     bench_executor_uv [--short] */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define MESSAGE_BYTES 64
#define ROUNDS_MAX 15

static uv_loop_t loop;

static void check(int error, const char *what)
{
    if (error >= 0)
        return;
    fprintf(stderr, "bench_executor_uv: %s: %s\n", what, uv_strerror(error));
    exit(1);
}

static void run_to_the_end(void)
{
    check(uv_run(&loop, UV_RUN_DEFAULT), "uv_run");
}

/* ---- coming back later ---- */

static unsigned idle_left;

static void on_idle(uv_idle_t *idle)
{
    if (--idle_left == 0)
        uv_close((uv_handle_t *)idle, NULL);
}

static void yields(unsigned count)
{
    uv_idle_t idle;
    idle_left = count;
    uv_idle_init(&loop, &idle);
    uv_idle_start(&idle, on_idle);
    run_to_the_end();
}

/* ---- timers ---- */

static void on_timer(uv_timer_t *timer)
{
    (void)timer;
}

static uv_timer_t *timers;
static unsigned timer_count;

static void stop_timers(uv_timer_t *first)
{
    (void)first;
    for (unsigned i = 0; i < timer_count; i++)
        uv_close((uv_handle_t *)&timers[i], NULL);
    uv_close((uv_handle_t *)first, NULL);
}

static void timer_churn(unsigned count)
{
    uv_timer_t stop;
    timer_count = count;
    timers = calloc(count, sizeof(*timers));
    for (unsigned i = 0; i < count; i++) {
        uv_timer_init(&loop, &timers[i]);
        uv_timer_start(&timers[i], on_timer, 100000 + (uint64_t)i * 7919 % 65536, 0);
    }
    uv_timer_init(&loop, &stop);
    uv_timer_start(&stop, stop_timers, 1, 0);
    run_to_the_end();
    free(timers);
}

/* ---- echo ---- */

struct side {
    uv_tcp_t tcp; /* first: a handle is its side */
    uv_connect_t connecting;
    uv_write_t writing;
    unsigned left; /* of a client: round trips */
    unsigned got;  /* of the answer */
    bool is_client;
    char in[MESSAGE_BYTES];
    char out[MESSAGE_BYTES];
};

static uv_tcp_t listener;
static unsigned clients_left;

static void on_side_closed(uv_handle_t *handle)
{
    free(handle);
}

static void close_side(struct side *side)
{
    if (side->is_client && --clients_left == 0)
        uv_close((uv_handle_t *)&listener, NULL);
    uv_close((uv_handle_t *)&side->tcp, on_side_closed);
}

static void on_written(uv_write_t *request, int status)
{
    (void)request;
    if (status != UV_ECANCELED)
        check(status, "uv_write");
}

static void send_bytes(struct side *side, const char *bytes, size_t count)
{
    memcpy(side->out, bytes, count);
    uv_buf_t buffer = uv_buf_init(side->out, (unsigned)count);
    check(uv_write(&side->writing, (uv_stream_t *)&side->tcp, &buffer, 1, on_written), "uv_write");
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct side *side = (struct side *)handle;
    (void)suggested;
    *buffer = uv_buf_init(side->in, MESSAGE_BYTES);
}

static void on_answer(struct side *side, unsigned bytes)
{
    side->got += bytes;
    if (side->got < MESSAGE_BYTES)
        return;
    side->got = 0;
    if (--side->left > 0)
        send_bytes(side, side->in, MESSAGE_BYTES);
    else
        close_side(side);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
    struct side *side = (struct side *)stream;
    (void)buffer;
    if (got < 0)
        close_side(side);
    else if (got > 0 && side->is_client)
        on_answer(side, (unsigned)got);
    else if (got > 0)
        send_bytes(side, side->in, (size_t)got);
}

static struct side *new_side(void)
{
    struct side *side = calloc(1, sizeof(*side));
    uv_tcp_init(&loop, &side->tcp);
    return side;
}

static void on_connection(uv_stream_t *from, int status)
{
    check(status, "accept");
    struct side *side = new_side();
    check(uv_accept(from, (uv_stream_t *)&side->tcp), "uv_accept");
    uv_tcp_nodelay(&side->tcp, 1);
    uv_read_start((uv_stream_t *)&side->tcp, give_buffer, on_read);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct side *side = request->data;
    check(status, "connect");
    uv_tcp_nodelay(&side->tcp, 1);
    uv_read_start((uv_stream_t *)&side->tcp, give_buffer, on_read);
    send_bytes(side, side->in, MESSAGE_BYTES);
}

static void echo(unsigned connections, unsigned count)
{
    struct sockaddr_storage address = {0};
    int bytes = sizeof(address);
    uv_ip4_addr("127.0.0.1", 0, (struct sockaddr_in *)&address);
    uv_tcp_init(&loop, &listener);
    check(uv_tcp_bind(&listener, (struct sockaddr *)&address, 0), "bind");
    check(uv_listen((uv_stream_t *)&listener, 1024, on_connection), "listen");
    uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &bytes);
    clients_left = connections;
    for (unsigned i = 0; i < connections; i++) {
        struct side *side = new_side();
        side->is_client = true;
        side->left = count / connections;
        side->connecting.data = side;
        check(uv_tcp_connect(&side->connecting, &side->tcp, (struct sockaddr *)&address,
                             on_connected),
              "connect");
    }
    run_to_the_end();
}

static void echo_1(unsigned count)
{
    echo(1, count);
}

static void echo_64(unsigned count)
{
    echo(64, count);
}

static void echo_1000(unsigned count)
{
    echo(1000, count);
}

/* ---- measuring ---- */

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void measure(const char *title, void (*program)(unsigned count), unsigned count,
                    unsigned rounds)
{
    double ns[ROUNDS_MAX];
    program(count);
    for (unsigned i = 0; i < rounds; i++) {
        uint64_t began = uv_hrtime();
        program(count);
        ns[i] = (double)(uv_hrtime() - began) / count;
    }
    qsort(ns, rounds, sizeof(ns[0]), compare);
    printf("%-28s %8.1f ns\n", title, ns[rounds / 2]);
}

int main(int argc, char **argv)
{
    bool is_short = argc > 1 && strcmp(argv[1], "--short") == 0;
    unsigned scale = is_short ? 20 : 1, rounds = is_short ? 3 : ROUNDS_MAX;
    check(uv_loop_init(&loop), "uv_loop_init");
    measure("yield, alone", yields, 2000000 / scale, rounds);
    measure("timer armed and cancelled", timer_churn, 100000 / scale, rounds);
    measure("TCP echo, 1 connection", echo_1, 40000 / scale, rounds);
    measure("TCP echo, 64 connections", echo_64, 128000 / scale, rounds);
    measure("TCP echo, 1000 connections", echo_1000, 200000 / scale, rounds);
    uv_loop_close(&loop);
    return 0;
}
