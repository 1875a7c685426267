/* SPDX-License-Identifier: MIT */
/* Sends back what it receives, to any number of clients: `echo_server [PORT]`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loopscope/net.h"

struct client {
    struct lsc_frame frame;
    struct lsc_stream stream;
    lsc_result got;
    char buffer[4096];
};

static lsc_result serve_client(struct lsc_context *cx, void *state)
{
    struct client *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    do {
        LSC_AWAIT(r, lsc_read(cx, &self->stream, self->buffer, sizeof(self->buffer)));
        self->got = r;
        if (self->got > 0)
            LSC_AWAIT(r, lsc_write_all(cx, &self->stream, self->buffer, (size_t)self->got));
    } while (r > 0);
    lsc_stream_close(&self->stream);
    LSC_END(r);
}

struct server {
    struct lsc_frame frame;
    struct lsc_address address;
    struct lsc_listener listener;
    struct client client;
};

static lsc_result serve(struct lsc_context *cx, void *state)
{
    struct server *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    r = lsc_listen(cx, &self->listener, &self->address, 128);
    while (r >= 0) {
        LSC_AWAIT(r, lsc_accept(cx, &self->listener, &self->client.stream));
        if (r >= 0)
            r = lsc_spawn(cx, serve_client, &self->client);
    }
    LSC_END(r);
}

int main(int count, char **arguments)
{
    struct server server = {.frame = {0}};
    struct lsc_executor *executor;
    lsc_address_ip(&server.address, "127.0.0.1", count > 1 ? (uint16_t)atoi(arguments[1]) : 8080);
    if (lsc_executor_new(&executor, NULL) != 0)
        return 1;
    lsc_result r = lsc_executor_run(executor, serve, &server);
    fprintf(stderr, "echo_server: %s\n", strerror((int)-r));
    lsc_executor_delete(executor);
    return 1;
}
