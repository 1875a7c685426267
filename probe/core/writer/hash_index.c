/* SPDX-License-Identifier: MIT */
/* The index of strings and stacks, see hash_index.h. */
#include "hash_index.h"

_Atomic uint32_t *hash_place(enum hash_half half, uint32_t hash, unsigned probe)
{
    uint32_t at = ((hash + probe) & (HASH_HALF - 1)) + (half == HASH_STACKS ? HASH_HALF : 0);
    if (part_reserve_page(LSC_PART_HASHES, at) < 0)
        return NULL;
    return (_Atomic uint32_t *)part_at(LSC_PART_HASHES, at);
}

uint32_t hash_bytes(const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    hash ^= hash >> 32;
    return (uint32_t)hash == 0 ? 1 : (uint32_t)hash;
}
