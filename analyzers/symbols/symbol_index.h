/* SPDX-License-Identifier: MIT */
/* The functions of an ELF symbol table in order of address. libdw searches its tables from one end
 * to the other at every look-up, which takes milliseconds in a binary of node's size. */
#ifndef LSC_SYMBOL_INDEX_H
#define LSC_SYMBOL_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include <elfutils/libdwfl.h>

struct symbol_place {
    uint64_t address; /* of the running process */
    uint32_t bytes;   /* 0: unknown */
    int number;       /* of the symbol in its table */
};

struct symbol_index {
    Dwfl_Module *module;
    struct symbol_place *places;
    size_t count;
};

/* Reads the symbols of `module` (.symtab, or .dynsym and minidebuginfo); empty when there are none.
 * The module must outlive the index. */
void symbol_index_init(struct symbol_index *index, Dwfl_Module *module);
void symbol_index_free(struct symbol_index *index);

/* The name of the function that `pc` lies in; the module owns it. NULL when no symbol covers the
 * address: better no name than a neighbour's. */
const char *symbol_index_find(const struct symbol_index *index, uint64_t pc);

#endif
