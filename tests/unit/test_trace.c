/* SPDX-License-Identifier: MIT */
/* What the trace file promises: what was put in comes out, and damage is survived and told. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzers/trace/format.h"
#include "analyzers/trace/index.h"
#include "analyzers/trace/item_codec.h"
#include "analyzers/trace/trace.h"

#define ITEMS_MAX 4096

/* ---- random items ---- */

static uint64_t seed;
static uint64_t batch_most = 2000;

static uint64_t random_bits(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * 0x2545f4914f6cdd1du;
}

/* Small and large numbers alike: a random bit length first. */
static uint64_t any_number(void)
{
    return random_bits() >> (random_bits() % 64);
}

static uint32_t any_word(void)
{
    return (uint32_t)any_number();
}

static uint64_t below(uint64_t limit)
{
    return random_bits() % limit;
}

/* Items and what they point to; freed together. */
struct stream {
    struct item items[ITEMS_MAX];
    size_t count;
    void *blocks[16 * ITEMS_MAX];
    size_t block_count;
};

static void *keep(struct stream *stream, size_t bytes)
{
    cr_assert_lt(stream->block_count, sizeof(stream->blocks) / sizeof(stream->blocks[0]));
    void *block = calloc(1, bytes + 1);
    cr_assert_not_null(block);
    stream->blocks[stream->block_count++] = block;
    return block;
}

static void stream_delete(struct stream *stream)
{
    for (size_t i = 0; i < stream->block_count; i++)
        free(stream->blocks[i]);
    free(stream);
}

static struct stream *stream_new(void)
{
    struct stream *stream = calloc(1, sizeof(*stream));
    cr_assert_not_null(stream);
    return stream;
}

static char *any_bytes(struct stream *stream, size_t length)
{
    char *bytes = keep(stream, length);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)random_bits();
    return bytes;
}

static const char *any_text(struct stream *stream)
{
    size_t length = below(40);
    char *text = any_bytes(stream, length);
    for (size_t i = 0; i < length; i++)
        text[i] = text[i] ? text[i] : 'x';
    return text;
}

/* Fills plain numbers of a struct; texts, bools, bounded and enum fields are set afterwards. */
static void any_fill(void *at, size_t bytes)
{
    for (size_t i = 0; i + 8 <= bytes; i += 8) {
        uint64_t number = any_number();
        memcpy((char *)at + i, &number, 8);
    }
}

static struct frame any_frame(struct stream *stream)
{
    return (struct frame){any_text(stream), any_text(stream),      any_text(stream),
                          any_word(),       (uint8_t)any_number(), below(2) != 0};
}

static void any_events(struct stream *stream, struct events_item *batch)
{
    batch->count = below(3) ? below(batch_most / 40) : below(batch_most);
    struct event *events = keep(stream, batch->count * sizeof(*events));
    bool is_tame = below(2) != 0;
    uint64_t time = any_number();
    for (size_t i = 0; i < batch->count; i++) {
        time += is_tame ? below(1u << 20) : any_number();
        events[i] = (struct event){
            .time_ns = is_tame ? time & ~63ull : any_number(),
            .arg = is_tame ? below(1u << 18) & ~63ull : any_number(),
            .arg2 = is_tame ? 0 : any_number(),
            .task = is_tame ? (uint32_t)below(20) : any_word(),
            .thread = is_tame ? (uint32_t)below(3) : any_word() % TRACE_THREAD_LIMIT,
            .type = is_tame ? LSC_RECORD_TURN : (uint16_t)any_number(),
            .flags = is_tame ? (uint16_t)below(4) : (uint16_t)any_number(),
        };
    }
    batch->events = events;
}

static void any_thread(struct stream *stream, struct thread_item *thread)
{
    any_fill(thread, sizeof(*thread));
    thread->thread %= TRACE_THREAD_LIMIT;
    thread->has_ended = below(2) != 0;
    thread->name = any_text(stream);
    for (unsigned i = 0; i < LSC_CALL_LIMIT; i++)
        if (below(4))
            thread->calls[i].count = thread->calls[i].ns = 0;
}

