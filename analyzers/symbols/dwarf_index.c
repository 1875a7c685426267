/* SPDX-License-Identifier: MIT */
/* The address index over DWARF units and functions. The data may be damaged: every walk is bounded
 * in depth and count, and what cannot be read is left out. */
#include "dwarf_index.h"

#include <dwarf.h>
#include <stdlib.h>

#define UNITS_MAX ((size_t)1 << 20)
#define RANGES_MAX ((size_t)8 << 20)
#define NESTING_MAX 32 /* of namespaces and types around a function */
#define CHAIN_MAX 64   /* of inlined functions at one address */
#define BLOCKS_MAX 256 /* of lexical blocks and inlines inside a function */
#define CHILDREN_MAX (1 << 20)
#define OVERLAPS_MAX 16 /* ranges before the nearest that are tried */

struct range {
    uint64_t low, high;
    uint32_t item; /* index of the unit or of the function */
};

struct ranges {
    struct range *all;
    size_t count, capacity;
};

struct unit {
    Dwarf_Die lines; /* the unit with the line table: the skeleton of split DWARF */
    Dwarf_Die body;  /* the unit with the functions */
    enum symbol_language language;
    bool is_indexed;
    struct ranges ranges; /* of its functions */
    Dwarf_Die *functions;
    size_t function_count, function_capacity;
};

struct dwarf_index {
    struct ranges ranges; /* of the units */
    struct unit *units;
    size_t unit_count, unit_capacity;
};

static bool ensure(void **array, size_t *capacity, size_t count, size_t element_bytes)
{
    if (count <= *capacity)
        return true;
    size_t wanted = *capacity ? *capacity * 2 : 64;
    void *moved = realloc(*array, wanted * element_bytes);
    if (!moved)
        return false;
    *array = moved;
    *capacity = wanted;
    return true;
}

/* Adds every address range of `die` that names any. Linkers set the ranges of discarded sections to
 * start at 0 or to be empty. */
static void add_ranges(struct ranges *ranges, Dwarf_Die *die, uint32_t item)
{
    Dwarf_Addr base = 0;
    Dwarf_Addr low = 0;
    Dwarf_Addr high = 0;
    ptrdiff_t at = 0;
    while ((at = dwarf_ranges(die, at, &base, &low, &high)) > 0) {
        void *all = ranges->all;
        if (low == 0 || low >= high)
            continue;
        if (ranges->count >= RANGES_MAX ||
            !ensure(&all, &ranges->capacity, ranges->count + 1, sizeof *ranges->all))
            return;
        ranges->all = all;
        ranges->all[ranges->count++] = (struct range){low, high, item};
    }
}

static int compare_ranges(const void *a, const void *b)
{
    const struct range *left = a;
    const struct range *right = b;
    if (left->low != right->low)
        return left->low < right->low ? -1 : 1;
    return left->high > right->high ? -1 : left->high < right->high;
}

static void sort_ranges(struct ranges *ranges)
{
    if (ranges->count > 1)
        qsort(ranges->all, ranges->count, sizeof *ranges->all, compare_ranges);
}

static const struct range *find_range(const struct ranges *ranges, uint64_t pc)
{
    size_t low = 0;
    size_t high = ranges->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges->all[middle].low <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t tries = 0; low > 0 && tries < OVERLAPS_MAX; low--, tries++) {
        if (pc < ranges->all[low - 1].high)
            return &ranges->all[low - 1];
    }
    return NULL;
}

static enum symbol_language unit_language(Dwarf_Die *die)
{
    switch (dwarf_srclang(die)) {
    case DW_LANG_Rust:
        return LANGUAGE_RUST;
    case DW_LANG_C_plus_plus:
    case DW_LANG_C_plus_plus_03:
    case DW_LANG_C_plus_plus_11:
    case DW_LANG_C_plus_plus_14:
        return LANGUAGE_CXX;
    default:
        return LANGUAGE_C;
    }
}

