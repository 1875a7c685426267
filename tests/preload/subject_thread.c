/* SPDX-License-Identifier: MIT */
/* Threads beside a loop: pools, churn, cancellation, locks. */
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>

#include "subject.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static int jobs;

static void *worker(void *unused)
{
    for (;;) {
        pthread_mutex_lock(&lock);
        while (jobs == 0)
            pthread_cond_wait(&more, &lock);
        int job = jobs--;
        pthread_mutex_unlock(&lock);
        if (job < 0)
            return unused;
        spin(0.01);
    }
}

static int pool(void)
{
    int epfd = quiet_epoll();
    pthread_t threads[4];
    wait_ms(epfd, 1);
    jobs = 12;
    for (int i = 0; i < 4; i++)
        EXPECT(pthread_create(&threads[i], NULL, worker, NULL) == 0);
    for (int round = 0; round < 3; round++) {
        wait_ms(epfd, 200);
        pthread_mutex_lock(&lock);
        jobs += 8;
        pthread_cond_broadcast(&more);
        pthread_mutex_unlock(&lock);
    }
    wait_ms(epfd, 200);
    return 0;
}

/* One burst, in which no worker ever waits, and the end. */
static int pool_burst(void)
{
    int epfd = quiet_epoll();
    pthread_t threads[4];
    wait_ms(epfd, 1);
    jobs = 24;
    for (int i = 0; i < 4; i++)
        EXPECT(pthread_create(&threads[i], NULL, worker, NULL) == 0);
    wait_ms(epfd, 400);
    return 0;
}

static void *short_life(void *epfd)
{
    wait_ms(*(int *)epfd, 0);
    return NULL;
}

static int churn(void)
{
    int epfd = quiet_epoll();
    wait_ms(epfd, 1);
    for (int i = 0; i < 2000; i++) {
        pthread_t thread;
        EXPECT(pthread_create(&thread, NULL, short_life, &epfd) == 0);
        EXPECT(pthread_join(thread, NULL) == 0);
    }
    wait_ms(epfd, 1);
    return 0;
}

static int was_cleaned;

static void clean(void *unused)
{
    (void)unused;
    was_cleaned++;
}

static void *blocked_reader(void *fd)
{
    int epfd = quiet_epoll();
    char byte;
    pthread_cleanup_push(clean, NULL);
    wait_ms(epfd, 1);
    EXPECT(read(*(int *)fd, &byte, 1) == 1);
    pthread_cleanup_pop(1);
    return NULL;
}

static int cancel(void)
{
    int fds[2], epfd = quiet_epoll();
    EXPECT(pipe(fds) == 0);
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        void *result;
        EXPECT(pthread_create(&thread, NULL, blocked_reader, &fds[0]) == 0);
        wait_ms(epfd, 10);
        EXPECT(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0);
        EXPECT(result == PTHREAD_CANCELED && was_cleaned == i + 1);
    }
    return 0;
}

static void *holder(void *unused)
{
    pthread_mutex_lock(&lock);
    sem_post(unused);
    usleep(50000);
    pthread_mutex_unlock(&lock);
    return NULL;
}

static int contended(void)
{
    int epfd = quiet_epoll();
    pthread_t thread;
    sem_t held;
    sem_init(&held, 0, 0);
    EXPECT(pthread_create(&thread, NULL, holder, &held) == 0);
    EXPECT(sem_wait(&held) == 0);
    wait_ms(epfd, 1);
    EXPECT(pthread_mutex_lock(&lock) == 0 && pthread_mutex_unlock(&lock) == 0);
    wait_ms(epfd, 1);
    pthread_mutexattr_t attributes;
    pthread_mutex_t checked;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&checked, &attributes);
    EXPECT(pthread_mutex_lock(&checked) == 0 && pthread_mutex_lock(&checked) == EDEADLK);
    pthread_join(thread, NULL);
    return 0;
}

static void *last_thread(void *unused)
{
    int epfd = quiet_epoll();
    for (int i = 0; i < 20; i++)
        wait_ms(epfd, 5);
    return unused;
}

/* The process ends with its last thread: the program's last one. */
static int main_leaves(void)
{
    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, last_thread, NULL) == 0);
    pthread_exit(NULL);
}

int main(int argc, char **argv)
{
    static const struct subject_case cases[] = {{"pool", pool},     {"pool-burst", pool_burst},
                                                {"churn", churn},   {"main-leaves", main_leaves},
                                                {"cancel", cancel}, {"contended", contended},
                                                {NULL, NULL}};
    return run_case(cases, argc, argv);
}
