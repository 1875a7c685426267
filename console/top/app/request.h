/* SPDX-License-Identifier: MIT */
/* What a person can ask for. Keys, function keys and the mouse lead to requests, and behaviour is
 * addressed by request, never by key. The table (request.c) is what help, the function bar and the
 * manual page's key table are made from. */
#ifndef LSC_TOP_REQUEST_H
#define LSC_TOP_REQUEST_H

#include <stdint.h>

/* X(NAME, group, what it does). Keys stand in request.c. To add one: append a row here and its
 * keys there, and handle it in app.c (or in a view's `link`). */
#define REQUESTS(X)                                                                                \
    X(UP, MOVE, "one row up")                                                                      \
    X(DOWN, MOVE, "one row down")                                                                  \
    X(LEFT, MOVE, "scroll or fold to the left")                                                    \
    X(RIGHT, MOVE, "scroll or unfold to the right")                                                \
    X(PAGE_UP, MOVE, "a page up")                                                                  \
    X(PAGE_DOWN, MOVE, "a page down")                                                              \
    X(FIRST, MOVE, "first row")                                                                    \
    X(LAST, MOVE, "last row")                                                                      \
    X(OPEN, MOVE, "open what is selected")                                                         \
    X(BACK, MOVE, "back to where you came from, or close what is open")                            \
    X(NEXT_VIEW, VIEW, "next view")                                                                \
    X(PREVIOUS_VIEW, VIEW, "previous view")                                                        \
    X(VIEW_1, VIEW, "overview") /* VIEW_n: the n-th tab */                                         \
    X(VIEW_2, VIEW, "tasks")                                                                       \
    X(VIEW_3, VIEW, "loops")                                                                       \
    X(VIEW_4, VIEW, "blocking calls")                                                              \
    X(VIEW_5, VIEW, "stalls")                                                                      \
    X(VIEW_6, VIEW, "queues")                                                                      \
    X(VIEW_7, VIEW, "processes")                                                                   \
    X(VIEW_8, VIEW, "the program's output")                                                        \
    X(HELP, VIEW, "help for this screen; on a finding, what it means")                             \
    X(SEARCH, LIST, "search: go to the next row that contains…")                                   \
    X(SEARCH_NEXT, LIST, "next match")                                                             \
    X(SEARCH_PREVIOUS, LIST, "previous match")                                                     \
    X(FILTER, LIST, "filter: show only rows that contain…")                                        \
    X(SORT, LIST, "choose the column to sort by")                                                  \
    X(SORT_NEXT, LIST, "sort by the next column")                                                  \
    X(SORT_PREVIOUS, LIST, "sort by the previous column")                                          \
    X(INVERT, LIST, "invert the order")                                                            \
    X(TREE, LIST, "tree on or off")                                                                \
    X(FOLD, LIST, "fold or unfold the branch")                                                     \
    X(COLUMNS, LIST, "choose columns")                                                             \
    X(GO_TASK, GO, "go to its task")                                                               \
    X(GO_WAKER, GO, "go to who woke it")                                                           \
    X(GO_QUEUE, GO, "go to the resource it waits for")                                             \
    X(GO_WAITERS, GO, "go to who waits for it")                                                    \
    X(GO_THREAD, GO, "go to its loop")                                                             \
    X(PAUSE, TIME, "pause, or go on")                                                              \
    X(SLOWER, TIME, "replay at half the speed")                                                    \
    X(FASTER, TIME, "replay at twice the speed")                                                   \
    X(SEEK_BACK, TIME, "replay: five seconds back")                                                \
    X(SEEK_FORWARD, TIME, "replay: five seconds forward")                                          \
    X(SEEK, TIME, "replay: go to a time")                                                          \
    X(SAVE_SCREEN, FILE, "copy the screen to a file")                                              \
    X(EXPORT, FILE, "write what is in memory to a trace file")                                     \
    X(REDRAW, FILE, "draw the screen anew")                                                        \
    X(SUSPEND, FILE, "suspend")                                                                    \
    X(QUIT, FILE, "quit")

enum request {
    REQUEST_NONE,
#define X(name, group, text) REQUEST_##name,
    REQUESTS(X)
#undef X
        REQUEST_COUNT
};
enum request_group { GROUP_MOVE, GROUP_VIEW, GROUP_LIST, GROUP_GO, GROUP_TIME, GROUP_FILE };

#define REQUEST_KEYS_MAX 4
struct request_row {
    const char *name; /* "SORT" */
    enum request_group group;
    const char *text;
    uint32_t keys[REQUEST_KEYS_MAX]; /* 0 ends them; the first is the one that is shown */
};
extern const struct request_row requests[REQUEST_COUNT];
/* REQUEST_NONE for a key that means nothing. */
enum request request_of_key(uint32_t key);

#endif
