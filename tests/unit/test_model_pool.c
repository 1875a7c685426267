/* SPDX-License-Identifier: MIT */
/* Pools: who belongs together, how many were busy, and for how long all of them. */
#include <criterion/criterion.h>

#include "stream.h"

static struct stream *stream;
static struct session *session;

static void begin(void)
{
    stream = stream_new();
    stream_process(stream, 1, "prog", "prog");
}

static const struct model *apply(void)
{
    session = stream_apply(stream, 50);
    return session_model(session, 0);
}

static void end(void)
{
    session_delete(session);
    stream_delete(stream);
}

static void workers(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        stream_worker(stream, i, 100 + i, "worker", 0x5000, 0x7000);
}

static struct pool_view view_of_first(const struct model *model)
{
    cr_assert_eq(model_pool_count(model), 1);
    return pool_view(model, model_pool_at(model, 0));
}

TestSuite(model_pool, .init = begin, .fini = end);

Test(model_pool, threads_with_one_start_routine_and_wait_object_are_one_pool)
{
    workers(4);
    stream_worker(stream, 9, 109, "other", 0x6000, 0x7000);
    stream_worker(stream, 10, 110, "other", 0x5000, 0x7777);
    stream_worker(stream, 11, 111, "worker", 0x5000, 0);
    const struct model *model = apply();
    cr_assert_eq(model_pool_count(model), 3);
    cr_assert_eq(model_pool_at(model, 0)->size_max, 5, "no wait object yet: it fits the first");
}

Test(model_pool, a_worker_that_was_never_busy_still_counts)
{
    workers(4);
    for (uint32_t i = 0; i < 3; i++)
        stream_work(stream, i, 100, 500, 0x7000);
    struct pool_view view = view_of_first(apply());
    cr_assert_eq(view.busy_max, 3);
    cr_assert_eq(view.saturated_ns, 0);
}

Test(model_pool, a_worker_that_was_never_busy_counts_until_its_end)
{
    workers(3);
    for (uint32_t i = 0; i < 2; i++)
        stream_work(stream, i, 100, 500, 0x7000);
    for (uint32_t i = 0; i < 3; i++)
        stream_item(stream, &(struct item){.kind = ITEM_THREAD,
                                           .thread = {.thread = i,
                                                      .tid = 100 + i,
                                                      .roles = LSC_ROLE_POOL,
                                                      .has_ended = true,
                                                      .name = "worker",
                                                      .start_routine = 0x5000,
                                                      .wait_object = 0x7000}});
    struct pool_view view = view_of_first(apply());
    cr_assert_eq(view.busy_max, 2);
    cr_assert_eq(view.saturated_ns, 0);
}

Test(model_pool, workers_known_only_since_they_woke_were_idle_before)
{
    workers(2);
    for (uint32_t i = 2; i < 4; i++)
        stream_item(stream, &(struct item){.kind = ITEM_THREAD,
                                           .thread = {.thread = i,
                                                      .tid = 100 + i,
                                                      .name = "worker",
                                                      .roles = LSC_ROLE_POOL | LSC_ROLE_EARLY,
                                                      .start_routine = 0x5000,
                                                      .wait_object = 0x7000,
                                                      .started_ns = i * 400000000}});
    stream_work(stream, 0, 100, 500, 0x7000);
    stream_work(stream, 1, 100, 500, 0x7000);
    stream_work(stream, 2, 790, 800, 0x7000);
    struct pool_view view = view_of_first(apply());
    cr_assert_eq(view.busy_max, 2);
    cr_assert_eq(view.saturated_ns, 0);
}

Test(model_pool, is_saturated_while_every_worker_is_busy)
{
    workers(3);
    stream_work(stream, 1, 150, 380, 0x7000);
    stream_work(stream, 0, 100, 400, 0x7000);
    stream_work(stream, 2, 200, 700, 0x7000);
    struct pool_view view = view_of_first(apply());
    cr_assert_eq(view.saturated_ns, 180000000);
    cr_assert_eq(view.longest_ns, 180000000);
    cr_assert_eq(view.longest_start_ns, 200000000);
    cr_assert_eq(view.stretches, 1);
    cr_assert_eq(view.busy_max, 3);
    cr_assert_not(view.in_progress);
}

