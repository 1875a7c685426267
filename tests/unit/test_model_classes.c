/* SPDX-License-Identifier: MIT */
/* Tasks by kind and place of creation: live ones, growth, generations, tables read late. */
#include <criterion/criterion.h>

#include "analyzers/model/polls.h"
#include "stream.h"

enum { KIND_TIMER = 1, KIND_TCP };
enum { MAKER = 21, OTHER };

static struct stream *stream;
static struct session *session;

static void begin(void)
{
    stream = stream_new();
    stream_process(stream, 1, "prog", "prog");
    stream_thread(stream, 0, 77, "prog", LSC_ROLE_LOOP);
}

static void end(void)
{
    session_delete(session);
    stream_delete(stream);
}

static const struct model *apply(void)
{
    session = stream_apply(stream, 50);
    return session_model(session, 0);
}

static uint64_t ms(double value)
{
    return (uint64_t)(value * 1e6 + 0.5);
}

TestSuite(model_classes, .init = begin, .fini = end);

Test(model_classes, tasks_are_counted_by_kind_and_place)
{
    stream_task(stream, 1, KIND_TIMER, 0, MAKER, 10);
    stream_task(stream, 2, KIND_TIMER, 0, MAKER, 20);
    stream_task(stream, 3, KIND_TCP, 0, MAKER, 30);
    stream_task(stream, 4, KIND_TIMER, 0, OTHER, 40);
    stream_task_end(stream, 1, 50);
    stream_task_end(stream, 1, 51);
    const struct model *model = apply();
    cr_assert_eq(model_task_class_count(model), 3);
    const struct task_class *class = model_task_class_at(model, 0);
    cr_assert_eq(class->key.kind, KIND_TIMER);
    cr_assert_eq(class->key.stack, MAKER);
    cr_assert_eq(class->spawned, 2);
    cr_assert_eq(class->ended, 1, "a task ends once");
    cr_assert_eq(class->live, 1);
    cr_assert_eq(class->live_max, 2);
}

Test(model_classes, a_request_ends_with_the_poll_that_finishes_it)
{
    stream_task(stream, 1, KIND_TCP, 0, MAKER, 10);
    stream_event(stream, &(struct event){.type = LSC_RECORD_POLL,
                                         .task = 1,
                                         .time_ns = ms(20),
                                         .arg = 1000,
                                         .flags = LSC_POLL_READY});
    cr_assert_eq(model_task_class_at(apply(), 0)->live, 0);
}

Test(model_classes, a_new_generation_of_a_slot_ends_the_old_task)
{
    stream_task(stream, 5, KIND_TCP, 0, MAKER, 10);
    stream_task(stream, 5 | 1u << LSC_HANDLE_SLOT_BITS, KIND_TCP, 0, MAKER, 20);
    const struct task_class *class = model_task_class_at(apply(), 0);
    cr_assert_eq(class->spawned, 2);
    cr_assert_eq(class->live, 1);
}

Test(model_classes, records_of_an_older_generation_leave_the_new_task_alone)
{
    uint32_t old = 5 | 2047u << LSC_HANDLE_SLOT_BITS, new = 5;
    stream_task(stream, old, KIND_TCP, 0, MAKER, 10);
    stream_task(stream, new, KIND_TIMER, 0, MAKER, 20);
    stream_task_end(stream, old, 21);
    stream_poll(stream, &(struct polled){.task = old, .from_ms = 20, .to_ms = 22});
    const struct model *model = apply();
    cr_assert_not_null(model_task(model, new));
    cr_assert_eq(model_task(model, new)->polls, 0);
    cr_assert_eq(model_task_class_at(model, 0)->live, 0);
    cr_assert_eq(model_task_class_at(model, 1)->live, 1);
}

Test(model_classes, what_is_spawned_and_never_ends_grows)
{
    for (uint32_t i = 0; i < 500; i++)
        stream_task(stream, 1 + i, KIND_TIMER, 0, MAKER, 100 + i * 20);
    const struct model *model = apply();
    const struct task_class *class = model_task_class_at(model, 0);
    struct growth_view view = task_class_growth(model, class);
    cr_assert(view.is_growing);
    cr_assert_geq(view.span_ns, ms(8000));
    uint64_t rate = task_class_per_minute(class, &view);
    cr_assert(rate > 2950 && rate < 3050, "50 a second: %lu", (unsigned long)rate);
    cr_assert_eq(task_class_idle(model, class, ms(1000)), 46);
}

