/* SPDX-License-Identifier: MIT */
/* uthash as this project uses it: out of memory is an error to handle, not an exit. After HASH_ADD
 * an entry whose hh.tbl is NULL was not added. */
#ifndef LSC_TABLE_H
#define LSC_TABLE_H

#include <stddef.h>

/* FNV-1a, its high bits folded into the low ones that pick the bucket. */
static inline unsigned table_hash(const void *key, size_t bytes)
{
    const unsigned char *at = key;
    unsigned hash = 2166136261u;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ at[i]) * 16777619u;
    return hash ^ (hash >> 15);
}

#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION(key, bytes, hash) ((hash) = table_hash((key), (bytes)))
#include <uthash.h>

#endif
