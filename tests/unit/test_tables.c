/* SPDX-License-Identifier: MIT */
/* The tables: bounded, shared by name, reused, and honest about what they could not hold. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core_subject.h"

static struct subject subject;

static void set_up(void)
{
    subject_init(&subject);
}

static void tear_down(void)
{
    subject_free(&subject);
}

TestSuite(tables, .init = set_up, .fini = tear_down);

Test(tables, hold_each_task_with_its_kind_name_and_site)
{
    struct lsc_task task;
    struct lsc_site site;
    char text[256];
    struct segment_reader *reader = subject_read(&subject, "polls", "10");
    for (uint32_t i = 0; i < 4; i++) {
        cr_assert_eq(segment_reader_task(reader, i, &task), 0);
        cr_assert_eq(task.id, i + 1);
        cr_assert_gt(segment_reader_string(reader, task.kind, text, sizeof text), 0);
        cr_assert_str_eq(text, "request");
        cr_assert_gt(segment_reader_string(reader, task.name, text, sizeof text), 0);
        cr_assert_str_eq(text, "one of four");
    }
    cr_assert_eq(segment_reader_site(reader, task.site, &site), 0);
    cr_assert_gt(segment_reader_string(reader, site.file, text, sizeof text), 0);
    cr_assert_not_null(strstr(text, "core_subject_main.c"));
    cr_assert_gt(segment_reader_string(reader, site.function, text, sizeof text), 0);
    cr_assert_str_eq(text, "spawn");
    cr_assert_eq(segment_reader_task(reader, 4, &task), -ENOENT);
    segment_reader_close(reader);
}

Test(tables, count_the_tasks_they_cannot_hold)
{
    struct lsc_task task;
    struct segment_reader *reader = subject_read(&subject, "fill-tasks", "140000");
    const struct lsc_segment_header *header = segment_reader_header(reader);
    cr_assert_eq(header->task_count, 131072);
    cr_assert_eq(header->lost.tasks, 140000 - 131072);
    cr_assert_eq(segment_reader_task(reader, 131071, &task), 0);
    segment_reader_close(reader);
}

Test(tables, use_the_slots_of_ended_tasks_again_with_another_generation)
{
    struct lsc_task task;
    struct segment_reader *reader = subject_read(&subject, "churn-tasks", "100000");
    const struct lsc_segment_header *header = segment_reader_header(reader);
    cr_assert_eq(header->lost.tasks, 0);
    cr_assert_lt(header->task_count, 2000, "ended slots are used again");
    cr_assert_gt(header->task_count, 500, "but not at once");
    cr_assert_eq(segment_reader_task(reader, 0, &task), 0);
    cr_assert_gt(LSC_HANDLE_GENERATION(task.handle), 10);
    cr_assert_eq(task.state, LSC_TASK_ENDED);
    segment_reader_close(reader);
}

Test(tables, store_a_string_once_and_count_those_without_room)
{
    struct segment_reader *reader = subject_read(&subject, "fill-strings", "60000");
    const struct lsc_segment_header *header = segment_reader_header(reader);
    cr_assert_gt(header->lost.strings, 0);
    cr_assert_lt(header->lost.strings, 60000);
    segment_reader_close(reader);
    reader = subject_read(&subject, "polls", "10");
    uint32_t ten = segment_reader_header(reader)->string_bytes;
    segment_reader_close(reader);
    subject_free(&subject);
    reader = subject_read(&subject, "fill-tasks", "5000");
    cr_assert_leq(segment_reader_header(reader)->string_bytes, ten + 64);
    segment_reader_close(reader);
}

Test(tables, store_a_stack_once)
{
    uint64_t pcs[LSC_STACK_FRAMES_MAX];
    bool was_cut;
    struct segment_reader *reader = subject_read(&subject, "fill-stacks", "100");
    cr_assert_eq(segment_reader_header(reader)->stack_count, 100);
    cr_assert_eq(segment_reader_stack(reader, 5, pcs, &was_cut), 3);
    cr_assert_eq(pcs[0], 0x1004);
    cr_assert_eq(pcs[2], 0x3000);
    cr_assert_not(was_cut);
    cr_assert_eq(segment_reader_stack(reader, 101, pcs, &was_cut), -ENOENT);
    segment_reader_close(reader);
}

Test(tables, count_the_stacks_they_cannot_hold)
{
    subject_run(&subject, "fill-stacks", "10000");
    struct segment_reader *reader = subject_open(&subject, false);
    const struct lsc_segment_header *header = segment_reader_header(reader);
    cr_assert_eq(header->stack_count, 8192);
    cr_assert_eq(header->lost.stacks, 2 * (10000 - 8192), "each was tried twice");
    segment_reader_close(reader);
}

Test(tables, hold_resources_with_depth_and_drops)
{
    struct lsc_resource channel, gone;
    struct lsc_task task;
    char text[64];
    struct segment_reader *reader = subject_read(&subject, "resources", "50");
    cr_assert_eq(segment_reader_resource(reader, 0, &channel), 0);
    cr_assert_eq(channel.capacity, 64);
    cr_assert_eq(channel.depth, 3);
    cr_assert_eq(channel.depth_max, 50);
    cr_assert_eq(channel.operations, 51);
    cr_assert_eq(channel.dropped, 7);
    segment_reader_string(reader, channel.name, text, sizeof text);
    cr_assert_str_eq(text, "jobs");
    cr_assert_eq(segment_reader_resource(reader, 1, &gone), -ENOENT);
    cr_assert_eq(segment_reader_task(reader, 0, &task), 0);
    cr_assert_eq(task.awaits, channel.handle);
    segment_reader_close(reader);
}

Test(tables, list_the_modules_of_the_process_with_their_build_ids)
{
    struct lsc_module module;
    char text[1024];
    bool has_program = false, has_library = false;
    struct segment_reader *reader = subject_read(&subject, "starts", "0");
    for (uint32_t i = 0; segment_reader_module(reader, i, &module) == 0; i++) {
        segment_reader_string(reader, module.path, text, sizeof text);
        has_program = has_program || strstr(text, "/core_subject") != NULL;
        has_library =
            has_library || (strstr(text, "libc.so") != NULL && module.build_id_bytes == 20);
    }
    cr_assert(has_program);
    cr_assert(has_library);
    segment_reader_close(reader);
}

Test(tables, give_the_slot_of_the_thread_that_ended_first_to_a_new_one)
{
    struct lsc_thread thread;
    struct segment_reader *reader = subject_read(&subject, "threads-in-turn", "600");
    const struct lsc_segment_header *header = segment_reader_header(reader);
    cr_assert_eq(header->thread_count, 256);
    cr_assert_eq(header->lost.threads, 0);
    for (uint32_t i = 1; i < 256; i++) {
        cr_assert_eq(segment_reader_thread(reader, i, &thread), 0);
        cr_assert_eq(thread.state, LSC_THREAD_ENDED);
        uint32_t uses = i <= 600 - 255 * 2 ? 3 : 2;
        cr_assert_eq(thread.generation, uses, "slot %u was used %u times", i, thread.generation);
        cr_assert_eq(thread.head, 2 * uses);
    }
    segment_reader_close(reader);
}

Test(tables, count_the_threads_that_find_no_slot)
{
    struct segment_reader *reader = subject_read(&subject, "threads-at-once", "300");
    const struct lsc_segment_header *header = segment_reader_header(reader);
    cr_assert_eq(header->thread_count, 256);
    cr_assert_eq(header->lost.threads, 300 - 256, "%lu were counted",
                 (unsigned long)header->lost.threads);
    segment_reader_close(reader);
}
