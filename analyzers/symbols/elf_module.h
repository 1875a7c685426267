/* SPDX-License-Identifier: MIT */
/* One ELF file with its debug information, wherever that is: in the file, beside it, under
 * /usr/lib/debug (.build-id, .gnu_debuglink, .gnu_debugaltlink). Opened by libdwfl at the recorded
 * bias. */
#ifndef LSC_ELF_MODULE_H
#define LSC_ELF_MODULE_H

#include <stdint.h>

#include "dwarf_index.h"

struct elf_module;

/* Takes over `fd`, also on failure; `path` is where the file lay in the process, for the search of
 * separate debug files. Without `wants_dwarf` only symbol tables are used. NULL when the file is no
 * usable ELF file or memory is short. Not thread-safe. */
struct elf_module *elf_module_open(int fd, const char *path, uint64_t bias, bool wants_dwarf);
void elf_module_close(struct elf_module *module);

/* Where the byte at `offset` of the file lies in the process by the recorded mapping; 0 when in no
 * load segment. */
uint64_t elf_module_address(struct elf_module *module, uint64_t offset);

/* The functions at `pc`, an address of the process: from DWARF where it knows the function, else
 * from the symbol table. How many; 0 when nothing is known. Texts live as long as the module. */
unsigned elf_module_frames(struct elf_module *module, uint64_t pc, struct dwarf_frame *out,
                           unsigned max);

#endif