Test(model_classes, a_fall_within_a_moment_lasts)
{
    for (uint32_t i = 0; i < 20; i++)
        stream_task(stream, 1 + i, KIND_TCP, 0, MAKER, 100);
    for (uint32_t i = 0; i < 15; i++)
        stream_task_end(stream, 1 + i, 500 + i * 0.01);
    stream_task(stream, 30, KIND_TCP, 0, MAKER, 2000);
    stream_task(stream, 31, KIND_TCP, 0, MAKER, 2100);
    const struct growth *growth = &model_task_class_at(apply(), 0)->growth;
    for (uint32_t i = 7; i < growth->count - 1; i++)
        cr_assert_eq(growth->minima[i], 5, "window %u of %u: %lu", i, growth->count,
                     (unsigned long)growth->minima[i]);
    cr_assert_gt(growth->count, 20);
}

Test(model_classes, a_dip_within_a_moment_does_not_last)
{
    for (uint32_t i = 0; i < 20; i++)
        stream_task(stream, 1 + i, KIND_TCP, 0, MAKER, 100);
    for (uint32_t i = 0; i < 15; i++)
        stream_task_end(stream, 1 + i, 500 + i * 0.01);
    for (uint32_t i = 0; i < 15; i++)
        stream_task(stream, 50 + i, KIND_TCP, 0, MAKER, 501);
    stream_task(stream, 70, KIND_TCP, 0, MAKER, 2000);
    stream_task(stream, 71, KIND_TCP, 0, MAKER, 2100);
    const struct growth *growth = &model_task_class_at(apply(), 0)->growth;
    unsigned dips = 0;
    for (uint32_t i = 1; i < growth->count - 1; i++)
        dips += growth->minima[i] < 20;
    cr_assert_eq(dips, 1);
}

Test(model_classes, what_comes_and_goes_does_not_grow)
{
    for (uint32_t i = 0; i < 2000; i++) {
        uint32_t handle = (1 + i % 100) | (i / 100) << LSC_HANDLE_SLOT_BITS;
        stream_task(stream, handle, KIND_TCP, 0, MAKER, 100 + i * 5);
        if (i % 7)
            stream_task_end(stream, handle, 100 + i * 5 + 2);
    }
    const struct model *model = apply();
    cr_assert_not(task_class_growth(model, model_task_class_at(model, 0)).is_growing);
}

/* Whoever attaches late is told of the live tasks one by one. */
Test(model_classes, tasks_that_were_there_before_are_no_growth)
{
    for (uint32_t i = 0; i < 1000; i++) {
        stream_item(stream, &(struct item){.kind = ITEM_TASK,
                                           .task = {.handle = 1 + i,
                                                    .kind = KIND_TIMER,
                                                    .stack = MAKER,
                                                    .state = LSC_TASK_IDLE,
                                                    .spawned_ns = ms(10 + i % 50)}});
        stream_item(stream, &(struct item){.kind = ITEM_CLOCK, .clock_ns = ms(10000 + i * 10)});
    }
    const struct model *model = apply();
    const struct task_class *class = model_task_class_at(model, 0);
    cr_assert_eq(class->live, 1000);
    cr_assert_not(task_class_growth(model, class).is_growing);
}

Test(model_classes, a_task_whose_kind_is_told_late_moves_to_its_class)
{
    stream_event(stream, &(struct event){.type = LSC_RECORD_SPAWN, .task = 1, .time_ns = ms(10)});
    stream_task(stream, 1, KIND_TIMER, 0, MAKER, 10);
    const struct model *model = apply();
    cr_assert_eq(model_task_class_count(model), 2);
    cr_assert_eq(model_task_class_at(model, 0)->spawned, 0);
    cr_assert_eq(model_task_class_at(model, 1)->live, 1);
}

Test(model_classes, an_endless_number_of_places_is_bounded_and_counted)
{
    for (uint32_t i = 1; i < 3000; i++)
        stream_task(stream, i, KIND_TIMER, 0, i, i);
    const struct model *model = apply();
    cr_assert_eq(model_task_class_count(model), 2048);
    cr_assert_gt(model_unheld(model)->rows, 0);
}
