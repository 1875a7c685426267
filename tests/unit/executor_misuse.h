/* SPDX-License-Identifier: MIT */
/* Runs a root task that breaks a contract, in a child process: a debug build of the library stops
 * with a sentence, a release goes on. */
#ifndef LSC_TEST_EXECUTOR_MISUSE_H
#define LSC_TEST_EXECUTOR_MISUSE_H

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loopscope/executor.h"

/* What the program says, and how it ends: -signal, or the absolute value of the root's result. */
static inline int misuse_outcome(lsc_poll_fn fn, const void *state, size_t bytes, char *text,
                                 size_t room)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        static struct lsc_code_site site = {__FILE__, "outcome", "root task", __LINE__, 0, 0};
        const struct lsc_executor_options options = {.workers = 1};
        struct lsc_executor *executor;
        dup2(ends[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        alarm(20);
        lsc_executor_new(&executor, &options);
        _exit(abs((int)lsc_executor_run_bytes(executor, fn, state, bytes, &site)));
    }
    close(ends[1]);
    size_t used = 0;
    ssize_t got;
    while (used < room - 1 && (got = read(ends[0], text + used, room - 1 - used)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* Either the root ends with a result of that absolute value, and nothing is said; or the program
 * stops with the sentence, which names `who` and where it was spawned. */
static inline void expect_misuse(lsc_poll_fn fn, const void *state, size_t bytes, const char *who,
                                 const char *sentence, int release_result)
{
    char text[4096], begin[256];
    int how = misuse_outcome(fn, state, bytes, text, sizeof(text));
    if (how == release_result) {
        cr_expect_str_eq(text, "");
        return;
    }
    snprintf(begin, sizeof(begin), "task '%s', spawned at", who);
    cr_expect_eq(how, -SIGABRT, "%d: %s", how, text);
    cr_expect_not_null(strstr(text, begin), "%s", text);
    cr_expect_not_null(strstr(text, sentence), "%s", text);
}

#endif
