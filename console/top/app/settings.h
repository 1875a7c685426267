/* SPDX-License-Identifier: MIT */
/* What the console remembers from one use to the next: per view the columns shown, in order, the
 * sort, and the tree; and the delay between pictures. Read from and written to
 * $XDG_CONFIG_HOME/loopscope/top.conf (feed into app_new; file access is in settings_file.c). */
#ifndef LSC_TOP_SETTINGS_H
#define LSC_TOP_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#define SETTINGS_VIEWS_MAX 16
#define SETTINGS_COLUMNS_MAX 24
#define SETTINGS_ID_BYTES 24

struct view_settings {
    char view[SETTINGS_ID_BYTES];                          /* "" ends the list */
    char columns[SETTINGS_COLUMNS_MAX][SETTINGS_ID_BYTES]; /* "" ends it; none: the defaults */
    char sort[SETTINGS_ID_BYTES];                          /* "": the default */
    bool is_ascending;
    bool is_tree;
};
struct settings {
    struct view_settings views[SETTINGS_VIEWS_MAX];
};

#endif
