/* SPDX-License-Identifier: MIT */
/* Keys and their names, and the steps that --keys is made of. */
#include "keys.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistr.h>

#include "screen.h"

/* The first name of a key is the one that is shown. */
static const struct {
    const char *name;
    uint32_t key;
} names[] = {
    {"Up", TOP_KEY_UP},
    {"Down", TOP_KEY_DOWN},
    {"Left", TOP_KEY_LEFT},
    {"Right", TOP_KEY_RIGHT},
    {"Home", TOP_KEY_HOME},
    {"End", TOP_KEY_END},
    {"PgUp", TOP_KEY_PAGE_UP},
    {"PageUp", TOP_KEY_PAGE_UP},
    {"PgDn", TOP_KEY_PAGE_DOWN},
    {"PageDown", TOP_KEY_PAGE_DOWN},
    {"Del", TOP_KEY_DELETE},
    {"BS", TOP_KEY_BACKSPACE},
    {"Tab", TOP_KEY_TAB},
    {"S-Tab", TOP_KEY_BACK_TAB},
    {"Enter", TOP_KEY_ENTER},
    {"Esc", TOP_KEY_ESCAPE},
    {"Space", ' '},
    {"lt", '<'},
    {"F1", TOP_KEY_F1},
    {"F2", TOP_KEY_F1 + 1},
    {"F3", TOP_KEY_F1 + 2},
    {"F4", TOP_KEY_F1 + 3},
    {"F5", TOP_KEY_F1 + 4},
    {"F6", TOP_KEY_F1 + 5},
    {"F7", TOP_KEY_F1 + 6},
    {"F8", TOP_KEY_F1 + 7},
    {"F9", TOP_KEY_F1 + 8},
    {"F10", TOP_KEY_F1 + 9},
    {"F11", TOP_KEY_F1 + 10},
    {"F12", TOP_KEY_F12},
};
static const struct {
    const char *name;
    enum event_kind kind;
} mouse_names[] = {
    {"Click:", EVENT_CLICK},
    {"DoubleClick:", EVENT_DOUBLE_CLICK},
    {"WheelUp:", EVENT_WHEEL_UP},
    {"WheelDown:", EVENT_WHEEL_DOWN},
};
#define COUNT(table) (sizeof table / sizeof *table)
#define WAIT_MS_MAX 600000

uint32_t key_of_character(uint32_t character)
{
    switch (character) {
    case '\t':
        return TOP_KEY_TAB;
    case '\r':
    case '\n':
        return TOP_KEY_ENTER;
    case 0x1b:
        return TOP_KEY_ESCAPE;
    case '\b':
    case 0x7f:
        return TOP_KEY_BACKSPACE;
    default:
        return character;
    }
}

/* What stands between '<' and '>'. */
struct word {
    const char *text;
    size_t length;
};

static bool word_is(const struct word *word, const char *name)
{
    return strlen(name) == word->length && memcmp(word->text, name, word->length) == 0;
}

static bool take_prefix(struct word *word, const char *prefix)
{
    size_t length = strlen(prefix);
    if (word->length < length || memcmp(word->text, prefix, length) != 0)
        return false;
    word->text += length;
    word->length -= length;
    return true;
}

/* Digits at the word's beginning, at most six. */
static bool take_number(struct word *word, unsigned *out)
{
    size_t digits = 0;
    for (*out = 0; digits < word->length && word->text[digits] >= '0' && word->text[digits] <= '9';
         digits++) {
        if (digits == 6)
            return false;
        *out = *out * 10 + (unsigned)(word->text[digits] - '0');
    }
    word->text += digits;
    word->length -= digits;
    return digits > 0;
}

static bool take_pair(struct word word, const char *between, unsigned *first, unsigned *second)
{
    return take_number(&word, first) && take_prefix(&word, between) && take_number(&word, second) &&
           word.length == 0;
}

