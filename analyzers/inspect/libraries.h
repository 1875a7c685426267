/* SPDX-License-Identifier: MIT */
/* The shared libraries a program would be loaded with, found as the dynamic loader finds them. */
#ifndef LSC_LIBRARIES_H
#define LSC_LIBRARIES_H

#include "elf_facts.h"

#define LIBRARIES_MAX 256

/* What the libraries of a program add to it. */
struct library_facts {
    unsigned imports, traits;   /* of all of them together */
    unsigned wait_imports;      /* of the one that waits: an epoll user if there is any */
    char waits_in[64];          /* its base name, "" none */
    char missing[ELF_NAME_MAX]; /* the first one that cannot be found, "" none */
};

/* Walks the DT_NEEDED entries of `program` (read from `path`) and of what they name. The C library
 * and libraries that wait only for purposes of their own (libcrypto, libsystemd) are no evidence of
 * a loop. */
void libraries_read(const char *path, const struct elf_facts *program, struct library_facts *out);

#endif
