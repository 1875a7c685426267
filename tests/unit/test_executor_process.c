/* SPDX-License-Identifier: MIT */
/* Signals and child processes as tasks use them. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "executor_run.h"
#include "loopscope/process.h"
#include "loopscope/time.h"

struct signals {
    struct lsc_frame frame;
    struct lsc_signal signal;
    struct lsc_deadline deadline;
    lsc_result first, late;
};

static lsc_result signals_poll(struct lsc_context *cx, void *state)
{
    struct signals *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    r = lsc_signal_open(cx, &self->signal, SIGUSR1);
    if (r < 0)
        LSC_RETURN(r);
    kill(getpid(), SIGUSR1);
    LSC_AWAIT(self->first, lsc_signal_next(cx, &self->signal));
    lsc_deadline_push(cx, &self->deadline, 5);
    LSC_AWAIT(self->late, lsc_signal_next(cx, &self->signal));
    lsc_deadline_pop(cx, &self->deadline);
    lsc_signal_close(&self->signal);
    LSC_AWAIT(r, lsc_signal_next(cx, &self->signal));
    if (r != -EBADF || lsc_signal_open(cx, &self->signal, SIGKILL) != -EINVAL)
        LSC_RETURN(-1);
    LSC_END(self->first == 1 && self->late == -ETIMEDOUT ? 0 : -2);
}

Test(executor_process, a_signal_is_awaited_and_the_wait_for_one_can_be_late)
{
    RUN(signals, .first = 0);
}

struct pipeline {
    struct lsc_frame frame;
    struct lsc_child child;
    struct lsc_stream input, output;
    char buffer[32];
    lsc_result got, end;
};

static char *const cat_arguments[] = {(char[]){"sh"}, (char[]){"-c"},
                                      (char[]){"cat; echo done; exit 7"}, NULL};

static lsc_result pipeline_poll(struct lsc_context *cx, void *state)
{
    struct pipeline *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    r = lsc_child_start(cx, &self->child,
                        &(struct lsc_child_options){.file = "sh",
                                                    .arguments = cat_arguments,
                                                    .input = &self->input,
                                                    .output = &self->output});
    if (r < 0)
        LSC_RETURN(r);
    LSC_AWAIT(r, lsc_write_all(cx, &self->input, "through ", 8));
    lsc_stream_close(&self->input);
    LSC_AWAIT(self->got, lsc_read_exactly(cx, &self->output, self->buffer, sizeof(self->buffer)));
    LSC_AWAIT(self->end, lsc_child_wait(cx, &self->child));
    LSC_AWAIT(r, lsc_child_wait(cx, &self->child));
    bool is_gone = lsc_child_kill(&self->child, SIGTERM) == -ESRCH;
    lsc_stream_close(&self->output);
    lsc_child_close(&self->child);
    bool is_text = self->got == 13 && memcmp(self->buffer, "through done\n", 13) == 0;
    LSC_END(is_text && is_gone && self->end == 7 && r == 7 ? 0 : -1);
}

Test(executor_process, a_child_is_fed_read_from_and_its_status_awaited)
{
    RUN(pipeline, .got = 0);
}

struct killed {
    struct lsc_frame frame;
    struct lsc_child child;
    struct lsc_deadline deadline;
    lsc_result late;
    int pid, tries;
};

static char *const sleep_arguments[] = {(char[]){"sleep"}, (char[]){"600"}, NULL};
static const struct lsc_child_options sleeping = {.file = "sleep", .arguments = sleep_arguments};
static const struct lsc_child_options missing = {.file = "/nowhere/at/all",
                                                 .arguments = sleep_arguments};

static lsc_result killed_poll(struct lsc_context *cx, void *state)
{
    struct killed *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    if (lsc_child_start(cx, &self->child, &missing) != -ENOENT || self->child.events_)
        LSC_RETURN(-1);
    r = lsc_child_start(cx, &self->child, &sleeping);
    if (r < 0)
        LSC_RETURN(r);
    lsc_deadline_push(cx, &self->deadline, 5);
    LSC_AWAIT(self->late, lsc_child_wait(cx, &self->child));
    lsc_deadline_pop(cx, &self->deadline);
    lsc_child_kill(&self->child, SIGTERM);
    LSC_AWAIT(r, lsc_child_wait(cx, &self->child));
    lsc_child_close(&self->child);
    if (self->late != -ETIMEDOUT || r != LSC_CHILD_KILLED + SIGTERM)
        LSC_RETURN(-2);
    /* One that is closed while it runs leaves no process, and no zombie. */
    r = lsc_child_start(cx, &self->child, &sleeping);
    self->pid = self->child.pid;
    LSC_AWAIT(r, lsc_sleep(cx, 2));
    lsc_child_close(&self->child);
    for (self->tries = 0; kill(self->pid, 0) == 0 && self->tries < 500; self->tries++)
        LSC_AWAIT(r, lsc_sleep(cx, 5));
    LSC_END(self->tries < 500 ? 0 : -3);
}

Test(executor_process, children_are_killed_by_request_and_by_being_closed)
{
    RUN(killed, .pid = 0);
}

struct left {
    struct lsc_frame frame;
    int *pid;
};

/* The last thing that the program does with its executor. */
static lsc_result left_poll(struct lsc_context *cx, void *state)
{
    struct left *self = state;
    struct lsc_child child;
    LSC_BEGIN(cx, self);
    lsc_result r = lsc_child_start(cx, &child, &sleeping);
    if (r < 0)
        LSC_RETURN(r);
    *self->pid = child.pid;
    lsc_child_close(&child);
    LSC_END(0);
}

Test(executor_process, a_child_closed_just_before_the_executors_end_leaves_no_process_and_no_memory)
{
    for (int round = 0; round < 20; round++) {
        int pid = 0;
        RUN(left, .pid = &pid);
        cr_assert_neq(pid, 0);
        cr_expect(kill(pid, 0) == -1 && errno == ESRCH, "process %d is still there", pid);
    }
}