static void any_process(struct stream *stream, struct process_item *process)
{
    any_fill(process, sizeof(*process));
    process->program = any_text(stream);
    process->executable = any_text(stream);
    process->command_bytes = below(100);
    process->command = any_bytes(stream, process->command_bytes);
}

static void any_stack(struct stream *stream, struct stack_item *stack)
{
    stack->id = any_word();
    stack->depth = (unsigned)below(LSC_STACK_FRAMES_MAX + 1);
    uint64_t *pcs = keep(stream, stack->depth * sizeof(*pcs));
    any_fill(pcs, stack->depth * sizeof(*pcs));
    stack->pcs = pcs;
    stack->was_cut = below(2) != 0;
}

static void any_frames(struct stream *stream, struct frames_item *frames)
{
    frames->pc = any_number();
    frames->count = (unsigned)below(5);
    struct frame *all = keep(stream, frames->count * sizeof(*all));
    for (unsigned i = 0; i < frames->count; i++)
        all[i] = any_frame(stream);
    frames->frames = all;
}

static void any_item(struct stream *stream, struct item *item, enum item_kind kind)
{
    any_fill(item, sizeof(*item));
    item->kind = kind;
    item->process = (uint32_t)below(below(4) ? 2 : TRACE_PROCESS_LIMIT);
    switch (kind) {
    case ITEM_PROCESS:
        any_process(stream, &item->process_info);
        break;
    case ITEM_THREAD:
        any_thread(stream, &item->thread);
        break;
    case ITEM_STRING:
        item->string.length = below(200);
        item->string.bytes = any_bytes(stream, item->string.length);
        break;
    case ITEM_STACK:
        any_stack(stream, &item->stack);
        break;
    case ITEM_FRAMES:
        any_frames(stream, &item->frames);
        break;
    case ITEM_TASK:
        item->task.state = (enum lsc_task_state)below(LSC_TASK_STATE_LIMIT);
        break;
    case ITEM_RESOURCE:
        item->resource.has_ended = below(2) != 0;
        break;
    case ITEM_EVENTS:
        any_events(stream, &item->events);
        break;
    case ITEM_LOST:
        item->lost.thread %= TRACE_THREAD_LIMIT;
        break;
    case ITEM_NOW:
        item->now.thread %= TRACE_THREAD_LIMIT;
        item->now.call %= LSC_CALL_LIMIT;
        if (below(2))
            item->now.turn_since_ns = item->now.call_since_ns = UINT64_MAX;
        break;
    case ITEM_END:
        item->end.kind = (enum end_kind)below(END_DETACHED + 1);
        break;
    case ITEM_SITE:
    case ITEM_TABLES_LOST:
    case ITEM_CLOCK:
    case ITEM_KIND_LIMIT:
    default:
        break;
    }
}

static struct stream *any_stream(uint64_t start, size_t count)
{
    struct stream *stream = stream_new();
    seed = start * 0x9e3779b97f4a7c15u + 1;
    while (stream->count < count) {
        enum item_kind kind = (enum item_kind)(1 + below(ITEM_KIND_LIMIT - 1));
        any_item(stream, &stream->items[stream->count++], kind);
    }
    return stream;
}

/* ---- comparing ---- */

static bool same_text(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool same_thread(const struct thread_item *a, const struct thread_item *b)
{
    for (unsigned i = 0; i < LSC_CALL_LIMIT; i++)
        if (a->calls[i].count != b->calls[i].count || a->calls[i].ns != b->calls[i].ns)
            return false;
    return a->thread == b->thread && a->tid == b->tid && a->roles == b->roles &&
           a->has_ended == b->has_ended && same_text(a->name, b->name) &&
           a->start_routine == b->start_routine && a->loop_key == b->loop_key &&
           a->wait_object == b->wait_object && a->started_ns == b->started_ns &&
           a->turns == b->turns && a->busy_ns == b->busy_ns && a->idle_ns == b->idle_ns &&
           a->ready_events == b->ready_events && a->samples == b->samples &&
           a->late_samples == b->late_samples && a->dropped == b->dropped;
}

static bool same_process(const struct process_item *a, const struct process_item *b)
{
    return a->pid == b->pid && a->ppid == b->ppid && same_text(a->program, b->program) &&
           same_text(a->executable, b->executable) && a->command_bytes == b->command_bytes &&
           memcmp(a->command, b->command, a->command_bytes) == 0 &&
           a->started_real_ns == b->started_real_ns && a->started_mono_ns == b->started_mono_ns &&
           a->stall_ns == b->stall_ns && a->block_ns == b->block_ns && a->depths == b->depths &&
           a->limits == b->limits;
}

static bool same_frames(const struct frames_item *a, const struct frames_item *b)
{
    for (unsigned i = 0; a->count == b->count && i < a->count; i++) {
        const struct frame *x = &a->frames[i], *y = &b->frames[i];
        if (!same_text(x->function, y->function) || !same_text(x->file, y->file) ||
            !same_text(x->module, y->module) || x->line != y->line || x->kind != y->kind ||
            x->is_inline != y->is_inline)
            return false;
    }
    return a->pc == b->pc && a->count == b->count;
}

static bool same_events(const struct events_item *a, const struct events_item *b)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->events, b->events, a->count * sizeof(*a->events)) == 0);
}

