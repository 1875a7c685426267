/* SPDX-License-Identifier: MIT */
/* One process: its facts, and the dispatch of items to the parts of the model. */
#include "state.h"
#include "workers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the probe uses unless told otherwise; in force until the process' item comes. */
#define DEFAULT_STALL_NS UINT64_C(20000000)
#define DEFAULT_BLOCK_NS UINT64_C(1000000)

static int set_text(char **slot, const char *bytes, size_t length)
{
    enum { TEXT_MAX = 4096 };
    if (!bytes)
        length = 0;
    if (length > TEXT_MAX)
        length = TEXT_MAX;
    char *copy = malloc(length + 1);
    if (!copy)
        return -ENOMEM;
    if (length)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    free(*slot);
    *slot = copy;
    return 0;
}

struct model *model_new(void)
{
    struct model *model = calloc(1, sizeof(*model));
    if (!model)
        return NULL;
    model->process.stall_ns = DEFAULT_STALL_NS;
    model->process.block_ns = DEFAULT_BLOCK_NS;
    model->blocked = (struct rows){.stride = sizeof(struct blocked_row), .limit = MODEL_ROWS_MAX};
    model->shorts = (struct rows){.stride = sizeof(struct short_row), .limit = MODEL_ROWS_MAX};
    model->causes = (struct rows){.stride = sizeof(struct cause_row), .limit = MODEL_ROWS_MAX};
    model->callbacks =
        (struct rows){.stride = sizeof(struct callback_row), .limit = MODEL_ROWS_MAX};
    model->late = (struct rows){.stride = sizeof(struct late_row), .limit = MODEL_ROWS_MAX};
    model->classes = (struct rows){.stride = sizeof(struct task_class), .limit = MODEL_CLASSES_MAX};
    model->slow = (struct rows){.stride = sizeof(struct slow_row), .limit = MODEL_ROWS_MAX};
    model->long_polls = (struct rows){.stride = sizeof(struct long_row), .limit = MODEL_ROWS_MAX};
    model->balance = (struct rows){.stride = sizeof(struct balance_row), .limit = MODEL_ROWS_MAX};
    if (set_text(&model->process.program, "", 0) < 0 ||
        set_text(&model->process.command, "", 0) < 0 ||
        set_text(&model->process.executable, "", 0) < 0) {
        model_delete(model);
        return NULL;
    }
    return model;
}

void model_delete(struct model *model)
{
    if (!model)
        return;
    free(model->process.program);
    free(model->process.command);
    free(model->process.executable);
    rows_free(&model->blocked);
    rows_free(&model->shorts);
    rows_free(&model->causes);
    rows_free(&model->callbacks);
    rows_free(&model->late);
    rows_free(&model->classes);
    rows_free(&model->slow);
    rows_free(&model->long_polls);
    rows_free(&model->balance);
    names_free(model);
    pools_free(model);
    tasks_free(model);
    resources_free(model);
    threads_free(model);
    free(model);
}

static void spaces_for_nul(char *text, size_t length)
{
    while (length && text[length - 1] == '\0')
        length--;
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\0')
            text[i] = ' ';
}

static int apply_process(struct model *model, const struct process_item *item)
{
    struct process_facts *facts = &model->process;
    size_t command_bytes = item->command_bytes < 4096 ? item->command_bytes : 4096;
    if (set_text(&facts->program, item->program, item->program ? strnlen(item->program, 256) : 0) ||
        set_text(&facts->command, item->command, command_bytes) ||
        set_text(&facts->executable, item->executable,
                 item->executable ? strnlen(item->executable, 4096) : 0))
        return -ENOMEM;
    spaces_for_nul(facts->command, item->command ? command_bytes : 0);
    facts->pid = item->pid;
    facts->ppid = item->ppid;
    facts->depths = item->depths;
    facts->limits = item->limits;
    facts->started_real_ns = item->started_real_ns;
    facts->started_mono_ns = item->started_mono_ns;
    if (item->stall_ns)
        facts->stall_ns = item->stall_ns;
    if (item->block_ns)
        facts->block_ns = item->block_ns;
    facts->is_known = true;
    return 0;
}

static int apply_end(struct model *model, const struct end_item *item)
{
    model->end = *item;
    model->has_ended = true;
    model_saw(model, item->time_ns);
    /* A killed process was in the middle of whatever it did. */
    int first = 0;
    for (uint32_t i = 0; i < model->thread_count; i++) {
        int error = away_apply(model, model->threads[model->thread_order[i]]);
        first = first == 0 ? error : first;
    }
    return first;
}

int model_apply(struct model *model, const struct item *item)
{
    switch (item->kind) {
    case ITEM_PROCESS:
        return apply_process(model, &item->process_info);
    case ITEM_THREAD:
        return thread_apply(model, &item->thread);
    case ITEM_STRING:
        return names_apply_string(model, &item->string);
    case ITEM_SITE:
        return names_apply_site(model, &item->site);
    case ITEM_STACK:
        return names_apply_stack(model, &item->stack);
    case ITEM_FRAMES:
        return names_apply_frames(model, &item->frames);
    case ITEM_TASK:
        return task_apply(model, &item->task);
    case ITEM_RESOURCE:
        return resource_apply(model, &item->resource);
    case ITEM_EVENTS:
        return events_apply(model, &item->events);
    case ITEM_LOST:
        return thread_apply_lost(model, &item->lost);
    case ITEM_TABLES_LOST:
        model->tables_lost = item->tables_lost;
        return 0;
    case ITEM_NOW:
        return thread_apply_now(model, &item->now);
    case ITEM_CLOCK:
        model_saw(model, item->clock_ns);
        return 0;
    case ITEM_END:
        return apply_end(model, &item->end);
    case ITEM_KIND_LIMIT:
        break;
    }
    model->unheld.nonsense++;
    return -EPROTO;
}

const struct process_facts *model_process(const struct model *model)
{
    return &model->process;
}

uint64_t model_seen_ns(const struct model *model)
{
    return model->seen_ns;
}

uint64_t model_lost_records(const struct model *model)
{
    uint64_t lost = model->lost_records;
    for (unsigned i = 0; i < model->thread_count; i++)
        lost += model_thread_at(model, i)->dropped;
    return lost;
}

const struct tables_lost_item *model_tables_lost(const struct model *model)
{
    return &model->tables_lost;
}

const struct unheld *model_unheld(const struct model *model)
{
    return &model->unheld;
}

const struct end_item *model_end(const struct model *model)
{
    return model->has_ended ? &model->end : NULL;
}

unsigned model_short_count(const struct model *model)
{
    return (unsigned)model->shorts.count;
}

const struct short_row *model_short_at(const struct model *model, unsigned index)
{
    return index < model->shorts.count ? rows_at(&model->shorts, index) : NULL;
}
