/* SPDX-License-Identifier: MIT */
/* Sockets and pipes as tasks use them: data, ends, errors, cancellation at every await. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "executor_run.h"
#include "loopscope/net.h"
#include "loopscope/time.h"

#define CLIENTS 200
#define ROUNDS 20
#define BIG (16u << 20) /* more than sockets hold */

static lsc_result listen_any(struct lsc_context *cx, struct lsc_listener *listener,
                             struct lsc_address *address)
{
    lsc_address_ip(address, "127.0.0.1", 0);
    lsc_result r = lsc_listen(cx, listener, address, 256);
    return r < 0 ? r : lsc_listener_address(listener, address);
}

/* ---- many connections ---- */

struct echo {
    struct lsc_frame frame;
    struct lsc_stream stream;
    lsc_result got;
    char buffer[300];
};

static lsc_result echo_poll(struct lsc_context *cx, void *state)
{
    struct echo *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (;;) {
        LSC_AWAIT(self->got, lsc_read(cx, &self->stream, self->buffer, sizeof(self->buffer)));
        if (self->got <= 0)
            break;
        LSC_AWAIT(r, lsc_write_all(cx, &self->stream, self->buffer, (size_t)self->got));
        if (r < 0)
            break;
    }
    lsc_stream_close(&self->stream);
    LSC_END(self->got);
}

struct client {
    struct lsc_frame frame;
    struct lsc_address address;
    struct lsc_stream stream;
    unsigned number, round;
    char sent[700], got[700];
};

static lsc_result client_poll(struct lsc_context *cx, void *state)
{
    struct client *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_connect(cx, &self->stream, &self->address));
    for (self->round = 0; r >= 0 && self->round < ROUNDS; self->round++) {
        memset(self->sent, (int)(self->number + self->round), sizeof(self->sent));
        LSC_AWAIT(r, lsc_write_all(cx, &self->stream, self->sent, sizeof(self->sent)));
        LSC_AWAIT(r, lsc_read_exactly(cx, &self->stream, self->got, sizeof(self->got)));
        if (r != sizeof(self->got) || memcmp(self->sent, self->got, sizeof(self->got)) != 0)
            r = -EPROTO;
    }
    if (r >= 0)
        r = lsc_stream_shutdown(&self->stream);
    if (r >= 0)
        LSC_AWAIT(r, lsc_read(cx, &self->stream, self->got, 1));
    lsc_stream_close(&self->stream);
    LSC_END(r);
}

struct crowd {
    struct lsc_frame frame;
    struct lsc_listener listener;
    struct lsc_scope scope;
    struct client client;
    struct echo echo;
    unsigned count;
};

static lsc_result crowd_poll(struct lsc_context *cx, void *state)
{
    struct crowd *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    r = listen_any(cx, &self->listener, &self->client.address);
    if (r < 0)
        LSC_RETURN(r);
    lsc_scope_begin(cx, &self->scope, 0);
    for (self->count = 0; self->count < CLIENTS; self->count++) {
        self->client.number = self->count;
        lsc_spawn(cx, client_poll, &self->client, .scope = &self->scope);
    }
    for (self->count = 0; self->count < CLIENTS; self->count++) {
        LSC_AWAIT(r, lsc_accept(cx, &self->listener, &self->echo.stream));
        if (r == 0)
            r = lsc_spawn(cx, echo_poll, &self->echo, .scope = &self->scope);
    }
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    lsc_listener_close(&self->listener);
    LSC_END(r);
}

