/* SPDX-License-Identifier: MIT */
/* The program that the core's tests observe: one command each, see `commands` at the end. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <loopscope/probe.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/core/writer/core.h"

static lsc_task spawn(const char *name)
{
    return lsc_task_spawn(
        &(struct lsc_task_info){.kind = "request", .name = name, .site = LSC_SITE_HERE()});
}

static int polls(long n)
{
    lsc_task tasks[4];
    for (int i = 0; i < 4; i++)
        tasks[i] = spawn("one of four");
    lsc_poll_begin(tasks[0]);
    for (long i = 0; i < n; i++)
        lsc_poll_switch(tasks[i % 4], LSC_POLL_RESULT_PENDING, tasks[(i + 1) % 4]);
    return 0;
}

static int polls_then_kill(long n)
{
    polls(n);
    return kill(getpid(), SIGKILL);
}

/* Ends every poll by itself: the other way to the same record. */
static int pairs(long n)
{
    lsc_task task = spawn("pair");
    for (long i = 0; i < n; i++) {
        lsc_poll_begin(task);
        lsc_poll_end(task, i + 1 == n ? LSC_POLL_RESULT_READY : LSC_POLL_RESULT_PENDING);
    }
    return 0;
}

static _Atomic long handled;
static void on_alarm(int number)
{
    (void)number;
    lsc_mark("signal", 1);
    handled++;
}

/* A signal handler emits whenever it likes, also inside an emit. */
static int nested(long n)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    struct itimerval every = {{0, 50}, {0, 50}};
    lsc_mark("first", 0);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
    long emitted = 0;
    while (handled < n)
        for (int i = 0; i < 100; i++, emitted++)
            lsc_mark("main", 2);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    printf("%ld %ld\n", emitted + 1, handled);
    return 0;
}

/* A handler that interrupts this thread between claim and commit, for certain. */
static int nested_for_certain(long n)
{
    lsc_mark("first", 0);
    struct lsc_writer *w = lsc__writer();
    for (long i = 0; i < n; i++) {
        uintptr_t end;
        if (lsc__ring_claim(w, &end) == 0)
            return 1;
        lsc_mark("dropped", 0);
        lsc__ring_put(w, 0, LSC_RECORD_MARK, 0, 0, 0, 0);
        w->end = end;
    }
    return 0;
}

static void *mark_once(void *data)
{
    lsc_mark("thread", (uint64_t)(uintptr_t)data);
    return NULL;
}

static int threads_in_turn(long n)
{
    lsc_mark("main", 0);
    for (long i = 0; i < n; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, mark_once, (void *)i) != 0)
            return 1;
        pthread_join(thread, NULL);
    }
    return 0;
}

static pthread_barrier_t all_there;
static void *mark_and_wait(void *data)
{
    mark_once(data);
    pthread_barrier_wait(&all_there);
    return NULL;
}

#define EMITTERS 2
static _Atomic int emitters_ready;

static void *mark_at_once(void *argument)
{
    long marks = (long)argument;
    /* Spinning, so that both start within the time that a segment takes. */
    atomic_fetch_add(&emitters_ready, 1);
    while (atomic_load(&emitters_ready) < EMITTERS) {
    }
    for (long i = 0; i < marks; i++)
        lsc_mark("early", (uint64_t)i);
    return NULL;
}

/* Threads whose first emits race for the making of the segment. */
static int marks_at_once(long n)
{
    pthread_t threads[EMITTERS];
    for (int i = 0; i < EMITTERS; i++)
        if (pthread_create(&threads[i], NULL, mark_at_once, (void *)n) != 0)
            return 1;
    for (int i = 0; i < EMITTERS; i++)
        pthread_join(threads[i], NULL);
    lsc_mark("late", 0);
    return 0;
}

