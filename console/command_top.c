/* SPDX-License-Identifier: MIT */
/* loopscope top: the live console. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "complain.h"
#include "duration.h"
#include "executable.h"
#include "find_process.h"
#include "options.h"
#include "style.h"
#include "top/app/settings_file.h"
#include "top/screen/keys.h"
#include "top_loop.h"

#define SIZE_COLUMNS 80
#define SIZE_ROWS 24
#define SPEED_MOST 10000 /* percent, as with the keys */

struct wishes {
    bool is_once, shows_styles, is_ascii, uses_mouse;
    const char *keys, *size, *view, *output;
    unsigned color; /* enum color_wish */
    uint64_t delay_ns, at_ns, speed;
    struct launch_options launch;
};

static const struct option_row options[] = {
    {.name = "view",
     .value = "NAME",
     .title = "The view to begin with: overview, tasks, loops, calls, stalls, queues, …",
     .kind = OPTION_FILE,
     .offset = offsetof(struct wishes, view)},
    {.name = "delay",
     .letter = 'd',
     .value = "DUR",
     .title = "Time between two pictures (default 250ms)",
     .kind = OPTION_DURATION,
     .offset = offsetof(struct wishes, delay_ns),
     .least = 50000000,
     .most = 60000000000,
     .step = 1000000},
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .title = "Where the output of PROG goes (default: a new file in $TMPDIR)",
     .kind = OPTION_FILE,
     .offset = offsetof(struct wishes, output)},
    {.name = "at",
     .value = "DUR",
     .title = "Of a trace file: begin at this time (default: its end)",
     .kind = OPTION_DURATION,
     .offset = offsetof(struct wishes, at_ns)},
    {.name = "speed",
     .value = "PERCENT",
     .title = "Of a trace file: play it, 100 being as fast as it was",
     .kind = OPTION_COUNT,
     .offset = offsetof(struct wishes, speed)},
    {.name = "once",
     .title = "Print the screen as text and leave",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct wishes, is_once)},
    {.name = "keys",
     .value = "KEYS",
     .title = "Type these keys, print the screen that comes of it, and leave",
     .kind = OPTION_FILE,
     .offset = offsetof(struct wishes, keys)},
    {.name = "size",
     .value = "WxH",
     .title = "Size of the printed screen (default 80x24)",
     .kind = OPTION_FILE,
     .offset = offsetof(struct wishes, size)},
    {.name = "styles",
     .title = "Print what the styles of the screen's cells are, too",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct wishes, shows_styles)},
    {.name = "color",
     .value = "WHEN",
     .title = "Colours: auto, always or never",
     .kind = OPTION_CHOICE,
     .offset = offsetof(struct wishes, color),
     .choices = color_choices},
    {.name = "ascii",
     .title = "Use no characters beyond ASCII",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct wishes, is_ascii)},
    {.name = "no-mouse",
     .title = "Leave the mouse to the terminal",
     .kind = OPTION_NO_FLAG,
     .offset = offsetof(struct wishes, uses_mouse)},
    LAUNCH_OPTIONS(struct wishes, launch),
    {0},
};

/* One use of the console. */
struct use {
    const struct wishes *wishes;
    char **program; /* or NULL */
    struct feeder_options observed;
    struct segment_entry entry; /* of a single process */
    struct top_child child;
    struct top_loop loop;
    char notice[SETTINGS_NOTICE_BYTES];
    char settings_path[PATH_MAX];
};

static bool is_script(const struct wishes *wishes)
{
    return wishes->is_once || wishes->keys;
}

static bool parse_size(const char *text, unsigned *columns, unsigned *rows)
{
    char rest;
    *columns = SIZE_COLUMNS;
    *rows = SIZE_ROWS;
    return !text || (sscanf(text, "%ux%u%c", columns, rows, &rest) == 2 && *columns >= 1 &&
                     *columns <= SCREEN_COLUMNS_MAX && *rows >= 1 && *rows <= SCREEN_ROWS_MAX);
}

/* Names what is wrong with the keys of a script before anything is begun. */
static bool check_keys(const char *keys)
{
    struct key_step step = {.kind = STEP_KEY};
    const char *at = keys;
    while (keys && step.kind != STEP_END)
        if (key_step_next(&at, &step) < 0) {
            complain("invalid --keys at '%s': no such key; 'man loopscope-top' has their names",
                     at);
            return false;
        }
    return true;
}

static int count_living(const struct segment_entry *entry, void *data)
{
    unsigned *count = data;
    *count += entry->is_alive;
    return 0;
}

