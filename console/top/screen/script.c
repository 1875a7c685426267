/* SPDX-License-Identifier: MIT */
/* A terminal without a terminal: plays the keys of --keys, and writes the last picture. A key is
 * given only after what the one before it did has been painted, or nothing came of it. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "keys.h"
#include "term.h"

#define TEXT_WAIT_NS UINT64_C(10000000000)
#define PAINT_WAIT_NS UINT64_C(300000000) /* time for an event to become a picture */

struct script {
    struct term term;
    const char *cursor;
    FILE *out;
    enum screen_dump dump;
    struct screen last; /* what was painted */
    bool is_painted;    /* since the last event */
    bool has_step;
    struct key_step step;
    uint64_t since_ns; /* when the step, or the wait for a picture, began */
};

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static struct script *script_of(struct term *term)
{
    return (struct script *)(void *)((char *)term - offsetof(struct script, term));
}

static int paint(struct term *term, const struct screen *screen)
{
    struct script *script = script_of(term);
    if (script->last.columns != screen->columns || script->last.rows != screen->rows) {
        screen_free(&script->last);
        int error = screen_init(&script->last, screen->columns, screen->rows);
        if (error)
            return error;
    }
    memcpy(script->last.cells, screen->cells,
           (size_t)screen->columns * screen->rows * sizeof *screen->cells);
    script->is_painted = true;
    return 0;
}

/* Looks at the step that is next. */
static int begin_step(struct script *script)
{
    if (script->has_step)
        return 0;
    int error = key_step_next(&script->cursor, &script->step);
    script->has_step = error == 0;
    script->since_ns = now();
    return error;
}

static void end_step(struct script *script)
{
    script->has_step = false;
    script->is_painted = false;
}

static void give_event(struct script *script, struct top_event *out)
{
    const struct key_step *step = &script->step;
    switch (step->kind) {
    case STEP_KEY:
        *out = (struct top_event){.kind = EVENT_KEY, .key = step->key};
        break;
    case STEP_SIZE:
        script->term.columns = step->columns;
        script->term.rows = step->rows;
        *out =
            (struct top_event){.kind = EVENT_RESIZE, .columns = step->columns, .rows = step->rows};
        break;
    case STEP_MOUSE:
        *out = (struct top_event){.kind = step->mouse, .row = step->row, .column = step->column};
        break;
    case STEP_END:
        *out = (struct top_event){.kind = EVENT_QUIT};
        return; /* again, whenever asked */
    case STEP_WAIT_TIME:
    case STEP_WAIT_TEXT:
        break;
    }
    end_step(script);
}

/* 1: an event is there; 0: not yet, for `*left_ns` at most; or -errno. */
static int play(struct script *script, struct top_event *out, uint64_t *left_ns)
{
    int error = begin_step(script);
    if (error)
        return error;
    const struct key_step *step = &script->step;
    bool is_text = step->kind == STEP_WAIT_TEXT;
    bool is_time = step->kind == STEP_WAIT_TIME;
    uint64_t passed = now() - script->since_ns;
    uint64_t limit = is_text ? TEXT_WAIT_NS : is_time ? step->wait_ns : PAINT_WAIT_NS;
    if (is_text ? screen_shows(&script->last, step->text, step->text_bytes)
                : is_time && passed >= limit) {
        script->has_step = false;
        return play(script, out, left_ns);
    }
    if (passed < limit && (is_text || is_time || !script->is_painted)) {
        *left_ns = limit - passed;
        return 0;
    }
    if (is_text)
        return -ETIMEDOUT;
    give_event(script, out);
    return 1;
}

static int next(struct term *term, int64_t timeout_us, int wake_fd, struct top_event *out)
{
    uint64_t left_ns = 0;
    int got = play(script_of(term), out, &left_ns);
    if (got != 0)
        return got;
    struct pollfd wake = {.fd = wake_fd, .events = POLLIN};
    uint64_t wait_ns = timeout_us < 0 ? left_ns : (uint64_t)timeout_us * 1000;
    if (wait_ns > left_ns)
        wait_ns = left_ns;
    struct timespec wait = {(time_t)(wait_ns / 1000000000), (long)(wait_ns % 1000000000)};
    ppoll(&wake, 1, &wait, NULL);
    return 0;
}

static void do_nothing(struct term *term)
{
    (void)term;
}

static void close_script(struct term *term)
{
    struct script *script = script_of(term);
    if (script->out && script->last.cells)
        screen_dump(&script->last, script->out, script->dump);
    screen_free(&script->last);
    free(script);
}

static const struct term_ops script_ops = {
    .paint = paint,
    .next = next,
    .bell = do_nothing,
    .suspend = do_nothing,
    .redraw = do_nothing,
    .close = close_script,
};

struct term *term_script_new(const struct script_options *options)
{
    struct script *script = calloc(1, sizeof *script);
    if (!script)
        return NULL;
    script->term = (struct term){.ops = &script_ops,
                                 .columns = options->columns,
                                 .rows = options->rows,
                                 .use_unicode = options->use_unicode};
    script->cursor = options->keys ? options->keys : "";
    script->out = options->out;
    script->dump = options->dump;
    return &script->term;
}
