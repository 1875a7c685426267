/* SPDX-License-Identifier: MIT */
/* I/O when memory is refused at any allocation, and handles that a program forgets to close:
 * neither memory nor descriptors are lost. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "executor_run.h"
#include "loopscope/executor.h"
#include "loopscope/fs.h"
#include "loopscope/net.h"
#include "loopscope/process.h"
#include "loopscope/time.h"

struct stingy {
    _Atomic int left;   /* allocations until the one that fails */
    _Atomic int blocks; /* held now */
    _Atomic int failed;
};

static void *allocate(void *data, size_t bytes)
{
    struct stingy *stingy = data;
    if (stingy->left-- == 0) {
        stingy->failed++;
        return NULL;
    }
    stingy->blocks++;
    return malloc(bytes);
}

static void release(void *data, void *memory)
{
    struct stingy *stingy = data;
    if (memory)
        stingy->blocks--;
    free(memory);
}

static int open_descriptors(void)
{
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

/* ---- all kinds of I/O, each of which may be refused ---- */

struct user {
    struct lsc_frame frame;
    struct lsc_scope scope;
    struct lsc_address address;
    struct lsc_listener listener;
    struct lsc_stream near, far, pipe[2];
    struct lsc_udp udp;
    struct lsc_file file;
    struct lsc_file_status status;
    struct lsc_signal signal;
    struct lsc_child child;
    char path[32], bytes[16];
    int refused;
    lsc_result r;
};

/* Counts a refusal; anything else that fails ends the test. */
#define MAY_BE_REFUSED(result)                                                                     \
    do {                                                                                           \
        self->refused += (result) == -ENOMEM;                                                      \
        CHECK((result) >= 0 || (result) == -ENOMEM);                                               \
    } while (0)

struct connecting {
    struct lsc_frame frame;
    struct user *user;
};

static lsc_result connects_poll(struct lsc_context *cx, void *state)
{
    struct connecting *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_connect(cx, &self->user->near, &self->user->address));
    LSC_END(r);
}

/* The connecting task's refusal comes as the scope's failure. */
static lsc_result uses_sockets(struct lsc_context *cx, struct user *self)
{
    LSC_BEGIN(cx, self);
    lsc_address_ip(&self->address, "127.0.0.1", 0);
    self->r = lsc_listen(cx, &self->listener, &self->address, 4);
    MAY_BE_REFUSED(self->r);
    if (self->r < 0)
        LSC_RETURN(0);
    lsc_listener_address(&self->listener, &self->address);
    lsc_scope_begin(cx, &self->scope, 0);
    self->r =
        lsc_spawn(cx, connects_poll, (&(struct connecting){.user = self}), .scope = &self->scope);
    MAY_BE_REFUSED(self->r);
    LSC_AWAIT(self->r, lsc_scope_end(cx, &self->scope));
    MAY_BE_REFUSED(self->r);
    if (self->near.descriptor_) {
        LSC_AWAIT(self->r, lsc_accept(cx, &self->listener, &self->far));
        MAY_BE_REFUSED(self->r);
    }
    if (self->far.descriptor_) {
        LSC_AWAIT(self->r, lsc_write_all(cx, &self->near, "hello", 5));
        LSC_AWAIT(self->r, lsc_read_exactly(cx, &self->far, self->bytes, 5));
        CHECK(self->r == 5);
    }
    lsc_stream_close(&self->near);
    lsc_stream_close(&self->far);
    lsc_listener_close(&self->listener);
    self->r = lsc_udp_bind(cx, &self->udp, &self->address);
    MAY_BE_REFUSED(self->r);
    lsc_udp_close(&self->udp);
    self->r = lsc_pipe(cx, &self->pipe[0], &self->pipe[1]);
    MAY_BE_REFUSED(self->r);
    lsc_stream_close(&self->pipe[0]);
    lsc_stream_close(&self->pipe[1]);
    LSC_END(0);
}

