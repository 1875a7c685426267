/* SPDX-License-Identifier: MIT */
/* The tables that give names to numbers: strings, sites, stacks, and frames of program counters. */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

struct string_entry {
    uint32_t id;
    size_t length;
    UT_hash_handle hh;
    char bytes[];
};
struct site_entry {
    struct site site;
    UT_hash_handle hh;
};
struct stack_entry {
    struct stack stack;
    UT_hash_handle hh;
    uint64_t pcs[];
};
struct frames_entry {
    uint64_t pc;
    unsigned count;
    size_t text_bytes;
    UT_hash_handle hh;
    struct frame frames[]; /* their text follows the array */
};

int names_apply_string(struct model *model, const struct string_item *item)
{
    struct string_entry *entry;
    HASH_FIND(hh, model->strings, &item->id, sizeof(item->id), entry);
    if (entry)
        return 0;
    size_t length = item->length < MODEL_STRING_BYTES_MAX ? item->length : MODEL_STRING_BYTES_MAX;
    if (HASH_COUNT(model->strings) >= MODEL_STRINGS_MAX ||
        model->text_bytes + length > MODEL_TEXT_BYTES_MAX) {
        model->unheld.strings++;
        return 0;
    }
    entry = calloc(1, sizeof(*entry) + length + 1);
    if (!entry)
        return -ENOMEM;
    entry->id = item->id;
    entry->length = length;
    if (length)
        memcpy(entry->bytes, item->bytes, length);
    HASH_ADD(hh, model->strings, id, sizeof(entry->id), entry);
    if (!entry->hh.tbl) {
        free(entry);
        return -ENOMEM;
    }
    model->text_bytes += length;
    return 0;
}

int names_apply_site(struct model *model, const struct site_item *item)
{
    struct site_entry *entry;
    HASH_FIND(hh, model->sites, &item->id, sizeof(item->id), entry);
    if (entry)
        return 0;
    if (HASH_COUNT(model->sites) >= MODEL_SITES_MAX) {
        model->unheld.sites++;
        return 0;
    }
    entry = calloc(1, sizeof(*entry));
    if (!entry)
        return -ENOMEM;
    entry->site = (struct site){
        .id = item->id,
        .file = item->file,
        .function = item->function,
        .line = item->line,
        /* A caller's await is always interned first: whatever else is said here would go round. */
        .parent = item->parent < item->id ? item->parent : 0};
    HASH_ADD(hh, model->sites, site.id, sizeof(entry->site.id), entry);
    if (!entry->hh.tbl) {
        free(entry);
        return -ENOMEM;
    }
    return 0;
}

int names_apply_stack(struct model *model, const struct stack_item *item)
{
    struct stack_entry *entry;
    HASH_FIND(hh, model->stacks, &item->id, sizeof(item->id), entry);
    if (entry)
        return 0;
    if (HASH_COUNT(model->stacks) >= MODEL_STACKS_MAX) {
        model->unheld.stacks++;
        return 0;
    }
    unsigned depth = item->depth < LSC_STACK_FRAMES_MAX ? item->depth : LSC_STACK_FRAMES_MAX;
    entry = calloc(1, sizeof(*entry) + depth * sizeof(uint64_t));
    if (!entry)
        return -ENOMEM;
    if (depth)
        memcpy(entry->pcs, item->pcs, depth * sizeof(uint64_t));
    entry->stack = (struct stack){.id = item->id,
                                  .depth = depth,
                                  .was_cut = item->was_cut || depth < item->depth,
                                  .pcs = entry->pcs};
    HASH_ADD(hh, model->stacks, stack.id, sizeof(entry->stack.id), entry);
    if (!entry->hh.tbl) {
        free(entry);
        return -ENOMEM;
    }
    return 0;
}

static size_t kept_length(const char *text)
{
    return text ? strnlen(text, MODEL_STRING_BYTES_MAX) : 0;
}

static const char *keep(char **room, const char *text)
{
    size_t length = kept_length(text);
    char *copy = *room;
    if (length)
        memcpy(copy, text, length);
    copy[length] = '\0';
    *room += length + 1;
    return copy;
}

