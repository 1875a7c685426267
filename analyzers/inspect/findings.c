/* SPDX-License-Identifier: MIT */
/* The table of sentences. To add one: write the claim as a predicate and append a line. In the
 * texts {program}, {script}, {architecture}, {loader}, {waits}, {waits_in} and {missing} are filled
 * in. */
#include "findings.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "segment.h"

struct rule {
    enum inspect_level level;
    bool (*applies)(const struct inspection *inspection);
    const char *what, *advice;
};

static bool is_script(const struct inspection *i)
{
    return i->script[0] != '\0';
}

static bool is_static(const struct inspection *i)
{
    return !i->is_foreign && i->libc == INSPECT_LIBC_NONE && !i->is_go;
}

static bool is_static_go(const struct inspection *i)
{
    return !i->is_foreign && i->libc == INSPECT_LIBC_NONE && i->is_go;
}

static bool is_dynamic_go(const struct inspection *i)
{
    return i->libc != INSPECT_LIBC_NONE && i->is_go;
}

static bool is_musl(const struct inspection *i)
{
    return i->libc == INSPECT_LIBC_MUSL;
}

static bool has_unknown_libc(const struct inspection *i)
{
    return i->libc == INSPECT_LIBC_OTHER;
}

static bool lacks_loader(const struct inspection *i)
{
    return i->libc != INSPECT_LIBC_NONE && !i->loader_exists;
}

static bool is_foreign(const struct inspection *i)
{
    return i->is_foreign;
}

static bool gains_by_id(const struct inspection *i)
{
    return i->gains_privilege && (i->is_setuid || i->is_setgid);
}

static bool gains_by_capability(const struct inspection *i)
{
    return i->gains_privilege && !i->is_setuid && !i->is_setgid;
}

static bool has_harmless_privilege(const struct inspection *i)
{
    return !i->gains_privilege && (i->is_setuid || i->is_setgid || i->has_capabilities);
}

/* The rest holds only for a program the probe can be loaded into. */
static bool is_loadable(const struct inspection *i)
{
    return i->libc == INSPECT_LIBC_GLIBC && i->loader_exists && !i->is_foreign &&
           !i->gains_privilege && !i->is_go;
}

static bool is_plain(const struct inspection *i)
{
    return is_loadable(i);
}

static bool lacks_sections(const struct inspection *i)
{
    return is_loadable(i) && !i->has_sections;
}

static bool needs_asan_first(const struct inspection *i)
{
    return is_loadable(i) && i->sanitizer == INSPECT_SANITIZER_ADDRESS && i->sanitizer_is_shared;
}

static bool has_asan_inside(const struct inspection *i)
{
    return is_loadable(i) && i->sanitizer == INSPECT_SANITIZER_ADDRESS && !i->sanitizer_is_shared;
}

static bool has_tsan(const struct inspection *i)
{
    return is_loadable(i) && i->sanitizer == INSPECT_SANITIZER_THREAD;
}

static bool has_msan(const struct inspection *i)
{
    return is_loadable(i) && i->sanitizer == INSPECT_SANITIZER_MEMORY;
}

/* The Rust standard library itself imports poll, so poll alone proves no loop there. */
static bool waits_past_libc(const struct inspection *i)
{
    return is_loadable(i) && i->is_rust && !strstr(i->waits, "epoll");
}

static bool is_raw_rust(const struct inspection *i)
{
    return waits_past_libc(i) && i->uses_rustix;
}

static bool is_loopless_rust(const struct inspection *i)
{
    return waits_past_libc(i) && !i->uses_rustix;
}

static bool waits(const struct inspection *i)
{
    return is_loadable(i) && i->waits[0] != '\0' && !waits_past_libc(i);
}

static bool may_wait_in_modules(const struct inspection *i)
{
    return is_loadable(i) && i->waits[0] == '\0' && (i->depths & LSC_DEPTH_LOOP);
}

static bool waits_nowhere(const struct inspection *i)
{
    return is_loadable(i) && i->waits[0] == '\0' && i->has_sections && !i->is_rust &&
           !(i->depths & LSC_DEPTH_LOOP);
}

static bool makes_no_threads(const struct inspection *i)
{
    return is_loadable(i) && (i->depths & LSC_DEPTH_LOOP) && !i->makes_threads && !i->loads_modules;
}

static bool has_shared_libuv(const struct inspection *i)
{
    return is_loadable(i) && i->libuv == INSPECT_LIBUV_SHARED;
}

static bool has_libuv_inside(const struct inspection *i)
{
    return is_loadable(i) && i->libuv == INSPECT_LIBUV_INSIDE;
}

static bool is_node(const struct inspection *i)
{
    return is_loadable(i) && i->is_node;
}

