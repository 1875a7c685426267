/* SPDX-License-Identifier: MIT */
/* Format "json": every figure under stable keys, in a stable order. */
#include "formats.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json_value.h"

/* Rows of tasks beyond this are in the totals only. */
#define JSON_TASKS_MAX 200

static json_t *string_of(const struct model *model, uint32_t id)
{
    return value_text(model_string(model, id).bytes);
}

static json_t *started(const struct process_facts *process)
{
    time_t seconds = (time_t)(process->started_real_ns / 1000000000);
    struct tm utc;
    char out[64];
    if (process->started_real_ns <= 0 || !gmtime_r(&seconds, &utc))
        return json_null();
    snprintf(out, sizeof(out), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
             utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
             (int)(process->started_real_ns / 1000000 % 1000));
    return value_text(out);
}

static json_t *exit_object(const struct model *model)
{
    static const char *const kinds[] = {[END_EXITED] = "exited",
                                        [END_SIGNALED] = "signaled",
                                        [END_REPLACED] = "replaced",
                                        [END_VANISHED] = "vanished",
                                        [END_DETACHED] = "running"};
    const struct end_item *end = model_end(model);
    if (!end || (unsigned)end->kind > END_DETACHED)
        return json_null();
    json_t *exit = json_pack("{s:s}", "kind", kinds[end->kind]);
    if (end->kind == END_EXITED && end->status >= 0)
        json_object_set_new(exit, "status", json_integer(end->status));
    if (end->kind == END_SIGNALED)
        json_object_set_new(exit, "signal", json_integer(end->status));
    return exit;
}

static json_t *process_object(const struct model *model)
{
    const struct process_facts *process = model_process(model);
    json_t *object = json_object();
    json_object_set_new(object, "pid", value_number(process->pid));
    json_object_set_new(object, "ppid", value_number(process->ppid));
    json_object_set_new(object, "program", value_text(process->program));
    json_object_set_new(object, "command", value_text(process->command));
    json_object_set_new(object, "executable", value_text(process->executable));
    json_object_set_new(object, "started", started(process));
    json_object_set_new(object, "duration_ns", value_number(model_seen_ns(model)));
    json_object_set_new(object, "exit", exit_object(model));
    json_object_set_new(object, "stall_threshold_ns", value_number(process->stall_ns));
    json_object_set_new(object, "block_threshold_ns", value_number(process->block_ns));
    return object;
}

static json_t *lost_object(const struct model *model)
{
    const struct tables_lost_item *lost = model_tables_lost(model);
    const struct unheld *unheld = model_unheld(model);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "records",
                     value_number(model_lost_records(model)), "tasks",
                     value_number(lost->tasks + unheld->tasks), "stacks",
                     value_number(lost->stacks + unheld->stacks), "threads",
                     value_number(lost->threads + unheld->threads), "resources",
                     value_number(lost->resources + unheld->resources), "strings",
                     value_number(lost->strings + unheld->strings), "sites",
                     value_number(lost->sites + unheld->sites), "rows", value_number(unheld->rows));
}

static json_t *bits(uint32_t mask, const char *(*name)(uint32_t))
{
    json_t *array = json_array();
    for (unsigned i = 0; i < 32; i++)
        if ((mask & (1u << i)) && name(1u << i))
            json_array_append_new(array, value_text(name(1u << i)));
    return array;
}

static json_t *loop_object(const struct thread *thread)
{
    static const struct loop none;
    const struct loop *loop = thread->loop ? thread->loop : &none;
    uint64_t since = thread_turn_since(thread);
    json_t *object = json_object();
    json_object_set_new(object, "name", value_text(thread->name));
    json_object_set_new(object, "tid", value_number(thread->tid));
    json_object_set_new(object, "turns", value_number(loop->turns));
    json_object_set_new(object, "busy_ns", value_number(loop->busy_ns));
    json_object_set_new(object, "idle_ns", value_number(loop->idle_ns));
    json_object_set_new(object, "utilization", value_ratio(thread_utilization(thread)));
    json_object_set_new(object, "turn_ns", value_quantiles(&loop->turn_ns));
    json_object_set_new(object, "lag_ns", value_quantiles(&loop->lag_ns));
    json_object_set_new(object, "ready",
                        json_pack("{s:o, s:o}", "p50",
                                  value_number(histogram_quantile(&loop->ready, 5000)), "max",
                                  value_number(loop->ready.max)));
    json_object_set_new(object, "stalls", value_number(loop->stalls));
    json_object_set_new(object, "batch_full", value_number(loop->batch_full));
    json_object_set_new(object, "turn_in_progress_ns",
                        since == MODEL_NEVER ? json_null()
                                             : value_number(thread->now.time_ns - since));
    json_object_set_new(object, "lost", value_number(thread->lost + thread->dropped));
    return object;
}

