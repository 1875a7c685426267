/* SPDX-License-Identifier: MIT */
/* The tables of a segment as items: sites and stacks as they are added, strings, tasks and
 * resources when something refers to them, totals from time to time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "observed.h"

/* Entries of the task table looked at per round: a table of a million takes a while. */
#define TASKS_PER_ROUND 4096u
#define TASKS_AT_END (1u << 21)
#define RESOURCES_PER_ROUND 65536u
#define TASKS_AT_ONCE 128u /* read in one go */

void tables_free(struct observed *o)
{
    free(o->strings.places);
    free(o->sites.places);
    free(o->stacks.places);
    free(o->tasks);
    free(o->resources);
    free(o->text);
}

static void tell_string(struct observed *o, uint32_t id)
{
    if (id == 0 || number_set_has(&o->strings, id))
        return;
    int length = segment_reader_string(o->reader, id, o->text, STRING_BYTES_MAX);
    if (length == -ENOENT || !number_set_add(&o->strings, id) || length < 0)
        return;
    size_t bytes = (size_t)length < STRING_BYTES_MAX ? (size_t)length : STRING_BYTES_MAX - 1;
    const char *copy = item_queue_text(o->queue, o->text, bytes);
    struct string_item *item = &item_queue_add(o->queue, ITEM_STRING, o->index)->string;
    *item = (struct string_item){id, copy, bytes};
}

static void tell_site(struct observed *o, uint32_t id)
{
    struct lsc_site site;
    if (id == 0 || number_set_has(&o->sites, id) || segment_reader_site(o->reader, id, &site) < 0 ||
        !number_set_add(&o->sites, id))
        return;
    tell_string(o, site.file);
    tell_string(o, site.function);
    struct site_item *item = &item_queue_add(o->queue, ITEM_SITE, o->index)->site;
    *item = (struct site_item){id, site.file, site.function, site.line, site.parent};
}

static void tell_stack(struct observed *o, uint32_t id)
{
    uint64_t pcs[LSC_STACK_FRAMES_MAX];
    bool was_cut;
    if (id == 0 || number_set_has(&o->stacks, id))
        return;
    int depth = segment_reader_stack(o->reader, id, pcs, &was_cut);
    if (depth == -ENOENT || !number_set_add(&o->stacks, id) || depth < 0)
        return;
    size_t bytes = (size_t)depth * sizeof(*pcs);
    uint64_t *copy = item_queue_memory(o->queue, bytes);
    if (!copy)
        return;
    memcpy(copy, pcs, bytes);
    struct stack_item *item = &item_queue_add(o->queue, ITEM_STACK, o->index)->stack;
    *item = (struct stack_item){id, copy, (unsigned)depth, was_cut};
}

/* An entry that its writer has not completed stops nothing: it is looked at again every time. */
void tables_scan(struct observed *o)
{
    const struct lsc_segment_header *header = segment_reader_header(o->reader);
    for (uint32_t id = o->next_site + 1; id != 0 && id <= header->site_count; id++) {
        tell_site(o, id);
        o->next_site += o->next_site + 1 == id && number_set_has(&o->sites, id);
    }
    for (uint32_t id = o->next_stack + 1; id != 0 && id <= header->stack_count; id++) {
        tell_stack(o, id);
        o->next_stack += o->next_stack + 1 == id && number_set_has(&o->stacks, id);
    }
}

/* The place where an entry's last telling is kept, or NULL. */
static struct told_entry *told_place(struct told_entry **entries, uint32_t *room, uint32_t slot)
{
    if (slot >= *room) {
        uint32_t larger = *room ? *room : 64;
        while (larger <= slot)
            larger *= 2;
        struct told_entry *grown = realloc(*entries, larger * sizeof(*grown));
        if (!grown)
            return NULL;
        memset(grown + *room, 0, (larger - *room) * sizeof(*grown));
        *entries = grown;
        *room = larger;
    }
    return &(*entries)[slot];
}

/* Never 0 in practice, which stands for an entry not told yet: also not for the facts of a task
 * that has only been spawned, a 1 and zeros. */
static uint32_t mix(const uint64_t *numbers, size_t count)
{
    uint64_t sum = 0x51afd7ed558ccd25u;
    for (size_t i = 0; i < count; i++)
        sum = (sum ^ numbers[i]) * 0x9e3779b97f4a7c15u ^ sum >> 29;
    return (uint32_t)(sum >> 32);
}

