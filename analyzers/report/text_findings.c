/* SPDX-License-Identifier: MIT */
/* A finding for people: the sentence, the stack from the culprit outward, why it matters, what to
 * try. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "text.h"

#define OUTWARD_MAX 4 /* callers of the culprit shown unless all are asked for */
#define INWARD_MAX 3  /* functions named on the way from the culprit to the call */

static const struct {
    const char *word;
    enum style style;
} severities[] = {[SEVERITY_NOTE] = {"note", STYLE_NOTE},
                  [SEVERITY_WARNING] = {"WARNING", STYLE_WARNING},
                  [SEVERITY_CRITICAL] = {"CRITICAL", STYLE_CRITICAL}};

/* A line put together piece by piece; cut when full. */
struct line {
    char bytes[INK_TEXT_BYTES];
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length =
        vsnprintf(line->bytes + line->used, sizeof(line->bytes) - line->used, format, arguments);
    va_end(arguments);
    size_t left = sizeof(line->bytes) - line->used - 1;
    if (length > 0)
        line->used += (size_t)length < left ? (size_t)length : left;
}

static void add_function(struct line *line, const struct stack_frame *at)
{
    const struct frame *frame = at->frame;
    if (frame->function[0])
        add(line, "%.1000s", frame->function);
    else if (frame->kind == FRAME_SCRIPT || frame->kind == FRAME_SCRIPT_CORE)
        add(line, "(anonymous)");
    else
        add(line, "0x%" PRIx64, at->pc);
}

static void add_frame(struct line *line, const struct stack_frame *at)
{
    const struct frame *frame = at->frame;
    add_function(line, at);
    if (frame->file[0] && frame->line)
        add(line, "  %.1000s:%" PRIu32, frame->file, frame->line);
    else if (frame->file[0])
        add(line, "  %.1000s", frame->file);
    else if (frame->module[0])
        add(line, "  [%.200s]", path_base(frame->module));
}

static bool is_users(const struct stack_frame *at)
{
    return at->frame->kind == FRAME_SCRIPT || at->frame->kind == FRAME_NATIVE;
}

/* "… 9 frames of node and libuv": whose code a run of frames is. */
static void fold(const struct ink *ink, const struct stack_frame *frames, unsigned count)
{
    const char *modules[3];
    unsigned module_count = 0;
    for (unsigned i = 0; i < count && module_count < 3; i++) {
        const char *base = path_base(frames[i].frame->module);
        bool is_new = base[0] != '\0';
        for (unsigned m = 0; m < module_count; m++)
            is_new &= strcmp(base, modules[m]) != 0;
        if (is_new)
            modules[module_count++] = base;
    }
    struct line line = {.used = 0};
    add(&line, "… %u frame%s", count, count == 1 ? "" : "s");
    for (unsigned m = 0; m < module_count; m++)
        add(&line, "%s%.60s", m == 0 ? " of " : m + 1 == module_count ? " and " : ", ", modules[m]);
    ink_line(ink, STYLE_DIM, TEXT_MARGIN + 2, line.bytes);
}

/* From the culprit outward: the user's functions one a line, runs of others folded. */
static void outward(const struct ink *ink, const struct stack_frame *frames, unsigned count)
{
    unsigned shown = 0, i = 0;
    while (i < count) {
        unsigned run = 0;
        while (i + run < count && (!is_users(&frames[i + run]) || shown == OUTWARD_MAX))
            run++;
        if (run) {
            fold(ink, frames + i, run);
            i += run;
            continue;
        }
        struct line line = {.used = 0};
        add_frame(&line, &frames[i++]);
        ink_line(ink, STYLE_PLAIN, TEXT_MARGIN + 2, line.bytes);
        shown++;
    }
}

/* What the culprit called, down to the innermost frame, in one line. */
static void inward(const struct ink *ink, const struct stack_frame *frames, unsigned culprit,
                   const char *call)
{
    struct line line = {.used = 0};
    unsigned named = 0;
    add(&line, "through ");
    for (unsigned i = culprit; i-- > 0;) {
        if (!frames[i].frame->function[0])
            continue;
        if (named == INWARD_MAX) {
            add(&line, " → …");
            break;
        }
        add(&line, "%s", named++ ? " → " : "");
        add_function(&line, &frames[i]);
    }
    if (named == 0)
        return;
    if (call && strcmp(frames[0].frame->function, call) != 0)
        add(&line, " → %s", call);
    ink_line(ink, STYLE_DIM, TEXT_MARGIN + 2, line.bytes);
}

