/* SPDX-License-Identifier: MIT */
/* An echo server on libuv, to be put under load: whatever a connection sends comes back by
 * uv_write. Argument: a port of the loopback interface.
 *
 * Built WITH_LTTNG it carries LTTng tracepoints where loopscope watches it: begin and end of each
 * callback and of the call of uv_write, that is eight events a round trip, and begin and end of
 * each turn. SIGUSR1 switches them on, SIGUSR2 off. */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#ifdef WITH_LTTNG
#include "tests/bench/emit_lttng_tracepoint.h"
#endif

#define BACKLOG 128
#define MESSAGE_BYTES 1024

/* What is written back: read into, and freed when written. */
struct message {
    uv_write_t write;
    char bytes[MESSAGE_BYTES];
};

static struct message *message_of(char *bytes)
{
    return (struct message *)(void *)(bytes - offsetof(struct message, bytes));
}

enum point { ALLOCATE, READ, WRITE, WRITTEN, TURN };
enum edge { BEGIN, END };

#ifdef WITH_LTTNG
static volatile sig_atomic_t is_traced;

static void on_signal(int number)
{
    is_traced = number == SIGUSR1;
}

static void trace(enum point point, enum edge edge)
{
    if (is_traced)
        lttng_ust_tracepoint(loopscope_bench, poll, point, edge);
}

static void on_prepare(uv_prepare_t *prepare)
{
    (void)prepare;
    trace(TURN, END);
}

static void on_check(uv_check_t *check)
{
    (void)check;
    trace(TURN, BEGIN);
}

static void trace_turns(uv_loop_t *loop)
{
    static uv_prepare_t prepare;
    static uv_check_t check;

    signal(SIGUSR1, on_signal);
    signal(SIGUSR2, on_signal);
    uv_prepare_init(loop, &prepare);
    uv_prepare_start(&prepare, on_prepare);
    uv_check_init(loop, &check);
    uv_check_start(&check, on_check);
}
#else
static void trace(enum point point, enum edge edge)
{
    (void)point;
    (void)edge;
}

static void trace_turns(uv_loop_t *loop)
{
    (void)loop;
}
#endif

static void on_closed(uv_handle_t *connection)
{
    free(connection);
}

static void on_written(uv_write_t *write, int status)
{
    trace(WRITTEN, BEGIN);
    if (status < 0 && !uv_is_closing((uv_handle_t *)write->handle))
        uv_close((uv_handle_t *)write->handle, on_closed);
    free(write->data);
    trace(WRITTEN, END);
}

static void on_allocate(uv_handle_t *connection, size_t suggested, uv_buf_t *buffer)
{
    (void)connection;
    (void)suggested;
    trace(ALLOCATE, BEGIN);
    struct message *message = malloc(sizeof *message);
    *buffer = uv_buf_init(message ? message->bytes : NULL, message ? sizeof message->bytes : 0);
    trace(ALLOCATE, END);
}

static void echo(uv_stream_t *connection, struct message *message, size_t length)
{
    uv_buf_t buffer = uv_buf_init(message->bytes, (unsigned)length);

    message->write.data = message;
    trace(WRITE, BEGIN);
    int status = uv_write(&message->write, connection, &buffer, 1, on_written);
    trace(WRITE, END);
    if (status < 0)
        free(message);
}

static void on_read(uv_stream_t *connection, ssize_t got, const uv_buf_t *buffer)
{
    trace(READ, BEGIN);
    if (got > 0)
        echo(connection, message_of(buffer->base), (size_t)got);
    else if (buffer->base)
        free(message_of(buffer->base));
    if (got < 0)
        uv_close((uv_handle_t *)connection, on_closed);
    trace(READ, END);
}

static void on_connection(uv_stream_t *listener, int status)
{
    uv_tcp_t *connection = malloc(sizeof *connection);

    if (status < 0 || !connection || uv_tcp_init(listener->loop, connection) < 0)
        abort();
    if (uv_accept(listener, (uv_stream_t *)connection) < 0)
        uv_close((uv_handle_t *)connection, on_closed);
    else
        uv_read_start((uv_stream_t *)connection, on_allocate, on_read);
}

int main(int argc, char **argv)
{
    uv_loop_t *loop = uv_default_loop();
    struct sockaddr_in address;
    uv_tcp_t listener;

    if (argc != 2 || uv_ip4_addr("127.0.0.1", atoi(argv[1]), &address) < 0) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    uv_tcp_init(loop, &listener);
    uv_tcp_bind(&listener, (const struct sockaddr *)&address, 0);
    int status = uv_listen((uv_stream_t *)&listener, BACKLOG, on_connection);
    if (status < 0) {
        fprintf(stderr, "%s: cannot listen on port %s: %s\n", argv[0], argv[1],
                uv_strerror(status));
        return 1;
    }
    trace_turns(loop);
    return uv_run(loop, UV_RUN_DEFAULT);
}