static bool is_python(const struct inspection *i)
{
    return is_loadable(i) && i->is_python;
}

/* Runtimes bring the names of their scripts by other ways. */
static bool wants_names(const struct inspection *i)
{
    return is_loadable(i) && !i->is_node && !i->is_python && i->has_sections;
}

static bool has_no_names(const struct inspection *i)
{
    return wants_names(i) && !i->has_symbols && !i->has_debug_file;
}

static bool has_no_lines(const struct inspection *i)
{
    return wants_names(i) && i->has_symbols && !i->has_dwarf && !i->has_debug_file;
}

static bool has_lines(const struct inspection *i)
{
    return wants_names(i) && (i->has_dwarf || i->has_debug_file);
}

static const struct rule rules[] = {
    {INSPECT_BLOCKER, is_foreign,
     "It is built for {architecture}, and this loopscope is not, so the loader refuses to load the "
     "probe into it.",
     "Build loopscope for {architecture}, or the program for this machine."},
    {INSPECT_BLOCKER, is_static,
     "It is statically linked, so no loader runs that would read LD_PRELOAD.",
     "Build it with a dynamic libc (without -static; in Rust for a -gnu target), or emit records "
     "from the program itself through loopscope/probe.h."},
    {INSPECT_BLOCKER, is_static_go,
     "It is a statically linked Go program, so no loader runs that would read LD_PRELOAD, and Go's "
     "runtime makes its system calls without libc in any case.",
     "Use Go's own tools: runtime/trace and net/http/pprof show blocking and scheduling."},
    {INSPECT_BLOCKER, is_dynamic_go,
     "It is a Go program: its runtime waits and reads by system calls of its own, past libc, where "
     "the probe sees nothing.",
     "Use Go's own tools: runtime/trace and net/http/pprof show blocking and scheduling."},
    {INSPECT_BLOCKER, is_musl,
     "It is linked with musl (its loader is {loader}), and the probe is built for glibc.",
     "Run a build of it for glibc, for instance from a Debian based image in place of Alpine."},
    {INSPECT_BLOCKER, lacks_loader,
     "Its loader {loader} does not exist here, so the program itself cannot start.",
     "Install the libc it was built for, or run it in the container it belongs to."},
    {INSPECT_BLOCKER, gains_by_id,
     "It is setuid or setgid and would run with rights you do not have, so the loader ignores "
     "LD_PRELOAD.",
     "Run loopscope as the user the program changes to, or observe a copy without the setuid bit."},
    {INSPECT_BLOCKER, gains_by_capability,
     "It has file capabilities, so the loader ignores LD_PRELOAD when you start it.",
     "Run loopscope as root, or observe a copy without them (cp does not copy capabilities)."},
    {INSPECT_WARNING, has_unknown_libc, "Its loader {loader} is not one that loopscope knows.",
     "Try it: `loopscope run` says when the probe could not be loaded."},
    {INSPECT_WARNING, lacks_sections,
     "Its section table is stripped, so what it imports cannot be read and whether it has a loop "
     "cannot be told beforehand.",
     "Try it: `loopscope run` reports the loops it saw."},
    {INSPECT_WARNING, needs_asan_first,
     "It uses AddressSanitizer from a shared library, which stops the program when another library "
     "was loaded before it.",
     "Set ASAN_OPTIONS=verify_asan_link_order=0 in its environment, or link it with "
     "-static-libasan."},
    {INSPECT_NOTE, has_asan_inside,
     "It has AddressSanitizer inside, which intercepts the same calls before the probe does; times "
     "include its checks.",
     ""},
    {INSPECT_WARNING, has_tsan,
     "It uses ThreadSanitizer, which delays signals until the next call, so stacks of a stall on "
     "the "
     "CPU may come late or not at all.",
     "Measure a build without it; blocking calls are reported as usual."},
    {INSPECT_WARNING, has_msan,
     "It uses MemorySanitizer, which does not know of memory that the probe writes and may report "
     "it as uninitialised.",
     "Measure a build without it."},
    {INSPECT_WARNING, is_raw_rust,
     "It is a Rust program that contains rustix and imports no epoll call from libc: its reactor "
     "(async-io, smol) waits by raw system calls, which the probe cannot see.",
     "Rebuild it with RUSTFLAGS=--cfg=rustix_use_libc, which needs no change of source."},
    {INSPECT_WARNING, is_loopless_rust,
     "It is a Rust program that imports no epoll call from libc, so it has no event loop, or one "
     "that waits by raw system calls.",
     "If it uses async-io or smol, rebuild it with RUSTFLAGS=--cfg=rustix_use_libc, which needs no "
     "change of source."},
    {INSPECT_OK, waits, "Its event loop can be seen: {waits_in} waits through libc ({waits}).", ""},
    {INSPECT_NOTE, may_wait_in_modules,
     "It imports no wait call itself, but it is a runtime that loads modules later, and those can "
     "be seen.",
     ""},
    {INSPECT_WARNING, waits_nowhere,
     "It makes no such call through libc as an event loop makes (epoll_wait, poll, select): "
     "neither "
     "it nor its libraries import one.",
     "If it starts other programs, those are followed; if it waits by raw system calls or "
     "io_uring, "
     "the probe cannot see it."},
    {INSPECT_NOTE, makes_no_threads, "It makes no threads, so there is no pool to watch.", ""},
    {INSPECT_NOTE, has_shared_libuv,
     "It uses libuv from a shared library: each of its handles and requests is seen, callback by "
     "callback.",
     ""},
    {INSPECT_NOTE, has_libuv_inside,
     "libuv is part of the executable: turns, calls and pools are seen, its handles and requests "
     "are "
     "not told apart.",
     ""},
    {INSPECT_NOTE, is_node,
     "It is Node: run and record add the V8 flags that give findings the JavaScript function, file "
     "and line.",
     "If their cost matters, --no-js-names leaves them out."},
    {INSPECT_NOTE, is_python,
     "It is CPython: up to 3.11 no Python lines are named, only the interpreter's C functions and "
     "the calls they made.",
     "From Python 3.12 on PYTHONPERFSUPPORT=1 in its environment adds the Python functions."},
    {INSPECT_WARNING, has_no_names,
     "Its symbols are stripped, so functions that it does not export have no name in the stacks.",
     "Install its debug symbols (Debian: the -dbgsym package), or keep the symbols when building."},
    {INSPECT_NOTE, has_no_lines, "It has function names but no line numbers.",
     "Build it with -g (in Rust: debug = \"line-tables-only\"), which costs no speed."},
    {INSPECT_OK, has_lines,
     "It has debug information: stacks will name functions, files and lines.", ""},
    {INSPECT_NOTE, has_harmless_privilege,
     "It is setuid, setgid or has file capabilities, but gains nothing when you start it, so the "
     "loader reads LD_PRELOAD.",
     ""},
    {INSPECT_NOTE, is_script, "{script} is a script; what was looked into is its interpreter.", ""},
    {INSPECT_OK, is_plain, "It is linked dynamically with glibc, so the probe can be loaded.", ""},
};

