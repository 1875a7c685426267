/* SPDX-License-Identifier: MIT */
/* The addresses of a host's name, through libuv's pool. */
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "loopscope/net.h"
#include "request.h"

struct arguments {
    const char *host;
    uint16_t port;
};

static void on_found(uv_getaddrinfo_t *look_up, int status, struct addrinfo *found)
{
    (void)found; /* kept in the request */
    request_finish(look_up->data, status);
}

static void free_found(struct request *request)
{
    uv_freeaddrinfo(request->uv.look_up.addrinfo);
}

static int submit(uv_loop_t *loop, struct request *request, const void *data)
{
    const struct arguments *arguments = data;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    char port[8];
    snprintf(port, sizeof(port), "%u", arguments->port);
    request->uv.look_up.data = request;
    return uv_getaddrinfo(loop, &request->uv.look_up, on_found, arguments->host, port, &hints);
}

static unsigned copy_found(const struct addrinfo *from, struct lsc_address *found, unsigned room)
{
    unsigned count = 0;
    for (; from && count < room; from = from->ai_next) {
        if (from->ai_addrlen > sizeof(found->storage))
            continue;
        found[count] = (struct lsc_address){.bytes = from->ai_addrlen};
        memcpy(&found[count++].storage, from->ai_addr, from->ai_addrlen);
    }
    return count;
}

lsc_result lsc_resolve(struct lsc_context *cx, const char *host, uint16_t port,
                       struct lsc_address *found, unsigned room)
{
    struct request *done;
    const struct arguments arguments = {host, port};
    lsc_result result = request_await(
        cx,
        &(struct request_plan){
            .object = found, .submit = submit, .free_uv = free_found, .arguments = &arguments},
        &done);
    if (done && result >= 0)
        result = copy_found(done->uv.look_up.addrinfo, found, room);
    request_end(done);
    return result;
}
