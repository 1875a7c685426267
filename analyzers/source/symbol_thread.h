/* SPDX-License-Identifier: MIT */
/* Symbolization beside observation: reading debug information takes up to seconds, rings do not
 * wait. One thread works through the addresses of all processes. The functions below are called by
 * the observing thread alone and never wait, except symbol_thread_wait and _delete. */
#ifndef LSC_SYMBOL_THREAD_H
#define LSC_SYMBOL_THREAD_H

#include "item.h"

struct symbol_thread;

/* NULL when no thread or memory can be had. */
struct symbol_thread *symbol_thread_new(void);
void symbol_thread_delete(struct symbol_thread *thread);

/* A module of the process `process` (an index of the stream), to be told before the addresses in
 * it. */
struct symbol_module {
    const char *path;
    uint64_t bias, start, end;
    uint8_t build_id[32];
    size_t build_id_bytes;
};
/* All three: false when the queue is full, ask again later. */
bool symbol_thread_process(struct symbol_thread *thread, uint32_t process, uint32_t pid,
                           uint32_t uid);
bool symbol_thread_module(struct symbol_thread *thread, uint32_t process,
                          const struct symbol_module *module);
bool symbol_thread_resolve(struct symbol_thread *thread, uint32_t process, uint64_t pc,
                           bool is_return);

struct symbol_result {
    uint32_t process;
    bool is_return;
    struct frames_item frames; /* count 0: nothing is known of such a process */
};
/* One result, or false when none is ready. The frames are the caller's until the next call; their
 * strings live until the thread is deleted. */
bool symbol_thread_take(struct symbol_thread *thread, struct symbol_result *out);
/* Waits at most this long for a result. */
void symbol_thread_wait(struct symbol_thread *thread, uint64_t timeout_ms);

#endif
