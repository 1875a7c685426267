/* SPDX-License-Identifier: MIT */
/* Screens on a real terminal, by ncurses: the one file that knows it. ncurses is told only of cells
 * that changed, and writes only what differs from what the terminal shows. */
#include <ncurses.h>

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <unistr.h>
#include <wchar.h>

#include "palette.h"
#include "term.h"
#include "term_signals.h"

/* What other consoles take for a double click, and what ncurses waits for the rest of a sequence
 * that begins with Escape, where ESCDELAY does not say. */
#define DOUBLE_CLICK_NS UINT64_C(400000000)
#define ESCAPE_MS 25

struct curses {
    struct term term;
    SCREEN *handle;
    int signals; /* descriptor */
    struct signals_seen seen;
    attr_t attributes[STYLE_COUNT * 2]; /* the second half is for what is selected */
    short pairs[STYLE_COUNT * 2];
    struct screen shown; /* what ncurses was told */
    bool is_cursor_shown;
    uint64_t clicked_ns;
    unsigned clicked_row, clicked_column;
};
static struct curses *present; /* for exit */

static struct curses *curses_of(struct term *term)
{
    return (struct curses *)(void *)((char *)term - offsetof(struct curses, term));
}

/* ---- painting */

/* As ncurses takes it. What the C library holds for wider or narrower than we do is not shown. */
static void to_cchar(const struct curses *curses, const struct cell *cell, cchar_t *out)
{
    wchar_t text[CCHARW_MAX + 1] = {0};
    const uint8_t *at = (const uint8_t *)cell->text;
    for (int i = 0; i < CCHARW_MAX && *at; i++) {
        ucs4_t character;
        int length = u8_mbtoucr(&character, at, u8_strlen(at));
        int width = length > 0 && (character < 0x80 || curses->term.use_unicode)
                        ? wcwidth((wchar_t)character)
                        : -1;
        if (width != (i == 0 ? cell->width : 0)) {
            text[i] = i == 0 ? L'?' : L'\0';
            break;
        }
        text[i] = (wchar_t)character;
        at += length;
    }
    unsigned bare = cell->style & ~STYLE_SELECTED;
    unsigned look = (bare < STYLE_COUNT ? bare : STYLE_TEXT) +
                    (cell->style & STYLE_SELECTED ? STYLE_COUNT : 0u);
    setcchar(out, text, curses->attributes[look], curses->pairs[look], NULL);
}

static int take_size(struct curses *curses, const struct screen *screen)
{
    struct screen *shown = &curses->shown;
    if (shown->cells && shown->columns == screen->columns && shown->rows == screen->rows)
        return 0;
    screen_free(shown);
    erase();
    return screen_init(shown, screen->columns, screen->rows);
}

static void paint_row(struct curses *curses, const struct screen *screen, unsigned row)
{
    for (unsigned column = 0; column < screen->columns && (int)column < COLS; column++) {
        const struct cell *cell = screen_cell(screen, row, column);
        struct cell *shown = &curses->shown.cells[(size_t)row * curses->shown.columns + column];
        if (memcmp(cell, shown, sizeof *cell) == 0)
            continue;
        *shown = *cell;
        if (cell->width == 0)
            continue; /* comes with its first half */
        cchar_t character;
        to_cchar(curses, cell, &character);
        mvadd_wch((int)row, (int)column, &character);
        if (cell->width == 2 && character.chars[0] == L'?')
            mvadd_wch((int)row, (int)column + 1, &character);
    }
}

static int paint(struct term *term, const struct screen *screen)
{
    struct curses *curses = curses_of(term);
    int error = take_size(curses, screen);
    if (error)
        return error;
    for (unsigned row = 0; row < screen->rows && (int)row < LINES; row++)
        paint_row(curses, screen, row);
    if (screen->has_cursor != curses->is_cursor_shown)
        curs_set(screen->has_cursor);
    curses->is_cursor_shown = screen->has_cursor;
    if (screen->has_cursor)
        move((int)screen->cursor_row, (int)screen->cursor_column);
    refresh();
    return 0;
}

static void redraw(struct term *term)
{
    (void)term;
    clearok(curscr, TRUE);
    refresh();
}

static void ring_bell(struct term *term)
{
    (void)term;
    beep();
}

/* ---- events */

static const struct {
    int code;
    uint32_t key;
} codes[] = {
    {KEY_UP, TOP_KEY_UP},         {KEY_DOWN, TOP_KEY_DOWN},
    {KEY_LEFT, TOP_KEY_LEFT},     {KEY_RIGHT, TOP_KEY_RIGHT},
    {KEY_HOME, TOP_KEY_HOME},     {KEY_END, TOP_KEY_END},
    {KEY_PPAGE, TOP_KEY_PAGE_UP}, {KEY_NPAGE, TOP_KEY_PAGE_DOWN},
    {KEY_DC, TOP_KEY_DELETE},     {KEY_BACKSPACE, TOP_KEY_BACKSPACE},
    {KEY_BTAB, TOP_KEY_BACK_TAB}, {KEY_ENTER, TOP_KEY_ENTER},
};

