/* SPDX-License-Identifier: MIT */
/* Strings that live as long as their pool, each kept once: the names a symbolizer hands out. */
#ifndef LSC_STRING_POOL_H
#define LSC_STRING_POOL_H

#include <stddef.h>

/* Longer strings are cut, more bytes than the maximum are not kept: a damaged or hostile symbol
 * table costs no more memory than this. */
#define STRING_POOL_LENGTH_MAX 2000
#define STRING_POOL_BYTES_MAX ((size_t)64 << 20)

struct string_pool;

/* NULL when out of memory. Not thread-safe. */
struct string_pool *string_pool_new(void);
void string_pool_delete(struct string_pool *pool);

/* The pool's own copy of `bytes` (length n, need not be terminated), "" when it cannot be kept. */
const char *string_pool_intern(struct string_pool *pool, const char *bytes, size_t n);

#endif