static int threads_at_once(long n)
{
    lsc_probe_start(); /* what is emitted while another thread makes the segment is not recorded */
    pthread_t *threads = calloc((size_t)n, sizeof *threads);
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    pthread_barrier_init(&all_there, NULL, (unsigned)n);
    for (long i = 0; i < n; i++)
        if (pthread_create(&threads[i], &small, mark_and_wait, (void *)i) != 0)
            abort();
    for (long i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    return 0;
}

static int fill_tasks(long n)
{
    for (long i = 0; i < n; i++)
        spawn("never ends");
    return 0;
}

static int churn_tasks(long n)
{
    for (long i = 0; i < n; i++) {
        lsc_task task = spawn("short");
        lsc_task_end(task);
        lsc_task_end(task);
    }
    return 0;
}

static int fill_strings(long n)
{
    char text[64];
    for (long i = 0; i < n; i++) {
        snprintf(text, sizeof text, "a string of its own, number %ld", i);
        lsc_mark(text, 0);
    }
    return 0;
}

static int fill_stacks(long n)
{
    if (lsc_probe_start() < 0)
        return 1;
    for (long i = 0; i < n; i++) {
        uint64_t pcs[3] = {0x1000 + (uint64_t)i, 0x2000, 0x3000};
        uint32_t first = lsc__stack_intern(pcs, 3, false);
        if (first != lsc__stack_intern(pcs, 3, false))
            return 1;
    }
    return 0;
}

static int resources(long n)
{
    lsc_task task = spawn("reader");
    lsc_resource channel = lsc_resource_new("channel", "jobs", LSC_SITE_HERE(), 64);
    for (long i = 1; i <= n; i++)
        lsc_depth(channel, (uint64_t)i);
    lsc_depth(channel, 3);
    lsc_drop(channel, 7);
    lsc_await(task, channel, LSC_SITE_HERE());
    lsc_resource gone = lsc_resource_new("channel", "gone", 0, 0);
    lsc_resource_delete(gone);
    lsc_resource_delete(gone);
    lsc_depth(gone, 9);
    return 0;
}

/* `n` wakes, then a poll, then one more wake when n is odd. */
static int wakes(long n)
{
    lsc_task waker = spawn("waker");
    lsc_task woken = spawn("woken");
    lsc_poll_begin(waker);
    for (long i = 0; i < n; i++)
        lsc_wake(woken, LSC_SITE_HERE());
    lsc_wake(waker, 0);
    lsc_poll_switch(waker, LSC_POLL_RESULT_PENDING, woken);
    lsc_poll_end(woken, LSC_POLL_RESULT_PENDING);
    if (n % 2 != 0)
        lsc_wake(woken, 0);
    return 0;
}

/* `n` polls, each of which ends with an await and wakes another task twice. */
static int awaits(long n)
{
    lsc_task task = spawn("reader");
    lsc_task other = spawn("other");
    lsc_resource channel = lsc_resource_new("channel", "jobs", LSC_SITE_HERE(), 64);
    lsc_poll_begin(task);
    for (long i = 1; i <= n; i++) {
        lsc_wake(other, 0);
        lsc_wake(other, 0);
        lsc_poll_switch_awaiting(task, LSC_POLL_RESULT_PENDING, channel, LSC_SITE_HERE(),
                                 i < n ? task : 0);
    }
    return 0;
}

/* A task that nobody can wake; one that is woken all the same (n > 0), or polled (n > 1). */
static int strands(long n)
{
    lsc_task stranded = spawn("stranded");
    lsc_task rescued = spawn("rescued");
    lsc_task both[] = {stranded, rescued};
    for (int i = 0; i < 2; i++) {
        lsc_poll_begin(both[i]);
        lsc_await(both[i], 0, LSC_SITE_HERE());
        lsc_poll_end(both[i], LSC_POLL_RESULT_PENDING);
        lsc_stranded(both[i], stranded, LSC_SITE_HERE());
    }
    if (n > 0)
        lsc_wake(rescued, 0);
    if (n > 1) {
        lsc_poll_begin(rescued);
        lsc_poll_end(rescued, LSC_POLL_RESULT_PENDING);
    }
    return 0;
}

static int emit_in_child(void)
{
    lsc_mark("child", 2);
    spawn("child's");
    return 0;
}

static int wait_child(pid_t pid)
{
    int status;
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status)
                                                                           : 1;
}

