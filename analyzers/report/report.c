/* SPDX-License-Identifier: MIT */
/* The registry of report formats, and the judgement of a whole session. */
#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "../model/workers.h"
#include "formats.h"

const struct report_format report_formats[] = {
    {"text", "what a person reads first: findings in sentences, then the evidence", report_text},
    {"json", "every figure, with stable keys", report_json},
    {"folded", "stacks of stalls and blocking calls, in microseconds, for flame graphs",
     report_folded},
    {NULL, NULL, NULL},
};

const struct report_format *report_format_find(const char *name)
{
    for (const struct report_format *format = report_formats; format->name; format++)
        if (strcmp(format->name, name) == 0)
            return format;
    return NULL;
}

void judged_delete(struct judged *judged, unsigned count)
{
    for (unsigned i = 0; judged && i < count; i++)
        findings_delete(judged[i].findings);
    free(judged);
}

struct judged *judged_new(const struct session *session, unsigned *count)
{
    *count = session_count(session);
    struct judged *judged = calloc(*count ? *count : 1, sizeof(*judged));
    for (unsigned i = 0; judged && i < *count; i++) {
        judged[i].model = session_model(session, i);
        judged[i].findings = findings_of(judged[i].model);
        if (!judged[i].findings) {
            judged_delete(judged, *count);
            return NULL;
        }
    }
    return judged;
}

bool has_loop(const struct model *model)
{
    for (unsigned i = 0; i < model_thread_count(model); i++) {
        const struct thread *thread = model_thread_at(model, i);
        if (thread->loop || thread_turn_since(thread) != MODEL_NEVER)
            return true;
    }
    return false;
}

bool has_worker(const struct model *model)
{
    for (unsigned i = 0; i < model_thread_count(model); i++)
        if (thread_worker(model_thread_at(model, i)))
            return true;
    return false;
}

bool report_saw_loop(const struct session *session)
{
    for (unsigned i = 0; i < session_count(session); i++) {
        const struct model *model = session_model(session, i);
        for (unsigned j = 0; j < model_thread_count(model); j++) {
            const struct thread *thread = model_thread_at(model, j);
            if (thread->loop || thread_turn_since(thread) != MODEL_NEVER)
                return true;
        }
    }
    return false;
}

unsigned report_count_findings(const struct session *session, int at_least)
{
    unsigned count, sum = 0;
    struct judged *judged = judged_new(session, &count);
    for (unsigned i = 0; judged && i < count; i++)
        sum += (unsigned)findings_count(judged[i].findings, (enum severity)at_least);
    judged_delete(judged, count);
    return sum;
}
