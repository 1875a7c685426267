/* SPDX-License-Identifier: MIT */
/* What may be put on a screen, and that nothing gets out of its place. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "console/top/screen/palette.h"
#include "console/top/screen/screen.h"

static struct screen screen;

static void begin(unsigned columns, unsigned rows)
{
    cr_assert(eq(int, screen_init(&screen, columns, rows), 0));
}

static void end(void)
{
    screen_free(&screen);
}

static char *dumped(enum screen_dump what)
{
    static char text[1 << 16];
    FILE *out = fmemopen(text, sizeof text, "w");
    cr_assert(eq(int, screen_dump(&screen, out, what), 0));
    fclose(out);
    return text;
}

/* Every cell is one or two wide, halves belong together, and texts are what a terminal can take. */
static void assert_whole(void)
{
    for (unsigned row = 0; row < screen.rows; row++) {
        for (unsigned column = 0; column < screen.columns; column++) {
            const struct cell *cell = screen_cell(&screen, row, column);
            cr_assert(memchr(cell->text, '\0', CELL_BYTES) != NULL);
            bool is_half = column > 0 && cell[-1].width == 2;
            cr_assert(eq(int, cell->width == 0, is_half), "at %u, %u", row, column);
            cr_assert(eq(int, cell->text[0] == '\0', is_half), "at %u, %u", row, column);
            cr_assert(cell->width < 2 || column + 1 < screen.columns, "at %u, %u", row, column);
            for (const char *byte = cell->text; *byte; byte++)
                cr_assert(eq(int, byte[0] >= 0 && (byte[0] < ' ' || byte[0] == 0x7f), 0));
        }
    }
}

static void expect_same(const char *text, const char *wanted)
{
    cr_expect(strcmp(text, wanted) == 0, "'%s' is not '%s'", text, wanted);
}

/* What comes of a text in a line of `columns`. */
static char *put(unsigned columns, const char *text)
{
    struct area place = {0, 0, 1, columns};
    screen_clear(&screen);
    screen_put(&screen, &place, 0, 0, STYLE_TEXT, text);
    assert_whole();
    char *line = dumped(SCREEN_DUMP_TEXT);
    *strchr(line, '\n') = '\0';
    return line;
}

static void expect_put(unsigned columns, const char *text, const char *wanted)
{
    expect_same(put(columns, text), wanted);
}

TestSuite(screen, .fini = end);

Test(screen, text_is_cut_with_an_ellipsis_at_the_edge_of_its_area)
{
    begin(20, 3);
    expect_put(5, "hello", "hello");
    expect_put(5, "hello!", "hell…");
    expect_put(1, "hello", "…");
    expect_put(0, "hello", "");
    expect_put(500, "hello, hello, hello, hello", "hello, hello, hello…");
}

Test(screen, nothing_outside_the_area_is_touched)
{
    begin(10, 3);
    struct area all = screen_area(&screen), middle = {1, 2, 1, 4}, outside = {7, 90, 5, 5};
    struct area huge = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    screen_fill(&screen, &all, "x", STYLE_TEXT);
    screen_put(&screen, &middle, 0, 0, STYLE_TEXT, "much too long");
    screen_put(&screen, &middle, 1, 0, STYLE_TEXT, "below");
    screen_put(&screen, &middle, 0, 4, STYLE_TEXT, "beside");
    cr_expect(eq(int, screen_put(&screen, &outside, 0, 0, STYLE_TEXT, "away"), 0));
    cr_expect(eq(int, screen_put(&screen, &huge, UINT32_MAX, UINT32_MAX, STYLE_TEXT, "away"), 0));
    screen_fill(&screen, &huge, "y", STYLE_TEXT);
    screen_bar(&screen, &outside, 1, 1);
    screen_strip(&screen, &huge, (uint64_t[]){1, 2}, 2, 2);
    screen_select(&screen, &outside);
    expect_same(dumped(SCREEN_DUMP_TEXT), "xxxxxxxxxx\nxxmuc…xxxx\nxxxxxxxxxx\n");
}