static void tell_task(struct observed *o, const struct lsc_task *task)
{
    tell_string(o, task->kind);
    tell_string(o, task->name);
    tell_site(o, task->site);
    tell_site(o, task->await_site);
    tell_stack(o, task->stack);
    pcs_want_stack(o, task->stack, false);
    struct task_item *item = &item_queue_add(o->queue, ITEM_TASK, o->index)->task;
    *item = (struct task_item){
        .handle = task->handle,
        .kind = task->kind,
        .name = task->name,
        .site = task->site,
        .stack = task->stack,
        .parent = task->parent,
        .awaits = task->awaits,
        .await_site = task->await_site,
        .state = (enum lsc_task_state)task->state,
        .id = task->id,
        .spawned_ns = segment_reader_ns(o->reader, task->spawned),
        .polls = task->polls,
        .busy_ns = segment_reader_duration_ns(o->reader, task->busy_ticks),
        .worst_ns = segment_reader_duration_ns(o->reader, task->worst_ticks),
        .wakes = task->wakes,
        .self_wakes = task->self_wakes,
        .await_ns = task->await_since ? segment_reader_ns(o->reader, task->await_since) : 0,
    };
}

static void tell_resource(struct observed *o, const struct lsc_resource *resource)
{
    tell_string(o, resource->kind);
    tell_string(o, resource->name);
    tell_site(o, resource->site);
    struct resource_item *item = &item_queue_add(o->queue, ITEM_RESOURCE, o->index)->resource;
    *item = (struct resource_item){
        .handle = resource->handle,
        .kind = resource->kind,
        .name = resource->name,
        .site = resource->site,
        .holder = resource->holder,
        .waiters = resource->waiters,
        .created_ns = segment_reader_ns(o->reader, resource->created),
        .capacity = resource->capacity,
        .depth = resource->depth,
        .depth_max = resource->depth_max,
        .operations = resource->operations,
        .dropped = resource->dropped,
    };
}

static uint32_t digest_of(const struct lsc_task *task)
{
    const uint64_t facts[] = {task->state, task->awaits, task->polls, task->wakes,
                              task->busy_ticks};
    return mix(facts, sizeof(facts) / sizeof(facts[0]));
}

static void check_task(struct observed *o, uint32_t slot)
{
    struct lsc_task task;
    struct told_entry *told = told_place(&o->tasks, &o->task_room, slot);
    if (!told || segment_reader_task(o->reader, slot, &task) < 0)
        return;
    uint32_t digest = digest_of(&task);
    if (told->handle == task.handle && told->digest == digest)
        return;
    *told = (struct told_entry){task.handle, digest};
    tell_task(o, &task);
}

/* The same for as many as are read in one go; how many. */
static uint32_t check_tasks(struct observed *o, uint32_t first, uint32_t most)
{
    struct lsc_task tasks[TASKS_AT_ONCE];
    most = most < TASKS_AT_ONCE ? most : TASKS_AT_ONCE;
    uint32_t count = segment_reader_tasks(o->reader, first, most, tasks);
    for (uint32_t i = 0; i < count; i++) {
        struct told_entry *told = told_place(&o->tasks, &o->task_room, first + i);
        uint32_t digest = tasks[i].handle ? digest_of(&tasks[i]) : 0;
        bool is_told = !told || (told->handle == tasks[i].handle && told->digest == digest);
        if (tasks[i].handle == 0 || is_told || !segment_reader_has_task(o->reader, tasks[i].handle))
            continue;
        *told = (struct told_entry){tasks[i].handle, digest};
        tell_task(o, &tasks[i]);
    }
    return count;
}

static void check_resource(struct observed *o, uint32_t slot)
{
    struct lsc_resource resource;
    struct told_entry *told = told_place(&o->resources, &o->resource_room, slot);
    if (!told || segment_reader_resource(o->reader, slot, &resource) < 0)
        return;
    const uint64_t facts[] = {resource.depth,      resource.depth_max, resource.capacity,
                              resource.operations, resource.dropped,   resource.waiters,
                              resource.holder};
    uint32_t digest = mix(facts, sizeof(facts) / sizeof(facts[0]));
    if (told->handle == resource.handle && told->digest == digest)
        return;
    *told = (struct told_entry){resource.handle, digest};
    tell_resource(o, &resource);
}

/* An event names a task: what the table still knows of it comes first. Asked once per handle. */
static void refer_task(struct observed *o, uint32_t handle)
{
    if (handle == 0)
        return;
    uint32_t slot = LSC_HANDLE_SLOT(handle);
    struct told_entry *told = told_place(&o->tasks, &o->task_room, slot);
    if (!told || told->handle == handle)
        return;
    told->handle = handle;
    told->digest = 0;
    check_task(o, slot);
}

static void refer_resource(struct observed *o, uint32_t handle)
{
    if (handle == 0)
        return;
    uint32_t slot = LSC_HANDLE_SLOT(handle);
    struct told_entry *told = told_place(&o->resources, &o->resource_room, slot);
    if (!told || told->handle == handle)
        return;
    told->handle = handle;
    told->digest = 0;
    check_resource(o, slot);
}

