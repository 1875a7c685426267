/* SPDX-License-Identifier: MIT */
/* Puts an inspection together: which file, what it says of itself, what its libraries add, what the
 * kernel and the loader would make of it for the present user. */
#include "inspect.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "elf_facts.h"
#include "findings.h"
#include "libraries.h"
#include "program_path.h"
#include "segment.h"

static const struct machine {
    uint16_t number;
    const char *name;
} machines[] = {
    {EM_X86_64, "x86-64"}, {EM_AARCH64, "aarch64"}, {EM_386, "x86"},
    {EM_ARM, "arm"},       {EM_RISCV, "riscv"},     {EM_PPC64, "ppc64"},
    {EM_S390, "s390"},     {EM_MIPS, "mips"},       {EM_LOONGARCH, "loongarch"},
};

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#else
#error "loopscope runs on x86-64 and aarch64"
#endif

/* Runtimes whose event loop may lie in a module that they load by dlopen. */
static const char *const modular_runtimes[] = {"python", "ruby",  "perl", "lua",   "java",
                                               "php",    "tclsh", "R",    "guile", "nvim"};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void set_architecture(struct inspection *out, const struct elf_facts *facts)
{
    snprintf(out->architecture, sizeof out->architecture, "machine %u", facts->machine);
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        if (machines[i].number == facts->machine)
            snprintf(out->architecture, sizeof out->architecture, "%s", machines[i].name);
    }
    out->bits = facts->bits;
    out->is_foreign = facts->machine != OWN_MACHINE || facts->bits != 64;
}

static void set_loader(struct inspection *out, const struct elf_facts *facts)
{
    const char *name = base_name(facts->loader);
    snprintf(out->loader, sizeof out->loader, "%s", facts->loader);
    out->loader_exists = facts->loader[0] && access(facts->loader, X_OK) == 0;
    if (facts->loader[0] == '\0')
        out->libc = INSPECT_LIBC_NONE;
    else if (strncmp(name, "ld-musl", 7) == 0)
        out->libc = INSPECT_LIBC_MUSL;
    else if (strncmp(name, "ld-linux", 8) == 0)
        out->libc = INSPECT_LIBC_GLIBC;
    else
        out->libc = INSPECT_LIBC_OTHER;
}

/* The kernel starts a program in secure mode when a setuid or setgid bit changes an id, or when
 * file capabilities give a user other than root something; see getauxval(3), AT_SECURE. */
static void set_privilege(struct inspection *out)
{
    struct stat status;
    struct statvfs filesystem;
    char path[PATH_MAX];
    if (!realpath(out->program, path) || stat(path, &status) != 0)
        return;
    bool counts = statvfs(path, &filesystem) != 0 || !(filesystem.f_flag & ST_NOSUID);
    out->is_setuid = counts && (status.st_mode & S_ISUID);
    out->is_setgid = counts && (status.st_mode & S_ISGID) && (status.st_mode & S_IXGRP);
    out->has_capabilities = counts && getxattr(path, "security.capability", NULL, 0) > 0;
    out->gains_privilege = (out->is_setuid && status.st_uid != getuid()) ||
                           (out->is_setgid && status.st_gid != getgid()) ||
                           (out->has_capabilities && getuid() != 0);
}

static void set_runtime(struct inspection *out, const struct elf_facts *program,
                        const struct library_facts *libraries)
{
    unsigned both = program->traits | libraries->traits;
    unsigned uv = ELF_TRAIT_LIBUV | ELF_TRAIT_NEEDS_LIBUV;
    out->is_go = program->traits & ELF_TRAIT_GO;
    out->is_rust = program->traits & ELF_TRAIT_RUST;
    out->uses_rustix = program->traits & ELF_TRAIT_RUSTIX;
    out->is_node = both & ELF_TRAIT_NODE;
    out->is_python = both & ELF_TRAIT_PYTHON;
    if (program->traits & ELF_TRAIT_LIBUV)
        out->libuv = INSPECT_LIBUV_INSIDE;
    else if (both & uv)
        out->libuv = INSPECT_LIBUV_SHARED;
    if (program->traits & ELF_TRAIT_ASAN)
        out->sanitizer = INSPECT_SANITIZER_ADDRESS;
    else if (program->traits & ELF_TRAIT_TSAN)
        out->sanitizer = INSPECT_SANITIZER_THREAD;
    else if (program->traits & ELF_TRAIT_MSAN)
        out->sanitizer = INSPECT_SANITIZER_MEMORY;
    out->sanitizer_is_shared = program->traits & ELF_TRAIT_NEEDS_SANITIZER;
}

