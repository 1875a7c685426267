/* SPDX-License-Identifier: MIT */
/* Waits for a program while its records are drained: sleeps between drains, passes signals on,
 * follows job control, and learns how the program ended. The one waiting loop of run, record and
 * check. */
#ifndef LSC_WATCH_H
#define LSC_WATCH_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "analyzers/source/live.h"
#include "observation.h"

struct watch {
    /* Set by the caller. */
    pid_t child;          /* our own program; 0 when somebody else's process is observed */
    uint64_t duration_ns; /* observe no longer than this; 0: until the end */
    bool shows_progress;  /* a line on stderr, renewed every second */

    /* The outcome. */
    bool was_signaled; /* the child: died by signal `status`, else left with exit status `status` */
    int status;

    /* The watch's own. */
    int signals; /* signalfd */
    sigset_t mask_before;
    bool has_ended; /* the child is gone, or the observed process is, or the user has had enough */
    bool wants_to_stop;         /* the terminal asked the whole group to stop (^Z) */
    bool has_stopped_observing; /* duration is over */
    uint64_t started_ns, progress_ns;
};

/* Blocks every signal that can be held back, for this thread and those it starts later: nothing but
 * SIGKILL ends loopscope before the report is out. To be called before any thread is started. 0 or
 * -errno. */
int watch_init(struct watch *watch);
void watch_close(struct watch *watch);

/* Drains `source` into `observation` until the child (or, without one, the observed process) has
 * ended and everything it left was taken. 0, or -errno after a line on stderr: then too the child
 * was waited for. */
int watch_until_end(struct watch *watch, struct source *source, struct observation *observation);

/* Ends this process as the child ended: returns its exit status, or dies by the same signal
 * (without a core dump: the program has left its own). */
int watch_pass_on_end(const struct watch *watch);

#endif
