/* SPDX-License-Identifier: MIT */
/* Loops: ways to run one, several of them, and threads, children and signals beside one. */
#include "subject_uv.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

static void on_shared(uv_async_t *h)
{
    (void)h;
    second_calls++;
}

/* ---- ways to run a loop ---- */

static void close_it(uv_handle_t *h, void *arg)
{
    (void)arg;
    uv_close(h, on_closed);
}

static int modes(void)
{
    uv_timer_t timer;
    uv_async_t async;
    EXPECT(uv_timer_init(loop, &timer) == 0 && uv_timer_start(&timer, first_timer, 1, 1) == 0);
    EXPECT(uv_async_init(loop, &async, on_shared) == 0);
    while (first_calls < 300)
        uv_run(loop, UV_RUN_NOWAIT);
    while (first_calls < 600)
        uv_run(loop, UV_RUN_ONCE);
    say("timer", first_calls);
    uv_walk(loop, close_it, NULL);
    run();
    say("closed", closed);
    return finish();
}

static int embedded(void)
{
    uv_timer_t timer;
    int outer = quiet_epoll(), inner = uv_backend_fd(loop);
    struct epoll_event event = {.events = EPOLLIN};
    EXPECT(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event) == 0);
    EXPECT(uv_timer_init(loop, &timer) == 0 && uv_timer_start(&timer, first_timer, 1, 1) == 0);
    while (first_calls < 500) {
        wait_ms(outer, uv_backend_timeout(loop));
        uv_run(loop, UV_RUN_NOWAIT);
    }
    say("timer", first_calls);
    uv_close((uv_handle_t *)&timer, on_closed);
    run();
    close(outer);
    return finish();
}

/* ---- threads, children, signals ---- */

static void *another_loop(void *arg)
{
    uv_loop_t mine;
    uv_timer_t timer;
    int *calls = arg;
    EXPECT(uv_loop_init(&mine) == 0 && uv_timer_init(&mine, &timer) == 0);
    timer.data = calls;
    EXPECT(uv_timer_start(&timer, second_timer, 1, 0) == 0);
    uv_run(&mine, UV_RUN_DEFAULT);
    EXPECT(uv_loop_close(&mine) == 0);
    *calls += 1;
    return NULL;
}

static int loops(void)
{
    pthread_t threads[4];
    int ends[4] = {0};
    for (int i = 0; i < 4; i++)
        EXPECT(pthread_create(&threads[i], NULL, another_loop, &ends[i]) == 0);
    for (int i = 0; i < 4; i++)
        EXPECT(pthread_join(threads[i], NULL) == 0);
    say("loops", ends[0] + ends[1] + ends[2] + ends[3]);
    return finish();
}

static int forked(void)
{
    uv_timer_t timer;
    uv_async_t async;
    int status;
    EXPECT(uv_timer_init(loop, &timer) == 0 && uv_timer_start(&timer, repeat, 1, 1) == 0);
    EXPECT(uv_async_init(loop, &async, on_shared) == 0);
    while (first_calls < 2)
        uv_run(loop, UV_RUN_ONCE);
    pid_t child = fork();
    if (child == 0) {
        EXPECT(uv_loop_fork(loop) == 0);
        EXPECT(uv_async_send(&async) == 0);
        while (closed == 0 || second_calls == 0)
            uv_run(loop, UV_RUN_ONCE);
        say("child", first_calls + second_calls);
        exit(3);
    }
    EXPECT(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 3);
    uv_close((uv_handle_t *)&async, NULL);
    run();
    say("parent", first_calls);
    return finish();
}

static uv_async_t shared_async;

static void from_handler(int signum)
{
    (void)signum;
    uv_async_send(&shared_async);
}
static void *sender(void *arg)
{
    (void)arg;
    for (int i = 0; i < 1000; i++)
        uv_async_send(&shared_async);
    return NULL;
}

static int senders(void)
{
    pthread_t threads[4];
    EXPECT(uv_async_init(loop, &shared_async, on_shared) == 0);
    signal(SIGUSR1, from_handler);
    raise(SIGUSR1);
    uv_run(loop, UV_RUN_ONCE);
    say("by the handler", second_calls);
    for (int i = 0; i < 4; i++)
        EXPECT(pthread_create(&threads[i], NULL, sender, NULL) == 0);
    for (int i = 0; i < 4; i++)
        EXPECT(pthread_join(threads[i], NULL) == 0);
    uv_run(loop, UV_RUN_NOWAIT);
    EXPECT(second_calls >= 2);
    uv_close((uv_handle_t *)&shared_async, NULL);
    run();
    return finish();
}

static void on_exit_of_child(uv_process_t *h, int64_t status, int signum)
{
    say("child left with", (long)status + signum);
    uv_close((uv_handle_t *)h, on_closed);
}

static int children(void)
{
    uv_process_t good, bad;
    char shell[] = "sh", option[] = "-c", command[] = "exit 7";
    char *args[] = {shell, option, command, NULL};
    uv_process_options_t options = {.file = "sh", .args = args, .exit_cb = on_exit_of_child};
    EXPECT(uv_spawn(loop, &good, &options) == 0);
    EXPECT(options.exit_cb == on_exit_of_child);
    options.file = "/no/such/program";
    EXPECT(uv_spawn(loop, &bad, &options) == UV_ENOENT);
    uv_close((uv_handle_t *)&bad, on_closed);
    run();
    say("closed", closed);
    return finish();
}

const struct subject_case loop_cases[] = {
    {"modes", modes},     {"embedded", embedded}, {"loops", loops}, {"forked", forked},
    {"senders", senders}, {"children", children}, {NULL, NULL},
};