static bool same_now(const struct now_item *a, const struct now_item *b)
{
    return a->thread == b->thread && a->time_ns == b->time_ns &&
           a->turn_since_ns == b->turn_since_ns && a->busy_since_ns == b->busy_since_ns &&
           a->poll_since_ns == b->poll_since_ns && a->call_since_ns == b->call_since_ns &&
           a->call == b->call && a->current_task == b->current_task &&
           a->stall_stack == b->stall_stack;
}

static bool same_task(const struct task_item *a, const struct task_item *b)
{
    return a->handle == b->handle && a->kind == b->kind && a->name == b->name &&
           a->site == b->site && a->stack == b->stack && a->parent == b->parent &&
           a->awaits == b->awaits && a->await_site == b->await_site && a->state == b->state &&
           a->id == b->id && a->spawned_ns == b->spawned_ns && a->polls == b->polls &&
           a->busy_ns == b->busy_ns && a->worst_ns == b->worst_ns && a->wakes == b->wakes &&
           a->self_wakes == b->self_wakes && a->await_ns == b->await_ns;
}

static bool same_resource(const struct resource_item *a, const struct resource_item *b)
{
    return a->handle == b->handle && a->kind == b->kind && a->name == b->name &&
           a->site == b->site && a->holder == b->holder && a->waiters == b->waiters &&
           a->has_ended == b->has_ended && a->created_ns == b->created_ns &&
           a->capacity == b->capacity && a->depth == b->depth && a->depth_max == b->depth_max &&
           a->operations == b->operations && a->dropped == b->dropped;
}

static bool same_item(const struct item *a, const struct item *b)
{
    if (a->kind != b->kind || a->process != b->process)
        return false;
    switch (a->kind) {
    case ITEM_PROCESS:
        return same_process(&a->process_info, &b->process_info);
    case ITEM_THREAD:
        return same_thread(&a->thread, &b->thread);
    case ITEM_STRING:
        return a->string.id == b->string.id && a->string.length == b->string.length &&
               memcmp(a->string.bytes, b->string.bytes, a->string.length) == 0;
    case ITEM_SITE:
        return memcmp(&a->site, &b->site, sizeof(a->site)) == 0;
    case ITEM_STACK:
        return a->stack.id == b->stack.id && a->stack.depth == b->stack.depth &&
               a->stack.was_cut == b->stack.was_cut &&
               memcmp(a->stack.pcs, b->stack.pcs, a->stack.depth * sizeof(uint64_t)) == 0;
    case ITEM_FRAMES:
        return same_frames(&a->frames, &b->frames);
    case ITEM_TASK:
        return same_task(&a->task, &b->task);
    case ITEM_RESOURCE:
        return same_resource(&a->resource, &b->resource);
    case ITEM_EVENTS:
        return same_events(&a->events, &b->events);
    case ITEM_LOST:
        return a->lost.thread == b->lost.thread && a->lost.count == b->lost.count;
    case ITEM_TABLES_LOST:
        return memcmp(&a->tables_lost, &b->tables_lost, sizeof(a->tables_lost)) == 0;
    case ITEM_NOW:
        return same_now(&a->now, &b->now);
    case ITEM_CLOCK:
        return a->clock_ns == b->clock_ns;
    case ITEM_END:
        return a->end.kind == b->end.kind && a->end.status == b->end.status &&
               a->end.time_ns == b->end.time_ns;
    case ITEM_KIND_LIMIT:
    default:
        return false;
    }
}

