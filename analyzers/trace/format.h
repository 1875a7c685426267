/* SPDX-License-Identifier: MIT */
/* The bytes of a trace file (.lsc). Everything is little-endian, whatever machine wrote it.
 *
 *     file header | chunk | chunk | … | index chunk | footer
 *
 * FILE HEADER, 32 bytes:
 *     0  magic        8   TRACE_MAGIC
 *     8  version      u32 readers refuse any other
 *    12  header bytes u32 >= 32; the chunks begin there (room for later fields)
 *    16  features     u64 readers refuse bits they do not know
 *    24  reserved     u32 0
 *    28  checksum     u32 CRC-32 of bytes 0..27
 *
 * CHUNK HEADER, 56 bytes, then `packed bytes` of payload, a single zstd frame:
 *     0  magic        u32 TRACE_CHUNK_MAGIC
 *     4  type         u16 enum trace_chunk_type
 *     6  reserved     u16 0
 *     8  process      u32 the process all its items belong to, or TRACE_PROCESS_MIXED
 *    12  sequence     u32 counts chunks from 0: a missing one shows
 *    16  raw bytes    u32 of the payload, uncompressed, <= TRACE_RAW_MAX
 *    20  packed bytes u32 <= TRACE_PACKED_MAX
 *    24  items        u32
 *    28  events       u32 <= TRACE_CHUNK_EVENTS
 *    32  first time   u64 the earliest and the latest time of its events, ns; 0 without events
 *    40  last time    u64
 *    48  reserved     u32 0
 *    52  checksum     u32 CRC-32 (zlib) of bytes 0..51 and the packed payload
 * A chunk needs no other chunk to be decoded.
 *
 * PAYLOAD OF AN ITEMS CHUNK (varint: LEB128, 7 bits a byte, low first, at most 10 bytes)
 *     varint log bytes, varint events, the log, the columns (when there are events)
 * The log is the sequence of items as they were put, see item_codec.c: varint kind, varint process,
 * fields. A batch of events is only its count there; the events of all batches of the chunk stand
 * in the columns, see columns.c.
 *
 * PAYLOAD OF THE INDEX CHUNK: per chunk, in order, the varints: bytes of header and payload,
 * process, items, events, first time, last time - first time. It can be rebuilt from the chunk
 * headers.
 *
 * FOOTER, 32 bytes:
 *     0  magic        8   TRACE_FOOTER_MAGIC
 *     8  index        u64 offset of the index chunk
 *    16  chunks       u32 before the index
 *    20  reserved     u64 0
 *    28  checksum     u32 CRC-32 of bytes 0..27 */
#ifndef LSC_TRACE_FORMAT_H
#define LSC_TRACE_FORMAT_H

#include <stdint.h>

/* Like PNG's: a byte with the high bit, line ends and an end-of-file, which careless transfers
 * spoil. */
#define TRACE_MAGIC "\x89LSC\r\n\x1a\n"
#define TRACE_FOOTER_MAGIC "LSCEND\r\n"
#define TRACE_MAGIC_BYTES 8
#define TRACE_VERSION 2
#define TRACE_FEATURE_AWAITS 0x1 /* sites have parents; tasks know since when they wait */
#define TRACE_FEATURES TRACE_FEATURE_AWAITS /* those this code knows, and writes */
#define TRACE_HEADER_BYTES 32
#define TRACE_HEADER_BYTES_MAX 4096
#define TRACE_CHUNK_MAGIC 0x4b43534cu /* "LSCK" */
#define TRACE_CHUNK_HEADER_BYTES 56
#define TRACE_FOOTER_BYTES 32
#define TRACE_PROCESS_MIXED 0xffffffffu

enum trace_chunk_type {
    TRACE_CHUNK_ITEMS = 1,
    TRACE_CHUNK_INDEX = 2,
};

/* Bounds: a reader allocates nothing beyond them, whatever a file claims. */
#define TRACE_CHUNK_EVENTS 65536u  /* events of one chunk, and of one batch */
#define TRACE_LOG_END (256u << 10) /* a chunk whose log is as long as this is ended */
#define TRACE_ITEM_MAX (1u << 20)  /* encoded bytes of one item, without its events */
#define TRACE_RAW_MAX (16u << 20)  /* of a payload */
#define TRACE_PACKED_MAX ((16u << 20) + (1u << 18)) /* what zstd may make of that at worst */
#define TRACE_PROCESS_LIMIT 65536u                  /* process indexes */
#define TRACE_THREAD_LIMIT (1u << 24)               /* thread ids */
#define TRACE_FRAMES_MAX 1024u                      /* inline frames of one address */

#endif