static int step_of_wait(struct word word, struct key_step *out)
{
    struct word rest = word;
    unsigned amount = 0;
    if (take_number(&rest, &amount) && (word_is(&rest, "ms") || word_is(&rest, "s"))) {
        out->kind = STEP_WAIT_TIME;
        uint64_t wait_ms = word_is(&rest, "s") ? (uint64_t)amount * 1000 : amount;
        out->wait_ns = wait_ms * 1000000;
        return wait_ms <= WAIT_MS_MAX ? 0 : -EINVAL;
    }
    out->kind = STEP_WAIT_TEXT;
    out->text = word.text;
    out->text_bytes = word.length;
    return word.length > 0 ? 0 : -EINVAL;
}

static int step_of_size(struct word word, struct key_step *out)
{
    out->kind = STEP_SIZE;
    if (!take_pair(word, "x", &out->columns, &out->rows) || out->columns == 0 || out->rows == 0)
        return -EINVAL;
    return out->columns <= SCREEN_COLUMNS_MAX && out->rows <= SCREEN_ROWS_MAX ? 0 : -EINVAL;
}

static int step_of_mouse(struct word word, enum event_kind kind, struct key_step *out)
{
    out->kind = STEP_MOUSE;
    out->mouse = kind;
    if (!take_pair(word, ",", &out->row, &out->column) || out->row == 0 || out->column == 0)
        return -EINVAL;
    out->row--;
    out->column--;
    return 0;
}

static int step_of_key(const struct word *word, struct key_step *out)
{
    out->kind = STEP_KEY;
    for (size_t i = 0; i < COUNT(names); i++) {
        if (word_is(word, names[i].name)) {
            out->key = names[i].key;
            return 0;
        }
    }
    if (word->length != 3 || memcmp(word->text, "C-", 2) != 0 || word->text[2] < 'a' ||
        word->text[2] > 'z')
        return -EINVAL;
    out->key = key_of_character((uint32_t)(word->text[2] - 'a' + 1));
    return 0;
}

static int step_of_word(struct word word, struct key_step *out)
{
    if (take_prefix(&word, "Wait:"))
        return step_of_wait(word, out);
    if (take_prefix(&word, "Size:"))
        return step_of_size(word, out);
    for (size_t i = 0; i < COUNT(mouse_names); i++) {
        if (take_prefix(&word, mouse_names[i].name))
            return step_of_mouse(word, mouse_names[i].kind, out);
    }
    return step_of_key(&word, out);
}

int key_step_next(const char **cursor, struct key_step *out)
{
    *out = (struct key_step){.kind = STEP_END};
    const char *from = *cursor;
    if (*from == '\0')
        return 0;
    if (*from == '<') {
        const char *end = strchr(from, '>');
        if (!end || step_of_word((struct word){from + 1, (size_t)(end - from - 1)}, out) != 0)
            return -EINVAL;
        *cursor = end + 1;
        return 0;
    }
    ucs4_t character;
    int length = u8_mbtoucr(&character, (const uint8_t *)from, strnlen(from, 4));
    if (length <= 0)
        return -EINVAL;
    out->kind = STEP_KEY;
    out->key = key_of_character(character);
    *cursor = from + length;
    return 0;
}

const char *key_name(char out[KEY_NAME_BYTES], uint32_t key)
{
    for (size_t i = 0; i < COUNT(names); i++) {
        if (names[i].key == key) {
            snprintf(out, KEY_NAME_BYTES, "<%s>", names[i].name);
            return out;
        }
    }
    int length = -1;
    if (key >= ' ')
        length = u8_uctomb((uint8_t *)out, key, KEY_NAME_BYTES - 1);
    if (length > 0)
        out[length] = '\0';
    else if (key >= 1 && key <= 26)
        snprintf(out, KEY_NAME_BYTES, "<C-%c>", (char)('a' + key - 1));
    else
        snprintf(out, KEY_NAME_BYTES, "<%#x>", key);
    return out;
}
