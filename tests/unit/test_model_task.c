/* SPDX-License-Identifier: MIT */
/* Tasks and resources: polls, scheduling delay, depths. */
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

static void record(uint16_t type, uint32_t handle, uint64_t time, uint64_t arg, uint64_t arg2)
{
    stream_event(
        stream,
        &(struct event){.type = type, .task = handle, .time_ns = time, .arg = arg, .arg2 = arg2});
}

TestSuite(model_task, .init = begin, .fini = end);

Test(model_task, scheduling_delay_runs_from_the_first_wake_to_the_start_of_the_poll)
{
    record(LSC_RECORD_SPAWN, 3, 1000, 0, 0);
    record(LSC_RECORD_WAKE, 3, 2000, 0, 0);
    record(LSC_RECORD_WAKE, 3, 2500, 0, 0);
    record(LSC_RECORD_POLL, 3, 5000, 1000, 0);
    const struct task_row *task = model_task_at(apply(), 3);
    cr_assert_eq(task->polls, 1);
    cr_assert_eq(task->wakes, 2);
    cr_assert_eq(task->poll_ns->max, 1000);
    cr_assert_eq(task->delay_ns->max, 2000);
}

Test(model_task, a_wake_during_a_poll_asks_for_the_next_one_from_its_end_on)
{
    record(LSC_RECORD_WAKE, 3, 45000, 0, 0);
    record(LSC_RECORD_POLL, 3, 50000, 10000, 0);
    record(LSC_RECORD_POLL, 3, 70000, 5000, 0);
    const struct task_row *task = model_task_at(apply(), 3);
    cr_assert_eq(task->delay_ns->count, 1);
    cr_assert_eq(task->delay_ns->max, 15000);
}

Test(model_task, a_wake_right_before_its_poll_that_rounding_puts_into_it_is_answered_by_it)
{
    record(LSC_RECORD_WAKE, 3, 40960, 0, 0);
    record(LSC_RECORD_POLL, 3, 40960, 1000, 0); /* began at 40 970, ended at 41 970 */
    record(LSC_RECORD_WAKE, 3, 1000000, 0, 0);
    record(LSC_RECORD_POLL, 3, 1020000, 10000, 0);
    const struct task_row *task = model_task_at(apply(), 3);
    cr_assert_eq(task->delay_ns->max, 10000);
}

Test(model_task, an_await_at_the_end_of_a_poll_that_rounding_puts_before_it_lasts)
{
    record(LSC_RECORD_AWAIT, 3, 38912, 0, 7);
    record(LSC_RECORD_POLL, 3, 40960, 100, 0);
    const struct task_row *task = model_task_at(apply(), 3);
    cr_assert_eq(task->await_ns, 38912);
}

Test(model_task, a_poll_that_woke_its_task_is_a_wake_at_its_end)
{
    stream_event(stream, &(struct event){.type = LSC_RECORD_POLL,
                                         .task = 3,
                                         .time_ns = 5000,
                                         .arg = 1000,
                                         .flags = LSC_POLL_SELF_WAKE});
    record(LSC_RECORD_POLL, 3, 7000, 500, 0);
    const struct task_row *task = model_task_at(apply(), 3);
    cr_assert_eq(task->wakes, 1);
    cr_assert_eq(task->self_wakes, 1);
    cr_assert_eq(task->delay_ns->count, 1);
    cr_assert_eq(task->delay_ns->max, 1500);
}

Test(model_task, a_new_generation_of_a_slot_starts_afresh)
{
    record(LSC_RECORD_POLL, 3, 5000, 1000, 0);
    record(LSC_RECORD_POLL, 3 | 1u << LSC_HANDLE_SLOT_BITS, 9000, 10, 0);
    const struct task_row *task = model_task_at(apply(), 3);
    cr_assert_eq(task->busy_ns, 10);
    cr_assert_eq(task->polls, 1);
}

Test(model_task, only_the_busiest_keep_histograms)
{
    for (uint32_t i = 1; i <= 300; i++)
        record(LSC_RECORD_POLL, i, 1000000 + i, 10, 0);
    record(LSC_RECORD_POLL, 300, 2000000, 5000, 0);
    const struct model *model = apply();
    unsigned held = 0;
    for (unsigned i = 0; i < model_task_slots(model); i++)
        held += model_task_at(model, i) && model_task_at(model, i)->poll_ns;
    cr_assert_eq(held, 256);
    cr_assert_not_null(model_task_at(model, 300)->poll_ns, "the busiest took over");
}

Test(model_task, handle_zero_is_no_task)
{
    record(LSC_RECORD_POLL, 0, 5000, 1000, 0);
    cr_assert_eq(model_task_slots(apply()), 0);
}

