/* SPDX-License-Identifier: MIT */
/* Calls that sleep, wait for children, for readiness, for signals or for System V objects. */
#include "trial.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

/* glibc declares these to fortified programs only, or to nobody. */
int __poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                const sigset_t *mask, size_t room);
int __select(int count, fd_set *read, fd_set *write, fd_set *except, struct timeval *timeout);
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t room);

static const struct timespec two_ms = {.tv_nsec = 2000000};

/* Waits that only a signal ends before their time. */
int try_sleep(void)
{
    struct helper helper;
    int error = nag_begin(&helper);
    if (error)
        return error;
    sleep(1);
    helper_end(&helper);
    return 0;
}

int try_pause(void)
{
    struct helper helper;
    int error = nag_begin(&helper);
    if (error)
        return error;
    pause();
    helper_end(&helper);
    return 0;
}

int try_usleep(void)
{
    return usleep(2000) ? -errno : 0;
}

int try_nanosleep(void)
{
    return nanosleep(&two_ms, NULL) ? -errno : 0;
}

int try_thrd_sleep(void)
{
    return thrd_sleep(&two_ms, NULL) ? -EINTR : 0;
}

int try_clock_nanosleep(void)
{
    return -clock_nanosleep(CLOCK_MONOTONIC, 0, &two_ms, NULL);
}

/* A child that lives for two milliseconds. */
static pid_t start_child(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        pass_time();
        _exit(0);
    }
    return pid;
}

/* Waits for such a child. */
#define TRY_CHILD(symbol, expression)                                                              \
    int try_##symbol(void)                                                                         \
    {                                                                                              \
        pid_t pid = start_child();                                                                 \
        if (pid < 0)                                                                               \
            return -errno;                                                                         \
        return (expression) < 0 ? -errno : 0;                                                      \
    }

static siginfo_t signal_info;
static struct rusage usage;

TRY_CHILD(waitpid, waitpid(pid, NULL, 0))
TRY_CHILD(waitid, waitid(P_PID, (id_t)pid, &signal_info, WEXITED))
TRY_CHILD(wait, wait(NULL))
TRY_CHILD(wait3, wait3(NULL, 0, &usage))
TRY_CHILD(wait4, wait4(pid, NULL, 0, &usage))

int try_system(void)
{
    return system("exit 0") ? -EIO : 0;
}

int try_pclose(void)
{
    FILE *stream = popen("sleep 0.002", "r");
    return stream ? pclose(stream) : -errno;
}

static void *live_shortly(void *data)
{
    pass_time();
    return data;
}

int try_pthread_join(void)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, live_shortly, NULL);
    return error ? -error : -pthread_join(thread, NULL);
}

int try_pthread_timedjoin_np(void)
{
    pthread_t thread;
    struct timespec until;
    int error = pthread_create(&thread, NULL, live_shortly, NULL);
    if (error)
        return -error;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    return -pthread_timedjoin_np(thread, NULL, &until);
}

/* Waits for a pipe that never becomes readable. */
#define TRY_READINESS(symbol, expression)                                                          \
    int try_##symbol(void)                                                                         \
    {                                                                                              \
        int ends[2];                                                                               \
        if (pipe(ends) != 0)                                                                       \
            return -errno;                                                                         \
        struct pollfd waited = {.fd = ends[0], .events = POLLIN};                                  \
        struct timeval timeout = {.tv_usec = 2000};                                                \
        fd_set set;                                                                                \
        FD_ZERO(&set);                                                                             \
        FD_SET(ends[0], &set);                                                                     \
        (void)waited;                                                                              \
        (void)timeout;                                                                             \
        (void)(expression);                                                                        \
        close(ends[0]);                                                                            \
        close(ends[1]);                                                                            \
        return 0;                                                                                  \
    }

TRY_READINESS(poll, poll(&waited, 1, 2))
TRY_READINESS(__poll, __poll(&waited, 1, 2))
TRY_READINESS(__ppoll_chk, __ppoll_chk(&waited, 1, &two_ms, NULL, sizeof waited))
TRY_READINESS(__select, __select(ends[0] + 1, &set, NULL, NULL, &timeout))
TRY_READINESS(__poll_chk, __poll_chk(&waited, 1, 2, sizeof waited))
TRY_READINESS(ppoll, ppoll(&waited, 1, &two_ms, NULL))
TRY_READINESS(select, select(ends[0] + 1, &set, NULL, NULL, &timeout))
TRY_READINESS(pselect, pselect(ends[0] + 1, &set, NULL, NULL, &two_ms, NULL))

/* On an epoll instance of its own, not the loop's. */
static int wait_on_epoll(int (*wait_by)(int fd, struct epoll_event *events))
{
    struct epoll_event events[1];
    int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0)
        return -errno;
    wait_by(fd, events);
    close(fd);
    return 0;
}

