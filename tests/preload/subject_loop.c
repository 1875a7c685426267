/* SPDX-License-Identifier: MIT */
/* Loops of all kinds, with and without something that blocks them. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/select.h>

#include "subject.h"

static int first_turn(void)
{
    int epfd = quiet_epoll();
    wait_ms(epfd, 1);
    usleep(50000);
    return 0;
}

/* Node's execSync: a second loop, deeper in the stack, inside a turn of the first. */
__attribute__((noinline)) static void nested_wait(int epfd)
{
    volatile char room[256];
    room[0] = 0;
    wait_ms(epfd, 60 + room[0]);
}

static int nested_epoll(void)
{
    int epfd = quiet_epoll(), other = quiet_epoll();
    for (int i = 0; i < 4; i++) {
        wait_ms(epfd, 1);
        if (i == 2)
            nested_wait(other);
    }
    return 0;
}

static int poll_loop(void)
{
    int fds[2];
    EXPECT(pipe(fds) == 0);
    for (int i = 0; i < 10; i++) {
        struct pollfd p = {.fd = fds[0], .events = POLLIN};
        EXPECT(poll(&p, 1, 2) == 0);
        if (i == 7)
            usleep(30000);
    }
    return 0;
}

static int select_loop(void)
{
    int fds[2];
    EXPECT(pipe(fds) == 0);
    for (int i = 0; i < 10; i++) {
        struct timeval timeout = {.tv_usec = 2000};
        fd_set set;
        FD_ZERO(&set);
        FD_SET(fds[0], &set);
        EXPECT(select(fds[0] + 1, &set, NULL, NULL, &timeout) == 0);
    }
    return 0;
}

static int poll_in_turn(void)
{
    int epfd = quiet_epoll(), fds[2];
    EXPECT(pipe(fds) == 0);
    for (int i = 0; i < 3; i++) {
        struct pollfd p = {.fd = fds[0], .events = POLLIN};
        wait_ms(epfd, 1);
        poll(&p, 1, 0);
        if (i == 1)
            poll(&p, 1, 40);
    }
    return 0;
}

/* As Node waits with UV_METRICS_IDLE_TIME: 20 iterations, 40 waits. */
static int double_wait(void)
{
    int epfd = quiet_epoll();
    for (int i = 0; i < 20; i++) {
        EXPECT(wait_ms(epfd, 0) == 0);
        EXPECT(wait_ms(epfd, 1) == 0);
    }
    return 0;
}

static sem_t gate;
static int shared_epfd;

static void *second_waiter(void *unused)
{
    wait_ms(shared_epfd, 100);
    sem_post(&gate);
    return unused;
}

static int shared_reactor(void)
{
    pthread_t thread;
    sem_init(&gate, 0, 0);
    shared_epfd = quiet_epoll();
    wait_ms(shared_epfd, 1);
    EXPECT(pthread_create(&thread, NULL, second_waiter, NULL) == 0);
    EXPECT(sem_wait(&gate) == 0); /* a rest of 100 ms, no block */
    wait_ms(shared_epfd, 1);
    pthread_join(thread, NULL);
    return 0;
}

/* Two workers of a reactor that one of them holds all the time, as multi-threaded Tokio has them:
 * the other one only ever parks, and what it blocks in is seen all the same. */
__attribute__((noinline)) static int rest_of_worker(bool holds_reactor)
{
    if (!holds_reactor)
        return sem_wait(&gate);
    for (int i = 0; i < 5; i++)
        wait_ms(shared_epfd, 20);
    sem_post(&gate);
    return wait_ms(shared_epfd, 200);
}

__attribute__((noinline)) static int turn_of_worker(bool holds_reactor)
{
    return rest_of_worker(holds_reactor) + 1;
}

__attribute__((noinline)) static int run_worker(bool holds_reactor)
{
    int done = turn_of_worker(holds_reactor) + 1;
    if (!holds_reactor)
        usleep(60000);
    return done;
}

static void *worker(void *holds_reactor)
{
    return run_worker(holds_reactor != NULL) == 2 ? NULL : holds_reactor;
}

static int sibling(void)
{
    pthread_t holder, other;
    sem_init(&gate, 0, 0);
    shared_epfd = quiet_epoll();
    EXPECT(pthread_create(&holder, NULL, worker, &gate) == 0);
    EXPECT(pthread_create(&other, NULL, worker, NULL) == 0);
    EXPECT(pthread_join(other, NULL) == 0);
    EXPECT(pthread_join(holder, NULL) == 0);
    return 0;
}

static int many_small(void)
{
    int epfd = quiet_epoll();
    int fd = open("/dev/zero", O_RDONLY);
    char *room = malloc(1 << 16);
    EXPECT(fd >= 0 && room);
    wait_ms(epfd, 1);
    for (int i = 0; i < 20000; i++)
        EXPECT(read(fd, room, 1 << 16) == 1 << 16);
    wait_ms(epfd, 1);
    return 0;
}

static int stdio(void)
{
    int epfd = quiet_epoll();
    char line[64];
    FILE *f = tmpfile();
    EXPECT(f);
    wait_ms(epfd, 1);
    EXPECT(fputs("a line\n", f) >= 0 && fflush(f) == 0);
    rewind(f);
    EXPECT(fgets(line, sizeof(line), f) == line && strcmp(line, "a line\n") == 0);
    EXPECT(fclose(f) == 0);
    puts("through stdio");
    wait_ms(epfd, 1);
    return 0;
}

static sigjmp_buf back;

static void jump(int signal)
{
    (void)signal;
    siglongjmp(back, 1);
}

/* A call that never returns: the turns after it are as before. */
static int longjmp_out(void)
{
    int epfd = quiet_epoll();
    signal(SIGALRM, jump);
    wait_ms(epfd, 1);
    if (sigsetjmp(back, 1) == 0) {
        ualarm(20000, 0);
        pause();
    }
    wait_ms(epfd, 1);
    usleep(40000);
    wait_ms(epfd, 1);
    return 0;
}

static int cpu_stall(void)
{
    int epfd = quiet_epoll();
    wait_ms(epfd, 30);
    spin(0.15);
    wait_ms(epfd, 1);
    return 0;
}

static int idle(void)
{
    int epfd = quiet_epoll();
    for (int i = 0; i < 5; i++)
        wait_ms(epfd, 40);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct subject_case cases[] = {{"first-turn", first_turn},
                                                {"nested-epoll", nested_epoll},
                                                {"poll-loop", poll_loop},
                                                {"select-loop", select_loop},
                                                {"poll-in-turn", poll_in_turn},
                                                {"double-wait", double_wait},
                                                {"shared-reactor", shared_reactor},
                                                {"sibling", sibling},
                                                {"many-small", many_small},
                                                {"stdio", stdio},
                                                {"longjmp", longjmp_out},
                                                {"cpu-stall", cpu_stall},
                                                {"idle", idle},
                                                {NULL, NULL}};
    return run_case(cases, argc, argv);
}