static struct frames_entry *frames_copy(const struct frames_item *item, unsigned count)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < count; i++)
        bytes += kept_length(item->frames[i].function) + kept_length(item->frames[i].file) +
                 kept_length(item->frames[i].module) + 3;
    struct frames_entry *entry = calloc(1, sizeof(*entry) + count * sizeof(struct frame) + bytes);
    if (!entry)
        return NULL;
    entry->pc = item->pc;
    entry->count = count;
    entry->text_bytes = bytes;
    char *room = (char *)(entry->frames + count);
    for (unsigned i = 0; i < count; i++) {
        struct frame *frame = &entry->frames[i];
        *frame = item->frames[i];
        frame->function = keep(&room, item->frames[i].function);
        frame->file = keep(&room, item->frames[i].file);
        frame->module = keep(&room, item->frames[i].module);
    }
    return entry;
}

static void frames_drop(struct model *model, struct frames_entry *entry)
{
    model->text_bytes -= entry->text_bytes;
    HASH_DEL(model->frames, entry);
    free(entry);
}

/* A later answer replaces an earlier one: a JIT's map may not have been written yet at the first.
 */
int names_apply_frames(struct model *model, const struct frames_item *item)
{
    enum { INLINES_MAX = 64 };
    struct frames_entry *old;
    HASH_FIND(hh, model->frames, &item->pc, sizeof(item->pc), old);
    if (old)
        frames_drop(model, old);
    if (HASH_COUNT(model->frames) >= MODEL_FRAMES_MAX || model->text_bytes > MODEL_TEXT_BYTES_MAX) {
        model->unheld.frames++;
        return 0;
    }
    unsigned count = item->count < INLINES_MAX ? item->count : INLINES_MAX;
    struct frames_entry *entry = frames_copy(item, count);
    if (!entry)
        return -ENOMEM;
    HASH_ADD(hh, model->frames, pc, sizeof(entry->pc), entry);
    if (!entry->hh.tbl) {
        free(entry);
        return -ENOMEM;
    }
    model->text_bytes += entry->text_bytes;
    return 0;
}

#define FREE_TABLE(type, head)                                                                     \
    do {                                                                                           \
        struct type *entry_, *next_;                                                               \
        HASH_ITER(hh, head, entry_, next_)                                                         \
        {                                                                                          \
            HASH_DEL(head, entry_);                                                                \
            free(entry_);                                                                          \
        }                                                                                          \
    } while (0)

void names_free(struct model *model)
{
    FREE_TABLE(string_entry, model->strings);
    FREE_TABLE(site_entry, model->sites);
    FREE_TABLE(stack_entry, model->stacks);
    FREE_TABLE(frames_entry, model->frames);
}

struct text model_string(const struct model *model, uint32_t id)
{
    struct string_entry *entry;
    HASH_FIND(hh, model->strings, &id, sizeof(id), entry);
    if (!entry)
        return (struct text){.bytes = "", .length = 0};
    return (struct text){.bytes = entry->bytes, .length = entry->length};
}

const struct site *model_site(const struct model *model, uint32_t id)
{
    struct site_entry *entry;
    HASH_FIND(hh, model->sites, &id, sizeof(id), entry);
    return entry ? &entry->site : NULL;
}

unsigned model_await_tree(const struct model *model, uint32_t site,
                          const struct site *tree[AWAIT_TREE_MAX])
{
    unsigned depth = 0;
    const struct site *at = model_site(model, site);
    while (at && depth < AWAIT_TREE_MAX) {
        tree[depth++] = at;
        at = at->parent ? model_site(model, at->parent) : NULL;
    }
    return depth;
}

const struct stack *model_stack(const struct model *model, uint32_t id)
{
    struct stack_entry *entry;
    HASH_FIND(hh, model->stacks, &id, sizeof(id), entry);
    return entry ? &entry->stack : NULL;
}

const struct frame *model_frames(const struct model *model, uint64_t pc, unsigned *count)
{
    struct frames_entry *entry;
    HASH_FIND(hh, model->frames, &pc, sizeof(pc), entry);
    *count = entry ? entry->count : 0;
    return entry && entry->count ? entry->frames : NULL;
}
