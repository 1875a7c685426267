/* SPDX-License-Identifier: MIT */
/* loopscope-selftest: makes every call that the probe hooks, each in a turn of its own, so that
 * `loopscope doctor` can prove from the records that every hook fires. Run under the preload;
 * linked to nothing of loopscope's. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "trial.h"

#define TRY_AT_LEAST_NS 2000000 /* short calls are repeated for so long, to add up to a record */
#define TRIES_MOST 2000
#define LOOP_WAITS 12
#define POOL_THREADS 3
#define SECONDS_MOST 60 /* a hook that hangs is to be told, not waited for */
#define STALL_NS 120000000

static const struct {
    const char *symbol;
    int (*try)(void);
} rows[] = {
#define X(symbol, number, class) {#symbol, try_##symbol},
    LSC_CALLS(X)
#undef X
#define X(symbol, call) {#symbol, try_##symbol},
        SELFTEST_ALIASES(X)
#undef X
};

/* The probe's own function, when it is there. */
static void (*mark)(const char *name, uint64_t value);

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void mark_untested(const char *symbol, int error)
{
    char text[128];
    snprintf(text, sizeof text, SELFTEST_UNTESTED "%s:%s", symbol, strerror(-error));
    mark(text, 0);
}

/* A wait that ends by its timeout: the turn before it is over and the next begins. */
static void begin_turn(int epoll)
{
    struct epoll_event event;
    epoll_wait(epoll, &event, 1, 1);
}

static void try_row(size_t row)
{
    uint64_t begun = now_ns();
    for (int i = 0; i < TRIES_MOST && now_ns() - begun < TRY_AT_LEAST_NS; i++) {
        int error = rows[row].try();
        if (error) {
            mark_untested(rows[row].symbol, error);
            return;
        }
    }
}

static void try_all_rows(int epoll)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin_turn(epoll);
        mark(rows[i].symbol, i);
        try_row(i);
    }
    begin_turn(epoll);
}

static void fire_timer(int epoll)
{
    mark(SELFTEST_LIBUV, 0);
    int error = try_libuv();
    if (error)
        mark_untested(SELFTEST_LIBUV, error);
    begin_turn(epoll);
}

static void stall(int epoll)
{
    mark(SELFTEST_STALL, 0);
    for (uint64_t begun = now_ns(); now_ns() - begun < STALL_NS;)
        continue;
    begin_turn(epoll);
}

/* One wait of a millisecond, by each of the ways. */
static void wait_epoll_wait(int epoll, struct pollfd *polled, fd_set *set)
{
    struct epoll_event event;
    (void)polled, (void)set;
    epoll_wait(epoll, &event, 1, 1);
}

static void wait_epoll_pwait(int epoll, struct pollfd *polled, fd_set *set)
{
    struct epoll_event event;
    (void)polled, (void)set;
    epoll_pwait(epoll, &event, 1, 1, NULL);
}

static void wait_epoll_pwait2(int epoll, struct pollfd *polled, fd_set *set)
{
    struct epoll_event event;
    struct timespec timeout = {.tv_nsec = 1000000};
    (void)polled, (void)set;
    epoll_pwait2(epoll, &event, 1, &timeout, NULL);
}

static void wait_poll(int epoll, struct pollfd *polled, fd_set *set)
{
    (void)epoll, (void)set;
    poll(polled, 1, 1);
}

static void wait_ppoll(int epoll, struct pollfd *polled, fd_set *set)
{
    struct timespec timeout = {.tv_nsec = 1000000};
    (void)epoll, (void)set;
    ppoll(polled, 1, &timeout, NULL);
}

static void wait_select(int epoll, struct pollfd *polled, fd_set *set)
{
    struct timeval timeout = {.tv_usec = 1000};
    fd_set waited = *set;
    (void)epoll;
    select(polled->fd + 1, &waited, NULL, NULL, &timeout);
}

static void wait_pselect(int epoll, struct pollfd *polled, fd_set *set)
{
    struct timespec timeout = {.tv_nsec = 1000000};
    fd_set waited = *set;
    (void)epoll;
    pselect(polled->fd + 1, &waited, NULL, NULL, &timeout, NULL);
}

