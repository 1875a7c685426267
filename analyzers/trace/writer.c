/* SPDX-License-Identifier: MIT */
/* Writing a trace file: items are gathered into a chunk, which is packed and appended when it is
 * full or when the caller flushes. */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "index.h"
#include "item_codec.h"

/* A recorder that is killed loses at most this much of the time that the items tell. */
#define SAVE_SPAN_NS 5000000000u
/* A chunk of at least so many events gains little by growing; one of fewer is saved as it is, and
 * again, larger, in the same place, until it spans this time. */
#define CHUNK_EVENTS_ENOUGH 16384
#define CHUNK_SPAN_NS 60000000000u

struct trace_writer {
    int fd;
    int error; /* the first that happened: nothing is written after it */
    struct columns *columns;
    struct chunk_codec *codec;
    struct trace_index index;
    struct trace_stats stats;
    struct column_cuts cuts;

    /* The chunk being gathered. */
    struct bytes log;
    struct event *events; /* room for TRACE_CHUNK_EVENTS */
    size_t event_count;
    struct bytes runs; /* struct event_run */
    uint32_t items, process;
    uint64_t first_ns, last_ns;
    struct item batch; /* of events, when `log` ends with it; only its count and times matter */
    size_t batch_at;   /* where in `log` it begins */
    uint64_t batch_last_ns;
    bool has_clock; /* the chunk has seen one, its first of: */
    uint64_t clock_ns, saved_clock_ns;
    uint32_t clock_process;
    uint64_t saved_end; /* of what stands in the file behind the last whole chunk; 0: nothing */

    struct bytes raw, packed; /* scratch */
};

static int write_all(int fd, const uint8_t *data, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, data, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -errno;
        data += done;
        n -= (size_t)done;
    }
    return 0;
}

static int write_header(int fd)
{
    uint8_t header[TRACE_HEADER_BYTES] = {0};
    memcpy(header, TRACE_MAGIC, TRACE_MAGIC_BYTES);
    store_le32(header + 8, TRACE_VERSION);
    store_le32(header + 12, TRACE_HEADER_BYTES);
    store_le64(header + 16, TRACE_FEATURES);
    store_le32(header + 28, (uint32_t)crc32_z(0, header, 28));
    return write_all(fd, header, sizeof(header));
}

/* Opens without truncating first: what is not a regular file stays as it is. */
static int open_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    if (fd < 0)
        return -errno;
    struct stat status;
    int err = 0;
    if (fstat(fd, &status) < 0)
        err = -errno;
    else if (!S_ISREG(status.st_mode))
        err = -EINVAL;
    else if (ftruncate(fd, 0) < 0)
        err = -errno;
    if (!err)
        return fd;
    close(fd);
    return err;
}

static void writer_free(struct trace_writer *writer)
{
    columns_delete(writer->columns);
    chunk_codec_delete(writer->codec);
    trace_index_free(&writer->index);
    bytes_free(&writer->log);
    bytes_free(&writer->runs);
    bytes_free(&writer->raw);
    bytes_free(&writer->packed);
    free(writer->events);
    free(writer);
}

int trace_writer_open(const char *path, struct trace_writer **out)
{
    *out = NULL;
    struct trace_writer *writer = calloc(1, sizeof(*writer));
    if (!writer)
        return -ENOMEM;
    int err = -ENOMEM;
    writer->columns = columns_new();
    writer->codec = chunk_codec_new();
    writer->events = malloc(TRACE_CHUNK_EVENTS * sizeof(*writer->events));
    if (!writer->columns || !writer->codec || !writer->events)
        goto free_writer;
    writer->fd = err = open_file(path);
    if (err < 0)
        goto free_writer;
    err = write_header(writer->fd);
    if (err)
        goto close_file;
    writer->index.end = TRACE_HEADER_BYTES;
    *out = writer;
    return 0;

close_file:
    close(writer->fd);
free_writer:
    writer_free(writer);
    return err;
}

/* Writes what is packed behind the last whole chunk, over what was saved there. What could not be
 * written whole is cut off again. */
static int append_packed(struct trace_writer *writer)
{
    uint64_t end = writer->index.end + writer->packed.length;
    if (lseek(writer->fd, (off_t)writer->index.end, SEEK_SET) < 0)
        return -errno;
    int err = write_all(writer->fd, writer->packed.data, writer->packed.length);
    if (err)
        end = writer->index.end;
    if ((err || writer->saved_end > end) && ftruncate(writer->fd, (off_t)end) < 0 && !err)
        err = -errno;
    writer->saved_end = 0;
    return err;
}

