/* SPDX-License-Identifier: MIT */
/* Streams: connections, their requests, and queues that are full when they close. */
#include "subject_uv.h"

static uv_tcp_t server, client, peer;
static int read_bytes, written;
static char room[65536];

static void allocate(uv_handle_t *h, size_t n, uv_buf_t *buf)
{
    (void)h;
    (void)n;
    *buf = uv_buf_init(room, sizeof(room));
}

static void on_written(uv_write_t *req, int status)
{
    say("written", status);
    written++;
    free(req);
}

static void on_answer(uv_stream_t *h, ssize_t n, const uv_buf_t *buf)
{
    (void)buf;
    if (n > 0)
        read_bytes += (int)n;
    if (n > 0 && h == (uv_stream_t *)&peer) {
        uv_buf_t answer = uv_buf_init(room, (unsigned)n);
        EXPECT(uv_write(malloc(sizeof(uv_write_t)), h, &answer, 1, on_written) == 0);
    } else if (n != 0) {
        uv_close((uv_handle_t *)&client, on_closed);
        uv_close((uv_handle_t *)&peer, on_closed);
        uv_close((uv_handle_t *)&server, NULL);
    }
}

static void wrong_answer(uv_stream_t *h, ssize_t n, const uv_buf_t *buf)
{
    (void)h;
    (void)n;
    (void)buf;
    dprintf(1, "the wrong callback\n");
}

static void on_client(uv_stream_t *h, int status)
{
    EXPECT(status == 0 && uv_tcp_init(loop, &peer) == 0);
    EXPECT(uv_accept(h, (uv_stream_t *)&peer) == 0);
    EXPECT(uv_read_start((uv_stream_t *)&peer, allocate, on_answer) == 0);
    EXPECT(uv_read_start((uv_stream_t *)&peer, allocate, wrong_answer) == UV_EALREADY);
    EXPECT(uv_read_start(NULL, allocate, wrong_answer) == UV_EINVAL);
}

static void on_connected(uv_connect_t *req, int status)
{
    uv_buf_t hello = uv_buf_init(room, 100);
    if (status == UV_ECANCELED)
        return;
    EXPECT(status == 0);
    EXPECT(uv_read_start(req->handle, allocate, on_answer) == 0);
    EXPECT(uv_write(malloc(sizeof(uv_write_t)), req->handle, &hello, 1, on_written) == 0);
}

static void wrong_connect(uv_connect_t *req, int status)
{
    (void)req;
    (void)status;
    dprintf(1, "the wrong callback\n");
}

static void listen_and_connect(uv_connect_t *req, uv_connection_cb cb)
{
    struct sockaddr_in a;
    int n = sizeof(a);
    uv_ip4_addr("127.0.0.1", 0, &a);
    EXPECT(uv_tcp_init(loop, &server) == 0 && uv_tcp_init(loop, &client) == 0);
    EXPECT(uv_tcp_bind(&server, (struct sockaddr *)&a, 0) == 0);
    EXPECT(uv_listen((uv_stream_t *)&server, 8, cb) == 0);
    EXPECT(uv_tcp_getsockname(&server, (struct sockaddr *)&a, &n) == 0);
    EXPECT(uv_tcp_connect(req, &client, (struct sockaddr *)&a, on_connected) == 0);
    /* Refused, while the same request is under way: its callback must come all the same. */
    EXPECT(uv_tcp_connect(req, &client, (struct sockaddr *)&a, wrong_connect) == UV_EALREADY);
}

static int stream(void)
{
    uv_connect_t req;
    listen_and_connect(&req, on_client);
    run();
    say("bytes", read_bytes);
    say("closed", closed);
    return finish();
}

static void on_late(uv_write_t *req, int status)
{
    say(status == UV_ECANCELED ? "cancelled" : "written", closed);
    free(req);
}

static void close_with_full_queue(uv_stream_t *h, int status)
{
    EXPECT(status == 0 && uv_tcp_init(loop, &peer) == 0);
    EXPECT(uv_accept(h, (uv_stream_t *)&peer) == 0);
    uv_buf_t much = {.base = calloc(1, 16 << 20), .len = 16 << 20};
    EXPECT(uv_write(malloc(sizeof(uv_write_t)), (uv_stream_t *)&peer, &much, 1, on_late) == 0);
    EXPECT(uv_write(malloc(sizeof(uv_write_t)), (uv_stream_t *)&peer, &much, 1, on_late) == 0);
    EXPECT(uv_stream_get_write_queue_size((uv_stream_t *)&peer) > 0);
    uv_close((uv_handle_t *)&peer, on_closed);
    uv_close((uv_handle_t *)&client, on_closed);
    uv_close((uv_handle_t *)&server, on_closed);
}

static int full_queue(void)
{
    uv_connect_t req;
    listen_and_connect(&req, close_with_full_queue);
    run();
    say("closed", closed);
    return finish();
}

/* The program leaves with its queue full. */
static void fill_queue(uv_stream_t *h, int status)
{
    EXPECT(status == 0 && uv_tcp_init(loop, &peer) == 0);
    EXPECT(uv_accept(h, (uv_stream_t *)&peer) == 0);
    uv_buf_t much = {.base = calloc(1, 16 << 20), .len = 16 << 20};
    for (int i = 0; i < 5; i++)
        EXPECT(uv_write(malloc(sizeof(uv_write_t)), (uv_stream_t *)&peer, &much, 1, on_late) == 0);
    uv_stop(loop);
}

static int left_queue(void)
{
    uv_connect_t req;
    listen_and_connect(&req, fill_queue);
    uv_run(loop, UV_RUN_DEFAULT);
    EXPECT(uv_stream_get_write_queue_size((uv_stream_t *)&peer) > 64 << 20);
    return 0;
}

const struct subject_case stream_cases[] = {
    {"stream", stream},
    {"full-queue", full_queue},
    {"left-queue", left_queue},
    {NULL, NULL},
};
