/* SPDX-License-Identifier: MIT */
/* What happens to a program that breaks a contract: a debug build stops with one sentence. */
#include <stdio.h>
#include <stdlib.h>

#include "executor.h"

#ifdef NDEBUG
void misuse_of(const struct task *task, const char *what, const struct lsc_code_site *other)
{
    (void)task, (void)what, (void)other;
}
#else
void misuse_of(const struct task *task, const char *what, const struct lsc_code_site *other)
{
    if (task)
        fprintf(stderr, "loopscope: task '%s', spawned at %s:%u, %s", task_name(task),
                task->site->file, task->site->line, what);
    else
        fprintf(stderr, "loopscope: the program %s", what);
    if (other)
        fprintf(stderr, " '%s', spawned at %s:%u", other->what, other->file, other->line);
    fputs("\n", stderr);
    abort();
}
#endif

void misuse(const struct task *task, const char *what)
{
    misuse_of(task, what, NULL);
}
