/* SPDX-License-Identifier: MIT */
/* Keeping, writing, loading and rebuilding the index. */
#include "index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

void trace_index_free(struct trace_index *index)
{
    free(index->entries);
    *index = (struct trace_index){0};
}

static int index_append(struct trace_index *index, struct index_entry entry)
{
    if (index->count == index->capacity) {
        size_t capacity = index->capacity ? 2 * index->capacity : 64;
        void *entries = realloc(index->entries, capacity * sizeof(*index->entries));
        if (!entries)
            return -ENOMEM;
        index->entries = entries;
        index->capacity = capacity;
    }
    entry.offset = index->end;
    index->entries[index->count++] = entry;
    index->end += entry.bytes;
    return 0;
}

int trace_index_add(struct trace_index *index, const struct chunk_header *header)
{
    return index_append(index, (struct index_entry){
                                   .bytes = TRACE_CHUNK_HEADER_BYTES + header->packed_bytes,
                                   .process = header->process,
                                   .items = header->items,
                                   .events = header->events,
                                   .first_ns = header->first_ns,
                                   .last_ns = header->last_ns,
                               });
}

int trace_index_encode(const struct trace_index *index, struct bytes *raw)
{
    bytes_put_varint(raw, index->count);
    for (size_t i = 0; i < index->count; i++) {
        const struct index_entry *entry = &index->entries[i];
        bytes_put_varint(raw, entry->bytes);
        bytes_put_varint(raw, entry->process);
        bytes_put_varint(raw, entry->items);
        bytes_put_varint(raw, entry->events);
        bytes_put_varint(raw, entry->first_ns);
        bytes_put_varint(raw, entry->last_ns - entry->first_ns);
    }
    return raw->has_failed ? -ENOMEM : 0;
}

static int index_decode(struct cursor *raw, struct trace_index *out)
{
    uint64_t count = cursor_varint(raw);
    int err = 0;
    for (uint64_t i = 0; i < count && !raw->has_failed && !err; i++) {
        struct index_entry entry = {0};
        entry.bytes = (uint32_t)cursor_varint_max(raw, UINT32_MAX);
        entry.process = (uint32_t)cursor_varint_max(raw, UINT32_MAX);
        entry.items = (uint32_t)cursor_varint_max(raw, UINT32_MAX);
        entry.events = (uint32_t)cursor_varint_max(raw, UINT32_MAX);
        entry.first_ns = cursor_varint(raw);
        entry.last_ns = entry.first_ns + cursor_varint(raw);
        if (!raw->has_failed)
            err = index_append(out, entry);
    }
    if (!err && (raw->has_failed || cursor_left(raw) != 0))
        err = -EPROTO;
    return err;
}

int file_read_at(int fd, uint64_t offset, void *out, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(fd, (char *)out + done, n - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return -ENODATA;
        done += (size_t)got;
    }
    return 0;
}

/* Reads, verifies and decodes the index chunk that fills [at, end). `out->end` is where the chunks
 * begin. */
static int load_chunk(int fd, uint64_t at, uint64_t end, struct trace_index *out)
{
    if (end - at > TRACE_CHUNK_HEADER_BYTES + TRACE_PACKED_MAX)
        return -EPROTO;
    size_t bytes = (size_t)(end - at);
    uint8_t *data = malloc(bytes);
    struct chunk_codec *codec = chunk_codec_new();
    struct chunk_header header;
    struct cursor raw;
    int err = data && codec ? file_read_at(fd, at, data, bytes) : -ENOMEM;
    if (!err && (!chunk_header_load(data, &header) || header.type != TRACE_CHUNK_INDEX ||
                 header.packed_bytes != bytes - TRACE_CHUNK_HEADER_BYTES))
        err = -EPROTO;
    if (!err)
        err = chunk_unpack(codec, data, &header, &raw);
    if (!err)
        err = index_decode(&raw, out);
    if (!err && out->end != at)
        err = -EPROTO;
    chunk_codec_delete(codec);
    free(data);
    return err;
}

int trace_index_load(int fd, uint64_t start, struct trace_index *out)
{
    *out = (struct trace_index){.end = start};
    uint8_t footer[TRACE_FOOTER_BYTES];
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -errno;
    uint64_t size = (uint64_t)status.st_size;
    if (size < TRACE_HEADER_BYTES + TRACE_CHUNK_HEADER_BYTES + TRACE_FOOTER_BYTES)
        return -ENODATA;
    int err = file_read_at(fd, size - TRACE_FOOTER_BYTES, footer, sizeof(footer));
    if (err)
        return err;
    if (memcmp(footer, TRACE_FOOTER_MAGIC, TRACE_MAGIC_BYTES) != 0)
        return -ENODATA;
    uint64_t at = load_le64(footer + 8), end = size - TRACE_FOOTER_BYTES;
    if (load_le32(footer + 28) != (uint32_t)crc32_z(0, footer, 28) || at > end ||
        end - at < TRACE_CHUNK_HEADER_BYTES)
        return -EPROTO;
    err = load_chunk(fd, at, end, out);
    if (!err && load_le32(footer + 16) != out->count)
        err = -EPROTO;
    if (err)
        trace_index_free(out);
    return err;
}

int trace_index_rebuild(int fd, uint64_t start, struct trace_index *out)
{
    *out = (struct trace_index){.end = start};
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -errno;
    uint64_t size = (uint64_t)status.st_size;
    for (;;) {
        uint8_t bytes[TRACE_CHUNK_HEADER_BYTES];
        struct chunk_header header;
        int err = file_read_at(fd, out->end, bytes, sizeof(bytes));
        if (err)
            return err == -ENODATA ? 0 : err;
        if (!chunk_header_load(bytes, &header) || header.type != TRACE_CHUNK_ITEMS ||
            size - out->end - sizeof(bytes) < header.packed_bytes)
            return 0;
        err = trace_index_add(out, &header);
        if (err)
            return err;
    }
}
