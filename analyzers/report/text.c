/* SPDX-License-Identifier: MIT */
/* Format "text": one screen a person reads first. The headline, the findings with the worst on top,
 * then the evidence. Several processes get a section each; those without a loop share one line. */
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Unless all is asked for: findings told in full, and in one sentence. */
#define FULL_MAX 3
#define BRIEF_MAX 5

static void command_of(const struct model *model, char *out, size_t bytes)
{
    const struct process_facts *process = model_process(model);
    const char *command = process->command[0] ? process->command : process->program;
    const char *space = strchr(command, ' ');
    size_t first = space ? (size_t)(space - command) : strlen(command);
    char program[256];
    snprintf(program, sizeof(program), "%.*s", (int)(first < 255 ? first : 255), command);
    snprintf(out, bytes, "%s%.60s%s", path_base(program), command + first,
             strlen(command + first) > 60 ? "…" : "");
}

static void say_end(const struct model *model, char *out, size_t bytes)
{
    const struct end_item *end = model_end(model);
    out[0] = '\0';
    if (!end)
        return;
    switch (end->kind) {
    case END_EXITED:
        if (end->status > 0)
            snprintf(out, bytes, ", exit status %d", end->status);
        break;
    case END_SIGNALED:
        snprintf(out, bytes, ", killed by signal %d", end->status);
        break;
    case END_REPLACED:
        snprintf(out, bytes, ", then replaced by exec");
        break;
    case END_VANISHED:
        snprintf(out, bytes, ", then gone without a word (killed, or left by _exit)");
        break;
    case END_DETACHED:
        snprintf(out, bytes, ", still running");
        break;
    }
}

static void say_counts(const struct findings *findings, char *out, size_t bytes)
{
    size_t critical = findings_count(findings, SEVERITY_CRITICAL);
    size_t warning = findings_count(findings, SEVERITY_WARNING) - critical;
    size_t note = findings->count - critical - warning;
    const struct {
        size_t count;
        const char *one, *many;
    } parts[] = {{critical, "critical", "critical"},
                 {warning, "warning", "warnings"},
                 {note, "note", "notes"}};
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < 3; i++)
        if (parts[i].count)
            used += (size_t)snprintf(out + used, bytes - used, "%s%zu %s", used ? ", " : "",
                                     parts[i].count,
                                     parts[i].count == 1 ? parts[i].one : parts[i].many);
}

/* "2 findings in node server.js (pid 12), watched for 3.1 s: 1 critical, 1 note". */
static void headline(const struct ink *ink, const struct judged *judged, const char *lead)
{
    char command[512], end[96], seen[DURATION_BYTES], counts[96], text[1024];
    const struct findings *findings = judged->findings;
    size_t serious = findings_count(findings, SEVERITY_WARNING);
    command_of(judged->model, command, sizeof(command));
    say_end(judged->model, end, sizeof(end));
    say_counts(findings, counts, sizeof(counts));
    snprintf(text, sizeof(text), "%s (pid %" PRIu32 "), watched for %s%s", command,
             model_process(judged->model)->pid, duration_text(seen, model_seen_ns(judged->model)),
             end);
    if (serious)
        ink_print(ink, lead, 0, "%zu finding%s in %s: %s.", findings->count,
                  findings->count == 1 ? "" : "s", text, counts);
    else if (!has_loop(judged->model) && !has_worker(judged->model))
        ink_print(ink, lead, 0, "no event loop seen in %s.", text);
    else if (findings->count)
        ink_print(ink, lead, 0, "nothing wrong with %s: %s, nothing that matters.", text, counts);
    else
        ink_print(ink, lead, 0, "nothing wrong with %s.", text);
}

static void findings_block(const struct ink *ink, const struct judged *judged, bool verbose)
{
    const struct findings *findings = judged->findings;
    size_t full = 0, brief = 0, i;
    for (i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        bool in_full = verbose || (full < FULL_MAX && finding->severity > SEVERITY_NOTE);
        if (!in_full && brief == BRIEF_MAX)
            break;
        if (in_full || brief == 0)
            ink_break(ink);
        text_finding(ink, judged->model, finding, in_full, verbose);
        full += in_full;
        brief += !in_full;
    }
    if (i < findings->count || findings->unheld)
        ink_print(ink, "", TEXT_MARGIN,
                  "… and %zu more, each less serious (all of them: --verbose)",
                  findings->count - i + findings->unheld);
}

/* Loop detectors had too little to judge by. */
static bool is_too_early(const struct findings *findings)
{
    for (unsigned i = 0; i < DETECTOR_COUNT; i++)
        if (strcmp(detectors[i]->id, "cpu-stall") == 0)
            return findings->verdicts[i] == VERDICT_NOT_YET;
    return false;
}

static void section(const struct ink *ink, const struct judged *judged,
                    const struct report_options *options, const char *lead)
{
    headline(ink, judged, lead);
    if (options->notice)
        ink_print(ink, "", 2, "%s", options->notice);
    bool is_empty = !has_loop(judged->model) && !has_worker(judged->model);
    if (is_empty && options->advice_when_empty)
        ink_print(ink, "", 2, "%s", options->advice_when_empty);
    else if (has_loop(judged->model) && is_too_early(judged->findings))
        ink_print(ink, "", 2,
                  "Too few turns were seen to judge it: watch it longer, and under load.");
    findings_block(ink, judged, options->verbose);
    ink_break(ink);
    text_evidence(ink, judged->model, options->verbose);
}

