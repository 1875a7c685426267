/* SPDX-License-Identifier: MIT */
/* Linker names made readable: C++ (Itanium) and Rust (legacy and v0), by libiberty. */
#ifndef LSC_DEMANGLE_H
#define LSC_DEMANGLE_H

#include <stddef.h>

enum symbol_language {
    LANGUAGE_C, /* or anything else that is not mangled */
    LANGUAGE_CXX,
    LANGUAGE_RUST,
};

/* Writes the readable form of `name` into out, cut to fit and terminated: without arguments,
 * without Rust's hash, without the suffixes compilers give to clones (".part.0"). A name that is
 * not mangled, or damaged, is copied as it is. Returns the language its mangling belongs to.
 * Thread-safe. */
enum symbol_language demangle(const char *name, char *out, size_t out_bytes);

#endif