static int plain_epoll_wait(int fd, struct epoll_event *events)
{
    return epoll_wait(fd, events, 1, 2);
}

static int plain_epoll_pwait(int fd, struct epoll_event *events)
{
    return epoll_pwait(fd, events, 1, 2, NULL);
}

static int plain_epoll_pwait2(int fd, struct epoll_event *events)
{
    return epoll_pwait2(fd, events, 1, &two_ms, NULL);
}

int try_epoll_pwait2(void)
{
    return wait_on_epoll(plain_epoll_pwait2);
}

int try_epoll_wait(void)
{
    return wait_on_epoll(plain_epoll_wait);
}

int try_epoll_pwait(void)
{
    return wait_on_epoll(plain_epoll_pwait);
}

static int wait_for_signal(int (*wait_by)(const sigset_t *set))
{
    struct helper helper;
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    int error = nag_begin(&helper);
    if (!error) {
        wait_by(&set);
        helper_end(&helper);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static int plain_sigwait(const sigset_t *set)
{
    int number;
    return sigwait(set, &number);
}

static int plain_sigtimedwait(const sigset_t *set)
{
    struct timespec second = {.tv_sec = 1};
    return sigtimedwait(set, NULL, &second);
}

int try_sigwait(void)
{
    return wait_for_signal(plain_sigwait);
}

static int plain_sigwaitinfo(const sigset_t *set)
{
    return sigwaitinfo(set, NULL);
}

/* Waits with the signal let through. */
static int plain_sigsuspend(const sigset_t *set)
{
    sigset_t none;
    (void)set;
    sigemptyset(&none);
    return sigsuspend(&none);
}

int try_sigwaitinfo(void)
{
    return wait_for_signal(plain_sigwaitinfo);
}

int try_sigsuspend(void)
{
    return wait_for_signal(plain_sigsuspend);
}

int try_sigtimedwait(void)
{
    return wait_for_signal(plain_sigtimedwait);
}

struct letter {
    long type;
    char text[16];
};

static void send_letter(void *data)
{
    struct letter letter = {.type = 1};
    msgsnd(*(int *)data, &letter, sizeof letter.text, IPC_NOWAIT);
}

int try_msgrcv(void)
{
    struct helper helper;
    struct letter letter;
    int queue = msgget(IPC_PRIVATE, 0600);
    if (queue < 0)
        return -errno;
    int error = helper_begin(&helper, send_letter, &queue, false);
    if (!error) {
        ssize_t got = msgrcv(queue, &letter, sizeof letter.text, 0, 0);
        (void)got;
        helper_end(&helper);
    }
    msgctl(queue, IPC_RMID, NULL);
    return error;
}

int try_msgsnd(void)
{
    int queue = msgget(IPC_PRIVATE, 0600);
    if (queue < 0)
        return -errno;
    for (int i = 0; i < 8; i++)
        send_letter(&queue);
    msgctl(queue, IPC_RMID, NULL);
    return 0;
}

static void raise_semaphore(void *data)
{
    struct sembuf up = {.sem_op = 1};
    semop(*(int *)data, &up, 1);
}

static int wait_for_semaphore(int (*lower)(int set, struct sembuf *down))
{
    struct helper helper;
    struct sembuf down = {.sem_op = -1};
    int set = semget(IPC_PRIVATE, 1, 0600);
    if (set < 0)
        return -errno;
    int error = helper_begin(&helper, raise_semaphore, &set, false);
    if (!error) {
        lower(set, &down);
        helper_end(&helper);
    }
    semctl(set, 0, IPC_RMID);
    return error;
}

static int plain_semop(int set, struct sembuf *down)
{
    return semop(set, down, 1);
}

static int plain_semtimedop(int set, struct sembuf *down)
{
    struct timespec second = {.tv_sec = 1};
    return semtimedop(set, down, 1, &second);
}

int try_semop(void)
{
    return wait_for_semaphore(plain_semop);
}

int try_semtimedop(void)
{
    return wait_for_semaphore(plain_semtimedop);
}

int try_ioctl(void)
{
    int ends[2], pending;
    if (pipe(ends) != 0)
        return -errno;
    for (int i = 0; i < 32; i++)
        ioctl(ends[0], FIONREAD, &pending);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

int try_getrandom(void)
{
    static char bytes[4096];
    return getrandom(bytes, sizeof bytes, 0) < 0 ? -errno : 0;
}

int try_getentropy(void)
{
    static char bytes[256];
    for (int i = 0; i < 8; i++)
        if (getentropy(bytes, sizeof bytes) != 0)
            return -errno;
    return 0;
}

/* A descriptor that is no ring: the call is made, and refused. */
int try_io_uring_enter(void)
{
    syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0);
    return 0;
}
