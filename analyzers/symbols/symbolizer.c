/* SPDX-License-Identifier: MIT */
/* The symbolizer of one process: which module or JIT code a program counter lies in, and the frames
 * it stands for. Files are opened when a program counter first falls into them. */
#include "symbols.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_module.h"
#include "frame_cache.h"
#include "frame_kind.h"
#include "mapping.h"
#include "module_file.h"
#include "perf_map.h"
#include "perf_name.h"
#include "string_pool.h"

#define MODULES_MAX 4096
#define KEPT_FILES_MAX 64 /* descriptors of files that vanish with their process */
#define OWNERS_MAX 5      /* the four user ids of a process, and ourselves */

struct module {
    struct module_ref ref;
    const char *name; /* what frames show: the path, or [vdso] */
    int kept_fd;      /* -1: none */
    bool is_opened;   /* tried once, whatever came of it */
    struct elf_module *elf;
};

struct symbolizer {
    uint32_t pid;
    uint32_t own_pid; /* in its own pid namespace */
    struct string_pool *strings;
    struct frame_cache *cache;
    struct module *modules;
    size_t module_count, module_capacity;
    size_t kept_files;
    const char *jit_path; /* NULL: the usual places */
    uid_t owners[OWNERS_MAX];
    size_t owner_count;
    struct perf_map jit;
};

static const char *intern(struct symbolizer *symbolizer, const char *text)
{
    return string_pool_intern(symbolizer->strings, text, strlen(text));
}

static void add_owner(struct symbolizer *symbolizer, uid_t uid)
{
    if (symbolizer->owner_count < OWNERS_MAX)
        symbolizer->owners[symbolizer->owner_count++] = uid;
}

/* The user ids of the process and its id in its own namespace (what it calls its perf map), from
 * /proc/<pid>/status; the pid itself when the process is gone. */
static void read_status(struct symbolizer *symbolizer)
{
    char path[64];
    char line[256];
    symbolizer->own_pid = symbolizer->pid;
    snprintf(path, sizeof path, "/proc/%" PRIu32 "/status", symbolizer->pid);
    FILE *status = fopen(path, "re");
    if (!status)
        return;
    while (fgets(line, sizeof line, status)) {
        uid_t ids[4];
        if (sscanf(line, "Uid: %u %u %u %u", &ids[0], &ids[1], &ids[2], &ids[3]) == 4) {
            for (size_t i = 0; i < 4; i++)
                add_owner(symbolizer, ids[i]);
        } else if (strncmp(line, "NSpid:", 6) == 0) {
            const char *last = strrchr(line, '\t');
            symbolizer->own_pid = last ? (uint32_t)strtoul(last, NULL, 10) : symbolizer->pid;
        }
    }
    fclose(status);
}

/* Opens the perf map as soon as it exists: V8 makes it when it compiles first. */
static void open_jit(struct symbolizer *symbolizer)
{
    char path[96];
    const uid_t *owners = symbolizer->owners;
    if (symbolizer->jit_path) {
        perf_map_open(&symbolizer->jit, symbolizer->jit_path, owners, symbolizer->owner_count);
        return;
    }
    snprintf(path, sizeof path, "/proc/%" PRIu32 "/root/tmp/perf-%" PRIu32 ".map", symbolizer->pid,
             symbolizer->own_pid);
    if (perf_map_open(&symbolizer->jit, path, owners, symbolizer->owner_count) == 0)
        return;
    snprintf(path, sizeof path, "/tmp/perf-%" PRIu32 ".map", symbolizer->pid);
    perf_map_open(&symbolizer->jit, path, owners, symbolizer->owner_count);
}

struct symbolizer *symbolizer_new(uint32_t pid, const char *jit_map)
{
    struct symbolizer *symbolizer = calloc(1, sizeof *symbolizer);
    if (!symbolizer)
        return NULL;
    symbolizer->pid = pid;
    perf_map_init(&symbolizer->jit);
    symbolizer->strings = string_pool_new();
    symbolizer->cache = frame_cache_new();
    if (!symbolizer->strings || !symbolizer->cache) {
        symbolizer_delete(symbolizer);
        return NULL;
    }
    if (jit_map)
        symbolizer->jit_path = intern(symbolizer, jit_map);
    add_owner(symbolizer, geteuid());
    read_status(symbolizer);
    return symbolizer;
}

