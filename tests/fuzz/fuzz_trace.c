/* SPDX-License-Identifier: MIT */
/* Any bytes as a trace file. The first byte of the input chooses: a whole file as it is, or a
 * payload that gets a valid header and checksum, so that mutations reach what lies behind them. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "analyzers/trace/chunk.h"
#include "analyzers/trace/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_header(struct bytes *file)
{
    uint8_t header[TRACE_HEADER_BYTES] = {0};
    memcpy(header, TRACE_MAGIC, TRACE_MAGIC_BYTES);
    store_le32(header + 8, TRACE_VERSION);
    store_le32(header + 12, TRACE_HEADER_BYTES);
    store_le64(header + 16, TRACE_FEATURES);
    store_le32(header + 28, (uint32_t)crc32_z(0, header, 28));
    bytes_put(file, header, sizeof(header));
}

/* The counts of the header are what the payload itself claims: only its content is at stake. */
static void put_chunk(struct bytes *file, const uint8_t *payload, size_t size)
{
    struct chunk_codec *codec = chunk_codec_new();
    struct bytes raw = {0};
    struct cursor in = {payload, payload + size, false};
    struct chunk_header header = {.type = TRACE_CHUNK_ITEMS, .items = UINT32_MAX};
    bytes_put(&raw, payload, size);
    cursor_varint(&in);
    header.events = (uint32_t)cursor_varint(&in) % (TRACE_CHUNK_EVENTS + 1);
    if (codec)
        chunk_pack(codec, &header, &raw, NULL, file);
    bytes_free(&raw);
    chunk_codec_delete(codec);
}

/* Touches everything that an item points to. */
static uint64_t use(const struct item *item)
{
    uint64_t sum = 0;
    if (item->kind == ITEM_EVENTS)
        for (size_t i = 0; i < item->events.count; i++)
            sum += item->events.events[i].time_ns;
    else if (item->kind == ITEM_STACK)
        for (unsigned i = 0; i < item->stack.depth; i++)
            sum += item->stack.pcs[i];
    else if (item->kind == ITEM_FRAMES)
        for (unsigned i = 0; i < item->frames.count; i++)
            sum += strlen(item->frames.frames[i].function) + strlen(item->frames.frames[i].module);
    else if (item->kind == ITEM_STRING)
        for (size_t i = 0; i < item->string.length; i++)
            sum += (uint8_t)item->string.bytes[i];
    else if (item->kind == ITEM_PROCESS)
        sum = strlen(item->process_info.program) + item->process_info.command_bytes;
    else if (item->kind == ITEM_THREAD)
        sum = strlen(item->thread.name);
    return sum;
}

static void read_all(int fd)
{
    struct source *source;
    struct item item;
    char path[64], why[128];
    uint64_t sum = 0;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (trace_reader_open(path, &source, why, sizeof(why)) < 0)
        return;
    while (source->ops->next(source, &item) == 1)
        sum += use(&item);
    if (sum == UINT64_MAX && trace_damage(source))
        puts(trace_damage(source)); /* so that nothing of it is optimized away */
    source->ops->close(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes file = {0};
    if (size < 2)
        return 0;
    if (data[0] % 2 == 0) {
        bytes_put(&file, data + 1, size - 1);
    } else {
        put_header(&file);
        put_chunk(&file, data + 1, size - 1);
    }
    int fd = memfd_create("trace", MFD_CLOEXEC);
    if (fd >= 0 && !file.has_failed && write(fd, file.data, file.length) == (ssize_t)file.length)
        read_all(fd);
    if (fd >= 0)
        close(fd);
    bytes_free(&file);
    return 0;
}