static uint32_t key_of_code(int code)
{
    if (code >= KEY_F(1) && code <= KEY_F(12))
        return TOP_KEY_F1 + (uint32_t)(code - KEY_F(1));
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (codes[i].code == code)
            return codes[i].key;
    }
    return 0;
}

static enum event_kind click(struct curses *curses, unsigned row, unsigned column)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    uint64_t now = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
    bool is_second = now - curses->clicked_ns < DOUBLE_CLICK_NS && row == curses->clicked_row &&
                     column == curses->clicked_column;
    curses->clicked_ns = is_second ? 0 : now;
    curses->clicked_row = row;
    curses->clicked_column = column;
    return is_second ? EVENT_DOUBLE_CLICK : EVENT_CLICK;
}

static bool take_mouse(struct curses *curses, struct top_event *out)
{
    MEVENT event;
    if (getmouse(&event) != OK || event.x < 0 || event.y < 0)
        return false;
    *out = (struct top_event){.row = (unsigned)event.y, .column = (unsigned)event.x};
    if (event.bstate & BUTTON4_PRESSED)
        out->kind = EVENT_WHEEL_UP;
    else if (event.bstate & BUTTON5_PRESSED)
        out->kind = EVENT_WHEEL_DOWN;
    else if (event.bstate & (BUTTON1_DOUBLE_CLICKED | BUTTON1_TRIPLE_CLICKED))
        out->kind = EVENT_DOUBLE_CLICK; /* ncurses joins what comes at once */
    else if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED))
        out->kind = click(curses, out->row, out->column);
    return out->kind != EVENT_NONE;
}

static bool take_input(struct curses *curses, struct top_event *out)
{
    wint_t got;
    int kind;
    while ((kind = get_wch(&got)) != ERR) {
        if (kind == KEY_CODE_YES && got == KEY_MOUSE) {
            if (take_mouse(curses, out))
                return true;
            continue;
        }
        uint32_t key = kind == KEY_CODE_YES ? key_of_code((int)got) : key_of_character(got);
        if (key == 0)
            continue;
        *out = (struct top_event){.kind = EVENT_KEY, .key = key};
        return true;
    }
    return false;
}

static bool take_resize(struct curses *curses, struct top_event *out)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        return false;
    resize_term(size.ws_row, size.ws_col);
    clearok(curscr, TRUE);
    screen_free(&curses->shown);
    curses->term.columns = size.ws_col;
    curses->term.rows = size.ws_row;
    *out = (struct top_event){.kind = EVENT_RESIZE, .columns = size.ws_col, .rows = size.ws_row};
    return true;
}

static void suspend(struct term *term)
{
    struct curses *curses = curses_of(term);
    endwin();
    term_signals_stop();
    curses->seen.resize = true; /* perhaps */
    redraw(term);
}

/* Somebody else stopped us and may have used the terminal since. */
static void take_terminal_again(struct curses *curses)
{
    endwin();
    redraw(&curses->term);
}

static bool take_signal(struct curses *curses, struct top_event *out)
{
    struct signals_seen *seen = &curses->seen;
    struct signals_seen latest = term_signals_take();
    seen->quit |= latest.quit;
    seen->resize |= latest.resize;
    if (latest.stop)
        suspend(&curses->term);
    else if (latest.carry_on)
        take_terminal_again(curses);
    if (seen->quit) {
        *out = (struct top_event){.kind = EVENT_QUIT};
        return true;
    }
    bool is_resized = seen->resize && take_resize(curses, out);
    seen->resize = false;
    return is_resized;
}

/* Input is readable, but nothing comes: its other side is gone. */
static bool is_at_end(short events)
{
    int waiting = 0;
    if (events & (POLLHUP | POLLERR | POLLNVAL))
        return true;
    return (events & POLLIN) && ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0 && waiting == 0;
}

static int next(struct term *term, int64_t timeout_us, int wake_fd, struct top_event *out)
{
    struct curses *curses = curses_of(term);
    if (take_signal(curses, out) || take_input(curses, out))
        return 1;
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = curses->signals, .events = POLLIN},
                           {.fd = wake_fd, .events = POLLIN}};
    struct timespec wait = {(time_t)(timeout_us / 1000000), (long)(timeout_us % 1000000) * 1000};
    if (ppoll(fds, 3, timeout_us < 0 ? NULL : &wait, NULL) <= 0)
        return 0;
    bool is_over = is_at_end(fds[0].revents);
    if (take_signal(curses, out) || take_input(curses, out))
        return 1;
    if (!is_over)
        return 0;
    *out = (struct top_event){.kind = EVENT_QUIT};
    return 1;
}

/* ---- beginning and end */

static enum palette_depth depth_of(bool use_color)
{
    if (!use_color || !has_colors() || start_color() != OK || COLOR_PAIRS <= STYLE_COUNT * 2)
        return PALETTE_MONO;
    use_default_colors();
    /* More than 256 are taken for direct colours: there only the first eight are what they were. */
    if (COLORS == 256)
        return PALETTE_256;
    return COLORS >= 16 && COLORS < 256 ? PALETTE_16 : PALETTE_8;
}

