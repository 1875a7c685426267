/* SPDX-License-Identifier: MIT */
/* The steps that --keys is made of, and keys' names. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

#include "console/top/screen/keys.h"

static struct key_step only_step(const char *text)
{
    struct key_step step, end;
    const char *cursor = text;
    cr_assert(eq(int, key_step_next(&cursor, &step), 0), "%s", text);
    cr_assert(eq(int, key_step_next(&cursor, &end), 0));
    cr_assert(eq(int, (int)end.kind, STEP_END), "%s is more than one step", text);
    return step;
}

static void assert_key(const char *text, uint32_t key)
{
    struct key_step step = only_step(text);
    cr_expect(eq(int, (int)step.kind, STEP_KEY), "%s", text);
    cr_expect(eq(u32, step.key, key), "%s", text);
}

Test(keys, a_character_is_itself)
{
    assert_key("j", 'j');
    assert_key("/", '/');
    assert_key(">", '>');
    assert_key("é", 0xe9);
    assert_key("😀", 0x1f600);
}

Test(keys, others_go_by_names)
{
    assert_key("<Enter>", TOP_KEY_ENTER);
    assert_key("<Esc>", TOP_KEY_ESCAPE);
    assert_key("<Tab>", TOP_KEY_TAB);
    assert_key("<S-Tab>", TOP_KEY_BACK_TAB);
    assert_key("<PageDown>", TOP_KEY_PAGE_DOWN);
    assert_key("<F1>", TOP_KEY_F1);
    assert_key("<F12>", TOP_KEY_F12);
    assert_key("<Space>", ' ');
    assert_key("<lt>", '<');
    assert_key("<C-l>", 12);
    assert_key("<C-m>", TOP_KEY_ENTER);
}

Test(keys, steps_follow_each_other)
{
    const char *cursor = "j<F5>k";
    struct key_step step;
    const uint32_t keys[] = {'j', TOP_KEY_F1 + 4, 'k'};
    for (int i = 0; i < 3; i++) {
        cr_assert(eq(int, key_step_next(&cursor, &step), 0));
        cr_expect(eq(u32, step.key, keys[i]));
    }
    cr_assert(eq(int, key_step_next(&cursor, &step), 0));
    cr_expect(eq(int, (int)step.kind, STEP_END));
}

Test(keys, waits_are_for_a_time_or_for_a_text)
{
    struct key_step step = only_step("<Wait:500ms>");
    cr_expect(eq(int, (int)step.kind, STEP_WAIT_TIME));
    cr_expect(eq(u64, step.wait_ns, 500000000));
    cr_expect(eq(u64, only_step("<Wait:2s>").wait_ns, 2000000000));
    step = only_step("<Wait:500 ms late>");
    cr_assert(eq(int, (int)step.kind, STEP_WAIT_TEXT));
    cr_expect(step.text_bytes == strlen("500 ms late") && memcmp(step.text, "500 ms", 6) == 0);
}

Test(keys, size_and_mouse_have_numbers)
{
    struct key_step step = only_step("<Size:100x30>");
    cr_expect(step.kind == STEP_SIZE && step.columns == 100 && step.rows == 30);
    step = only_step("<Click:7,20>");
    cr_expect(step.kind == STEP_MOUSE && step.mouse == EVENT_CLICK);
    cr_expect(step.row == 6 && step.column == 19);
    cr_expect(eq(int, (int)only_step("<WheelDown:1,1>").mouse, EVENT_WHEEL_DOWN));
}

Test(keys, what_is_wrong_is_refused_where_it_stands)
{
    const char *const wrong[] = {
        "<",
        "<Enter",
        "<>",
        "<Nothing>",
        "<C-1>",
        "<Wait:>",
        "<Wait:9999s>",
        "<Size:0x30>",
        "<Size:80>",
        "<Size:80x24x>",
        "<Size:1001x24>",
        "<Click:0,1>",
        "<F13>",
        "<Click:1,99999999999>",
        "\xff",
        "\xc3",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct key_step step;
        const char *cursor = wrong[i];
        cr_expect(eq(int, key_step_next(&cursor, &step), -EINVAL), "%s", wrong[i]);
        cr_expect(cursor == wrong[i], "the cursor shows what is wrong in %s", wrong[i]);
    }
}

Test(keys, names_lead_back_to_their_keys)
{
    char name[KEY_NAME_BYTES];
    for (uint32_t key = 1; key <= TOP_KEY_F12; key = key == 0xd7ff ? 0xe000 : key + 1) {
        if (key == KEYS_SPECIAL || key != key_of_character(key) || (key >= 27 && key < ' '))
            continue;
        key_name(name, key);
        const char *cursor = name;
        struct key_step step;
        cr_assert(eq(int, key_step_next(&cursor, &step), 0), "%s", name);
        cr_assert(eq(u32, step.key, key), "%s", name);
        cr_assert(eq(sz, strlen(cursor), 0), "%s", name);
    }
    cr_expect(strcmp(key_name(name, 0xffffffff), "<0xffffffff>") == 0);
}