/* ---- files ---- */

static const char *temporary(void)
{
    static char path[64];
    snprintf(path, sizeof(path), "/dev/shm/loopscope-test-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
    return path;
}

static struct trace_stats write_stream(const char *path, const struct stream *stream,
                                       size_t flush_every)
{
    struct trace_writer *writer;
    struct trace_stats stats;
    cr_assert_eq(trace_writer_open(path, &writer), 0);
    for (size_t i = 0; i < stream->count; i++) {
        cr_assert_eq(trace_writer_put(writer, &stream->items[i]), 0);
        if (flush_every && i % flush_every == flush_every - 1)
            cr_assert_eq(trace_writer_flush(writer), 0);
    }
    cr_assert_eq(trace_writer_close(writer, &stats), 0);
    return stats;
}

static struct source *open_trace(const char *path)
{
    struct source *source;
    char why[128] = "";
    cr_assert_eq(trace_reader_open(path, &source, why, sizeof(why)), 0, "%s", why);
    return source;
}

/* How many items of the stream the first ones are that were read as `item`, the same as they were
 * put in: batches that follow one another may be read as one. */
static size_t count_parts(const struct item *item, const struct stream *stream, size_t first)
{
    struct item part = *item;
    size_t done = 0, count = 0;
    do {
        cr_assert_lt(first + count, stream->count);
        const struct item *put = &stream->items[first + count++];
        if (item->kind == ITEM_EVENTS) {
            cr_assert_leq(done + put->events.count, item->events.count);
            part.events.events = item->events.events + done;
            part.events.count = put->events.count;
        }
        cr_assert(same_item(&part, put), "item %zu of kind %d differs", first + count - 1,
                  put->kind);
        done += part.events.count;
    } while (item->kind == ITEM_EVENTS && done < item->events.count);
    return count;
}

/* How many items come out, each the same as the one put in; then it is at the end. */
static size_t count_same(struct source *source, const struct stream *stream)
{
    struct item item;
    size_t count = 0;
    int more;
    while ((more = source->ops->next(source, &item)) == 1)
        count += count_parts(&item, stream, count);
    cr_assert_eq(more, 0);
    cr_assert_eq(source->ops->next(source, &item), 0);
    return count;
}

static uint8_t *load(const char *path, size_t *bytes)
{
    struct stat status;
    int fd = open(path, O_RDONLY);
    cr_assert_geq(fd, 0);
    cr_assert_eq(fstat(fd, &status), 0);
    *bytes = (size_t)status.st_size;
    uint8_t *data = malloc(*bytes);
    cr_assert_eq(read(fd, data, *bytes), (ssize_t)*bytes);
    close(fd);
    return data;
}

static void store(const char *path, const uint8_t *data, size_t bytes)
{
    int fd = open(path, O_WRONLY | O_TRUNC);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, data, bytes), (ssize_t)bytes);
    close(fd);
}

/* ---- the tests ---- */

Test(trace, gives_back_random_items_of_every_kind)
{
    const char *path = temporary();
    for (uint64_t start = 1; start <= 40; start++) {
        struct stream *stream = any_stream(start, 200);
        write_stream(path, stream, start % 3 ? 0 : 17);
        struct source *source = open_trace(path);
        cr_assert_eq(count_same(source, stream), stream->count);
        cr_assert_null(trace_damage(source), "%s", trace_damage(source));
        source->ops->close(source);
        stream_delete(stream);
    }
    unlink(path);
}