static void refer_stack(struct observed *o, uint32_t id, bool is_sample)
{
    tell_stack(o, id);
    pcs_want_stack(o, id, is_sample);
}

void tables_refer(struct observed *o, const struct event *event)
{
    switch ((enum lsc_record_type)event->type) {
    case LSC_RECORD_CALL:
    case LSC_RECORD_CALLS:
        refer_stack(o, event->task, false);
        break;
    case LSC_RECORD_STALL_SAMPLE:
        refer_stack(o, event->task, true);
        break;
    case LSC_RECORD_STATE:
        tell_string(o, (uint32_t)event->arg2);
        break;
    case LSC_RECORD_MARK:
        tell_string(o, (uint32_t)event->arg);
        break;
    case LSC_RECORD_AWAIT:
        refer_resource(o, (uint32_t)event->arg);
        refer_task(o, event->task);
        tell_site(o, (uint32_t)event->arg2);
        break;
    case LSC_RECORD_WAKE:
    case LSC_RECORD_SPAWN:
        refer_task(o, (uint32_t)event->arg);
        refer_task(o, event->task);
        if (event->type == LSC_RECORD_WAKE && (event->flags & LSC_WAKE_STACK))
            refer_stack(o, (uint32_t)event->arg2, false);
        else
            tell_site(o, (uint32_t)event->arg2);
        break;
    case LSC_RECORD_POLL:
        /* The first program counter is the function's own address, not a return address. */
        refer_stack(o, LSC_POLL_CALLBACK(event->arg2), true);
        refer_task(o, event->task);
        break;
    case LSC_RECORD_JOB:
    case LSC_RECORD_END:
        refer_task(o, event->task);
        break;
    case LSC_RECORD_DEPTH:
        if (event->flags & LSC_DEPTH_FILLED)
            refer_stack(o, LSC_DEPTH_STACK(event->arg2), false);
        else if (event->flags & LSC_DEPTH_FILLED_AT)
            tell_site(o, LSC_DEPTH_SITE(event->arg2));
        refer_resource(o, event->task);
        break;
    case LSC_RECORD_DROP:
    case LSC_RECORD_WAITERS:
        refer_resource(o, event->task);
        break;
    case LSC_RECORD_HOLD:
    case LSC_RECORD_RELEASE:
        refer_task(o, (uint32_t)event->arg);
        refer_resource(o, event->task);
        tell_site(o, (uint32_t)event->arg2);
        break;
    case LSC_RECORD_CANCEL:
        refer_task(o, (uint32_t)event->arg);
        refer_task(o, event->task);
        break;
    case LSC_RECORD_STRANDED:
        refer_task(o, (uint32_t)event->arg);
        refer_task(o, event->task);
        tell_site(o, (uint32_t)event->arg2);
        break;
    case LSC_RECORD_THREAD_START:
    case LSC_RECORD_TURN:
    case LSC_RECORD_USAGE:
    case LSC_RECORD_FAULTS:
    case LSC_RECORD_WORK:
    case LSC_RECORD_PARK:
    case LSC_RECORD_STEAL:
    case LSC_RECORD_TYPE_LIMIT:
    default:
        break;
    }
}

void tables_tell_tasks(struct observed *o, bool all)
{
    uint32_t used = segment_reader_header(o->reader)->task_count;
    uint32_t most = all ? TASKS_AT_END : TASKS_PER_ROUND;
    for (uint32_t left = used < most ? used : most; left > 0;) {
        if (o->next_task_check >= used) {
            o->next_task_check = 0;
            o->has_told_tasks = true;
        }
        uint32_t most_now = used - o->next_task_check < left ? used - o->next_task_check : left;
        uint32_t done = check_tasks(o, o->next_task_check, most_now);
        if (done == 0)
            break;
        o->next_task_check += done;
        left -= done;
    }
    o->has_told_tasks |= o->next_task_check >= used;
}

void tables_tell_totals(struct observed *o, bool all)
{
    uint32_t used = segment_reader_header(o->reader)->resource_count;
    tables_tell_tasks(o, all);
    for (uint32_t slot = 0; slot < used && slot < RESOURCES_PER_ROUND; slot++)
        check_resource(o, slot);
}

void tables_tell_lost(struct observed *o)
{
    const struct lsc_lost *lost = &segment_reader_header(o->reader)->lost;
    struct tables_lost_item now = {lost->threads, lost->tasks,  lost->resources, lost->strings,
                                   lost->sites,   lost->stacks, lost->modules};
    if (memcmp(&now, &o->told_lost, sizeof(now)) == 0)
        return;
    o->told_lost = now;
    item_queue_add(o->queue, ITEM_TABLES_LOST, o->index)->tables_lost = now;
}
