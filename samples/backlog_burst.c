/* SPDX-License-Identifier: MIT */
/* Wrong: the listening socket has a backlog of 8, and the loop does not come to accept while it
 * rebuilds an index. A burst of clients in that time fills the backlog; the kernel drops the
 * others, who try again after a second. Nothing in the program tells of it.
 *
 * loopscope must say: queue-saturated on the accept backlog of 8, for how long, how many
 * connections were dropped, and that the loop was in rebuild_index, this file, meanwhile. The
 * healthy twin has a backlog of 128 and rebuilds on a thread of the pool. */
#include "ticker.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#define BURSTS 5
#define PERIOD_MS 700
#define CLIENTS 64
#define REBUILD_US 300000

static struct {
    uv_tcp_t listener;
    uv_timer_t timer;
    uv_work_t rebuild;
    struct sockaddr_in address;
    uv_sem_t is_burst;
    bool is_healthy;
    unsigned bursts;
    unsigned held;
    uint64_t held_ns;
} program;

/* The clients: each burst connects them all at once and lets the burst before go. */
static void burst(void *context)
{
    int clients[CLIENTS];

    (void)context;
    for (int round = 0; round < BURSTS; round++) {
        uv_sem_wait(&program.is_burst);
        for (int i = 0; i < CLIENTS; i++) {
            if (round > 0)
                close(clients[i]);
            clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
            connect(clients[i], (struct sockaddr *)&program.address, sizeof program.address);
        }
    }
}

static void on_closed(uv_handle_t *client)
{
    free(client);
}

static void on_connection(uv_stream_t *listener, int status)
{
    uv_tcp_t *client = malloc(sizeof *client);

    uv_tcp_init(listener->loop, client);
    if (status < 0 || uv_accept(listener, (uv_stream_t *)client) < 0)
        abort();
    uv_close((uv_handle_t *)client, on_closed);
}

__attribute__((noinline)) static void rebuild_index(uv_work_t *work)
{
    (void)work;
    usleep(REBUILD_US); /* DEFECT */
}

static void on_timer(uv_timer_t *timer)
{
    uint64_t start = ticker_now_ns();

    if (program.bursts == BURSTS) {
        uv_close((uv_handle_t *)timer, NULL);
        uv_close((uv_handle_t *)&program.listener, NULL);
        return;
    }
    program.bursts++;
    uv_sem_post(&program.is_burst);
    if (program.is_healthy) {
        uv_queue_work(timer->loop, &program.rebuild, rebuild_index, NULL);
        return;
    }
    rebuild_index(NULL);
    program.held++;
    program.held_ns += ticker_now_ns() - start;
}

static int serve(uv_loop_t *loop, int backlog)
{
    int length = sizeof program.address;

    uv_ip4_addr("127.0.0.1", 0, &program.address);
    uv_tcp_init(loop, &program.listener);
    uv_tcp_bind(&program.listener, (struct sockaddr *)&program.address, 0);
    int status = uv_listen((uv_stream_t *)&program.listener, backlog, on_connection);
    uv_tcp_getsockname(&program.listener, (struct sockaddr *)&program.address, &length);
    return status;
}

int main(int argc, char **argv)
{
    uv_loop_t *loop = uv_default_loop();
    uv_thread_t clients;

    program.is_healthy = ticker_wants_healthy(argc, argv);
    if (uv_sem_init(&program.is_burst, 0) < 0 || serve(loop, program.is_healthy ? 128 : 8) < 0 ||
        uv_thread_create(&clients, burst, NULL) < 0)
        return EXIT_FAILURE;
    uv_timer_init(loop, &program.timer);
    uv_timer_start(&program.timer, on_timer, PERIOD_MS, PERIOD_MS);
    uv_run(loop, UV_RUN_DEFAULT);
    uv_thread_join(&clients);
    ticker_say_held(program.held, program.held_ns);
    return EXIT_SUCCESS;
}
