/* SPDX-License-Identifier: MIT */
/* Chunk headers, zstd and checksums. The CRC-32 is zlib's: it covers what is in the file, so that a
 * damaged payload never reaches the decompressor. */
#include "chunk.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

/* Higher levels look for matches that columns of noise do not have. */
#define LEVEL 3
/* Planes this short are not worth a block of their own. */
#define CUT_BYTES_MIN 512
#define CHECKSUM_AT 52

struct chunk_codec {
    ZSTD_CCtx *compressor;
    ZSTD_DCtx *decompressor;
    uint8_t *raw;
    size_t raw_capacity;
};

void chunk_codec_delete(struct chunk_codec *codec)
{
    if (!codec)
        return;
    ZSTD_freeCCtx(codec->compressor);
    ZSTD_freeDCtx(codec->decompressor);
    free(codec->raw);
    free(codec);
}

struct chunk_codec *chunk_codec_new(void)
{
    return calloc(1, sizeof(struct chunk_codec));
}

/* Each direction needs only one of the two, and they are large. */
static bool has_compressor(struct chunk_codec *codec)
{
    if (codec->compressor)
        return true;
    codec->compressor = ZSTD_createCCtx();
    return codec->compressor &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(codec->compressor, ZSTD_c_compressionLevel, LEVEL));
}

static bool has_decompressor(struct chunk_codec *codec)
{
    if (!codec->decompressor)
        codec->decompressor = ZSTD_createDCtx();
    return codec->decompressor != NULL;
}

static uint32_t checksum(const uint8_t *header, const uint8_t *payload, size_t bytes)
{
    uLong crc = crc32_z(crc32_z(0, NULL, 0), header, CHECKSUM_AT);
    return (uint32_t)crc32_z(crc, payload, bytes);
}

static void header_store(uint8_t *at, const struct chunk_header *header)
{
    store_le32(at, TRACE_CHUNK_MAGIC);
    store_le16(at + 4, header->type);
    store_le16(at + 6, 0);
    store_le32(at + 8, header->process);
    store_le32(at + 12, header->sequence);
    store_le32(at + 16, header->raw_bytes);
    store_le32(at + 20, header->packed_bytes);
    store_le32(at + 24, header->items);
    store_le32(at + 28, header->events);
    store_le64(at + 32, header->first_ns);
    store_le64(at + 40, header->last_ns);
    store_le32(at + 48, 0);
}

bool chunk_header_load(const uint8_t *at, struct chunk_header *header)
{
    if (load_le32(at) != TRACE_CHUNK_MAGIC)
        return false;
    *header = (struct chunk_header){
        .type = load_le16(at + 4),
        .process = load_le32(at + 8),
        .sequence = load_le32(at + 12),
        .raw_bytes = load_le32(at + 16),
        .packed_bytes = load_le32(at + 20),
        .items = load_le32(at + 24),
        .events = load_le32(at + 28),
        .first_ns = load_le64(at + 32),
        .last_ns = load_le64(at + 40),
        .checksum = load_le32(at + CHECKSUM_AT),
    };
    return header->raw_bytes <= TRACE_RAW_MAX && header->packed_bytes <= TRACE_PACKED_MAX &&
           header->events <= TRACE_CHUNK_EVENTS;
}

/* Feeds raw[from, to) to the frame and ends a block there. */
static int compress_part(ZSTD_CCtx *context, const struct bytes *raw, size_t from, size_t to,
                         ZSTD_outBuffer *out)
{
    ZSTD_inBuffer in = {raw->data + from, to - from, 0};
    ZSTD_EndDirective how = to == raw->length ? ZSTD_e_end : ZSTD_e_flush;
    size_t left;
    do
        left = ZSTD_compressStream2(context, out, &in, how);
    while (!ZSTD_isError(left) && left > 0 && out->pos < out->size);
    return left == 0 ? 0 : -ENOMEM;
}

/* Compresses all of `raw` into `out`, which has room for the worst case. */
static int compress_raw(ZSTD_CCtx *context, const struct bytes *raw, const struct column_cuts *cuts,
                        ZSTD_outBuffer *out)
{
    size_t done = 0;
    ZSTD_CCtx_reset(context, ZSTD_reset_session_only);
    ZSTD_CCtx_setPledgedSrcSize(context, raw->length);
    for (unsigned i = 0; cuts && i < cuts->count; i++) {
        size_t cut = cuts->at[i];
        if (cut < raw->length && (i == 0 || cut >= done + CUT_BYTES_MIN)) {
            int err = compress_part(context, raw, done, cut, out);
            if (err)
                return err;
            done = cut;
        }
    }
    return compress_part(context, raw, done, raw->length, out);
}

int chunk_pack(struct chunk_codec *codec, struct chunk_header *header, const struct bytes *raw,
               const struct column_cuts *cuts, struct bytes *out)
{
    size_t before = out->length;
    if (raw->length == 0 || raw->length > TRACE_RAW_MAX)
        return -E2BIG;
    /* Every cut may cost a block header, and an incompressible block is stored as it is. */
    size_t room = ZSTD_compressBound(raw->length) + 16 + (cuts ? 16 * (size_t)cuts->count : 0);
    if (!has_compressor(codec))
        return -ENOMEM;
    uint8_t *at = bytes_room(out, TRACE_CHUNK_HEADER_BYTES + room);
    if (!at)
        return -ENOMEM;
    ZSTD_outBuffer packed = {at + TRACE_CHUNK_HEADER_BYTES, room, 0};
    int err = compress_raw(codec->compressor, raw, cuts, &packed);
    if (!err && packed.pos > TRACE_PACKED_MAX)
        err = -E2BIG;
    if (err) {
        out->length = before;
        return err;
    }
    header->raw_bytes = (uint32_t)raw->length;
    header->packed_bytes = (uint32_t)packed.pos;
    header_store(at, header);
    header->checksum = checksum(at, at + TRACE_CHUNK_HEADER_BYTES, packed.pos);
    store_le32(at + CHECKSUM_AT, header->checksum);
    out->length = before + TRACE_CHUNK_HEADER_BYTES + packed.pos;
    return 0;
}

int chunk_unpack(struct chunk_codec *codec, const uint8_t *at, const struct chunk_header *header,
                 struct cursor *raw)
{
    const uint8_t *payload = at + TRACE_CHUNK_HEADER_BYTES;
    if (checksum(at, payload, header->packed_bytes) != header->checksum)
        return -EPROTO;
    /* The header's size is bounded; the frame's own claim must agree with it before memory is
     * taken. */
    if (ZSTD_getFrameContentSize(payload, header->packed_bytes) != header->raw_bytes)
        return -EPROTO;
    if (!has_decompressor(codec))
        return -ENOMEM;
    if (header->raw_bytes > codec->raw_capacity) {
        uint8_t *larger = realloc(codec->raw, header->raw_bytes);
        if (!larger)
            return -ENOMEM;
        codec->raw = larger;
        codec->raw_capacity = header->raw_bytes;
    }
    size_t n = ZSTD_decompressDCtx(codec->decompressor, codec->raw, header->raw_bytes, payload,
                                   header->packed_bytes);
    if (ZSTD_isError(n) || n != header->raw_bytes)
        return -EPROTO;
    *raw = (struct cursor){codec->raw, codec->raw + n, false};
    return 0;
}
