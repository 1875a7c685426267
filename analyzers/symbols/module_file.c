/* SPDX-License-Identifier: MIT */
/* Opening the file behind a mapping, and proving that it is that file: by build id, or where there
 * is none, by the extent of its load segments. */
#include "module_file.h"

#include <elf.h>
#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX ((off_t)8 << 30)
#define PAGE 4096u

bool module_is_vdso(const char *path)
{
    return strncmp(path, "linux-vdso", 10) == 0 || strncmp(path, "linux-gate", 10) == 0 ||
           strcmp(path, "[vdso]") == 0;
}

/* Load segments, rounded to pages as the loader maps them. */
static bool has_extent(Elf *elf, const struct module_ref *ref)
{
    size_t count = 0;
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;
    if (elf_getphdrnum(elf, &count) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_LOAD)
            continue;
        low = header.p_vaddr < low ? header.p_vaddr : low;
        high = header.p_vaddr + header.p_memsz > high ? header.p_vaddr + header.p_memsz : high;
    }
    return low < high && (low + ref->bias) / PAGE == ref->start / PAGE &&
           (high + ref->bias + PAGE - 1) / PAGE == (ref->end + PAGE - 1) / PAGE;
}

static bool is_recorded_file(int fd, const struct module_ref *ref)
{
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    if (!elf)
        return false;
    bool matches = false;
    if (elf_kind(elf) == ELF_K_ELF) {
        const void *id = NULL;
        ssize_t bytes = ref->build_id_bytes ? dwelf_elf_gnu_build_id(elf, &id) : 0;
        if (ref->build_id_bytes == 0)
            matches = has_extent(elf, ref);
        else
            matches = bytes == (ssize_t)ref->build_id_bytes &&
                      memcmp(id, ref->build_id, ref->build_id_bytes) == 0;
    }
    elf_end(elf);
    return matches;
}

static int open_matching(const char *path, const struct module_ref *ref)
{
    /* O_NONBLOCK: the recorded path may by now be a FIFO. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -ENOENT;
    struct stat status;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size < FILE_BYTES_MAX &&
        is_recorded_file(fd, ref))
        return fd;
    close(fd);
    return -ENOENT;
}

/* /proc/<pid>/map_files names each mapping; it opens the very inode, whatever became of its path.
 */
static int open_mapping(const struct module_ref *ref, uint32_t pid)
{
    char path[128];
    char line[PATH_MAX + 128];
    snprintf(path, sizeof path, "/proc/%" PRIu32 "/maps", pid);
    FILE *maps = fopen(path, "re");
    if (!maps)
        return -ENOENT;
    int fd = -ENOENT;
    while (fd < 0 && fgets(line, sizeof line, maps)) {
        uint64_t start = 0;
        uint64_t end = 0;
        if (sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) != 2 || start < ref->start ||
            end > ref->end + PAGE || !strchr(line, '/'))
            continue;
        snprintf(path, sizeof path, "/proc/%" PRIu32 "/map_files/%" PRIx64 "-%" PRIx64, pid, start,
                 end);
        fd = open_matching(path, ref);
    }
    fclose(maps);
    return fd;
}

static int open_through_process(const struct module_ref *ref, uint32_t pid)
{
    char path[PATH_MAX + 64];
    int fd = -ENOENT;
    if (ref->path[0] == '/' && strlen(ref->path) < PATH_MAX) {
        snprintf(path, sizeof path, "/proc/%" PRIu32 "/root%s", pid, ref->path);
        fd = open_matching(path, ref);
    }
    if (fd < 0 && ref->is_main) {
        snprintf(path, sizeof path, "/proc/%" PRIu32 "/exe", pid);
        fd = open_matching(path, ref);
    }
    return fd < 0 ? open_mapping(ref, pid) : fd;
}

/* Our own vdso, which is the observed process' as well unless it is of another word size: a copy in
 * memory, because libdw wants a descriptor. */
static int open_vdso(const struct module_ref *ref)
{
    const unsigned char *image = (const unsigned char *)getauxval(AT_SYSINFO_EHDR);
    if (!image || memcmp(image, ELFMAG, SELFMAG) != 0 || image[EI_CLASS] != ELFCLASS64)
        return -ENOENT;
    Elf64_Ehdr header;
    memcpy(&header, image, sizeof header);
    size_t bytes = header.e_shoff + (size_t)header.e_shnum * header.e_shentsize;
    int fd = memfd_create("vdso", MFD_CLOEXEC);
    if (fd < 0)
        return -ENOENT;
    if (write(fd, image, bytes) != (ssize_t)bytes || !is_recorded_file(fd, ref)) {
        close(fd);
        return -ENOENT;
    }
    return fd;
}

int module_file_open(const struct module_ref *ref, uint32_t pid, bool *needs_process)
{
    elf_version(EV_CURRENT);
    *needs_process = false;
    if (module_is_vdso(ref->path))
        return open_vdso(ref);
    int fd = ref->path[0] == '/' ? open_matching(ref->path, ref) : -ENOENT;
    if (fd >= 0 || pid == 0)
        return fd;
    *needs_process = true;
    return open_through_process(ref, pid);
}
