/* SPDX-License-Identifier: MIT */
/* Names, as short as they can be told apart. */
#include "names.h"

#include <inttypes.h>
#include <stdio.h>

#include "analyzers/detect/judge.h"
#include "console/top/screen/style.h"

void name_thread(char out[NAME_BYTES], const struct thread *thread)
{
    snprintf(out, NAME_BYTES, "%.64s %" PRIu32, thread->name[0] ? thread->name : "thread",
             thread->tid);
}

void name_frame(char out[NAME_BYTES], const struct frame *frame, uint64_t pc)
{
    char function[160];
    if (frame->function[0])
        snprintf(function, sizeof(function), "%.150s", frame->function);
    else if (frame->kind == FRAME_SCRIPT || frame->kind == FRAME_SCRIPT_CORE)
        snprintf(function, sizeof(function), "(anonymous)");
    else
        snprintf(function, sizeof(function), "0x%" PRIx64, pc);
    if (frame->file[0] && frame->line)
        snprintf(out, NAME_BYTES, "%s (%.70s:%" PRIu32 ")", function, path_base(frame->file),
                 frame->line);
    else if (frame->module[0])
        snprintf(out, NAME_BYTES, frame->module[0] == '[' ? "%s %.70s" : "%s [%.70s]", function,
                 path_base(frame->module)); /* [vdso] has brackets of its own */
    else
        snprintf(out, NAME_BYTES, "%s", function);
}

void name_site(char out[NAME_BYTES], const struct model *model, uint32_t id)
{
    const struct site *site = model_site(model, id);
    out[0] = '\0';
    if (!site)
        return;
    struct text function = model_string(model, site->function);
    struct text file = model_string(model, site->file);
    if (file.length)
        snprintf(out, NAME_BYTES, "%.120s (%.100s:%" PRIu32 ")",
                 function.length ? function.bytes : "code", path_base(file.bytes), site->line);
    else
        snprintf(out, NAME_BYTES, "%.120s", function.length ? function.bytes : "");
}

void name_place(char out[NAME_BYTES], const struct model *model, uint32_t stack, uint32_t site)
{
    struct stack_frame frames[STACK_FRAMES_MAX];
    unsigned count = stack ? stack_frames(model, stack, frames) : 0;
    int culprit = count ? stack_culprit(frames, count) : -1;
    if (culprit >= 0)
        name_frame(out, frames[culprit].frame, frames[culprit].pc);
    else
        name_site(out, model, site);
}

void name_task(char out[NAME_BYTES], const struct model *model, uint32_t handle)
{
    task_name(model, handle, 0, out, NAME_BYTES);
}

void name_resource(char out[NAME_BYTES], const struct model *model, const struct resource_row *row)
{
    resource_name(model, row, out, NAME_BYTES);
}

const char *name_owner(char out[OWNER_BYTES], const struct app *app, uint32_t process)
{
    out[0] = '\0';
    if (app_process(app) == UINT32_MAX && app_feed(app)->process_count > 1)
        snprintf(out, OWNER_BYTES, "%" PRIu32 ": ", model_process(app_model(app, process))->pid);
    return out;
}

char *name_end(char out[END_BYTES], int status)
{
    if (status > 128)
        snprintf(out, END_BYTES, "was killed by signal %d", status - 128);
    else
        snprintf(out, END_BYTES, "ended with status %d", status);
    return out;
}

const char *severity_word(enum severity severity)
{
    static const char *const words[] = {
        [SEVERITY_NOTE] = "note", [SEVERITY_WARNING] = "WARNING", [SEVERITY_CRITICAL] = "CRITICAL"};
    return words[severity];
}

unsigned severity_style(enum severity severity)
{
    static const unsigned styles[] = {[SEVERITY_NOTE] = STYLE_NOTE,
                                      [SEVERITY_WARNING] = STYLE_WARNING,
                                      [SEVERITY_CRITICAL] = STYLE_CRITICAL};
    return styles[severity];
}

unsigned frame_style(enum frame_kind kind)
{
    switch (kind) {
    case FRAME_NATIVE:
        return STYLE_OWN_CODE;
    case FRAME_SCRIPT:
        return STYLE_SCRIPT;
    case FRAME_SYSTEM:
        return STYLE_SYSTEM;
    case FRAME_LIBRARY:
    case FRAME_SCRIPT_CORE:
    case FRAME_UNKNOWN:
    default:
        return STYLE_LIBRARY;
    }
}
