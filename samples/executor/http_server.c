/* SPDX-License-Identifier: MIT */
/* A small HTTP/1.1 server: `http_server [PORT]` (0: any; the first line of output says which).
 *
 * GET / greets, POST /echo sends the body back. Connections are kept alive; heads, bodies, requests
 * per connection, connections and all waiting are limited. SIGTERM stops it gracefully:
 * requests in progress are answered, for a while, and idle connections are closed. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_request.h"
#include "loopscope/net.h"
#include "loopscope/process.h"
#include "loopscope/time.h"

#define HEAD_MAX 8192u
#define BODY_MAX 65536u
#define REQUESTS_MAX 100000u
#define CONNECTIONS_MAX 1024
#define IDLE_MS 15000u
#define REQUEST_MS 5000u
#define STOP_MS 5000u

/* ---- the connections there are ---- */

/* Those that wait for a request are cancelled when the server stops; the others are answered. */
struct slot {
    struct lsc_join join;
    bool is_idle;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards what follows */
static struct slot slots[CONNECTIONS_MAX];
static struct slot *free_slots[CONNECTIONS_MAX];
static unsigned free_count;
static _Atomic bool is_stopping; /* also read without the lock */

static void free_all_slots(void)
{
    while (free_count < CONNECTIONS_MAX) {
        free_slots[free_count] = &slots[free_count];
        free_count++;
    }
}

/* False: the server stops. */
static bool set_idle(struct slot *slot, bool is_idle)
{
    pthread_mutex_lock(&lock);
    slot->is_idle = is_idle && !is_stopping;
    bool may_wait = !is_stopping;
    pthread_mutex_unlock(&lock);
    return may_wait;
}

static void stop_idle(void)
{
    pthread_mutex_lock(&lock);
    is_stopping = true;
    for (unsigned i = 0; i < CONNECTIONS_MAX; i++)
        if (slots[i].is_idle)
            lsc_join_cancel(&slots[i].join);
    pthread_mutex_unlock(&lock);
}

static void free_slot(struct slot *slot)
{
    pthread_mutex_lock(&lock);
    slot->is_idle = false;
    lsc_join_detach(&slot->join);
    free_slots[free_count++] = slot;
    pthread_mutex_unlock(&lock);
}

/* ---- one connection ---- */

struct connection {
    struct lsc_frame frame;
    struct lsc_stream stream;
    struct lsc_deadline deadline;
    struct slot *slot;
    struct http_request request;
    int status;
    uint32_t requests;
    size_t used; /* of buffer: what was received and not answered */
    size_t answer_bytes;
    size_t head_bytes;
    char *buffer; /* HEAD_MAX + BODY_MAX, for its requests */
    char head[256];
};

static const char *reason_of(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 413:
        return "Content Too Large";
    case 414:
        return "URI Too Long";
    case 431:
        return "Request Header Fields Too Large";
    case 501:
        return "Not Implemented";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Error";
    }
}

/* Decides on the answer and writes its head, with the body behind it if that fits. */
static void answer(struct connection *self)
{
    const struct http_request *request = &self->request;
    const char *body = "";
    size_t bytes = 0;
    bool is_head = strcmp(request->method, "HEAD") == 0;
    if (self->status == 200 && strcmp(request->path, "/") == 0) {
        if (!is_head && strcmp(request->method, "GET") != 0)
            self->status = 405;
        body = "hello\n";
        bytes = 6;
    } else if (self->status == 200 && strcmp(request->path, "/echo") == 0) {
        if (strcmp(request->method, "POST") != 0)
            self->status = 405;
        body = self->buffer + request->head_bytes;
        bytes = request->body_bytes;
    } else if (self->status == 200) {
        self->status = 404;
    }
    if (self->status != 200)
        bytes = 0;
    bool is_broken = self->status != 200 && self->status != 404 && self->status != 405;
    if (is_broken || is_stopping || ++self->requests >= REQUESTS_MAX)
        self->request.keeps_alive = false;
    int length = snprintf(self->head, sizeof(self->head),
                          "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\nConnection: %s\r\n\r\n",
                          self->status, reason_of(self->status), bytes,
                          self->request.keeps_alive ? "keep-alive" : "close");
    self->answer_bytes = is_head ? 0 : bytes;
    if ((size_t)length + self->answer_bytes <= sizeof(self->head)) { /* small ones in one piece */
        memcpy(self->head + length, body, self->answer_bytes);
        length += (int)self->answer_bytes;
        self->answer_bytes = 0;
    }
    self->head_bytes = (size_t)length;
}