/* All of the user's processes. A screen can wait for the first; what is printed once cannot. */
static bool choose_all(const struct wishes *wishes)
{
    unsigned count = 0;
    int error = segment_list(NULL, count_living, &count);
    if (error < 0) {
        complain("cannot read the segments: %s", strerror(-error));
        return false;
    }
    if (count > 0 || !is_script(wishes))
        return true;
    complain("nothing runs under the probe: start a program with 'loopscope top -- PROG', or read "
             "a trace with 'loopscope top FILE'");
    return false;
}

static bool choose_process(struct use *use, uint64_t pid)
{
    if (pid == 0 || pid > INT32_MAX) {
        complain("invalid process '%llu': not a process id", (unsigned long long)pid);
        return false;
    }
    if (!find_process_segment((uint32_t)pid, &use->entry))
        return false;
    if (use->entry.is_alive)
        use->observed.pid = (uint32_t)pid;
    else
        use->observed.segment = use->entry.path; /* what it left */
    return true;
}

static bool choose(struct use *use, const struct operands *operands)
{
    const struct wishes *wishes = use->wishes;
    const char *first = operands->count ? operands->values[0] : NULL;
    uint64_t pid;
    if (operands->follow_dashes && !first) {
        complain("no program given: loopscope top -- PROG ARGS");
        return false;
    }
    if (operands->follow_dashes) {
        use->program = operands->values;
        return true;
    }
    if (!launch_is_default(&wishes->launch) || wishes->output) {
        complain("options of a program's start need a program: loopscope top [options] -- PROG");
        return false;
    }
    if (operands->count > 1) {
        complain("more than one thing to look at: loopscope top [PID | FILE | -- PROG ARGS]");
        return false;
    }
    if (!first)
        return choose_all(wishes);
    if (!count_parse(first, &pid) && access(first, F_OK) != 0)
        return choose_process(use, pid);
    use->observed.path = first;
    return true;
}

/* With a speed the replay begins by itself, at the beginning where no time is given. */
static bool choose_replay(struct use *use)
{
    const struct wishes *wishes = use->wishes;
    bool is_asked = wishes->at_ns != FEEDER_END || wishes->speed;
    if (is_asked && !use->observed.path) {
        complain("--at and --speed are for a trace file: loopscope top FILE");
        return false;
    }
    use->observed.at_ns = wishes->at_ns;
    if (wishes->speed && wishes->at_ns == FEEDER_END)
        use->observed.at_ns = 0;
    use->observed.speed_percent = wishes->speed < SPEED_MOST ? (unsigned)wishes->speed : SPEED_MOST;
    use->observed.plays = wishes->speed > 0;
    return true;
}

static bool prepare_program(struct use *use)
{
    char path[PATH_MAX];
    if (!use->program)
        return true;
    if (!executable_require(path, sizeof(path), use->program[0]) ||
        !top_child_prepare(&use->child, &use->wishes->launch, use->program, use->wishes->output))
        return false;
    use->loop.child = &use->child;
    use->observed.run_id = use->child.launch.run_id;
    return true;
}

static bool open_feeder(struct use *use)
{
    char why[256] = "";
    int error = feeder_open(&use->observed, &use->loop.feeder, why, sizeof(why));
    if (error == 0 && use->program) {
        struct feed *feed = feeder_feed(use->loop.feeder);
        feed->output = use->child.output.pane;
        feed->output_path = use->child.output.path;
    }
    if (error == 0)
        return true;
    if (use->observed.path && access(use->observed.path, X_OK) == 0)
        complain("cannot read '%s': %s; to run it: loopscope top -- %s", use->observed.path,
                 why[0] ? why : strerror(-error), use->observed.path);
    else if (use->observed.path)
        complain("cannot read '%s': %s", use->observed.path, why[0] ? why : strerror(-error));
    else
        complain("cannot observe: %s", why[0] ? why : strerror(-error));
    return false;
}

/* What was chosen before is kept by people, not by scripts, whose screens are to be alike. */
static void read_settings(struct use *use, struct settings *out)
{
    char *path = use->settings_path;
    if (is_script(use->wishes) || settings_file_path(path, sizeof(use->settings_path)) < 0)
        return;
    use->loop.settings_path = path;
    use->loop.notice = use->notice;
    int error = settings_file_read(path, out, use->notice);
    if (error < 0)
        snprintf(use->notice, sizeof(use->notice), "cannot read '%.100s': %s", path,
                 strerror(-error));
}

static bool open_app(struct use *use)
{
    struct settings views = {0};
    const char *view = use->wishes->view;
    read_settings(use, &views);
    use->loop.app = app_new(feeder_feed(use->loop.feeder), &views);
    if (!use->loop.app) {
        complain("cannot begin: %s", strerror(ENOMEM));
        return false;
    }
    if (!view || app_open_view(use->loop.app, view))
        return true;
    complain(
        "unknown view '%s': there are overview, tasks, loops, calls, stalls, queues, processes "
        "and output",
        view);
    return false;
}