static lsc_result uses_files(struct lsc_context *cx, struct user *self)
{
    LSC_BEGIN(cx, self);
    LSC_AWAIT(self->r, lsc_resolve(cx, "127.0.0.1", 80, &self->address, 1));
    MAY_BE_REFUSED(self->r);
    LSC_AWAIT(self->r, lsc_file_open(cx, &self->file, self->path, O_RDWR | O_CREAT, 0600));
    MAY_BE_REFUSED(self->r);
    if (self->r < 0)
        LSC_RETURN(0);
    LSC_AWAIT(self->r, lsc_file_write(cx, &self->file, "hello", 5, 0));
    MAY_BE_REFUSED(self->r);
    LSC_AWAIT(self->r, lsc_file_sync(cx, &self->file));
    MAY_BE_REFUSED(self->r);
    LSC_AWAIT(self->r, lsc_file_read(cx, &self->file, self->bytes, 5, 0));
    MAY_BE_REFUSED(self->r);
    LSC_AWAIT(self->r, lsc_file_status(cx, &self->file, &self->status));
    MAY_BE_REFUSED(self->r);
    lsc_file_close(&self->file);
    LSC_AWAIT(self->r, lsc_path_remove(cx, self->path));
    MAY_BE_REFUSED(self->r);
    LSC_END(0);
}

static lsc_result uses_processes(struct lsc_context *cx, struct user *self)
{
    static char name[] = "sh", option[] = "-c", command[] = "exit 7";
    static char *const arguments[] = {name, option, command, NULL};
    LSC_BEGIN(cx, self);
    self->r = lsc_signal_open(cx, &self->signal, SIGUSR2);
    MAY_BE_REFUSED(self->r);
    lsc_signal_close(&self->signal);
    self->r = lsc_child_start(
        cx, &self->child,
        &(const struct lsc_child_options){
            .file = "/bin/sh", .arguments = arguments, .input = &self->near, .output = &self->far});
    MAY_BE_REFUSED(self->r);
    if (self->r < 0)
        LSC_RETURN(0);
    LSC_AWAIT(self->r, lsc_child_wait(cx, &self->child));
    CHECK(self->r == 7);
    lsc_child_close(&self->child);
    lsc_stream_close(&self->near);
    lsc_stream_close(&self->far);
    LSC_END(0);
}

struct all_io {
    struct lsc_frame frame;
    struct user user;
    lsc_result r;
};

static lsc_result all_io_poll(struct lsc_context *cx, void *state)
{
    struct all_io *self = state;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(self->r, uses_sockets(cx, &self->user));
    CHECK(self->r == 0);
    LSC_AWAIT(self->r, uses_files(cx, &self->user));
    CHECK(self->r == 0);
    LSC_AWAIT(self->r, uses_processes(cx, &self->user));
    CHECK(self->r == 0);
    LSC_END(self->user.refused);
}

/* 1: the walk is over, nothing failed. */
static int walk_step(int at, unsigned workers)
{
    struct stingy stingy = {.left = at};
    const struct lsc_allocator allocator = {allocate, release, &stingy};
    const struct lsc_executor_options options = {.workers = workers, .allocator = &allocator};
    struct lsc_executor *executor;
    struct all_io state = {.user = {.path = "/tmp/executor_io_XXXXXX"}};
    close(mkstemp(state.user.path));
    int before = open_descriptors();
    if (lsc_executor_new(&executor, &options) == 0) {
        lsc_result refused = lsc_executor_run(executor, all_io_poll, &state);
        cr_expect_eq(refused == -ENOMEM ? 1 : refused, stingy.failed, "%lld at allocation %d",
                     (long long)refused, at);
        cr_expect_eq(lsc_executor_shutdown(executor, 5000), 0);
        lsc_executor_delete(executor);
    }
    cr_expect_eq(stingy.blocks, 0, "at allocation %d", at);
    if (at >= 0) /* libuv keeps two descriptors for signals from its first use on */
        cr_expect_eq(open_descriptors(), before, "at allocation %d", at);
    unlink(state.user.path);
    return stingy.failed == 0;
}

