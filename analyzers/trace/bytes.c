/* SPDX-License-Identifier: MIT */
/* Growing buffers, bounded cursors and little-endian numbers. */
#include "bytes.h"

#include <stdlib.h>
#include <string.h>

void bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

static bool grow(struct bytes *bytes, size_t needed)
{
    size_t capacity = bytes->capacity ? bytes->capacity : 256;
    while (capacity < needed) {
        if (capacity > SIZE_MAX / 2)
            return false;
        capacity *= 2;
    }
    uint8_t *data = realloc(bytes->data, capacity);
    if (!data)
        return false;
    bytes->data = data;
    bytes->capacity = capacity;
    return true;
}

uint8_t *bytes_room(struct bytes *bytes, size_t n)
{
    if (bytes->has_failed)
        return NULL;
    if (n > bytes->capacity - bytes->length &&
        (n > SIZE_MAX - bytes->length || !grow(bytes, bytes->length + n))) {
        bytes->has_failed = true;
        return NULL;
    }
    uint8_t *at = bytes->data + bytes->length;
    bytes->length += n;
    return at;
}

void bytes_put(struct bytes *bytes, const void *data, size_t n)
{
    if (n == 0)
        return;
    uint8_t *at = bytes_room(bytes, n);
    if (at)
        memcpy(at, data, n);
}

void bytes_put_varint(struct bytes *bytes, uint64_t value)
{
    uint8_t coded[10];
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        coded[n++] = (uint8_t)(value | 0x80);
    coded[n++] = (uint8_t)value;
    bytes_put(bytes, coded, n);
}

uint64_t cursor_varint(struct cursor *cursor)
{
    uint64_t value = 0;
    for (unsigned shift = 0; !cursor->has_failed && cursor->at < cursor->end; shift += 7) {
        uint8_t byte = *cursor->at++;
        /* The tenth byte holds the one bit that is left. */
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    cursor->has_failed = true;
    return 0;
}

uint64_t cursor_varint_max(struct cursor *cursor, uint64_t max)
{
    uint64_t value = cursor_varint(cursor);
    if (value <= max)
        return value;
    cursor->has_failed = true;
    return 0;
}

const uint8_t *cursor_take(struct cursor *cursor, size_t n)
{
    if (cursor->has_failed || n > cursor_left(cursor)) {
        cursor->has_failed = true;
        return NULL;
    }
    const uint8_t *at = cursor->at;
    cursor->at += n;
    return at;
}

void store_le16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

void store_le32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

void store_le64(uint8_t *at, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

uint16_t load_le16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

uint32_t load_le32(const uint8_t *at)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; i++)
        value |= (uint32_t)at[i] << 8 * i;
    return value;
}

uint64_t load_le64(const uint8_t *at)
{
    return load_le32(at) | (uint64_t)load_le32(at + 4) << 32;
}