Test(trace, gives_back_more_events_than_one_chunk_holds)
{
    const char *path = temporary();
    struct stream *stream = stream_new();
    const size_t batch = 10000, batches = 20;
    for (size_t b = 0; b < batches; b++) {
        struct event *events = keep(stream, batch * sizeof(*events));
        for (size_t i = 0; i < batch; i++)
            events[i] = (struct event){
                .time_ns = (b * batch + i) * 6400, .arg = 64 * below(90), .type = LSC_RECORD_TURN};
        stream->items[stream->count++] =
            (struct item){.kind = ITEM_EVENTS, .events = {events, batch}};
    }
    struct trace_stats stats = write_stream(path, stream, 0);
    cr_assert_eq(stats.records, batch * batches);
    struct source *source = open_trace(path);
    cr_assert_eq(count_same(source, stream), batches);
    source->ops->close(source);
    stream_delete(stream);
    unlink(path);
}

Test(trace, splits_a_batch_that_no_chunk_could_hold)
{
    const char *path = temporary();
    struct stream *stream = stream_new();
    size_t count = TRACE_CHUNK_EVENTS + 3, seen = 0;
    struct event *events = keep(stream, count * sizeof(*events));
    for (size_t i = 0; i < count; i++)
        events[i] = (struct event){.time_ns = i * 100, .type = LSC_RECORD_POLL, .task = 7};
    stream->items[stream->count++] = (struct item){.kind = ITEM_EVENTS, .events = {events, count}};
    write_stream(path, stream, 0);
    struct source *source = open_trace(path);
    struct item item;
    while (source->ops->next(source, &item) == 1) {
        cr_assert_eq(memcmp(item.events.events, events + seen, item.events.count * sizeof(*events)),
                     0);
        seen += item.events.count;
    }
    cr_assert_eq(seen, count);
    source->ops->close(source);
    stream_delete(stream);
    unlink(path);
}

Test(trace, stores_a_turn_of_a_loaded_loop_in_less_than_three_bytes)
{
    const char *path = temporary();
    struct stream *stream = stream_new();
    const size_t count = 60000;
    struct event *events = keep(stream, count * sizeof(*events));
    uint64_t time = 5000000000;
    seed = 99;
    for (size_t i = 0; i < count; i++) {
        uint64_t wait = 64 * below(100), busy = 64 * (300 + below(500) + below(500));
        time += wait + busy;
        events[i] = (struct event){.time_ns = time,
                                   .arg = busy,
                                   .task = (uint32_t)(1 + below(4)),
                                   .type = LSC_RECORD_TURN,
                                   .flags = wait < 3200 ? LSC_TURN_READY_AT_ONCE : 0};
    }
    stream->items[stream->count++] = (struct item){.kind = ITEM_EVENTS, .events = {events, count}};
    struct trace_stats stats = write_stream(path, stream, 0);
    cr_assert_eq(stats.records, count);
    cr_assert_lt(stats.file_bytes, 3 * count, "%.2f bytes a record",
                 (double)stats.file_bytes / (double)count);
    stream_delete(stream);
    unlink(path);
}

Test(trace, reads_a_file_cut_at_any_byte_up_to_its_last_whole_chunk)
{
    const char *path = temporary();
    batch_most = 40;
    struct stream *stream = any_stream(7, 15);
    write_stream(path, stream, 5);
    size_t bytes, best = 0;
    uint8_t *data = load(path, &bytes);
    for (size_t cut = 0; cut < bytes; cut++) {
        struct source *source;
        char why[128] = "";
        cr_assert_eq(truncate(path, 0), 0);
        store(path, data, cut);
        int err = trace_reader_open(path, &source, why, sizeof(why));
        if (cut < TRACE_HEADER_BYTES) {
            cr_assert_eq(err, -EPROTO);
            cr_assert_str_eq(why, "not a loopscope trace");
            continue;
        }
        cr_assert_eq(err, 0);
        size_t count = count_same(source, stream);
        cr_assert_eq(count % 5, 0);
        cr_assert_geq(count, best);
        best = count;
        cr_assert_not_null(trace_damage(source), "cut at %zu of %zu", cut, bytes);
        source->ops->close(source);
    }
    cr_assert_eq(best, stream->count);
    free(data);
    stream_delete(stream);
    unlink(path);
}

