/* SPDX-License-Identifier: MIT */
/* Functions, inlines and lines of program counters from DWARF. Compilation units are indexed by
 * address once (clang and rustc write no .debug_aranges), the functions of a unit when one is asked
 * for. */
#ifndef LSC_DWARF_INDEX_H
#define LSC_DWARF_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <elfutils/libdw.h>

#include "demangle.h"

/* One function at a program counter. Texts belong to the DWARF data; NULL when unknown. */
struct dwarf_frame {
    const char *name; /* the linker's name where there is one */
    const char *file;
    uint32_t line;
    bool is_inline; /* into the next one */
    enum symbol_language language;
};

struct dwarf_index;

/* NULL when the data hold no unit or memory is short. `dwarf` must outlive the index. */
struct dwarf_index *dwarf_index_new(Dwarf *dwarf);
void dwarf_index_delete(struct dwarf_index *index);

/* The functions at `pc` (an address of the DWARF data), innermost inline first; how many, 0 when no
 * unit knows the address. Of a chain that is too long the middle is left out. */
unsigned dwarf_index_frames(struct dwarf_index *index, uint64_t pc, struct dwarf_frame *out,
                            unsigned max);

#endif