Test(model_pool, an_instant_between_two_jobs_does_not_part_a_stretch)
{
    workers(2);
    for (unsigned i = 0; i < 10; i++) {
        stream_work(stream, 0, 100 + i * 10, 109.99 + i * 10, 0x7000);
        stream_work(stream, 1, 100 + i * 10, 109.99 + i * 10, 0x7000);
    }
    struct pool_view view = view_of_first(apply());
    cr_assert_eq(view.stretches, 1);
    cr_assert_eq(view.longest_ns, 99990000);
}

Test(model_pool, open_spells_count_up_to_the_observation)
{
    workers(2);
    for (uint32_t i = 0; i < 2; i++)
        stream_item(stream, &(struct item){.kind = ITEM_NOW,
                                           .now = {.thread = i,
                                                   .time_ns = 500000000,
                                                   .turn_since_ns = UINT64_MAX,
                                                   .busy_since_ns = 100000000 + i * 50000000,
                                                   .poll_since_ns = UINT64_MAX,
                                                   .call_since_ns = UINT64_MAX}});
    struct pool_view view = view_of_first(apply());
    cr_assert_eq(view.saturated_ns, 350000000);
    cr_assert(view.in_progress);
}

Test(model_pool, a_spell_read_after_its_observation_counts_once)
{
    workers(1);
    stream_item(stream, &(struct item){.kind = ITEM_NOW,
                                       .now = {.thread = 0,
                                               .time_ns = 500000000,
                                               .turn_since_ns = UINT64_MAX,
                                               .busy_since_ns = 100000000,
                                               .poll_since_ns = UINT64_MAX,
                                               .call_since_ns = UINT64_MAX}});
    stream_work(stream, 0, 100, 600, 0x7000);
    struct pool_view view = view_of_first(apply());
    cr_assert_eq(view.saturated_ns, 500000000);
}

Test(model_pool, one_that_adds_a_thread_is_no_longer_saturated)
{
    workers(1);
    stream_work(stream, 0, 100, 500, 0x7000);
    stream_item(stream, &(struct item){.kind = ITEM_THREAD,
                                       .thread = {.thread = 1,
                                                  .tid = 101,
                                                  .name = "worker",
                                                  .roles = LSC_ROLE_POOL,
                                                  .start_routine = 0x5000,
                                                  .wait_object = 0x7000,
                                                  .started_ns = 200000000}});
    cr_assert_eq(view_of_first(apply()).saturated_ns, 100000000);
}

Test(model_pool, very_many_spells_are_swept_in_bounded_room)
{
    workers(2);
    for (unsigned i = 0; i < 20000; i++) {
        stream_work(stream, 0, 100 + i, 100.6 + i, 0x7000);
        stream_work(stream, 1, 100.3 + i, 100.9 + i, 0x7000);
    }
    struct pool_view view = view_of_first(apply());
    cr_assert(view.saturated_ns > 5990000000u && view.saturated_ns < 6010000000u, "%lu",
              (unsigned long)view.saturated_ns);
    cr_assert_eq(view.busy_p50, 1);
    cr_assert_eq(view.busy_p99, 2);
}

Test(model_pool, is_known_by_the_name_of_its_start_routine)
{
    static const struct frame worker[] = {FRAME("worker", "", 0, "/usr/bin/node", FRAME_LIBRARY)};
    static const struct frame platform[] = {
        FRAME("node::(anonymous namespace)::PlatformWorkerThread(void*)", "", 0, "/usr/bin/node",
              FRAME_LIBRARY)};
    workers(2);
    stream_worker(stream, 5, 105, "node", 0x6000, 0x8000);
    stream_item(stream, &(struct item){.kind = ITEM_FRAMES,
                                       .frames = {.pc = 0x5000, .frames = worker, .count = 1}});
    stream_item(stream, &(struct item){.kind = ITEM_FRAMES,
                                       .frames = {.pc = 0x6000, .frames = platform, .count = 1}});
    const struct model *model = apply();
    enum pool_growth growth;
    cr_assert_str_eq(pool_known_name(model, model_pool_at(model, 0), &growth), "libuv thread pool");
    cr_assert_eq(growth, POOL_FIXED);
    cr_assert_str_eq(pool_known_name(model, model_pool_at(model, 1), &growth),
                     "V8 platform workers (node)");
    cr_assert_eq(growth, POOL_HELPER);
}
