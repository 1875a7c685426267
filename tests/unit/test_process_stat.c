/* SPDX-License-Identifier: MIT */
/* What the kernel says of a process. */
#include "process_stat.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t sleeping_child(const char *name)
{
    int ready[2];
    char byte;
    cr_assert_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, name);
        if (write(ready[1], "!", 1) == 1)
            for (;;)
                pause();
        _exit(1);
    }
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    return child;
}

static void end(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

Test(process_stat, tells_the_parent_and_a_start_that_stays)
{
    struct process_stat self, again, child_stat;
    cr_assert(process_stat_read((uint32_t)getpid(), &self));
    cr_assert(process_stat_read((uint32_t)getpid(), &again));
    cr_expect_eq(self.parent, (uint32_t)getppid());
    cr_expect_gt(self.start, 0);
    cr_expect_eq(self.start, again.start);
    pid_t child = sleeping_child("child");
    cr_assert(process_stat_read((uint32_t)child, &child_stat));
    cr_expect_eq(child_stat.parent, (uint32_t)getpid());
    cr_expect_geq(child_stat.start, self.start);
    end(child);
}

Test(process_stat, is_not_misled_by_a_name_that_looks_like_fields)
{
    struct process_stat plain, odd;
    pid_t children[2] = {sleeping_child("plain"), sleeping_child("x) Z 1 (2) T 3")};
    cr_assert(process_stat_read((uint32_t)children[0], &plain));
    cr_assert(process_stat_read((uint32_t)children[1], &odd));
    cr_expect_eq(odd.parent, (uint32_t)getpid());
    cr_expect(odd.state == 'S' || odd.state == 'R', "%c", odd.state);
    cr_expect_geq(odd.start, plain.start);
    cr_expect_lt(odd.start - plain.start, 6000, "a minute at most lies between the two");
    end(children[0]);
    end(children[1]);
}

Test(process_stat, tells_what_is_stopped_and_what_has_ended)
{
    struct process_stat now;
    int status;
    pid_t child = sleeping_child("child");
    kill(child, SIGSTOP);
    cr_assert_eq(waitpid(child, &status, WUNTRACED), child);
    cr_assert(process_stat_read((uint32_t)child, &now));
    cr_expect_eq(now.state, 'T');
    kill(child, SIGKILL);
    siginfo_t info;
    cr_assert_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    cr_assert(process_stat_read((uint32_t)child, &now));
    cr_expect_eq(now.state, 'Z');
    waitpid(child, NULL, 0);
    cr_expect_not(process_stat_read((uint32_t)child, &now));
    cr_expect(now.state == 0 && now.parent == 0 && now.start == 0);
}

Test(process_stat, knows_nothing_of_numbers_that_are_no_process)
{
    struct process_stat now;
    cr_expect_not(process_stat_read(0, &now));
    cr_expect_not(process_stat_read(UINT32_MAX, &now));
}