static int forks(long n)
{
    spawn("parent's");
    pid_t pid = fork();
    if (pid == 0) {
        for (long i = 0; i < n; i++)
            emit_in_child();
        _exit(0);
    }
    return wait_child(pid);
}

/* A child of which no pthread_atfork handler knows. */
static int forks_raw(long n)
{
    lsc_task task = spawn("parent's");
    lsc_poll_begin(task);
    pid_t pid = _Fork();
    if (pid == 0) {
        for (long i = 0; i < 100; i++)
            lsc_poll_switch(task, LSC_POLL_RESULT_PENDING, task);
        for (long i = 0; i < n; i++)
            emit_in_child();
        _exit(0);
    }
    return wait_child(pid);
}

/* A child made in the middle of an emit, as by a signal handler that forks. */
static int forks_inside_emit(long n)
{
    lsc_mark("parent", 1);
    struct lsc_writer *w = lsc__writer();
    struct lsc_thread *shared = w->shared;
    uintptr_t end;
    uintptr_t at = lsc__ring_claim(w, &end);
    pid_t pid = fork();
    memset((void *)at, 0xee, sizeof(struct lsc_record));
    if (pid != 0)
        memset((void *)at, 0, sizeof(struct lsc_record));
    lsc__ring_commit(w, shared, at, end);
    if (pid == 0) {
        for (long i = 0; i < n; i++)
            emit_in_child();
        _exit(0);
    }
    return wait_child(pid);
}

static int closes_all(long n)
{
    for (int fd = 0; fd < 1024; fd++)
        close(fd);
    polls(n);
    for (int fd = 0; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            return 1;
    return 0;
}

/* Descriptor 2 becomes a file of the program: nothing of the probe may land in it. */
static int reuses_stderr(long n)
{
    FILE *file = tmpfile();
    if (file == NULL || dup2(fileno(file), 2) < 0)
        return 1;
    polls(n);
    return lseek(2, 0, SEEK_END) == 0 ? 0 : 1;
}

static int limited(int resource, rlim_t bytes)
{
    const struct rlimit limit = {bytes, bytes};
    if (setrlimit(resource, &limit) != 0)
        return 1;
    return polls(5000);
}

static int limited_file(long n)
{
    return limited(RLIMIT_FSIZE, (rlim_t)n);
}

static int limited_space(long n)
{
    return limited(RLIMIT_AS, (rlim_t)n);
}

/* Every emit function keeps errno, also on the paths that make, attach, wrap and grow. */
static int keeps_errno(long n)
{
    errno = 1234;
    for (long i = 0; i < n; i++) {
        lsc_task task = spawn("errno");
        lsc_poll_begin(task);
        lsc_wake(task, 0);
        lsc_poll_end(task, LSC_POLL_RESULT_READY);
        lsc_task_end(task);
        lsc_mark("errno", 1);
        if (errno != 1234)
            return 1;
    }
    return lsc_probe_start() == 0 && errno == 1234 ? 0 : 1;
}

/* Interposes the allocator of the whole program, counts, and hands out static memory. */
static _Atomic long allocations;
static char heap[1 << 22];
static _Atomic size_t heap_used;

static void *allocate(size_t bytes)
{
    size_t at = atomic_fetch_add(&heap_used, (bytes + 31) & ~(size_t)31);
    allocations++;
    return at + bytes <= sizeof heap ? heap + at : NULL;
}
#ifdef COUNT_ALLOCATIONS
void *malloc(size_t bytes)
{
    return allocate(bytes);
}
void *calloc(size_t count, size_t bytes)
{
    return allocate(count * bytes);
}
void *realloc(void *old, size_t bytes)
{
    void *fresh = allocate(bytes);
    if (old != NULL && fresh != NULL)
        memcpy(fresh, old, bytes); /* reads beyond the old one, inside the static heap */
    return fresh;
}
void free(void *old)
{
    (void)old;
}
#endif

static void *allocating_thread(void *data)
{
    long before = allocations;
    polls(5000);
    resources(100);
    wakes(100);
    *(long *)data = allocations - before;
    return NULL;
}

static int allocates_nothing(long n)
{
    pthread_t thread;
    long in_thread = -1;
    long before = allocations;
    (void)allocate(1);
    if (allocations != before + 1)
        return 1;
    before = allocations;
    polls(n);
    resources(100);
    wakes(100);
    long here = allocations - before;
    if (pthread_create(&thread, NULL, allocating_thread, &in_thread) != 0)
        return 1;
    pthread_join(thread, NULL);
    printf("%ld %ld\n", here, in_thread);
    return 0;
}

/* Only what lets the program leave: any other system call kills it. */
static int lock_down(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof code[0], code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

static int sealed(long n)
{
    lsc_mark("before", 0);
    lsc__seal();
    if (lock_down() != 0)
        return 77;
    polls(n);
    wakes(100);
    fill_tasks(1000);
    _exit(0);
}

/* Strict mode makes reading the counter a fault, and leaves read, write and exit. */
static int goes_strict(long n)
{
    polls(n);
    lsc__counter_forbidden();
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) != 0)
        return 77;
    polls(n);
    syscall(SYS_exit, 0);
    return 1;
}

