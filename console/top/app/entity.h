/* SPDX-License-Identifier: MIT */
/* What a row of the console stands for. Selections, links and the way back hold entities, never row
 * numbers, so that they follow what they mean while rows come, go and are sorted anew. */
#ifndef LSC_TOP_ENTITY_H
#define LSC_TOP_ENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "console/top/feed/feed.h"

enum entity_kind {
    ENTITY_NONE,
    ENTITY_PROCESS,
    ENTITY_FINDING,  /* id: hash of detector, entity and place: stable between judgements */
    ENTITY_THREAD,   /* id: thread id; a loop or a worker */
    ENTITY_TASK,     /* id: handle */
    ENTITY_RESOURCE, /* id: handle */
    ENTITY_POOL,     /* id: index */
    ENTITY_CALL,     /* id: hash of its blocked_key */
    ENTITY_STALL,    /* id: thread, extra: start */
};
struct entity {
    enum entity_kind kind;
    uint32_t process; /* index in the session */
    uint64_t id, extra;
};
static inline bool entity_same(const struct entity *a, const struct entity *b)
{
    return a->kind == b->kind && a->process == b->process && a->id == b->id && a->extra == b->extra;
}

/* The id of what has no handle: a hash of its key. */
uint64_t entity_hash(const void *key, size_t bytes);
struct entity entity_of_finding(uint32_t process, const struct finding *finding);
/* NULL: it is not found any more. */
const struct finding *finding_of_entity(const struct feed *feed, const struct entity *entity);

#endif