static attr_t attributes_of(unsigned look)
{
    return (look & LOOK_BOLD ? A_BOLD : 0u) | (look & LOOK_DIM ? A_DIM : 0u) |
           (look & LOOK_UNDERLINE ? A_UNDERLINE : 0u) | (look & LOOK_REVERSE ? A_REVERSE : 0u);
}

static void choose_looks(struct curses *curses, bool use_color)
{
    enum palette_depth depth = depth_of(use_color);
    for (unsigned i = 0; i < STYLE_COUNT * 2; i++) {
        unsigned style = i < STYLE_COUNT ? i : (i - STYLE_COUNT) | STYLE_SELECTED;
        struct look look = palette_look(style, depth);
        curses->attributes[i] = attributes_of(look.attributes);
        curses->pairs[i] = 0;
        if (depth != PALETTE_MONO &&
            init_pair((short)(i + 1), look.foreground, look.background) == OK)
            curses->pairs[i] = (short)(i + 1);
    }
}

/* Appends a capability without its padding. */
static size_t append(char out[CRASH_BYTES_MAX], size_t used, const char *text)
{
    if (!text || text == (char *)-1)
        return used;
    while (*text && used < CRASH_BYTES_MAX) {
        const char *end = text[0] == '$' && text[1] == '<' ? strchr(text, '>') : NULL;
        if (end)
            text = end + 1;
        else
            out[used++] = *text++;
    }
    return used;
}

static void arm_crash(const struct termios *modes, bool use_mouse)
{
    static char capabilities[][6] = {"rmkx", "sgr0", "op", "cnorm", "rmcup"};
    char bytes[CRASH_BYTES_MAX];
    size_t used = use_mouse ? append(bytes, 0, "\033[?1006l\033[?1000l") : 0;
    for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++)
        used = append(bytes, used, tigetstr(capabilities[i]));
    term_crash_arm(STDOUT_FILENO, bytes, used, modes);
}

static void set_modes(bool use_mouse)
{
    if (!getenv("ESCDELAY"))
        set_escdelay(ESCAPE_MS);
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    curs_set(0);
    if (use_mouse) {
        mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON1_DOUBLE_CLICKED |
                      BUTTON1_TRIPLE_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED,
                  NULL);
        mouseinterval(0); /* double clicks are seen here, so that single ones come at once */
    }
}

static void give_terminal_back(void)
{
    if (present && !isendwin())
        endwin();
}

static void close_curses(struct term *term)
{
    struct curses *curses = curses_of(term);
    give_terminal_back();
    present = NULL;
    term_crash_disarm();
    delscreen(curses->handle);
    term_signals_close();
    screen_free(&curses->shown);
    free(curses);
}

static const struct term_ops curses_ops = {
    .paint = paint,
    .next = next,
    .bell = ring_bell,
    .suspend = suspend,
    .redraw = redraw,
    .close = close_curses,
};

static const char *why_not(void)
{
    const char *name = getenv("TERM");
    if (!isatty(STDIN_FILENO))
        return "standard input is not a terminal";
    if (!isatty(STDOUT_FILENO))
        return "standard output is not a terminal";
    if (!name || !*name)
        return "TERM is not set";
    if (strcmp(name, "dumb") == 0)
        return "this terminal cannot place text (TERM=dumb)";
    return present ? "it is in use" : NULL;
}

/* The screen of ncurses, or NULL after setting *why. */
static SCREEN *open_screen(const char **why)
{
    use_tioctl(TRUE); /* the terminal's size, whatever COLUMNS somebody exported */
    SCREEN *handle = newterm(NULL, stdout, stdin);
    static char place_cursor[] = "cup";
    const char *cup = handle ? tigetstr(place_cursor) : NULL;
    if (!handle)
        *why = "TERM names a terminal that is not known here";
    else if (!cup || cup == (char *)-1)
        *why = "this terminal cannot place text";
    else
        return handle;
    if (handle) {
        endwin();
        delscreen(handle);
    }
    return NULL;
}

struct term *term_curses_new(const struct term_options *options, const char **why)
{
    static bool is_exit_seen;
    *why = why_not();
    struct curses *curses = *why ? NULL : calloc(1, sizeof *curses);
    if (!curses)
        return NULL;
    struct termios modes;
    tcgetattr(STDIN_FILENO, &modes);
    setlocale(LC_CTYPE, "");
    curses->signals = term_signals_open();
    if (curses->signals < 0) {
        *why = "no pipe can be made";
        goto free_curses;
    }
    curses->handle = open_screen(why);
    if (!curses->handle)
        goto close_signals;
    present = curses;
    set_modes(options->use_mouse);
    choose_looks(curses, options->use_color);
    arm_crash(&modes, options->use_mouse);
    if (!is_exit_seen)
        atexit(give_terminal_back);
    is_exit_seen = true;
    bool is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    curses->term = (struct term){.ops = &curses_ops,
                                 .columns = (unsigned)COLS,
                                 .rows = (unsigned)LINES,
                                 .use_unicode = options->use_unicode && is_utf8};
    return &curses->term;

close_signals:
    term_signals_close();
free_curses:
    free(curses);
    return NULL;
}
