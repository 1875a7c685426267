/* SPDX-License-Identifier: MIT */
/* The main loop of the live console. */
#include "top_loop.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "output_file.h"
#include "top/app/settings_file.h"

#define MS UINT64_C(1000000)
#define DRAIN_BUDGET_NS (20 * MS)
#define TICK_NS (250 * MS)
#define PICTURE_NS (50 * MS)   /* between two of any kind */
#define SETTLE_NS (4000 * MS)  /* a script begins after the first judgement, or this long */
#define OBSERVE_NS (1000 * MS) /* what lives is looked at for so long before that */
#define SURE_NS (5000 * MS)    /* to ask again for the end of a program that runs */
#define END_NS (3000 * MS)     /* that a program has for its end */
#define EVENTS_AT_ONCE 64
#define PANE_ROWS 4 /* of the screen that are not the program's output */

/* ---- what happens ---- */

static int watch_fd(struct top_loop *loop, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(loop->wake_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* A terminal takes the signals that end us by itself. */
static void choose_signals(const struct top_loop *loop, sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGCHLD);
    if (!loop->is_script)
        return;
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGINT);
}

int top_loop_init(struct top_loop *loop)
{
    sigset_t set;
    choose_signals(loop, &set);
    loop->wake_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->signal_fd = -1;
    if (loop->wake_fd < 0 || sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -errno;
    loop->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return loop->signal_fd < 0 ? -errno : watch_fd(loop, loop->signal_fd);
}

void top_loop_close(struct top_loop *loop)
{
    export_finish(loop->export);
    loop->export = NULL;
    screen_free(&loop->screen);
    if (loop->signal_fd >= 0)
        close(loop->signal_fd);
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
}

static bool child_runs(const struct top_loop *loop)
{
    return loop->child && loop->child->pid && !loop->child->has_ended;
}

static void take_child(struct top_loop *loop)
{
    struct top_child *child = loop->child;
    struct feed *feed = feeder_feed(loop->feeder);
    if (!child)
        return;
    if (!child->output.is_over && output_take(&child->output))
        loop->has_news = true;
    if (child->output.is_over && child->output.master >= 0)
        epoll_ctl(loop->wake_fd, EPOLL_CTL_DEL, child->output.master, NULL);
    if (!top_child_reap(child))
        return;
    feeder_child_ended(loop->feeder, (uint32_t)child->pid,
                       child->was_signaled ? END_SIGNALED : END_EXITED, child->status);
    feed->child_has_ended = true;
    feed->child_status = top_child_status(child);
    loop->has_news = true;
}

static void take_signals(struct top_loop *loop)
{
    struct signalfd_siginfo info;
    while (read(loop->signal_fd, &info, sizeof(info)) == sizeof(info))
        loop->is_over |= info.ssi_signo != SIGCHLD;
}

static void drain(struct top_loop *loop)
{
    uint64_t now = feeder_clock_ns();
    if (now < loop->advance_at_ns)
        return;
    loop->has_news |= feeder_advance(loop->feeder, DRAIN_BUDGET_NS);
    loop->has_news |= feeder_judge(loop->feeder, false);
    loop->advance_at_ns = now + feeder_pause_us(loop->feeder) * 1000;
}

/* ---- what is to be done ---- */

static void obey(struct top_loop *loop, const struct effects *effects,
                 const struct top_event *cause);

static void tell(struct top_loop *loop, const struct top_event *event)
{
    struct effects effects = app_update(loop->app, event);
    obey(loop, &effects, event);
}

__attribute__((format(printf, 2, 3))) static void say(struct top_loop *loop, const char *format,
                                                      ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    tell(loop, &(struct top_event){.kind = EVENT_NOTICE, .notice = text});
}

static void save_screen(struct top_loop *loop, const char *path)
{
    struct output_file file;
    app_render(loop->app, &loop->screen);
    int error = output_file_open(&file, path, stdout);
    if (error == 0) {
        error = screen_dump(&loop->screen, file.stream, SCREEN_DUMP_TEXT);
        if (error == 0)
            error = output_file_commit(&file);
        else
            output_file_discard(&file);
    }
    if (error < 0)
        say(loop, "cannot write '%.200s': %s", path, strerror(-error));
    else
        say(loop, "the screen is in '%.200s'", path);
}

static void begin_export(struct top_loop *loop, const char *path)
{
    if (loop->export) {
        say(loop, "one at a time: a trace is still being written");
        return;
    }
    int error = export_begin(loop->observed, path, &loop->export);
    if (error < 0)
        say(loop, "cannot write '%.200s': %s", path, strerror(-error));
    else
        say(loop, "writing '%.200s'…", path);
}

static void check_export(struct top_loop *loop)
{
    char sentence[320];
    if (!loop->export || !export_is_over(loop->export, sentence, sizeof(sentence)))
        return;
    loop->export = NULL;
    say(loop, "%s", sentence);
}

/* A person who leaves ends the program: asked twice, told by a signal at once. */
static void quit(struct top_loop *loop, const struct top_event *cause)
{
    uint64_t now = feeder_clock_ns();
    bool is_sure = cause->kind == EVENT_QUIT || !child_runs(loop) ||
                   (loop->asked_to_quit_ns && now - loop->asked_to_quit_ns < SURE_NS);
    loop->is_over |= is_sure;
    if (is_sure)
        return;
    loop->asked_to_quit_ns = now;
    say(loop, "the program still runs: once more ends it, too");
}

static void save_settings(struct top_loop *loop)
{
    int error =
        loop->settings_path ? settings_file_write(loop->settings_path, app_settings(loop->app)) : 0;
    if (error < 0)
        say(loop, "cannot write '%.200s': %s", loop->settings_path, strerror(-error));
}

static void resize(struct top_loop *loop, const struct top_event *event)
{
    if (event->kind != EVENT_RESIZE)
        return;
    screen_free(&loop->screen);
    if (screen_init(&loop->screen, event->columns, event->rows) < 0)
        loop->is_over = true;
    loop->screen.use_unicode = loop->term->use_unicode;
    if (loop->child)
        output_resize(&loop->child->output, event->columns,
                      event->rows > PANE_ROWS ? event->rows - PANE_ROWS : 1);
}

static void toggle_pause(struct top_loop *loop)
{
    int error = feeder_toggle_pause(loop->feeder);
    if (error < 0)
        say(loop, "cannot pause: no temporary file for what comes: %s", strerror(-error));
}

static void obey(struct top_loop *loop, const struct effects *effects,
                 const struct top_event *cause)
{
    struct term *term = loop->term;
    loop->is_dirty |= effects->draw;
    if (effects->redraw_all)
        term->ops->redraw(term);
    if (effects->bell)
        term->ops->bell(term);
    if (effects->suspend)
        term->ops->suspend(term);
    if (effects->save_settings)
        save_settings(loop);
    if (effects->toggle_pause)
        toggle_pause(loop);
    if (effects->speed_percent)
        feeder_set_speed(loop->feeder, effects->speed_percent);
    if (effects->seek)
        feeder_seek(loop->feeder, effects->seek_ns);
    if (effects->toggle_pause || effects->seek)
        loop->has_news = true, loop->advance_at_ns = 0;
    if (effects->save_screen)
        save_screen(loop, effects->path);
    if (effects->export_trace)
        begin_export(loop, effects->path);
    if (effects->quit)
        quit(loop, cause);
}

/* ---- the loop ---- */

static void tell_time_and_news(struct top_loop *loop)
{
    uint64_t now = feeder_clock_ns();
    if (now - loop->told_ns >= TICK_NS) {
        loop->told_ns = now;
        tell(loop, &(struct top_event){.kind = EVENT_TIME, .time_ns = now});
    }
    if (!loop->has_news || now - loop->news_ns < loop->delay_ns)
        return;
    loop->has_news = false;
    loop->news_ns = now;
    tell(loop, &(struct top_event){.kind = EVENT_NEWS});
}

static int paint(struct top_loop *loop, bool is_forced)
{
    uint64_t now = feeder_clock_ns();
    if (!is_forced && (!loop->is_dirty || now - loop->painted_ns < PICTURE_NS))
        return 0;
    loop->is_dirty = false;
    loop->painted_ns = now;
    app_render(loop->app, &loop->screen);
    return loop->term->ops->paint(loop->term, &loop->screen);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static int64_t wait_us(const struct top_loop *loop)
{
    uint64_t now = feeder_clock_ns();
    uint64_t until = sooner(loop->advance_at_ns, loop->told_ns + TICK_NS);
    if (loop->is_dirty)
        until = sooner(until, loop->painted_ns + PICTURE_NS);
    if (loop->has_news)
        until = sooner(until, loop->news_ns + loop->delay_ns);
    return until > now ? (int64_t)((until - now + 999) / 1000) : 0;
}

static int take_events(struct top_loop *loop)
{
    int64_t wait = wait_us(loop);
    for (unsigned i = 0; i < EVENTS_AT_ONCE && !loop->is_over; i++) {
        struct top_event event = {.kind = EVENT_NONE};
        int outcome = loop->term->ops->next(loop->term, wait, loop->wake_fd, &event);
        if (outcome < 0)
            return outcome;
        if (outcome == 0)
            break;
        resize(loop, &event);
        tell(loop, &event);
        wait = 0;
        if (loop->is_script) /* a key at a time: the next may mean what this one opens */
            break;
    }
    return 0;
}

static int round_once(struct top_loop *loop)
{
    int error = take_events(loop);
    take_signals(loop);
    take_child(loop);
    drain(loop);
    check_export(loop);
    tell_time_and_news(loop);
    if (error == 0)
        error = paint(loop, false);
    return error;
}

/* Whatever is observed is on the screen: what lives after a second and a judgement, a file as far
 * as it was asked for. */
static bool is_settled(const struct top_loop *loop, uint64_t begun_ns)
{
    const struct feed *feed = feeder_feed(loop->feeder);
    uint64_t past = feeder_clock_ns() - begun_ns;
    if (feed->state == FEED_BROKEN)
        return true;
    if (loop->waits_for_end && loop->child)
        return loop->child->has_ended && (feed->state == FEED_ENDED || feed->process_count == 0);
    if (feed->kind == FEED_FILE)
        return feed->state != FEED_LOADING && (!loop->waits_for_end || feed->state != FEED_RUNNING);
    if (past < OBSERVE_NS)
        return feed->state == FEED_ENDED;
    for (unsigned i = 0; i < feed->process_count; i++)
        if (!feed->processes[i].findings)
            return past >= SETTLE_NS;
    return feed->process_count > 0 || past >= SETTLE_NS;
}

static void show_latest(struct top_loop *loop)
{
    feeder_judge(loop->feeder, true);
    tell(loop, &(struct top_event){.kind = EVENT_NEWS});
}

/* Scripts are played on a picture that is complete. */
static void settle(struct top_loop *loop)
{
    uint64_t begun = feeder_clock_ns();
    while (!loop->is_over && !is_settled(loop, begun)) {
        int64_t pause = wait_us(loop);
        struct epoll_event event;
        epoll_wait(loop->wake_fd, &event, 1, (int)(pause / 1000));
        take_signals(loop);
        take_child(loop);
        drain(loop);
        tell_time_and_news(loop);
    }
    show_latest(loop);
}

/* Its output is taken meanwhile: a program that waits for room to write would not end. */
static void end_child(struct top_loop *loop)
{
    uint64_t begun = feeder_clock_ns();
    if (!child_runs(loop))
        return;
    loop->has_ended_child = true;
    top_child_end(loop->child);
    while (child_runs(loop) && feeder_clock_ns() - begun < END_NS) {
        struct epoll_event event;
        epoll_wait(loop->wake_fd, &event, 1, 20);
        take_signals(loop);
        take_child(loop);
    }
}

static int begin(struct top_loop *loop)
{
    struct term *term = loop->term;
    struct top_event size = {.kind = EVENT_RESIZE, .columns = term->columns, .rows = term->rows};
    if (loop->child && watch_fd(loop, loop->child->output.master) < 0)
        return -errno;
    if (screen_init(&loop->screen, term->columns, term->rows) < 0)
        return -ENOMEM;
    resize(loop, &size);
    tell(loop, &size);
    if (loop->notice && loop->notice[0])
        say(loop, "%s", loop->notice);
    return 0;
}

int top_loop_run(struct top_loop *loop)
{
    int error = begin(loop);
    if (error == 0 && loop->is_script)
        settle(loop);
    while (error == 0 && !loop->is_over)
        error = round_once(loop);
    if (error == 0 && loop->is_script) {
        show_latest(loop);
        error = paint(loop, true);
    }
    const struct feed *feed = feeder_feed(loop->feeder);
    if (error < 0)
        snprintf(loop->error, sizeof(loop->error), "%s",
                 error == -ETIMEDOUT ? "the text that a script waits for has not come"
                                     : strerror(-error));
    else if (feed->state == FEED_BROKEN)
        snprintf(loop->error, sizeof(loop->error), "%.250s", feed->error);
    end_child(loop);
    return error;
}
