/* SPDX-License-Identifier: MIT */
/* A catalogue that is indexed while clients are served, on one worker.
 *
 * Wrong: the indexer awaits only between books, and a book takes 80 ms. Meanwhile no client is
 * served. loopscope must say: never-yields of the task "indexer". The healthy twin
 * (`never_yields healthy`) yields after each page. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "loopscope/executor.h"
#include "loopscope/time.h"

#define BOOKS 12
#define PAGES 80

static bool is_healthy;
static volatile uint64_t words;

static double now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* About a millisecond of work. */
static void index_page(void)
{
    for (double end = now_ms() + 1; now_ms() < end;)
        words++;
}

struct indexer {
    struct lsc_frame frame;
    int book, page;
};

static lsc_result index_books(struct lsc_context *cx, void *state)
{
    struct indexer *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (self->book = 0; self->book < BOOKS; self->book++) {
        for (self->page = 0; self->page < PAGES; self->page++) {
            index_page(); /* DEFECT: eighty of them, and no await in between */
            if (is_healthy)
                LSC_AWAIT(r, lsc_yield(cx));
        }
        LSC_AWAIT(r, lsc_sleep(cx, 20));
        if (r < 0)
            LSC_RETURN(r);
    }
    LSC_END(self->book);
}

struct client {
    struct lsc_frame frame;
    double asked_ms, worst_ms;
};

/* Its request is answered a millisecond later, if the worker is free. */
static lsc_result ask(struct lsc_context *cx, void *state)
{
    struct client *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    while (r >= 0) {
        self->asked_ms = now_ms();
        LSC_AWAIT(r, lsc_sleep(cx, 1));
        if (now_ms() - self->asked_ms > self->worst_ms)
            self->worst_ms = now_ms() - self->asked_ms;
    }
    LSC_END((lsc_result)self->worst_ms);
}

struct library {
    struct lsc_frame frame;
    struct lsc_join indexer, client;
};

static lsc_result open_library(struct lsc_context *cx, void *state)
{
    struct library *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_spawn(cx, ask, (&(struct client){.worst_ms = 0}), .name = "client", .join = &self->client);
    lsc_spawn(cx, index_books, (&(struct indexer){.book = 0}), .name = "indexer",
              .join = &self->indexer);
    LSC_AWAIT(r, lsc_join_await(cx, &self->indexer));
    lsc_join_cancel(&self->client);
    LSC_AWAIT(r, lsc_join_await(cx, &self->client));
    LSC_END(r);
}

int main(int count, char **arguments)
{
    struct lsc_executor *executor;
    is_healthy = count > 1 && strcmp(arguments[1], "healthy") == 0;
    if (lsc_executor_new(&executor, &(struct lsc_executor_options){.workers = 1}) != 0)
        return 1;
    lsc_result worst = lsc_executor_run(executor, open_library, (&(struct library){.frame = {0}}));
    lsc_executor_shutdown(executor, 1000);
    lsc_executor_delete(executor);
    printf("the client waited %d ms at worst\n", (int)worst);
    return 0;
}
