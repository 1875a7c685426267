/* SPDX-License-Identifier: MIT */
/* A trace file as a source of items: chunk after chunk, each verified before anything of it is
 * used, up to the end or to the first that is not whole. */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "index.h"
#include "item_codec.h"

struct trace_reader {
    struct source source; /* first: a source is a trace_reader */
    int fd;
    struct columns *columns;
    struct chunk_codec *codec;
    struct item_scratch scratch;
    uint8_t *chunk; /* the packed chunk as it is in the file */
    size_t chunk_capacity;
    uint64_t features;
    uint64_t start, offset; /* where the chunks begin; of the next one */
    uint32_t sequence;      /* expected of the next one */
    uint64_t events_read;

    /* The chunk being read. */
    struct cursor log;
    uint32_t items_left;
    const struct event *events;
    size_t event_count, events_used;

    bool is_at_end;
    char damage[256];
};

static struct trace_reader *reader_of(struct source *source)
{
    return (struct trace_reader *)(void *)source;
}

/* The end of what can be read: why, and what was read before it. */
static int stop_damaged(struct trace_reader *reader, const char *what)
{
    reader->is_at_end = true;
    snprintf(reader->damage, sizeof(reader->damage),
             "%s at byte %llu: what follows is lost; %u whole chunks with %llu records before it "
             "were read",
             what, (unsigned long long)reader->offset, reader->sequence,
             (unsigned long long)reader->events_read);
    return 0;
}

static int stop_error(struct trace_reader *reader, int err, const char *what)
{
    reader->is_at_end = true;
    snprintf(reader->source.error, sizeof(reader->source.error), "%s: %s", what, strerror(-err));
    return err;
}

/* The chunks are over: all is well when the index and the footer follow. */
static int finish_at_index(struct trace_reader *reader)
{
    struct trace_index index;
    int err = trace_index_load(reader->fd, reader->start, &index);
    reader->is_at_end = true;
    if (!err && index.count == reader->sequence && index.end == reader->offset) {
        trace_index_free(&index);
        return 0;
    }
    if (!err)
        trace_index_free(&index);
    snprintf(reader->damage, sizeof(reader->damage),
             "the index at the end (byte %llu) is cut or damaged; all %u chunks with %llu records "
             "before it were read",
             (unsigned long long)reader->offset, reader->sequence,
             (unsigned long long)reader->events_read);
    return 0;
}

static bool reserve_chunk(struct trace_reader *reader, size_t bytes)
{
    if (bytes <= reader->chunk_capacity)
        return true;
    uint8_t *larger = realloc(reader->chunk, bytes);
    if (!larger)
        return false;
    reader->chunk = larger;
    reader->chunk_capacity = bytes;
    return true;
}

/* Reads the chunk's bytes. 1, or the result of a stop. */
static int read_chunk(struct trace_reader *reader, struct chunk_header *header)
{
    uint8_t bytes[TRACE_CHUNK_HEADER_BYTES];
    struct stat status;
    if (fstat(reader->fd, &status) < 0)
        return stop_error(reader, -errno, "cannot read the trace");
    uint64_t size = (uint64_t)status.st_size;
    if (reader->offset >= size)
        return stop_damaged(reader, "the file ends without an index, cut off or never completed,");
    int err = file_read_at(reader->fd, reader->offset, bytes, sizeof(bytes));
    if (err == -ENODATA)
        return stop_damaged(reader, "the file is cut inside a chunk");
    if (err)
        return stop_error(reader, err, "cannot read the trace");
    if (!chunk_header_load(bytes, header))
        return stop_damaged(reader, "the file is damaged");
    if (header->type == TRACE_CHUNK_INDEX)
        return finish_at_index(reader);
    /* Before any memory is taken for it. */
    if (size - reader->offset - sizeof(bytes) < header->packed_bytes)
        return stop_damaged(reader, "the file is cut inside a chunk");
    if (!reserve_chunk(reader, sizeof(bytes) + header->packed_bytes))
        return stop_error(reader, -ENOMEM, "cannot read the trace");
    err = file_read_at(reader->fd, reader->offset, reader->chunk,
                       sizeof(bytes) + header->packed_bytes);
    if (err == -ENODATA)
        return stop_damaged(reader, "the file is cut inside a chunk");
    return err ? stop_error(reader, err, "cannot read the trace") : 1;
}

/* Splits the payload into log and events. 0, -EPROTO, -ENOMEM. */
static int open_payload(struct trace_reader *reader, struct cursor *raw, uint32_t events)
{
    uint64_t log_bytes = cursor_varint_max(raw, TRACE_RAW_MAX);
    uint64_t count = cursor_varint_max(raw, TRACE_CHUNK_EVENTS);
    const uint8_t *log = cursor_take(raw, (size_t)log_bytes);
    if (!log || count != events)
        return -EPROTO;
    reader->log = (struct cursor){log, log + log_bytes, false};
    reader->event_count = (size_t)count;
    reader->events_used = 0;
    if (count == 0)
        return cursor_left(raw) == 0 ? 0 : -EPROTO;
    return columns_decode(reader->columns, raw, (size_t)count, &reader->events);
}

