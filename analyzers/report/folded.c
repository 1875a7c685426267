/* SPDX-License-Identifier: MIT */
/* Format "folded": one line per stack, root first, weighted by microseconds: the CPU time and
 * faults of stalls, and the blocking calls. Frames: program (pid), thread, then the stack; a call
 * that slept is the leaf. Read by flamegraph.pl, speedscope, inferno. */
#include "formats.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../source/text.h"

static void put_name(FILE *out, const char *name)
{
    char safe[1024];
    text_clean(safe, sizeof(safe), name, strlen(name));
    for (char *at = safe; *at; at++) /* ';' parts frames */
        fputc(*at == ';' ? ':' : *at, out);
}

static void put_frame(FILE *out, const struct stack_frame *at)
{
    const struct frame *frame = at->frame;
    fputc(';', out);
    if (frame->function[0])
        put_name(out, frame->function);
    else if (frame->module[0])
        fprintf(out, "["), put_name(out, path_base(frame->module)), fprintf(out, "]");
    else
        fprintf(out, "0x%" PRIx64, at->pc);
    if (frame->kind == FRAME_SCRIPT || frame->kind == FRAME_SCRIPT_CORE)
        fputs("_[j]", out);
    else if (frame->is_inline)
        fputs("_[i]", out);
}

static void put_stack(FILE *out, const struct model *model, uint32_t thread_id, uint32_t stack,
                      const char *leaf, uint64_t ns)
{
    struct stack_frame frames[STACK_FRAMES_MAX];
    unsigned count = stack_frames(model, stack, frames);
    const struct thread *thread = model_thread(model, thread_id);
    const struct process_facts *process = model_process(model);
    if (ns < 1000)
        return;
    put_name(out, process->program[0] ? process->program : "?");
    fprintf(out, " (%" PRIu32 ");", process->pid);
    put_name(out, thread && thread->name[0] ? thread->name : "?");
    fprintf(out, " (%" PRIu32 ")", thread ? thread->tid : 0);
    for (unsigned i = count; i-- > 0;)
        put_frame(out, &frames[i]);
    if (leaf && (count == 0 || strcmp(frames[0].frame->function, leaf) != 0))
        fprintf(out, ";%s", leaf);
    fprintf(out, " %" PRIu64 "\n", ns / 1000);
}

static const char *const part_leaves[PART_COUNT] = {[PART_STARVED] = "[no CPU]",
                                                    [PART_FAULT] = "[page fault]",
                                                    [PART_ASLEEP] = "[asleep]",
                                                    [PART_UNKNOWN] = "[unexplained]"};

static void put_process(FILE *out, const struct model *model)
{
    size_t count;
    struct cause_row *causes = model_causes(model, &count);
    for (size_t i = 0; i < count; i++) {
        bool has_stack = causes[i].key.part != PART_ASLEEP && causes[i].key.part != PART_STARVED;
        put_stack(out, model, causes[i].key.thread, has_stack ? causes[i].key.id : 0,
                  part_leaves[causes[i].key.part], causes[i].total_ns);
    }
    free(causes);
    struct blocked_row *blocked = model_blocked(model, &count);
    for (size_t i = 0; i < count; i++)
        if (!blocked[i].key.is_nonblocking)
            put_stack(out, model, blocked[i].key.thread, blocked[i].key.stack,
                      call_name(blocked[i].key.call), blocked[i].total_ns);
    free(blocked);
    for (unsigned i = 0; i < model_short_count(model); i++) {
        const struct short_row *row = model_short_at(model, i);
        put_stack(out, model, row->key.thread, row->key.stack, call_name(row->key.call),
                  row->total_ns);
    }
}

int report_folded(FILE *out, const struct session *session, const struct report_options *options)
{
    (void)options;
    for (unsigned i = 0; i < session_count(session); i++)
        put_process(out, session_model(session, i));
    return ferror(out) ? -EIO : 0;
}
