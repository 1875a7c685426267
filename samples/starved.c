/* SPDX-License-Identifier: MIT */
/* Wrong: nothing in this loop. It shares one core with two busy neighbours that outrank it, so that
 * a turn with a few milliseconds of work takes many times as long: it is ready and does not run.
 *
 * loopscope must say: starved (and must not blame share_work, which only wants its few
 * milliseconds). The healthy twin has no neighbours. */
#include "ticker.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICKS 10
#define PERIOD_MS 10
#define NEIGHBOURS 2
#define WORK_ROUNDS 8000000
#define NICE 12
#define STALL_NS 20000000u

struct crowd {
    pid_t neighbours[NEIGHBOURS];
    unsigned held;
    uint64_t held_ns;
};

static _Noreturn void stay_busy(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (volatile unsigned i = 0;; i++)
        continue;
}

static void neighbours_start(struct crowd *crowd)
{
    for (int i = 0; i < NEIGHBOURS; i++) {
        crowd->neighbours[i] = fork();
        if (crowd->neighbours[i] == 0)
            stay_busy();
    }
}

static void neighbours_stop(const struct crowd *crowd)
{
    for (int i = 0; i < NEIGHBOURS; i++) {
        if (crowd->neighbours[i] <= 0)
            continue;
        kill(crowd->neighbours[i], SIGKILL);
        waitpid(crowd->neighbours[i], NULL, 0);
    }
}

/* A few milliseconds of honest work. */
__attribute__((noinline)) static void share_work(void)
{
    for (volatile unsigned i = 0; i < WORK_ROUNDS; i++)
        continue;
}

static void on_tick(unsigned tick, void *context)
{
    struct crowd *crowd = context;
    uint64_t start = ticker_now_ns();

    (void)tick;
    share_work();
    uint64_t spent_ns = ticker_now_ns() - start;
    /* Now and then the scheduler gives it the whole work's time at once. */
    if (spent_ns < STALL_NS)
        return;
    crowd->held++;
    crowd->held_ns += spent_ns;
}

/* Keeps this process and its children on the last core it may use. */
static int stay_on_one_core(void)
{
    cpu_set_t cores;

    if (sched_getaffinity(0, sizeof cores, &cores) < 0)
        return -1;
    int core = CPU_SETSIZE - 1;
    while (core > 0 && !CPU_ISSET(core, &cores))
        core--;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    return sched_setaffinity(0, sizeof cores, &cores);
}

int main(int argc, char **argv)
{
    struct crowd crowd = {.held = 0};

    if (stay_on_one_core() < 0)
        return EXIT_FAILURE;
    if (!ticker_wants_healthy(argc, argv)) {
        neighbours_start(&crowd);
        setpriority(PRIO_PROCESS, 0, NICE);
    }
    int status = ticker_run(TICKS, PERIOD_MS, on_tick, &crowd);
    neighbours_stop(&crowd);
    ticker_say_held(crowd.held, crowd.held_ns);
    return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
