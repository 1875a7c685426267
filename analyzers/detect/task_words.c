/* SPDX-License-Identifier: MIT */
/* Tasks in words: what they are called, where they were created, which of their callbacks ran. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "judge.h"

int text_cut(struct text text, int most)
{
    if (text.length <= (size_t)most)
        return (int)text.length;
    int cut = most;
    while (cut > 0 && ((unsigned char)text.bytes[cut] & 0xc0) == 0x80)
        cut--;
    return cut;
}

void task_name(const struct model *model, uint32_t handle, uint32_t what, char *out, size_t bytes)
{
    const struct task_row *task = model_task(model, handle);
    uint32_t kind_id = task && task->info.kind ? task->info.kind : CALLBACK_KIND(what);
    struct text kind = model_string(model, kind_id);
    struct text name = model_string(model, task ? task->info.name : 0);
    const char *kind_word = kind.length ? kind.bytes : "task";
    if (name.length)
        snprintf(out, bytes, "%.60s '%.*s'", kind_word, text_cut(name, 80), name.bytes);
    else if (kind.length)
        snprintf(out, bytes, "%.60s", kind_word);
    else
        snprintf(out, bytes, "task %" PRIu64,
                 task && task->info.id ? task->info.id : (uint64_t)handle);
}

void resource_name(const struct model *model, const struct resource_row *row, char *out,
                   size_t bytes)
{
    struct text kind = model_string(model, row->info.kind);
    struct text name = model_string(model, row->info.name);
    const char *kind_word = kind.length ? kind.bytes : "resource";
    if (name.length)
        snprintf(out, bytes, "%.60s '%.*s'", kind_word, text_cut(name, 80), name.bytes);
    else
        snprintf(out, bytes, "a %.60s", kind_word);
}

static void say_site(struct sentence *sentence, const char *word, const struct model *model,
                     uint32_t id)
{
    const struct site *site = model_site(model, id);
    if (!site)
        return;
    struct text function = model_string(model, site->function);
    struct text file = model_string(model, site->file);
    say(sentence, "%s%.120s", word, function.length ? function.bytes : "code");
    if (file.length)
        say(sentence, " (%.120s:%" PRIu32 ")", path_base(file.bytes), site->line);
}

void say_place(struct sentence *sentence, const char *word, const struct model *model,
               uint32_t stack, uint32_t site)
{
    struct group key = {0};
    group_blame(model, stack, &key);
    if (key.where)
        say_where(sentence, word, key.where, key.where_pc);
    else
        say_site(sentence, word, model, site);
}

void place_text(const struct model *model, uint32_t stack, uint32_t site, char *out, size_t bytes)
{
    struct sentence sentence = {out, bytes, 0};
    out[0] = '\0';
    say_place(&sentence, "", model, stack, site);
}

void fact_place(struct finding *finding, const char *key, const struct model *model, uint32_t stack,
                uint32_t site)
{
    char text[sizeof(((struct fact *)0)->text)];
    place_text(model, stack, site, text, sizeof(text));
    if (text[0])
        fact_text(finding, key, text);
}

void say_poll(struct sentence *sentence, const struct model *model, const struct group *group,
              const struct frame *where)
{
    if (!group->task && !group->callback)
        return;
    const struct task_row *task = model_task(model, group->task);
    struct group own = {0};
    char name[160];
    group_blame(model, group->callback, &own);
    bool is_itself = where && own.where && strcmp(where->function, own.where->function) == 0 &&
                     strcmp(where->file, own.where->file) == 0;
    const char *role = role_name(CALLBACK_ROLE(group->what));
    task_name(model, group->task, group->what, name, sizeof(name));
    if (group->callback)
        say(sentence, ", %sthe %s%scallback of %s", is_itself ? "" : "in ", role,
            role[0] ? " " : "", name);
    else
        say(sentence, ", in a run of %s", name);
    if (task)
        say_place(sentence, ", created by ", model, task->info.stack, task->info.site);
}

void facts_of_poll(struct finding *finding, const struct model *model, const struct group *group)
{
    if (!group->task && !group->callback)
        return;
    const struct task_row *task = model_task(model, group->task);
    char name[160];
    task_name(model, group->task, group->what, name, sizeof(name));
    fact_text(finding, "task", name);
    fact_place(finding, "callback", model, group->callback, 0);
    if (CALLBACK_PHASE(group->what) != LSC_PHASE_NONE)
        fact_text(finding, "phase", phase_name(CALLBACK_PHASE(group->what)));
    if (task)
        fact_place(finding, "created_by", model, task->info.stack, task->info.site);
}
