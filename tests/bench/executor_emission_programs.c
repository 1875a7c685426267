/* SPDX-License-Identifier: MIT */
/* Yield, wake by another task, sleep, socket echo. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "executor_emission.h"
#include "loopscope/net.h"
#include "loopscope/time.h"

static lsc_result yields(struct lsc_context *cx, void *state)
{
    struct emission_state *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < self->count; self->i++)
        LSC_AWAIT(r, lsc_yield(cx));
    LSC_END(r);
}

#define YIELDERS 16

static lsc_result yield_many(struct lsc_context *cx, void *state)
{
    struct emission_state *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_scope_begin(cx, &self->scope, LSC_SCOPE_FAIL_FAST);
    for (self->i = 0; self->i < YIELDERS; self->i++)
        lsc_spawn(cx, yields, (&(struct emission_state){.count = self->count / YIELDERS}),
                  .scope = &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    LSC_END(r);
}

/* ---- two that wake each other in turn ---- */

struct player {
    struct lsc_frame frame;
    struct emission_state *game;
    unsigned i, side;
};

static lsc_result await_turn(struct lsc_context *cx, struct player *self)
{
    struct emission_state *game = self->game;
    if (game->turn == self->side)
        return 0;
    if (!game->wakers[self->side].task)
        game->wakers[self->side] = lsc_waker_new(cx);
    return LSC_PENDING;
}

static lsc_result play(struct lsc_context *cx, void *state)
{
    struct player *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < self->game->count; self->i++) {
        LSC_AWAIT(r, await_turn(cx, self));
        self->game->turn = !self->side;
        if (self->game->wakers[!self->side].task)
            lsc_waker_wake_by_ref(&self->game->wakers[!self->side]);
    }
    LSC_END(r);
}

static lsc_result wake_each_other(struct lsc_context *cx, void *state)
{
    struct emission_state *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_scope_begin(cx, &self->scope, LSC_SCOPE_FAIL_FAST);
    for (self->i = 0; self->i < 2; self->i++)
        lsc_spawn(cx, play, (&(struct player){.game = self, .side = self->i}),
                  .scope = &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    lsc_waker_drop(&self->wakers[0]);
    lsc_waker_drop(&self->wakers[1]);
    LSC_END(r);
}

/* ---- sleeping ---- */

#define SLEEPS 32u /* of each */

static lsc_result sleeps(struct lsc_context *cx, void *state)
{
    struct emission_state *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < self->count; self->i++)
        LSC_AWAIT(r, lsc_sleep(cx, 1));
    LSC_END(r);
}

static lsc_result sleep_many(struct lsc_context *cx, void *state)
{
    struct emission_state *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_scope_begin(cx, &self->scope, LSC_SCOPE_FAIL_FAST);
    for (self->i = 0; self->i < self->count / SLEEPS; self->i++)
        lsc_spawn(cx, sleeps, (&(struct emission_state){.count = SLEEPS}), .scope = &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    LSC_END(r);
}

/* ---- an echo through a pair of sockets: one byte, a poll at each end for each way ---- */

struct talker {
    struct lsc_frame frame;
    struct lsc_stream stream;
    int fd;
    unsigned i, count;
    bool begins;
    char byte;
};

static lsc_result talk(struct lsc_context *cx, void *state)
{
    struct talker *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    r = lsc_stream_adopt(cx, &self->stream, self->fd);
    if (r < 0)
        LSC_RETURN(r);
    if (self->begins)
        LSC_AWAIT(r, lsc_write_all(cx, &self->stream, &self->byte, 1));
    for (self->i = 0; self->i < self->count && r >= 0; self->i++) {
        LSC_AWAIT(r, lsc_read_exactly(cx, &self->stream, &self->byte, 1));
        if (r == 1 && (self->i + 1 < self->count || !self->begins))
            LSC_AWAIT(r, lsc_write_all(cx, &self->stream, &self->byte, 1));
    }
    lsc_stream_close(&self->stream);
    LSC_END(r < 0 ? r : 0);
}

static lsc_result echo(struct lsc_context *cx, void *state)
{
    struct emission_state *self = state;
    int fds[2];
    lsc_result r;
    LSC_BEGIN(cx, self);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        LSC_RETURN(-errno);
    lsc_scope_begin(cx, &self->scope, LSC_SCOPE_FAIL_FAST);
    for (int i = 0; i < 2; i++)
        lsc_spawn(cx, talk,
                  (&(struct talker){.fd = fds[i], .count = self->count, .begins = i == 0}),
                  .scope = &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    LSC_END(r);
}

const struct emission_program emission_programs[] = {
    {"yield, alone", yields, 10000, 100},
    {"yield, 16 tasks", yield_many, 10000, 320},
    {"woken by another task", wake_each_other, 4000, 120},
    {"sleep", sleep_many, SLEEPS * 256, SLEEPS * 2},
    {"echo through a socket", echo, 150, 30},
};
const unsigned emission_program_count = sizeof(emission_programs) / sizeof(emission_programs[0]);
