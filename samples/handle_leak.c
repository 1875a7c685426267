/* SPDX-License-Identifier: MIT */
/* Wrong: each request gets a timer for its timeout. When the answer comes the timer is stopped, but
 * never closed: the loop keeps it, and its memory, for ever.
 *
 * loopscope must say: task-leak, timers made by request_begin, this file, how many there are and
 * how many more each second. The healthy twin closes them. */
#include "ticker.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#define REQUESTS 800
#define PERIOD_MS 5
#define TIMEOUT_MS 2000
#define UNDER_WAY 8 /* an answer comes so many requests later */

struct request {
    uv_timer_t timeout;
};

static struct {
    uv_timer_t clients;
    struct request *under_way[UNDER_WAY];
    bool is_closing;
    unsigned begun, closed;
} program;

static void on_timeout(uv_timer_t *timeout)
{
    (void)timeout;
    fprintf(stderr, "a request timed out\n");
}

__attribute__((noinline)) static struct request *request_begin(uv_loop_t *loop)
{
    struct request *request = malloc(sizeof *request);

    uv_timer_init(loop, &request->timeout); /* DEFECT */
    uv_timer_start(&request->timeout, on_timeout, TIMEOUT_MS, 0);
    return request;
}

static void on_closed(uv_handle_t *timeout)
{
    program.closed++;
    free(timeout);
}

static void request_end(struct request *request)
{
    uv_timer_stop(&request->timeout);
    if (program.is_closing)
        uv_close((uv_handle_t *)&request->timeout, on_closed);
}

static void on_client(uv_timer_t *clients)
{
    unsigned place = program.begun % UNDER_WAY;

    if (program.under_way[place])
        request_end(program.under_way[place]);
    program.under_way[place] = NULL;
    if (program.begun < REQUESTS)
        program.under_way[place] = request_begin(clients->loop);
    if (++program.begun == REQUESTS + UNDER_WAY)
        uv_close((uv_handle_t *)clients, NULL);
}

int main(int argc, char **argv)
{
    uv_loop_t *loop = uv_default_loop();

    program.is_closing = ticker_wants_healthy(argc, argv);
    uv_timer_init(loop, &program.clients);
    uv_timer_start(&program.clients, on_client, PERIOD_MS, PERIOD_MS);
    uv_run(loop, UV_RUN_DEFAULT);
    printf("%u handles were left\n", REQUESTS - program.closed);
    return EXIT_SUCCESS;
}
