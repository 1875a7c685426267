/* SPDX-License-Identifier: MIT */
/* Handles: started again while active, set late, closed slowly, in memory used before. */
#include "subject_uv.h"

#include <signal.h>

/* ---- libuv calls itself ---- */

static int reentry(void)
{
    uv_timer_t timer;
    uv_timer_init(loop, &timer);
    EXPECT(uv_timer_start(&timer, repeat, 1, 2) == 0);
    /* The wrapper that the handle holds comes back as the program's own. */
    EXPECT(uv_timer_start(&timer, timer.timer_cb, 1, 2) == 0);
    EXPECT(uv_timer_again(&timer) == 0);
    run();
    say("timer", first_calls);
    say("closed", closed);
    return finish();
}

/* ---- set late in a long callback ---- */

static uv_timer_t set_late, again, repeated;

static void once(uv_timer_t *h)
{
    first_calls++;
    uv_close((uv_handle_t *)h, on_closed);
}

static void long_callback(uv_timer_t *h)
{
    spin(0.3);
    EXPECT(uv_timer_start(&set_late, once, 20, 0) == 0);
    EXPECT(uv_timer_again(&again) == 0);
    once(h);
}

static void twice(uv_timer_t *h)
{
    if (++second_calls == 2)
        uv_close((uv_handle_t *)h, on_closed);
}

static int late(void)
{
    uv_timer_t blocker;
    EXPECT(uv_timer_init(loop, &blocker) == 0 && uv_timer_init(loop, &set_late) == 0);
    EXPECT(uv_timer_init(loop, &again) == 0 && uv_timer_init(loop, &repeated) == 0);
    EXPECT(uv_timer_start(&again, once, 5000, 20) == 0);
    EXPECT(uv_timer_start(&blocker, long_callback, 1, 0) == 0);
    EXPECT(uv_timer_start(&repeated, twice, 1, 20) == 0);
    run();
    say("once", first_calls);
    say("closed", closed);
    return finish();
}

/* ---- started while active ---- */

static void first_idle(uv_idle_t *h)
{
    (void)h;
    first_calls++;
}
static void second_idle(uv_idle_t *h)
{
    (void)h;
    second_calls++;
}
static int restart(void)
{
    uv_idle_t idle;
    uv_check_t check;
    uv_prepare_t prepare;
    uv_timer_t timer;
    uv_idle_init(loop, &idle);
    uv_check_init(loop, &check);
    uv_prepare_init(loop, &prepare);
    uv_timer_init(loop, &timer);
    EXPECT(uv_idle_start(&idle, first_idle) == 0);
    EXPECT(uv_idle_start(&idle, second_idle) == 0);
    EXPECT(uv_check_start(&check, (uv_check_cb)first_idle) == 0);
    EXPECT(uv_check_start(&check, (uv_check_cb)second_idle) == 0);
    EXPECT(uv_prepare_start(&prepare, (uv_prepare_cb)first_idle) == 0);
    EXPECT(uv_prepare_start(&prepare, (uv_prepare_cb)second_idle) == 0);
    EXPECT(uv_timer_start(&timer, first_timer, 0, 0) == 0);
    EXPECT(uv_timer_start(&timer, second_timer, 0, 0) == 0);
    for (int i = 0; i < 5; i++)
        uv_run(loop, UV_RUN_NOWAIT);
    EXPECT(uv_idle_stop(&idle) == 0 && uv_idle_start(&idle, second_idle) == 0);
    uv_run(loop, UV_RUN_NOWAIT);
    say("first", first_calls);
    say("second", second_calls);
    uv_close((uv_handle_t *)&idle, on_closed);
    uv_close((uv_handle_t *)&check, on_closed);
    uv_close((uv_handle_t *)&prepare, on_closed);
    run();
    say("closed", closed);
    return finish();
}

/* ---- memory used again ---- */

static void free_handle(uv_handle_t *h)
{
    closed++;
    free(h);
}
static void tick(uv_timer_t *h)
{
    first_calls++;
    uv_close((uv_handle_t *)h, free_handle);
}
static void wake(uv_async_t *h)
{
    second_calls++;
    uv_close((uv_handle_t *)h, free_handle);
}

static void wrong_write(uv_write_t *req, int status)
{
    (void)req;
    (void)status;
    dprintf(1, "the wrong callback\n");
}

static int reuse(void)
{
    for (int i = 0; i < 300; i++) {
        /* Of one size, so that timers and async handles take each other's memory. */
        uv_timer_t *timer = malloc(sizeof(union uv_any_handle));
        uv_async_t *async = malloc(sizeof(union uv_any_handle));
        EXPECT(uv_timer_init(loop, timer) == 0 && uv_timer_start(timer, tick, 0, 0) == 0);
        EXPECT(uv_async_init(loop, async, wake) == 0 && uv_async_send(async) == 0);
        run();
    }
    /* A request whose submission failed may be submitted again. */
    uv_tcp_t none;
    char byte = 0;
    uv_write_t *req = malloc(sizeof(*req));
    uv_buf_t buf = uv_buf_init(&byte, 1);
    EXPECT(uv_tcp_init(loop, &none) == 0);
    EXPECT(uv_write(req, (uv_stream_t *)&none, &buf, 1, wrong_write) == UV_EBADF);
    free(req);
    uv_close((uv_handle_t *)&none, on_closed);
    run();
    say("timers", first_calls);
    say("sends", second_calls);
    say("closed", closed);
    return finish();
}

/* More handles than the first table holds, closed in another order. */
static int many(void)
{
    static uv_timer_t timers[20000];
    for (int i = 0; i < 20000; i++) {
        EXPECT(uv_timer_init(loop, &timers[i]) == 0);
        EXPECT(uv_timer_start(&timers[i], first_timer, 0, 0) == 0);
    }
    run();
    for (int i = 0; i < 20000; i++)
        uv_close((uv_handle_t *)&timers[(i * 7919) % 20000], on_closed);
    run();
    say("timers", first_calls / 100);
    say("closed", closed);
    return finish();
}

/* ---- closing that takes its time ---- */

static void on_change(uv_fs_poll_t *h, int status, const uv_stat_t *a, const uv_stat_t *b)
{
    (void)h;
    (void)status;
    (void)a;
    (void)b;
    first_calls++;
}
static void on_signal(uv_signal_t *h, int signum)
{
    say("signal", signum);
    uv_close((uv_handle_t *)h, on_closed);
}

static int delayed(void)
{
    uv_fs_poll_t poll;
    uv_signal_t one, two;
    EXPECT(uv_fs_poll_init(loop, &poll) == 0);
    EXPECT(uv_fs_poll_start(&poll, on_change, "/proc/self/stat", 1) == 0);
    EXPECT(uv_signal_init(loop, &one) == 0 && uv_signal_start(&one, on_signal, SIGUSR1) == 0);
    EXPECT(uv_signal_init(loop, &two) == 0 && uv_signal_start(&two, on_signal, SIGUSR2) == 0);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR2);
    uv_close((uv_handle_t *)&poll, on_closed);
    uv_close((uv_handle_t *)&two, on_closed);
    run();
    say("closed", closed);
    return finish();
}

const struct subject_case handle_cases[] = {
    {"reentry", reentry}, {"late", late},       {"restart", restart}, {"reuse", reuse},
    {"many", many},       {"delayed", delayed}, {NULL, NULL},
};
