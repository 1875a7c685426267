/* SPDX-License-Identifier: MIT */
/* Finds the ELF file that a process has mapped: by its path, in the process' own root (containers),
 * or through the mapping itself (deleted or replaced files). What is not the recorded file is
 * refused. */
#ifndef LSC_MODULE_FILE_H
#define LSC_MODULE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODULE_BUILD_ID_MAX 32

/* One mapped file, as the probe recorded it. */
struct module_ref {
    const char *path; /* non-NULL */
    uint64_t bias, start, end;
    uint8_t build_id[MODULE_BUILD_ID_MAX];
    size_t build_id_bytes; /* 0: the file has none, or it is not known */
    bool is_main;
};

/* A descriptor of the file, or -ENOENT when none matches. Sets *needs_process when it was found
 * through /proc/<pid>, that is, cannot be found again once the process is gone. The caller closes
 * it. */
int module_file_open(const struct module_ref *ref, uint32_t pid, bool *needs_process);

/* Whether the module is the kernel's vdso, which has no file but is found all the same. */
bool module_is_vdso(const char *path);

#endif
