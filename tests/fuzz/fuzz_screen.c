/* SPDX-License-Identifier: MIT */
/* Names of any bytes on a screen: every cell stays whole, whatever is put where. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "console/top/screen/screen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

static void require_whole(const struct screen *screen)
{
    for (unsigned row = 0; row < screen->rows; row++) {
        for (unsigned column = 0; column < screen->columns; column++) {
            const struct cell *cell = screen_cell(screen, row, column);
            bool is_half = column > 0 && cell[-1].width == 2;
            require(memchr(cell->text, '\0', CELL_BYTES) != NULL);
            require((cell->width == 0) == is_half && (cell->text[0] == '\0') == is_half);
            require(cell->width < 2 || column + 1 < screen->columns);
            for (const char *byte = cell->text; *byte; byte++)
                require((unsigned char)*byte >= ' ' && *byte != 0x7f);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    struct screen screen;
    require(screen_init(&screen, 20, 3) == 0);
    screen.use_unicode = data[0] & 1;
    struct area place = {data[1] % 4u, data[2] % 24u, 1, data[3] % 24u};
    const char *bytes = (const char *)data + 4;
    unsigned used = screen_put_bytes(&screen, &place, STYLE_TEXT, bytes, size - 4);
    require(used <= place.columns);
    place.column++;
    screen_put_bytes(&screen, &place, STYLE_TEXT, bytes, size - 4);
    require_whole(&screen);
    screen_free(&screen);
    return 0;
}