/* Nothing is cut off, however long the line becomes. */
static void whole_stack(const struct ink *ink, const struct stack_frame *frames, unsigned count,
                        int culprit)
{
    struct ink wide = *ink;
    wide.columns = INK_TEXT_BYTES;
    for (unsigned i = 0; i < count; i++) {
        struct line line = {.used = 0};
        bool is_culprit = (int)i == culprit;
        add(&line, "%s", is_culprit ? "▶ " : "  ");
        add_frame(&line, &frames[i]);
        ink_line(&wide, is_culprit ? STYLE_CULPRIT : STYLE_PLAIN, TEXT_MARGIN, line.bytes);
    }
}

/* The culprit as the detector chose it, which may lie outward of the stack's own. */
static int culprit_in(const struct finding *finding, const struct stack_frame *frames,
                      unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (frames[i].frame == finding->where)
            return (int)i;
    return stack_culprit(frames, count);
}

static void stack_block(const struct ink *ink, const struct model *model,
                        const struct finding *finding, bool verbose)
{
    struct stack_frame frames[STACK_FRAMES_MAX];
    unsigned count = stack_frames(model, finding->stack, frames);
    if (count == 0)
        return;
    int culprit = culprit_in(finding, frames, count);
    if (verbose) {
        whole_stack(ink, frames, count, culprit);
        return;
    }
    struct line line = {.used = 0};
    add(&line, "▶ ");
    add_frame(&line, &frames[culprit]);
    ink_line(ink, STYLE_CULPRIT, TEXT_MARGIN, line.bytes);
    if (culprit > 0)
        inward(ink, frames, (unsigned)culprit, finding->call);
    outward(ink, frames + culprit + 1, count - (unsigned)culprit - 1);
}

/* "stalls_on_cpu_ns" as "stalls on cpu": the unit stands with the value. */
static void add_key(struct line *line, const struct fact *fact)
{
    const char *unit = fact->unit == FACT_NS ? "_ns" : fact->unit == FACT_PERCENT ? "_percent" : "";
    size_t length = strlen(fact->key), tail = strlen(unit);
    if (tail && length > tail && strcmp(fact->key + length - tail, unit) == 0)
        length -= tail;
    for (size_t i = 0; i < length; i++)
        add(line, "%c", fact->key[i] == '_' ? ' ' : fact->key[i]);
}

static void facts_block(const struct ink *ink, const struct finding *finding)
{
    struct line line = {.used = 0};
    char value[DURATION_BYTES];
    for (unsigned i = 0; i < finding->fact_count; i++) {
        const struct fact *fact = &finding->facts[i];
        add(&line, "%s", i ? ", " : "");
        add_key(&line, fact);
        add(&line, " ");
        if (fact->unit == FACT_NS)
            add(&line, "%s", duration_text(value, fact->value));
        else if (fact->unit == FACT_PERCENT)
            add(&line, "%" PRIu64 ".%02" PRIu64 " %%", fact->value / 100, fact->value % 100);
        else if (fact->unit == FACT_TEXT)
            add(&line, "'%s'", fact->text);
        else if (fact->unit == FACT_YES)
            add(&line, "yes");
        else
            add(&line, "%" PRIu64, fact->value);
    }
    ink_paragraph(ink, STYLE_DIM, "  facts", TEXT_MARGIN, line.bytes);
}

void text_finding(const struct ink *ink, const struct model *model, const struct finding *finding,
                  bool in_full, bool verbose)
{
    ink_paragraph(ink, severities[finding->severity].style, severities[finding->severity].word,
                  TEXT_MARGIN, finding->title);
    if (!in_full)
        return;
    stack_block(ink, model, finding, verbose);
    if (finding->why[0])
        ink_paragraph(ink, STYLE_DIM, "  why", TEXT_MARGIN, finding->why);
    if (finding->specific[0])
        ink_paragraph(ink, STYLE_STRONG, "  try", TEXT_MARGIN, finding->specific);
    if (finding->advice[0])
        ink_paragraph(ink, STYLE_STRONG, finding->specific[0] ? "" : "  try", TEXT_MARGIN,
                      finding->advice);
    if (verbose)
        facts_block(ink, finding);
}
