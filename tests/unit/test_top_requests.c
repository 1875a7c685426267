/* SPDX-License-Identifier: MIT */
/* The keys of the console, its line editor, and the layout of columns. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "console/top/app/layout.h"
#include "console/top/app/prompt.h"
#include "console/top/app/request.h"
#include "console/top/screen/event.h"

Test(requests, no_key_means_two_things)
{
    for (unsigned i = 1; i < REQUEST_COUNT; i++) {
        cr_assert_neq(requests[i].keys[0], 0, "%s has no key", requests[i].name);
        for (unsigned k = 0; k < REQUEST_KEYS_MAX && requests[i].keys[k]; k++)
            cr_assert_eq(request_of_key(requests[i].keys[k]), i, "a key of %s means another",
                         requests[i].name);
    }
}

Test(requests, a_key_that_means_nothing_is_no_request)
{
    cr_assert_eq(request_of_key('z'), REQUEST_NONE);
    cr_assert_eq(request_of_key(0), REQUEST_NONE);
}

Test(requests, keys_are_named_without_the_brackets_of_scripts)
{
    char text[REQUEST_KEYS_BYTES];
    cr_assert_str_eq(request_keys_text(text, REQUEST_SEARCH), "F3 /");
    cr_assert_str_eq(request_keys_text(text, REQUEST_SORT_PREVIOUS), "<");
    cr_assert_str_eq(request_keys_text(text, REQUEST_SORT_NEXT), ">");
}

static struct prompt prompt;

static enum prompt_answer type(const char *text)
{
    enum prompt_answer answer = PROMPT_GOES_ON;
    for (; *text; text++)
        answer = prompt_key(&prompt, (unsigned char)*text);
    return answer;
}

Test(prompt, takes_letters_where_the_cursor_is)
{
    prompt_open(&prompt, PROMPT_SEARCH, "");
    type("ac");
    prompt_key(&prompt, TOP_KEY_LEFT);
    cr_assert_eq(type("b"), PROMPT_CHANGED);
    cr_assert_str_eq(prompt.text, "abc");
    prompt_key(&prompt, TOP_KEY_HOME);
    prompt_key(&prompt, TOP_KEY_DELETE);
    cr_assert_str_eq(prompt.text, "bc");
}

Test(prompt, a_letter_of_several_bytes_is_one_letter)
{
    prompt_open(&prompt, PROMPT_SEARCH, "");
    prompt_key(&prompt, 0xe9);
    prompt_key(&prompt, 0x4e16);
    prompt_key(&prompt, 0x1f600);
    cr_assert_str_eq(prompt.text, "é世😀");
    prompt_key(&prompt, TOP_KEY_BACKSPACE);
    prompt_key(&prompt, TOP_KEY_LEFT);
    prompt_key(&prompt, TOP_KEY_BACKSPACE);
    cr_assert_str_eq(prompt.text, "世");
}

Test(prompt, never_holds_more_than_it_has_room_for)
{
    prompt_open(&prompt, PROMPT_SAVE, "");
    for (unsigned i = 0; i < 4 * PROMPT_BYTES; i++)
        prompt_key(&prompt, 0x4e16);
    cr_assert_lt(strlen(prompt.text), PROMPT_BYTES);
    cr_assert_eq(strlen(prompt.text) % 3, 0, "a letter was cut");
}

Test(prompt, times_may_have_a_unit)
{
    static const struct {
        const char *text;
        uint64_t ns;
    } times[] = {{"3s", 3000000000},      {"1.5 s", 1500000000},    {"250ms", 250000000},
                 {"2m", 120000000000},    {"1.5min", 90000000000},  {"1h", 3600000000000},
                 {"0.5h", 1800000000000}, {"1.000001s", 1000001000}};
    for (unsigned i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        uint64_t ns = 0;
        cr_assert_eq(prompt_time(times[i].text, &ns), 0, "'%s'", times[i].text);
        cr_assert_eq(ns, times[i].ns, "'%s'", times[i].text);
    }
}

Test(prompt, times_are_seconds_or_minutes_and_seconds)
{
    uint64_t ns;
    cr_assert_eq(prompt_time("90", &ns), 0);
    cr_assert_eq(ns, UINT64_C(90000000000));
    cr_assert_eq(prompt_time("1:30.5", &ns), 0);
    cr_assert_eq(ns, UINT64_C(90500000000));
    cr_assert_eq(prompt_time("1:02:03", &ns), 0);
    cr_assert_eq(ns, UINT64_C(3723000000000));
    static const char *const wrong[] = {
        "",          "x", "1:", ":1", "1:2:3:4", "1.5x", "1:30s", "12345678901", "999999999:00:00",
        "999999999h"};
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        cr_assert_eq(prompt_time(wrong[i], &ns), -EINVAL, "'%s'", wrong[i]);
}

static const struct column columns[] = {
    {"name", "Name", "", UNIT_TEXT, 10, 0, false, NULL},
    {"what", "What", "", UNIT_TEXT, 0, 0, false, NULL},
    {"total", "Total", "", UNIT_COUNT, 10, 1, false, NULL},
    {"worst", "Worst", "", UNIT_COUNT, 10, 2, false, NULL},
    {"more", "More", "", UNIT_COUNT, 10, 3, true, NULL},
    {.id = NULL},
};
static const struct view view = {.id = "view", .columns = columns};
static const struct view_settings unset;

static bool has_column(const struct layout *layout, const char *id)
{
    for (unsigned i = 0; i < layout->count; i++)
        if (strcmp(layout->columns[i].column->id, id) == 0)
            return true;
    return false;
}

Test(layout, a_text_column_takes_what_is_left)
{
    struct layout layout = layout_of(&view, &unset, 100, 0);
    cr_assert_eq(layout.count, 4);
    const struct layout_column *last = &layout.columns[3];
    cr_assert_eq(last->at + last->width, 100);
    cr_assert_eq(layout.columns[1].width, 100 - 3 * 10 - 3);
}

Test(layout, what_matters_least_goes_first_when_there_is_no_room)
{
    struct layout layout = layout_of(&view, &unset, 50, 0);
    cr_assert(has_column(&layout, "total"));
    cr_assert(!has_column(&layout, "worst"));
    layout = layout_of(&view, &unset, 8, 0);
    cr_assert_eq(layout.count, 1);
    cr_assert_eq(layout.columns[0].width, 8);
}

Test(layout, scrolling_to_the_right_brings_what_had_no_room)
{
    static const struct column wide[] = {
        {"name", "Name", "", UNIT_TEXT, 10, 0, false, NULL},
        {"a", "A", "", UNIT_COUNT, 20, 1, false, NULL},
        {"b", "B", "", UNIT_COUNT, 20, 2, false, NULL},
        {"c", "C", "", UNIT_COUNT, 20, 3, false, NULL},
        {.id = NULL},
    };
    static const struct view wide_view = {.id = "wide", .columns = wide};
    struct layout layout = layout_of(&wide_view, &unset, 40, 0);
    cr_assert(has_column(&layout, "a") && !has_column(&layout, "c"));
    layout = layout_of(&wide_view, &unset, 40, 2);
    cr_assert(has_column(&layout, "name") && has_column(&layout, "c"));
    cr_assert(!has_column(&layout, "a"));
}

Test(layout, columns_that_were_chosen_stand_in_their_order)
{
    struct view_settings chosen = {.columns = {"more", "name", "gone"}};
    struct layout layout = layout_of(&view, &chosen, 100, 0);
    cr_assert_eq(layout.count, 2);
    cr_assert_str_eq(layout.columns[0].column->id, "more");
    cr_assert_str_eq(layout.columns[1].column->id, "name");
}
