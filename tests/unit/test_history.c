/* SPDX-License-Identifier: MIT */
/* How loops and queues did lately, in steps of a quarter of a second. */
#include <criterion/criterion.h>

#include "console/top/feed/history.h"
#include "stream.h"

#define MS UINT64_C(1000000)
#define STALL_NS (20 * MS)

static struct event turn(double from_ms, double to_ms)
{
    return (struct event){.type = LSC_RECORD_TURN,
                          .thread = 1,
                          .time_ns = (uint64_t)(to_ms * 1e6),
                          .arg = (uint64_t)((to_ms - from_ms) * 1e6)};
}

/* A process with a loop that was last seen at `seen_ms`, in a turn since `since_ms`. */
static struct session *session_seen(double seen_ms, double since_ms)
{
    struct stream *stream = stream_new();
    stream_process(stream, 7, "server", "server");
    stream_thread(stream, 1, 7, "server", LSC_ROLE_LOOP);
    stream_turn(stream, 1, 1, 2, 0);
    stream_now(stream, 1, seen_ms, since_ms);
    struct session *session = stream_apply(stream, 100);
    stream_delete(stream);
    return session;
}

Test(history, a_turn_counts_in_every_step_by_its_part_in_it)
{
    struct history *history = history_new();
    struct session *session = session_seen(1000, NEVER_MS);
    struct event events[] = {turn(100, 200), turn(400, 850)};
    struct loop_sample samples[8];
    history_note(history, 0, STALL_NS, events, 2);
    history_advance(history, session);
    unsigned count = history_loop(history, 0, 1, samples, 8);
    cr_assert_eq(count, 5, "%u", count);
    cr_assert_eq(samples[0].utilization, 4000);
    cr_assert_eq(samples[1].utilization, 4000); /* 400 … 500 of 250 … 500 */
    cr_assert_eq(samples[2].utilization, 10000);
    cr_assert_eq(samples[3].utilization, 4000);
    cr_assert_eq(samples[3].longest_ns, 450 * MS, "a turn counts in all its length");
    cr_assert_eq(samples[2].stalled, 10000);
    cr_assert_eq(samples[4].utilization, 0);
    session_delete(session);
    history_delete(history);
}

Test(history, a_turn_in_progress_fills_the_steps_that_it_has_reached)
{
    struct history *history = history_new();
    struct session *session = session_seen(1200, 600);
    struct loop_sample samples[8];
    history_advance(history, session);
    unsigned count = history_loop(history, 0, 1, samples, 8);
    cr_assert_geq(count, 2);
    cr_assert_eq(samples[count - 2].utilization, 10000);
    cr_assert_eq(samples[count - 2].stalled, 10000);
    cr_assert_eq(samples[count - 1].utilization, 8000); /* 1000 … 1200 */
    cr_assert_eq(samples[count - 1].longest_ns, 600 * MS);
    session_delete(session);
    history_delete(history);
}

Test(history, holds_two_minutes_and_forgets_what_is_older)
{
    static struct loop_sample samples[2 * HISTORY_SAMPLES];
    struct history *history = history_new();
    for (unsigned i = 0; i < 1000; i++) {
        struct event event = turn(i * 250.0, i * 250.0 + (i < 600 ? 100 : 50));
        history_note(history, 0, STALL_NS, &event, 1);
    }
    unsigned count = history_loop(history, 0, 1, samples, 2 * HISTORY_SAMPLES);
    cr_assert_eq(count, HISTORY_SAMPLES, "%u", count);
    cr_assert_eq(samples[0].utilization, 4000, "step 520");
    cr_assert_eq(samples[79].utilization, 4000, "step 599");
    cr_assert_eq(samples[80].utilization, 2000, "step 600");
    cr_assert_eq(samples[count - 1].utilization, 2000);
    cr_assert_eq(history_loop(history, 0, 2, samples, 10), 0, "nothing is known of others");
    history_delete(history);
}

Test(history, a_queue_keeps_its_depth_until_it_changes)
{
    struct history *history = history_new();
    struct stream *stream = stream_new();
    struct queue_sample samples[8];
    stream_process(stream, 7, "server", "server");
    stream_string(stream, 1, "channel");
    stream_string(stream, 2, "orders");
    stream_resource(stream, 1, 1, 2, 0);
    stream_depth(stream, 1, 100, 5, 10);
    struct session *session = stream_apply(stream, 1);
    history_advance(history, session);
    stream_depth(stream, 1, 1100, 9, 10);
    struct session *later = stream_apply(stream, 1);
    history_advance(history, later);
    unsigned count = history_queue(history, 0, 1, samples, 8);
    cr_assert_eq(count, 5, "%u", count);
    cr_assert_eq(samples[0].depth, 5);
    cr_assert_eq(samples[0].capacity, 10);
    cr_assert_eq(samples[4].depth, 9);
    session_delete(session);
    session_delete(later);
    stream_delete(stream);
    history_delete(history);
}

Test(history, more_loops_than_it_holds_take_the_places_of_the_idlest)
{
    struct history *history = history_new();
    struct loop_sample samples[4];
    for (uint32_t thread = 1; thread <= HISTORY_LOOPS + 1; thread++) {
        struct event event = turn(thread * 250.0, thread * 250.0 + 100);
        event.thread = thread;
        history_note(history, 0, STALL_NS, &event, 1);
    }
    cr_assert_eq(history_loop(history, 0, 1, samples, 4), 0, "the first was active least lately");
    cr_assert_eq(history_loop(history, 0, 2, samples, 4), 1);
    cr_assert_eq(history_loop(history, 0, HISTORY_LOOPS + 1, samples, 4), 1);
    cr_assert_eq(samples[0].utilization, 4000, "and nothing is left of its predecessor");
    history_delete(history);
}