/* Makes the next chunk current. 1, 0 at the end, -errno. */
static int next_chunk(struct trace_reader *reader)
{
    struct chunk_header header;
    struct cursor raw;
    int err = read_chunk(reader, &header);
    if (err != 1)
        return err;
    if (header.type != TRACE_CHUNK_ITEMS || header.sequence != reader->sequence)
        return stop_damaged(reader, "a chunk is missing or out of place");
    err = chunk_unpack(reader->codec, reader->chunk, &header, &raw);
    if (!err)
        err = open_payload(reader, &raw, header.events);
    if (err == -ENOMEM)
        return stop_error(reader, err, "cannot read the trace");
    if (err)
        return stop_damaged(reader, "the file is damaged");
    reader->items_left = header.items;
    return 1;
}

/* All items of the current chunk are out. */
static int close_chunk(struct trace_reader *reader)
{
    if (cursor_left(&reader->log) != 0 || reader->events_used != reader->event_count)
        return stop_damaged(reader, "the file is damaged");
    reader->events_read += reader->event_count;
    reader->offset += TRACE_CHUNK_HEADER_BYTES + load_le32(reader->chunk + 20);
    reader->sequence++;
    return 1;
}

static int next_item(struct trace_reader *reader, struct item *out)
{
    int err = item_decode(&reader->log, reader->features, &reader->scratch, out);
    if (err == -ENOMEM)
        return stop_error(reader, err, "cannot read the trace");
    if (err)
        return stop_damaged(reader, "the file is damaged");
    if (out->kind == ITEM_EVENTS) {
        if (out->events.count > reader->event_count - reader->events_used)
            return stop_damaged(reader, "the file is damaged");
        out->events.events = reader->event_count ? reader->events + reader->events_used : NULL;
        reader->events_used += out->events.count;
    }
    reader->items_left--;
    return 1;
}

static int reader_next(struct source *source, struct item *out)
{
    struct trace_reader *reader = reader_of(source);
    while (!reader->is_at_end && reader->items_left == 0) {
        int err = reader->log.at ? close_chunk(reader) : 1;
        if (err == 1) {
            reader->log = (struct cursor){0};
            err = next_chunk(reader);
        }
        if (err != 1)
            return err;
    }
    return reader->is_at_end ? 0 : next_item(reader, out);
}

static void reader_close(struct source *source)
{
    struct trace_reader *reader = reader_of(source);
    columns_delete(reader->columns);
    chunk_codec_delete(reader->codec);
    item_scratch_free(&reader->scratch);
    free(reader->chunk);
    if (reader->fd >= 0)
        close(reader->fd);
    free(reader);
}

static const struct source_ops ops = {reader_next, reader_close};

/* 0, or -errno with `why`. */
static int check_header(struct trace_reader *reader, char *why, size_t why_bytes)
{
    uint8_t header[TRACE_HEADER_BYTES];
    int err = file_read_at(reader->fd, 0, header, sizeof(header));
    bool is_trace = !err && memcmp(header, TRACE_MAGIC, TRACE_MAGIC_BYTES) == 0;
    if (err && err != -ENODATA) {
        snprintf(why, why_bytes, "%s", strerror(-err));
        return err;
    }
    if (!is_trace) {
        snprintf(why, why_bytes, "not a loopscope trace");
        return -EPROTO;
    }
    uint32_t version = load_le32(header + 8), bytes = load_le32(header + 12);
    if (load_le32(header + 28) != (uint32_t)crc32_z(0, header, 28)) {
        snprintf(why, why_bytes, "a loopscope trace with a damaged header");
        return -EPROTO;
    }
    if (version < TRACE_VERSION) {
        snprintf(why, why_bytes, "made by an older loopscope (version %u)", version);
        return -EPROTO;
    }
    if (version > TRACE_VERSION || load_le64(header + 16) & ~(uint64_t)TRACE_FEATURES) {
        snprintf(why, why_bytes, "made by a newer loopscope (version %u)", version);
        return -EPROTONOSUPPORT;
    }
    if (version == 0 || bytes < TRACE_HEADER_BYTES || bytes > TRACE_HEADER_BYTES_MAX) {
        snprintf(why, why_bytes, "a loopscope trace with a damaged header");
        return -EPROTO;
    }
    reader->features = load_le64(header + 16);
    reader->start = reader->offset = bytes;
    return 0;
}

static int open_file(const char *path, char *why, size_t why_bytes)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    int err = fd < 0 || fstat(fd, &status) < 0 ? -errno : 0;
    if (!err && S_ISREG(status.st_mode))
        return fd;
    if (!err) {
        err = S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
        snprintf(why, why_bytes, "not a regular file");
    } else {
        snprintf(why, why_bytes, "%s", strerror(-err));
    }
    if (fd >= 0)
        close(fd);
    return err;
}

int trace_reader_open(const char *path, struct source **out, char *why, size_t why_bytes)
{
    *out = NULL;
    int fd = open_file(path, why, why_bytes);
    if (fd < 0)
        return fd;
    struct trace_reader *reader = calloc(1, sizeof(*reader));
    if (!reader) {
        close(fd);
        snprintf(why, why_bytes, "%s", strerror(ENOMEM));
        return -ENOMEM;
    }
    reader->source.ops = &ops;
    reader->fd = fd;
    int err = check_header(reader, why, why_bytes);
    if (!err) {
        reader->columns = columns_new();
        reader->codec = chunk_codec_new();
        if (!reader->columns || !reader->codec) {
            snprintf(why, why_bytes, "%s", strerror(ENOMEM));
            err = -ENOMEM;
        }
    }
    if (err) {
        reader_close(&reader->source);
        return err;
    }
    *out = &reader->source;
    return 0;
}

const char *trace_damage(const struct source *source)
{
    const struct trace_reader *reader = (const struct trace_reader *)(const void *)source;
    return reader->damage[0] ? reader->damage : NULL;
}
