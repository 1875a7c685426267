/* SPDX-License-Identifier: MIT */
/* Format "json": every figure under stable keys, in a stable order. */
#include "formats.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json_parts.h"

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

static void fill(json_t *object, const struct judged *judged)
{
    const struct model *model = judged->model;
    size_t beyond;
    json_object_set_new(object, "process", process_object(model));
    json_object_set_new(object, "lost", lost_object(model));
    json_object_set_new(object, "depths", bits(model_process(model)->depths, depth_name));
    json_object_set_new(object, "limits", bits(model_process(model)->limits, limit_words));
    json_object_set_new(object, "loops", section_loops(model));
    json_object_set_new(object, "workers", section_workers(model));
    json_object_set_new(object, "tasks", section_tasks(model, &beyond));
    json_object_set_new(object, "tasks_beyond", value_number(beyond));
    json_object_set_new(object, "task_classes", section_task_classes(model, &beyond));
    json_object_set_new(object, "task_classes_beyond", value_number(beyond));
    json_object_set_new(object, "queues", section_queues(model));
    json_object_set_new(object, "verdicts", section_verdicts(judged->findings));
    json_object_set_new(object, "findings", section_findings(judged));
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
