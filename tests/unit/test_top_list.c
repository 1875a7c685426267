/* SPDX-License-Identifier: MIT */
/* Lists of the console: sorting, filtering, trees. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/top/app/cell.h"
#include "console/top/app/list.h"

#define NUMBER_UNKNOWN UINT64_MAX

/* A row's id is its place here. */
static struct {
    const char *name;
    uint64_t number;
    int parent; /* -1: none */
} rows[8];
static size_t row_count;

static void name_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    (void)app;
    out->is_known = rows[row->id].name != NULL;
    snprintf(out->text, sizeof(out->text), "%s", out->is_known ? rows[row->id].name : "");
}

static void number_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    (void)app;
    out->number = rows[row->id].number;
    out->is_known = out->number != NUMBER_UNKNOWN;
}

static void collect(const struct app *app, struct rows_out *out)
{
    (void)app;
    for (size_t i = 0; i < row_count; i++) {
        struct entity entity = {.kind = ENTITY_TASK, .id = i};
        struct entity parent = {.kind = ENTITY_TASK, .id = (uint64_t)rows[i].parent};
        row_add_under(out, &entity, rows[i].parent >= 0 ? &parent : NULL);
    }
}

static const struct column columns[] = {
    {"name", "Name", "", UNIT_TEXT, 10, 0, false, name_value},
    {"number", "Number", "", UNIT_COUNT, 10, 0, false, number_value},
    {.id = NULL},
};
static const struct view view = {
    .id = "view", .columns = columns, .collect = collect, .has_tree = true};
static struct view_settings settings;
static struct list list;

static void add(const char *name, uint64_t number, int parent)
{
    rows[row_count].name = name;
    rows[row_count].number = number;
    rows[row_count++].parent = parent;
}

static void sort_by(const char *column, bool is_ascending)
{
    snprintf(settings.sort, sizeof(settings.sort), "%s", column);
    settings.is_ascending = is_ascending;
}

/* The names shown, with a dot for each step into the tree. */
static const char *shown(const char *filter)
{
    static char text[256];
    text[0] = '\0';
    list_make(&list, NULL, &view, &settings, filter);
    for (size_t i = 0; i < list.count; i++) {
        if (i)
            strcat(text, " ");
        for (unsigned d = 0; d < list.entries[i].depth; d++)
            strcat(text, ".");
        const char *name = rows[list_entity(&list, i)->id].name;
        strcat(text, name ? name : "?");
    }
    return text;
}

static void end(void)
{
    list_free(&list);
}

TestSuite(list, .fini = end);

Test(list, sorts_by_number_with_what_is_unknown_last)
{
    add("a", 5, -1);
    add("b", NUMBER_UNKNOWN, -1);
    add("c", 300, -1);
    add("d", 70000, -1);
    sort_by("number", false);
    cr_assert_str_eq(shown(""), "d c a b");
    sort_by("number", true);
    cr_assert_str_eq(shown(""), "a c d b");
}

Test(list, sorts_text_beyond_its_first_letters)
{
    add("connection-2", 0, -1);
    add("connection-10", 0, -1);
    add("b", 0, -1);
    add("connection-1", 0, -1);
    sort_by("name", true);
    cr_assert_str_eq(shown(""), "b connection-1 connection-10 connection-2");
    sort_by("name", false);
    cr_assert_str_eq(shown(""), "connection-2 connection-10 connection-1 b");
}

Test(list, rows_that_compare_alike_stay_as_they_came)
{
    add("a", 7, -1);
    add("b", 7, -1);
    add("c", 9, -1);
    add("d", 7, -1);
    sort_by("number", false);
    cr_assert_str_eq(shown(""), "c a b d");
}

Test(list, a_filter_is_found_in_either_case)
{
    add("Reader", 1, -1);
    add("writer", 2, -1);
    add("READY", 3, -1);
    sort_by("number", true);
    cr_assert_str_eq(shown("read"), "Reader READY");
    cr_assert_str_eq(shown("nothing"), "");
}

static void family(void)
{
    add("root", 1, -1);
    add("b", 2, 0);
    add("a", 3, 0);
    add("leaf", 4, 1);
    sort_by("name", true);
    settings.is_tree = true;
}

