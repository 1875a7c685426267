/* SPDX-License-Identifier: MIT */
/* Writing to a growing buffer and reading from a bounded one, for the trace codec. Both sides keep
 * a sticky failure, so that a sequence of calls is checked once at its end. No thread safety. */
#ifndef LSC_TRACE_BYTES_H
#define LSC_TRACE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t *data;
    size_t length, capacity;
    bool has_failed; /* out of memory: what was put since is missing */
};

void bytes_free(struct bytes *bytes);
/* Room for n more bytes at the end, counted as written; NULL when out of memory. */
uint8_t *bytes_room(struct bytes *bytes, size_t n);
void bytes_put(struct bytes *bytes, const void *data, size_t n);
void bytes_put_varint(struct bytes *bytes, uint64_t value);

/* What is left to read. After a failure every read gives 0. */
struct cursor {
    const uint8_t *at, *end;
    bool has_failed; /* it ended too early or held nonsense */
};

uint64_t cursor_varint(struct cursor *cursor);
/* A varint that must be at most `max`. */
uint64_t cursor_varint_max(struct cursor *cursor, uint64_t max);
/* n bytes in place, or NULL. */
const uint8_t *cursor_take(struct cursor *cursor, size_t n);
static inline size_t cursor_left(const struct cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

/* Small magnitudes of either sign to small numbers, and back. */
static inline uint64_t zigzag(uint64_t value)
{
    return value << 1 ^ (0 - (value >> 63));
}
static inline uint64_t unzigzag(uint64_t code)
{
    return code >> 1 ^ (0 - (code & 1));
}

void store_le16(uint8_t *at, uint16_t value);
void store_le32(uint8_t *at, uint32_t value);
void store_le64(uint8_t *at, uint64_t value);
uint16_t load_le16(const uint8_t *at);
uint32_t load_le32(const uint8_t *at);
uint64_t load_le64(const uint8_t *at);

#endif