Test(screen, a_wide_character_takes_two_cells_or_is_left_out)
{
    begin(20, 1);
    expect_put(6, "日本語", "日本語");
    expect_put(5, "日本語", "日本…");
    expect_put(4, "日本語", "日 …");
    expect_put(3, "日本語", "日…");
    expect_put(1, "日", "…");
    cr_expect(eq(u32, screen_text_width(&screen, "日本語", 99), 6));
    cr_expect(eq(u32, screen_text_width(&screen, "日本語", 3), 3));
}

Test(screen, half_a_wide_character_is_never_left_behind)
{
    begin(8, 1);
    struct area all = screen_area(&screen);
    screen_put(&screen, &all, 0, 0, STYLE_TEXT, "日本語");
    screen_put(&screen, &all, 0, 1, STYLE_TEXT, "ab");
    assert_whole();
    expect_same(dumped(SCREEN_DUMP_TEXT), " ab 語\n");
    screen_put(&screen, &all, 0, 3, STYLE_TEXT, "日");
    assert_whole();
    expect_same(dumped(SCREEN_DUMP_TEXT), " ab日\n");
}

Test(screen, combining_characters_stay_in_their_cell)
{
    begin(20, 1);
    expect_put(9, "e\u0301t\u00e9", "e\u0301t\u00e9");
    cr_expect(eq(u32, screen_text_width(&screen, "e\u0301te\u0301", 99), 3));
    expect_put(9, "\u0301a", "?a");
    struct area all = screen_area(&screen), second = {0, 1, 1, 5};
    screen_clear(&screen);
    screen_put(&screen, &all, 0, 0, STYLE_TEXT, "a");
    screen_put(&screen, &second, 0, 0, STYLE_TEXT, "\u0301\u0301");
    expect_same(dumped(SCREEN_DUMP_TEXT), "a?\u0301\n");
}

Test(screen, as_many_combining_characters_as_fit_a_cell_are_kept)
{
    begin(20, 1);
    char text[4001] = "a";
    for (size_t i = 1; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\u0300", 3);
    put(20, text);
    cr_expect(eq(sz, strlen(screen_cell(&screen, 0, 0)->text), 13));
    cr_expect(eq(u32, screen_text_width(&screen, text, 99), 1));
}

Test(screen, control_characters_become_question_marks)
{
    begin(40, 1);
    expect_put(40, "a\x1b[2J\a\r\n\t\x7fz", "a?[2J?????z");
    expect_put(40,
               "\xc2\x9b"
               "31m",
               "?31m"); /* CSI as one character */
    struct area all = screen_area(&screen);
    screen_clear(&screen);
    screen_put_bytes(&screen, &all, STYLE_TEXT, "a\0b", 3);
    expect_same(dumped(SCREEN_DUMP_TEXT), "a?b\n");
}

Test(screen, what_is_not_utf8_becomes_question_marks)
{
    begin(20, 1);
    expect_put(20,
               "a\xff\xfe"
               "b",
               "a??b");
    expect_put(20, "\xc0\xaf", "??");           /* overlong */
    expect_put(20, "\xed\xa0\x80", "???");      /* a surrogate */
    expect_put(20, "\xf4\x90\x80\x80", "????"); /* beyond Unicode */
    expect_put(20, "\xe2\x82", "??");           /* cut short */
    expect_put(20, "\xe2\x82z", "??z");
}

Test(screen, bidi_controls_and_other_unseen_characters_become_question_marks)
{
    begin(20, 1);
    const char *const unseen[] = {
        "\u202a", "\u202b", "\u202c", "\u202d",     "\u202e", "\u2066", "\u2067", "\u2068",
        "\u2069", "\u200e", "\u200f", "\u061c",     "\u2028", "\u2029", "\u200b", "\ufeff",
        "\u00ad", "\u2060", "\ufffa", "\U000e0041", "\ue000", "\uffff", "\u3164", "\u115f",
    };
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++) {
        char text[16];
        snprintf(text, sizeof text, "a%sb", unseen[i]);
        expect_put(20, text, "a?b");
    }
}

Test(screen, joiners_and_variation_selectors_are_left_out)
{
    begin(20, 1);
    expect_put(20, "👩\u200d💻.", "👩💻.");
    expect_put(20, "❤\ufe0f.", "❤.");
    expect_put(20, "👋🏽.", "👋.");
    expect_put(20, "\u200da", "a");
    expect_put(20, "🇩🇪", "??");
}