/* libuv opens a pipe for signals with its first loop, and keeps it. */
static int open_fds(void)
{
    struct lsc_executor *executor;
    int count = 0;
    if (lsc_executor_new(&executor, NULL) == 0)
        lsc_executor_delete(executor);
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

Test(executor_net, echoes_to_two_hundred_clients_and_closes_every_descriptor)
{
    int before = open_fds();
    RUN(crowd, .count = 0);
    cr_expect_eq(open_fds(), before);
}

/* ---- a pair of connected streams ---- */

struct pair {
    struct lsc_listener listener;
    struct lsc_address address;
    struct lsc_stream near, far;
};

struct make_pair {
    struct lsc_frame frame;
};

/* Loopback connects before it is accepted. */
static lsc_result make_pair_poll(struct lsc_context *cx, struct make_pair *self, struct pair *pair)
{
    lsc_result r;
    LSC_BEGIN(cx, self);
    r = listen_any(cx, &pair->listener, &pair->address);
    if (r < 0)
        LSC_RETURN(r);
    LSC_AWAIT(r, lsc_connect(cx, &pair->near, &pair->address));
    if (r == 0)
        LSC_AWAIT(r, lsc_accept(cx, &pair->listener, &pair->far));
    LSC_END(r);
}

static void close_pair(struct pair *pair)
{
    lsc_listener_close(&pair->listener);
    lsc_stream_close(&pair->near);
    lsc_stream_close(&pair->far);
}

struct big_writer {
    struct lsc_frame frame;
    struct lsc_stream stream;
    const char *data;
};

static _Atomic bool has_written;

static lsc_result big_writer_poll(struct lsc_context *cx, void *state)
{
    struct big_writer *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_write_all(cx, &self->stream, self->data, BIG));
    has_written = true;
    if (r == BIG)
        r = lsc_stream_shutdown(&self->stream);
    LSC_END(r);
}

struct backpressure {
    struct lsc_frame frame;
    struct make_pair make;
    struct pair pair;
    struct lsc_join writer;
    char *data, *got;
    lsc_result read;
    bool was_held_up;
};

static lsc_result backpressure_poll(struct lsc_context *cx, void *state)
{
    struct backpressure *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    has_written = false;
    LSC_AWAIT(r, make_pair_poll(cx, &self->make, &self->pair));
    self->data = malloc(BIG);
    self->got = malloc(BIG + 1);
    for (size_t i = 0; i < BIG; i++)
        self->data[i] = (char)(i * 31 >> 3);
    lsc_spawn(cx, big_writer_poll,
              (&(struct big_writer){.stream = self->pair.near, .data = self->data}),
              .join = &self->writer);
    LSC_AWAIT(r, lsc_sleep(cx, 20));
    self->was_held_up = !has_written;
    LSC_AWAIT(self->read, lsc_read_exactly(cx, &self->pair.far, self->got, BIG + 1));
    LSC_AWAIT(r, lsc_join_await(cx, &self->writer));
    bool is_right = r == 0 && self->read == BIG && memcmp(self->data, self->got, BIG) == 0;
    free(self->data);
    free(self->got);
    close_pair(&self->pair);
    LSC_END(is_right && self->was_held_up ? 0 : -1);
}

Test(executor_net, a_writer_is_held_up_until_the_peer_reads_and_all_arrives_in_order)
{
    RUN(backpressure, .data = NULL);
}

/* ---- ends and errors ---- */

struct ends {
    struct lsc_frame frame;
    struct make_pair make;
    struct pair pair;
    char byte;
    lsc_result half_closed, sent_back, reset, refused;
};

static lsc_result ends_poll(struct lsc_context *cx, void *state)
{
    struct ends *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, make_pair_poll(cx, &self->make, &self->pair));
    lsc_stream_shutdown(&self->pair.near);
    LSC_AWAIT(self->half_closed, lsc_read(cx, &self->pair.far, &self->byte, 1));
    LSC_AWAIT(r, lsc_write_all(cx, &self->pair.far, "x", 1));
    LSC_AWAIT(self->sent_back, lsc_read(cx, &self->pair.near, &self->byte, 1));
    /* Closed with data unread, the far end resets. */
    LSC_AWAIT(r, lsc_write_all(cx, &self->pair.far, "yz", 2));
    lsc_stream_close(&self->pair.near);
    LSC_AWAIT(self->reset, lsc_read(cx, &self->pair.far, &self->byte, 1));
    while (self->reset == 0) { /* the half-close is still what it reads first */
        LSC_AWAIT(r, lsc_sleep(cx, 1));
        LSC_AWAIT(self->reset, lsc_write(cx, &self->pair.far, "x", 1));
        self->reset = self->reset > 0 ? 0 : self->reset;
    }
    close_pair(&self->pair);
    LSC_AWAIT(r, lsc_sleep(cx, 5));
    LSC_AWAIT(self->refused, lsc_connect(cx, &self->pair.near, &self->pair.address));
    if (self->half_closed != 0 || self->sent_back != 1 || self->byte != 'x')
        LSC_RETURN(-1);
    if (self->reset != -ECONNRESET && self->reset != -EPIPE)
        LSC_RETURN(-2);
    if (self->refused != -ECONNREFUSED || self->pair.near.descriptor_)
        LSC_RETURN(-3);
    LSC_AWAIT(r, lsc_read(cx, &self->pair.near, &self->byte, 1));
    LSC_END(r == -EBADF ? 0 : -4);
}

