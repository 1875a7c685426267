/* SPDX-License-Identifier: MIT */
/* The main loop of the live console: waits for keys, for time and for the program it runs, drains,
 * judges, and paints what has changed. */
#ifndef LSC_TOP_LOOP_H
#define LSC_TOP_LOOP_H

#include "top/app/app.h"
#include "top/feed/export.h"
#include "top/feed/feeder.h"
#include "top/screen/term.h"
#include "top_child.h"

struct top_loop {
    /* Set by the caller. */
    struct feeder *feeder;
    const struct feeder_options *observed;
    struct app *app;
    struct term *term;
    struct top_child *child;   /* NULL: it runs no program */
    uint64_t delay_ns;         /* between pictures of what is observed */
    bool is_script;            /* plays keys, then leaves; nothing is remembered */
    bool waits_for_end;        /* of the program or of the file, before it leaves */
    const char *settings_path; /* NULL: settings are not kept */
    const char *notice;        /* said at the beginning; NULL or "" none */

    /* Its own. */
    struct screen screen;
    int wake_fd, signal_fd;
    bool is_over, is_dirty, has_news;
    uint64_t advance_at_ns, painted_ns, told_ns, news_ns; /* monotonic */
    uint64_t asked_to_quit_ns;                            /* while the program still ran; 0 not */
    bool has_ended_child; /* the program runs no more because we asked it to end */
    struct export *export;
    char error[256];
};

/* Blocks the signals that it waits for; to be called before the program is started. 0 or -errno. */
int top_loop_init(struct top_loop *loop);
/* Until the person leaves. 0, or -errno with a sentence in `error`. */
int top_loop_run(struct top_loop *loop);
void top_loop_close(struct top_loop *loop);

#endif