static void add_unit(struct dwarf_index *index, Dwarf_Die *lines, Dwarf_Die *body)
{
    void *units = index->units;
    if (index->unit_count >= UNITS_MAX ||
        !ensure(&units, &index->unit_capacity, index->unit_count + 1, sizeof *index->units))
        return;
    index->units = units;
    index->units[index->unit_count] =
        (struct unit){.lines = *lines, .body = *body, .language = unit_language(body)};
    add_ranges(&index->ranges, lines, (uint32_t)index->unit_count);
    index->unit_count++;
}

struct dwarf_index *dwarf_index_new(Dwarf *dwarf)
{
    struct dwarf_index *index = calloc(1, sizeof *index);
    if (!index)
        return NULL;
    Dwarf_CU *unit = NULL;
    Dwarf_Die lines;
    Dwarf_Die split;
    uint8_t type = 0;
    while (dwarf_get_units(dwarf, unit, &unit, NULL, &type, &lines, &split) == 0) {
        if (type == DW_UT_compile)
            add_unit(index, &lines, &lines);
        else if (type == DW_UT_skeleton)
            add_unit(index, &lines, dwarf_tag(&split) == DW_TAG_compile_unit ? &split : &lines);
    }
    sort_ranges(&index->ranges);
    if (index->ranges.count == 0) {
        dwarf_index_delete(index);
        return NULL;
    }
    return index;
}

void dwarf_index_delete(struct dwarf_index *index)
{
    if (!index)
        return;
    for (size_t i = 0; i < index->unit_count; i++) {
        free(index->units[i].ranges.all);
        free(index->units[i].functions);
    }
    free(index->units);
    free(index->ranges.all);
    free(index);
}

static void add_function(struct unit *unit, Dwarf_Die *die)
{
    void *functions = unit->functions;
    size_t ranges_before = unit->ranges.count;
    if (!ensure(&functions, &unit->function_capacity, unit->function_count + 1,
                sizeof *unit->functions))
        return;
    unit->functions = functions;
    add_ranges(&unit->ranges, die, (uint32_t)unit->function_count);
    if (unit->ranges.count > ranges_before)
        unit->functions[unit->function_count++] = *die;
}

static bool may_hold_functions(int tag)
{
    return tag == DW_TAG_namespace || tag == DW_TAG_class_type || tag == DW_TAG_structure_type ||
           tag == DW_TAG_union_type || tag == DW_TAG_enumeration_type || tag == DW_TAG_module;
}

static void index_functions(struct unit *unit, Dwarf_Die *parent, unsigned depth)
{
    Dwarf_Die child;
    if (depth > NESTING_MAX || dwarf_child(parent, &child) != 0)
        return;
    for (unsigned seen = 0; seen < CHILDREN_MAX; seen++) {
        int tag = dwarf_tag(&child);
        if (tag == DW_TAG_subprogram)
            add_function(unit, &child);
        else if (may_hold_functions(tag))
            index_functions(unit, &child, depth + 1);
        if (dwarf_siblingof(&child, &child) != 0)
            return;
    }
}

/* The child of `scope` that holds `pc` and may have inlined functions inside. */
static bool find_inner(Dwarf_Die *scope, uint64_t pc, Dwarf_Die *inner)
{
    if (dwarf_child(scope, inner) != 0)
        return false;
    for (unsigned seen = 0; seen < CHILDREN_MAX; seen++) {
        int tag = dwarf_tag(inner);
        bool is_scope = tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block ||
                        tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
        if (is_scope && dwarf_haspc(inner, pc) == 1)
            return true;
        if (dwarf_siblingof(inner, inner) != 0)
            return false;
    }
    return false;
}