Test(executor_net, half_close_reset_refusal_and_closed_handles_are_told_apart)
{
    RUN(ends, .byte = 0);
}

/* ---- cancelled and late ---- */

enum awaited { READ, READ_EXACTLY, WRITE_ALL, ACCEPT, RECEIVE, CONNECT, AWAITED };

struct stuck {
    struct lsc_frame frame;
    enum awaited awaited;
    struct lsc_stream stream, other;
    struct lsc_listener listener;
    struct lsc_udp udp;
    struct lsc_address address;
    char *buffer;
    size_t bytes;
};

static lsc_result stuck_poll(struct lsc_context *cx, void *state)
{
    struct stuck *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    switch (self->awaited) {
    case READ:
        LSC_AWAIT(r, lsc_read(cx, &self->stream, self->buffer, self->bytes));
        break;
    case READ_EXACTLY:
        LSC_AWAIT(r, lsc_read_exactly(cx, &self->stream, self->buffer, BIG));
        break;
    case WRITE_ALL:
        do
            LSC_AWAIT(r, lsc_write_all(cx, &self->stream, self->buffer, BIG));
        while (r >= 0);
        break;
    case ACCEPT:
        LSC_AWAIT(r, lsc_accept(cx, &self->listener, &self->other));
        break;
    case RECEIVE:
        LSC_AWAIT(r, lsc_udp_receive(cx, &self->udp, self->buffer, BIG, NULL));
        break;
    case CONNECT:
        do {
            LSC_AWAIT(r, lsc_connect(cx, &self->other, &self->address));
            if (r == 0)
                lsc_stream_close(&self->other);
        } while (r >= 0);
        break;
    case AWAITED:
        break;
    }
    LSC_END(r);
}

struct cancelled {
    struct lsc_frame frame;
    struct make_pair make;
    struct pair pair;
    struct lsc_udp udp;
    struct stuck stuck;
    struct lsc_join join;
    struct lsc_deadline deadline;
    lsc_result by_cancel, by_deadline;
    char *buffer;
    int failed;
};

static struct stuck stuck_of(struct cancelled *self, enum awaited awaited)
{
    return (struct stuck){.awaited = awaited,
                          .stream = self->pair.near,
                          .listener = self->pair.listener,
                          .udp = self->udp,
                          .address = self->pair.address,
                          .buffer = self->buffer,
                          .bytes = BIG};
}

static lsc_result cancelled_poll(struct lsc_context *cx, void *state)
{
    struct cancelled *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, make_pair_poll(cx, &self->make, &self->pair));
    if (r < 0)
        LSC_RETURN(r);
    lsc_address_ip(&self->pair.address, "127.0.0.1", 0);
    lsc_udp_bind(cx, &self->udp, &self->pair.address);
    lsc_listener_address(&self->pair.listener, &self->pair.address);
    self->buffer = calloc(1, BIG);
    for (self->stuck.awaited = READ; self->stuck.awaited < CONNECT; self->stuck.awaited++) {
        self->stuck = stuck_of(self, self->stuck.awaited);
        lsc_spawn(cx, stuck_poll, &self->stuck, .join = &self->join);
        LSC_AWAIT(r, lsc_sleep(cx, 3));
        lsc_join_cancel(&self->join);
        LSC_AWAIT(self->by_cancel, lsc_join_await(cx, &self->join));
        lsc_deadline_push(cx, &self->deadline, 5);
        LSC_AWAIT(self->by_deadline, stuck_poll(cx, &self->stuck));
        lsc_deadline_pop(cx, &self->deadline);
        if (self->by_cancel != -ECANCELED || self->by_deadline != -ETIMEDOUT)
            self->failed |= 1 << self->stuck.awaited;
    }
    lsc_udp_close(&self->udp);
    close_pair(&self->pair);
    free(self->buffer);
    LSC_END(-self->failed);
}

