/* SPDX-License-Identifier: MIT */
/* A pub/sub broker with slow consumers: `broker [PORT]` (0: any; the first line of output says).
 *
 * A client sends lines: "PUB topic text" is given to all who listen to the topic and answered with
 * "OK n", n of them; "SUB topic" makes the connection one that listens: it gets a line "MSG text"
 * for each, and "LAG n" where it was so slow that n have passed it by. Nobody waits for a slow
 * consumer: a topic keeps its latest TOPIC_MESSAGES, and who does not take a message within SLOW_MS
 * is disconnected. SIGTERM ends the broker: every connection is cancelled and closed. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loopscope/channel.h"
#include "loopscope/net.h"
#include "loopscope/process.h"
#include "loopscope/sync.h"
#include "loopscope/time.h"

#define LINE_MAX_BYTES 4096u
#define NAME_BYTES 64u
#define TOPICS_MAX 64u
#define TOPIC_MESSAGES 256u
#define SLOW_MS 2000u

/* ---- messages: one text, shared by all who have yet to send it ---- */

struct message {
    _Atomic unsigned shares;
    size_t bytes;
    char line[];
};

static struct message *message_new(const char *text)
{
    size_t bytes = strlen(text) + sizeof("MSG \n") - 1;
    struct message *message = malloc(sizeof(*message) + bytes + 1);
    if (!message)
        return NULL;
    atomic_init(&message->shares, 1);
    message->bytes = bytes;
    snprintf(message->line, bytes + 1, "MSG %s\n", text);
    return message;
}

/* The item of a topic's channel is a pointer. */
static void take_share(void *copy)
{
    struct message *message = *(struct message **)copy;
    atomic_fetch_add_explicit(&message->shares, 1, memory_order_relaxed);
}

static void give_share_back(void *item)
{
    struct message *message = *(struct message **)item;
    if (atomic_fetch_sub_explicit(&message->shares, 1, memory_order_acq_rel) == 1)
        free(message);
}

/* ---- topics: made by who names them first ---- */

struct topic {
    char name[NAME_BYTES];
    struct lsc_broadcast_sender sender;
};

static struct lsc_rwlock topics_lock;
static struct topic topics[TOPICS_MAX];
static unsigned topic_count;

static struct topic *topic_find(const char *name)
{
    for (unsigned i = 0; i < topic_count; i++)
        if (strcmp(topics[i].name, name) == 0)
            return &topics[i];
    return NULL;
}

/* With the lock for writing. NULL: there are too many, or no memory. */
static struct topic *topic_add(struct lsc_executor *executor, const char *name)
{
    if (topic_count == TOPICS_MAX)
        return NULL;
    struct topic *topic = &topics[topic_count];
    snprintf(topic->name, sizeof(topic->name), "%s", name);
    if (lsc_broadcast_new(executor, &topic->sender, .name = topic->name,
                          .item_bytes = sizeof(struct message *), .capacity = TOPIC_MESSAGES,
                          .drop = give_share_back, .share = take_share) != 0)
        return NULL;
    topic_count++;
    return topic;
}

struct look_up {
    struct lsc_frame frame;
    const char *name;
    struct topic *topic; /* the answer; topics stay */
};

/* Awaitable: 0; -ENOSPC. */
static lsc_result topic_look_up(struct lsc_context *cx, struct look_up *self)
{
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_rwlock_read(cx, &topics_lock));
    if (r < 0)
        LSC_RETURN(r);
    self->topic = topic_find(self->name);
    lsc_rwlock_unlock(cx, &topics_lock);
    if (self->topic)
        LSC_RETURN(0);
    LSC_AWAIT(r, lsc_rwlock_write(cx, &topics_lock));
    if (r < 0)
        LSC_RETURN(r);
    self->topic = topic_find(self->name);
    if (!self->topic)
        self->topic = topic_add(lsc_context_executor(cx), self->name);
    lsc_rwlock_unlock(cx, &topics_lock);
    LSC_END(self->topic ? 0 : -ENOSPC);
}

/* ---- a connection that listens ---- */

struct delivery {
    struct lsc_frame frame;
    struct lsc_stream stream; /* the connection's, which closes it */
    struct lsc_broadcast_receiver receiver;
    struct lsc_cleanup cleanup;
    struct lsc_deadline deadline;
    struct message *message;
    size_t lag_bytes;
    char lag[32];
};

static void end_delivery(void *data)
{
    struct delivery *self = data;
    if (self->message)
        give_share_back(&self->message);
    lsc_broadcast_receiver_drop(&self->receiver);
}

