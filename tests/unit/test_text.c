/* SPDX-License-Identifier: MIT */
/* Foreign text on its way to a terminal. */
#include <criterion/criterion.h>
#include <string.h>

#include "analyzers/source/text.h"

static const char *clean(const char *bytes, size_t n, size_t room)
{
    static char out[64];
    cr_assert_leq(room, sizeof(out));
    memset(out, 'Z', sizeof(out));
    cr_assert_eq(text_clean(out, room, bytes, n), out);
    return out;
}

#define CLEAN(literal) clean(literal, sizeof(literal) - 1, 64)

Test(text, leaves_plain_and_wide_characters_alone)
{
    cr_assert_str_eq(CLEAN("GET /index.html"), "GET /index.html");
    cr_assert_str_eq(CLEAN("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x9b"),
                     "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x9b");
}

Test(text, replaces_control_characters_of_C0_DEL_and_C1)
{
    cr_assert_str_eq(CLEAN("a\x1b[31mb\r\n\t\x7f"), "a?[31mb????");
    cr_assert_str_eq(CLEAN("\xc2\x9b"
                           "2J\xc2\x80\xc2\xa0"),
                     "?2J?\xc2\xa0");
}

Test(text, turns_the_separators_of_argument_lists_into_spaces)
{
    cr_assert_str_eq(CLEAN("node\0server.js\0-p"), "node server.js -p");
}

Test(text, replaces_every_byte_of_broken_UTF_8)
{
    cr_assert_str_eq(CLEAN("a\x80\xbf"
                           "b"),
                     "a??b");
    cr_assert_str_eq(CLEAN("\xc3("), "?(");
    cr_assert_str_eq(CLEAN("\xe2\x82"), "??");
    cr_assert_str_eq(CLEAN("\xff\xfe\xf5\x80\x80\x80"), "??????");
}

Test(text, replaces_overlong_forms_surrogates_and_what_lies_beyond_Unicode)
{
    cr_assert_str_eq(CLEAN("\xc0\xaf\xc1\x9b"), "????");
    cr_assert_str_eq(CLEAN("\xe0\x80\xaf"), "???");
    cr_assert_str_eq(CLEAN("\xf0\x80\x80\xaf"), "????");
    cr_assert_str_eq(CLEAN("\xed\xa0\x80"), "???");
    cr_assert_str_eq(CLEAN("\xf4\x90\x80\x80"), "????");
    cr_assert_str_eq(CLEAN("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf");
}

Test(text, cuts_on_the_boundary_of_a_character)
{
    cr_assert_str_eq(clean("ab\xe2\x82\xac", 5, 5), "ab");
    cr_assert_str_eq(clean("ab\xe2\x82\xac", 5, 6), "ab\xe2\x82\xac");
    cr_assert_str_eq(clean("abc", 3, 1), "");
    cr_assert_str_eq(clean("abc", 3, 3), "ab");
    cr_assert_eq(clean("abc", 3, 0)[0], 'Z');
}
