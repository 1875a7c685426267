/* SPDX-License-Identifier: MIT */
/* One task: where it waits, what it holds, how long its runs and delays are, who wakes it and whom
 * it wakes, its latest runs. */
#include <inttypes.h>
#include <stdio.h>

#include "console/top/app/cell.h"
#include "console/top/app/page.h"
#include "page_histogram.h"
#include "task_recent.h"
#include "task_words.h"
#include "views.h"

#define INDENT 14

/* What is printed of: the same for all parts. */
struct subject {
    const struct app *app;
    const struct screen *screen; /* for words */
    const struct model *model;
    const struct task_row *task;
    uint64_t now_ns;
};

static void print_state(const struct subject *s, struct page *page)
{
    const struct task_row *task = s->task;
    enum task_condition condition = task_condition(task);
    char text[NAME_BYTES * 2 + 64], age[DURATION_BYTES], place[NAME_BYTES];
    name_task(text, s->model, task->handle);
    page_text(page, 0, STYLE_STRONG, text);
    page_pair(page, INDENT, "State", task_condition_style(condition),
              task_condition_word(condition));
    if (task->info.spawned_ns && s->now_ns >= task->info.spawned_ns)
        page_pair(page, INDENT, "Age", STYLE_TEXT,
                  words_duration(s->screen, age, s->now_ns - task->info.spawned_ns));
    name_place(place, s->model, task->info.stack, task->info.site);
    if (place[0])
        page_pair(page, INDENT, "Created by", STYLE_OWN_CODE, place);
    if (model_task(s->model, task->info.parent)) {
        name_task(place, s->model, task->info.parent);
        page_pair(page, INDENT, "Spawned by", STYLE_TEXT, place);
    }
    if (task->cancelled_ns != MODEL_NEVER && !task->has_ended)
        page_pair(page, INDENT, "Cancelled", STYLE_WARNING,
                  words_duration(s->screen, age, s->now_ns - task->cancelled_ns));
}

static void print_totals(const struct subject *s, struct page *page)
{
    char text[256], a[COUNT_BYTES], b[DURATION_BYTES], c[DURATION_BYTES], d[COUNT_BYTES];
    const struct task_row *task = s->task;
    snprintf(text, sizeof(text), "%s, %s in all, at worst %s",
             words_count(a, task_polls(task), COUNT_BYTES),
             words_duration(s->screen, b, task_busy_ns(task)),
             words_duration(s->screen, c, task_worst_ns(task)));
    page_pair(page, INDENT, "Runs", STYLE_TEXT, text);
    snprintf(text, sizeof(text), "%s, of them %s by itself",
             words_count(a, task_wakes(task), COUNT_BYTES),
             words_count(d, task_self_wakes(task), COUNT_BYTES));
    page_pair(page, INDENT, "Wakes", STYLE_TEXT, text);
}

static void print_stranded(const struct subject *s, struct page *page)
{
    char text[NAME_BYTES * 2 + 128], since[DURATION_BYTES], site[NAME_BYTES], by[NAME_BYTES] = "";
    const struct task_row *task = s->task;
    if (task->stranded_ns == MODEL_NEVER || task->has_ended)
        return;
    name_site(site, s->model, task->stranded_site);
    if (task->stranded_by && task->stranded_by != task->handle)
        name_task(by, s->model, task->stranded_by);
    snprintf(text, sizeof(text), "nobody can wake it, for %s: its last waker was given up%s%s%s%s",
             words_duration(s->screen, since, s->now_ns - task->stranded_ns), by[0] ? " by " : "",
             by, site[0] ? " at " : "", site);
    page_pair(page, INDENT, "Stranded", STYLE_CRITICAL, text);
}

/* The awaits it stands in, innermost first, each caller a step further in. */
static void print_await(const struct subject *s, struct page *page)
{
    const struct site *tree[AWAIT_TREE_MAX];
    const struct task_row *task = s->task;
    char text[NAME_BYTES * 2], since[DURATION_BYTES];
    task_waits_words(text, s->model, task);
    if (!text[0])
        return;
    page_title(page, "Waits");
    const struct resource_row *row = model_resource(s->model, task->awaits);
    if (row) {
        name_resource(text, s->model, row);
        page_pair(page, INDENT, "For", STYLE_TEXT, text);
    }
    if (task->await_ns != MODEL_NEVER && s->now_ns >= task->await_ns)
        page_pair(page, INDENT, "Since", STYLE_TEXT,
                  words_duration(s->screen, since, s->now_ns - task->await_ns));
    unsigned depth = model_await_tree(s->model, task->await_site, tree);
    for (unsigned i = 0; i < depth; i++) {
        struct area at;
        name_site(text, s->model, tree[i]->id);
        if (!page_row(page, &at))
            continue;
        unsigned in = i * 2;
        if (i)
            screen_put(page->screen, &at, 0, in - 2, STYLE_DIM,
                       screen_glyph(page->screen, GLYPH_TREE_LAST));
        screen_put(page->screen, &at, 0, in, STYLE_OWN_CODE, text);
    }
}