Test(model_task, depth_of_a_queue_is_weighted_by_time)
{
    record(LSC_RECORD_DEPTH, 2, 0, 0, 10);
    record(LSC_RECORD_DEPTH, 2, 1000000, 10, 10);
    record(LSC_RECORD_DEPTH, 2, 9000000, 3, 10);
    record(LSC_RECORD_DROP, 2, 9000000, 5, 0);
    record(LSC_RECORD_DEPTH, 2, 10000000, 0, 10);
    const struct model *model = apply();
    const struct resource_row *row = model_resource_at(model, 2);
    uint64_t longest;
    cr_assert_eq(row->depth_max, 10);
    cr_assert_eq(row->dropped, 5);
    cr_assert_eq(histogram_quantile(&row->depths, 5000), 10);
    cr_assert_eq(resource_saturated_ns(model, row, &longest), 8000000);
    cr_assert_eq(longest, 8000000);
}

Test(model_task, a_queue_that_is_full_stays_so_until_now)
{
    record(LSC_RECORD_DEPTH, 2, 1000000, 10, 10);
    stream_item(stream, &(struct item){.kind = ITEM_CLOCK, .clock_ns = 6000000});
    const struct model *model = apply();
    uint64_t longest;
    cr_assert_eq(resource_saturated_ns(model, model_resource_at(model, 2), &longest), 5000000);
}

static void filled(uint64_t time, uint64_t depth, uint64_t stack)
{
    stream_event(stream, &(struct event){.type = LSC_RECORD_DEPTH,
                                         .task = 2,
                                         .time_ns = time,
                                         .arg = depth,
                                         .arg2 = 100 | stack << LSC_DEPTH_CAPACITY_BITS,
                                         .flags = LSC_DEPTH_FILLED});
}

Test(model_task, who_fills_a_queue_most_is_known_among_many)
{
    for (uint64_t i = 0; i < 40; i++) {
        record(LSC_RECORD_DEPTH, 2, i * 1000, 0, 100);
        filled(i * 1000 + 10, i % 2 ? 50 : 3, i % 2 ? 7 : 100 + i);
        filled(i * 1000 + 20, 1, 9); /* it fell meanwhile */
    }
    const struct resource_row *row = model_resource_at(apply(), 2);
    cr_assert_eq(resource_heaviest_filler(row).place, 7);
    cr_assert_eq(row->capacity, 100);
}

Test(model_task, what_the_table_and_the_records_say_was_dropped_counts_once)
{
    stream_item(stream,
                &(struct item){.kind = ITEM_RESOURCE, .resource = {.handle = 2, .dropped = 5}});
    record(LSC_RECORD_DROP, 2, 1000, 5, 0);
    record(LSC_RECORD_DROP, 2, 2000, 2, 0);
    cr_assert_eq(model_resource_at(apply(), 2)->dropped, 7);
}

static void await_site(uint32_t id, uint32_t parent)
{
    stream_item(stream, &(struct item){.kind = ITEM_SITE,
                                       .site = {.id = id, .line = id, .parent = parent}});
}

Test(model_task, the_awaits_that_led_to_one_are_told_from_the_inside_out)
{
    const struct site *tree[AWAIT_TREE_MAX];
    await_site(5, 0);
    await_site(7, 5);
    await_site(9, 7);
    const struct model *model = apply();
    cr_assert_eq(model_await_tree(model, 9, tree), 3);
    cr_assert_eq(tree[0]->id, 9);
    cr_assert_eq(tree[2]->id, 5);
    cr_assert_eq(model_await_tree(model, 5, tree), 1);
    cr_assert_eq(model_await_tree(model, 6, tree), 0);
}

Test(model_task, awaits_that_go_round_or_lead_nowhere_come_to_an_end)
{
    const struct site *tree[AWAIT_TREE_MAX];
    await_site(1, 1); /* its own caller */
    await_site(2, 3);
    await_site(3, 2); /* each other's */
    await_site(4, 999);
    for (uint32_t id = 100; id < 100 + 3 * AWAIT_TREE_MAX; id++)
        await_site(id, id - 1);
    const struct model *model = apply();
    cr_assert_eq(model_await_tree(model, 1, tree), 1);
    cr_assert_eq(model_await_tree(model, 2, tree), 1);
    cr_assert_eq(model_await_tree(model, 3, tree), 2);
    cr_assert_eq(model_await_tree(model, 4, tree), 1);
    cr_assert_eq(model_await_tree(model, 99 + 3 * AWAIT_TREE_MAX, tree), AWAIT_TREE_MAX);
}