Test(executor_net, every_await_ends_when_it_is_cancelled_or_late)
{
    int before = open_fds();
    RUN(cancelled, .failed = 0);
    cr_expect_eq(open_fds(), before);
}

/* A full backlog lets a connection wait for ever. */
struct late_connect {
    struct lsc_frame frame;
    struct lsc_listener listener;
    struct stuck stuck;
    struct lsc_deadline deadline;
};

static lsc_result late_connect_poll(struct lsc_context *cx, void *state)
{
    struct late_connect *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_address_ip(&self->stuck.address, "127.0.0.1", 0);
    r = lsc_listen(cx, &self->listener, &self->stuck.address, 0);
    if (r < 0)
        LSC_RETURN(r);
    lsc_listener_address(&self->listener, &self->stuck.address);
    self->stuck.awaited = CONNECT;
    lsc_deadline_push(cx, &self->deadline, 50);
    LSC_AWAIT(r, stuck_poll(cx, &self->stuck));
    lsc_deadline_pop(cx, &self->deadline);
    lsc_listener_close(&self->listener);
    LSC_END(r == -ETIMEDOUT && !self->stuck.other.descriptor_ ? 0 : -1);
}

Test(executor_net, a_connection_that_nobody_answers_times_out_and_is_closed)
{
    int before = open_fds();
    RUN(late_connect, .listener = {NULL});
    cr_expect_eq(open_fds(), before);
}

/* What a cancelled read did not take, the next one gets. */
struct after_cancel {
    struct lsc_frame frame;
    struct make_pair make;
    struct pair pair;
    struct stuck stuck;
    struct lsc_join join;
    unsigned round;
    char buffer[8];
    lsc_result taken;
};

static lsc_result after_cancel_poll(struct lsc_context *cx, void *state)
{
    struct after_cancel *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, make_pair_poll(cx, &self->make, &self->pair));
    for (self->round = 0; self->round < 200; self->round++) {
        self->stuck = (struct stuck){.awaited = READ,
                                     .stream = self->pair.near,
                                     .buffer = self->buffer,
                                     .bytes = sizeof(self->buffer)};
        lsc_spawn(cx, stuck_poll, &self->stuck, .join = &self->join);
        LSC_AWAIT(r, lsc_yield(cx));
        LSC_AWAIT(r, lsc_write_all(cx, &self->pair.far, "w", 1));
        lsc_join_cancel(&self->join);
        LSC_AWAIT(self->taken, lsc_join_await(cx, &self->join));
        if (self->taken == 1)
            continue;
        LSC_AWAIT(r, lsc_read(cx, &self->pair.near, self->buffer, sizeof(self->buffer)));
        if (self->taken != -ECANCELED || r != 1)
            LSC_RETURN(-1);
    }
    close_pair(&self->pair);
    LSC_END(0);
}

Test(executor_net, a_byte_is_taken_once_however_the_race_with_the_cancellation_ends)
{
    RUN(after_cancel, .round = 0);
}

struct closed_under {
    struct lsc_frame frame;
    struct make_pair make;
    struct pair pair;
    struct stuck stuck;
    struct lsc_join join;
    char byte;
};

static lsc_result closed_under_poll(struct lsc_context *cx, void *state)
{
    struct closed_under *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, make_pair_poll(cx, &self->make, &self->pair));
    self->stuck = (struct stuck){
        .awaited = READ, .stream = self->pair.near, .buffer = &self->byte, .bytes = 1};
    lsc_spawn(cx, stuck_poll, &self->stuck, .join = &self->join);
    LSC_AWAIT(r, lsc_sleep(cx, 3));
    close_pair(&self->pair);
    LSC_AWAIT(r, lsc_join_await(cx, &self->join));
    LSC_END(r == -EBADF ? 0 : -1);
}