static void print_hold(const struct subject *s, struct page *page, const struct resource_row *row,
                       const struct hold *hold)
{
    char text[NAME_BYTES * 3], name[NAME_BYTES], site[NAME_BYTES], since[DURATION_BYTES];
    name_resource(name, s->model, row);
    name_site(site, s->model, hold->site);
    snprintf(text, sizeof(text), "%s for %s%s%s; %" PRIu64 " wait for it", name,
             words_duration(s->screen, since, s->now_ns - hold->since_ns), site[0] ? ", " : "",
             site, row->waiters);
    page_text(page, 0, row->waiters ? STYLE_WARNING : STYLE_TEXT, text);
}

static void print_holds(const struct subject *s, struct page *page)
{
    bool has_title = false;
    for (unsigned i = 0; i < model_resource_slots(s->model); i++) {
        const struct resource_row *row = model_resource_at(s->model, i);
        for (unsigned h = 0; row && h < row->hold_count; h++) {
            if (row->holds[h].task != s->task->handle)
                continue;
            if (!has_title)
                page_title(page, "Holds");
            has_title = true;
            print_hold(s, page, row, &row->holds[h]);
        }
    }
}

static void print_distributions(const struct subject *s, struct page *page)
{
    uint64_t stall_ns = model_process(s->model)->stall_ns;
    if (!s->task->poll_ns && !s->task->delay_ns)
        return;
    page_title(page, "How long");
    if (s->task->poll_ns)
        page_histogram(page, INDENT, "Runs", s->task->poll_ns, stall_ns);
    if (s->task->delay_ns && s->task->delay_ns->count)
        page_histogram(page, INDENT, "Wake to run", s->task->delay_ns, stall_ns);
}

/* Over its whole life, by place: few are counted, the most frequent. */
static void print_senders(const struct subject *s, struct page *page)
{
    const struct wake_senders *senders = s->task->senders;
    char place[NAME_BYTES], text[NAME_BYTES + TIMES_BYTES], times[TIMES_BYTES];
    for (unsigned i = 0; senders && i < WAKE_SENDERS; i++) {
        const struct wake_sender *sender = &senders->at[i];
        if (sender->count == 0)
            continue;
        name_place(place, s->model, sender->is_site ? 0 : sender->place,
                   sender->is_site ? sender->place : 0);
        snprintf(text, sizeof(text), "%s: %s", place[0] ? place : "place unknown",
                 words_times(times, sender->count));
        page_pair(page, INDENT, i ? "" : "Wakers", STYLE_OWN_CODE, text);
    }
}

static void print_others(const struct subject *s, struct page *page, const char *label,
                         const struct recent_others *others)
{
    char name[NAME_BYTES], text[NAME_BYTES + 64], ago[DURATION_BYTES], times[TIMES_BYTES];
    for (unsigned i = 0; i < others->count; i++) {
        const struct recent_other *other = &others->at[i];
        if (other->task == s->task->handle)
            snprintf(name, sizeof(name), "itself");
        else if (other->task)
            name_task(name, s->model, other->task);
        else
            snprintf(name, sizeof(name), "something outside of tasks");
        snprintf(text, sizeof(text), "%s: %s, last %s ago", name, words_times(times, other->count),
                 words_duration(s->screen, ago,
                                s->now_ns > other->last_ns ? s->now_ns - other->last_ns : 0));
        page_pair(page, INDENT, i ? "" : label, STYLE_TEXT, text);
    }
    if (others->more)
        page_print(page, INDENT, STYLE_DIM, "others: %s", words_times(times, others->more));
}

static void put_right(struct screen *screen, const struct area *line, unsigned to, unsigned style,
                      const char *text)
{
    struct area place = {line->row, line->column, 1, to < line->columns ? to : line->columns};
    screen_put_right(screen, &place, 0, style, text);
}

