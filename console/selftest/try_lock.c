/* SPDX-License-Identifier: MIT */
/* Calls that wait for a lock: each finds it taken. */
#include "trial.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <semaphore.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

static struct timespec soon(clockid_t clock)
{
    struct timespec when;
    clock_gettime(clock, &when);
    when.tv_nsec += 2000000;
    if (when.tv_nsec >= 1000000000) {
        when.tv_sec++;
        when.tv_nsec -= 1000000000;
    }
    return when;
}

/* Longer than any holder holds. */
static struct timespec later(clockid_t clock)
{
    struct timespec when;
    clock_gettime(clock, &when);
    when.tv_sec++;
    return when;
}

static void take_mutex(void *data)
{
    pthread_mutex_lock(data);
}

static void give_mutex(void *data)
{
    pthread_mutex_unlock(data);
}

/* Locks it while another thread has it. */
#define TRY_MUTEX(symbol, expression)                                                              \
    int try_##symbol(void)                                                                         \
    {                                                                                              \
        struct holder holder = {.take = take_mutex, .give = give_mutex, .data = &mutex};           \
        struct timespec until = later(CLOCK_REALTIME), clock_until = later(CLOCK_MONOTONIC);       \
        int error = holder_begin(&holder);                                                         \
        if (error)                                                                                 \
            return error;                                                                          \
        (void)until, (void)clock_until;                                                            \
        if ((expression) == 0)                                                                     \
            pthread_mutex_unlock(&mutex);                                                          \
        holder_end(&holder);                                                                       \
        return 0;                                                                                  \
    }

TRY_MUTEX(pthread_mutex_lock, pthread_mutex_lock(&mutex))
TRY_MUTEX(pthread_mutex_timedlock, pthread_mutex_timedlock(&mutex, &until))
TRY_MUTEX(pthread_mutex_clocklock, pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &clock_until))

static void take_rwlock(void *data)
{
    pthread_rwlock_wrlock(data);
}

static void give_rwlock(void *data)
{
    pthread_rwlock_unlock(data);
}

/* The same with a lock that is held for writing. */
#define TRY_RWLOCK(symbol, expression)                                                             \
    int try_##symbol(void)                                                                         \
    {                                                                                              \
        struct holder holder = {.take = take_rwlock, .give = give_rwlock, .data = &rwlock};        \
        struct timespec until = later(CLOCK_REALTIME);                                             \
        int error = holder_begin(&holder);                                                         \
        if (error)                                                                                 \
            return error;                                                                          \
        (void)until;                                                                               \
        if ((expression) == 0)                                                                     \
            pthread_rwlock_unlock(&rwlock);                                                        \
        holder_end(&holder);                                                                       \
        return 0;                                                                                  \
    }

TRY_RWLOCK(pthread_rwlock_rdlock, pthread_rwlock_rdlock(&rwlock))
TRY_RWLOCK(pthread_rwlock_wrlock, pthread_rwlock_wrlock(&rwlock))
TRY_RWLOCK(pthread_rwlock_timedrdlock, pthread_rwlock_timedrdlock(&rwlock, &until))
TRY_RWLOCK(pthread_rwlock_timedwrlock, pthread_rwlock_timedwrlock(&rwlock, &until))

static void signal_condition(void *data)
{
    pthread_cond_signal(data);
}

int try_pthread_cond_wait(void)
{
    struct helper helper;
    int error = helper_begin(&helper, signal_condition, &condition, true);
    if (error)
        return error;
    pthread_mutex_lock(&mutex);
    pthread_cond_wait(&condition, &mutex);
    pthread_mutex_unlock(&mutex);
    helper_end(&helper);
    return 0;
}

int try_pthread_cond_timedwait(void)
{
    struct timespec until = soon(CLOCK_REALTIME);
    pthread_mutex_lock(&mutex);
    pthread_cond_timedwait(&condition, &mutex, &until);
    pthread_mutex_unlock(&mutex);
    return 0;
}

int try_pthread_cond_clockwait(void)
{
    struct timespec until = soon(CLOCK_MONOTONIC);
    pthread_mutex_lock(&mutex);
    pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &until);
    pthread_mutex_unlock(&mutex);
    return 0;
}

static void post(void *data)
{
    sem_post(data);
}

int try_sem_wait(void)
{
    sem_t semaphore;
    struct helper helper;
    sem_init(&semaphore, 0, 0);
    int error = helper_begin(&helper, post, &semaphore, false);
    if (error)
        return error;
    sem_wait(&semaphore);
    helper_end(&helper);
    sem_destroy(&semaphore);
    return 0;
}

int try_sem_timedwait(void)
{
    sem_t semaphore;
    struct timespec until = soon(CLOCK_REALTIME);
    sem_init(&semaphore, 0, 0);
    sem_timedwait(&semaphore, &until);
    sem_destroy(&semaphore);
    return 0;
}

static void arrive(void *data)
{
    pthread_barrier_wait(data);
}

int try_sem_clockwait(void)
{
    sem_t semaphore;
    struct timespec until = soon(CLOCK_MONOTONIC);
    sem_init(&semaphore, 0, 0);
    sem_clockwait(&semaphore, CLOCK_MONOTONIC, &until);
    sem_destroy(&semaphore);
    return 0;
}

int try_pthread_barrier_wait(void)
{
    pthread_barrier_t barrier;
    struct helper helper;
    pthread_barrier_init(&barrier, NULL, 2);
    int error = helper_begin(&helper, arrive, &barrier, false);
    if (error)
        return error;
    pthread_barrier_wait(&barrier);
    helper_end(&helper);
    pthread_barrier_destroy(&barrier);
    return 0;
}

int try_futex(void)
{
    static int word;
    struct timespec pause = {.tv_nsec = 2000000};
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &pause, NULL, 0);
    return 0;
}

static void take_flock(void *data)
{
    flock(*(int *)data, LOCK_EX);
}

static void give_flock(void *data)
{
    flock(*(int *)data, LOCK_UN);
}

int try_flock(void)
{
    int ours = scratch_file("a");
    int theirs = ours < 0 ? ours : scratch_file("a");
    struct holder holder = {.take = take_flock, .give = give_flock, .data = &theirs};
    if (theirs < 0)
        return theirs;
    int error = holder_begin(&holder);
    if (!error) {
        flock(ours, LOCK_EX);
        holder_end(&holder);
    }
    close(ours);
    close(theirs);
    return error;
}

/* Record locks belong to the process: threads do not exclude each other, so these find it free. */
#define TRY_RECORD_LOCK(symbol, expression)                                                        \
    int try_##symbol(void)                                                                         \
    {                                                                                              \
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 100};               \
        int fd = scratch_file("a");                                                                \
        if (fd < 0)                                                                                \
            return fd;                                                                             \
        (void)lock;                                                                                \
        for (int i = 0; i < 64; i++)                                                               \
            if ((expression) != 0)                                                                 \
                break;                                                                             \
        close(fd);                                                                                 \
        return 0;                                                                                  \
    }

TRY_RECORD_LOCK(lockf, lockf(fd, F_LOCK, 100))
TRY_RECORD_LOCK(lockf64, lockf64(fd, F_LOCK, 100))
TRY_RECORD_LOCK(fcntl, fcntl(fd, F_SETLKW, &lock))
TRY_RECORD_LOCK(fcntl64, fcntl64(fd, F_SETLKW, &lock))