static json_t *loops_array(const struct model *model)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < model_thread_count(model); i++) {
        const struct thread *thread = model_thread_at(model, i);
        if (thread->loop || thread_turn_since(thread) != MODEL_NEVER)
            json_array_append_new(array, loop_object(thread));
    }
    return array;
}

static json_t *site_object(const struct model *model, uint32_t id)
{
    const struct site *site = model_site(model, id);
    if (!site)
        return json_null();
    return json_pack("{s:o, s:o, s:o}", "function", string_of(model, site->function), "file",
                     string_of(model, site->file), "line", value_number(site->line));
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Busiest first, then by slot: a total order. */
static int busier_first(const void *left, const void *right)
{
    const struct task_row *a = *(const struct task_row *const *)left;
    const struct task_row *b = *(const struct task_row *const *)right;
    uint64_t busy_a = larger(a->busy_ns, a->info.busy_ns);
    uint64_t busy_b = larger(b->busy_ns, b->info.busy_ns);
    if (busy_a != busy_b)
        return busy_a > busy_b ? -1 : 1;
    return a->handle < b->handle ? -1 : a->handle > b->handle;
}

static json_t *task_object(const struct model *model, const struct task_row *task)
{
    static const char *const states[] = {[LSC_TASK_FREE] = "unknown",
                                         [LSC_TASK_IDLE] = "idle",
                                         [LSC_TASK_READY] = "ready",
                                         [LSC_TASK_RUNNING] = "running",
                                         [LSC_TASK_ENDED] = "ended"};
    unsigned state =
        (unsigned)task->info.state <= LSC_TASK_ENDED ? task->info.state : LSC_TASK_FREE;
    json_t *object = json_object();
    json_object_set_new(object, "id", value_number(task->info.id ? task->info.id : task->handle));
    json_object_set_new(object, "kind", string_of(model, task->info.kind));
    json_object_set_new(object, "name", string_of(model, task->info.name));
    json_object_set_new(object, "site", site_object(model, task->info.site));
    json_object_set_new(object, "polls", value_number(larger(task->polls, task->info.polls)));
    json_object_set_new(object, "busy_ns", value_number(larger(task->busy_ns, task->info.busy_ns)));
    json_object_set_new(object, "wakes", value_number(larger(task->wakes, task->info.wakes)));
    json_object_set_new(object, "self_wakes",
                        value_number(larger(task->self_wakes, task->info.self_wakes)));
    json_object_set_new(object, "poll_ns", value_quantiles(task->poll_ns));
    json_object_set_new(object, "sched_delay_ns", value_quantiles(task->delay_ns));
    json_object_set_new(object, "state", value_text(task->has_ended ? "ended" : states[state]));
    json_object_set_new(object, "await", site_object(model, task->await_site));
    return object;
}

static json_t *tasks_array(const struct model *model, size_t *beyond)
{
    json_t *array = json_array();
    unsigned slots = model_task_slots(model);
    size_t count = 0;
    const struct task_row **rows = calloc(slots ? slots : 1, sizeof(struct task_row *));
    for (unsigned i = 0; rows && i < slots; i++)
        if (model_task_at(model, i))
            rows[count++] = model_task_at(model, i);
    if (rows)
        qsort(rows, count, sizeof(struct task_row *), busier_first);
    for (size_t i = 0; i < count && i < JSON_TASKS_MAX; i++)
        json_array_append_new(array, task_object(model, rows[i]));
    *beyond = count > JSON_TASKS_MAX ? count - JSON_TASKS_MAX : 0;
    free(rows);
    return array;
}

static json_t *depth_object(uint64_t p50, uint64_t p99, uint64_t max)
{
    return json_pack("{s:o, s:o, s:o}", "p50", value_number(p50), "p99", value_number(p99), "max",
                     value_number(max));
}

static json_t *pool_object(const struct model *model, const struct pool *pool)
{
    struct pool_view view = pool_view(model, pool);
    char name[160];
    pool_name(model, pool, name, sizeof(name));
    json_t *object = json_object();
    json_object_set_new(object, "name", value_text(name));
    json_object_set_new(object, "kind", value_text("pool"));
    json_object_set_new(object, "capacity", value_number(pool->size_max));
    json_object_set_new(object, "depth", depth_object(view.busy_p50, view.busy_p99, view.busy_max));
    json_object_set_new(object, "saturated_ns", value_number(view.saturated_ns));
    json_object_set_new(object, "wait_ns", json_null());
    json_object_set_new(object, "service_ns", value_quantiles(&pool->spell_ns));
    json_object_set_new(object, "dropped", value_number(0));
    json_object_set_new(object, "utilization", value_ratio(view.utilization));
    json_object_set_new(object, "longest_saturated_ns", value_number(view.longest_ns));
    json_object_set_new(object, "inferred", json_true());
    return object;
}

static json_t *resource_object(const struct model *model, const struct resource_row *row)
{
    uint64_t longest;
    uint64_t saturated = resource_saturated_ns(model, row, &longest);
    json_t *object = json_object();
    json_object_set_new(object, "name", string_of(model, row->info.name));
    json_object_set_new(object, "kind", string_of(model, row->info.kind));
    json_object_set_new(object, "capacity", value_number(row->capacity));
    json_object_set_new(object, "depth",
                        depth_object(histogram_quantile(&row->depths, 5000),
                                     histogram_quantile(&row->depths, 9900), row->depth_max));
    json_object_set_new(object, "saturated_ns", value_number(saturated));
    json_object_set_new(object, "wait_ns", json_null());
    json_object_set_new(object, "service_ns", json_null());
    json_object_set_new(object, "dropped", value_number(row->dropped));
    json_object_set_new(object, "longest_saturated_ns", value_number(longest));
    json_object_set_new(object, "inferred", json_false());
    return object;
}

static json_t *queues_array(const struct model *model)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < model_pool_count(model); i++)
        json_array_append_new(array, pool_object(model, model_pool_at(model, i)));
    for (unsigned i = 0; i < model_resource_slots(model); i++)
        if (model_resource_at(model, i))
            json_array_append_new(array, resource_object(model, model_resource_at(model, i)));
    return array;
}