static const struct loop_kind {
    const char *symbol;
    void (*wait)(int epoll, struct pollfd *polled, fd_set *set);
} loop_kinds[] = {
#define X(symbol) {#symbol, wait_##symbol},
    SELFTEST_LOOPS(X)
#undef X
};

static void *run_loop(void *data)
{
    const struct loop_kind *kind = data;
    char name[32];
    int ends[2];
    snprintf(name, sizeof name, SELFTEST_LOOP_PREFIX "%s", kind->symbol);
    mark(name, 0);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0 || pipe(ends) != 0)
        return NULL;
    struct pollfd polled = {.fd = ends[0], .events = POLLIN};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    for (int i = 0; i < LOOP_WAITS; i++)
        kind->wait(epoll, &polled, &set);
    return NULL; /* the descriptors end with the process */
}

static void try_loops(void)
{
    pthread_t threads[sizeof loop_kinds / sizeof loop_kinds[0]];
    size_t count = 0;
    for (; count < sizeof loop_kinds / sizeof loop_kinds[0]; count++) {
        union {
            const struct loop_kind *kind;
            void *data;
        } argument = {.kind = &loop_kinds[count]};
        if (pthread_create(&threads[count], NULL, run_loop, argument.data) != 0)
            break;
    }
    while (count > 0)
        pthread_join(threads[--count], NULL);
}

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t work;
    int jobs; /* left to do; -1: go home */
} pool = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

static void *run_worker(void *data)
{
    mark(SELFTEST_POOL, 0);
    pthread_mutex_lock(&pool.mutex);
    while (pool.jobs >= 0) {
        if (pool.jobs == 0) {
            pthread_cond_wait(&pool.work, &pool.mutex);
            continue;
        }
        pool.jobs--;
        pthread_mutex_unlock(&pool.mutex);
        pass_time();
        pthread_mutex_lock(&pool.mutex);
    }
    pthread_mutex_unlock(&pool.mutex);
    return data;
}

static void set_jobs(int jobs)
{
    pthread_mutex_lock(&pool.mutex);
    pool.jobs = jobs;
    pthread_cond_broadcast(&pool.work);
    pthread_mutex_unlock(&pool.mutex);
}

static void try_pool(void)
{
    pthread_t threads[POOL_THREADS];
    int count = 0;
    while (count < POOL_THREADS && pthread_create(&threads[count], NULL, run_worker, NULL) == 0)
        count++;
    for (int round = 0; round < 10; round++) {
        set_jobs(2 * POOL_THREADS);
        for (int i = 0; i < 5; i++)
            pass_time();
    }
    set_jobs(-1);
    while (count > 0)
        pthread_join(threads[--count], NULL);
}

/* Sockets with queues, open until the end: the watchdog looks at them from time to time. */
static void open_queues(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || listen(listener, 1) != 0)
        mark_untested("listen", -errno);
    int receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (receiver < 0 || bind(receiver, (struct sockaddr *)&address, sizeof address) != 0)
        mark_untested("bind", -errno);
}

int main(void)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); /* whoever started it may have held signals back */
    alarm(SECONDS_MOST);
    int error = scratch_make();
    /* Some calls print; only the records count. */
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0)
        dup2(nowhere, STDOUT_FILENO);
    if (epoll < 0 || error) {
        fprintf(stderr, "loopscope-selftest: cannot make a scratch directory: %s\n",
                strerror(error ? -error : errno));
        return 2;
    }
    *(void **)&mark = dlsym(RTLD_DEFAULT, "lsc_mark_slow");
    if (!mark) {
        fprintf(stderr, "loopscope-selftest: not run under the probe\n");
        return 2;
    }
    for (int i = 0; i < LOOP_WAITS; i++)
        begin_turn(epoll);
    open_queues();
    try_all_rows(epoll);
    fire_timer(epoll);
    stall(epoll);
    mark(SELFTEST_DONE, 0);
    begin_turn(epoll);
    try_loops();
    try_pool();
    scratch_remove();
    return 0;
}
