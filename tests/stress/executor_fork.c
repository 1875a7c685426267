/* SPDX-License-Identifier: MIT */
/* Forks in the midst of tasks that run on several workers: each child runs an executor of its own,
 * with a segment of its own, while the parent goes on. Afterwards the counts balance, and so do the
 * parent's records with its counts: a child has written nothing there, nor lost anything.
 *
 *     stress_executor_fork [forks]      default 40 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "loopscope/executor.h"
#include "loopscope/time.h"
#include "stress_directory.h"

#define CHILD_TASKS 50
#define PARENT_YIELDS 8
#define BATCH 4096
#if defined(__SANITIZE_THREAD__)
#define CHILD_WORKERS 1 /* it knows no threads after a fork */
#else
#define CHILD_WORKERS 2
#endif

static _Atomic bool is_over;

static void fail(const char *what, uint64_t a, uint64_t b)
{
    fprintf(stderr, "executor_fork: %s: %llu and %llu\n", what, (unsigned long long)a,
            (unsigned long long)b);
    stress_leave();
    exit(1);
}

struct leaf {
    struct lsc_frame frame;
    unsigned i;
};

static lsc_result leaf_poll(struct lsc_context *cx, void *state)
{
    struct leaf *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < PARENT_YIELDS; self->i++)
        LSC_AWAIT(r, lsc_yield(cx));
    LSC_AWAIT(r, lsc_sleep(cx, 1));
    LSC_END(r);
}

struct root {
    struct lsc_frame frame;
    struct lsc_scope scope;
    unsigned i, rounds;
};

/* A round: some tasks, all of which end. rounds 0: until it is over. */
static lsc_result root_poll(struct lsc_context *cx, void *state)
{
    struct root *self = state;
    lsc_result r = 0;
    unsigned most = self->rounds;
    LSC_BEGIN(cx, self);
    for (self->i = 0; most ? self->i < most : !atomic_load(&is_over); self->i++) {
        lsc_scope_begin(cx, &self->scope, 0);
        for (int i = 0; i < CHILD_TASKS / 5; i++)
            lsc_spawn(cx, leaf_poll, (&(struct leaf){.i = 0}), .scope = &self->scope);
        LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
        if (r < 0)
            break;
    }
    LSC_END(r);
}

static uint64_t balance(struct lsc_executor *executor, struct lsc_executor_counts *counts)
{
    lsc_executor_counts(executor, counts);
    return counts->spawned - counts->finished;
}

/* Exits: 0 fine. */
static void run_child(void)
{
    struct lsc_executor *executor;
    struct lsc_executor_counts counts;
    const struct lsc_executor_options options = {.workers = CHILD_WORKERS};
    if (lsc_executor_new(&executor, &options) < 0)
        _exit(2);
    if (lsc_executor_run(executor, root_poll, (&(struct root){.rounds = 5})) < 0)
        _exit(3);
    if (balance(executor, &counts) != 0 || counts.spawned != CHILD_TASKS + 1)
        _exit(4);
    lsc_executor_delete(executor);
    _exit(0);
}

static void fork_again_and_again(int forks)
{
    for (int i = 0; i < forks; i++) {
        int status = -1;
        pid_t child = fork();
        if (child == 0)
            run_child();
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            fail("a child ended with", (uint64_t)status, (uint64_t)i);
    }
}

struct tally {
    uint64_t spawned, ended, polls, self_wakes, lost;
};

static void count_records(const struct lsc_record *records, size_t count, struct tally *tally)
{
    for (size_t i = 0; i < count; i++) {
        const struct lsc_record *record = &records[i];
        tally->spawned += record->type == LSC_RECORD_SPAWN;
        tally->ended += record->type == LSC_RECORD_END;
        tally->polls += record->type == LSC_RECORD_POLL;
        tally->self_wakes +=
            record->type == LSC_RECORD_POLL && (record->flags & LSC_POLL_SELF_WAKE) != 0;
    }
}

static int note_own(const struct segment_entry *entry, void *path)
{
    if (entry->pid != (uint32_t)getpid())
        return 0;
    memcpy(path, entry->path, sizeof entry->path);
    return 1;
}

static struct tally read_own(void)
{
    static struct lsc_record records[BATCH];
    struct tally tally = {0};
    struct segment_reader *reader;
    char path[512] = "", why[128];
    segment_list(stress_directory, note_own, path);
    if (segment_reader_open(path, &reader, why, sizeof why) < 0)
        fail("no segment of its own", 0, 0);
    uint32_t threads = segment_reader_header(reader)->thread_count;
    for (uint32_t slot = 0; slot < threads; slot++) {
        struct ring_read got;
        for (uint64_t next = 0;
             segment_reader_ring(reader, slot, next, records, BATCH, &got) == 0 && got.next != next;
             next = got.next) {
            count_records(records, got.count, &tally);
            tally.lost += got.lost;
        }
    }
    segment_reader_close(reader);
    return tally;
}

static void expect_equal(const char *what, uint64_t counted, uint64_t recorded)
{
    if (counted != recorded)
        fail(what, counted, recorded);
}

int main(int argc, char **argv)
{
    struct lsc_executor *executor;
    struct lsc_executor_counts counts;
    struct lsc_join join;
    const struct lsc_executor_options options = {.workers = 3};
    setenv("LOOPSCOPE_RING_KB", "65536", 1);
    stress_enter(argv);
    if (lsc_executor_new(&executor, &options) < 0)
        return 1;
    lsc_executor_spawn(executor, root_poll, (&(struct root){.rounds = 0}), .join = &join);
    fork_again_and_again(argc > 1 ? atoi(argv[1]) : 40);
    atomic_store(&is_over, true);
    if (lsc_join_block(&join) < 0 || lsc_executor_shutdown(executor, 10000) < 0)
        fail("the parent's tasks did not end", 0, 0);
    expect_equal("tasks left", balance(executor, &counts), 0);
    lsc_executor_delete(executor);
    struct tally tally = read_own();
    expect_equal("records lost", 0, tally.lost);
    expect_equal("tasks spawned", counts.spawned, tally.spawned);
    expect_equal("tasks finished", counts.finished, tally.ended);
    expect_equal("polls", counts.polls, tally.polls);
    expect_equal("self-wakes", counts.self_wakes, tally.self_wakes);
    stress_leave();
    printf("executor_fork: %llu tasks, %llu polls in the parent, all recorded\n",
           (unsigned long long)counts.spawned, (unsigned long long)counts.polls);
    return 0;
}
