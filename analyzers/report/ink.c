/* SPDX-License-Identifier: MIT */
/* Terminal text. Width is counted in characters, not bytes; no locale is asked. */
#include "ink.h"

#include <stdarg.h>
#include <string.h>

#include "../source/text.h"

static const char *const colors[STYLE_COUNT] = {
    [STYLE_DIM] = "\033[2m",   [STYLE_STRONG] = "\033[1m",   [STYLE_CULPRIT] = "\033[1m",
    [STYLE_NOTE] = "\033[36m", [STYLE_WARNING] = "\033[33m", [STYLE_CRITICAL] = "\033[1;31m",
    [STYLE_GOOD] = "\033[32m"};

/* What the reports themselves use beyond ASCII. */
static const struct {
    const char *unicode, *ascii;
} plain[] = {{"µ", "u"}, {"…", "..."}, {"→", "->"}, {"▶", ">"}, {"·", "-"},
             {"–", "-"}, {"─", "-"},   {"×", "x"},  {"✓", "+"}, {"≥", ">="}};

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* One character of valid UTF-8 into its ASCII form; returns the bytes read. */
static size_t plain_one(const char *text, const char **ascii)
{
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        size_t length = strlen(plain[i].unicode);
        if (strncmp(text, plain[i].unicode, length) == 0) {
            *ascii = plain[i].ascii;
            return length;
        }
    }
    size_t length = 1;
    while (is_continuation(text[length]))
        length++;
    *ascii = "?";
    return length;
}

static void to_ascii(char *out, size_t bytes, const char *text)
{
    size_t used = 0;
    while (*text && used + 4 < bytes) {
        if ((unsigned char)*text < 0x80) {
            out[used++] = *text++;
            continue;
        }
        const char *ascii;
        text += plain_one(text, &ascii);
        size_t length = strlen(ascii);
        memcpy(out + used, ascii, length);
        used += length;
    }
    out[used] = '\0';
}

/* Safe to print, in the character set asked for. */
static void prepare(const struct ink *ink, char out[INK_TEXT_BYTES], const char *text)
{
    char safe[INK_TEXT_BYTES];
    text_clean(safe, sizeof(safe), text, strlen(text));
    if (ink->use_unicode)
        memcpy(out, safe, strlen(safe) + 1);
    else
        to_ascii(out, INK_TEXT_BYTES, safe);
}

static unsigned width_of(const char *text, size_t bytes)
{
    unsigned width = 0;
    for (size_t i = 0; i < bytes; i++)
        width += !is_continuation(text[i]);
    return width;
}

/* The bytes of the first `width` characters. */
static size_t bytes_of(const char *text, unsigned width)
{
    size_t bytes = 0;
    while (text[bytes] && (width > 0 || is_continuation(text[bytes]))) {
        width -= !is_continuation(text[bytes]) && width > 0;
        bytes++;
        if (width == 0 && !is_continuation(text[bytes]))
            break;
    }
    return bytes;
}

static void put(const struct ink *ink, enum style style, const char *text, size_t bytes)
{
    bool is_colored = ink->use_color && colors[style] && bytes;
    if (is_colored)
        fputs(colors[style], ink->out);
    fwrite(text, 1, bytes, ink->out);
    if (is_colored)
        fputs("\033[0m", ink->out);
}

static void spaces(const struct ink *ink, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        fputc(' ', ink->out);
}

/* A number and its unit stay together. */
static bool may_break_at(const char *text, size_t at)
{
    char before = text[at - 1], after = text[at + 1];
    bool is_number = before >= '0' && before <= '9';
    bool is_unit = after == '%' || (unsigned char)after >= 0x80 || after == 'n' || after == 'u' ||
                   after == 'm' || after == 's' || after == 'h';
    return !(is_number && is_unit);
}

/* How much of the text goes on a line of this width: up to the last space that fits. */
static size_t line_bytes(const char *text, unsigned width)
{
    size_t limit = bytes_of(text, width);
    if (!text[limit] || (limit && text[limit] == ' ' && may_break_at(text, limit)))
        return limit;
    for (size_t i = limit; i > 0; i--)
        if (text[i - 1] == ' ' && i > 1 && may_break_at(text, i - 1))
            return i - 1;
    return limit ? limit : 1;
}

void ink_paragraph(const struct ink *ink, enum style style, const char *lead, unsigned indent,
                   const char *text)
{
    char opening[INK_TEXT_BYTES], body[INK_TEXT_BYTES];
    prepare(ink, opening, lead);
    prepare(ink, body, text);
    put(ink, style, opening, strlen(opening));
    unsigned at = width_of(opening, strlen(opening));
    spaces(ink, at < indent ? indent - at : 1);
    unsigned first = at < indent ? indent : at + 1;
    const char *rest = body;
    unsigned column = first;
    for (;;) {
        unsigned width = ink->columns > column + 20 ? ink->columns - column : 20;
        size_t bytes = line_bytes(rest, width);
        fwrite(rest, 1, bytes, ink->out);
        fputc('\n', ink->out);
        rest += bytes;
        while (*rest == ' ')
            rest++;
        if (!*rest)
            return;
        spaces(ink, indent);
        column = indent;
    }
}

void ink_line(const struct ink *ink, enum style style, unsigned indent, const char *text)
{
    char body[INK_TEXT_BYTES];
    prepare(ink, body, text);
    unsigned width = ink->columns > indent + 20 ? ink->columns - indent : 20;
    spaces(ink, indent);
    if (width_of(body, strlen(body)) <= width) {
        put(ink, style, body, strlen(body));
    } else {
        const char *more = ink->use_unicode ? "…" : "...";
        size_t bytes = bytes_of(body, width - (ink->use_unicode ? 1 : 3));
        memcpy(body + bytes, more, strlen(more) + 1);
        put(ink, style, body, strlen(body));
    }
    fputc('\n', ink->out);
}

void ink_print(const struct ink *ink, const char *lead, unsigned indent, const char *format, ...)
{
    char text[INK_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    ink_paragraph(ink, STYLE_STRONG, lead, indent, text);
}

void ink_break(const struct ink *ink)
{
    fputc('\n', ink->out);
}