Test(executor_net, closing_ends_the_read_of_another_task)
{
    RUN(closed_under, .byte = 0);
}

/* ---- other kinds ---- */

struct kinds {
    struct lsc_frame frame;
    struct lsc_address address, from;
    struct lsc_listener listener;
    struct lsc_stream near, far;
    struct lsc_udp one, two;
    char path[64], buffer[16];
};

static bool is_text(const struct kinds *self, lsc_result r, const char *text)
{
    return r == (lsc_result)strlen(text) && memcmp(self->buffer, text, (size_t)r) == 0;
}

static lsc_result kinds_poll(struct lsc_context *cx, void *state)
{
    struct kinds *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    snprintf(self->path, sizeof(self->path), "/tmp/executor-net-%d.sock", (int)getpid());
    lsc_address_unix(&self->address, self->path);
    r = lsc_listen(cx, &self->listener, &self->address, 4);
    if (r < 0)
        LSC_RETURN(r);
    LSC_AWAIT(r, lsc_connect(cx, &self->near, &self->address));
    LSC_AWAIT(r, lsc_accept(cx, &self->listener, &self->far));
    LSC_AWAIT(r, lsc_write_all(cx, &self->near, "local", 5));
    LSC_AWAIT(r, lsc_read(cx, &self->far, self->buffer, sizeof(self->buffer)));
    unlink(self->path);
    lsc_listener_close(&self->listener);
    lsc_stream_close(&self->near);
    lsc_stream_close(&self->far);
    if (!is_text(self, r, "local"))
        LSC_RETURN(-1);

    r = lsc_pipe(cx, &self->near, &self->far);
    if (r < 0)
        LSC_RETURN(r);
    LSC_AWAIT(r, lsc_write_all(cx, &self->far, "piped", 5));
    LSC_AWAIT(r, lsc_read(cx, &self->near, self->buffer, sizeof(self->buffer)));
    lsc_stream_close(&self->far);
    if (!is_text(self, r, "piped"))
        LSC_RETURN(-2);
    LSC_AWAIT(r, lsc_read(cx, &self->near, self->buffer, sizeof(self->buffer)));
    lsc_stream_close(&self->near);
    if (r != 0)
        LSC_RETURN(-3);

    lsc_address_ip(&self->address, "127.0.0.1", 0);
    lsc_udp_bind(cx, &self->one, &self->address);
    lsc_udp_bind(cx, &self->two, &self->address);
    lsc_udp_address(&self->two, &self->address);
    LSC_AWAIT(r, lsc_udp_send(cx, &self->one, "datagram", 8, &self->address));
    LSC_AWAIT(r, lsc_udp_receive(cx, &self->two, self->buffer, sizeof(self->buffer), &self->from));
    lsc_udp_address(&self->one, &self->address);
    lsc_udp_close(&self->one);
    lsc_udp_close(&self->two);
    bool is_sender = lsc_address_port(&self->from) == lsc_address_port(&self->address);
    LSC_END(is_text(self, r, "datagram") && is_sender ? 0 : -4);
}

Test(executor_net, unix_sockets_pipes_and_datagrams_carry_bytes)
{
    RUN(kinds, .buffer = {0});
}

Test(executor_net, addresses_have_a_text)
{
    struct lsc_address address;
    char text[128];
    cr_assert_eq(lsc_address_ip(&address, "127.0.0.1", 80), 0);
    lsc_address_text(&address, text, sizeof(text));
    cr_expect_str_eq(text, "127.0.0.1:80");
    cr_assert_eq(lsc_address_ip(&address, "::1", 443), 0);
    lsc_address_text(&address, text, sizeof(text));
    cr_expect_str_eq(text, "[::1]:443");
    cr_expect_eq(lsc_address_ip(&address, "localhost", 80), -EINVAL);
    cr_assert_eq(lsc_address_unix(&address, "/run/x"), 0);
    lsc_address_text(&address, text, sizeof(text));
    cr_expect_str_eq(text, "/run/x");
    memset(text, 'x', sizeof(text));
    text[127] = 0;
    cr_expect_eq(lsc_address_unix(&address, text), -ENAMETOOLONG);
}