void symbolizer_set_owner(struct symbolizer *symbolizer, uint32_t uid)
{
    if (symbolizer->owner_count == 1)
        add_owner(symbolizer, uid);
}

void symbolizer_delete(struct symbolizer *symbolizer)
{
    if (!symbolizer)
        return;
    for (size_t i = 0; i < symbolizer->module_count; i++) {
        elf_module_close(symbolizer->modules[i].elf);
        if (symbolizer->modules[i].kept_fd >= 0)
            close(symbolizer->modules[i].kept_fd);
    }
    free(symbolizer->modules);
    perf_map_free(&symbolizer->jit);
    frame_cache_delete(symbolizer->cache);
    string_pool_delete(symbolizer->strings);
    free(symbolizer);
}

static bool is_known(const struct symbolizer *symbolizer, const struct module_ref *ref)
{
    for (size_t i = 0; i < symbolizer->module_count; i++) {
        const struct module_ref *known = &symbolizer->modules[i].ref;
        if (known->start == ref->start && known->end == ref->end && known->path == ref->path)
            return true;
    }
    return false;
}

static struct module *take_module(struct symbolizer *symbolizer)
{
    if (symbolizer->module_count >= MODULES_MAX)
        return NULL;
    if (symbolizer->module_count == symbolizer->module_capacity) {
        size_t capacity = symbolizer->module_capacity ? symbolizer->module_capacity * 2 : 32;
        struct module *modules = realloc(symbolizer->modules, capacity * sizeof *modules);
        if (!modules)
            return NULL;
        symbolizer->modules = modules;
        symbolizer->module_capacity = capacity;
    }
    return &symbolizer->modules[symbolizer->module_count++];
}

/* A file that can only be reached through the living process is opened now, for the process may be
 * gone when its symbols are asked for. */
static void keep_file(struct symbolizer *symbolizer, struct module *module)
{
    bool needs_process = false;
    if (symbolizer->kept_files >= KEPT_FILES_MAX || module_is_vdso(module->ref.path))
        return;
    int fd = module_file_open(&module->ref, symbolizer->pid, &needs_process);
    if (fd >= 0 && needs_process) {
        module->kept_fd = fd;
        symbolizer->kept_files++;
    } else if (fd >= 0) {
        close(fd);
    }
}

void symbolizer_add_module(struct symbolizer *symbolizer, const char *path, uint64_t bias,
                           uint64_t start, uint64_t end, const uint8_t *build_id,
                           size_t build_id_bytes)
{
    struct module_ref ref = {
        .path = intern(symbolizer, path ? path : ""), .bias = bias, .start = start, .end = end};
    ref.is_main = symbolizer->module_count == 0;
    if (build_id && build_id_bytes <= MODULE_BUILD_ID_MAX) {
        memcpy(ref.build_id, build_id, build_id_bytes);
        ref.build_id_bytes = build_id_bytes;
    }
    if (start >= end || is_known(symbolizer, &ref))
        return;
    struct module *module = take_module(symbolizer);
    if (!module)
        return;
    *module = (struct module){.ref = ref, .name = ref.path, .kept_fd = -1};
    if (module_is_vdso(ref.path))
        module->name = "[vdso]";
    keep_file(symbolizer, module);
    frame_cache_clear(symbolizer->cache);
}

/* The module at `pc`; where recorded ones overlap, the latest. */
static struct module *find_module(struct symbolizer *symbolizer, uint64_t pc)
{
    for (size_t i = symbolizer->module_count; i > 0; i--) {
        struct module *module = &symbolizer->modules[i - 1];
        if (pc >= module->ref.start && pc < module->ref.end)
            return module;
    }
    return NULL;
}

/* libc's debug information is hundreds of milliseconds of decompression, for lines that nobody can
 * change. */
static bool wants_dwarf(const struct module *module)
{
    struct frame_origin origin = {module->name, "", "", module->ref.is_main, LANGUAGE_C};
    return frame_kind_native(&origin) != FRAME_SYSTEM;
}

