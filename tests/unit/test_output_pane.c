/* SPDX-License-Identifier: MIT */
/* What a program prints, as lines of text. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "console/top/feed/output.h"

static struct output_pane *pane_of(const char *text)
{
    struct output_pane *pane = output_pane_new();
    output_pane_add(pane, text, strlen(text));
    return pane;
}

Test(output_pane, holds_lines_and_the_one_that_is_not_ended_yet)
{
    struct output_pane *pane = pane_of("one\r\ntwo\r\n\r\nthr");
    cr_assert_eq(output_pane_count(pane), 4);
    cr_assert_str_eq(output_pane_line(pane, 0), "one");
    cr_assert_str_eq(output_pane_line(pane, 2), "");
    cr_assert_str_eq(output_pane_line(pane, 3), "thr");
    cr_assert_str_eq(output_pane_line(pane, 4), "");
    output_pane_delete(pane);
}

Test(output_pane, leaves_escape_sequences_and_controls_out)
{
    struct output_pane *pane = pane_of(
        "\033[1;31mred\033[0m \033]0;title\007a\033]8;;http://x\033\\b\033(Bc\001d\033Pq\033\\"
        "e\177\n\033[2J\033[10;10Hf");
    cr_assert_str_eq(output_pane_line(pane, 0), "red abcde");
    cr_assert_str_eq(output_pane_line(pane, 1), "f");
    output_pane_delete(pane);
}

Test(output_pane, a_line_after_a_carriage_return_replaces_the_one_before)
{
    struct output_pane *pane = pane_of("10 %\r20 %\r100 %\ndone\r");
    cr_assert_str_eq(output_pane_line(pane, 0), "100 %");
    cr_assert_str_eq(output_pane_line(pane, 1), "done");
    output_pane_delete(pane);
}

Test(output_pane, a_sequence_that_never_ends_hides_no_more_than_its_line)
{
    struct output_pane *pane = pane_of("a\033]never ends\nb\n\033[");
    cr_assert_str_eq(output_pane_line(pane, 0), "a");
    cr_assert_str_eq(output_pane_line(pane, 1), "b");
    output_pane_delete(pane);
}

Test(output_pane, backspaces_take_whole_characters_back_and_tabs_go_to_stops)
{
    struct output_pane *pane = pane_of("a\303\244\bb\tc\n\b\bx");
    cr_assert_str_eq(output_pane_line(pane, 0), "ab      c");
    cr_assert_str_eq(output_pane_line(pane, 1), "x");
    output_pane_delete(pane);
}

Test(output_pane, keeps_the_latest_lines_and_counts_the_others)
{
    struct output_pane *pane = output_pane_new();
    for (unsigned i = 0; i < OUTPUT_LINES + 500; i++) {
        char line[32];
        int length = snprintf(line, sizeof(line), "line %u\n", i);
        output_pane_add(pane, line, (size_t)length);
    }
    unsigned count = output_pane_count(pane);
    cr_assert_eq(count, OUTPUT_LINES - 1, "the one to come has a place, too");
    cr_assert_eq(output_pane_dropped(pane), 501);
    cr_assert_str_eq(output_pane_line(pane, 0), "line 501");
    cr_assert_str_eq(output_pane_line(pane, count - 1), "line 2499");
    output_pane_delete(pane);
}

Test(output_pane, cuts_lines_that_are_too_long_and_survives_any_bytes)
{
    struct output_pane *pane = output_pane_new();
    unsigned state = 1;
    for (unsigned i = 0; i < 300000; i++) {
        state = state * 1664525 + 1013904223;
        char byte = (char)(state >> 24);
        output_pane_add(pane, &byte, 1);
    }
    for (unsigned i = 0; i < output_pane_count(pane); i++) {
        const char *line = output_pane_line(pane, i);
        cr_assert_lt(strlen(line), OUTPUT_LINE_BYTES);
        for (; *line; line++)
            cr_assert((unsigned char)*line >= 0x20 && *line != 0x7f);
    }
    output_pane_delete(pane);
}
