/* SPDX-License-Identifier: MIT */
/* Wrong: a feed writes 64 KiB every 4 ms to a subscriber that reads a quarter of it, and never asks
 * how much of what it wrote still waits. libuv keeps the rest: the write queue grows without end,
 * and with it the memory, while the loop has nothing to complain of.
 *
 * loopscope must say: queue-growing on the write queue of the connection that feed_open made,
 * filled by publish, this file, and how many bytes. The healthy twin looks first. */
#include "ticker.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#define TICKS 1000
#define PERIOD_MS 4
#define MESSAGE_BYTES 65536
#define READ_BYTES 16384
#define ENOUGH_BYTES 131072

struct message {
    uv_write_t write;
    char bytes[MESSAGE_BYTES];
};

static struct {
    uv_tcp_t listener, feed, subscriber;
    uv_connect_t connect;
    uv_timer_t timer;
    bool is_patient;
    unsigned ticks;
    size_t queued_max;
} program;

static void on_written(uv_write_t *write, int status)
{
    (void)status;
    free(write->data);
}

__attribute__((noinline)) static void publish(uv_stream_t *feed)
{
    struct message *message = calloc(1, sizeof *message);
    uv_buf_t bytes = uv_buf_init(message->bytes, sizeof message->bytes);

    message->write.data = message;
    if (uv_write(&message->write, feed, &bytes, 1, on_written) < 0) /* GROWS */
        abort();
}

static void on_allocate(uv_handle_t *subscriber, size_t suggested, uv_buf_t *buffer)
{
    static char bytes[READ_BYTES];

    (void)subscriber, (void)suggested;
    *buffer = uv_buf_init(bytes, sizeof bytes);
}

/* One read a tick: the subscriber is slower than the feed. */
static void on_read(uv_stream_t *subscriber, ssize_t got, const uv_buf_t *buffer)
{
    (void)got, (void)buffer;
    uv_read_stop(subscriber);
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    uv_close(handle, NULL);
}

static void on_tick(uv_timer_t *timer)
{
    uv_stream_t *feed = (uv_stream_t *)&program.feed;
    size_t queued = uv_stream_get_write_queue_size(feed);

    uv_read_start((uv_stream_t *)&program.subscriber, on_allocate, on_read);
    if (queued > program.queued_max)
        program.queued_max = queued;
    if (++program.ticks > TICKS)
        uv_walk(timer->loop, close_handle, NULL);
    else if (!program.is_patient || queued < ENOUGH_BYTES)
        publish(feed);
}

__attribute__((noinline)) static int feed_open(uv_stream_t *listener)
{
    uv_tcp_init(listener->loop, &program.feed);
    return uv_accept(listener, (uv_stream_t *)&program.feed);
}

static void on_connection(uv_stream_t *listener, int status)
{
    if (status < 0 || feed_open(listener) < 0)
        abort();
    uv_timer_start(&program.timer, on_tick, PERIOD_MS, PERIOD_MS);
}

int main(int argc, char **argv)
{
    uv_loop_t *loop = uv_default_loop();
    struct sockaddr_in address;
    int length = sizeof address;

    program.is_patient = ticker_wants_healthy(argc, argv);
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_init(loop, &program.listener);
    uv_tcp_init(loop, &program.subscriber);
    uv_timer_init(loop, &program.timer);
    if (uv_tcp_bind(&program.listener, (struct sockaddr *)&address, 0) < 0 ||
        uv_listen((uv_stream_t *)&program.listener, 8, on_connection) < 0 ||
        uv_tcp_getsockname(&program.listener, (struct sockaddr *)&address, &length) < 0 ||
        uv_tcp_connect(&program.connect, &program.subscriber, (struct sockaddr *)&address, NULL) <
            0)
        return EXIT_FAILURE;
    uv_run(loop, UV_RUN_DEFAULT);
    printf("at most %zu bytes in the write queue\n", program.queued_max);
    return EXIT_SUCCESS;
}