/* Fails when the consumer is too slow, or gone. */
static lsc_result deliver(struct lsc_context *cx, void *state)
{
    struct delivery *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_cleanup_push(cx, &self->cleanup, end_delivery, self);
    for (;;) {
        LSC_AWAIT(r, lsc_broadcast_receive(cx, &self->receiver, &self->message));
        if (r <= 0)
            LSC_RETURN(r);
        lsc_deadline_push(cx, &self->deadline, SLOW_MS);
        self->lag_bytes = 0;
        if (r > 1)
            self->lag_bytes =
                (size_t)snprintf(self->lag, sizeof(self->lag), "LAG %lld\n", (long long)r - 1);
        LSC_AWAIT(r, lsc_write_all(cx, &self->stream, self->lag, self->lag_bytes));
        if (r >= 0)
            LSC_AWAIT(r,
                      lsc_write_all(cx, &self->stream, self->message->line, self->message->bytes));
        lsc_deadline_pop(cx, &self->deadline);
        give_share_back(&self->message);
        self->message = NULL;
        if (r < 0)
            LSC_RETURN(r);
    }
    LSC_END(0);
}

/* Fails when the client closes: what it says meanwhile does not matter. */
struct hang_up {
    struct lsc_frame frame;
    struct lsc_stream stream;
    char buffer[64];
};

static lsc_result wait_for_hang_up(struct lsc_context *cx, void *state)
{
    struct hang_up *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    do
        LSC_AWAIT(r, lsc_read(cx, &self->stream, self->buffer, sizeof(self->buffer)));
    while (r > 0);
    LSC_END(r < 0 ? r : -ECONNRESET);
}

struct listening {
    struct lsc_frame frame;
    struct lsc_scope scope;
    struct delivery delivery;
};

