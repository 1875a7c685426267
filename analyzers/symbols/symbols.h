/* SPDX-License-Identifier: MIT */
/* Turns program counters of another process into functions, files and lines: libdw for ELF and
 * DWARF (inlines, separate debug files, build ids checked), perf maps for JIT code, demangling of
 * C++ and Rust. */
#ifndef LSC_SYMBOLS_H
#define LSC_SYMBOLS_H

#include "../source/item.h"

struct symbolizer;

/* A symbolizer for process `pid`. `jit_map` NULL: /tmp/perf-<pid>.map (also looked up through
 * /proc/<pid>/root for containers). NULL when out of memory. Not thread-safe. */
struct symbolizer *symbolizer_new(uint32_t pid, const char *jit_map);
void symbolizer_delete(struct symbolizer *symbolizer);

/* Whose process it was, for one that is dead already: a perf map is believed only when it belongs
 * to the process' user or to ours. Of no effect on a live process, whose user the kernel tells. */
void symbolizer_set_owner(struct symbolizer *symbolizer, uint32_t uid);

/* Tells it of a mapped ELF file, as recorded by the probe; the first one told of is the program's
 * executable. A file whose build id differs from the recorded one (replaced since) is not used. */
void symbolizer_add_module(struct symbolizer *symbolizer, const char *path, uint64_t bias,
                           uint64_t start, uint64_t end, const uint8_t *build_id,
                           size_t build_id_bytes);

#define SYMBOL_INLINE_MAX 16
/* The frames at `pc`, innermost inline first; at least one (unknown: function "" and the module if
 * known). `is_return` : the address follows a call, look up pc - 1. The strings live as long as the
 * symbolizer. Returns how many of `out` were filled. */
unsigned symbolizer_resolve(struct symbolizer *symbolizer, uint64_t pc, bool is_return,
                            struct frame out[SYMBOL_INLINE_MAX]);

#endif
