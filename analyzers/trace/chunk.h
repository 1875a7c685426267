/* SPDX-License-Identifier: MIT */
/* The frame around a payload: header, compression, checksum. Pure bytes, no files. No thread
 * safety. */
#ifndef LSC_TRACE_CHUNK_H
#define LSC_TRACE_CHUNK_H

#include "bytes.h"
#include "columns.h"
#include "format.h"

struct chunk_header {
    uint16_t type;
    uint32_t process, sequence, raw_bytes, packed_bytes, items, events, checksum;
    uint64_t first_ns, last_ns;
};

struct chunk_codec;                        /* zstd's contexts and the buffer for raw payloads */
struct chunk_codec *chunk_codec_new(void); /* NULL: out of memory */
void chunk_codec_delete(struct chunk_codec *codec);

/* Appends header and compressed payload to `out`; fills raw_bytes, packed_bytes and checksum of
 * `header`. `cuts` (or NULL): where the compressor begins afresh. 0, -E2BIG or -ENOMEM. */
int chunk_pack(struct chunk_codec *codec, struct chunk_header *header, const struct bytes *raw,
               const struct column_cuts *cuts, struct bytes *out);

/* Reads a header's TRACE_CHUNK_HEADER_BYTES. False: not a chunk header, or one out of bounds. The
 * checksum is not verified yet. */
bool chunk_header_load(const uint8_t *at, struct chunk_header *header);

/* Verifies and decompresses. `at` holds the header's bytes and packed_bytes of payload; `*raw`
 * lives until the next call. 0, -EPROTO, -ENOMEM. */
int chunk_unpack(struct chunk_codec *codec, const uint8_t *at, const struct chunk_header *header,
                 struct cursor *raw);

#endif
