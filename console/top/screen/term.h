/* SPDX-License-Identifier: MIT */
/* Where frames are painted and keys come from: a terminal (curses.c), or a script (script.c), which
 * plays keys and dumps the last frame. Not thread-safe. */
#ifndef LSC_TOP_TERM_H
#define LSC_TOP_TERM_H

#include <stdbool.h>
#include <stdio.h>

#include "event.h"
#include "screen.h"

struct term;
struct term_ops {
    /* Shows the screen, writing only what changed. 0 or -errno. */
    int (*paint)(struct term *term, const struct screen *screen);
    /* The next event, waiting up to `timeout_us`: 1, or 0 when there is none, or -errno. Returns
     * early (0) when `wake_fd` becomes readable; -1: none. */
    int (*next)(struct term *term, int64_t timeout_us, int wake_fd, struct top_event *out);
    void (*bell)(struct term *term);
    /* Ctrl-Z: restores the terminal, stops the process, and takes the terminal again. */
    void (*suspend)(struct term *term);
    void (*redraw)(struct term *term); /* the next paint writes everything */
    void (*close)(struct term *term);  /* restores the terminal */
};
struct term {
    const struct term_ops *ops;
    unsigned columns, rows;
    bool use_unicode;
};

struct term_options {
    bool use_color; /* NO_COLOR and the user's wish are in it already */
    bool use_unicode;
    bool use_mouse;
};
/* NULL after setting *why to half a sentence ("standard output is not a terminal"). Installs
 * handlers that restore the terminal when the process dies by a signal, and chain. */
struct term *term_curses_new(const struct term_options *options, const char **why);

struct script_options {
    unsigned columns, rows; /* --size */
    const char *keys;       /* --keys, see keys.h; may be NULL */
    bool use_unicode;
    FILE *out; /* gets the last frame at close */
    enum screen_dump dump;
};
struct term *term_script_new(const struct script_options *options);

#endif
