/* SPDX-License-Identifier: MIT */
/* What a person can ask for. Keys, function keys and the mouse lead to requests, and behaviour is
 * addressed by request, never by key. The table is what help, the function bar and the manual
 * page's key table are made from. */
#ifndef LSC_TOP_REQUEST_H
#define LSC_TOP_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "console/top/screen/event.h"

#define REQUEST_CONTROL(letter) ((letter)-96)
#define REQUEST_F(n) (TOP_KEY_F1 + (n)-1)

/* X(NAME, group, label in the function bar or NULL, what it does, keys…): the first key is the one
 * that is shown; arrows and hjkl move, function keys are those of htop, capitals jump, and no key
 * means two things. To add one: append a row, and handle it in app.c, or in a view's `link`. */
/* clang-format off */
#define REQUESTS(X)                                                                                \
    X(UP, MOVE, NULL, "one row up", TOP_KEY_UP, 'k')                                               \
    X(DOWN, MOVE, NULL, "one row down", TOP_KEY_DOWN, 'j')                                         \
    X(LEFT, MOVE, NULL, "columns to the left; in a tree, fold", TOP_KEY_LEFT, 'h')                 \
    X(RIGHT, MOVE, NULL, "columns to the right; in a tree, unfold", TOP_KEY_RIGHT, 'l')            \
    X(PAGE_UP, MOVE, NULL, "a page up", TOP_KEY_PAGE_UP, REQUEST_CONTROL('b'))                     \
    X(PAGE_DOWN, MOVE, NULL, "a page down", TOP_KEY_PAGE_DOWN, REQUEST_CONTROL('f'))               \
    X(FIRST, MOVE, NULL, "first row", TOP_KEY_HOME, 'g')                                           \
    X(LAST, MOVE, NULL, "last row", TOP_KEY_END, 'G')                                              \
    X(OPEN, MOVE, "Open", "open what is selected", TOP_KEY_ENTER)                                  \
    X(BACK, MOVE, "Back", "back to where you came from, or close what is open",                    \
      TOP_KEY_ESCAPE, TOP_KEY_BACKSPACE)                                                           \
    X(NEXT_VIEW, VIEW, NULL, "next view", TOP_KEY_TAB)                                             \
    X(PREVIOUS_VIEW, VIEW, NULL, "previous view", TOP_KEY_BACK_TAB)                                \
    X(VIEW_1, VIEW, NULL, "overview", '1') /* VIEW_n: the n-th tab */                              \
    X(VIEW_2, VIEW, NULL, "tasks", '2')                                                            \
    X(VIEW_3, VIEW, NULL, "loops", '3')                                                            \
    X(VIEW_4, VIEW, NULL, "blocking calls", '4')                                                   \
    X(VIEW_5, VIEW, NULL, "stalls", '5')                                                           \
    X(VIEW_6, VIEW, NULL, "queues", '6')                                                           \
    X(VIEW_7, VIEW, NULL, "processes", '7')                                                        \
    X(VIEW_8, VIEW, NULL, "the program's output", '8')                                             \
    X(HELP, VIEW, "Help", "help for this screen; on a finding, what it means", REQUEST_F(1), '?')  \
    X(COLUMNS, LIST, "Columns", "choose columns and their order", REQUEST_F(2), 'C')               \
    X(SEARCH, LIST, "Search", "search: go to the next row that contains…", REQUEST_F(3), '/')      \
    X(SEARCH_NEXT, LIST, NULL, "next match", 'n')                                                  \
    X(SEARCH_PREVIOUS, LIST, NULL, "previous match", 'N')                                          \
    X(FILTER, LIST, "Filter", "filter: show only rows that contain…", REQUEST_F(4), '\\')          \
    X(TREE, LIST, "Tree", "tree on or off", REQUEST_F(5), 't')                                     \
    X(FOLD, LIST, NULL, "fold or unfold the branch", '-', '+')                                     \
    X(SORT, LIST, "SortBy", "choose the column to sort by", REQUEST_F(6), 's')                     \
    X(SORT_NEXT, LIST, NULL, "sort by the next column", '>')                                       \
    X(SORT_PREVIOUS, LIST, NULL, "sort by the previous column", '<')                               \
    X(INVERT, LIST, NULL, "invert the order", 'I')                                                 \
    X(GO_TASK, GO, "Task", "go to its task", 'T')                                                  \
    X(GO_WAKER, GO, "Waker", "go to who woke it", 'W')                                             \
    X(GO_QUEUE, GO, "Queue", "go to the resource it waits for", 'Q')                               \
    X(GO_WAITERS, GO, "Waiters", "go to who waits for it", 'A')                                    \
    X(GO_THREAD, GO, "Loop", "go to its loop", 'L')                                                \
    X(SLOWER, TIME, "Slower", "replay at half the speed", REQUEST_F(7), '[')                       \
    X(FASTER, TIME, "Faster", "replay at twice the speed", REQUEST_F(8), ']')                      \
    X(PAUSE, TIME, "Pause", "pause, or go on", ' ')                                                \
    X(SEEK_BACK, TIME, NULL, "replay: five seconds back", ',')                                     \
    X(SEEK_FORWARD, TIME, NULL, "replay: five seconds forward", '.')                               \
    X(SEEK, TIME, NULL, "replay: go to a time", ':')                                               \
    X(EXPORT, FILE, "Write", "write what is in memory to a trace file", REQUEST_F(9), 'w')         \
    X(SAVE_SCREEN, FILE, NULL, "copy the screen to a file", 'S')                                   \
    X(REDRAW, FILE, NULL, "draw the screen anew", REQUEST_CONTROL('l'))                            \
    X(SUSPEND, FILE, NULL, "suspend", REQUEST_CONTROL('z'))                                        \
    X(QUIT, FILE, "Quit", "quit", REQUEST_F(10), 'q', REQUEST_CONTROL('c'))
/* clang-format on */

enum request {
    REQUEST_NONE,
#define X(name, ...) REQUEST_##name,
    REQUESTS(X)
#undef X
        REQUEST_COUNT
};
enum request_group { GROUP_MOVE, GROUP_VIEW, GROUP_LIST, GROUP_GO, GROUP_TIME, GROUP_FILE };
#define GROUP_COUNT (GROUP_FILE + 1)

#define REQUEST_KEYS_MAX 4
struct request_row {
    const char *name; /* "SORT" */
    enum request_group group;
    const char *label, *text;
    uint32_t keys[REQUEST_KEYS_MAX]; /* 0 ends them */
};
extern const struct request_row requests[REQUEST_COUNT];
extern const char *const request_groups[GROUP_COUNT]; /* their titles */

/* REQUEST_NONE for a key that means nothing. */
enum request request_of_key(uint32_t key);
/* "F3": the key that is shown. */
#define REQUEST_KEY_BYTES 16
char *request_key_text(char out[REQUEST_KEY_BYTES], enum request request);
/* "F3 /": all of them. */
#define REQUEST_KEYS_BYTES 72
char *request_keys_text(char out[REQUEST_KEYS_BYTES], enum request request);

#endif
