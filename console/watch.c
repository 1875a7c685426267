/* SPDX-License-Identifier: MIT */
/* Waits for a program while its records are drained. */
#include "watch.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "complain.h"
#include "pass_signal.h"

#define NS_PER_SECOND 1000000000u
#define ITEMS_PER_DRAIN 4096 /* signals are looked at in between */

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

int watch_init(struct watch *watch)
{
    /* Of the first of several programs: signals stay held back between them. */
    static sigset_t mask_at_start;
    static bool is_holding;
    sigset_t held;
    pass_signal_set(&held);
    if (sigprocmask(SIG_BLOCK, &held, is_holding ? NULL : &mask_at_start) != 0)
        return -errno;
    is_holding = true;
    watch->mask_before = mask_at_start;
    watch->signals = signalfd(-1, &held, SFD_NONBLOCK | SFD_CLOEXEC);
    watch->started_ns = watch->progress_ns = now_ns();
    return watch->signals < 0 ? -errno : 0;
}

void watch_close(struct watch *watch)
{
    if (watch->signals >= 0)
        close(watch->signals);
    watch->signals = -1;
}

/* The child stopped because the terminal asked for it: so do we, or the shell would wait for us.
 * The shell's SIGCONT wakes the group. */
static void follow_stop(struct watch *watch)
{
    if (!watch->wants_to_stop)
        return;
    watch->wants_to_stop = false;
    raise(SIGSTOP);
}

static void reap_child(struct watch *watch)
{
    siginfo_t info = {0};
    while (!watch->has_ended &&
           waitid(P_PID, (id_t)watch->child, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG) ==
               0 &&
           info.si_pid != 0) {
        if (info.si_code == CLD_STOPPED) {
            follow_stop(watch);
        } else if (info.si_code != CLD_CONTINUED) {
            watch->has_ended = true;
            watch->was_signaled = info.si_code != CLD_EXITED;
            watch->status = info.si_status;
        }
        info = (siginfo_t){0};
    }
}

/* Somebody else's process is observed: signals are meant for us. */
static void obey_signal(struct watch *watch, uint32_t number)
{
    switch (number) {
    case SIGINT:
    case SIGTERM:
    case SIGHUP:
    case SIGQUIT:
        watch->has_ended = true;
        break;
    case SIGTSTP:
        raise(SIGSTOP);
        break;
    default:
        break;
    }
}

static void take_signals(struct watch *watch)
{
    struct signalfd_siginfo info;
    while (read(watch->signals, &info, sizeof info) == sizeof info) {
        bool is_stop =
            info.ssi_signo == SIGTSTP || info.ssi_signo == SIGTTIN || info.ssi_signo == SIGTTOU;
        if (is_stop)
            watch->wants_to_stop = true;
        if (watch->child == 0)
            obey_signal(watch, info.ssi_signo);
        else if (!watch->has_ended) /* then its process id may be another's already */
            pass_signal(watch->child, &info);
    }
    /* SIGCHLD may have been merged with an earlier one: look whatever woke us. */
    if (watch->child != 0)
        reap_child(watch);
}

static void sleep_between_drains(const struct watch *watch, uint64_t pause_us)
{
    struct pollfd signals = {.fd = watch->signals, .events = POLLIN};
    struct timespec pause = {.tv_sec = (time_t)(pause_us / 1000000),
                             .tv_nsec = (long)(pause_us % 1000000) * 1000};
    ppoll(&signals, 1, &pause, NULL);
}

static void show_progress(struct watch *watch, const struct observation *observation)
{
    uint64_t now = now_ns();
    if (!watch->shows_progress || now - watch->progress_ns < NS_PER_SECOND)
        return;
    watch->progress_ns = now;
    fprintf(stderr,
            "\r\033[Kloopscope: recording %" PRIu64 " s, %" PRIu64 " records, %" PRIu64 " lost",
            (now - watch->started_ns) / NS_PER_SECOND, observation->records, observation->lost);
}

static void clear_progress(const struct watch *watch)
{
    if (watch->shows_progress)
        fprintf(stderr, "\r\033[K");
}

/* With a child: observation ends but the program is still waited for. */
static void check_duration(struct watch *watch)
{
    if (watch->duration_ns == 0 || now_ns() - watch->started_ns < watch->duration_ns)
        return;
    watch->has_stopped_observing = true;
    if (watch->child == 0)
        watch->has_ended = true;
}

/* Without a child the end shows in the stream. */
static bool observed_process_has_ended(const struct watch *watch,
                                       const struct observation *observation)
{
    if (watch->child != 0 || observation->process_count == 0)
        return false;
    for (uint32_t i = 0; i < observation->process_count; i++)
        if (!observation->processes[i].has_ended)
            return false;
    return true;
}

static int observe(struct watch *watch, struct source *source, struct observation *observation)
{
    while (!watch->has_ended && !watch->has_stopped_observing) {
        int taken = observation_take(observation, source, ITEMS_PER_DRAIN);
        if (taken < 0)
            return taken;
        take_signals(watch);
        if (taken < ITEMS_PER_DRAIN && !watch->has_ended)
            sleep_between_drains(watch, live_pause_us(source));
        take_signals(watch);
        show_progress(watch, observation);
        check_duration(watch);
        if (observed_process_has_ended(watch, observation))
            watch->has_ended = true;
    }
    return 0;
}

static int take_the_rest(struct watch *watch, struct source *source,
                         struct observation *observation)
{
    int taken;
    if (watch->child != 0 && watch->has_ended)
        live_child_ended(source, (uint32_t)watch->child,
                         watch->was_signaled ? END_SIGNALED : END_EXITED, watch->status);
    live_finish(source);
    do
        taken = observation_take(observation, source, ITEMS_PER_DRAIN);
    while (taken == ITEMS_PER_DRAIN);
    return taken < 0 ? taken : 0;
}

static void wait_for_child(struct watch *watch)
{
    struct pollfd signals = {.fd = watch->signals, .events = POLLIN};
    while (watch->child != 0 && !watch->has_ended) {
        ppoll(&signals, 1, NULL, NULL);
        take_signals(watch);
    }
}

int watch_until_end(struct watch *watch, struct source *source, struct observation *observation)
{
    int error = observe(watch, source, observation);
    if (error == 0)
        error = take_the_rest(watch, source, observation);
    clear_progress(watch);
    if (error < 0)
        complain("cannot observe any longer: %s",
                 source->error[0] ? source->error : strerror(-error));
    wait_for_child(watch);
    return error;
}

int watch_pass_on_end(const struct watch *watch)
{
    if (!watch->was_signaled)
        return watch->status;
    /* The limit does not hold back a core that the kernel pipes into a program; the flag does. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    prctl(PR_SET_DUMPABLE, 0);
    signal(watch->status, SIG_DFL);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, watch->status);
    raise(watch->status);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
    return 128 + watch->status; /* where the signal cannot kill us, as a shell would say it */
}