/* 0: more must be read; else the status. */
static int look_at_request(struct connection *self)
{
    struct http_request *request = &self->request;
    int status = http_request_parse(request, self->buffer, self->used);
    if (status == 0)
        return self->used >= HEAD_MAX ? 431 : 0;
    if (status != 200)
        return status;
    if (request->head_bytes > HEAD_MAX)
        return 431;
    if (request->body_bytes > BODY_MAX)
        return 413;
    return self->used >= request->head_bytes + request->body_bytes ? 200 : 0;
}

/* Waits for the first bytes of a request: -ETIMEDOUT when none come, -ECANCELED when the server
 * stops. */
static lsc_result await_request(struct lsc_context *cx, struct connection *self)
{
    return self->used > 0 ? (lsc_result)self->used
                          : lsc_read(cx, &self->stream, self->buffer, HEAD_MAX + BODY_MAX);
}

static lsc_result converse(struct lsc_context *cx, struct connection *self)
{
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    do {
        if (self->used == 0 && !set_idle(self->slot, true))
            LSC_RETURN(0);
        lsc_deadline_push(cx, &self->deadline, IDLE_MS);
        LSC_AWAIT(r, await_request(cx, self));
        lsc_deadline_pop(cx, &self->deadline);
        set_idle(self->slot, false);
        if (r <= 0)
            LSC_RETURN(r);
        self->used = (size_t)r;
        lsc_deadline_push(cx, &self->deadline, REQUEST_MS);
        while ((self->status = look_at_request(self)) == 0) {
            LSC_AWAIT(r, lsc_read(cx, &self->stream, self->buffer + self->used,
                                  HEAD_MAX + BODY_MAX - self->used));
            if (r == -ETIMEDOUT)
                self->status = 408;
            if (r <= 0)
                break;
            self->used += (size_t)r;
        }
        lsc_deadline_pop(cx, &self->deadline);
        if (self->status == 0)
            LSC_RETURN(r);
        answer(self);
        lsc_deadline_push(cx, &self->deadline, REQUEST_MS);
        LSC_AWAIT(r, lsc_write_all(cx, &self->stream, self->head, self->head_bytes));
        if (r >= 0 && self->answer_bytes > 0)
            LSC_AWAIT(r, lsc_write_all(cx, &self->stream, self->buffer + self->request.head_bytes,
                                       self->answer_bytes));
        lsc_deadline_pop(cx, &self->deadline);
        if (r < 0 || !self->request.keeps_alive)
            LSC_RETURN(r);
        self->used -= self->request.head_bytes + self->request.body_bytes;
        memmove(self->buffer, self->buffer + self->request.head_bytes + self->request.body_bytes,
                self->used);
    } while (true);
    LSC_END(0);
}

struct connection_task {
    struct lsc_frame frame;
    struct lsc_cleanup cleanup;
    struct connection connection;
};

static void end_connection(void *data)
{
    struct connection_task *self = data;
    lsc_stream_close(&self->connection.stream);
    free(self->connection.buffer);
    free_slot(self->connection.slot);
}