Test(trace, survives_flipped_bytes_anywhere_and_never_gives_a_wrong_item)
{
    const char *path = temporary();
    batch_most = 40;
    struct stream *stream = any_stream(8, 15);
    write_stream(path, stream, 5);
    size_t bytes;
    uint8_t *data = load(path, &bytes);
    for (size_t at = 0; at < bytes; at++) {
        struct source *source;
        char why[128] = "";
        uint8_t saved = data[at];
        data[at] ^= (uint8_t)(1u << at % 8);
        store(path, data, bytes);
        data[at] = saved;
        if (trace_reader_open(path, &source, why, sizeof(why)) < 0) {
            cr_assert_lt(at, TRACE_HEADER_BYTES);
            cr_assert_str_neq(why, "");
            continue;
        }
        size_t count = count_same(source, stream);
        cr_assert_eq(count % 5, 0);
        cr_assert(trace_damage(source) || count == stream->count);
        if (at < bytes - TRACE_FOOTER_BYTES)
            cr_assert_not_null(trace_damage(source), "flip at %zu unnoticed", at);
        source->ops->close(source);
    }
    free(data);
    stream_delete(stream);
    unlink(path);
}

Test(trace, notices_a_chunk_taken_out_of_the_middle)
{
    const char *path = temporary();
    struct stream *stream = any_stream(9, 30);
    write_stream(path, stream, 10);
    size_t bytes;
    uint8_t *data = load(path, &bytes);
    size_t first = TRACE_CHUNK_HEADER_BYTES + load_le32(data + TRACE_HEADER_BYTES + 20);
    memmove(data + TRACE_HEADER_BYTES, data + TRACE_HEADER_BYTES + first,
            bytes - TRACE_HEADER_BYTES - first);
    store(path, data, bytes - first);
    struct source *source = open_trace(path);
    cr_assert_eq(count_same(source, stream), 0);
    cr_assert_not_null(strstr(trace_damage(source), "missing"));
    source->ops->close(source);
    free(data);
    stream_delete(stream);
    unlink(path);
}

Test(trace, has_an_index_that_can_be_rebuilt_from_the_chunks)
{
    const char *path = temporary();
    struct stream *stream = any_stream(10, 100);
    write_stream(path, stream, 9);
    struct trace_index written, rebuilt;
    int fd = open(path, O_RDONLY);
    cr_assert_eq(trace_index_load(fd, TRACE_HEADER_BYTES, &written), 0);
    cr_assert_eq(trace_index_rebuild(fd, TRACE_HEADER_BYTES, &rebuilt), 0);
    cr_assert_eq(written.count, 12);
    cr_assert_eq(rebuilt.count, written.count);
    cr_assert_eq(rebuilt.end, written.end);
    for (size_t i = 0; i < written.count; i++) {
        const struct index_entry *a = &written.entries[i], *b = &rebuilt.entries[i];
        cr_assert(a->offset == b->offset && a->bytes == b->bytes && a->process == b->process &&
                  a->items == b->items && a->events == b->events && a->first_ns == b->first_ns &&
                  a->last_ns == b->last_ns);
    }
    trace_index_free(&written);
    trace_index_free(&rebuilt);
    close(fd);
    stream_delete(stream);
    unlink(path);
}

Test(trace, can_be_read_while_it_is_written_up_to_the_last_flush)
{
    const char *path = temporary();
    struct stream *stream = any_stream(11, 30);
    struct trace_writer *writer;
    cr_assert_eq(trace_writer_open(path, &writer), 0);
    for (size_t i = 0; i < 20; i++) {
        cr_assert_eq(trace_writer_put(writer, &stream->items[i]), 0);
        if (i == 9)
            cr_assert_eq(trace_writer_flush(writer), 0);
    }
    struct source *source = open_trace(path);
    cr_assert_eq(count_same(source, stream), 10);
    source->ops->close(source);
    cr_assert_eq(trace_writer_close(writer, NULL), 0);
    stream_delete(stream);
    unlink(path);
}

