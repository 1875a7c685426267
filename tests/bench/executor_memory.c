/* SPDX-License-Identifier: MIT */
/* What a task that waits takes of memory, shown by a million sleeping ones, with the probe
 * recording and with it off: the allocator's overhead counts, the task's own state does not. Fails
 * above the limit. The probe's table holds fewer tasks, and counts those it could not take.
 *
 *     bench_executor_memory [--short] */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loopscope/executor.h"
#include "loopscope/time.h"
#include "probe/core/reader/segment_reader.h"

#define LIMIT_BYTES 256.0

struct sleeper {
    struct lsc_frame frame;
};

static lsc_result sleeper_poll(struct lsc_context *cx, void *state)
{
    struct sleeper *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_sleep(cx, 600000));
    LSC_END(r);
}

struct crowd {
    struct lsc_frame frame;
    struct lsc_scope scope;
    uint64_t count, i;
    size_t before;
    double bytes;
};

/* The bytes of a task, in thousandths. Once the root has slept, all others do. */
static lsc_result crowd_poll(struct lsc_context *cx, void *state)
{
    struct crowd *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    lsc_scope_begin(cx, &self->scope, 0);
    self->before = mallinfo2().uordblks;
    for (self->i = 0; self->i < self->count && r == 0; self->i++)
        r = lsc_spawn(cx, sleeper_poll, (&(struct sleeper){.frame = {0}}), .scope = &self->scope);
    if (r < 0)
        LSC_RETURN(r);
    LSC_AWAIT(r, lsc_sleep(cx, 10));
    self->bytes = (double)(mallinfo2().uordblks - self->before) / (double)self->count;
    lsc_scope_cancel(cx, &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    LSC_END(r < 0 ? r : (lsc_result)(self->bytes * 1000));
}

static int note_own(const struct segment_entry *entry, void *path)
{
    if (entry->pid != (uint32_t)getpid())
        return 0;
    memcpy(path, entry->path, sizeof(entry->path));
    return 1;
}

/* Tasks that the probe's table had no room for. */
static uint64_t lost_tasks(void)
{
    struct segment_reader *reader;
    char directory[512], path[512] = "", why[128];
    if (segment_directory(directory, sizeof(directory)) < 0 ||
        segment_list(directory, note_own, path) < 0 ||
        segment_reader_open(path, &reader, why, sizeof(why)) < 0)
        return 0;
    uint64_t lost = segment_reader_header(reader)->lost.tasks;
    segment_reader_close(reader);
    return lost;
}

static bool measure(struct lsc_executor *executor, uint64_t count, bool is_recording)
{
    lsc_probe_enable(is_recording);
    lsc_result thousandths =
        lsc_executor_run(executor, crowd_poll, (&(struct crowd){.count = count}));
    if (thousandths < 0) {
        fprintf(stderr, "bench_executor_memory: %s\n", strerror((int)-thousandths));
        return false;
    }
    double bytes = (double)thousandths / 1000 - sizeof(struct sleeper);
    printf("%-10s %llu sleeping tasks: %.1f bytes each beside %zu of their own (limit %.0f)\n",
           is_recording ? "recording," : "off,", (unsigned long long)count, bytes,
           sizeof(struct sleeper), LIMIT_BYTES);
    if (is_recording)
        printf("           %llu of them had no room in the probe's table, and were counted\n",
               (unsigned long long)lost_tasks());
    return bytes <= LIMIT_BYTES;
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 && strcmp(argv[1], "--short") == 0 ? 200000 : 1000000;
    const struct lsc_executor_options options = {.workers = 1};
    struct lsc_executor *executor;
    if (lsc_executor_new(&executor, &options) < 0)
        return 1;
    bool is_within = measure(executor, count, true);
    is_within &= measure(executor, count, false);
    lsc_executor_delete(executor);
    return is_within ? 0 : 1;
}