static void open_module(struct symbolizer *symbolizer, struct module *module)
{
    bool needs_process = false;
    module->is_opened = true;
    int fd = module->kept_fd;
    if (fd < 0)
        fd = module_file_open(&module->ref, symbolizer->pid, &needs_process);
    else
        symbolizer->kept_files--;
    module->kept_fd = -1;
    if (fd >= 0)
        module->elf = elf_module_open(fd, module->ref.path, module->ref.bias, wants_dwarf(module));
}

static void set_native(struct symbolizer *symbolizer, const struct module *module,
                       const struct dwarf_frame *known, struct frame *out)
{
    char function[STRING_POOL_LENGTH_MAX];
    enum symbol_language language =
        demangle(known->name ? known->name : "", function, sizeof function);
    *out = (struct frame){.function = intern(symbolizer, function),
                          .file = intern(symbolizer, known->file ? known->file : ""),
                          .module = module->name,
                          .line = known->file ? known->line : 0,
                          .is_inline = known->is_inline};
    struct frame_origin origin = {.module = module->name,
                                  .function = out->function,
                                  .file = out->file,
                                  .is_main = module->ref.is_main,
                                  .language = language == LANGUAGE_C ? known->language : language};
    out->kind = (uint8_t)frame_kind_native(&origin);
}

static unsigned resolve_native(struct symbolizer *symbolizer, struct module *module, uint64_t pc,
                               struct frame *out)
{
    struct dwarf_frame known[SYMBOL_INLINE_MAX];
    unsigned count = 0;
    if (!module->is_opened)
        open_module(symbolizer, module);
    if (module->elf)
        count = elf_module_frames(module->elf, pc, known, SYMBOL_INLINE_MAX);
    if (count == 0) {
        known[0] = (struct dwarf_frame){0};
        count = 1;
    }
    for (unsigned i = 0; i < count; i++)
        set_native(symbolizer, module, &known[i], &out[i]);
    return count;
}

/* An address in a second mapping of a known module is as good as the one in the first. */
static unsigned resolve_remapped(struct symbolizer *symbolizer, uint64_t pc, struct frame *out)
{
    struct mapping mapping;
    if (!mapping_find(symbolizer->pid, pc, &mapping))
        return 0;
    for (size_t i = 0; i < symbolizer->module_count; i++) {
        struct module *module = &symbolizer->modules[i];
        if (strcmp(module->name, mapping.path) != 0)
            continue;
        if (!module->is_opened)
            open_module(symbolizer, module);
        uint64_t address = module->elf ? elf_module_address(module->elf, mapping.offset) : 0;
        return address ? resolve_native(symbolizer, module, address, out) : 0;
    }
    return 0;
}

/* JIT code is not cached: what lies at an address changes while the program runs. */
static unsigned resolve_jit(struct symbolizer *symbolizer, uint64_t pc, struct frame *out)
{
    char line[PERF_MAP_LINE_MAX];
    struct perf_name name;
    if (symbolizer->jit.fd < 0)
        open_jit(symbolizer);
    perf_map_update(&symbolizer->jit);
    size_t n = perf_map_find(&symbolizer->jit, pc, line);
    if (n == 0)
        return 0;
    perf_name_parse(line, n, &name);
    *out = (struct frame){.function = intern(symbolizer, name.function),
                          .file = intern(symbolizer, name.file),
                          .module = "[jit]",
                          .line = name.line,
                          .kind = (uint8_t)name.kind};
    return 1;
}

unsigned symbolizer_resolve(struct symbolizer *symbolizer, uint64_t pc, bool is_return,
                            struct frame out[SYMBOL_INLINE_MAX])
{
    unsigned count = 0;
    if (is_return && pc > 0)
        pc--;
    const struct frame *cached = frame_cache_find(symbolizer->cache, pc, &count);
    if (cached) {
        memcpy(out, cached, count * sizeof *cached);
        return count;
    }
    struct module *module = find_module(symbolizer, pc);
    if (!module && resolve_jit(symbolizer, pc, out))
        return 1;
    count = module ? resolve_native(symbolizer, module, pc, out)
                   : resolve_remapped(symbolizer, pc, out);
    if (count == 0) {
        *out = (struct frame){"", "", "", .kind = FRAME_UNKNOWN};
        return 1;
    }
    frame_cache_put(symbolizer->cache, pc, out, count);
    return count;
}