Test(list, a_tree_sorts_within_each_branch)
{
    family();
    cr_assert_str_eq(shown(""), "root .a .b ..leaf");
    cr_assert(list.entries[1].more >> 1 & 1, "a brother follows");
    cr_assert(!(list.entries[2].more >> 1 & 1), "none follows");
}

Test(list, a_folded_branch_hides_what_is_under_it)
{
    family();
    struct entity root = {.kind = ENTITY_TASK, .id = 0}, b = {.kind = ENTITY_TASK, .id = 1};
    list_fold(&list, &b, true);
    cr_assert_str_eq(shown(""), "root .a .b");
    list_fold(&list, &root, true);
    cr_assert_str_eq(shown(""), "root");
    list_fold(&list, &b, false);
    list_fold(&list, &root, false);
    cr_assert_str_eq(shown(""), "root .a .b ..leaf");
}

Test(list, a_row_whose_parent_is_filtered_out_is_a_root)
{
    family();
    cr_assert_str_eq(shown("leaf"), "leaf");
}

Test(list, rows_that_are_their_own_ancestors_are_each_shown_once)
{
    add("a", 1, 1);
    add("b", 2, 0);
    add("c", 3, 2);
    add("d", 4, 0);
    sort_by("name", true);
    settings.is_tree = true;
    shown("");
    cr_assert_eq(list.count, 4);
    bool seen[4] = {false};
    for (size_t i = 0; i < list.count; i++)
        seen[list_entity(&list, i)->id] = true;
    cr_assert(seen[0] && seen[1] && seen[2] && seen[3]);
    struct entity a = {.kind = ENTITY_TASK, .id = 0};
    list_fold(&list, &a, true);
    shown("");
    cr_assert_leq(list.count, 4);
}

static void many(const struct app *app, struct rows_out *out)
{
    (void)app;
    for (uint64_t i = 0; i < 100000; i++) {
        struct entity entity = {.kind = ENTITY_TASK, .id = i};
        struct entity parent = {.kind = ENTITY_TASK, .id = i - 1};
        row_add_under(out, &entity, i ? &parent : NULL);
    }
}

static void id_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    (void)app;
    out->is_known = true;
    out->number = row->id * 2654435761u % 1000003;
}

static const struct column id_columns[] = {
    {"id", "Id", "", UNIT_COUNT, 10, 0, false, id_value},
    {.id = NULL},
};
static const struct view long_view = {
    .id = "long", .columns = id_columns, .collect = many, .has_tree = true};

Test(list, a_chain_of_a_hundred_thousand_generations_is_shown)
{
    sort_by("id", false);
    settings.is_tree = true;
    list_make(&list, NULL, &long_view, &settings, "");
    cr_assert_eq(list.count, 100000);
    cr_assert_eq(list.entries[99999].depth, LIST_DEPTH_MAX - 1);
}

Test(list, a_hundred_thousand_rows_are_sorted)
{
    sort_by("id", false);
    list_make(&list, NULL, &long_view, &settings, "");
    cr_assert_eq(list.count, 100000);
    struct row_cell before, cell;
    for (size_t i = 1; i < list.count; i++) {
        id_value(NULL, list_entity(&list, i - 1), &before);
        id_value(NULL, list_entity(&list, i), &cell);
        cr_assert_geq(before.number, cell.number);
    }
}

Test(cell, how_long_ago_is_told_no_finer_than_can_be_followed)
{
    static const struct {
        uint64_t ms;
        const char *words;
    } ages[] = {{0, "just now"},      {999, "just now"},    {1000, "1 s ago"},
                {59999, "59 s ago"},  {60000, "1 min ago"}, {3599999, "59 min ago"},
                {3600000, "1 h ago"}, {90000000, "1 d ago"}};
    char text[DURATION_BYTES];
    for (unsigned i = 0; i < sizeof(ages) / sizeof(ages[0]); i++)
        cr_assert_str_eq(words_ago(text, ages[i].ms * 1000000), ages[i].words);
}

Test(cell, what_happened_once_is_not_told_in_the_plural)
{
    char text[TIMES_BYTES];
    cr_assert_str_eq(words_times(text, 1), "once");
    cr_assert_str_eq(words_times(text, 0), "0 times");
    cr_assert_str_eq(words_times(text, 12345), "12 345 times");
    cr_assert_str_eq(words_times(text, UINT64_MAX), "18 446 744 073 709 551 615 times");
}
