/* SPDX-License-Identifier: MIT */
/* A small program whose tasks use channels, for tests that read what it recorded: one producer
 * fills a channel, a second waits at it, a consumer empties it; another channel drops. It ends with
 * its channels open. */
#include <stdlib.h>
#include <unistd.h>

#include "loopscope/channel.h"
#include "loopscope/time.h"

#define ROOM 64u

struct end {
    struct lsc_frame frame;
    struct lsc_mpsc_sender sender;
    struct lsc_mpsc_receiver receiver;
    uint64_t item, count;
};

static lsc_result fill_poll(struct lsc_context *cx, void *state)
{
    struct end *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    for (self->item = 0; self->item < self->count; self->item++)
        LSC_AWAIT(r, lsc_mpsc_send(cx, &self->sender, &self->item));
    lsc_mpsc_sender_drop(&self->sender);
    LSC_END(r);
}

static lsc_result empty_poll(struct lsc_context *cx, void *state)
{
    struct end *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    do
        LSC_AWAIT(r, lsc_mpsc_receive(cx, &self->receiver, &self->item));
    while (r > 0);
    LSC_END(r);
}

struct subject {
    struct lsc_frame frame;
    struct end fill, late, empty, drops;
    struct lsc_join join;
};

static lsc_result subject_poll(struct lsc_context *cx, void *state)
{
    struct subject *self = state;
    struct lsc_executor *executor = lsc_context_executor(cx);
    lsc_result r;
    LSC_BEGIN(cx, self);
    if (lsc_mpsc_new(executor, &self->fill.sender, &self->empty.receiver, .name = "items",
                     .capacity = ROOM, .item_bytes = 8) < 0 ||
        lsc_mpsc_new(executor, &self->drops.sender, &self->drops.receiver, .name = "latest",
                     .capacity = 2, .item_bytes = 8, .full = LSC_FULL_DROP_OLDEST) < 0)
        LSC_RETURN(-1);
    self->fill.count = ROOM;
    self->late.count = 1;
    self->late.sender = lsc_mpsc_sender_clone(&self->fill.sender);
    lsc_spawn(cx, fill_poll, &self->fill, .name = "filler");
    LSC_AWAIT(r, lsc_sleep(cx, 5));
    lsc_spawn(cx, fill_poll, &self->late, .name = "late");
    LSC_AWAIT(r, lsc_sleep(cx, 5));
    lsc_spawn(cx, empty_poll, &self->empty, .name = "emptier", .join = &self->join);
    LSC_AWAIT(r, lsc_join_await(cx, &self->join));
    for (self->drops.item = 0; self->drops.item < 5; self->drops.item++)
        lsc_mpsc_try_send(&self->drops.sender, &self->drops.item);
    LSC_END(r);
}

int main(int argc, char **argv)
{
    const struct lsc_executor_options options = {.workers = argc > 2 ? (unsigned)atoi(argv[2]) : 1};
    struct lsc_executor *executor;
    if (lsc_executor_new(&executor, &options) < 0)
        return 1;
    _exit(lsc_executor_run(executor, subject_poll, (&(struct subject){.frame = {0}})) != 0);
}