Test(executor_handles, are_not_lost_when_memory_is_refused_at_any_allocation)
{
    walk_step(-1, 1);
    for (unsigned workers = 1; workers <= 3; workers += 2) {
        int at = 0;
        while (!walk_step(at, workers))
            at++;
        cr_expect_gt(at, 19);
    }
}

/* ---- left open ---- */

struct forgetful {
    struct lsc_frame frame;
    struct lsc_listener listener;
    struct lsc_stream ends[2];
    struct lsc_signal signal;
    struct lsc_child child;
    struct lsc_deadline deadline;
    char byte;
    lsc_result r;
};

/* Forgets all it opens; the loop watches one of them. */
static lsc_result forgets_poll(struct lsc_context *cx, void *state)
{
    static char name[] = "sleep", seconds[] = "60";
    static char *const arguments[] = {name, seconds, NULL};
    struct forgetful *self = state;
    struct lsc_address address;
    LSC_BEGIN(cx, self);
    lsc_address_ip(&address, "127.0.0.1", 0);
    CHECK(lsc_listen(cx, &self->listener, &address, 4) == 0);
    CHECK(lsc_pipe(cx, &self->ends[0], &self->ends[1]) == 0);
    CHECK(lsc_signal_open(cx, &self->signal, SIGUSR2) == 0);
    CHECK(lsc_child_start(
              cx, &self->child,
              &(const struct lsc_child_options){.file = "sleep", .arguments = arguments}) == 0);
    lsc_deadline_push(cx, &self->deadline, 5);
    LSC_AWAIT(self->r, lsc_read(cx, &self->ends[0], &self->byte, 1));
    CHECK(self->r == -ETIMEDOUT);
    LSC_END(0);
}

/* 0: fine; else the number of the claim that does not hold. */
static int forget_in(unsigned workers)
{
    struct stingy stingy = {.left = -1};
    const struct lsc_allocator allocator = {allocate, release, &stingy};
    const struct lsc_executor_options options = {.workers = workers, .allocator = &allocator};
    struct lsc_executor *executor;
    int before = open_descriptors();
    if (lsc_executor_new(&executor, &options) != 0)
        return 1;
    if (lsc_executor_run(executor, forgets_poll, (&(struct forgetful){.r = 0})) != 0)
        return 2;
    lsc_executor_delete(executor);
    if (stingy.blocks != 0)
        return 3;
    if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
        return 4;
    return open_descriptors() == before ? 0 : 5;
}

static void expect_closed_or_stopped(unsigned workers)
{
    int ends[2], status;
    char text[256] = "";
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        dup2(ends[1], STDERR_FILENO);
        close(ends[1]);
        signal(SIGABRT, SIG_DFL);
        alarm(20);
        forget_in(1); /* libuv's own descriptors */
        _exit(forget_in(workers));
    }
    close(ends[1]);
    ssize_t got = read(ends[0], text, sizeof(text) - 1);
    close(ends[0]);
    waitpid(child, &status, 0);
    kill(-child, SIGKILL); /* one that was stopped leaves its own child behind */
    if (got == 0) {
        cr_expect(WIFEXITED(status));
        cr_expect_eq(WEXITSTATUS(status), 0);
        return;
    }
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%x", (unsigned)status);
    const char *sentence = "loopscope: the program deletes an executor with 5 handles open, the "
                           "last a child";
    cr_expect_eq(strncmp(text, sentence, strlen(sentence)), 0, "%s", text);
}

Test(executor_handles, that_are_left_open_are_closed_with_the_executor_or_stop_it)
{
    expect_closed_or_stopped(1);
    expect_closed_or_stopped(3);
}
