/* SPDX-License-Identifier: MIT */
/* A module of its own Dwfl each: recorded modules may overlap (a library unloaded and another
 * loaded in its place), which one Dwfl would not take. */
#include "elf_module.h"

#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <unistd.h>

#include "symbol_index.h"

struct elf_module {
    Dwfl *dwfl;
    Dwfl_Module *module;
    struct dwarf_index *dwarf; /* NULL: no DWARF */
    uint64_t dwarf_bias;       /* address of the process - address in the DWARF data */
    struct symbol_index symbols;
    bool has_dwarf_index, has_symbol_index; /* made when first needed */
};

/* NULL debuginfo_path: libdwfl's default, ":.debug:/usr/lib/debug". */
static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
};

struct elf_module *elf_module_open(int fd, const char *path, uint64_t bias, bool wants_dwarf)
{
    struct elf_module *module = calloc(1, sizeof *module);
    if (!module)
        goto close_fd;
    module->dwfl = dwfl_begin(&callbacks);
    if (!module->dwfl)
        goto free_module;
    dwfl_report_begin(module->dwfl);
    module->module = dwfl_report_elf(module->dwfl, path, path, fd, bias, true);
    if (!module->module)
        goto end_dwfl;
    module->has_dwarf_index = !wants_dwarf;
    if (dwfl_report_end(module->dwfl, NULL, NULL) == 0)
        return module;
    fd = -1; /* libdwfl's by now */
end_dwfl:
    dwfl_end(module->dwfl);
free_module:
    free(module);
close_fd:
    if (fd >= 0)
        close(fd);
    return NULL;
}

void elf_module_close(struct elf_module *module)
{
    if (!module)
        return;
    dwarf_index_delete(module->dwarf);
    symbol_index_free(&module->symbols);
    dwfl_end(module->dwfl);
    free(module);
}

static struct dwarf_index *dwarf_of(struct elf_module *module)
{
    if (!module->has_dwarf_index) {
        Dwarf_Addr bias = 0;
        Dwarf *dwarf = dwfl_module_getdwarf(module->module, &bias);
        module->dwarf = dwarf ? dwarf_index_new(dwarf) : NULL;
        module->dwarf_bias = bias;
        module->has_dwarf_index = true;
    }
    return module->dwarf;
}

static const char *symbol_at(struct elf_module *module, uint64_t pc)
{
    if (!module->has_symbol_index) {
        symbol_index_init(&module->symbols, module->module);
        module->has_symbol_index = true;
    }
    return symbol_index_find(&module->symbols, pc);
}

uint64_t elf_module_address(struct elf_module *module, uint64_t offset)
{
    GElf_Addr bias = 0;
    size_t count = 0;
    Elf *elf = dwfl_module_getelf(module->module, &bias);
    if (!elf || elf_getphdrnum(elf, &count) != 0)
        return 0;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_LOAD &&
            offset >= header.p_offset && offset - header.p_offset < header.p_filesz)
            return offset - header.p_offset + header.p_vaddr + bias;
    }
    return 0;
}

unsigned elf_module_frames(struct elf_module *module, uint64_t pc, struct dwarf_frame *out,
                           unsigned max)
{
    struct dwarf_index *dwarf = dwarf_of(module);
    unsigned count = dwarf ? dwarf_index_frames(dwarf, pc - module->dwarf_bias, out, max) : 0;
    if (count > 0 && out[count - 1].name)
        return count;
    const char *symbol = symbol_at(module, pc);
    if (!symbol)
        return count;
    if (count == 0)
        out[0] = (struct dwarf_frame){.language = LANGUAGE_C};
    out[count ? count - 1 : 0].name = symbol;
    return count ? count : 1;
}