static void set_imports(struct inspection *out, const struct elf_facts *program,
                        const struct library_facts *libraries)
{
    unsigned own = program->imports & ELF_IMPORT_ANY_WAIT;
    bool is_own =
        own & ELF_IMPORT_ANY_EPOLL || (own && !(libraries->wait_imports & ELF_IMPORT_ANY_EPOLL));
    elf_waits(is_own ? own : libraries->wait_imports, out->waits, sizeof out->waits);
    if (is_own)
        snprintf(out->waits_in, sizeof out->waits_in, "%.63s", base_name(out->program));
    else
        snprintf(out->waits_in, sizeof out->waits_in, "%s", libraries->waits_in);
    out->makes_threads = (program->imports | libraries->imports) & ELF_IMPORT_PTHREAD_CREATE;
    out->loads_modules = program->imports & ELF_IMPORT_DLOPEN;
    out->has_sections = program->has_sections;
    for (size_t i = 0, used = 0; i < program->needed_count && used < sizeof out->needed; i++)
        used += (size_t)snprintf(out->needed + used, sizeof out->needed - used, "%s%s",
                                 i ? ", " : "", program->needed[i]);
}

/* Whether a separate debug file is installed: by build id, or by its name beside the program or
 * under /usr/lib/debug. */
static bool has_debug_file(const char *program, const struct elf_facts *facts)
{
    char path[2 * PATH_MAX + 64];
    char directory[PATH_MAX];
    if (facts->build_id_bytes > 1) {
        size_t n = (size_t)snprintf(path, sizeof path, "/usr/lib/debug/.build-id/%02x/",
                                    facts->build_id[0]);
        for (size_t i = 1; i < facts->build_id_bytes; i++)
            n += (size_t)snprintf(path + n, sizeof path - n, "%02x", facts->build_id[i]);
        snprintf(path + n, sizeof path - n, ".debug");
        if (access(path, R_OK) == 0)
            return true;
    }
    if (!facts->debug_link[0] || !realpath(program, directory))
        return false;
    *strrchr(directory, '/') = '\0';
    static const struct {
        const char *before, *after;
    } places[] = {{"", "/"}, {"", "/.debug/"}, {"/usr/lib/debug", "/"}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(path, sizeof path, "%s%s%s%s", places[i].before, directory, places[i].after,
                 facts->debug_link);
        if (access(path, R_OK) == 0)
            return true;
    }
    return false;
}

static bool is_modular_runtime(const struct inspection *out)
{
    const char *name = base_name(out->program);
    for (size_t i = 0; i < sizeof modular_runtimes / sizeof *modular_runtimes; i++) {
        if (strncmp(name, modular_runtimes[i], strlen(modular_runtimes[i])) == 0)
            return true;
    }
    return out->is_python;
}

/* The depths that will work. Blocking calls are timed inside turns and the watchdog starts with the
 * first loop, so without a loop there is nothing. */
static void set_depths(struct inspection *out)
{
    bool is_loadable = (out->libc == INSPECT_LIBC_GLIBC || out->libc == INSPECT_LIBC_OTHER) &&
                       out->loader_exists && !out->is_foreign && !out->gains_privilege &&
                       !out->is_go;
    bool waits = out->waits[0] || is_modular_runtime(out) || !out->has_sections;
    if (out->is_rust && !strstr(out->waits, "epoll"))
        waits = false;
    if (!is_loadable || !waits)
        return;
    out->depths = LSC_DEPTH_LOOP | LSC_DEPTH_BLOCKING;
    if (out->makes_threads || out->loads_modules)
        out->depths |= LSC_DEPTH_POOLS;
    if (out->libuv == INSPECT_LIBUV_SHARED)
        out->depths |= LSC_DEPTH_LIBUV;
}

static int find_file(const char *path_or_name, struct inspection *out)
{
    int result = program_path_find(path_or_name, out->program);
    if (result != 0)
        return result;
    snprintf(out->script, sizeof out->script, "%s", out->program);
    int followed = program_path_follow(out->program);
    if (followed <= 0)
        out->script[0] = '\0';
    return followed < 0 ? followed : 0;
}

int inspect_program(const char *path_or_name, struct inspection *out)
{
    memset(out, 0, sizeof *out);
    int result = find_file(path_or_name, out);
    if (result != 0)
        return result;
    struct elf_facts *program = malloc(sizeof *program);
    if (!program)
        return -ENOMEM;
    result = elf_facts_read(out->program, program);
    if (result == 0) {
        struct library_facts libraries;
        libraries_read(out->program, program, &libraries);
        set_architecture(out, program);
        set_loader(out, program);
        set_privilege(out);
        set_runtime(out, program, &libraries);
        set_imports(out, program, &libraries);
        out->has_symbols = program->traits & ELF_TRAIT_SYMTAB;
        out->has_dwarf = program->traits & ELF_TRAIT_DWARF;
        out->has_debug_file = has_debug_file(out->program, program);
        set_depths(out);
        findings_fill(out, libraries.missing);
    }
    free(program);
    return result;
}