static int build_raw(struct trace_writer *writer)
{
    struct bytes *raw = &writer->raw;
    raw->length = 0;
    bytes_put_varint(raw, writer->log.length);
    bytes_put_varint(raw, writer->event_count);
    bytes_put(raw, writer->log.data, writer->log.length);
    if (raw->has_failed)
        return -ENOMEM;
    writer->cuts.count = 1;
    writer->cuts.at[0] = raw->length;
    if (writer->event_count == 0)
        return 0;
    return columns_encode(writer->columns, writer->events, writer->event_count,
                          (const void *)writer->runs.data, raw, &writer->cuts);
}

static void chunk_begin(struct trace_writer *writer)
{
    writer->log.length = writer->runs.length = 0;
    writer->event_count = 0;
    writer->items = 0;
    writer->batch.kind = ITEM_KIND_LIMIT;
    writer->has_clock = false;
}

/* Packs what was gathered; the header tells of it. */
static int chunk_build(struct trace_writer *writer, struct chunk_header *header)
{
    *header = (struct chunk_header){
        .type = TRACE_CHUNK_ITEMS,
        .process = writer->process,
        .sequence = (uint32_t)writer->index.count,
        .items = writer->items,
        .events = (uint32_t)writer->event_count,
        .first_ns = writer->event_count ? writer->first_ns : 0,
        .last_ns = writer->event_count ? writer->last_ns : 0,
    };
    writer->packed.length = 0;
    int err = build_raw(writer);
    if (!err)
        err = chunk_pack(writer->codec, header, &writer->raw, &writer->cuts, &writer->packed);
    return err ? err : append_packed(writer);
}

static int chunk_end(struct trace_writer *writer)
{
    struct chunk_header header;
    if (writer->items == 0)
        return 0;
    int err = chunk_build(writer, &header);
    if (!err)
        err = trace_index_add(&writer->index, &header);
    if (err)
        return writer->error = err;
    writer->stats.records += header.events;
    chunk_begin(writer);
    return 0;
}

/* Makes a small chunk readable, and goes on gathering it. */
static int chunk_save(struct trace_writer *writer)
{
    struct chunk_header header;
    int err = chunk_build(writer, &header);
    if (err)
        return writer->error = err;
    writer->saved_end = writer->index.end + writer->packed.length;
    return 0;
}

static void note_process(struct trace_writer *writer, uint32_t process)
{
    if (writer->items++ == 0)
        writer->process = process;
    else if (writer->process != process)
        writer->process = TRACE_PROCESS_MIXED;
}

static void note_times(struct trace_writer *writer, const struct event *events, size_t count)
{
    if (writer->event_count == 0) {
        writer->first_ns = UINT64_MAX;
        writer->last_ns = 0;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t time = events[i].time_ns;
        writer->first_ns = time < writer->first_ns ? time : writer->first_ns;
        writer->last_ns = time > writer->last_ns ? time : writer->last_ns;
    }
}

static bool threads_fit(const struct event *events, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (events[i].thread >= TRACE_THREAD_LIMIT)
            return false;
    return true;
}

/* A batch that follows another of the same process, in time too, becomes one with it: of programs
 * with few records the batches cost as much as the records. */
static bool continues_batch(const struct trace_writer *writer, const struct item *item)
{
    return writer->batch.kind == ITEM_EVENTS && writer->batch.process == item->process &&
           writer->batch.events.count > 0 && item->events.count > 0 &&
           item->events.events[0].time_ns >= writer->batch_last_ns;
}

static int log_batch(struct trace_writer *writer, const struct item *item)
{
    struct item batch = {.kind = ITEM_EVENTS, .process = item->process};
    batch.events.count = item->events.count;
    if (continues_batch(writer, item)) {
        batch.events.count += writer->batch.events.count;
        writer->log.length = writer->batch_at;
    } else {
        writer->batch_at = writer->log.length;
        note_process(writer, item->process);
    }
    if (item->events.count > 0)
        writer->batch_last_ns = item->events.events[item->events.count - 1].time_ns;
    writer->batch = batch;
    return item_encode(&writer->log, &batch);
}

