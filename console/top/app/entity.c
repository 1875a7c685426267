/* SPDX-License-Identifier: MIT */
/* Entities of things that have no handle of their own: hashes of what they are told apart by. */
#include "entity.h"

#include <string.h>

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ at[i]) * FNV_PRIME;
    return hash;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_bytes(hash, text, strlen(text) + 1);
}

uint64_t entity_hash(const void *key, size_t bytes)
{
    return hash_bytes(FNV_BASIS, key, bytes);
}

struct entity entity_of_finding(uint32_t process, const struct finding *finding)
{
    uint64_t hash = hash_text(FNV_BASIS, finding->detector->id);
    hash = hash_text(hash, finding->entity);
    hash = hash_text(hash, finding->call ? finding->call : "");
    hash = hash_text(hash, finding->cause);
    if (finding->where) {
        hash = hash_text(hash, finding->where->function);
        hash = hash_text(hash, finding->where->file);
        hash = hash_bytes(hash, &finding->where->line, sizeof(finding->where->line));
    }
    /* Lines of one function may be one finding, whose counter is that of any of them. */
    if (!finding->where || !finding->where->function[0])
        hash = hash_bytes(hash, &finding->where_pc, sizeof(finding->where_pc));
    return (struct entity){.kind = ENTITY_FINDING, .process = process, .id = hash};
}

const struct finding *finding_of_entity(const struct feed *feed, const struct entity *entity)
{
    if (entity->kind != ENTITY_FINDING || entity->process >= feed->process_count)
        return NULL;
    const struct findings *findings = feed->processes[entity->process].findings;
    for (size_t i = 0; findings && i < findings->count; i++) {
        struct entity other = entity_of_finding(entity->process, &findings->items[i]);
        if (entity_same(&other, entity))
            return &findings->items[i];
    }
    return NULL;
}
