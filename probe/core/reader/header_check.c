/* SPDX-License-Identifier: MIT */
/* Whether a header describes a segment that can be read at all: every offset and size that the
 * other files rely on is checked here, once. */
#include "header_check.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define PAGE 4096u
#define RING_RECORDS_MOST (1u << 21) /* of the largest LOOPSCOPE_RING_KB */

/* What is known of each part. A larger stride is a later version's longer element. */
static const struct {
    uint32_t least_stride;
    uint32_t most_capacity;
} known_parts[LSC_PART_COUNT] = {
    [LSC_PART_THREADS] = {sizeof(struct lsc_thread), 1u << 16},
    [LSC_PART_RINGS] = {sizeof(struct lsc_record), 1u << 16},
    [LSC_PART_STRINGS] = {1, 1u << 30},
    [LSC_PART_SITES] = {sizeof(struct lsc_site), 1u << 24},
    [LSC_PART_STACKS] = {sizeof(struct lsc_stack), 1u << 24},
    [LSC_PART_FRAMES] = {sizeof(uint64_t), 1u << 28},
    [LSC_PART_TASKS] = {sizeof(struct lsc_task), 1u << LSC_HANDLE_SLOT_BITS},
    [LSC_PART_RESOURCES] = {sizeof(struct lsc_resource), 1u << LSC_HANDLE_SLOT_BITS},
    [LSC_PART_MODULES] = {sizeof(struct lsc_module), 1u << 20},
    [LSC_PART_HASHES] = {sizeof(uint32_t), 1u << 28},
};

static bool part_is_sound(const struct lsc_segment_header *header, unsigned index)
{
    const struct lsc_part *part = &header->parts[index];
    if (known_parts[index].least_stride == 0)
        return true; /* not used by this version, never read */
    if (part->stride < known_parts[index].least_stride || part->stride > 1u << 26 ||
        part->capacity == 0 || part->capacity > known_parts[index].most_capacity)
        return false;
    uint64_t bytes = (uint64_t)part->stride * part->capacity;
    return part->offset % PAGE == 0 && part->offset >= header->header_bytes &&
           part->offset <= header->segment_bytes && bytes <= header->segment_bytes - part->offset;
}

static bool parts_are_sound(const struct lsc_segment_header *header)
{
    uint32_t records = header->ring_records;
    const struct lsc_part *parts = header->parts;
    for (unsigned i = 0; i < LSC_PART_COUNT; i++)
        if (!part_is_sound(header, i))
            return false;
    return records != 0 && (records & (records - 1)) == 0 && records <= RING_RECORDS_MOST &&
           parts[LSC_PART_RINGS].stride == records * sizeof(struct lsc_record) &&
           parts[LSC_PART_RINGS].capacity == parts[LSC_PART_THREADS].capacity &&
           parts[LSC_PART_STRINGS].stride == 1 && parts[LSC_PART_FRAMES].stride == sizeof(uint64_t);
}

static bool clock_is_sound(const struct lsc_segment_header *header)
{
    return header->clock_kind <= LSC_CLOCK_CNTVCT && header->ticks_per_second >= 1000 &&
           header->ticks_per_second <= UINT64_C(1000000000000);
}

static int fail(int error, const char *text, const char **why)
{
    *why = text;
    return error;
}

int header_check(const struct lsc_segment_header *header, uint64_t file_bytes, const char **why)
{
    static const char nothing[sizeof header->magic];
    uint32_t state = atomic_load_explicit(&header->state, memory_order_relaxed);
    if (memcmp(header->magic, nothing, sizeof nothing) == 0 && state == LSC_SEGMENT_STARTING)
        return fail(-EAGAIN, "is not complete yet", why);
    if (memcmp(header->magic, LSC_SEGMENT_MAGIC, sizeof header->magic) != 0)
        return fail(-EPROTO, "is not a loopscope segment", why);
    if (header->version != LSC_SEGMENT_VERSION)
        return fail(-EPROTONOSUPPORT, "was written by another version of loopscope", why);
    if (state == LSC_SEGMENT_STARTING)
        return fail(-EAGAIN, "is not complete yet", why);
    if (header->segment_bytes > file_bytes)
        return fail(-EPROTO, "is cut short", why);
    if (state > LSC_SEGMENT_REPLACED || header->header_bytes < sizeof *header ||
        header->header_bytes > header->segment_bytes || !parts_are_sound(header) ||
        !clock_is_sound(header))
        return fail(-EPROTO, "is damaged", why);
    return 0;
}
