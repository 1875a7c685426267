/* SPDX-License-Identifier: MIT */
/* The open-addressing index that finds a string or stack that was stored before. Entries are only
 * ever added; lookups and additions take no lock and may be interrupted by a signal handler that
 * does the same. The table itself stands in the segment, so every id found there is checked by its
 * user. */
#ifndef LSC_HASH_INDEX_H
#define LSC_HASH_INDEX_H

#include "state.h"

enum hash_half { HASH_STRINGS, HASH_STACKS };

#define HASH_HALF (CORE_HASHES / 2)
/* How far an entry may lie from its place: longer runs mean that the table is full. */
#define HASH_PROBES 64

/* The place number `probe` for `hash`, backed with memory; NULL when there is none. */
_Atomic uint32_t *hash_place(enum hash_half half, uint32_t hash, unsigned probe);

/* FNV-1a in steps of bytes, finished so that its low bits are good; never 0. */
uint32_t hash_bytes(const void *bytes, size_t length);

#endif