/* One batch of at most TRACE_CHUNK_EVENTS. */
static int put_events(struct trace_writer *writer, const struct item *item)
{
    const struct events_item *batch = &item->events;
    if (!threads_fit(batch->events, batch->count))
        return -EINVAL;
    if (writer->event_count + batch->count > TRACE_CHUNK_EVENTS) {
        int err = chunk_end(writer);
        if (err)
            return err;
    }
    struct event_run run = {item->process, (uint32_t)batch->count};
    int err = log_batch(writer, item);
    if (err)
        return err;
    bytes_put(&writer->runs, &run, sizeof(run));
    if (writer->runs.has_failed)
        return writer->error = -ENOMEM;
    note_times(writer, batch->events, batch->count);
    if (batch->count)
        memcpy(writer->events + writer->event_count, batch->events,
               batch->count * sizeof(*batch->events));
    writer->event_count += batch->count;
    return 0;
}

static int put_batches(struct trace_writer *writer, const struct item *item)
{
    struct item part = *item;
    for (size_t done = 0; done < item->events.count; done += part.events.count) {
        size_t left = item->events.count - done;
        part.events.events = item->events.events + done;
        part.events.count = left < TRACE_CHUNK_EVENTS ? left : TRACE_CHUNK_EVENTS;
        int err = put_events(writer, &part);
        if (err)
            return err;
    }
    return item->events.count == 0 ? put_events(writer, item) : 0;
}

/* Saves or ends the chunk when it spans enough time, by the clock of the first process that told
 * one in it. */
static int obey_clock(struct trace_writer *writer, const struct item *item)
{
    if (!writer->has_clock) {
        writer->has_clock = true;
        writer->clock_ns = writer->saved_clock_ns = item->clock_ns;
        writer->clock_process = item->process;
    }
    if (item->process != writer->clock_process || item->clock_ns < writer->saved_clock_ns ||
        item->clock_ns - writer->saved_clock_ns < SAVE_SPAN_NS)
        return 0;
    writer->saved_clock_ns = item->clock_ns;
    bool is_large = writer->event_count >= CHUNK_EVENTS_ENOUGH ||
                    item->clock_ns - writer->clock_ns >= CHUNK_SPAN_NS;
    return is_large ? chunk_end(writer) : chunk_save(writer);
}

int trace_writer_put(struct trace_writer *writer, const struct item *item)
{
    if (writer->error)
        return writer->error;
    int err;
    if (item->kind == ITEM_EVENTS) {
        err = put_batches(writer, item);
    } else {
        writer->batch.kind = item->kind;
        err = item_encode(&writer->log, item);
        if (!err)
            note_process(writer, item->process);
    }
    if (!err && writer->log.length >= TRACE_LOG_END)
        return chunk_end(writer);
    return !err && item->kind == ITEM_CLOCK ? obey_clock(writer, item) : err;
}

int trace_writer_flush(struct trace_writer *writer)
{
    return writer->error ? writer->error : chunk_end(writer);
}

static int write_index(struct trace_writer *writer)
{
    struct chunk_header header = {.type = TRACE_CHUNK_INDEX,
                                  .process = TRACE_PROCESS_MIXED,
                                  .sequence = (uint32_t)writer->index.count};
    writer->raw.length = writer->packed.length = 0;
    int err = trace_index_encode(&writer->index, &writer->raw);
    if (!err)
        err = chunk_pack(writer->codec, &header, &writer->raw, NULL, &writer->packed);
    /* An index too large for a chunk is left out: readers rebuild it. */
    if (err)
        return err == -E2BIG ? 0 : err;
    uint8_t *footer = bytes_room(&writer->packed, TRACE_FOOTER_BYTES);
    if (!footer)
        return -ENOMEM;
    memset(footer, 0, TRACE_FOOTER_BYTES);
    memcpy(footer, TRACE_FOOTER_MAGIC, TRACE_MAGIC_BYTES);
    store_le64(footer + 8, writer->index.end);
    store_le32(footer + 16, (uint32_t)writer->index.count);
    store_le32(footer + 28, (uint32_t)crc32_z(0, footer, 28));
    err = append_packed(writer);
    if (!err)
        writer->stats.file_bytes = writer->index.end + writer->packed.length;
    return err;
}

int trace_writer_close(struct trace_writer *writer, struct trace_stats *stats)
{
    int err = trace_writer_flush(writer);
    if (!err)
        err = write_index(writer);
    if (err)
        writer->stats.file_bytes = writer->index.end;
    if (close(writer->fd) < 0 && !err)
        err = -errno;
    if (stats)
        *stats = writer->stats;
    writer_free(writer);
    return err;
}
