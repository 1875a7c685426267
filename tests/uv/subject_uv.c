/* SPDX-License-Identifier: MIT */
/* What programs do with libuv that a careless wrapper gets wrong. Each case says on stdout what
 * happened, which must be the same bare and under the preload library; uv_check knows what must be
 * on record. */
#include <uv.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "../preload/subject.h"

static uv_loop_t *loop;
static int first_calls, second_calls, closed;

static void say(const char *what, long number)
{
    dprintf(1, "%s %ld\n", what, number);
}

static void run(void)
{
    EXPECT(uv_run(loop, UV_RUN_DEFAULT) == 0);
}

static int finish(void)
{
    EXPECT(uv_loop_close(loop) == 0);
    return 0;
}

static void on_closed(uv_handle_t *h)
{
    (void)h;
    closed++;
}

/* ---- libuv calls itself ---- */

static uv_tcp_t server, client, peer;
static int read_bytes, written;

static void repeat(uv_timer_t *h)
{
    if (++first_calls >= 4)
        uv_close((uv_handle_t *)h, on_closed);
}

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
static void first_timer(uv_timer_t *h)
{
    (void)h;
    first_calls += 100;
}
static void second_timer(uv_timer_t *h)
{
    uv_close((uv_handle_t *)h, NULL);
    second_calls += 100;
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

/* ---- streams ---- */

static char room[65536];

static void allocate(uv_handle_t *h, size_t n, uv_buf_t *buf)
{
    (void)h;
    (void)n;
    *buf = uv_buf_init(room, sizeof(room));
}

static void on_written(uv_write_t *req, int status)
{
    say("written", status);
    written++;
    free(req);
}

static void on_answer(uv_stream_t *h, ssize_t n, const uv_buf_t *buf)
{
    (void)buf;
    if (n > 0)
        read_bytes += (int)n;
    if (n > 0 && h == (uv_stream_t *)&peer) {
        uv_buf_t answer = uv_buf_init(room, (unsigned)n);
        EXPECT(uv_write(malloc(sizeof(uv_write_t)), h, &answer, 1, on_written) == 0);
    } else if (n != 0) {
        uv_close((uv_handle_t *)&client, on_closed);
        uv_close((uv_handle_t *)&peer, on_closed);
        uv_close((uv_handle_t *)&server, NULL);
    }
}

static void wrong_answer(uv_stream_t *h, ssize_t n, const uv_buf_t *buf)
{
    (void)h;
    (void)n;
    (void)buf;
    dprintf(1, "the wrong callback\n");
}

static void on_client(uv_stream_t *h, int status)
{
    EXPECT(status == 0 && uv_tcp_init(loop, &peer) == 0);
    EXPECT(uv_accept(h, (uv_stream_t *)&peer) == 0);
    EXPECT(uv_read_start((uv_stream_t *)&peer, allocate, on_answer) == 0);
    EXPECT(uv_read_start((uv_stream_t *)&peer, allocate, wrong_answer) == UV_EALREADY);
    EXPECT(uv_read_start(NULL, allocate, wrong_answer) == UV_EINVAL);
}

static void on_connected(uv_connect_t *req, int status)
{
    uv_buf_t hello = uv_buf_init(room, 100);
    if (status == UV_ECANCELED)
        return;
    EXPECT(status == 0);
    EXPECT(uv_read_start(req->handle, allocate, on_answer) == 0);
    EXPECT(uv_write(malloc(sizeof(uv_write_t)), req->handle, &hello, 1, on_written) == 0);
}

static void wrong_connect(uv_connect_t *req, int status)
{
    (void)req;
    (void)status;
    dprintf(1, "the wrong callback\n");
}

static void listen_and_connect(uv_connect_t *req, uv_connection_cb cb)
{
    struct sockaddr_in a;
    int n = sizeof(a);
    uv_ip4_addr("127.0.0.1", 0, &a);
    EXPECT(uv_tcp_init(loop, &server) == 0 && uv_tcp_init(loop, &client) == 0);
    EXPECT(uv_tcp_bind(&server, (struct sockaddr *)&a, 0) == 0);
    EXPECT(uv_listen((uv_stream_t *)&server, 8, cb) == 0);
    EXPECT(uv_tcp_getsockname(&server, (struct sockaddr *)&a, &n) == 0);
    EXPECT(uv_tcp_connect(req, &client, (struct sockaddr *)&a, on_connected) == 0);
    /* Refused, while the same request is under way: its callback must come all the same. */
    EXPECT(uv_tcp_connect(req, &client, (struct sockaddr *)&a, wrong_connect) == UV_EALREADY);
}

static int stream(void)
{
    uv_connect_t req;
    listen_and_connect(&req, on_client);
    run();
    say("bytes", read_bytes);
    say("closed", closed);
    return finish();
}

static void on_late(uv_write_t *req, int status)
{
    say(status == UV_ECANCELED ? "cancelled" : "written", closed);
    free(req);
}

static void close_with_full_queue(uv_stream_t *h, int status)
{
    EXPECT(status == 0 && uv_tcp_init(loop, &peer) == 0);
    EXPECT(uv_accept(h, (uv_stream_t *)&peer) == 0);
    uv_buf_t much = {.base = calloc(1, 16 << 20), .len = 16 << 20};
    EXPECT(uv_write(malloc(sizeof(uv_write_t)), (uv_stream_t *)&peer, &much, 1, on_late) == 0);
    EXPECT(uv_write(malloc(sizeof(uv_write_t)), (uv_stream_t *)&peer, &much, 1, on_late) == 0);
    EXPECT(uv_stream_get_write_queue_size((uv_stream_t *)&peer) > 0);
    uv_close((uv_handle_t *)&peer, on_closed);
    uv_close((uv_handle_t *)&client, on_closed);
    uv_close((uv_handle_t *)&server, on_closed);
}

static int full_queue(void)
{
    uv_connect_t req;
    listen_and_connect(&req, close_with_full_queue);
    run();
    say("closed", closed);
    return finish();
}

/* The program leaves with its queue full. */
static void fill_queue(uv_stream_t *h, int status)
{
    EXPECT(status == 0 && uv_tcp_init(loop, &peer) == 0);
    EXPECT(uv_accept(h, (uv_stream_t *)&peer) == 0);
    uv_buf_t much = {.base = calloc(1, 16 << 20), .len = 16 << 20};
    for (int i = 0; i < 5; i++)
        EXPECT(uv_write(malloc(sizeof(uv_write_t)), (uv_stream_t *)&peer, &much, 1, on_late) == 0);
    uv_stop(loop);
}

static int left_queue(void)
{
    uv_connect_t req;
    listen_and_connect(&req, fill_queue);
    uv_run(loop, UV_RUN_DEFAULT);
    EXPECT(uv_stream_get_write_queue_size((uv_stream_t *)&peer) > 64 << 20);
    return 0;
}

/* ---- no callback ---- */

static void only_work(uv_work_t *req)
{
    (void)req;
    __atomic_fetch_add(&first_calls, 1, __ATOMIC_RELAXED);
}

static int without(void)
{
    uv_fs_t fs;
    uv_getaddrinfo_t look;
    uv_work_t work;
    uv_async_t async;
    uv_timer_t timer;
    EXPECT(uv_fs_stat(loop, &fs, "/", NULL) == 0 && fs.result == 0);
    uv_fs_req_cleanup(&fs);
    EXPECT(uv_fs_stat(loop, NULL, "/", NULL) == UV_EINVAL);
    EXPECT(uv_fs_open(NULL, &fs, "/no/such/file", O_RDONLY, 0, NULL) == UV_ENOENT);
    uv_fs_req_cleanup(&fs);
    EXPECT(uv_getaddrinfo(loop, &look, NULL, "127.0.0.1", NULL, NULL) == 0);
    uv_freeaddrinfo(look.addrinfo);
    EXPECT(uv_queue_work(loop, &work, NULL, NULL) == UV_EINVAL);
    EXPECT(uv_queue_work(loop, &work, only_work, NULL) == 0);
    EXPECT(uv_async_init(loop, &async, NULL) == 0 && uv_async_send(&async) == 0);
    EXPECT(uv_timer_init(loop, &timer) == 0 && uv_timer_start(&timer, NULL, 0, 0) == UV_EINVAL);
    uv_close((uv_handle_t *)&async, NULL);
    uv_close((uv_handle_t *)&timer, NULL);
    run();
    say("work", first_calls);
    return finish();
}

/* ---- the pool ---- */

static int completions, cancelled;

static void after(uv_work_t *req, int status)
{
    completions++;
    cancelled += status == UV_ECANCELED;
    free(req);
}

static int work(void)
{
    for (int i = 0; i < 2000; i++)
        EXPECT(uv_queue_work(loop, malloc(sizeof(uv_work_t)), only_work, after) == 0);
    run();
    say("work", first_calls);
    say("done", completions);
    return finish();
}

static void on_stat(uv_fs_t *req)
{
    EXPECT(req->result == 0 || req->result == UV_ECANCELED);
    completions++;
    cancelled += req->result == UV_ECANCELED;
    uv_fs_req_cleanup(req);
    free(req);
}
static void on_name(uv_getnameinfo_t *req, int status, const char *host, const char *service)
{
    (void)req;
    EXPECT(status == 0 && strcmp(host, "127.0.0.1") == 0 && strcmp(service, "80") == 0);
    completions++;
}
static void on_address(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
    (void)req;
    EXPECT(status == 0);
    uv_freeaddrinfo(found);
    completions++;
}
static void on_random(uv_random_t *req, int status, void *buf, size_t n)
{
    (void)req;
    EXPECT(status == 0 && buf == room && n == 16);
    completions++;
}

static int pool(void)
{
    uv_getnameinfo_t name;
    uv_getaddrinfo_t address;
    uv_random_t random;
    struct sockaddr_in a;
    uv_ip4_addr("127.0.0.1", 80, &a);
    for (int i = 0; i < 500; i++)
        EXPECT(uv_fs_stat(loop, malloc(sizeof(uv_fs_t)), "/", on_stat) == 0);
    EXPECT(uv_getnameinfo(loop, &name, on_name, (struct sockaddr *)&a,
                          NI_NUMERICHOST | NI_NUMERICSERV) == 0);
    EXPECT(uv_getaddrinfo(loop, &address, on_address, "127.0.0.1", "80", NULL) == 0);
    EXPECT(uv_random(loop, &random, room, 16, 0, on_random) == 0);
    run();
    say("done", completions);
    return finish();
}

/* Cancelling races with the pool's threads: each request ends exactly once, as what was returned
 * says. */
static int cancel(void)
{
    int refused = 0;
    for (int i = 0; i < 20000; i++) {
        uv_req_t *req = malloc(sizeof(union uv_any_req));
        if (i % 2)
            EXPECT(uv_fs_stat(loop, (uv_fs_t *)req, "/", on_stat) == 0);
        else
            EXPECT(uv_queue_work(loop, (uv_work_t *)req, only_work, after) == 0);
        for (volatile int pause = i % 300; pause > 0; pause--) {
        }
        int error = uv_cancel(req);
        EXPECT(error == 0 || error == UV_EBUSY);
        refused += error == UV_EBUSY;
        if (i % 64 == 0)
            uv_run(loop, UV_RUN_NOWAIT);
    }
    run();
    say("done", completions);
    EXPECT(completions == 20000 && cancelled + refused == completions);
    EXPECT(first_calls <= refused);
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
    uv_write_t *req = malloc(sizeof(*req));
    uv_buf_t buf = uv_buf_init(room, 1);
    EXPECT(uv_tcp_init(loop, &none) == 0);
    EXPECT(uv_write(req, (uv_stream_t *)&none, &buf, 1, on_written) == UV_EBADF);
    free(req);
    uv_close((uv_handle_t *)&none, on_closed);
    run();
    say("timers", first_calls);
    say("sends", second_calls);
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
    EXPECT(uv_async_init(loop, &async, wake) == 0);
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

static void on_shared(uv_async_t *h)
{
    (void)h;
    second_calls++;
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

static const struct subject_case cases[] = {
    {"reentry", reentry},
    {"late", late},
    {"restart", restart},
    {"stream", stream},
    {"full-queue", full_queue},
    {"left-queue", left_queue},
    {"without", without},
    {"work", work},
    {"pool", pool},
    {"cancel", cancel},
    {"reuse", reuse},
    {"delayed", delayed},
    {"modes", modes},
    {"embedded", embedded},
    {"loops", loops},
    {"forked", forked},
    {"senders", senders},
    {"children", children},
    {"many", many},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    loop = uv_default_loop();
    return run_case(cases, argc, argv);
}
