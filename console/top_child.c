/* SPDX-License-Identifier: MIT */
/* The program that `loopscope top -- PROG` runs. */
#include "top_child.h"

#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "complain.h"
#include "program_run.h"

bool top_child_prepare(struct top_child *child, const struct launch_options *options, char **argv,
                       const char *output_path)
{
    char why[256];
    struct launch_options own = *options;
    own.program = argv[0];
    *child = (struct top_child){0};
    if (!launch_init(&child->launch, &own))
        return false;
    if (output_open(&child->output, output_path, argv[0], why, sizeof(why)) == 0)
        return true;
    complain("cannot run '%s': %s", argv[0], why);
    launch_free(&child->launch);
    return false;
}

bool top_child_start(struct top_child *child, char **argv, const sigset_t *mask)
{
    /* The coarse clock is the one that stamps files. */
    clock_gettime(CLOCK_REALTIME_COARSE, &child->started);
    pid_t pid = launch_start_on_terminal(&child->launch, argv, mask, child->output.terminal);
    close(child->output.terminal);
    child->output.terminal = -1;
    child->pid = pid > 0 ? pid : 0;
    return pid > 0;
}

bool top_child_reap(struct top_child *child)
{
    siginfo_t info = {0};
    if (child->pid == 0 || child->has_ended ||
        waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0)
        return false;
    child->has_ended = true;
    child->was_signaled = info.si_code != CLD_EXITED;
    child->status = info.si_status;
    return true;
}

void top_child_end(const struct top_child *child)
{
    if (child->pid && !child->has_ended)
        kill(child->pid, SIGTERM);
}

int top_child_status(const struct top_child *child)
{
    return child->was_signaled ? 128 + child->status : child->status;
}

void top_child_clean_up(struct top_child *child, const uint32_t *pids, size_t count)
{
    program_remove_segments(&child->launch);
    for (size_t i = 0; i < count; i++)
        program_remove_map(&child->launch, pids[i], &child->started);
    if (child->pid == 0 && !child->output.is_named)
        unlink(child->output.path); /* nothing came of it */
    output_close(&child->output);
    launch_free(&child->launch);
}
