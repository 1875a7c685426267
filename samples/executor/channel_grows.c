/* SPDX-License-Identifier: MIT */
/* A log: requests leave a line each in a channel, a writer takes them out and writes them.
 *
 * Wrong: the channel was given room for a million lines, "so that it never blocks". The writer
 * flushes after every line and falls behind from the first second on, and nothing pushes back: the
 * backlog grows until, in an hour or so, even the million is full. loopscope must say:
 * queue-growing on the channel "log", made in serve, filled by handle_requests. In the healthy twin
 * (`channel_grows healthy`) the writer flushes once for all lines that are there. */
#include <stdio.h>
#include <string.h>

#include "loopscope/channel.h"
#include "loopscope/time.h"

#define ROOM 1000000
#define TICKS 500 /* of 8 ms */
#define TICK_MS 8
#define REQUESTS 4 /* in one tick: 500 a second */
#define FLUSH_MS 4 /* so long it takes: at most 250 in a second */

static bool is_healthy;

struct line {
    uint64_t at_ms;
    char text[48];
};

struct requests {
    struct lsc_frame frame;
    struct lsc_mpsc_sender log;
    struct line line;
    unsigned tick, i;
};

static lsc_result handle_requests(struct lsc_context *cx, void *state)
{
    struct requests *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (self->tick = 0; self->tick < TICKS; self->tick++) {
        LSC_AWAIT(r, lsc_sleep(cx, TICK_MS));
        for (self->i = 0; self->i < REQUESTS; self->i++) {
            self->line.at_ms = lsc_time_ms();
            snprintf(self->line.text, sizeof(self->line.text), "GET /%u/%u", self->tick, self->i);
            LSC_AWAIT(r, lsc_mpsc_send(cx, &self->log, &self->line)); /* FILLS */
        }
    }
    lsc_mpsc_sender_drop(&self->log);
    LSC_END(r);
}

struct writer {
    struct lsc_frame frame;
    struct lsc_mpsc_receiver log;
    struct lsc_join *requests;
    struct line line;
    uint64_t late_ms;
};

static lsc_result write_lines(struct lsc_context *cx, void *state)
{
    struct writer *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (;;) {
        LSC_AWAIT(r, lsc_mpsc_receive(cx, &self->log, &self->line));
        if (r <= 0 || lsc_join_is_finished(self->requests))
            break;
        while (is_healthy && lsc_mpsc_try_receive(&self->log, &self->line) == 1)
            ;
        LSC_AWAIT(r, lsc_sleep(cx, FLUSH_MS)); /* DEFECT: once for every line */
        self->late_ms = lsc_time_ms() - self->line.at_ms;
    }
    lsc_mpsc_receiver_drop(&self->log);
    LSC_END((lsc_result)self->late_ms);
}

struct server {
    struct lsc_frame frame;
    struct lsc_join requests, writer;
};

static lsc_result serve(struct lsc_context *cx, void *state)
{
    struct server *self = state;
    struct requests requests = {.tick = 0};
    struct writer writer = {.requests = &self->requests};
    lsc_result r;
    LSC_BEGIN(cx, self);
    if (lsc_mpsc_new(lsc_context_executor(cx), &requests.log, &writer.log, .name = "log",
                     .capacity = ROOM, .item_bytes = sizeof(struct line)) < 0)
        LSC_RETURN(-1);
    lsc_spawn(cx, handle_requests, &requests, .name = "requests", .join = &self->requests);
    lsc_spawn(cx, write_lines, &writer, .name = "writer", .join = &self->writer);
    LSC_AWAIT(r, lsc_join_await(cx, &self->writer));
    lsc_join_detach(&self->requests);
    LSC_END(r);
}

int main(int count, char **arguments)
{
    struct lsc_executor *executor;
    is_healthy = count > 1 && strcmp(arguments[1], "healthy") == 0;
    if (lsc_executor_new(&executor, &(struct lsc_executor_options){.workers = 2}) != 0)
        return 1;
    lsc_result late_ms = lsc_executor_run(executor, serve, &(struct server){.frame = {0}});
    lsc_executor_delete(executor);
    printf("the last line was %d ms late\n", (int)late_ms);
    return late_ms < 0;
}
