/* SPDX-License-Identifier: MIT */
/* Whether a program can be observed by preloading, and how deep, judged from its files alone: what
 * `loopscope doctor PROG` prints. Nothing is run. */
#ifndef LSC_INSPECT_H
#define LSC_INSPECT_H

#include <limits.h>
#include <stdbool.h>

enum inspect_level {
    INSPECT_OK,      /* as it should be */
    INSPECT_NOTE,    /* worth knowing; costs nothing */
    INSPECT_WARNING, /* something will be missing from the reports, or needs an option to work */
    INSPECT_BLOCKER, /* it cannot be observed */
};

/* One thing found: a full sentence, and a sentence on what to do ("" when nothing is to be done).
 */
struct inspect_finding {
    enum inspect_level level;
    char what[768];
    char advice[512];
};

enum inspect_libc {
    INSPECT_LIBC_NONE, /* statically linked */
    INSPECT_LIBC_GLIBC,
    INSPECT_LIBC_MUSL,
    INSPECT_LIBC_OTHER,
};

enum inspect_sanitizer {
    INSPECT_SANITIZER_NONE,
    INSPECT_SANITIZER_ADDRESS,
    INSPECT_SANITIZER_THREAD,
    INSPECT_SANITIZER_MEMORY,
};

enum inspect_libuv {
    INSPECT_LIBUV_ABSENT,
    INSPECT_LIBUV_SHARED, /* linked dynamically by the program or a library of its */
    INSPECT_LIBUV_INSIDE, /* part of the executable, as in stock Node */
};

#define INSPECT_FINDINGS_MAX 24

struct inspection {
    char program[PATH_MAX]; /* the ELF file that exec would end up in */
    char script[PATH_MAX];  /* the script that was asked for, "" when it was the program itself */

    char architecture[24]; /* "x86-64", "aarch64", … */
    unsigned bits;         /* 32 or 64 */
    bool is_foreign;       /* of another architecture or word size than loopscope */
    char loader[256];      /* PT_INTERP, "" when static */
    bool loader_exists;
    enum inspect_libc libc;

    bool is_setuid, is_setgid, has_capabilities;
    bool gains_privilege; /* started by the present user it would run in the loader's secure mode */

    bool is_go, is_rust, is_node, is_python;
    bool uses_rustix; /* a Rust crate that makes system calls without libc */
    enum inspect_sanitizer sanitizer;
    bool sanitizer_is_shared; /* in a library of its own, which insists on being loaded first */
    enum inspect_libuv libuv;

    char needed[1024];   /* DT_NEEDED, separated by ", ", cut to fit */
    char waits[160];     /* wait calls imported, likewise: "epoll_wait, poll"; "" none */
    char waits_in[64];   /* base name of the file that imports them */
    bool makes_threads;  /* something imports pthread_create */
    bool loads_modules;  /* the program imports dlopen */
    bool has_sections;   /* false: the section table is stripped, imports cannot be read */
    bool has_symbols;    /* .symtab */
    bool has_dwarf;      /* line tables in the file itself */
    bool has_debug_file; /* … in a separate file that is installed */

    unsigned depths; /* LSC_DEPTH_LOOP, _BLOCKING, _POOLS: what the probe will see. Never _LIBUV or
                        _EXPLICIT: those show when the program runs */
    unsigned finding_count;
    struct inspect_finding findings[INSPECT_FINDINGS_MAX]; /* blockers first, then by level */
};

/* Looks into the program that `path_or_name` starts: a name without a slash is searched in PATH, a
 * script's #! line is followed up to four times, through env(1) as well. `out` is large: keep it
 * off small stacks. 0; -ENOENT not found, -EACCES not executable or not readable, -ENOEXEC neither
 * ELF nor a script, -ELOOP interpreters without end, -errno. `out->program` then tells which file
 * it was about. Any file is accepted, also a damaged one. Thread-safe. */
int inspect_program(const char *path_or_name, struct inspection *out);

#endif