/* The value of a placeholder, NULL when there is none by that name. */
static const char *value_of(const struct inspection *i, const char *missing, const char *name,
                            size_t n)
{
    const struct {
        const char *name, *value;
    } values[] = {
        {"program", i->program}, {"script", i->script}, {"architecture", i->architecture},
        {"loader", i->loader},   {"waits", i->waits},   {"waits_in", i->waits_in},
        {"missing", missing},
    };
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        if (strlen(values[v].name) == n && memcmp(values[v].name, name, n) == 0)
            return values[v].value;
    }
    return NULL;
}

static void expand(const struct inspection *i, const char *missing, const char *text, char *out,
                   size_t out_bytes)
{
    size_t used = 0;
    out[0] = '\0';
    while (*text && used + 1 < out_bytes) {
        size_t n = *text == '{' ? strcspn(text, "}") : 0;
        const char *value = n ? value_of(i, missing, text + 1, n - 1) : NULL;
        if (value) {
            snprintf(out + used, out_bytes - used, "%s", value);
            used += strlen(out + used);
            text += n + 1;
        } else {
            out[used++] = *text++;
            out[used] = '\0';
        }
    }
}

static void add(struct inspection *i, const char *missing, const struct rule *rule)
{
    if (i->finding_count == INSPECT_FINDINGS_MAX)
        return;
    struct inspect_finding *finding = &i->findings[i->finding_count++];
    finding->level = rule->level;
    expand(i, missing, rule->what, finding->what, sizeof finding->what);
    expand(i, missing, rule->advice, finding->advice, sizeof finding->advice);
}

void findings_fill(struct inspection *inspection, const char *missing)
{
    static const struct rule lacks_library = {
        INSPECT_WARNING, NULL, "The library {missing}, which it needs, cannot be found.",
        "Set LD_LIBRARY_PATH as for running the program; without it the program does not start."};
    inspection->finding_count = 0;
    for (int level = INSPECT_BLOCKER; level >= INSPECT_OK; level--) {
        for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
            if (rules[i].level == (enum inspect_level)level && rules[i].applies(inspection))
                add(inspection, missing, &rules[i]);
        }
        if (level == INSPECT_WARNING && missing[0])
            add(inspection, missing, &lacks_library);
    }
}
