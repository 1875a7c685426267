/* SPDX-License-Identifier: MIT */
/* What may be printed where: colours, box characters and width, from the terminal and environment.
 */
#include "style.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_LEAST 60
#define COLUMNS_MOST 200
#define COLUMNS_DEFAULT 100 /* in files, which have no width */

const char *const color_choices[] = {"auto", "always", "never", NULL};

static bool wants_color(int fd, enum color_wish wish)
{
    if (wish != COLOR_AUTO)
        return wish == COLOR_ALWAYS;
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    if (no_color && *no_color)
        return false;
    return term && *term && strcmp(term, "dumb") != 0 && isatty(fd);
}

static unsigned width_of(int fd)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    long width = columns ? strtol(columns, NULL, 10) : 0;
    if (width <= 0 && ioctl(fd, TIOCGWINSZ, &size) == 0)
        width = size.ws_col;
    if (width <= 0)
        return COLUMNS_DEFAULT;
    if (width < COLUMNS_LEAST)
        return COLUMNS_LEAST;
    return width > COLUMNS_MOST ? COLUMNS_MOST : (unsigned)width;
}

struct style style_for(int fd, enum color_wish wish)
{
    return (struct style){
        .use_color = wants_color(fd, wish),
        .use_unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
        .columns = width_of(fd),
    };
}
