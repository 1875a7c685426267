/* SPDX-License-Identifier: MIT */
/* What one ELF file says of itself, as far as it matters for preloading: headers, dynamic section,
 * and the few symbols that give a runtime or a way of waiting away. */
#ifndef LSC_ELF_FACTS_H
#define LSC_ELF_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_NEEDED_MAX 64
#define ELF_NAME_MAX 256

/* Imported functions (bit mask `imports`). The wait calls come first, see elf_waits. */
enum elf_import {
    ELF_IMPORT_EPOLL_WAIT = 0x1,
    ELF_IMPORT_EPOLL_PWAIT = 0x2,
    ELF_IMPORT_EPOLL_PWAIT2 = 0x4,
    ELF_IMPORT_POLL = 0x8,
    ELF_IMPORT_PPOLL = 0x10,
    ELF_IMPORT_SELECT = 0x20,
    ELF_IMPORT_PSELECT = 0x40,
    ELF_IMPORT_PTHREAD_CREATE = 0x80,
    ELF_IMPORT_DLOPEN = 0x100,
};
#define ELF_IMPORT_ANY_EPOLL 0x7u
#define ELF_IMPORT_ANY_WAIT 0x7fu

/* What defined or mentioned symbols, sections and texts give away (bit mask `traits`). */
enum elf_trait {
    ELF_TRAIT_GO = 0x1,
    ELF_TRAIT_RUST = 0x2,
    ELF_TRAIT_RUSTIX = 0x4,
    ELF_TRAIT_NODE = 0x8,
    ELF_TRAIT_PYTHON = 0x10,
    ELF_TRAIT_LIBUV = 0x20,
    ELF_TRAIT_ASAN = 0x40,
    ELF_TRAIT_TSAN = 0x80,
    ELF_TRAIT_MSAN = 0x100,
    ELF_TRAIT_SYMTAB = 0x200,
    ELF_TRAIT_DWARF = 0x400,
    ELF_TRAIT_NEEDS_LIBUV = 0x800,
    ELF_TRAIT_NEEDS_SANITIZER = 0x1000,
};

struct elf_facts {
    uint16_t machine, type;
    unsigned bits;
    char loader[ELF_NAME_MAX]; /* PT_INTERP or "" */
    bool is_dynamic;           /* has a dynamic section */
    bool has_sections;
    unsigned imports, traits;
    size_t needed_count;
    char needed[ELF_NEEDED_MAX][ELF_NAME_MAX];
    char rpath[1024], runpath[1024];
    char debug_link[ELF_NAME_MAX]; /* name of the separate debug file or "" */
    uint8_t build_id[32];
    size_t build_id_bytes;
};

/* Reads `path`. 0; -EACCES, -ENOENT, -ENOEXEC when it is no ELF file. The file may be damaged: what
 * cannot be read is left out. */
int elf_facts_read(const char *path, struct elf_facts *out);

/* Names of the wait calls in a mask of imports, separated by ", ". */
void elf_waits(unsigned imports, char *out, size_t out_bytes);

#endif
