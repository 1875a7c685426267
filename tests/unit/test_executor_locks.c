/* SPDX-License-Identifier: MIT */
/* What locks of the executor tell the probe: who holds, who waits, in which order. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core_subject.h"

enum { ROOM = 1 << 17 };
static struct subject subject;
static struct segment_reader *reader;
static struct lsc_record records[ROOM];
static size_t count;
static char told[2048];

static void set_up(void)
{
    subject_init(&subject);
}

static void tear_down(void)
{
    segment_reader_close(reader);
    subject_free(&subject);
}

TestSuite(executor_locks, .init = set_up, .fini = tear_down, .timeout = 30);

static void run(const char *command)
{
    uint64_t lost;
    reader = subject_read(&subject, command, NULL);
    count = 0;
    for (uint32_t slot = 0; slot < segment_reader_header(reader)->thread_count; slot++) {
        count += subject_records(reader, slot, records + count, ROOM - count, &lost);
        cr_expect_eq(lost, 0);
    }
}

static const struct lsc_resource *resource_named(const char *name)
{
    static struct lsc_resource resource;
    char text[64];
    for (uint32_t slot = 0; slot < segment_reader_header(reader)->resource_count; slot++) {
        if (segment_reader_resource(reader, slot, &resource) < 0)
            continue;
        segment_reader_string(reader, resource.name, text, sizeof(text));
        if (strcmp(text, name) == 0)
            return &resource;
    }
    cr_assert_fail("no resource %s", name);
    return NULL;
}

static void say_task(uint32_t handle)
{
    struct lsc_task task;
    char text[64] = "?";
    if (segment_reader_task(reader, handle & LSC_HANDLE_SLOT(UINT32_MAX), &task) == 0)
        segment_reader_string(reader, task.name, text, sizeof(text));
    snprintf(told + strlen(told), sizeof(told) - strlen(told), " %s", text);
}

static void say_site(uint32_t id)
{
    struct lsc_site site;
    char text[64] = "?";
    if (segment_reader_site(reader, id, &site) == 0)
        segment_reader_string(reader, site.function, text, sizeof(text));
    snprintf(told + strlen(told), sizeof(told) - strlen(told), " in %s", text);
}

/* Its records, in words. */
static const char *story_of(const char *name)
{
    uint32_t handle = resource_named(name)->handle;
    told[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const struct lsc_record *record = &records[i];
        char *end = told + strlen(told);
        size_t room = sizeof(told) - strlen(told);
        if (record->task != handle)
            continue;
        if (record->type == LSC_RECORD_WAITERS) {
            snprintf(end, room, "waiters %u; ", (unsigned)record->arg);
        } else if (record->type == LSC_RECORD_DEPTH) {
            snprintf(end, room, "depth %u; ", (unsigned)record->arg);
        } else if (record->type == LSC_RECORD_HOLD || record->type == LSC_RECORD_RELEASE) {
            snprintf(end, room, record->type == LSC_RECORD_HOLD ? "hold" : "release");
            say_task((uint32_t)record->arg);
            if (record->type == LSC_RECORD_HOLD)
                say_site((uint32_t)record->arg2);
            strcat(told, "; ");
        }
    }
    return told;
}

Test(executor_locks, of_a_mutex_are_told_as_they_go_from_hand_to_hand)
{
    run("mutex");
    cr_expect_str_eq(story_of("accounts"), "hold mutex_root in mutex_root; waiters 1; waiters 2; "
                                           "waiters 3; waiters 2; release mutex_root; "
                                           "hold ann in mutex_poll; waiters 1; release ann; "
                                           "hold bob in mutex_poll; waiters 0; release bob; ");
    cr_expect_eq(resource_named("accounts")->operations, 3);
    cr_expect_eq(resource_named("accounts")->holder, 0);
}

Test(executor_locks, of_a_rwlock_are_told_for_each_reader)
{
    run("rwlock");
    cr_expect_str_eq(story_of("accounts"),
                     "hold rwlock_root in rwlock_root; waiters 1; waiters 2; release rwlock_root; "
                     "hold ann in read_poll; hold bob in read_poll; waiters 0; release bob; "
                     "release ann; ");
}

Test(executor_locks, of_a_semaphore_are_told_without_what_was_refused)
{
    run("semaphore");
    cr_expect_str_eq(story_of("accounts"),
                     "depth 2; hold semaphore_root in semaphore_root; waiters 1; waiters 2; "
                     "release semaphore_root; depth 0; depth 1; hold ann in semaphore_poll; "
                     "depth 2; hold bob in semaphore_poll; waiters 0; "
                     "release bob; depth 1; release ann; depth 0; ");
}

Test(executor_locks, of_a_once_are_told_for_each_try)
{
    run("once");
    cr_expect_str_eq(story_of("accounts"), "hold ann in once_poll; waiters 1; release ann; "
                                           "hold bob in once_poll; waiters 0; release bob; ");
}

/* How many records of `type` it has; *tasks: the sum of their tasks' handles. */
static size_t count_of(const char *name, enum lsc_record_type type, uint64_t *tasks)
{
    uint32_t handle = resource_named(name)->handle;
    size_t found = 0;
    *tasks = 0;
    for (size_t i = 0; i < count; i++)
        if (records[i].task == handle && records[i].type == type) {
            *tasks += records[i].arg;
            found++;
        }
    return found;
}

Test(executor_locks, balance_exactly_on_several_workers)
{
    static const struct {
        const char *name;
        size_t times;
    } locks[] = {{"mutex", 20 * 50}, {"rwlock", 2 * 20 * 50}, {"semaphore", 20 * 50}};
    run("crowd");
    for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++) {
        uint64_t holders, releasers;
        cr_expect_eq(count_of(locks[i].name, LSC_RECORD_HOLD, &holders), locks[i].times);
        cr_expect_eq(count_of(locks[i].name, LSC_RECORD_RELEASE, &releasers), locks[i].times);
        cr_expect_eq(holders, releasers);
        cr_expect_eq(resource_named(locks[i].name)->waiters, 0);
    }
}

Test(executor_locks, of_notifications_and_barriers_are_told_by_who_waits)
{
    run("notify");
    cr_expect_str_eq(story_of("accounts"), "waiters 1; waiters 2; waiters 1; waiters 0; ");
    cr_expect_str_eq(story_of("doors"), "waiters 1; waiters 0; ");
}
