/* SPDX-License-Identifier: MIT */
/* Reads entries of the tables. What is not complete yet is -ENOENT, what cannot be is -EPROTO. */
#include <errno.h>
#include <string.h>

#include "reader.h"

#define STRING_BYTES_MOST 65535u

/* The newest count of a table's entries: it may have grown since the last refresh. */
static uint32_t count_of(const struct segment_reader *reader, size_t field,
                         enum lsc_segment_part part)
{
    uint32_t count = 0;
    if (reader_copy(reader, field, &count, sizeof count) < 0)
        return 0;
    uint32_t capacity = reader->header.parts[part].capacity;
    return count < capacity ? count : capacity;
}
#define COUNT_OF(reader, name, part)                                                               \
    count_of(reader, offsetof(struct lsc_segment_header, name), part)

int segment_reader_thread(struct segment_reader *reader, uint32_t slot, struct lsc_thread *out)
{
    if (slot >= COUNT_OF(reader, thread_count, LSC_PART_THREADS))
        return -ENOENT;
    int error = reader_element(reader, LSC_PART_THREADS, slot, out, sizeof *out);
    if (error < 0)
        return error;
    if (out->state > LSC_THREAD_ENDED)
        return -EPROTO;
    if (out->state == LSC_THREAD_FREE)
        return -ENOENT;
    out->name[sizeof out->name - 1] = '\0';
    if (out->call >= LSC_CALL_LIMIT)
        out->call = LSC_CALL_NONE;
    if (out->current_task == 0)
        out->poll_since = 0;
    return 0;
}

int segment_reader_string(struct segment_reader *reader, uint32_t id, char *out, size_t out_bytes)
{
    struct {
        uint32_t hash, length;
    } entry;
    uint32_t used = COUNT_OF(reader, string_bytes, LSC_PART_STRINGS);
    if (out_bytes == 0)
        return -EINVAL;
    out[0] = '\0';
    if (id < 8 || id % 8 != 0 || used < sizeof entry || id > used - sizeof entry)
        return -ENOENT;
    int error = reader_element(reader, LSC_PART_STRINGS, id, &entry, sizeof entry);
    if (error < 0)
        return error;
    if (entry.hash == 0)
        return -ENOENT;
    if (entry.length > STRING_BYTES_MOST || entry.length > used - id - sizeof entry)
        return -EPROTO;
    size_t length = entry.length < out_bytes - 1 ? entry.length : out_bytes - 1;
    error = reader_element(reader, LSC_PART_STRINGS, (uint64_t)id + sizeof entry, out, length);
    out[error < 0 ? 0 : length] = '\0';
    return error < 0 ? error : (int)length;
}

int segment_reader_site(struct segment_reader *reader, uint32_t id, struct lsc_site *out)
{
    if (id == 0 || id > COUNT_OF(reader, site_count, LSC_PART_SITES))
        return -ENOENT;
    int error = reader_element(reader, LSC_PART_SITES, id - 1, out, sizeof *out);
    if (error < 0)
        return error;
    return out->file == 0 ? -ENOENT : 0;
}

int segment_reader_stack(struct segment_reader *reader, uint32_t id,
                         uint64_t pcs[LSC_STACK_FRAMES_MAX], bool *was_cut)
{
    struct lsc_stack stack;
    uint32_t frames = reader->header.parts[LSC_PART_FRAMES].capacity;
    if (id == 0 || id > COUNT_OF(reader, stack_count, LSC_PART_STACKS))
        return -ENOENT;
    int error = reader_element(reader, LSC_PART_STACKS, id - 1, &stack, sizeof stack);
    if (error < 0)
        return error;
    if (stack.hash == 0)
        return -ENOENT;
    if (stack.depth == 0 || stack.depth > LSC_STACK_FRAMES_MAX || stack.first > frames ||
        stack.depth > frames - stack.first)
        return -EPROTO;
    error = reader_element(reader, LSC_PART_FRAMES, stack.first, pcs, stack.depth * sizeof pcs[0]);
    if (was_cut != NULL)
        *was_cut = stack.cut != 0;
    return error < 0 ? error : stack.depth;
}

