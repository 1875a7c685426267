/* SPDX-License-Identifier: MIT */
/* Fuzzes the reader of segments. The input is patches on a small sound segment, each an offset and
 * some bytes: whole files of random bytes would never pass the first check of the header. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/segment_visit.h"

enum { ELEMENTS = 16, RING_RECORDS = 64, STRING_BYTES = 4096, PART_BYTES = 0x20000 };
#define SEGMENT_BYTES ((uint64_t)PART_BYTES * (LSC_PART_HASHES + 2))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint32_t strides[] = {
    [LSC_PART_THREADS] = sizeof(struct lsc_thread),
    [LSC_PART_RINGS] = RING_RECORDS * sizeof(struct lsc_record),
    [LSC_PART_STRINGS] = 1,
    [LSC_PART_SITES] = sizeof(struct lsc_site),
    [LSC_PART_STACKS] = sizeof(struct lsc_stack),
    [LSC_PART_FRAMES] = sizeof(uint64_t),
    [LSC_PART_TASKS] = sizeof(struct lsc_task),
    [LSC_PART_RESOURCES] = sizeof(struct lsc_resource),
    [LSC_PART_MODULES] = sizeof(struct lsc_module),
    [LSC_PART_HASHES] = sizeof(uint32_t),
};

/* Everything counted as used, so that the patches meet code that looks at them. */
static void fill_header(struct lsc_segment_header *header)
{
    memcpy(header->magic, LSC_SEGMENT_MAGIC, sizeof header->magic);
    header->version = LSC_SEGMENT_VERSION;
    header->header_bytes = sizeof *header;
    header->segment_bytes = SEGMENT_BYTES;
    header->state = LSC_SEGMENT_LIVE;
    header->ring_records = RING_RECORDS;
    header->ticks_per_second = 1000000000;
    for (unsigned i = 0; i <= LSC_PART_HASHES; i++)
        header->parts[i] =
            (struct lsc_part){.offset = (uint64_t)PART_BYTES * (i + 1),
                              .stride = strides[i],
                              .capacity = i == LSC_PART_STRINGS ? STRING_BYTES : ELEMENTS};
    header->thread_count = header->site_count = header->stack_count = ELEMENTS;
    header->frame_count = header->task_count = header->resource_count = ELEMENTS;
    header->module_count = ELEMENTS;
    header->string_bytes = STRING_BYTES;
}

static void fill_tables(uint8_t *base, const struct lsc_segment_header *header)
{
    for (uint32_t i = 0; i < ELEMENTS; i++) {
        struct lsc_thread *thread =
            (void *)(base + header->parts[LSC_PART_THREADS].offset + i * sizeof(struct lsc_thread));
        struct lsc_task *task =
            (void *)(base + header->parts[LSC_PART_TASKS].offset + i * sizeof(struct lsc_task));
        thread->state = LSC_THREAD_LIVE;
        thread->head = 100 + i;
        task->handle = 1u << LSC_HANDLE_SLOT_BITS | i;
        task->state = LSC_TASK_READY;
    }
}

/* Patches: 4 bytes of offset, 1 of length, the bytes; the offset is folded into the file, half of
 * them into the header. */
static void patch(uint8_t *base, const uint8_t *data, size_t size)
{
    while (size > 5) {
        uint32_t offset;
        memcpy(&offset, data, sizeof offset);
        size_t length = data[4] % 16;
        data += 5;
        size -= 5;
        length = length < size ? length : size;
        uint64_t space = offset >> 31 != 0 ? sizeof(struct lsc_segment_header) : SEGMENT_BYTES;
        uint64_t at = offset % (space - 16);
        memcpy(base + at, data, length);
        data += length;
        size -= length;
    }
}

/* One file in memory for all runs: made sound, patched, read. */
static uint8_t *map_file(char *path, size_t path_bytes)
{
    snprintf(path, path_bytes, "/dev/shm/loopscope-fuzz-%d", (int)getpid());
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)SEGMENT_BYTES) != 0)
        abort();
    void *base = mmap(NULL, SEGMENT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return base == MAP_FAILED ? NULL : base;
}

static char path[64];
static void remove_file(void)
{
    unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t *base;
    struct segment_reader *reader;
    char why[64];
    if (base == NULL) {
        base = map_file(path, sizeof path);
        if (base == NULL)
            abort();
        atexit(remove_file);
    }
    memset(base, 0, SEGMENT_BYTES);
    fill_header((struct lsc_segment_header *)(void *)base);
    fill_tables(base, (const struct lsc_segment_header *)(const void *)base);
    patch(base, data, size);
    if (segment_reader_open(path, &reader, why, sizeof why) < 0)
        return 0;
    segment_visit(reader);
    segment_reader_close(reader);
    return 0;
}