static json_t *frame_object(const struct frame *frame)
{
    static const struct frame none = {.function = "", .file = "", .module = ""};
    if (!frame)
        frame = &none;
    return json_pack("{s:o, s:o, s:o, s:o}", "function", value_text(frame->function), "file",
                     value_text(frame->file), "line", value_number(frame->line), "module",
                     value_text(frame->module));
}

static json_t *stack_array(const struct model *model, uint32_t stack)
{
    static const char *const kinds[] = {
        [FRAME_NATIVE] = "native",           [FRAME_LIBRARY] = "library",
        [FRAME_SYSTEM] = "system",           [FRAME_SCRIPT] = "script",
        [FRAME_SCRIPT_CORE] = "script-core", [FRAME_UNKNOWN] = "unknown"};
    struct stack_frame frames[STACK_FRAMES_MAX];
    unsigned count = stack_frames(model, stack, frames);
    json_t *array = json_array();
    for (unsigned i = 0; i < count; i++) {
        char address[32];
        unsigned kind =
            frames[i].frame->kind <= FRAME_UNKNOWN ? frames[i].frame->kind : FRAME_UNKNOWN;
        json_t *object = frame_object(frames[i].frame);
        snprintf(address, sizeof(address), "0x%" PRIx64, frames[i].pc);
        json_object_set_new(object, "address", value_text(address));
        json_object_set_new(object, "kind", value_text(kinds[kind]));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *fact_value(const struct fact *fact)
{
    switch (fact->unit) {
    case FACT_NS:
    case FACT_COUNT:
        return value_number(fact->value);
    case FACT_PERCENT:
        return json_real((double)fact->value / 100.0);
    case FACT_TEXT:
        return value_text(fact->text);
    case FACT_YES:
        return json_true();
    }
    return json_null();
}

static json_t *evidence_object(const struct finding *finding)
{
    json_t *object = json_object();
    for (unsigned i = 0; i < finding->fact_count; i++)
        json_object_set_new(object, finding->facts[i].key, fact_value(&finding->facts[i]));
    return object;
}

static json_t *finding_object(const struct model *model, const struct finding *finding)
{
    static const char *const severities[] = {
        [SEVERITY_NOTE] = "note", [SEVERITY_WARNING] = "warning", [SEVERITY_CRITICAL] = "critical"};
    json_t *object = json_object();
    json_object_set_new(object, "detector", value_text(finding->detector->id));
    json_object_set_new(object, "severity", value_text(severities[finding->severity]));
    json_object_set_new(object, "title", value_text(finding->title));
    json_object_set_new(object, "entity", value_text(finding->entity));
    json_object_set_new(object, "where", frame_object(finding->where));
    json_object_set_new(object, "call", finding->call ? value_text(finding->call) : json_null());
    json_object_set_new(object, "cause", value_text(finding->cause));
    json_object_set_new(object, "count", value_number(finding->count));
    json_object_set_new(object, "total_ns", value_number(finding->total_ns));
    json_object_set_new(object, "worst_ns", value_number(finding->worst_ns));
    json_object_set_new(object, "first_ns", value_number(finding->first_ns));
    json_object_set_new(object, "last_ns", value_number(finding->last_ns));
    json_object_set_new(object, "in_progress", json_boolean(finding->in_progress));
    json_object_set_new(object, "stack", stack_array(model, finding->stack));
    json_object_set_new(object, "evidence", evidence_object(finding));
    json_object_set_new(object, "why", value_text(finding->why));
    json_object_set_new(object, "advice", value_text(finding->advice));
    return object;
}

static json_t *findings_array(const struct judged *judged)
{
    json_t *array = json_array();
    for (size_t i = 0; i < judged->findings->count; i++)
        json_array_append_new(array, finding_object(judged->model, &judged->findings->items[i]));
    return array;
}

static json_t *verdicts_object(const struct findings *findings)
{
    static const char *const words[] = {
        [VERDICT_OK] = "ok", [VERDICT_FINDING] = "finding", [VERDICT_NOT_YET] = "not-yet"};
    json_t *object = json_object();
    for (unsigned i = 0; i < DETECTOR_COUNT; i++)
        json_object_set_new(object, detectors[i]->id, value_text(words[findings->verdicts[i]]));
    return object;
}

static void fill(json_t *object, const struct judged *judged)
{
    const struct model *model = judged->model;
    size_t beyond;
    json_object_set_new(object, "process", process_object(model));
    json_object_set_new(object, "lost", lost_object(model));
    json_object_set_new(object, "depths", bits(model_process(model)->depths, depth_name));
    json_object_set_new(object, "limits", bits(model_process(model)->limits, limit_words));
    json_object_set_new(object, "loops", loops_array(model));
    json_object_set_new(object, "tasks", tasks_array(model, &beyond));
    json_object_set_new(object, "tasks_beyond", value_number(beyond));
    json_object_set_new(object, "queues", queues_array(model));
    json_object_set_new(object, "verdicts", verdicts_object(judged->findings));
    json_object_set_new(object, "findings", findings_array(judged));
    json_object_set_new(object, "findings_beyond", value_number(judged->findings->unheld));
}

static json_t *document(const struct judged *judged, unsigned count,
                        const struct report_options *options)
{
    json_t *root = json_pack("{s:i}", "loopscope", 1);
    if (options->notice)
        json_object_set_new(root, "notice", value_text(options->notice));
    if (count == 1) {
        fill(root, &judged[0]);
        return root;
    }
    json_t *processes = json_array();
    for (unsigned i = 0; i < count; i++) {
        json_t *object = json_object();
        fill(object, &judged[i]);
        json_array_append_new(processes, object);
    }
    json_object_set_new(root, "processes", processes);
    return root;
}

int report_json(FILE *out, const struct session *session, const struct report_options *options)
{
    unsigned count;
    struct judged *judged = judged_new(session, &count);
    if (!judged)
        return -ENOMEM;
    json_t *root = document(judged, count, options);
    judged_delete(judged, count);
    int status = json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    json_decref(root);
    fputc('\n', out);
    return status < 0 || ferror(out) ? -EIO : 0;
}