Test(screen, ten_kilobytes_of_name_are_one_line)
{
    begin(30, 2);
    static char name[10001];
    for (size_t i = 0; i + 1 < sizeof name; i++)
        name[i] = "\x1b]0;\xf0\x9f\x98\x80 x\xcc\x81"[i % 12];
    put(30, name);
    expect_same(screen_cell(&screen, 0, 29)->text, "…");
    struct area all = screen_area(&screen);
    cr_expect(eq(u32, screen_print(&screen, &all, 1, 0, STYLE_TEXT, "%s", name), 30));
}

Test(screen, random_bytes_leave_it_whole)
{
    begin(17, 3);
    unsigned seed = 1;
    for (unsigned round = 0; round < 20000; round++) {
        char bytes[48];
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (char)((rand_r(&seed) & 3) ? 0xc0 + rand_r(&seed) % 64 : rand_r(&seed));
        struct area place = {(unsigned)rand_r(&seed) % 4, (unsigned)rand_r(&seed) % 20, 1,
                             (unsigned)rand_r(&seed) % 20};
        screen.use_unicode = rand_r(&seed) & 1;
        unsigned used = screen_put_bytes(&screen, &place, STYLE_TEXT, bytes,
                                         (unsigned)rand_r(&seed) % sizeof bytes);
        cr_assert(used <= place.columns);
        if (round % 16 == 0)
            assert_whole();
    }
}

Test(screen, without_unicode_only_ascii_is_left)
{
    begin(20, 1);
    screen.use_unicode = false;
    expect_put(20, "na\u00efve e\u0301 日本", "na?ve e ??");
    expect_put(20, "85 \u00b5s \u2192 9\u00d7\u2026", "85 us > 9x~");
    expect_put(5, "hello!", "hell~");
    struct area all = screen_area(&screen);
    for (int glyph = 0; glyph < GLYPH_COUNT; glyph++) {
        const char *text = screen_glyph(&screen, (enum glyph)glyph);
        cr_expect(text != NULL && *text > 0 && *text < 0x7f, "glyph %d", glyph);
    }
    screen_bar(&screen, &all, 1, 3);
    for (unsigned column = 0; column < 20; column++)
        cr_expect(screen_cell(&screen, 0, column)->text[0] > 0);
}

Test(screen, glyphs_are_as_wide_as_their_twins)
{
    begin(20, 1);
    for (int glyph = 0; glyph < GLYPH_COUNT; glyph++) {
        screen.use_unicode = true;
        unsigned width = screen_text_width(&screen, screen_glyph(&screen, (enum glyph)glyph), 9);
        screen.use_unicode = false;
        const char *twin = screen_glyph(&screen, (enum glyph)glyph);
        cr_expect(eq(u32, width, screen_text_width(&screen, twin, 9)), "glyph %d", glyph);
    }
}

Test(screen, text_to_the_right_ends_at_the_last_column)
{
    begin(10, 2);
    struct area all = screen_area(&screen), narrow = {1, 0, 1, 4};
    screen_put_right(&screen, &all, 0, STYLE_TEXT, "日b");
    screen_put_right(&screen, &narrow, 0, STYLE_TEXT, "too long");
    expect_same(dumped(SCREEN_DUMP_TEXT), "       日b\ntoo…\n");
}

Test(screen, a_bar_is_filled_by_eighths_and_styled_by_height)
{
    begin(8, 5);
    const uint64_t values[] = {0, 1, 50, 85, 1000};
    for (unsigned row = 0; row < 5; row++)
        screen_bar(&screen, &(struct area){row, 0, 1, 8}, values[row], 100);
    expect_same(dumped(SCREEN_DUMP_STYLES), "········\n00000000\n"
                                            "▏·······\n10000000\n"
                                            "████····\n11110000\n"
                                            "██████▉·\n33333330\n"
                                            "████████\n33333333\n");
}

Test(screen, bars_and_strips_take_the_largest_numbers)
{
    begin(4, 3);
    screen_bar(&screen, &(struct area){0, 0, 1, 4}, UINT64_MAX / 4 * 3, UINT64_MAX);
    screen_bar(&screen, &(struct area){1, 0, 1, 4}, 7, 0);
    screen_strip(&screen, &(struct area){2, 0, 1, 4}, (uint64_t[]){UINT64_MAX, 0}, 2, UINT64_MAX);
    expect_same(dumped(SCREEN_DUMP_TEXT), "███·\n····\n  █·\n");
}

