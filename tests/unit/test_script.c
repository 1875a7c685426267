/* SPDX-License-Identifier: MIT */
/* Keys that are played to the console, and the picture that is left. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "console/top/screen/term.h"

static struct term *begin(const char *keys, FILE *out)
{
    struct term *term = term_script_new(&(struct script_options){
        .columns = 20, .rows = 2, .keys = keys, .use_unicode = true, .out = out});
    cr_assert(term != NULL);
    return term;
}

static void paint(struct term *term, const char *text)
{
    struct screen screen;
    cr_assert(eq(int, screen_init(&screen, term->columns, term->rows), 0));
    struct area all = screen_area(&screen);
    screen_put(&screen, &all, 0, 0, STYLE_TEXT, text);
    cr_assert(eq(int, term->ops->paint(term, &screen), 0));
    screen_free(&screen);
}

static uint64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static int next_event(struct term *term, struct top_event *event)
{
    *event = (struct top_event){0};
    return term->ops->next(term, 0, -1, event);
}

Test(script, keys_come_one_after_the_other_once_there_is_a_picture)
{
    struct term *term = begin("j<Enter>", NULL);
    struct top_event event;
    cr_expect(eq(int, next_event(term, &event), 0), "nothing has been painted");
    paint(term, "first");
    cr_expect(eq(int, next_event(term, &event), 1));
    cr_expect(event.kind == EVENT_KEY && event.key == 'j');
    cr_expect(eq(int, next_event(term, &event), 0), "what j did has not been painted");
    paint(term, "second");
    cr_expect(eq(int, next_event(term, &event), 1));
    cr_expect(event.kind == EVENT_KEY && event.key == TOP_KEY_ENTER);
    term->ops->close(term);
}

Test(script, a_key_without_effect_holds_nothing_up)
{
    struct term *term = begin("jk", NULL);
    struct top_event event = {0};
    paint(term, "first");
    cr_expect(eq(int, next_event(term, &event), 1));
    uint64_t began = now_ms();
    while (next_event(term, &event) == 0)
        cr_assert(now_ms() - began < 5000, "k never comes");
    cr_expect(event.key == 'k');
    term->ops->close(term);
}

Test(script, it_ends_with_quit_and_writes_the_last_picture)
{
    char text[100] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    struct term *term = begin("", out);
    struct top_event event;
    paint(term, "first");
    paint(term, "last");
    for (int i = 0; i < 2; i++) {
        cr_expect(eq(int, next_event(term, &event), 1));
        cr_expect(eq(int, (int)event.kind, EVENT_QUIT));
    }
    term->ops->close(term);
    fclose(out);
    cr_expect(strcmp(text, "last\n\n") == 0, "%s", text);
}

Test(script, it_waits_until_a_text_is_shown)
{
    struct term *term = begin("<Wait:two>x", NULL);
    struct top_event event;
    paint(term, "one");
    cr_expect(eq(int, next_event(term, &event), 0));
    cr_expect(eq(int, next_event(term, &event), 0));
    paint(term, "one, two");
    cr_expect(eq(int, next_event(term, &event), 1));
    cr_expect(event.key == 'x');
    term->ops->close(term);
}

Test(script, it_waits_for_a_time)
{
    struct term *term = begin("<Wait:60ms>x", NULL);
    struct top_event event;
    paint(term, "one");
    uint64_t began = now_ms();
    while (next_event(term, &event) == 0)
        cr_assert(now_ms() - began < 5000);
    cr_expect(now_ms() - began >= 50, "x came after %d ms", (int)(now_ms() - began));
    cr_expect(event.key == 'x');
    term->ops->close(term);
}

Test(script, news_end_a_wait)
{
    struct term *term = begin("<Wait:never>", NULL);
    int ends[2];
    cr_assert(eq(int, pipe(ends), 0));
    cr_assert(eq(int, (int)write(ends[1], "!", 1), 1));
    paint(term, "one");
    struct top_event event;
    uint64_t began = now_ms();
    cr_expect(eq(int, term->ops->next(term, 5000000, ends[0], &event), 0));
    cr_expect(now_ms() - began < 4000);
    term->ops->close(term);
}

Test(script, a_size_and_the_mouse_are_events)
{
    struct term *term = begin("<Size:30x5><DoubleClick:2,3>", NULL);
    struct top_event event;
    paint(term, "one");
    cr_expect(eq(int, next_event(term, &event), 1));
    cr_expect(event.kind == EVENT_RESIZE && event.columns == 30 && event.rows == 5);
    cr_expect(term->columns == 30 && term->rows == 5);
    paint(term, "larger");
    cr_expect(eq(int, next_event(term, &event), 1));
    cr_expect(event.kind == EVENT_DOUBLE_CLICK && event.row == 1 && event.column == 2);
    term->ops->close(term);
}

Test(script, wrong_keys_are_an_error)
{
    struct term *term = begin("<Nonsense>", NULL);
    struct top_event event;
    paint(term, "one");
    cr_expect(eq(int, next_event(term, &event), -EINVAL));
    term->ops->close(term);
}
