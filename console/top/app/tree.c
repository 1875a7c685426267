/* SPDX-License-Identifier: MIT */
/* Rows as a tree: children under their parents, each branch in the list's order. Who is whose
 * parent comes from the program that is watched: circles are cut, and nothing recurses. */
#include <stdlib.h>
#include <string.h>

#include "list.h"

#define NONE UINT32_MAX

struct node {
    uint32_t parent, first, last, next; /* places in the order of the keys */
    bool is_placed;
};

/* Entities to places: open addressing, a power of two of slots. */
struct place_map {
    uint32_t *slots;
    size_t mask;
};

static size_t slot_of(const struct place_map *map, const struct entity *entity)
{
    uint64_t hash = entity->id * UINT64_C(0x9e3779b97f4a7c15) + entity->extra;
    hash ^= (uint64_t)entity->process << 32 ^ (uint64_t)entity->kind << 48;
    hash *= UINT64_C(0xff51afd7ed558ccd);
    return (size_t)(hash >> 32) & map->mask;
}

static bool map_make(struct place_map *map, const struct list *list, const struct sort_key *keys,
                     size_t count)
{
    size_t slots = 16;
    while (slots < count * 2)
        slots *= 2;
    map->mask = slots - 1;
    map->slots = malloc(slots * sizeof(*map->slots));
    if (!map->slots)
        return false;
    memset(map->slots, 0xff, slots * sizeof(*map->slots));
    for (size_t i = 0; i < count; i++) {
        size_t slot = slot_of(map, &list->all.rows[keys[i].row].entity);
        while (map->slots[slot] != NONE)
            slot = (slot + 1) & map->mask;
        map->slots[slot] = (uint32_t)i;
    }
    return true;
}

static uint32_t map_find(const struct place_map *map, const struct list *list,
                         const struct sort_key *keys, const struct entity *entity)
{
    if (entity->kind == ENTITY_NONE)
        return NONE;
    for (size_t slot = slot_of(map, entity); map->slots[slot] != NONE;
         slot = (slot + 1) & map->mask)
        if (entity_same(&list->all.rows[keys[map->slots[slot]].row].entity, entity))
            return map->slots[slot];
    return NONE;
}

static void link_nodes(struct node *nodes, const struct place_map *map, const struct list *list,
                       const struct sort_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        nodes[i] = (struct node){map_find(map, list, keys, &list->all.rows[keys[i].row].parent),
                                 NONE, NONE, NONE, false};
    for (size_t i = 0; i < count; i++) {
        if (nodes[i].parent == NONE)
            continue;
        struct node *parent = &nodes[nodes[i].parent];
        if (parent->last == NONE)
            parent->first = (uint32_t)i;
        else
            nodes[parent->last].next = (uint32_t)i;
        parent->last = (uint32_t)i;
    }
}

static void place_one(struct list *list, struct node *nodes, const struct sort_key *keys,
                      uint32_t at, const struct list_entry *above)
{
    struct list_entry entry = {.row = keys[at].row, .has_children = nodes[at].first != NONE};
    if (above) {
        entry.depth = (uint8_t)(above->depth + (above->depth < LIST_DEPTH_MAX - 1));
        entry.more = above->more;
        uint32_t bit = UINT32_C(1) << entry.depth;
        entry.more = nodes[at].next != NONE ? entry.more | bit : entry.more & ~bit;
    }
    entry.is_folded = entry.has_children && list_is_folded(list, &list->all.rows[entry.row].entity);
    nodes[at].is_placed = true;
    list->entries[list->count++] = entry;
}

/* Children of folded branches are left out, but count as placed. */
static void skip_branch(struct node *nodes, uint32_t root)
{
    uint32_t at = nodes[root].first;
    while (at != NONE && at != root) {
        bool is_new = !nodes[at].is_placed;
        nodes[at].is_placed = true;
        if (is_new && nodes[at].first != NONE) {
            at = nodes[at].first;
            continue;
        }
        while (at != root && nodes[at].next == NONE)
            at = nodes[at].parent;
        if (at != root)
            at = nodes[at].next;
    }
}

/* The first of a chain of siblings that has no place yet: in circles some have. */
static uint32_t unplaced(const struct node *nodes, uint32_t at)
{
    while (at != NONE && nodes[at].is_placed)
        at = nodes[at].next;
    return at;
}

/* What follows `at`, depth first, within the branch; NONE: nothing does. */
static uint32_t next_in_branch(const struct node *nodes, uint32_t at, uint32_t root,
                               unsigned *depth)
{
    uint32_t next = unplaced(nodes, nodes[at].first);
    if (next != NONE) {
        ++*depth;
        return next;
    }
    for (; at != root; at = nodes[at].parent, --*depth) {
        next = unplaced(nodes, nodes[at].next);
        if (next != NONE)
            return next;
    }
    return NONE;
}

/* A root and all under it, depth first. */
static void place_branch(struct list *list, struct node *nodes, const struct sort_key *keys,
                         uint32_t root)
{
    struct list_entry path[LIST_DEPTH_MAX]; /* deeper levels share the last */
    unsigned depth = 0;
    for (uint32_t at = root; at != NONE; at = next_in_branch(nodes, at, root, &depth)) {
        unsigned level = depth < LIST_DEPTH_MAX ? depth : LIST_DEPTH_MAX - 1;
        place_one(list, nodes, keys, at, depth ? &path[level - 1] : NULL);
        path[level] = list->entries[list->count - 1];
        if (path[level].is_folded)
            skip_branch(nodes, at);
    }
}

bool tree_make(struct list *list, const struct sort_key *keys, size_t count)
{
    struct place_map map;
    struct node *nodes = malloc((count + 1) * sizeof(*nodes));
    if (!nodes || !map_make(&map, list, keys, count)) {
        free(nodes);
        return false;
    }
    link_nodes(nodes, &map, list, keys, count);
    for (size_t i = 0; i < count; i++)
        if (nodes[i].parent == NONE)
            place_branch(list, nodes, keys, (uint32_t)i);
    for (size_t i = 0; i < count; i++)
        if (!nodes[i].is_placed)
            place_branch(list, nodes, keys, (uint32_t)i);
    free(map.slots);
    free(nodes);
    return true;
}
