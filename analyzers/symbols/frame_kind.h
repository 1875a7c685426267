/* SPDX-License-Identifier: MIT */
/* Whose code a frame is: the program's own, a library's, the system's, a script's. Reports call the
 * innermost script frame the culprit, else the innermost of the program's own, else a library's, so
 * a runtime that is linked into the program (libuv and V8 in node, Lua in redis-server, Tokio in a
 * Rust binary) must not pass for the program's own code. */
#ifndef LSC_FRAME_KIND_H
#define LSC_FRAME_KIND_H

#include <stdbool.h>

#include "../source/item.h"
#include "demangle.h"

/* What is known of a frame of compiled code. All texts non-NULL. */
struct frame_origin {
    const char *module;   /* path of the ELF file, "[vdso]" or "" */
    const char *function; /* demangled, or "" */
    const char *file;     /* source file or "" */
    bool is_main;         /* the module is the program's executable */
    enum symbol_language language;
};

/* Both are pure and thread-safe. */
enum frame_kind frame_kind_native(const struct frame_origin *origin);

/* A frame of JIT or interpreted code: FRAME_SCRIPT, or FRAME_SCRIPT_CORE for the runtime's own. */
enum frame_kind frame_kind_script(const char *function, const char *file);

#endif
