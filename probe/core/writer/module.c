/* SPDX-License-Identifier: MIT */
/* The ELF files mapped into the process, with their build ids, so that program counters can be
 * named later and elsewhere. Modules are added and never removed: a stack may still point into one.
 */
#include <elf.h>
#include <link.h>
#include <string.h>

#include "state.h"

#define NOTE_ALIGN(bytes) (((bytes) + 3u) & ~3u)

static _Atomic bool is_refreshing;
/* Additions to the loader's list that were seen; a difference means new modules. */
static unsigned long long additions_seen;
static const struct lsc_segment_header *seen_for;

struct module_range {
    uint64_t start, end;
    const uint8_t *build_id;
    uint32_t build_id_bytes;
};

static void find_build_id(const struct dl_phdr_info *info, const ElfW(Phdr) * phdr,
                          struct module_range *range)
{
    const uint8_t *at = (const uint8_t *)(info->dlpi_addr + phdr->p_vaddr);
    const uint8_t *end = at + phdr->p_memsz;
    while (at + sizeof(ElfW(Nhdr)) <= end) {
        ElfW(Nhdr) note;
        memcpy(&note, at, sizeof note);
        const uint8_t *name = at + sizeof note;
        uint64_t rest = (uint64_t)(end - name);
        if (note.n_namesz > rest || note.n_descsz > rest - note.n_namesz ||
            NOTE_ALIGN(note.n_namesz) + (uint64_t)note.n_descsz > rest)
            return;
        const uint8_t *descriptor = name + NOTE_ALIGN(note.n_namesz);
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(name, "GNU", 4) == 0) {
            range->build_id = descriptor;
            range->build_id_bytes = note.n_descsz;
            return;
        }
        at = descriptor + NOTE_ALIGN(note.n_descsz);
    }
}

static struct module_range find_range(const struct dl_phdr_info *info)
{
    struct module_range range = {.start = UINT64_MAX};
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *phdr = &info->dlpi_phdr[i];
        uint64_t start = info->dlpi_addr + phdr->p_vaddr;
        uint64_t end = start + phdr->p_memsz;
        if (phdr->p_type == PT_NOTE && range.build_id == NULL)
            find_build_id(info, phdr, &range);
        if (phdr->p_type != PT_LOAD)
            continue;
        range.start = start < range.start ? start : range.start;
        range.end = end > range.end ? end : range.end;
    }
    return range;
}

static bool is_known(uint64_t bias, uint64_t start, uint64_t end)
{
    uint32_t count = atomic_load_explicit(&core_header()->module_count, memory_order_relaxed);
    for (uint32_t i = 0; i < count && part_is_reserved(LSC_PART_MODULES, i + 1); i++) {
        const struct lsc_module *m = part_at(LSC_PART_MODULES, i);
        if (m->bias == bias && m->start == start && m->end == end)
            return true;
    }
    return false;
}

static void add_module(const char *path, uint64_t bias, const struct module_range *range)
{
    uint32_t path_id = lsc__string_intern(path, strlen(path));
    int64_t index = path_id == 0 ? -1 : part_append(LSC_PART_MODULES, &core_header()->module_count);
    if (index < 0) {
        count_lost(&core_header()->lost.modules);
        return;
    }
    struct lsc_module *m = part_at(LSC_PART_MODULES, (uint64_t)index);
    m->bias = bias;
    m->start = range->start;
    m->end = range->end;
    m->build_id_bytes =
        range->build_id_bytes < sizeof m->build_id ? range->build_id_bytes : sizeof m->build_id;
    if (range->build_id != NULL)
        memcpy(m->build_id, range->build_id, m->build_id_bytes);
    atomic_store_explicit(&m->path, path_id, memory_order_release);
}

/* The loader names the program "" and the vdso after itself. */
static const char *module_path(const struct dl_phdr_info *info)
{
    if (info->dlpi_name != NULL && info->dlpi_name[0] != '\0')
        return info->dlpi_name;
    return core_header()->executable[0] != '\0' ? core_header()->executable : "[program]";
}

static int visit_module(struct dl_phdr_info *info, size_t bytes, void *data)
{
    bool *is_first = data;
    if (bytes >= offsetof(struct dl_phdr_info, dlpi_adds) + sizeof info->dlpi_adds && *is_first) {
        if (seen_for == core_header() && additions_seen == info->dlpi_adds)
            return 1;
        additions_seen = info->dlpi_adds;
        seen_for = core_header();
    }
    *is_first = false;
    struct module_range range = find_range(info);
    if (range.start < range.end && !is_known(info->dlpi_addr, range.start, range.end))
        add_module(module_path(info), info->dlpi_addr, &range);
    return 0;
}

void lsc__modules_refresh(void)
{
    bool is_first = true;
    if (core_header() == NULL || *lsc__fork_canary == 0)
        return;
    if (atomic_exchange_explicit(&is_refreshing, true, memory_order_acquire))
        return;
    dl_iterate_phdr(visit_module, &is_first);
    atomic_store_explicit(&is_refreshing, false, memory_order_release);
}

void modules_forget(void)
{
    seen_for = NULL;
    atomic_store_explicit(&is_refreshing, false, memory_order_release);
}
