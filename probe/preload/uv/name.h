/* SPDX-License-Identifier: MIT */
/* Names of tasks: addresses, paths, signals, periods. Interned only while the table of strings is
 * less than half full, so that names cannot crowd out what must be told; a handle that changes its
 * name again and again keeps one after a while. None of these in a signal handler. */
#ifndef LSC_UV_NAME_H
#define LSC_UV_NAME_H

#include "note.h"

enum name_when {
    NAME_IS_FINAL,
    NAME_MAY_CHANGE, /* a port of 0 that the kernel chooses */
};

void name_timer(struct side *side, struct entry *entry, uint64_t timeout_ms, uint64_t repeat_ms);
void name_signal(struct side *side, struct entry *entry, int signum);
void name_path(struct side *side, struct entry *entry, const char *path);
void name_descriptor(const uv_loop_t *loop, struct entry *entry, int fd);
void name_address(struct side *side, struct entry *entry, const struct sockaddr *a,
                  enum name_when when);
/* The address a stream is bound to, or that of its peer, if it has one and the name lacks it. */
void name_own_end(struct side *side, struct entry *entry, const uv_stream_t *h);
void name_other_end(struct side *side, struct entry *entry, const uv_stream_t *h);
void name_bound(struct side *side, struct entry *entry, const uv_udp_t *h);
/* `name` is a string id. */
void name_stream(struct side *side, struct entry *entry, uint32_t name);

/* String ids, 0 none. */
uint32_t name_of_text(const char *text);
uint32_t name_of_bytes(const char *bytes, size_t n);
uint32_t name_of_address(const struct sockaddr *a);
uint32_t name_of_descriptor(int fd);
/* The name that the entry's task has now. */
uint32_t name_of_task(const struct entry *entry);

#endif
