/* SPDX-License-Identifier: MIT */
/* Tasks by kind and place of creation: how many began, ended and live, and whether those that live
 * only become more. */
#include "poll_log.h"

_Static_assert(sizeof(struct task_class_key) == ROWS_KEY_BYTES, "keys fill a row's key");

/* The growth is told the least number live in steps of this length: a window of it is sixteen times
 * as long, and most tasks begin and end within a step. */
#define STEP_NS UINT64_C(4000000)

/* What the open step says of the number live, and that it was so ever since. */
static void tell_step(struct growth *growth, const struct task_class *class)
{
    growth_add(growth, class->step_ns + STEP_NS, class->least);
    growth_add(growth, class->step_ns + STEP_NS, class->live);
}

static void change(struct task_class *class, uint64_t time_ns, bool is_more)
{
    if (at_least_zero(time_ns, class->step_ns) >= STEP_NS) {
        tell_step(&class->growth, class);
        class->step_ns = time_ns;
        class->least = class->live;
    }
    class->live = is_more ? class->live + 1 : at_least_zero(class->live, 1);
    class->least = smaller(class->least, class->live);
    class->live_max = larger(class->live_max, class->live);
}

static struct task_class *class_of(struct model *model, const struct task_row *task)
{
    return task->class ? rows_at(&model->classes, task->class - 1) : NULL;
}

static void leave(struct model *model, struct task_row *task, uint64_t time_ns, bool has_ended)
{
    struct task_class *class = class_of(model, task);
    if (!class || task->has_left)
        return;
    if (has_ended)
        class->ended++;
    else
        class->spawned--;
    task->has_left = true;
    change(class, time_ns, false);
}

static bool is_in(const struct task_class *class, const struct task_class_key *key)
{
    return class->key.kind == key->kind && class->key.stack == key->stack &&
           class->key.site == key->site;
}

/* A task that is told of late has lived since it was spawned: history is set right. */
static void begin(struct task_class *class, uint64_t spawned_ns, uint64_t now_ns)
{
    if (class->spawned++ == 0) {
        class->first_ns = class->step_ns = spawned_ns;
        growth_add(&class->growth, spawned_ns, 0);
    } else if (at_least_zero(class->step_ns, spawned_ns) >= STEP_NS) {
        growth_add_past(&class->growth, spawned_ns);
    }
    class->first_ns = smaller(class->first_ns, spawned_ns);
    class->last_ns = larger(class->last_ns, spawned_ns);
    change(class, larger(now_ns, class->step_ns), true);
}

void task_class_join(struct model *model, struct task_row *task, uint64_t now_ns)
{
    struct task_class_key key = {
        .kind = task->info.kind, .stack = task->info.stack, .site = task->info.site};
    struct task_class *class = class_of(model, task);
    if (class && (task->has_left || is_in(class, &key)))
        return;
    leave(model, task, now_ns, false);
    class = rows_get(&model->classes, &key);
    if (!class) {
        model->unheld.rows++;
        task->class = 0;
        return;
    }
    size_t index = (size_t)(class - (struct task_class *)model->classes.items);
    task->class = (uint32_t)index + 1;
    task->has_left = false;
    begin(class, task->info.spawned_ns, now_ns);
}

void task_class_end(struct model *model, struct task_row *task, uint64_t time_ns)
{
    leave(model, task, time_ns, true);
}

unsigned model_task_class_count(const struct model *model)
{
    return (unsigned)model->classes.count;
}

const struct task_class *model_task_class_at(const struct model *model, unsigned index)
{
    return index < model->classes.count ? rows_at(&model->classes, index) : NULL;
}

struct growth_view task_class_growth(const struct model *model, const struct task_class *class)
{
    struct growth growth = class->growth;
    tell_step(&growth, class);
    return growth_view(&growth, model->seen_ns);
}

uint64_t task_class_per_minute(const struct task_class *class, const struct growth_view *growth)
{
    if (!growth->is_growing)
        return 0;
    return share_of(at_least_zero(class->live, growth->first), UINT64_C(60000000000),
                    growth->span_ns);
}

bool task_is_of(const struct model *model, const struct task_row *task,
                const struct task_class *class)
{
    return task->class == (size_t)(class - (const struct task_class *)model->classes.items) + 1;
}

uint64_t task_class_idle(const struct model *model, const struct task_class *class,
                         uint64_t since_ns)
{
    uint64_t idle = 0;
    for (uint32_t i = 0; i < model->task_room; i++) {
        const struct task_row *task = model->tasks[i];
        idle += task && task_is_of(model, task, class) && !task->has_left &&
                task->active_ns <= since_ns;
    }
    return idle;
}