static struct term *open_script(const struct wishes *wishes)
{
    struct script_options script = {.keys = wishes->keys,
                                    .use_unicode = !wishes->is_ascii,
                                    .out = stdout,
                                    .dump = wishes->shows_styles ? SCREEN_DUMP_STYLES
                                                                 : SCREEN_DUMP_TEXT};
    parse_size(wishes->size, &script.columns, &script.rows);
    struct term *term = term_script_new(&script);
    if (!term)
        complain("cannot begin: %s", strerror(ENOMEM));
    return term;
}

static struct term *open_terminal(const struct wishes *wishes)
{
    const char *why = strerror(ENOMEM);
    struct style style = style_for(STDOUT_FILENO, wishes->color);
    struct term_options looks = {.use_color = style.use_color,
                                 .use_unicode = !wishes->is_ascii,
                                 .use_mouse = wishes->uses_mouse};
    struct term *term = term_curses_new(&looks, &why);
    if (!term)
        complain("cannot open the console: %s; --once prints one screen as text", why);
    return term;
}

static bool run_loop(struct use *use)
{
    struct top_loop *loop = &use->loop;
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    int error = top_loop_init(loop);
    if (error < 0) {
        complain("cannot begin: %s", strerror(-error));
        return false;
    }
    if (use->program && !top_child_start(&use->child, use->program, &mask))
        return false;
    loop->term = loop->is_script ? open_script(use->wishes) : open_terminal(use->wishes);
    if (!loop->term) {
        top_child_end(&use->child);
        return false;
    }
    error = top_loop_run(loop);
    loop->term->ops->close(loop->term);
    if (error < 0 || loop->error[0])
        complain("cannot go on: %s", loop->error);
    return error == 0 && !loop->error[0];
}

static void clean_up(struct use *use)
{
    const struct feed *feed = use->loop.feeder ? feeder_feed(use->loop.feeder) : NULL;
    uint32_t pids[64];
    size_t count = 0;
    for (unsigned i = 0; feed && i < feed->process_count && count < 64; i++)
        if (!feed->processes[i].is_alive)
            pids[count++] = model_process(feed->processes[i].model)->pid;
    top_loop_close(&use->loop);
    app_delete(use->loop.app);
    feeder_close(use->loop.feeder);
    if (use->loop.child)
        top_child_clean_up(&use->child, pids, count);
}

/* Said when the screen is gone: where to read on, and what goes on without us. */
static void say_closing(const struct use *use)
{
    const struct top_child *child = &use->child;
    if (!child->pid)
        return;
    if (child->output.file_error < 0)
        complain("the output of '%s' could not be written to '%s': %s", use->program[0],
                 child->output.path, strerror(-child->output.file_error));
    else
        fprintf(stderr, "loopscope: the output of the program is in '%s'\n", child->output.path);
    if (!child->has_ended)
        complain("process %d still runs", (int)child->pid);
}

static int use_console(struct use *use, const struct operands *operands)
{
    const struct wishes *wishes = use->wishes;
    use->loop.wake_fd = use->loop.signal_fd = -1;
    use->loop.observed = &use->observed;
    use->loop.delay_ns = wishes->delay_ns;
    use->loop.is_script = is_script(wishes);
    use->loop.waits_for_end = wishes->is_once && !wishes->keys;
    unsigned columns, rows;
    if (!parse_size(wishes->size, &columns, &rows))
        return complain("invalid --size '%s': columns and rows, like 120x40", wishes->size);
    if (!check_keys(wishes->keys))
        return STATUS_WRONG;
    if (!choose(use, operands) || !choose_replay(use) || !prepare_program(use))
        return STATUS_WRONG;
    bool is_fine = open_feeder(use) && open_app(use);
    is_fine = is_fine && run_loop(use);
    int status = is_fine ? STATUS_FINE : STATUS_WRONG;
    if (is_fine && use->child.has_ended && !use->loop.has_ended_child)
        status = top_child_status(&use->child);
    if (is_fine)
        say_closing(use);
    clean_up(use);
    return status;
}

static int run(int argc, char **argv)
{
    struct wishes wishes = {
        .uses_mouse = true, .delay_ns = 250000000, .at_ns = FEEDER_END, .launch = LAUNCH_DEFAULTS};
    struct operands operands;
    int status;
    if (!options_parse(&command_top, argc, argv, &wishes, &operands, &status))
        return status;
    struct use *use = calloc(1, sizeof(*use));
    if (!use)
        return complain("cannot begin: %s", strerror(ENOMEM));
    use->wishes = &wishes;
    status = use_console(use, &operands);
    free(use);
    return status;
}

const struct command command_top = {
    .name = "top",
    .title = "Watch event loops live, or replay a trace",
    .usage = "[options] [PID]\n[options] FILE\n[options] -- PROG [ARG ...]",
    .options = options,
    .run = run,
};