Test(screen, a_strip_shows_the_latest_values_at_its_right)
{
    begin(6, 2);
    const uint64_t values[] = {9, 9, 0, 1, 50, 70, 90, 100};
    screen_strip(&screen, &(struct area){0, 0, 1, 6}, values, 8, 100);
    screen_strip(&screen, &(struct area){1, 0, 1, 6}, values + 5, 3, 100);
    expect_same(dumped(SCREEN_DUMP_STYLES), "·▁▄▆██\n011233\n   ▆██\n000233\n");
}

Test(screen, a_panel_gives_what_is_below_its_title)
{
    begin(20, 4);
    struct area all = {1, 2, 3, 14};
    struct area inside = screen_panel(&screen, &all, "Loops");
    cr_expect(inside.row == 2 && inside.rows == 2 && inside.column == 2 && inside.columns == 14);
    expect_same(dumped(SCREEN_DUMP_TEXT), "\n  ── Loops ─────\n\n\n");
    struct area none = screen_panel(&screen, &(struct area){9, 9, 9, 9}, "Away");
    cr_expect(none.rows == 0 && none.columns == 0);
}

Test(screen, the_dump_shows_styles_and_selection)
{
    begin(6, 2);
    struct area all = screen_area(&screen);
    screen_put(&screen, &all, 0, 1, STYLE_CRITICAL, "日x");
    screen_put(&screen, &all, 1, 0, STYLE_GOOD, "ok");
    screen_select(&screen, &(struct area){1, 0, 1, 4});
    screen_restyle(&screen, &(struct area){1, 0, 1, 1}, STYLE_NOTE);
    expect_same(dumped(SCREEN_DUMP_STYLES), " 日x\n.CCC\nok\nNG\n~~~~\n");
}

Test(screen, sizes_are_clamped)
{
    begin(100000, 100000);
    cr_expect(screen.columns == SCREEN_COLUMNS_MAX && screen.rows == SCREEN_ROWS_MAX);
    cr_expect(screen_cell(&screen, SCREEN_ROWS_MAX, 0) == NULL);
    screen_free(&screen);
    begin(0, 0);
    struct area all = screen_area(&screen);
    cr_expect(eq(u32, screen_put(&screen, &all, 0, 0, STYLE_TEXT, "x"), 0));
    cr_expect(eq(u32, screen_put_right(&screen, &all, 0, STYLE_TEXT, "x"), 0));
}

Test(screen, a_text_is_found_where_it_stands)
{
    begin(20, 2);
    struct area all = screen_area(&screen);
    screen_put(&screen, &all, 1, 3, STYLE_TEXT, "Loops");
    cr_expect(screen_shows(&screen, "  Loo", 5));
    cr_expect(not(screen_shows(&screen, "Loops ", 6)));
}

Test(screen, every_style_can_be_told_without_colours)
{
    for (unsigned style = 0; style < STYLE_COUNT; style++) {
        struct look mono = palette_look(style, PALETTE_MONO);
        cr_expect(mono.foreground == -1 && mono.background == -1);
        struct look selected = palette_look(style | STYLE_SELECTED, PALETTE_MONO);
        cr_expect(ne(u32, mono.attributes, selected.attributes), "style %u", style);
        for (int depth = PALETTE_8; depth <= PALETTE_256; depth++) {
            struct look look = palette_look(style, (enum palette_depth)depth);
            struct look marked = palette_look(style | STYLE_SELECTED, (enum palette_depth)depth);
            int most = depth == PALETTE_8 ? 8 : depth == PALETTE_16 ? 16 : 256;
            cr_expect(look.foreground >= -1 && look.foreground < most, "style %u", style);
            cr_expect(look.background >= -1 && look.background < most, "style %u", style);
            cr_expect(marked.background != look.background, "style %u", style);
            cr_expect(look.foreground == -1 || look.foreground != look.background);
        }
    }
    cr_expect(ne(u32, palette_look(STYLE_CRITICAL, PALETTE_MONO).attributes,
                 palette_look(STYLE_TEXT, PALETTE_MONO).attributes));
}
