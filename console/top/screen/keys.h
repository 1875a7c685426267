/* SPDX-License-Identifier: MIT */
/* Keys by name, for --keys, help and the manual: a character is itself, others are <Enter>, <Esc>,
 * <Tab>, <S-Tab>, <Up>, <F5>, <C-l>, <lt>, <Space>; <Wait:500ms> waits, <Wait:text…> waits until
 * the screen shows the text (at most 10 s), <Size:100x30> resizes; <Click:7,20>,
 * <DoubleClick:7,20>, <WheelUp:7,20> and <WheelDown:7,20> are the mouse at a row and column,
 * counted from 1. Pure. */
#ifndef LSC_TOP_KEYS_H
#define LSC_TOP_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"

enum key_step_kind { STEP_KEY, STEP_WAIT_TIME, STEP_WAIT_TEXT, STEP_SIZE, STEP_MOUSE, STEP_END };
struct key_step {
    enum key_step_kind kind;
    uint32_t key;
    uint64_t wait_ns;
    const char *text; /* inside the given string */
    size_t text_bytes;
    unsigned columns, rows;
    enum event_kind mouse;
    unsigned row, column; /* of the mouse, from 0 */
};
/* Takes one step from *cursor and moves it. 0, or -EINVAL with *cursor where it is wrong. */
int key_step_next(const char **cursor, struct key_step *out);

#define KEY_NAME_BYTES 16
/* "<F5>", "j", "<C-l>". */
const char *key_name(char out[KEY_NAME_BYTES], uint32_t key);

#endif
