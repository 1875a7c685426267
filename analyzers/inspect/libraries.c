/* SPDX-License-Identifier: MIT */
/* The walk over a program's libraries. Search order is ld.so(8)'s: RPATH, LD_LIBRARY_PATH, RUNPATH,
 * the directories of ld.so.conf, the default ones. */
#include "libraries.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIRECTORIES_BYTES 8192

/* Beginnings of names that are not looked into. */
static const char *const passive_libraries[] = {
    "libc.so",     "ld-linux",   "libm.so",     "libpthread.so", "libdl.so",   "librt.so",
    "libgcc_s.so", "libresolv.", "libutil.so",  "libstdc++.so",  "libc++.so",  "libcrypto.so",
    "libssl.so",   "libsystemd", "libselinux.", "libcap.so",     "libudev.so", "libasan.so",
    "libtsan.so",  "libubsan.",  "libclang_rt", "libloopscope",
};

static const char default_directories[] =
    "/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu:/lib/aarch64-linux-gnu:"
    "/usr/lib/aarch64-linux-gnu:/lib64:/usr/lib64:/lib:/usr/lib";

struct library {
    char name[ELF_NAME_MAX];
    char directory[PATH_MAX]; /* of the file that needs it, for $ORIGIN */
    char rpath[1024], runpath[1024];
};

struct walk {
    const struct elf_facts *program;
    char configured[DIRECTORIES_BYTES]; /* from ld.so.conf */
    struct library queue[LIBRARIES_MAX];
    size_t queued, done;
    struct elf_facts facts; /* of the one being read */
};

static bool is_passive(const char *name)
{
    for (size_t i = 0; i < sizeof passive_libraries / sizeof *passive_libraries; i++) {
        if (strncmp(name, passive_libraries[i], strlen(passive_libraries[i])) == 0)
            return true;
    }
    return false;
}

/* Adds the directories that one ld.so.conf file lists; include lines are the caller's matter. */
static void read_conf(const char *path, char *directories)
{
    char line[PATH_MAX];
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    while (fgets(line, sizeof line, file)) {
        size_t used = strlen(directories);
        line[strcspn(line, "#\r\n \t")] = '\0';
        if (line[0] == '/' && used + strlen(line) + 2 < DIRECTORIES_BYTES)
            snprintf(directories + used, DIRECTORIES_BYTES - used, "%s%s", used ? ":" : "", line);
    }
    fclose(file);
}

static void read_configuration(char *directories)
{
    glob_t found;
    read_conf("/etc/ld.so.conf", directories);
    if (glob("/etc/ld.so.conf.d/*.conf", 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++)
        read_conf(found.gl_pathv[i], directories);
    globfree(&found);
}

/* One directory of a search path with $ORIGIN or ${ORIGIN} at its start replaced. */
static void expand_origin(const char *text, size_t n, const char *origin, char out[PATH_MAX])
{
    size_t skipped = 0;
    if (n >= 7 && strncmp(text, "$ORIGIN", 7) == 0)
        skipped = 7;
    else if (n >= 9 && strncmp(text, "${ORIGIN}", 9) == 0)
        skipped = 9;
    int length = snprintf(out, PATH_MAX, "%s%.*s", skipped ? origin : "", (int)(n - skipped),
                          text + skipped);
    if (length < 0 || length >= PATH_MAX)
        out[0] = '\0';
}

static bool read_candidate(struct walk *walk, const char *path)
{
    return access(path, R_OK) == 0 && elf_facts_read(path, &walk->facts) == 0 &&
           walk->facts.machine == walk->program->machine && walk->facts.bits == walk->program->bits;
}

static bool search(struct walk *walk, const struct library *library, const char *directories,
                   char path[PATH_MAX])
{
    char directory[PATH_MAX];
    while (directories && directories[0]) {
        size_t length = strcspn(directories, ":");
        expand_origin(directories, length, library->directory, directory);
        int n = snprintf(path, PATH_MAX, "%s/%s", directory, library->name);
        if (length > 0 && directory[0] && n < PATH_MAX && read_candidate(walk, path))
            return true;
        directories += length + (directories[length] == ':');
    }
    return false;
}

static bool find(struct walk *walk, const struct library *library, char path[PATH_MAX])
{
    if (strchr(library->name, '/')) {
        snprintf(path, PATH_MAX, "%s", library->name);
        return read_candidate(walk, path);
    }
    return (!library->runpath[0] && search(walk, library, library->rpath, path)) ||
           search(walk, library, getenv("LD_LIBRARY_PATH"), path) ||
           search(walk, library, library->runpath, path) ||
           search(walk, library, walk->configured, path) ||
           search(walk, library, default_directories, path);
}

static bool is_queued(const struct walk *walk, const char *name)
{
    for (size_t i = 0; i < walk->queued; i++) {
        if (strcmp(walk->queue[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Queues what the file at `path` needs. Its RPATH holds for what its libraries need as well. */
static void queue_needed(struct walk *walk, const char *path, const struct elf_facts *facts,
                         const char *inherited_rpath)
{
    const char *slash = strrchr(path, '/');
    for (size_t i = 0; i < facts->needed_count; i++) {
        if (walk->queued == LIBRARIES_MAX || is_passive(facts->needed[i]) ||
            is_queued(walk, facts->needed[i]))
            continue;
        struct library *library = &walk->queue[walk->queued++];
        const char *rpath = facts->rpath[0] ? facts->rpath : inherited_rpath;
        snprintf(library->name, sizeof library->name, "%s", facts->needed[i]);
        snprintf(library->directory, sizeof library->directory, "%.*s",
                 slash ? (int)(slash - path) : 1, slash ? path : ".");
        snprintf(library->rpath, sizeof library->rpath, "%s", rpath);
        snprintf(library->runpath, sizeof library->runpath, "%s", facts->runpath);
    }
}

static void take_facts(const struct elf_facts *facts, const char *name, struct library_facts *out)
{
    unsigned waits = facts->imports & ELF_IMPORT_ANY_WAIT;
    bool is_better = out->waits_in[0] == '\0' || (!(out->wait_imports & ELF_IMPORT_ANY_EPOLL) &&
                                                  (waits & ELF_IMPORT_ANY_EPOLL));
    out->imports |= facts->imports;
    out->traits |= facts->traits;
    if (waits && is_better) {
        out->wait_imports = waits;
        snprintf(out->waits_in, sizeof out->waits_in, "%s", name);
    }
}

void libraries_read(const char *path, const struct elf_facts *program, struct library_facts *out)
{
    char found[PATH_MAX];
    *out = (struct library_facts){0};
    struct walk *walk = calloc(1, sizeof *walk);
    if (!walk)
        return;
    walk->program = program;
    read_configuration(walk->configured);
    queue_needed(walk, path, program, "");
    for (; walk->done < walk->queued; walk->done++) {
        struct library *library = &walk->queue[walk->done];
        if (find(walk, library, found)) {
            take_facts(&walk->facts, library->name, out);
            queue_needed(walk, found, &walk->facts, library->rpath);
        } else if (!out->missing[0]) {
            snprintf(out->missing, sizeof out->missing, "%s", library->name);
        }
    }
    free(walk);
}