static int switches_off(long n)
{
    polls(n);
    lsc_probe_enable(false);
    polls(n);
    lsc_probe_enable(true);
    lsc_mark("on again", 0);
    return 0;
}

/* Waits for a line on stdin between two batches: the test turns the switch meanwhile. */
static int waits_between(long n)
{
    polls(n);
    printf("ready\n");
    fflush(stdout);
    while (getchar() != '\n')
        ;
    polls(n);
    return 0;
}

static int gives_up(long n)
{
    lsc_mark("one", 0);
    for (long i = 0; i < n; i++)
        lsc__give_up("the test asked for it");
    lsc_mark("two", 0);
    return lsc_probe_on;
}

static int starts(long n)
{
    return (int)n - lsc_probe_start();
}

static const struct {
    const char *name;
    int (*run)(long n);
} commands[] = {
    {"polls", polls},
    {"polls-then-kill", polls_then_kill},
    {"pairs", pairs},
    {"nested", nested},
    {"nested-for-certain", nested_for_certain},
    {"threads-in-turn", threads_in_turn},
    {"threads-at-once", threads_at_once},
    {"marks-at-once", marks_at_once},
    {"fill-tasks", fill_tasks},
    {"churn-tasks", churn_tasks},
    {"fill-strings", fill_strings},
    {"fill-stacks", fill_stacks},
    {"resources", resources},
    {"wakes", wakes},
    {"awaits", awaits},
    {"strands", strands},
    {"forks", forks},
    {"forks-raw", forks_raw},
    {"forks-inside-emit", forks_inside_emit},
    {"closes-all", closes_all},
    {"reuses-stderr", reuses_stderr},
    {"limited-file", limited_file},
    {"limited-space", limited_space},
    {"keeps-errno", keeps_errno},
    {"allocates-nothing", allocates_nothing},
    {"sealed", sealed},
    {"goes-strict", goes_strict},
    {"switches-off", switches_off},
    {"waits-between", waits_between},
    {"gives-up", gives_up},
    {"starts", starts},
};

int main(int argc, char **argv)
{
    long n = argc > 2 ? atol(argv[2]) : 0;
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(n);
    return 125;
}
