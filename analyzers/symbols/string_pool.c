/* SPDX-License-Identifier: MIT */
/* Interned strings: an open-addressing table of pointers into blocks that never move. */
#include "string_pool.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)64 << 10)
#define FIRST_SLOTS 1024

struct block {
    struct block *older;
    size_t used;
    char bytes[BLOCK_BYTES];
};

struct slot {
    const char *string; /* NULL: free */
    uint32_t hash;
};

struct string_pool {
    struct block *newest;
    size_t total_bytes;
    struct slot *slots;
    size_t slot_count; /* a power of two */
    size_t used;
};

/* FNV-1a, 32 bits. */
static uint32_t hash_bytes(const char *bytes, size_t n)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 16777619u;
    return hash;
}

static bool is_same(const char *string, const char *bytes, size_t n)
{
    return strncmp(string, bytes, n) == 0 && string[n] == '\0';
}

static size_t find_slot(const struct string_pool *pool, uint32_t hash, const char *bytes, size_t n)
{
    size_t i = hash & (pool->slot_count - 1);
    while (pool->slots[i].string &&
           (pool->slots[i].hash != hash || !is_same(pool->slots[i].string, bytes, n)))
        i = (i + 1) & (pool->slot_count - 1);
    return i;
}

static bool grow(struct string_pool *pool)
{
    size_t count = pool->slot_count * 2;
    struct slot *slots = calloc(count, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < pool->slot_count; i++) {
        if (!pool->slots[i].string)
            continue;
        size_t to = pool->slots[i].hash & (count - 1);
        while (slots[to].string)
            to = (to + 1) & (count - 1);
        slots[to] = pool->slots[i];
    }
    free(pool->slots);
    pool->slots = slots;
    pool->slot_count = count;
    return true;
}

static char *take_bytes(struct string_pool *pool, size_t n)
{
    struct block *block = pool->newest;
    if (!block || block->used + n > BLOCK_BYTES) {
        if (pool->total_bytes + BLOCK_BYTES > STRING_POOL_BYTES_MAX)
            return NULL;
        block = malloc(sizeof *block);
        if (!block)
            return NULL;
        block->older = pool->newest;
        block->used = 0;
        pool->newest = block;
        pool->total_bytes += BLOCK_BYTES;
    }
    char *at = block->bytes + block->used;
    block->used += n;
    return at;
}

struct string_pool *string_pool_new(void)
{
    struct string_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    pool->slot_count = FIRST_SLOTS;
    pool->slots = calloc(pool->slot_count, sizeof *pool->slots);
    if (!pool->slots) {
        free(pool);
        return NULL;
    }
    return pool;
}

void string_pool_delete(struct string_pool *pool)
{
    if (!pool)
        return;
    for (struct block *block = pool->newest; block;) {
        struct block *older = block->older;
        free(block);
        block = older;
    }
    free(pool->slots);
    free(pool);
}

const char *string_pool_intern(struct string_pool *pool, const char *bytes, size_t n)
{
    if (n > STRING_POOL_LENGTH_MAX)
        n = STRING_POOL_LENGTH_MAX;
    n = strnlen(bytes, n);
    if (n == 0)
        return "";
    if ((pool->used + 1) * 4 > pool->slot_count * 3 && !grow(pool))
        return "";
    uint32_t hash = hash_bytes(bytes, n);
    struct slot *slot = &pool->slots[find_slot(pool, hash, bytes, n)];
    if (slot->string)
        return slot->string;
    char *copy = take_bytes(pool, n + 1);
    if (!copy)
        return "";
    memcpy(copy, bytes, n);
    copy[n] = '\0';
    *slot = (struct slot){copy, hash};
    pool->used++;
    return copy;
}