static lsc_result serve_connection(struct lsc_context *cx, void *state)
{
    struct connection_task *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_cleanup_push(cx, &self->cleanup, end_connection, self);
    self->connection.buffer = malloc(HEAD_MAX + BODY_MAX);
    if (!self->connection.buffer)
        LSC_RETURN(-ENOMEM);
    lsc_stream_set_nodelay(&self->connection.stream, true);
    LSC_AWAIT(r, converse(cx, &self->connection));
    LSC_END(r == -ECANCELED ? r : 0); /* what the peer did is no failure of the server */
}

/* ---- all of them ---- */

struct acceptor {
    struct lsc_frame frame;
    struct lsc_listener listener;
    struct lsc_scope *scope;
    struct connection_task task;
};

/* A task for the connection just accepted; false: there are too many. */
static bool begin_connection(struct lsc_context *cx, struct acceptor *self)
{
    lsc_result r = -EBUSY;
    pthread_mutex_lock(&lock);
    if (free_count > 0) {
        struct slot *slot = free_slots[free_count - 1];
        self->task.connection.slot = slot;
        r = lsc_spawn(cx, serve_connection, &self->task, .scope = self->scope, .join = &slot->join);
        free_count -= r == 0;
    }
    pthread_mutex_unlock(&lock);
    return r == 0;
}

static lsc_result accept_all(struct lsc_context *cx, void *state)
{
    struct acceptor *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (;;) {
        LSC_AWAIT(r, lsc_accept(cx, &self->listener, &self->task.connection.stream));
        if (r == -ECANCELED || r == -EBADF)
            break;
        if (r < 0) { /* out of descriptors or memory: some may come free */
            LSC_AWAIT(r, lsc_sleep(cx, 50));
            continue;
        }
        if (!begin_connection(cx, self))
            lsc_stream_close(&self->task.connection.stream);
    }
    lsc_listener_close(&self->listener);
    LSC_END(0);
}

struct server {
    struct lsc_frame frame;
    struct lsc_address address;
    struct lsc_signal terminate;
    struct lsc_scope scope;
    struct lsc_join acceptor;
    struct lsc_deadline deadline;
    struct acceptor state;
};

static lsc_result serve(struct lsc_context *cx, void *state)
{
    struct server *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    r = lsc_listen(cx, &self->state.listener, &self->address, 1024);
    if (r < 0)
        LSC_RETURN(r);
    r = lsc_signal_open(cx, &self->terminate, SIGTERM);
    if (r < 0)
        LSC_RETURN(r);
    lsc_listener_address(&self->state.listener, &self->address);
    printf("listening on port %u\n", lsc_address_port(&self->address));
    fflush(stdout);
    lsc_scope_begin(cx, &self->scope, 0);
    self->state.scope = &self->scope;
    r = lsc_spawn(cx, accept_all, &self->state, .scope = &self->scope, .join = &self->acceptor);
    if (r == 0)
        LSC_AWAIT(r, lsc_signal_next(cx, &self->terminate));
    stop_idle();
    lsc_join_cancel(&self->acceptor);
    lsc_join_detach(&self->acceptor);
    lsc_deadline_push(cx, &self->deadline, STOP_MS);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    lsc_deadline_pop(cx, &self->deadline);
    lsc_signal_close(&self->terminate);
    LSC_END(r == -ETIMEDOUT ? r : 0);
}

int main(int count, char **arguments)
{
    struct server server = {.frame = {0}};
    struct lsc_executor *executor;
    char *end = NULL;
    unsigned long port = count > 1 ? strtoul(arguments[1], &end, 10) : 8080;
    if (port > UINT16_MAX || (end && *end)) {
        fprintf(stderr, "usage: http_server [PORT]\n");
        return 2;
    }
    lsc_address_ip(&server.address, "127.0.0.1", (uint16_t)port);
    free_all_slots();
    int error = lsc_executor_new(&executor, NULL);
    lsc_result r = error;
    if (error == 0) {
        r = lsc_executor_run(executor, serve, &server);
        lsc_executor_delete(executor);
    }
    if (r < 0)
        fprintf(stderr, "http_server: %s\n", strerror((int)-r));
    return r < 0 ? 1 : 0;
}
