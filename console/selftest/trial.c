/* SPDX-License-Identifier: MIT */
/* What the self-test's calls need: somebody who ends a wait after a while, and a place for files.
 */
#include "trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PATHS 8

static char directory[256];

void pass_time(void)
{
    struct timespec pause = {.tv_nsec = 2000000};
    long result;
#if defined(__x86_64__)
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"((long)SYS_nanosleep), "D"(&pause), "S"(NULL)
                     : "rcx", "r11", "memory");
#else
    result = syscall(SYS_nanosleep, &pause, NULL);
#endif
    (void)result;
}

static void *help(void *data)
{
    struct helper *helper = data;
    do {
        pass_time();
        helper->action(helper->data);
    } while (helper->repeats && !atomic_load_explicit(&helper->is_over, memory_order_relaxed));
    return NULL;
}

int helper_begin(struct helper *helper, void (*action)(void *data), void *data, bool repeats)
{
    helper->action = action;
    helper->data = data;
    helper->repeats = repeats;
    atomic_init(&helper->is_over, false);
    return -pthread_create(&helper->thread, NULL, help, helper);
}

void helper_end(struct helper *helper)
{
    atomic_store_explicit(&helper->is_over, true, memory_order_relaxed);
    pthread_join(helper->thread, NULL);
}

static void *hold(void *data)
{
    struct holder *holder = data;
    holder->take(holder->data);
    atomic_store_explicit(&holder->has_taken, true, memory_order_release);
    pass_time();
    holder->give(holder->data);
    return NULL;
}

int holder_begin(struct holder *holder)
{
    atomic_init(&holder->has_taken, false);
    int error = pthread_create(&holder->thread, NULL, hold, holder);
    /* Pairs with the release in hold(). */
    while (!error && !atomic_load_explicit(&holder->has_taken, memory_order_acquire))
        sched_yield();
    return -error;
}

void holder_end(struct holder *holder)
{
    pthread_join(holder->thread, NULL);
}

static void swallow(int number)
{
    (void)number;
}

static void nag(void *data)
{
    pthread_kill(*(pthread_t *)data, SIGUSR2);
}

int nag_begin(struct helper *helper)
{
    static pthread_t nagged;
    struct sigaction action = {.sa_handler = swallow}; /* no SA_RESTART: the wait is to end */
    nagged = pthread_self();
    sigaction(SIGUSR2, &action, NULL);
    return helper_begin(helper, nag, &nagged, true);
}

static void feed(void *data)
{
    static const char line[64] = "a line\n";
    ssize_t written = write(*(int *)data, line, sizeof line);
    (void)written;
}

static int delayed_begin(struct delayed_input *input, int error)
{
    return error ? -errno : helper_begin(&input->helper, feed, &input->ends[1], false);
}

int delayed_pipe(struct delayed_input *input)
{
    return delayed_begin(input, pipe2(input->ends, O_CLOEXEC));
}

int delayed_socket(struct delayed_input *input)
{
    return delayed_begin(input, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input->ends));
}

void delayed_end(struct delayed_input *input)
{
    helper_end(&input->helper);
    close(input->ends[0]);
    close(input->ends[1]);
}

int scratch_make(void)
{
    /* Shared memory first: on a disk the making of a file would take longer than all calls on it.
     */
    const char *parents[] = {"/dev/shm", getenv("TMPDIR"), "/tmp"};
    for (size_t i = 0; i < sizeof parents / sizeof parents[0]; i++) {
        if (!parents[i] || *parents[i] != '/' || strlen(parents[i]) > 200)
            continue;
        snprintf(directory, sizeof directory, "%s/loopscope-selftest-XXXXXX", parents[i]);
        if (mkdtemp(directory))
            return 0;
    }
    return -errno;
}

void scratch_remove(void)
{
    static const char *const names[] = {"a", "b", "c", "d", "socket"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(scratch_path(names[i]));
    rmdir(directory);
}

const char *scratch_path(const char *name)
{
    static char paths[PATHS][sizeof directory + 16];
    static unsigned next;
    char *path = paths[next++ % PATHS];
    snprintf(path, sizeof paths[0], "%s/%.12s", directory, name);
    return path;
}

int scratch_file(const char *name)
{
    static const char page[4096];
    int fd = open(scratch_path(name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    if (write(fd, page, sizeof page) != sizeof page || lseek(fd, 0, SEEK_SET) != 0) {
        close(fd);
        return -EIO;
    }
    return fd;
}