/* The function and what is inlined into it at `pc`, outermost first. */
static unsigned find_chain(Dwarf_Die *function, uint64_t pc, Dwarf_Die chain[CHAIN_MAX])
{
    unsigned count = 0;
    Dwarf_Die scope = *function;
    chain[count++] = scope;
    for (unsigned depth = 0; depth < BLOCKS_MAX; depth++) {
        Dwarf_Die inner;
        if (!find_inner(&scope, pc, &inner))
            break;
        if (dwarf_tag(&inner) == DW_TAG_inlined_subroutine && count < CHAIN_MAX)
            chain[count++] = inner;
        scope = inner;
    }
    return count;
}

static const char *function_name(Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    const char *name = NULL;
    if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute))
        name = dwarf_formstring(&attribute);
    if (!name && dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute))
        name = dwarf_formstring(&attribute);
    return name ? name : dwarf_diename(die);
}

static uint64_t unsigned_attribute(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value = 0;
    if (!dwarf_attr(die, name, &attribute) || dwarf_formudata(&attribute, &value) != 0)
        return 0;
    return value;
}

/* Where the innermost function stands. Code without a line of its own (line 0, made by the
 * compiler) is placed at the function's beginning. */
static void set_line(struct unit *unit, Dwarf_Die *function, uint64_t pc, struct dwarf_frame *out)
{
    Dwarf_Line *line = dwarf_getsrc_die(&unit->lines, pc);
    int number = 0;
    if (line && dwarf_lineno(line, &number) == 0 && number > 0) {
        out->file = dwarf_linesrc(line, NULL, NULL);
        out->line = (uint32_t)number;
    } else if (function && dwarf_decl_line(function, &number) == 0 && number > 0) {
        out->file = dwarf_decl_file(function);
        out->line = (uint32_t)number;
    }
}

/* Where `callee`, inlined, was called: that is where its caller stands. */
static void set_call_site(struct unit *unit, Dwarf_Die *callee, struct dwarf_frame *caller)
{
    Dwarf_Files *files = NULL;
    size_t count = 0;
    uint64_t file = unsigned_attribute(callee, DW_AT_call_file);
    uint64_t line = unsigned_attribute(callee, DW_AT_call_line);
    if (line == 0 || line > UINT32_MAX || dwarf_getsrcfiles(&unit->lines, &files, &count) != 0 ||
        file >= count)
        return;
    caller->file = dwarf_filesrc(files, file, NULL, NULL);
    caller->line = (uint32_t)line;
}

static unsigned write_chain(struct unit *unit, uint64_t pc, Dwarf_Die *chain, unsigned depth,
                            struct dwarf_frame *out, unsigned max)
{
    unsigned count = depth < max ? depth : max;
    for (unsigned i = 0; i < count; i++) {
        bool is_outermost = i == count - 1;
        unsigned at = is_outermost ? 0 : depth - 1 - i;
        out[i] = (struct dwarf_frame){.name = function_name(&chain[at]),
                                      .is_inline = !is_outermost,
                                      .language = unit->language};
        if (at == depth - 1)
            set_line(unit, &chain[at], pc, &out[i]);
        else
            set_call_site(unit, &chain[at + 1], &out[i]);
    }
    return count;
}

unsigned dwarf_index_frames(struct dwarf_index *index, uint64_t pc, struct dwarf_frame *out,
                            unsigned max)
{
    const struct range *range = find_range(&index->ranges, pc);
    if (!range || max == 0)
        return 0;
    struct unit *unit = &index->units[range->item];
    if (!unit->is_indexed) {
        index_functions(unit, &unit->body, 0);
        sort_ranges(&unit->ranges);
        unit->is_indexed = true;
    }
    const struct range *function = find_range(&unit->ranges, pc);
    if (!function) {
        out[0] = (struct dwarf_frame){.language = unit->language};
        set_line(unit, NULL, pc, &out[0]);
        return 1;
    }
    Dwarf_Die chain[CHAIN_MAX];
    unsigned depth = find_chain(&unit->functions[function->item], pc, chain);
    return write_chain(unit, pc, chain, depth, out, max);
}
