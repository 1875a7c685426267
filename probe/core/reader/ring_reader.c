/* SPDX-License-Identifier: MIT */
/* Copies records out of a ring that is being written, and proves which of them are whole.
 * The protocol is described in writer/ring_put.h. */
#include <errno.h>
#include <string.h>

#include "reader.h"

/* The head as two successive reads saw it, earlier <= later. A copy through the kernel need not be
 * of one piece: a torn value shows up as a step backwards or a leap of more than any writer makes.
 */
struct head {
    uint64_t earlier, later;
};

static int read_head(const struct segment_reader *reader, uint32_t slot, struct head *out)
{
    for (int attempt = 0; attempt < 8; attempt++) {
        int error = reader_element(reader, LSC_PART_THREADS, slot, &out->earlier, 8);
        if (error < 0)
            return error;
        reader_fence();
        error = reader_element(reader, LSC_PART_THREADS, slot, &out->later, 8);
        if (error < 0)
            return error;
        if (out->later - out->earlier < UINT32_MAX)
            return 0;
    }
    return -EPROTO;
}

/* Copies records [first, first + count), which may go round the end of the ring. */
static int copy_records(const struct segment_reader *reader, uint32_t slot, uint64_t first,
                        struct lsc_record *out, size_t count)
{
    const struct lsc_part *rings = &reader->header.parts[LSC_PART_RINGS];
    uint64_t base = rings->offset + (uint64_t)slot * rings->stride;
    uint64_t records = reader->header.ring_records;
    uint64_t at = first % records;
    size_t before_end = count < records - at ? count : (size_t)(records - at);
    int error = reader_copy(reader, base + at * sizeof *out, out, before_end * sizeof *out);
    if (error == 0 && before_end < count)
        error = reader_copy(reader, base, out + before_end, (count - before_end) * sizeof *out);
    return error;
}

/* The oldest index that cannot be overwritten by the record now being written. */
static uint64_t oldest_whole(uint64_t head, uint64_t records)
{
    return head >= records ? head - records + 1 : 0;
}

int segment_reader_ring(struct segment_reader *reader, uint32_t slot, uint64_t from,
                        struct lsc_record *out, size_t capacity, struct ring_read *result)
{
    uint64_t records = reader->header.ring_records;
    struct head before, after;
    *result = (struct ring_read){.first = from, .next = from};
    int error = read_head(reader, slot, &before);
    if (error < 0 || from >= before.earlier)
        return error;
    uint64_t start = oldest_whole(before.earlier, records);
    start = start > from ? start : from;
    uint64_t count = before.earlier - start;
    count = count < capacity ? count : capacity;
    reader_fence();
    error = copy_records(reader, slot, start, out, (size_t)count);
    reader_fence();
    if (error == 0)
        error = read_head(reader, slot, &after);
    if (error < 0)
        return error;
    uint64_t whole = oldest_whole(after.later, records);
    uint64_t end = start + count;
    uint64_t first = whole > start ? whole : start;
    first = first < end ? first : end;
    memmove(out, out + (first - start), (size_t)(end - first) * sizeof *out);
    *result = (struct ring_read){
        .first = first, .count = (size_t)(end - first), .lost = first - from, .next = end};
    return 0;
}
