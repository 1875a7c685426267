/* SPDX-License-Identifier: MIT */
/* The sorted symbol index of one module: 16 bytes a function, names are fetched when asked for. */
#include "symbol_index.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOLS_MAX (4 << 20)
/* A symbol without a size (hand-written assembly) is taken to reach no further than this. */
#define UNSIZED_BYTES_MAX (64 << 10)
/* How many symbols before the nearest are tried for one that encloses the address. */
#define ENCLOSING_TRIES 8

static const char *symbol_at(Dwfl_Module *module, int number, GElf_Sym *symbol, uint64_t *address)
{
    GElf_Addr at = 0;
    const char *name = dwfl_module_getsym_info(module, number, symbol, &at, NULL, NULL, NULL);
    *address = at;
    return name;
}

/* Mapping symbols ($x, $d) of aarch64 and local labels (.L…) name no function. */
static bool is_function(const GElf_Sym *symbol, const char *name)
{
    unsigned type = GELF_ST_TYPE(symbol->st_info);
    if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS || !name || !name[0])
        return false;
    if (type == STT_NOTYPE)
        return name[0] != '$' && name[0] != '.';
    return type == STT_FUNC || type == STT_GNU_IFUNC;
}

/* Of several names for one address the one a person would write has the highest rank: one that
 * tells its size, a global one before a local one, `read` before `__read`. */
static uint32_t rank_symbol(Dwfl_Module *module, int number)
{
    GElf_Sym symbol;
    uint64_t address = 0;
    const char *name = symbol_at(module, number, &symbol, &address);
    if (!name)
        return 0;
    size_t underscores = strspn(name, "_");
    uint32_t rank = 8 - (uint32_t)(underscores < 8 ? underscores : 8);
    rank += GELF_ST_BIND(symbol.st_info) != STB_LOCAL ? 16 : 0;
    rank += GELF_ST_TYPE(symbol.st_info) != STT_NOTYPE ? 32 : 0;
    return rank + (symbol.st_size ? 64 : 0);
}

static int compare_places(const void *a, const void *b)
{
    const struct symbol_place *left = a;
    const struct symbol_place *right = b;
    if (left->address != right->address)
        return left->address < right->address ? -1 : 1;
    return left->number < right->number ? -1 : left->number > right->number;
}

/* Keeps the best symbol of each address, the first of equals. */
static void drop_aliases(struct symbol_index *index)
{
    size_t kept = 0;
    for (size_t i = 0; i < index->count;) {
        size_t best = i;
        size_t next = i + 1;
        uint32_t best_rank = 0;
        for (; next < index->count && index->places[next].address == index->places[i].address;
             next++) {
            if (best_rank == 0)
                best_rank = rank_symbol(index->module, index->places[i].number);
            uint32_t rank = rank_symbol(index->module, index->places[next].number);
            if (rank > best_rank) {
                best = next;
                best_rank = rank;
            }
        }
        index->places[kept++] = index->places[best];
        i = next;
    }
    index->count = kept;
}

void symbol_index_init(struct symbol_index *index, Dwfl_Module *module)
{
    *index = (struct symbol_index){.module = module};
    int count = dwfl_module_getsymtab(module);
    if (count > SYMBOLS_MAX)
        count = SYMBOLS_MAX;
    index->places = count > 0 ? malloc((size_t)count * sizeof *index->places) : NULL;
    if (!index->places)
        return;
    for (int i = 0; i < count; i++) {
        GElf_Sym symbol;
        uint64_t address = 0;
        const char *name = symbol_at(module, i, &symbol, &address);
        if (!name || !is_function(&symbol, name))
            continue;
        uint32_t bytes = symbol.st_size < UINT32_MAX ? (uint32_t)symbol.st_size : UINT32_MAX;
        index->places[index->count++] = (struct symbol_place){address, bytes, i};
    }
    qsort(index->places, index->count, sizeof *index->places, compare_places);
    drop_aliases(index);
}

void symbol_index_free(struct symbol_index *index)
{
    free(index->places);
    *index = (struct symbol_index){0};
}

const char *symbol_index_find(const struct symbol_index *index, uint64_t pc)
{
    size_t low = 0;
    size_t high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->places[middle].address <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t tries = 0; low > 0 && tries < ENCLOSING_TRIES; low--, tries++) {
        const struct symbol_place *place = &index->places[low - 1];
        uint64_t bytes = place->bytes || tries > 0 ? place->bytes : UNSIZED_BYTES_MAX;
        GElf_Sym symbol;
        uint64_t address = 0;
        if (pc - place->address < bytes)
            return symbol_at(index->module, place->number, &symbol, &address);
    }
    return NULL;
}