int segment_reader_module(struct segment_reader *reader, uint32_t index, struct lsc_module *out)
{
    if (index >= COUNT_OF(reader, module_count, LSC_PART_MODULES))
        return -ENOENT;
    int error = reader_element(reader, LSC_PART_MODULES, index, out, sizeof *out);
    if (error < 0)
        return error;
    if (out->path == 0)
        return -ENOENT;
    return out->start >= out->end || out->build_id_bytes > sizeof out->build_id ? -EPROTO : 0;
}

/* True when the entry still belongs to the same user as when it was copied. */
static int check_handle(const struct segment_reader *reader, enum lsc_segment_part part,
                        uint32_t slot, uint32_t handle)
{
    uint32_t again = 0;
    reader_fence();
    int error = reader_element(reader, part, slot, &again, sizeof again);
    if (error < 0)
        return error;
    if (handle == 0 || again != handle)
        return -ENOENT;
    return LSC_HANDLE_SLOT(handle) == slot && LSC_HANDLE_GENERATION(handle) != 0 ? 0 : -EPROTO;
}

/* The writer stores when it was woken last and since when it waits, and leaves it to us to see
 * whether a poll came after that. */
static void settle(struct lsc_task *task)
{
    uint64_t begin = task->last_begin;
    if (task->last_wake < begin)
        task->last_wake = 0;
    bool is_stranded = task->state == LSC_TASK_STRANDED && task->last_wake <= task->await_since;
    if (task->last_wake != 0 && task->state != LSC_TASK_ENDED && !is_stranded)
        task->state = LSC_TASK_READY;
    if (task->await_since <= begin) {
        task->awaits = 0;
        task->await_site = 0;
        task->await_since = 0;
        if (task->state == LSC_TASK_STRANDED)
            task->state = LSC_TASK_IDLE;
    }
}

int segment_reader_task(struct segment_reader *reader, uint32_t slot, struct lsc_task *out)
{
    _Static_assert(offsetof(struct lsc_task, handle) == 0, "check_handle reads it there");
    if (slot >= COUNT_OF(reader, task_count, LSC_PART_TASKS))
        return -ENOENT;
    int error = reader_element(reader, LSC_PART_TASKS, slot, out, sizeof *out);
    if (error == 0)
        error = check_handle(reader, LSC_PART_TASKS, slot, out->handle);
    if (error < 0)
        return error;
    if (out->state == LSC_TASK_FREE || out->state >= LSC_TASK_STATE_LIMIT)
        return -EPROTO;
    pending_add(reader, out);
    settle(out);
    return 0;
}

uint32_t segment_reader_tasks(struct segment_reader *reader, uint32_t first, uint32_t count,
                              struct lsc_task *out)
{
    uint32_t used = COUNT_OF(reader, task_count, LSC_PART_TASKS);
    bool is_packed = reader->header.parts[LSC_PART_TASKS].stride == sizeof *out;
    if (first >= used)
        return 0;
    count = count < used - first ? count : used - first;
    count = is_packed || count == 0 ? count : 1; /* a later version's elements are longer */
    if (reader_element(reader, LSC_PART_TASKS, first, out, sizeof *out * count) < 0)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        bool is_whole = LSC_HANDLE_SLOT(out[i].handle) == first + i &&
                        LSC_HANDLE_GENERATION(out[i].handle) != 0 &&
                        out[i].state != LSC_TASK_FREE && out[i].state < LSC_TASK_STATE_LIMIT;
        if (!is_whole) {
            out[i].handle = 0;
            continue;
        }
        pending_add(reader, &out[i]);
        settle(&out[i]);
    }
    return count;
}

bool segment_reader_has_task(const struct segment_reader *reader, uint32_t handle)
{
    return check_handle(reader, LSC_PART_TASKS, LSC_HANDLE_SLOT(handle), handle) == 0;
}

int segment_reader_resource(struct segment_reader *reader, uint32_t slot, struct lsc_resource *out)
{
    _Static_assert(offsetof(struct lsc_resource, handle) == 0, "check_handle reads it there");
    if (slot >= COUNT_OF(reader, resource_count, LSC_PART_RESOURCES))
        return -ENOENT;
    int error = reader_element(reader, LSC_PART_RESOURCES, slot, out, sizeof *out);
    return error < 0 ? error : check_handle(reader, LSC_PART_RESOURCES, slot, out->handle);
}
