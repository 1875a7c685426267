/* SPDX-License-Identifier: MIT */
/* What happens to the console: keys, the mouse, the size, time, and news of what is observed. Time
 * is an event, so that the console itself never looks at a clock. */
#ifndef LSC_TOP_EVENT_H
#define LSC_TOP_EVENT_H

#include <stdint.h>

/* Keys are Unicode code points, control keys included (Ctrl-C is 3), and these. */
enum key {
    KEYS_SPECIAL = 0x110000,
    TOP_KEY_UP,
    TOP_KEY_DOWN,
    TOP_KEY_LEFT,
    TOP_KEY_RIGHT,
    TOP_KEY_HOME,
    TOP_KEY_END,
    TOP_KEY_PAGE_UP,
    TOP_KEY_PAGE_DOWN,
    TOP_KEY_DELETE,
    TOP_KEY_BACKSPACE,
    TOP_KEY_TAB,
    TOP_KEY_BACK_TAB,
    TOP_KEY_ENTER,
    TOP_KEY_ESCAPE,
    TOP_KEY_F1, /* F2… follow */
    TOP_KEY_F12 = TOP_KEY_F1 + 11,
};
/* The key that a terminal means by a character: Enter, Tab, Escape and Backspace come as control
 * characters. */
uint32_t key_of_character(uint32_t character);

enum event_kind {
    EVENT_NONE,
    EVENT_KEY,
    EVENT_CLICK, /* first button */
    EVENT_DOUBLE_CLICK,
    EVENT_WHEEL_UP,
    EVENT_WHEEL_DOWN,
    EVENT_RESIZE,
    EVENT_TIME,   /* the monotonic clock, about four times a second */
    EVENT_NEWS,   /* the feed has changed: records applied, processes come or gone, judged anew */
    EVENT_NOTICE, /* one line for the person: "saved as…", "cannot write…" */
    EVENT_QUIT,   /* SIGTERM, SIGHUP or the end of input */
};
struct top_event {
    enum event_kind kind;
    uint32_t key;
    unsigned row, column;   /* of the mouse */
    unsigned rows, columns; /* RESIZE */
    uint64_t time_ns;       /* TIME */
    const char *notice;     /* borrowed for the call */
};

#endif
