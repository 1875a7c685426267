/* SPDX-License-Identifier: MIT */
/* Parser of perf map names. The forms, by example:
 *   V8       JS:*hash file:///srv/a%20b.js:3:20    JS:~get x /srv/app.js:12:15    LazyCompile:^f
 * node:fs:1:2 Script:~ /srv/app.js:1:1    Builtin:ArrayMap    BytecodeHandler:LdaGlobal
 * RegExp:(a+)+$ (the mark is the tier: ~ interpreted, ^ baseline, + and * optimized) CPython
 * py::fetch:/srv/app.py JVM      Lcom/shop/Cart;::total    .NET    int32 [Shop]
 * Shop.Cart::Total(int32)[Tier0] */
#include "perf_name.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "frame_kind.h"

/* To teach it a V8 tag: append a line. With a location the name is "mark function
 * script:line:column". */
static const struct tag {
    const char *text;
    bool has_location;
} tags[] = {
    {"JS:", true},       {"LazyCompile:", true},      {"InterpretedFunction:", true},
    {"Function:", true}, {"Script:", true},           {"Eval:", true},
    {"Builtin:", false}, {"BytecodeHandler:", false}, {"Stub:", false},
    {"Handler:", false}, {"RegExp:", false},          {"Callback:", false},
};

/* What the script of a V8 name begins with, when the function before it may hold spaces. */
static const char *const script_starts[] = {
    " /",       " file://",  " node:",   " internal/", " evalmachine.", " [eval",
    " http://", " https://", " webpack", " wasm://",   " data:",        " REPL",
};

struct span {
    const char *bytes;
    size_t length;
};

static bool starts_with(struct span text, const char *prefix)
{
    size_t n = strlen(prefix);
    return text.length >= n && memcmp(text.bytes, prefix, n) == 0;
}

static struct span skip(struct span text, size_t n)
{
    return (struct span){text.bytes + n, text.length - n};
}

static void copy(char *out, struct span text)
{
    size_t n = text.length < PERF_NAME_MAX ? text.length : PERF_NAME_MAX - 1;
    memcpy(out, text.bytes, n);
    out[n] = '\0';
}

static void copy_text(char *out, const char *text)
{
    copy(out, (struct span){text, strlen(text)});
}

/* Cuts ":number" off the end of *text. */
static bool cut_number(struct span *text, uint32_t *number)
{
    size_t n = text->length;
    while (n > 0 && text->bytes[n - 1] >= '0' && text->bytes[n - 1] <= '9')
        n--;
    size_t digits = text->length - n;
    if (n == 0 || text->bytes[n - 1] != ':' || digits == 0 || digits > 9)
        return false;
    uint32_t value = 0;
    for (size_t i = n; i < text->length; i++)
        value = value * 10 + (uint32_t)(text->bytes[i] - '0');
    *number = value;
    text->length = n - 1;
    return true;
}

/* Where the script begins in "function script", the index of the space before it. */
static size_t script_at(struct span text)
{
    size_t first = text.length;
    for (size_t i = 0; i < sizeof script_starts / sizeof *script_starts; i++) {
        const char *at =
            memmem(text.bytes, text.length, script_starts[i], strlen(script_starts[i]));
        if (at && (size_t)(at - text.bytes) < first)
            first = (size_t)(at - text.bytes);
    }
    const char *space = first == text.length ? memchr(text.bytes, ' ', text.length) : NULL;
    return space ? (size_t)(space - text.bytes) : first;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes %20 and the like in place; an encoded NUL would cut the path and stays as it is. */
static void decode_percent(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        int high = from[0] == '%' ? hex_digit(from[1]) : -1;
        int low = high >= 0 ? hex_digit(from[2]) : -1;
        if (low >= 0 && (high || low)) {
            *to++ = (char)(high * 16 + low);
            from += 2;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

static void set_script(struct perf_name *out, struct span script)
{
    bool is_url = starts_with(script, "file://");
    copy(out->file, is_url ? skip(script, strlen("file://")) : script);
    if (is_url)
        decode_percent(out->file);
}

/* "mark function script:line:column"; node wraps a whole module into a function at 1:1. */
static void parse_located(struct perf_name *out, struct span text, bool is_script)
{
    uint32_t column = 0;
    if (text.length > 0 && strchr("~*^+-", text.bytes[0]))
        text = skip(text, 1);
    struct span rest = text;
    if (cut_number(&rest, &column) && cut_number(&rest, &out->line)) {
        text = rest;
    } else if (cut_number(&text, &out->line)) {
        column = 0;
    }
    size_t at = script_at(text);
    copy(out->function, (struct span){text.bytes, at});
    if (at < text.length)
        set_script(out, skip(text, at + 1));
    if (out->function[0] == '\0')
        copy_text(out->function,
                  is_script || (out->line == 1 && column == 1) ? "(top level)" : "(anonymous)");
}

static bool parse_v8(struct perf_name *out, struct span text)
{
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        if (!starts_with(text, tags[i].text))
            continue;
        if (tags[i].has_location) {
            bool is_script = starts_with(text, "Script:") || starts_with(text, "Eval:");
            parse_located(out, skip(text, strlen(tags[i].text)), is_script);
            out->kind = frame_kind_script(out->function, out->file);
        } else {
            copy(out->function, text);
            out->kind = FRAME_SCRIPT_CORE;
        }
        return true;
    }
    return false;
}

/* py::qualified.name:/path/file.py, the path from the first ":/" or ":<" on. */
static bool parse_python(struct perf_name *out, struct span text)
{
    if (!starts_with(text, "py::"))
        return false;
    text = skip(text, strlen("py::"));
    const char *path = memmem(text.bytes, text.length, ":/", 2);
    const char *frozen = memmem(text.bytes, text.length, ":<frozen", 8);
    const char *colon = path && (!frozen || path < frozen) ? path : frozen;
    if (!colon)
        colon = memrchr(text.bytes, ':', text.length);
    size_t n = colon ? (size_t)(colon - text.bytes) : text.length;
    copy(out->function, (struct span){text.bytes, n});
    if (colon)
        copy(out->file, skip(text, n + 1));
    out->kind = frame_kind_script(out->function, out->file);
    return true;
}

/* Lcom/shop/Cart;::total as the language writes it: com.shop.Cart.total. */
static bool parse_jvm(struct perf_name *out, struct span text)
{
    const char *end = memmem(text.bytes, text.length, ";::", 3);
    if (!starts_with(text, "L") || !end)
        return false;
    size_t class_length = (size_t)(end - text.bytes) - 1;
    struct span method = skip(text, class_length + 4);
    copy(out->function, skip((struct span){text.bytes, class_length + 1}, 1));
    for (char *c = out->function; *c; c++)
        *c = *c == '/' ? '.' : *c;
    size_t used = strlen(out->function);
    if (used + 1 + method.length < PERF_NAME_MAX) {
        out->function[used] = '.';
        copy(out->function + used + 1, method);
    }
    out->kind = frame_kind_script(out->function, "");
    return true;
}

void perf_name_parse(const char *name, size_t n, struct perf_name *out)
{
    struct span text = {name, strnlen(name, n)};
    out->function[0] = out->file[0] = '\0';
    out->line = 0;
    if (parse_v8(out, text) || parse_python(out, text) || parse_jvm(out, text))
        return;
    copy(out->function, text);
    out->kind = frame_kind_script(out->function, "");
}
