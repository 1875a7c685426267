/* SPDX-License-Identifier: MIT */
/* Where the turns' time went: by phase, and by the callbacks that took most of it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define CALLBACKS_SHOWN 3
#define CALLBACKS_VERBOSE 15
#define LOOPS_VERBOSE 16

/* "timers 1.2 s, poll 340 ms, the loop itself and the kernel 120 ms", the largest first. */
static void phases_text(char *out, size_t bytes, const uint64_t phase_ns[LSC_PHASE_LIMIT],
                        uint64_t other_ns)
{
    bool is_told[LSC_PHASE_LIMIT] = {false};
    char duration[DURATION_BYTES];
    size_t used = 0;
    for (unsigned n = 0; n < LSC_PHASE_LIMIT; n++) {
        unsigned most = LSC_PHASE_LIMIT;
        for (unsigned i = 0; i < LSC_PHASE_LIMIT; i++)
            if (!is_told[i] && phase_ns[i] &&
                (most == LSC_PHASE_LIMIT || phase_ns[i] > phase_ns[most]))
                most = i;
        if (most == LSC_PHASE_LIMIT)
            break;
        is_told[most] = true;
        used += (size_t)snprintf(out + used, bytes - used, "%s %s, ",
                                 most == LSC_PHASE_NONE ? "tasks" : phase_name(most),
                                 duration_text(duration, phase_ns[most]));
    }
    snprintf(out + used, bytes - used, "the loop itself and the kernel %s",
             duration_text(duration, other_ns));
}

void callback_text(char *out, size_t bytes, const struct model *model, uint32_t callback)
{
    uint64_t pc;
    const struct frame *frame = callback_frame(model, callback, &pc);
    const char *module = frame ? path_base(frame->module) : "";
    if (!frame)
        snprintf(out, bytes, callback ? "functions without a name" : "tasks");
    else if (!frame->function[0])
        snprintf(out, bytes, "0x%" PRIx64 "%s%.60s%s", pc, module[0] ? " (" : "", module,
                 module[0] ? ")" : "");
    else if (frame->file[0] && frame->line)
        snprintf(out, bytes, "%.120s (%.80s:%" PRIu32 ")", frame->function, path_base(frame->file),
                 frame->line);
    else
        snprintf(out, bytes, "%.120s%s%.60s%s", frame->function, module[0] ? " (" : "", module,
                 module[0] ? ")" : "");
}

/* ", tcp read": the kind of task, and which of its callbacks. */
static void kind_text(char *out, size_t bytes, const struct model *model, uint32_t what)
{
    struct text kind = model_string(model, CALLBACK_KIND(what));
    const char *role = role_name(CALLBACK_ROLE(what));
    out[0] = '\0';
    if (kind.length || role[0])
        snprintf(out, bytes, ", %.60s%s%s", kind.bytes, kind.length && role[0] ? " " : "", role);
}

static void callback_line(const struct ink *ink, const struct model *model,
                          const struct callback_row *row, bool verbose)
{
    char function[300], kind[100], total[DURATION_BYTES], worst[DURATION_BYTES];
    char delay[DURATION_BYTES], late[64] = "";
    kind_text(kind, sizeof(kind), model, row->key.what);
    callback_text(function, sizeof(function), model, row->key.callback);
    if (verbose && row->delays)
        snprintf(late, sizeof(late), "; waited at most %s",
                 duration_text(delay, row->worst_delay_ns));
    ink_print(ink, "", TEXT_MARGIN, "%s%s: %" PRIu64 " time%s, %s in total, at worst %s%s",
              function, kind, row->count, row->count == 1 ? "" : "s",
              duration_text(total, row->total_ns), duration_text(worst, row->worst_ns), late);
}

static void callback_lines(const struct ink *ink, const struct model *model,
                           const struct thread *thread, bool verbose)
{
    size_t count, most = verbose ? CALLBACKS_VERBOSE : CALLBACKS_SHOWN;
    const struct callback_row **rows = callbacks_sorted(model, thread->id, &count);
    for (size_t i = 0; i < count && i < most; i++)
        callback_line(ink, model, rows[i], verbose);
    if (verbose && count > most)
        ink_print(ink, "", TEXT_MARGIN, "… %zu more callbacks, each with less time", count - most);
    free(rows);
}

static void worst_lines(const struct ink *ink, const struct model *model,
                        const struct loop_time *time)
{
    for (unsigned i = 0; i < time->worst_count; i++) {
        const struct turn_time *turn = &time->worst[i];
        char wall[DURATION_BYTES], at[DURATION_BYTES], longest[DURATION_BYTES];
        char phases[400], function[300];
        if (!turn->polls)
            continue;
        phases_text(phases, sizeof(phases), turn->phase_ns, turn->other_ns);
        function[0] = '\0';
        if (turn->callback)
            callback_text(function, sizeof(function), model, turn->callback);
        ink_print(ink, "", TEXT_MARGIN, "turn of %s at %s: %s; its longest poll %s%stook %s",
                  duration_text(wall, turn->end_ns - turn->start_ns),
                  duration_text(at, turn->start_ns), phases, function, function[0] ? " " : "",
                  duration_text(longest, turn->longest_ns));
    }
}

void text_turns(const struct ink *ink, const struct model *model, const struct thread *const *loops,
                unsigned count, bool verbose)
{
    unsigned shown = 0;
    for (unsigned i = 0; i < count && shown < (verbose ? LOOPS_VERBOSE : 1); i++) {
        const struct loop_time *time = thread_time(loops[i]);
        char phases[400];
        if (!time || time->polls == 0)
            continue;
        phases_text(phases, sizeof(phases), time->phase_ns, time->other_ns);
        ink_print(ink, shown++ ? "" : "  time", TEXT_MARGIN,
                  "where the turns' time of '%s' (tid %" PRIu32 ") went: %s", loops[i]->name,
                  loops[i]->tid, phases);
        callback_lines(ink, model, loops[i], verbose);
        if (verbose)
            worst_lines(ink, model, time);
    }
}
