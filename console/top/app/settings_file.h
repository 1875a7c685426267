/* SPDX-License-Identifier: MIT */
/* The file that settings live in between two uses of the console. Its text may be anything: what is
 * not understood is left out and told in one sentence. Any thread. */
#ifndef LSC_TOP_SETTINGS_FILE_H
#define LSC_TOP_SETTINGS_FILE_H

#include <stddef.h>

#include "settings.h"

/* $XDG_CONFIG_HOME/loopscope/top.conf, or ~/.config/loopscope/top.conf. 0, -ENOENT where neither
 * is set, or -ENAMETOOLONG. */
int settings_file_path(char *out, size_t bytes);

#define SETTINGS_NOTICE_BYTES 160
/* 0, also when there is no such file, or -errno; `out` has then what could be read. `notice` is one
 * sentence about what was left out, or "". */
int settings_file_read(const char *path, struct settings *out, char notice[SETTINGS_NOTICE_BYTES]);
/* Whole or not at all, for the owner only; makes the directories. 0 or -errno. */
int settings_file_write(const char *path, const struct settings *settings);

#endif
