/* SPDX-License-Identifier: MIT */
/* Names and places in the JSON report: strings, sites, frames, stacks. */
#include <inttypes.h>
#include <stdio.h>

#include "json_parts.h"

json_t *place_string(const struct model *model, uint32_t id)
{
    return value_text(model_string(model, id).bytes);
}

json_t *place_site(const struct model *model, uint32_t id)
{
    const struct site *site = model_site(model, id);
    if (!site)
        return json_null();
    return json_pack("{s:o, s:o, s:o}", "function", place_string(model, site->function), "file",
                     place_string(model, site->file), "line", value_number(site->line));
}

json_t *place_resource(const struct model *model, const struct resource_row *row)
{
    return json_pack("{s:o, s:o, s:o}", "kind", place_string(model, row->info.kind), "name",
                     place_string(model, row->info.name), "site",
                     place_site(model, row->info.site));
}

json_t *place_frame(const struct frame *frame)
{
    static const struct frame none = {.function = "", .file = "", .module = ""};
    if (!frame)
        frame = &none;
    return json_pack("{s:o, s:o, s:o, s:o}", "function", value_text(frame->function), "file",
                     value_text(frame->file), "line", value_number(frame->line), "module",
                     value_text(frame->module));
}

json_t *place_creation(const struct model *model, uint32_t stack, uint32_t site)
{
    struct stack_frame frames[STACK_FRAMES_MAX];
    unsigned count = stack_frames(model, stack, frames);
    int culprit = stack_culprit(frames, count);
    return culprit < 0 ? place_site(model, site) : place_frame(frames[culprit].frame);
}

json_t *place_stack(const struct model *model, uint32_t stack)
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
        json_t *object = place_frame(frames[i].frame);
        snprintf(address, sizeof(address), "0x%" PRIx64, frames[i].pc);
        json_object_set_new(object, "address", value_text(address));
        json_object_set_new(object, "kind", value_text(kinds[kind]));
        json_array_append_new(array, object);
    }
    return array;
}
