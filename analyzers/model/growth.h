/* SPDX-License-Identifier: MIT */
/* Does a quantity only grow? The depth of a queue, the number of live tasks of a kind… followed
 * through the minima of successive windows, so that what comes and goes in bursts is no growth.
 * Fixed room however long it runs: when the windows are used up, each two become one of twice the
 * length. */
#ifndef LSC_GROWTH_H
#define LSC_GROWTH_H

#include <stdbool.h>
#include <stdint.h>

#define GROWTH_WINDOWS 32
/* Growth is a rise from each of so many windows to the next, over at least this long. */
#define GROWTH_RISES 8
#define GROWTH_SPAN_NS UINT64_C(2000000000)

/* A rise without a fall: of the windows' minima, from `first` to `last`. */
struct growth_view {
    bool is_growing;
    uint64_t first, last;       /* minima of the first and the last eighth of the span */
    uint64_t start_ns, span_ns; /* when it began, how long it went on */
    uint64_t value;             /* the quantity at the end of the span */
};

/* All zero: nothing seen yet. */
struct growth {
    uint64_t first_ns, seen_ns; /* times of the first and the latest value */
    uint64_t value;             /* the latest */
    uint32_t count;             /* windows begun; 0: no value yet */
    uint32_t shift;             /* a window is 2^shift ns long */
    uint64_t minima[GROWTH_WINDOWS];
    struct growth_view past; /* the largest growth that ended in a fall to under a half */
};

/* The quantity is `value` from `time_ns` on. A time before the latest counts as the latest. */
void growth_add(struct growth *growth, uint64_t time_ns, uint64_t value);
/* One more was there since `since_ns`, which only now is known. */
void growth_add_past(struct growth *growth, uint64_t since_ns);
/* How it stands at `now_ns`: the longest growth that still goes on, else the largest that ended in
 * a fall; is_growing is false when there is none. Whether it is worth telling (how many times
 * larger, above which floor) is for the caller to say. */
struct growth_view growth_view(const struct growth *growth, uint64_t now_ns);
/* How much it grew in a second, in thousandths. */
uint64_t growth_per_1000_seconds(const struct growth_view *view);

#endif
