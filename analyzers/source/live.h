/* SPDX-License-Identifier: MIT */
/* The live source: drains the segments of running (or dead) processes into items. */
#ifndef LSC_LIVE_H
#define LSC_LIVE_H

#include "item.h"

struct live_options {
    const char *directory; /* of segments; NULL the user's default */
    uint32_t pid;          /* only this process; 0: any */
    bool want_children;    /* with `pid`: also processes that descend from it */
    uint64_t run_id;       /* only processes of this run; 0: any */
    bool want_past;        /* also what the rings still hold from before (else from now on) */
    bool want_symbols;     /* resolve stacks (in a thread of its own; items arrive when ready) */
    const char *only_path; /* read this very segment file (snapshot); NULL otherwise */
};

/* 0 and *out, or -errno with half a sentence in `why`. */
int live_open(const struct live_options *options, struct source **out, char *why, size_t why_bytes);

/* How many microseconds the caller may sleep before the next drain so that no ring is lapped, from
 * the rates seen so far (1 000 … 20 000). */
uint64_t live_pause_us(const struct source *source);

/* Addresses that wait for their names. */
uint64_t live_symbols_pending(const struct source *source);

/* How long the watchdog of the stream's process `index` has been silent; 0 for one that has none,
 * has ended or is not known. A stopped process is silent, an idle one is not. */
uint64_t live_silent_ns(const struct source *source, uint32_t index);

/* Tells it how the top process ended, known to its parent; yields ITEM_END accordingly. */
void live_child_ended(struct source *source, uint32_t pid, enum end_kind kind, int status);

/* Ends observation: the following next() calls yield what is left (a last drain, symbols being
 * awaited, ITEM_NOW of every thread, ITEM_END), then 0. */
void live_finish(struct source *source);

#endif