Test(trace, ends_a_chunk_by_itself_when_its_clocks_span_five_seconds)
{
    const char *path = temporary();
    struct trace_writer *writer;
    struct stream *stream = stream_new();
    for (uint64_t second = 0; second < 8; second++)
        stream->items[stream->count++] =
            (struct item){.kind = ITEM_CLOCK, .clock_ns = second * 1000000000};
    cr_assert_eq(trace_writer_open(path, &writer), 0);
    for (size_t i = 0; i < stream->count; i++)
        cr_assert_eq(trace_writer_put(writer, &stream->items[i]), 0);
    struct source *source = open_trace(path);
    cr_assert_eq(count_same(source, stream), 6, "seconds 0 to 5; 6 and 7 are still gathered");
    source->ops->close(source);
    cr_assert_eq(trace_writer_close(writer, NULL), 0);
    stream_delete(stream);
    unlink(path);
}

Test(trace, saves_a_small_chunk_and_writes_it_again_larger_in_the_same_place)
{
    const char *path = temporary();
    struct trace_writer *writer;
    struct trace_stats stats;
    struct stream *stream = stream_new();
    for (uint64_t second = 0; second < 23; second++)
        stream->items[stream->count++] =
            (struct item){.kind = ITEM_CLOCK, .clock_ns = second * 1000000000};
    cr_assert_eq(trace_writer_open(path, &writer), 0);
    for (size_t i = 0; i < stream->count; i++)
        cr_assert_eq(trace_writer_put(writer, &stream->items[i]), 0);
    struct source *source = open_trace(path);
    cr_assert_eq(count_same(source, stream), 21, "seconds 0 to 20");
    source->ops->close(source);
    cr_assert_eq(trace_writer_close(writer, &stats), 0);
    struct stat status;
    cr_assert_eq(stat(path, &status), 0);
    cr_assert_eq((uint64_t)status.st_size, stats.file_bytes);
    source = open_trace(path);
    cr_assert_eq(count_same(source, stream), stream->count);
    cr_assert_null(trace_damage(source));
    source->ops->close(source);
    stream_delete(stream);
    unlink(path);
}

/* The calls of a turn are told at its end, and take no time of their own in the file. */
Test(trace, gives_back_events_that_share_the_moment_of_a_turns_end)
{
    static const uint16_t types[] = {LSC_RECORD_CALL, LSC_RECORD_USAGE, LSC_RECORD_CALLS,
                                     LSC_RECORD_CALLS, LSC_RECORD_TURN};
    const char *path = temporary();
    struct event events[2000];
    uint64_t time = 1000000;
    for (unsigned i = 0; i < 2000; i++) {
        unsigned step = i % 5, thread = i / 5 % 2;
        time += step <= 1 || i % 35 == 4 ? 1024 * (1 + i % 7) : 0;
        events[i] = (struct event){
            .time_ns = time, .arg = 2048 + i % 11, .thread = thread, .type = types[step]};
    }
    struct stream *stream = stream_new();
    stream->items[stream->count++] = (struct item){.kind = ITEM_EVENTS, .events = {events, 1997}};
    stream->items[stream->count++] = (struct item){.kind = ITEM_CLOCK, .clock_ns = 5};
    write_stream(path, stream, 0);
    struct source *source = open_trace(path);
    cr_assert_eq(count_same(source, stream), 2);
    source->ops->close(source);
    free(stream);
    unlink(path);
}

Test(trace, refuses_what_is_not_a_trace_with_half_a_sentence)
{
    const char *path = temporary();
    struct source *source;
    char why[128];
    store(path, (const uint8_t *)"{\"loopscope\": 1, \"processes\": []}              ", 48);
    cr_assert_eq(trace_reader_open(path, &source, why, sizeof(why)), -EPROTO);
    cr_assert_str_eq(why, "not a loopscope trace");
    cr_assert_eq(trace_reader_open("/tmp", &source, why, sizeof(why)), -EISDIR);
    cr_assert_str_eq(why, "not a regular file");
    cr_assert_eq(trace_reader_open("/dev/zero", &source, why, sizeof(why)), -EINVAL);
    unlink(path);
    cr_assert_eq(trace_reader_open(path, &source, why, sizeof(why)), -ENOENT);
    cr_assert_str_eq(why, "No such file or directory");
}

