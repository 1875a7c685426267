/* SPDX-License-Identifier: MIT */
/* Demangling through libiberty's callback functions, which write piecewise into a bounded buffer.
 */
#include "demangle.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <demangle.h>

/* libiberty's recursion and stack use grow with the name. */
#define MANGLED_LENGTH_MAX 8192

/* What gcc, clang and rustc append to copies and parts of a function. */
static const char *const clone_suffixes[] = {
    ".part.", ".isra.", ".constprop.", ".cold",  ".lto_priv.", ".localalias",
    ".llvm.", ".clone", ".resolver",   ".actor", ".destroy",   ".simdclone",
};

struct text {
    char *bytes;
    size_t length, capacity; /* capacity without the terminator */
};

static void append(const char *piece, size_t n, void *opaque)
{
    struct text *text = opaque;
    if (n > text->capacity - text->length)
        n = text->capacity - text->length;
    if (n == 0)
        return;
    memcpy(text->bytes + text->length, piece, n);
    text->length += n;
}

static size_t length_without_suffix(const char *name)
{
    size_t length = strlen(name);
    const char *version = strchr(name, '@'); /* read@@GLIBC_2.2.5 */
    if (version && version > name)
        length = (size_t)(version - name);
    for (size_t i = 0; i < sizeof clone_suffixes / sizeof *clone_suffixes; i++) {
        const char *at = strstr(name + (name[0] != '\0'), clone_suffixes[i]);
        if (at && (size_t)(at - name) < length)
            length = (size_t)(at - name);
    }
    return length;
}

static bool demangle_rust(const char *name, struct text *text)
{
    return (name[0] == '_' && (name[1] == 'R' || name[1] == 'Z')) &&
           rust_demangle_callback(name, DMGL_NO_OPTS, append, text) != 0 && text->length > 0;
}

static bool demangle_cxx(const char *name, struct text *text)
{
    text->length = 0;
    return name[0] == '_' && name[1] == 'Z' &&
           cplus_demangle_v3_callback(name, DMGL_NO_OPTS, append, text) != 0 && text->length > 0;
}

/* "non-virtual thunk to X::f()" runs as part of X::f. */
static void drop_thunk(struct text *text)
{
    static const char words[] = "thunk to ";
    char *at = memmem(text->bytes, text->length, words, strlen(words));
    if (!at)
        return;
    at += strlen(words);
    text->length -= (size_t)(at - text->bytes);
    memmove(text->bytes, at, text->length);
    if (text->length > 2 && memcmp(text->bytes + text->length - 2, "()", 2) == 0)
        text->length -= 2;
}

enum symbol_language demangle(const char *name, char *out, size_t out_bytes)
{
    if (out_bytes == 0)
        return LANGUAGE_C;
    struct text text = {out, 0, out_bytes - 1};
    enum symbol_language language = LANGUAGE_C;
    size_t length = length_without_suffix(name);
    char *plain = length <= MANGLED_LENGTH_MAX ? strndup(name, length) : NULL;
    if (plain && demangle_rust(plain, &text)) {
        language = LANGUAGE_RUST;
    } else if (plain && demangle_cxx(plain, &text)) {
        language = LANGUAGE_CXX;
        drop_thunk(&text);
    } else {
        text.length = 0;
        append(name, length, &text);
    }
    out[text.length] = '\0';
    free(plain);
    return language;
}