/* Worst first; ties in order of appearance. */
static int worse(const struct judged *a, const struct judged *b)
{
    for (int severity = SEVERITY_CRITICAL; severity >= SEVERITY_NOTE; severity--) {
        size_t x = findings_count(a->findings, (enum severity)severity);
        size_t y = findings_count(b->findings, (enum severity)severity);
        if (x != y)
            return x > y ? -1 : 1;
    }
    return 0;
}

static void sort_processes(struct judged *judged, unsigned count)
{
    for (unsigned i = 1; i < count; i++) {
        struct judged moved = judged[i];
        unsigned at = i;
        for (; at > 0 && worse(&moved, &judged[at - 1]) < 0; at--)
            judged[at] = judged[at - 1];
        judged[at] = moved;
    }
}

static void healthy_line(const struct ink *ink, const struct judged *judged)
{
    char command[512], figures[512];
    const struct thread *loop = busiest_loop(judged->model);
    command_of(judged->model, command, sizeof(command));
    loop_figures(figures, sizeof(figures), loop);
    ink_print(ink, "  fine", TEXT_MARGIN, "%s (pid %" PRIu32 "): %s", command,
              model_process(judged->model)->pid, figures);
}

static void loopless_line(const struct ink *ink, const struct judged *judged, unsigned count)
{
    char text[1024];
    unsigned listed = 0, left = 0;
    size_t used = 0;
    for (unsigned i = 0; i < count; i++) {
        if (has_loop(judged[i].model) || judged[i].findings->count)
            continue;
        if (used + 120 > sizeof(text)) {
            left++;
            continue;
        }
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%.40s (%" PRIu32 ")",
                                 listed++ ? ", " : "", model_process(judged[i].model)->program,
                                 model_process(judged[i].model)->pid);
    }
    if (left)
        snprintf(text + used, sizeof(text) - used, ", … %u more", left);
    if (listed)
        ink_print(ink, "  no loop", TEXT_MARGIN, "%s", text);
}

static void overview(const struct ink *ink, const struct judged *judged, unsigned count,
                     const struct report_options *options)
{
    size_t serious = 0, affected = 0;
    for (unsigned i = 0; i < count; i++) {
        size_t own = findings_count(judged[i].findings, SEVERITY_WARNING);
        serious += own;
        affected += own > 0;
    }
    if (serious)
        ink_print(ink, "loopscope:", 0,
                  "%zu serious finding%s in %zu of %u processes, the worst first.", serious,
                  serious == 1 ? "" : "s", affected, count);
    else
        ink_print(ink, "loopscope:", 0, "nothing wrong in %u processes.", count);
    if (options->notice)
        ink_print(ink, "", 2, "%s", options->notice);
}

static void many(const struct ink *ink, struct judged *judged, unsigned count,
                 const struct report_options *options)
{
    struct report_options quiet = *options;
    quiet.notice = quiet.advice_when_empty = NULL;
    sort_processes(judged, count);
    overview(ink, judged, count, options);
    for (unsigned i = 0; i < count; i++) {
        if (!findings_count(judged[i].findings, SEVERITY_WARNING) &&
            !(options->verbose && has_loop(judged[i].model)))
            continue;
        ink_break(ink);
        section(ink, &judged[i], &quiet, "──");
    }
    ink_break(ink);
    for (unsigned i = 0; i < count && !options->verbose; i++) {
        if (!has_loop(judged[i].model) || findings_count(judged[i].findings, SEVERITY_WARNING))
            continue;
        healthy_line(ink, &judged[i]);
    }
    loopless_line(ink, judged, count);
}

/* One process of interest among helpers without a loop (a shell, say) is told like a lone one. */
static int only_one_of_interest(const struct judged *judged, unsigned count)
{
    int found = -1;
    for (unsigned i = 0; i < count; i++) {
        bool is_empty = !has_loop(judged[i].model) && !has_worker(judged[i].model);
        if (is_empty && judged[i].findings->count == 0)
            continue;
        if (found >= 0)
            return -1;
        found = (int)i;
    }
    return found;
}

static void all(const struct ink *ink, struct judged *judged, unsigned count,
                const struct report_options *options)
{
    int only = count == 1 ? 0 : only_one_of_interest(judged, count);
    if (only < 0) {
        many(ink, judged, count, options);
        return;
    }
    section(ink, &judged[only], options, "loopscope:");
    if (count > 1)
        loopless_line(ink, judged, count);
}

int report_text(FILE *out, const struct session *session, const struct report_options *options)
{
    unsigned columns = options->columns < 60 ? 60 : options->columns > 200 ? 200 : options->columns;
    struct ink ink = {.out = out,
                      .use_color = options->use_color,
                      .use_unicode = options->use_unicode,
                      .columns = columns};
    unsigned count;
    struct judged *judged = judged_new(session, &count);
    if (!judged)
        return -ENOMEM;
    if (count == 0)
        ink_print(&ink, "loopscope:", 0, "no process was seen.%s%s",
                  options->advice_when_empty ? " " : "",
                  options->advice_when_empty ? options->advice_when_empty : "");
    else
        all(&ink, judged, count, options);
    if (count == 0 && options->notice)
        ink_print(&ink, "", 2, "%s", options->notice);
    judged_delete(judged, count);
    return ferror(out) ? -EIO : 0;
}