Test(trace, refuses_a_file_of_a_newer_version_by_its_number)
{
    const char *path = temporary();
    struct stream *stream = any_stream(12, 1);
    struct source *source;
    char why[128];
    size_t bytes;
    write_stream(path, stream, 0);
    uint8_t *data = load(path, &bytes);
    store_le32(data + 8, 3);
    /* CRC-32 of the 28 bytes, computed independently of the reader's library. */
    uint32_t crc = ~0u;
    for (unsigned i = 0; i < 28; i++) {
        crc ^= data[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320u & (0 - (crc & 1)));
    }
    store_le32(data + 28, ~crc);
    store(path, data, bytes);
    cr_assert_eq(trace_reader_open(path, &source, why, sizeof(why)), -EPROTONOSUPPORT);
    cr_assert_str_eq(why, "made by a newer loopscope (version 3)");
    free(data);
    stream_delete(stream);
    unlink(path);
}

Test(trace, reads_sites_from_before_they_had_parents_and_none_without_one_since)
{
    static const uint64_t fields[] = {ITEM_SITE, 0, 7, 8, 9, 120}; /* id, file, function, line */
    struct bytes log = {0};
    struct item_scratch scratch = {0};
    struct item site;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        bytes_put_varint(&log, fields[i]);
    struct cursor old = {log.data, log.data + log.length, false}, cut = old;
    cr_assert_eq(item_decode(&old, 0, &scratch, &site), 0);
    cr_assert_eq(cursor_left(&old), 0);
    cr_assert(site.site.id == 7 && site.site.line == 120 && site.site.parent == 0);
    cr_assert_eq(item_decode(&cut, TRACE_FEATURES, &scratch, &site), -EPROTO);
    item_scratch_free(&scratch);
    bytes_free(&log);
}

Test(trace, refuses_items_that_a_reader_would_refuse)
{
    const char *path = temporary();
    struct trace_writer *writer;
    cr_assert_eq(trace_writer_open(path, &writer), 0);
    struct event event = {.thread = TRACE_THREAD_LIMIT};
    struct item item = {.kind = ITEM_EVENTS, .events = {&event, 1}};
    cr_assert_eq(trace_writer_put(writer, &item), -EINVAL);
    item = (struct item){.kind = ITEM_NOW, .now.call = LSC_CALL_LIMIT};
    cr_assert_eq(trace_writer_put(writer, &item), -EINVAL);
    item = (struct item){.kind = ITEM_CLOCK, .process = TRACE_PROCESS_LIMIT};
    cr_assert_eq(trace_writer_put(writer, &item), -EINVAL);
    char *huge = calloc(1, TRACE_ITEM_MAX + 1);
    item = (struct item){.kind = ITEM_STRING, .string = {1, huge, TRACE_ITEM_MAX + 1}};
    cr_assert_eq(trace_writer_put(writer, &item), -E2BIG);
    free(huge);
    /* None of them has spoiled the file. */
    struct stream *stream = any_stream(13, 5);
    for (size_t i = 0; i < stream->count; i++)
        cr_assert_eq(trace_writer_put(writer, &stream->items[i]), 0);
    cr_assert_eq(trace_writer_close(writer, NULL), 0);
    struct source *source = open_trace(path);
    cr_assert_eq(count_same(source, stream), stream->count);
    source->ops->close(source);
    stream_delete(stream);
    unlink(path);
}

Test(trace, says_when_the_disk_is_full_and_keeps_what_fitted)
{
    /* A file-size limit stands for the full disk. */
    const char *path = temporary();
    struct stream *stream = any_stream(14, 400);
    struct trace_writer *writer;
    cr_assert_eq(trace_writer_open(path, &writer), 0);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {6000, RLIM_INFINITY};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int err = 0;
    for (size_t i = 0; i < stream->count && !err; i++) {
        err = trace_writer_put(writer, &stream->items[i]);
        if (!err && i % 5 == 4)
            err = trace_writer_flush(writer);
    }
    cr_assert_eq(err, -EFBIG);
    cr_assert_eq(trace_writer_put(writer, &stream->items[0]), -EFBIG);
    cr_assert_eq(trace_writer_close(writer, NULL), -EFBIG);
    struct source *source = open_trace(path);
    size_t count = count_same(source, stream);
    cr_assert(count > 0 && count % 5 == 0);
    cr_assert_not_null(strstr(trace_damage(source), "without an index"));
    source->ops->close(source);
    stream_delete(stream);
    unlink(path);
}
