/* SPDX-License-Identifier: MIT */
/* What is typed at each prompt, and what it leads to. Searching and filtering follow every key. */
#include <stdio.h>
#include <string.h>

#include "state.h"

/* A name that is safe in any directory: what a program calls itself is untrusted. */
static void file_name(const struct app *app, char out[PROMPT_BYTES])
{
    const struct model *model = app_model(app, app->process);
    const struct process_facts *facts = model ? model_process(model) : NULL;
    unsigned used = 0;
    for (const char *c = facts ? facts->program : ""; *c && used < 40; c++) {
        bool is_plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                        (*c >= '0' && *c <= '9') || *c == '_' || (*c == '-' && used);
        out[used++] = is_plain ? *c : '_';
    }
    snprintf(out + used, PROMPT_BYTES - used, "%s%u.lsc", used ? "-" : "loopscope-",
             facts ? facts->pid : 0);
}

void app_prompt_open(struct app *app, enum prompt_kind kind)
{
    char text[PROMPT_BYTES] = "";
    if (kind == PROMPT_FILTER)
        memcpy(text, app_here(app)->filter, sizeof(text));
    else if (kind == PROMPT_SEARCH)
        app->search[0] = '\0';
    else if (kind == PROMPT_SAVE)
        snprintf(text, sizeof(text), "loopscope-%s.txt", app_here(app)->view->id);
    else if (kind == PROMPT_EXPORT)
        file_name(app, text);
    prompt_open(&app->prompt, kind, text);
}

static void follow_typing(struct app *app, const char *text)
{
    struct place *here = app_place(app);
    if (app->prompt.kind == PROMPT_FILTER) {
        memcpy(here->filter, text, sizeof(here->filter));
        app_refresh(app);
    } else if (app->prompt.kind == PROMPT_SEARCH) {
        memcpy(app->search, text, sizeof(app->search));
        if (app->search[0])
            select_match(app, 1, true);
    }
}

static void finish(struct app *app, enum prompt_kind kind, const char *text)
{
    if (kind == PROMPT_SEARCH) {
        if (text[0] && !select_match(app, 1, true))
            app_refuse(app, "No row contains that.");
    } else if (kind == PROMPT_SEEK) {
        if (prompt_time(text, &app->effects.seek_ns))
            app_refuse(app, "Not a time: write 90, 1.5 s, 3m or 1:30.");
        else
            app->effects.seek = true;
    } else if ((kind == PROMPT_SAVE || kind == PROMPT_EXPORT) && text[0]) {
        app->effects.save_screen = kind == PROMPT_SAVE;
        app->effects.export_trace = kind == PROMPT_EXPORT;
        snprintf(app->effects.path, sizeof(app->effects.path), "%s", text);
    }
}

void app_prompt_key(struct app *app, uint32_t key)
{
    struct prompt *prompt = &app->prompt;
    enum prompt_kind kind = prompt->kind;
    switch (prompt_key(prompt, key)) {
    case PROMPT_CHANGED:
        follow_typing(app, prompt->text);
        break;
    case PROMPT_DONE:
        prompt->kind = PROMPT_NONE;
        finish(app, kind, prompt->text);
        break;
    case PROMPT_GIVEN_UP:
        follow_typing(app, prompt->before);
        prompt->kind = PROMPT_NONE;
        break;
    case PROMPT_GOES_ON:
        break;
    }
}