/* "1.2 s ago   250 µs  after  1.4 ms  executor-0 816  on_read (server.c:30)" */
static void print_poll(const struct subject *s, struct page *page, const struct event *event)
{
    char text[DURATION_BYTES], name[NAME_BYTES] = "";
    struct area line;
    if (!page_row(page, &line))
        return;
    const struct thread *thread = model_thread(s->model, event->thread);
    uint64_t ago = s->now_ns > event->time_ns ? s->now_ns - event->time_ns : 0;
    uint64_t delay = LSC_POLL_DELAY(event->arg2);
    bool is_long = event->arg >= model_process(s->model)->stall_ns;
    put_right(page->screen, &line, 9, STYLE_DIM, words_duration(s->screen, text, ago));
    screen_put(page->screen, &line, 0, 10, STYLE_DIM, "ago");
    put_right(page->screen, &line, 23, is_long ? STYLE_WARNING : STYLE_TEXT,
              words_duration(s->screen, text, event->arg));
    if (delay) {
        screen_put(page->screen, &line, 0, 25, STYLE_DIM, "after");
        put_right(page->screen, &line, 39, STYLE_TEXT, words_duration(s->screen, text, delay));
    }
    if (thread)
        name_thread(name, thread);
    unsigned at = 41 + screen_put(page->screen, &line, 0, 41, STYLE_DIM, name);
    name_place(name, s->model, LSC_POLL_CALLBACK(event->arg2), 0);
    screen_put(page->screen, &line, 0, at + 2, STYLE_OWN_CODE, name);
}

static void print_recent(const struct subject *s, struct page *page)
{
    struct task_recent recent;
    task_recent_of(s->app, app_subject(s->app), &recent);
    bool has_wakers = s->task->senders != NULL;
    if (has_wakers || recent.woken_by.count || recent.woke.count)
        page_title(page, "Wakes");
    print_senders(s, page);
    print_others(s, page, "Woken by", &recent.woken_by);
    print_others(s, page, "Woke", &recent.woke);
    if (recent.poll_count)
        page_title(page, "Latest runs");
    for (unsigned i = 0; i < recent.poll_count; i++)
        print_poll(s, page, &recent.polls[i]);
}

static void print_links(const struct subject *s, struct page *page)
{
    static const struct {
        enum request request;
        const char *text;
    } links[] = {{REQUEST_GO_TASK, "go to the task that spawned it"},
                 {REQUEST_GO_WAKER, "go to who woke it"},
                 {REQUEST_GO_QUEUE, "go to the resource it waits for"},
                 {REQUEST_GO_WAITERS, "go to what it holds, and who waits for that"},
                 {REQUEST_GO_THREAD, "go to the loop or worker it ran on"}};
    char keys[REQUEST_KEYS_BYTES];
    struct entity to;
    bool has_title = false;
    for (unsigned i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        if (!task_link(s->app, app_subject(s->app), links[i].request, &to))
            continue;
        if (!has_title)
            page_gap(page);
        has_title = true;
        page_pair(page, INDENT, request_keys_text(keys, links[i].request), STYLE_KEY,
                  links[i].text);
    }
}

static void print_task(const struct app *app, struct page *page)
{
    static const struct screen plain = {.use_unicode = true};
    const struct entity *entity = app_subject(app);
    struct subject subject = {app, page->screen ? page->screen : &plain,
                              app_model(app, entity->process), task_of(app, entity), 0};
    if (!subject.task) {
        page_text(page, 0, STYLE_DIM,
                  "This task is gone, and its place in the tables is another's. Esc goes back.");
        return;
    }
    subject.now_ns = feed_process_now(app_feed(app), entity->process);
    print_state(&subject, page);
    print_totals(&subject, page);
    print_stranded(&subject, page);
    print_links(&subject, page);
    print_await(&subject, page);
    print_holds(&subject, page);
    print_distributions(&subject, page);
    print_recent(&subject, page);
}

static bool link_to(const struct app *app, enum request request, struct entity *out)
{
    return task_link(app, app_subject(app), request, out);
}

const struct view view_task = {
    .id = "task",
    .title = "Task",
    .help = "One task: its state, who created it, where it waits (the await, its callers, and the "
            "resource), what it holds, how long its runs took and how long it waited from wake to "
            "run (known of the busiest tasks), who woke it and whom it woke in the latest records, "
            "and its latest runs.",
    .opens = ENTITY_TASK,
    .tell = print_task,
    .link = link_to,
};