/* Awaitable: the first of the two tasks that fails ends the other. */
static lsc_result listen_to(struct lsc_context *cx, struct listening *self,
                            const struct lsc_stream *stream, const struct topic *topic)
{
    lsc_result r;
    LSC_BEGIN(cx, self);
    self->delivery = (struct delivery){.stream = *stream};
    r = lsc_broadcast_subscribe(&topic->sender, &self->delivery.receiver);
    if (r < 0)
        LSC_RETURN(r);
    lsc_scope_begin(cx, &self->scope, LSC_SCOPE_FAIL_FAST);
    r = lsc_spawn(cx, deliver, &self->delivery, .scope = &self->scope);
    if (r < 0)
        lsc_broadcast_receiver_drop(&self->delivery.receiver);
    else if (lsc_spawn(cx, wait_for_hang_up, (&(struct hang_up){.stream = *stream}),
                       .scope = &self->scope) < 0)
        lsc_scope_cancel(cx, &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    LSC_END(r);
}

/* ---- a connection ---- */

struct connection {
    struct lsc_frame frame;
    struct lsc_stream stream;
    struct lsc_cleanup cleanup;
    struct look_up look_up;
    struct listening listening;
    size_t used, line_bytes, answer_bytes;
    char *name, *text; /* inside `line` */
    char answer[32];
    char line[LINE_MAX_BYTES + 1];
};

static void end_connection(void *data)
{
    struct connection *self = data;
    lsc_stream_close(&self->stream);
}

/* Awaitable: 1 and a line at the beginning of `line`, ended by a zero; 0: no more come; -EMSGSIZE
 * for one that is too long. */
static lsc_result next_line(struct lsc_context *cx, struct connection *self)
{
    char *end;
    while (!(end = memchr(self->line, '\n', self->used))) {
        if (self->used == LINE_MAX_BYTES)
            return -EMSGSIZE;
        lsc_result r =
            lsc_read(cx, &self->stream, self->line + self->used, LINE_MAX_BYTES - self->used);
        if (r <= 0)
            return r; /* pending too: what was read before stays */
        self->used += (size_t)r;
    }
    self->line_bytes = (size_t)(end - self->line) + 1;
    *end = '\0';
    if (end > self->line && end[-1] == '\r')
        end[-1] = '\0';
    return 1;
}

static void forget_line(struct connection *self)
{
    self->used -= self->line_bytes;
    memmove(self->line, self->line + self->line_bytes, self->used);
}

/* Finds topic and text in "PUB topic text" or "SUB topic" (then there is no text). Whether the line
 * is one of them. */
static bool understand(struct connection *self)
{
    bool publishes = strncmp(self->line, "PUB ", 4) == 0;
    if (!publishes && strncmp(self->line, "SUB ", 4) != 0)
        return false;
    self->name = self->line + 4;
    self->text = strchr(self->name, ' ');
    if (self->text)
        *self->text++ = '\0';
    size_t length = strlen(self->name);
    return length > 0 && length < NAME_BYTES && publishes == (self->text != NULL);
}

/* How many get it; -ENOMEM. */
static lsc_result publish(const struct topic *topic, const char *text)
{
    struct message *message = message_new(text);
    return message ? lsc_broadcast_send(&topic->sender, &message) : -ENOMEM;
}

static lsc_result serve_connection(struct lsc_context *cx, void *state)
{
    struct connection *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_cleanup_push(cx, &self->cleanup, end_connection, self);
    lsc_stream_set_nodelay(&self->stream, true);
    do {
        LSC_AWAIT(r, next_line(cx, self));
        if (r <= 0 || !understand(self))
            break;
        self->look_up = (struct look_up){.name = self->name};
        LSC_AWAIT(r, topic_look_up(cx, &self->look_up));
        if (r == 0 && !self->text) {
            LSC_AWAIT(r, listen_to(cx, &self->listening, &self->stream, self->look_up.topic));
            break;
        }
        if (r == 0)
            r = publish(self->look_up.topic, self->text);
        forget_line(self);
        self->answer_bytes = (size_t)snprintf(self->answer, sizeof(self->answer), "%s %lld\n",
                                              r < 0 ? "FAILED" : "OK", (long long)r);
        LSC_AWAIT(r, lsc_write_all(cx, &self->stream, self->answer, self->answer_bytes));
    } while (r >= 0);
    LSC_END(0); /* what the client did is no failure of the broker */
}

/* ---- all of them ---- */

struct acceptor {
    struct lsc_frame frame;
    struct lsc_listener listener;
    struct lsc_scope *scope;
    struct connection connection;
};

static void close_listener(void *data)
{
    lsc_listener_close(data);
}

static lsc_result accept_all(struct lsc_context *cx, void *state)
{
    struct acceptor *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (;;) {
        LSC_AWAIT(r, lsc_accept(cx, &self->listener, &self->connection.stream));
        if (r == -ECANCELED || r == -EBADF)
            LSC_RETURN(0);
        if (r < 0) /* out of descriptors or memory: some may come free */
            LSC_AWAIT(r, lsc_sleep(cx, 50));
        else if (lsc_spawn(cx, serve_connection, &self->connection, .scope = self->scope) < 0)
            lsc_stream_close(&self->connection.stream);
    }
    LSC_END(0);
}

struct broker {
    struct lsc_frame frame;
    struct lsc_address address;
    struct lsc_signal terminate;
    struct lsc_scope scope;
    struct lsc_cleanup cleanup;
    struct acceptor acceptor;
};

static lsc_result serve(struct lsc_context *cx, void *state)
{
    struct broker *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    r = lsc_listen(cx, &self->acceptor.listener, &self->address, 1024);
    if (r < 0)
        LSC_RETURN(r);
    lsc_cleanup_push(cx, &self->cleanup, close_listener, &self->acceptor.listener);
    r = lsc_signal_open(cx, &self->terminate, SIGTERM);
    if (r < 0)
        LSC_RETURN(r);
    lsc_listener_address(&self->acceptor.listener, &self->address);
    printf("listening on port %u\n", lsc_address_port(&self->address));
    fflush(stdout);
    lsc_scope_begin(cx, &self->scope, 0);
    self->acceptor.scope = &self->scope;
    r = lsc_spawn(cx, accept_all, &self->acceptor, .scope = &self->scope);
    if (r == 0)
        LSC_AWAIT(r, lsc_signal_next(cx, &self->terminate));
    lsc_scope_cancel(cx, &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    lsc_signal_close(&self->terminate);
    LSC_END(r);
}

static void drop_topics(void)
{
    for (unsigned i = 0; i < topic_count; i++)
        lsc_broadcast_sender_drop(&topics[i].sender);
    lsc_rwlock_free(&topics_lock);
}

int main(int count, char **arguments)
{
    struct broker broker = {.frame = {0}};
    struct lsc_executor *executor;
    char *end = NULL;
    unsigned long port = count > 1 ? strtoul(arguments[1], &end, 10) : 7070;
    if (port > UINT16_MAX || (end && *end)) {
        fprintf(stderr, "usage: broker [PORT]\n");
        return 2;
    }
    lsc_address_ip(&broker.address, "127.0.0.1", (uint16_t)port);
    lsc_rwlock_init(&topics_lock, "topics");
    lsc_result r = lsc_executor_new(&executor, NULL);
    if (r == 0) {
        r = lsc_executor_run(executor, serve, &broker);
        drop_topics();
        lsc_executor_delete(executor);
    }
    if (r < 0)
        fprintf(stderr, "broker: %s\n", strerror((int)-r));
    return r < 0;
}
